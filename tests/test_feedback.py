"""Feedback: what became of each report, the unanswered first."""

from __future__ import annotations

import datetime as dt

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from gridkit.triage import STAGES, feedback, states
from gridkit.triage.moves import STEPS

DAY = dt.date(2026, 3, 20)


def concerns(n: int) -> pd.DataFrame:
    """Make n matters heard on the first days of March."""
    heard = pd.to_datetime([f"2026-03-{1 + i:02d}" for i in range(n)]).as_unit("s")
    return pd.DataFrame(
        {
            "heard_on": heard,
            "grid_id": "990428100001001",
            "demand_type": "water",
            "demand_detail": None,
            "source": "grid_visit",
        },
        index=pd.Index([f"c{i}" for i in range(n)], name="record_id"),
    )


def steps(*rows: tuple[str, str, str], **columns) -> pd.DataFrame:
    """Make steps: concern, action, day; more columns by position."""
    names = ["concern_id", "action", "on"]
    made = pd.DataFrame(rows, columns=names).assign(satisfied=None, into_id=None, special=None)
    for name, values in columns.items():
        made[name] = values
    return made.assign(on=pd.to_datetime(made["on"]).dt.as_unit("s"))


def test_each_matter_has_its_stage_and_the_longest_waiting_comes_first():
    """Told by acceptance, answered, verified, content: one stage each, least first."""
    taken = steps(
        ("c1", "registered", "2026-03-10"),
        ("c1", "routed", "2026-03-10"),
        ("c1", "accepted", "2026-03-11"),
        ("c2", "registered", "2026-03-10"),
        ("c2", "answered", "2026-03-12"),
        ("c3", "registered", "2026-03-10"),
        ("c3", "answered", "2026-03-12"),
        ("c3", "verified", "2026-03-13"),
        ("c4", "registered", "2026-03-10"),
        ("c4", "answered", "2026-03-12"),
        ("c4", "followed_up", "2026-03-14"),
        satisfied=[None] * 10 + [True],
    )

    told = feedback(concerns(5), taken, DAY)

    assert told["stage"].astype("str").to_dict() == {
        "c0": "waiting",
        "c1": "told",
        "c2": "answered",
        "c3": "verified",
        "c4": "content",
    }
    assert told["waiting_days"].tolist()[:2] == [19, 18]
    assert told["waiting_days"].isna().tolist()[2:] == [True] * 3
    assert told.loc["c1", "told_on"] == pd.Timestamp("2026-03-11")
    assert told.loc["c4", "content"]


def test_a_resident_who_is_not_content_waits_again():
    """The answer no longer counts, and what they said stays."""
    taken = steps(
        ("c0", "registered", "2026-03-10"),
        ("c0", "answered", "2026-03-12"),
        ("c0", "followed_up", "2026-03-14"),
        satisfied=[None, None, False],
    )

    told = feedback(concerns(1), taken, DAY).loc["c0"]

    assert told["stage"] == "told"
    assert pd.isna(told["answered_on"])
    assert not told["content"]
    assert told["waiting_days"] == 19


def test_a_merged_matter_has_the_answer_of_its_root():
    """Both reports are answered by one answer."""
    taken = steps(
        ("c0", "registered", "2026-03-10"),
        ("c1", "registered", "2026-03-10"),
        ("c0", "merged", "2026-03-11"),
        ("c1", "answered", "2026-03-12"),
        into_id=[None, None, "c1", None],
    )

    told = feedback(concerns(2), taken, DAY)

    assert told["stage"].astype("str").tolist() == ["answered", "answered"]
    assert told["answered_on"].tolist() == [pd.Timestamp("2026-03-12")] * 2


def test_an_answer_that_was_not_legal_tells_nothing():
    """An answer before the registration is a clash, and the resident still waits."""
    taken = steps(("c0", "answered", "2026-03-10"))

    assert feedback(concerns(1), taken, DAY)["stage"].tolist() == ["waiting"]


_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["c0", "c1", "c2"]),
        st.sampled_from([s for s in STEPS if s not in {"unsatisfied", "closed_special"}]),
        st.integers(1, 28).map(lambda day: f"2026-03-{day:02d}"),
        st.sampled_from([None, True, False]),
    ),
    max_size=14,
)


@given(_ROWS)
def test_feedback_says_what_the_states_say_of_any_ledger(rows):
    """Stages and facts agree; what has no answer stands before what has."""
    every = concerns(3)
    taken = steps(
        *(row[:3] for row in rows), satisfied=pd.array([r[3] for r in rows], "boolean")
    )
    taken["into_id"] = pd.Series(["c0"] * len(taken), dtype="str")

    told = feedback(every, taken, DAY)
    stands = states(every, taken, DAY)

    assert sorted(told.index) == ["c0", "c1", "c2"]
    own = stands["state"] != "merged"
    for i in stands.index[own]:
        answered = bool(stands.loc[i, "answered"])
        assert answered == (told.loc[i, "stage"] in {"answered", "verified", "content"})
        assert pd.notna(told.loc[i, "answered_on"]) == answered
    place = told["stage"].astype("str").map(lambda s: max(0, STAGES.index(s) - 1))
    assert place.is_monotonic_increasing
