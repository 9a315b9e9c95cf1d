"""The round of a grid: follow-ups first, then doors that stayed shut, then the oldest."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from docx import Document

from gridkit.exchange.printing import find_office
from gridkit.forms import Desk, RecordScreen
from gridkit.forms.visit_round import round_sheet, visit_round
from gridkit.records import Concern, Step, Visit, create_store
from gridkit.records.grids import make_grids

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
FIRST, SECOND = GRIDS.index[:2]


def ago(days: int):
    """Give the day so many days ago."""
    return NOW.date() - timedelta(days=days)


@pytest.fixture
def desk(tmp_path):
    """Make a ledger with five doors in one grid, one of them in need of a follow-up."""
    doors = [
        ("v1", FIRST, "1 栋", 200, "met"),
        ("v2", FIRST, "2 栋", 10, "met"),
        ("v3", FIRST, "3 栋", 30, "met"),
        ("v4", FIRST, "3栋", 4, "nobody_home"),
        ("v5", FIRST, "5 栋", 20, "met"),
        ("v6", FIRST, "6 栋", 20, "met"),
        ("v7", SECOND, "7 栋", 300, "met"),
    ]
    records = [
        Visit(
            record_id=i,
            grid_id=grid,
            address=address,
            visited_on=ago(days),
            outcome=outcome,
            met_role="owner" if outcome == "met" else None,
        )
        for i, grid, address, days, outcome in doors
    ]
    for number, actions in (("v5", ("registered", "answered")), ("v6", ("answered", "closed"))):
        concern = Concern(
            record_id=f"c{number}",
            visit_id=number,
            grid_id=FIRST,
            source="grid_visit",
            heard_on=ago(20),
            demand_type="water",
        )
        steps = [
            Step(
                concern_id=f"c{number}",
                action=action,
                on=ago(15 - place),
                special=True if action == "closed" else None,
                reason="例外" if action == "closed" else None,
            )
            for place, action in enumerate(actions)
        ]
        records += [concern, *steps]
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as store:
        store.add(records, by_role="village_staff")
        yield Desk(store, GRIDS, invented=True)


def test_doors_come_in_the_order_of_need(desk):
    """Each door once, however its address was spaced; other grids are not mixed in."""
    doors = visit_round(desk, FIRST)

    assert doors["address"].tolist() == ["5 栋", "3栋", "1 栋", "6 栋", "2 栋"]
    assert doors["reason_zh"].tolist() == [
        "有答复待回访",
        "上次无人在家",
        "很久没走访",
        "例行走访",
        "例行走访",
    ]
    assert doors["days"].tolist() == [20, 4, 200, 20, 10]
    assert doors.index.tolist() == [1, 2, 3, 4, 5]


def test_a_grid_without_visits_has_an_empty_round(desk):
    """Where nobody was ever visited the list is empty, and the sheet still has blank rows."""
    assert visit_round(desk, GRIDS.index[3]).empty


def test_the_paper_sheet_has_every_door_and_room_to_write(desk, tmp_path):
    """Numbers as on the screen, blank rows at the end, and the mark of an invented county."""
    doors = visit_round(desk, FIRST)
    round_sheet(doors, tmp_path / "round.docx", grid_name="甲", on=NOW.date(), invented=True)

    sheet = Document(str(tmp_path / "round.docx"))
    (table,) = sheet.tables
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert [row[0] for row in cells[1:6]] == ["1", "2", "3", "4", "5"]
    assert [row[1] for row in cells[1:6]] == doors["address"].tolist()
    assert len(cells) > 6
    assert "虚构" in sheet.paragraphs[0].text


def test_a_door_of_the_round_is_one_push_from_the_form(desk):
    """Grid and address are filled in; what stood in the form is put aside, not lost."""
    screen = RecordScreen(desk, with_map=False)
    screen.form.visit.fields["note"].input.value = "另一户"
    screen.round.toggle(FIRST)

    screen.round.door_buttons[0].click()

    assert screen.form.value["visit"]["address"] == "5 栋"
    assert screen.form.grid.value == FIRST
    assert "outcome" not in screen.form.value["visit"]
    assert len(screen.form.keeper.children) == 2
    screen.round.sheet_button.click()
    assert "走访单已写好" in screen.round.message
    offered = screen.round.message.partition("base64,")[2].partition('"')[0]
    assert (
        base64.b64decode(offered)
        == next(desk.store.path.parent.glob("round-*.docx")).read_bytes()
    )


def test_a_walked_sheet_is_keyed_in_by_its_numbers(desk):
    """The numbers on paper stay what they were, though the list on the screen moves on."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle(FIRST)
    printed = screen.round.doors["address"].to_dict()
    screen.round.sheet_button.click()
    entry = screen.round.entry

    for number in (2, 1):
        entry.number.value = str(number)
        assert screen.form.value["visit"]["address"] == printed[number]
        assert screen.form.value["visit"]["visited_on"] == NOW.date()
        screen.form.visit.fields["outcome"].load("refused")
        assert screen.form.save() is not None

    assert screen.round.doors["address"].to_dict() != printed
    assert f"还有 {len(printed) - 2} 户没录: 3、4、5" in entry.message
    entry.number.value = "99"
    assert "没有这个序号" in entry.message


def test_the_day_of_the_walk_is_said_once(desk):
    """A sheet keyed in the day after keeps the day on which it was walked."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle(FIRST)
    screen.round.sheet_button.click()
    screen.round.entry.day.input.value = ago(1).isoformat()

    for number in ("1", "2"):
        screen.round.entry.number.value = number
        assert screen.form.value["visit"]["visited_on"] == ago(1)


def test_the_sheet_is_a_pdf_too(desk):
    """LibreOffice prints it; where there is none, the form says what to do instead."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle(FIRST)

    screen.round.pdf_button.click()

    folder = desk.store.path.parent
    made = next(folder.glob("round-*.pdf"), None)
    if find_office() is None:
        assert "没有找到 LibreOffice" in screen.round.message
    else:
        assert made.read_bytes().startswith(b"%PDF")
        assert made.stat().st_mode & 0o077 == 0
        assert made.name in screen.round.message
