"""Layers of single marks, dots, heat, and of classes over time: frames in, layers out."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from gridkit import hotspots
from gridkit.errors import DataError, DisclosureError
from gridkit.maps import layers

POINTS = hnp.arrays(float, st.tuples(st.integers(1, 80), st.just(2)), elements=st.floats(0, 1))


def at(points: np.ndarray, **columns) -> pd.DataFrame:
    """Put points into a square degree of Fujian."""
    return pd.DataFrame({"lon": 117 + points[:, 0], "lat": 26 + points[:, 1], **columns})


def lay(n: int) -> gpd.GeoDataFrame:
    """Lay grids in a row, two villages of one township."""
    west = 117 + np.arange(n) / 50
    ids = [f"990428100{200 + i % 2}{i:03d}" for i in range(n)]
    return gpd.GeoDataFrame(
        {"name": ids, "households": 100},
        geometry=shapely.box(west, 26, west + 0.02, 26.02),
        index=pd.Index(ids, name="grid_id"),
        crs=4326,
    )


# --- heat and dots ---------------------------------------------------------------------------


@settings(max_examples=30)
@given(POINTS)
def test_heat_counts_every_place_once(points):
    """Bins hold all concerns with a place, and the block they lie in is no larger than needed."""
    bins = layers.heat_layer(at(points)).data

    assert bins.counts.sum() == len(points)
    assert max(bins.counts.shape) <= 640
    assert bins.counts[0].any()
    assert bins.counts[:, 0].any()


def test_the_densest_bins_of_heat_are_the_densest_places():
    """The bin with most concerns holds the place where most were put."""
    rng = np.random.default_rng(5)
    points = np.vstack([rng.uniform(0, 1, (2000, 2)), rng.normal(0.3, 0.0003, (500, 2))])

    bins = layers.heat_layer(at(points)).data

    row, column = np.unravel_index(bins.counts.argmax(), bins.counts.shape)
    world = 4 * 2**bins.zoom
    lon = (bins.west + column + 0.5) / world * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (bins.north + row + 0.5) / world))))
    assert lon == pytest.approx(117.3, abs=0.003)
    assert lat == pytest.approx(26.3, abs=0.003)


@settings(max_examples=30)
@given(POINTS)
def test_every_concern_is_a_dot(points):
    """No dot is lost, whichever its band, and its place is told to a meter or two."""
    band = np.resize(["red", "blue", None, "yellow"], len(points))

    dots = layers.dot_layer(at(points, band=pd.Categorical(band))).data

    xy = np.vstack(dots.places) + np.array([dots.west, dots.north])
    lon = np.sort((xy[:, 0] + 0.5) / (256 * 2**17) * 360 - 180)
    assert len(xy) == len(points)
    np.testing.assert_allclose(lon, np.sort(117 + points[:, 0]), atol=1e-5)


@pytest.mark.parametrize(
    "draw", [layers.heat_layer, layers.dot_layer, layers.concern_markers, layers.concern_discs]
)
def test_what_has_no_place_is_counted_and_swapped_places_are_named(draw):
    """Each layer of concerns says what it leaves out, and takes no latitude of 117 degrees."""
    some = pd.DataFrame({"lon": [117.0, np.nan], "lat": [26.0, 26.0], "band": ["red", "red"]})

    assert any("另有 1 件没有位置" in note for note in draw(some).legend.notes)
    assert draw(some.head(0)).legend.notes
    with pytest.raises(DataError, match="swapped"):
        draw(some.rename(columns={"lon": "lat", "lat": "lon"}))


# --- single marks ----------------------------------------------------------------------------


def test_single_marks_are_for_the_few():
    """2,001 concerns are refused with the way out; 2,000 are drawn, the most urgent first."""
    rng = np.random.default_rng(1)
    many = at(rng.uniform(0, 1, (2001, 2)), band=rng.choice(["red", "blue"], 2001))

    layer = layers.concern_markers(many.head(2000), popups=["id", "band"])

    kinds = [mark[2] for mark in layer.data]
    assert kinds == sorted(kinds)
    assert len(layer.rows.cells) == 2000
    with pytest.raises(DataError, match="concern_discs"):
        layers.concern_markers(many)


def test_a_mark_lists_no_free_text():
    """Neither addresses nor what somebody said can be asked for."""
    one = pd.DataFrame({"lon": [117.0], "lat": [26.0], "address": ["解放路 13 号"]})

    with pytest.raises(DisclosureError, match="address"):
        layers.concern_markers(one, popups=["address"])


def test_a_room_without_a_place_stands_in_its_division():
    """Where grids are known; a division that has none is counted as not drawn."""
    grids = lay(6)
    rooms = pd.DataFrame(
        {
            "title": ["甲", "乙", "丙", "丁"],
            "level": ["village", "township", "county", "village"],
            "division_code": ["990428100200", "990428100000", "990428000000", "990428900200"],
            "lon": [np.nan, np.nan, 117.01, np.nan],
            "lat": [np.nan, np.nan, 26.01, np.nan],
        }
    )

    layer = layers.room_layer(rooms, grids)

    assert [row[0] for row in layer.rows.cells] == ["丙", "乙", "甲"]
    village = shapely.Point(layer.data[2][0] / 1e5, layer.data[2][1] / 1e5)
    own = grids.index.str.startswith("990428100200")
    assert grids.geometry[own].contains(village).any()
    assert any("2 处没有坐标, 画在" in note for note in layer.legend.notes)
    assert any("另有 1 处" in note for note in layer.legend.notes)


# --- routes ----------------------------------------------------------------------------------


def length(xy: np.ndarray) -> float:
    """Measure an open way with pyproj's ellipsoid, meters."""
    from pyproj import Geod

    return Geod(ellps="WGS84").line_length(xy[:, 0], xy[:, 1])


