"""`gridkit export`: each form is written as it should be (what leaves: `test_leaving`)."""

from __future__ import annotations

import json
import re

import openpyxl
import pyogrio
import pytest
from typer.testing import CliRunner

import gridkit as gk
from gridkit.cli import app
from gridkit.errors import DataError
from gridkit.training.geography import COUNTY_CODE
from gridkit.training.write import write_town

CANARY = "张三家的电话 13800000000"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Make an invented county with one canary in every text that a concern and a step have."""
    folder = tmp_path_factory.mktemp("town") / "workspace"
    workspace = write_town(folder, grids=343, weeks=26)
    grid = workspace.store.frame("concern")["grid_id"].iloc[0]
    day = workspace.store.today()
    one = gk.Concern(
        grid_id=grid,
        source="hotline",
        heard_on=day,
        demand_type="neighbors",
        dispute_code="0201",
        summary=CANARY,
        wanted=CANARY,
        external_id=CANARY,
        lon=122.4,
        lat=27.35,
        place_source="map",
    )
    seen = gk.Visit(
        grid_id=grid, visited_on=day, outcome="refused", address=CANARY, note=CANARY
    )
    step = gk.Step(concern_id=one.record_id, action="registered", on=day, reason=CANARY)
    workspace.store.add([one, seen, step], by_role="trainer")
    yield workspace
    workspace.close()


def exported(town, tmp_path, form, name):
    """Run the command; give the file."""
    asked = ["export", form, "-w", str(town.folder), "--to", str(tmp_path / name)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert CANARY not in done.output
    return tmp_path / name


def called(town):
    """Name each grid by its township and its own name."""
    rows = town.grids[["township_name", "name"]].astype("str")
    return {grid: "".join(words) for grid, *words in rows.itertuples()}


def test_the_table_for_the_own_desk_is_whole(town, tmp_path):
    """All that was recorded is in it, and nobody else of the machine may read it."""
    path = exported(town, tmp_path, "csv", "c.csv")

    assert "13800000000" in path.read_text("utf-8-sig")
    assert path.stat().st_mode & 0o077 == 0


def test_every_concern_is_a_point_under_chinese_headings_for_its_owner_only(town, tmp_path):
    """As many rows as concerns, the data dictionary beside them, no code where a word belongs."""
    path = exported(town, tmp_path, "gpkg", "g.gpkg")

    table = pyogrio.read_dataframe(path, layer="诉求")
    words = pyogrio.read_dataframe(path, layer="数据字典")

    concerns = town.store.frame("concern")
    assert len(table) == len(concerns)
    assert table.geometry.notna().sum() == concerns["lon"].notna().sum()
    assert set(table.columns) - {"geometry"} == set(words["字段"])
    types = {c.zh for c in town.profile.choices("demand_type")}
    assert set(table["诉求类别"].dropna()) <= types
    assert table["网格名称"].tolist() == concerns["grid_id"].map(called(town)).tolist()
    assert path.stat().st_mode & 0o077 == 0


def test_requests_have_grid_points_not_houses(town, tmp_path):
    """A place stands for a grid: as many places as grids at most."""
    rows = json.loads(exported(town, tmp_path, "open311", "r.json").read_text("utf-8"))

    places = {(row["long"], row["lat"]) for row in rows}
    assert len(places) <= len(town.grids) + 1
    assert (122.4, 27.35) not in places
    towns = {one[:9] + "000": name for one, name in town.grids["township_name"].items()}
    grids = set(called(town).values())
    assert {row["lat"] is None for row in rows if row["address"]} == {True, False}
    for row in rows:
        if row["lat"] is None:
            assert row["address"] == towns.get(row["address_id"])
        else:
            assert row["address"] in grids
            assert row["address"].startswith(towns[row["address_id"]])
    assert COUNTY_CODE.startswith("99")


def test_the_example_of_an_own_table_runs_on_the_demo_ledger(town, tmp_path, monkeypatch):
    """Taken out by a command, it gives a sheet of figures at once; an older one is kept."""
    monkeypatch.chdir(tmp_path)
    folder = ["-w", str(town.folder)]

    took = CliRunner().invoke(app, ["template", "own"])
    made = CliRunner().invoke(
        app, ["report", "own", "--form", "各乡镇用水.toml", "--to", "own.xlsx", *folder]
    )
    again = CliRunner().invoke(app, ["template", "own"])

    assert "gridkit report own --form 各乡镇用水.toml" in took.output
    assert made.exit_code == 0, made.output
    rows = [*openpyxl.load_workbook("own.xlsx").active.iter_rows(min_row=3, values_only=True)]
    assert rows[0] == ("乡镇", "件数", "在办")
    assert rows[-1][0] == "合计"
    assert len(rows) > 3
    assert isinstance(again.exception, DataError)


@pytest.mark.parametrize(
    ("command", "kinds"),
    [
        ("report", ["half-month", "reception", "talk", "mediation", "annual", "visit", "own"]),
        ("export", ["disputes", "open311", "gpkg", "datapackage"]),
        ("template", ["half-month", "sheet", "own"]),
    ],
)
def test_the_help_on_a_small_screen_cuts_no_word(command, kinds):
    """At 80 columns: one kind a line, none broken, nothing left out."""
    said = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "80"}).output

    assert "…" not in said
    for kind in kinds:
        assert re.search(rf"^│ .*[ >] {kind} \S", said, re.MULTILINE), kind
