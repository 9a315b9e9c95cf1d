"""Frames in, layers out: looked at in `layer.data`, and drawn in a browser."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gridkit import maps
from gridkit.errors import AlignmentError, DataError, DisclosureError
from gridkit.maps import layers, shapes

IDS = pd.Index([f"g{i}" for i in range(6)], name="grid_id")


@pytest.fixture
def grids() -> gpd.GeoDataFrame:
    """Six square grids in two townships."""
    west = 117.0 + 0.1 * np.array([0, 1, 2, 0, 1, 2])
    south = 26.0 + 0.1 * np.array([0, 0, 0, 1, 1, 1])
    return gpd.GeoDataFrame(
        {
            "name": list("甲乙丙丁戊己"),
            "township_code": pd.Categorical(["t1"] * 3 + ["t2"] * 3),
            "township_name": ["古镛镇"] * 3 + ["万安镇"] * 3,
            "households": pd.array([300] * 6, dtype="Int64"),
        },
        geometry=shapely.box(west, south, west + 0.1, south + 0.1),
        index=IDS,
        crs=4326,
    )


@pytest.fixture
def concerns() -> pd.DataFrame:
    """Two thousand concerns with bands, seeded."""
    rng = np.random.default_rng(7)
    n = 2000
    return pd.DataFrame(
        {
            "lon": rng.uniform(117.0, 117.3, n),
            "lat": rng.uniform(26.0, 26.2, n),
            "band": pd.Categorical(rng.choice(["red", "orange", "yellow", "blue"], n)),
            "score": rng.integers(0, 100, n),
        },
        index=[f"r{i:06d}" for i in range(n)],
    )


def classes(layer: layers.GridLayer) -> list[int]:
    """Read the class of each grid."""
    return [f["properties"]["class"] for f in layer.data["features"]]


# --- choropleth ------------------------------------------------------------------------------


def test_no_data_zero_and_some_are_three_different_things(grids):
    """A grid without a value is hatched, zero has a color of its own."""
    values = pd.Series([0.0, np.nan, 2.0, 4.0], index=IDS[:4])

    layer = layers.grid_choropleth(grids, values, title="率")

    missing, zero = layer.classes[0], layer.classes[1]
    assert classes(layer)[0] == 1
    assert classes(layer)[1] == classes(layer)[4] == classes(layer)[5] == 0
    assert min(classes(layer)[2:4]) >= 2
    assert "hatch" in missing
    assert "hatch" not in zero
    assert [i["label"] for i in layer.legend.items][:: len(layer.legend.items) - 1] == [
        "0",
        "无数据",
    ]


@given(
    hnp.arrays(float, st.integers(1, 60), elements=st.floats(1e-3, 1e6)),
    st.sampled_from(["quantiles", "equal"]),
)
def test_classes_keep_the_order_of_the_values(values, scheme):
    """A larger value never gets a lighter color, and the bounds cover all values."""
    bounds = layers.class_bounds(values, scheme)

    of = np.searchsorted(bounds[:-1], np.sort(values))

    assert (np.diff(bounds) > 0).all()
    assert bounds[-1] >= values.max()
    assert len(bounds) <= len(layers.COLORS)
    assert (np.diff(of) >= 0).all()


def test_the_legend_says_where_the_drawn_classes_part(grids):
    """What the legend calls 1-3 is what is colored so."""
    values = pd.Series([1, 2, 3, 4, 5, 12], index=IDS)

    layer = layers.grid_choropleth(grids, values, title="件数", unit="件", scheme=[3, 6])

    assert [i["label"] for i in layer.legend.items] == ["1–3 件", "4–6 件", "7–12 件"]
    assert classes(layer) == [2, 2, 2, 3, 3, 4]


def test_by_an_average_a_level_county_has_one_color_and_a_color_one_meaning(grids):
    """Shrunken rates a hair apart are not spread over all shades, as quantiles would."""
    level = pd.Series(np.linspace(0.040, 0.056, len(IDS)), index=IDS)
    apart = pd.Series([0.05, 0.15, 0.3, 0.6, 2.0, 0.05], index=IDS)

    one, other = (
        layers.grid_choropleth(grids, values, title="率", average=0.2)
        for values in (level, apart)
    )

    assert classes(one) == [2] * len(IDS)
    assert classes(other) == [2, 3, 4, 5, 6, 2]
    assert one.legend.items == other.legend.items
    assert one.legend.items[1]["label"] == "0.1–0.2 · 低于平均"


def test_colors_darken_evenly_so_that_a_grey_print_keeps_their_order():
    """Each class is at least eight steps of CIE lightness darker than the one before."""

    def lightness(color: str) -> float:
        rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16)

    steps = -np.diff([lightness(c) for c in layers.COLORS])

    assert (steps >= 8).all()


def test_values_of_other_grids_are_refused_by_name(grids):
    """A frame counted on other grids is a mix-up, not a map."""
    values = pd.Series([1.0, 2.0], index=["g0", "other"])

    with pytest.raises(AlignmentError) as error:
        layers.grid_choropleth(grids, values, title="率")

    assert str(error.value) == (
        "`values` 须每个网格一行; 有 1 个不在这些网格中 (other)。请用绘图的同一套网格来计数。\n"
        "`values` must have one row per grid of the map; 1 not among these grids (other). "
        "Count on the same grids that the map is drawn of."
    )


@pytest.mark.parametrize("wrong", [-1.0, np.inf])
def test_values_that_are_no_amounts_are_refused(grids, wrong):
    """A negative or infinite rate is a fault upstream."""
    with pytest.raises(DataError, match="1 are not"):
        layers.grid_choropleth(grids, pd.Series([wrong], index=IDS[:1]), title="率")


def test_inputs_are_left_as_they_were(grids, concerns):
    """Drawing changes neither grids, values nor concerns."""
    values = pd.Series([0.5] * 6, index=IDS)
    before = grids.copy(), values.copy(), concerns.copy()

    layers.grid_choropleth(grids, values, title="率")
    layers.concern_discs(concerns)

    assert grids.equals(before[0])
    pd.testing.assert_series_equal(values, before[1])
    pd.testing.assert_frame_equal(concerns, before[2])


# --- outlines --------------------------------------------------------------------------------


def decoded(rings: list[list[int]]) -> list[np.ndarray]:
    """Read rings back as the page does."""
    return [np.cumsum(np.reshape(r, (-1, 2)), axis=0) / shapes.STEPS_PER_DEGREE for r in rings]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(116, 118), st.floats(25, 28), st.floats(0.01, 0.3)),
        min_size=1,
        max_size=8,
    )
)
def test_outlines_come_back_within_a_meter(circles):
    """Polygons, with holes too, are read back to half a hundred-thousandth of a degree."""
    made = [
        shapely.Point(x, y).buffer(r).difference(shapely.Point(x, y).buffer(r / 2))
        for x, y, r in circles
    ]

    for polygon, coded in zip(made, shapes.encode(np.array(made)), strict=True):
        rings = decoded(coded[0])
        back = shapely.Polygon(rings[0], rings[1:])
        assert shapely.hausdorff_distance(back, polygon) < 1.1e-5
        assert len(rings) == 2


def test_parts_of_a_grid_stay_together():
    """A grid of two islands is two polygons of one feature; an empty one is none."""
    two = shapely.union_all([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])

    assert [len(p) for p in shapes.encode(np.array([two, shapely.Polygon()]))] == [2, 0]


def test_lines_are_no_grids():
    """An outline that is no area is named by its position."""
    with pytest.raises(DataError, match="first at position 1"):
        shapes.encode(np.array([shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])]))


def test_grids_in_another_datum_or_projection_are_refused(grids):
    """The map takes degrees of WGS-84 and says how to get there."""
    with pytest.raises(DataError, match="to_crs"):
        maps.base_map(grids.to_crs(3857))


# --- discs -----------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    hnp.arrays(
        float,
        st.tuples(st.integers(1, 200), st.just(2)),
        elements=st.floats(0, 1),
    ),
    st.randoms(use_true_random=False),
)
def test_every_zoom_counts_every_concern_once(points, random):
    """Discs part and join, but no concern is lost, doubled, or moved to another band."""
    lon, lat = 117 + points[:, 0], 26 + points[:, 1]
    band = np.array([random.randrange(4) for _ in lon])

    levels = layers.count_cells((lon, lat), band, 4, (6, 16))

    for cells in levels.values():
        assert cells.n.sum() == len(lon)
        assert cells.counts.sum(axis=0).tolist() == np.bincount(band, minlength=4).tolist()
        assert len(set(zip(cells.x, cells.y, strict=True))) == len(cells.x)
        assert ((cells.place >= 0) & (cells.place <= 1)).all()


def test_the_most_urgent_concern_of_a_cell_decides_its_color():
    """One red among a hundred blue is seen at every zoom."""
    lon, lat = np.full(101, 117.5), np.full(101, 26.7)
    band = np.array([3] * 100 + [0])

    levels = layers.count_cells((lon, lat), band, 4, (6, 16))

    assert all(cells.worst.tolist() == [0] for cells in levels.values())
    assert all(cells.n.tolist() == [101] for cells in levels.values())


def test_a_disc_stands_where_its_concerns_are():
    """The middle of a cell's points agrees with the mean of their places."""
    rng = np.random.default_rng(3)
    lon, lat = rng.normal(117.5, 1e-4, 500), rng.normal(26.7, 1e-4, 500)

    cells = layers.count_cells((lon, lat), np.zeros(500, int), 1, (6, 16))[6]

    place = (np.array([cells.x[0], cells.y[0]]) + cells.place[0]) * 64 / (256 * 2**6)
    assert place[0] * 360 - 180 == pytest.approx(lon.mean(), abs=1e-4)
    angle = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * place[1]))))
    assert angle == pytest.approx(lat.mean(), abs=1e-4)