@settings(max_examples=30)
@given(POINTS)
def test_a_route_passes_every_matter_once_and_no_turn_would_shorten_it(points):
    """All are visited, stops are numbered in order, and reversing any part makes it longer."""
    matters = at(points).iloc[:12]

    route = layers.visit_route(matters)
    xy = route.drop_duplicates("stop")[["lon", "lat"]].to_numpy()

    assert sorted(route.index) == sorted(matters.index)
    assert route["stop"].tolist() == sorted(route["stop"])
    assert route["stop"].max() == len(xy)
    now = length(xy)
    for i in range(1, len(xy)):
        for j in range(i + 1, len(xy)):
            turned = np.vstack([xy[:i], xy[i : j + 1][::-1], xy[j + 1 :]])
            # a sphere is not an ellipsoid: half a percent at most
            assert length(turned) >= now * (1 - 0.006) - 1


def test_a_route_says_how_long_it_is():
    """A degree of latitude is 111.2 km on the sphere; two matters at one door are one stop."""
    matters = pd.DataFrame({"lon": [117.0, 117.0, 117.0], "lat": [26.0, 27.0, 27.0]})

    route = layers.visit_route(matters)

    assert route["stop"].tolist() == [1, 2, 2]
    assert route["leg_m"].tolist() == pytest.approx([0, 111_195, 0], abs=1)
    assert layers.route_layer(route).line == [(11700000, 2600000), (11700000, 2700000)]


def test_a_route_can_start_at_the_office():
    """Then the first leg is the way from there."""
    matters = pd.DataFrame({"lon": [117.2, 117.1], "lat": [26.0, 26.0]})

    route = layers.visit_route(matters, start=(117.0, 26.0))

    assert route["lon"].tolist() == [117.1, 117.2]
    assert route["leg_m"].iloc[0] > 9_000


# --- classes ---------------------------------------------------------------------------------


