"""Two versions of one record, side by side: a person chooses field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

import ipywidgets as W  # noqa: N812
import pandas as pd
from traitlets import TraitError

from gridkit.forms.choices import CHOOSE
from gridkit.forms.saying import in_words
from gridkit.profile import Profile
from gridkit.records.changes import differences
from gridkit.records.revision import CIVIL_ZONE
from gridkit.records.spec import RECORD_SPECS, ROLES
from gridkit.screen.look import Column, Words, dress, html, tag

SHORT = 24
"""So many letters of an answer stand in a list to choose from; longer ones stand below it, too."""
_ROLES = {code: Words(zh, en) for code, zh, en in ROLES}
_WITHDRAWN = "withdrawn"
_STANDING = Words("这条记录还要不要", "Whether the record stands")
_KEEP, _DROP = Words("保留", "it stands"), Words("撤回", "it is withdrawn")


class Head(NamedTuple):
    """One of the versions that stand beside each other; `answers` is None if it withdraws."""

    label: str
    role: str
    at: str
    why: str
    answers: Mapping[str, Any] | None


def standing_heads(history: pd.DataFrame, heads: Sequence[str]) -> tuple[Head, ...]:
    """Read the heads of a record out of its history.

    Parameters
    ----------
    history : DataFrame
        From `Store.history`.
    heads : sequence of str
        The revisions that nothing follows.

    Returns
    -------
    tuple of Head
        In the order of writing, called A, B, …
    """
    rows = history.loc[[i for i in history.index if i in set(heads)]]
    return tuple(
        Head(
            chr(ord("A") + place),
            str(row["by_role"]),
            str(row["recorded_at"]),
            str(row["why"]),
            None if row["op"] == "withdraw" else json.loads(row["body"]),
        )
        for place, (_, row) in enumerate(rows.iterrows())
    )


class MergePart(Column):
    """The fields in which versions differ, each with a choice; no version is preferred.

    Parameters
    ----------
    heads : sequence of Head
        At least two.
    kind : str
        Kind of record.
    profile : Profile
        The county's tables.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    choices : dict of str to Dropdown
        By field; the value is the label of the version that is taken, or "".
    """

    def __init__(
        self, heads: Sequence[Head], kind: str, profile: Profile, *, lang: str = "zh"
    ) -> None:
        self._heads, self._kind, self._profile = tuple(heads), kind, profile
        self._standing = [head for head in self._heads if head.answers is not None]
        first = self._standing[0].answers or {}
        names = [
            change.field
            for head in self._standing[1:]
            for change in differences(first, head.answers or {}, kind)
        ]
        self.choices: dict[str, Any] = {
            name: dress(W.Dropdown()) for name in RECORD_SPECS[kind].names if name in names
        }
        if len(self._standing) < len(self._heads):
            self.choices[_WITHDRAWN] = dress(W.Dropdown())
        self._who = html()
        self._sides = {name: html() for name in self.choices}
        super().__init__([self._who, *(self._block(name) for name in self.choices)])
        self.speak(lang)

    def _block(self, name: str) -> Column:
        """Put both versions of an answer, whole and beside each other, under its choice."""
        block = Column([self.choices[name], self._sides[name]])
        block.add_class("gk-field")
        block.add_class(f"gk-q-{name}")
        return block

    @property
    def withdrawn(self) -> bool:
        """Whether the person decided that the record no longer stands."""
        choice = self.choices.get(_WITHDRAWN)
        return choice is not None and choice.value == "drop"

    @property
    def value(self) -> dict[str, Any]:
        """The merged answers, by field; a difference that is not decided has none."""
        merged = dict(self._standing[0].answers or {})
        by_label = {head.label: head.answers or {} for head in self._standing}
        for name, choice in self.choices.items():
            merged.pop(name, None)
            taken = by_label.get(choice.value, {}).get(name)
            if taken is not None:
                merged[name] = taken
        return merged

    def complete(self) -> bool:
        """Tell whether every difference is decided."""
        return self.withdrawn or all(choice.value for choice in self.choices.values())

    def retype(self, chosen: Mapping[str, str]) -> None:
        """Choose again what was chosen; what cannot be chosen any more is left open."""
        for name, choice in self.choices.items():
            with suppress(TraitError):
                choice.value = chosen.get(name, "")

    def speak(self, lang: str) -> None:
        """Show everything in another language first; what was chosen stays."""
        self._who.value = tag("div", *(self._line(head, lang) for head in self._heads))
        spec = RECORD_SPECS[self._kind]
        for name, choice in self.choices.items():
            chosen = choice.value
            first = (f"— {CHOOSE.of(lang)} —", "")
            if name == _WITHDRAWN:
                choice.description = _STANDING.both(lang)
                options = [(_KEEP.of(lang), "keep"), (_DROP.of(lang), "drop")]
            else:
                choice.description = Words(spec[name].zh, spec[name].en).both(lang)
                told = [(head.label, self._told(head, name, lang)) for head in self._standing]
                options = [(f"{label}: {_short(words)}", label) for label, words in told]
                self._sides[name].value = _beside(told)
            choice.options = (first, *options)
            choice.value = chosen or ""

    def _told(self, head: Head, name: str, lang: str) -> str:
        answer = (head.answers or {}).get(name)
        return in_words(RECORD_SPECS[self._kind][name], answer, self._profile, lang)

    def _line(self, head: Head, lang: str) -> str:
        at = datetime.fromisoformat(head.at).astimezone(CIVIL_ZONE)
        role = _ROLES[head.role].of(lang)
        gone = "" if head.answers is not None else f" ({_DROP.of(lang)})"
        return tag(
            "div", tag("b", f"{head.label} "), f"{at:%m-%d %H:%M} {role}{gone}: {head.why}"
        )


def _short(words: str) -> str:
    """Give the beginning of an answer for a list, which cannot wrap; the whole stands below."""
    line = " ".join(words.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"


def _beside(told: Sequence[tuple[str, str]]) -> str:
    """Write answers beside each other, wrapped; nothing where the list shows them whole."""
    if all(_short(words) == words for _, words in told):
        return ""
    sides = [tag("div", tag("b", f"{label} "), words) for label, words in told]
    return tag("div", *sides, cls="gk-versions")
