"""The search for the best window in replicas, 32 of them at once.

A window is tested by the largest count that cannot beat the best so far (`Limits`). Circles
of about the same expectation form a block: if the count of its largest circle is too small
for the expectation of its smallest, no circle between can do better. Exact all the same:
whatever passes the test is looked at one by one.
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from gridkit.hotspots.lanes import (
    LANES,
    STRIDE,
    add_lanes,
    add_stride,
    bins_of,
    compiled,
    lanes_above,
    lanes_below,
)
from gridkit.hotspots.likelihood import COARSE, FINE, HIGH, LOW, Law, Limits
from gridkit.hotspots.live_sweep import Blocks, sweep_live
from gridkit.hotspots.look import State, Task, look_for_high, look_for_low, set_limits
from gridkit.hotspots.replicas import Source, draw
from gridkit.hotspots.windows import Zones

_Floats = NDArray[np.float64]


@compiled(parallel=True)
def replica_maxima(  # noqa: PLR0913, PLR0917 - numba's prange takes no tuples of tuples
    numbers: tuple[int, int],
    source: Source,
    zones: Zones,
    law: Law,
    limits: Limits,
    blocks: Blocks,
    seed: np.uint64,
    guess: float,
    rows_like: NDArray,
) -> tuple[_Floats, bool]:
    """Find the largest ratio of each replica in a range of numbers (first, end).

    `blocks` are those of windows up to the present, or none: then all circles are passed.
    `guess` is where limits start; it costs or saves time and changes nothing. The second
    result is True if counts did not fit into the type of `rows_like`: take a wider one.
    """
    count = numbers[1] - numbers[0]
    batches = (count + LANES - 1) // LANES
    best = np.zeros(batches * LANES)
    spilled = np.zeros(batches, np.bool_)
    for b in prange(batches):
        first = numbers[0] + b * LANES
        lanes = min(LANES, numbers[1] - first)
        rows = np.zeros(zones.expected.size * LANES, rows_like.dtype)
        fullest = _strew(rows, (first, lanes), source, seed, zones.expected.shape[1])
        most = np.iinfo(rows_like.dtype).max
        spilled[b] = fullest > most
        if not spilled[b]:
            some = best[b * LANES : (b + 1) * LANES]
            at_once = most // max(fullest, 1)
            _search(rows, (lanes, at_once), Task(zones, law, limits), blocks, guess, some)
    return best[:count], bool(spilled.any())


@compiled()
def _strew(
    rows: NDArray, numbers: tuple[int, int], source: Source, seed: np.uint64, points: int
) -> int:
    """Draw replicas and add each place's counts up over time; give the most in a place.

    If that does not fit into the type of `rows`, these are left unfinished.
    """
    first, lanes = numbers
    most = np.iinfo(rows.dtype).max
    work = source.codes.copy()
    room = max(len(source.slots), source.totals[first : first + lanes].max())
    cells = np.empty(room, np.int32)
    places = len(rows) // (points * LANES)
    in_place = np.empty(places, np.int64)
    fullest = 0
    for lane in range(lanes):
        found = draw(source, seed, first + lane, cells, work)
        in_place[:] = 0
        for j in range(found):
            in_place[cells[j] // points] += 1
            rows[cells[j] * LANES + lane] += 1
        fullest = max(fullest, int(in_place.max()))
        if fullest > most:
            return fullest
    for p in range(places):
        for at in range((p * points + 1) * LANES, (p + 1) * points * LANES):
            rows[at] += rows[at - LANES]
    return fullest


@compiled()
def _search(
    rows: NDArray,
    size: tuple[int, int],
    task: Task,
    blocks: Blocks,
    guess: float,
    best: _Floats,
) -> None:
    """Search all lanes; again with a lower guess for those where nothing beat it.

    `size` is the number of lanes, and of rows whose sum fits into their type.
    """
    lanes, at_once = size
    bins, dtype = task.limits.high.shape[1], task.limits.high.dtype
    high = np.full(bins * LANES, np.iinfo(dtype).max, dtype)
    low = np.zeros(bins * LANES, dtype)
    todo = np.zeros(LANES, np.bool_)
    todo[:lanes] = True
    while todo.any():
        guess = guess if guess > 0.1 else 0.0
        for lane in range(LANES):
            if todo[lane]:
                best[lane] = guess
                set_limits(lane, guess, task.limits, high, low)
        if len(blocks.end):
            sweep_live(rows, at_once, task, blocks, high, low, best)
        else:
            _sweep(rows, task.zones, task.law, task.limits, high, low, best)
        for lane in range(LANES):
            again = todo[lane] and guess > 0.0 and best[lane] == guess
            todo[lane] = again
            if not again:
                high[lane::LANES] = np.iinfo(dtype).max
                low[lane::LANES] = 0
        guess *= 0.5


# One function of arrays with names of their own: a call, or a look into a tuple of arrays,
# would cost as much as a circle (measured: 90 ms a batch as it is, 290 ms in pieces).
@compiled()
def _sweep(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917
    rows: NDArray,
    zones: Zones,
    law: Law,
    limits: Limits,
    high: NDArray,
    low: NDArray,
    best: _Floats,
) -> None:
    """Pass over all circles around all places; look closely at what passes a test."""
    (places, points), classes = zones.expected.shape, len(zones.longest)
    room = (points + STRIDE - 1) // STRIDE * STRIDE
    wide = points * LANES
    of_place = np.zeros(places * room)
    for p in range(places):
        of_place[p * room : p * room + points] = zones.expected[p]
    total = np.zeros(wide, high.dtype)
    inner = np.zeros(classes * wide, high.dtype)
    expected = np.zeros(room + STRIDE)  # padded: what is read beyond the end is not used
    inner_expected = np.zeros(classes * room + STRIDE)
    begin = np.zeros(classes, np.int64)
    opened = np.zeros(classes, np.bool_)
    bins = np.zeros(room + STRIDE, np.int64)
    scale = (COARSE, limits.coarse, FINE, limits.fine, limits.high.shape[1] - 1)
    task = Task(zones, law, limits)
    state = State(rows, total, inner, expected, begin, high, low, best)
    for i in zones.visit:
        total[:] = 0
        expected[:] = 0.0
        begin[:] = 0
        opened[:] = False
        for k in range(zones.size[i]):
            place = zones.order[i, k]
            for t in range(1, points):
                add_lanes(total, t * LANES, rows, place * wide + t * LANES)
            for t in range(0, room, STRIDE):
                add_stride(expected, t, of_place, place * room + t)
            mark = zones.mark[i, k]
            if mark == 0:
                continue
            for c in range(classes):
                own, lanes = c * room, c * wide
                if not opened[c]:
                    opened[c] = True
                    inner_expected[own : own + room] = expected[:room]
                    if law.sides & LOW:
                        inner[lanes : lanes + wide] = total
                if (mark >> (c + 1)) & 1 == 0:
                    continue
                for s in range(zones.starts):
                    near = s + zones.shortest[c]
                    far = min(s + zones.longest[c] + 1, points)
                    if law.sides & HIGH:
                        for t in range(near, far, STRIDE):
                            bins_of(bins, t, inner_expected, own + t, own + s, scale)
                        for t in range(near, far):
                            hits = lanes_above(total, t * LANES, s * LANES, high, bins[t])
                            if hits != 0:
                                look_for_high(hits, (i, k, c), (s, t, bins[t]), task, state)
                    if law.sides & LOW:
                        for t in range(near, far, STRIDE):
                            bins_of(bins, t, expected, t, s, scale)
                        for t in range(near, far):
                            till, since = lanes + t * LANES, lanes + s * LANES
                            hits = lanes_below(inner, till, since, low, bins[t])
                            if hits != 0:
                                look_for_low(hits, (i, k, c), (s, t), task, state)
                opened[c] = False
                begin[c] = k + 1
