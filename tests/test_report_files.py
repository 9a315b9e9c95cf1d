"""What a report's file is called, and that none takes the place of another."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import docx
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

import gridkit as gk
from gridkit import reports
from gridkit.cli import app
from gridkit.errors import DataError
from gridkit.records.grids import make_grids
from gridkit.training.geography import COUNTY_CODE

FORM = (
    'title = "各乡镇件数"\ngroup = ["township"]\n[[column]]\nhead = "件数"\nname = "matters"\n'
)
SEEN = "2026-10-21"


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Make a county of two townships, each with a village of one name; a matter in each."""
    folder = tmp_path_factory.mktemp("county") / "workspace"
    grids = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 1000, COUNTY_CODE, 40)
    codes = [f"{COUNTY_CODE}10{n}201001" for n in range(len(grids))]
    named = grids.set_axis(pd.Index(codes, name=grids.index.name)).assign(
        name="孙坊村第1网格",
        village_name="孙坊村",
        township_name=[f"{name}镇" for name in "甲乙丙丁戊己庚辛"[: len(grids)]],
    )
    made = gk.create_workspace(
        folder, name="青溪县 (虚构)", county_code=COUNTY_CODE, grids=named, invented=True
    )
    matters = [
        gk.Concern(
            record_id=f"0000000{number}",
            grid_id=code,
            source="window",
            heard_on="2026-10-01",
            demand_type="water",
            safety="house_unsafe",
        )
        for number, code in enumerate(codes[:2])
    ]
    made.store.add(matters, by_role="trainer")
    yield made
    made.close()


def run(county, *asked):
    """Run the command; what it refuses is raised."""
    asked = [*asked, "-w", str(county.folder)]
    return CliRunner().invoke(app, asked, catch_exceptions=False)


