"""The ledger book: formulas that agree with our figures, opened by LibreOffice."""

from __future__ import annotations

import datetime as dt
import itertools
from importlib.resources import files
from pathlib import Path
from unicodedata import east_asian_width

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridkit as gk
from gridkit import reports
from gridkit.exchange.printing import convert, find_office
from gridkit.reports.book import ENDED, LEVEL_SHEETS
from gridkit.reports.book_summary import page_breaks
from gridkit.triage import matter_statistics

DAY = dt.date(2026, 10, 30)
ACTIONS = ("registered", "routed", "accepted", "answered", "verified", "withdrawn", "closed")
MATTERS = st.lists(
    st.tuples(
        st.sampled_from(["water", "wages", "roads"]),
        st.sampled_from([None, "0201", "14"]),
        st.sampled_from(["urgent_harm", None]),
        st.integers(0, 200),
        st.lists(st.sampled_from(ACTIONS), max_size=4),
        st.sampled_from(["water_company", None]),
    ),
    max_size=12,
)


def county(folder: Path, matters, summary="停水三天", name="青溪县"):
    """Make a workspace with some matters and whatever steps were taken on them."""
    workspace = gk.create_workspace(folder, name=name, county_code="990428", invented=True)
    unit = workspace.profile.units[0].code
    records = []
    for number, (demand, dispute, _, ago, actions, named) in enumerate(matters):
        heard = DAY - dt.timedelta(days=ago)
        one = gk.Concern(
            grid_id=f"99042810{number % 2}001001",
            source="window",
            heard_on=heard,
            demand_type=demand,
            dispute_code=dispute,
            households_affected=number + 1,
            summary=summary,
        )
        records.append(one)
        for action in actions:
            said = {"unit": unit} if named and action == "routed" else {}
            reason = {"special": False} if action == "closed" else {}
            on = min(DAY, heard + dt.timedelta(days=3))
            records.append(
                gk.Step(concern_id=one.record_id, action=action, on=on, **said, **reason)
            )
    if records:
        workspace.store.add(records, by_role="trainer", why="test")
    return workspace


def book_of(folder, matters, **changed):
    """Write the book of a county; give the desk and the path."""
    workspace = county(folder / "county", matters, **changed)
    desk = reports.read_desk(workspace, on=DAY)
    path = reports.ledger_book(desk, folder / "book.xlsx")
    workspace.close()
    return desk, path


def table(sheet, head):
    """Read a table of the summary by its first head: rows by their first cell."""
    rows = list(sheet.iter_rows(values_only=True))
    first = next(n for n, row in enumerate(rows) if row[0] == head)
    found = {}
    for row in rows[first + 1 :]:
        found[row[0]] = [int(n or 0) for n in row[1:8]]
        if row[0] == "合计":
            return found
    return found


COUNTED = ["matters", "open", "merged", "struck_off", "withdrawn", "statutory", "overdue"]


def agrees(summary, desk):
    """Compare the three tables of the summary with the statistics."""
    total = matter_statistics(desk.concerns, desk.steps, desk.on, desk.profile).iloc[0]
    wanted = [int(total[name]) for name in COUNTED]
    for head, dimension in (("诉求类别", "demand_type"), ("责任单位", "unit")):
        counts = matter_statistics(
            desk.concerns, desk.steps, desk.on, desk.profile, [dimension]
        )
        found = table(summary, head)
        assert found["合计"] == wanted
        for code in counts.index.drop("all"):
            word = "尚无责任单位" if code == "not_said" else desk.profile.label(dimension, code)
            assert found[word] == [int(counts.loc[code, name]) for name in COUNTED]
    levels = table(summary, "表")
    assert levels["合计"] == wanted
    columns = zip(*(row for name, row in levels.items() if name != "合计"), strict=True)
    assert [sum(column) for column in columns] == wanted


@settings(max_examples=8)
@given(matters=MATTERS)
def test_the_figures_are_those_of_the_statistics(matters, tmp_path_factory):
    """Whatever was heard and done: by level, by demand, by unit, and in sum."""
    desk, path = book_of(tmp_path_factory.mktemp("book"), matters)

    book = openpyxl.load_workbook(path, data_only=True)

    agrees(book["汇总"], desk)
    sizes = {name: book[name].max_row - 4 for name in [*LEVEL_SHEETS.values(), ENDED]}
    rows = sum(size for name, size in sizes.items() if book[name]["B5"].value)
    assert rows == len(matters)


SOME = [
    ("water", None, None, 100, ["registered", "routed"], "water_company"),
    ("water", "0201", None, 3, [], None),
    ("wages", "14", None, 30, ["registered"], None),
    ("roads", None, None, 20, ["withdrawn"], None),
]


@pytest.mark.skipif(find_office() is None, reason="needs LibreOffice")
def test_libreoffice_recalculates_the_same_figures_and_prints_the_book(tmp_path):
    """Without the values that we wrote, it works the formulas out to the same."""
    desk, path = book_of(tmp_path, SOME)
    bare = openpyxl.load_workbook(path)  # keeps formulas, forgets values
    bare.save(tmp_path / "bare.xlsx")

    convert(tmp_path / "bare.xlsx", "ods", tmp_path / "again.ods")
    convert(tmp_path / "again.ods", "xlsx", tmp_path / "again.xlsx")
    pdf = reports.to_pdf(path)

    agrees(openpyxl.load_workbook(tmp_path / "again.xlsx", data_only=True)["汇总"], desk)
    assert pdf.read_bytes().startswith(b"%PDF")


