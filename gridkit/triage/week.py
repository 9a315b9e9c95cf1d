"""The week's visits: the best k doors, place by place to save walking, and what is left.

An advice on matters: a person takes it or not. It is never split by worker, and nobody is
compared by it (R4).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile

VILLAGE_DIGITS = 12


def week_plan(listed: pd.DataFrame, k: int, doors: pd.Series | None = None) -> pd.DataFrame:
    """Choose the k doors to knock at this week, and put them in an order that saves walking.

    Parameters
    ----------
    listed : DataFrame
        From `board`, narrowed or not; its order says what matters most.
    k : int
        How many doors can be visited; 0 chooses none.
    doors : Series of str, indexed by concern id, optional
        The visit at which each was heard: the concerns of one visit are one door. A concern
        without is a door of its own.

    Returns
    -------
    DataFrame, rows of `listed`
        All open matters behind the k most urgent doors, with `rank` (int64: place on the
        board, from 1), `door` (int64: in walking order, from 1) and `village_code` (str, 12
        digits). The village with the most urgent door comes first, within it the grid with
        the most urgent one, within that the doors by rank.

    Raises
    ------
    DataError
        If `k` is negative.

    Examples
    --------
    >>> listed = pd.DataFrame({"grid_id": [
    ...     "990428100001001", "990428101001001", "990428100001001", "990428100002001",
    ... ]}, index=["a", "b", "c", "d"])
    >>> plan = week_plan(listed, 3)
    >>> plan["rank"].to_dict(), plan["door"].tolist()
    ({'a': 1, 'c': 3, 'b': 2}, [1, 2, 3])
    """
    if k < 0:
        raise DataError(
            zh="本周能走的户数不能是负数。", en="The number of visits cannot be negative."
        )
    door = pd.Series(listed.index.astype("str"), index=listed.index, dtype="object")
    if doors is not None:
        known = doors.reindex(listed.index).astype("object")
        door = known.where(known.notna(), door)
    number, _ = pd.factorize(door)  # in the order of the board
    chosen = listed[number < k]
    number = number[number < k]
    grid = chosen["grid_id"].astype("str").to_numpy(dtype=object)
    village = np.array([code[:VILLAGE_DIGITS] for code in grid], dtype=object)
    rank = np.flatnonzero(listed.index.isin(chosen.index)) + 1
    order = np.lexsort((rank, number, _first(grid, rank), _first(village, rank)))
    walked, _ = pd.factorize(number[order])
    return chosen.iloc[order].assign(
        rank=rank[order].astype("int64"),
        door=(walked + 1).astype("int64"),
        village_code=pd.Series(village[order], index=chosen.index[order], dtype="str"),
    )


def _first(place: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Give the best rank of each row's place."""
    if not len(place):
        return rank
    number, _ = pd.factorize(place)
    best = np.full(number.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(best, number, rank)
    found: np.ndarray = best[number]
    return found


def what_is_left(listed: pd.DataFrame, plan: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Count by band what the week's visits leave undone.

    Parameters
    ----------
    listed : DataFrame
        What the plan was made from.
    plan : DataFrame
        From `week_plan`.
    profile : Profile
        Its bands.

    Returns
    -------
    DataFrame of int64, indexed by the code of the band, most urgent first
        `open` = `this_week` + `left`, and `overdue_left`: left though a legal clock has run
        out.
    """
    left = listed[~listed.index.isin(plan.index)]
    codes = [band.code for band in profile.bands]
    late = left[left["overdue"].to_numpy(dtype=bool)]
    counts = {
        name: rows["band"].astype("str").value_counts().reindex(codes).fillna(0)
        for name, rows in (
            ("open", listed),
            ("this_week", plan),
            ("left", left),
            ("overdue_left", late),
        )
    }
    return pd.DataFrame(counts, index=pd.Index(codes, name="band")).astype("int64")
