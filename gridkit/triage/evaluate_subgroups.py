"""Whether a card serves all kinds of grids alike: gaps between them, never between people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.triage.evaluate_intervals import share
from gridkit.triage.evaluate_measures import harms, leads

_COMMUNITY_BELOW = 200  # NBS codes: 001-199 resident committees, from 200 on village committees


def kinds_of_grids(grid_ids: pd.Series) -> pd.Series:
    """Tell communities from villages by the division code in a grid's id.

    Parameters
    ----------
    grid_ids : Series of str or category

    Returns
    -------
    Series of str, indexed by grid id
        社区 (codes 001-199 within a township) or 村 (from 200 on).

    Examples
    --------
    >>> kinds_of_grids(pd.Series(["990428100001007", "990428100203001"])).tolist()
    ['社区', '村']
    """
    ids = pd.Index(grid_ids.astype("str").unique())
    number = ids.str[9:12].astype(int)
    return pd.Series(np.where(number < _COMMUNITY_BELOW, "社区", "村"), index=ids, dtype="str")


def subgroup_gaps(
    picks: pd.DataFrame, marked: pd.DataFrame, kinds: pd.Series, *, rng: np.random.Generator
) -> pd.DataFrame:
    """Compare the card's precision and recall between kinds of grids.

    Parameters
    ----------
    picks, marked : DataFrame
        As `replay` and `mark` give them.
    kinds : Series of str, indexed by grid id
    rng : Generator
        Source of chance.

    Returns
    -------
    DataFrame, indexed by kind
        `visits`, `visit_share`, `harm_share` (of all), `precision`, `recall` with `_low`
        and `_high`, and `few` (bool: too little to rely on).
    """
    own = picks[picks["method"] == "card"]
    events = leads(own, harms(marked))
    rows = {}
    for kind in sorted(kinds.unique()):
        visits = own[own["grid_id"].astype("str").map(kinds) == kind]
        harm = events[events["grid_id"].astype("str").map(kinds) == kind]
        found = [
            share(visits["true"], visits["grid_id"].astype("str"), rng=rng),
            share(harm["lead_days"] > 0, harm["grid_id"].astype("str"), rng=rng),
        ]
        row: dict[str, float | bool] = {
            "visits": len(visits),
            "visit_share": len(visits) / max(len(own), 1),
            "harm_share": len(harm) / max(len(events), 1),
            "few": any(f.few for f in found),
        }
        for name, its in zip(("precision", "recall"), found, strict=True):
            row |= {name: its.value, f"{name}_low": its.low, f"{name}_high": its.high}
        rows[kind] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("kind")
