"""From regions of cells to polygons that share their borders exactly."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.training.terrain import Floats, Ints, Mesh


def outlines(mesh: Mesh, region: Ints, to_degrees: Any) -> NDArray[Any]:
    """Draw the regions as polygons without gaps or overlaps.

    Borders are drawn once for both sides: edges of cells are joined to lines between the
    points where three regions meet, the lines smoothed, and polygons closed from them.

    Parameters
    ----------
    mesh : Mesh
        The cells.
    region : array of int, length n
        0 to m - 1, or -1 outside; each region connected.
    to_degrees : callable
        Turns (n, 2) kilometers to (n, 2) degrees, rounded as the file will have them.

    Returns
    -------
    array of Polygon, length m
        In degrees; neighbors share their corners exactly.

    Raises
    ------
    DataError
        If borders cross; without smoothing they are a Voronoi diagram's and cannot, unless
        cells are smaller than the rounding.
    """
    border = region[mesh.pairs[:, 0]] != region[mesh.pairs[:, 1]]
    ends = mesh.corners[mesh.edges[border]]
    lines = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(ends)))
    xy, line = shapely.get_coordinates(lines, return_index=True)
    starts = np.searchsorted(line, np.arange(len(lines) + 1))
    for passes in (2, 1, 0):
        smooth = [to_degrees(_smooth(xy[a:b], passes)) for a, b in pairwise(starts)]
        faces = _faces(smooth)
        drawn = _of_regions(faces, to_degrees(mesh.xy), region)
        if drawn is not None:
            return drawn
    raise DataError(
        en="The borders of the invented county cross one another; take another seed.",
        zh="虚构县的边界自相交叉; 请换一个种子。",
    )


def smooth_line(xy: Floats) -> Floats:
    """Round the corners of a line, its ends kept."""
    return _smooth(xy, 3)


def _smooth(xy: Floats, passes: int) -> Floats:
    """Round corners: edges' midpoints first, then Chaikin's cutting at a quarter.

    Midpoints cut no corner further than the cell it belongs to (cells are convex, and at a
    corner within a line only two of three edges are borders), so lines do not cross.
    """
    for turn in range(passes):
        if len(xy) < 3:
            return xy
        a, b = xy[:-1], xy[1:]
        if turn == 0:
            inner = (a + b) / 2
        else:
            inner = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        xy = np.concatenate([xy[:1], inner, xy[-1:]])
    return xy


def _faces(lines: list[Floats]) -> NDArray[Any]:
    kept = [
        np.concatenate([xy[:1], xy[1:][(np.diff(xy, axis=0) != 0).any(axis=1)]]) for xy in lines
    ]
    borders = [shapely.linestrings(xy) for xy in kept if len(xy) > 1]
    faces: NDArray[Any] = shapely.get_parts(shapely.polygonize(borders))
    return faces


def _of_regions(faces: NDArray[Any], xy: Floats, region: Ints) -> NDArray[Any] | None:
    """Name each face by the cells in it; None where faces and regions do not match."""
    m = int(region.max()) + 1
    cells = np.flatnonzero(region >= 0)
    face, at = shapely.STRtree(shapely.points(xy[cells])).query(faces, predicate="contains")
    if len(faces) != m:
        return None
    vote, times = np.unique(face * m + region[cells[at]], return_counts=True)
    named = np.zeros(m, dtype=np.intp)
    order = np.argsort(times, kind="stable")
    named[vote[order] // m] = vote[order] % m  # the most frequent is written last
    if len(np.unique(named)) != m or not shapely.coverage_is_valid(faces):
        return None
    drawn = np.empty(m, dtype=object)
    drawn[named] = faces
    return drawn
