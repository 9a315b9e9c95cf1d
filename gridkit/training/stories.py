"""The three stories that every town can tell (`domain.md` section 1).

(a) Nine investors of one community, unpaid two years after a bankruptcy: one matter, told
to leaders on their reception day, sent back by two units, taken on by the center. Open.
(b) Old-town renovation: in 老街社区 the works start in 18 days; a household fears for its
own old house, and at the door an inspection is arranged. Open, with the measure in place.
(c) A water shortage after a dry year, in neighboring grids of two townships: solved by zoned
supply, night storage and staggered hours, and followed up with everybody. Closed.

(b) and (c) are needs, not disputes between parties.
"""

from __future__ import annotations

import numpy as np

from gridkit.training.causes import World
from gridkit.training.drought import tell_drought
from gridkit.training.investors import tell_investors
from gridkit.training.renovation import tell_renovation
from gridkit.training.told import STORIES, Told

__all__ = ["STORIES", "Told", "tell_stories"]


def tell_stories(world: World, rng: np.random.Generator) -> Told:
    """Tell the three stories in a world."""
    told = Told()
    tell_investors(told, world, rng)
    tell_renovation(told, world, rng)
    tell_drought(told, world, rng)
    return told
