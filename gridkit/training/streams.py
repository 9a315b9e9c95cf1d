"""Rivers and roads of an invented county, for the base map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from gridkit.training.outline import smooth_line
from gridkit.training.terrain import Floats, Ints, Mesh, ways

_ToDegrees = Callable[[Floats], Floats]

_WATER_STEEP, _ROAD_STEEP = 14.0, 4.0
_BRIDGE = 2.5  # roads keep beside a river: a kilometer in its cells counts this much more
_TOGETHER = 0.7  # a way used by n others costs (1 + n) to the power of minus this
_SPRING_KM = 2.0  # springs keep this far from the border, or brooks would run along it
RIVER_NAME = "青溪 (虚构)"


class Rivers(NamedTuple):
    """Lines to draw, and the cells through which they run."""

    lines: gpd.GeoDataFrame
    cells: Ints


def draw_rivers(mesh: Mesh, seats: Ints, to_degrees: _ToDegrees) -> Rivers:
    """Let a main river run through the county town, and brooks to it from every township.

    Water takes the lowest way in the mesh: it is drawn, not computed from rain.

    Parameters
    ----------
    mesh : Mesh
        The cells.
    seats : array of int
        A cell for each township; the first is the county town.
    to_degrees : callable
        Turns kilometers to degrees.

    Returns
    -------
    Rivers
        `lines` has `name` (of the main river) and `rank` (1 main, 2 brook).
    """
    graph = ways(mesh, _WATER_STEEP)
    border = _border(mesh)
    town = seats[0]
    far, back = csgraph.dijkstra(graph, directed=False, indices=town, return_predecessors=True)
    outlet = border[np.argmin(far[border])]
    spring = border[np.argmax(np.hypot(*(mesh.xy[border] - mesh.xy[outlet]).T))]
    main = [*_path(back, spring), *_path(back, outlet)[-2::-1]]

    springs = _springs(mesh, graph, main, seats)
    brooks = _bundled(graph, main, [*seats[1:], *springs])
    lines = [main, *brooks]
    frame = _lines(mesh, lines, to_degrees)
    frame["name"] = [RIVER_NAME] + [""] * len(brooks)
    frame["rank"] = [1] + [2] * len(brooks)
    return Rivers(frame, np.unique(np.concatenate([np.array(line) for line in lines])))


def draw_roads(
    mesh: Mesh, seats: Ints, hamlets: Ints, wet: Ints, to_degrees: _ToDegrees
) -> gpd.GeoDataFrame:
    """Join the seats of townships to the county town, and villages to the nearest of these roads.

    Parameters
    ----------
    mesh : Mesh
        The cells.
    seats, hamlets : arrays of int
        Cells of the townships' seats (county town first) and of the villages.
    wet : array of int
        Cells through which rivers run.
    to_degrees : callable
        Turns kilometers to degrees.

    Returns
    -------
    GeoDataFrame
        Lines with `name` (empty) and `rank` (1 county road, 2 village road).
    """
    graph = ways(mesh, _ROAD_STEEP).tocoo()
    dry = np.ones(len(mesh.xy))
    dry[wet] = _BRIDGE
    graph.data = graph.data * np.maximum(dry[graph.row], dry[graph.col])
    graph = graph.tocsr()
    county = _bundled(graph, [int(seats[0])], seats[1:])
    trunk = [cell for line in county for cell in line]
    village = _bundled(graph, trunk, hamlets)
    frame = _lines(mesh, [*county, *village], to_degrees)
    frame["name"] = ""
    frame["rank"] = [1] * len(county) + [2] * len(village)
    return frame


def _springs(mesh: Mesh, graph: Any, main: list[int], seats: Ints) -> list[int]:
    """Choose for each township the cell from which water has furthest to go."""
    far = csgraph.dijkstra(graph, directed=False, indices=main, min_only=True)
    cells = np.flatnonzero(mesh.inside)
    off_km, _ = KDTree(mesh.xy[_border(mesh)]).query(mesh.xy[cells])
    cells = cells[off_km > _SPRING_KM]
    _, nearest = KDTree(mesh.xy[seats]).query(mesh.xy[cells])
    return [
        int(cells[of][np.argmax(far[cells[of]])])
        for t in range(len(seats))
        if (of := nearest == t).any()
    ]


def _bundled(graph: Any, roots: list[int], ends: Iterable[int]) -> list[list[int]]:
    """Join the ends to the nearest root by ways that run together where they can.

    Ways found once are made cheaper by how many use them, and found again: without this
    they would run side by side like the teeth of a comb.
    """
    ends = [int(end) for end in ends]
    steps, cost = graph.tocoo(), graph
    for _ in range(3):
        _, back, _ = csgraph.dijkstra(
            cost,
            directed=False,
            indices=np.unique(roots),
            min_only=True,
            return_predecessors=True,
        )
        used = np.zeros(graph.shape[0])
        for end in ends:
            used[_path(back, end)] += 1
        cheap = (1 + np.minimum(used[steps.row], used[steps.col])) ** -_TOGETHER
        cost = type(steps)((steps.data * cheap, steps.coords), shape=graph.shape).tocsr()
    return _branches(back, ends)


def _border(mesh: Mesh) -> Ints:
    at_border = mesh.pairs[mesh.inside[mesh.pairs[:, 0]] != mesh.inside[mesh.pairs[:, 1]]]
    return np.unique(at_border[mesh.inside[at_border]])


def _path(back: Any, cell: int) -> list[int]:
    """Walk back from a cell to where the ways begin."""
    path = [int(cell)]
    while back[path[-1]] >= 0:
        path.append(int(back[path[-1]]))
    return path


def _branches(back: Any, ends: Iterable[int]) -> list[list[int]]:
    """Walk back from each end until a path already walked; together they make a tree."""
    seen: set[int] = set()
    branches = []
    for end in ends:
        branch = [int(end)]
        while branch[-1] not in seen and back[branch[-1]] >= 0:
            branch.append(int(back[branch[-1]]))
        seen.update(branch)
        if len(branch) > 1:
            branches.append(branch)
    return branches


def _lines(mesh: Mesh, paths: list[list[int]], to_degrees: _ToDegrees) -> gpd.GeoDataFrame:
    shapes = [
        shapely.linestrings(to_degrees(smooth_line(mesh.xy[np.array(path)]))) for path in paths
    ]
    return gpd.GeoDataFrame(geometry=shapes, crs=4326)
