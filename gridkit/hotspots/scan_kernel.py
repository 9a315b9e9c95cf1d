"""The search for the best window in replicas, 32 of them at once.

A window is tested by the largest count that cannot beat the best so far (`Limits`). Circles
of about the same expectation form a block: if the count of its largest circle is too small
for the expectation of its smallest, no circle between can do better. Exact all the same:
whatever passes the test is looked at one by one.
"""

from __future__ import annotations

from typing import NamedTuple

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
from gridkit.hotspots.likelihood import (
    COARSE,
    FINE,
    HIGH,
    LOW,
    Law,
    Limits,
    allowed_ratio,
    column,
    row,
)
from gridkit.hotspots.replicas import Source, draw
from gridkit.hotspots.windows import Zones

_Floats = NDArray[np.float64]


class Task(NamedTuple):
    """What is searched, whatever the counts."""

    zones: Zones
    law: Law
    limits: Limits


class _State(NamedTuple):
    """Where a pass over all circles stands. Time points and lanes share an axis."""

    rows: NDArray  # counts per place, from time point 0 to each
    total: NDArray  # the same of the circle
    inner: NDArray  # and, per class of windows, of the first circle of its block
    expected: _Floats  # per time point, of the circle
    begin: NDArray[np.int64]  # per class: number of places before its block
    high: NDArray  # limits by bin, one per lane
    low: NDArray
    best: _Floats  # per lane


@compiled(parallel=True)
def replica_maxima(  # noqa: PLR0913, PLR0917 - numba's prange takes no tuples of tuples
    numbers: tuple[int, int],
    source: Source,
    zones: Zones,
    law: Law,
    limits: Limits,
    seed: np.uint64,
    guess: float,
    rows_like: NDArray,
) -> tuple[_Floats, bool]:
    """Find the largest ratio of each replica in a range of numbers (first, end).

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
        spilled[b] = _strew(rows, (first, lanes), source, seed, zones.expected.shape[1])
        if not spilled[b]:
            some = best[b * LANES : (b + 1) * LANES]
            _search(rows, lanes, Task(zones, law, limits), guess, some)
    return best[:count], bool(spilled.any())


@compiled()
def _strew(
    rows: NDArray, numbers: tuple[int, int], source: Source, seed: np.uint64, points: int
) -> bool:
    """Draw replicas and add each place's counts up over time; tell if they do not fit."""
    first, lanes = numbers
    most = np.iinfo(rows.dtype).max
    work = source.codes.copy()
    room = max(len(source.slots), source.totals[first : first + lanes].max())
    cells = np.empty(room, np.int32)
    places = len(rows) // (points * LANES)
    in_place = np.empty(places, np.int64)
    for lane in range(lanes):
        found = draw(source, seed, first + lane, cells, work)
        in_place[:] = 0
        for j in range(found):
            in_place[cells[j] // points] += 1
            rows[cells[j] * LANES + lane] += 1
        if in_place.max() > most:
            return True
    for p in range(places):
        for at in range((p * points + 1) * LANES, (p + 1) * points * LANES):
            rows[at] += rows[at - LANES]
    return False


@compiled()
def _search(rows: NDArray, lanes: int, task: Task, guess: float, best: _Floats) -> None:
    """Search all lanes; again with a lower guess for those where nothing beat it."""
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
                _limit(lane, guess, task.limits, high, low)
        _sweep(rows, task.zones, task.law, task.limits, high, low, best)
        for lane in range(LANES):
            again = todo[lane] and guess > 0.0 and best[lane] == guess
            todo[lane] = again
            if not again:
                high[lane::LANES] = np.iinfo(dtype).max
                low[lane::LANES] = 0
        guess *= 0.5


@compiled()
def _limit(lane: int, best: float, limits: Limits, high: NDArray, low: NDArray) -> None:
    """Set the limits of one lane to those for its best ratio."""
    at = row(best, limits)
    for b in range(limits.high.shape[1]):
        high[b * LANES + lane] = limits.high[at, b]
        low[b * LANES + lane] = limits.low[at, b]


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
    state = _State(rows, total, inner, expected, begin, high, low, best)
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
                                _look_for_high(hits, (i, k, c), (s, t, bins[t]), task, state)
                    if law.sides & LOW:
                        for t in range(near, far, STRIDE):
                            bins_of(bins, t, expected, t, s, scale)
                        for t in range(near, far):
                            till, since = lanes + t * LANES, lanes + s * LANES
                            hits = lanes_below(inner, till, since, low, bins[t])
                            if hits != 0:
                                _look_for_low(hits, (i, k, c), (s, t), task, state)
                opened[c] = False
                begin[c] = k + 1


@compiled()
def _look_for_high(
    hits: int,
    block: tuple[int, int, int],
    test: tuple[int, int, int],
    task: Task,
    state: _State,
) -> None:
    """Look at the circles of a block, from the largest inwards, in the lanes that may hit.

    Counts fall on the way: once they cannot beat the best in the smallest circle, stop.
    """
    (i, k, c), (s, t, bound) = block, test
    time = (s, t)
    for lane in range(LANES):
        if (hits >> lane) & 1 == 0:
            continue
        cases, mean = _inside(lane, time, state)
        least = state.high[bound + lane]
        for n in range(k, state.begin[c] - 1, -1):
            if cases <= least:
                break
            if task.zones.mark[i, n]:
                at = column(mean, task.limits) * LANES + lane
                if cases > state.high[at] and cases > mean:
                    _compare(lane, cases, mean, task, state)
            place = task.zones.order[i, n]
            cases -= _of_place(place, lane, time, state)
            mean -= task.zones.expected[place, t] - task.zones.expected[place, s]


@compiled()
def _look_for_low(
    hits: int, block: tuple[int, int, int], time: tuple[int, int], task: Task, state: _State
) -> None:
    """Look for low counts: stop once not even that of the smallest circle would be low."""
    (i, k, c), (s, t) = block, time
    for lane in range(LANES):
        if (hits >> lane) & 1 == 0:
            continue
        cases, mean = _inside(lane, time, state)
        own = c * len(state.total) + lane
        fewest = state.inner[own + t * LANES] - state.inner[own + s * LANES]
        for n in range(k, state.begin[c] - 1, -1):
            if task.zones.mark[i, n]:
                at = column(mean, task.limits) * LANES + lane
                if fewest >= state.low[at]:
                    break
                if cases < state.low[at] and cases < mean:
                    _compare(lane, cases, mean, task, state)
            place = task.zones.order[i, n]
            cases -= _of_place(place, lane, time, state)
            mean -= task.zones.expected[place, t] - task.zones.expected[place, s]


@compiled()
def _inside(lane: int, time: tuple[int, int], state: _State) -> tuple[int, float]:
    s, t = time
    cases = int(state.total[t * LANES + lane]) - int(state.total[s * LANES + lane])
    return cases, state.expected[t] - state.expected[s]


@compiled()
def _of_place(place: int, lane: int, time: tuple[int, int], state: _State) -> int:
    s, t = time
    at = place * len(state.total) + lane
    return int(state.rows[at + t * LANES]) - int(state.rows[at + s * LANES])


@compiled()
def _compare(lane: int, cases: int, mean: float, task: Task, state: _State) -> None:
    """Keep a window's ratio if it is the best of its lane."""
    new, old = allowed_ratio(cases, mean, task.law), state.best[lane]
    if new > old:
        if row(new, task.limits) != row(old, task.limits):
            _limit(lane, new, task.limits, state.high, state.low)
        state.best[lane] = new