def test_sheets_of_two_leaders_are_two_files(county, tmp_path, monkeypatch):
    """Each is named by its leader or its place, as the form is by its title."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.toml").write_text(FORM, encoding="utf-8")
    town, village = f"{COUNTY_CODE}100000", f"{COUNTY_CODE}100201"

    run(county, "report", "reception")
    run(county, "report", "reception", "--level", "village", "--division", village)
    run(county, "report", "talk", "--division", town)
    run(county, "report", "mediation", "--matter", "00000001")
    run(county, "report", "annual", "--on", SEEN)
    run(county, "report", "own", "--form", "f.toml")

    assert {path.name for path in tmp_path.iterdir()} == {
        "f.toml",
        "接访日清单-县级领导.docx",
        "接访日清单-孙坊村-村-社区-领导.docx",
        "夜话会-甲镇.docx",
        "评理会材料-00000001.docx",
        "年度报告-2026.docx",
        "各乡镇件数.xlsx",
    }


def test_what_a_clerk_has_edited_stays_as_it_is(county, tmp_path, monkeypatch):
    """The same report again goes beside the first; a name that was asked for is taken."""
    monkeypatch.chdir(tmp_path)
    run(county, "report", "visit")
    page = docx.Document("走访登记表.docx")
    page.add_paragraph("手写的一句")
    page.save("走访登记表.docx")

    done = run(county, "report", "visit")

    assert "走访登记表 (2).docx" in done.output
    assert docx.Document("走访登记表.docx").paragraphs[-1].text == "手写的一句"
    assert (tmp_path / "走访登记表 (2).docx").exists()


@pytest.mark.parametrize(
    ("asked", "name", "right"),
    [
        (["report", "half-month"], "h.pdf", ".docx"),
        (["report", "annual"], "h.xlsx", ".docx"),
        (["report", "book"], "b.docx", ".xlsx"),
        (["export", "gpkg"], "g.csv", ".gpkg"),
        (["export", "open311"], "r.csv", ".json or .xml or .txt"),
    ],
)
def test_a_name_of_another_kind_of_file_is_refused(county, tmp_path, asked, name, right):
    """No Word file is called .pdf: the program that opens it would call it broken."""
    with pytest.raises(DataError, match=f"must end in {right}"):
        run(county, *asked, "--to", str(tmp_path / name))

    assert not (tmp_path / name).exists()


def test_requests_are_written_as_xml_where_the_name_says_so(tmp_path):
    """The same requests in both, by the names of the spec."""
    folder = tmp_path / "w"
    made = gk.create_workspace(folder, name="青溪县", county_code=COUNTY_CODE, invented=True)
    matters = [
        gk.Concern(
            grid_id=f"{COUNTY_CODE}100001001",
            source="window",
            heard_on="2026-10-01",
            demand_type="water",
        )
        for _ in range(6)
    ]
    made.store.add(matters, by_role="trainer")

    run(made, "export", "open311", "--to", str(tmp_path / "r.xml"))
    run(made, "export", "open311", "--to", str(tmp_path / "r.json"))

    read = ET.parse(tmp_path / "r.xml").getroot()
    told = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert read.tag == "service_requests"
    ids = [one.findtext("service_request_id") for one in read.iter("request")]
    assert ids == [one["service_request_id"] for one in told]
    assert len(ids) == 6
    made.close()


def cells(path):
    """Read the first table of a Word file."""
    return [
        [cell.text for cell in row.cells] for row in docx.Document(str(path)).tables[0].rows
    ]


def test_villages_of_one_name_are_told_apart_and_none_is_a_village_twice(county, tmp_path):
    """A place has its township before it; the leader of 孙坊村 is not one of 孙坊村村."""
    desk = reports.read_desk(county)

    whole = reports.reception_day(desk, tmp_path / "a.docx", level="county")
    village = reports.reception_day(
        desk, tmp_path / "b.docx", level="village", division=f"{COUNTY_CODE}100201"
    )

    places = [row[2] for row in cells(whole)[1:]]
    assert sorted(places) == ["用水 · 乙镇孙坊村第1网格", "用水 · 甲镇孙坊村第1网格"]
    assert docx.Document(str(village)).paragraphs[0].text == "孙坊村领导接访日清单"


def test_a_number_of_a_matter_is_not_set_like_a_count(county, tmp_path):
    """Some are all digits; the column stays in one line."""
    desk = reports.read_desk(county)
    path = reports.reception_day(desk, tmp_path / "a.docx", level="county")

    table = docx.Document(str(path)).tables[0]

    assert [row.cells[0].text for row in table.rows][1:] == ["00000000", "00000001"]
    assert all(row.cells[0].paragraphs[0].alignment is None for row in table.rows[1:])


def test_a_talk_of_the_county_has_its_name(county, tmp_path):
    """No code stands in a title."""
    desk = reports.read_desk(county)

    page = reports.evening_talk(desk, tmp_path / "t.docx", division=COUNTY_CODE)

    assert docx.Document(str(page)).paragraphs[0].text == "青溪县 (虚构) 居民夜话会"


def test_what_is_due_at_once_is_not_due_in_no_days(county, tmp_path):
    """信访工作条例 25: an urgent matter is told at once."""
    desk = reports.read_desk(county)

    path = reports.mediation_pack(desk, tmp_path / "m.docx", "00000001")

    spans = {(row[3], row[2]) for row in cells(path)[1:]}
    assert ("信访工作条例第25条", "立即") in spans
    assert not any(span.startswith("0") for _, span in spans)


def test_a_page_with_no_place_for_the_table_is_refused(county, tmp_path):
    """It would come out without a figure in it."""
    own = docx.Document()
    own.add_paragraph("{{ title }}")
    own.save(str(tmp_path / "own.docx"))
    form = reports.read_own_form(_written(tmp_path, FORM))

    with pytest.raises(DataError, match="no place for the table"):
        reports.own_form(
            reports.read_desk(county),
            form,
            tmp_path / "a.docx",
            template=tmp_path / "own.docx",
        )

    assert not (tmp_path / "a.docx").exists()


def _written(folder, text):
    path = folder / "f.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_toml_that_cannot_be_read_is_told_with_its_line(tmp_path):
    """And a file that is not there is not called unreadable."""
    path = _written(tmp_path, 'title = "a"\ngroup = \n')

    with pytest.raises(DataError) as fault:
        reports.read_own_form(path)
    with pytest.raises(DataError) as gone:
        reports.read_own_form(tmp_path / "none.toml")

    assert fault.value.zh == "f.toml 第 2 行读不懂; 须为 UTF-8 的 TOML 文件, 文字写在引号里。"
    assert gone.value.zh == "打不开 none.toml (没有这个文件或文件夹)。"


def test_the_words_of_other_tables_find_the_field(county, tmp_path):
    """诉求内容 is what the ledger calls 情况; it is filled in, and opens as a sheet."""
    wizard = reports.Wizard(reports.read_desk(county), tmp_path)
    wizard.pasted.value = "乡镇、诉求内容、备注、当事人姓名"
    wizard.read.click()
    wizard.groups["township"].value = False

    assert wizard.names["诉求内容"].value == "summary"
    wizard.title.value = "清单"
    wizard.save.click()
    heads = [cell.value for cell in openpyxl.load_workbook(wizard.sheet).active[3]]
    assert heads == ["乡镇", "诉求内容"]


def test_a_reply_promises_only_what_is_there(county, tmp_path):
    """A head that the ledger cannot fill is not among those that can be given."""
    wizard = reports.Wizard(reports.read_desk(county), tmp_path)
    wizard.pasted.value = "乡镇、件数、天气、当事人姓名"
    wizard.read.click()

    told = "".join(
        getattr(one, "value", "") for one in _all(wizard) if type(one).__name__ == "HTML"
    )
    assert "“当事人姓名”不提供" in told
    assert "乡镇、件数随时可以给" in told
    assert "其余各栏" not in told


def _all(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _all(child)
