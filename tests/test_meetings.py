"""Rooms, sessions and backlog as records: what they may hold, and ledgers older than they are."""

from __future__ import annotations

import sqlite3

import pytest

import gridkit as gk
from gridkit.errors import RecordError
from gridkit.records import Backlog, Concern, Room, Session, Step, create_store, open_store

GRID = "990428100001001"
HELD = {"kind": "reception", "held_on": "2026-03-10", "level": "county"}


@pytest.fixture
def store(tmp_path):
    """Make an empty ledger."""
    with create_store(tmp_path / "ledger.db", county_code="990428") as opened:
        yield opened


def concern() -> Concern:
    """Make a concern about water."""
    return Concern(
        grid_id=GRID, source="grid_visit", heard_on="2026-03-02", demand_type="water"
    )


def test_a_session_names_its_room_and_its_concerns_in_any_order(store):
    """Ids are kept sorted, each once, so that two phones write the same text."""
    room = Room(title="古镇评理室", level="township", division_code="990428100000", lawyers=2)
    heard = [concern(), concern()]
    ids = [heard[1].record_id, heard[0].record_id, heard[1].record_id]
    held = Session(**HELD, room_id=room.record_id, batches=2, persons=3, concern_ids=ids)

    store.add([held, room, *heard], by_role="centre_staff")

    kept = store.frame("session").loc[held.record_id]
    assert kept["concern_ids"].split() == sorted(set(ids))
    assert kept["room_id"] == room.record_id
    assert len(store.check()) == 0


@pytest.mark.parametrize(
    ("answers", "field", "said"),
    [
        ({"batches": 5, "persons": 4}, "persons", "人次不能少于批次"),
        ({"batches": 1, "persons": 1, "concern_ids": "nowhere"}, "concern_ids", "不在台账中"),
        ({"batches": 1, "persons": 1, "room_id": "nowhere"}, "room_id", "不在台账中"),
        (
            {
                "batches": 1,
                "persons": 1,
                "outcome": "preliminary",
                "agreed_on": "2026-03-09",
            },
            "agreed_on",
            "协议日期不能早于会议日期",
        ),
        (
            {"batches": 1, "persons": 1, "outcome": "refused", "agreed_on": "2026-03-10"},
            "agreed_on",
            "不适用",
        ),
    ],
    ids=["fewer_persons", "no_concern", "no_room", "agreed_before", "agreed_and_refused"],
)
def test_a_session_that_cannot_be_is_refused_and_nothing_is_lost(store, answers, field, said):
    """The fault is named by its field; what stood before still stands."""
    with pytest.raises(RecordError) as raised:
        store.add([Session(**HELD, **answers)], by_role="centre_staff")

    assert [(p.field, said in p.zh) for p in raised.value.problems] == [(field, True)]
    assert store.size("session") == 0


def test_a_backlog_matter_is_owned_by_a_post_with_a_checklist(store):
    """The items are those of the profile's checklists; control of a person is none of them."""
    matter = concern()
    owned = Backlog(
        concern_id=matter.record_id,
        batch=1,
        taken_on="2026-03-05",
        leader_post="分管副县长",
        done=["six_fixed_unit", "six_fixed_leader"],
    )

    store.add([matter, owned], by_role="leader")

    assert store.frame("backlog")["done"].tolist() == ["six_fixed_leader six_fixed_unit"]
    items = gk.load_profile().codes("checklist_item")
    assert len(items) == 12  # six fixed, five owned, and none
    assert not any("control" in code for code in items)


def test_a_concern_is_merged_into_one_that_is_there(store):
    """A merge names its root; a root that is not in the ledger is refused."""
    matter = concern()
    step = Step(concern_id=matter.record_id, action="merged", on="2026-03-03", into_id="gone")

    with pytest.raises(RecordError) as raised:
        store.add([matter, step], by_role="centre_staff")

    assert [p.field for p in raised.value.problems] == ["into_id"]


def test_striking_off_by_exception_needs_a_reason(store):
    """Without answer, check and follow-up, somebody has to say why."""
    matter = concern()
    closed = {"concern_id": matter.record_id, "action": "closed", "on": "2026-03-03"}

    with pytest.raises(RecordError) as raised:
        store.add([matter, Step(**closed, special=True)], by_role="leader")
    store.add([matter, Step(**closed, special=True, reason="重复登记")], by_role="leader")

    assert [p.field for p in raised.value.problems] == ["special"]
    assert store.frame("step")["special"].tolist() == [True]


def test_a_ledger_older_than_these_kinds_opens_with_all_it_had(store):
    """New kinds are new tables, new fields new columns: made at opening, nothing lost."""
    matter = concern()
    taken = Step(concern_id=matter.record_id, action="registered", on="2026-03-02")
    store.add([matter, taken], by_role="grid_worker")
    before = store.frame("concern")
    store.close()
    with sqlite3.connect(store.path) as raw:  # as a gridkit without rooms would have left it
        for table in ("room", "session", "backlog"):
            raw.execute(f"DROP TABLE {table}")
        for column in ("joint_units", "into_id", "special"):
            raw.execute(f"ALTER TABLE step DROP COLUMN {column}")
    raw.close()

    with open_store(store.path) as again:
        again.add([Session(**HELD, batches=1, persons=1)], by_role="centre_staff")

        assert again.frame("concern").equals(before)
        assert again.frame("step")["action"].tolist() == ["registered"]
        assert again.size("session") == 1
        assert len(again.check()) == 0
