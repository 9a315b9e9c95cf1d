"""Points counted per cell of 64 screen pixels and band, for every zoom at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridkit.maps.escape import Json
from gridkit.maps.layers.golomb import golomb

CELL_PX = 64  # a disc of at most 40 pixels and room around it to see the map

_BITS = 24  # of a cell's number along one side; enough up to zoom 21
_SUB = 16  # a place within a cell is told to a sixteenth of its side

Ints = NDArray[np.int64]


class Cells(NamedTuple):
    """The cells of one zoom that hold points, by row from the north-west.

    `x` and `y` count cells from the north-west corner of the world, `counts` has a row per
    cell and a column per band, `place` is the mean place of the points in the cell (0 to 1,
    eastward and southward).
    """

    x: Ints
    y: Ints
    counts: Ints
    place: NDArray[np.float64]

    @property
    def n(self) -> Ints:
        """Points per cell."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def worst(self) -> Ints:
        """First band, so the most urgent one, that a cell has points of."""
        return np.asarray((self.counts > 0).argmax(axis=1))


def world(lon: np.ndarray, lat: np.ndarray, zoom: int) -> np.ndarray:
    """Place points on the Web Mercator world of a zoom, in cells.

    Parameters
    ----------
    lon, lat : array of float, length n
        WGS-84, degrees.
    zoom : int
        Of Leaflet: the world is 256 · 2^zoom pixels wide.

    Returns
    -------
    array of float, shape (n, 2)
        Eastward and southward from the north-west corner of the world.

    Examples
    --------
    >>> world(np.array([0.0]), np.array([0.0]), 3).tolist()
    [[16.0, 16.0]]
    """
    size = 256 * 2.0**zoom / CELL_PX
    sine = np.sin(np.radians(np.clip(lat, -85.0511, 85.0511)))
    share = np.column_stack([lon / 360 + 0.5, 0.5 - np.arctanh(sine) / (2 * np.pi)])
    return np.asarray(np.clip(share * size, 0, size * (1 - 1e-12)))


def count_cells(
    places: tuple[np.ndarray, np.ndarray], band: np.ndarray, bands: int, zooms: tuple[int, int]
) -> dict[int, Cells]:
    """Count points per cell of 64 pixels and band, for each zoom.

    Parameters
    ----------
    places : (array of float, array of float), each of length n
        Longitude and latitude, WGS-84, degrees; none missing.
    band : array of int, length n
        From 0, the most urgent, to `bands` - 1.
    bands : int
        How many bands there are, at most 16.
    zooms : (int, int)
        Lowest and highest zoom, at most 20.

    Returns
    -------
    dict of int to Cells
        By rising zoom.

    Notes
    -----
    Points are sorted once, at the highest zoom, as one integer each (cell, band, sixteenth
    of the cell); each lower zoom adds up four cells of the one before.

    Examples
    --------
    >>> lon, lat = np.array([0.1, 0.1, 9.0]), np.array([1.0, 1.0, 1.0])
    >>> cells = count_cells((lon, lat), np.array([2, 1, 0]), 3, (3, 5))
    >>> [c.n.tolist() for c in cells.values()], cells[4].worst.tolist()
    ([[3], [2, 1], [2, 1]], [1, 0])
    """
    low, high = zooms
    fine = (world(*places, high) * _SUB).astype(np.int64)
    cell = ((fine[:, 1] // _SUB) << _BITS) | (fine[:, 0] // _SUB)
    sub = (fine[:, 1] % _SUB) * _SUB + fine[:, 0] % _SUB
    key = (cell << 12) | (band.astype(np.int64) << 8) | sub
    key.sort()
    cell = key >> 12
    start = np.flatnonzero(np.diff(cell, prepend=-1))
    x, y = cell[start] & (2**_BITS - 1), cell[start] >> _BITS
    of_band = (key >> 8) & 15
    counts = np.column_stack([_add(of_band == b, start) for b in range(bands)])
    n = counts.sum(axis=1)
    # sums of places in sixteenths of the finest cells, from the corner of the world
    east = _add(key & 15, start) + n * (x * _SUB + 0.5)
    south = _add((key >> 4) & 15, start) + n * (y * _SUB + 0.5)
    sums = np.column_stack([east, south])
    out = {}
    for zoom in range(high, low - 1, -1):
        side = _SUB * 2.0 ** (high - zoom)
        place = sums / counts.sum(axis=1)[:, None] / side - np.column_stack([x, y])
        out[zoom] = Cells(x, y, counts, place)
        order = np.lexsort((x >> 1, y >> 1))
        x, y = x[order] >> 1, y[order] >> 1
        start = np.flatnonzero(np.diff((y << _BITS) | x, prepend=-1))
        x, y = x[start], y[start]
        counts, sums = (_add(a[order], start) for a in (counts, sums))
    return dict(sorted(out.items()))


def _add(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Sum runs of rows, each from one start to the next."""
    if values.dtype == bool:
        values = values.astype(np.int64)
    return np.add.reduceat(values, start, axis=0) if len(start) else values[:0]


def pack(cells: Cells) -> dict[str, Json]:
    """Write a zoom's cells as few bytes; `discs.js` reads them.

    Parameters
    ----------
    cells : Cells
        One zoom of `count_cells`.

    Returns
    -------
    dict
        Number of cells, origin and width of the block they lie in, and `data` of `golomb`:
        the steps from cell to cell; counts less one; the band of each cell with one point;
        for the others the count of each band but the last, band by band; the place in the
        cell, eastward and southward in sixteenths.

    Examples
    --------
    >>> one = count_cells((np.array([0.1]), np.array([1.0])), np.array([2]), 4, (3, 3))[3]
    >>> pack(one)["data"]
    'BBAwAAjwAA=='
    """
    if len(cells.x) == 0:
        return {"n": 0, "west": 0, "north": 0, "width": 1, "data": ""}
    west, north = int(cells.x.min()), int(cells.y.min())
    width = int(cells.x.max()) - west + 1
    key = (cells.y - north) * width + (cells.x - west)
    n = cells.n
    many = n > 1
    place = np.clip(cells.place * _SUB, 0, _SUB - 1).astype(np.int64)
    text = golomb(
        np.diff(key, prepend=0),
        n - 1,
        cells.worst[~many],
        *cells.counts[many, :-1].T,
        place[:, 0] | (place[:, 1] << 4),
    )
    return {"n": len(n), "west": west, "north": north, "width": width, "data": text}
