"""The study: counts by category, grid and complete week, from which weekly runs are cut."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.hotspots.counts import count
from gridkit.hotspots.relations import require

if TYPE_CHECKING:
    import geopandas as gpd

WEEK = pd.Timedelta(days=7)
ALL = "all"


@dataclass(frozen=True, eq=False)
class Study:
    """Counts of C categories, P grids and W complete weeks, without a hole.

    Attributes
    ----------
    places : DataFrame, indexed by `grid_id`
        `x`, `y`: middle of each grid, meters.
    households : Series of float, indexed like `places`
        Missing where unknown.
    weeks : DatetimeIndex of length W
        Mondays.
    counts : dict of str to array of int, shape (P, W)
        By category; "all" holds those without a demand type as well.
    unplaced : int
        Concerns of these weeks that lie in no grid, and so are in no count.
    """

    places: pd.DataFrame
    households: pd.Series
    weeks: pd.DatetimeIndex
    counts: dict[str, NDArray[np.int64]]
    unplaced: int

    @property
    def types(self) -> list[str]:
        """The demand types counted."""
        return [category for category in self.counts if category != ALL]

    def span(self, week: pd.Timestamp, most: int) -> slice:
        """Give the places of up to `most` weeks that end with this one."""
        last = int(self.weeks.get_indexer(pd.DatetimeIndex([week]))[0])
        return slice(max(0, last + 1 - most), last + 1)

    def table(self, category: str, span: slice, *, empty: bool = True) -> pd.DataFrame:
        """Lay out counts as `scan` takes them, with or without grids that have no case."""
        n = self.counts[category][:, span]
        kept = np.flatnonzero(n.any(axis=1) | empty)
        n = n[kept]
        return pd.DataFrame(
            {
                "grid_id": pd.Categorical.from_codes(
                    np.repeat(kept, n.shape[1]), categories=self.places.index
                ),
                "week": np.tile(self.weeks[span], len(n)),
                "n": n.ravel(),
            }
        )

    def fingerprint(self, span: slice) -> str:
        """Give a hash of the counts of some weeks and of the grids they are counted on."""
        seen = hashlib.sha256(",".join(self.places.index).encode())
        seen.update(self.places.to_numpy(dtype=np.float64).round(1).tobytes())
        seen.update(self.households.to_numpy(dtype=np.float64).tobytes())
        seen.update(self.weeks[span].asi8.tobytes())
        for category in sorted(self.counts):
            seen.update(category.encode())
            seen.update(np.ascontiguousarray(self.counts[category][:, span]).tobytes())
        return seen.hexdigest()[:24]


def last_full_week(on: date | pd.Timestamp) -> pd.Timestamp:
    """Give the Monday of the last week that is over by the evening of a day.

    Parameters
    ----------
    on : date
        The day, itself included.

    Returns
    -------
    Timestamp

    Examples
    --------
    >>> last_full_week(date(2026, 11, 23)).date(), last_full_week(date(2026, 11, 22)).date()
    (datetime.date(2026, 11, 16), datetime.date(2026, 11, 16))
    """
    day = pd.Timestamp(on).normalize().as_unit("s")
    return day - pd.Timedelta(days=(day.weekday() + 1) % 7 + 6)


def make_study(
    concerns: pd.DataFrame,
    grids: gpd.GeoDataFrame,
    last: pd.Timestamp,
    most: int,
    types: Sequence[str],
) -> Study:
    """Count concerns in the complete weeks of the ledger.

    Parameters
    ----------
    concerns : DataFrame
        `grid_id`, `heard_on`, `demand_type`; those of a statutory channel left out before.
    grids : GeoDataFrame
        With households and population.
    last : Timestamp
        Monday of the last week.
    most : int
        Weeks back at most. It begins no earlier than the first full week of the ledger:
        weeks before it are not zero, they are unknown.
    types : sequence of str
        Demand types to count.

    Returns
    -------
    Study

    Raises
    ------
    DataError
        If a column is missing, or the ledger has no full week up to `last`.
    """
    require(["grid_id", "heard_on", "demand_type"], concerns.columns, "concerns")
    heard = pd.to_datetime(concerns["heard_on"])
    first = _first_full_week(heard, last)
    first = max(first, last - (most - 1) * WEEK)
    period = (first.date(), (last + WEEK - pd.Timedelta(days=1)).date())
    weeks = pd.date_range(first, last, freq="7D").as_unit("s")
    within = heard.between(first, last + WEEK, inclusive="left")
    shape = (len(grids), len(weeks))
    known = concerns["grid_id"].astype("str").isin(grids.index.astype("str"))
    every = count(concerns, grids, by=None, period=period)
    counts = {ALL: _cube(every, shape)[:, 0]}
    if len(types):
        table = count(concerns, grids, period=period, categories=list(types))
        cube = _cube(table, (shape[0], len(types), shape[1]))
        counts |= {kind: cube[:, i] for i, kind in enumerate(types)}
    from gridkit.records.places import to_meters

    middle = to_meters(grids.geometry).centroid
    index = pd.Index(grids.index.astype("str"), name="grid_id")
    return Study(
        pd.DataFrame({"x": middle.x.to_numpy(), "y": middle.y.to_numpy()}, index=index),
        pd.Series(
            grids["households"].astype("Float64").to_numpy(np.float64, na_value=np.nan), index
        ),
        weeks,
        counts,
        int((within & ~known).sum()),
    )


def _first_full_week(heard: pd.Series, last: pd.Timestamp) -> pd.Timestamp:
    before = heard[heard < last + WEEK]
    if before.empty:
        raise DataError(
            en=f"no concern was heard up to {last + WEEK - pd.Timedelta(days=1):%Y-%m-%d}; "
            "there is nothing to compare. Choose a later day.",
            zh=f"到 {last + WEEK - pd.Timedelta(days=1):%Y-%m-%d} 为止没有诉求, 无从比较。"
            "请选更晚的日期。",
        )
    day = before.min().normalize().as_unit("s")
    first: pd.Timestamp = day + pd.Timedelta(days=-day.weekday() % 7)
    return min(first, last)


def _cube(table: pd.DataFrame, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Take the counts out of a table that is sorted by grid, category and week."""
    n = table["n"].to_numpy(dtype=np.int64)
    return n.reshape(shape if len(shape) == 3 else (shape[0], 1, shape[1]))