@given(lengths=st.lists(st.integers(3, 130), min_size=1, max_size=5), room=st.integers(12, 60))
def test_no_page_of_the_summary_holds_a_lone_total(lengths, room):
    """Of tables one row apart: no page is too long, and no table's end stands alone."""
    blocks, at = [], 0
    for length in lengths:
        blocks.append((at, at + length))
        at += length + 1

    edges = [0, *page_breaks(blocks, room=room), blocks[-1][1]]

    assert edges == sorted(set(edges))
    assert max(end - start for start, end in itertools.pairwise(edges)) <= room
    for first, end in blocks:
        inside = [edge for edge in edges if first < edge < end]
        assert all(end - edge >= 4 and edge - first >= 4 for edge in inside)


def test_a_book_is_laid_out_as_an_office_does(tmp_path):
    """Frozen heads, filters, a print area, days as days, and each page with its number."""
    _, path = book_of(tmp_path, SOME)

    sheet = openpyxl.load_workbook(path)[ENDED]

    heads = [cell.value for cell in sheet[4]]
    heard = sheet.cell(5, heads.index("得知日期") + 1)
    assert sheet.freeze_panes == "C5"
    assert sheet.auto_filter.ref.startswith("A4:")
    assert sheet.print_area
    assert sheet.print_title_rows == "$1:$4"
    assert "&P" in sheet.oddFooter.center.text
    assert heard.is_date
    assert heard.font.name == "宋体"


def test_no_word_is_cut_off_by_its_column(tmp_path):
    """A text wider than its column (a Chinese letter is two wide) goes on in a second line."""
    _, path = book_of(tmp_path, SOME)
    book = openpyxl.load_workbook(path)

    wide = [
        cell
        for name in LEVEL_SHEETS.values()
        for row in book[name].iter_rows(min_row=5)
        for cell in row
        if isinstance(cell.value, str)
        and sum(1 + (east_asian_width(c) in "WF") for c in cell.value)
        > book[name].column_dimensions[cell.column_letter].width
    ]
    heights = [cell.parent.row_dimensions[cell.row].height for cell in wide]

    assert "登记转送方 (信访部门、中心)" in {cell.value for cell in wide}
    assert all(cell.alignment.wrap_text for cell in wide)
    assert all(height is not None and height >= 30 for height in heights)


def odd_words(folder):
    """Write a profile whose words a spreadsheet would run, compare with or take for a pattern."""
    demands = (files("gridkit.profile") / "default" / "demands.toml").read_text("utf-8")
    odd = {"用水": "用*", "劳动报酬": "<5 ~户", "道路与市政": "=1+1", "邻里关系": "用水管?"}
    for word, other in odd.items():
        demands = demands.replace(f'zh = "{word}"', f'zh = "{other}"', 1)
    (folder / "profile").mkdir(parents=True)
    (folder / "profile" / "demands.toml").write_text(demands, encoding="utf-8")
    return set(odd.values())


@pytest.mark.skipif(find_office() is None, reason="needs LibreOffice")
def test_odd_words_of_a_county_are_counted_apart_and_not_run(tmp_path):
    """A joker counts only itself, a comparison is a word, and no title is a formula."""
    matters = [("water",), ("water",), ("wages",), ("roads",), ("neighbors",), ("neighbors",)]
    workspace = county(
        tmp_path / "w", [(*one, None, None, 9, [], None) for one in matters], name='=1+1&"县"'
    )
    workspace.close()
    words = odd_words(tmp_path / "odd")
    (tmp_path / "odd" / "profile").rename(tmp_path / "w" / "profile")
    workspace = gk.open_workspace(tmp_path / "w")
    path = reports.ledger_book(reports.read_desk(workspace, on=DAY), tmp_path / "book.xlsx")
    workspace.close()
    bare = openpyxl.load_workbook(path)
    titles = {sheet.title: sheet["A1"].data_type for sheet in bare}
    bare.save(tmp_path / "bare.xlsx")

    convert(tmp_path / "bare.xlsx", "ods", tmp_path / "again.ods")
    convert(tmp_path / "again.ods", "xlsx", tmp_path / "again.xlsx")

    again = openpyxl.load_workbook(tmp_path / "again.xlsx", data_only=True)["汇总"]
    found = {str(word).lstrip("'"): row[0] for word, row in table(again, "诉求类别").items()}
    assert set(titles.values()) == {"s"}
    assert {word: found[word] for word in words} == {
        "用*": 2,
        "<5 ~户": 1,
        "=1+1": 1,
        "用水管?": 2,
    }
    assert found["合计"] == 6


def test_the_totals_of_a_sheet_follow_its_filter(tmp_path):
    """Count, households, persons and overdue alike: each adds up what is shown."""
    _, path = book_of(tmp_path, SOME)

    sheet = openpyxl.load_workbook(path)["乡镇级"]
    totals = {sheet.cell(4, cell.column).value: cell.value for cell in sheet[3]}

    assert {head for head, said in totals.items() if said and "SUBTOTAL(" in said} == {
        "编号",
        "涉及户数",
        "涉及人数",
        "超期",
    }


FORMULAS = ["=1+1", "@SUM(A1)", "+1", "-1", "＝HYPERLINK(1)", "\t=1", "|calc", " =1", "\n=1"]


@pytest.mark.parametrize("words", FORMULAS)
def test_no_text_is_run_as_a_formula(tmp_path, words):
    """What residents say stays a text, also after it is edited or saved as CSV."""
    _, path = book_of(tmp_path, SOME[:1], summary=words)

    book = openpyxl.load_workbook(path)
    said = [
        cell
        for name in [*LEVEL_SHEETS.values(), ENDED]
        for row in book[name].iter_rows(min_row=5)
        for cell in row
        if isinstance(cell.value, str) and words.strip() in cell.value
    ]

    assert [cell.data_type for cell in said] == ["s"]
    assert said[0].value.startswith("'") or words != words.strip()
