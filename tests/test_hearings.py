"""The days of a hearing do not count, and none is lost."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clock_frames import PROFILE, WATER, concerns, day, one, steps
from gridkit.triage.clocks import clock_table, next_due

REVIEWED = ("2026-10-05 review", "2026-10-07 answered", "2026-10-09 re_review")


@pytest.mark.parametrize(
    ("hearing", "due", "left"),
    [
        ([], "2026-11-08", -2),
        # 12, 13 and 14 October do not count: three days later
        (["2026-10-12 hearing_opened", "2026-10-14 hearing_closed"], "2026-11-11", 1),
        # one day, then a second hearing that goes on: 20 October and 4 to 10 November
        (
            [
                "2026-10-20 hearing_opened",
                "2026-10-20 hearing_closed",
                "2026-11-04 hearing_opened",
            ],
            "2026-11-16",
            6,
        ),
        # closed and opened again on one day: that day is one day
        (
            [
                "2026-10-12 hearing_opened",
                "2026-10-14 hearing_closed",
                "2026-10-14 hearing_opened",
                "2026-10-15 hearing_closed",
            ],
            "2026-11-12",
            2,
        ),
        # opened after the last day: too late
        (["2026-11-09 hearing_opened"], "2026-11-08", -2),
        # before the re-review was asked for, and closing what was never opened
        (["2026-10-08 hearing_opened", "2026-10-12 hearing_closed"], "2026-11-08", -2),
    ],
    ids=["none", "three_days", "two_hearings", "joined", "too_late", "before"],
)
def test_the_days_of_a_hearing_do_not_count(hearing, due, left):
    """信访工作条例 36: the time of the hearing is not counted in the 30 days."""
    taken = steps(*REVIEWED, *hearing)

    got = one(next_due(concerns("2026-10-01", **WATER), taken, PROFILE, day("2026-11-10")))

    assert (got["clause_id"], got["due_on"], got["days_left"]) == (
        "petition_36_decide",
        due,
        left,
    )


@settings(max_examples=80, deadline=None)
@given(
    marks=st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=8),
    on=st.integers(0, 80),
)
def test_pausing_never_loses_days(marks, on):
    """Each day either counts or is added at the end; while a hearing lasts, none is lost."""
    start = np.datetime64("2026-03-02")
    names = {True: "hearing_opened", False: "hearing_closed"}
    texts = [f"{start + d} {names[opened]}" for d, opened in sorted(marks, key=lambda m: m[0])]
    taken = steps("2026-03-02 re_review", *texts)
    table, today = concerns("2026-03-01", **WATER), start + on

    got, tomorrow = (
        clock_table(table, taken, PROFILE, (today + d).astype(dt.date))
        .set_index("clause_id")
        .loc["petition_36_decide"]
        for d in (0, 1)
    )

    paused = (got["due_on"] - pd.Timestamp(start)).days - 30
    assert paused >= 0
    assert got["due_on"] >= pd.Timestamp(start) + pd.Timedelta(days=30)
    assert tomorrow["due_on"] >= got["due_on"]
    assert (
        0 <= got["days_left"] - tomorrow["days_left"] <= 1 + (tomorrow["status"] == "overdue")
    )
    assert got["used"] == pytest.approx((on - paused) / 30)
