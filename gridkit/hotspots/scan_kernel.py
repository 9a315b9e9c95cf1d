"""The search for the best window: in 32 replicas at once, or around each place.

A window is tested by the largest count that cannot beat the best so far (`Limits`). Circles
of about the same expectation form a block: if the count of its largest circle is too small
for the expectation of its smallest, no circle between can do better. Exact all the same:
whatever passes the test is looked at one by one.
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from gridkit.hotspots.lanes import LANES, add_lanes, compiled, lanes_above, lanes_below
from gridkit.hotspots.likelihood import HIGH, LOW, Law, Limits, column, ratio, row
from gridkit.hotspots.replicas import Source, draw
from gridkit.hotspots.windows import Zones


@compiled(parallel=True)
def replica_maxima(
    first: int,
    count: int,
    source: Source,
    zones: Zones,
    law: Law,
    limits: Limits,
    seed: np.uint64,
    guess: float,
    rows_like: NDArray,
) -> tuple[NDArray[np.float64], bool]:
    """Find the largest ratio of each of `count` replicas, from number `first` on.

    `guess` is where limits start; it costs or saves time and changes nothing. The second
    result is True if counts did not fit into the type of `rows_like`: take a wider one.
    """
    batches = (count + LANES - 1) // LANES
    best = np.zeros(batches * LANES)
    spilled = np.zeros(batches, np.bool_)
    for b in prange(batches):
        begin = b * LANES
        lanes = min(LANES, count - begin)
        points = zones.expected.shape[1]
        rows = np.zeros(zones.expected.shape[0] * points * LANES, rows_like.dtype)
        spilled[b] = _fill(rows, first + begin, lanes, source, seed, points)
        if not spilled[b]:
            _search(rows, lanes, zones, law, limits, guess, best[begin : begin + LANES])
    return best[:count], spilled.any()


@compiled()
def _fill(
    rows: NDArray, first: int, lanes: int, source: Source, seed: np.uint64, points: int
) -> bool:
    """Draw replicas and add each place's counts up over time; tell if they do not fit."""
    most = np.iinfo(rows.dtype).max
    work = source.codes.copy()
    room = len(source.slots)
    for lane in range(lanes):
        room = max(room, source.totals[first + lane])
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
def _search(
    rows: NDArray,
    lanes: int,
    zones: Zones,
    law: Law,
    limits: Limits,
    guess: float,
    best: NDArray[np.float64],
) -> None:
    """Search all lanes; again with a lower guess for those where nothing beat it."""
    bins = limits.high.shape[1]
    high = np.empty(bins * LANES, limits.high.dtype)
    low = np.empty(bins * LANES, limits.low.dtype)
    todo = np.zeros(LANES, np.bool_)
    todo[:lanes] = True
    best[:] = 0.0
    while todo.any():
        guess = guess if guess > 0.1 else 0.0
        for lane in range(LANES):
            best[lane] = guess if todo[lane] else best[lane]
            _limit(lane, best[lane], limits, high, low)
            if not todo[lane]:
                high[lane::LANES] = np.iinfo(high.dtype).max
                low[lane::LANES] = 0
        _sweep(rows, zones, law, limits, high, low, best)
        for lane in range(LANES):
            todo[lane] = todo[lane] and best[lane] == guess and guess > 0.0
        guess *= 0.5


@compiled()
def _limit(lane: int, best: float, limits: Limits, high: NDArray, low: NDArray) -> None:
    """Set the limits of one lane to those for its best ratio."""
    at = row(best, limits)
    for b in range(limits.high.shape[1]):
        high[b * LANES + lane] = limits.high[at, b]
        low[b * LANES + lane] = limits.low[at, b]


@compiled()
def _sweep(
    rows: NDArray,
    zones: Zones,
    law: Law,
    limits: Limits,
    high: NDArray,
    low: NDArray,
    best: NDArray[np.float64],
) -> None:
    """Pass over all circles; what passes the test of its block is looked at closely."""
    places, points = zones.expected.shape
    classes = len(zones.longest)
    total = np.zeros(points * LANES, high.dtype)  # of the circle, by time point and lane
    inner = np.zeros((classes, points * LANES), high.dtype)  # of the block's first circle
    expected = np.zeros(points)
    inner_expected = np.zeros((classes, points))
    begin = np.zeros(classes, np.int64)
    opened = np.zeros(classes, np.bool_)
    bins = np.zeros(points, np.int64)
    for i in range(places):
        total[:] = 0
        expected[:] = 0.0
        begin[:] = 0
        opened[:] = False
        for k in range(zones.size[i]):
            p = zones.order[i, k]
            for t in range(1, points):
                add_lanes(total, t * LANES, rows, (p * points + t) * LANES)
            for t in range(1, points):
                expected[t] += zones.expected[p, t]
            mark = zones.mark[i, k]
            if mark == 0:
                continue
            for c in range(classes):
                if not opened[c]:
                    opened[c] = True
                    inner_expected[c] = expected
                    if law.sides & LOW:
                        inner[c] = total
                if (mark >> (c + 1)) & 1 == 0:
                    continue
                for s in range(zones.starts):
                    near = s + zones.shortest[c]
                    far = min(s + zones.longest[c], points - 1) + 1
                    if law.sides & HIGH:
                        for t in range(near, far):
                            bins[t] = column(
                                inner_expected[c, t] - inner_expected[c, s], limits
                            )
                        for t in range(near, far):
                            hits = lanes_above(
                                total, t * LANES, s * LANES, high, bins[t] * LANES
                            )
                            if hits != 0:
                                _look(
                                    hits, (i, begin[c], k, s, t), rows, zones, law, limits,
                                    total, expected, high, low, best,
                                )  # fmt: skip
                    if law.sides & LOW:
                        for t in range(near, far):
                            bins[t] = column(expected[t] - expected[s], limits)
                        for t in range(near, far):
                            hits = lanes_below(
                                inner[c], t * LANES, s * LANES, low, bins[t] * LANES
                            )
                            if hits != 0:
                                _look(
                                    hits, (i, begin[c], k, s, t), rows, zones, law, limits,
                                    total, expected, high, low, best,
                                )  # fmt: skip
                opened[c] = False
                begin[c] = k + 1


