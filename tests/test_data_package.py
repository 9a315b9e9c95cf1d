"""Data packages: accepted by the real validator, true to the ledger (its words: `test_cli_export`)."""

from __future__ import annotations

import csv
import io
import json
import warnings
import zipfile

import pandas as pd
import pytest
from typer.testing import CliRunner

import gridkit as gk
from gridkit import maps
from gridkit.cli import app
from gridkit.errors import StoreError
from gridkit.exchange.data_package import About, write_package
from gridkit.exchange.package_tables import ledger_tables
from gridkit.maps.disclosure import last_window
from gridkit.records.spec import RECORD_SPECS
from gridkit.training.write import write_town

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own imports
    frictionless = pytest.importorskip("frictionless", reason="needs frictionless")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Make an invented county of half a year."""
    workspace = write_town(tmp_path_factory.mktemp("town") / "w", grids=343, weeks=26)
    yield workspace
    workspace.close()


def about(town, audience="desk"):
    """Say whose data it is."""
    day = town.store.today()
    return About(town.name, town.store.county_code, day, audience, "数据包", town.invented)


def problems(path):
    """Ask the real validator; give what it finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = frictionless.validate(str(path))
    return report.flatten(["title", "fieldName", "note"])


def desk_package(town, path):
    """Write the package of the whole ledger."""
    frames = {kind: town.store.frame(kind) for kind in RECORD_SPECS}
    return write_package(ledger_tables(frames, town.profile), path, about(town))


def test_the_validator_accepts_the_ledger_as_a_zip_and_as_a_folder(town, tmp_path):
    """Types, constraints, keys, hashes and sizes: all hold for every row."""
    for path in (tmp_path / "p.zip", tmp_path / "p"):
        desk_package(town, path)
        assert problems(path if path.suffix else path / "datapackage.json") == []


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("demand_type", "weather", "Constraint Error"),
        ("grid_id", "x", "Constraint Error"),
        ("heard_on", "soon", "Type Error"),
        ("visit_id", "gone", "ForeignKey Error"),
    ],
)
def test_the_validator_finds_what_the_schema_forbids(town, tmp_path, column, value, fault):
    """What is written into a file by hand is seen: the schema says what the spec says."""
    folder = desk_package(town, tmp_path / "p")
    rows = list(csv.reader(io.StringIO((folder / "concern.csv").read_text("utf-8"))))
    rows[1][rows[0].index(column)] = value
    with (folder / "concern.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)

    found = problems(folder / "datapackage.json")

    # of a foreign key the validator names the field in its note only
    named = {(title, field or note.split('"')[1]) for title, field, note in found}
    assert (fault, column) in named
    assert {title for title, _ in named} - {"Byte Count Error"} == {fault, "Hash Count Error"}


def test_a_package_says_what_each_column_is_and_holds_all_records(town, tmp_path):
    """Words in two languages, a dictionary, and as many rows as the ledger has records."""
    path = desk_package(town, tmp_path / "p.zip")

    with zipfile.ZipFile(path) as packed:
        told = json.loads(packed.read("datapackage.json"))
        sizes = {
            one["name"]: packed.read(one["path"]).count(b"\r\n") - 1
            for one in told["resources"]
        }

    fields = [
        field
        for one in told["resources"]
        for field in one["schema"]["fields"]
        if one["name"] in RECORD_SPECS
    ]
    assert all(f["title"] and f["titleEn"] and f["description"] for f in fields)
    assert {kind: sizes[kind] for kind in RECORD_SPECS} == {
        kind: town.store.size(kind) for kind in RECORD_SPECS
    }
    assert sizes["dictionary"] == sum(
        len(one["schema"]["fields"]) for one in told["resources"] if one["name"] != "dictionary"
    )
    assert "内部使用" in told["title"]
    assert "虚构" in told["title"]
    assert path.stat().st_mode & 0o077 == 0


def test_a_reference_to_what_was_withdrawn_is_no_foreign_key(tmp_path):
    """The package of a ledger with orphans is sound, too."""
    with gk.create_store(tmp_path / "l.db", county_code="990428") as store:
        grid = "990428100001001"
        seen = gk.Visit(grid_id=grid, visited_on="2026-01-05", outcome="refused")
        heard = gk.Concern(
            grid_id=grid,
            source="grid_visit",
            heard_on="2026-01-05",
            demand_type="water",
            visit_id=seen.record_id,
        )
        store.add([seen, heard], by_role="grid_worker")
        frames = {kind: store.frame(kind) for kind in RECORD_SPECS}
    frames["visit"] = frames["visit"].iloc[:0]
    said = About("某县", "990428", heard.heard_on, "desk", "数据包")
    write_package(ledger_tables(frames, gk.load_profile()), tmp_path / "p.zip", said)

    assert problems(tmp_path / "p.zip") == []


def test_a_folder_that_is_there_is_left_alone(town, tmp_path):
    """Nothing is overwritten, nothing is left lying about."""
    (tmp_path / "p").mkdir()

    with pytest.raises(StoreError, match="not overwritten"):
        desk_package(town, tmp_path / "p")

    assert [one.name for one in tmp_path.iterdir()] == ["p"]


def test_what_is_handed_out_is_a_release_and_in_the_register(town, tmp_path):
    """Beside the shared map: the same protected numbers, and no point, text or record."""
    page = tmp_path / "m.html"
    asked = ["map", "-w", str(town.folder), "--shared", "--window", "quarter"]

    done = CliRunner().invoke(app, [*asked, "--package", "-o", str(page)])

    assert done.exit_code == 0, done.output
    assert problems(tmp_path / "m.zip") == []
    day = town.store.today()
    what = maps.shared(town, last_window(day, "quarter"))
    with zipfile.ZipFile(tmp_path / "m.zip") as packed:
        told = json.loads(packed.read("datapackage.json"))
        name = {"grid": "grid", "village": "village", "township": "township"}[what.level]
        rows = list(csv.DictReader(io.TextIOWrapper(packed.open(f"{name}.csv"), "utf-8")))
        every = b"".join(packed.read(one) for one in packed.namelist()).decode()
    assert told["audience"] == "shared"
    assert not [one for one in town.store.frame("concern").index if one in every]
    assert not {"lon", "lat", "geometry"} & set(rows[0])
    assert set(told["resources"][0]["schema"]["fields"][0]) >= {"name", "type", "title"}
    shown = what.areas()["n"]
    assert [row["件数"] for row in rows] == ["" if pd.isna(n) else str(n) for n in shown]


def test_a_map_for_the_desk_is_no_package_to_hand_out(town, tmp_path):
    """Its numbers are exact: the ledger's own package is for that."""
    asked = ["map", "-w", str(town.folder), "--package", "-o", str(tmp_path / "m.html")]

    done = CliRunner().invoke(app, asked)

    assert done.exit_code != 0
    assert not (tmp_path / "m.zip").exists()