def test_concerns_without_a_place_or_a_score_are_counted_not_hidden(concerns):
    """What cannot be drawn is said; what has no band is grey."""
    some = concerns.head(10).copy()
    some.loc[some.index[:3], ["lon", "lat"]] = np.nan
    some.loc[some.index[4], "band"] = None

    layer = layers.concern_discs(some)

    assert layer.data[16].n.sum() == 7
    assert layer.legend.notes[1].startswith("另有 3 件没有位置")
    assert layer.bands[-1].zh == "未评分"
    assert layer.data[6].counts.sum(axis=0)[-1] == 1


def test_no_concerns_make_an_empty_layer(concerns):
    """An empty ledger is a map without discs, not an error."""
    layer = layers.concern_discs(concerns.head(0))

    assert layer.data[10].n.tolist() == []
    assert layer.legend.notes[0].startswith("共 0 件")


@pytest.mark.parametrize("column", ["summary", "wanted", "address", "note", "grid_id"])
def test_free_text_and_addresses_never_reach_a_map(concerns, column):
    """A popup shows five columns at most, and none that could tell of a person."""
    with pytest.raises(DisclosureError, match=column):
        layers.concern_discs(concerns.assign(**{column: "text"}), popups=["id", column])


def test_lists_are_made_for_what_can_be_read_and_not_beyond(concerns):
    """Up to 2,000 rows carry their list, the highest score first; more are for the ledger."""
    popups = ["id", "band", "score"]

    few = layers.concern_discs(concerns, popups=popups)
    more = layers.concern_discs(pd.concat([concerns, concerns.tail(1)]), popups=popups)

    scores = [int(row[2]) for row in few.rows["cells"]]
    assert scores == sorted(concerns["score"], reverse=True)
    assert max(few.data) == 18
    assert more.rows is None


