"""Agreement of two codings of the same matters: weighted κ, confusion, under- and over-triage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import AlignmentError, DataError
from gridkit.triage.evaluate_intervals import Interval, bootstrap, share

Weights = Literal["none", "linear", "quadratic"]


class Triage(NamedTuple):
    """Shares of matters that were put too low (`under`), too high (`over`), and right."""

    under: Interval
    over: Interval
    exact: Interval


def confusion(a: pd.Series, b: pd.Series, levels: Sequence[str]) -> pd.DataFrame:
    """Count how the codings of `a` (rows) meet those of `b` (columns).

    Parameters
    ----------
    a, b : Series of str or category, indexed by the same matters
        Codes of `levels`.
    levels : sequence of str
        In order, the most urgent first.

    Returns
    -------
    DataFrame, levels by levels
        Counts of matters that both coded.

    Raises
    ------
    AlignmentError
        If the two have no matter in common.
    DataError
        If a code is not among `levels`.
    """
    both = a.dropna().index.intersection(b.dropna().index)
    if not len(both):
        raise AlignmentError(
            en="The two codings have no matter in common.",
            zh="两份评定没有共同的事项。",
        )
    x, y = (pd.Index(levels).get_indexer(pd.Index(s.loc[both].astype("str"))) for s in (a, b))
    if (x < 0).any() or (y < 0).any():
        raise DataError(
            en=f"A coding holds a level that is none of {', '.join(levels)}.",
            zh=f"评定中有不在 {', '.join(levels)} 之列的等级。",
        )
    table = np.bincount(x * len(levels) + y, minlength=len(levels) ** 2)
    names = pd.Index(levels)
    return pd.DataFrame(table.reshape(len(levels), -1), index=names, columns=names)


def kappa(table: pd.DataFrame | np.ndarray, weights: Weights = "quadratic") -> float:
    """Give Cohen's κ of a confusion table.

    Parameters
    ----------
    table : DataFrame or array, shape (m, m)
        Counts; levels in order.
    weights : {"none", "linear", "quadratic"}
        How far apart two codings are counted: not at all, by steps, by steps squared.

    Returns
    -------
    float
        Best value 1; 0 is what chance alone would give; NaN where both coders used one
        and the same level throughout (no chance, no κ).

    References
    ----------
    Cohen, J. (1968). Weighted kappa: nominal scale agreement with provision for scaled
    disagreement or partial credit. Psychological Bulletin, 70(4), 213-220.

    Examples
    --------
    >>> round(kappa(np.array([[20, 5], [10, 15]]), "none"), 2)
    0.4
    """
    counts = np.asarray(table, dtype=float)
    total = counts.sum()
    steps = np.abs(np.subtract.outer(np.arange(len(counts)), np.arange(len(counts))))
    cost = {"none": (steps > 0).astype(float), "linear": steps, "quadratic": steps**2}[weights]
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total if total else counts
    by_chance = float((cost * expected).sum())
    return 1 - float((cost * counts).sum()) / by_chance if by_chance else float("nan")


def kappa_interval(
    a: pd.Series,
    b: pd.Series,
    levels: Sequence[str],
    *,
    rng: np.random.Generator,
    weights: Weights = "quadratic",
    replicas: int = 999,
) -> Interval:
    """Give weighted κ of two codings with a bootstrap interval over matters.

    Parameters
    ----------
    a, b : Series, indexed by matter
    levels : sequence of str
        In order.
    rng : Generator
        Source of chance.
    weights : {"none", "linear", "quadratic"}
    replicas : int
        Draws of the bootstrap.

    Returns
    -------
    Interval
    """
    confusion(a, b, levels)  # refuses what does not fit
    pairs, m = _pairs(a, b, levels), len(levels)

    def of(drawn: np.ndarray) -> float:
        table = np.bincount(drawn[:, 0] * m + drawn[:, 1], minlength=m * m)
        return kappa(table.reshape(m, m), weights)

    return bootstrap(pairs, of, rng=rng, replicas=replicas)


def triage_errors(
    given: pd.Series,
    reference: pd.Series,
    levels: Sequence[str],
    *,
    rng: np.random.Generator,
    replicas: int = 999,
) -> Triage:
    """Give the shares put lower and higher than the reference.

    Parameters
    ----------
    given, reference : Series, indexed by matter
        Codes of `levels`.
    levels : sequence of str
        In order, the most urgent first.
    rng : Generator
        Source of chance.
    replicas : int
        Draws of the bootstrap.

    Returns
    -------
    Triage
        Shares of all matters that both coded.
    """
    confusion(given, reference, levels)
    steps = np.diff(_pairs(reference, given, levels), axis=1)[:, 0]
    under, over, exact = (
        share(hit, rng=rng, replicas=replicas) for hit in (steps > 0, steps < 0, steps == 0)
    )
    return Triage(under, over, exact)


def _pairs(a: pd.Series, b: pd.Series, levels: Sequence[str]) -> np.ndarray:
    both = a.dropna().index.intersection(b.dropna().index)
    names = pd.Index(levels)
    return np.column_stack(
        [names.get_indexer(pd.Index(s.loc[both].astype("str"))) for s in (a, b)]
    )
