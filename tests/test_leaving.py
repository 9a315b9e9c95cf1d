"""Whatever writes a file from the ledger: no word, door, number or photo of anybody leaves.

What is shared shows no exact place and no leader's post either. (That it shows no count under
k is held by the attacks of `test_register`, `test_disclosure` and `test_shared_table`.)

Every command of gridkit is named here once, as a way out, as one whose file is meant for the
own desk, or as one that writes nothing from the ledger. A new command, form or report that is
named nowhere fails `test_every_command_is_named_once`.
"""

from __future__ import annotations

import base64
import io
import zipfile

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

import gridkit as gk
from gridkit.cli import app
from gridkit.commands.export import Form
from gridkit.commands.report import Kind
from gridkit.records import Backlog
from gridkit.records.spec import RECORD_SPECS
from gridkit.training.write import write_town

WORDS = "张三家的电话"
CONTACT = "13800138000"
DOOR = "幸福里七栋四零二"
NUMBER = "外来编号HX7731"
POST = "分管副县长甲"
PLACE = (117.412345, 26.823456)
CANARIES = {
    "note": WORDS + CONTACT,
    "address": DOOR,
    "summary": WORDS + CONTACT,
    "wanted": WORDS + CONTACT,
    "reason": WORDS + CONTACT,
    "external_id": NUMBER,
    "leader_post": POST,
    "lon": PLACE[0],
    "lat": PLACE[1],
    "photo": "",  # its hash, put in below
}
COUNTY = """
code = "990428"
zh = "青溪县"
en = "Qingxi County"
invented = true
photos = true
source = "a test"
"""
TABLE = """
title = "按类别"
[[column]]
head = "类别"
name = "demand_type"
"""