def test_swapped_longitude_and_latitude_are_noticed(concerns):
    """A latitude of 117 degrees is none."""
    swapped = concerns.rename(columns={"lon": "lat", "lat": "lon"})

    with pytest.raises(DataError, match="swapped"):
        layers.concern_discs(swapped)


@settings(max_examples=50)
@given(hnp.arrays(np.int64, st.integers(0, 50), elements=st.integers(0, 2**50)))
def test_numbers_come_back_from_their_bytes(values):
    """LEB128, read back as the page reads it."""
    from gridkit.maps.layers.cells import leb128

    out, number, scale = [], 0, 1
    for byte in leb128(values):
        number += (byte & 127) * scale
        scale *= 128
        if byte < 128:
            out.append(number)
            number, scale = 0, 1

    assert out == values.tolist()


# --- hotspots --------------------------------------------------------------------------------


@pytest.fixture
def tests() -> pd.DataFrame:
    """One grid of each kind, one untested."""
    return pd.DataFrame(
        {
            "hot": pd.Categorical(["hot_99", "hot_95", "hot_90", "cold_95", "none"]),
            "z": [4.0, 3.0, 2.5, -3.0, 0.1],
            "p": [0.0001, 0.001, 0.01, 0.001, 0.9],
            "q": [0.001, 0.02, 0.08, 0.03, 0.95],
            "n": pd.array([30, 20, 15, 1, 8], dtype="Int64"),
            "households": pd.array([300] * 5, dtype="Int64"),
            "expected": [9.0] * 5,
        },
        index=IDS[:5],
    )


