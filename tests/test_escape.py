"""Texts that would like to be scripts, through every text that reaches a map."""

from __future__ import annotations

import datetime as dt
import html

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridkit import maps
from gridkit.maps import disclosure, layers
from gridkit.maps.fault_map import fault_map
from gridkit.maps.ground import Ground
from gridkit.records.topology import grid_faults

PAYLOADS = (
    "<img src=x onerror=window.hit=1>",
    "</script><script>window.hit=1</script>",
    "`);window.hit=1;(`",
    "${window.hit=1}",
    "{{ 7*7 }}{% raw %}",
    "javascript:window.hit=1",
    "\\';window.hit=1;//",
    '"><svg onload=window.hit=1>',
    "a<b & c>d &lt;i&gt; 水压<5",
)
LAND = shapely.box([117.0, 117.1], 26.0, [117.1, 117.2], 26.1)


def county(text: str) -> gpd.GeoDataFrame:
    """Two grids that carry a text wherever grids have one."""
    return gpd.GeoDataFrame(
        {
            "name": [text, text],
            "township_name": [text, text],
            "township_code": ["t", "t"],
            "households": [100, 100],
        },
        geometry=LAND,
        index=pd.Index(["a", "b"], name="grid_id"),
        crs=4326,
    )


def all_layers(text: str) -> list[layers.MapLayer]:
    """One layer of each kind, with a text wherever it takes one."""
    grids = county(text)
    concerns = pd.DataFrame(
        {
            "lon": [117.05],
            "lat": [26.05],
            "demand_type": ["water"],
            "band": ["red"],
            "score": [90],
        },
        index=[text],
    )
    band = layers.BandStyle("red", text, text, "#c62828")
    tests = pd.DataFrame({"hot": ["hot_95", "none"]}, index=grids.index)
    rates = pd.Series([1.5, 3.5], index=grids.index)
    return [
        layers.grid_choropleth(
            grids, rates, title=text, title_en=text, unit=text, notes=[text]
        ),
        layers.hotspot_layer(grids, tests, title=text, title_en=text),
        layers.concern_discs(
            concerns,
            bands=[band],
            labels={"water": text},
            title=text,
            title_en=text,
            popups=["id", "demand_type", "band", "score"],
        ),
    ]


@given(st.text())
def test_safe_text_reads_as_typed_and_holds_no_mark_of_html_or_script(text):
    """Whatever goes in, no character that HTML, JavaScript or Jinja act on comes out."""
    out = maps.safe(text)

    assert not set(out) & set("<>\"'`$\\{}")
    marks = (
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0x061C,
        0x200E,
        0x200F,
        0x2028,
        0x2029,
    )
    hidden = {chr(c) for c in marks}
    assert html.unescape(out) == "".join(c for c in text if c not in hidden) or "\r" in text


@pytest.mark.parametrize("nothing", [None, pd.NA, float("nan"), pd.NaT])
def test_safe_shows_nothing_for_a_missing_value(nothing):
    """A missing value is no text, least of all the word "nan"."""
    assert maps.safe(nothing) == ""


@pytest.mark.browser
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_runs_and_each_is_shown_as_typed(payload, page, tmp_path):
    """Through name, tooltip, popup, legend, title and layer control a text stays a text."""
    drawn = all_layers(payload)
    m = maps.base_map(county(payload))
    for layer in drawn:
        layer.add_to(m)
    maps.add_panel(m, maps.Caption(title=payload, source=payload, notes=(payload,)), drawn)
    file = maps.save(m, tmp_path / "map.html")

    page.goto(file.as_uri())
    page.locator(".gk-discs .gk-one").click()
    page.locator(".leaflet-gkHotspots-pane path").last.hover()

    assert page.evaluate("window.hit") is None
    assert page.locator(".gk-head h1").inner_text() == payload.strip()
    for place in (
        ".gk-head p",
        ".gk-legend h3 >> nth=0",
        ".gk-legend section p >> nth=0",
        ".gk-legend footer",
        ".leaflet-control-layers-overlays label >> nth=1",
        ".gk-names span >> nth=0",
        ".gk-popup td >> nth=1",
        ".gk-tip-name",
        ".gk-tip-title >> nth=0",
    ):
        assert payload.strip() in page.locator(place).first.inner_text(), place
    assert payload in page.locator(".gk-discs .gk-one").get_attribute("title")
    assert page.title().endswith(payload.strip())


