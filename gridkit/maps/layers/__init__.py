"""Layers: a frame goes in, a Folium layer comes out.

Each function checks its frame, puts every text through `maps.safe`, and gives a layer that
draws itself with gridkit's own small script: one rule on a property instead of a style per
feature, outlines shared by all layers of a page. `layer.data` is what the page gets.
"""

from __future__ import annotations

from gridkit.maps.layers.cells import Cells, count_cells
from gridkit.maps.layers.choropleth import COLORS, class_bounds, grid_choropleth
from gridkit.maps.layers.discs import (
    BANDS,
    MOST_ROWS,
    POPUP_HEADS,
    Band,
    BandStyle,
    DiscLayer,
    concern_discs,
)
from gridkit.maps.layers.hotspot import HOTSPOT_STYLES, hotspot_layer
from gridkit.maps.layers.layer import Count, GridLayer, LegendSection, MapLayer, on_grids

__all__ = [
    "BANDS",
    "COLORS",
    "HOTSPOT_STYLES",
    "MOST_ROWS",
    "POPUP_HEADS",
    "Band",
    "BandStyle",
    "Cells",
    "Count",
    "DiscLayer",
    "GridLayer",
    "LegendSection",
    "MapLayer",
    "class_bounds",
    "concern_discs",
    "count_cells",
    "grid_choropleth",
    "hotspot_layer",
    "on_grids",
]
