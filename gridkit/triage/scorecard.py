"""Scores by a card: integer points, a band, and how far missing answers could move them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.errors import AlignmentError
from gridkit.profile.card import Scorecard
from gridkit.triage.answers import answers
from gridkit.triage.levels import factor_levels, override_levels


def score(inputs: pd.DataFrame, card: Scorecard) -> pd.DataFrame:
    """Score concerns by a card; the advice, not the decision.

    Parameters
    ----------
    inputs : DataFrame, n rows
        One row per concern, with the columns `card.inputs`, as `triage.inputs` makes it.
        Many-of answers are codes parted by a space; `none` is an answer, missing is not.
    card : Scorecard
        Such as `profile.scorecard`.

    Returns
    -------
    DataFrame, n rows, indexed like `inputs`
        - `score` (Int16, points): the sum of the factors, clipped to the card's range.
        - `band` (ordered category, most urgent first).
        - `override` (bool): whether a danger put the concern in the top band.
        - `pts_<factor>` (Int16, points), one column per factor of the card.
        - `missing` (Int8): how many questions were not answered; each counts 0 points.
        - `score_low`, `score_high` (Int16, points): the least and the most that the score
          could become once they are; `band_high` the most urgent band it could reach.
        - `card` (category): the hash of the card.

    Raises
    ------
    DataError
        If a column is missing or holds a code that the card does not know.

    Notes
    -----
    Points are a proposal about matters, made to be overruled: the decision of a person is
    a record of its own. Never group or rank scores by person.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> card = load_profile().scorecard
    >>> one = pd.DataFrame({name: [None] for name in card.inputs}, index=["c1"]).assign(
    ...     harm="livelihood", households_affected=40, basic_need="water", safety="none"
    ... )
    >>> score(one, card)[["score", "band", "pts_reach", "missing"]]
        score    band  pts_reach  missing
    c1     34  yellow          9        3
    """
    read = answers(inputs, card)
    danger = override_levels(card, read)
    n = len(inputs)
    total, low, high = (np.zeros(n, dtype=np.int16) for _ in range(3))
    missing = danger.missing()
    points: dict[str, np.ndarray] = {}
    for factor in card.factors:
        levels = factor_levels(factor, read)
        points[f"pts_{factor.id}"] = levels.points()
        total += points[f"pts_{factor.id}"]
        low += levels.low()
        high += levels.high()
        missing += levels.missing()
    total, low, high = (np.clip(x, card.floor, card.ceiling) for x in (total, low, high))
    overrides = np.array([bool(case.zh) for case in danger.cases])[danger.codes]
    may_override = overrides | np.array([not c.answered for c in danger.cases])[danger.codes]

    columns: dict[str, object] = {
        "score": _integers(total),
        "band": band_of(total, overrides, card),
        "override": overrides,
        **{name: _integers(values) for name, values in points.items()},
        "missing": _integers(missing.astype(np.int8)),
        "score_low": _integers(low),
        "score_high": _integers(high),
        "band_high": band_of(high, may_override, card),
        "card": pd.Categorical.from_codes(np.zeros(n, dtype=np.int8), pd.Index([card.hash])),
    }
    return pd.DataFrame(columns, index=inputs.index)


def band_of(points: np.ndarray, override: np.ndarray, card: Scorecard) -> pd.Categorical[str]:
    """Find the band of each score.

    Parameters
    ----------
    points : array of int, length n
        Scores, clipped to the card's range.
    override : array of bool, length n
        Where a danger puts the concern in the top band, whatever its score.
    card : Scorecard

    Returns
    -------
    Categorical, length n, ordered from the most urgent band to the least
    """
    rising = np.array([band.above for band in reversed(card.bands)])
    codes = len(card.bands) - np.searchsorted(rising, points, side="left")
    codes[override] = 0
    names = pd.Index([band.code for band in card.bands])
    return pd.Categorical.from_codes(codes.astype(np.int8), names, ordered=True)


def check_aligned(inputs: pd.DataFrame, scores: pd.DataFrame, card: Scorecard) -> None:
    """Make sure that scores are those of these rows, by this version of the card.

    Raises
    ------
    AlignmentError
        If rows, their order, or the version of the card differ.
    """
    if not scores.index.equals(inputs.index):
        raise AlignmentError(
            en=f"`scores` ({len(scores)} rows) must be of the {len(inputs)} rows of `inputs`, "
            "in their order. Score them again.",
            zh=f"`scores` ({len(scores)} 行) 须与 `inputs` ({len(inputs)} 行) 逐行一致。请重新评分。",
        )
    if list(scores["card"].cat.categories) != [card.hash]:
        raise AlignmentError(
            en=f"`scores` were made by another version of the card; this is {card.hash[:12]}. "
            "Score them again.",
            zh=f"`scores` 出自评分卡的另一版本, 现版本为 {card.hash[:12]}。请重新评分。",
        )


def _integers(values: np.ndarray) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(values, np.zeros(len(values), dtype=bool))
