"""What a draft of a visit holds: the inputs as typed, and what saving them would write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from gridkit.errors import RecordError
from gridkit.forms.concern_card import ConcernCard
from gridkit.forms.draft_keeper import Kind
from gridkit.forms.saved import records_of
from gridkit.forms.section import Section
from gridkit.records.drafts import Draft, traced
from gridkit.screen.look import Words

VISIT_ID = "visit_id"


def visit_content(
    visit_id: str, visit: Section, cards: Sequence[ConcernCard]
) -> dict[str, Any]:
    """Give all inputs of a visit as they stand, for a draft.

    Parameters
    ----------
    visit_id : str
        The id that the visit will have, whatever the draft is called.
    visit : Section
    cards : sequence of ConcernCard

    Returns
    -------
    dict
        The content of a `Draft`.
    """
    typed: dict[str, Any] = {
        VISIT_ID: visit_id,
        "visit": visit.typed,
        "concerns": [card.typed for card in cards],
    }
    if visit.unreadable or any(card.section.unreadable for card in cards):
        return typed
    with suppress(RecordError, KeyError):  # not fit to be saved, so not saved either
        saved = records_of(visit_id, visit.value, cards)
        typed |= traced((saved.visit, *saved.concerns))
    return typed


def visit_of(draft: Draft) -> str:
    """Give the id of the visit that a draft holds."""
    return str(draft.content.get(VISIT_ID, draft.draft_id))


def _title(count: int) -> Words:
    return Words(f"有 {count} 份没写完的走访", f"{count} unfinished visit(s) on this machine")


def _parts(content: Mapping[str, Any], lang: str) -> tuple[str, ...]:
    visit = content.get("visit", {})
    where = str(visit.get("grid_id", "")).partition(" · ")[0]
    count = len(content.get("concerns", ()))
    told = Words(f"{count} 件诉求", f"{count} concern(s)").of(lang)
    return where, str(visit.get("address", "")), told


VISITS = Kind("visit", _title, _parts)
