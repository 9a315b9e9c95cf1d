"""The half-month report: every figure from the statistics, and traced to its query."""

from __future__ import annotations

import datetime as dt
import re
import shlex
import shutil

import docx
import pytest
from typer.testing import CliRunner

import gridkit as gk
from gridkit import reports
from gridkit.cli import app
from gridkit.errors import DataError
from gridkit.exchange.printing import find_office
from gridkit.reports.half_month_report import half_month_context
from gridkit.reports.period import half_month_of, period_figures
from gridkit.training.write import write_town

DAY = dt.date(2026, 10, 21)
SECRET = "张三家的电话 13800000000"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Make a small invented county, in it one matter whose words are secret."""
    folder = tmp_path_factory.mktemp("town") / "workspace"
    workspace = write_town(folder, grids=343, weeks=26, end=DAY)
    grid = workspace.store.frame("concern")["grid_id"].iloc[0]
    secret = gk.Concern(
        grid_id=grid,
        source="window",
        heard_on=DAY,
        demand_type="family",
        summary=SECRET,
        wanted=SECRET,
        safety="violence",
    )
    workspace.store.add([secret], by_role="trainer")
    yield workspace
    workspace.close()


def texts(path):
    """Read all words of a Word file, tables too."""
    page = docx.Document(str(path))
    words = [p.text for p in page.paragraphs]
    words += [cell.text for table in page.tables for row in table.rows for cell in row.cells]
    return "\n".join(words)


def test_each_figure_can_be_had_again_by_the_query_beside_it(town):
    """The command that the appendix names prints the figure that the report shows."""
    table = period_figures(reports.read_desk(town, on=DAY), half_month_of(DAY))

    for _, row in table.iterrows():
        command, measure = row["query"].split(" → ")
        arguments = [*shlex.split(command)[1:], "-w", str(town.folder)]
        printed = CliRunner().invoke(app, arguments, env={"COLUMNS": "400"}).output
        line = next(
            text
            for text in printed.splitlines()
            if re.match(rf"│ {re.escape(measure)} [a-z]", text)
        )
        assert line.split("│")[2].strip() == str(row["n"]), row["zh"]


def cells_by_name(printed):
    """Read the tables that a command printed by unit: the cells of each row, by head."""
    rows, heads = {}, []
    for line in printed.splitlines():
        if line.startswith("┃"):
            heads = [cell.strip() for cell in line.split("┃")[1:-1]]
        elif line.startswith("│") and heads[0] == "责任单位 unit":
            cells = [cell.strip() for cell in line.split("│")[1:-1]]
            rows.setdefault(cells[0], {}).update(zip(heads[1:], cells[1:], strict=True))
    return rows


def test_the_other_sections_are_traced_too(town):
    """The backlog, the units and the hardest matters: the commands print what is shown."""
    context = half_month_context(reports.read_desk(town, on=DAY))
    printed = {
        row["zh"]: CliRunner()
        .invoke(
            app,
            [*shlex.split(row["query"])[1:], "-w", str(town.folder)],
            env={"COLUMNS": "400"},
        )
        .output
        for row in context["sources"]
    }

    wanted = ("before", "taken", "reopened", "struck_off", "left", "total", "solved")
    backlog = next(x for x in printed["二、积案"].splitlines() if "2026-10-2" in x)
    cells = [cell.strip() for cell in backlog.split("│")[2:-1]]
    assert cells == [str(context["backlog"][name]) for name in wanted]
    by_unit = cells_by_name(printed["三、各单位超期"])
    assert context["overdue"]
    for row in context["overdue"]:
        told = by_unit["未填 not said" if row["unit"] == "尚无责任单位" else row["unit"]]
        assert (told["在办"], told["超期"]) == (str(row["open"]), str(row["overdue"]))
    shown = [row["number"] for row in context["hardest"]]
    at = [printed["四、最难的事项"].index(number) for number in shown]
    assert at == sorted(at)
    assert context["receptions"][0]["title"] in printed["六、近期接访安排"]


def test_a_part_of_a_half_month_says_so(town):
    """Six days beside fifteen are no comparison; a whole half-month says nothing."""
    part = half_month_context(reports.read_desk(town, on=DAY))["partial"]
    whole = half_month_context(reports.read_desk(town, on=dt.date(2026, 10, 15)))["partial"]

    assert "6 天" in part
    assert "15 天" in part
    assert whole == ""


def test_a_report_has_no_words_of_a_resident(town, tmp_path):
    """What was said stays at the desk; the matter is named by its kind and place."""
    path = reports.half_month(reports.read_desk(town, on=DAY), tmp_path / "report.docx")

    said = texts(path)

    assert "13800000000" not in said
    assert "张三" not in said
    assert "2026年10月16日至2026年10月21日" in said
    assert "{{" not in said
    assert "附表" in said


def test_a_county_edits_the_template_in_word(town, tmp_path):
    """Its own file is filled in; one that names what there is not is refused in words."""
    own = docx.Document()
    own.add_paragraph("{{ county }} {{ figures[0].n }}")
    own.save(str(tmp_path / "own.docx"))
    desk = reports.read_desk(town, on=DAY)

    path = reports.half_month(desk, tmp_path / "r.docx", template=tmp_path / "own.docx")

    figures = half_month_context(desk)["figures"]
    assert texts(path) == f"{desk.name} {figures[0]['n']}"
    broken = docx.Document()
    broken.add_paragraph("{% for x %}")
    broken.save(str(tmp_path / "broken.docx"))
    for name in ("broken.docx", "absent.docx"):
        with pytest.raises(DataError):
            reports.half_month(desk, tmp_path / "r.docx", template=tmp_path / name)


@pytest.mark.skipif(find_office() is None, reason="needs LibreOffice")
def test_a_report_is_printed_with_the_map(town, tmp_path):
    """As PDF, with the picture that the browser of the machine draws."""
    if not shutil.which("chromium"):
        pytest.skip("needs Chromium")
    from gridkit.maps.overview import overview
    from gridkit.maps.printing import browser

    desk = reports.read_desk(town, on=DAY)
    path = reports.half_month(desk, tmp_path / "r.docx", seen=overview(town, on=DAY))

    pictures = docx.Document(str(path)).inline_shapes
    assert browser()
    assert len(pictures) == 1
    assert reports.to_pdf(path).read_bytes().startswith(b"%PDF")


def test_a_half_month_of_nothing_is_written_too(tmp_path):
    """An empty ledger gives a report of zeros, not an error."""
    workspace = gk.create_workspace(tmp_path / "w", name="青溪县", county_code="990428")
    path = reports.half_month(reports.read_desk(workspace, on=DAY), tmp_path / "r.docx")
    workspace.close()

    assert "本期得知诉求" in texts(path)
