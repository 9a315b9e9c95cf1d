"""The search for the best window around each place, in the data themselves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange
from numpy.typing import NDArray

from gridkit.hotspots.lanes import compiled
from gridkit.hotspots.likelihood import HIGH, LOW, Law, Limits, allowed_ratio, column, row
from gridkit.hotspots.look import Task
from gridkit.hotspots.windows import Zones

_Floats = NDArray[np.float64]


class _Here(NamedTuple):
    """Where the pass around one place stands; as in the kernel, for one data set."""

    rows: NDArray[np.int32]  # (places, time points)
    total: NDArray[np.int32]
    inner: NDArray[np.int32]
    expected: _Floats
    inner_expected: _Floats
    begin: NDArray[np.int64]
    opened: NDArray[np.bool_]
    best: _Floats  # one number: the best ratio, or the floor
    where: NDArray[np.int64]  # of the best: places in its circle, time points


@compiled(parallel=True)
def best_around(  # noqa: PLR0913, PLR0917 - numba's prange takes no tuples of tuples
    centers: NDArray[np.int64],
    rows: NDArray[np.int32],
    size: NDArray[np.int32],
    zones: Zones,
    law: Law,
    limits: Limits,
    floor: float,
) -> tuple[_Floats, NDArray[np.int64]]:
    """Find the best window around each of some places, where its ratio is above `floor`.

    `rows` are the counts from time point 0 on, shape (places, time points); `size` the
    number of places that a circle may hold. The second result has, per center, the number
    of places in the circle and the two time points; a ratio of 0 means there is none.
    """
    best = np.zeros(len(centers))
    where = np.zeros((len(centers), 3), np.int64)
    for j in prange(len(centers)):
        i = centers[j]
        best[j] = _around(i, rows, size[i], Task(zones, law, limits), floor, where[j])
    return best, where


@compiled()
def _around(
    i: int, rows: NDArray, size: int, task: Task, floor: float, where: NDArray
) -> float:
    points, classes = rows.shape[1], len(task.zones.longest)
    here = _Here(
        rows,
        np.zeros(points, np.int32),
        np.zeros((classes, points), np.int32),
        np.zeros(points),
        np.zeros((classes, points)),
        np.zeros(classes, np.int64),
        np.zeros(classes, np.bool_),
        np.full(1, floor),
        where,
    )
    for k in range(size):
        place = task.zones.order[i, k]
        for t in range(1, points):
            here.total[t] += rows[place, t]
            here.expected[t] += task.zones.expected[place, t]
        for c in range(classes):
            if task.zones.mark[i, k] and not here.opened[c]:
                here.opened[c] = True
                here.inner_expected[c] = here.expected
                here.inner[c] = here.total
            ends = (task.zones.mark[i, k] >> (c + 1)) & 1 or k == size - 1
            if here.opened[c] and ends:
                _test((i, k, c), task, here)
                here.opened[c] = False
                here.begin[c] = k + 1
    return here.best[0] if where[0] > 0 else 0.0


@compiled()
def _test(block: tuple[int, int, int], task: Task, here: _Here) -> None:
    """Test the windows of a block; look closely at those that may beat the best."""
    c, law, limits = block[2], task.law, task.limits
    least, most = here.inner_expected[c], here.expected
    fewest, total = here.inner[c], here.total
    at = row(here.best[0], limits)
    for s in range(task.zones.starts):
        near = s + task.zones.shortest[c]
        far = min(s + task.zones.longest[c] + 1, len(total))
        for t in range(near, far):
            up = column(least[t] - least[s], limits)
            hit = law.sides & HIGH and total[t] - total[s] > limits.high[at, up]
            if law.sides & LOW and not hit:
                down = column(most[t] - most[s], limits)
                hit = fewest[t] - fewest[s] < limits.low[at, down]
            if hit:
                _look(block, (s, t), task, here)
                at = row(here.best[0], limits)


@compiled()
def _look(block: tuple[int, int, int], time: tuple[int, int], task: Task, here: _Here) -> None:
    (i, k, c), (s, t) = block, time
    cases = here.total[t] - here.total[s]
    mean = here.expected[t] - here.expected[s]
    for n in range(k, here.begin[c] - 1, -1):
        if task.zones.mark[i, n]:
            new = allowed_ratio(cases, mean, task.law)
            if new > here.best[0]:
                here.best[0] = new
                here.where[0], here.where[1], here.where[2] = n + 1, s, t
        place = task.zones.order[i, n]
        cases -= here.rows[place, t] - here.rows[place, s]
        mean -= task.zones.expected[place, t] - task.zones.expected[place, s]
