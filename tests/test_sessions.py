"""Rooms and sessions: who can mediate where, what came of it, and the 30 days after it."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit.errors import RecordError
from gridkit.profile import load_profile
from gridkit.records import Concern, Room, Session, Step, create_store
from gridkit.triage.clocks import clock_table
from gridkit.triage.rooms import open_rooms, room_coverage, room_problems
from gridkit.triage.sessions import (
    agreements,
    hold_session,
    refused,
    session_concerns,
    with_agreements,
)

PROFILE = load_profile()
GRID = "990428100001001"
NOW = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)
STEPS = pd.DataFrame(
    {
        "concern_id": pd.Series(dtype="str"),
        "action": pd.Series(dtype="str"),
        "on": pd.Series(dtype="datetime64[s]"),
        "satisfied": pd.Series(dtype="boolean"),
    }
)


@pytest.fixture
def store(tmp_path):
    """Open an empty ledger on 20 November 2026."""
    with create_store(
        tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW
    ) as opened:
        yield opened


def concern(**changed) -> Concern:
    """Make a concern about a dispute between neighbors, heard on 2 October."""
    values = {"grid_id": GRID, "source": "window", "heard_on": "2026-10-02"}
    return Concern(**{**values, "demand_type": "neighbors", **changed})


def registered(matter) -> Step:
    """Register a concern on the day it was heard."""
    return Step(concern_id=matter.record_id, action="registered", on="2026-10-02")


def session(**changed) -> Session:
    """Make a mediation of 8 October."""
    values = {"kind": "mediation", "held_on": "2026-10-08", "level": "township"}
    return Session(**{**values, "batches": 1, "persons": 2, **changed})


def held(**columns) -> pd.DataFrame:
    """Make the ledger's frame of one session."""
    values = {
        "kind": "mediation",
        "held_on": pd.Timestamp("2026-10-08"),
        "outcome": "settled",
        "agreed_on": pd.Timestamp("2026-10-08"),
        "concern_ids": "c1",
        "division_code": "990428100000",
        **columns,
    }
    return pd.DataFrame(
        {k: [v] for k, v in values.items()}, index=pd.Index(["s1"], dtype="str")
    ).astype({"agreed_on": "datetime64[s]", "held_on": "datetime64[s]"})


# --- sessions --------------------------------------------------------------------------------


def test_fewer_persons_than_batches_is_said_and_nothing_is_lost(store):
    """The session stays in hand to be corrected; the ledger is as it was."""
    matter = concern()
    store.add([matter, registered(matter)], by_role="centre_staff")
    wrong = session(
        batches=5,
        persons=4,
        concern_ids=[matter.record_id],
        outcome="settled",
        agreed_on="2026-10-08",
    )

    with pytest.raises(RecordError) as raised:
        hold_session(store, wrong, by_role="mediator")

    assert [(p.field, p.zh) for p in raised.value.problems] == [
        ("persons", "人次不能少于批次: 每批至少一人")
    ]
    assert (store.size("session"), store.size("step")) == (0, 1)

    corrected = Session(**{**wrong.answers(), "persons": 6})
    assert len(hold_session(store, corrected, by_role="mediator").steps) == 1


def test_an_agreement_starts_the_clock_of_each_concern_once(store):
    """Held again on the same day, it does not start a second time; a draft has no clock yet."""
    matters = [concern(), concern(), concern()]
    store.add([*matters, *map(registered, matters[:2])], by_role="centre_staff")
    ids = [m.record_id for m in matters]
    answers = {"concern_ids": ids, "outcome": "settled", "agreed_on": "2026-10-08"}

    first = hold_session(store, session(**answers), by_role="mediator")
    second = hold_session(store, session(**answers), by_role="mediator")

    assert {s.concern_id for s in first.steps} == set(ids[:2])
    assert second.steps == ()
    clocks = clock_table(
        store.frame("concern"), store.frame("step"), PROFILE, dt.date(2026, 10, 9)
    )
    confirm = clocks[clocks["clause_id"] == "mediation_33_confirm"]
    assert (
        confirm["due_on"].tolist() == [pd.Timestamp("2026-11-09")] * 2
    )  # the 7th is a Saturday
    assert len(agreements(store.frame("session"), STEPS, PROFILE, dt.date(2026, 10, 9))) == 2


@pytest.mark.parametrize("held", [True, False])
def test_the_agreement_of_a_session_and_the_clock_of_its_concern_say_the_same(store, held):
    """Written by `hold_session`, or told by the session alone: one due date, one status."""
    matters = [concern(), concern()]
    store.add([*matters, *map(registered, matters)], by_role="centre_staff")
    ids = [m.record_id for m in matters]
    made = session(concern_ids=ids, outcome="settled", agreed_on="2026-10-08")
    if held:
        hold_session(store, made, by_role="mediator")
    else:
        store.add([made], by_role="importer")
    sessions, steps = store.frame("session"), store.frame("step")

    known = with_agreements(steps, sessions)
    for on in (dt.date(2026, 10, 9), dt.date(2026, 11, 9)):
        clocks = clock_table(store.frame("concern"), known, PROFILE, on)
        confirm = clocks[clocks["clause_id"] == "mediation_33_confirm"]
        of_session = agreements(sessions, steps, PROFILE, on)
        assert sorted(confirm["concern_id"]) == sorted(ids)
        assert set(confirm["due_on"]) == set(of_session["due_on"])
        assert set(confirm["days_left"]) == set(of_session["days_left"])
    assert with_agreements(known, sessions) is known
    assert (known is steps) == held
    assert {*store.frame("step")["action"]} == {"registered", *(["agreement"] if held else [])}


