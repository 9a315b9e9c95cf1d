"""`gridkit statistics`: what it counts, by what, and that every figure explains itself."""

from __future__ import annotations

import pytest

import gridkit as gk
from gridkit import triage
from gridkit.cli import app
from gridkit.errors import DataError
from gridkit.records import Session
from gridkit.triage.measures import MEASURES

GRIDS = ("990428100001001", "990428101001001")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Make a workspace with four matters, one ended by exception, and three sessions."""
    folder = tmp_path_factory.mktemp("county") / "workspace"
    made = gk.create_workspace(folder, name="青溪县", county_code="990428", invented=True)
    matters = [
        gk.Concern(grid_id=GRIDS[i % 2], source="window", heard_on="2026-03-02", demand_type=t)
        for i, t in enumerate(["water", "water", "wages", "roads"])
    ]
    first = matters[0].record_id
    steps = [
        gk.Step(concern_id=first, action="registered", on="2026-03-02"),
        gk.Step(concern_id=first, action="closed", on="2026-03-04", special=True, reason="r"),
        gk.Step(concern_id=matters[1].record_id, action="closed", on="2026-03-04"),
    ]
    sessions = [
        Session(kind=k, held_on="2026-04-01", level="county", batches=2, persons=n)
        for k, n in (("window", 3), ("window", 4), ("reception", 2))
    ]
    made.store.add([*matters, *steps, *sessions], by_role="leader")
    yield made
    made.close()


def run(capsys, workspace, *words: str) -> str:
    """Run the command and give what it printed, without spaces or lines of tables."""
    words = ("statistics", *words, "--on", "2026-05-01", "-w", str(workspace.folder))
    app([*words], standalone_mode=False)
    return "".join(c for c in capsys.readouterr().out if c not in " \n│┃")


def test_every_figure_stands_beside_how_it_is_counted(capsys, workspace):
    """Sessions and matters, all together; a closing that was not legal ended nothing."""
    said = run(capsys, workspace)

    table = triage.matter_statistics(
        workspace.store.frame("concern"),
        workspace.store.frame("step"),
        workspace.store.today(),
        workspace.profile,
    )
    assert table.loc["all", ["open", "struck_off"]].tolist() == [3, 1]
    for code in ("batches", "persons", "open", "loop_closed_rate"):
        assert MEASURES[code].zh in said
        assert MEASURES[code].how_zh.replace(" ", "")[:4] in said


def test_counts_are_printed_as_counts_and_rates_as_rates(capsys, workspace):
    """Four matters are 4, not 400 %; one of them ended by exception is a rate of 0 %."""
    said = run(capsys, workspace, "--by", "type")

    assert "诉求matters4统计期内" in said
    assert "在办open3截至" in said
    assert "闭环率loop-closedrate0%闭环" in said


def test_a_period_that_ends_before_it_begins_is_refused(capsys, workspace):
    """Zeros would read as if nothing had happened."""
    with pytest.raises(DataError, match="--from"):
        run(capsys, workspace, "--from", "2026-04-01", "--to", "2026-03-01")


@pytest.mark.parametrize(
    ("words", "there"),
    [
        (("--by", "type"), "用水"),
        (("--by", "township"), "990428101000"),
        (("--by", "month"), "2026-03"),
        (("--by", "kind"), "领导接访"),
        (("--by", "unit", "--from", "2026-01-01", "--to", "2026-04-30"), "未填"),
        (("--annual", "2026"), "被投诉较多"),
    ],
)
def test_figures_are_grouped_by_place_office_kind_and_time(capsys, workspace, words, there):
    """Township, type, period, form and unit; and the items of article 41."""
    assert there in run(capsys, workspace, *words)


@pytest.mark.parametrize("by", [("by_role",), ("grid_id",), ("kind", "source")])
def test_other_groups_are_refused(capsys, workspace, by):
    """Nothing per person or grid; nor what no one table has."""
    with pytest.raises(DataError):
        run(capsys, workspace, *(word for name in by for word in ("--by", name)))
