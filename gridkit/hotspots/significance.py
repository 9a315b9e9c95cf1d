"""Significance: how often chance alone does as well, and by which reckoning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]

# ratios that differ by less than this share differ by rounding only, and are ties
_TIE = 1e-8
# what a tail that underflows is given: rare is not impossible
_LEAST_P = 1e-300
_EULER = 0.5772156649015329


def false_discovery_q(p: _Floats) -> _Floats:
    """Correct p for the number of tests by Benjamini and Hochberg; scipy's, loaded at need."""
    from scipy.stats import false_discovery_control  # takes a second to load

    return np.asarray(false_discovery_control(p), dtype=np.float64)


def monte_carlo_p(statistic: float, maxima: _Floats) -> float:
    """Rank the statistic among the replicas' maxima; ties count against it."""
    return float((1 + reached(statistic, maxima).sum()) / (len(maxima) + 1))


def sequential_p(statistic: float, maxima: _Floats, stop_after: int) -> float:
    """Besag and Clifford's p: `stop_after` over the replicas it took to be beaten so often."""
    hits = np.flatnonzero(reached(statistic, maxima))
    if len(hits) >= stop_after:
        return float(stop_after / (hits[stop_after - 1] + 1))
    return float((1 + len(hits)) / (len(maxima) + 1))


def gumbel_p(statistic: float, maxima: _Floats) -> float:
    """Read the upper tail of a Gumbel law with the mean and variance of the maxima; never 0."""
    scale = float(maxima.std(ddof=1)) * np.sqrt(6.0) / np.pi
    if not scale > 0:
        return monte_carlo_p(statistic, maxima)
    mode = float(maxima.mean()) - _EULER * scale
    return max(float(-np.expm1(-np.exp(-(statistic - mode) / scale))), _LEAST_P)


def reached(statistic: float, maxima: _Floats) -> NDArray[np.bool_]:
    """Tell which replicas do at least as well."""
    return np.asarray(maxima >= statistic * (1.0 - _TIE))
