"""Negative-binomial CUSUM: small lasting rises that no single week shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots.cube import check_counts

_Floats = NDArray[np.float64]

_STATES = 200


def cusum(
    series: pd.DataFrame,
    *,
    baseline: int = 26,
    expected: pd.DataFrame | None = None,
    ratio: float = 2.0,
    limit: float = 4.0,
    dispersion: float | None = None,
) -> pd.DataFrame:
    """Add up, week by week, how much better a raised level explains each series.

    Each week adds the log likelihood ratio of `ratio` times the expected count against the
    expected count, both negative binomial; below 0 the sum starts again. An alarm is given
    where it passes `limit`, and the sum starts again after it.

    Parameters
    ----------
    series : DataFrame of counts, s series x t weeks
        `weekly(counts, by=["grid_id", "category"])`. No gaps.
    baseline : int
        The first weeks, to learn from: mean and dispersion of each series; not judged. At
        least 8 and fewer than the weeks of `series`.
    expected : DataFrame of float, optional
        Expected counts, shaped like `series` (with season, or from `farrington`), above 0.
        By default the mean of the baseline; where it holds no case, half a case over it.
    ratio : float
        The rise to look for, above 1.
    limit : float
        Above 0. `cusum_run_length` tells how long until a false alarm.
    dispersion : float, optional
        1 / size: variance = mean + dispersion * mean²; 0 is Poisson. By default by moments
        from the baseline of each series.

    Returns
    -------
    DataFrame, indexed like `series`
        Of the last week: `observed`, `expected`, `statistic`, `alarm`. `since`: the week
        after which the sum last stood at 0, where it is above 0: when the rise seems to have
        begun (missing otherwise). `alarms`: weeks with an alarm since the baseline.

    Raises
    ------
    DataError
        If weeks have a gap, a value is no count, `expected` is not above 0, or an argument is
        out of range.
    AlignmentError
        If `expected` is of other series or weeks.

    Notes
    -----
    For small counts that stay raised for weeks. A level learned from 26 weeks is unsure: with
    a mean of 0.2 a week expect twice the false alarms of a known level. If the baseline holds
    a surge, later ones hide behind it. No season unless `expected` has it.

    References
    ----------
    Hoehle, M. & Paul, M. (2008). Count data regression charts for the monitoring of
    surveillance time series. Comput. Statistics & Data Analysis, 52(9), 4357-4368.
    https://doi.org/10.1016/j.csda.2008.02.015

    Examples
    --------
    >>> series = pd.DataFrame([[1, 0, 2, 1] * 7 + [2, 3, 2, 4]], index=["water"])
    >>> cusum(series, baseline=28, limit=2.0)[["statistic", "alarm"]].round(2)
           statistic  alarm
    water       3.62   True
    """
    y = check_counts(series, "series")
    _check_wishes(y.shape[1], baseline, ratio, limit, dispersion)
    learned = y[:, :baseline]
    mean = np.maximum(learned.mean(axis=1), 0.5 / baseline)
    level = np.broadcast_to(mean[:, None], y.shape)
    if expected is not None:
        level = _aligned(expected, series)
    wide = _dispersion(learned) if dispersion is None else np.full(len(y), float(dispersion))
    gain = _gain(y, level, wide[:, None], ratio)
    total, since, alarms = np.zeros(len(y)), np.full(len(y), -1), np.zeros(len(y), np.int64)
    alarm = np.zeros(len(y), dtype=np.bool_)
    for week in range(baseline, y.shape[1]):
        fresh = alarm | (total <= 0)
        total = np.maximum(np.where(alarm, 0.0, total) + gain[:, week], 0.0)
        since = np.where(total <= 0, -1, np.where(fresh, week, since))
        alarm = total > limit
        alarms += alarm
    began = pd.Series(series.columns).astype("object").reindex(since)
    table = {
        "observed": y[:, -1].astype(np.int64),
        "expected": level[:, -1],
        "statistic": total,
        "alarm": alarm,
        "since": began.infer_objects().to_numpy(),
        "alarms": alarms,
    }
    return pd.DataFrame(table, index=series.index)


def cusum_run_length(
    limit: float,
    mean: float,
    *,
    dispersion: float = 0.0,
    ratio: float = 2.0,
    times: float = 1.0,
) -> float:
    """Tell after how many weeks on average `cusum` gives an alarm.

    Parameters
    ----------
    limit, ratio
        As for `cusum`.
    mean, dispersion : float
        Of the counts a week, as expected.
    times : float
        True level over the expected one: 1 for false alarms, `ratio` for true ones.

    Returns
    -------
    float
        Weeks from a fresh start to the first alarm, on average, above 0; by a Markov chain
        of 200 states, good to about 1 %.

    Raises
    ------
    DataError
        If a number is out of range.

    References
    ----------
    Brook, D. & Evans, D. A. (1972). An approach to the probability distribution of CUSUM run
    length. Biometrika, 59(3), 539-549. https://doi.org/10.1093/biomet/59.3.539

    Examples
    --------
    One concern a week: a false alarm in about eight years, a doubling is seen in 11 weeks.

    >>> round(cusum_run_length(4.0, 1.0) / 52), round(cusum_run_length(4.0, 1.0, times=2.0))
    (8, 11)
    """
    if not (limit > 0 and mean > 0 and dispersion >= 0 and ratio > 1 and times > 0):
        raise DataError(
            en="`limit`, `mean` and `times` must be above 0, `dispersion` 0 or more, `ratio` "
            f"above 1; they are {limit:g}, {mean:g}, {times:g}, {dispersion:g} and {ratio:g}.",
            zh="`limit`、`mean`、`times` 须大于 0, `dispersion` 须不小于 0, `ratio` 须大于 1; "
            f"现为 {limit:g}、{mean:g}、{times:g}、{dispersion:g}、{ratio:g}。",
        )
    true = mean * times
    most = int(true + 12 * np.sqrt(true + dispersion * true**2) + 30)
    counts = np.arange(most + 1, dtype=np.float64)
    chance = _chance(counts, true, dispersion)
    gain = _gain(counts, np.full(len(counts), mean), np.zeros(1) + dispersion, ratio)
    step = limit / _STATES
    # state 0 is the sum at 0; state i stands for sums around i steps
    start = np.arange(_STATES + 1) * step
    to = np.maximum(np.rint((start[:, None] + gain) / step), 0).astype(np.intp)
    inside = start[:, None] + gain <= limit
    to = np.minimum(to, _STATES)
    move = np.zeros((_STATES + 1, _STATES + 1))
    rows = np.broadcast_to(np.arange(_STATES + 1)[:, None], to.shape)
    np.add.at(move, (rows[inside], to[inside]), np.broadcast_to(chance, to.shape)[inside])
    return float(np.linalg.solve(np.eye(_STATES + 1) - move, np.ones(_STATES + 1))[0])


def _gain(y: _Floats, mean: _Floats, dispersion: _Floats, ratio: float) -> _Floats:
    """Log likelihood ratio of `ratio` times the mean against the mean."""
    spread = dispersion * mean
    some = dispersion > 1e-9
    size = 1 / np.where(some, dispersion, 1.0)
    shift = np.log1p(ratio * spread) - np.log1p(spread)
    poisson = y * np.log(ratio) - mean * (ratio - 1)
    return np.asarray(np.where(some, y * np.log(ratio) - (y + size) * shift, poisson))


def _chance(counts: _Floats, mean: float, dispersion: float) -> _Floats:
    if dispersion <= 1e-9:
        return np.asarray(np.exp(counts * np.log(mean) - mean - gammaln(counts + 1)))
    size = 1 / dispersion
    known = gammaln(counts + size) - gammaln(size) - gammaln(counts + 1)
    share = mean / (mean + size)
    return np.asarray(np.exp(known + counts * np.log(share) + size * np.log1p(-share)))


def _dispersion(learned: _Floats) -> _Floats:
    """Estimate by moments, drawn towards that of all series: few weeks tell little of it."""
    mean, variance = learned.mean(axis=1), learned.var(axis=1, ddof=1)
    excess, weight = variance - mean, mean**2
    overall = max(float(excess.sum()) / max(float(weight.sum()), 1e-12), 0.0)
    own = np.divide(excess, weight, out=np.full(len(mean), overall), where=weight > 0)
    return np.asarray((np.maximum(own, 0.0) + overall) / 2)


def _aligned(expected: pd.DataFrame, series: pd.DataFrame) -> _Floats:
    if not (expected.index.equals(series.index) and expected.columns.equals(series.columns)):
        raise AlignmentError(
            en="`expected` must be of the series and weeks of `series`, in the same order; use "
            "`expected.loc[series.index, series.columns]`.",
            zh="`expected` 须与 `series` 的序列和各周一致且次序相同; 请用 "
            "`expected.loc[series.index, series.columns]`。",
        )
    level = expected.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = int((~(level > 0) | ~np.isfinite(level)).sum())
    if wrong:
        raise DataError(
            en=f"`expected` must be above 0 throughout; {wrong} values are not.",
            zh=f"`expected` 须处处大于 0; 有 {wrong} 处不是。",
        )
    return level


def _check_wishes(
    weeks: int, baseline: int, ratio: float, limit: float, dispersion: float | None
) -> None:
    sound = 8 <= baseline < weeks and ratio > 1 and limit > 0
    if not (sound and (dispersion is None or dispersion >= 0)):
        raise DataError(
            en=f"`baseline` must be from 8 to fewer than the {weeks} weeks of `series`, `ratio` "
            f"above 1, `limit` above 0, `dispersion` 0 or more; they are {baseline}, {ratio:g}, "
            f"{limit:g} and {dispersion}.",
            zh=f"`baseline` 须不小于 8 且少于 `series` 的 {weeks} 周, `ratio` 须大于 1, `limit` 须大于 0, "
            f"`dispersion` 须不小于 0; 现为 {baseline}、{ratio:g}、{limit:g}、{dispersion}。",
        )
