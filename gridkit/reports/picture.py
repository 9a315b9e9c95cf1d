"""A picture of the county's map for a report, where a browser is there to draw it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridkit.errors import PrintError

if TYPE_CHECKING:
    from gridkit.maps.overview import Overview


def map_picture(seen: Overview, folder: Path) -> Path | None:
    """Draw the map of an overview as PNG.

    Parameters
    ----------
    seen : Overview
    folder : Path
        Where the picture is written.

    Returns
    -------
    Path, or None
        None where no browser is installed, or it could not draw the page.
    """
    from gridkit.maps.printing import print_map

    try:
        return print_map(seen.map(), folder / "map.png")
    except PrintError:
        return None
