"""Rolling origins: learn from what was over by a day, judge on what came after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pandas as pd

from gridkit.errors import DataError
from gridkit.triage.evaluate_facts import HORIZON_DAYS
from gridkit.triage.evaluate_queue import Order, replay

FIRST_WEEKS, EVERY_WEEKS = 26, 13


class Fold(NamedTuple):
    """One origin: rows whose outcome was known by then, and the rows that follow."""

    origin: dt.date
    train: pd.DataFrame
    test: pd.DataFrame


def rolling_origins(
    marked: pd.DataFrame,
    *,
    first_weeks: int = FIRST_WEEKS,
    every_weeks: int = EVERY_WEEKS,
    horizon_days: int = HORIZON_DAYS,
) -> Iterator[Fold]:
    """Part weekly rows at one origin after another.

    Parameters
    ----------
    marked : DataFrame
        As `evaluate_facts.mark` gives it.
    first_weeks : int
        Weeks before the first origin.
    every_weeks : int
        Weeks from one origin to the next.
    horizon_days : int
        That of `mark`: a row is learned from only when its horizon has passed.

    Yields
    ------
    Fold
        `train` ends `horizon_days` before the origin, `test` runs from the origin to the
        next one. Origins without a row on either side are left out.

    Raises
    ------
    DataError
        If a length is below 1.
    """
    if min(first_weeks, every_weeks, horizon_days) < 1:
        raise DataError(
            en="`first_weeks`, `every_weeks` and `horizon_days` must be 1 or more.",
            zh="`first_weeks`、`every_weeks` 和 `horizon_days` 都须不小于 1。",
        )
    on = marked["on"]
    origin = on.min() + pd.Timedelta(weeks=first_weeks)
    while origin <= on.max():
        after = origin + pd.Timedelta(weeks=every_weeks)
        train = marked[on <= origin - pd.Timedelta(days=horizon_days)]
        test = marked[(on >= origin) & (on < after)]
        if len(train) and len(test):
            yield Fold(origin.date(), train, test)
        origin = after


def check_past(train: pd.DataFrame, origin: dt.date, horizon_days: int = HORIZON_DAYS) -> None:
    """Refuse to learn from outcomes that were not known at an origin.

    Parameters
    ----------
    train : DataFrame
        Rows as `mark` gives them.
    origin : date
        The day on which something is learned.
    horizon_days : int
        That of `mark`.

    Raises
    ------
    DataError
        If the horizon of a row reaches past the origin, with the number of such rows.
    """
    late = train["on"] + pd.Timedelta(days=horizon_days) > pd.Timestamp(origin)
    if late.any():
        raise DataError(
            en=f"{int(late.sum())} row(s) have outcomes that were not known on {origin}: "
            "learning from them would look into the future. Leave them out.",
            zh=f"有 {int(late.sum())} 行的结果在 {origin} 还不知道, 用来学习就是偷看未来。请去掉。",
        )


def backtest(
    folds: Iterator[Fold] | list[Fold],
    fit: Callable[[pd.DataFrame], dict[str, Order]],
    capacity: int,
    *,
    horizon_days: int = HORIZON_DAYS,
) -> pd.DataFrame:
    """Learn at each origin, choose the weeks that follow, and gather the visits.

    Parameters
    ----------
    folds : iterable of Fold
        As `rolling_origins` gives them.
    fit : callable
        Takes the rows known at an origin, gives ways of choosing (as `methods`).
    capacity : int
        Visits in a week.
    horizon_days : int
        That of `mark`.

    Returns
    -------
    DataFrame
        As `replay`, with the `origin` of each row. Queues begin anew at each origin.

    Raises
    ------
    DataError
        If a fold holds outcomes that were not known at its origin, or there is no fold.
    """
    parts = []
    for fold in folds:
        check_past(fold.train, fold.origin, horizon_days)
        picks = replay(fold.test, fit(fold.train), capacity)
        parts.append(picks.assign(origin=pd.Timestamp(fold.origin)))
    if not parts:
        raise DataError(
            en="There is no origin with rows before and after it; give a longer ledger.",
            zh="没有一个起点前后都有数据; 请给更长的台账。",
        )
    return pd.concat(parts, ignore_index=True)