@pytest.mark.parametrize(
    ("on", "asked", "status", "left"),
    [
        # 人民调解法 33: 30 days from the agreement; 23 in October, 7 in November,
        # a Saturday: a right runs on to Monday the 9th
        ("2026-10-08", None, "running", 32),
        ("2026-11-09", None, "running", 0),
        ("2026-11-10", None, "lapsed", None),
        ("2026-11-08", "2026-11-07", "asked", None),
        ("2026-11-11", "2026-11-10", "asked_late", None),
        ("2026-11-01", "2026-11-05", "running", 8),  # not asked yet on that day
        ("2026-11-10", "2026-10-07", "lapsed", None),  # of an agreement before this one
    ],
)
def test_both_sides_have_thirty_days_to_ask_a_court(on, asked, status, left):
    """The day of the agreement is not counted; the last day is."""
    steps = STEPS
    if asked:
        steps = pd.DataFrame(
            {
                "concern_id": ["c1"],
                "action": ["confirmation_requested"],
                "on": pd.to_datetime([asked]).as_unit("s"),
            }
        )

    row = agreements(held(), steps, PROFILE, dt.date.fromisoformat(on)).loc["s1"]

    assert (row["status"], row["due_on"]) == (status, pd.Timestamp("2026-11-09"))
    assert row["days_left"] == left if left is not None else pd.isna(row["days_left"])
    assert row["article"] == "人民调解法第33条"


def test_an_agreement_of_tomorrow_or_without_a_clause_has_no_clock():
    """Nothing is counted before it happened, or from no rule."""
    no_clause = PROFILE.model_copy(update={"clauses": ()})

    assert len(agreements(held(), STEPS, PROFILE, dt.date(2026, 10, 7))) == 0
    assert len(agreements(held(), STEPS, no_clause, dt.date(2026, 10, 9))) == 0
    assert len(agreements(held().head(0), STEPS, PROFILE, dt.date(2026, 10, 9))) == 0


def test_who_refuses_is_not_mediated_until_both_sides_come():
    """The last mediation tells; a window or a talk is none."""
    first = held(outcome="refused", agreed_on=None)
    later = held(kind="evening_talk", outcome="settled", held_on=pd.Timestamp("2026-10-20"))
    again = held(held_on=pd.Timestamp("2026-11-02"))
    all_three = pd.concat(
        [first, later.set_axis(["s2"], axis=0), again.set_axis(["s3"], axis=0)]
    )

    assert refused(all_three, dt.date(2026, 10, 31)).index.tolist() == ["c1"]
    assert len(refused(all_three, dt.date(2026, 11, 2))) == 0
    assert len(refused(all_three, dt.date(2026, 10, 1))) == 0


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=8))
def test_every_pair_of_session_and_concern_is_listed_once(named):
    """No concern is lost or doubled in between."""
    sessions = pd.DataFrame(
        {"concern_ids": pd.array([" ".join(ids) or None for ids in named], dtype="str")},
        index=pd.Index([f"s{i}" for i in range(len(named))], dtype="str"),
    )

    rows = session_concerns(sessions)

    assert list(zip(rows["session_id"], rows["concern_id"], strict=True)) == [
        (f"s{i}", one) for i, ids in enumerate(named) for one in ids
    ]


# --- rooms -----------------------------------------------------------------------------------


def test_rooms_stand_on_three_levels_and_gaps_are_named(store):
    """Coverage is counted on the county's own list, not on a number from a newspaper."""
    rooms = [
        Room(title="县评理室", level="county", division_code="990428000000", deputies=4),
        Room(
            title="古镇评理室",
            level="township",
            division_code="990428100000",
            lawyers=2,
            respected_residents=3,
        ),
        Room(
            title="旧评理室",
            level="village",
            division_code="990428100001",
            opened_on="2025-01-01",
            shut_on="2026-03-01",
        ),
        Room(title="外评理室", level="village", division_code="990428999001"),
    ]
    store.add(rooms, by_role="centre_staff")
    frame = store.frame("room")
    codes = ["990428", "990428100", "990428101", "990428100001", "990428100002"]

    listed = open_rooms(frame, dt.date(2026, 3, 1))
    counts, lacking = room_coverage(frame, codes, dt.date(2026, 3, 1))
    before, _ = room_coverage(frame, codes, dt.date(2026, 2, 28))

    assert listed["title"].tolist() == ["县评理室", "古镇评理室", "外评理室"]
    assert listed["mediators"].tolist() == [4, 5, pd.NA]
    assert counts["with_room"].tolist() == [1, 1, 0]
    assert counts["without_room"].tolist() == [0, 1, 2]
    assert counts["elsewhere"].tolist() == [0, 0, 1]
    assert lacking["division_code"].tolist() == ["990428101000", "990428100001", "990428100002"]
    assert before.loc["village", "with_room"] == 1


def test_a_room_on_the_wrong_level_or_twice_is_named(store):
    """The registry keeps it and says what to correct."""
    store.add(
        [
            Room(title="甲", level="village", division_code="990428100000"),
            Room(title="乙", level="township", division_code="990428101000"),
            Room(title="乙", level="township", division_code="990428101000"),
            Room(title="丙", level="county", division_code="12"),
            Room(title="丁", level="county", division_code="不详"),
        ],
        by_role="centre_staff",
    )

    found = room_problems(store.frame("room"))

    assert [(p.field, p.zh) for p in found[:3]] == [
        ("division_code", "评理室为村级, 区划代码却是乡镇级; 请改其一"),
        ("title", "同一区划已有同名评理室"),
        ("division_code", "评理室为县级, 区划代码却是省级; 请改其一"),
    ]
    assert len(found) == 4
