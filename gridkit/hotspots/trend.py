"""Mann-Kendall: does a series rise or fall, whatever its shape."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from gridkit.errors import DataError

_Floats = NDArray[np.float64]

# values closer than this are ties: they differ by rounding only
_TIE_DIGITS = 9


def mann_kendall(series: pd.DataFrame) -> pd.DataFrame:
    """Test each row for a monotone trend over its columns, by Mann and Kendall.

    Parameters
    ----------
    series : DataFrame of float, s rows x t columns
        One series per row, in the order of time. No missing values. Values closer than
        1e-9 count as ties.

    Returns
    -------
    DataFrame, indexed like `series`
        `s`: pairs that rise minus pairs that fall. `tau`: Kendall's tau-a, s over all
        pairs, -1 to 1. `z`: standard score with correction for ties and continuity.
        `p`: two-sided. `slope`: sign of the trend, 1, 0 or -1, whatever its p.

    Raises
    ------
    DataError
        If there are fewer than 4 columns, or a value is missing or infinite.

    Notes
    -----
    The test takes the values of a series as independent. Where neighboring weeks share
    data or concerns linger, p is too small: read it as a description. Not for seasonal
    series shorter than two years.

    References
    ----------
    Mann, H. B. (1945). Nonparametric tests against trend. Econometrica, 13(3), 245-259.
    https://doi.org/10.2307/1907187
    Kendall, M. G. (1975). Rank correlation methods, 4th ed. Griffin.

    Examples
    --------
    >>> mann_kendall(pd.DataFrame([[1.0, 2, 3, 4, 5, 6], [2, 2, 2, 2, 2, 2]]))[["s", "p"]].round(4)
        s       p
    0  15  0.0085
    1   0  1.0000
    """
    x = series.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = int((~np.isfinite(x)).sum())
    if missing or x.shape[1] < 4:
        raise DataError(
            en=f"a trend needs at least 4 columns without gaps; there are {x.shape[1]}, with "
            f"{missing} values missing or infinite.",
            zh=f"趋势检验至少须有 4 列且无缺值; 现有 {x.shape[1]} 列, 缺失或无穷 {missing} 处。",
        )
    s, z = trend_scores(x)
    steps = x.shape[1]
    table = {
        "s": s.astype(np.int64),
        "tau": s / (steps * (steps - 1) / 2),
        "z": z,
        "p": 2.0 * ndtr(-np.abs(z)),
        "slope": np.sign(s).astype(np.int8),
    }
    return pd.DataFrame(table, index=series.index)


def trend_scores(x: _Floats) -> tuple[_Floats, _Floats]:
    """Return S and its standard score for each row of x, shape (s, t)."""
    ranks, tied = _ranks(np.round(x, _TIE_DIGITS))
    by_time = ranks.T.copy()  # whole columns are compared at once; ranks fit in two bytes
    steps = len(by_time)
    s = np.zeros(x.shape[0], dtype=np.int32)
    for gap in range(1, steps):
        later, earlier = by_time[gap:], by_time[:-gap]
        s += (later > earlier).sum(axis=0, dtype=np.int16)
        s -= (later < earlier).sum(axis=0, dtype=np.int16)
    deviation = np.sqrt((steps * (steps - 1) * (2 * steps + 5) - tied) / 18.0)
    z = np.divide(s - np.sign(s), deviation, out=np.zeros(len(s)), where=deviation > 0)
    return s.astype(np.float64), z


def _ranks(x: _Floats) -> tuple[NDArray[np.int16], _Floats]:
    """Rank each row, equal values alike; sum t (t - 1) (2 t + 5) over groups of t equals."""
    order = np.argsort(x, axis=1)
    ordered = np.take_along_axis(x, order, axis=1)
    first = np.ones(x.shape, dtype=np.bool_)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    ranks: NDArray[np.int16] = np.zeros(x.shape, dtype=np.int16)
    np.put_along_axis(ranks, order, np.cumsum(first, axis=1, dtype=np.int16), axis=1)
    starts = np.flatnonzero(first)
    size = np.diff(np.append(starts, first.size)).astype(np.float64)
    weight = size * (size - 1) * (2 * size + 5)
    tied = np.bincount(starts // x.shape[1], weights=weight, minlength=len(x))
    return ranks, tied.astype(np.float64)
