"""Cells: what a text means as a date, a number, a code; or why it means nothing.

Each distinct text is read once (a column of 100,000 dates holds a few thousand), so that
reading is fast without being sloppy. What is not certain is a fault, never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gridkit.exchange.table import Fault
from gridkit.exchange.workbook import EXCEL_ERRORS

CIVIL_ZONE = ZoneInfo("Asia/Shanghai")
BLANKS = frozenset(
    (
        "",
        "-",
        "--",
        "—",
        "——",
        "/",
        "\\",
        "无",
        "null",
        "none",
        "nan",
        "n/a",
        "na",
        "<na>",
        "空",
    )
)
"""What people write into a cell that has no answer (after `folded`); never for free text."""


class Unreadable(Exception):  # noqa: N818 (no error of the user's: becomes a Fault)
    """A text that means nothing for its field: a reason of `report`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def folded(text: str) -> str:
    """Bring the writings of one word together: width, case, space at the ends.

    Examples
    --------
    >>> folded(" ＡＢ　 户 ")
    'ab 户'
    """
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


@dataclass
class Column:
    """A column of text being read: fills `faults`, gives values."""

    texts: pd.Series
    field: str
    column: str
    faults: list[Fault]

    def read(self, parse: Callable[[str], Any]) -> pd.Series:
        """Apply `parse` to each distinct text; where it raises `Unreadable`, note a fault.

        Returns
        -------
        Series of object, on the index of the texts
            None where there is no answer, or none that can be read.
        """
        codes, distinct = pd.factorize(self.texts)
        values: list[Any] = []
        bad: dict[int, Unreadable] = {}
        for place, text in enumerate(distinct):
            try:
                values.append(parse(str(text)))
            except Unreadable as why:
                values.append(None)
                bad[place] = why
        if bad:
            for line, code in zip(self.texts.index, codes, strict=True):
                fault = bad.get(int(code))
                if fault is not None:
                    self.faults.append(Fault(int(line), self.field, self.column, fault.reason))
        # one look-up per row; a list keeps dates and numbers what they are
        filled = [values[code] for code in codes]
        return pd.Series(filled, index=self.texts.index, dtype=object)


def text_of(text: str) -> str | None:
    """Read free text: kept as it is; an Excel error is no text."""
    stripped = text.strip()
    if stripped in EXCEL_ERRORS:
        raise Unreadable(reason="excel_error")
    return text if stripped else None


_MANGLED = re.compile(r"\d(\.\d+)?e\+\d+", re.IGNORECASE)


def number_text(text: str) -> str | None:
    """Read the number of a thing (a request): text that a spreadsheet may mangle."""
    stripped = text.strip()
    if stripped in EXCEL_ERRORS:
        raise Unreadable(reason="excel_error")
    if _MANGLED.fullmatch(unicodedata.normalize("NFKC", stripped)):
        raise Unreadable(reason="mangled")
    return stripped or None


def grid_text(text: str) -> str | None:
    """Read a grid's id: digits of any width are the same digits."""
    return number_text(unicodedata.normalize("NFKC", text))


_USUAL = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:(?:[T\s]\s*|(?<=日))((?:上午|下午|中午|晚上|凌晨)?\s*\d{1,2}\s*[:点时][\d\s:.点时分秒半]*"
    r"(?:[ap]m)?\s*(Z|[+-]\d\d:?\d\d)?))?|(\d{4})(\d{2})(\d{2})",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_EARLIEST = date(1900, 1, 1)


def date_reader(
    formats: Sequence[str], *, serial: bool, epoch: date
) -> Callable[[str], date | None]:
    """Make a reader of dates.

    Parameters
    ----------
    formats : sequence of str
        For `strptime`, tried before the usual ones.
    serial : bool
        Whether five-digit numbers are serial dates of Excel.
    epoch : date
        Day 0 of those.

    Returns
    -------
    callable
        Text to date, or None where empty; raises `Unreadable`.

    Examples
    --------
    >>> read = date_reader(["%d.%m.%Y"], serial=True, epoch=date(1899, 12, 30))
    >>> [read(t).isoformat() for t in ("2026年3月7日", "7.3.2026", "46088", "2026-03-06T18:30:00Z")]
    ['2026-03-07', '2026-03-07', '2026-03-07', '2026-03-07']
    """

    def read(text: str) -> date | None:
        text = unicodedata.normalize("NFKC", text).strip()
        if folded(text) in BLANKS:
            return None
        day = _formatted(text, formats) or _usual(text)
        if day is None and serial and _SERIAL.fullmatch(text):
            day = epoch + timedelta(days=int(float(text)))
        if day is None or day < _EARLIEST:
            raise Unreadable(reason="excel_error" if text in EXCEL_ERRORS else "bad_date")
        return day

    return read


def _formatted(text: str, formats: Sequence[str]) -> date | None:
    for one in formats:
        try:
            moment = datetime.strptime(text, one)  # noqa: DTZ007 (a zone only if the text has one)
        except ValueError:
            continue
        return _civil(moment)
    return None


def _usual(text: str) -> date | None:
    found = _USUAL.fullmatch(text)
    if found is None:
        return None
    year, month, day, clock, zone, *packed = found.groups()
    try:
        if zone:  # only with a zone can the time move the day
            moment = f"{year}-{month:0>2}-{day:0>2}T{''.join(clock.split())}"
            return _civil(datetime.fromisoformat(moment))
        return date(*(int(part) for part in (packed if packed[0] else (year, month, day))))
    except ValueError:
        return None


def _civil(moment: datetime) -> date:
    """Take the civil date in Asia/Shanghai of a moment with a zone; else the date as it is."""
    return (moment.astimezone(CIVIL_ZONE) if moment.tzinfo else moment).date()


_NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?)\s*(?:户|人|米|m|°)?")


def number_of(text: str) -> float | None:
    """Read a number: digits, a thousands comma, perhaps its unit; "约20" is no number.

    Raises
    ------
    Unreadable
        If it is none.

    Examples
    --------
    >>> number_of("１,200 户"), number_of(" - ")
    (1200.0, None)
    """
    text = folded(text)
    if text in BLANKS:
        return None
    found = _NUMBER.fullmatch(text)
    digits = found.group(1).replace(",", "") if found else text
    try:
        number = float(digits) if found else _scientific(digits)
    except ValueError:
        excel = text.upper() in EXCEL_ERRORS
        raise Unreadable(reason="excel_error" if excel else "bad_number") from None
    return number


def _scientific(text: str) -> float:
    """Read 1.2e-05, as programs write small numbers; a rounded large one is refused."""
    if re.fullmatch(r"[+-]?\d(\.\d+)?e-\d+", text):
        return float(text)
    msg = "not a number"
    raise ValueError(msg)


def whole_of(text: str) -> int | None:
    """Read a whole number, as `number_of` does."""
    number = number_of(text)
    if number is None:
        return None
    if not number.is_integer():
        raise Unreadable(reason="bad_number")
    return int(number)


def yes_no_reader(yes: Sequence[str], no: Sequence[str]) -> Callable[[str], bool | None]:
    """Make a reader of yes and no from the words for them."""
    words = {folded(w): True for w in yes} | {folded(w): False for w in no}

    def read(text: str) -> bool | None:
        word = folded(text)
        if word in words:
            return words[word]
        if word in BLANKS:
            return None
        raise Unreadable(reason="unknown_code")

    return read
