"""Same cause: which concerns have one root, and when that was settled; by matter and place."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from gridkit.hotspots.relations import require

_SETTLED = ("closed", "archived", "withdrawn", "to_statutory_channel")
_OPEN_AGAIN = "reopened"
_MIXED = "_other"  # of the profile
"""Details that end so name no matter of their own."""


def same_cause(concerns: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Tell which concerns share a cause: merged by a person, or the same matter still unsettled.

    A concern belongs to an earlier one if a step merged it into that one, or if
    it is about the same detail in the same grid before the earlier one was settled.

    Parameters
    ----------
    concerns : DataFrame, indexed by record id
        `grid_id`, `heard_on`, `demand_detail`.
    steps : DataFrame
        `concern_id`, `action`, `on`, `into_id`.

    Returns
    -------
    DataFrame, indexed like `concerns`
        `cause_id`: record id of the first concern of the cause. `settled_on`: day on which
        the last of its concerns was struck off; missing while one is open. What
        `repeats` asks for.

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    Concerns are linked by matter and place alone, never by who told them: two households
    that tell of one leak are two reports of one cause, and so is one that tells twice. Two
    leaks in one grid at one time are taken for one; "other" details are never linked.

    Examples
    --------
    >>> concerns = pd.DataFrame({"grid_id": ["a", "a", "a"], "demand_detail": "leak",
    ...     "heard_on": pd.to_datetime(["2026-03-02", "2026-03-04", "2026-04-01"])},
    ...     index=["c1", "c2", "c3"])
    >>> steps = pd.DataFrame({"concern_id": ["c1", "c2"], "action": "closed",
    ...     "on": pd.to_datetime(["2026-03-10", "2026-03-12"]), "into_id": None})
    >>> same_cause(concerns, steps)["cause_id"].tolist()
    ['c1', 'c1', 'c3']
    """
    require(["grid_id", "heard_on", "demand_detail"], concerns.columns, "concerns")
    require(["concern_id", "action", "on", "into_id"], steps.columns, "steps")
    ids = pd.Index(concerns.index.astype("str"))
    ends = _ends(ids, steps)
    heard = pd.to_datetime(concerns["heard_on"]).to_numpy(dtype="datetime64[s]")
    first = _first_unsettled(concerns, heard, ends)
    into = _merged(ids, steps)
    n = len(ids)
    links = sparse.coo_array(
        (np.ones(2 * n), (np.tile(np.arange(n), 2), np.concatenate([first, into]))),
        shape=(n, n),
    )
    _, group = sparse.csgraph.connected_components(links, directed=False)
    order = np.lexsort((ids.to_numpy(dtype="str"), heard))
    root = np.full(n, -1)
    for place in order[::-1]:
        root[group[place]] = place
    merged = into != np.arange(n)  # what was merged is settled with what it was merged into
    last = pd.Series(np.where(merged, np.datetime64(0, "s"), ends)).groupby(group).max()
    settled = last.reindex(group).to_numpy(dtype="datetime64[s]")
    settled = np.where(settled >= _NEVER, np.datetime64("NaT"), settled)
    return pd.DataFrame(
        {
            "cause_id": pd.Series(ids[root[group]], index=concerns.index, dtype="str"),
            "settled_on": pd.Series(settled, index=concerns.index).astype("datetime64[s]"),
        }
    )


_NEVER = np.datetime64("2200-01-01", "s")


def _ends(ids: pd.Index, steps: pd.DataFrame) -> np.ndarray:
    """Give the day on which each concern was settled; never, if it is open."""
    told = steps[steps["action"].astype("str").isin([*_SETTLED, _OPEN_AGAIN])]
    told = told.sort_values("on", kind="stable")
    concern, action = told["concern_id"].astype("str"), told["action"].astype("str")
    again = told.loc[action == _OPEN_AGAIN].groupby(concern)["on"].max()
    settling = told[(action != _OPEN_AGAIN).to_numpy()]
    since = again.reindex(settling["concern_id"].astype("str")).to_numpy(dtype="datetime64[s]")
    on = settling["on"].to_numpy(dtype="datetime64[s]")
    counts = np.isnat(since) | (on > since)
    done = settling[counts].groupby(settling["concern_id"].astype("str"))["on"].min()
    ends = done.reindex(ids).to_numpy(dtype="datetime64[s]")
    return np.where(np.isnat(ends), _NEVER, ends)


def _first_unsettled(concerns: pd.DataFrame, heard: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Give the position of the first concern of the same run of the same matter and place."""
    grid, detail = (
        concerns[c].astype("str").fillna("").to_numpy(dtype="object")
        for c in ("grid_id", "demand_detail")
    )
    named = [
        bool(g and d) and not d.endswith(_MIXED) for g, d in zip(grid, detail, strict=True)
    ]
    first = np.arange(len(concerns))
    table = pd.DataFrame(
        {"matter": grid + "|" + detail, "heard": heard, "end": ends, "at": first}
    )[np.array(named, dtype=bool) & ~np.isnat(heard)]
    table = table.sort_values(["matter", "heard", "at"], kind="stable")
    matter = table.groupby("matter", sort=False)
    reach = matter["end"].cummax()
    before = reach.groupby(table["matter"], sort=False).shift()
    begins = before.isna() | (table["heard"] > before)
    run = begins.cumsum()
    first[table["at"].to_numpy()] = table.groupby(run)["at"].transform("first").to_numpy()
    return first


def _merged(ids: pd.Index, steps: pd.DataFrame) -> np.ndarray:
    """Give the position of what each concern was merged into; its own if it was not."""
    told = steps[
        (steps["action"].astype("str") == "merged").to_numpy() & steps["into_id"].notna()
    ]
    at = ids.get_indexer(pd.Index(told["concern_id"].astype("str")))
    into = ids.get_indexer(pd.Index(told["into_id"].astype("str")))
    found = np.arange(len(ids))
    known = (at >= 0) & (into >= 0)
    found[at[known]] = into[known]
    return found
