"""Raster tiles below the grids: from a file, or in a notebook from a service."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import ClassVar

from branca.element import Figure

from gridkit.errors import DataError
from gridkit.maps.escape import Json, safe, script_json
from gridkit.maps.layers.layer import MapLayer
from gridkit.maps.offline import is_live
from gridkit.maps.tile_file import Bounds, TileFile, open_tiles, tiles_over
from gridkit.maps.tile_server import serve
from gridkit.maps.tile_source import FileSource, TileSource

EMBEDDED_MB = 4.0
"""Tiles of up to so many megabytes go into the page; deeper zooms are enlarged from these."""


class _File:
    """A file of tiles as the handler serves it."""

    def __init__(self, tiles: TileFile) -> None:
        self._tiles = tiles

    def answer(self, z: int, x: int, y: int) -> tuple[str, bytes] | None:
        """Give one tile."""
        data = self._tiles.tile(z, x, y)
        return None if data is None else (self._tiles.media, data)


class TileLayer(MapLayer):
    """Raster tiles; made by `tile_layer` and `service_layer`.

    `data` holds the tiles that go into the page, by "zoom/column/row".
    """

    released = True  # a base map tells nothing of anybody
    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "tiles.js")

    def __init__(
        self, name: str, source: _File | TileSource, attribution: str, zooms: tuple[int, int]
    ) -> None:
        super().__init__(name, "base map")
        self.source = source
        self.attribution = attribution
        self.zooms = zooms
        self.media = ""
        self.data: dict[str, bytes] = {}
        self.complete = False

    def origins(self) -> tuple[str, ...]:
        """Name what a live page must be allowed to ask: the handler, and where it points."""
        if self.complete:
            return ()
        served = serve(self.source).rpartition("/")[0]
        return (
            (served, self.source.origin) if isinstance(self.source, TileSource) else (served,)
        )

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        figure = self.get_root()
        live = isinstance(figure, Figure) and is_live(figure) and not self.complete
        note = "" if live or self.data else " (底图只在笔记本中显示, 未随文件)"
        high = self.zooms[1]
        if not live and self.data:
            high = max(int(key.partition("/")[0]) for key in self.data)
        held = {key: base64.b64encode(tile).decode() for key, tile in self.data.items()}
        spec: dict[str, Json] = {
            "held": held,
            "media": self.media,
            "url": serve(self.source) if live else None,
        }
        options: dict[str, Json] = {
            "attribution": safe(self.attribution + note),
            "pane": "gkTiles",
            "minNativeZoom": self.zooms[0],
            "maxNativeZoom": high,
        }
        return f"new gk.Tiles({self.held(spec)}, {script_json(options)})"


def tile_layer(
    tiles: TileFile,
    bounds: Bounds,
    *,
    name: str = "底图",
    most_mb: float = EMBEDDED_MB,
) -> TileLayer:
    """Lay tiles of a file under the grids.

    Parameters
    ----------
    tiles : TileFile
        From `tile_file.open_tiles`; its datum must be WGS-84 or CGCS2000, as the grids'.
    bounds : (float, float, float, float)
        West, south, east, north of what is shown, degrees: `m.bounds`.
    name : str
        As the layer control says it.
    most_mb : float
        Tiles over `bounds` go into the page, zoom by zoom, as long as they are no larger
        together. A saved map enlarges the last of these; in a notebook the rest comes from a
        handler on this machine.

    Returns
    -------
    TileLayer
        For `.add_to(m)`.

    Raises
    ------
    DataError
        If `most_mb` is negative.
    """
    if most_mb < 0:
        raise DataError(
            en=f"`most_mb` must not be negative; it is {most_mb:g}.",
            zh=f"`most_mb` 不得为负; 现为 {most_mb:g}。",
        )
    plain = re.sub(r"<[^>]*>", "", tiles.attribution).strip()
    layer = TileLayer(name, _File(tiles), plain or tiles.path.name, (tiles.low, tiles.high))
    layer.media = tiles.media
    left = most_mb * 1e6
    for zoom in range(tiles.low, tiles.high + 1):
        some = _of_zoom(tiles, bounds, zoom, left)
        if some is None:
            return layer
        layer.data |= some
        left -= sum(map(len, some.values()))
    layer.complete = True
    return layer


def _of_zoom(
    tiles: TileFile, bounds: Bounds, zoom: int, most: float
) -> dict[str, bytes] | None:
    """Gather the tiles of one zoom; None if they are larger together than what is left."""
    out: dict[str, bytes] = {}
    size = 0
    for x, y in tiles_over(bounds, zoom):
        data = tiles.tile(zoom, x, y)
        if data is not None:
            out[f"{zoom}/{x}/{y}"] = data
            size += len(data)
        if size * 4 / 3 > most:
            return None
    return out


def service_layer(source: TileSource) -> TileLayer:
    """Lay tiles of a service under the grids, in a notebook only.

    Parameters
    ----------
    source : TileSource
        From `tile_source.read_tile_sources` or `tile_source.tianditu`.

    Returns
    -------
    TileLayer
        For `.add_to(m)`. A map that is saved to a file has none of it, and says so: files ask
        the network for nothing, and no key can be in them.

    Examples
    --------
    >>> from gridkit.maps.tile_source import tianditu
    >>> service_layer(tianditu("vec")).layer_name
    '天地图矢量 <small>base map</small>'
    """
    return TileLayer(source.name, source, source.attribution, (1, source.high))


def source_tiles(sources: Sequence[TileSource | FileSource], bounds: Bounds) -> list[TileLayer]:
    """Lay the base maps that a workspace's `tiles.toml` names under the grids.

    Parameters
    ----------
    sources : sequence of TileSource or FileSource
        From `tile_source.read_tile_sources`. `base_map` does it with those of its `ground`.
    bounds : (float, float, float, float)
        West, south, east, north of what is shown, degrees: `m.bounds`.

    Returns
    -------
    list of TileLayer
        One each. Those of services are seen in an open notebook only.

    Raises
    ------
    DataError
        If a file of tiles cannot be read.

    Examples
    --------
    >>> source_tiles((), (117.0, 26.0, 118.0, 27.0))
    []
    """
    return [
        tile_layer(open_tiles(source.path), bounds, name=source.name)
        if isinstance(source, FileSource)
        else service_layer(source)
        for source in sources
    ]
