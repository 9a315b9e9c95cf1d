"""The cube of places and weeks: counts turned into one row per place and one column per week.

Methods over time need every week of every place. A week that nobody recorded is not a week
without concerns, so a gap is an error here, never a zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import DataError

_WEEK = np.timedelta64(7, "D")
PER_HOUSEHOLDS = 100.0


def weekly(
    counts: pd.DataFrame, by: str | Sequence[str] = "grid_id", value: str = "n"
) -> pd.DataFrame:
    """Lay counts out as one row per series and one column per week.

    Parameters
    ----------
    counts : DataFrame
        What `count` returned, or part of it: `week`, the columns named by `by`, `n`, and
        `households` where rates are asked for.
    by : str or sequence of str
        What makes a series: "grid_id", or ["grid_id", "category"].
    value : str
        "n": concerns. "rate": concerns per 100 households. Or any other column.

    Returns
    -------
    DataFrame, s series x t weeks
        Indexed by `by` in the order in which the series first occur (categories: in their
        own order), columns the Mondays in order.

    Raises
    ------
    DataError
        If a column is missing, a series has two rows for a week (two categories, say), a
        week is missing for all or for one, a value is missing, or a rate is asked for where
        nobody lives.

    Examples
    --------
    >>> counts = pd.DataFrame({"grid_id": ["a", "a", "b", "b"], "n": [2, 0, 1, 3],
    ...     "week": pd.to_datetime(["2026-03-02", "2026-03-09"] * 2)})
    >>> weekly(counts).to_numpy().tolist()
    [[2, 0], [1, 3]]
    """
    keys = [by] if isinstance(by, str) else list(by)
    needed = ["week", *keys, *(["n", "households"] if value == "rate" else [value])]
    check_columns(counts, needed)
    rows, index = _series(counts, keys)
    days = counts["week"].to_numpy().astype("datetime64[D]")
    weeks = np.unique(days)
    check_weeks(pd.DatetimeIndex(weeks))
    cell = rows * len(weeks) + np.searchsorted(weeks, days)
    found = np.bincount(cell, minlength=len(index) * len(weeks)).reshape(-1, len(weeks))
    _check_whole(found, index)
    table = np.empty(found.size, dtype=np.float64)
    table[cell] = _values(counts, value)
    cube: NDArray[np.generic] = table.reshape(found.shape)
    if value != "rate" and pd.api.types.is_integer_dtype(counts[value]):
        cube = cube.astype(np.int64)
    columns = pd.DatetimeIndex(weeks.astype("datetime64[s]"), name="week")
    return pd.DataFrame(cube, index=index, columns=columns)


def check_weeks(weeks: pd.Index) -> None:
    """Make sure that dated columns are weeks in order without a gap.

    Parameters
    ----------
    weeks : Index
        Columns of a cube. Columns that are no dates are taken as they come.

    Raises
    ------
    DataError
        If dates are not 7 days apart.
    """
    if not isinstance(weeks, pd.DatetimeIndex) or len(weeks) < 2:
        return
    days = weeks.to_numpy().astype("datetime64[D]")
    steps = np.diff(days)
    wrong = np.flatnonzero(steps != _WEEK)
    if len(wrong):
        after, before = days[wrong[0]], days[wrong[0] + 1]
        raise DataError(
            en=f"weeks must follow each other without a gap; {len(wrong)} do not, the first "
            f"between {after} and {before}. A week that nobody recorded is not zero: count "
            "the whole period with `count(..., period=...)`, or take the part after the gap.",
            zh=f"各周须逐周相连; 有 {len(wrong)} 处不连, 首处在 {after} 与 {before} 之间。"
            "无人登记的周不等于零件: 请用 `count(..., period=...)` 统计整段时期, 或只取间断之后的部分。",
        )


def check_counts(cube: pd.DataFrame, name: str = "counts") -> NDArray[np.float64]:
    """Take counts out of a cube, if that is what they are.

    Parameters
    ----------
    cube : DataFrame, s series x t weeks
    name : str
        What the argument is called in the message.

    Returns
    -------
    ndarray of float, shape (s, t)

    Raises
    ------
    DataError
        If weeks have gaps, or a value is missing, negative or no whole number.
    """
    check_weeks(cube.columns)
    return whole_counts(cube, name)


def whole_counts(counts: pd.Series | pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Take counts as numbers, if that is what they are: weights are none.

    Parameters
    ----------
    counts : Series or DataFrame
    name : str
        What the argument or column is called in the message.

    Returns
    -------
    ndarray of float, shaped like `counts`

    Raises
    ------
    DataError
        If a value is missing, negative, no whole number or no number.
    """
    refuse_text(counts, name)
    x: NDArray[np.float64] = counts.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = int(np.isnan(x).sum())
    known = x[~np.isnan(x)]
    broken = int((known % 1 != 0).sum())
    negative = int((known < 0).sum())
    if missing or broken or negative:
        raise DataError(
            en=f"`{name}` must hold counts, whole numbers of 0 or more; {missing} are missing, "
            f"{negative} negative, {broken} not whole. A missing week is not zero, and weighted "
            "concerns are not counts: detect on counts, rank by weight.",
            zh=f"`{name}` 须为件数, 即不小于 0 的整数; 缺失 {missing} 处, 负数 {negative} 处, "
            f"非整数 {broken} 处。缺周不等于零件, 加权值也不是件数: 请用件数作探测, 用权重作排序。",
        )
    return x


