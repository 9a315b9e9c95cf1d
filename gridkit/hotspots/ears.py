"""EARS C1, C2, C3: this week against the weeks just before it."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.special import ndtri

from gridkit.errors import DataError
from gridkit.hotspots.cube import check_counts

_Floats = NDArray[np.float64]
Method = Literal["C1", "C2", "C3"]

# weeks between the baseline and the week tested, and weeks summed up
_GAP = {"C1": 0, "C2": 2, "C3": 2}
_SUMMED = {"C1": 1, "C2": 1, "C3": 3}
# as of CDC: about 3 standard deviations, 2 for the sum
_ALPHA = {"C1": 0.001, "C2": 0.001, "C3": 0.025}


def ears(
    series: pd.DataFrame,
    method: Method = "C2",
    *,
    baseline: int = 7,
    alpha: float | None = None,
    least_sigma: float = 0.5,
    weeks: int = 1,
) -> pd.DataFrame:
    """Test the latest weeks of each series against the few weeks before them.

    C1 takes the mean and spread of the 7 weeks just before the week. C2 leaves out the two
    weeks before it, so that a surge that began does not hide itself. C3 adds up what C2 found
    above 1 in this and the last two weeks: for slow surges.

    Parameters
    ----------
    series : DataFrame of counts, s series x t weeks
        `weekly(counts, by=["grid_id", "category"])`. No gaps.
    method : str
        "C1", "C2" or "C3".
    baseline : int
        Weeks to learn from, at least 3.
    alpha : float, optional
        One-sided chance of a false alarm under a normal distribution, in (0, 1); 0.001 for
        C1 and C2, 0.025 for C3 by default.
    least_sigma : float
        Smallest standard deviation to believe, in concerns, 0 or more. With 0 a single
        concern after seven weeks without one is an alarm.
    weeks : int
        How many of the latest weeks to test.

    Returns
    -------
    DataFrame, indexed like `series` if `weeks` is 1, else by series and week
        `observed`; `expected`: mean of the baseline; `upper`: largest count that is no
        alarm, given the weeks before (not rounded; 0 where C3 raises its alarm by the weeks
        before alone, be there none this week); `z`: the statistic, in standard deviations;
        `alarm`: bool.

    Raises
    ------
    DataError
        If weeks have a gap, a value is no count, the record is too short, or an argument is
        out of range.

    Notes
    -----
    Made for the first months of a record. No season, no trend, and counts of 0 to 3 a week
    are far from normal: with thousands of series prefer `farrington` once there are years, or
    `cusum`. C3 counts the week tested as EARS defines it. (R's earsC leaves that week out, so
    its C3 stays silent in the very week of a surge and calls the quiet weeks after it.)

    References
    ----------
    Hutwagner, L., Thompson, W., Seeman, G. M. & Treadwell, T. (2003). The bioterrorism
    preparedness and response Early Aberration Reporting System (EARS). Journal of Urban
    Health, 80(2), i89-i96. https://doi.org/10.1007/PL00022319
    Fricker, R. D., Hegler, B. L. & Dunfee, D. A. (2008). Comparing syndromic surveillance
    detection methods: EARS' versus a CUSUM-based methodology. Statistics in Medicine, 27(17),
    3407-3429. https://doi.org/10.1002/sim.3197

    Examples
    --------
    >>> series = pd.DataFrame([[2, 1, 3, 2, 1, 2, 3, 2, 2, 8]], index=["water"])
    >>> ears(series)[["expected", "upper", "alarm"]].round(2)
           expected  upper  alarm
    water       2.0   4.52   True
    """
    y = check_counts(series, "series")
    level = _ALPHA.get(method, 0.0) if alpha is None else alpha
    _check_wishes(method, baseline, level, least_sigma)
    gap, summed = _GAP[method], _SUMMED[method]
    needed = baseline + gap + summed - 1 + weeks
    if weeks < 1 or y.shape[1] < needed:
        raise DataError(
            en=f"`series` must hold at least {needed} weeks to test {weeks} by {method} with a "
            f"baseline of {baseline}; it holds {y.shape[1]}.",
            zh=f"以 {method} 按 {baseline} 周基线检验 {weeks} 周, `series` 至少须有 {needed} 周; "
            f"现有 {y.shape[1]} 周。",
        )
    tested = weeks + summed - 1
    windows = sliding_window_view(y, baseline, axis=1)
    last = y.shape[1] - baseline - gap
    windows = windows[:, last - tested : last]
    now = y[:, -tested:]
    mean = windows.mean(axis=2)
    spread = np.maximum(windows.std(axis=2, ddof=1), least_sigma)
    z = _scores(now - mean, spread)
    limit = float(-ndtri(level))
    before = np.zeros((len(y), weeks))
    if method == "C3":
        over = np.maximum(0.0, z - 1)
        before = over[:, :-2] + over[:, 1:-1]
        z = before + over[:, 2:]
        limit_now = np.where(limit > before, limit - before + 1, 0.0)
    else:
        limit_now = np.full((len(y), weeks), limit)
    now, mean, spread = now[:, -weeks:], mean[:, -weeks:], spread[:, -weeks:]
    alarm = z > limit
    if method != "C3":
        alarm = now > mean + limit * spread
    table = {
        "observed": now.ravel().astype(np.int64),
        "expected": mean.ravel(),
        "upper": np.where(before > limit, 0.0, mean + limit_now * spread).ravel(),
        "z": z.ravel(),
        "alarm": alarm.ravel(),
    }
    return pd.DataFrame(table, index=_index(series, weeks))


def _scores(excess: _Floats, spread: _Floats) -> _Floats:
    """Divide by the spread; without any spread an excess is endless, its lack nothing."""
    endless = np.where(excess > 0, np.inf, np.where(excess < 0, -np.inf, 0.0))
    return np.divide(excess, spread, out=endless, where=spread > 0)


def _index(series: pd.DataFrame, weeks: int) -> pd.Index:
    if weeks == 1:
        return series.index
    many = np.repeat(np.arange(len(series)), weeks)
    rows = series.index[many].to_frame(index=False)
    rows["week" if series.columns.name is None else series.columns.name] = np.tile(
        series.columns[-weeks:], len(series)
    )
    return pd.MultiIndex.from_frame(rows)


def _check_wishes(method: str, baseline: int, alpha: float, least_sigma: float) -> None:
    if not (method in _GAP and baseline >= 3 and 0 < alpha < 1 and least_sigma >= 0):
        raise DataError(
            en='`method` must be "C1", "C2" or "C3", `baseline` 3 or more, `alpha` between 0 and '
            f"1, `least_sigma` 0 or more; they are {method!r}, {baseline}, {alpha:g} and "
            f"{least_sigma:g}.",
            zh='`method` 须为 "C1"、"C2" 或 "C3", `baseline` 须不小于 3, `alpha` 须在 0 与 1 之间, '
            f"`least_sigma` 须不小于 0; 现为 {method!r}、{baseline}、{alpha:g}、{least_sigma:g}。",
        )
