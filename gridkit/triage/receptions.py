"""Reception days: when leaders receive residents, and what waits for the leader who does.

The days are the profile's (`receptions.toml`): the 10th of a month, every Monday. A day that
is no working day (holidays and make-up weekends counted) is moved as the profile says; in a
year whose holidays are not announced yet the day is left open, never guessed.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile, Reception
from gridkit.profile.calendar import working_days
from gridkit.profile.divisions import parse_division

LEADERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "county": ("县级领导", "a county leader"),
        "township": ("乡镇领导", "a township leader"),
        "village": ("村 (社区) 领导", "a village leader"),
    }
)
"""Who receives on each level: a role, never a name."""

_AHEAD = dt.timedelta(days=40)  # how far a day can be moved, and more
_WEEKDAYS = "一二三四五六日"


class _Day(NamedTuple):
    """One reception day: as planned, and as held (None: not held, or not known)."""

    planned_on: dt.date
    date: dt.date | None
    zh: str
    en: str


def receptions(
    profile: Profile,
    start: dt.date,
    end: dt.date,
    divisions: Iterable[str] | None = None,
) -> pd.DataFrame:
    """List the reception days between two days.

    Parameters
    ----------
    profile : Profile
        Its receptions.
    start, end : date
        Both inclusive; a day counts by when it is held.
    divisions : iterable of str, optional
        Division codes: then one row per division on its own level. By default one row per
        level, without a division.

    Returns
    -------
    DataFrame, by date and level, the county first
        - `date` (datetime64[s]): when it is held; missing where the working days of that
          year are not known yet, and `planned_on` decides where the row stands;
        - `planned_on` (datetime64[s]): the 10th, the Monday;
        - `level`, `division_code` (category);
        - `moved_because_zh`, `moved_because_en` (str): empty where it was not moved;
        - `title_zh`, `title_en`, `leader_zh`, `leader_en`, `source` (str).

        Days that the profile drops on holidays are not listed. Two days of one level that
        are moved onto each other are one; the reason says so.

    Raises
    ------
    DataError
        If `end` lies before `start`, or a code is no division.

    Examples
    --------
    10 October 2026 is a Saturday that is worked (调休); Monday 5 October is a holiday:

    >>> from gridkit.profile import load_profile
    >>> days = receptions(load_profile(), dt.date(2026, 10, 1), dt.date(2026, 10, 11))
    >>> [(f"{d:%m-%d}", level) for d, level in zip(days["date"], days["level"])]
    [('10-08', 'township'), ('10-08', 'village'), ('10-10', 'county')]
    >>> days["moved_because_zh"].iloc[0]
    '原定 10月5日 (周一) 为节假日, 顺延'
    """
    if end < start:
        raise DataError(
            zh=f"末日 ({end}) 早于首日 ({start}); 请对调。",
            en=f"The last day ({end}) lies before the first ({start}); swap them.",
        )
    places = _places(divisions)
    rows = [
        {**_row(reception, day), "division_code": code}
        for reception in profile.receptions
        for day in _days(reception, start, end)
        for code in places[reception.level]
    ]
    return _frame(rows)


def _places(divisions: Iterable[str] | None) -> dict[str, list[str | None]]:
    levels = list(LEADERS)
    if divisions is None:
        return {level: [None] for level in levels}
    found = sorted({parse_division(code) for code in divisions})
    return {level: [d.code for d in found if d.level == level] for level in levels}


def _row(reception: Reception, day: _Day) -> dict[str, Any]:
    leader_zh, leader_en = LEADERS[reception.level]
    return {
        "date": day.date,
        "planned_on": day.planned_on,
        "level": reception.level,
        "moved_because_zh": day.zh,
        "moved_because_en": day.en,
        "title_zh": reception.zh,
        "title_en": reception.en,
        "leader_zh": leader_zh,
        "leader_en": leader_en,
        "source": reception.source,
    }


def _days(reception: Reception, start: dt.date, end: dt.date) -> Iterator[_Day]:
    """Yield what is held in the span, and what may be where the calendar ends."""
    held: dict[dt.date, _Day] = {}
    for planned_on, odd in _planned(reception, start - _AHEAD, end + _AHEAD):
        day = _moved(reception, planned_on, odd)
        if day is None:
            continue
        if day.date is None:
            if start <= planned_on <= end:
                yield day
        elif day.date not in held:
            held[day.date] = day
        else:
            held[day.date] = _joined(held[day.date], day)
    yield from (day for on, day in held.items() if start <= on <= end)


def _planned(
    reception: Reception, first: dt.date, last: dt.date
) -> Iterator[tuple[dt.date, bool]]:
    """Yield the planned days, and whether the month was too short for its day."""
    for number in range((last - first).days + 1):
        on = first + dt.timedelta(days=number)
        if reception.weekday is not None and on.isoweekday() == reception.weekday:
            yield on, False
        if reception.monthly_day is not None:
            length = monthrange(on.year, on.month)[1]
            if on.day == min(reception.monthly_day, length):
                yield on, reception.monthly_day > length


def _moved(reception: Reception, planned_on: dt.date, odd: bool) -> _Day | None:  # noqa: FBT001 (a fact of the day, from the loop above)
    zh, en = ("本月无此日, 取月末", "the month is too short: its last day") if odd else ("", "")
    if reception.on_holiday == "keep":
        return _Day(planned_on, planned_on, zh, en)
    calendar, day = working_days(), np.datetime64(planned_on, "D")
    if not calendar.first <= day <= calendar.last:
        return _unknown(planned_on, calendar.last)
    place = int(np.searchsorted(calendar.days, day))
    if place < len(calendar.days) and calendar.days[place] == day:
        return _Day(planned_on, planned_on, zh, en)
    if reception.on_holiday == "drop":
        return None
    forward = reception.on_holiday == "next_working_day"
    place = place if forward else place - 1
    if not 0 <= place < len(calendar.days):
        return _unknown(planned_on, calendar.last)
    why_zh, why_en = _why(planned_on)
    return _Day(
        planned_on,
        calendar.days[place].astype(object),
        f"{why_zh}, {'顺延' if forward else '提前'}",
        f"{why_en}: {'moved to the next' if forward else 'moved to the last'} working day",
    )


def _why(planned_on: dt.date) -> tuple[str, str]:
    weekday = _WEEKDAYS[planned_on.weekday()]
    weekend = planned_on.isoweekday() > 5
    return (
        f"原定 {planned_on.month}月{planned_on.day}日 (周{weekday}) "
        f"{'逢周末' if weekend else '为节假日'}",
        f"planned for {planned_on}, {'a weekend' if weekend else 'a public holiday'}",
    )


def _unknown(planned_on: dt.date, last: np.datetime64) -> _Day:
    year = int(str(last)[:4]) + 1
    return _Day(
        planned_on,
        None,
        f"{year} 年及以后的放假安排未收录, 日期待定; 请更新软件包 chinesecalendar",
        f"holidays from {year} on are not known yet, so neither is the date; "
        "update the package `chinesecalendar`",
    )


def _joined(first: _Day, second: _Day) -> _Day:
    moved, other = (first, second) if first.zh else (second, first)
    also = f"{other.planned_on.month}月{other.planned_on.day}日"
    return moved._replace(
        planned_on=min(first.planned_on, second.planned_on),
        zh=f"{moved.zh}, 与 {also} 的接访合并",
        en=f"{moved.en}; held together with that of {other.planned_on}",
    )


_TEXTS = (
    "moved_because_zh",
    "moved_because_en",
    "title_zh",
    "title_en",
    "leader_zh",
    "leader_en",
    "source",
)
_COLUMNS = ("date", "planned_on", "level", "division_code", *_TEXTS)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    rows.sort(
        key=lambda row: (
            row["date"] or row["planned_on"],
            list(LEADERS).index(row["level"]),
            row["division_code"] or "",
        )
    )
    made = pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)
    for name in ("date", "planned_on"):
        made[name] = pd.to_datetime(made[name]).astype("datetime64[s]")
    made["level"] = pd.Categorical(made["level"], categories=list(LEADERS))
    made["division_code"] = made["division_code"].astype("str").astype("category")
    return made.astype(dict.fromkeys(_TEXTS, "str"))
