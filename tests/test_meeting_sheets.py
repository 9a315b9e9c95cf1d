"""Sessions and lists of hard matters are written down from the opened matter."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

from gridkit import forms
from gridkit.records import Concern, Room, Step, create_workspace
from gridkit.records.grids import make_grids

GRIDS = make_grids(shapely.box(117.40, 26.70, 117.42, 26.72), 500, "990428", 40)


@pytest.fixture
def workspace(tmp_path):
    """Make an invented county with an empty ledger."""
    made = create_workspace(
        tmp_path / "work", name="青溪县", county_code="990428", grids=GRIDS, invented=True
    )
    yield made
    made.close()


@pytest.fixture
def tap(workspace):
    """Write one dry tap with its registration into the ledger."""
    today = workspace.store.today()
    made = Concern(
        source="grid_visit",
        heard_on=today,
        grid_id=GRIDS.index[0],
        demand_type="water",
        demand_detail="water_cut",
    )
    step = Step(concern_id=made.record_id, action="registered", on=today)
    workspace.store.add([made, step], by_role="centre_staff")
    return made.record_id


def opened(workspace, concern_id):
    """Open one matter on a fresh board."""
    board = forms.triage(workspace)
    board.listing.choose(concern_id)
    return board.matter


def fill(sheet, **answers):
    """Answer some questions of a sheet, and save."""
    sheet.open_button.click()
    for field, answer in answers.items():
        sheet.section.fields[field].load(answer)
    sheet.save_button.click()


def test_a_session_with_an_agreement_starts_the_clock_of_its_matter(workspace, tap):
    """From the sheet to ledger, story and clock, without leaving the matter."""
    matter = opened(workspace, tap)
    today = workspace.store.today()

    fill(
        matter.session,
        kind="reasoning",
        level="village",
        batches=1,
        persons=4,
        is_dispute=True,
        outcome="settled",
        settlement="peoples_mediation",
        agreed_on=today,
    )

    assert "已保存这一场" in matter.session.message
    assert "三十日" in matter.session.message
    held = workspace.store.frame("session").iloc[0]
    assert held["concern_ids"] == tap
    assert held["persons"] == 4
    assert "评理会: 已化解" in matter.page
    assert "人民调解法第33条" in matter.page


def test_fewer_persons_than_batches_is_said_under_the_field_and_nothing_is_lost(workspace, tap):
    """The sheet stays open, with every answer in it; nothing is written."""
    sheet = opened(workspace, tap).session

    fill(sheet, kind="window", level="county", batches=3, persons=2)

    assert not len(workspace.store.frame("session"))
    assert "人次不能少于批次" in sheet.section.fields["persons"].fault.zh
    assert sheet.section.fields["batches"].value == 3


def test_an_agreement_where_one_side_refuses_is_not_taken(workspace, tap):
    """Who refuses is not mediated: the day of an agreement is not even asked."""
    sheet = opened(workspace, tap).session

    fill(sheet, kind="mediation", level="village", batches=1, persons=2, outcome="refused")

    held = workspace.store.frame("session").iloc[0]
    assert held["outcome"] == "refused"
    assert held["agreed_on"] is pd.NaT


def test_rooms_and_places_are_chosen_by_name(workspace, tap):
    """No code has to be typed."""
    today = workspace.store.today()
    room = Room(
        title="马头村评理室", level="village", division_code="990428100001", opened_on=today
    )
    workspace.store.add([room], by_role="centre_staff")
    sheet = opened(workspace, tap).session
    sheet.open_button.click()

    assert room.record_id in sheet.section.fields["room_id"].choices
    assert "青溪县" in sheet.section.fields["division_code"].input.options[1][0]


def test_a_matter_is_put_on_a_list_and_its_checklist_brought_up_to_date(workspace, tap):
    """One record, revised: the earlier version stays in its history."""
    matter = opened(workspace, tap)
    items = [c.code for c in workspace.profile.choices("checklist_item")]

    fill(matter.backlog, batch=1, leader_post="分管副县长")
    assert "已列入积案" in matter.backlog.message
    assert matter.backlog.open_button.description == "更新积案清单"
    fill(matter.backlog, done=items[0])

    kept = workspace.store.frame("backlog")
    assert len(kept) == 1
    assert kept["leader_post"].iloc[0] == "分管副县长"
    assert kept["done"].iloc[0] == items[0]
    assert len(workspace.store.history(str(kept.index[0]))) == 2
    assert "列入第 1 批积案" in matter.page


def test_cancel_leaves_no_trace(workspace, tap):
    """What was typed is put away, and nothing is written."""
    sheet = opened(workspace, tap).backlog
    sheet.open_button.click()
    sheet.section.fields["batch"].load(7)

    sheet.cancel_button.click()
    sheet.open_button.click()

    assert sheet.section.fields["batch"].blank
    assert not len(workspace.store.frame("backlog"))
