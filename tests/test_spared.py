"""The ledger itself: no report, export or map is written over it, whatever stands behind --to."""

from __future__ import annotations

import shutil

import docx
import pytest
import shapely
from typer.testing import CliRunner

import gridkit as gk
from gridkit import reports
from gridkit.cli import app
from gridkit.errors import GridkitError, StoreError
from gridkit.exchange.output import put_bytes
from gridkit.records.grids import make_grids

WRITERS = [
    ("export", "csv", "--to"),
    ("export", "disputes", "--to"),
    ("export", "open311", "--to"),
    ("export", "gpkg", "--to"),
    ("export", "datapackage", "--to"),
    ("report", "book", "--to"),
    ("report", "half-month", "--to"),
    ("report", "visit", "--to"),
    ("template", "half-month", "--force", "--to"),
    ("counts", "-o"),
    ("map", "-o"),
    ("scan", "--out"),
    ("table", "--type", "water", "-o"),
    ("xlsform", "--out"),
    ("bundle",),
]


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Make a county with a few matters and grids."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.42, 26.72), 500, "990428", 40)
    made = gk.create_workspace(
        tmp_path_factory.mktemp("county") / "w",
        name="青溪县",
        county_code="990428",
        grids=grids,
        invented=True,
    )
    heard = [
        gk.Concern(
            grid_id=str(grids.index[0]),
            source="window",
            heard_on="2026-10-01",
            demand_type="water",
        )
        for _ in range(6)
    ]
    made.store.add(heard, by_role="trainer")
    yield made
    made.close()


@pytest.mark.parametrize("name", ["ledger.db", "copy.xlsx", "copy"])
@pytest.mark.parametrize("words", WRITERS, ids=" ".join)
def test_nothing_is_written_over_a_ledger(county, tmp_path, words, name):
    """By its own name, or by another: it stays as it was, byte by byte."""
    shutil.copyfile(county.store.path, tmp_path / name)
    whole = (tmp_path / name).read_bytes()

    CliRunner().invoke(app, [*words, str(tmp_path / name), "-w", str(county.folder)])

    assert (tmp_path / name).read_bytes() == whole


def test_a_key_is_spared_and_a_report_replaces_a_report(tmp_path):
    """What hides the places cannot be had again; the report of yesterday can."""
    for name, spared in (("mask.key", True), ("台账.xlsx", False), ("map.gpkg", False)):
        (tmp_path / name).write_bytes(b"SQLite format 3\0" if name == "map.gpkg" else b"old")
        if spared:
            with pytest.raises(StoreError, match="not replaced"):
                put_bytes(tmp_path / name, b"new")
        else:
            put_bytes(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == (b"old" if spared else b"new")


def test_a_report_is_named_as_what_it_is(county, tmp_path):
    """A Word file called .pdf opens nowhere; and a template is not filled over itself."""
    place = ["-w", str(county.folder), "--to"]
    form, own = tmp_path / "t.toml", tmp_path / "own.docx"
    form.write_text(
        'title = "表"\n[[column]]\nhead = "类别"\nname = "demand_type"\n', encoding="utf-8"
    )
    page = docx.Document()
    page.add_paragraph("{{ title }}")
    page.add_paragraph("{{ rows|length }}")
    page.save(str(own))
    whole = own.read_bytes()
    asked = ["report", "own", "--form", str(form), "--template", str(own), *place]

    refused = [
        CliRunner().invoke(app, ["report", "half-month", *place, str(tmp_path / "a.pdf")]),
        CliRunner().invoke(app, ["report", "book", *place, str(tmp_path / "a.docx")]),
        CliRunner().invoke(app, [*asked, str(tmp_path / "a.xlsx")]),
        CliRunner().invoke(app, [*asked, str(own)]),
    ]
    written = CliRunner().invoke(app, [*asked, str(tmp_path / "a.docx")])

    assert all(isinstance(done.exception, GridkitError) for done in refused)
    assert "--pdf" in str(refused[0].exception)
    assert own.read_bytes() == whole
    assert written.exit_code == 0
    assert docx.Document(str(tmp_path / "a.docx")).paragraphs[0].text == "表"


def test_a_report_is_not_written_over_the_county_s_own_template(county):
    """It took an afternoon to make."""
    own = county.folder / "templates" / "half_month.docx"
    reports.take_out(own)
    whole = own.read_bytes()
    asked = ["report", "half-month", "-w", str(county.folder), "--to", str(own)]

    done = CliRunner().invoke(app, asked)

    assert "模板本身" in str(done.exception)
    assert own.read_bytes() == whole
