"""Any Folium map, without a network: held in a browser that tells on every request."""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
import sys
from importlib.resources import files

import folium
import numpy as np
import pytest
from branca.colormap import linear
from folium import plugins

from gridkit import maps
from gridkit.errors import OfflineError

VENDOR = files("gridkit.maps") / "vendor"
HERE = [26.7, 117.5]
NEAR = [[26.7 + i / 100, 117.5 + i / 100] for i in range(5)]
SQUARE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "a",
            "properties": {"name": "东门"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[117.4, 26.6], [117.6, 26.6], [117.6, 26.8], [117.4, 26.6]]],
            },
        }
    ],
}


def bare() -> folium.Map:
    """Make an empty map without tiles."""
    return folium.Map(HERE, zoom_start=12, tiles=None, max_zoom=18)


def everything_vendored() -> folium.Map:
    """Make a map with a layer of each kind that gridkit has the scripts of."""
    m = folium.Map(HERE, zoom_start=12, control_scale=True)
    folium.Marker(HERE, popup="问题", tooltip="提示", icon=folium.Icon(color="red")).add_to(m)
    folium.Marker(NEAR[1]).add_to(m)
    folium.CircleMarker(NEAR[2]).add_to(m)
    folium.GeoJson(SQUARE, tooltip=folium.GeoJsonTooltip(["name"])).add_to(m)
    folium.Choropleth(SQUARE, data={"a": 3.0}, key_on="feature.id", bins=[1, 2, 3, 4]).add_to(m)
    linear.YlOrRd_09.scale(0, 1).add_to(m)
    group = plugins.MarkerCluster(NEAR, name="聚合").add_to(m)
    plugins.FeatureGroupSubGroup(group, name="子组").add_to(m)
    plugins.FastMarkerCluster(NEAR).add_to(m)
    plugins.HeatMap(NEAR).add_to(m)
    plugins.Draw().add_to(m)
    plugins.Fullscreen().add_to(m)
    plugins.MiniMap(folium.TileLayer("OpenStreetMap")).add_to(m)
    plugins.AntPath(NEAR).add_to(m)
    plugins.MousePosition().add_to(m)
    folium.Marker(NEAR[3], icon=plugins.BeautifyIcon(number=3)).add_to(m)
    plugins.PolyLineOffset(NEAR, offset=5).add_to(m)
    line = folium.PolyLine(NEAR).add_to(m)
    plugins.PolyLineTextPath(line, "→").add_to(m)
    plugins.SemiCircle(HERE, radius=500, direction=90, arc=60).add_to(m)
    plugins.Search(folium.GeoJson(SQUARE).add_to(m), search_label="name").add_to(m)
    groups = {"分组": [folium.FeatureGroup("甲").add_to(m)]}
    plugins.GroupedLayerControl(groups).add_to(m)
    folium.LayerControl().add_to(m)
    return m


@pytest.mark.browser
def test_every_vendored_kind_of_layer_draws_and_asks_for_nothing(page, tmp_path):
    """Web tiles, markers, clusters, heat, drawing tools: no request, no error, all there."""
    page.goto(maps.save(everything_vendored(), tmp_path / "map.html").as_uri())

    assert page.locator(".awesome-marker-icon-red").count() == 1
    icon = page.locator("img.leaflet-marker-icon").first
    assert icon.evaluate("i => i.naturalWidth") == 25
    assert page.locator(".marker-cluster").count() >= 1
    assert page.locator(".leaflet-heatmap-layer").count() == 1
    assert page.locator("#legend, .legend").count() >= 1
    assert page.locator(".leaflet-draw-toolbar a").first.get_attribute("title") == "画线"
    assert page.locator(".leaflet-control-zoom-in").first.get_attribute("title") == "放大"
    assert page.locator(".leaflet-control-layers-toggle[title=图层]").count() == 1
    assert "离线" in page.locator(".leaflet-control-attribution").first.inner_text()


@pytest.mark.browser
def test_a_map_draws_inside_a_sandboxed_frame_and_cannot_leave_it(page):
    """In a notebook the map runs its scripts and nothing of the notebook."""
    m = bare()
    folium.GeoJson(SQUARE).add_to(m)
    folium.Marker(HERE).add_to(m)

    page.set_content(f"<!DOCTYPE html><p>notebook</p>{maps.iframe(m)}")
    frame = page.frame_locator("iframe")

    assert frame.locator("path.leaflet-interactive").count() == 1
    assert frame.locator("img.leaflet-marker-icon").evaluate("i => i.naturalWidth") == 25
    reach = "() => { try { return parent.document.title } catch (e) { return e.name } }"
    assert frame.locator("body").evaluate(reach) == "SecurityError"


