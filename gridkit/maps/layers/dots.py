"""Every concern as a dot on one canvas: all of them are there, however many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.maps.escape import Json, safe
from gridkit.maps.layers.cells import CELL_PX, world
from gridkit.maps.layers.discs import BANDS, UNSCORED, Band, band_positions
from gridkit.maps.layers.golomb import golomb
from gridkit.maps.layers.layer import LegendSection, MapLayer
from gridkit.maps.layers.popups import check_concerns

PLACE_ZOOM = 17
"""Places are told to a pixel of this zoom, about 1 m."""


class Dots(NamedTuple):
    """Places in pixels of `PLACE_ZOOM` from `west` and `north`; per band a row for each dot."""

    west: int
    north: int
    places: tuple[NDArray[np.int64], ...]


class DotLayer(MapLayer):
    """Dots; made by `dot_layer`. `data` are its `Dots`, in the order of `bands`."""

    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "dots.js")

    def __init__(
        self, data: Dots, bands: Sequence[Band], *, legend: LegendSection, show: bool
    ) -> None:
        super().__init__(legend.title, legend.en, show=show)
        self.data = data
        self.bands = tuple(bands)
        self.legend = legend

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        width = 1 + max((int(xy[:, 0].max()) for xy in self.data.places if len(xy)), default=0)
        parts: list[Json] = []
        for band, xy in zip(self.bands, self.data.places, strict=True):
            key = np.sort(xy[:, 1] * width + xy[:, 0])
            text = golomb(np.diff(key, prepend=0))
            parts.append({"n": len(xy), "data": text, "color": safe(band.color)})
        spec: dict[str, Json] = {
            "zoom": PLACE_ZOOM,
            "west": self.data.west,
            "north": self.data.north,
            "width": width,
            "parts": parts,
        }
        return f"new gk.Dots({self.held(spec)})"


def dot_layer(
    concerns: pd.DataFrame,
    *,
    bands: Sequence[Band] = BANDS,
    title: str = "诉求 (逐点)",
    title_en: str = "every concern",
    show: bool = True,
) -> DotLayer:
    """Show every concern as a dot, the most urgent on top and a little larger.

    Parameters
    ----------
    concerns : DataFrame
        `lon` and `lat` (WGS-84, degrees), `band` (codes of `bands`; if absent or missing: not
        scored). Concerns without a place are left out, and the legend counts them.
    bands : sequence of Band
        From most to least urgent; `profile.bands`.
    title, title_en : str
        For legend and layer control.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    DotLayer
        For `.add_to(m)`. For the desk only: it shows single places.

    Raises
    ------
    DataError
        If `lon` or `lat` is absent, or beyond the degrees that exist.

    Notes
    -----
    Places are sorted and told by their steps: 2.5 bytes of the page a dot where a million lie in a
    county. Where dots lie on one another only one is seen: `concern_discs` counts them.

    Examples
    --------
    >>> two = pd.DataFrame({"lon": [117.5, 117.5], "lat": [26.7, 26.8], "band": ["blue", "red"]})
    >>> [len(of_band) for of_band in dot_layer(two).data.places]
    [1, 0, 0, 1]
    """
    check_concerns(concerns)
    placed = concerns[concerns["lon"].notna() & concerns["lat"].notna()]
    band = band_positions(placed, bands)
    drawn = (*bands, UNSCORED) if (band == len(bands)).any() else tuple(bands)
    lon, lat = placed["lon"].to_numpy(dtype=float), placed["lat"].to_numpy(dtype=float)
    xy = (world(lon, lat, PLACE_ZOOM) * CELL_PX).astype(np.int64)
    corner = xy.min(axis=0) if len(xy) else np.zeros(2, dtype=np.int64)
    places = tuple(xy[band == i] - corner for i in range(len(drawn)))
    items: tuple[dict[str, Json], ...] = tuple(
        {"fill": b.color, "stroke": "#1d1b18", "label": b.zh, "en": b.en}
        for b, at in zip(drawn, places, strict=True)
        if len(at)
    )
    notes = [f"共 {len(placed):,} 件, 一件一点; 急的画在上面, 也大一些。"]
    if lost := len(concerns) - len(placed):
        notes.append(f"另有 {lost:,} 件没有位置, 未上图 / without a place.")
    return DotLayer(
        Dots(int(corner[0]), int(corner[1]), places),
        drawn,
        legend=LegendSection(title, title_en, items, tuple(notes)),
        show=show,
    )
