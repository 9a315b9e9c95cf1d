"""Cards learned from outcomes: the search, its limits, and that it does not look ahead."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.training.card_learning import flags_of, learn_card
from gridkit.training.card_search import descend, entries_of, gather, loss, search
from gridkit.training.history import make_history
from gridkit.triage.evaluate_backtest import check_past
from gridkit.triage.evaluate_facts import mark, weekly_facts, weeks_between
from gridkit.triage.evaluate_queue import by_card, replay


@pytest.fixture(scope="module")
def marked():
    """Give half a year of a small county, every third week, with what became of it."""
    history = make_history(seed=8, grids=343, weeks=40)
    days = weeks_between(history.start, history.end - dt.timedelta(days=56))
    facts = weekly_facts(history.concerns, history.steps, days[::3], history.profile)
    return mark(facts, history.causes.outcomes, history.end)


def small_card() -> dict:
    """Give a card of two factors, small enough to look at every card there is."""
    levels = [{"code": c, "points": 0} for c in ("none", "low", "high")]
    flags = [{"code": c, "points": 0} for c in ("water", "wage")]
    parts = (
        {"kind": "levels", "input": "harm", "levels": levels},
        {"kind": "flags", "input": "basic_need", "combine": "strongest", "flags": flags},
    )
    return {"factors": [{"min": 0, "max": 6, "parts": [part]} for part in parts]}


@settings(max_examples=25, deadline=None)
@given(
    risk=st.lists(st.floats(0.02, 0.6), min_size=3, max_size=3),
    more=st.floats(0, 0.3),
    seed=st.integers(0, 10**6),
)
def test_the_search_finds_the_best_of_all_small_cards(risk, more, seed):
    """Against brute force written here: exact where it says so; the descent loses little."""
    rng = np.random.default_rng(seed)
    harm = rng.choice(["none", "low", "high"], 300)
    need = rng.choice(["none", "water", "wage"], 300)
    chance = pd.Series(harm).map(dict(zip(["none", "low", "high"], risk, strict=True)))
    worse = rng.random(300) < chance + more * (need == "water")
    facts = pd.DataFrame({"harm": harm, "basic_need": need}, dtype="str")
    card = small_card()
    rows = gather(card, facts, worse)
    every = [
        ((a, b, c), (d, e))
        for a in (0, 3, 6)
        for b in (0, 3, 6)
        for c in (0, 3, 6)
        for d in (0, 3, 6)
        for e in (0, 3, 6)
        if a <= b <= c
    ]
    losses = []
    for points in every:
        for factor, its in zip(card["factors"], points, strict=True):
            for entry, value in zip(entries_of(factor), its, strict=True):
                entry["points"] = value
        losses.append(loss(card, rows))

    exact, walked = search(card, rows), descend(small_card(), rows)

    assert exact == pytest.approx(min(losses), abs=1e-9)
    assert loss(card, rows) == pytest.approx(exact, abs=1e-12)
    assert exact - 1e-9 <= walked <= exact * 1.03


def test_a_learned_card_is_sparse_rising_and_not_the_default(marked):
    """Its points are whole, on the right side of 0, fewer than the hand-set ones."""
    card = load_profile().scorecard

    learned = learn_card(marked, card)

    assert flags_of(learned) < flags_of(card)
    for factor in learned.factors:
        points = [e.points for part in factor.parts for e in part.entries]
        assert all(p <= 0 for p in points) if factor.lowers else all(p >= 0 for p in points)
        for part in factor.parts:
            rising = [e.points for e in part.entries]
            if part.kind == "levels" or part.input == "clock_used":
                assert rising == sorted(rising)
    assert learned.id == "learned"
    assert learned.hash != card.hash
    assert load_profile().scorecard.id == "default"
    assert len(replay(marked, {"learned": by_card(learned)}, 5))


def test_what_cannot_be_learned_from_is_refused(marked):
    """Too few that got worse; rows of the future are found by the check for the past."""
    card = load_profile().scorecard

    with pytest.raises(DataError, match="30"):
        learn_card(marked.assign(true=False), card)
    with pytest.raises(DataError, match="偷看未来"):
        check_past(marked, marked["on"].max().date())