def check_columns(
    frame: pd.DataFrame, needed: list[str], name: str = "counts", how: str = "count"
) -> None:
    """Refuse a frame that has no rows or lacks a column; say what makes it.

    Raises
    ------
    DataError
        Which columns are missing.
    """
    lacking = [c for c in needed if c not in frame.columns]
    if lacking or frame.empty:
        named = ", ".join(f"`{c}`" for c in lacking) or "–"
        raise DataError(
            en=f"`{name}` must hold rows with {', '.join(needed)}; it has {len(frame)} rows, "
            f"missing columns: {named}. Make it with `{how}`.",
            zh=f"`{name}` 须有 {', '.join(needed)} 各列且不为空; 现有 {len(frame)} 行, "
            f"缺列: {named}。请用 `{how}` 得出。",
        )


def _series(counts: pd.DataFrame, keys: list[str]) -> tuple[NDArray[np.intp], pd.Index]:
    """Give each series a number: categories in their own order, others as they first occur."""
    codes = np.zeros(len(counts), dtype=np.intp)
    labels = []
    for key in keys:
        column = counts[key]
        kept = column.astype("category") if column.dtype == "category" else None
        code, names = (
            (kept.cat.codes.to_numpy().astype(np.intp), kept.cat.categories)
            if kept is not None
            else pd.factorize(column)
        )
        if (code < 0).any():
            raise DataError(
                en=f"`{key}` must be known in every row of `counts`; "
                f"{int((code < 0).sum())} are missing.",
                zh=f"`counts` 每行都须有 `{key}`; 缺 {int((code < 0).sum())} 处。",
            )
        codes = codes * len(names) + code
        labels.append(pd.Index(names))
    known, rows = np.unique(codes, return_inverse=True)
    whole = pd.MultiIndex.from_product(labels, names=keys) if len(keys) > 1 else labels[0]
    index = whole.take(known)
    return rows, index.rename(keys if len(keys) > 1 else keys[0])


def _values(counts: pd.DataFrame, value: str) -> NDArray[np.float64]:
    asked = "n" if value == "rate" else value
    x = counts[asked].to_numpy(dtype=np.float64, na_value=np.nan)
    missing = int(np.isnan(x).sum())
    if missing:
        raise DataError(
            en=f"`{asked}` must be known in every row; {missing} of {len(x)} are missing. "
            "Missing is not zero.",
            zh=f"`{asked}` 每行都须有值; {len(x)} 行中缺 {missing} 处。缺失不等于零。",
        )
    if value != "rate":
        return x
    homes = counts["households"].to_numpy(dtype=np.float64, na_value=np.nan)
    none = ~(homes > 0)
    if none.any():
        raise DataError(
            en=f"a rate needs households; {int(none.sum())} rows have none or an unknown number, "
            f"{int((x[none] > 0).sum())} of them with concerns. Mend the table of households, or "
            "leave these grids out of counts and neighbors alike.",
            zh=f"求比率须有户数; {int(none.sum())} 行户数为零或未知, 其中 "
            f"{int((x[none] > 0).sum())} 行有诉求。请更正户数, 或将这些网格从件数与邻格中一并去掉。",
        )
    return np.asarray(x / homes * PER_HOUSEHOLDS)


def _check_whole(found: NDArray[np.intp], index: pd.Index) -> None:
    if (found > 1).any():
        which = np.flatnonzero((found > 1).any(axis=1))
        raise DataError(
            en=f"`counts` must hold one row per series and week; {len(which)} series have "
            f"several (the first: {index[which[0]]!r}). Take one category, add the categories "
            'up, or lay out by ["grid_id", "category"].',
            zh=f"`counts` 每个序列每周须只有一行; {len(which)} 个序列有多行 "
            f"(首个: {index[which[0]]!r})。请只取一类, 或先合计, 或按 "
            '["grid_id", "category"] 展开。',
        )
    if (found == 0).any():
        which = np.flatnonzero((found == 0).any(axis=1))
        raise DataError(
            en=f"`counts` must hold every week of every series; {int((found == 0).sum())} are "
            f"missing in {len(which)} series (the first: {index[which[0]]!r}). Missing is not "
            "zero: count with `count`, which fills in the true zeros.",
            zh=f"`counts` 须含每个序列的每一周; {len(which)} 个序列共缺 {int((found == 0).sum())} 处 "
            f"(首个: {index[which[0]]!r})。缺失不等于零: 请用 `count` 统计, 真正的零会补上。",
        )


def refuse_text(numbers: pd.Series | pd.DataFrame, name: str) -> None:
    """Raise DataError where text stands in place of numbers."""
    kinds = [numbers.dtype] if isinstance(numbers, pd.Series) else list(numbers.dtypes)
    if not all(pd.api.types.is_numeric_dtype(kind) for kind in kinds):
        raise DataError(
            en=f"`{name}` must hold numbers; it holds text.",
            zh=f"`{name}` 须为数; 现为文字。",
        )
