"""Histories: an imported matter's steps made to fit the life of a matter.

Other systems know less: often only when a matter was closed. What they say is kept; where
the workflow would take it for a clash, the history is completed in words that say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from gridkit.records.models import Step
from gridkit.triage.moves import BY_STATE
from gridkit.triage.timeline import LIFE
from gridkit.triage.workflow import state

CLOSED_THERE = "导入: 原系统已办结 / closed in the source system"
"""Why an imported matter is struck off without answer, check and follow-up."""
REGISTERED_THERE = "导入: 原系统已登记 / registered in the source system"
"""Why an imported matter with steps counts as registered."""

_DRAFT, _REGISTERED = BY_STATE["draft"], BY_STATE["registered"]


class Said(NamedTuple):
    """One step as a row of the file has it: the action, its other answers."""

    action: str
    answers: dict[str, Any]


def completed(heard_on: date, said: Sequence[Said]) -> list[Said]:
    """Complete the steps of one row so that they are legal where they come.

    Parameters
    ----------
    heard_on : date
        When the matter was heard.
    said : sequence of Said
        At most one for each action, each with `on`.

    Returns
    -------
    list of Said
        In order of the day, those of one day in the order of a life. A closing without
        answer, check and follow-up before it is a special one (`special`, `reason`); where
        the first step needs a registration, one of the day of receipt goes before it.

    Examples
    --------
    >>> day = date(2026, 3, 2)
    >>> completed(day, [Said("closed", {"on": day})])[0].answers["special"]
    True
    >>> [one.action for one in completed(day, [Said("routed", {"on": day})])]
    ['registered', 'routed']
    """
    steps = sorted(said, key=lambda one: (one.answers["on"], LIFE[one.action]))
    first = next((one.action for one in steps if one.action != "closed"), "")
    if first not in _DRAFT and first in _REGISTERED and steps[0].action == first:
        there = {"on": heard_on, "reason": REGISTERED_THERE}
        steps.insert(0, Said("registered", there))
    place = next((n for n, one in enumerate(steps) if one.action == "closed"), None)
    if place is None or _may_close(heard_on, steps[: place + 1]):
        return steps
    closed = steps[place]
    why = {"special": True, "reason": CLOSED_THERE}
    steps[place] = closed._replace(answers={**closed.answers, **why})
    return steps


def _may_close(heard_on: date, steps: Sequence[Said]) -> bool:
    """Tell whether the last of some steps ends the matter as it should."""
    if len(steps) == 1:
        return False
    taken = [Step(concern_id="c", action=one.action, **one.answers) for one in steps]
    return state(taken, heard_on).state == "closed"
