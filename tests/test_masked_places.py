"""Dots on maps that are handed out: as many as the counts say, and none comes near a home."""

from __future__ import annotations

import datetime as dt

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gridkit as gk
from gridkit import maps
from gridkit.errors import DisclosureError
from gridkit.maps import disclosure
from gridkit.maps.layer_tables import shared_tables
from gridkit.maps.layers.dots import PLACE_ZOOM, DotLayer
from gridkit.maps.masked_places import masked_places
from gridkit.records.grids import locate, make_grids

KEY = bytes(range(32))
LAND = shapely.box(117.40, 26.70, 117.46, 26.736)  # 6 km x 4 km
YEARS = range(2022, 2025)


@pytest.fixture(scope="module")
def grids():
    """24 grids of 1 km in four villages of two townships."""
    made = make_grids(LAND, 1000, "990428", 60)
    codes = [f"99042810{i // 12}{i // 6 % 2:03d}" for i in range(len(made))]
    return made.assign(village_code=codes, township_code=[c[:9] + "000" for c in codes])


@pytest.fixture(scope="module")
def concerns(grids):
    """Sixty homes that are heard over three years, one of them every week; some unplaced."""
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(117.401, 117.459, 60), rng.uniform(26.701, 26.735, 60)
    home = np.r_[rng.integers(1, 60, 1500), np.zeros(156, dtype=int)]
    days = pd.date_range("2022-01-01", "2024-12-31", freq="D")
    weekly = pd.date_range("2022-01-03", periods=156, freq="7D")
    frame = pd.DataFrame(
        {
            "home": home,
            "lon": lon[home],
            "lat": lat[home],
            "heard_on": pd.DatetimeIndex([*rng.choice(days, 1500), *weekly]),
        },
        index=[f"r{i:04d}" for i in range(len(home))],
    )
    # a receiver scatters, and what was typed for one home stays the same
    scatter = rng.normal(0, 8 / 105_000, (len(home), 2)) * (home != 0)[:, None]
    frame[["lon", "lat"]] += scatter
    frame["grid_id"] = locate(
        frame["lon"].to_numpy(), frame["lat"].to_numpy(), grids
    ).to_numpy()
    unplaced = frame.index[10:60]
    frame.loc[unplaced, ["lon", "lat"]] = np.nan
    return frame.dropna(subset="grid_id")


def windows():
    """List the months, quarters, halves and years of three years: 57 of them."""
    return [
        disclosure.window_of(dt.date(year, month, 1), kind)
        for year in YEARS
        for kind, step in (("month", 1), ("quarter", 3), ("half", 6), ("year", 12))
        for month in range(1, 13, step)
    ]


def released(concerns, grids, window, key=KEY):
    """Make the release of a window and its dots."""
    since, until = pd.Timestamp(window.since), pd.Timestamp(window.until)
    heard = concerns[(concerns["heard_on"] >= since) & (concerns["heard_on"] <= until)]
    n = heard.groupby("grid_id").size().reindex(grids.index, fill_value=0)
    made = disclosure.release(n, disclosure.levels_of(grids), window, level="village")
    return made, masked_places(concerns, grids, made, key)


def meters(lon, lat, to):
    """Give the distances between places and a table of others, on a sphere."""
    x = (np.asarray(lon)[:, None] - to["lon"].to_numpy()) * 111_195 * np.cos(np.radians(26.7))
    y = (np.asarray(lat)[:, None] - to["lat"].to_numpy()) * 111_195
    return np.hypot(x, y)


def test_there_are_as_many_dots_as_the_released_count_of_each_village(concerns, grids):
    """Matters without a place included: the difference would be a count of its own."""
    for window in windows()[::7]:
        made, dots = released(concerns, grids, window)

        shown = made.level("village").dropna().astype(int)
        assert dots.groupby("area").size().to_dict() == shown.to_dict()
        assert (dots.groupby("area").size() >= 5).all()


def test_no_average_over_57_releases_comes_within_100_m_of_a_home(concerns, grids):
    """Dots that recur are averaged, and so are those that a home's own matters have."""
    seen = pd.concat([released(concerns, grids, w)[1] for w in windows()])
    truth = concerns.dropna(subset="lon").groupby("home")[["lon", "lat"]].first()

    recurring = seen.groupby(["area", "lon", "lat"]).size()
    spots = recurring[recurring >= 52].reset_index()

    assert len(windows()) >= 52
    assert len(spots) > 0  # the home of every week is in all of them
    hers = disclosure.mask_points(
        truth.loc[[0]], maps_of(grids), pd.Series({0: village(grids, truth.loc[0])}), KEY
    )
    assert meters(spots["lon"], spots["lat"], hers).min() < 1
    assert meters(hers["lon"], hers["lat"], truth.loc[[0]]).min() >= 100
    # whatever is averaged of one home's dots over all the releases
    for home, own in concerns.dropna(subset="lon").groupby("home"):
        places = disclosure.mask_points(
            own[["lon", "lat"]],
            maps_of(grids),
            own["grid_id"].map(disclosure.levels_of(grids)["village"]),
            KEY,
        )
        mean = places.dropna().mean()
        off = meters([mean["lon"]], [mean["lat"]], truth.loc[[home]]).min()
        assert off >= 100, home


def maps_of(grids):
    """Join grids to villages."""
    return gpd.GeoDataFrame(grids.dissolve("village_code")[["geometry"]])


def village(grids, place):
    """Tell the village that a place lies in."""
    grid = locate(np.array([place["lon"]]), np.array([place["lat"]]), grids).iloc[0]
    return grids["village_code"][grid]


