"""Disputes in the shape of GB/T 31000: the columns that others expect, nobody in them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

import gridkit as gk
from gridkit.exchange.csv_table import read_csv
from gridkit.exchange.gbt31000 import (
    FREE_FIELDS,
    OWN_FIELDS,
    PERSON_FIELDS,
    PUBLISHED_FIELDS,
    UNKNOWN_FIELDS,
    Told,
    write_disputes,
)
from gridkit.records.models import Room, Session

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "gbt31000.json").read_text("utf-8")
)
PROFILE = gk.load_profile()
DAY = dt.date(2026, 10, 21)
GRID = "990428100001001"
SECRET = "张三家 13800000000"
DONE = ("registered", "routed", "accepted", "answered", "verified", "followed_up", "closed")


def matter(number, dispute, **changed):
    """Make a matter heard on 10 October whose words are secret."""
    return gk.Concern(
        record_id=f"C-{number}",
        grid_id=GRID,
        source="window",
        heard_on="2026-10-10",
        demand_type="neighbors",
        dispute_code=dispute,
        summary=SECRET,
        wanted=SECRET,
        external_id=SECRET,
        **changed,
    )


def told_of(tmp_path):
    """Write down an open dispute, a solved one, one of a court, and one that is none."""
    solved = [
        gk.Step(
            concern_id="C-2",
            action=action,
            on="2026-10-12",
            unit=PROFILE.units[0].code if action == "routed" else None,
            satisfied=True if action == "followed_up" else None,
            special=False if action == "closed" else None,
            reason=SECRET,
        )
        for action in DONE
    ]
    room = Room(
        record_id="R-1", title="青溪镇评理室", level="township", division_code="990428100000"
    )
    held = {"kind": "mediation", "level": "township", "batches": 1, "persons": 2}
    sessions = [
        Session(
            held_on="2026-10-11", room_id="R-1", concern_ids="C-2", outcome="failed", **held
        ),
        Session(
            held_on="2026-10-12",
            room_id="R-1",
            concern_ids="C-2",
            outcome="settled",
            settlement=PROFILE.codes("settlement")[0],
            leader_post=SECRET[:3],
            **held,
        ),
    ]
    matters = [
        matter(1, "0201", people_affected=6),
        matter(2, "0202"),
        matter(3, "14"),
        matter(4, None),
    ]
    made = gk.create_store(tmp_path / "l.db", county_code="990428", profile=PROFILE)
    with made as store:
        store.add([*matters, *solved, room, *sessions], by_role="trainer")
        return Told(*(store.frame(kind) for kind in ("concern", "step", "session", "room")))


@pytest.fixture
def table(tmp_path):
    """Write the file and read it back; the names of places are known."""
    places = pd.Series({"990428100000": "青溪镇"})
    number = write_disputes(told_of(tmp_path), tmp_path / "d.csv", PROFILE, DAY, places=places)
    made = read_csv(tmp_path / "d.csv").set_index("事件编号", drop=False)
    assert number == len(made)
    return made


def test_the_columns_are_those_that_a_deployed_system_lists(table):
    """In its order but for the house; ours stand behind."""
    assert list(PUBLISHED_FIELDS) == REFERENCE["columns"]
    assert list(table.columns) == [*REFERENCE["columns"], *OWN_FIELDS]


def test_the_codes_are_those_read_out_of_the_standard(table):
    """Every kind of dispute of the profile, and the scales, stand in its tables."""
    kinds = {choice.code for choice in PROFILE.choices("dispute_code")}

    assert kinds <= set(REFERENCE["event_types"])
    assert set(table["事件规模"].dropna()) <= set(REFERENCE["scales"])
    assert table.loc["C-1", ["事件规模", "涉及人数"]].tolist() == ["02", "6"]


def test_nobody_and_nobodys_words_are_in_it(table, tmp_path):
    """The person's columns, the free ones and what the ledger does not know are empty."""
    empty = [*PERSON_FIELDS, *FREE_FIELDS, *UNKNOWN_FIELDS]

    assert table[empty].isna().all().all()
    raw = (tmp_path / "d.csv").read_text("utf-8-sig")
    assert "张三" not in raw
    assert "13800000000" not in raw


def test_what_the_ledger_knows_is_told(table):
    """Day, place by name, the legal last day, the room and its way, success once it is over."""
    assert list(table.index) == ["C-1", "C-2"]  # no court's matter, no need
    open_one, solved = table.loc["C-1"], table.loc["C-2"]
    assert open_one[["发生日期", "发生地点", "事件类别"]].tolist() == [
        "20261010",
        "青溪镇",
        "0201",
    ]
    assert open_one["化解时限"] == "20261025"  # 信访工作条例 22: 15 days from receipt
    assert open_one[["化解方式", "化解组织", "化解是否成功"]].isna().all()
    way = PROFILE.choices("settlement")[0].zh
    assert solved[["化解方式", "化解组织", "化解是否成功"]].tolist() == [
        way,
        "青溪镇评理室",
        "1",
    ]
    assert pd.isna(solved["化解时限"])  # no clock runs any more
    assert solved["化解责任单位"] == PROFILE.units[0].zh


def test_a_ledger_without_disputes_gives_the_heads_alone(tmp_path):
    """No matter, no session, no room: still a file of that shape."""
    made = gk.create_store(tmp_path / "l.db", county_code="990428", profile=PROFILE)
    with made as store:
        told = Told(*(store.frame(kind) for kind in ("concern", "step", "session", "room")))

    assert write_disputes(told, tmp_path / "d.csv", PROFILE, DAY) == 0
    assert list(read_csv(tmp_path / "d.csv").columns) == [*PUBLISHED_FIELDS, *OWN_FIELDS]