@pytest.mark.browser
def test_a_distance_and_an_area_are_measured_without_code_from_strings(page, tmp_path):
    """Folium's MeasureControl under the policy: lengths as on the sphere, in Chinese."""
    m = bare()
    plugins.MeasureControl(
        position="topleft", secondary_length_unit="", secondary_area_unit="hectares"
    ).add_to(m)
    page.goto(maps.save(m, tmp_path / "map.html").as_uri())
    at = [[300, 300], [500, 300], [500, 450]]

    page.locator(".leaflet-control-measure").hover()
    page.locator(".leaflet-control-measure .js-start").click()
    for x, y in at:
        page.mouse.click(x, y)
    said = page.locator(".js-results").inner_text()
    degrees = page.evaluate(
        f"(m => {at}.map(p => m.mouseEventToLatLng({{clientX: p[0], clientY: p[1]}}))"
        ".map(p => [p.lat, p.lng]))(Object.values(window).find(v => v instanceof L.Map))"
    )

    far = sum(haversine(*degrees[i : i + 2]) for i in (0, 1))
    assert abs(int(re.search(r"路径长度 ([\d,]+) 米", said)[1].replace(",", "")) - far) <= 1
    assert f"{degrees[2][0]:.6f} / {degrees[2][1]:.6f}" in said
    assert re.search(r"面积 [\d,]+ 平方米 \([\d,.]+ 公顷\)", said)
    page.locator(".js-finish").click()
    assert "面积测量" in page.locator(".leaflet-popup-content h3").inner_text()


def haversine(a: list[float], b: list[float]) -> float:
    """Meters between two places on a sphere of the IUGG mean radius, 6,371,008.8 m."""
    (lat_a, lon_a), (lat_b, lon_b) = np.radians([a, b])
    half = np.sin((lat_b - lat_a) / 2) ** 2
    half += np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return float(2 * 6_371_008.8 * np.arcsin(np.sqrt(half)))


def test_a_slim_map_leaves_out_what_it_does_not_use():
    """Without markers and popups neither jQuery, nor Bootstrap, nor an icon font comes along."""
    page = maps.render(bare())

    assert len(page) < 280_000
    assert "jQuery" not in page
    assert "bootstrap" not in page.lower()
    assert "fontawesome" not in page.lower()


def test_a_map_renders_the_same_twice_and_leaves_folium_as_it_was():
    """Rendering changes neither the map nor the classes that later maps are made from."""
    before = [list(c.default_js) for c in (folium.Map, plugins.Draw, plugins.HeatMap)]
    m = folium.Map(HERE)
    folium.Marker(HERE, popup="a").add_to(m)
    plugins.HeatMap(NEAR).add_to(m)
    plugins.Draw().add_to(m)
    folium.LayerControl().add_to(m)

    first, second = (re.sub(r"nonce[-=\"]+[\w-]+", "", maps.render(m)) for _ in range(2))

    assert len(first) == len(second)
    assert before == [c.default_js for c in (folium.Map, plugins.Draw, plugins.HeatMap)]


def test_an_unknown_library_is_named_with_the_way_out():
    """Rather than a map that would need the network there is an error that names the want."""
    m = bare()
    plugins.Realtime("https://example.org/x.json", interval=10_000).add_to(m)

    with pytest.raises(OfflineError) as error:
        maps.render(m)

    url = "https://cdnjs.cloudflare.com/ajax/libs/leaflet-realtime/2.2.0/leaflet-realtime.js"
    assert str(error.value) == (
        "地图需要联网取得 `leaflet-realtime.js`, 而 gridkit 没有内置它。请去掉用到它的 Folium 组件; "
        f"或把该文件存到本机并说明位置: `maps.provide('{url}', '文件')`。\n"
        "The map wants `leaflet-realtime.js` from the network, and gridkit has no copy of it. "
        "Leave out the Folium class that needs it; or save the file on this machine and say "
        f"where: `maps.provide('{url}', 'the file')`."
    )


