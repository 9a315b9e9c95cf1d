"""Windows: circles around each place, and stretches of weeks.

A circle holds every place within its radius: places equally far away come in together, so
a circle does not depend on the order of rows. Time runs backwards here, from the last week
to the first: windows that reach to the present are then all those that start at point 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridkit.hotspots.lanes import compiled

_Floats = NDArray[np.float64]

# distances that differ by less than this share of their size differ by rounding only
_TIE = 1e-9
# rows of the table of distances that are in memory at one time
_CHUNK = 256
# lengths of windows are tested in this many classes, each with blocks of its own
_CLASSES = 4
# a block of circles may grow by this many standard deviations of its expected count
_GROWTH = 1.0
# ... and by this many where a pass stops at their ends only (measured: 0.7 of the time of 1.0)
_GROWTH_LIVE = 0.7
# bit 0 of a mark: here ends a circle; bits 1 and up: here ends a block of that class
_ALL_ENDS = 2 ** (_CLASSES + 1) - 1


class Zones(NamedTuple):
    """All windows to look at, for P places, K of them at most in a circle, T time points."""

    order: NDArray[np.int32]  # (P, K): places by distance from that of the row, itself first
    mark: NDArray[np.uint8]  # (P, K): whether a circle, and a block of circles, ends here
    size: NDArray[np.int32]  # (P,): places in the largest circle
    visit: NDArray[np.int64]  # (P,): centers in an order in which the next one is near
    expected: _Floats  # (P, T): from time point 0 to this one
    starts: int  # windows begin at time points 0 to starts - 1
    shortest: NDArray[np.int64]  # per class, time points from begin to end of a window
    longest: NDArray[np.int64]


class Reach(NamedTuple):
    """How far windows may go."""

    share: float  # of the total measure
    radius: float  # in the unit of the coordinates
    starts: int
    longest: int  # time points


def make_zones(
    points: _Floats | None, measure: _Floats, expected: _Floats, reach: Reach
) -> Zones:
    """Lay circles around all points (None: one place, which is the whole) and mark blocks.

    `measure` is what the share of a circle is counted in, per place; `expected` has one
    column per time point.
    """
    longest = _class_ends(reach.longest)
    shortest = np.concatenate([[1], longest[:-1] + 1])
    places = len(expected)
    if points is None:
        order = np.zeros((1, 1), dtype=np.int32)
        mark = np.full((1, 1), _ALL_ENDS, dtype=np.uint8)
        size = np.ones(1, dtype=np.int32)
        visit = np.zeros(1, dtype=np.int64)
        return Zones(order, mark, size, visit, expected, reach.starts, shortest, longest)
    size = np.zeros(places, dtype=np.int32)
    parts = [
        _circles(points, measure, reach, slice(first, min(first + _CHUNK, places)))
        for first in range(0, places, _CHUNK)
    ]
    widest = max(1, *(order.shape[1] for order, _ in parts))
    orders = np.zeros((places, widest), dtype=np.int32)
    marks = np.zeros((places, widest), dtype=np.uint8)
    first = 0
    for order, ends in parts:
        rows = slice(first, first + len(order))
        orders[rows, : order.shape[1]] = order
        marks[rows, : order.shape[1]] = ends
        first += len(order)
    points_per_class = longest / max(expected.shape[1] - 1, 1)
    growth = _GROWTH_LIVE if reach.starts == 1 else _GROWTH
    rise = growth / np.sqrt(points_per_class)
    _mark_blocks(orders, marks, size, expected[:, -1].copy(), rise, reach.starts)
    visit = _walk(points)
    return Zones(orders, marks, size, visit, expected, reach.starts, shortest, longest)


def _walk(points: _Floats) -> NDArray[np.int64]:
    """Walk over all points in strips, up and down: what a circle holds stays in the cache."""
    across, along = points[:, np.argsort(points.var(axis=0))[::-1][:2]].T
    width = max(1, round(float(np.sqrt(len(points)))))
    strip = np.argsort(np.argsort(across, kind="stable"), kind="stable") // width
    return np.lexsort((np.where(strip % 2, -along, along), strip)).astype(np.int64)


def _class_ends(longest: int) -> NDArray[np.int64]:
    """Halve the longest window again and again: 26 weeks give 3, 6, 13, 26."""
    ends = {longest >> step for step in range(_CLASSES)} - {0}
    return np.array(sorted(ends), dtype=np.int64)


def _circles(
    points: _Floats, measure: _Floats, reach: Reach, rows: slice
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Order places by distance from some of them; say where circles end, within reach."""
    distance = np.zeros((rows.stop - rows.start, len(points)))
    for axis in points.T:
        distance += (axis[rows, None] - axis) ** 2
    np.sqrt(distance, out=distance)
    order = np.argsort(distance, axis=1).astype(np.int32)
    distance = np.take_along_axis(distance, order, axis=1)
    _order_ties(order, distance)
    ends = np.ones(order.shape, dtype=np.bool_)
    ends[:, :-1] = distance[:, 1:] > distance[:, :-1] * (1.0 + _TIE)
    share = np.cumsum(measure[order], axis=1)
    ends &= share <= reach.share * measure.sum() * (1.0 + _TIE)
    ends &= distance <= reach.radius * (1.0 + _TIE)
    width = int(np.flatnonzero(ends.any(axis=0)).max(initial=0)) + 1
    return order[:, :width], ends[:, :width]


@compiled()
def _order_ties(order: NDArray[np.int32], distance: _Floats) -> None:
    """Put equally distant places in order of their number, so that sums are the same."""
    for i in range(order.shape[0]):
        for k in range(1, order.shape[1]):
            at = k
            while (
                at > 0
                and distance[i, at] <= distance[i, at - 1] * (1.0 + _TIE)
                and order[i, at] < order[i, at - 1]
            ):
                order[i, at], order[i, at - 1] = order[i, at - 1], order[i, at]
                distance[i, at], distance[i, at - 1] = distance[i, at - 1], distance[i, at]
                at -= 1


@compiled()
def _mark_blocks(
    order: NDArray[np.int32],
    mark: NDArray[np.uint8],
    size: NDArray[np.int32],
    weight: _Floats,
    rise: _Floats,
    starts: int,
) -> None:
    """End a block before its circles' expectation grows by more than its own root.

    Where windows begin at one time point only, long blocks end where short ones do: a pass
    then has fewer stops (`live_sweep`).
    """
    for i in range(order.shape[0]):
        ends = np.flatnonzero(mark[i])
        if len(ends) == 0:
            continue
        size[i] = ends[-1] + 1
        heavy = np.cumsum(weight[order[i, : size[i]]])
        least = heavy[ends]  # expectation of the first circle after the end before
        for c in range(len(rise) - 1, -1, -1):
            begin = least[0]
            for j in range(len(ends)):
                last = j == len(ends) - 1
                if last or heavy[ends[j + 1]] - begin > rise[c] * np.sqrt(begin):
                    mark[i, ends[j]] |= np.uint8(2 << c)
                    if not last:
                        begin = least[j + 1]
            if starts == 1 and c == len(rise) - 1:
                ends, least = _short_blocks(ends, least, mark[i], c)


@compiled()
def _short_blocks(
    ends: NDArray[np.int64], least: _Floats, mark: NDArray[np.uint8], c: int
) -> tuple[NDArray[np.int64], _Floats]:
    """Give the ends of a class's blocks, and what the first circle of each expects."""
    some = np.flatnonzero((mark[ends] >> (c + 1)) & 1)
    first = np.zeros(len(some), np.int64)
    first[1:] = some[:-1] + 1
    return ends[some], least[first]
