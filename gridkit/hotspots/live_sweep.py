"""The search where all windows reach to the present: a pass that adds up whole blocks at once.

All of these windows begin at time point 0, so what a block expects is the same in each
replica: it is tabled once per run (`Blocks`), and a pass need not stop at each circle but
only where a block ends. In between, rows are added up in registers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridkit.hotspots.lanes import (
    LANES,
    STRIDE,
    TILE,
    add_lanes,
    add_rows,
    add_stride,
    compiled,
    lanes_above,
)
from gridkit.hotspots.likelihood import Limits, column
from gridkit.hotspots.look import State, Task, look_for_high
from gridkit.hotspots.windows import Zones

_Floats = NDArray[np.float64]


class Blocks(NamedTuple):
    """Ends of blocks in the order of a pass: by center as in `Zones.visit`, inside out."""

    first: NDArray[np.int64]  # per center, where its ends begin; one more: where all end
    end: NDArray[np.int32]  # number of the last place of a block
    expected: _Floats  # (ends, T): of the circle that ends there
    bins: NDArray[np.int32]  # per test (end, class, time): where its limits begin


def no_blocks() -> Blocks:
    """Stand for the blocks of a search that does not use them."""
    none = np.zeros(0, np.int32)
    return Blocks(np.zeros(1, np.int64), none, np.zeros((0, 0)), none)


@compiled()
def make_blocks(zones: Zones, limits: Limits) -> Blocks:
    """Table the blocks of high counts in windows that begin at time point 0."""
    # arrays by names of their own: a look into a tuple of them costs as much as a circle
    order, marks, size = zones.order, zones.mark, zones.size
    points = zones.expected.shape[1]
    ends, tests = _count(zones)
    first = np.zeros(len(zones.visit) + 1, np.int64)
    end, bins = np.empty(ends, np.int32), np.empty(tests, np.int32)
    expected = np.empty((ends, points))
    at, test = 0, 0
    room = (points + STRIDE - 1) // STRIDE * STRIDE
    of_place = np.zeros(len(zones.expected) * room)
    for p in range(len(zones.expected)):
        of_place[p * room : p * room + points] = zones.expected[p]
    total = np.zeros(room)
    inner = np.zeros((len(zones.longest), room))  # per class: of its block's first circle
    opened = np.zeros(len(zones.longest), np.bool_)
    for v in range(len(zones.visit)):
        i = zones.visit[v]
        total[:] = 0.0
        opened[:] = False
        fresh = True
        for k in range(size[i]):
            place = order[i, k]
            for t in range(0, room, STRIDE):
                add_stride(total, t, of_place, place * room + t)
            mark = marks[i, k]
            if mark > 1 or (mark == 1 and fresh):
                test = _table(mark, zones, limits, total, inner, opened, bins, test)
                fresh = mark > 1
            if mark > 1:
                end[at] = k
                expected[at] = total[:points]
                at += 1
        first[v + 1] = at
    return Blocks(first, end, expected, bins)


@compiled()
def _table(  # noqa: PLR0913, PLR0917 - one step of a loop over arrays
    mark: int,
    zones: Zones,
    limits: Limits,
    total: _Floats,
    inner: _Floats,
    opened: NDArray[np.bool_],
    bins: NDArray[np.int32],
    test: int,
) -> int:
    """Open and end the blocks that do so at one circle; give the number of tests so far."""
    points = zones.expected.shape[1]
    for c in range(len(opened)):
        ended = (mark >> (c + 1)) & 1
        if not opened[c]:
            inner[c] = total
        opened[c] = ended == 0
        if ended:
            for t in range(zones.shortest[c], min(zones.longest[c] + 1, points)):
                bins[test] = column(inner[c, t], limits) * LANES
                test += 1
    return test


@compiled()
def _count(zones: Zones) -> tuple[int, int]:
    """Count ends of blocks, and the tests there."""
    marks, size = zones.mark, zones.size
    points = zones.expected.shape[1]
    some = np.minimum(zones.longest + 1, points) - zones.shortest
    ends, tests = 0, 0
    for i in range(len(size)):
        for k in range(size[i]):
            mark = marks[i, k]
            if mark > 1:
                ends += 1
                for c in range(len(some)):
                    tests += some[c] * ((mark >> (c + 1)) & 1)
    return ends, tests


@compiled()
def sweep_live(  # noqa: PLR0913, PLR0917 - as `scan_kernel._sweep`
    rows: NDArray,
    at_once: int,
    task: Task,
    blocks: Blocks,
    high: NDArray,
    low: NDArray,
    best: _Floats,
) -> None:
    """Pass over all blocks around all places; the sum of `at_once` rows fits into a row."""
    zones = task.zones
    points, across = zones.expected.shape[1], zones.order.shape[1]
    shortest, longest = zones.shortest, zones.longest
    order = zones.order.reshape(-1)
    first, end, bins = blocks.first, blocks.end, blocks.bins
    total = np.zeros(points * LANES, high.dtype)
    begin = np.zeros(len(longest), np.int64)
    expected = np.zeros(points)
    state = State(rows, total, total, expected, begin, high, low, best)
    test = 0
    for v in range(len(zones.visit)):
        i = zones.visit[v]
        total[:] = 0
        begin[:] = 0
        since = 0
        for at in range(first[v], first[v + 1]):
            k = end[at]
            while since <= k:
                till = min(since + at_once, k + 1)
                _add(total, rows, order, (i * across + since, i * across + till), points)
                since = till
            mark = zones.mark[i, k]
            for c in range(len(longest)):
                if (mark >> (c + 1)) & 1 == 0:
                    continue
                for t in range(shortest[c], min(longest[c] + 1, points)):
                    hits = lanes_above(total, t * LANES, 0, high, bins[test])
                    if hits != 0:
                        expected[:] = blocks.expected[at]
                        look_for_high(hits, (i, k, c), (0, t, bins[test]), task, state)
                    test += 1
                begin[c] = k + 1


@compiled()
def _add(
    total: NDArray, rows: NDArray, order: NDArray, span: tuple[int, int], points: int
) -> None:
    """Add the rows of some places to the totals, several time points at once."""
    wide, t = points * LANES, 1
    while t + TILE <= points:
        add_rows(total, t * LANES, rows, t * LANES, order, span, wide)
        t += TILE
    for rest in range(t, points):
        for n in range(span[0], span[1]):
            add_lanes(total, rest * LANES, rows, order[n] * wide + rest * LANES)
