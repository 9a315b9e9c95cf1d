"""Rates per household, with what small numbers can and cannot say.

Two concerns among 20 households are no higher rate than 20 among 200, only a less certain
one. So each rate comes with its exact interval, and with an estimate that is drawn towards
the mean by as much as its own numbers are unsure.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaincinv

from gridkit.errors import DataError
from gridkit.hotspots.counts import per_grid
from gridkit.hotspots.cube import refuse_text, whole_counts
from gridkit.hotspots.neighbors import Neighbors
from gridkit.hotspots.source import require
from gridkit.records.grids import to_meters

_Floats = NDArray[np.float64]

PER_HOUSEHOLDS = 100.0
SOUND, NO_HOUSEHOLDS, CONCERNS_ALONE = "sound", "no_households", "concerns_without_households"


def rates(
    counts_per_grid: pd.DataFrame,
    neighbors: Neighbors | None = None,
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Turn counts into rates per 100 households over the period that was counted.

    Parameters
    ----------
    counts_per_grid : DataFrame, length m
        `n` and `households` per grid, indexed by `grid_id` or with it as a column: what
        `count` or `per_grid` returned. Several rows of a grid are added up first.
    neighbors : Neighbors, optional
        Of the same grids. With it there is a further column `rate_eb_local`.
    level : float
        Confidence of the interval, in (0, 1).

    Returns
    -------
    DataFrame, indexed by `grid_id`, in the order of the grids
        `n`, `households`. `expected`: concerns if the overall rate held here. `rate`:
        per 100 households; missing without households. `low`, `high`: exact Poisson
        (Garwood) interval of the rate. `rate_eb`: empirical-Bayes estimate of the rate,
        drawn towards the overall one (without households: the overall one itself); use
        this for maps and Gi*. `rate_eb_local`, with `neighbors`: drawn towards the mean of
        the grid and its neighbors instead (Marshall's local form; alone, towards the
        overall one): for drawing, never for testing. `note`: category, "sound",
        "no_households", or "concerns_without_households" (the table of households is wrong
        or old there); the concerns of such grids are left out of the overall rate.

    Raises
    ------
    AlignmentError
        If `neighbors` is of other grids.
    DataError
        If a column is missing, a count is negative or not whole (weights are no counts),
        households are unknown or none at all, or `level` is out of range.

    Notes
    -----
    `rate_eb_local` mixes each grid's concerns with its neighbors', so that it gathers by its
    making: Gi* on it finds hotspots in pure chance nearly every time.

    Not for comparing officers or villages with each other: rates measure how often people
    are asked and how readily they tell, as much as what is wrong.

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes
    estimators. Applied Statistics, 40(2), 283-294. https://doi.org/10.2307/2347593
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika, 28,
    437-442. https://doi.org/10.1093/biomet/28.3-4.437

    Examples
    --------
    The same raw rate, from 20 and from 200 households:

    >>> counts = pd.DataFrame({"n": [2, 20, 4, 30], "households": [20, 200, 210, 500]},
    ...                       index=pd.Index(["a", "b", "c", "d"], name="grid_id"))
    >>> rates(counts).loc[["a", "b"], ["rate", "low", "high", "rate_eb"]].round(1).to_numpy()
    array([[10. ,  1.2, 36.1,  6.6],
           [10. ,  6.1, 15.4,  8.5]])
    """
    n, households = _checked(counts_per_grid, level)
    index = n.index
    cases, homes = n.to_numpy(dtype=float), households.to_numpy(dtype=float)
    some = homes > 0
    overall = cases[some].sum() / homes[some].sum()
    rate = np.divide(cases, homes, out=np.full(len(homes), np.nan), where=some)
    shrunken = shrink(cases, homes, overall)
    local = {}
    if neighbors is not None:
        neighbors.align(n)
        smooth = _shrink_locally(cases, homes, neighbors, shrunken)
        local["rate_eb_local"] = smooth * PER_HOUSEHOLDS
    low, high = _garwood(cases, level)
    per_home = np.divide(PER_HOUSEHOLDS, homes, out=np.full(len(homes), np.nan), where=some)
    note = np.where(some, SOUND, np.where(cases > 0, CONCERNS_ALONE, NO_HOUSEHOLDS))
    table = {
        "n": n,
        "households": households,
        "expected": overall * homes,
        "rate": rate * PER_HOUSEHOLDS,
        "low": low * per_home,
        "high": high * per_home,
        "rate_eb": shrunken * PER_HOUSEHOLDS,
        **local,
        "note": pd.Categorical(note, categories=[SOUND, NO_HOUSEHOLDS, CONCERNS_ALONE]),
    }
    return pd.DataFrame(table, index=index)