SHARED = [
    ("map", "--shared", "--gpkg", "--geojson", "--package", "-o", "m.html"),
    ("map", "--shared", "--places", "-o", "m.html"),
    ("table", "--type", "water", "--type", "property", "-o", "t.csv"),
    ("table", "--type", "water", "--type", "property", "-o", "t.xlsx"),
    ("xlsform", "--out", "x.xlsx"),
    ("export", "open311", "--to", "r.json"),
    ("report", "talk", "--division", "DIVISION", "--to", "t.docx"),
]
DESK = [
    ("counts", "-o", "c.csv"),
    ("map", "-o", "m.html"),
    ("map", "--layers", "dots,concerns,heat,clusters", "--gpkg", "--geojson", "-o", "m.html"),
    ("scan", "--out", "w.html"),
    ("export", "disputes", "--to", "d.csv"),
    ("export", "gpkg", "--to", "g.gpkg"),
    ("export", "datapackage", "--to", "p.zip"),
    ("report", "half-month", "--to", "h.docx"),
    ("report", "reception", "--to", "r.docx"),
    ("report", "mediation", "--matter", "MATTER", "--to", "p.docx"),
    ("report", "annual", "--to", "a.docx"),
    ("report", "visit", "--to", "v.docx"),
    ("report", "own", "--form", "TABLE", "--to", "o.xlsx"),
]
OWNERS = [  # tell the matter in the words that were recorded, for the unit that handles it
    ("report", "book", "--to", "b.xlsx"),
    ("export", "csv", "--to", "whole.csv"),
]
LEDGERS = {"bundle"}  # a whole ledger for another of the same office, signed
WRITES_NOTHING_FROM_THE_LEDGER = {
    "boundaries", "board", "check", "clocks", "demo", "drill", "evaluate", "import", "merge",
    "new", "open311", "published", "receptions", "score", "serve", "statistics", "step", "template", "town",
}  # fmt: skip
TOWNSHIP_DIGITS = 9


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Make an invented county; one matter has a canary in all that is not open."""
    folder = tmp_path_factory.mktemp("town") / "workspace"
    write_town(folder, grids=343, weeks=26).close()
    (folder / "profile").mkdir(exist_ok=True)
    (folder / "profile" / "county.toml").write_text(COUNTY, encoding="utf-8")
    (folder / "own.toml").write_text(TABLE, encoding="utf-8")
    workspace = gk.open_workspace(folder)
    noise = np.random.default_rng(6).integers(0, 255, (60, 80, 3), dtype="uint8")
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    name = workspace.store.photos.keep(file.getvalue())
    grid, day = workspace.store.frame("concern")["grid_id"].iloc[0], workspace.store.today()
    one = gk.Concern(
        grid_id=grid,
        source="hotline",
        heard_on=day,
        demand_type="neighbors",
        dispute_code="0201",
        safety=["house_unsafe"],
        summary=CANARIES["summary"],
        wanted=CANARIES["wanted"],
        external_id=NUMBER,
        lon=PLACE[0],
        lat=PLACE[1],
        place_source="map",
        photo=name,
    )
    seen = gk.Visit(
        grid_id=grid,
        visited_on=day,
        outcome="refused",
        address=DOOR,
        note=CANARIES["note"],
    )
    step = gk.Step(
        concern_id=one.record_id, action="registered", on=day, reason=CANARIES["reason"]
    )
    override = gk.Decision(
        concern_id=one.record_id,
        on=day,
        card_hash="0" * 64,
        score=20,
        advised="yellow",
        decided="orange",
        reason=CANARIES["reason"],
    )
    hard = Backlog(concern_id=one.record_id, batch=2, taken_on=day, leader_post=POST)
    workspace.store.add([one, seen, step, override, hard], by_role="trainer")
    yield workspace, one.record_id, name
    workspace.close()


def run(town, tmp_path, asked):
    """Run the command in a folder of its own; give its output and what its files hold."""
    workspace, record_id, _ = town
    grid = workspace.store.frame("concern").loc[record_id, "grid_id"]
    words = {
        "DIVISION": grid[:TOWNSHIP_DIGITS],
        "MATTER": record_id[-8:],
        "TABLE": str(workspace.folder / "own.toml"),
    }
    *first, name = (words.get(word, word) for word in asked)
    done = CliRunner().invoke(app, [*first, str(tmp_path / name), "-w", str(workspace.folder)])
    assert done.exit_code == 0, done.output
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    return done.output, {
        f"{path.name}/{part}": raw for path in files for part, raw in parts(path)
    }


def parts(path):
    """Give what a file holds, unpacked where it is a ZIP (as XLSX and DOCX are)."""
    if not zipfile.is_zipfile(path):
        return [("", path.read_bytes())]
    with zipfile.ZipFile(path) as packed:
        return [(part, packed.read(part)) for part in packed.namelist()]


def leaked(raw, town, *, shared):
    """Name what of the canary matter is in the bytes."""
    workspace, _, photo = town
    body = workspace.store.photos.read(photo)
    looked_for = {
        "words": [WORDS, ascii(WORDS)[1:-1]],
        "contact": [CONTACT],
        "address": [DOOR, ascii(DOOR)[1:-1]],
        "outside number": [NUMBER, "HX7731"],
        "photo": [photo[:16], body[300:360], base64.b64encode(body)[400:440]],
    }
    if shared:
        looked_for["post"] = [POST, ascii(POST)[1:-1]]
        looked_for["place"] = [f"{PLACE[0]:.4f}"[:-1], f"{PLACE[1]:.4f}"[:-1]]
    return {
        what
        for what, signs in looked_for.items()
        for sign in signs
        if (sign.encode() if isinstance(sign, str) else sign) in raw
    }


@pytest.mark.parametrize("asked", [*SHARED, *DESK], ids=" ".join)
def test_nothing_of_a_person_leaves(town, tmp_path, asked):
    """No word, contact, door, outside number or photo; shared: not the place either."""
    said, held = run(town, tmp_path, asked)

    assert leaked(said.encode(), town, shared=True) == set()
    found = {name: leaked(raw, town, shared=asked in SHARED) for name, raw in held.items()}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("asked", OWNERS, ids=" ".join)
def test_what_tells_the_matter_is_its_owners_alone(town, tmp_path, asked):
    """The words are in it, so would be seen above; nobody else of the machine may read it."""
    said, held = run(town, tmp_path, asked)

    assert leaked(said.encode(), town, shared=True) == set()
    found = set().union(*(leaked(raw, town, shared=False) for raw in held.values()))
    assert {"words", "contact"} <= found
    assert found <= {"words", "contact", "outside number"}
    assert (tmp_path / asked[-1]).stat().st_mode & 0o077 == 0


def test_every_command_is_named_once():
    """A new command, export or report must be put into one of the lists above."""
    ways = [*SHARED, *DESK, *OWNERS]
    out = {asked[0] for asked in ways}
    known = out | LEDGERS | WRITES_NOTHING_FROM_THE_LEDGER
    exports = {asked[1] for asked in ways if asked[0] == "export"}
    reports = {asked[1] for asked in ways if asked[0] == "report"}

    assert set(typer.main.get_command(app).commands) == known
    assert out.isdisjoint(WRITES_NOTHING_FROM_THE_LEDGER)
    assert exports == {str(form) for form in Form}
    assert reports == {str(kind) for kind in Kind}


def test_every_field_that_is_not_open_has_a_canary():
    """A new field of a resident's words or of the desk alone must be looked for, too."""
    closed = {
        field.name
        for spec in RECORD_SPECS.values()
        for field in spec.fields
        if field.sensitivity != "open"
    }

    assert closed <= set(CANARIES)
