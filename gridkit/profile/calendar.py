"""Civil dates in China, ISO weeks, and working days with their make-up weekends (调休).

Records keep UTC; offices count in civil dates of Asia/Shanghai. Working days follow the
State Council's yearly arrangement as packaged in `chinesecalendar`: a Sunday may be a
working day and a Wednesday a holiday. A year that the package does not know yet is never
guessed: it is an error, or missing where the caller asks for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from gridkit.errors import DataError

ZONE = "Asia/Shanghai"

Beyond = Literal["raise", "missing"]


@dataclass(frozen=True)
class WorkingDays:
    """The working days of a span of years.

    Attributes
    ----------
    first, last : datetime64[D]
        The span that is known, both inclusive.
    days : ndarray of datetime64[D]
        All working days in it, rising.
    """

    first: np.datetime64
    last: np.datetime64
    days: np.ndarray

    def add(self, start: np.ndarray, n: int) -> np.ndarray:
        """Return the n-th working day after each start; NaT where that is not known.

        Parameters
        ----------
        start : ndarray of datetime64[D]
        n : int
            0 or more; 0 returns the start itself.
        """
        known = (start >= self.first) & (start <= self.last)
        if n == 0:
            return np.where(known, start, np.datetime64("NaT", "D"))
        place = np.searchsorted(self.days, start, side="right") + n - 1
        known &= place < len(self.days)
        reached = self.days[np.minimum(place, len(self.days) - 1)]
        return np.where(known, reached, np.datetime64("NaT", "D"))

    def roll(self, days: np.ndarray) -> np.ndarray:
        """Move each day that is none of work to the next that is; NaT where not known."""
        place = np.searchsorted(self.days, days)
        known = (days >= self.first) & (days <= self.last) & (place < len(self.days))
        reached = self.days[np.minimum(place, len(self.days) - 1)]
        return np.where(known, reached, np.datetime64("NaT", "D"))

    def between(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Count the working days after `start` up to and with `end`; NaN if not known.

        Negative where `end` lies before `start`.
        """
        known = (start >= self.first) & (start <= self.last)
        known &= (end >= self.first) & (end <= self.last)
        to = np.searchsorted(self.days, end, side="right")
        count = to - np.searchsorted(self.days, start, side="right")
        return np.where(known, count, np.nan)


@cache
def working_days() -> WorkingDays:
    """Return all working days that `chinesecalendar` knows.

    Examples
    --------
    >>> calendar = working_days()
    >>> bool(np.isin(np.datetime64("2026-02-28"), calendar.days))  # a Saturday, made up
    True
    """
    import chinese_calendar

    years = {day.year for day in chinese_calendar.constants.holidays}
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    days = np.array(chinese_calendar.get_workdays(first, last), dtype="datetime64[D]")
    return WorkingDays(np.datetime64(first, "D"), np.datetime64(last, "D"), days)


def today() -> date:
    """Return the civil date in Asia/Shanghai now, wherever the computer stands."""
    return datetime.now(tz=ZoneInfo(ZONE)).date()


def civil_date(at: str | datetime) -> date:
    """Return the date that a calendar in China shows at a moment.

    Parameters
    ----------
    at : str or datetime
        ISO 8601 text with `Z` or an offset, or an aware datetime.

    Raises
    ------
    DataError
        If it is no such text, or names no offset.

    Examples
    --------
    >>> civil_date("2026-03-06T16:30:00Z")
    datetime.date(2026, 3, 7)
    """
    try:
        moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise DataError(
            en="A moment must be ISO 8601 with `Z` or an offset, such as 2026-03-06T16:30:00Z.",
            zh="时刻须为带 Z 或时差的 ISO 8601 文本, 如 2026-03-06T16:30:00Z。",
        )
    return moment.astimezone(ZoneInfo(ZONE)).date()


def civil_dates(at: pd.Series) -> pd.Series:
    """Return the civil dates in Asia/Shanghai of moments in UTC text.

    Parameters
    ----------
    at : Series of str
        ISO 8601 with `Z` or an offset; missing stays missing.

    Returns
    -------
    Series of datetime64[s], indexed like `at`
        Midnight of the civil date, without a zone.

    Raises
    ------
    DataError
        If a value is no such text; the first such rows are named, never the values.

    Examples
    --------
    >>> civil_dates(pd.Series(["2026-12-31T15:59:59Z", "2026-12-31T16:00:00Z"])).dt.day.tolist()
    [31, 1]
    """
    text = at.astype("str")
    moments = pd.to_datetime(text, utc=True, format="ISO8601", errors="coerce")
    zoned = text.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True, na=False)
    wrong = at.notna() & (moments.isna() | ~zoned)
    if wrong.any():
        rows = ", ".join(str(label) for label in at.index[wrong][:3])
        raise DataError(
            en=f"{int(wrong.sum())} moment(s) are not ISO 8601 with `Z` or an offset (rows {rows}).",
            zh=f"有 {int(wrong.sum())} 个时刻不是带 Z 或时差的 ISO 8601 文本 (行 {rows})。",
        )
    local = moments.dt.tz_convert(ZONE).dt.tz_localize(None)
    return dates_like(days_of(local), at)


