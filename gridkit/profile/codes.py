"""Cleaning codes that passed through a spreadsheet: mend what lost nothing, refuse the rest.

A 12-digit code typed as a number comes back as 350428100001.0 or 3.50428E+11. The first
still says everything; the second has lost its last six digits, and filling in zeros would
name another place.
"""

from __future__ import annotations

import math
import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

LEVELS = ("province", "city", "county", "township", "village")
LEVELS_ZH = ("省", "市", "县", "乡镇", "村 (社区)")
ENDS = (2, 4, 6, 9, 12)  # where each level's digits end

# spaces, also of no width, and the marks that spreadsheets put around text
_NOISE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+|^['‘’`\"]+|[\"']+$")
_COMMAS = re.compile(r"^\d{1,3}(,\d{3})+$", re.ASCII)
_DOT_ZERO = re.compile(r"^(\d+)\.0*$", re.ASCII)
_EXPONENT = re.compile(r"^(\d)(?:\.(\d*))?E\+?(\d+)$", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile(r"^\d+$", re.ASCII)

MOST_EXACT = 15  # a spreadsheet keeps 15 significant digits, and so does a float


class Cleaned(NamedTuple):
    """A code of digits only, or "" and the reason why there is none (zh, en)."""

    code: str
    zh: str = ""
    en: str = ""


_EMPTY = Cleaned("", "为空", "is empty")
_LOST = Cleaned(
    "",
    "已被表格软件改成科学计数法, 末位数字丢失; 请回到原表, 把该列设为文本再导出",
    "was turned into scientific notation and lost its last digits; "
    "go back to the source and export the column as text",
)
_ROUNDED = Cleaned(
    "",
    "按数值保存且超过 15 位, 末位可能被改为 0; 请回到原表, 把该列设为文本再导出",
    "was kept as a number of over 15 digits, whose last digits may be wrong; "
    "go back to the source and export the column as text",
)
_NOT_DIGITS = Cleaned("", "含有数字以外的字符", "has characters other than digits")


def clean(value: object) -> Cleaned:
    """Return the digits of a code, mended where nothing was lost.

    Parameters
    ----------
    value : str, int or float
        As it stood in a file.

    Examples
    --------
    >>> clean("３５０４２８１００００１.0 ").code
    '350428100001'
    >>> clean("3.50428E+11").en.split(";")[0]
    'was turned into scientific notation and lost its last digits'
    """
    value = value.item() if hasattr(value, "item") else value  # a number of numpy's
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _clean_number(value)
    if not isinstance(value, str):
        return _EMPTY if value is None else _NOT_DIGITS
    text = unicodedata.normalize("NFKC", value)
    text = _NOISE.sub("", _NOISE.sub("", text))
    if not text:
        return _EMPTY
    if _DIGITS.match(text):
        return Cleaned(text)
    return _mend(text)


def _mend(text: str) -> Cleaned:
    if found := _EXPONENT.match(text):
        digits, power = found[1] + (found[2] or ""), int(found[3])
        if len(digits) == power + 1 <= MOST_EXACT:
            return Cleaned(digits)
        return _LOST
    if found := _DOT_ZERO.match(text):
        return Cleaned(found[1]) if len(found[1]) <= MOST_EXACT else _ROUNDED
    if _COMMAS.match(text):
        digits = text.replace(",", "")
        return Cleaned(digits) if len(digits) <= MOST_EXACT else _ROUNDED
    return _NOT_DIGITS


def _clean_number(value: float) -> Cleaned:
    if math.isnan(value):
        return _EMPTY
    if value < 0 or value != value // 1:
        return _NOT_DIGITS
    digits = str(int(value))
    return Cleaned(digits) if len(digits) <= MOST_EXACT else _ROUNDED


def depth(code: str) -> int:
    """Return the place in `LEVELS` of the last part of a 12-digit code that is not zero."""
    length = len(code.rstrip("0"))
    return next(place for place, end in enumerate(ENDS) if length <= end)


def division_fault(code: str) -> tuple[str, str]:
    """Return what is wrong with a division's code of digits (zh, en), or two empty texts."""
    if len(code) not in ENDS:
        return (
            f"有 {len(code)} 位, 应为 12 位 (或前 2、4、6、9 位)",
            f"has {len(code)} digits; it must have 12, or the first 2, 4, 6 or 9",
        )
    if code.startswith("00"):
        return "的省一级为 0", "has a zero for its province"
    full = code.ljust(12, "0")
    for place, (start, end) in enumerate(pairwise((0, *ENDS[: depth(full)]))):
        # 东莞, 中山 and 儋州 are cities with townships and no counties
        if not full[start:end].strip("0") and LEVELS[place] != "county":
            return (
                f"的{LEVELS_ZH[place]}一级为 0, 而下级不为 0",
                f"has a zero for its {LEVELS[place]} and none below it",
            )
    return "", ""


def grid_fault(code: str, digits: int) -> tuple[str, str]:
    """Return what is wrong with a grid's code of digits (zh, en), or two empty texts."""
    if len(code) != 12 + digits:
        return (
            f"有 {len(code)} 位, 应为 {12 + digits} 位 (区划 12 位, 序号 {digits} 位)",
            f"has {len(code)} digits; it must have {12 + digits} "
            f"(12 of the division, {digits} of the sequence)",
        )
    fault = division_fault(code[:12])
    if not fault[0] and int(code[12:]) == 0:
        return "的序号为 0, 应从 1 起", "has the sequence 0; it begins with 1"
    return fault
