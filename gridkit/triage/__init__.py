"""Triage: what to do first, why, and by when.

A concern's facts become the card's `inputs`; the card turns them into integer points, a
band and one plain sentence; the clocks say which deadline runs. All of it is advice on a
matter, never on a person, and a person decides.

The data run: ledger frames -> `inputs` (one row per open concern, the card's columns only)
-> `score` -> `explain` (reasons), `counterfactual` (what would lower the band),
`explain_one` (the whole story of one concern). A frame of a million rows and a single
record go the same way.
"""

from __future__ import annotations

from gridkit.triage.counterfactual import counterfactual
from gridkit.triage.explain import explain
from gridkit.triage.handling import response_gap, standing
from gridkit.triage.scorecard import score
from gridkit.triage.story import Explanation, explain_one

__all__ = [
    "Explanation",
    "counterfactual",
    "explain",
    "explain_one",
    "response_gap",
    "score",
    "standing",
]
