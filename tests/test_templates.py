"""Templates of a county: filled as they look, told where they are wrong, and of no harm."""

from __future__ import annotations

import datetime as dt
import zipfile

import docx
import openpyxl
import pandas as pd
import pytest
from openpyxl.chart import BarChart
from openpyxl.styles import Font
from typer.testing import CliRunner

import gridkit as gk
from gridkit import reports
from gridkit.cli import app
from gridkit.errors import DataError
from gridkit.exchange.printing import convert, find_office
from gridkit.reports.own_file import parse_own_form

DAY = dt.date(2026, 10, 21)
SAID = {"title": "用水", "county": "青溪县", "on": "2026-10-21"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Make an empty county."""
    made = gk.create_workspace(
        tmp_path_factory.mktemp("county") / "w", name="青溪县", county_code="990428"
    )
    yield made
    made.close()


@pytest.fixture
def write(workspace, tmp_path):
    """Fill the half-month report into a template of some paragraphs."""

    def written(*paragraphs):
        own = docx.Document()
        for text in paragraphs:
            own.add_paragraph(text)
        own.save(str(tmp_path / "own.docx"))
        desk = reports.read_desk(workspace, on=DAY)
        return reports.half_month(desk, tmp_path / "r.docx", template=tmp_path / "own.docx")

    return written


def test_a_misspelled_field_is_named_with_its_place_and_what_was_meant(write):
    """All of them at once, also the fields of a list that is empty today."""
    with pytest.raises(DataError, match=r"2 fault\(s\)") as refused:
        write("{{ countty }}月报", "{% for row in hardest %}{{ row.dayz }}{% endfor %}")

    first, second = refused.value.problems
    assert (first.field, second.field) == ("countty", "dayz")
    assert "{{ countty }}月报" in first.row
    assert "county" in first.zh
    assert "days" in second.en


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ county.__class__ }}",
        "{{ map.tpl.docx.save('taken') }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ county|attr('__class__') }}",
        "{{ county|safe }}",
        "{{ county|center(999999999) }}",
        "{{ county * 999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%999999999d' % 1 }}",
        "{% for a in range(999999999) %}x{% endfor %}",
        "{% for a in figures recursive %}{{ loop(figures) }}{% endfor %}",
        "{% for a in figures %}{% for b in figures %}x{% endfor %}{% endfor %}",
        "{% include '/etc/passwd' %}",
        "{% set x = county %}{{ x }}",
        "{% macro f() %}{{ f() }}{% endmacro %}",
        "{% for x %}",
        "{% if county %}",
    ],
)
def test_a_template_of_ill_will_is_refused_before_it_runs(write, tmp_path, text):
    """No attributes of Python, no calls, no loop beyond a list; nothing is written."""
    with pytest.raises(DataError):
        write(text)

    assert not (tmp_path / "r.docx").exists()


def test_the_template_is_taken_out_edited_and_used(workspace, tmp_path):
    """By one command into its place; an edited one is not written over."""
    place = ["-w", str(workspace.folder)]
    taken = CliRunner().invoke(app, ["template", "half-month", *place])
    own = workspace.folder / "templates" / "half_month.docx"
    page = docx.Document(str(own))
    page.paragraphs[0].add_run(" (第 9 期)")
    page.save(str(own))

    again = CliRunner().invoke(app, ["template", "half-month", *place])
    report = tmp_path / "r.docx"
    CliRunner().invoke(app, ["report", "half-month", *place, "--to", str(report)])

    assert taken.exit_code == 0
    assert "{{ backlog.left }}" in taken.output
    assert again.exit_code != 0
    assert docx.Document(str(report)).paragraphs[0].text == "青溪县群众诉求半月报 (第 9 期)"


def sheet(path, rows, merged=()):
    """Write an Excel template of some rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    book.active["A3"].font = Font(bold=True, color="FF8F1026")
    book.active.row_dimensions[3].height = 31
    book.active.row_dimensions[5].height = 44
    book.active.print_area = "A1:C5"
    book.save(path)
    return path


ROWS = (
    ["{{ title }} {{ county }}", None, None],
    ["乡镇", "件数", "加一"],
    ["{{ 乡镇 }}", "{{ 件数 }}", "=B3+1"],
    ["合计", "{{ 合计 }}", None],
    ["填表说明", None, None],
)
TABLE = pd.DataFrame({"乡镇": ["=1+1", "白莲镇", "合计"], "件数": [3, 4, 7]})


def test_an_excel_template_keeps_its_looks_and_sums_by_formulas(tmp_path):
    """Its row is repeated with its style; what stands below moves; texts stay texts."""
    template = sheet(tmp_path / "t.xlsx", ROWS, merged=["A1:C1", "A5:C5"])

    path = reports.fill_sheet(template, tmp_path / "o.xlsx", TABLE, SAID)

    made = openpyxl.load_workbook(path).active
    values = [[cell.value for cell in row] for row in made.iter_rows(max_row=6)]
    assert values == [
        ["用水 青溪县", None, None],
        ["乡镇", "件数", "加一"],
        ["'=1+1", 3, "=B3+1"],
        ["白莲镇", 4, "=B4+1"],
        ["合计", "=SUM(B3:B4)", None],
        ["填表说明", None, None],
    ]
    assert made["A4"].font.bold
    assert made["A3"].data_type == "s"
    assert {str(area) for area in made.merged_cells.ranges} == {"A1:C1", "A6:C6"}
    assert [made.row_dimensions[row].height for row in (3, 4, 6)] == [31, 31, 44]
    assert made.print_area == "'Sheet'!$A$1:$C$6"


@pytest.mark.skipif(find_office() is None, reason="needs LibreOffice")
def test_libreoffice_finds_the_same_sums(tmp_path):
    """It opens what was filled, recalculates, and the sum is that of the statistics."""
    template = sheet(tmp_path / "t.xlsx", ROWS)
    path = reports.fill_sheet(template, tmp_path / "o.xlsx", TABLE, SAID)

    convert(path, "csv", tmp_path / "o.csv")

    lines = (tmp_path / "o.csv").read_text("utf-8").splitlines()
    assert lines[4].split(",")[1] == "7"
    assert lines[3].split(",")[2] == "5"


def test_a_table_of_nothing_leaves_the_row_empty(tmp_path):
    """No matters: heads, an empty row and a sum of it, no marks."""
    template = sheet(tmp_path / "t.xlsx", ROWS)

    path = reports.fill_sheet(template, tmp_path / "o.xlsx", TABLE.iloc[:0], SAID)

    made = openpyxl.load_workbook(path).active
    assert [cell.value for cell in made[3]][:2] == [None, None]
    assert made["B4"].value == "=SUM(B3:B3)"


@pytest.mark.parametrize(
    ("row", "merged", "told"),
    [
        (["{{ 乡镇 }}", "{{ 件树 }}"], [], "件数"),
        (["乡镇", "件数"], [], "没有写"),
        (["{{ 乡镇 }}", "{{ 件数 }}"], ["B3:C3"], "合并单元格"),
        (["{{ 乡镇 }}", '=WEBSERVICE("http://x.example/")'], [], "表外"),
        (["{{ 乡镇 }}", "=[1]Sheet1!A1"], [], "表外"),
        (["{{ 乡镇 }}", "=cmd|'/c calc'!A0"], [], "表外"),
    ],
)
def test_a_faulty_excel_template_is_told_where_and_what(tmp_path, row, merged, told):
    """An unknown column with near names, no marks, merged cells, what reaches out."""
    template = sheet(tmp_path / "t.xlsx", [*ROWS[:2], row, *ROWS[4:]], merged=merged)

    with pytest.raises(DataError) as refused:
        reports.fill_sheet(template, tmp_path / "o.xlsx", TABLE, SAID)

    assert any(told in f"{p.row} {p.field} {p.zh}" for p in refused.value.problems)
    assert not (tmp_path / "o.xlsx").exists()


def test_a_first_template_is_written_and_can_be_filled(workspace, tmp_path):
    """It has the heads of the table, and sums where there are figures."""
    columns = [{"head": "乡镇", "name": "township"}, {"head": "件数", "name": "matters"}]
    form = parse_own_form({"title": "各乡镇", "group": ["township"], "column": columns})
    template = reports.first_sheet(form, tmp_path / "t.xlsx")
    desk = reports.read_desk(workspace, on=DAY)

    path = reports.own_form(desk, form, tmp_path / "o.xlsx", template=template)

    made = openpyxl.load_workbook(path).active
    assert made["A1"].value == "各乡镇"
    assert made["B5"].value == "=SUM(B4:B4)"
    with pytest.raises(DataError, match="--force"):
        reports.first_sheet(form, template)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_at_once(workspace, tmp_path):
    """By its size unpacked, before anything is read."""
    with zipfile.ZipFile(tmp_path / "b.docx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("word/document.xml", b"0" * 60_000_000)
    desk = reports.read_desk(workspace, on=DAY)

    with pytest.raises(DataError, match="50 MB"):
        reports.half_month(desk, tmp_path / "r.docx", template=tmp_path / "b.docx")


@pytest.mark.parametrize(
    ("part", "word"),
    [
        ("xl/externalLinks/externalLink1.xml", "别的工作簿"),
        ("xl/charts/chart1.xml", "图表"),
        ("xl/pivotTables/pivotTable1.xml", "透视表"),
        ("xl/vbaProject.bin", "宏"),
    ],
)
def test_an_excel_template_that_would_lose_or_run_something_is_refused(tmp_path, part, word):
    """Links to other books, charts, pivots and macros: told by name, and nothing is written."""
    book = openpyxl.Workbook()
    book.active.append(["件数"])
    book.active.append(["{{ 件数 }}"])
    book.save(tmp_path / "own.xlsx")
    with zipfile.ZipFile(tmp_path / "own.xlsx", "a") as parts:
        parts.writestr(part, b"<x/>")

    with pytest.raises(DataError) as refused:
        reports.fill_sheet(
            tmp_path / "own.xlsx", tmp_path / "out.xlsx", pd.DataFrame({"件数": [3]}), {}
        )

    assert [word in one.zh for one in refused.value.problems] == [True]
    assert not (tmp_path / "out.xlsx").exists()


def test_a_real_chart_in_an_excel_template_is_refused(tmp_path):
    """As a spreadsheet program writes it, not only by the name of its part."""
    book = openpyxl.Workbook()
    book.active.append(["{{ 件数 }}"])
    book.active.add_chart(BarChart(), "D1")
    book.save(tmp_path / "own.xlsx")

    with pytest.raises(DataError) as refused:
        reports.fill_sheet(
            tmp_path / "own.xlsx", tmp_path / "out.xlsx", pd.DataFrame({"件数": [3]}), {}
        )

    assert "图表" in refused.value.problems[0].zh
