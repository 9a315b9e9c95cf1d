"""Maps in a notebook: each in a frame of its own, which may draw and nothing else."""

from __future__ import annotations

import html
import sys
from typing import TYPE_CHECKING

import folium

from gridkit.maps.escape import safe
from gridkit.maps.offline import render

if TYPE_CHECKING:
    from IPython.display import HTML

MAP_HEIGHT_PX = 640


def iframe(m: folium.Map, height_px: int = MAP_HEIGHT_PX) -> str:
    """Wrap a map in a sandboxed frame, for a notebook or a widget.

    Parameters
    ----------
    m : folium.Map
        Any Folium map.
    height_px : int
        Height of the frame, pixels; its width is that of the cell.

    Returns
    -------
    str
        HTML. The page in the frame may run its scripts and nothing else: it cannot reach
        the notebook, the cookies or the kernel.

    Raises
    ------
    OfflineError
        As in `render`.

    Examples
    --------
    >>> 'sandbox="allow-scripts"' in iframe(folium.Map(tiles=None, max_zoom=18))
    True
    """
    page = html.escape(render(m, live=True))
    title = safe(getattr(m, "page_title", None) or "地图 / map")
    return (
        f'<div style="width:100%"><iframe title="{title}" srcdoc="{page}" '
        f'sandbox="allow-scripts" style="width:100%;height:{height_px}px;border:0">'
        "</iframe></div>"
    )


def show(m: folium.Map, height_px: int = MAP_HEIGHT_PX) -> HTML:
    """Display a map in a notebook, offline.

    Parameters
    ----------
    m : folium.Map
        Any Folium map.
    height_px : int
        Height of the frame, pixels.

    Returns
    -------
    IPython.display.HTML
        The last value of a cell shows it.

    Raises
    ------
    OfflineError
        As in `render`.

    Examples
    --------
    >>> type(show(folium.Map(tiles=None, max_zoom=18))).__name__
    'HTML'
    """
    from IPython.display import HTML

    return HTML(iframe(m, height_px))  # type: ignore[no-untyped-call]


def register() -> bool:
    """Make a bare Folium map at the end of a notebook cell show itself offline.

    Called when `gridkit.maps` is imported; does nothing outside IPython.

    Returns
    -------
    bool
        Whether there was a notebook to register with.

    Examples
    --------
    >>> register()
    False
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return False
    shell.display_formatter.formatters["text/html"].for_type(folium.Map, iframe)
    return True