def week_start(dates: pd.Series) -> pd.Series:
    """Return the Monday of each date's ISO week.

    Parameters
    ----------
    dates : Series of datetime64
        Civil dates; missing stays missing.

    Returns
    -------
    Series of datetime64[s], indexed like `dates`

    Examples
    --------
    >>> week_start(pd.Series(pd.to_datetime(["2027-01-03"]))).dt.strftime("%Y-%m-%d").tolist()
    ['2026-12-28']
    """
    days = days_of(dates)
    back = (days.astype("int64") + 3) % 7  # 1970-01-01 was a Thursday
    monday = np.where(np.isnat(days), days, days - back.astype("timedelta64[D]"))
    return dates_like(monday, dates)


def is_working_day(dates: pd.Series) -> pd.Series:
    """Tell which dates are working days, make-up weekends and holidays counted.

    Parameters
    ----------
    dates : Series of datetime64

    Returns
    -------
    Series of boolean, indexed like `dates`
        Missing where the date is missing.

    Raises
    ------
    DataError
        If a date lies outside the years that `chinesecalendar` knows.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2026-10-07", "2026-10-10"]))  # holiday, made up
    >>> is_working_day(days).tolist()
    [False, True]
    """
    calendar, days = working_days(), days_of(dates)
    _check_known(days, calendar)
    name: Any = dates.name
    found = pd.Series(
        np.isin(days, calendar.days), index=dates.index, dtype="boolean", name=name
    )
    return found.mask(np.isnat(days))


def add_days(dates: pd.Series, n: int) -> pd.Series:
    """Return the dates n calendar days later; the start is not counted (民法典 201).

    Parameters
    ----------
    dates : Series of datetime64
    n : int
        Days.

    Returns
    -------
    Series of datetime64[s], indexed like `dates`

    Examples
    --------
    >>> add_days(pd.Series(pd.to_datetime(["2026-02-20"])), 15).dt.strftime("%m-%d").tolist()
    ['03-07']
    """
    return dates_like(days_of(dates) + np.timedelta64(n, "D"), dates)


def add_working_days(dates: pd.Series, n: int, *, beyond: Beyond = "raise") -> pd.Series:
    """Return the n-th working day after each date.

    Parameters
    ----------
    dates : Series of datetime64
        Starts, not counted themselves; working days or not.
    n : int
        Working days, 0 or more.
    beyond : {"raise", "missing"}
        What to do where start or result lies outside the known years.

    Returns
    -------
    Series of datetime64[s], indexed like `dates`

    Raises
    ------
    DataError
        If `n` is negative, or a result is not known and `beyond` is "raise".

    Examples
    --------
    The five working days after 30 September 2026 skip 1-7 October and count Saturday 10:

    >>> start = pd.Series(pd.to_datetime(["2026-09-30"]))
    >>> add_working_days(start, 5).dt.strftime("%m-%d").tolist()
    ['10-13']
    """
    if n < 0:
        raise DataError(
            en=f"`n` must be 0 or more; it is {n}.", zh=f"`n` 须为 0 或以上, 现为 {n}。"
        )
    calendar, days = working_days(), days_of(dates)
    reached = calendar.add(days, n)
    if beyond == "raise" and (np.isnat(reached) & ~np.isnat(days)).any():
        en, zh = _unknown_years(calendar)
        raise DataError(en=en, zh=zh)
    return dates_like(reached, dates)


def working_days_between(
    start: pd.Series, end: pd.Series, *, beyond: Beyond = "raise"
) -> pd.Series:
    """Count the working days after `start`, up to and with `end`.

    Parameters
    ----------
    start, end : Series of datetime64, length n
        On one index.
    beyond : {"raise", "missing"}
        What to do where a date lies outside the known years.

    Returns
    -------
    Series of Int64, indexed like `start`
        Negative where `end` lies before `start`.

    Raises
    ------
    DataError
        If the indexes differ, or a date is not known and `beyond` is "raise".

    Examples
    --------
    >>> a, b = (pd.Series(pd.to_datetime([day])) for day in ("2026-02-13", "2026-02-24"))
    >>> working_days_between(a, b).tolist()  # Saturday 14, then Tuesday 24
    [2]
    """
    if not start.index.equals(end.index):
        raise DataError(
            en="`start` and `end` must be on one index. Take both from one table.",
            zh="`start` 与 `end` 的索引须相同, 请取自同一张表。",
        )
    calendar, first, last = working_days(), days_of(start), days_of(end)
    if beyond == "raise":
        _check_known(first, calendar)
        _check_known(last, calendar)
    count = pd.Series(calendar.between(first, last), index=start.index)
    return count.astype("Int64")


def days_of(dates: pd.Series) -> np.ndarray:
    """Return a Series of dates as an array of datetime64[D]."""
    return dates.to_numpy(dtype="datetime64[s]").astype("datetime64[D]")


def dates_like(days: np.ndarray, like: pd.Series) -> pd.Series:
    """Return days as a Series of datetime64[s] on another's index, under its name."""
    name: Any = like.name
    return pd.Series(days.astype("datetime64[s]"), index=like.index, name=name)


def _check_known(days: np.ndarray, calendar: WorkingDays) -> None:
    if ((days < calendar.first) | (days > calendar.last)).any():
        en, zh = _unknown_years(calendar)
        raise DataError(en=en, zh=zh)


def _unknown_years(calendar: WorkingDays) -> tuple[str, str]:
    first, last = str(calendar.first)[:4], str(calendar.last)[:4]
    return (
        f"Working days are known from {first} to {last} only; another year is needed here. "
        "The State Council announces each year's holidays in the autumn before: "
        "update the package `chinesecalendar`.",
        f"工作日历只收录 {first} 至 {last} 年, 此处用到其他年份。国务院办公厅每年秋季公布"
        "次年放假安排: 请更新软件包 chinesecalendar。",
    )
