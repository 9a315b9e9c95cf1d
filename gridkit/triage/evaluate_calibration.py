"""Whether bands keep their word: how often matters of a band got worse, against what was said."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gridkit.errors import AlignmentError, DataError
from gridkit.profile.card import Scorecard
from gridkit.triage.evaluate_intervals import Interval, bootstrap, share
from gridkit.triage.scorecard import score


class Promise(NamedTuple):
    """What bands promised and what happened.

    Attributes
    ----------
    bands : DataFrame
        As `calibration` gives it.
    error, brier, brier_base : Interval
        Mean gap over matters; Brier score of the promises, and of promising every matter
        the overall share of the weeks learned from. Drawn by grids.
    weeks, worse : int
        How many weeks the promises were learned from; how many matters got worse in them.
    """

    bands: pd.DataFrame
    error: Interval
    brier: Interval
    brier_base: Interval
    weeks: int
    worse: int


def brier(forecast: ArrayLike, happened: ArrayLike) -> float:
    """Give the mean squared difference between a forecast probability and what happened.

    Parameters
    ----------
    forecast : array_like of float, length n
        Probabilities, 0 to 1.
    happened : array_like of bool, length n

    Returns
    -------
    float
        Range 0 (perfect) to 1. What is always forecast as the base rate p gets p (1 - p).

    Raises
    ------
    DataError
        If there is nothing, or a forecast is no probability.
    AlignmentError
        If the lengths differ.

    References
    ----------
    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability.
    Monthly Weather Review, 78(1), 1-3. (His score for two classes is twice this one.)

    Examples
    --------
    >>> round(brier([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0]), 4)
    0.0375
    """
    p, y = np.asarray(forecast, dtype=float), np.asarray(happened, dtype=float)
    if p.shape != y.shape:
        raise AlignmentError(
            en=f"`forecast` has {p.size} entries, `happened` {y.size}.",
            zh=f"`forecast` 有 {p.size} 项, `happened` 有 {y.size} 项, 须一致。",
        )
    if not p.size or not ((p >= 0) & (p <= 1)).all():
        raise DataError(
            en="`forecast` must hold probabilities from 0 to 1, at least one.",
            zh="`forecast` 须为 0 到 1 之间的概率, 至少一个。",
        )
    return float(np.mean((p - y) ** 2))


def band_rates(bands: pd.Series, happened: pd.Series) -> pd.Series:
    """Learn how often matters of each band got worse: the forecast that a band stands for.

    Parameters
    ----------
    bands : Series of ordered category, length n
        The most urgent band first.
    happened : Series of bool, length n
        Indexed alike.

    Returns
    -------
    Series of float, indexed by band
        Shares, each band leaning on the overall share with the weight of ten matters, so
        that a band of three matters promises nothing extreme; overall 0 without any.
    """
    n = bands.value_counts(sort=False)
    worse = bands[happened.to_numpy(dtype=bool)].value_counts(sort=False)
    overall = float(happened.mean()) if len(happened) else 0.0
    rates: pd.Series = (worse + 10 * overall) / (n + 10)
    return rates.rename("forecast")


def calibration(
    bands: pd.Series,
    happened: pd.Series,
    rates: pd.Series,
    clusters: pd.Series,
    *,
    rng: np.random.Generator,
    replicas: int = 999,
) -> pd.DataFrame:
    """Hold what bands promised against what happened.

    Parameters
    ----------
    bands : Series of ordered category, length n
    happened : Series of bool, length n
    rates : Series of float, indexed by band
        Learned elsewhere or earlier (`band_rates`); learned on the same rows they would
        always fit.
    clusters : Series, length n
        Rows that are drawn together: the grid.
    rng : Generator
        Source of chance.
    replicas : int
        Draws of the bootstrap.

    Returns
    -------
    DataFrame, indexed by band, the most urgent first
        `n`, `forecast`, `observed`, `low`, `high` (of `observed`), `gap` (observed minus
        forecast); NaN in bands without matters.
    """
    rows = []
    for band in bands.cat.categories:
        of = (bands == band).to_numpy()
        seen = happened.to_numpy(dtype=float)[of]
        found = share(seen, clusters[of], rng=rng, replicas=replicas)
        rows.append((band, found.n, float(rates[band]), found.value, found.low, found.high))
    table = pd.DataFrame(
        rows, columns=["band", "n", "forecast", "observed", "low", "high"]
    ).set_index("band")
    return table.assign(gap=table["observed"] - table["forecast"])


def largest_gap(table: pd.DataFrame) -> float:
    """Give the largest gap between promise and fact of any band, however few its matters.

    Parameters
    ----------
    table : DataFrame
        As `calibration` gives it.

    Returns
    -------
    float
        Range 0 to 1; NaN without matters. A mean over matters lets a large calm band hide
        a small urgent one: look at both.

    Examples
    --------
    >>> largest_gap(pd.DataFrame({"n": [30, 10], "gap": [0.02, -0.06]}))
    0.06
    """
    return float(table.loc[table["n"] > 0, "gap"].abs().max())


def calibration_error(table: pd.DataFrame) -> float:
    """Give the mean gap between promise and fact, weighted by the matters in each band.

    Parameters
    ----------
    table : DataFrame
        As `calibration` gives it.

    Returns
    -------
    float
        Range 0 (kept every word) to 1.

    Examples
    --------
    >>> calibration_error(pd.DataFrame({"n": [30, 10], "gap": [0.02, -0.06]}))
    0.03
    """
    seen = table[table["n"] > 0]
    return float(np.average(seen["gap"].abs(), weights=seen["n"])) if len(seen) else np.nan


def kept_word(
    marked: pd.DataFrame,
    card: Scorecard,
    *,
    horizon_days: int,
    rng: np.random.Generator,
    replicas: int = 999,
) -> Promise:
    """Learn what bands promise on the weeks over by the middle, hold it against the rest.

    Parameters
    ----------
    marked : DataFrame
        As `evaluate_facts.mark` gives it.
    card : Scorecard
    horizon_days : int
        That of `mark`: nothing is learned from a row whose horizon reaches past the middle.
    rng : Generator
        Source of chance.
    replicas : int
        Draws of the bootstrap.

    Returns
    -------
    Promise
        Without a forecast, and NaN, where no week was over by the middle.
    """
    bands = score(marked, card)["band"]
    middle = pd.Timestamp(marked["on"].sort_values().iloc[len(marked) // 2])
    past = marked["on"] <= middle - pd.Timedelta(days=horizon_days)
    later = marked["on"] > middle
    grid, seen = marked.loc[later, "grid_id"].astype("str"), marked.loc[later, "true"]
    rates = band_rates(bands[past], marked.loc[past, "true"])
    table = calibration(bands[later], seen, rates, grid, rng=rng, replicas=replicas)
    if not past.any() or not later.any():
        none = Interval(np.nan, np.nan, np.nan, 0, 0)
        return Promise(table.assign(forecast=np.nan, gap=np.nan), none, none, none, 0, 0)
    known = marked[past]
    said = bands[later].map(rates).astype(float).to_numpy()
    y, codes = seen.to_numpy(dtype=float), bands[later].cat.codes.to_numpy()
    figures = [
        bootstrap(rows, statistic, grid, rng=rng, replicas=replicas)
        for rows, statistic in (
            (np.column_stack([codes, y - said]), _mean_gap),
            ((y - said) ** 2, np.mean),
            ((y - float(known["true"].mean())) ** 2, np.mean),
        )
    ]
    worse = known.loc[known["true"], "concern_id"].nunique()
    return Promise(table, figures[0], figures[1], figures[2], known["on"].nunique(), worse)


def _mean_gap(rows: np.ndarray) -> float:
    """Average the bands' gaps by their matters; a row is a band's number and a difference."""
    return float(np.abs(np.bincount(rows[:, 0].astype(int), rows[:, 1])).sum() / len(rows))
