"""The worklist: first things first, each with its reasons and its clock."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import gridkit as gk
from gridkit.triage import worklist

ON = dt.date(2026, 11, 3)


def concern(**changed):
    """Make a sound concern."""
    values = {
        "grid_id": "990428100001001",
        "source": "grid_visit",
        "heard_on": "2026-11-01",
        "demand_type": "water",
        "demand_detail": "water_cut",
        "safety": "none",
    }
    return gk.Concern(**{**values, **changed})


@pytest.fixture
def ledger(tmp_path):
    """Open a ledger whose clock stands at 3 November 2026."""
    now = dt.datetime(2026, 11, 3, 2, tzinfo=dt.UTC)
    with gk.create_store(tmp_path / "l.db", county_code="990428", clock=lambda: now) as store:
        yield store


def listed(store):
    """Read the worklist of a ledger."""
    return worklist(store.frame("concern"), store.frame("step"), ON, store.profile)


def test_danger_comes_first_whatever_the_sum(ledger):
    """A red matter by override stands above a higher score without danger."""
    danger = concern(safety="house_unsafe", demand_type="housing_safety", demand_detail="leak")
    heavy = concern(
        harm="property", households_affected=300, basic_need="water", hardening="party_refuses"
    )
    ledger.add([heavy, danger], by_role="grid_worker")

    found = listed(ledger)

    assert list(found.index) == [danger.record_id, heavy.record_id]
    assert found["band"].tolist()[0] == "red"
    assert found["score"].iloc[0] < found["score"].iloc[1]


def test_each_matter_has_its_sentence_and_the_article_of_its_clock(ledger):
    """Every number explains itself: points in words, the deadline with its article."""
    one = concern(basic_need="water", households_affected=40)
    ledger.add([one], by_role="grid_worker")

    row = listed(ledger).loc[one.record_id]

    assert "+" in str(row["sentence_zh"])
    assert "A person decides" in str(row["sentence_en"])
    assert row["due_on"] == pd.Timestamp("2026-11-16")  # 15 days from receipt, Art. 22
    assert "22" in str(row["article"])


def test_what_is_closed_or_belongs_to_a_statutory_channel_is_not_listed(ledger):
    """Only open matters are work; route-out codes are never scored."""
    open_one, closed, routed_out = concern(), concern(), concern(dispute_code="14")
    step = gk.Step(
        concern_id=closed.record_id, action="closed", on="2026-11-02", special=True, reason="r"
    )
    ledger.add([open_one, closed, routed_out, step], by_role="leader")

    assert list(listed(ledger).index) == [open_one.record_id]


def test_a_closing_without_answer_check_and_follow_up_ends_nothing(ledger):
    """It is kept, shown as a clash, and the matter stays work to be done."""
    one = concern()
    step = gk.Step(concern_id=one.record_id, action="closed", on="2026-11-02")
    ledger.add([one, step], by_role="grid_worker")

    assert list(listed(ledger).index) == [one.record_id]


def test_an_empty_ledger_gives_an_empty_worklist(ledger):
    """A new office has nothing to do yet, and no error."""
    assert len(listed(ledger)) == 0


def test_the_order_does_not_depend_on_the_order_of_the_ledger(ledger):
    """Equal scores fall back to due date, receipt and id."""
    ledger.add([concern() for _ in range(12)], by_role="grid_worker")
    concerns, steps = ledger.frame("concern"), ledger.frame("step")

    straight = worklist(concerns, steps, ON, ledger.profile)
    shuffled = worklist(concerns.sample(frac=1, random_state=3), steps, ON, ledger.profile)

    assert list(straight.index) == list(shuffled.index)