@pytest.mark.browser
def test_a_file_of_ones_own_stands_in_for_an_unknown_library(page, tmp_path):
    """What the error proposes works: script and style run from the page, nothing is asked."""
    class_, style = "https://example.org/wind-rose.js", "https://example.org/wind-rose.css"
    (tmp_path / "wind.js").write_text("window.wind = '</script>'.length;", "utf-8")
    (tmp_path / "wind.css").write_text(
        "body{outline:3px solid red;background:url(https://example.org/a.png)}", "utf-8"
    )
    m = bare()
    m.get_root().header.add_child(folium.JavascriptLink(class_), name="wind")
    m.get_root().header.add_child(folium.CssLink(style), name="wind_css")

    maps.provide(class_, tmp_path / "wind.js")
    maps.provide(style, tmp_path / "wind.css")
    page.goto(maps.save(m, tmp_path / "map.html").as_uri())

    assert page.evaluate("window.wind") == 9
    assert page.evaluate("getComputedStyle(document.body).outlineWidth") == "3px"


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.jsdelivr.net/npm/leaflet@2.0.0/dist/leaflet.js",
        "https://d3js.org/d3.v4.min.js",
        "https://example.org/evil/leaflet.min.js",
    ],
)
def test_another_major_version_is_not_passed_off_as_the_vendored_one(address):
    """A library that could behave otherwise is unknown, not silently replaced."""
    m = bare()
    m.get_root().header.add_child(folium.JavascriptLink(address), name="theirs")

    with pytest.raises(OfflineError):
        maps.render(m)


@pytest.mark.parametrize(
    "raw",
    [
        '<script src="https://example.org/a.js"></script>',
        "<link rel=stylesheet href=//example.org/a.css>",
        "<img src='http://example.org/a.png'>",
    ],
)
def test_raw_html_that_would_fetch_something_is_refused(raw):
    """A link hidden in hand-written HTML is found as well."""
    m = bare()
    m.get_root().html.add_child(folium.Element(raw))

    with pytest.raises(OfflineError):
        maps.render(m)


def test_an_overlay_from_the_web_is_refused():
    """An image by address would be requested; one from a file is embedded."""
    m = bare()
    bounds = [[26.6, 117.4], [26.8, 117.6]]
    folium.raster_layers.ImageOverlay(np.zeros((2, 2)), bounds).add_to(m)
    assert "data:image/png" in maps.render(m)
    folium.raster_layers.ImageOverlay("https://example.org/a.png", bounds).add_to(m)

    with pytest.raises(OfflineError, match="ImageOverlay"):
        maps.render(m)


def test_no_address_is_left_that_a_browser_would_open_by_itself():
    """The page holds no src, no stylesheet link and no CSS url to the outside."""
    page = maps.render(everything_vendored())

    head = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", head)
    assert not re.findall(r"url\(\s*[\"']?(?!data:|#)", head)


def test_saving_replaces_the_file_in_one_step(tmp_path):
    """A map that cannot be made leaves the earlier file and no draft beside it."""
    file = maps.save(bare(), tmp_path / "map.html")
    before = file.read_text("utf-8")
    broken = bare()
    plugins.Realtime("https://example.org/x.json", interval=10_000).add_to(broken)

    with pytest.raises(OfflineError):
        maps.save(broken, file)

    assert file.read_text("utf-8") == before
    assert [f.name for f in tmp_path.iterdir()] == ["map.html"]


@pytest.mark.parametrize("imported", ["folium, gridkit.maps", "folium, gridkit"])
def test_a_bare_folium_map_in_a_notebook_is_offline(imported):
    """Importing gridkit in IPython is all it takes, with or without its maps."""
    code = (
        "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance();"
        f"import {imported};"
        "data, _ = s.display_formatter.format(folium.Map([26.7, 117.5]));"
        "print(data['text/html'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    page = html.unescape(done.stdout)
    assert 'sandbox="allow-scripts"' in done.stdout
    assert "cdn.jsdelivr.net" not in page
    assert "Content-Security-Policy" in page


def test_vendored_files_are_those_of_the_manifest():
    """Each file has the recorded hash, each package its license, and nothing else is there."""
    manifest = json.loads((VENDOR / "manifest.json").read_text("utf-8"))
    known = {"manifest.json"}
    for package in manifest["packages"]:
        assert package["license"] in {"MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC"}
        assert package["integrity"].startswith("sha512-")
        names = [file["as"] for file in package["files"]]
        assert any("licen" in n.lower() or n == "package.json" for n in names), package["name"]
        for file in package["files"]:
            data = (VENDOR / package["name"] / file["as"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == file["sha256"], file
            known.add(f"{package['name']}/{file['as']}")
    folder = VENDOR.joinpath()
    found = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
    assert found == known
