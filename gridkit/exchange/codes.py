"""Codes: other people's words for our tables, by the mapping, the labels and the other names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.exchange.cells import BLANKS, Column, Unreadable, folded
from gridkit.exchange.mapping import CodeTable, Mapping
from gridkit.records.spec import NONE_CODE, FieldSpec

if TYPE_CHECKING:
    from gridkit.profile import Profile

SPLIT = "、,，;；|"
"""Characters that part the codes of a many-of cell, where the mapping names no others."""

_BETWEEN = "\x1f"  # parts a cell from the code that its cascade hangs on


def read_codes(
    column: Column,
    field: FieldSpec,
    mapping: Mapping,
    profile: Profile,
    parents: pd.Series | None,
) -> pd.Series:
    """Read a column of codes.

    Parameters
    ----------
    column : Column
        Texts; takes up the faults.
    field : FieldSpec
        A field with choices.
    mapping : Mapping
        Its tables of codes.
    profile : Profile
        The county's tables, with their labels and other names.
    parents : Series of object or None
        The codes that a cascade hangs on: "其他" under 用水 is not "其他" under 教育.

    Returns
    -------
    Series of object
        Codes; many-of codes sorted and joined by one space; None where there is no answer.
    """
    table = mapping.codes.get(field.name, CodeTable())
    words = code_words(field, profile)
    own = {folded(word): code for word, code in table.map.items()}

    def one(text: str, parent: str) -> str | None:
        word = folded(text)
        code = own.get(word) or words.get((parent, word)) or words.get(("", word))
        if code is not None:
            return code
        if word in BLANKS:
            return table.blank
        if table.unmapped == "reject":
            raise Unreadable(reason="unknown_code")
        return None if table.unmapped == "blank" else table.unmapped

    if field.type == "many_of":
        return column.read(_many(one, mapping.split.get(field.name, SPLIT), own, words))
    if parents is None:
        return column.read(lambda text: one(text, ""))
    under = parents.fillna("").astype(str)
    hung = Column(under + _BETWEEN + column.texts, column.field, column.column, column.faults)
    return hung.read(lambda text: one(*reversed(text.split(_BETWEEN, 1))))


def _many(
    one: Callable[[str, str], str | None],
    split: str,
    own: dict[str, str],
    words: dict[tuple[str, str], str],
) -> Callable[[str], str | None]:
    parting = re.compile(f"[{re.escape(split)}\n]")

    def read(text: str) -> str | None:
        whole = folded(text)
        parts = [text] if whole in own or ("", whole) in words else parting.split(text)
        codes = {one(part, "") for part in parts if part.strip()} or {one("", "")}
        codes.discard(None)
        return " ".join(sorted(c for c in codes if c)) or None

    return read


def code_words(field: FieldSpec, profile: Profile) -> dict[tuple[str, str], str]:
    """Gather the words that stand for the codes of a field.

    Returns
    -------
    dict of (parent, folded word) to code
        The parent is the code that a cascade hangs on, "" where it does not matter. A code
        stands for itself; a label comes before another name; a word that could stand for
        two codes stands for none.
    """
    if isinstance(field.choices, str):
        entries = [
            (c.parent or "", c.code, (c.code, c.zh, c.en, *c.aka))
            for c in profile.choices(field.choices)
        ]
    else:
        entries = [("", code, (code, zh, en)) for code, zh, en in field.choices]
    if field.type == "many_of":
        entries.append(("", NONE_CODE, (NONE_CODE,)))
    found: dict[tuple[str, str], str] = {}
    for tier in (slice(0, 1), slice(1, 2), slice(2, 3), slice(3, None)):
        claims: dict[tuple[str, str], set[str]] = {}
        for parent, code, names in entries:
            for word in map(folded, names[tier]):
                claims.setdefault((parent, word), set()).add(code)
                claims.setdefault(("", word), set()).add(code)
        for key, codes in claims.items():
            if len(codes) == 1:
                found.setdefault(key, next(iter(codes)))
    return found
