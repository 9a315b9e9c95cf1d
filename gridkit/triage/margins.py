"""Tables that balance: every cell sums to its margin, and nothing falls out.

Counts are per place, office, kind and period, never per person, per worker or per grid (a
grid has one worker): `domain.md` section 6, R1 and R2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from gridkit.errors import DataError

ALL = "all"
"""The margin: all of a dimension together."""
NOT_SAID = "not_said"
"""What the record does not say; counted, so that nothing falls out of a table."""

PERIODS = ("year", "quarter", "month", "half_month")
"""How days are put together; a half-month is the 1st to 15th (`2026-10-1`) and the rest."""


def periods(dates: pd.Series, period: str = "month") -> pd.Series:
    """Name the period of each day.

    Parameters
    ----------
    dates : Series of datetime64
    period : {"year", "quarter", "month", "half_month"}

    Returns
    -------
    Series of str, indexed like `dates`
        2026, 2026-Q4, 2026-10, 2026-10-1 (1st to 15th) or 2026-10-2 (the rest); missing
        where the day is.

    Raises
    ------
    DataError
        If there is no such period.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2026-10-15", "2026-10-16"]))
    >>> periods(days, "half_month").tolist(), periods(days, "quarter").tolist()
    (['2026-10-1', '2026-10-2'], ['2026-Q4', '2026-Q4'])
    """
    year, month = dates.dt.strftime("%Y"), dates.dt.strftime("%Y-%m")
    if period == "year":
        named = year
    elif period == "month":
        named = month
    elif period == "quarter":
        named = year + "-Q" + dates.dt.quarter.astype("Int64").astype("str")
    elif period == "half_month":
        half = pd.Series(np.where(dates.dt.day <= 15, "-1", "-2"), index=dates.index)
        named = month + half
    else:
        raise DataError(
            zh=f"`period` 须为 {', '.join(PERIODS)} 之一。",
            en=f"`period` must be one of {', '.join(PERIODS)}.",
        )
    known: pd.Series = named.astype("str").where(dates.notna())
    return known


def check_dimensions(by: Sequence[str], known: Sequence[str]) -> None:
    """Refuse to count by what is not a place, an office, a kind or a period.

    Raises
    ------
    DataError
        If a dimension is not among the known ones, or stands twice.
    """
    wrong = [name for name in by if name not in known]
    if wrong or len(set(by)) < len(by):
        raise DataError(
            zh=f"统计只能按 {', '.join(known)} 分组, 每项一次; 不按人、不按工作人员、不按网格 "
            f"(一个网格只有一名网格员)。现有: {', '.join(by)}。",
            en=f"Figures are grouped by {', '.join(known)}, each once: never by person, "
            f"worker or grid (a grid has one worker). Asked: {', '.join(by)}.",
        )


def with_margins(rows: pd.DataFrame, by: Sequence[str], counts: Sequence[str]) -> pd.DataFrame:
    """Sum counts by every combination of some dimensions, and by all of each together.

    Parameters
    ----------
    rows : DataFrame
        The dimensions `by` (missing becomes `NOT_SAID`) and the columns `counts` (integers,
        none missing).
    by : sequence of str
        None gives the total alone.
    counts : sequence of str

    Returns
    -------
    DataFrame of int64, indexed by the dimensions (`ALL` is the margin)
        Sorted, margins last. Summing over all codes of a dimension but `ALL` gives its
        margin, always. Without dimensions: one row, `ALL`.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["county", None], "batches": [2, 3]})
    >>> with_margins(rows, ["level"], ["batches"])["batches"].to_dict()
    {'county': 2, 'not_said': 3, 'all': 5}
    """
    names = list(by)
    numbers = rows[list(counts)].astype("int64")
    if not names:
        return numbers.sum().to_frame().T.set_axis([ALL]).astype("int64")
    keys = rows[names].astype("str").fillna(NOT_SAID)
    parts = [
        _sums(keys, numbers, [name for name in names if name not in together], names)
        for size in range(len(names) + 1)
        for together in combinations(names, size)
    ]
    table = pd.concat(parts)
    order = table.reset_index()[names].apply(_rank)
    table = table.iloc[np.lexsort([order[name].to_numpy() for name in reversed(names)])]
    return table if len(names) > 1 else table.set_axis(table.index.get_level_values(0))


def _sums(
    keys: pd.DataFrame, numbers: pd.DataFrame, apart: list[str], names: list[str]
) -> pd.DataFrame:
    """Sum by some dimensions, the rest all together."""
    if apart:
        summed = numbers.groupby([keys[name] for name in apart], sort=True).sum()
        found: Any = summed.index.to_frame(index=False)
    else:
        summed = numbers.sum().to_frame().T
        found = pd.DataFrame(index=[0])
    for name in names:
        if name not in apart:
            found[name] = ALL
    index = pd.MultiIndex.from_frame(found[names].astype("str"))
    return summed.set_axis(index).astype("int64")


_LAST = {NOT_SAID: 1, ALL: 2}


def _rank(names: pd.Series) -> pd.Series:
    """Rank codes by name, then what was not said, then the margin."""
    different = sorted(set(names), key=lambda name: (_LAST.get(name, 0), name))
    place: pd.Series = names.map({name: n for n, name in enumerate(different)}).astype("int64")
    return place
