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
from gridkit.reports.page import civil
from gridkit.terminal import out
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


@pytest.fixture(scope="module")
def printed(town, tmp_path_factory):
    """Write the report with hotspots and, where a browser is, the map."""
    from gridkit.maps.overview import overview

    path = tmp_path_factory.mktemp("report") / "report.docx"
    return reports.half_month(
        reports.read_desk(town, on=DAY), path, seen=overview(town, on=DAY)
    )


def tables_of(path):
    """Read the tables of a report by their heads: rows of texts."""
    page = docx.Document(str(path))
    found = [[[cell.text for cell in row.cells] for row in one.rows] for one in page.tables]
    return {tuple(heads): rows for heads, *rows in found}


def cells_of(printed):
    """Read the tables that a command printed: rows of cells by the first cell, per head."""
    rows, heads = {}, []
    for line in printed.splitlines():
        if line.startswith("┃"):
            heads = [cell.strip() for cell in line.split("┃")[1:-1]]
        elif line.startswith("│"):
            cells = [cell.strip() for cell in line.split("│")[1:-1]]
            rows.setdefault((heads[0], cells[0]), {}).update(
                zip(heads[1:], cells[1:], strict=True)
            )
    return rows


def figure_of(output, measure):
    """Read one figure of `gridkit statistics`."""
    for (head, name), row in cells_of(output).items():
        if head.startswith("指标") and name.split(" ")[0] == measure:
            return row["数 n"]
    raise AssertionError(measure)


@pytest.fixture(scope="module")
def traced(town, printed):
    """Run every query of the appendix, in its order: what it printed, by its number."""
    outputs, by_number = {}, {}
    for number, _, _, query in tables_of(printed)["编号", "指标", "口径", "查询"]:
        command, _, measure = query.partition(" → ")
        if command not in outputs:
            asked = [*shlex.split(command)[1:], "-w", str(town.folder)]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(out, "width", 500)  # a table is cut at the terminal's width
                done = CliRunner().invoke(app, asked)
            assert done.exit_code == 0, query
            outputs[command] = done.output
        by_number[number] = (outputs[command], measure)
    return by_number


FIGURES = ("编号", "指标", "本期", "上期", "变化")


def test_every_figure_is_what_its_query_prints(printed, traced):
    """Of this half-month by the query beside it, of the one before by those of A and B."""
    figures = tables_of(printed)[FIGURES]

    for number, figure, now, before, _ in figures:
        output, measure = traced[number]
        assert figure_of(output, measure) == now, figure
        past, _ = traced["A" if figure.startswith("本期") else "B"]
        assert figure_of(past, measure) == before, figure
    assert list(traced) == [*(row[0] for row in figures), *"ABCDEFG"]


def test_the_backlog_and_the_units_are_what_their_queries_print(printed, traced):
    """All seven numbers of the sentence; each unit's open and overdue."""
    told = next(
        p.text for p in docx.Document(str(printed)).paragraphs if p.text.startswith("期初")
    )
    halves = cells_of(traced["C"][0])
    row = next(cells for (head, _), cells in halves.items() if head == "半月")
    assert re.findall(r"\d+", told) == [*row.values()]

    by_unit, overdue = cells_of(traced["D"][0]), tables_of(printed)["责任单位", "在办", "超期"]
    assert overdue
    for unit, *counts in overdue:
        name = "未填 not said" if unit == "尚无责任单位" else unit
        cells = by_unit["责任单位 unit", name]
        assert [cells["在办"], cells["超期"]] == counts


def test_the_hardest_matters_are_what_the_board_prints(printed, traced):
    """In its order: number, band, unit, how it stands, and how many days."""
    shown = tables_of(printed)["编号", "等级", "诉求与地点", "责任单位", "卡在哪里", "天数"]
    lines = [line for line in traced["E"][0].splitlines() if " ■ " in line]

    for line, (number, band, _, unit, stuck, days) in zip(lines, shown, strict=True):
        for word in (number, band, unit, stuck.partition("。")[0], f"已 {days} 天"):
            assert word in line


def test_hotspots_and_reception_days_are_what_their_queries_print(printed, traced):
    """The finding word by word, and every day with its level and why it moved."""
    said = [p.text for p in docx.Document(str(printed)).paragraphs]
    found = next(line for line in traced["F"][0].splitlines() if "个网格" in line).strip()
    assert any(text.startswith(found) for text in said)

    rows = [line.split("│")[1:-1] for line in traced["G"][0].splitlines() if "│" in line]
    days = [(dt.date.fromisoformat(on.strip()), *map(str.strip, rest)) for on, *rest in rows]
    assert [[civil(on), *rest] for on, *rest in days] == tables_of(printed)[
        "日期", "接访", "由谁", "说明"
    ]


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


def test_a_title_changed_and_a_table_moved_are_filled_in_where_the_county_put_them(
    town, tmp_path
):
    """The packaged template, edited: the figures go last, below the trace, with all rows."""
    own = docx.Document(str(reports.take_out(tmp_path / "own.docx")))
    own.paragraphs[0].text = "{{ county }}民情半月通报"
    figures, trace = own.tables[0]._element, own.tables[-1]._element
    trace.addnext(figures)
    trace.addnext(own.add_paragraph("各数如下: ")._element)
    own.save(str(tmp_path / "own.docx"))
    desk = reports.read_desk(town, on=DAY)

    path = reports.half_month(desk, tmp_path / "r.docx", template=tmp_path / "own.docx")

    page = docx.Document(str(path))
    assert page.paragraphs[0].text == f"{desk.name}民情半月通报"
    last = [[cell.text for cell in row.cells] for row in page.tables[-1].rows]
    assert last == [
        list(FIGURES),
        *(
            [str(row[key]) for key in ("no", "zh", "n", "before", "change")]
            for row in half_month_context(desk)["figures"]
        ),
    ]
    assert [cell.text for cell in page.tables[-2].rows[0].cells] == [
        "编号",
        "指标",
        "口径",
        "查询",
    ]
    assert "{{" not in texts(path)
    assert "{%" not in texts(path)


@pytest.mark.skipif(find_office() is None, reason="needs LibreOffice")
def test_a_report_is_printed_with_the_map(printed):
    """As PDF, with the picture that the browser of the machine draws."""
    if not shutil.which("chromium"):
        pytest.skip("needs Chromium")

    pictures = docx.Document(str(printed)).inline_shapes

    assert len(pictures) == 1
    assert reports.to_pdf(printed).read_bytes().startswith(b"%PDF")


def test_a_period_without_concerns_is_told_in_the_words_of_an_office(town, tmp_path):
    """No option of a command, and no map of hotspots that are not there."""
    from gridkit.maps.overview import overview

    long_ago = dt.date(2020, 1, 15)
    seen = overview(town, on=long_ago)
    desk = reports.read_desk(town, on=long_ago)

    path = reports.half_month(desk, tmp_path / "r.docx", seen=seen)

    said = texts(path)
    assert "没有诉求, 没有可画的率和热点。台账最近一件在 2026-10-21。" in said
    assert "请用" not in said
    assert "附图" not in said
    assert not len(docx.Document(str(path)).inline_shapes)


def test_a_half_month_of_nothing_is_written_too(tmp_path):
    """An empty ledger gives a report of zeros, not an error."""
    workspace = gk.create_workspace(tmp_path / "w", name="青溪县", county_code="990428")
    path = reports.half_month(reports.read_desk(workspace, on=DAY), tmp_path / "r.docx")
    workspace.close()

    assert "本期得知诉求" in texts(path)
