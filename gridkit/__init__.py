"""gridkit: field survey and triage for China's community grid workers (网格员).

A concern is heard at a door. It is *recorded*, gets a *score* and a *clock*, is worked on
until it is struck off; many concerns become *counts* per grid and week, the counts become
*hotspots*, the hotspots a *map*, the map a visit to the next door.

The chapters, from the ground up: `profile` (a county's words and rules), `records` (what is
written down and never lost), `triage` (what first, by when), `hotspots` (where it gathers),
`maps`, `exchange`, `forms`, `training`, `cli`. Names are loaded when they are first used, so
that `import gridkit` costs next to nothing.

Examples
--------
>>> import gridkit as gk
>>> gk.load_profile().label("demand_type", "water")
'用水'
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_CHAPTERS = (
    "exchange",
    "forms",
    "hotspots",
    "maps",
    "profile",
    "records",
    "reports",
    "training",
    "triage",
)
_NAMES = {
    "load_profile": "profile",
    "Concern": "records",
    "Decision": "records",
    "Step": "records",
    "Visit": "records",
    "create_store": "records",
    "open_store": "records",
    "open_workspace": "records",
    "create_workspace": "records",
}

__all__ = [
    "Concern",
    "Decision",
    "Step",
    "Visit",
    "__version__",
    "create_store",
    "create_workspace",
    "exchange",
    "forms",
    "hotspots",
    "load_profile",
    "maps",
    "open_store",
    "open_workspace",
    "profile",
    "records",
    "training",
    "triage",
]

if TYPE_CHECKING:
    from gridkit import exchange, forms, hotspots, maps, profile, records, training, triage
    from gridkit.profile import load_profile
    from gridkit.records import (
        Concern,
        Decision,
        Step,
        Visit,
        create_store,
        create_workspace,
        open_store,
        open_workspace,
    )


def __getattr__(name: str) -> Any:
    if name in _CHAPTERS:
        return import_module(f"gridkit.{name}")
    if name in _NAMES:
        return getattr(import_module(f"gridkit.{_NAMES[name]}"), name)
    msg = f"module 'gridkit' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)


def _show_offline(m: Any) -> str:
    """Show a bare Folium map offline; `gridkit.maps` is loaded when there is one."""
    return str(import_module("gridkit.maps").iframe(m))


def _in_notebook() -> None:
    """See to it that no bare Folium map goes online, whether or not `maps` was used."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        formatter = shell.display_formatter.formatters["text/html"]
        formatter.for_type_by_name("folium.folium", "Map", _show_offline)


_in_notebook()
