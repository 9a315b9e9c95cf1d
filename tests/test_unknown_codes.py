"""Codes that the profile lacks: of another device, of an earlier year. No report stops at them."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files

import docx
import openpyxl
import pytest
import shapely
from typer.testing import CliRunner

import gridkit as gk
from gridkit import reports
from gridkit.cli import app
from gridkit.records.bundle import bundle
from gridkit.records.grids import make_grids
from gridkit.records.merge import merge
from gridkit.records.signing import TrustedKey, own_public
from gridkit.triage import matter_statistics

DAY = dt.date(2026, 10, 31)
DEMANDS = files("gridkit.profile") / "default" / "demands.toml"
TRAM = """
[[type]]
code = "tram"
zh = "电车"
en = "Tram"
detail = [{ code = "tram_other", zh = "其他电车", en = "Other, tram" }]
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Merge the ledger of a tablet, whose profile has a demand type more, into the office's."""
    folder = tmp_path_factory.mktemp("codes")
    grids = make_grids(shapely.box(117.40, 26.70, 117.42, 26.72), 500, "990428", 40)
    (folder / "tram").mkdir()
    (folder / "tram" / "demands.toml").write_text(DEMANDS.read_text("utf-8") + TRAM, "utf-8")
    profile = gk.load_profile(folder / "tram")
    with gk.create_store(folder / "tablet.db", county_code="990428", profile=profile) as tablet:
        heard = [
            gk.Concern(
                grid_id=str(grids.index[0]),
                source="grid_visit",
                heard_on="2026-10-20",
                demand_type="tram",
                dispute_code="0201",
                safety="violence",
            )
            for _ in range(6)
        ]
        tablet.add(heard, by_role="grid_worker")
        sent = bundle(tablet, folder / "tablet.gkb").path
    made = gk.create_workspace(
        folder / "office", name="青溪县", county_code="990428", grids=grids, invented=True
    )
    merge(made.store, sent, trusted=[TrustedKey(own_public(), "平板")])
    yield made
    made.close()


def test_the_figures_and_the_book_count_what_is_unknown(office, tmp_path):
    """It has a line of its own, named as what it is."""
    desk = reports.read_desk(office, on=DAY)

    book = openpyxl.load_workbook(
        reports.ledger_book(desk, tmp_path / "b.xlsx"), data_only=True
    )

    lines = {row[0]: row[1] for row in book["汇总"].iter_rows(values_only=True)}
    assert lines["未知代码 tram"] == 6
    table = matter_statistics(desk.concerns, desk.steps, DAY, office.profile, ["demand_type"])
    assert table.loc["tram", "matters"] == 6


@pytest.mark.parametrize("kind", ["half_month", "annual", "reception", "talk", "mediation"])
def test_every_report_is_written(office, tmp_path, kind):
    """What cannot be named is shown as unknown, with its code."""
    desk, path = reports.read_desk(office, on=DAY), tmp_path / "r.docx"
    one = str(desk.concerns.index[0])
    write = {
        "half_month": lambda: reports.half_month(desk, path),
        "annual": lambda: reports.annual_report(desk, path, year=2026),
        "reception": lambda: reports.reception_day(desk, path, level="county"),
        "talk": lambda: reports.evening_talk(desk, path, division="990428"),
        "mediation": lambda: reports.mediation_pack(desk, path, one),
    }

    write[kind]()

    page = docx.Document(str(path))
    cells = [cell.text for table in page.tables for row in table.rows for cell in row.cells]
    assert "未知代码 tram" in "\n".join([*(p.text for p in page.paragraphs), *cells])


@pytest.mark.parametrize("form", ["csv", "disputes", "open311", "gpkg", "datapackage"])
def test_every_export_is_written(office, tmp_path, form):
    """By its command: what is for others names it as unknown, what is for here keeps the code."""
    name = {"gpkg": "o-内部.gpkg", "datapackage": "o.zip"}.get(form, "o.txt")
    asked = ["export", form, "-w", str(office.folder), "--to", str(tmp_path / name)]

    done = CliRunner().invoke(app, asked)

    assert done.exit_code == 0, done.output
    assert "6 条" in done.output
    if form in {"csv", "open311"}:
        assert "tram" in (tmp_path / name).read_text("utf-8-sig")
