"""The overview of a ledger: small counties, few concerns, and what the map then says."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridkit import forms, maps
from gridkit.errors import DataError
from gridkit.maps.overview import overview
from gridkit.records import Concern, create_workspace


def lay(side: int) -> gpd.GeoDataFrame:
    """Lay squares of about a kilometer side by side."""
    east, south = np.arange(side**2) % side / 100, np.arange(side**2) // side / 100
    boxes = shapely.box(117.4 + east, 26.7 + south, 117.41 + east, 26.71 + south)
    ids = [f"990428100001{i:03d}" for i in range(1, side**2 + 1)]
    columns = {"name": ids, "village_code": "990428100001", "township_code": "990428100000",
               "households": 50, "population": 150}  # fmt: skip
    return gpd.GeoDataFrame(
        columns, geometry=boxes, index=pd.Index(ids, name="grid_id"), crs=4326
    )


def county(folder, side: int, concerns: int, unknown: int = 0):
    """Make a workspace with all concerns in its first grid; of the last, no households."""
    grids = lay(side).astype({"households": "Int64"})
    grids.loc[grids.index[side**2 - unknown :], "households"] = pd.NA
    made = create_workspace(folder, name="小县", county_code="990428", grids=grids)
    first = str(made.grids.index[0])
    made.store.add(
        [
            Concern(
                heard_on=made.store.today(), demand_type="water", grid_id=first, source="window"
            )
            for _ in range(concerns)
        ],
        by_role="grid_worker",
    )
    return made


@pytest.mark.parametrize("side", [1, 2, 3])
def test_a_county_of_few_grids_has_a_map_without_a_test(tmp_path, side):
    """The rates are drawn, and words say why there is no test: in the map's run and the view."""
    workspace = county(tmp_path / "w", side, 40)

    found = overview(workspace)
    page = maps.render(found.map())
    view = forms.hotspots(workspace)

    assert found.tests is None
    assert found.rates["n"].sum() == 40
    assert "网格太少" in found.sentence_zh
    assert "too few grids" in found.sentence_en
    assert "诉求率" in page
    assert found.sentence_zh.split(": ", 1)[1] in view.sentence
    assert view.table["n"].sum() == 40


@pytest.mark.parametrize(
    ("unknown", "words"),
    [
        (3, "另有 3 个网格户数未知 (其中诉求 0 件)"),
        (30, "36 个网格中 30 个户数未知, 不足以算率"),
    ],
)
def test_households_known_for_some_grids_give_a_map_that_says_so(tmp_path, unknown, words):
    """Rates of those known, or densities where hardly any is; never an error, never unsaid."""
    workspace = county(tmp_path / "w", 6, 40, unknown)

    found = overview(workspace)
    page = maps.render(found.map())

    assert words in found.sentence_zh
    assert (found.rates is None) == (unknown == 30)
    assert "热点" in page


def test_map_and_view_say_the_same(tmp_path):
    """One rule and one seed: the sentence under the map is that of the view."""
    workspace = county(tmp_path / "w", 6, 40)

    found, view = overview(workspace, weeks=4), forms.hotspots(workspace)
    view.weeks.value = "4"

    when, said = found.sentence_zh.split(": ", 1)
    assert when == f"{found.since} 至 {found.on}, 各类诉求"
    assert said in view.sentence
    pd.testing.assert_series_equal(
        found.tests["q"], view.table["q"].reindex(found.tests.index), check_names=False
    )


def test_the_map_says_how_chance_was_measured(tmp_path):
    """In the legend of hotspots, beside the classes and their q."""
    workspace = county(tmp_path / "w", 6, 40)
    notes = [
        note
        for layer in overview(workspace).map()._children.values()
        if isinstance(layer, maps.layers.GridLayer) and "热点" in layer.legend.title
        for note in layer.legend.notes
    ]

    assert any("把同样多的诉求随机分到各户" in note for note in notes)


def test_few_concerns_are_not_tested_on_the_map_either(tmp_path):
    """The same limit as in the view."""
    found = overview(county(tmp_path / "w", 6, 29))

    assert found.tests is None
    assert "不足 30 件" in found.sentence_zh


def test_a_period_without_concerns_says_where_they_are(tmp_path):
    """Rather than "too few", the day of the last concern and the option that leads there."""
    workspace = county(tmp_path / "w", 6, 40)
    today = workspace.store.today()

    found = overview(workspace, on=dt.date(2020, 1, 1))

    assert found.sentence_zh.endswith(f"台账最近一件在 {today}。")
    assert f"请用 `--on {today}`" in found.elsewhere_zh
    assert f"Give `--on {today}`" in found.elsewhere_en


def test_without_households_the_density_is_drawn(tmp_path):
    """Not only its hotspots: each grid has its concerns per square kilometer."""
    grids = lay(6).assign(households=pd.array([None] * 36, dtype="Int64"))
    workspace = create_workspace(tmp_path / "w", name="小县", county_code="990428", grids=grids)

    layers = [
        layer.legend.title
        for layer in overview(workspace).map()._children.values()
        if isinstance(layer, maps.layers.GridLayer)
    ]

    assert "诉求密度" in layers


def test_rivers_and_roads_of_the_workspace_are_drawn(tmp_path):
    """As lines below the names, within a meter; a broken file is named, not ignored."""
    workspace = county(tmp_path / "w", 3, 1)
    river = gpd.GeoDataFrame(
        {"name": ["青溪"], "rank": [1]},
        geometry=[shapely.LineString([(117.4, 26.7), (117.41, 26.72), (117.43, 26.73)])],
        crs=4326,
    )
    river.to_file(workspace.folder / "rivers.geojson")

    m = overview(workspace).map()

    base = next(c for c in m._children.values() if hasattr(c, "townships"))
    kind, rank, steps = base.lines[0]
    back = np.cumsum(np.reshape(steps, (-1, 2)), axis=0) / 1e5
    assert (kind, rank) == (0, 1)
    np.testing.assert_allclose(back, shapely.get_coordinates(river.geometry), atol=1e-5)
    assert "青溪" in maps.render(m)
    (workspace.folder / "rivers.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"rivers\.geojson"):
        overview(workspace)
