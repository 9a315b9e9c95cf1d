"""How much the week's choice hangs on each weight of the card: churn at ±20 %."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile.card import Scorecard
from gridkit.triage.scorecard import band_of, score

SHARE = 0.2


def rank_churn(
    facts: pd.DataFrame, card: Scorecard, capacity: int, *, share: float = SHARE
) -> pd.DataFrame:
    """Tell how many of the week's visits would change if one factor weighed more or less.

    Parameters
    ----------
    facts : DataFrame
        As `weekly_facts` gives it: one row per day and open matter.
    card : Scorecard
    capacity : int
        Visits in a week.
    share : float
        By how much the points of a factor are raised and lowered, 0.2 for 20 %.

    Returns
    -------
    DataFrame, indexed by factor
        `less`, `more`: the mean share of the first `capacity` matters of a day that drop
        out when the factor weighs less or more (0 none, 1 all), in the order of `by_card`
        and with nobody resting after a visit; `band_less`, `band_more`:
        the share of all matters whose band changes.

    Raises
    ------
    DataError
        If `capacity` is below 1 or `share` not in (0, 1).
    """
    if capacity < 1 or not 0 < share < 1:
        raise DataError(
            en=f"`capacity` must be 1 or more, `share` in (0, 1); they are {capacity}, {share}.",
            zh=f"`capacity` 须不小于 1, `share` 须在 0 和 1 之间; 现为 {capacity} 和 {share}。",
        )
    scores = score(facts, card)
    points = {f.id: scores[f"pts_{f.id}"].to_numpy(dtype=float) for f in card.factors}
    total = np.sum(list(points.values()), axis=0)
    override = scores["override"].to_numpy()
    day = facts["on"].to_numpy()
    due = facts["due_on"].to_numpy().astype("datetime64[s]")  # what has no clock sorts last
    waits = [facts["heard_on"].to_numpy(), due]
    usual = _first(day, [*waits, *_keys(total, override, card)], capacity)
    bands = scores["band"].cat.codes.to_numpy()
    rows = {}
    for name, its in points.items():
        moved = [total + sign * share * its for sign in (-1, 1)]
        tops = [_first(day, [*waits, *_keys(m, override, card)], capacity) for m in moved]
        codes = [_bands(m, override, card) for m in moved]
        rows[name] = [
            *(1 - (usual & top).sum() / max(usual.sum(), 1) for top in tops),
            *(float((code != bands).mean()) for code in codes),
        ]
    columns = pd.Index(["less", "more", "band_less", "band_more"])
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("factor")


def _bands(total: np.ndarray, override: np.ndarray, card: Scorecard) -> np.ndarray:
    clipped = np.clip(total, card.floor, card.ceiling)
    codes: np.ndarray = band_of(clipped, override, card).codes
    return codes


def _keys(total: np.ndarray, override: np.ndarray, card: Scorecard) -> list[np.ndarray]:
    clipped = np.clip(total, card.floor, card.ceiling)
    return [-clipped, ~override, _bands(total, override, card)]


def _first(day: np.ndarray, keys: list[np.ndarray], capacity: int) -> np.ndarray:
    """Mark the rows that are among the first of their day, by keys with the last first."""
    order = np.lexsort([*keys, day])
    ranked = day[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    first = np.zeros(len(order), dtype=bool)
    first[order] = place < capacity
    return first
