"""Sheets for meetings: what is on them, what is not, and when there is none."""

from __future__ import annotations

import dataclasses
import datetime as dt

import docx
import pytest
import shapely
from typer.testing import CliRunner

import gridkit as gk
from gridkit import reports
from gridkit.cli import app
from gridkit.errors import DataError
from gridkit.exchange.printing import convert, find_office
from gridkit.records.grids import make_grids
from gridkit.triage import annual_figures

DAY = dt.date(2026, 10, 21)
SECRET = "张三家 13800000000"
GRID = "990428100001001"


def heard(number, demand, **changed):
    """Make a matter whose words are secret."""
    return gk.Concern(
        record_id=f"C-{number:03}",
        **{
            "grid_id": GRID,
            "source": "window",
            "heard_on": "2026-10-01",
            "demand_type": demand,
            "summary": SECRET,
            "wanted": SECRET,
            "external_id": SECRET,
            **changed,
        },
    )


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Make six water matters, four of wages, a dispute, one refused, one of a court."""
    folder = tmp_path_factory.mktemp("county") / "workspace"
    workspace = gk.create_workspace(folder, name="青溪县", county_code="990428", invented=True)
    matters = [heard(n, "water", safety="violence") for n in range(6)]
    matters += [heard(n, "wages") for n in range(6, 10)]
    matters += [
        heard(10, "neighbors", dispute_code="0201"),
        heard(11, "neighbors", dispute_code="0202"),
        heard(12, "other", dispute_code="14"),
    ]
    refused = gk.records.Session(
        kind="mediation",
        held_on="2026-10-10",
        level="village",
        batches=1,
        persons=2,
        concern_ids="C-011",
        outcome="refused",
    )
    workspace.store.add([*matters, refused], by_role="trainer")
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def desk(county):
    """Read the desk of that county."""
    return reports.read_desk(county, on=DAY)


def texts(path):
    """Read all words of a Word file, tables too."""
    page = docx.Document(str(path))
    words = [p.text for p in page.paragraphs]
    words += [cell.text for table in page.tables for row in table.rows for cell in row.cells]
    return "\n".join(words)


def test_no_sheet_has_the_words_of_a_resident(desk, tmp_path):
    """R6: contact and free text stay in the ledger, whatever is printed for a meeting."""
    made = [
        reports.reception_day(desk, tmp_path / "1.docx", level="county"),
        reports.evening_talk(desk, tmp_path / "2.docx", division="990428100000"),
        reports.mediation_pack(desk, tmp_path / "3.docx", "C-010"),
        reports.annual_report(desk, tmp_path / "4.docx", year=2026),
        reports.visit_sheet(desk.profile, tmp_path / "5.docx"),
        reports.half_month(desk, tmp_path / "6.docx"),
    ]

    for path in made:
        said = texts(path)
        assert len(said) > 200
        assert "张三" not in said
        assert "13800000000" not in said


def test_an_evening_talk_names_no_small_kind_and_no_number(desk, tmp_path):
    """Six of water are named; four of wages are not, nor a number that would give them."""
    path = reports.evening_talk(desk, tmp_path / "t.docx", division="990428100000")

    said = texts(path).splitlines()
    assert "用水" in said
    assert "劳动报酬" not in said
    assert not [line for line in said if line.strip().isdecimal()]
    assert "C-000" not in said
    with pytest.raises(DataError, match="2 or more"):
        reports.evening_talk(desk, tmp_path / "t.docx", division="990428100000", k=1)


def test_one_matter_more_changes_no_sheet_but_at_k(desk, tmp_path):
    """The sheets of two evenings, or of a township and its villages, subtract to nothing."""
    water = desk.concerns.index[(desk.concerns["demand_type"] == "water").to_numpy()]
    sheets = {}
    for left in range(4):
        kept = desk.concerns.drop(index=water[:left])
        fewer = dataclasses.replace(desk, concerns=kept)
        path = reports.evening_talk(fewer, tmp_path / "t.docx", division="990428100000")
        sheets[len(water) - left] = texts(path)

    assert sheets[6] == sheets[5]
    assert sheets[4] == sheets[3]
    assert ("用水" in sheets[5], "用水" in sheets[4]) == (True, False)


def test_a_mediation_pack_tells_the_law_the_deadline_and_who_steps_back(desk, tmp_path):
    """Neutral issues, articles, options, a draft, the 30 days, recusal."""
    said = texts(reports.mediation_pack(desk, tmp_path / "m.docx", "C-010"))

    for words in ("用水排水", "人民调解法第33条", "30 日", "回避", "人民调解", "甲方"):
        assert words in said
    assert "2005年信访条例" not in said


@pytest.mark.parametrize(
    ("danger", "told", "whom"),
    [
        ("violence", "有人身暴力", "请立即联系公安局。"),
        (
            "child_at_risk violence",
            "未成年人处于危险、有人身暴力",
            "请立即联系公安局、民政局。",
        ),
    ],
)
def test_where_there_is_danger_a_mediation_pack_begins_with_it(
    desk, tmp_path, danger, told, whom
):
    """Before any issue: what the danger is, who joins by the county's rules, and Art. 25."""
    concerns = desk.concerns.copy()
    concerns["safety"] = concerns["safety"].astype("object")
    concerns.loc["C-010", "safety"] = danger
    risky = dataclasses.replace(desk, concerns=concerns)

    first, then, issues = [
        p.text
        for p in docx.Document(
            str(reports.mediation_pack(risky, tmp_path / "m.docx", "C-010"))
        ).paragraphs
        if p.text.strip()
    ][2:5]

    assert first == "先保安全, 再谈调解"
    assert told in then
    assert whom in then
    assert "信访工作条例第25条" in then
    assert "要评的是什么" in issues
    assert "先保安全" not in texts(reports.mediation_pack(desk, tmp_path / "n.docx", "C-010"))


