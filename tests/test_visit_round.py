"""The round of a grid: follow-ups first, then doors that stayed shut, then the oldest."""

from __future__ import annotations

import base64
import re
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
    round_sheet(
        doors,
        tmp_path / "round.docx",
        grid_name="甲",
        on=NOW.date(),
        number="48213",
        invented=True,
    )

    sheet = Document(str(tmp_path / "round.docx"))
    (table,) = sheet.tables
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert [row[0] for row in cells[1:6]] == ["1", "2", "3", "4", "5"]
    assert [row[1] for row in cells[1:6]] == doors["address"].tolist()
    assert len(cells) > 6
    assert "虚构" in sheet.paragraphs[0].text
    assert "单号 48213" in sheet.sections[0].header.paragraphs[0].text  # on every page


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
    assert "已写好" in screen.round.message
    offered = screen.round.message.partition("base64,")[2].partition('"')[0]
    assert (
        base64.b64decode(offered)
        == next(desk.store.path.parent.glob("round-*.docx")).read_bytes()
    )


def test_a_sheet_without_a_grid_says_what_is_missing(desk):
    """Nothing is written, and the button does not stay silent."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle()

    screen.round.sheet_button.click()

    assert "先在上面选一个网格" in screen.round.message
    assert not list(desk.store.path.parent.glob("round-*"))


def printed_sheet(screen) -> str:
    """Print the sheet that the drawer shows; give its number, as the screen says it."""
    screen.round.sheet_button.click()
    return re.search(r"走访单 (\d{5}) 已写好", screen.round.message)[1]


def key_in(screen, sheet: str, row: int) -> dict:
    """Type the numbers of sheet and row, and give what the form then says of the visit."""
    screen.round.entry.sheet.value = sheet
    screen.round.entry.number.value = str(row)
    return screen.form.value["visit"]


def test_a_walked_sheet_is_keyed_in_by_its_numbers(desk):
    """The rows on paper stay what they were, though the list on the screen moves on."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle(FIRST)
    printed = screen.round.doors["address"].to_dict()
    sheet = printed_sheet(screen)
    entry = screen.round.entry

    for row in (2, 1):
        visit = key_in(screen, sheet, row)
        assert (visit["address"], visit["visited_on"]) == (printed[row], NOW.date())
        screen.form.visit.fields["outcome"].load("refused")
        assert screen.form.save() is not None

    assert screen.round.doors["address"].to_dict() != printed
    assert f"还有 {len(printed) - 2} 户没录: 3、4、5" in entry.message
    entry.number.value = "99"
    assert f"单号 {sheet} 上没有这个序号" in entry.message


def test_an_older_sheet_of_the_day_is_keyed_in_against_its_own_doors(desk):
    """A second sheet of the same grid and day takes nothing from the first."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle(FIRST)
    before = screen.round.doors["address"].to_dict()
    first = printed_sheet(screen)
    key_in(screen, first, 3)
    screen.form.visit.fields["outcome"].load("refused")
    screen.form.save()

    after = screen.round.doors["address"].to_dict()
    second = printed_sheet(screen)

    assert first != second
    assert before != after
    for row in (3, 4, 5):
        assert key_in(screen, first, row)["address"] == before[row]
        assert key_in(screen, second, row)["address"] == after[row]
    header = {
        number: Document(str(path)).sections[0].header.paragraphs[0].text
        for number in (first, second)
        for path in desk.store.path.parent.glob(f"round-*-{number}.docx")
    }
    assert all(f"单号 {number}" in text for number, text in header.items())
    assert len(header) == 2


def test_the_same_rows_printed_again_are_the_same_sheet(desk):
    """Word file and PDF of one list bear one number; a sheet of another grid another."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle(FIRST)
    first = printed_sheet(screen)

    assert printed_sheet(screen) == first
    screen.round.grid.load(SECOND)
    assert printed_sheet(screen) != first
    assert key_in(screen, first, 1)["grid_id"] == FIRST  # the paper knows its grid


def test_which_sheet_is_meant_is_asked(desk):
    """No number, an unknown one, or no number at all opens no door, and says what to do."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle(FIRST)
    assert screen.round.entry.layout.display == "none"  # nothing was printed yet
    sheet = printed_sheet(screen)
    entry = screen.round.entry

    entry.number.value = "1"
    assert "先填单号" in entry.message
    assert "address" not in screen.form.value["visit"]

    wrong = "99999" if sheet != "99999" else "88888"
    for typed, zh, en in (
        (
            wrong,
            f"没有印过单号 {wrong}: 请核对",
            f"No sheet {wrong} was printed on this computer",
        ),
        ("三号", "整数", "whole number"),
    ):
        key_in(screen, typed, 1)
        assert zh in entry.message
        screen.speak("en")
        assert en in entry.message
        screen.speak("zh")
        assert "address" not in screen.form.value["visit"]


def test_a_sheet_from_before_sheets_had_numbers_is_found_by_its_day(desk):
    """It bears no number, but its day; its rows are read as ever."""
    path = desk.store.path.parent / f"round-{FIRST}-20261120.csv"
    path.write_text("1,8 栋\n2,9 栋\n", encoding="utf-8-sig")
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle()

    visit = key_in(screen, "20261120", 2)

    assert (visit["grid_id"], visit["address"]) == (FIRST, "9 栋")
    assert visit["visited_on"] == ago(2)


def test_a_sheet_whose_rows_are_damaged_says_so(desk):
    """A file that somebody emptied of its sense opens no door."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle(FIRST)
    sheet = printed_sheet(screen)
    (path,) = desk.store.path.parent.glob(f"round-*-{sheet}.csv")
    path.write_text("序号;地址", encoding="utf-8")

    key_in(screen, sheet, 1)

    assert "address" not in screen.form.value["visit"]
    assert "读不出来" in screen.round.entry.message


def test_the_day_of_the_walk_is_said_once(desk):
    """A sheet keyed in the day after keeps the day on which it was walked."""
    screen = RecordScreen(desk, with_map=False)
    screen.round.toggle(FIRST)
    screen.round.entry.sheet.value = printed_sheet(screen)
    screen.round.entry.day.input.value = ago(1).isoformat()

    for row in ("1", "2"):
        screen.round.entry.number.value = row
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
