"""Log-linear fits of many series at once: levels by season and one slope over time.

Given the slope the levels have a closed form, so each fit is a Newton search for one number,
side by side for all series; without a slope there is nothing to search. The likelihood is
concave in it, and no matrix is inverted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]

_STEPS = 50
_CLOSE = 1e-10
_TINY = 1e-300


class Fit(NamedTuple):
    """Fits of s series to m weeks in g seasons; `time` runs from -1 to 1 over the weeks."""

    mean: _Floats  # fitted, (s, m)
    slope: _Floats  # per unit of time, (s,); 0 without a trend
    level: _Floats  # log mean of each season at time 0, (s, g); -inf where no case
    cases: _Floats  # weighted cases of each season, (s, g)
    center: _Floats  # mean time of each season's fitted cases, (s, g)
    information: _Floats  # of the slope, (s,)
    dispersion: _Floats  # Pearson's, at least 1, (s,)
    freedom: int  # weeks less parameters


def fit(y: _Floats, season: _Floats, time: _Floats, weights: _Floats, *, trend: bool) -> Fit:
    """Fit quasi-Poisson models: y, weights (s, m); season (m, g) of 0 and 1; time (m,)."""
    cases = (weights * y) @ season
    slope = np.zeros(len(y))
    if trend:
        slope = _slope(y, season, time, weights, cases)
    mass, first, second = _tilted(slope, season, time, weights)
    center = first / np.maximum(mass, _TINY)
    information = (cases * np.maximum(second / np.maximum(mass, _TINY) - center**2, 0.0)).sum(
        axis=1
    )
    with np.errstate(divide="ignore"):
        level = np.log(cases) - np.log(np.maximum(mass, _TINY))
    mean = np.exp(np.maximum(level, -700.0)) * (cases > 0) @ season.T
    mean *= np.exp(np.multiply.outer(slope, time))
    freedom = y.shape[1] - season.shape[1] - int(trend)
    pearson = np.divide(weights * (y - mean) ** 2, mean, out=np.zeros_like(y), where=mean > 0)
    dispersion = np.maximum(pearson.sum(axis=1) / max(freedom, 1), 1.0)
    return Fit(mean, slope, level, cases, center, information, dispersion, freedom)


def prediction(fitted: Fit, time: float) -> tuple[_Floats, _Floats]:
    """Give the mean in season 0 at a time, and the standard error of its logarithm."""
    mean = np.exp(fitted.level[:, 0] + fitted.slope * time)
    cases = np.maximum(fitted.cases[:, 0], _TINY)
    variance = 1.0 / cases + _of_slope(fitted, time - fitted.center[:, 0])
    return mean, np.sqrt(fitted.dispersion * variance)


def leverage(fitted: Fit, season: _Floats, time: _Floats, weights: _Floats) -> _Floats:
    """Give each week's pull on its own fit, 0 to 1, shape (s, m)."""
    inverse = np.divide(
        1.0, fitted.cases, out=np.zeros_like(fitted.cases), where=fitted.cases > 0
    )
    away = time - fitted.center @ season.T
    lever = inverse @ season.T
    if fitted.slope.any():
        lever += away**2 / np.maximum(fitted.information, _TINY)[:, None]
    return np.asarray(weights * fitted.mean * lever)


def _of_slope(fitted: Fit, away: _Floats) -> _Floats:
    if not fitted.slope.any():
        return np.zeros(len(away))
    return np.asarray(away**2 / np.maximum(fitted.information, _TINY))


def _tilted(
    slope: _Floats, season: _Floats, time: _Floats, weights: _Floats
) -> tuple[_Floats, _Floats, _Floats]:
    """Sum weights times exp(slope · time), times time, times time squared, per season."""
    pull = weights * np.exp(np.multiply.outer(slope, time))
    moments = np.concatenate(
        [season, season * time[:, None], season * time[:, None] ** 2], axis=1
    )
    both = pull @ moments
    g = season.shape[1]
    return both[:, :g], both[:, g : 2 * g], both[:, 2 * g :]


def _slope(
    y: _Floats, season: _Floats, time: _Floats, weights: _Floats, cases: _Floats
) -> _Floats:
    """Find the slope whose score is zero, by Newton; steps of at most 2 keep it in bounds."""
    target = (weights * y) @ time
    slope = np.zeros(len(y))
    running = np.arange(len(y))
    for _ in range(_STEPS):
        at = slope[running]
        mass, first, second = _tilted(at, season, time, weights[running])
        mass = np.maximum(mass, _TINY)
        score = target[running] - (cases[running] * first / mass).sum(axis=1)
        spread = (cases[running] * np.maximum(second / mass - (first / mass) ** 2, 0)).sum(
            axis=1
        )
        step = np.divide(score, spread, out=np.zeros(len(at)), where=spread > 1e-12)
        step = np.clip(step, -2.0, 2.0)
        slope[running] = np.clip(at + step, -30.0, 30.0)
        running = running[np.abs(step) > _CLOSE * (1 + np.abs(at))]
        if not len(running):
            break
    return slope