def density(counts_per_grid: pd.DataFrame, grids: gpd.GeoDataFrame) -> pd.Series:
    """Turn counts into concerns per square kilometer, where households are unknown.

    A stopgap: densities are high where people live, not where they lack something, and wild
    in grids that the border cut to slivers. Take `rates` as soon as households are known.

    Parameters
    ----------
    counts_per_grid : DataFrame
        As for `rates`; households are not needed.
    grids : GeoDataFrame
        The same grids, indexed by `grid_id`.

    Returns
    -------
    Series of float, indexed like `grids`
        Concerns per km² over the period that was counted.

    Raises
    ------
    DataError
        If a grid has no counts, or comes twice.

    Examples
    --------
    >>> import shapely
    >>> cells = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 500, 1000)], index=["a"])
    >>> density(pd.DataFrame({"n": [3]}, index=pd.Index(["a"], name="grid_id")), cells).tolist()
    [6.0]
    """
    again = int(grids.index.duplicated().sum())
    if again:
        raise DataError(
            en=f"`grids` must hold each grid once; {again} come again.",
            zh=f"`grids` 中每个网格只能出现一次; 有 {again} 个重复。",
        )
    n = _summed(counts_per_grid)["n"].reindex(grids.index)
    lacking = int(n.isna().sum())
    if lacking:
        raise DataError(
            en=f"`counts_per_grid` must cover every grid; {lacking} have no count. Zero is a "
            "count too: make the counts with `count`.",
            zh=f"`counts_per_grid` 须包含每个网格; 有 {lacking} 个没有件数。零也是件数: "
            "请用 `count` 得出。",
        )
    square_km = to_meters(grids.geometry).area.to_numpy() / 1e6
    values = n.to_numpy(dtype=float) / square_km
    return pd.Series(values, index=grids.index, name="density")


def _checked(counts_per_grid: pd.DataFrame, level: float) -> tuple[pd.Series, pd.Series]:
    if not 0 < level < 1:
        raise DataError(
            en=f"`level` must be between 0 and 1; it is {level:g}.",
            zh=f"`level` 须在 0 与 1 之间; 现为 {level:g}。",
        )
    table = _summed(counts_per_grid)
    require(["n", "households"], table.columns, "counts_per_grid")
    n, households = table["n"], table["households"]
    refuse_text(n, "n")
    refuse_text(households, "households")
    negative = int((n < 0).sum() + (households < 0).sum())
    unknown = int(households.isna().sum() + n.isna().sum())
    if negative or unknown or not households.sum() > 0:
        raise DataError(
            en="`counts_per_grid` must hold counts and households of 0 or more, and households "
            f"somewhere; {negative} are negative, {unknown} unknown, {households.sum()} "
            "households in all. Fill in the households, or use `density`.",
            zh="`counts_per_grid` 的件数与户数须为 0 或正数, 且户数不得全为 0; "
            f"现有负数 {negative} 处, 缺失 {unknown} 处, 户数合计 {households.sum()}。"
            "请补全户数, 或改用 `density`。",
        )
    whole_counts(n, "n")
    return n.astype("Int64"), households.astype("Int64")


def _summed(counts: pd.DataFrame) -> pd.DataFrame:
    return per_grid(counts) if "grid_id" in counts.columns else counts


def _garwood(cases: _Floats, level: float) -> tuple[_Floats, _Floats]:
    tail = (1.0 - level) / 2.0
    low = np.where(cases > 0, gammaincinv(np.maximum(cases, 1.0), tail), 0.0)
    return low, np.asarray(gammaincinv(cases + 1.0, 1.0 - tail))


def between(cases: _Floats, homes: _Floats, mean: float) -> _Floats:
    """Variance of rates between grids that chance does not explain (Marshall), 0 or more.

    `cases` may be many data sets, shape (..., n), each with the overall rate `mean` per
    household; cases where nobody lives do not count.
    """
    some = homes > 0
    total = homes.sum()
    rate = np.divide(cases, homes, out=np.full(np.shape(cases), mean), where=some)
    spread = (homes * (rate - mean) ** 2).sum(axis=-1) / total
    return np.asarray(np.maximum(spread - mean * some.sum() / total, 0.0))


def shrink(cases: _Floats, homes: _Floats, mean: float) -> _Floats:
    """Draw rates per household towards the overall one (Marshall's global form).

    `cases` may be many data sets, shape (..., n), as for `between`.
    """
    some = homes > 0
    rate = np.divide(cases, homes, out=np.full(np.shape(cases), mean), where=some)
    own = between(cases, homes, mean)[..., None] * homes
    weight = np.divide(own, own + mean, out=np.zeros(np.shape(cases)), where=own > 0)
    return np.asarray(mean + weight * (rate - mean), dtype=np.float64)


def _shrink_locally(
    cases: _Floats, homes: _Floats, neighbors: Neighbors, fallback: _Floats
) -> _Floats:
    some = homes > 0
    known = np.where(some, cases, 0.0)
    rate = np.divide(known, homes, out=np.zeros(len(homes)), where=some)

    def around(values: _Floats) -> _Floats:
        return np.asarray(neighbors.matrix @ values + values, dtype=np.float64)

    total = around(homes)
    inside = total > 0
    total = np.where(inside, total, 1.0)
    mean = around(known) / total
    spread = around(homes * rate**2) / total - mean**2
    between = spread - mean * around(some.astype(float)) / total
    local = mean + _weight(between, mean, homes) * np.where(some, rate - mean, 0.0)
    alone = np.diff(neighbors.matrix.indptr) == 0
    return np.where(inside & ~alone, local, fallback)


def _weight(between: _Floats, mean: _Floats, homes: _Floats) -> _Floats:
    """Weight of a grid's own rate: 1 for endless households, 0 for none."""
    variance = np.maximum(between, 0.0)
    own = variance * homes
    return np.divide(own, own + mean, out=np.zeros(len(homes)), where=own > 0)
