"""A photo stays on the desk: there it is shown, without any request."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

import gridkit as gk
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
