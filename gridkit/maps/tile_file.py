"""Raster tiles in one file: MBTiles (SQLite) and PMTiles version 3, read without a library."""

from __future__ import annotations

import gzip
import json
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gridkit.errors import DataError

_MAGIC = b"PMTiles\x03"
_HEADER = 127
_GZIP = 2
_RASTER = {2: "image/png", 3: "image/jpeg", 4: "image/webp"}
_MEDIA = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
_DEEPEST = 4  # directories below the root; the specification knows three

Bounds = tuple[float, float, float, float]  # west, south, east, north


class Entry(NamedTuple):
    """One row of a PMTiles directory; `run` 0 points at a further directory."""

    tile: int
    run: int
    length: int
    offset: int


class TileFile:
    """Raster tiles of a file, by zoom, column and row from the north-west.

    Attributes
    ----------
    path : Path
    media : str
        Of each tile, such as "image/png".
    low, high : int
        Lowest and highest zoom.
    bounds : (float, float, float, float) or None
        West, south, east, north.
    attribution : str
        As the file says it, or empty; plain text to be escaped.
    """

    path: Path
    media: str
    low: int
    high: int
    bounds: Bounds | None
    attribution: str

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Give one tile, None where the file has none."""
        raise NotImplementedError

    def size(self) -> int:
        """Give the size of the file, bytes."""
        return self.path.stat().st_size


def open_tiles(path: str | Path) -> TileFile:
    """Open a file of raster tiles.

    Parameters
    ----------
    path : str or Path
        `.mbtiles`, or `.pmtiles` of version 3, with PNG, JPEG or WebP tiles.

    Returns
    -------
    TileFile

    Raises
    ------
    DataError
        If the file cannot be read or holds no raster tiles.

    References
    ----------
    MBTiles Specification 1.3. https://github.com/mapbox/mbtiles-spec
    PMTiles Version 3 Specification. https://github.com/protomaps/PMTiles
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            kind = file.read(16)
        if kind.startswith(_MAGIC):
            return PMTiles(path)
        if kind.startswith(b"SQLite format 3"):
            return MBTiles(path)
        why = "no MBTiles, no PMTiles 3"
    except (OSError, sqlite3.Error, struct.error, ValueError, EOFError, KeyError) as error:
        why = type(error).__name__
    raise DataError(
        en=f"The tiles in {path.name} cannot be read ({why}). It must be .mbtiles or .pmtiles "
        "(version 3) with PNG, JPEG or WebP tiles; vector tiles are not drawn.",
        zh=f"底图文件 {path.name} 读不出 ({why})。须为 .mbtiles 或 .pmtiles (第 3 版), "
        "内含 PNG、JPEG 或 WebP 瓦片; 矢量瓦片不画。",
    )


class MBTiles(TileFile):
    """Tiles in a SQLite file; its rows count from the south."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as connection:
            about = dict(connection.execute("SELECT name, value FROM metadata"))
            zooms = connection.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles")
            low, high = zooms.fetchone()
        if low is None or about.get("format", "png") not in _MEDIA:
            raise ValueError(about.get("format", "empty"))
        self.media = _MEDIA[about.get("format", "png")]
        self.low, self.high = int(low), int(high)
        self.attribution = str(about.get("attribution", ""))
        parts = [float(v) for v in str(about.get("bounds", "")).split(",") if v.strip()]
        self.bounds = (parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 else None

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Give one tile, None where the file has none."""
        question = (
            "SELECT tile_data FROM tiles WHERE zoom_level=? AND tile_column=? AND tile_row=?"
        )
        connection = self._open()
        try:
            found = connection.execute(question, (z, x, 2**z - 1 - y)).fetchone()
        finally:
            connection.close()
        return bytes(found[0]) if found else None