def named_by_payloads() -> gpd.GeoDataFrame:
    """Lay a column of grids, each a township of its own, each over its neighbor's edge."""
    south = 26 + 0.1 * np.arange(len(PAYLOADS))
    return gpd.GeoDataFrame(
        {
            "name": PAYLOADS,
            "township_name": PAYLOADS,
            "township_code": [f"t{i}" for i in range(len(PAYLOADS))],
            "households": 100,
        },
        geometry=shapely.box(117.0, south, 117.1, south + 0.11),
        index=pd.Index(PAYLOADS, name="grid_id"),
        crs=4326,
    )


@pytest.mark.browser
def test_no_payload_runs_on_a_map_that_is_handed_out(page, tmp_path):
    """County, kinds, townships, grids, title: as typed, masked places beside them."""
    grids, text = named_by_payloads(), " ".join(PAYLOADS)
    may = disclosure.window_of(dt.date(2026, 5, 1))
    made = disclosure.release(
        pd.Series(20, index=grids.index), grids[["township_code"]].rename(
            columns={"township_code": "township"}
        ), may, title=text,
    )  # fmt: skip
    places = pd.DataFrame(
        {"lon": [117.05, 117.15], "lat": [26.05, 26.06], "area": ["t0", "t1"]}
    )
    hidden = pd.Series({"grid": 0.0})
    what = maps.Shared(
        made, "grid", grids, hidden, text, invented=True, ground=Ground(), kinds=text,
        places=places, number=1,
    )  # fmt: skip

    page.goto(maps.save(maps.shared_map(what), tmp_path / "map.html").as_uri())
    page.locator(".leaflet-control-layers-overlays input").last.check(force=True)
    page.mouse.move(640, 400)

    assert page.evaluate("window.hit") is None
    assert page.locator(".gk-head h1").inner_text() == text.strip()
    assert {t.strip() for t in page.locator(".gk-names span").all_text_contents()} == {
        p.strip() for p in PAYLOADS
    }


@pytest.mark.browser
def test_no_payload_runs_on_the_map_of_faults(page, tmp_path):
    """Ids and names of the file that was brought, and its own name: as typed in every mark."""
    grids = named_by_payloads()

    m = fault_map(grids, grid_faults(grids), title=f"网格检查: {' '.join(PAYLOADS)}")
    page.goto(maps.save(m, tmp_path / "map.html").as_uri())
    told = page.evaluate(
        """Object.keys(window).filter(k => k.startsWith('marker_')).map(k => {
          window[k].openPopup();
          return window[k].getPopup().getElement().innerText;
        }).join('\\n')"""
    )

    assert page.evaluate("window.hit") is None
    assert not [p for p in PAYLOADS if p.strip() not in told]
    assert " ".join(PAYLOADS).strip() in page.locator(".gk-head h1").inner_text()


@pytest.mark.browser
def test_the_policy_stops_a_script_that_slipped_through(page, tmp_path):
    """Where a user puts raw HTML on a map of their own, its scripts do not run."""
    m = folium.Map([26.7, 117.5], tiles=None, max_zoom=18)
    raw = "<script>window.hit=1</script><img id=raw src=data:, onerror=window.hit=1>"
    m.get_root().html.add_child(folium.Element(raw))
    folium.Marker([26.7, 117.5]).add_to(m)
    file = maps.save(m, tmp_path / "map.html")

    page.goto(file.as_uri())

    assert page.locator("#raw").count() == 1
    assert page.locator(".leaflet-marker-icon").count() == 1
    assert page.evaluate("window.hit") is None
