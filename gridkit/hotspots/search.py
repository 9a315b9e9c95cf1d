"""Search: cells and a plan made ready for the compiled kernel, and what it finds.

Here numbers get their order in memory; nothing here decides anything.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridkit.hotspots.around import best_around
from gridkit.hotspots.cells import Cells, Window
from gridkit.hotspots.likelihood import (
    BERNOULLI,
    EXPECTATION,
    HIGH,
    LOW,
    POISSON,
    Law,
    ratio,
    tabulate,
)
from gridkit.hotspots.live_sweep import Blocks, make_blocks, no_blocks
from gridkit.hotspots.look import Task
from gridkit.hotspots.plan import Plan
from gridkit.hotspots.replicas import ALIAS, LABELS, SHUFFLE, Source, alias_table
from gridkit.hotspots.scan_kernel import replica_maxima
from gridkit.hotspots.windows import Reach, make_zones

_LAWS = {
    "poisson": POISSON,
    "permutation": POISSON,
    "bernoulli": BERNOULLI,
    "expectation": EXPECTATION,
}
_SIDES = {"high": HIGH, "low": LOW, "both": HIGH | LOW}
# Counts of a place in a byte and of a circle in two make replicas fit into the cache; where
# they may not fit, both take four bytes. (Compiled twice, not thrice: that takes seconds.)
_MOST_IN_PLACE, _MOST_NARROW = np.iinfo(np.uint8).max, np.iinfo(np.int16).max - 1
# the best of this many replicas tells where the limits of the others may start
_PILOT = 64
# replicas between two looks whether enough of them beat the data
_CHUNK = 64
# the best ratio grows about so with the logarithm of the number of windows
_GUESS = 0.22
# ratios that differ by less than this share differ by rounding only
TIE = 1e-8


class Search(NamedTuple):
    """What the kernel needs, made once per run."""

    task: Task
    blocks: Blocks  # of windows up to the present; empty if there are others, or low counts
    rows: NDArray[np.int32]  # (P, T) counts from time point 0 to this one
    steps: int


def prepare(cells: Cells, plan: Plan, most_cases: int) -> Search:
    """Lay the windows and make the tables; `most_cases` is the most of any replica."""
    steps = cells.n.shape[1]
    longest = min(plan.max_weeks or max(1, steps // 2), steps)
    used = longest if plan.alive else steps
    rows = _from_the_end(cells.n, used).astype(np.int32)
    expected = _from_the_end(cells.expected, used)
    reach = Reach(
        plan.max_share, cells.reach(plan.max_radius_m), 1 if plan.alive else steps, longest
    )
    zones = make_zones(cells.points, cells.measure, expected, reach)
    trials = float(cells.trials.sum())
    law = Law(_LAWS[cells.model], float(cells.cases), trials, _SIDES[plan.side], plan.min_cases)
    single = np.diff(expected, axis=1)
    least = float(single[single > 0].min(initial=max(float(expected.max()), 1e-3)))
    most = max(most_cases, cells.cases)
    heaviest = float(expected[:, -1].max())
    narrow = most <= _MOST_NARROW and heaviest + 8 * math.sqrt(heaviest) < _MOST_IN_PLACE
    dtype = np.int16 if narrow else np.int32
    limits = tabulate(least, float(expected[:, -1].sum()), law, most, dtype)
    live = plan.alive and plan.side == "high"
    blocks = make_blocks(zones, limits) if live else no_blocks()
    return Search(Task(zones, law, limits), blocks, rows, steps)


def _from_the_end(table: NDArray, used: int) -> NDArray:
    """Add up from the last time step backwards, `used` steps, beginning with nothing."""
    sums = np.zeros((len(table), used + 1), dtype=table.dtype)
    np.cumsum(table[:, ::-1][:, :used], axis=1, out=sums[:, 1:])
    return sums


def make_source(cells: Cells, plan: Plan, search: Search, rng: np.random.Generator) -> Source:
    """Make what replicas are drawn from."""
    points = search.task.zones.expected.shape[1]
    inside = _from_the_end(np.ones_like(cells.n), cells.n.shape[1])[:, -1:0:-1]  # step's point
    codes = np.where(inside < points, np.arange(len(cells.n))[:, None] * points + inside, -1)
    codes = codes.astype(np.int32)
    nothing, none = np.zeros(1), np.zeros(0, dtype=np.int32)
    totals = np.full(plan.replicas, cells.cases, dtype=np.int64)
    if cells.model == "permutation":
        place = np.repeat(np.arange(len(cells.n)), cells.n.sum(axis=1)) * points
        slots = np.repeat(inside[0], cells.n.sum(axis=0))
        slots = slots[slots < points].astype(np.int32)
        return Source(SHUFFLE, place.astype(np.int32), nothing, none, slots, totals * 0)
    if cells.model == "bernoulli":
        every = np.repeat(codes.ravel(), cells.trials.ravel())
        return Source(LABELS, every, nothing, none, none, totals)
    if cells.model == "expectation":
        totals = rng.poisson(cells.expected.sum(), plan.replicas)
    some = (cells.expected > 0) & (codes >= 0)
    rest = cells.expected[codes < 0].sum()
    weights = np.append(cells.expected[some], rest if rest > 0 else [])
    keep, other = alias_table(weights)
    targets = np.append(codes[some], np.full(len(weights) - int(some.sum()), -1))
    return Source(ALIAS, targets.astype(np.int32), keep, other, none, totals)


def maxima(
    search: Search, source: Source, seed: int, numbers: range, known: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Find the largest ratio of each replica in a range of numbers."""
    if len(known):
        guess = 0.75 * float(known.min())
    else:
        zones = search.task.zones
        windows = float(zones.size.sum()) * zones.starts * float(zones.longest.max())
        guess = _GUESS * math.log(max(windows, 2.0))
    span = (numbers.start, numbers.stop)
    if search.task.limits.high.dtype == np.int16:
        task, rows = search.task, np.zeros(0, np.uint8)
        best, spilled = replica_maxima(
            span, source, *task, search.blocks, np.uint64(seed), guess, rows
        )
        if not spilled:
            return np.asarray(best)
    task, rows = _widened(search.task), np.zeros(0, np.int32)
    best, _ = replica_maxima(span, source, *task, search.blocks, np.uint64(seed), guess, rows)
    return np.asarray(best)


