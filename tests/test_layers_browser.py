"""All layers in a browser: each alone and all together, offline, drawn where they should be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridkit import hotspots, maps
from gridkit.maps import layers
from layer_kinds import KINDS, heard, lay, make, on_a_map

pytestmark = pytest.mark.browser


def test_each_layer_alone_draws_where_it_should(page, changed, tmp_path):
    """One after the other in one browser: pixels differ from the base map, and come back."""
    middle = {"x": 150, "y": 80, "width": 800, "height": 680}
    faint = {
        "rooms": 0.0003,
        "stations": 0.0008,
        "route": 0.002,
        "markers": 0.01,
        "dots": 0.001,
        "change": 0.01,
    }
    for kind in KINDS:
        layer = make(kind)
        page.goto(maps.save(on_a_map([layer]), tmp_path / f"{kind}.html").as_uri())
        page.wait_for_timeout(120)
        shown = page.screenshot(clip=middle)
        page.locator(".leaflet-control-layers-overlays label").nth(1).click()
        page.wait_for_timeout(120)
        hidden = page.screenshot(clip=middle)

        assert changed(shown, hidden) > faint.get(kind, 0.02), kind
        assert page.locator(".gk-legend section").count() == 0, kind
        names = page.locator(".leaflet-control-layers-overlays label").all_inner_texts()
        assert any("\u4e00" <= c <= "\u9fff" for c in names[1]), kind


def test_all_layers_together_draw_and_play(page, tmp_path):
    """Fourteen layers on one map: each in the control and the legend; the slider steps."""
    drawn = [make(kind) for kind in KINDS]
    page.goto(maps.save(on_a_map(drawn), tmp_path / "all.html").as_uri())

    page.locator(".leaflet-control-layers-overlays label").first.wait_for()
    assert page.locator(".leaflet-control-layers-overlays label").count() == len(KINDS) + 1
    assert page.locator(".gk-legend section").count() == len(KINDS)
    label = page.locator(".gk-time-label b")
    last = label.inner_text()
    assert page.locator(".gk-event").all_inner_texts() == ["大旱", "聚集 1: 60 件, 预期 9.5 件"]
    page.locator(".gk-time input[type=range]").focus()
    page.keyboard.press("ArrowLeft")
    assert label.inner_text() != last
    page.keyboard.press("Home")
    assert page.locator(".gk-event").all_inner_texts() == ["聚集 1: 60 件, 预期 9.5 件"]
    page.locator(".gk-play").click()
    first = label.inner_text()
    page.wait_for_timeout(1000)
    assert label.inner_text() != first
    page.locator(".gk-play").click()
    stopped = label.inner_text()
    page.wait_for_timeout(600)
    assert label.inner_text() == stopped


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (820, 1180), (420, 740)])
def test_the_legend_covers_neither_the_list_nor_on_a_tablet_the_county(
    width, height, open_page, tmp_path
):
    """With all layers both can be read; where there is no room it is folded."""
    page = open_page(viewport={"width": width, "height": height})
    page.goto(maps.save(on_a_map([make(kind) for kind in KINDS]), tmp_path / "a.html").as_uri())
    page.locator(".gk-time-label b").wait_for()
    boxes = page.evaluate(
        "['.leaflet-control-layers', '.gk-legend', '.gk-time'].map(css => {"
        " const r = document.querySelector(css).getBoundingClientRect();"
        " return [r.top, r.bottom, r.height]; })"
    )

    (_, list_ends, _), (top, ends, high), (time, _, _) = boxes
    assert top >= list_ends
    assert ends <= height
    assert high > 100 or width < 900
    if width < 900:
        assert ends <= time


def test_the_legend_is_open_on_a_tablet_where_it_hides_nothing(open_page, tmp_path):
    """The county is wide, the tablet high: there is room below."""
    page = open_page(viewport={"width": 820, "height": 1180})
    wide = lay().iloc[:18]
    layer = layers.grid_choropleth(wide, pd.Series(1.0, wide.index), title="率")
    m = maps.base_map(wide).add_child(layer)
    maps.add_panel(m, maps.Caption(title="图"), [layer])
    page.goto(maps.save(m, tmp_path / "a.html").as_uri())

    assert page.locator(".gk-legend section").is_visible()
    assert page.locator(".gk-legend").evaluate("e => e.getBoundingClientRect().top") > 830


def test_names_of_rooms_stand_over_no_mark_and_no_other_name(page, tmp_path):
    """Thirty-six rooms close together: a name steps aside, or is left out."""
    grids = lay()
    rooms = pd.DataFrame(
        {"title": [f"第{i}村评理室" for i in range(36)], "level": "village",
         "division_code": "990428100200", "lon": grids.bounds["minx"].to_numpy() + 0.01,
         "lat": grids.bounds["miny"].to_numpy() + 0.01}
    )  # fmt: skip
    layer = layers.room_layer(rooms, grids)
    page.goto(maps.save(on_a_map([layer]), tmp_path / "a.html").as_uri())

    covered = page.evaluate(
        "(() => { const box = e => e.getBoundingClientRect();"
        " const names = [...document.querySelectorAll('.gk-mark-name')].map(box);"
        " const all = [...document.querySelectorAll('.gk-marks button')].map(box).concat(names);"
        " return [names.length, names.reduce((n, a) => n + all.filter(b => b !== a && a.left < b.right - 3"
        " && b.left < a.right - 3 && a.top < b.bottom - 3 && b.top < a.bottom - 3).length, 0)]; })()"
    )

    assert covered[0] > 5
    assert covered[1] == 0


def test_the_page_steps_through_the_counts_that_went_in(page, tmp_path):
    """At every week each grid shows the sum of its window, as pandas gives it."""
    layer = make("time")
    page.goto(maps.save(on_a_map([layer]), tmp_path / "time.html").as_uri())

    name = layer.get_name()
    seen = page.evaluate(
        f"[...Array({layer.cube.shape[1]}).keys()].map(w => "
        f"[...Array({len(layer.cube)}).keys()].map(i => {name}.sum(i, w)))"
    )

    expected = layer.cube.T.rolling(4, min_periods=1).sum().astype(int).to_numpy()
    assert np.array(seen).tolist() == expected.tolist()


HOMES = [4, 80, 120, 300, 0, 900]


def weeks_of_rates() -> layers.TimeLayer:
    """Give a slider over six grids and 30 weeks, one of unknown households."""
    grids = lay().iloc[:6].assign(households=HOMES)
    few = heard()
    few["grid_id"] = grids.index[np.arange(len(few)) % 6]
    period = (few["heard_on"].min().date(), few["heard_on"].max().date())
    counts = hotspots.count(few, grids, by=None, period=period)
    return layers.time_layer(grids, counts, window=4)


def test_rates_of_every_step_are_those_of_the_chapter_of_hotspots(page, tmp_path):
    """The page works them out from counts and households: as `hotspots.rates` does, in all weeks."""
    layer = weeks_of_rates()
    page.goto(maps.save(on_a_map([layer]), tmp_path / "rates.html").as_uri())
    summed = layer.cube.T.rolling(4, min_periods=1).sum().T
    homes = pd.Series(HOMES, summed.index)

    for at, column in ((1, "rate"), (2, "rate_eb")):
        seen = page.evaluate(
            "([name, at, weeks, grids]) => { const t = window[name], by = t.spec.time.measures[at];"
            " return [...Array(grids).keys()].map(i =>"
            " [...Array(weeks).keys()].map(w => t.value(i, w, by))); }",
            [layer.get_name(), at, *reversed(summed.shape)],
        )
        expected = pd.DataFrame(
            {
                week: hotspots.rates(
                    pd.DataFrame({"n": summed[week].astype(int), "households": homes})
                )[column]
                for week in summed
            }
        )
        known = homes.to_numpy() > 0
        got = pd.DataFrame(seen, index=summed.index)
        np.testing.assert_allclose(
            got[known].astype(float), 10 * expected[known].astype(float), rtol=1e-9
        )
        assert got[~known].isna().all(axis=None)


def test_the_legend_follows_the_measure_that_is_chosen(page, tmp_path):
    """Counts first; rates and smoothed rates by a key or a click, with their own colors and words."""
    layer = weeks_of_rates()
    page.goto(maps.save(on_a_map([layer]), tmp_path / "rates.html").as_uri())
    heads, label = page.locator(".gk-legend h3"), page.locator(".gk-time-label")
    fills = "[...document.querySelectorAll('.leaflet-gkTime-pane path')].map(p => p.getAttribute('fill'))"
    said, drawn = [], []
    page.locator(".gk-measures input").first.focus()
    for key in (None, "ArrowRight", "ArrowRight"):
        if key:
            page.keyboard.press(key)
        said.append((heads.first.inner_text(), label.inner_text()))
        drawn.append(page.evaluate(fills))
        items = page.locator(".gk-legend li").all_inner_texts()
        assert ("户数未知 households unknown" in items) == (key is not None)

    assert [head for head, _ in said] == [
        "逐周诉求 week by week",
        "逐周诉求 · 率 rates",
        "逐周诉求 · 平滑后的率 smoothed rates",
    ]
    assert [text.endswith("件/千户") for _, text in said] == [False, True, True]
    assert drawn[0] != drawn[1]
    assert [one[4].startswith("url(") for one in drawn] == [False, True, True]
    listed = page.evaluate(
        "[...document.querySelectorAll('.gk-legend li rect')].map(r => r.getAttribute('fill'))"
    )
    assert set(drawn[2]) <= set(listed)


def test_the_brightest_heat_lies_on_the_truly_densest_places(page, tmp_path):
    """Of the bins, those the page colors darkest are those with most concerns around them."""
    concerns = heard()
    layer = layers.heat_layer(concerns)
    page.goto(maps.save(on_a_map([layer]), tmp_path / "heat.html").as_uri())
    page.locator("canvas.gk-heat").wait_for()

    side = 20
    edges = np.linspace(0, 0.12, side + 1)
    truth, _, _ = np.histogram2d(
        concerns["lat"] - 26, concerns["lon"] - 117, bins=[edges, edges]
    )
    middle = (edges[1:] + edges[:-1]) / 2
    points = [[26 + y, 117 + x] for y in middle for x in middle]
    darkness = page.evaluate(
        """([layer, points]) => {
          const heat = window[layer], map = heat._map, c = document.querySelector('canvas.gk-heat');
          const at = L.DomUtil.getPosition(c), pen = c.getContext('2d');
          return points.map(p => {
            const q = map.latLngToLayerPoint(p).subtract(at);
            const [r, g, b, a] = pen.getImageData(Math.round(q.x), Math.round(q.y), 1, 1).data;
            return a * (765 - r - g - b);
          });
        }""",
        [layer.get_name(), points],
    )
    seen = np.reshape(darkness, (side, side))

    densest = np.unravel_index(truth.argmax(), truth.shape)
    darkest = np.unravel_index(seen.argmax(), seen.shape)
    assert np.abs(np.subtract(densest, darkest)).max() <= 1
    top = np.argsort(-truth.ravel())[:5]
    assert (seen.ravel()[top] > np.quantile(seen, 0.9)).all()
