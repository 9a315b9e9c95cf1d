"""The likelihood ratio of a window, and the counts that can beat a given one.

For a given expectation the ratio grows with the distance of the count from it. So for each
ratio there is a largest count that cannot beat it: with these in a table a window costs one
subtraction and one comparison, no logarithm.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridkit.hotspots.lanes import FINE_FROM, bits_of, compiled, of_bits

POISSON, BERNOULLI, EXPECTATION = 0, 1, 2
HIGH, LOW = 1, 2

# Ratios for which limits are tabled: 0, then up by 8 %, above what chance brings by 50 %. A
# maximum is rounded down to the next of these: a few windows too many are looked at.
_RATIOS = np.concatenate([[0.0], 0.05 * 1.08 ** np.arange(93), 60.0 * 1.5 ** np.arange(22)])
# Bins of expectations: 32 per doubling, and 128 where these would be wide against the
# standard deviation of a count. The bits to drop of a double leave 5 and 7 beside its exponent.
COARSE, FINE = 47, 45
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
    coarse: int  # what to take off the bits of an expectation to have its bin ...
    fine: int  # ... and from `FINE_FROM` up


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
def allowed_ratio(count: int, expected: float, law: Law) -> float:
    """Give the ratio of a window on a side that is asked for, else 0."""
    side = HIGH if count > expected else LOW
    if law.sides & side == 0 or (side == HIGH and count < law.min_cases):
        return 0.0
    return ratio(count, expected, law)


@compiled()
def column(expected: float, limits: Limits) -> int:
    """Find the column of the tables that an expectation belongs to."""
    return bin_of(expected, limits.coarse, limits.fine, limits.high.shape[1] - 1)


@compiled()
def bin_of(expected: float, coarse: int, fine: int, last: int) -> int:
    """Do the work of `column`, for loops that cannot afford to look into `Limits`."""
    bits = bits_of(expected)
    at = (bits >> FINE) - fine if expected >= FINE_FROM else (bits >> COARSE) - coarse
    within: int = min(max(at, 0), last)
    return within


@compiled()
def _edge(at: int, limits: Limits) -> float:
    """Give the least expectation of a column."""
    if at == 0:
        return 0.0
    fine = of_bits((at + limits.fine) << FINE)
    coarse = of_bits((at + limits.coarse) << COARSE)
    return float(fine if fine >= FINE_FROM else coarse)


@compiled()
def row(best: float, limits: Limits) -> int:
    """Find the row of the tables for the largest ratio that is not above `best`."""
    return int(np.searchsorted(limits.ratios, best, side="right")) - 1


def tabulate(least: float, most: float, law: Law, most_count: int, dtype: type) -> Limits:
    """Make the tables for expectations between `least` and `most` per window."""
    least = max(least, _LEAST_EXPECTED)
    coarse = (_bits(least) >> COARSE) - 1
    fine = (_bits(FINE_FROM) >> FINE) - ((_bits(FINE_FROM) >> COARSE) - coarse)
    last = max(most, least)
    bins = (
        (_bits(last) >> FINE) - fine if last >= FINE_FROM else (_bits(last) >> COARSE) - coarse
    )
    shape = (len(_RATIOS), bins + 1)
    limits = Limits(np.zeros(shape, dtype), np.zeros(shape, dtype), _RATIOS, coarse, fine)
    _fill(limits, law, most_count)
    return limits


def _bits(number: float) -> int:
    return int(np.float64(number).view(np.int64))


@compiled()
def _fill(limits: Limits, law: Law, most: int) -> None:
    for b in range(limits.high.shape[1]):
        lower = _edge(b, limits) * (1.0 - _EDGE)
        upper = _edge(b + 1, limits) * (1.0 + _EDGE)
        if law.kind == POISSON:  # there is nothing outside of a window that expects all
            upper = min(upper, law.cases * (1.0 - 1e-14))
        up, down = min(int(lower), most), min(int(upper) + 1, most)
        for r in range(len(limits.ratios)):
            if law.sides & HIGH and lower > 0.0:
                up = _as_far(up, most, 1, lower, limits.ratios[r], law)
            if law.sides & LOW:
                down = _as_far(down, 0, -1, upper, limits.ratios[r], law)
            limits.high[r, b] = max(up, law.min_cases - 1)
            limits.low[r, b] = down


@compiled()
def _as_far(start: int, end: int, sign: int, expected: float, most: float, law: Law) -> int:
    """Go from a count towards another, in growing steps, as far as its ratio allows."""
    at, step = start, 1
    while step > 0:
        to = at + sign * step
        if (end - to) * sign >= 0 and ratio(to, expected, law) <= most:
            at = to
            step *= 2
        elif step > 1 and (end - to) * sign < 0:
            step //= 2
        else:
            break
    while step > 1:
        step //= 2
        to = at + sign * step
        if (end - to) * sign >= 0 and ratio(to, expected, law) <= most:
            at = to
    return at
