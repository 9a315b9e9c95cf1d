"""Escaping: texts that a spreadsheet would run or rewrite, kept as they are, and back.

pandas, Excel and LibreOffice take a text that begins with "=" for a formula, whoever wrote
it: an apostrophe in front makes it a text again. In a CSV they also take a grid's 15 digits
for the number 9.9E+14, "0201" for 201 and "1-2" for a day: a tab behind, which nobody sees
and every reader of numbers here passes over, makes it a text with all its characters.

Of the ways in use, the tab is the one that needs no formula (``="0201"`` runs, and other
programs read it as it stands) and shows nothing (an apostrophe or a backquote is seen).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_FORMULA = frozenset("=+-@|%")
_CONTROL = frozenset("\t\r\0")
_UNSEEN = frozenset(
    ("Zs", "Zl", "Zp", "Cc", "Cf")
)  # a program may pass over them, and run the rest

# what a number, a day or a time is made of, in the writings that Excel in China takes
_NUMERIC = re.compile(
    r"(?=.*\d)(?:[\d\s.,:/\\\-+年月日时分秒点上下午e%()¥$#]+(?:[ap]m?)?"
    r"|[\d\s.,'/-]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\d\s.,'/-]*)"
    r"|true|false",
    re.IGNORECASE | re.ASCII,
)
# of these, the numbers that come out of a spreadsheet as they went in
_SAME = re.compile(r"(?:0|[1-9]\d{0,10})(?:\.\d{0,3}[1-9])?", re.ASCII)


# what XML cannot hold, not even escaped: no XLSX, no DOCX and no answer in XML opens with it
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def is_writable(text: str) -> bool:
    """Tell whether an Office file can hold a text."""
    return _UNWRITABLE.search(text) is None


def writable_text(text: str) -> str:
    r"""Put a space for each character that no Office file can hold.

    Examples
    --------
    >>> writable_text("青\x01溪"), writable_text("a\tb")
    ('青 溪', 'a\tb')
    """
    return _UNWRITABLE.sub(" ", text)


def escape_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run.

    Those that begin, after NFKC and behind spaces, line ends and unseen characters, with one
    of ``= + - @ | %``, or with a tab, CR or NUL; and those with apostrophes before it, so
    that nothing is lost on the way back.

    Examples
    --------
    >>> escape_formula("=1+1"), escape_formula("停水"), escape_formula("'=1+1")
    ("'=1+1", '停水', "''=1+1")
    """
    return f"'{text}" if _runs(text) else text


def unescape_formula(text: str) -> str:
    """Take away the apostrophe of `escape_formula`; other texts stay as they are.

    Examples
    --------
    >>> [unescape_formula(escape_formula(t)) for t in ("=1", "'=1", "'t Hof", "＝1")]
    ['=1', "'=1", "'t Hof", '＝1']
    """
    return text[1:] if text.startswith("'") and _runs(text) else text


def escape_cell(text: str) -> str:
    r"""Write a text for a CSV that people open: not run, and not made into a number or a day.

    Examples
    --------
    >>> [escape_cell(t) for t in ("990428100001001", "0201", "1-2-301", "停水3天", "=1")]
    ['990428100001001\t', '0201\t', '1-2-301\t', '停水3天', "'=1"]
    """
    if _runs(text):
        return f"'{text}"
    return f"{text}\t" if _is_rewritten(text) else text


def unescape_cell(text: str) -> str:
    r"""Take away what `escape_cell` put there; other texts stay as they are.

    Examples
    --------
    >>> [unescape_cell(escape_cell(t)) for t in ("0201", "0201\t", "停水", "=1")]
    ['0201', '0201\t', '停水', '=1']
    """
    if text.endswith("\t") and not _runs(text) and _is_rewritten(text):
        return text[:-1]
    return unescape_formula(text)


def _runs(text: str) -> bool:
    bare = text.lstrip("'")
    if bare[:1] in _CONTROL:
        return True
    return next((runs for runs in map(_begins_formula, bare) if runs is not None), False)


@lru_cache(maxsize=4096)
def _begins_formula(letter: str) -> bool | None:
    """Tell whether a spreadsheet runs what begins with a letter; None if it passes over it."""
    if unicodedata.category(letter) in _UNSEEN:
        return None
    return unicodedata.normalize("NFKC", letter)[:1] in _FORMULA


def _is_rewritten(text: str) -> bool:
    """Tell whether a spreadsheet would take a text for a number or a day and write it anew."""
    if _SAME.fullmatch(text):
        return False
    return _NUMERIC.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None
