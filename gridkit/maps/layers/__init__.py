"""Layers: a frame goes in, a Folium layer comes out.

Each function checks its frame, puts every text through `maps.safe`, and gives a layer that
draws itself with gridkit's own small script: one rule on a property instead of a style per
feature, outlines shared by all layers of a page. `layer.data` is what the page gets.
"""

from __future__ import annotations

from gridkit.maps.layers.cells import Cells, count_cells
from gridkit.maps.layers.change import change_layer
from gridkit.maps.layers.choropleth import grid_choropleth
from gridkit.maps.layers.clusters import ClusterLayer, cluster_layer
from gridkit.maps.layers.discs import (
    BANDS,
    Band,
    BandStyle,
    DiscLayer,
    concern_discs,
)
from gridkit.maps.layers.dots import DotLayer, dot_layer
from gridkit.maps.layers.emerging import emerging_layer
from gridkit.maps.layers.heat import HeatLayer, heat_layer
from gridkit.maps.layers.hotspot import HOTSPOT_STYLES, hotspot_layer
from gridkit.maps.layers.layer import Count, GridLayer, LegendSection, MapLayer, on_grids
from gridkit.maps.layers.markers import concern_markers
from gridkit.maps.layers.marks import MarkLayer, MarkStyle
from gridkit.maps.layers.places import room_layer, station_layer
from gridkit.maps.layers.popups import MOST_ROWS, POPUP_HEADS
from gridkit.maps.layers.route import route_layer, visit_route
from gridkit.maps.layers.shades import COLORS, class_bounds
from gridkit.maps.layers.silent import silent_layer
from gridkit.maps.layers.tiles import TileLayer, service_layer, source_tiles, tile_layer
from gridkit.maps.layers.timeline import TimeLayer, time_layer

__all__ = [
    "BANDS",
    "COLORS",
    "HOTSPOT_STYLES",
    "MOST_ROWS",
    "POPUP_HEADS",
    "Band",
    "BandStyle",
    "Cells",
    "ClusterLayer",
    "Count",
    "DiscLayer",
    "DotLayer",
    "GridLayer",
    "HeatLayer",
    "LegendSection",
    "MapLayer",
    "MarkLayer",
    "MarkStyle",
    "TileLayer",
    "TimeLayer",
    "change_layer",
    "class_bounds",
    "cluster_layer",
    "concern_discs",
    "concern_markers",
    "count_cells",
    "dot_layer",
    "emerging_layer",
    "grid_choropleth",
    "heat_layer",
    "hotspot_layer",
    "on_grids",
    "room_layer",
    "route_layer",
    "service_layer",
    "silent_layer",
    "source_tiles",
    "station_layer",
    "tile_layer",
    "time_layer",
    "visit_route",
]
