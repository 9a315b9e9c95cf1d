"""The chronicle of a matter: everything that happened, in order, with its reason."""

from __future__ import annotations

import datetime as dt

import pytest

from gridkit.errors import DataError
from gridkit.records import Backlog, Concern, Decision, Session, create_store, open_store
from gridkit.triage import chronicle, take_step

DAY = dt.date(2026, 3, 2)


@pytest.fixture
def store(tmp_path):
    """Make an empty ledger."""
    with create_store(tmp_path / "ledger.db", county_code="990428") as made:
        yield made


@pytest.fixture
def tap(store):
    """Write one dry tap down."""
    made = Concern(
        grid_id="990428100001001", source="grid_visit", heard_on=DAY, demand_type="water"
    )
    store.add([made], by_role="grid_worker")
    return made.record_id


def test_everything_that_happened_is_told_in_order(store, tap):
    """Heard, stepped, decided, talked over, put on a list: each with role and reason."""
    take_step(store, tap, "registered", by_role="grid_worker", on=DAY)
    take_step(
        store, tap, "routed", by_role="centre_staff", on="2026-03-03", unit="water_company",
        joint_units="housing_bureau", reason="管网归水司",
    )  # fmt: skip
    made = Decision(
        concern_id=tap, on="2026-03-04", card_hash="0" * 64, score=20, advised="yellow",
        decided="orange", reason="老人多",
    )  # fmt: skip
    held = Session(
        kind="reasoning", held_on="2026-03-05", level="village", batches=1, persons=2,
        concern_ids=[tap], outcome="preliminary", agreed_on="2026-03-05",
    )  # fmt: skip
    hard = Backlog(concern_id=tap, batch=2, taken_on="2026-03-06", leader_post="分管副县长")
    store.add([made, held, hard], by_role="leader")

    told = chronicle(store, tap)

    assert [(e.kind, e.on.day) for e in told] == [
        ("heard", 2),
        ("step", 2),
        ("step", 3),
        ("decision", 4),
        ("session", 5),
        ("backlog", 6),
    ]
    assert [e.zh for e in told[2:]] == [
        "分流 (联办: 住房和城乡建设局)",
        "改定为橙色 (建议黄色)",
        "评理会: 初步达成, 2026-03-05 达成协议",
        "列入第 2 批积案, 由分管副县长包案",
    ]
    assert [e.words for e in told[2:4]] == ["管网归水司", "老人多"]
    assert [e.by_role for e in told[:3]] == ["grid_worker", "grid_worker", "centre_staff"]
    assert told[2].state == "routed"
    assert all(e.en and not e.clash for e in told)


def test_an_answer_is_what_the_resident_was_told(store, tap):
    """Only an answer that counted tells."""
    take_step(store, tap, "registered", by_role="grid_worker", on=DAY)
    take_step(store, tap, "answered", by_role="grid_worker", on=DAY, reason="夜间蓄水")

    told = chronicle(store, tap)

    assert [e.words for e in told if e.tells] == ["夜间蓄水"]


def test_a_clash_is_told_and_marked(store, tap):
    """What was not legal where it came is in the story, and counts for nothing."""
    take_step(store, tap, "registered", by_role="grid_worker", on=DAY)
    with open_store(store.path) as other:
        take_step(other, tap, "withdrawn", by_role="grid_worker", on=DAY, reason="自己修好了")
    seen = [e.record_id for e in chronicle(store, tap)[:2]]
    taken = take_step(
        store, tap, "routed", by_role="centre_staff", on=DAY, unit="water_company", seen=seen
    )

    told = {e.record_id: e for e in chronicle(store, tap)}

    assert taken.clash
    assert told[taken.step.record_id].clash
    assert told[taken.step.record_id].state == "withdrawn"


def test_a_corrected_record_says_how_often(store, tap):
    """The versions of a record are counted."""
    current = store.current([tap])[tap]
    better = type(current.record)(
        **{**current.record.answers(), "harm": "nuisance"}, record_id=tap
    )
    store.revise(better, parents=current.heads, by_role="centre_staff", why="补记")

    assert [e.changes for e in chronicle(store, tap)] == [1]


def test_a_matter_that_is_not_there_is_said(store):
    """The message names the id."""
    with pytest.raises(DataError, match="nothing-here"):
        chronicle(store, "nothing-here")
