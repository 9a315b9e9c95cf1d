"""The likelihood ratio of a window, and the counts that can beat a given one.

For a given expectation the ratio grows with the distance of the count from it. So for each
ratio there is a largest count that cannot beat it: with these in a table a window costs one
subtraction and one comparison, no logarithm.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridkit.hotspots.lanes import bin_of, compiled, edge_of

POISSON, BERNOULLI, EXPECTATION = 0, 1, 2
HIGH, LOW = 1, 2

# Ratios for which limits are tabled: 0, then from 0.05 up by 8 % each. A maximum is rounded
# down to the next of these: a little too many windows are looked at, never too few.
_FIRST_RATIO, _RATIO_GROWTH, _MOST_RATIO = 0.05, 1.08, 3e5
# Rounding of a sum of expectations must not push it over the edge of its bin
_EDGE = 1e-9
# Windows that expect less than this share one bin: they need `min_cases` all the same
_LEAST_EXPECTED = 1e-4


class Law(NamedTuple):
    """Which likelihood, and the totals that it is conditional on."""

    kind: int  # POISSON, BERNOULLI or EXPECTATION
    cases: float
    trials: float  # cases and controls; for BERNOULLI only
    sides: int  # HIGH, LOW or both added up
    min_cases: int


class Limits(NamedTuple):
    """Counts that cannot beat a ratio, by ratio and bin of the expectation."""

    high: NDArray  # the largest that cannot, shape (ratios, bins)
    low: NDArray  # the smallest that cannot
    ratios: NDArray[np.float64]  # what the rows are for
    first_bin: int


@compiled()
def ratio(count: float, expected: float, law: Law) -> float:
    """Compute the log-likelihood ratio of a window; 0 if it cannot be told from chance."""
    if law.kind == EXPECTATION:
        if expected <= 0.0:
            return 0.0
        gain = expected - count
        return gain + count * np.log(count / expected) if count > 0 else gain
    rest = law.cases - count
    if law.kind == BERNOULLI:
        trials = expected * (law.trials / law.cases)
        trials = min(max(trials, count), law.trials - rest)
        inside = _entropy(count, trials) + _entropy(rest, law.trials - trials)
        return inside - _entropy(law.cases, law.trials)
    outside = law.cases - expected
    if expected <= 0.0 or outside <= 0.0:
        return 0.0
    gain = count * np.log(count / expected) if count > 0 else 0.0
    return gain + rest * np.log(rest / outside) if rest > 0 else gain


@compiled()
def _entropy(some: float, all_: float) -> float:
    gain = some * np.log(some / all_) if some > 0 else 0.0
    none = all_ - some
    return gain + none * np.log(none / all_) if none > 0 else gain


@compiled()
def column(expected: float, limits: Limits) -> int:
    """Find the column of the tables that an expectation belongs to."""
    last = limits.high.shape[1] - 1
    return min(max(bin_of(expected) - limits.first_bin + 1, 0), last)


@compiled()
def row(best: float, limits: Limits) -> int:
    """Find the row of the tables for the largest ratio that is not above `best`."""
    if best < _FIRST_RATIO:
        return 0
    near = int(np.log(best / _FIRST_RATIO) / np.log(_RATIO_GROWTH)) + 1
    near = min(near, limits.ratios.shape[0] - 1)
    while limits.ratios[near] > best:
        near -= 1
    return near


def tabulate(least: float, most: float, law: Law, most_count: int, dtype: type) -> Limits:
    """Make the tables for expectations between `least` and `most` per window."""
    steps = int(np.log(_MOST_RATIO / _FIRST_RATIO) / np.log(_RATIO_GROWTH))
    ratios = np.concatenate([[0.0], _FIRST_RATIO * _RATIO_GROWTH ** np.arange(steps)])
    least = max(least, _LEAST_EXPECTED)
    first = int(_bin(least))
    bins = int(_bin(max(most, least))) - first + 2
    high = np.zeros((len(ratios), bins), dtype=dtype)
    low = np.zeros((len(ratios), bins), dtype=dtype)
    _fill(high, low, ratios, first, law, most_count)
    return Limits(high, low, ratios, first)


@compiled()
def _bin(expected: float) -> int:
    return bin_of(expected)


@compiled()
def _fill(
    high: NDArray,
    low: NDArray,
    ratios: NDArray[np.float64],
    first: int,
    law: Law,
    most: int,
) -> None:
    for b in range(high.shape[1]):
        lower = 0.0 if b == 0 else edge_of(first + b - 1) * (1.0 - _EDGE)
        upper = edge_of(first + b) * (1.0 + _EDGE)
        if law.kind == POISSON:  # there is nothing outside of a window that expects all
            upper = min(upper, law.cases * (1.0 - 1e-14))
        up = min(int(lower), most)
        down = min(int(upper) + 1, most)
        for r in range(len(ratios)):
            if lower > 0.0:
                while up < most and ratio(up + 1.0, lower, law) <= ratios[r]:
                    up += 1
            while down > 0 and ratio(down - 1.0, upper, law) <= ratios[r]:
                down -= 1
            high[r, b] = max(up, law.min_cases - 1)
            low[r, b] = down