@pytest.mark.parametrize(
    ("matter", "why"),
    [("C-011", "refused"), ("C-012", "statutory channel"), ("C-999", "no such matter")],
)
def test_what_must_not_be_mediated_gets_no_pack(desk, tmp_path, matter, why):
    """A side that refused, a matter of a court, one that is not there."""
    with pytest.raises(DataError, match=why):
        reports.mediation_pack(desk, tmp_path / "m.docx", matter)
    assert not (tmp_path / "m.docx").exists()


def test_the_annual_report_has_every_figure_of_the_article(desk, tmp_path):
    """Those of `annual_figures`, in their order; a gap where the ledger holds nothing."""
    table = annual_figures(desk.concerns, desk.steps, desk.sessions, 2026, DAY, desk.profile)

    page = docx.Document(str(reports.annual_report(desk, tmp_path / "a.docx", year=2026)))
    cells = [row.cells for one in page.tables for row in one.rows[1:]]

    wanted = [
        "" if n is None else str(n)
        for n in table["n"].astype(object).where(table["n"].notna(), None)
    ]
    assert [cell[1].text for cell in cells] == wanted


def test_the_paper_sheet_asks_what_the_screen_asks(desk, tmp_path):
    """Each asked field but the map's, the grid once, and no more: no name, no telephone."""
    page = docx.Document(str(reports.visit_sheet(desk.profile, tmp_path / "v.docx")))
    asked = [row.cells[0].text for table in page.tables for row in table.rows[1:]]

    specs = (gk.records.spec.VISIT, gk.records.spec.CONCERN)
    wanted = [f for s in specs for f in s.fields if f.asked and f.name not in {"lon", "lat"}]
    wanted = list({f.name: f for f in wanted}.values())
    assert len(asked) == len(wanted)
    assert all(text.startswith(field.zh) for text, field in zip(asked, wanted, strict=True))


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("book", []),
        ("half-month", []),
        ("reception", ["--level", "township"]),
        ("talk", ["--division", "990428100000"]),
        ("mediation", ["--matter", "010"]),
        ("annual", []),
        ("visit", []),
    ],
)
def test_each_report_has_a_command(county, tmp_path, kind, more):
    """It writes the file and says where."""
    suffix = "xlsx" if kind == "book" else "docx"
    path = tmp_path / f"out.{suffix}"
    asked = ["report", kind, "-w", str(county.folder), "--to", str(path), *more]

    done = CliRunner().invoke(app, [*asked, "--on", "2026-10-21"])

    assert done.exit_code == 0, done.output
    assert path.stat().st_size > 5000
    assert path.stat().st_mode & 0o077 == 0


