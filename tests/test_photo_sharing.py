"""A photo stays on the desk: no export, map or report carries it, nor even its name."""

from __future__ import annotations

import base64
import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import gridkit as gk
from gridkit.cli import app
from gridkit.forms import Desk
from gridkit.forms.matter_view import MatterView
from gridkit.training.write import write_town

COUNTY = """
code = "990428"
zh = "青溪县"
en = "Qingxi County"
invented = true
photos = true
source = "a test"
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Make an invented county that takes photos, and record one; give workspace and photo."""
    folder = tmp_path_factory.mktemp("town") / "workspace"
    write_town(folder, grids=343, weeks=26).close()
    (folder / "profile").mkdir(exist_ok=True)
    (folder / "profile" / "county.toml").write_text(COUNTY, encoding="utf-8")
    workspace = gk.open_workspace(folder)
    noise = np.random.default_rng(6).integers(0, 255, (60, 80, 3), dtype="uint8")
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    name = workspace.store.photos.keep(file.getvalue())
    one = gk.Concern(
        grid_id=workspace.store.frame("concern")["grid_id"].iloc[0],
        source="hotline",
        heard_on=workspace.store.today(),
        demand_type="neighbors",
        dispute_code="0201",
        photo=name,
    )
    step = gk.Step(concern_id=one.record_id, action="registered", on=workspace.store.today())
    workspace.store.add([one, step], by_role="trainer")
    yield workspace, one.record_id, name
    workspace.close()


def contents(path):
    """Give what a file holds, unpacked where it is a ZIP (as XLSX and DOCX are)."""
    if not zipfile.is_zipfile(path):
        return [path.read_bytes()]
    with zipfile.ZipFile(path) as packed:
        return [packed.read(part) for part in packed.namelist()]


@pytest.mark.parametrize(
    "asked",
    [
        ("export", "csv", "--to"),
        ("export", "disputes", "--to"),
        ("export", "open311", "--to"),
        ("export", "gpkg", "--to"),
        ("map", "-o"),
        ("map", "--shared", "--gpkg", "-o"),
        ("map", "--gpkg", "--geojson", "-o"),
        ("counts", "-o"),
        ("report", "book", "--to"),
        ("report", "half-month", "--to"),
    ],
    ids=" ".join,
)
def test_nothing_that_is_written_carries_a_photo(town, tmp_path, asked):
    """Neither its bytes, plain or as base64, nor the hash that names it in the ledger."""
    workspace, _, name = town
    photo = workspace.store.photos.read(name)
    ending = {"csv": ".csv", "disputes": ".csv", "open311": ".json", "gpkg": ".gpkg"}
    ending |= {
        "book": ".xlsx",
        "half-month": ".docx",
        "-o": ".csv" if asked[0] == "counts" else ".html",
    }
    target = tmp_path / f"out{ending.get(asked[1], '.html')}"

    done = CliRunner().invoke(app, [*asked, str(target), "-w", str(workspace.folder)])

    assert done.exit_code == 0, done.output
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    body = photo[300:360]  # behind the head that all JPEGs share
    for path in files:
        for data in contents(path):
            assert name[:16].encode() not in data, path.name
            assert body not in data
            assert base64.b64encode(photo)[400:440] not in data


def test_the_desk_shows_the_photo(town):
    """Whoever opens the matter sees it, without any request; a lost file is said."""
    workspace, record_id, name = town
    view = MatterView(Desk.of(workspace))
    photo = workspace.store.photos.read(name)

    view.open_matter(record_id)
    shown = view.page
    workspace.store.photos.drop(name)
    view.open_matter(record_id)
    lost = view.page
    workspace.store.photos.put(photo)

    assert base64.b64encode(photo).decode() in shown
    assert "仅限办公" in shown
    assert "文件不在本机" in lost
    assert name not in lost
