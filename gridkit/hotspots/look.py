"""A closer look at the circles of a block that passed a test, one by one.

Most blocks never come here (`scan_kernel`, `live_sweep`); those that do are walked from the
largest circle inwards, until no count left could beat the best so far.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridkit.hotspots.lanes import LANES, compiled
from gridkit.hotspots.likelihood import Law, Limits, allowed_ratio, bin_of, column, row
from gridkit.hotspots.windows import Zones

_Floats = NDArray[np.float64]


class Task(NamedTuple):
    """What is searched, whatever the counts."""

    zones: Zones
    law: Law
    limits: Limits


class State(NamedTuple):
    """Where a pass over all circles stands. Time points and lanes share an axis."""

    rows: NDArray  # counts per place, from time point 0 to each
    total: NDArray  # the same of the circle
    inner: NDArray  # and, per class of windows, of the first circle of its block
    expected: _Floats  # per time point, of the circle
    begin: NDArray[np.int64]  # per class: number of places before its block
    high: NDArray  # limits by bin, one per lane
    low: NDArray
    best: _Floats  # per lane


@compiled()
def set_limits(lane: int, best: float, limits: Limits, high: NDArray, low: NDArray) -> None:
    """Set the limits of one lane to those for its best ratio."""
    at = row(best, limits)
    for b in range(limits.high.shape[1]):
        high[b * LANES + lane] = limits.high[at, b]
        low[b * LANES + lane] = limits.low[at, b]


@compiled()
def look_for_high(
    hits: int,
    block: tuple[int, int, int],
    test: tuple[int, int, int],
    task: Task,
    state: State,
) -> None:
    """Look at the circles of a block, from the largest inwards, in the lanes that may hit.

    Counts fall on the way: once they cannot beat the best in the smallest circle, stop.
    """
    (i, k, c), (s, t, bound) = block, test
    # arrays by names of their own: a look into a tuple of them costs as much as a circle
    order, mark, of_place = task.zones.order[i], task.zones.mark[i], task.zones.expected
    rows, high, total = state.rows, state.high, state.total
    scale = (task.limits.coarse, task.limits.fine, task.limits.high.shape[1] - 1)
    first, wide = state.begin[c], len(total)
    since, till = s * LANES, t * LANES
    for lane in range(LANES):
        if (hits >> lane) & 1 == 0:
            continue
        cases, mean = _inside(lane, (s, t), state)
        least = high[bound + lane]
        for n in range(k, first - 1, -1):
            if cases <= least:
                break
            if mark[n]:
                at = bin_of(mean, scale[0], scale[1], scale[2]) * LANES + lane
                if cases > high[at] and cases > mean:
                    _compare(lane, cases, mean, task, state)
            place = order[n]
            at = place * wide + lane
            cases -= int(rows[at + till]) - int(rows[at + since])
            mean -= of_place[place, t] - of_place[place, s]


@compiled()
def look_for_low(
    hits: int, block: tuple[int, int, int], time: tuple[int, int], task: Task, state: State
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
def _inside(lane: int, time: tuple[int, int], state: State) -> tuple[int, float]:
    s, t = time
    cases = int(state.total[t * LANES + lane]) - int(state.total[s * LANES + lane])
    return cases, state.expected[t] - state.expected[s]


@compiled()
def _of_place(place: int, lane: int, time: tuple[int, int], state: State) -> int:
    s, t = time
    at = place * len(state.total) + lane
    return int(state.rows[at + t * LANES]) - int(state.rows[at + s * LANES])


@compiled()
def _compare(lane: int, cases: int, mean: float, task: Task, state: State) -> None:
    """Keep a window's ratio if it is the best of its lane."""
    new, old = allowed_ratio(cases, mean, task.law), state.best[lane]
    if new > old:
        if row(new, task.limits) != row(old, task.limits):
            set_limits(lane, new, task.limits, state.high, state.low)
        state.best[lane] = new