def test_each_hotspot_class_has_its_own_hatching(grids, tests):
    """What red and blue say is said again by lines, for a grey print."""
    layer = layers.hotspot_layer(grids, tests)

    hatches = [
        (s.style["hatch"]["kind"], s.style["hatch"]["gap"]) for s in layers.HOTSPOT_STYLES
    ]
    assert len(set(hatches)) == len(hatches)
    hot = {s.style["hatch"]["kind"] for s in layers.HOTSPOT_STYLES if s.code.startswith("hot")}
    cold = {
        s.style["hatch"]["kind"] for s in layers.HOTSPOT_STYLES if s.code.startswith("cold")
    }
    assert not hot & cold
    assert len(set(classes(layer))) == 6  # five kinds and the untested one


def test_a_hotspot_explains_itself_with_its_numbers(grids, tests):
    """Score, both probabilities, count, expectation and denominator are in the data."""
    layer = layers.hotspot_layer(grids, tests)

    assert layer.data["features"][0]["properties"] == {
        "class": 0,
        "n": 30,
        "expected": 9.0,
        "households": 300,
        "z": 4.0,
        "p": 0.0,
        "q": 0.001,
    }
    assert "6 个网格中 3 个突出" in layer.legend.notes[0]
    assert "偶然" in layer.legend.notes[0]


def test_without_hotspots_the_legend_says_it_could_all_be_chance(grids, tests):
    """A quiet week is not dressed up."""
    layer = layers.hotspot_layer(grids, tests.assign(hot="none"))

    assert layer.legend.items == ()
    assert "可能只是偶然" in layer.legend.notes[0]


def test_a_class_that_nobody_defined_is_named(grids, tests):
    """An unknown class is a fault of the frame, said with what is known."""
    with pytest.raises(DataError, match=r"unknown classes \(warm\)"):
        layers.hotspot_layer(grids, tests.assign(hot="warm"))


# --- in the browser --------------------------------------------------------------------------


@pytest.fixture
def one_of_each(grids, tests, concerns) -> dict[str, layers.MapLayer]:
    """One layer of each kind."""
    values = pd.Series(range(6), index=IDS, dtype=float)
    return {
        "rates": layers.grid_choropleth(grids, values, title="率"),
        "hotspots": layers.hotspot_layer(grids, tests),
        "discs": layers.concern_discs(concerns),
    }


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["rates", "hotspots", "discs"])
def test_each_layer_draws_something_where_it_should(
    kind, one_of_each, grids, page, changed, tmp_path
):
    """Pixels differ from the base map, and switching the layer off brings it back."""
    layer = one_of_each[kind]
    m = maps.base_map(grids)
    layer.add_to(m)
    maps.add_panel(m, maps.Caption(title="图"), [layer])

    page.goto(maps.save(m, tmp_path / "map.html").as_uri())
    middle = {"x": 150, "y": 80, "width": 800, "height": 640}
    page.wait_for_timeout(200)
    shown = page.screenshot(clip=middle)
    page.locator(".leaflet-control-layers-overlays label").nth(1).click()
    page.wait_for_timeout(200)
    hidden = page.screenshot(clip=middle)

    assert changed(shown, hidden) > 0.02
    assert page.locator(".gk-legend section").count() == 0


