"""Choice tables: the codes that an answer may be, with words to show and to search by."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from gridkit.profile.fields import Flag, Frozen, Text


class Choice(Frozen):
    """One code of a table: what it is called, what people call it, what it is part of.

    Attributes
    ----------
    code : str
        Stable; what records store.
    zh, en : str
        What is shown.
    parent : str or None
        The code of the level above: a detail's type, a dispute code's group.
    aka : tuple of str
        What people say for it; only for searching.
    verified : bool
        True only where the primary text was read.
    route_out : bool
        Handed to the statutory channel: never scored, never mapped.
    disputes : tuple of str
        Of a demand type: the dispute groups that it mostly falls under.
    source : str
        Where the entry comes from.
    """

    code: str
    zh: Text
    en: Text
    parent: str | None = None
    aka: tuple[str, ...] = ()
    verified: Flag = False
    route_out: Flag = False
    disputes: tuple[str, ...] = ()
    source: Text

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Return what this choice is found by, folded: labels, synonyms, code."""
        return tuple(fold(word) for word in (self.zh, self.en, *self.aka, self.code))


class Table(Frozen):
    """A named tuple of choices in the order in which they are offered.

    `ordered` tables rise or fall in severity; `many` tables may be answered with several
    codes, of which `none` excludes the rest.
    """

    name: str
    zh: Text
    en: Text
    source: Text
    verified: Flag = False
    ordered: Flag = False
    many: Flag = False
    choices: tuple[Choice, ...]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Return the codes in order."""
        return tuple(choice.code for choice in self.choices)

    @cached_property
    def by_code(self) -> Mapping[str, Choice]:
        """Return the choices by their code."""
        return {choice.code: choice for choice in self.choices}


def fold(text: str) -> str:
    """Return text as it is compared in a search: one width, one case, no spaces.

    Examples
    --------
    >>> fold(" Ｗater  Cut")
    'watercut'
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def search(
    text: str, choices: Iterable[Choice], parts: Mapping[str, tuple[Choice, ...]]
) -> Iterator[Choice]:
    """Yield the choices that fit what was typed, the best first.

    Equal comes before beginning, beginning before containing; what only fits a part (a
    detail of a type) comes last. Within a rank the table's order is kept.

    Parameters
    ----------
    text : str
        What was typed. Blank text fits everything.
    choices : iterable of Choice
        The table.
    parts : mapping of str to tuple of Choice
        The choices one level down, by the code of their parent.
    """
    typed = fold(text)
    ranked = []
    for place, choice in enumerate(choices):
        own = _rank(typed, choice.words)
        below = [_rank(typed, part.words) for part in parts.get(choice.code, ())]
        rank = min([own, *(r + 3 for r in below)])
        if rank < _NO_FIT:
            ranked.append((rank, place, choice))
    yield from (choice for *_, choice in sorted(ranked, key=lambda entry: entry[:2]))


_NO_FIT = 6
_NEVER = 99


def _rank(typed: str, words: tuple[str, ...]) -> int:
    ranks = (
        0 if word == typed else 1 if word.startswith(typed) else 2
        for word in words
        if typed in word
    )
    return min(ranks, default=_NEVER)
