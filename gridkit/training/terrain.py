"""Hills and valleys, and a mesh of small cells laid over them: the clay of the county.

All lengths are kilometers in a plane; `geography` puts the plane on the globe.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import Voronoi

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

# Mean radius of the county: pi * 24^2 = 1,810 square kilometers, an ordinary hilly county
RADIUS_KM = 24.0
# Waves that make up a noise field: lengths in kilometers, long ones are high
_WAVES = 40
_SHORTEST_KM, _LONGEST_KM = 2.5, 45.0
_BEND_KM = 5.0  # how far the border is bent in and out
_MARGIN = 1.14  # cells are laid this far beyond the border, so that the border is their edge
_STEEP = 2.5  # a kilometer over the hills counts this much more than one in the valley
_AROUND_SEAT_KM, _AROUND_TOWN_KM = 1.0, 2.1


class Noise:
    """A smooth random field over the plane, between about -1 and 1.

    A sum of cosine waves with random directions, lengths and phases, their height in
    proportion to their length.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        length = np.exp(rng.uniform(np.log(_SHORTEST_KM), np.log(_LONGEST_KM), _WAVES))
        turn = rng.uniform(0, 2 * np.pi, _WAVES)
        self._vectors = 2 * np.pi / length * np.stack([np.cos(turn), np.sin(turn)])
        self._phases = rng.uniform(0, 2 * np.pi, _WAVES)
        self._heights = length / np.sqrt(np.sum(length**2))

    def __call__(self, xy: Floats) -> Floats:
        """Give the field at points of shape (n, 2), kilometers."""
        field: Floats = np.cos(xy @ self._vectors + self._phases) @ self._heights
        return field


class Terrain:
    """Where the county lies in the plane, and how high the ground is.

    Examples
    --------
    >>> terrain = Terrain(np.random.default_rng(1))
    >>> bool(terrain.reach(np.array([[0.0, 0.0]]))[0] < 1 < terrain.reach(np.array([[60.0, 0.0]]))[0])
    True
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._bend = (Noise(rng), Noise(rng))
        self._ground = Noise(rng)
        turn, stretch = rng.uniform(0, np.pi), rng.uniform(1.1, 1.3)
        cos, sin = np.cos(turn), np.sin(turn)
        self._ellipse = np.array(
            [[cos / stretch, -sin * stretch], [sin / stretch, cos * stretch]]
        )

    def reach(self, xy: Floats) -> Floats:
        """Give the distance from the middle as a share of that of the border: below 1 is inside."""
        bent = xy + _BEND_KM * np.stack([bend(xy) for bend in self._bend], axis=1)
        reach: Floats = np.linalg.norm(bent @ self._ellipse, axis=1) / RADIUS_KM
        return reach

    def height(self, xy: Floats) -> Floats:
        """Give the ground's height between 0 (valley floor) and 1 (ridge)."""
        height: Floats = np.clip(0.5 + 0.55 * self._ground(xy), 0.0, 1.0)
        return height


class Mesh(NamedTuple):
    """Small cells that cover the county and a margin, and who touches whom."""

    xy: Floats  # (n, 2) the points that the cells belong to, kilometers
    corners: Floats  # (c, 2) the corners of the cells
    pairs: Ints  # (e, 2) cells that share an edge
    edges: Ints  # (e, 2) the corners at the ends of that edge; -1 is infinitely far
    inside: NDArray[np.bool_]  # (n,) cells of the county, one connected piece without holes
    area: Floats  # (n,) square kilometers; 0 outside
    height: Floats  # (n,)


