"""Getis-Ord Gi*: where high or low values gather, and how much of it could be chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from gridkit.errors import DataError
from gridkit.hotspots.explain import HOTSPOT_CLASSES, P_METHODS
from gridkit.hotspots.neighbors import Neighbors
from gridkit.hotspots.permutation import permuted_p
from gridkit.hotspots.significance import false_discovery_q

_Floats = NDArray[np.float64]


# values that differ by less than this share of their size differ by rounding only
_ROUNDING = 1e-12


def gi_star(values: pd.Series, neighbors: Neighbors) -> pd.Series:
    """Score how far each cell and its neighbors depart from the overall mean.

    The Getis-Ord Gi* statistic: positive where high values cluster, negative
    where low values do. Each cell counts as its own neighbor.

    Parameters
    ----------
    values : Series of float, length n
        One rate or density per cell (say, concerns per 100 households). Raw counts
        mislead wherever cells differ in population; raw rates where some have very few
        households: take the shrunken `rate_eb` of `rates` there, never `rate_eb_local`,
        in which neighbors are mixed already. No missing values.
    neighbors : Neighbors
        Made from the same cells, in the same order.

    Returns
    -------
    Series of float, indexed like `values`
        Standard scores (no unit), near N(0, 1) where values are placed at random.

    Raises
    ------
    AlignmentError
        If `values` and `neighbors` differ in their cells or the order of them.
    DataError
        If a value is missing, all values are equal, or some cell has every other
        cell as a neighbor: no score is defined then.

    Notes
    -----
    The normal approximation is poor for strongly skewed values and for cells with
    few neighbors: `gi_star_test` has permutations, `hotspot_test` redistributes counts.
    Scores of nearby cells share data:
    correct for the number of cells before calling any of them a hotspot. The score of a
    cell without neighbors is that of its own value.

    References
    ----------
    Ord, J. K. & Getis, A. (1995). Local spatial autocorrelation statistics:
    distributional issues and an application. Geographical Analysis, 27(4), 286-306.
    https://doi.org/10.1111/j.1538-4632.1995.tb00912.x

    Examples
    --------
    Five cells in a row, the concerns all at one end:

    >>> import geopandas as gpd
    >>> from gridkit.hotspots.neighbors import within
    >>> cells = gpd.GeoSeries(gpd.points_from_xy(range(5), [0] * 5))
    >>> rate = pd.Series([0.0, 0.0, 0.0, 1.0, 9.0])
    >>> gi_star(rate, within(cells, 1)).round(2).tolist()
    [-0.93, -1.39, -1.16, 0.93, 1.39]
    """
    x = neighbors.align(values)
    n = len(x)
    check_defined(x, neighbors)
    if is_level(x):
        raise DataError(
            en=f"`values` must differ between cells; all {n} are equal, so nothing can gather "
            "anywhere.",
            zh=f"`values` 在各网格间须有差异; 现 {n} 个全部相等, 无从谈聚集。",
        )
    return pd.Series(scores(x, neighbors), index=values.index, name="gi_star")


def scores(x: _Floats, neighbors: Neighbors) -> _Floats:
    """Score one array of values or many, shape (..., n), checked and not level."""
    n = x.shape[-1]
    size = np.diff(neighbors.matrix.indptr) + 1.0  # binary weights: also the sum of squares
    centered = x - x.mean(axis=-1, keepdims=True)
    excess = (neighbors.matrix @ centered.T).T + centered
    spread = x.std(axis=-1, keepdims=True) * np.sqrt(size * (n - size) / (n - 1))
    return np.asarray(excess / spread, dtype=np.float64)


def gi_star_test(
    values: pd.Series,
    neighbors: Neighbors,
    alpha: float = 0.05,
    rng: np.random.Generator | None = None,
    permutations: int = 0,
) -> pd.DataFrame:
    """Test each cell's Gi* against chance, with false discoveries under control.

    For any values. Counts with households belong to `hotspot_test`: their rates are neither
    normal nor exchangeable, and neither p of this function holds its promise for them.

    Parameters
    ----------
    values, neighbors
        As for `gi_star`.
    alpha : float
        Share of false alarms to bear among the cells called significant, in (0, 1).
    rng : Generator, optional
        Needed with `permutations`: the same seed gives the same p.
    permutations : int
        0: p from the normal approximation. Above: p by conditional permutation (the
        cell's own value stays, the others are shuffled), exact for any distribution. The
        smallest p is then 2 / (permutations + 1): take at least 2 n / alpha (25,000 for
        600 cells), or no single cell can stand out after the correction.

    Returns
    -------
    DataFrame, indexed like `values`
        `z`: score. `p`: two-sided, 0 to 1. `q`: p after Benjamini and Hochberg, the share
        of false alarms to expect when calling this cell and all clearer ones. `hot`:
        category, a code of `HOTSPOT_CLASSES` by q. `significant`: q at most `alpha`.
        `observed`: mean of the cell and its neighbors. `expected`: mean of all cells, the
        same in each row. `cells`: how many cells the mean is of. `method`: category, a key
        of `P_METHODS`, how p was found.

    Raises
    ------
    AlignmentError, DataError
        As for `gi_star`; also if `alpha` or `permutations` is out of range, or `rng` is
        missing.

    Notes
    -----
    The normal approximation is for values that look normal. For rates of few concerns it is
    far off: in pure chance, 100 concerns on 600 grids, three maps in ten have a "hotspot".

    Where all values are equal nothing gathers: z is 0 and p is 1 everywhere. That is what
    `rate_eb` comes to when the rates differ no more than chance would make them.
    With permutations a cell without neighbors has p = 1: shuffling the others says nothing
    about it. Benjamini and Hochberg's procedure holds its promise for the positively
    dependent scores of overlapping neighborhoods (Caldas de Castro & Singer 2006).

    References
    ----------
    Benjamini, Y. & Hochberg, Y. (1995). J. R. Stat. Soc. B, 57(1), 289-300.
    https://doi.org/10.1111/j.2517-6161.1995.tb02031.x
    Caldas de Castro, M. & Singer, B. H. (2006). Geographical Analysis, 38(2), 180-208.
    https://doi.org/10.1111/j.0016-7363.2006.00682.x

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gridkit.hotspots.neighbors import within
    >>> cells = gpd.GeoSeries(gpd.points_from_xy(range(60), [0] * 60))
    >>> rate = pd.Series([1.0, 2.0] * 28 + [9.0] * 4)
    >>> test = gi_star_test(rate, within(cells, 1))
    >>> test.loc[55:, "hot"].tolist()
    ['none', 'hot_99', 'hot_99', 'hot_99', 'hot_99']
    """
    check_chance(alpha)
    _check_permutations(permutations, rng)
    x = neighbors.align(values)
    check_defined(x, neighbors)
    method = "permutation" if permutations > 0 else "normal"
    z, p = np.zeros(len(x)), np.ones(len(x))
    if not is_level(x):
        z = gi_star(values, neighbors).to_numpy()
        p = 2.0 * ndtr(-np.abs(z))
        if rng is not None and permutations > 0:
            p = permuted_p(x, neighbors, permutations, rng)
    return verdicts(values, neighbors, z, p, alpha, method)


def verdicts(
    values: pd.Series, neighbors: Neighbors, z: _Floats, p: _Floats, alpha: float, method: str
) -> pd.DataFrame:
    """Put a test together: scores, p, what p comes to among many, and in words."""
    x = neighbors.align(values)
    size = np.diff(neighbors.matrix.indptr) + 1
    q = false_discovery_q(p)
    return pd.DataFrame(
        {
            "z": z,
            "p": p,
            "q": q,
            "hot": _classes(z, q),
            "significant": q <= alpha,
            "observed": (neighbors.matrix @ x + x) / size,
            "expected": x.mean(),
            "cells": size.astype(np.int64),
            "method": pd.Categorical([method] * len(x), categories=list(P_METHODS)),
        },
        index=values.index,
    )


def _classes(z: _Floats, q: _Floats) -> pd.Categorical:
    codes = np.full(len(z), "none", dtype=object)
    for kind in sorted(HOTSPOT_CLASSES, key=lambda c: -c.q_most):
        if kind.sign:
            codes[(np.sign(z) == kind.sign) & (q <= kind.q_most)] = kind.code
    return pd.Categorical(codes, categories=[c.code for c in HOTSPOT_CLASSES], ordered=True)


# --- checks ---------------------------------------------------------------------------------


def is_level(x: _Floats) -> bool:
    """Tell whether all values are the same but for rounding."""
    return bool(np.ptp(x) <= _ROUNDING * np.abs(x).max())


def check_finite(x: _Floats) -> None:
    """Refuse values of which some are missing or infinite."""
    missing = int((~np.isfinite(x)).sum())
    if missing:
        raise DataError(
            en=f"`values` must be finite numbers; {missing} of {len(x)} are missing or infinite. "
            "Fill them by a choice you can defend, or leave the cells out of both.",
            zh=f"`values` 须为有限数; {len(x)} 个中有 {missing} 个缺失或无穷。请先按可说明的办法补值, "
            "或将这些网格从两者中一并去掉。",
        )


def check_defined(x: _Floats, neighbors: Neighbors) -> None:
    """Refuse values and neighbors for which there is no score."""
    check_finite(x)
    if len(x) < 2:
        raise DataError(
            en=f"`values` must hold at least 2 cells to compare; it holds {len(x)}.",
            zh=f"`values` 至少须有 2 个网格方可比较; 现有 {len(x)} 个。",
        )
    whole = surrounding(neighbors)
    if whole:
        raise DataError(
            en=f"`neighbors` must leave some cell outside each neighborhood; {whole} cells have "
            "every other cell as a neighbor. Take a smaller distance or k.",
            zh=f"`neighbors` 须使每个邻域之外仍有网格; 有 {whole} 个网格与其余全部网格相邻。"
            "请减小距离或 k。",
        )


def surrounding(neighbors: Neighbors) -> int:
    """Count the cells that have every other cell as a neighbor."""
    size = np.diff(neighbors.matrix.indptr) + 1
    return int((size >= len(size)).sum())


def check_chance(alpha: float) -> None:
    """Refuse a share of false alarms that is none."""
    if not 0 < alpha < 1:
        raise DataError(
            en=f"`alpha` must be between 0 and 1; it is {alpha:g}.",
            zh=f"`alpha` 须在 0 与 1 之间; 现为 {alpha:g}。",
        )


def _check_permutations(permutations: int, rng: np.random.Generator | None) -> None:
    if permutations < 0 or (permutations > 0 and rng is None):
        raise DataError(
            en=f"`permutations` must be 0 or more, and above 0 needs `rng`; it is {permutations}. "
            "Pass `rng=np.random.default_rng(seed)`.",
            zh=f"`permutations` 须不小于 0, 大于 0 时须给出 `rng`; 现为 {permutations}。"
            "请传入 `rng=np.random.default_rng(seed)`。",
        )