class PMTiles(TileFile):
    """Tiles in a PMTiles archive: directories of runs along the Hilbert curve of each zoom."""

    def __init__(self, path: Path) -> None:
        self.path = path
        head = self._read(0, _HEADER)
        numbers = struct.unpack_from("<8Q", head, 8)
        self._root, about, self._leaves = numbers[0:2], numbers[2:4], numbers[4:6]
        self._data = numbers[6]
        self._packed, tiles_packed, kind, self.low, self.high = struct.unpack_from(
            "<5B", head, 97
        )
        if kind not in _RASTER or tiles_packed not in {0, 1} or self._packed not in {1, _GZIP}:
            raise ValueError(kind)
        self.media = _RASTER[kind]
        west, south, east, north = struct.unpack_from("<4i", head, 102)
        self.bounds = (west / 1e7, south / 1e7, east / 1e7, north / 1e7)
        text = self._unpacked(*about)
        self.attribution = str((json.loads(text) if text else {}).get("attribution", ""))
        self._known: dict[tuple[int, int], list[Entry]] = {}

    def _read(self, offset: int, length: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def _unpacked(self, offset: int, length: int) -> bytes:
        data = self._read(offset, length)
        return gzip.decompress(data) if self._packed == _GZIP and data else data

    def _directory(self, offset: int, length: int) -> list[Entry]:
        if (offset, length) not in self._known:
            self._known[offset, length] = read_directory(self._unpacked(offset, length))
        return self._known[offset, length]

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Give one tile, None where the file has none."""
        wanted, place = tile_number(z, x, y), self._root
        for _ in range(_DEEPEST):
            before = [e for e in self._directory(*place) if e.tile <= wanted]
            if not before:
                return None
            entry = before[-1]
            if entry.run > 0:
                inside = wanted < entry.tile + entry.run
                return self._read(self._data + entry.offset, entry.length) if inside else None
            place = (self._leaves[0] + entry.offset, entry.length)
        return None


def tile_number(z: int, x: int, y: int) -> int:
    """Give a tile its number in PMTiles: all lower zooms, then its place on the Hilbert curve.

    Examples
    --------
    >>> [tile_number(*at) for at in [(0, 0, 0), (1, 0, 1), (1, 1, 0), (12, 3423, 1763)]]
    [0, 2, 4, 19078479]
    """
    number, side = ((1 << 2 * z) - 1) // 3, (1 << z) // 2
    while side:
        right, down = int(x & side > 0), int(y & side > 0)
        number += side * side * ((3 * right) ^ down)
        if not down:
            if right:
                x, y = side - 1 - (x & (side - 1)), side - 1 - (y & (side - 1))
            x, y = y, x
        side //= 2
    return number


def read_directory(data: bytes) -> list[Entry]:
    """Read a directory of a PMTiles archive, unpacked.

    Parameters
    ----------
    data : bytes
        Varints: how many; steps of tile numbers; runs; lengths; offsets plus one, zero for
        "right behind the one before".

    Returns
    -------
    list of Entry, by rising tile number

    Examples
    --------
    >>> read_directory(bytes([2, 5, 1, 1, 3, 10, 20, 1, 0]))
    [Entry(tile=5, run=1, length=10, offset=0), Entry(tile=6, run=3, length=20, offset=10)]
    """
    numbers = _varints(data)
    n = next(numbers)
    steps, runs, lengths, places = ([next(numbers) for _ in range(n)] for _ in range(4))
    out: list[Entry] = []
    tile = 0
    for step, run, length, place in zip(steps, runs, lengths, places, strict=True):
        tile += step
        behind = out[-1].offset + out[-1].length if out else 0
        out.append(Entry(tile, run, length, place - 1 if place else behind))
    return out


def _varints(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def tiles_over(bounds: Bounds, zoom: int) -> Iterator[tuple[int, int]]:
    """List the tiles of a zoom that touch an area: column and row.

    Examples
    --------
    >>> list(tiles_over((-10.0, -10.0, 10.0, 10.0), 1))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    import numpy as np

    from gridkit.maps.layers.cells import world

    west, south, east, north = bounds
    corners: Any = world(np.array([west, east]), np.array([north, south]), zoom) / 4
    (x0, y0), (x1, y1) = corners.astype(int).tolist()
    return ((x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1))