@compiled()
def _look(
    hits: int,
    block: tuple[int, int, int, int, int],
    rows: NDArray,
    zones: Zones,
    law: Law,
    limits: Limits,
    total: NDArray,
    expected: NDArray[np.float64],
    high: NDArray,
    low: NDArray,
    best: NDArray[np.float64],
) -> None:
    """Look at all circles of a block, from the largest inwards, in the lanes that may hit."""
    i, begin, end, s, t = block
    points = zones.expected.shape[1]
    for lane in range(LANES):
        if (hits >> lane) & 1 == 0:
            continue
        cases = np.int64(total[t * LANES + lane]) - np.int64(total[s * LANES + lane])
        mean = expected[t] - expected[s]
        for k in range(end, begin - 1, -1):
            if zones.mark[i, k]:
                at = column(mean, limits) * LANES + lane
                if (cases > high[at] and cases > mean) or (cases < low[at] and cases < mean):
                    new = _allowed(cases, mean, law)
                    if new > best[lane]:
                        if row(new, limits) != row(best[lane], limits):
                            _limit(lane, new, limits, high, low)
                        best[lane] = new
            p = zones.order[i, k]
            at = p * points * LANES + lane
            cases -= np.int64(rows[at + t * LANES]) - np.int64(rows[at + s * LANES])
            mean -= zones.expected[p, t] - zones.expected[p, s]


@compiled()
def _allowed(cases: int, mean: float, law: Law) -> float:
    """Give the ratio of a window on a side that is asked for, else 0."""
    if cases > mean:
        asked = (law.sides & HIGH) != 0 and cases >= law.min_cases
    else:
        asked = (law.sides & LOW) != 0
    return ratio(cases, mean, law) if asked else 0.0


@compiled(parallel=True)
def best_around(
    centers: NDArray[np.int64],
    rows: NDArray[np.int32],
    size: NDArray[np.int32],
    zones: Zones,
    law: Law,
    limits: Limits,
    floor: float,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find the best window around each of some places, where its ratio is above `floor`.

    `rows` are the counts from time point 0 on, shape (places, time points); `size` the
    number of places that a circle may hold. The second result has, per center, the number
    of places in the circle and the two time points; a ratio of 0 means there is none.
    """
    best = np.zeros(len(centers))
    where = np.zeros((len(centers), 3), np.int64)
    for j in prange(len(centers)):
        best[j] = _around(centers[j], rows, size, zones, law, limits, floor, where[j])
    return best, where


@compiled()
def _around(
    i: int,
    rows: NDArray[np.int32],
    size: NDArray[np.int32],
    zones: Zones,
    law: Law,
    limits: Limits,
    floor: float,
    where: NDArray[np.int64],
) -> float:
    points = zones.expected.shape[1]
    classes = len(zones.longest)
    total = np.zeros(points, np.int32)
    inner = np.zeros((classes, points), np.int32)
    expected = np.zeros(points)
    inner_expected = np.zeros((classes, points))
    begin = np.zeros(classes, np.int64)
    opened = np.zeros(classes, np.bool_)
    best = floor
    found = 0.0
    at = row(best, limits)
    for k in range(size[i]):
        p = zones.order[i, k]
        for t in range(1, points):
            total[t] += rows[p, t]
            expected[t] += zones.expected[p, t]
        mark = zones.mark[i, k]
        last = k == size[i] - 1
        for c in range(classes):
            if mark and not opened[c]:
                opened[c] = True
                inner_expected[c] = expected
                inner[c] = total
            if not opened[c] or not (last or (mark >> (c + 1)) & 1):
                continue
            for s in range(zones.starts):
                near = s + zones.shortest[c]
                far = min(s + zones.longest[c], points - 1) + 1
                for t in range(near, far):
                    up = column(inner_expected[c, t] - inner_expected[c, s], limits)
                    down = column(expected[t] - expected[s], limits)
                    hit = (law.sides & HIGH) != 0 and total[t] - total[s] > limits.high[at, up]
                    if (law.sides & LOW) != 0 and inner[c, t] - inner[c, s] < limits.low[
                        at, down
                    ]:
                        hit = True
                    if not hit:
                        continue
                    cases = np.int64(total[t] - total[s])
                    mean = expected[t] - expected[s]
                    for n in range(k, begin[c] - 1, -1):
                        if zones.mark[i, n]:
                            new = _allowed(cases, mean, law)
                            if new > best:
                                best = new
                                found = new
                                at = row(best, limits)
                                where[0], where[1], where[2] = n + 1, s, t
                        q = zones.order[i, n]
                        cases -= rows[q, t] - rows[q, s]
                        mean -= zones.expected[q, t] - zones.expected[q, s]
            opened[c] = False
            begin[c] = k + 1
    return found
