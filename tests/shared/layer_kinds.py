"""One layer of each kind, on a map; with a text wherever a layer takes one."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit import hotspots, maps
from gridkit.maps import layers
from gridkit.maps.ground import Ground

SIDE = 6
IDS = pd.Index([f"990428100{200 + i // 9}{i:03d}" for i in range(SIDE**2)], name="grid_id")
TODAY = dt.date(2026, 11, 22)
KINDS = ("rates", "hotspots", "clusters", "emerging", "silent", "change", "time", "heat",
         "dots", "discs", "markers", "rooms", "stations", "route")  # fmt: skip


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
