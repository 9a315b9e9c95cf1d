"""A county's own table: figures of the statistics, no column that nobody should ask for."""

from __future__ import annotations

import docx
import openpyxl
import pytest

import small_ledger
from gridkit import reports
from gridkit.errors import DataError
from gridkit.reports.own_file import parse_own_form
from gridkit.triage import matter_statistics
from small_ledger import DAY

desk = pytest.fixture(small_ledger.counted_desk, scope="module")
BY_TOWN = """
title = "各乡镇用水情况"
group = ["township"]
[filter]
demand_type = ["water"]
[[column]]
head = "乡镇"
name = "township"
[[column]]
head = "件数"
name = "matters"
[[column]]
head = "在办"
name = "open"
"""


def test_a_grouped_table_has_the_figures_of_the_statistics(desk, tmp_path):
    """By township, of water alone, with the sum of all."""
    (tmp_path / "f.toml").write_text(BY_TOWN, encoding="utf-8")
    form = reports.read_own_form(tmp_path / "f.toml")

    table = reports.own_table(desk, form)

    water = desk.concerns[(desk.concerns["demand_type"] == "water").to_numpy()]
    counts = matter_statistics(water, desk.steps, DAY, desk.profile, ["township"])
    assert table["件数"].tolist() == counts["matters"].tolist() == [3, 2, 5]
    assert table["在办"].tolist() == counts["open"].tolist()
    assert table["乡镇"].tolist()[-1] == "合计"


def test_a_list_is_written_as_a_sheet_and_into_a_word_template(desk, tmp_path):
    """Texts stay texts; the template gets the rows."""
    form = parse_own_form(
        {
            "title": "[清单]",
            "column": [{"head": "情况", "name": "summary"}, {"head": "日", "name": "heard_on"}],
        }
    )
    own = docx.Document()
    own.add_paragraph("{{ title }} {{ rows|length }} {{ rows[0][1] }}")
    own.save(str(tmp_path / "own.docx"))

    sheet = openpyxl.load_workbook(reports.own_form(desk, form, tmp_path / "a.xlsx")).active
    page = reports.own_form(desk, form, tmp_path / "a.docx", template=tmp_path / "own.docx")

    assert [cell.value for cell in sheet[3]] == ["情况", "日"]
    assert sheet["A1"].value == "[清单]"
    assert [str(part) for part in sheet.merged_cells.ranges] == ["A1:B1"]
    assert sheet.print_title_rows == "$1:$3"
    assert sheet["A4"].value == "'=1+1"
    assert sheet["B4"].is_date
    assert docx.Document(str(page)).paragraphs[0].text == "[清单] 8 2026-10-01"


@pytest.mark.parametrize(
    "head",
    [
        "当事人姓名",
        "与户主关系",
        "年龄",
        "身份证号",
        "联系电话",
        "民族",
        "健康状况",
        "信访次数",
        "重点人员",
        "情绪",
        "网格员排名",
    ],
)
def test_what_nobody_should_ask_for_is_refused_with_the_rule(head):
    """R1 to R10: in the wizard as in a table of one's own."""
    verdict = reports.asked_columns([head]).iloc[0]
    assert verdict["结论"] == "不该要"
    assert "(R" in verdict["说明"]

    with pytest.raises(DataError, match="1 fault") as refused:
        parse_own_form({"title": "表", "column": [{"head": head, "name": "unit"}]})
    assert refused.value.problems[0].field == head


def test_all_faults_of_a_table_are_told_at_once(tmp_path):
    """Unknown groups, filters, fields and entries; a file that is no TOML."""
    with pytest.raises(DataError) as refused:
        parse_own_form(
            {
                "title": "",
                "group": ["worker"],
                "filter": {"met_role": ["x"]},
                "column": [{"head": "人", "name": "device"}],
                "order": 1,
            }
        )
    assert len(refused.value.problems) == 5
    (tmp_path / "x.toml").write_text("[[[", encoding="utf-8")
    with pytest.raises(DataError, match="TOML"):
        reports.read_own_form(tmp_path / "x.toml")


COLUMN = {"head": "类别", "name": "demand_type"}
WRONG = {
    "a text for a list of groups": {"group": "township"},
    "a group twice": {"group": ["township", "township"]},
    "a number for groups": {"group": 3},
    "a text for a list of codes": {"filter": {"source": "window"}},
    "a list for the filters": {"filter": ["source"]},
    "a text for the columns": {"column": "类别"},
    "a number for a column": {"column": [1]},
    "a list for a head": {"column": [{"head": ["类别"], "name": "demand_type"}]},
    "no head": {"column": [{"head": " ", "name": "demand_type"}]},
    "a list for the title": {"title": ["用水"]},
    "a control character in the title": {"title": "用\x01水"},
    "a control character in a head": {"column": [{"head": "类\x00别", "name": "demand_type"}]},
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_of_another_shape_is_told_and_not_guessed(fault):
    """A text read as a list would be its letters, and the table one of zeros."""
    with pytest.raises(DataError) as refused:
        parse_own_form({"title": "用水", "column": [COLUMN], **WRONG[fault]})

    assert refused.value.problems


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("demand_type", "watr", "water"),
        ("source", "windows", "window"),
        ("grid_id", "990428", "没有代码"),
    ],
)
def test_a_filter_of_no_known_code_is_refused(desk, name, code, told):
    """Else the table holds zeros that look right."""
    form = parse_own_form({"title": "表", "column": [COLUMN], "filter": {name: [code]}})

    with pytest.raises(DataError) as refused:
        reports.own_table(desk, form)

    assert told in refused.value.problems[0].zh


def test_a_grid_without_a_matter_gives_an_empty_table(desk):
    """It is a grid all the same."""
    said = {"title": "表", "column": [COLUMN], "filter": {"grid_id": ["990428999001001"]}}

    assert reports.own_table(desk, parse_own_form(said)).empty


@pytest.mark.parametrize("title", ["History", "a/b:[c]", "'用水'", "用\t水", "=1+1", "x" * 50])
def test_any_title_gives_a_sheet_that_opens(desk, tmp_path, title):
    """Excel takes no tab of some names; the title itself stays as it is."""
    form = parse_own_form({"title": title, "column": [COLUMN]})

    sheet = openpyxl.load_workbook(reports.own_form(desk, form, tmp_path / "o.xlsx")).active

    assert sheet["A1"].value.lstrip("'") == title.strip().lstrip("'")
    assert sheet.title.casefold() != "history"
    assert not set(sheet.title) & set("[]:*?/\\'\t")
    assert 1 <= len(sheet.title) <= 31
