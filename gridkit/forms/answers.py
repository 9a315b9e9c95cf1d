"""What a person types, read as a value: numbers, dates, coordinates.

Full-width digits and Chinese date words are taken; nothing is guessed beyond what was
typed, and nothing is moved into a range. What cannot be read raises `DataError` with the
words for under the field; the typed text itself is never repeated in it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gridkit.errors import DataError
from gridkit.records.personal import holds_personal_number

__all__ = [
    "holds_personal_number",
    "plain",
    "read_date",
    "read_integer",
    "read_number",
    "show_date",
    "today",
]

_WHOLE = re.compile(r"[+-]?\d{1,12}")
_REAL = re.compile(r"[+-]?\d{1,12}(\.\d{1,12})?")
_FULL_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_DAY_WORDS = {"今天": 0, "今日": 0, "today": 0, "昨天": 1, "昨日": 1, "yesterday": 1, "前天": 2}
_WEEKDAYS = "一二三四五六日"


def today() -> date:
    """Give the civil date in Asia/Shanghai."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def plain(text: str) -> str:
    """Turn full-width signs into plain ones and drop spaces.

    Examples
    --------
    >>> plain(" １２ ３．５ ")
    '123.5'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def read_integer(text: str) -> int | None:
    """Read a whole number as typed; blank is no answer.

    Parameters
    ----------
    text : str
        Digits, plain or full-width; a thousands comma is taken.

    Returns
    -------
    int or None
        None where nothing was typed.

    Raises
    ------
    DataError
        If it is no whole number.

    Examples
    --------
    >>> read_integer("１，２００"), read_integer(" ")
    (1200, None)
    """
    cleaned = plain(text)
    if not cleaned:
        return None
    digits = _ungrouped(cleaned)
    if not _WHOLE.fullmatch(digits):
        raise DataError(zh="请填整数, 如 12", en="Type a whole number such as 12")
    return int(digits)


def read_number(text: str) -> float | None:
    """Read a number as typed; blank is no answer.

    Raises
    ------
    DataError
        If it is no number.

    Examples
    --------
    >>> read_number("117．4731")
    117.4731
    """
    cleaned = plain(text).rstrip("°")
    if not cleaned:
        return None
    if not _REAL.fullmatch(cleaned):
        raise DataError(zh="请填数字, 如 117.4731", en="Type a number such as 117.4731")
    return float(cleaned)


def _ungrouped(digits: str) -> str:
    return digits.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", digits) else digits


def read_date(text: str, on: date, *, future: bool = False) -> date | None:
    """Read a date as people write it; blank is no answer.

    Taken are 2026-3-7, 2026/03/07, 20260307, 2026年3月7日, 3月7日, 3-7, 今天, 昨天, 前天.
    Where the year is left out, it is the latest such day that is not after `on`, or with
    `future` the one nearest to `on`; the form shows the whole date again below the field.

    Parameters
    ----------
    text : str
        What was typed.
    on : date
        Today.
    future : bool
        Whether the day may lie ahead.

    Returns
    -------
    date or None
        None where nothing was typed.

    Raises
    ------
    DataError
        If it is no date, or no day of the calendar.

    Examples
    --------
    >>> read_date("3月7日", date(2026, 11, 22))
    datetime.date(2026, 3, 7)
    >>> read_date("１２.２４", date(2026, 11, 22))
    datetime.date(2025, 12, 24)
    """
    cleaned = plain(text).lower()
    if not cleaned:
        return None
    if cleaned in _DAY_WORDS:
        return on - timedelta(days=_DAY_WORDS[cleaned])
    full = _FULL_DAY.fullmatch(cleaned) or _COMPACT_DAY.fullmatch(cleaned)
    if full:
        return _day(int(full[1]), int(full[2]), int(full[3]))
    short = _SHORT_DAY.fullmatch(cleaned)
    if not short:
        raise DataError(
            zh="请填日期, 如 2026-3-7、20260307 或 3月7日",
            en="Type a date such as 2026-3-7 or 20260307",
        )
    return _nearest(int(short[1]), int(short[2]), on, future=future)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise DataError(
            zh="日历上没有这一天, 请核对", en="There is no such day; please check"
        ) from None


def _nearest(month: int, day: int, on: date, *, future: bool) -> date:
    found = []
    for year in range(on.year - 4, on.year + 2):  # 29 February comes every fourth year
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    found = [d for d in found if future or d <= on]
    if not found:
        return _day(on.year, month, day)
    return min(found, key=lambda d: abs(d - on))


def show_date(day: date, lang: str = "zh") -> str:
    """Write a date out, with its weekday.

    Examples
    --------
    >>> show_date(date(2026, 3, 7))
    '2026年3月7日 星期六'
    """
    if lang == "en":
        return f"{day:%a} {day.day} {day:%B %Y}"
    return f"{day.year}年{day.month}月{day.day}日 星期{_WEEKDAYS[day.weekday()]}"
