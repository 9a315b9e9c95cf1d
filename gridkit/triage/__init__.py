"""Triage: what to do first, why, and by when.

A concern's facts become the card's `inputs`; the card turns them into integer points, a
band and one plain sentence; the clocks say which deadline runs. All of it is advice on a
matter, never on a person, and a person decides.

The data run: ledger frames -> `inputs` (one row per open concern, the card's columns only)
-> `score` -> `explain` (reasons), `counterfactual` (what would lower the band),
`explain_one` (the whole story of one concern). A frame of a million rows and a single
record go the same way. Beside it the workflow: `states` derives where each matter stands
from its steps, `allowed` says what may be done next, `take_step` does it.
"""

from __future__ import annotations

from gridkit.triage.clocks import clock_table, next_due
from gridkit.triage.counterfactual import counterfactual
from gridkit.triage.deadlines import deadlines_of, due_sentence
from gridkit.triage.explain import explain
from gridkit.triage.handling import response_gap, standing
from gridkit.triage.inputs import inputs, same_cause_n
from gridkit.triage.routing import Routing, route, route_one
from gridkit.triage.scorecard import score
from gridkit.triage.standings import clashes, states
from gridkit.triage.story import Explanation, explain_one
from gridkit.triage.taking import StepTaken, take_step
from gridkit.triage.workflow import Allowed, Matter, allowed, state
from gridkit.triage.worklist import worklist

__all__ = [
    "Allowed",
    "Explanation",
    "Matter",
    "Routing",
    "StepTaken",
    "allowed",
    "clashes",
    "clock_table",
    "counterfactual",
    "deadlines_of",
    "due_sentence",
    "explain",
    "explain_one",
    "inputs",
    "next_due",
    "response_gap",
    "route",
    "route_one",
    "same_cause_n",
    "score",
    "standing",
    "state",
    "states",
    "take_step",
    "worklist",
]
