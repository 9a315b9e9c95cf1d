"""Forms: recording at the door, the triage board, the hotspot view, for notebooks.

A form is made from `records.spec` and the county's profile: `field`, `fields` and `choices`
turn one field into one widget, `section` one kind of record into its questions (relevance,
cascades, faults), `concern_card` and `visit_form` a whole visit, saved in one transaction.
`answers` reads what people type. No field holds an answer that nobody gave, and none loses
what was typed: `draft_keeper` writes it to the disk as one types. `lookup` finds categories by
pinyin, `past` and `door` know what was heard at a door last time, `place_map` picks a place,
`photo_field` keeps a photo of the matter where the county wants one, `visit_round` says which
doors come next, `printed_sheet` numbers its paper and `sheet_entry` keys it in; `correction`
(its questions: `amended`; its drafts: `correction_draft`) and `merge` change finished records.
`record_screen` shows the form with score, day's list and map; `board` (with its filters, week,
feedback and backlog) and `matter_view` (clocks, story, next step, score) let a person act and
decide; `hotspot_view` shows where concerns gather. All three read through `desk`, and are
drawn with `gridkit.screen`. `warm` loads what takes long before it is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridkit.forms.board import Board
    from gridkit.forms.correction import Correction
    from gridkit.forms.desk import Desk
    from gridkit.forms.field import Field
    from gridkit.forms.fields import field_for
    from gridkit.forms.hotspot_view import HotspotView
    from gridkit.forms.record_screen import RecordScreen
    from gridkit.forms.saved import Saved
    from gridkit.forms.section import Section
    from gridkit.forms.visit_form import VisitForm
    from gridkit.forms.warm import warm_up
    from gridkit.records.workspace import Workspace
    from gridkit.screen.look import Words

CAPACITY = 15

_LATER = {
    "Board": "board",
    "Correction": "correction",
    "Desk": "desk",
    "Field": "field",
    "HotspotView": "hotspot_view",
    "RecordScreen": "record_screen",
    "Saved": "saved",
    "Section": "section",
    "VisitForm": "visit_form",
    "Words": ".screen.look",  # beneath this chapter, for reports have a screen too
    "field_for": "fields",
    "warm_up": "warm",
}

__all__ = [
    "Board",
    "Correction",
    "Desk",
    "Field",
    "HotspotView",
    "RecordScreen",
    "Saved",
    "Section",
    "VisitForm",
    "Words",
    "field_for",
    "hotspots",
    "record",
    "triage",
    "warm_up",
]


def record(workspace: Workspace, *, lang: str = "zh") -> RecordScreen:
    """Open the record screen of a workspace: the form, the day's list, the map.

    Parameters
    ----------
    workspace : Workspace
        From `gridkit.open_workspace`.
    lang : {"zh", "en"}
        Which language comes first.

    Returns
    -------
    RecordScreen
        The last value of a cell shows it.
    """
    from gridkit.forms.desk import Desk
    from gridkit.forms.record_screen import RecordScreen

    return RecordScreen(Desk.of(workspace), lang=lang)


def triage(workspace: Workspace, *, capacity: int = CAPACITY, lang: str = "zh") -> Board:
    """Open the triage board of a workspace: this week's best, with reasons and clocks.

    Parameters
    ----------
    workspace : Workspace
        From `gridkit.open_workspace`.
    capacity : int
        How many matters can be seen to this week.
    lang : {"zh", "en"}
        Which language comes first.

    Returns
    -------
    Board
        The last value of a cell shows it.
    """
    from gridkit.forms.board import Board
    from gridkit.forms.desk import Desk

    return Board(Desk.of(workspace), capacity=capacity, lang=lang)


def hotspots(workspace: Workspace, *, lang: str = "zh") -> HotspotView:
    """Open the hotspot view of a workspace: map, table, and what could be chance.

    Parameters
    ----------
    workspace : Workspace
        From `gridkit.open_workspace`.
    lang : {"zh", "en"}
        Which language comes first.

    Returns
    -------
    HotspotView
        The last value of a cell shows it.
    """
    from gridkit.forms.desk import Desk
    from gridkit.forms.hotspot_view import HotspotView

    return HotspotView(Desk.of(workspace), lang=lang)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    msg = f"module 'gridkit.forms' has no attribute {name!r}"
    raise AttributeError(msg)