def test_a_table_of_ones_own_has_a_command(county, tmp_path):
    """By its TOML; without it the command says what it needs."""
    form = tmp_path / "f.toml"
    form.write_text(
        'title = "件数"\ngroup = ["township"]\n[[column]]\nhead = "件数"\nname = "matters"\n',
        encoding="utf-8",
    )
    asked = ["report", "own", "-w", str(county.folder), "--to", str(tmp_path / "o.xlsx")]

    assert CliRunner().invoke(app, [*asked, "--form", str(form)]).exit_code == 0
    assert (tmp_path / "o.xlsx").stat().st_size > 3000
    with pytest.raises(DataError, match="--form"):
        CliRunner().invoke(app, asked, catch_exceptions=False)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["book", "--on", "2999-01-01"], "lies ahead"),
        (["mediation"], "--matter"),
        (["talk"], "--division"),
        (["talk", "--division", "123456789012"], "not of this county"),
    ],
)
def test_what_cannot_give_a_true_report_is_refused_in_words(county, tmp_path, asked, told):
    """A day ahead, no matter, no division, one of another county; nothing is written."""
    to = ["-w", str(county.folder), "--to", str(tmp_path / "o.docx")]

    with pytest.raises(DataError, match=told):
        CliRunner().invoke(app, ["report", *asked, *to], catch_exceptions=False)

    assert not (tmp_path / "o.docx").exists()


@pytest.mark.skipif(find_office() is None, reason="needs LibreOffice")
def test_libreoffice_reads_every_sheet(desk, tmp_path):
    """Each opens there, and its title is the first thing that is read."""
    made = {
        "接访日清单": reports.reception_day(desk, tmp_path / "r.docx", level="county"),
        "居民夜话会": reports.evening_talk(desk, tmp_path / "t.docx", division="990428100000"),
        "评理会材料": reports.mediation_pack(desk, tmp_path / "m.docx", "C-010"),
        "年度报告数据": reports.annual_report(desk, tmp_path / "a.docx", year=2026),
        "走访登记表": reports.visit_sheet(desk.profile, tmp_path / "v.docx"),
    }

    for title, path in made.items():
        convert(path, "txt", tmp_path / "read.txt")
        first = (tmp_path / "read.txt").read_text("utf-8-sig").splitlines()[0]
        assert title in first


def test_a_name_with_unseen_characters_stops_no_sheet(tmp_path):
    """Grids are read from files of others; what Word cannot hold is left out of the name."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.42, 26.72), 500, "990428", 40)
    grids = grids.assign(name="一\x0b格<b>&{{ x }}", township_name="青\x01溪镇")
    made = gk.create_workspace(
        tmp_path / "w", name="青溪县", county_code="990428", grids=grids, invented=True
    )
    grid = str(grids.index[0])
    one = {"grid_id": grid, "source": "window", "demand_type": "water", "safety": "violence"}
    made.store.add([gk.Concern(heard_on="2026-10-01", **one)], by_role="trainer")
    here = reports.read_desk(made, on=DAY)
    made.close()

    half = reports.half_month(here, tmp_path / "h.docx")
    met = reports.reception_day(here, tmp_path / "r.docx", level="county")
    talk = reports.evening_talk(here, tmp_path / "t.docx", division=grid[:12])

    assert "居民夜话会" in texts(talk)
    assert "青 溪镇" in texts(met)
    assert all("一 格<b>&{{ x }}" in texts(path) for path in (half, met))