def test_every_emerging_class_has_a_look_of_its_own():
    """17 classes: no two of the 16 marked ones share color, lines and character."""
    codes = [c.code for c in hotspots.EMERGING_CLASSES]
    grids = lay(len(codes))

    layer = layers.emerging_layer(grids, pd.DataFrame({"kind": codes}, index=grids.index))

    marked = [c for c in layer.classes if "hatch" in c]
    looks = {(c["hatch"]["kind"], c["glyph"]) for c in marked}
    assert len(marked) == len(looks) == 16
    assert len(layer.legend.items) == 16


def test_silence_is_hatched_like_nothing_else():
    """Upright lines; slanting ones say hot and level ones cold."""
    grids = lay(5)
    codes = [c.code for c in hotspots.SILENT_CLASSES]

    layer = layers.silent_layer(grids, pd.DataFrame({"verdict": codes}, index=grids.index))

    assert [c["hatch"]["kind"] for c in layer.classes[:2]] == ["upright", "upright"]
    assert "上门" in layer.legend.notes[0]


@pytest.mark.parametrize(
    ("draw", "column"),
    [(layers.emerging_layer, "kind"), (layers.silent_layer, "verdict")],
)
def test_unknown_and_missing_classes_are_named(draw, column):
    """A frame of another method is refused in both languages."""
    grids = lay(2)

    with pytest.raises(DataError, match=f"`{column}` holds unknown"):
        draw(grids, pd.DataFrame({column: ["warm", "warm"]}, index=grids.index))
    with pytest.raises(DataError, match=f"needs the column `{column}`"):
        draw(grids, pd.DataFrame(index=grids.index))


# --- before and after ------------------------------------------------------------------------


def counted(before: list[int], after: list[int]) -> pd.DataFrame:
    """Lay out counts of one week before and one after 2026-03-11."""
    weeks = pd.to_datetime(["2026-03-02", "2026-03-09", "2026-03-16"])
    n = [[b, 99, a] for b, a in zip(before, after, strict=True)]
    ids = [g for g in lay(len(n)).index for _ in weeks]
    table = pd.DataFrame({"grid_id": ids, "week": list(weeks) * len(n), "n": np.ravel(n)})
    return table.astype({"n": "Int64"})


def test_p_is_that_of_the_exact_binomial_test():
    """Against the share of the other grids, as scipy's own test gives it (doubled tail)."""
    found = hotspots.before_after(counted([20, 40, 60], [2, 30, 50]), dt.date(2026, 3, 11), 1)

    share = (30 + 50) / (40 + 60 + 30 + 50)
    tail = stats.binomtest(2, 22, share, alternative="less").pvalue
    assert found["p"].iloc[0] == pytest.approx(min(1, 2 * tail))
    assert found["change"].iloc[0] == "less"
    assert found["expected"].iloc[0] == pytest.approx(22 * share)


def test_what_falls_everywhere_is_no_success_of_the_measure():
    """When all grids halve together, none stands out."""
    found = hotspots.before_after(counted([40] * 6, [20] * 6), dt.date(2026, 3, 11), 1)

    assert set(found["change"]) == {"none"}


def test_few_concerns_are_not_called_a_change():
    """Seven before and none after is still too few to tell."""
    found = hotspots.before_after(counted([7, 50], [0, 50]), dt.date(2026, 3, 11), 1)

    assert found["change"].iloc[0] == "few"
    assert np.isnan(found["q"].iloc[0])


def test_alarms_by_chance_stay_at_their_share():
    """Where nothing changed, at most one run in ten calls any of 60 grids changed."""
    rng = np.random.default_rng(11)
    alarms = 0
    for _ in range(100):
        counts = counted(rng.poisson(12, 60).tolist(), rng.poisson(12, 60).tolist())
        found = hotspots.before_after(counts, dt.date(2026, 3, 11), 1)
        alarms += found["change"].isin(["less", "more"]).any()

    assert alarms <= 10


def test_a_side_without_a_recorded_week_is_named():
    """There is nothing to compare before the first week or after the last."""
    with pytest.raises(DataError, match="no whole week after 2026-03-16"):
        hotspots.before_after(counted([9], [9]), dt.date(2026, 3, 16), 1)
