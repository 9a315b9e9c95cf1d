"""Folium, with the cable pulled.

Maps for people whose office has no network: one HTML file that opens anywhere, asks nobody
for anything, and runs no script but its own.

Frames come in (grids, rates, tests, concerns), `layers` turns each into a Folium layer,
`basemap` draws the county they lie on from the grids themselves, `ground` its rivers and
roads, `legend` says in plain words what is shown, `offline` writes the page with the
vendored scripts inside, `notebook` shows it. Every text goes through one choke point, `safe`.
`disclosure` hides what would give somebody away on maps that are handed out, and `shared`
and `shared_table` draw them. `county_map` does all of it for the desk in one call.

In a notebook, importing this (or `gridkit` alone) makes a bare ``folium.Map`` at the end of a
cell offline, too.
"""

from __future__ import annotations

from gridkit.maps import basemap, disclosure, ground, layers, legend
from gridkit.maps.assets import provide
from gridkit.maps.basemap import GridMap, base_map
from gridkit.maps.county_map import county_map
from gridkit.maps.disclosure import suppress
from gridkit.maps.escape import safe
from gridkit.maps.legend import Caption, add_panel
from gridkit.maps.notebook import iframe, register, show
from gridkit.maps.offline import render, save
from gridkit.maps.shared_map import Shared, published, shared, shared_map
from gridkit.maps.shared_table import SharedTable, shared_table

__all__ = [
    "Caption",
    "GridMap",
    "Shared",
    "SharedTable",
    "add_panel",
    "base_map",
    "basemap",
    "county_map",
    "disclosure",
    "ground",
    "iframe",
    "layers",
    "legend",
    "provide",
    "published",
    "render",
    "safe",
    "save",
    "shared",
    "shared_map",
    "shared_table",
    "show",
    "suppress",
]

register()
