"""Farrington flexible: this week against the same season of earlier years, thousands at once."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr

from gridkit.errors import DataError
from gridkit.hotspots import loglinear
from gridkit.hotspots.cube import check_counts
from gridkit.hotspots.farrington_weeks import baseline
from gridkit.hotspots.loglinear import Fit
from gridkit.hotspots.significance import false_discovery_q

_Floats = NDArray[np.float64]
_Bools = NDArray[np.bool_]
Threshold = Literal["negative_binomial", "delta"]

NOTES = ("sound", "too_few", "never_before")


class Rules(NamedTuple):
    """How the past is read; the defaults are those that Noufaily et al. advise.

    `years` back, windows of `half_window` weeks to either side, `seasons` a year is cut into,
    `skip` latest weeks left out. Weeks with residuals above `outlier` count less. A trend is
    fitted, kept if its p is below `trend_p` (1: always), at least 3 years are seen, and it
    foretells no more than was ever seen. A week counts as an alarm only if the last
    `least_weeks` weeks, itself included, hold `least_cases`.
    """

    years: int = 5
    half_window: int = 3
    seasons: int = 10
    skip: int = 26
    outlier: float = 2.58
    trend_p: float = 1.0
    least_cases: int = 5
    least_weeks: int = 4


NOUFAILY = Rules()


def farrington(
    series: pd.DataFrame,
    *,
    on: object = None,
    rules: Rules = NOUFAILY,
    alpha: float = 0.01,
    threshold: Threshold = "negative_binomial",
) -> pd.DataFrame:
    """Test one week of each series against the same season of the years before it.

    Parameters
    ----------
    series : DataFrame of counts, s series x t weeks
        `weekly(counts, by=["grid_id", "category"])`. No gaps: a missing week is an error.
    on : column label, optional
        The week to test; the last one by default. Later weeks are not looked at.
    rules : Rules
        How the past is read. `NOUFAILY._replace(years=3)` where records are short.
    alpha : float
        One-sided chance of a false alarm per series and week, in (0, 1).
    threshold : str
        "negative_binomial": the bound is a quantile of the fitted distribution (with
        dispersion 1: Poisson); whole numbers, right for small counts. "delta": Farrington's
        own, normal after a 2/3 power; for counts above about 10.

    Returns
    -------
    DataFrame, indexed like `series`
        `observed`; `expected`: fitted mean; `upper`: largest count that is no alarm; `p`:
        chance of as many or more; `q`: p after Benjamini and Hochberg over the series;
        `score`: exceedance, above 1 where the bound is passed (infinite where that bound is
        not above the mean, else 0 there); `alarm`: bool;
        `dispersion`; `trend`: bool, whether one was kept; `note`: category, "sound",
        "too_few" (recent cases below the least: no alarm, whatever p) or "never_before"
        (no case in this season's weeks of all years: p rests on how many weeks those were).

    Raises
    ------
    DataError
        If weeks have a gap, a value is no count, the record is too short for `rules`, `on`
        is unknown, or an argument is out of range.

    Notes
    -----
    Not for records of less than three years: take `ears` or `cusum`. With 1,000 series and
    `alpha` 0.01 about ten alarms a week are false: look at `q`. Standard errors rest on the
    fitted dispersion throughout. (R's farringtonFlexible overwrites the fit's weights before
    it asks for them, so its "delta" bounds and trend tests differ a little.)

    References
    ----------
    Farrington, C. P., Andrews, N. J., Beale, A. D. & Catchpole, M. A. (1996). A statistical
    algorithm for the early detection of outbreaks of infectious disease. J. R. Stat. Soc. A,
    159(3), 547-563. https://doi.org/10.2307/2983331
    Noufaily, A. et al. (2013). An improved algorithm for outbreak detection in multiple
    surveillance systems. Statistics in Medicine, 32(7), 1206-1222.
    https://doi.org/10.1002/sim.5595
    Salmon, M., Schumacher, D. & Hoehle, M. (2016). J. Stat. Software, 70(10).
    https://doi.org/10.18637/jss.v070.i10

    Examples
    --------
    Four years of two to four concerns a week, and then twelve:

    >>> series = pd.DataFrame([[2, 3, 4, 3] * 52 + [12]], index=["water"])
    >>> farrington(series, rules=NOUFAILY._replace(years=3))[["upper", "alarm"]]
           upper  alarm
    water    8.0   True
    """
    _check_wishes(rules, alpha, threshold)
    y = check_counts(series, "series")
    at = _column(series.columns, on)
    past = baseline(
        series.columns, at, years=rules.years, half_window=rules.half_window,
        seasons=rules.seasons, skip=rules.skip,
    )  # fmt: skip
    now = y[:, at]
    fitted, trend, expected, error = _fitted(
        y[:, past.columns], past.season, past.columns, at, rules
    )
    unseen = fitted.cases[:, 0] <= 0
    span = int((past.season == 0).sum())
    upper, p = _bounds(now, expected, error, fitted.dispersion, alpha, threshold)
    upper[unseen], p[unseen] = _jeffreys(now[unseen], span, alpha)
    recent = y[:, max(at - rules.least_weeks + 1, 0) : at + 1].sum(axis=1)
    few = recent < rules.least_cases
    note = np.where(few, "too_few", np.where(unseen, "never_before", "sound"))
    table = {
        "observed": now.astype(np.int64),
        "expected": expected,
        "upper": upper,
        "p": p,
        "q": false_discovery_q(p) if len(p) else p,
        "score": _exceedance(now, expected, upper),
        "alarm": (now > upper) & ~few,
        "dispersion": fitted.dispersion,
        "trend": trend,
        "note": pd.Categorical(note, categories=NOTES),
    }
    return pd.DataFrame(table, index=series.index)


def _fitted(
    y: _Floats, season: NDArray[np.intp], columns: NDArray[np.intp], at: int, rules: Rules
) -> tuple[Fit, _Bools, _Floats, _Floats]:
    """Fit all series, with a trend where it is kept; return mean and error for week `at`."""
    blocks = (season[:, None] == np.arange(season.max() + 1)).astype(np.float64)
    middle, half = (columns[0] + columns[-1]) / 2, max((columns[-1] - columns[0]) / 2, 0.5)
    time, now = (columns - middle) / half, (at - middle) / half
    flat = _reweighted(y, blocks, time, rules, trend=False)
    expected, error = loglinear.prediction(flat, now)
    trend = np.zeros(len(y), dtype=np.bool_)
    if rules.years < 3 or rules.trend_p <= 0:
        return flat, trend, expected, error
    rising = _reweighted(y, blocks, time, rules, trend=True)
    foretold, wide = loglinear.prediction(rising, now)
    spread = np.sqrt(rising.dispersion / np.maximum(rising.information, 1e-300))
    p = 2 * stdtr(max(rising.freedom, 1), -np.abs(rising.slope) / spread)
    trend = (p < rules.trend_p) & (foretold <= y.max(axis=1)) & (rising.information > 0)
    trend &= rising.cases[:, 0] > 0
    expected, error = np.where(trend, foretold, expected), np.where(trend, wide, error)
    mixed = flat._replace(dispersion=np.where(trend, rising.dispersion, flat.dispersion))
    return mixed, trend, expected, error


def _reweighted(
    y: _Floats, blocks: _Floats, time: _Floats, rules: Rules, *, trend: bool
) -> Fit:
    """Fit, weigh down what stands out (past surges), and fit again."""
    ones = np.ones_like(y)
    first = loglinear.fit(y, blocks, time, ones, trend=trend)
    mean = first.mean
    safe = np.where(mean > 0, mean, 1.0)
    raw = 1.5 * (np.cbrt(y**2) * safe ** (-1 / 6) - np.sqrt(safe))
    room = np.maximum(1 - loglinear.leverage(first, blocks, time, ones), 1e-10)
    residual = np.where(mean > 0, raw / np.sqrt(first.dispersion[:, None] * room), 0.0)
    weights = np.where(residual > rules.outlier, 1 / np.maximum(residual, 1e-10) ** 2, 1.0)
    weights *= y.shape[1] / weights.sum(axis=1, keepdims=True)
    return loglinear.fit(y, blocks, time, weights, trend=trend)


def _bounds(
    now: _Floats,
    mean: _Floats,
    error: _Floats,
    dispersion: _Floats,
    alpha: float,
    threshold: Threshold,
) -> tuple[_Floats, _Floats]:
    """Give the bound of each series and the chance of as many or more."""
    mean = np.maximum(mean, 1e-12)
    if threshold == "delta":
        spread = np.sqrt(4 / 9 * np.cbrt(mean) * (dispersion + error**2 * mean))
        bound = (mean ** (2 / 3) - ndtri(alpha) * spread) ** 1.5
        return bound, ndtr((mean ** (2 / 3) - now ** (2 / 3)) / spread)
    from scipy.stats import nbinom, poisson  # takes a second to load

    wide = dispersion > 1 + 1e-9
    size = mean / np.where(wide, dispersion - 1, 1.0)
    share = np.where(wide, 1 / dispersion, 0.5)
    upper = np.where(wide, nbinom.isf(alpha, size, share), poisson.isf(alpha, mean))
    p = np.where(wide, nbinom.sf(now - 1, size, share), poisson.sf(now - 1, mean))
    return np.asarray(upper), np.asarray(p)


def _jeffreys(now: _Floats, weeks: int, alpha: float) -> tuple[_Floats, _Floats]:
    """Predict from `weeks` weeks without a case, Jeffreys prior: negative binomial, 1/2."""
    from scipy.stats import nbinom

    share = weeks / (weeks + 1)
    return nbinom.isf(alpha, 0.5, share), nbinom.sf(now - 1, 0.5, share)


def _exceedance(now: _Floats, expected: _Floats, upper: _Floats) -> _Floats:
    """Measure the excess in units of what is allowed; rare cases may be allowed none."""
    room = upper - expected
    hard = np.where(now > upper, np.inf, 0.0)
    return np.divide(now - expected, room, out=hard, where=room > 0)


def _column(columns: pd.Index, on: object) -> int:
    if on is None:
        return len(columns) - 1
    label = pd.Timestamp(on) if isinstance(columns, pd.DatetimeIndex) else on  # type: ignore[arg-type]
    if label not in columns:
        raise DataError(
            en=f"`on` must be a week of `series`; {on} is none. Weeks are named by their Monday.",
            zh=f"`on` 须为 `series` 的一周; 其中没有 {on}。各周以周一日期命名。",
        )
    return int(columns.get_loc(label))  # type: ignore[arg-type]


def _check_wishes(rules: Rules, alpha: float, threshold: str) -> None:
    sound = rules.years >= 1 and rules.half_window >= 0 and rules.seasons >= 1
    sound &= rules.skip >= 0 and rules.outlier > 0 and rules.least_weeks >= 1
    if not (sound and 0 < alpha < 1 and threshold in {"negative_binomial", "delta"}):
        raise DataError(
            en="`rules` must have years, seasons and least_weeks of 1 or more, half_window and "
            "skip of 0 or more, outlier above 0; `alpha` must be between 0 and 1, `threshold` "
            f'"negative_binomial" or "delta"; they are {tuple(rules)}, {alpha:g} and '
            f"{threshold!r}.",
            zh="`rules` 中 years、seasons、least_weeks 须不小于 1, half_window、skip 须不小于 0, "
            'outlier 须大于 0; `alpha` 须在 0 与 1 之间, `threshold` 须为 "negative_binomial" '
            f'或 "delta"; 现为 {tuple(rules)}、{alpha:g}、{threshold!r}。',
        )
