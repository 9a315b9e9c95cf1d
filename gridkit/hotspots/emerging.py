"""Emerging hotspots: Gi* over places and weeks, and how each place's scores run over time."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from gridkit.errors import DataError
from gridkit.hotspots.cube import check_weeks
from gridkit.hotspots.emerging_kinds import emerging_kinds
from gridkit.hotspots.neighbors import Neighbors
from gridkit.hotspots.trend import trend_scores

_Floats = NDArray[np.float64]
Reference = Literal["cube", "window", "slice"]

# below this "nine steps of ten" and a trend mean nothing
LEAST_STEPS = 10
_ROUNDING = 1e-12


def cube_gi_star(
    values: pd.DataFrame,
    neighbors: Neighbors,
    *,
    reference: Reference = "cube",
    lag: int = 1,
) -> pd.DataFrame:
    """Score each place and week by Gi* over the places near it and the weeks just before.

    Parameters
    ----------
    values : DataFrame of float, n places x t steps
        One rate per place and step (`weekly(counts, value="rate")`), steps in order.
    neighbors : Neighbors
        Made from the same places, in the same order.
    reference : str
        What a neighborhood is compared with. "cube": all places and all steps; shows when
        the whole county had more. "window": all places, in the steps of the neighborhood
        only. "slice": all places in the same step; a bad week for everybody is then no
        hotspot, and `lag` is not used, for a neighborhood must lie within its reference.
    lag : int
        How many steps before belong to the neighborhood, from 0. The first steps of the
        cube have fewer.

    Returns
    -------
    DataFrame, shaped and indexed like `values`
        Standard scores (no unit). Where all reference values are equal: 0.

    Raises
    ------
    AlignmentError
        If `values` and `neighbors` differ in their places or the order of them.
    DataError
        If a value is missing, weeks have a gap, `lag` or `reference` is unknown, or some
        neighborhood is the whole of its reference.

    Notes
    -----
    Mean and variance are those of exactly the bins that `reference` names. (Two packages
    standardize a sum over several slices by the mean of a single one: their scores shift
    with the county's total.)

    References
    ----------
    Esri (2024). How Emerging Hot Spot Analysis works. ArcGIS Pro documentation: "Entire
    cube", "Neighborhood time step" and "Individual time step" as global window.
    https://pro.arcgis.com/en/pro-app/latest/tool-reference/space-time-pattern-mining/
    Ord, J. K. & Getis, A. (1995). Geographical Analysis, 27(4), 286-306.
    https://doi.org/10.1111/j.1538-4632.1995.tb00912.x

    Examples
    --------
    Four places in a row, three steps, all the concerns at one end in the last step:

    >>> import geopandas as gpd
    >>> from gridkit.hotspots.neighbors import within
    >>> cells = gpd.GeoSeries(gpd.points_from_xy(range(4), [0] * 4))
    >>> rate = pd.DataFrame([[0.0, 0, 9], [0, 0, 9], [0, 0, 0], [0, 0, 0]])
    >>> cube_gi_star(rate, within(cells, 1), lag=0).round(2).iloc[:, -1].tolist()
    [3.32, 2.57, 0.86, -0.66]
    """
    x, span = _checked(values, neighbors, reference, lag)
    n, steps = x.shape
    centered = x - x.mean()
    around = _rolled(neighbors.matrix @ centered + centered, span)
    weeks = np.minimum(np.arange(steps) + 1, span)
    size = (np.diff(neighbors.matrix.indptr) + 1.0)[:, None] * weeks
    bins, mean, variance = _moments(centered, reference, weeks, span)
    if (size >= bins).any():
        whole = int((size >= bins).any(axis=1).sum())
        raise DataError(
            en=f"`neighbors` must leave some place outside each neighborhood; {whole} of {n} "
            "reach every place and step they are compared with. Take fewer neighbors or a "
            "larger reference.",
            zh=f"`neighbors` 须使每个邻域之外仍有地点; {n} 个中有 {whole} 个的邻域已等于其参照全体。"
            "请减少邻格或扩大参照范围。",
        )
    spread = np.sqrt(variance * size * (bins - size) / (bins - 1))
    level = _ROUNDING * max(float(np.abs(x).max()), 1e-300)
    z = np.divide(
        around - mean * size, spread, out=np.zeros_like(x), where=np.sqrt(variance) > level
    )
    return pd.DataFrame(z, index=values.index, columns=values.columns)


def emerging(
    values: pd.DataFrame,
    neighbors: Neighbors,
    *,
    reference: Reference = "cube",
    lag: int = 1,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Tell for each place whether a hotspot is new, persistent, fading or past.

    Parameters
    ----------
    values, neighbors, reference, lag
        As for `cube_gi_star`; at least 10 steps.
    alpha : float
        In (0, 1). Share of false alarms to bear among all places and steps called
        significant (Benjamini and Hochberg over the whole cube), and level of the
        Mann-Kendall test.

    Returns
    -------
    DataFrame, indexed like `values`
        `kind`: category, a code of `EMERGING_CLASSES`. `steps`, `hot`, `cold`: number of
        steps, of significantly high and low ones. `last`: sign of the last step, 0 if not
        significant. `z`: score of the last step. `tau`, `trend_p`: trend of the scores.

    Raises
    ------
    AlignmentError
        As for `cube_gi_star`.
    DataError
        As for `cube_gi_star`; also for fewer than 10 steps or `alpha` out of range.

    Notes
    -----
    Use it for half a year or more of weeks, to tell what lasts from what is new. Not for
    raising an alarm this week: `scan` and `surge` are made for that. Scores of neighboring
    weeks share data (`lag`), so the trend's p is too small: it sorts, it does not prove.
    Quarters with a season rise and fall with it; compare whole years.

    Bins are judged by the normal law of Gi*, which cries wolf where counts are small and
    households uneven: the kinds describe a history, and what may be called a hotspot now is
    for `hotspot_test` (or `scan`) to say.

    References
    ----------
    Esri (2024). How Emerging Hot Spot Analysis works. ArcGIS Pro documentation.
    https://pro.arcgis.com/en/pro-app/latest/tool-reference/space-time-pattern-mining/
    Benjamini, Y. & Hochberg, Y. (1995). J. R. Stat. Soc. B, 57(1), 289-300.
    https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    Thirty places in a row, twelve weeks; at one end it is bad in the last three:

    >>> import geopandas as gpd
    >>> from gridkit.hotspots.neighbors import within
    >>> cells = gpd.GeoSeries(gpd.points_from_xy(range(30), [0] * 30))
    >>> rate = pd.DataFrame(np.tile([1.0, 2.0], (30, 6)))
    >>> rate.iloc[:3, 9:] = 9.0
    >>> emerging(rate, within(cells, 1))["kind"].value_counts().head(2).to_dict()
    {'none': 26, 'consecutive_hot': 4}
    """
    if values.shape[1] < LEAST_STEPS:
        raise DataError(
            en=f"`values` must have at least {LEAST_STEPS} steps of time; it has "
            f"{values.shape[1]}. For fewer weeks use `gi_star_test` on their sum.",
            zh=f"`values` 至少须有 {LEAST_STEPS} 个时间步; 现有 {values.shape[1]} 个。"
            "周数较少时请合计后用 `gi_star_test`。",
        )
    if not 0 < alpha < 1:
        raise DataError(
            en=f"`alpha` must be between 0 and 1; it is {alpha:g}.",
            zh=f"`alpha` 须在 0 与 1 之间; 现为 {alpha:g}。",
        )
    scores = cube_gi_star(values, neighbors, reference=reference, lag=lag)
    z = scores.to_numpy()
    marks = np.where(_discoveries(z, alpha), np.sign(z), 0.0).astype(np.int8)
    s, score = trend_scores(z)
    trend_p = 2.0 * ndtr(-np.abs(score))
    trend = np.where(trend_p <= alpha, np.sign(s), 0.0).astype(np.int8)
    index, steps = values.index, z.shape[1]
    table = {
        "kind": emerging_kinds(pd.DataFrame(marks, index=index), pd.Series(trend, index=index)),
        "steps": steps,
        "hot": (marks == 1).sum(axis=1),
        "cold": (marks == -1).sum(axis=1),
        "last": marks[:, -1],
        "z": z[:, -1],
        "tau": s / (steps * (steps - 1) / 2),
        "trend_p": trend_p,
    }
    return pd.DataFrame(table, index=index)


def _discoveries(z: _Floats, alpha: float) -> NDArray[np.bool_]:
    """Benjamini and Hochberg's choice at `alpha`; only p up to `alpha` can be in it."""
    size = np.abs(z).ravel()
    ordered = np.sort(size[size >= -ndtri(alpha / 2) * (1 - 1e-9)])[::-1]
    p = 2.0 * ndtr(-ordered)
    passed = np.flatnonzero(p <= alpha * (np.arange(len(p)) + 1) / z.size)
    if not len(passed):
        return np.zeros(z.shape, dtype=np.bool_)
    return np.asarray(np.abs(z) >= ordered[passed[-1]])


def _rolled(x: _Floats, span: int) -> _Floats:
    """Sum each column with the span - 1 columns before it, as far as there are any."""
    total = x.copy()
    for back in range(1, min(span, x.shape[1])):
        total[:, back:] += x[:, :-back]
    return total


def _moments(
    x: _Floats, reference: Reference, weeks: NDArray[np.intp], span: int
) -> tuple[_Floats, _Floats, _Floats]:
    """Give number, mean and variance of the bins that each step is compared with."""
    n, steps = x.shape
    if reference == "cube":
        return np.full(steps, float(x.size)), np.full(steps, x.mean()), np.full(steps, x.var())
    bins = n * weeks.astype(np.float64)
    sums = _rolled(x.sum(axis=0)[None], span)[0]
    squares = _rolled((x**2).sum(axis=0)[None], span)[0]
    mean = sums / bins
    return bins, mean, np.maximum(squares / bins - mean**2, 0.0)


def _checked(
    values: pd.DataFrame, neighbors: Neighbors, reference: str, lag: int
) -> tuple[_Floats, int]:
    neighbors.align(pd.Series(0.0, index=values.index))
    check_weeks(values.columns)
    x = values.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = int((~np.isfinite(x)).sum())
    if missing or x.size == 0:
        raise DataError(
            en=f"`values` must be finite numbers; {missing} of {x.size} are missing or infinite. "
            "Fill them by a choice you can defend, or leave the places out of both.",
            zh=f"`values` 须为有限数; {x.size} 个中有 {missing} 个缺失或无穷。请先按可说明的办法补值, "
            "或将这些地点从两者中一并去掉。",
        )
    if reference not in {"cube", "window", "slice"} or lag < 0:
        raise DataError(
            en=f'`reference` must be "cube", "window" or "slice" and `lag` 0 or more; they are '
            f"{reference!r} and {lag}.",
            zh=f'`reference` 须为 "cube"、"window" 或 "slice", `lag` 须不小于 0; 现为 '
            f"{reference!r} 与 {lag}。",
        )
    return x, 1 if reference == "slice" else lag + 1
