"""Chance by shuffling: the conditional distribution of a neighborhood's sum, exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridkit.hotspots.neighbors import Neighbors

_Floats = NDArray[np.float64]
_Ints = NDArray[np.intp]

# sums that differ by less than this share of their size differ by rounding only
_ROUNDING = 1e-12


def permuted_p(
    x: _Floats, neighbors: Neighbors, times: int, rng: np.random.Generator
) -> _Floats:
    """Two-sided p by conditional permutation, from draws that all cells share.

    A set of k + 1 cells is drawn `times` times. For a cell that is not among the first k,
    these are its random neighbors; where it is, the last one stands in for it: the
    conditional distribution exactly. So the sums are sorted once for all cells with k
    neighbors, and only the few pairs in which a cell met itself are corrected.
    """
    number = np.diff(neighbors.matrix.indptr)
    lag = neighbors.matrix @ x
    draws = _draw_sets(len(x), int(number.max()) + 1, times, rng)
    sums = np.cumsum(x[draws], axis=1)
    slack = _ROUNDING * max(float(np.abs(x).max()), 1e-300) * (number + 1)
    p = np.ones(len(x))
    for k in np.unique(number[number > 0]):
        cells = np.flatnonzero(number == k)
        low, high = lag - slack, lag + slack
        drawn = sums[:, k - 1]
        ordered = np.sort(drawn)
        above, below = np.zeros(len(x), np.intp), np.zeros(len(x), np.intp)
        above[cells] = times - np.searchsorted(ordered, low[cells], "left")
        below[cells] = np.searchsorted(ordered, high[cells], "right")
        replica, place = np.nonzero(number[draws[:, :k]] == k)
        met = draws[replica, place]
        with_it = drawn[replica]
        without = with_it - x[met] + x[draws[replica, k]]
        up = (without >= low[met]).astype(np.intp) - (with_it >= low[met])
        down = (without <= high[met]).astype(np.intp) - (with_it <= high[met])
        np.add.at(above, met, up)
        np.add.at(below, met, down)
        tail = np.minimum(above[cells], below[cells])
        p[cells] = np.minimum(1.0, 2.0 * (tail + 1.0) / (times + 1.0))
    return p


def _draw_sets(n: int, width: int, times: int, rng: np.random.Generator) -> _Ints:
    """Draw ordered sets of `width` different numbers below n, all equally likely."""
    if width * width >= n:
        draws = np.empty((times, width), dtype=np.intp)
        step = max(1, 4_000_000 // n)
        for first in range(0, times, step):
            some = rng.random((min(step, times - first), n))
            draws[first : first + step] = np.argsort(some, axis=1)[:, :width]
        return draws
    draws = rng.integers(n, size=(times, width), dtype=np.intp)
    again = np.arange(times)
    while len(again):
        ordered = np.sort(draws[again], axis=1)
        again = again[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        draws[again] = rng.integers(n, size=(len(again), width), dtype=np.intp)
    return draws
