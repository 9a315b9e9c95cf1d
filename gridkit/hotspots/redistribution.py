"""Chance by redistribution: the same concerns, told again by households drawn at random.

Rates of grids with unequal households are not exchangeable, so shuffling them is no picture
of chance: where few concerns meet many households, large grids that lie together look like a
hotspot. Here chance is drawn as it works. All concerns are scattered anew over the
households, as unevenly as the grids differ anyway but without regard to who lies next to
whom; each draw goes through the same shrinking and the same score as the data.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.hotspots.gi_star import (
    check_chance,
    check_defined,
    is_level,
    scores,
    verdicts,
)
from gridkit.hotspots.neighbors import Neighbors
from gridkit.hotspots.rates import PER_HOUSEHOLDS, between, rates, shrink

_Floats = NDArray[np.float64]

# Draws of one score that stand behind a p: the smallest is 2 / (scores + 1), 30 times below
# what a single grid among 600 needs for q = 0.01
SCORES = 600_000
FEWEST_REPLICAS, MOST_REPLICAS = 499, 9_999
_AT_ONCE = 4_000_000  # numbers in one block of replicas


def hotspot_test(
    counts_per_grid: pd.DataFrame,
    neighbors: Neighbors,
    *,
    rng: np.random.Generator,
    alpha: float = 0.05,
    replicas: int | None = None,
) -> pd.DataFrame:
    """Test where concerns gather more, or less, than chance would have it.

    Gi* of the shrunken rates, with p from a parametric bootstrap: in each replica the same
    number of concerns falls on households at random, grid by grid at rates that differ as
    much as those observed (a gamma distribution with the variance that the shrinking found)
    but without order in space.

    Parameters
    ----------
    counts_per_grid : DataFrame, length n
        `n` and `households` per grid, as for `rates`.
    neighbors : Neighbors
        Of the same grids, in the same order.
    rng : Generator
        The same seed gives the same p.
    alpha : float
        Share of false alarms to bear among the grids called significant, in (0, 1).
    replicas : int, optional
        How many draws; by default as many as give 600,000 scores in all, between 499 and
        9,999.

    Returns
    -------
    DataFrame, indexed by `grid_id`
        As `gi_star_test` gives it, per 100 households; `method` is "redistribution".

    Raises
    ------
    AlignmentError
        If `neighbors` is of other grids.
    DataError
        As for `rates` and `gi_star`; also if `alpha` or `replicas` is out of range.

    Notes
    -----
    Each grid's score is set against mean and spread of its own replicas; its p is the share
    of all standardized scores of all grids that lie as far out. So 1,000 replicas of 600
    grids tell p down to 3e-6.

    What is held fixed is how much grids differ, so that grids which report more here and
    there (a louder voice, a busier worker) are no hotspot; grids that do so together are.
    On the invented county (200 maps of chance alone) at most 3.5 maps in 100 show a hotspot
    at q = 0.05, 1 in 100 at 0.01; the drought is found in 69 % of its grids, with 0.6
    others. Permutation finds as much, but shows a hotspot in 42 maps of 100 where there are
    30 concerns; chance without differences between grids finds nearly all of the drought,
    but calls up to every map as soon as grids differ (`benchmarks/false_alarms.py`). A
    single grid far out of line still lifts its neighborhood: `local_moran` tells it from a
    gathering.

    Where the rates differ no more than chance would make them, z is 0 and p is 1.

    References
    ----------
    Marshall, R. J. (1991). Applied Statistics, 40(2), 283-294.
    https://doi.org/10.2307/2347593
    Davison, A. C. & Hinkley, D. V. (1997). Bootstrap methods and their application,
    section 4.2. Cambridge University Press. https://doi.org/10.1017/CBO9780511802843

    Examples
    --------
    Sixty grids in a row, and at one end four that tell more:

    >>> import geopandas as gpd
    >>> from gridkit.hotspots.neighbors import within
    >>> cells = gpd.GeoSeries(gpd.points_from_xy(range(60), [0] * 60))
    >>> counts = pd.DataFrame({"n": [1, 2] * 28 + [19] * 4, "households": 100})
    >>> test = hotspot_test(counts, within(cells, 1), rng=np.random.default_rng(1))
    >>> test.index[test["significant"]].tolist()
    [56, 57, 58, 59]
    """
    check_chance(alpha)
    measured = rates(counts_per_grid)
    values = measured["rate_eb"]
    x = neighbors.align(values)
    check_defined(x, neighbors)
    times = _times(len(x), replicas)
    z, p = np.zeros(len(x)), np.ones(len(x))
    if not is_level(x):
        z = scores(x, neighbors)
        homes = measured["households"].to_numpy(dtype=np.float64)
        cases = measured["n"].to_numpy(dtype=np.float64)
        p = _tail(z, _replica_scores(cases, homes, neighbors, times, rng))
    return verdicts(values, neighbors, z, p, alpha, "redistribution")


def _times(n: int, replicas: int | None) -> int:
    if replicas is None:
        return int(np.clip(-(-SCORES // n), FEWEST_REPLICAS, MOST_REPLICAS))
    if replicas < 99:
        raise DataError(
            en=f"`replicas` must be 99 or more; it is {replicas}. Leave it out for as many as "
            "are needed.",
            zh=f"`replicas` 须不少于 99; 现为 {replicas}。不填则按需要取。",
        )
    return replicas


def _replica_scores(
    cases: _Floats, homes: _Floats, neighbors: Neighbors, times: int, rng: np.random.Generator
) -> _Floats:
    """Score `times` redistributions; a level one scores 0 everywhere. Shape (times, n)."""
    some = homes > 0
    total, mean = int(cases[some].sum()), cases[some].sum() / homes.sum()
    differing = float(between(np.where(some, cases, 0.0), homes, mean))
    found = np.zeros((times, len(homes)))
    step = max(1, _AT_ONCE // len(homes))
    for first in range(0, times, step):
        block = found[first : first + step]
        drawn = np.zeros_like(block)
        drawn[:, some] = _redistribute(total, homes[some], mean, differing, len(block), rng)
        eb = shrink(drawn, homes, mean) * PER_HOUSEHOLDS
        told = np.array([not is_level(row) for row in eb], dtype=bool)
        if told.any():
            block[told] = scores(eb[told], neighbors)
    return found


def _redistribute(
    total: int,
    homes: _Floats,
    mean: float,
    differing: float,
    times: int,
    rng: np.random.Generator,
) -> _Floats:
    """Draw counts of a fixed total: multinomial, at gamma rates if grids differ."""
    share = np.broadcast_to(homes, (times, len(homes)))
    if differing > 0:
        shape = mean**2 / differing
        share = share * np.maximum(rng.gamma(shape, size=share.shape), np.finfo(float).tiny)
    return rng.multinomial(total, share / share.sum(axis=1, keepdims=True)).astype(np.float64)


def _tail(z: _Floats, drawn: _Floats) -> _Floats:
    """Two-sided p of each score among all standardized scores of all grids."""
    center, spread = drawn.mean(axis=0), drawn.std(axis=0)
    spread = np.where(spread > 0, spread, np.inf)
    own = (z - center) / spread
    pool = np.sort(((drawn - center) / spread).ravel())
    slack = 1e-9
    above = len(pool) - np.searchsorted(pool, own - slack, "left")
    below = np.searchsorted(pool, own + slack, "right")
    p: _Floats = np.minimum(1.0, 2.0 * (np.minimum(above, below) + 1.0) / (len(pool) + 1.0))
    return p
