"""Who would have been visited: each way of choosing, week by week, with the same capacity."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile.card import Scorecard
from gridkit.triage.scorecard import score

REST_DAYS = 28
"""How long a grid is not visited again for the same kind of matter; the same for all."""
OUTCOMES = ("harm_on", "cause", "true", "harmed", "lead_days")
"""Columns of `mark` that no method may see."""
_PROBES = 120  # days of choosing probed for a look ahead: all of two years, else a spread
Order = Callable[[pd.DataFrame], pd.DataFrame]
"""Given facts, columns to sort by, the most urgent first (ascending); same rows."""


def by_card(card: Scorecard) -> Order:
    """Order by a card: band, score, what is due first, what was heard first.

    Parameters
    ----------
    card : Scorecard

    Returns
    -------
    callable
        As `METHODS` holds; the order is that of `worklist`.
    """

    def order(facts: pd.DataFrame) -> pd.DataFrame:
        scores = score(facts, card)
        return pd.DataFrame(
            {
                "band": scores["band"].cat.codes,
                "calm": ~scores["override"],
                "points": -scores["score"].astype("int64"),
                "due_on": _days(facts["due_on"]),
                "heard_on": _days(facts["heard_on"]),
            },
            index=facts.index,
        )

    return order


def first_come(facts: pd.DataFrame) -> pd.DataFrame:
    """Order by the day of hearing: who came first is seen to first."""
    return pd.DataFrame({"heard_on": _days(facts["heard_on"])}, index=facts.index)


def oldest_first(facts: pd.DataFrame) -> pd.DataFrame:
    """Order by how long the trouble has lasted; by the day of hearing where nobody said."""
    since = facts["since"].fillna(facts["heard_on"])
    return pd.DataFrame(
        {"since": _days(since), "heard_on": _days(facts["heard_on"])}, index=facts.index
    )


def severity_only(card: Scorecard) -> Order:
    """Order by the severity of harm alone, then by the day of hearing.

    Parameters
    ----------
    card : Scorecard
        Whose first factor named `harm` is looked at; a card without one goes by the day of hearing.

    Returns
    -------
    callable
    """

    def order(facts: pd.DataFrame) -> pd.DataFrame:
        scores = score(facts, card)
        harm = scores["pts_harm"] if "pts_harm" in scores else scores["score"] * 0
        return pd.DataFrame(
            {"harm": -harm.astype("int64"), "heard_on": _days(facts["heard_on"])},
            index=facts.index,
        )

    return order


def methods(card: Scorecard) -> dict[str, Order]:
    """Give the ways of choosing that a card is compared with, itself first.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> list(methods(load_profile().scorecard))
    ['card', 'first_come', 'oldest_first', 'severity_only']
    """
    return {
        "card": by_card(card),
        "first_come": first_come,
        "oldest_first": oldest_first,
        "severity_only": severity_only(card),
    }


METHOD_NAMES: Mapping[str, tuple[str, str]] = {
    "card": ("评分卡", "scorecard"),
    "first_come": ("先来先办", "first come"),
    "oldest_first": ("拖得最久的先办", "oldest first"),
    "severity_only": ("只看危害", "severity only"),
    "gi_star": ("热点网格先办 (Gi*)", "hot grids (Gi*)"),
    "scan": ("扫描聚集先办", "scan clusters"),
    "learned": ("由结果学得的卡", "learned card"),
}


def replay(marked: pd.DataFrame, ways: Mapping[str, Order], capacity: int) -> pd.DataFrame:
    """Choose the week's visits by each way, and see what became of the matters chosen.

    Parameters
    ----------
    marked : DataFrame
        As `mark` gives it.
    ways : mapping of str to callable
        Such as `methods(card)`.
    capacity : int
        Visits in a week.

    Returns
    -------
    DataFrame
        One row per visit: `method`, `on`, `place` (1 first), then the columns
        `concern_id`, `grid_id`, `cause`, `harm_on`, `true`, `harmed`, `lead_days` of
        `marked`, and `first` (bool: the first visit of this method that warned of this
        cause in time).

    Raises
    ------
    DataError
        If `capacity` is below 1, or a method asks for what became of a matter, or would
        order a day's matters otherwise had the weeks after it not been there.

    Notes
    -----
    A visit sees to one matter and to all others of its kind in its grid (归并, as an office
    would; by cause and place, never by person): none of them is chosen again by that method
    for `REST_DAYS`. The ledger itself does not change, so all methods choose from the same
    matters. Ties are broken by the order of record ids, which is that of writing. Whether a
    method looks ahead is probed on every day of choosing up to 120 of them, else on 120
    spread evenly, the first and the last among them.
    """
    if capacity < 1:
        raise DataError(
            en=f"`capacity` must be 1 or more visits a week; it is {capacity}.",
            zh=f"`capacity` (每周可走访件数) 须不小于 1, 现为 {capacity}。",
        )
    parts = []
    for name, order in ways.items():
        keys = _keys(order, marked)
        _check_alone(order, marked, keys)
        chosen = _choose(marked, keys, capacity)
        parts.append(chosen.assign(method=name))
    kept = ["concern_id", "grid_id", "cause", "harm_on", "true", "harmed", "lead_days", "first"]
    return pd.concat(parts, ignore_index=True)[["method", "on", "place", *kept]]


def _keys(order: Order, marked: pd.DataFrame) -> pd.DataFrame:
    """Let a method order the rows; what became of them is not shown to it."""
    try:
        return order(marked.drop(columns=[c for c in OUTCOMES if c in marked]))
    except KeyError as fault:
        asked = [name for name in OUTCOMES if name in str(fault)]
        if asked:
            raise DataError(
                en=f"A method asked for `{asked[0]}`, which lies in the future on the "
                "day of choosing. Let it look at the facts alone.",
                zh=f"某种方法要看 `{asked[0]}`, 这在选择当天还是未来。只能看当时已知的事实。",
            ) from fault
        raise


def _check_alone(order: Order, marked: pd.DataFrame, keys: pd.DataFrame) -> None:
    """Refuse a method that ranks a day otherwise when it cannot see the later weeks."""
    on = marked["on"].to_numpy()
    days = np.unique(on)
    probed = np.linspace(0, len(days) - 1, min(len(days), _PROBES)).round().astype(int)
    for day in days[probed]:
        today = on == day
        alone = _keys(order, marked[on <= day]).loc[marked.index[today]]
        if not np.array_equal(_ranked(alone), _ranked(keys[today])):
            raise DataError(
                en=f"A method orders the matters of {pd.Timestamp(day).date()} otherwise when "
                "it cannot see later weeks: it looks into the future. Let it rank each day "
                "by that day's facts and those before.",
                zh=f"某种方法看不到以后各周时, {pd.Timestamp(day).date()} 的次序就不同: 它偷看了"
                "未来。排序只能依据当天及以前的事实。",
            )


def _ranked(keys: pd.DataFrame) -> np.ndarray:
    order: np.ndarray = np.lexsort([keys[c].to_numpy() for c in reversed(keys.columns)])
    return order


def _choose(marked: pd.DataFrame, keys: pd.DataFrame, capacity: int) -> pd.DataFrame:
    number, _ = pd.factorize(marked["concern_id"], sort=True)
    columns = [number, *(keys[c].to_numpy() for c in reversed(keys.columns))]
    order = np.lexsort([*columns, marked["on"].to_numpy()])  # by day, then by the keys
    day = _days(marked["on"])[order]
    bounds = np.flatnonzero(np.append(True, day[1:] != day[:-1]))
    heap, rests = heaps(marked), np.full(len(marked), -REST_DAYS, dtype=np.int64)
    gone = np.zeros(number.max() + 1, dtype=bool)
    rows: list[np.ndarray] = []
    for rank, today in zip(np.split(order, bounds[1:]), day[bounds], strict=True):
        free = rank[~gone[number[rank]] & (rests[heap[rank]] + REST_DAYS <= today)]
        _, leading = np.unique(heap[free], return_index=True)
        taken = free[np.sort(leading)][:capacity]
        rests[heap[taken]] = today
        gone[number[rank[np.isin(heap[rank], heap[taken])]]] = True
        rows.append(taken)
    all_rows = np.concatenate(rows)
    chosen = marked.iloc[all_rows]
    place = np.concatenate([np.arange(1, len(r) + 1) for r in rows])
    true = chosen["true"].to_numpy(dtype=bool)
    again = chosen["cause"].where(true).duplicated().to_numpy()
    return chosen.assign(place=place, first=true & ~again)


def heaps(facts: pd.DataFrame) -> np.ndarray:
    """Give a number to what one visit sees to: matters of one kind in one grid.

    Parameters
    ----------
    facts : DataFrame, n rows
        `grid_id`, `demand_type`, `demand_detail`.

    Returns
    -------
    array of int, length n
        The same number for the same grid and detail (type, where there is no detail).
    """
    kind = facts["demand_detail"].astype("str").fillna(facts["demand_type"].astype("str"))
    kinds, _ = pd.factorize(kind)
    grids, names = pd.factorize(facts["grid_id"].astype("str"))
    together: np.ndarray = pd.factorize(kinds * len(names) + grids)[0]
    return together


def _days(column: pd.Series) -> np.ndarray:
    """Give days as integers, a missing one after all others."""
    days = column.to_numpy().astype("datetime64[D]")
    numbers: np.ndarray = days.astype(np.int64)
    numbers[np.isnat(days)] = np.iinfo(np.int64).max
    return numbers
