"""Dividing a mesh into regions that grow from their middles until they meet."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csgraph

from gridkit.training.terrain import Floats, Ints

_NOBODY = -1


class Division(NamedTuple):
    """A mesh divided: the region of each cell (-1 outside), and each region's part and middle."""

    region: Ints
    part: Ints
    middle: Ints


def grow(graph: Any, middles: Ints) -> tuple[Ints, Floats]:
    """Give each cell to the middle from which it is reached soonest.

    Parameters
    ----------
    graph : csr_array, shape (n, n)
        Steps between cells and their length.
    middles : array of int, length m
        Cells from which regions grow.

    Returns
    -------
    tuple of arrays, length n
        The number of the region, 0 to m - 1, or -1 where none arrives; and how far it is.
        Each region is connected.
    """
    far, _, source = csgraph.dijkstra(
        graph, directed=False, indices=middles, min_only=True, return_predecessors=True
    )
    region = np.full(graph.shape[0], _NOBODY, dtype=np.intp)
    number = np.full(graph.shape[0], _NOBODY, dtype=np.intp)
    number[middles] = np.arange(len(middles))
    reached = source >= 0
    region[reached] = number[source[reached]]
    return region, far


def divide(
    graph: Any,
    xy: Floats,
    weight: Floats,
    part: Ints,
    counts: Ints,
) -> Division:
    """Divide each part of a mesh into a number of connected regions of like weight.

    Middles are laid far from one another, then moved to the weighted middle of what they
    won, three times (Lloyd's algorithm, with ways over the ground in place of straight
    lines).

    Parameters
    ----------
    graph : csr_array, shape (n, n)
        Steps between cells.
    xy, weight : arrays of float, shapes (n, 2) and (n,)
        Places of the cells, and what is to be shared out among regions.
    part : array of int, length n
        The part to which each cell belongs; -1 is outside.
    counts : array of int
        How many regions each part gets; at least 1, at most its number of cells.

    Returns
    -------
    Division
        Regions are numbered through all parts.
    """
    steps = graph.tocoo()
    same = (part[steps.row] == part[steps.col]) & (part[steps.row] >= 0)
    within = type(steps)(
        (steps.data[same], (steps.row[same], steps.col[same])), shape=graph.shape
    ).tocsr()
    middles = np.concatenate(
        [_spread(np.flatnonzero(part == p), xy, weight, k) for p, k in enumerate(counts)]
    )
    for _ in range(3):
        region, _far = grow(within, middles)
        middles = _middles(region, xy, weight, len(middles))
    region, _far = grow(within, middles)
    parts = np.repeat(np.arange(len(counts)), counts)
    return Division(_adopt(region, part, steps), parts, middles)


def allot(total: int, weight: Floats) -> Ints:
    """Share out `total` in proportion to weights, at least 1 each (largest remainders).

    Examples
    --------
    >>> allot(10, np.array([6.0, 2.0, 0.1])).tolist()
    [7, 2, 1]
    """
    share = np.maximum(weight / weight.sum() * total, 1.0)
    while (share.sum() - total) > 1e-9:
        free = share > 1.0
        share[free] = np.maximum(
            share[free] * (1 - (share.sum() - total) / share[free].sum()), 1
        )
    whole: Ints = np.floor(share + 1e-9).astype(np.intp)
    order = np.argsort(whole - share, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole


def _spread(cells: Ints, xy: Floats, weight: Floats, k: int) -> Ints:
    """Choose k cells of much weight, far from one another."""
    place, heavy = xy[cells], weight[cells]
    chosen = [int(np.argmax(heavy))]
    far = np.hypot(*(place - place[chosen[0]]).T)
    for _ in range(1, k):
        score = far * heavy
        score[chosen] = -1.0
        chosen.append(int(np.argmax(score)))
        np.minimum(far, np.hypot(*(place - place[chosen[-1]]).T), out=far)
    return cells[chosen]


def _middles(region: Ints, xy: Floats, weight: Floats, m: int) -> Ints:
    """Give for each region its cell next to its weighted middle."""
    cells = np.flatnonzero(region >= 0)
    owner = region[cells]
    total = np.bincount(owner, weight[cells], m)
    middle = np.stack(
        [np.bincount(owner, weight[cells] * xy[cells, i], m) / total for i in (0, 1)], axis=1
    )
    off = np.hypot(*(xy[cells] - middle[owner]).T)
    order = np.lexsort((off, owner))
    first = np.searchsorted(owner[order], np.arange(m))
    return cells[order[first]]


def _adopt(region: Ints, part: Ints, steps: Any) -> Ints:
    """Give cells that no middle reached to a neighbor: a part may be in several pieces."""
    region = region.copy()
    while True:
        lost = (region[steps.row] < 0) & (part[steps.row] >= 0) & (region[steps.col] >= 0)
        if not lost.any():
            return region
        region[steps.row[lost]] = region[steps.col[lost]]