def _widened(task: Task) -> Task:
    """Make room for counts of any size."""
    limits = task.limits
    high, low = limits.high.astype(np.int32), limits.low.astype(np.int32)
    return task._replace(limits=limits._replace(high=high, low=low))


def all_maxima(search: Search, source: Source, seed: int, replicas: int) -> NDArray[np.float64]:
    """Find the largest ratio of each replica."""
    pilot = maxima(search, source, seed, range(min(_PILOT, replicas)), np.zeros(0))
    if replicas <= _PILOT:
        return pilot
    rest = maxima(search, source, seed, range(_PILOT, replicas), pilot)
    return np.concatenate([pilot, rest])


def maxima_until(
    search: Search, source: Source, seed: int, plan: Plan, observed: float
) -> NDArray[np.float64]:
    """Draw replicas until `stop_after` of them reach what was observed, or all are drawn."""
    found = np.zeros(0)
    while len(found) < plan.replicas:
        numbers = range(len(found), min(len(found) + _CHUNK, plan.replicas))
        found = np.concatenate([found, maxima(search, source, seed, numbers, found)])
        hits = np.flatnonzero(found >= observed)
        if len(hits) >= plan.stop_after:
            return found[: hits[plan.stop_after - 1] + 1]
    return found


def strongest(cells: Cells, search: Search, floor: float, most: int) -> list[Window]:
    """Find windows above `floor`, strongest first, of which no two share a place.

    A circle holds a place that is taken if it is wider than the way to it: so circles are
    cut short there, and only those whose best window was cut are searched again.
    """
    size = search.task.zones.size.copy()
    best, where = np.zeros(len(size)), np.zeros((len(size), 3), dtype=np.int64)
    taken = np.zeros(len(size), dtype=np.bool_)
    again = np.flatnonzero(size > 0)
    windows: list[Window] = []
    while len(windows) < most:
        if len(again):
            best[again], where[again] = best_around(
                again, search.rows, size, *search.task, floor
            )
        if not best.max(initial=0.0) > 0.0:
            break
        window = _first(cells, search, best, where)
        windows.append(window)
        taken[window.places] = True
        met = taken[search.task.zones.order]
        room = np.where(met.any(axis=1), met.argmax(axis=1), met.shape[1])
        size = np.minimum(size, room).astype(np.int32)
        lost = (best > 0.0) & (where[:, 0] > room)
        best[lost] = 0.0
        again = np.flatnonzero(lost & (size > 0))
    return windows


def _first(
    cells: Cells, search: Search, best: NDArray[np.float64], where: NDArray[np.int64]
) -> Window:
    """Of equally strong windows take the one with fewest places, then the smallest circle."""
    equal = np.flatnonzero(best >= best.max() * (1.0 - TIE))
    circles = [search.task.zones.order[i, : where[i, 0]] for i in equal]
    radii = [cells.radius(int(i), c) for i, c in zip(equal, circles, strict=True)]
    keys = [(len(c), r, i) for c, r, i in zip(circles, radii, equal, strict=True)]
    center = int(min(keys)[2])
    count, near, far = (int(x) for x in where[center])
    places = np.sort(search.task.zones.order[center, :count]).astype(np.intp)
    steps = slice(search.steps - far, search.steps - near)
    return Window(float(best[center]), center, places, steps)


def exact(cells: Cells, search: Search, window: Window) -> tuple[int, float, float]:
    """Count a window's cases and sum its expectation and ratio without rounding errors."""
    observed = int(cells.n[window.places, window.steps].sum())
    expected = math.fsum(cells.expected[window.places, window.steps].ravel())
    return observed, expected, float(ratio(observed, expected, search.task.law))
