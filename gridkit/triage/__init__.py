"""Triage: what to do first, why, and by when.

A concern's facts become the card's `inputs`; the card turns them into integer points, a
band and one plain sentence; the clocks say which deadline runs. All of it is advice on a
matter, never on a person, and a person decides.

The data run: ledger frames -> `inputs` (one row per open concern, the card's columns only)
-> `score` -> `explain` (reasons), `counterfactual` (what would lower the band),
`explain_one` (the whole story of one concern). A frame of a million rows and a single
record go the same way. Beside it the workflow: `states` derives where each matter stands
from its steps, `allowed` says what may be done next, `take_step` does it, and `chronicle`
tells all that happened. For the office: `board`, `week_plan` (the best k doors), `feedback`
(what became of each report), `receptions` with their sheet, rooms and sessions, the
backlog, and statistics that balance. `evaluate` (and the modules `evaluate_*`) measures
whether the warnings were right.
"""

from __future__ import annotations

from gridkit.triage.annual import ARTICLE_41, annual_figures
from gridkit.triage.backlog import (
    BacklogRule,
    backlog_candidates,
    backlog_ledger,
    backlog_progress,
)
from gridkit.triage.board import board, contested, narrow, with_reasons
from gridkit.triage.chronicle import Event, chronicle
from gridkit.triage.clocks import clock_table, next_due
from gridkit.triage.counterfactual import counterfactual
from gridkit.triage.deadlines import deadlines_of, due_sentence
from gridkit.triage.evaluate import Evaluation, Terms, evaluate
from gridkit.triage.explain import explain
from gridkit.triage.feedback import STAGE_WORDS, STAGES, feedback
from gridkit.triage.handling import response_gap, standing
from gridkit.triage.inputs import inputs, same_cause_n
from gridkit.triage.matter_statistics import matter_statistics
from gridkit.triage.measures import MEASURES, explain_measures
from gridkit.triage.moves import OPEN_STATES
from gridkit.triage.readable import band_counts, readable
from gridkit.triage.reception_sheet import reception_sheet
from gridkit.triage.receptions import receptions
from gridkit.triage.rooms import open_rooms, room_coverage, room_problems
from gridkit.triage.routing import Routing, route, route_one
from gridkit.triage.scorecard import score
from gridkit.triage.sessions import (
    SessionHeld,
    agreements,
    hold_session,
    refused,
    session_concerns,
    with_agreements,
)
from gridkit.triage.standings import clashes, states
from gridkit.triage.statistics import session_statistics
from gridkit.triage.story import Explanation, explain_one
from gridkit.triage.taking import StepTaken, take_step
from gridkit.triage.week import week_plan, what_is_left
from gridkit.triage.workflow import Allowed, Matter, allowed, state
from gridkit.triage.worklist import worklist

__all__ = [
    "ARTICLE_41",
    "MEASURES",
    "OPEN_STATES",
    "STAGES",
    "STAGE_WORDS",
    "Allowed",
    "BacklogRule",
    "Evaluation",
    "Event",
    "Explanation",
    "Matter",
    "Routing",
    "SessionHeld",
    "StepTaken",
    "Terms",
    "agreements",
    "allowed",
    "annual_figures",
    "backlog_candidates",
    "backlog_ledger",
    "backlog_progress",
    "band_counts",
    "board",
    "chronicle",
    "clashes",
    "clock_table",
    "contested",
    "counterfactual",
    "deadlines_of",
    "due_sentence",
    "evaluate",
    "explain",
    "explain_measures",
    "explain_one",
    "feedback",
    "hold_session",
    "inputs",
    "matter_statistics",
    "narrow",
    "next_due",
    "open_rooms",
    "readable",
    "reception_sheet",
    "receptions",
    "refused",
    "response_gap",
    "room_coverage",
    "room_problems",
    "route",
    "route_one",
    "same_cause_n",
    "score",
    "session_concerns",
    "session_statistics",
    "standing",
    "state",
    "states",
    "take_step",
    "week_plan",
    "what_is_left",
    "with_agreements",
    "with_reasons",
    "worklist",
]
