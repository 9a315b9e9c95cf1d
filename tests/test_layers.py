"""Choropleths and hotspots: frames in, layers out, looked at in `layer.data`."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import six_grids
from gridkit import maps
from gridkit.errors import AlignmentError, DataError
from gridkit.maps import layers
from six_grids import IDS, classes

grids = pytest.fixture(six_grids.grids)
concerns = pytest.fixture(six_grids.concerns)
tests = pytest.fixture(six_grids.tests)


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

    assert [i["label"] for i in layer.legend.items] == ["1–3 件", "4–6 件", "12 件"]
    assert classes(layer) == [2, 2, 2, 3, 3, 4]


@pytest.mark.parametrize("scheme", ["quantiles", "equal"])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0, 0, 0, 0, 0, 0], ["0 件"]),
        ([0, 0, 0, 0, 0, 1], ["0 件", "1 件"]),
        ([0, 0, 0, 0, 1, 2], ["0 件", "1 件", "2 件"]),
        ([0, 0, 0, 1, 2, 3], ["0 件", "1 件", "2 件", "3 件"]),
        ([0, 1, 1, 1, 1, 7], ["0 件", "1 件", "7 件"]),
        ([4, 4, 4, 4, 4, 4], ["4 件"]),
        ([1.5, 1.5, 1.5, 1.5, 1.5, 1.5], ["1.5 件"]),
        ([0, 0, 0, 0, 2.5, 5.123], ["0 件", "2.5 件", "5.12 件"]),
    ],
)
def test_where_few_values_differ_the_legend_invents_no_classes(grids, values, said, scheme):
    """Each value is a class of its own, and what does not occur is not listed."""
    layer = layers.grid_choropleth(
        grids, pd.Series(values, index=IDS, dtype=float), title="件数", unit="件", scheme=scheme
    )

    assert [i["label"] for i in layer.legend.items] == said
    assert len(set(classes(layer))) == len(said)


@given(
    hnp.arrays(float, 6, elements=st.just(0.0) | st.floats(1e-3, 50)),
    st.sampled_from([None, 3.0]),
)
def test_the_legend_lists_just_the_colors_that_are_drawn(values, average):
    """As many lines as there are classes with a grid in them, whatever the values."""
    cells = shapely.box(np.arange(6), 0, np.arange(6) + 1, 1)
    six = gpd.GeoDataFrame({"name": list(IDS)}, geometry=cells, index=IDS, crs=4326)

    layer = layers.grid_choropleth(six, pd.Series(values, IDS), title="率", average=average)

    assert len(layer.legend.items) == len(set(classes(layer)))


def weekly_counts(n):
    """Give counts of six grids in two weeks."""
    weeks = pd.to_datetime(["2026-03-02", "2026-03-09"])
    table = pd.DataFrame(
        {"grid_id": np.repeat(IDS.to_numpy(), 2), "week": np.tile(weeks, 6), "n": n}
    )
    return table.astype({"week": "datetime64[s]"})


def test_the_slider_offers_rates_where_households_are_known(grids):
    """Without households, counts only, and whoever asks for rates is told what they need."""
    counts = weekly_counts([1, 0, 3, 1, 0, 0, 2, 2, 1, 1, 0, 4])
    homed = grids.assign(households=[50, 100, 200, 0, None, 400])

    plain = layers.time_layer(grids.drop(columns="households", errors="ignore"), counts)
    rated = layers.time_layer(homed, counts, measure="smoothed")

    assert [m["name"] for m in plain.time["measures"]] == ["counts"]
    assert [m["name"] for m in rated.time["measures"]] == ["counts", "rates", "smoothed"]
    assert rated.legend == rated.legends[2]
    assert "件/千户" in rated.legend.notes[1]
    assert rated.time["homes"] == [50, 100, 200, 0, 0, 400]
    with pytest.raises(DataError, match="Rates need `households`") as told:
        layers.time_layer(grids[["name", "geometry"]], counts, measure="rates")
    assert "率要有户数" in told.value.zh


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
    assert one.legend.items == other.legend.items[:1]
    assert other.legend.items[1]["label"] == "0.1–0.2 · 平均的 0.5–1 倍"


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
