"""Real complaints, from the city's file to the score and the map.

Chicago's sanitation requests (74,401 rows, 2000-2015) are not shipped: the tests look for
them beside the repository. The figures are those of their SOURCE.md.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from gridkit import hotspots, maps, triage
from gridkit.exchange import import_concerns, read_mapping, read_points
from gridkit.records import create_workspace
from gridkit.records.grids import make_grids

ROOT = Path(__file__).resolve().parents[1]
FILE = (
    ROOT.parent
    / "shared"
    / "data"
    / "chicago311_sanitation"
    / "sanitation_code_complaints.csv.gz"
)
pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="chicago311_sanitation is not beside the repository"
)
LAST_DAY = date(2015, 1, 1)


@pytest.fixture(scope="module")
def mapping():
    """Read the mapping that is shipped."""
    return read_mapping(ROOT / "data" / "mappings" / "chicago311.toml")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, mapping):
    """Make a workspace with grids of 1 km over the complaints; 990311 is no real county."""
    grids = make_grids(read_points(FILE, mapping), 1000, "990311")
    folder = tmp_path_factory.mktemp("chicago")
    made = create_workspace(folder, name="Chicago", county_code="990311", grids=grids)
    yield made
    made.close()


@pytest.fixture(scope="module")
def report(workspace, mapping):
    """Import the whole file."""
    return import_concerns(FILE, mapping, workspace.store, grids=workspace.grids)


def test_every_row_is_accounted_for(report):
    """74,401 rows: 24 without coordinates and 375 of a repeated number are listed, no other."""
    counts = report.counts()["rows"]

    assert report.read == 74_401
    assert report.added == 74_401 - 24 - 375
    assert counts.to_dict() == {"repeat_differs": 372, "no_place": 24, "repeat_identical": 3}
    assert report.rejected_rows == 24 + 375


def test_repeated_numbers_are_explained(report):
    """Nearly all differ from the row that was kept only in when they were completed."""
    again = report.rejected[report.rejected["reason"] == "repeat_differs"]

    only_completion = again["problem_en"].str.endswith("differing columns: Completion_Date")
    assert only_completion.mean() > 0.95
    assert again["problem_zh"].str.contains(r"见第 \d+ 行; 不同的列: ").all()


def test_open_requests_stay_open(report, workspace):
    """Rows without a completion date have no closing step."""
    raw = pd.read_csv(FILE, dtype="str").drop_duplicates("Service_Request_Number")
    taken = raw[raw["Latitude"].notna()]

    closed = workspace.store.frame("step", columns=["action", "on", "special"])

    assert report.steps == len(closed) == taken["Completion_Date"].notna().sum()
    assert closed["action"].unique().tolist() == ["closed"]
    assert closed["special"].all()


def test_closed_requests_are_ended_for_the_worklist_and_in_the_figures(report, workspace):
    """What the city closed is struck off by exception under one rule; the rest is open."""
    concerns, steps = (workspace.store.frame(kind) for kind in ("concern", "step"))

    stood = triage.standing(concerns, steps, workspace.profile, LAST_DAY)
    table = triage.matter_statistics(concerns, steps, LAST_DAY, workspace.profile)

    assert table.loc["all", "by_exception"] == report.steps
    assert (stood == "stopped").sum() == table.loc["all", "struck_off"] == report.steps
    assert (stood == "open").sum() == table.loc["all", "open"] == report.added - report.steps


def test_each_concern_lies_in_its_grid(report, workspace):
    """Per grid, the ledger counts what the city's own coordinates give."""
    raw = pd.read_csv(FILE, dtype={"Service_Request_Number": "str"})
    raw = raw.drop_duplicates("Service_Request_Number").dropna(subset=["Latitude"])
    concerns = workspace.store.frame("concern", columns=["external_id", "grid_id"])
    bounds = workspace.grids.geometry.bounds.loc[concerns["grid_id"].astype(str)]
    bounds.index = concerns["external_id"]
    points = raw.set_index("Service_Request_Number").loc[bounds.index]

    assert len(concerns) == report.added == len(raw)
    assert points["Longitude"].between(bounds["minx"], bounds["maxx"]).all()
    assert points["Latitude"].between(bounds["miny"], bounds["maxy"]).all()


def test_counts_hold_what_was_imported(report, workspace):
    """Week by week and grid by grid, the counts add up to the rows taken in."""
    concerns = workspace.store.frame("concern", columns=["grid_id", "heard_on", "demand_type"])

    counts = hotspots.count(concerns, workspace.grids, by=None)

    assert counts["n"].sum() == report.added
    assert counts["week"].min() == pd.Timestamp("2000-01-03")


def test_hotspots_of_a_year_stand_out(report, workspace):
    """Gi* runs on 2014; the hottest grid has far more complaints than the middle one."""
    concerns = workspace.store.frame("concern", columns=["grid_id", "heard_on"])
    year = (date(2014, 1, 1), date(2014, 12, 31))
    counts = hotspots.per_grid(hotspots.count(concerns, workspace.grids, by=None, period=year))

    density = hotspots.density(counts, workspace.grids)
    tests = hotspots.gi_star_test(density, hotspots.touching(workspace.grids))

    assert report.added
    assert list(tests.index) == list(workspace.grids.index)
    assert (tests["hot"] == "hot_99").any()
    assert counts.loc[tests["z"].idxmax(), "n"] > 5 * counts["n"].median()


def test_open_matters_are_scored_with_reasons(report, workspace):
    """Each request without a closing step has a score, a band and a sentence."""
    concerns, steps = (workspace.store.frame(kind) for kind in ("concern", "step"))
    card = workspace.profile.scorecard

    facts = triage.inputs(concerns, steps, LAST_DAY, workspace.profile)
    scores = triage.score(facts, card)

    assert len(scores) == report.added - steps["concern_id"].nunique()
    assert scores["band"].notna().all()
    assert triage.explain(facts, scores, card).str.len().gt(0).all()


def test_map_opens_without_a_network(report, workspace):
    """The county map of the last quarter is one page that asks nobody for anything."""
    from gridkit.maps.overview import overview

    page = maps.render(overview(workspace, on=LAST_DAY).map())

    assert report.added
    assert "<script src" not in page
    assert len(page) < 4_000_000


def test_second_import_adds_nothing(report, workspace, mapping):
    """The same file again: every row is known."""
    again = import_concerns(FILE, mapping, workspace.store, grids=workspace.grids)

    assert (again.added, again.revised, again.held_rows) == (0, 0, 0)
    assert again.unchanged == report.added
