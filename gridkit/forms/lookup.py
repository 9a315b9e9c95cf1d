"""Finding a category by what people say, or by its pinyin: 停水, ts, tingshui → 用水.

The words are those of the county's profile: labels in both languages and `aka`, what is
said at the door. Pinyin is made here, each character with all its readings, so that 长 is
found by c and by z.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from gridkit.profile import Profile
from gridkit.profile.choices import Choice, fold
from gridkit.screen.look import Words

MOST = 8
"""So many are offered: what does not fit on a glance is found by one more letter."""
_EQUAL, _BEGINS, _HOLDS, _SPELLS, _SPELLS_WITHIN, _HOLDS_LATIN, _PART_OF = range(7)
_NO_FIT = 99


class Category(NamedTuple):
    """A demand type, or one of its details: codes, words to show, words to find it by."""

    demand_type: str
    demand_detail: str | None
    words: Words
    keys: tuple[str, ...]
    above: tuple[str, ...]


def categories(profile: Profile) -> tuple[Category, ...]:
    """List all demand types and details of a profile, details first.

    Parameters
    ----------
    profile : Profile
        The county's tables.

    Returns
    -------
    tuple of Category
        In the order of the tables.
    """
    kinds = {kind.code: kind for kind in profile.choices("demand_type")}
    return tuple(_of_all(kinds, profile.choices("demand_detail")))


def _of_all(kinds: dict[str, Choice], details: Sequence[Choice]) -> Iterator[Category]:
    for detail in details:
        kind = kinds[str(detail.parent)]
        words = Words(f"{kind.zh} · {detail.zh}", f"{kind.en} · {detail.en}")
        yield Category(kind.code, detail.code, words, detail.words, kind.words)
    for kind in kinds.values():
        yield Category(kind.code, None, Words(kind.zh, kind.en), kind.words, ())


def find(typed: str, among: Sequence[Category], *, most: int = MOST) -> list[Category]:
    """Give the categories that fit what was typed, the best first.

    Parameters
    ----------
    typed : str
        A part of a label, of what people say, of the English word; or pinyin, as initials,
        whole syllables or a mixture. Blank text fits nothing.
    among : sequence of Category
        From `categories`.
    most : int
        How many at most.

    Returns
    -------
    list of Category
        Equal comes before beginning, that before containing, then pinyin, then the inside
        of an English word; what fits only the type above comes last. Within a rank the order
        of the table is kept.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> every = categories(load_profile())
    >>> [find(typed, every)[0].words.zh for typed in ("停水", "ts", "tingsh", "没水")]
    ['用水 · 停水断水', '用水 · 停水断水', '用水 · 停水断水', '用水 · 停水断水']
    """
    wanted = fold(typed).replace("'", "")
    if not wanted:
        return []
    ranked = [(_rank(wanted, one), place, one) for place, one in enumerate(among)]
    return [
        one for rank, _, one in sorted(ranked, key=lambda r: r[:2])[:most] if rank < _NO_FIT
    ]


def _rank(wanted: str, one: Category) -> int:
    own = min((_fit(wanted, key) for key in one.keys), default=_NO_FIT)
    above = min((_fit(wanted, key) for key in one.above), default=_NO_FIT)
    return min(own, _NO_FIT if above == _NO_FIT else above + _PART_OF)


def _fit(wanted: str, key: str) -> int:
    if key == wanted:
        return _EQUAL
    if key.startswith(wanted):
        return _BEGINS
    if wanted in key:
        return _HOLDS_LATIN if key.isascii() else _HOLDS
    if wanted.isascii() and not key.isascii():
        starts = [i for i in range(len(key)) if spells(wanted, key[i:])]
        if starts:
            return _SPELLS_WITHIN if starts[0] else _SPELLS
    return _NO_FIT


def spells(letters: str, word: str) -> bool:
    """Tell whether letters are the pinyin of a word from its first character on.

    Each character may be given by its initial, its whole syllable, or (the last one) the
    beginning of it.

    Parameters
    ----------
    letters : str
        Small Latin letters.
    word : str
        Chinese characters.

    Examples
    --------
    >>> spells("ts", "停水"), spells("tings", "停水断水"), spells("sh", "停水")
    (True, True, False)
    """
    left = {letters}
    for character in word:
        left = {rest for now in left for rest in _after(now, character)}
        if "" in left:
            return True
    return False


def _after(letters: str, character: str) -> Iterator[str]:
    """Yield what is left of the letters after one character; nothing is left at the end."""
    for reading in _readings(character):
        if reading.startswith(letters):
            yield ""
        elif letters.startswith(reading):
            yield letters[len(reading) :]
        if letters[0] == reading[0]:
            yield letters[1:]
        if reading[1:2] == "h" and letters[:2] == reading[:2]:
            yield letters[2:]


@lru_cache(maxsize=4096)
def _readings(character: str) -> tuple[str, ...]:
    # the tables of phrases take 45 MB and are not needed where every reading counts
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    import pypinyin

    found = pypinyin.pinyin(
        character, style=pypinyin.Style.NORMAL, heteronym=True, errors="ignore"
    )
    return tuple(found[0]) if found else ()
