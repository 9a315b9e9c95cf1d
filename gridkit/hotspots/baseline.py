"""Baselines: what is expected in each grid and week, by who lives there and by season.

A drought every autumn is no news. The permutation model takes out what all grids share (the
season, the weekday); what some grids share and others do not, needs an expectation of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.hotspots.cell_reading import STEPS, check_same
from gridkit.hotspots.relations import require

_Floats = NDArray[np.float64]

# below this variance grids have one and the same season, for any number of cases
_LEAST_SPREAD = 1e-9


def with_expected(
    counts: pd.DataFrame, table: pd.Series, name: str = "expected"
) -> pd.DataFrame:
    """Add what is at risk to counts, from a table of the same grids.

    Parameters
    ----------
    counts : DataFrame
        With `grid_id`.
    table : Series of numbers, indexed by grid_id
        Households, population or expected cases of each grid.
    name : str
        Of the new column.

    Returns
    -------
    DataFrame
        `counts` and the column, on its index.

    Raises
    ------
    AlignmentError
        If the table is of other grids, as that of another year may be.
    DataError
        If a grid comes twice.

    Examples
    --------
    >>> counts = pd.DataFrame({"grid_id": ["a", "b", "a"], "n": [1, 0, 2]})
    >>> with_expected(counts, pd.Series({"a": 40, "b": 60}), "households")["households"].tolist()
    [40, 60, 40]
    """
    if not table.index.is_unique:
        raise DataError(
            en="`table` must hold each grid once; "
            f"{int(table.index.duplicated().sum())} rows come again.",
            zh=f"`table` 中每个网格只能出现一次; 有 {int(table.index.duplicated().sum())} 行重复。",
        )
    grids = counts["grid_id"].astype("str")
    known = table.set_axis(table.index.astype("str"))
    check_same(grids.unique(), known.index, "counts", "table")
    return counts.assign(**{name: grids.map(known).to_numpy()})


def standardize(counts: pd.DataFrame, at_risk: str, by: Sequence[str]) -> pd.DataFrame:
    """Work out expected cases from the rates of groups (age, kind of building ...).

    Indirect standardization: each group has one rate everywhere, that of the whole table.

    Parameters
    ----------
    counts : DataFrame
        `grid_id`, `week` or `day` if there is one, the columns of `by`, `n`, and `at_risk`.
    at_risk : str
        Column with the people, households or buildings of the row's group.
    by : sequence of str
        Columns that make up a group. Groups of matters and places, never of persons. Rows in
        which it is unknown are a group too.

    Returns
    -------
    DataFrame
        Per grid and week: `n`, `expected` (together as many as cases) and `at_risk`.

    Raises
    ------
    DataError
        If a column or a number is missing, or a group has cases and nobody at risk.

    Examples
    --------
    >>> rows = [("a", "old", 8, 20), ("a", "new", 1, 80), ("b", "old", 2, 20), ("b", "new", 5, 80)]
    >>> counts = pd.DataFrame(rows, columns=["grid_id", "building", "n", "homes"])
    >>> standardize(counts, "homes", ["building"])["expected"].tolist()
    [8.0, 8.0]
    """
    require(["grid_id", "n", at_risk, *by], counts.columns, "counts")
    unknown = int(counts[["n", at_risk]].isna().any(axis=1).sum())
    if unknown:
        raise DataError(
            en=f"`n` and `{at_risk}` must be known in each row of `counts`; {unknown} rows lack "
            "one. A true zero is written as 0.",
            zh=f"`counts` 各行的 `n` 与 `{at_risk}` 均不得缺失; 有 {unknown} 行缺失。确为零的请写 0。",
        )
    groups = counts.groupby(list(by), observed=True, dropna=False)[["n", at_risk]]
    totals = groups.sum()
    alone = int(((totals["n"] > 0) & ~(totals[at_risk] > 0)).sum())
    if alone:
        raise DataError(
            en=f"each group needs someone in `{at_risk}` where there are cases; {alone} groups "
            "have cases and nobody.",
            zh=f"有诉求的组, `{at_risk}` 须大于 0; 有 {alone} 组有诉求而分母为零。",
        )
    n, risk = groups.transform("sum").to_numpy(dtype=float).T
    rate = np.divide(n, risk, out=np.zeros(len(n)), where=risk > 0)
    expected = counts[at_risk].to_numpy(dtype=float) * rate
    when = [name for name in STEPS if name in counts]
    table = counts.assign(expected=expected).groupby(
        ["grid_id", *when], observed=True, dropna=False
    )
    return table[["n", "expected", at_risk]].sum().reset_index()


def seasonal_expected(
    counts: pd.DataFrame, history: pd.DataFrame, *, around: int = 3
) -> pd.DataFrame:
    """Expect in each grid and week what earlier years saw there at this time of the year.

    A grid's own season counts as far as its numbers are sure: it is drawn towards the season
    of all grids, by the empirical Bayes of a Gamma-Poisson model.

    Parameters
    ----------
    counts : DataFrame
        To be scanned: `grid_id`, `week` or `day`, `n`.
    history : DataFrame
        The same of the years before, complete, of the same grids; two years or more.
    around : int
        Steps before and after that count to the same time of the year. For days, only days of
        the same weekday do; so the weekday is adjusted for as well.

    Returns
    -------
    DataFrame
        `counts` with `expected`: cases per step at the level of the years before. The Poisson
        model asks for its pattern only, the expectation-based one for its level too.

    Raises
    ------
    DataError
        If there is no full year of history, it is not before `counts`, or it has no cases.
    AlignmentError
        If the grids differ.

    Notes
    -----
    History that holds an outbreak raises what is expected a year later: leave it out by
    hand. A new estate has no history: expect its share of households instead.

    References
    ----------
    Clayton, D. & Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative
    risks. Biometrics, 43(3), 671-681. https://doi.org/10.2307/2532003

    Examples
    --------
    Every autumn grid "a" runs dry; what it then reports is expected:

    >>> weeks = pd.date_range("2024-01-01", periods=156, freq="7D")
    >>> every = pd.DataFrame([(g, week, 1 + 9 * (g == "a" and week.month == 10))
    ...     for g in "abc" for week in weeks], columns=["grid_id", "week", "n"])
    >>> now = every[every["week"] >= "2026-01-01"]
    >>> table = seasonal_expected(now, every[every["week"] < "2026-01-01"], around=1)
    >>> table.groupby(["grid_id", table["week"].dt.month == 10])["expected"].mean().round(1).tolist()
    [1.5, 8.2, 0.8, 1.2, 0.8, 1.2]
    """
    step = next((name for name in STEPS if name in counts), "week")
    require(["grid_id", step, "n"], counts.columns, "counts")
    require(["grid_id", step, "n"], history.columns, "history")
    check_same(
        counts["grid_id"].astype("str").unique(),
        pd.Index(history["grid_id"].astype("str").unique()),
        "counts",
        "history",
    )
    past = history.assign(grid_id=history["grid_id"].astype("str"))
    past = past.pivot_table(index="grid_id", columns=step, values="n", aggfunc="sum")
    _check_history(past, counts[step], STEPS[step])
    seen = past.to_numpy(dtype=float)
    days = pd.DatetimeIndex(past.columns)
    wanted = pd.DatetimeIndex(pd.to_datetime(counts[step]).unique())
    same = _same_season(days, wanted, around * STEPS[step], STEPS[step])
    rows = past.index.get_indexer(pd.Index(counts["grid_id"].astype("str")))
    columns = wanted.get_indexer(pd.DatetimeIndex(pd.to_datetime(counts[step])))
    return counts.assign(expected=_shrunken(seen, same)[rows, columns])


def _same_season(
    days: pd.DatetimeIndex, wanted: pd.DatetimeIndex, reach: int, step: int
) -> _Floats:
    """Weigh the steps of the past for each step wanted; each column adds up to 1 or 0."""
    apart = np.abs(days.day_of_year.to_numpy()[:, None] - wanted.day_of_year.to_numpy())
    near = np.minimum(apart, 365.25 - apart) <= reach * (7 if step == 1 else 1) + step / 2
    if step == 1:
        near &= days.day_of_week.to_numpy()[:, None] == wanted.day_of_week.to_numpy()
    return np.asarray(near / np.maximum(near.sum(axis=0), 1))


def _shrunken(seen: _Floats, same: _Floats) -> _Floats:
    """Estimate the mean count by grid and wanted step."""
    steps = 1.0 / np.maximum(same.max(axis=0), 1e-300)  # of the past, for each wanted one
    own = (seen @ same) * steps
    shared = np.outer(seen.sum(axis=1), seen.sum(axis=0) @ same) / seen.sum() * steps
    some = shared > 0
    ratio = np.divide(own, shared, out=np.ones_like(own), where=some)
    weight = shared / np.maximum(shared.sum(axis=0), 1e-300)
    # how much grids differ at this time of the year, beyond what chance makes of counts
    chance = some.sum(axis=0) / np.maximum(shared.sum(axis=0), 1e-300)
    spread = (weight * (ratio - 1.0) ** 2).sum(axis=0) - chance
    shape = 1.0 / np.maximum(spread, _LEAST_SPREAD)
    return np.asarray(shared / steps * (own + shape) / (shared + shape))


def _check_history(past: pd.DataFrame, now: pd.Series, step: int) -> None:
    short = len(past.columns) * step < 364
    holes = int(past.isna().to_numpy().sum())
    late = bool(pd.DatetimeIndex(past.columns).max() >= pd.to_datetime(now).min())
    if short or holes or late or not past.to_numpy().sum() > 0:
        raise DataError(
            en="`history` must be complete, hold a full year or more, end before `counts` and "
            f"have cases; it has {len(past.columns)} steps of {step} days, {holes} of its cells "
            f"are missing, it {'overlaps' if late else 'ends before'} `counts`.",
            zh=f"`history` 须完整、不少于一整年、早于 `counts` 且有诉求; 现有 {len(past.columns)} 期 "
            f"(每期 {step} 天), 缺 {holes} 格, 与 `counts` {'重叠' if late else '不重叠'}。",
        )
