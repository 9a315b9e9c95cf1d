"""Maps: building, size, first render and one step, ours against plain Folium's, in one run.

    python benchmarks/maps.py [--full]

Each page, plain Folium's too, is made offline by `gridkit.maps.render`, so that the browser
measures drawing and not the network. CPU seconds; `render` is the page's own CPU (Chromium's
ThreadTime) until it is idle; `step` the same of one zoom or one week, the mean of six. Each is
the median of five new pages, of one if that takes more than a second.
`--full` adds a million concerns (Folium's FastMarkerCluster and HeatMap too) and 100,000 in
Folium's MarkerCluster, which takes minutes.
"""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from folium import plugins
from playwright.sync_api import Browser, CDPSession, sync_playwright

from gridkit import maps

WEST, SOUTH, SIDE = 117.1, 26.4, 0.6
BANDS = ("red", "orange", "yellow", "blue")


def concerns(n: int) -> pd.DataFrame:
    """Concerns in 600 clumps, as villages are."""
    rng = np.random.default_rng(1)
    villages = rng.uniform(0, SIDE, (600, 2))
    place = villages[rng.integers(0, 600, n)] + rng.normal(0, 0.004, (n, 2))
    band = pd.Categorical.from_codes(rng.choice(4, n, p=[0.01, 0.09, 0.3, 0.6]), BANDS)
    return pd.DataFrame({"lon": WEST + place[:, 0], "lat": SOUTH + place[:, 1], "band": band})


def grids(n: int) -> gpd.GeoDataFrame:
    """Grids as cells around random points: about 6 corners each."""
    rng = np.random.default_rng(2)
    county = shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
    points = shapely.MultiPoint(rng.uniform([WEST, SOUTH], [WEST + SIDE, SOUTH + SIDE], (n, 2)))
    cells = shapely.intersection(
        shapely.get_parts(shapely.voronoi_polygons(points, extend_to=county)), county
    )
    at = shapely.get_coordinates(shapely.centroid(cells))
    township = np.floor((at - [WEST, SOUTH]) / SIDE * 3.99).astype(int) @ [4, 1]
    return gpd.GeoDataFrame(
        {
            "name": [f"第{i}网格" for i in range(n)],
            "township_code": pd.Categorical([f"t{t:02d}" for t in township]),
        },
        geometry=cells,
        index=pd.Index([f"g{i}" for i in range(n)], name="grid_id"),
        crs=4326,
    )


def plain() -> folium.Map:
    """Make a Folium map without tiles over the county."""
    return folium.Map([SOUTH + SIDE / 2, WEST + SIDE / 2], zoom_start=10, tiles=None)


def our_discs(frame: pd.DataFrame) -> folium.Map:
    """Ours: base map of 600 grids, discs, panel."""
    return maps.county_map(_GRIDS, frame, title="基准")


def our_choropleth(cells: gpd.GeoDataFrame) -> folium.Map:
    """Ours: base map, choropleth with tooltips, panel."""
    layer = maps.layers.grid_choropleth(cells, _values(cells), title="率", unit="件/百户")
    m = maps.base_map(cells)
    m.add_child(layer)
    return maps.add_panel(m, maps.Caption(title="基准"), [layer])


def their_choropleth(cells: gpd.GeoDataFrame) -> folium.Map:
    """Folium's Choropleth, which has no tooltips."""
    m = plain()
    frame = _values(cells).rename_axis("id").reset_index(name="value")
    shapes = cells[["geometry"]].rename_axis("id").reset_index()
    folium.Choropleth(
        shapes.to_json(), data=frame, columns=["id", "value"], key_on="feature.properties.id"
    ).add_to(m)
    return m


def our_heat(frame: pd.DataFrame) -> folium.Map:
    """Ours: base map of 600 grids, binned heat, panel."""
    return with_layer(maps.layers.heat_layer(frame))


def our_dots(frame: pd.DataFrame) -> folium.Map:
    """Ours: every dot."""
    return with_layer(maps.layers.dot_layer(frame))


def our_weeks(cells: gpd.GeoDataFrame) -> folium.Map:
    """Ours: a slider over 52 weeks."""
    rng = np.random.default_rng(4)
    weeks = pd.date_range("2026-01-05", periods=52, freq="7D").astype("datetime64[s]")
    counts = pd.DataFrame(
        {
            "grid_id": np.repeat(cells.index, 52),
            "week": np.tile(weeks, len(cells)),
            "n": rng.poisson(0.6, 52 * len(cells)),
        }
    )
    homed = cells.assign(households=rng.integers(20, 400, len(cells)))  # rates, too
    return with_layer(maps.layers.time_layer(homed, counts), cells)


