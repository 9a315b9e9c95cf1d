"""How much the week's choice hangs on each weight of the card: churn at ±20 %."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile.card import Scorecard
from gridkit.triage.evaluate_intervals import bootstrap
from gridkit.triage.scorecard import band_of, score

SHARE = 0.2


def rank_churn(
    facts: pd.DataFrame,
    card: Scorecard,
    capacity: int,
    *,
    rng: np.random.Generator,
    share: float = SHARE,
) -> pd.DataFrame:
    """Tell how many of the week's visits would change if one factor weighed more or less.

    Parameters
    ----------
    facts : DataFrame
        As `weekly_facts` gives it: one row per day and open matter.
    card : Scorecard
    capacity : int
        Visits in a week.
    rng : Generator
        Source of chance, for the intervals.
    share : float
        By how much the points of a factor are raised and lowered, 0.2 for 20 %.

    Returns
    -------
    DataFrame, indexed by factor
        `less`, `more`: the mean share of the first `capacity` matters of a day that drop
        out when the factor weighs less or more (0 none, 1 all), in the order of `by_card`
        and with nobody resting after a visit; `band_less`, `band_more`:
        the share of all matters whose band changes. Each with `_low` and `_high`: 95 %
        bootstrap intervals, drawing weeks for the visits and grids for the bands.

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
    week, grid = facts["on"][usual], facts["grid_id"].astype("str")
    rows: dict[str, dict[str, float]] = {}
    for name, its in points.items():
        moved = [total + sign * share * its for sign in (-1, 1)]
        tops = [_first(day, [*waits, *_keys(m, override, card)], capacity) for m in moved]
        codes = [_bands(m, override, card) for m in moved]
        rows[name] = {
            **_between("less", ~tops[0][usual], week, rng),
            **_between("more", ~tops[1][usual], week, rng),
            **_between("band_less", codes[0] != bands, grid, rng),
            **_between("band_more", codes[1] != bands, grid, rng),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("factor")


def _between(
    name: str, changed: np.ndarray, together: pd.Series, rng: np.random.Generator
) -> dict[str, float]:
    """Give a share and its interval; exactly 0 where a factor moves nothing at all."""
    rows = pd.DataFrame({"hits": changed.astype(float), "n": 1.0})
    sums = rows.groupby(together.to_numpy()).sum().to_numpy()
    found = bootstrap(sums, _ratio, rng=rng)
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _ratio(sums: np.ndarray) -> float:
    return float(sums[:, 0].sum() / sums[:, 1].sum())


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
