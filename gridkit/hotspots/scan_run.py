"""One run of a scan: search, replicas, clusters and their p."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.hotspots.cells import Cells, Window, nothing_to_find
from gridkit.hotspots.clusters import Found
from gridkit.hotspots.plan import Plan
from gridkit.hotspots.replicas import Source, draw
from gridkit.hotspots.search import (
    Search,
    all_maxima,
    exact,
    make_source,
    maxima_until,
    prepare,
    strongest,
)
from gridkit.hotspots.significance import gumbel_p, monte_carlo_p, sequential_p

_Floats = NDArray[np.float64]
# numbers of places and cases are 32 bits wide in the kernel
_MOST = 2**31 - 1


def run(cells: Cells, plan: Plan, rng: np.random.Generator) -> tuple[list[Found], _Floats]:
    """Find clusters and judge them; the second result are the replicas' best ratios."""
    seed = _seed(rng)
    if plan.secondary == "iterative":
        return _iterate(cells, plan, rng, seed)
    return _scan_once(cells, plan, rng, seed)


def draw_one(
    cells: Cells, plan: Plan, rng: np.random.Generator, number: int
) -> NDArray[np.int64]:
    """Draw a replica as `run` does: counts by place and step, as far as windows reach."""
    seed = _seed(rng)
    search, source = _ready(cells, plan, rng)
    points = search.task.zones.expected.shape[1]
    targets = np.empty(max(len(source.slots), int(source.totals[number])), dtype=np.int32)
    found = draw(source, np.uint64(seed), number, targets, source.codes.copy())
    drawn = np.bincount(targets[:found], minlength=len(cells.n) * points)
    return drawn.reshape(len(cells.n), points)[:, :0:-1]  # time point 0: nothing yet


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**64, dtype=np.uint64))


def _ready(cells: Cells, plan: Plan, rng: np.random.Generator) -> tuple[Search, Source]:
    if cells.trials.sum() >= 2**31 or cells.cases >= 2**31 - 1:
        raise DataError(
            en="there are over two thousand million cases or controls; take coarser data, or "
            'model="poisson" with them as `population`.',
            zh='诉求或对照超过二十亿; 请用更粗的数据, 或改用 model="poisson" 并以其为 `population`。',
        )
    totals = _most_cases(cells)
    search = prepare(cells, plan, totals)
    return search, make_source(cells, plan, search, rng)


def _most_cases(cells: Cells) -> int:
    """Bound the cases of any replica."""
    if cells.model != "expectation":
        return cells.cases
    mean = float(cells.expected.sum())
    return int(mean + 12 * np.sqrt(mean) + 50)


def _scan_once(
    cells: Cells, plan: Plan, rng: np.random.Generator, seed: int
) -> tuple[list[Found], NDArray[np.float64]]:
    search, source = _ready(cells, plan, rng)
    if plan.chance == "sequential":
        first = _strongest_of_all(cells, search)
        best = maxima_until(search, source, seed, plan, first[0].statistic if first else np.inf)
    else:
        best = all_maxima(search, source, seed, plan.replicas)
    floor = float(best.min())
    most = 1 if plan.secondary != "no_overlap" else plan.most
    windows = strongest(cells, search, floor, most) or _strongest_of_all(cells, search)
    return [_judge(cells, plan, search, w, best) for w in windows], best


def _strongest_of_all(cells: Cells, search: Search) -> list[Window]:
    """Find the strongest window, however weak."""
    floor = 16.0
    while floor > 0.1:
        windows = strongest(cells, search, floor, 1)
        if windows:
            return windows
        floor /= 2
    return strongest(cells, search, 0.0, 1)


def _iterate(
    cells: Cells, plan: Plan, rng: np.random.Generator, seed: int
) -> tuple[list[Found], NDArray[np.float64]]:
    """Scan, take the strongest out, scan again; the replicas are drawn anew each time."""
    found, best = _scan_once(cells, plan, rng, seed)
    rest = cells
    while found and found[-1].p <= plan.alpha and len(found) < plan.most:
        window = found[-1].window
        rest = rest.without(window.places, window.steps)
        if nothing_to_find(rest) is not None:
            break
        seed += 1
        more, _ = _scan_once(rest, plan, rng, seed % 2**64)
        found += more
        if not more:
            break
    return found, best


def _judge(
    cells: Cells, plan: Plan, search: Search, window: Window, best: NDArray[np.float64]
) -> Found:
    observed, expected, statistic = exact(cells, search, window)
    if plan.chance == "gumbel":
        p = gumbel_p(statistic, best)
    elif plan.chance == "sequential":
        p = sequential_p(statistic, best, plan.stop_after)
    else:
        p = monte_carlo_p(statistic, best)
    return Found(window, observed, expected, statistic, p, len(best))
