"""Bootstrap intervals by clusters, and what to say where there is too little to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gridkit.errors import AlignmentError, DataError

REPLICAS, LEVEL = 999, 0.95
FEW_ROWS, FEW_CLUSTERS = 30, 10
"""Below these an interval is told to be unreliable; rules of thumb, not theory."""


class Interval(NamedTuple):
    """A figure with its interval: `value` (low to high), from `n` rows in `clusters`."""

    value: float
    low: float
    high: float
    n: int
    clusters: int

    @property
    def few(self) -> bool:
        """Tell whether there is too little to rely on the interval."""
        return self.n < FEW_ROWS or self.clusters < FEW_CLUSTERS

    def words(self, lang: str = "zh", digits: int = 2) -> str:
        """Say the figure, its interval, and a warning where there is little to go by."""
        if np.isnan(self.value):
            return "无可计算" if lang == "zh" else "none to tell"
        said = f"{self.value:.{digits}f} ({self.low:.{digits}f}–{self.high:.{digits}f})"
        if not self.few:
            return said
        little = "样本少" if lang == "zh" else "few cases"
        return f"{said} [{little}: {self.n}/{self.clusters}]"


def bootstrap(
    values: ArrayLike,
    statistic: Callable[[np.ndarray], float],
    clusters: pd.Series | ArrayLike | None = None,
    *,
    rng: np.random.Generator,
    replicas: int = REPLICAS,
    level: float = LEVEL,
) -> Interval:
    """Give a percentile bootstrap interval, drawing whole clusters.

    Parameters
    ----------
    values : array_like, shape (n,) or (n, c)
        One row per observation.
    statistic : callable
        Takes an array with rows like those of `values`, gives a number; NaN where it is
        not defined, which drops that replica.
    clusters : Series or array_like, length n, optional
        Rows of one cluster (one grid, one town) stay together, since they are not
        independent. Each row is its own cluster by default.
    rng : Generator
        Source of chance.
    replicas : int
        How many times to draw.
    level : float
        Between 0 and 1.

    Returns
    -------
    Interval
        All NaN but the counts if there is nothing to compute from.

    Raises
    ------
    AlignmentError
        If `clusters` is not as long as `values`.
    DataError
        If `replicas` or `level` is out of range.

    References
    ----------
    Efron, B. & Tibshirani, R. (1993). An Introduction to the Bootstrap, ch. 6 and 13.
    Field, C. A. & Welsh, A. H. (2007). Bootstrapping clustered data. Journal of the Royal
    Statistical Society B, 69(3), 369-390.

    Examples
    --------
    >>> bootstrap([1.0, 2.0, 3.0], np.mean, rng=np.random.default_rng(1)).value
    2.0
    """
    data = np.asarray(values)
    if replicas < 1 or not 0 < level < 1:
        raise DataError(
            en=f"`replicas` must be 1 or more and `level` in (0, 1); they are {replicas}, {level}.",
            zh=f"`replicas` 须不小于 1, `level` 须在 0 和 1 之间; 现为 {replicas} 和 {level}。",
        )
    given = np.arange(len(data)) if clusters is None else np.asarray(clusters)
    code, names = pd.factorize(given)
    if len(code) != len(data):
        raise AlignmentError(
            en=f"`clusters` has {len(code)} entries, `values` {len(data)} rows.",
            zh=f"`clusters` 有 {len(code)} 项, `values` 有 {len(data)} 行, 须一致。",
        )
    if not len(data):
        return Interval(np.nan, np.nan, np.nan, 0, 0)
    order = np.argsort(code, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(code))[:-1])
    alone = len(members) == len(data)
    found = np.empty(replicas)
    for i, drawn in enumerate(rng.integers(0, len(names), (replicas, len(names)))):
        rows = order[drawn] if alone else np.concatenate([members[d] for d in drawn])
        found[i] = statistic(data[rows])
    found = found[~np.isnan(found)]
    value = float(statistic(data))
    if not len(found) or np.isnan(value):
        return Interval(np.nan, np.nan, np.nan, len(data), len(names))
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), len(data), len(names))


def share(
    hits: ArrayLike,
    clusters: pd.Series | ArrayLike | None = None,
    *,
    rng: np.random.Generator,
    replicas: int = REPLICAS,
    level: float = LEVEL,
) -> Interval:
    """Give the share of hits with an interval that does not vanish where all are alike.

    Parameters
    ----------
    hits : array_like of bool, length n
    clusters, rng, replicas, level
        As `bootstrap`.

    Returns
    -------
    Interval
        That of `bootstrap`; where every hit is the same no draw can differ, and the open
        end is the exact one of Clopper and Pearson, with the number of clusters for n.

    References
    ----------
    Clopper, C. & Pearson, E. S. (1934). The use of confidence or fiducial limits
    illustrated in the case of the binomial. Biometrika, 26(4), 404-413.

    Examples
    --------
    >>> found = share([True] * 14, rng=np.random.default_rng(1))
    >>> found.value, round(found.low, 2), found.high
    (1.0, 0.77, 1.0)
    """
    seen = np.asarray(hits, dtype=float)
    found = bootstrap(seen, np.mean, clusters, rng=rng, replicas=replicas, level=level)
    if not found.n or 0 < found.value < 1:
        return found
    end = ((1 - level) / 2) ** (1 / found.clusters)
    return found._replace(low=end) if found.value else found._replace(high=1 - end)


def apart(a: Interval, b: Interval) -> bool:
    """Tell whether two intervals do not touch.

    Examples
    --------
    >>> apart(Interval(0.5, 0.4, 0.6, 90, 20), Interval(0.3, 0.2, 0.39, 90, 20))
    True
    """
    return a.low > b.high or b.low > a.high
