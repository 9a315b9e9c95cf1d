"""Forms: recording at the door, the triage board, the hotspot view, for notebooks.

A form is made from `records.spec` and the county's profile: `fields` turns one field into
one widget, `section` one kind of record into its questions (relevance, cascades, faults),
`concern_card` and `visit_form` a whole visit, saved in one transaction. `answers` reads
what people type. No field holds an answer that nobody gave, and none loses what was typed.
`look` is the one place where words become HTML; `frame` keeps JupyterLab's one-key
commands out of a form in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridkit.forms.desk import Desk
from gridkit.forms.fields import Field, field_for
from gridkit.forms.look import Words
from gridkit.forms.record_screen import RecordScreen
from gridkit.forms.section import Section
from gridkit.forms.visit_form import Saved, VisitForm

if TYPE_CHECKING:
    from gridkit.records.workspace import Workspace

__all__ = [
    "Desk",
    "Field",
    "RecordScreen",
    "Saved",
    "Section",
    "VisitForm",
    "Words",
    "field_for",
    "record",
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
    return RecordScreen(Desk.of(workspace), lang=lang)
