"""Concerns as heat: counted per small cell first, so that a million do not hide the hotspots."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.maps.escape import Json
from gridkit.maps.layers.cells import world
from gridkit.maps.layers.golomb import golomb
from gridkit.maps.layers.layer import LegendSection, MapLayer
from gridkit.maps.layers.popups import check_concerns

MOST_BINS = 640
"""Bins along the longer side of what is drawn."""
FINEST_ZOOM = 18
"""Bins are never smaller than 64 pixels of this zoom, about 34 m: finer than any blur."""

# Lightness falls evenly (CIE L* 93, 79, 61, 41, 20): the order is kept in grey and for any eye.
STOPS = ("#fdeab0", "#f6bd61", "#dd7f3b", "#a83a3c", "#4f1237")
_WORDS = ("最疏", "较疏", "中等", "较密", "最密")


class Bins(NamedTuple):
    """Concerns per bin: `counts` has a row from the north and a column from the west.

    Bins are cells of `zoom` (`layers.cells.world`); `west` and `north` number the first.
    """

    zoom: int
    west: int
    north: int
    counts: NDArray[np.int64]


class HeatLayer(MapLayer):
    """Heat; made by `heat_layer`. `data` are its `Bins`."""

    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "heat.js")

    def __init__(self, data: Bins, *, legend: LegendSection, show: bool) -> None:
        super().__init__(legend.title, legend.en, show=show)
        self.data = data
        self.legend = legend

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        bins = self.data
        flat = bins.counts.ravel()
        key = np.flatnonzero(flat)
        spec: dict[str, Json] = {
            "zoom": bins.zoom,
            "west": bins.west,
            "north": bins.north,
            "width": bins.counts.shape[1],
            "height": bins.counts.shape[0],
            "n": len(key),
            "data": golomb(np.diff(key, prepend=0), flat[key]),
            "stops": STOPS,
        }
        return f"new gk.Heat({self.held(spec)})"


def heat_layer(
    concerns: pd.DataFrame,
    *,
    title: str = "诉求疏密 (热力)",
    title_en: str = "density of concerns",
    show: bool = True,
) -> HeatLayer:
    """Show where concerns lie thick, smoothly.

    Parameters
    ----------
    concerns : DataFrame
        `lon` and `lat` (WGS-84, degrees). Concerns without a place are left out, and the
        legend counts them.
    title, title_en : str
        For legend and layer control.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    HeatLayer
        For `.add_to(m)`. For the desk only: few concerns in an empty place show it.

    Raises
    ------
    DataError
        If `lon` or `lat` is absent, or beyond the degrees that exist.

    Notes
    -----
    A picture of places, not of rates and not of significance: where more households live,
    more concerns lie. `grid_choropleth` and `hotspot_layer` answer those questions.

    Counted per bin before it is drawn, the page does not grow with the concerns, and the
    scale is that of the densest place: the raw heat map of a million points is one color all
    over (methods.md §1). The scale is the square root of the density.

    Examples
    --------
    >>> three = pd.DataFrame({"lon": [117.5, 117.5, 117.6], "lat": [26.7, 26.7, 26.7]})
    >>> heat_layer(three).data.counts.max()
    np.int64(2)
    """
    check_concerns(concerns)
    placed = concerns[concerns["lon"].notna() & concerns["lat"].notna()]
    places = placed["lon"].to_numpy(dtype=float), placed["lat"].to_numpy(dtype=float)
    notes = [
        f"共 {len(placed):,} 件。颜色越深越密; 只示疏密, 未除以户数, 也未作检验。",
        "Thick and thin only: neither per household nor tested.",
    ]
    if lost := len(concerns) - len(placed):
        notes.append(f"另有 {lost:,} 件没有位置, 未上图 / without a place.")
    items: tuple[dict[str, Json], ...] = tuple(
        {"fill": color, "stroke": "#c6c0b3", "label": word, "en": ""}
        for color, word in zip(STOPS, _WORDS, strict=True)
    )
    legend = LegendSection(title, title_en, items, tuple(notes))
    return HeatLayer(_bins(*places), legend=legend, show=show)


def _bins(lon: np.ndarray, lat: np.ndarray) -> Bins:
    """Count points per bin, the bins as small as the extent allows."""
    if len(lon) == 0:
        return Bins(0, 0, 0, np.zeros((1, 1), dtype=np.int64))
    xy = world(lon, lat, FINEST_ZOOM)
    extent = float((xy.max(axis=0) - xy.min(axis=0)).max())
    coarser = max(0, int(np.ceil(np.log2(max(extent, 1.0) / (MOST_BINS - 1)))))
    cell = (xy / 2**coarser).astype(np.int64)
    west, north = cell.min(axis=0)
    width, height = cell.max(axis=0) - (west, north) + 1
    key = (cell[:, 1] - north) * width + (cell[:, 0] - west)
    counts = np.bincount(key, minlength=width * height).reshape(height, width)
    return Bins(FINEST_ZOOM - coarser, int(west), int(north), counts)