def with_layer(
    layer: maps.layers.MapLayer, cells: gpd.GeoDataFrame | None = None
) -> folium.Map:
    """Put a layer on a base map with a panel."""
    m = maps.base_map(_GRIDS if cells is None else cells)
    m.add_child(layer)
    return maps.add_panel(m, maps.Caption(title="基准"), [layer])


def _values(cells: gpd.GeoDataFrame) -> pd.Series:
    rng = np.random.default_rng(3)
    return pd.Series(rng.gamma(2, 2, len(cells)), index=cells.index)


def theirs(kind: Callable, frame: pd.DataFrame) -> folium.Map:
    """One of Folium's layers of points."""
    m = plain()
    kind(frame[["lat", "lon"]].to_numpy().tolist()).add_to(m)
    return m


READINGS = 5
# In and out again, by turns.
ZOOM = "map => map.setZoom(map.getZoom() + (map._gkUp = -(map._gkUp || -1)), {animate: false})"
WEEK = "map => map.eachLayer(l => l.step && l.spec && l.step((l.at + 7) % 52))"
# One step, and then a frame, so that drawing is counted.
STEP = """step => new Promise(done => {
  const map = Object.values(window).find(v => v instanceof L.Map);
  (0, eval)(step)(map);
  requestAnimationFrame(() => setTimeout(done, 60));
})"""


def measure(
    name: str, make: Callable[[], folium.Map], browser: Browser, step: str = ZOOM
) -> None:
    """Print one row: build, size, render, step."""
    gc.collect()  # what an earlier row left behind
    start, wall = time.process_time(), time.perf_counter()
    page = maps.render(make())
    built, waited = time.process_time() - start, time.perf_counter() - wall
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.html"
        file.write_text(page, "utf-8")
        seen = [_look(file, browser, step)]
        while len(seen) < READINGS and seen[0][0] < 1:
            seen.append(_look(file, browser, step))
    rendered, stepped = np.median(seen, axis=0)
    size = len(page.encode()) / 1e6
    print(
        f"{name:<44}{built:>8.2f} s{waited:>8.2f} s{size:>8.2f} MB{rendered:>8.2f} s"
        f"{stepped * 1000:>8.0f} ms",
        flush=True,
    )


def _look(file: Path, browser: Browser, step: str) -> tuple[float, float]:
    """Open a page and take six steps in it: CPU seconds of the opening and of one step."""
    tab = browser.new_page(viewport={"width": 1366, "height": 768})
    tab.set_default_timeout(300_000)
    metrics = tab.context.new_cdp_session(tab)
    metrics.send("Performance.enable")
    tab.goto(file.as_uri(), timeout=300_000)
    tab.evaluate("() => new Promise(r => requestAnimationFrame(() => setTimeout(r, 0)))")
    rendered = _busy(metrics)
    tab.evaluate(STEP, step)  # compiles what only a step uses
    before = _busy(metrics)
    for _ in range(6):
        tab.evaluate(STEP, step)
    stepped = (_busy(metrics) - before) / 6
    tab.close()
    return rendered, stepped


def _busy(metrics: CDPSession) -> float:
    """CPU seconds that the page's main thread has used so far."""
    found = metrics.send("Performance.getMetrics")["metrics"]
    return next(m["value"] for m in found if m["name"] == "ThreadTime")


_GRIDS = grids(600)


def main() -> None:
    """Run all rows."""
    full = "--full" in sys.argv
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    print(f"{'':<44}{'CPU':>10}{'wall':>10}{'page':>11}{'render':>10}{'step':>11}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        maps.render(our_discs(concerns(100)))  # imports and caches
        for n in (100_000, 1_000_000) if full else (100_000,):
            frame = concerns(n)
            for name, ours in (("discs", our_discs), ("heat", our_heat), ("dots", our_dots)):
                measure(f"gridkit {name}, {n:,}", lambda o=ours, f=frame: o(f), browser)
            for kind in (plugins.FastMarkerCluster, plugins.HeatMap):
                name = f"Folium {kind.__name__}, {n:,}"
                measure(name, lambda k=kind, f=frame: theirs(k, f), browser)
        n = 100_000 if full else 5_000
        few = concerns(n)
        name = f"Folium MarkerCluster, {n:,}"
        measure(name, lambda: theirs(plugins.MarkerCluster, few), browser)
        measure("gridkit 52 weeks, 600", lambda: our_weeks(_GRIDS), browser, WEEK)
        for n in (600, 2_000, 20_000):
            cells = grids(n)
            measure(f"gridkit choropleth, {n:,}", lambda c=cells: our_choropleth(c), browser)
            measure(f"Folium Choropleth, {n:,}", lambda c=cells: their_choropleth(c), browser)
        browser.close()


if __name__ == "__main__":
    main()
