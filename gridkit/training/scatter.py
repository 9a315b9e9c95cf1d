"""Points strewn evenly inside grids."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

# pulled this much toward the middle of its triangle, so that rounding cannot push a point out
_INWARD = 0.02


def points_inside(
    grids: gpd.GeoDataFrame, which: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Place one point inside each of the named grids.

    Parameters
    ----------
    grids : GeoDataFrame, length g
        Polygons or MultiPolygons in WGS-84.
    which : array of int, length n
        Positions in `grids`, 0 to g - 1; a grid may be named many times.
    rng : Generator
        Source of chance.

    Returns
    -------
    array of float, shape (n, 2)
        lon, lat in degrees, rounded to 6 decimals (0.1 m).

    Examples
    --------
    >>> square = gpd.GeoDataFrame(geometry=[shapely.box(117, 26, 118, 27)], crs=4326)
    >>> points = points_inside(square, np.zeros(100, int), np.random.default_rng(1))
    >>> bool(square.geometry.iloc[0].contains(shapely.points(points)).all())
    True
    """
    corners, first, edges = _triangles(grids.geometry.to_numpy())
    at = rng.random(len(which))
    # `edges` runs from g to g + 1 over the triangles of grid g, in shares of its area
    triangle = np.searchsorted(edges, which + at, side="right")
    triangle = np.clip(triangle, first[which], first[which + 1] - 1)
    a, b, c = np.moveaxis(corners[triangle], 1, 0)
    u, v = rng.random((2, len(which), 1))
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    point = a + u * (b - a) + v * (c - a)
    middle = (a + b + c) / 3
    placed: NDArray[np.float64] = np.round(point + _INWARD * (middle - point), 6)
    return placed


def _triangles(shapes: NDArray[Any]) -> tuple[Any, NDArray[np.intp], NDArray[np.float64]]:
    """Cut shapes into triangles: corners (t, 3, 2), where each shape starts, area shares."""
    parts, owner = shapely.get_parts(
        shapely.constrained_delaunay_triangles(shapes), return_index=True
    )
    corners = shapely.get_coordinates(parts).reshape(-1, 4, 2)[:, :3]
    area = shapely.area(parts)
    total = np.bincount(owner, area, len(shapes))
    first = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(shapes)))])
    below = np.concatenate([[0.0], np.cumsum(area)])
    edges = owner + (below[1:] - below[first[owner]]) / total[owner]
    return corners, first, edges
