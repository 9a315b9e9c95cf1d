"""Escaping: texts that a spreadsheet would run as formulas, made harmless and back.

pandas, Excel and LibreOffice take a text that begins with "=" for a formula, whoever wrote
it. An apostrophe in front makes it a text again.
"""

from __future__ import annotations

import unicodedata

_FORMULA = frozenset("=+-@|%")
_CONTROL = frozenset("\t\r\0")


def escape_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run.

    Those that begin, after NFKC, with one of ``= + - @ | %``, or with a tab, CR or NUL; and
    those with apostrophes before it, so that nothing is lost on the way back.

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


def _runs(text: str) -> bool:
    bare = text.lstrip("'")
    if not bare:
        return False
    return bare[0] in _CONTROL or unicodedata.normalize("NFKC", bare[0])[:1] in _FORMULA
