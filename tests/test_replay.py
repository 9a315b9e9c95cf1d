"""Weeks played again: each way visits the same number, and none looks ahead."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evaluated_town
from evaluated_town import END
from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.triage.evaluate_backtest import backtest, check_past, rolling_origins
from gridkit.triage.evaluate_facts import known_on, mark, weekly_facts
from gridkit.triage.evaluate_measures import harms, leads
from gridkit.triage.evaluate_queue import first_come, methods, oldest_first, replay

facts = pytest.fixture(evaluated_town.facts, scope="module")
marked = pytest.fixture(evaluated_town.marked, scope="module")
outcomes = pytest.fixture(evaluated_town.outcomes, scope="module")
profile = pytest.fixture(load_profile, scope="module")
town = pytest.fixture(evaluated_town.town, scope="module")


def test_a_column_of_the_future_is_refused(town, outcomes, profile):
    """An outcome joined onto the concerns by mistake stops the backtest."""
    leak = town.concerns.assign(harm_on=outcomes["harm_on"])

    with pytest.raises(DataError, match="偷看未来"):
        weekly_facts(leak, town.steps, [END], profile)


def test_a_method_cannot_ask_what_will_happen(marked):
    """A way of choosing that sorts by the harm to come is refused by name."""
    with pytest.raises(DataError, match="harm_on"):
        replay(marked, {"seer": lambda facts: facts[["harm_on"]]}, 5)


def test_a_method_that_looks_at_later_weeks_is_refused(marked):
    """A leak through the facts alone: to know that a matter will stay open for long."""

    def patient(facts: pd.DataFrame) -> pd.DataFrame:
        stays = facts.groupby("concern_id")["on"].transform("max")
        return pd.DataFrame({"stays": -stays.astype("int64")}, index=facts.index)

    with pytest.raises(DataError, match="偷看了未来"):
        replay(marked, {"patient": patient}, 5)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_method_that_looks_ahead_on_one_day_alone_is_refused(marked, share):
    """Every day of choosing of half a year is probed: a leak on any one of them is found."""
    days = np.unique(marked["on"])
    leaky = days[int(share * len(days))]

    def sly(facts: pd.DataFrame) -> pd.DataFrame:
        stays = facts.groupby("concern_id")["on"].transform("max").astype("int64")
        return pd.DataFrame({"k": -stays.where(facts["on"] == leaky, 0)}, index=facts.index)

    with pytest.raises(DataError, match=f"{pd.Timestamp(leaky).date()}.*偷看了未来"):
        replay(marked, {"sly": sly}, 5)


def test_learning_from_the_future_is_refused(marked):
    """Rows whose horizon reaches past the origin may not be learned from; folds have none."""
    folds = list(rolling_origins(marked, first_weeks=12, every_weeks=4))
    leaky = [folds[0]._replace(train=marked)]

    assert folds
    for fold in folds:
        check_past(fold.train, fold.origin)
        assert fold.test["on"].min() >= pd.Timestamp(fold.origin)
    with pytest.raises(DataError, match="偷看未来"):
        backtest(leaky, lambda _: {"first_come": first_come}, 5)


def test_what_comes_later_changes_nothing_that_was_known(town, profile):
    """The facts of a day are the same whether or not the ledger goes on."""
    on = END - dt.timedelta(days=90)
    whole = weekly_facts(town.concerns, town.steps, [on], profile)
    cut = weekly_facts(*known_on(town.concerns, town.steps, on), [on], profile)

    pd.testing.assert_frame_equal(whole, cut, check_categorical=False)


def test_what_is_not_known_yet_is_not_counted_as_no(facts, outcomes):
    """Weeks whose horizon reaches past the last known day are left out."""
    early = END - dt.timedelta(days=30)

    kept = mark(facts, outcomes, early)

    assert kept["on"].max() <= pd.Timestamp(early) - pd.Timedelta(days=56)
    with pytest.raises(DataError, match="没有哪一周"):
        mark(facts, outcomes, facts["on"].min().date())


def test_each_way_visits_the_same_number_and_no_matter_twice(marked, profile):
    """K visits a week while there are matters; a visited matter leaves the queue."""
    picks = replay(marked, methods(profile.scorecard), 6)

    counted = picks.groupby(["method", "on"]).size()
    assert counted.max() == 6
    assert not picks.duplicated(["method", "concern_id"]).any()
    right = picks[picks["true"]].groupby("method")["cause"].nunique()
    assert (
        picks.groupby("method")["first"]
        .sum()
        .equals(right.reindex(counted.index.levels[0], fill_value=0).rename("first"))
    )


def test_the_ways_are_what_they_say(marked):
    """First come goes by hearing, oldest by the trouble's beginning."""
    day = marked["on"] == marked["on"].min()
    week = marked[day]

    first = replay(week, {"first_come": first_come, "oldest_first": oldest_first}, 3)
    heard = week.set_index("concern_id")["heard_on"]
    since = week.set_index("concern_id")["since"].fillna(heard)

    of = first.groupby("method")["concern_id"].agg(list)
    assert heard[of["first_come"]].max() <= heard.drop(of["first_come"]).min()
    assert since[of["oldest_first"]].max() <= since.drop(of["oldest_first"]).min()


def test_a_lead_is_from_the_first_right_visit_to_the_harm():
    """Who comes after the harm, too early, or never has a lead of 0 days."""
    day = pd.to_datetime(["2025-01-06", "2026-03-02", "2026-03-09"]).as_unit("s")
    harms_ = pd.DataFrame({"harm_on": day[2:].repeat(2), "grid_id": ["g1", "g2"]}, ["a", "b"])
    right = [False, True, False]
    picks = pd.DataFrame({"method": "card", "cause": ["a"] * 3, "on": day, "true": right})

    assert leads(picks, harms_)["lead_days"].tolist() == [7.0, 0.0]


@given(st.integers(-300, 300))
def test_a_warning_is_right_only_before_the_harm(days):
    """Within the horizon after the day: right. There already: in trouble, but no warning."""
    on = pd.Timestamp("2026-01-05")
    facts = pd.DataFrame({"concern_id": ["a"], "on": [on]})
    outcomes = pd.DataFrame({"harm_on": [on + pd.Timedelta(days=days)]}, index=["a"])

    row = mark(facts, outcomes, dt.date(2026, 12, 31)).iloc[0]

    assert row["true"] == (0 < days <= 56)
    assert row["harmed"] == (-56 <= days <= 0)


def test_harms_are_those_that_could_be_warned_of(marked):
    """Each cause once, its harm after a day on which something of it was open."""
    found = harms(marked)

    assert found.index.is_unique
    assert len(found)