@pytest.mark.browser
def test_the_page_shows_what_the_layer_holds(grids, concerns, page, tmp_path):
    """Discs, read from the page's bytes, add up to the concerns, at the first and later zooms."""
    layer = layers.concern_discs(concerns)
    m = maps.base_map(grids)
    layer.add_to(m)
    maps.add_panel(m, maps.Caption(title="图"), [layer])

    page.goto(maps.save(m, tmp_path / "map.html").as_uri())
    titles = [b.get_attribute("title") for b in page.locator(".gk-discs button").all()]
    counts = [int(t.split(" ")[0].replace(",", "")) for t in titles]

    assert sum(counts) == 2000
    page.locator(".gk-discs button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(600)
    assert page.locator(".gk-discs button").count() != len(counts)


@pytest.mark.browser
def test_a_touched_disc_lists_its_concerns(grids, concerns, page, tmp_path):
    """A few concerns open as a list with the columns asked for, the most pressing first."""
    few = concerns.head(5).assign(lon=117.15, lat=26.1, score=[5, 90, 40, 7, 60])
    layer = layers.concern_discs(few, popups=["id", "score"])
    m = maps.base_map(grids)
    layer.add_to(m)
    maps.add_panel(m, maps.Caption(title="图"), [layer])

    page.goto(maps.save(m, tmp_path / "map.html").as_uri())
    page.locator(".gk-discs button").click()

    assert page.locator(".gk-popup th").all_inner_texts() == ["编号", "分数"]
    assert page.locator(".gk-popup td:nth-child(2)").all_inner_texts() == [
        "90",
        "60",
        "40",
        "7",
        "5",
    ]


@pytest.mark.browser
def test_many_grids_are_drawn_on_canvas_and_still_tell_their_numbers(page, tmp_path):
    """2,500 grids: no SVG path each, but hatching and tooltips as before."""
    x, y = np.meshgrid(np.arange(50), np.arange(50))
    west, south = 117 + x.ravel() / 100, 26 + y.ravel() / 100
    ids = pd.Index([f"c{i}" for i in range(2500)], name="grid_id")
    many = gpd.GeoDataFrame(
        {"name": [f"第{i}格" for i in range(2500)], "township_code": "t"},
        geometry=shapely.box(west, south, west + 0.01, south + 0.01),
        index=ids,
        crs=4326,
    )
    values = pd.Series(np.arange(2500) % 7, index=ids, dtype=float).where(ids != "c1275")
    layer = layers.grid_choropleth(many, values, title="率", unit="件")
    m = maps.base_map(many)
    layer.add_to(m)
    maps.add_panel(m, maps.Caption(title="图"), [layer])

    page.goto(maps.save(m, tmp_path / "map.html").as_uri())
    page.mouse.move(500, 400)
    page.mouse.move(504, 404)

    assert page.locator("path.leaflet-interactive").count() == 0
    assert page.locator(".gk-tip-name").inner_text().startswith("第")
    assert "件" in page.locator(".gk-tip-part").inner_text()
    # a picture, not an empty canvas: the classes have their colors
    colors = page.evaluate(
        """() => { const c = document.querySelector('canvas.gk-many'), d = c.getContext('2d')
          .getImageData(0, 0, c.width, c.height).data, seen = new Set();
          for (let i = 0; i < d.length; i += 40) { if (d[i + 3] > 200) { seen.add(d[i] >> 3); } }
          return seen.size; }"""
    )
    assert colors >= 5
