"""All layers in a browser: each alone and all together, offline, drawn where they should be."""

from __future__ import annotations

import datetime as dt
import socket
import threading

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridkit import hotspots, maps
from gridkit.maps import layers
from gridkit.maps.ground import Ground

pytestmark = pytest.mark.browser
SIDE = 6
IDS = pd.Index([f"990428100{200 + i // 9}{i:03d}" for i in range(SIDE**2)], name="grid_id")
TODAY = dt.date(2026, 11, 22)
PAYLOADS = (
    "<img src=x onerror=window.hit=1>",
    "</script><script>window.hit=1</script>",
    "`);window.hit=1;(`${window.hit=1}{{ 7*7 }}",
    "javascript:window.hit=1",
    "\"><svg onload=window.hit=1>\\';window.hit=1;//",
    "a<b & c>d &lt;i&gt; 水压<5",
    "&#60;img src=x onerror=window.hit=1&#62; &amp;lt; &nbsp;",
    "<a href='javascript:window.hit=1'>点这里</a>",
    "水\u202egpj.exe\u202c <b>\u2066反\u2069</b>",
)
# marks that turn the reading direction: left out, so that no text pretends to be another
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
KINDS = ("rates", "hotspots", "clusters", "emerging", "silent", "change", "time", "heat",
         "dots", "discs", "markers", "rooms", "stations", "route")  # fmt: skip

# where a typed text stands in lists, with what stands beside it
LISTED = [
    (place, at + first, words)
    for place, first in ((".leaflet-control-layers-overlays label", 1), (".gk-legend h3", 0))
    for at, words in enumerate((
        "{}", "{} hotspots", "聚集 (时空扫描) clusters", "{} emerging hotspots",
        "{} silent grids", "措施前后: {} before and after", "{} week by week",
        "{} density of concerns", "{} every concern", "{} concerns", "{} each concern",
        "{} reasoning rooms", "{} stations", "{} open visits",
    ))
]  # fmt: skip


def lay(text: str | None = None) -> gpd.GeoDataFrame:
    """Lay 36 grids in two townships; with a text, it is the name of everything."""
    x, y = np.arange(SIDE**2) % SIDE / 50, np.arange(SIDE**2) // SIDE / 50
    return gpd.GeoDataFrame(
        {
            "name": text or [f"第{i}网格" for i in range(SIDE**2)],
            "township_code": ["t1"] * 18 + ["t2"] * 18,
            "township_name": text or "古镛镇",
            "households": 100,
            "population": 300,
        },
        geometry=shapely.box(117 + x, 26 + y, 117.02 + x, 26.02 + y),
        index=IDS,
        crs=4326,
    )