def lay_mesh(
    terrain: Terrain, seats: Floats, spacing_km: float, rng: np.random.Generator
) -> Mesh:
    """Lay cells over the county: small in towns, large in the hills.

    Parameters
    ----------
    terrain : Terrain
        Says where the county is.
    seats : array of float, shape (t, 2)
        Where townships have their seats; the first is the county town.
    spacing_km : float
        Distance of neighboring cells in the country.
    rng : Generator
        Source of chance.

    Returns
    -------
    Mesh
        Cells of the Voronoi diagram of jittered points.
    """
    levels = [
        (spacing_km, None, np.inf),
        (spacing_km * 0.45, seats[1:], _AROUND_SEAT_KM),
        (spacing_km * 0.2, seats[:1], _AROUND_TOWN_KM),
    ]
    finest = np.zeros((0, 2))
    for level, (spacing, middles, around) in enumerate(levels):
        xy = _jittered(spacing, middles, around, rng)
        for _, finer, within in levels[level + 1 :]:
            xy = xy[_nearest_km(xy, finer) > within]
        finest = np.concatenate([finest, xy])
    xy = finest[terrain.reach(finest) < _MARGIN]
    diagram = Voronoi(xy)
    pairs = diagram.ridge_points.astype(np.intp)
    edges = np.array(diagram.ridge_vertices, dtype=np.intp)
    inside = _one_piece(terrain.reach(xy) < 1.0, pairs)
    return Mesh(
        xy=xy,
        corners=diagram.vertices,
        pairs=pairs,
        edges=edges,
        inside=inside,
        area=np.where(inside, _areas(xy, diagram.vertices, pairs, edges), 0.0),
        height=terrain.height(xy),
    )


def ways(mesh: Mesh, steep: float = _STEEP) -> Any:
    """Give the graph of steps from cell to cell, with their length over hill and dale.

    Parameters
    ----------
    mesh : Mesh
        The cells.
    steep : float
        A kilometer on the ridge counts this much more than one in the valley.

    Returns
    -------
    csr_array, shape (n, n)
        Kilometers, more where it is steep; only cells inside the county are joined.
    """
    a, b = mesh.pairs[mesh.inside[mesh.pairs].all(axis=1)].T
    climb = (mesh.height[a] + mesh.height[b]) / 2
    length = np.linalg.norm(mesh.xy[a] - mesh.xy[b], axis=1) * (1 + steep * climb)
    n = len(mesh.xy)
    return sparse.csr_array(
        (np.tile(length, 2), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(n, n)
    )


def _jittered(
    spacing: float, middles: Floats | None, around: float, rng: np.random.Generator
) -> Floats:
    """Lay points in staggered rows, each moved a little; all over or around some middles."""
    half = RADIUS_KM * 1.9
    x = np.arange(-half, half, spacing)
    y = np.arange(-half, half, spacing * np.sqrt(3) / 2)
    lattice = np.stack(np.meshgrid(x, y), axis=-1)
    lattice[1::2, :, 0] += spacing / 2
    xy: Floats = lattice.reshape(-1, 2)
    if middles is not None:
        xy = xy[_nearest_km(xy, middles) <= around]
    return xy + rng.uniform(-0.36, 0.36, xy.shape) * spacing


def _nearest_km(xy: Floats, middles: Floats | None) -> Floats:
    if middles is None or len(middles) == 0:
        return np.full(len(xy), np.inf)
    nearest = np.full(len(xy), np.inf)
    for middle in middles:
        np.minimum(nearest, np.hypot(*(xy - middle).T), out=nearest)
    return nearest


def _one_piece(inside: NDArray[np.bool_], pairs: Ints) -> NDArray[np.bool_]:
    """Keep the largest connected piece of the county, and fill its holes."""
    largest = _components(inside, pairs)
    outside = _components(~largest, pairs)
    return ~outside


def _components(mask: NDArray[np.bool_], pairs: Ints) -> NDArray[np.bool_]:
    """Give the largest connected piece of the masked cells."""
    a, b = pairs[mask[pairs].all(axis=1)].T
    n = len(mask)
    graph = sparse.coo_array((np.ones(len(a)), (a, b)), shape=(n, n))
    _, label = csgraph.connected_components(graph, directed=False)
    label = np.where(mask, label, n)
    largest = np.bincount(label, minlength=n + 1)[:n].argmax()
    kept: NDArray[np.bool_] = label == largest
    return kept


def _areas(xy: Floats, corners: Floats, pairs: Ints, edges: Ints) -> Floats:
    """Sum the triangles between a cell's point and each of its edges."""
    finite = (edges >= 0).all(axis=1)
    a, b = corners[edges[finite, 0]], corners[edges[finite, 1]]
    area = np.zeros(len(xy))
    for side in (0, 1):
        cell = pairs[finite, side]
        u, v = a - xy[cell], b - xy[cell]
        area += np.bincount(cell, np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2, len(xy))
    return area
