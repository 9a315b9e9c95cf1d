"""The worklist: every open matter with its score, its reasons and its clock, first things first."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from gridkit.profile import Profile
from gridkit.triage.clocks import next_due
from gridkit.triage.explain import explain
from gridkit.triage.inputs import inputs
from gridkit.triage.scorecard import score

CLOCK_COLUMNS = ("clause_id", "article", "article_en", "due_on", "days_left", "status", "turn")


def worklist(
    concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date, profile: Profile
) -> pd.DataFrame:
    """Put the open matters in the order in which to see to them.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    on : date
        The civil day (Asia/Shanghai) to look from.
    profile : Profile
        Card, clauses and words.

    Returns
    -------
    DataFrame, indexed by the record id of the concern
        The columns of `score`; `sentence_zh` and `sentence_en`, the reasons in plain words;
        the running clock (`clause_id`, `article`, `due_on`, `days_left`, `status`, `turn`);
        `grid_id`, `demand_type`, `demand_detail`, `heard_on`, `lon`, `lat`. The most
        urgent band first (danger outranks any sum), then the highest score, what is due
        first, what was heard first, the id.
        Matters that are closed, or that a statutory channel has, are not in it.

    Notes
    -----
    The order is advice on matters; a person decides (`domain.md` section 6, R5).
    """
    facts = inputs(concerns, steps, on, profile)
    scores = score(facts, profile.scorecard)
    open_ones = concerns.loc[facts.index]
    clocks = next_due(open_ones, steps, profile, on)
    made = scores.assign(
        sentence_zh=explain(facts, scores, profile.scorecard, lang="zh"),
        sentence_en=explain(facts, scores, profile.scorecard, lang="en"),
    ).join(clocks[list(CLOCK_COLUMNS)])
    shown = [
        "grid_id",
        "demand_type",
        "demand_detail",
        "dispute_code",
        "heard_on",
        "lon",
        "lat",
    ]
    made = made.join(open_ones[shown])
    order = pd.DataFrame(
        {
            "band": made["band"].cat.codes,  # the most urgent first: danger outranks any sum
            "points": -made["score"].astype("int64"),
            "due_on": made["due_on"],
            "heard_on": made["heard_on"],
            "id": made.index.astype("str"),
        },
        index=made.index,
    ).sort_values(["band", "points", "due_on", "heard_on", "id"], na_position="last")
    return made.loc[order.index]