def heard(text: str | None = None) -> pd.DataFrame:
    """Two hundred concerns over 30 weeks, a third of them in one place."""
    rng = np.random.default_rng(2)
    at = np.vstack([rng.uniform(0, 0.12, (140, 2)), rng.normal(0.031, 0.0015, (60, 2))])
    cell = (at // 0.02).clip(0, SIDE - 1).astype(int)
    return pd.DataFrame(
        {
            "lon": 117 + at[:, 0],
            "lat": 26 + at[:, 1],
            "grid_id": IDS[cell[:, 1] * SIDE + cell[:, 0]],
            "heard_on": pd.Timestamp(TODAY) - pd.to_timedelta(rng.integers(0, 210, 200), "D"),
            "band": rng.choice(["red", "orange", "yellow", "blue"], 200),
            "demand_type": "water",
            "score": rng.integers(0, 100, 200),
        },
        index=[text or f"r{i:06d}" for i in range(200)],
    )


def make(kind: str, text: str | None = None) -> layers.MapLayer:
    """Make one layer of each kind, with a text wherever it takes one."""
    grids, concerns = lay(text), heard(text)
    words = {"title": text} if text else {}
    labels = {"water": text or "用水"}
    bands = [
        layers.BandStyle(b.code, text or b.zh, text or b.en, b.color) for b in layers.BANDS
    ]
    period = (TODAY - dt.timedelta(days=209), TODAY)
    counts = hotspots.count(concerns, grids, by=None, period=period)
    ones = pd.Series(range(SIDE**2), index=IDS, dtype=float)
    codes = pd.Series(np.resize([c.code for c in hotspots.EMERGING_CLASSES], 36), index=IDS)
    quiet = pd.Series(np.resize([c.code for c in hotspots.SILENT_CLASSES], 36), index=IDS)
    hot = pd.Series(np.resize([c.code for c in hotspots.HOTSPOT_CLASSES], 36), index=IDS)
    cluster = pd.DataFrame(
        {"members": [" ".join(IDS[[7, 8, 13]])], "status": ["new"], "category": ["water"],
         "from": [pd.Timestamp(period[0])], "to": [pd.Timestamp(TODAY)],
         "observed": [60], "expected": [9.5], "p": [0.001]}, index=[text or 1])  # fmt: skip
    events = pd.DataFrame({"title": [text or "大旱"], "from": [TODAY - dt.timedelta(days=90)],
                           "to": [TODAY]})  # fmt: skip
    rooms = pd.DataFrame({"title": [text or "评理室"], "level": ["township"],
                          "division_code": ["990428100200"], "lawyers": [2]})  # fmt: skip
    places = pd.DataFrame({"title": [text or "驿站"] * 3, "lon": [117.02, 117.05, 117.09],
                           "lat": [26.03, 26.06, 26.09]})  # fmt: skip
    drawn = {
        "rates": lambda: layers.grid_choropleth(grids, ones, **{"title": "率", **words}),
        "hotspots": lambda: layers.hotspot_layer(grids, pd.DataFrame({"hot": hot}), **words),
        "clusters": lambda: layers.cluster_layer(grids, cluster, labels),
        "emerging": lambda: layers.emerging_layer(
            grids, pd.DataFrame({"kind": codes}), **words
        ),
        "silent": lambda: layers.silent_layer(grids, pd.DataFrame({"verdict": quiet}), **words),
        "change": lambda: layers.change_layer(
            grids,
            hotspots.before_after(counts, TODAY - dt.timedelta(days=100), 10),
            measure=text or "错峰供水",
            since=TODAY - dt.timedelta(days=100),
        ),
        "time": lambda: layers.time_layer(
            grids, counts, clusters=cluster, events=events, **words
        ),
        "heat": lambda: layers.heat_layer(concerns, **words),
        "dots": lambda: layers.dot_layer(concerns, bands=bands, **words),
        "discs": lambda: layers.concern_discs(
            concerns, bands=bands, popups=["id", "demand_type"], labels=labels, **words
        ),
        "markers": lambda: layers.concern_markers(
            concerns, bands=bands, labels=labels, popups=["id", "demand_type"], **words
        ),
        "rooms": lambda: layers.room_layer(rooms, grids, **words),
        "stations": lambda: layers.station_layer(places, **words),
        "route": lambda: layers.route_layer(
            layers.visit_route(concerns, most=8), bands=bands, labels=labels, **words
        ),
    }
    return drawn[kind]()


def on_a_map(drawn: list[layers.MapLayer], text: str | None = None) -> maps.GridMap:
    """Put layers on a base map with a river, and a panel."""
    river = gpd.GeoDataFrame(
        {"name": [text or "青溪"], "rank": [1]},
        geometry=[shapely.LineString([(117, 26.01), (117.06, 26.05), (117.12, 26.1)])],
        crs=4326,
    )
    m = maps.base_map(lay(text), ground=Ground(rivers=river))
    for layer in drawn:
        m.add_child(layer)
    caption = maps.Caption(title=text or "图", source=text or "", notes=(text or "",))
    return maps.add_panel(m, caption, drawn)


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
    page.locator(".gk-time input").focus()
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


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_runs_through_any_layer(payload, page, tmp_path):
    """Names, titles, events, clusters, rooms, lists: each whole as typed, nothing runs."""
    drawn = [make(kind, payload) for kind in KINDS]
    page.goto(maps.save(on_a_map(drawn, payload), tmp_path / "map.html").as_uri())
    text = "".join(c for c in payload if c not in TURNING)

    page.locator(".gk-marks button").first.click(force=True)
    page.locator(".leaflet-popup-content td").first.wait_for()
    wholly = {
        "h1": [text],
        ".gk-event:not(.gk-event-cluster)": [text],
        ".gk-event-cluster": [f"聚集 {text}: 60 件, 预期 9.5 件"],
        ".gk-popup td >> nth=1": [text],
        **{f"{place} >> nth={at}": [words.format(text)] for place, at, words in LISTED},
    }
    for place, expected in wholly.items():
        shown = [words.strip() for words in page.locator(place).all_text_contents()]
        assert shown == expected, place
    names = page.locator(".gk-mark-name").all_text_contents()
    assert set(names) == {text}
    titles = page.locator(".gk-marks button").evaluate_all("all => all.map(e => e.title)")
    assert all(text in title for title in titles)
    page.locator(".leaflet-popup-close-button").click()
    page.locator(".leaflet-popup-content").wait_for(state="detached")
    tip = page.locator(".leaflet-tooltip")
    for x in range(300, 900, 40):  # a mark may lie over a grid
        page.mouse.move(x, 300)
        if tip.count() and text in tip.first.text_content():
            break
    assert text in tip.first.text_content()

    assert page.evaluate("window.hit") is None
    inside = "h1 *, .gk-event *, .gk-mark-name *, .gk-popup td *, .gk-legend h3 b"
    assert page.locator(inside).count() == 0
    assert page.locator("[href^='javascript:' i], [src^='javascript:' i]").count() == 0


def silent_proxy() -> tuple[socket.socket, list[bytes]]:
    """Listen as a proxy that takes what is asked and never answers: packets dropped."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []
    kept = []

    def take() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            kept.append(connection)
            asked.append(connection.recv(300))

    threading.Thread(target=take, daemon=True).start()
    return listener, asked


def test_nothing_is_asked_where_packets_are_dropped(browser, tmp_path):
    """Every request would hang: the map draws at once, and the proxy hears of none."""
    listener, asked = silent_proxy()
    m = on_a_map([make(kind) for kind in KINDS])
    theirs = folium.Map([26.05, 117.05])  # with web tiles, which are left out
    folium.Marker([26.05, 117.05], popup="问题", icon=folium.Icon(color="red")).add_to(theirs)
    pages = [maps.save(m, tmp_path / "a.html"), maps.save(theirs, tmp_path / "b.html")]
    context = browser.new_context(
        proxy={"server": f"http://127.0.0.1:{listener.getsockname()[1]}", "bypass": ""}
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for file in pages:
        page.goto(file.as_uri(), wait_until="load")
        page.wait_for_timeout(300)

    drawn = page.locator(".awesome-marker-icon-red").count()
    # the proxy is not deaf: it hears of what is really asked
    page.evaluate("setTimeout(() => { location.href = 'http://gridkit.invalid/x'; }, 0)")
    for _ in range(40):
        if asked:
            break
        page.wait_for_timeout(50)
    context.close()
    listener.close()

    assert drawn == 1
    assert errors == []
    assert [line.split(b"\r\n")[0] for line in asked] == [
        b"GET http://gridkit.invalid/x HTTP/1.1"
    ]