def test_neither_order_nor_index_of_the_dots_tells_which_record_they_are(concerns, grids):
    """The same matters in another order, under other ids, give the same table."""
    window = disclosure.window_of(dt.date(2023, 1, 1), "quarter")
    other = concerns.sample(frac=1, random_state=1).rename(index=lambda i: f"z{i}")

    a, b = (released(some, grids, window)[1] for some in (concerns, other))

    pd.testing.assert_frame_equal(a, b)
    assert list(a.columns) == ["lon", "lat", "area"]
    assert a.index.equals(pd.RangeIndex(len(a)))


def test_a_village_too_small_to_hide_in_has_no_dots_at_all(concerns, grids):
    """Where one point cannot be moved far enough, none is drawn: a missing one would tell."""
    window = disclosure.window_of(dt.date(2023, 1, 1), "year")
    small = make_grids(shapely.box(117.47, 26.70, 117.474, 26.704), 200, "990428", 60)
    small = small.rename(index=lambda i: f"{i}9").assign(
        village_code="990428109000", township_code="990428109000"
    )
    more = pd.DataFrame(
        {
            "lon": np.linspace(117.4701, 117.4739, 30),
            "lat": np.linspace(26.7001, 26.7039, 30),
            "heard_on": pd.Timestamp("2023-05-01"),
            "grid_id": small.index[0],
        }
    )
    both = gpd.GeoDataFrame(pd.concat([grids, small]), crs=4326)

    made, dots = released(pd.concat([concerns, more], ignore_index=True), both, window)

    assert made.level("village")["990428109000"] == 30
    assert "990428109000" not in set(dots["area"])


@pytest.fixture
def workspace(tmp_path, grids):
    """Give a county whose matters have places."""
    rng = np.random.default_rng(9)
    made = gk.create_workspace(tmp_path / "县", name="某县", county_code="990428", grids=grids)
    records = []
    for grid_id, shape in zip(grids.index, grids.geometry, strict=True):
        west, south, east, north = shape.bounds
        for _ in range(8):
            visit = gk.Visit(
                grid_id=str(grid_id), visited_on="2026-02-15", outcome="met", met_role="owner"
            )
            records += [
                visit,
                gk.Concern(
                    visit_id=visit.record_id,
                    grid_id=str(grid_id),
                    source="grid_visit",
                    heard_on="2026-02-15",
                    demand_type="water",
                    summary="水压低",
                    lon=round(rng.uniform(west, east), 6),
                    lat=round(rng.uniform(south, north), 6),
                    place_source="map",
                ),
            ]
    made.store.add(records, by_role="grid_worker", why="走访")
    yield made
    made.close()


def test_the_layer_on_the_page_shows_masked_places_and_no_home(workspace):
    """What the page holds is decoded: dots of the table, none within 100 m of its home."""
    window = disclosure.window_of(dt.date(2026, 2, 1), "quarter")
    what = maps.shared(workspace, window, places=True).publish(maps.published(workspace))
    homes = workspace.store.frame("concern")[["lon", "lat"]].astype(float)

    m = what.map()
    (layer,) = (c for c in m._children.values() if isinstance(c, DotLayer))
    data = layer.data
    xy = data.places[0] + (data.west, data.north) + 0.5
    lon = xy[:, 0] / (256 * 2**PLACE_ZOOM) * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * xy[:, 1] / (256 * 2**PLACE_ZOOM)))))

    assert m.audience == "shared"
    assert len(lon) == len(homes) == what.made.level("total").iloc[0]
    assert meters(lon, lat, what.places).min(axis=1).max() < 2
    table = shared_tables(what)["诉求点"]
    assert list(table.columns) == ["所在区划", "geometry"]
    key = disclosure.mask_key(workspace.folder)
    own = disclosure.mask_points(
        homes,
        maps_of(workspace.grids),
        workspace.store.frame("concern")["grid_id"].map(workspace.grids["village_code"]),
        key,
    )
    assert np.diag(meters(own["lon"], own["lat"], homes)).min() >= 150
    assert key.hex() not in maps.render(m)


def test_what_is_not_in_the_register_is_a_preview_for_the_desk(workspace, tmp_path):
    """Before it is published it says so on its face, in its name, and no table is given."""
    window = disclosure.window_of(dt.date(2026, 2, 1), "quarter")
    what = maps.shared(workspace, window)

    file = maps.save(what.map(), tmp_path / "图.html")

    assert file.name == "图-内部.html"
    assert "尚未核对登记, 不得外传" in file.read_text("utf-8")
    assert "可对外" not in file.read_text("utf-8")
    with pytest.raises(DisclosureError, match="not in the register"):
        shared_tables(what)
    handed_out = what.publish(maps.published(workspace))
    page = maps.save(handed_out.map(), tmp_path / "图.html")
    assert page.name == "图.html"
    assert "发布登记第 1 号" in page.read_text("utf-8")


def test_a_layer_that_was_not_released_cannot_be_captioned_as_shared(workspace, tmp_path):
    """A marker of one's own, the concerns themselves: not on a map that may be handed out."""
    window = disclosure.window_of(dt.date(2026, 2, 1), "quarter")
    m = maps.shared(workspace, window).publish(maps.published(workspace)).map()
    folium.Marker([26.71, 117.41], popup="李某家").add_to(m)
    own = maps.base_map(workspace.grids)
    dots = maps.layers.dot_layer(workspace.store.frame("concern")).add_to(own)
    maps.add_panel(own, maps.Caption(title="图", audience="shared"), [dots])

    for drawn, name in ((m, "Marker"), (own, "DotLayer")):
        with pytest.raises(DisclosureError, match=name):
            maps.save(drawn, tmp_path / "图.html")
    assert not (tmp_path / "图.html").exists()
