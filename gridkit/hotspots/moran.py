"""Local Moran: places that resemble their neighbors, and places that stand against them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from gridkit.errors import DataError
from gridkit.hotspots.gi_star import check_finite
from gridkit.hotspots.neighbors import Neighbors
from gridkit.hotspots.permutation import permuted_p
from gridkit.hotspots.significance import false_discovery_q

_Floats = NDArray[np.float64]

# values that differ by less than this share of their size differ by rounding only
_ROUNDING = 1e-12


class MoranClass(NamedTuple):
    """How a place and its neighbors are read and drawn."""

    code: str
    own: int  # sign of the place's own deviation from the mean
    around: int  # sign of its neighbors' mean deviation
    zh: str
    en: str
    color: str


# The quadrants of the Moran scatterplot; colors as in GeoDa's cluster maps.
MORAN_CLASSES = (
    MoranClass("high_high", 1, 1, "高—高 (高值聚集)", "high among high", "#d7191c"),
    MoranClass("high_low", 1, -1, "高—低 (孤立高值)", "high among low", "#fdae61"),
    MoranClass("none", 0, 0, "可能只是偶然", "could be chance", "#f7f7f7"),
    MoranClass("low_high", -1, 1, "低—高 (孤立低值)", "low among high", "#abd9e9"),
    MoranClass("low_low", -1, -1, "低—低 (低值聚集)", "low among low", "#2c7bb6"),
)

_NONE = [c.code for c in MORAN_CLASSES].index("none")


def local_moran(
    values: pd.Series,
    neighbors: Neighbors,
    *,
    alpha: float = 0.05,
    permutations: int = 0,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """Test each place for likeness to its neighbors, or for standing against them.

    Local Moran's I: the place's deviation from the mean times the mean deviation of its
    neighbors, over the variance. Positive where like is near like.

    Parameters
    ----------
    values : Series of float, length n
        One rate or density per place, as for `gi_star`. No missing values.
    neighbors : Neighbors
        Made from the same places, in the same order.
    alpha : float
        Share of false alarms to bear among the places called significant, in (0, 1).
    permutations : int
        0: p from the normal approximation with the moments under conditional
        randomization. Above: p by conditional permutation, exact for any distribution (the
        place's own value stays, the others are shuffled).
    rng : Generator, optional
        Needed with `permutations`: the same seed gives the same p.

    Returns
    -------
    DataFrame, indexed like `values`
        `i`: local Moran's I (no unit; 0 for a place without neighbors). `z`: its standard
        score. `p`: two-sided. `q`: p after Benjamini and Hochberg. `quadrant`: category, a
        code of `MORAN_CLASSES`, whether significant or not ("none" where a deviation is 0
        or there are no neighbors). `kind`: the same where q is at most `alpha`, else "none".
        `significant`: q at most `alpha`. `observed`: the place's value. `around`: mean of
        its neighbors (missing without any). `expected`: mean of all. `neighbors`: how many.

    Raises
    ------
    AlignmentError
        If `values` and `neighbors` differ in their places or the order of them.
    DataError
        If a value is missing or infinite, there are fewer than 3 places, a place has all
        the others as neighbors, `alpha` is out of range, or `rng` is missing.

    Notes
    -----
    Take it to find outliers (a bad grid among good ones: one building, one landlord); for
    gatherings of high values alone `gi_star_test` has more power and is easier to tell.
    The score is that of the neighbors' mean given the place's own value, with its sign; so
    a place near the overall mean is judged as sharply as an extreme one. The normal
    approximation is poor for skewed values and few neighbors: take permutations there. With
    k neighbors of n places the expectation is not 0 but slightly negative.

    References
    ----------
    Anselin, L. (1995). Local indicators of spatial association - LISA. Geographical
    Analysis, 27(2), 93-115. https://doi.org/10.1111/j.1538-4632.1995.tb00338.x
    Sokal, R. R., Oden, N. L. & Thomson, B. A. (1998). Local spatial autocorrelation in a
    biological model. Geographical Analysis, 30(4), 331-354 (conditional moments, A7, A8).
    https://doi.org/10.1111/j.1538-4632.1998.tb00406.x

    Examples
    --------
    A bad place among good ones, and three bad ones together, of 40 in a row:

    >>> import geopandas as gpd
    >>> from gridkit.hotspots.neighbors import within
    >>> cells = gpd.GeoSeries(gpd.points_from_xy(range(40), [0] * 40))
    >>> rate = pd.Series([1.0, 2.0] * 20)
    >>> rate.iloc[30:34] = 12.0
    >>> test = local_moran(rate, within(cells, 1))
    >>> test["kind"].iloc[29:35].tolist()
    ['none', 'none', 'high_high', 'high_high', 'none', 'none']
    """
    _check_chance(alpha, permutations, rng)
    x = neighbors.align(values)
    number = np.diff(neighbors.matrix.indptr).astype(np.float64)
    _check_defined(x, number)
    own = x - x.mean()
    own[np.abs(own) <= _ROUNDING * np.abs(x).max()] = 0.0
    some = np.maximum(number, 1.0)
    around = np.where(number > 0, neighbors.matrix @ own / some, 0.0)
    around[np.abs(around) <= _ROUNDING * np.abs(x).max()] = 0.0
    z = _scores(own, around, number)
    p = 2.0 * ndtr(-np.abs(z))
    varied = bool(own.any())
    if rng is not None and permutations > 0 and varied:
        p = permuted_p(own, neighbors, permutations, rng)
        p[(own == 0) | (number == 0)] = 1.0
    q = false_discovery_q(p)
    quadrant = _quadrants(own, np.where(number > 0, around, 0.0))
    variance = (own**2).mean()
    table = {
        "i": own * around / variance if varied else np.zeros(len(x)),
        "z": z,
        "p": p,
        "q": q,
        "quadrant": _category(quadrant),
        "kind": _category(np.where(q <= alpha, quadrant, _NONE)),
        "significant": q <= alpha,
        "observed": x,
        "around": np.where(number > 0, around + x.mean(), np.nan),
        "expected": x.mean(),
        "neighbors": number.astype(np.int64),
    }
    return pd.DataFrame(table, index=values.index)


def explain_moran(
    test: pd.DataFrame,
    lang: str = "zh",
    unit: tuple[str, str] = ("每百户件数", "per 100 households"),
) -> pd.Series:
    """Say for each place how it stands among its neighbors, and whether it could be chance.

    Parameters
    ----------
    test : DataFrame, length n
        What `local_moran` returned.
    lang : str
        "zh" or "en".
    unit : tuple of str
        What the values are, in Chinese and English.

    Returns
    -------
    Series of str, indexed like `test`

    Examples
    --------
    >>> test = pd.DataFrame({"observed": [9.0], "around": [1.25], "expected": [1.1],
    ...                      "neighbors": [4], "kind": ["high_low"], "q": [0.004]})
    >>> print(explain_moran(test)[0])
    本格 9.00, 4 个邻格平均 1.25, 全部网格平均 1.10 (每百户件数); 高—低 (孤立高值), q = 0.004
    """
    words = {c.code: (c.zh, c.en) for c in MORAN_CLASSES}
    found = zip(
        test["observed"], test["neighbors"], test["around"], test["expected"], test["kind"],
        test["q"], strict=True,
    )  # fmt: skip
    if lang == "zh":
        lines = [
            f"本格 {own:.2f}, {f'{k} 个邻格平均 {mean:.2f}' if k else '无邻格'}, "
            f"全部网格平均 {total:.2f} ({unit[0]}); {words[kind][0]}, {_q(q)}"
            for own, k, mean, total, kind, q in found
        ]
    else:
        lines = [
            f"this place {own:.2f}, {f'{k} neighbors {mean:.2f}' if k else 'no neighbors'}, "
            f"all places {total:.2f} on average ({unit[1]}); {words[kind][1]}, {_q(q)}"
            for own, k, mean, total, kind, q in found
        ]
    return pd.Series(lines, index=test.index, name="explanation", dtype="str")


def _scores(own: _Floats, around: _Floats, number: _Floats) -> _Floats:
    """Score by the moments under shuffling of the others, the own value kept."""
    n = len(own)
    mean = -own / (n - 1)
    variance = np.maximum(((own**2).sum() - own**2) / (n - 1) - mean**2, 0.0)
    share = (n - 1 - number) / (np.maximum(number, 1.0) * (n - 2))
    spread = np.sqrt(variance * share)
    able = (number > 0) & (spread > _ROUNDING * max(np.abs(own).max(), 1e-300))
    lag = np.divide(around - mean, spread, out=np.zeros(n), where=able)
    return np.asarray(np.sign(own) * lag)


def _quadrants(own: _Floats, around: _Floats) -> NDArray[np.int8]:
    """Give the place of each class in MORAN_CLASSES, by the signs of the deviations."""
    table = np.full((3, 3), _NONE, dtype=np.int8)
    for number, kind in enumerate(MORAN_CLASSES):
        if kind.own:
            table[kind.own + 1, kind.around + 1] = number
    signs = (np.sign(d).astype(np.int8) + 1 for d in (own, around))
    return np.asarray(table[tuple(signs)])


def _category(numbers: NDArray[np.int8]) -> pd.Categorical[str]:
    kinds: pd.Categorical[str] = pd.Categorical.from_codes(
        numbers, categories=pd.Index([c.code for c in MORAN_CLASSES])
    )
    return kinds


def _q(q: float) -> str:
    return "q < 0.001" if q < 0.001 else f"q = {q:.3f}"


# --- checks ---------------------------------------------------------------------------------


def _check_defined(x: _Floats, number: _Floats) -> None:
    check_finite(x)
    if len(x) < 3:
        raise DataError(
            en=f"`values` must hold at least 3 places to compare; it holds {len(x)}.",
            zh=f"`values` 至少须有 3 个网格方可比较; 现有 {len(x)} 个。",
        )
    whole = int((number >= len(x) - 1).sum())
    if whole:
        raise DataError(
            en=f"`neighbors` must leave some place out of each neighborhood; {whole} places have "
            "all the others as neighbors. Take a smaller distance or k.",
            zh=f"`neighbors` 须使每个邻域之外仍有网格; 有 {whole} 个网格与其余全部网格相邻。"
            "请减小距离或 k。",
        )


def _check_chance(alpha: float, permutations: int, rng: np.random.Generator | None) -> None:
    if not 0 < alpha < 1:
        raise DataError(
            en=f"`alpha` must be between 0 and 1; it is {alpha:g}.",
            zh=f"`alpha` 须在 0 与 1 之间; 现为 {alpha:g}。",
        )
    if permutations < 0 or (permutations > 0 and rng is None):
        raise DataError(
            en=f"`permutations` must be 0 or more, and above 0 needs `rng`; it is {permutations}. "
            "Pass `rng=np.random.default_rng(seed)`.",
            zh=f"`permutations` 须不小于 0, 大于 0 时须给出 `rng`; 现为 {permutations}。"
            "请传入 `rng=np.random.default_rng(seed)`。",
        )
