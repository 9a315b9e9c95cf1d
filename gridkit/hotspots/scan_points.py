"""Points with times, counted by place and step so that they can be scanned."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.hotspots.relations import Period, require


def count_points(
    points: pd.DataFrame, period: Period, *, every: str = "week", on: str = "heard_on"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count points by place and week (or day), zeros included: what `scan` takes.

    Points at the same coordinates are one place. Nothing is known of places where nothing
    happened, so there is no population: `scan` takes the permutation model.

    Parameters
    ----------
    points : DataFrame
        `lon` and `lat` (degrees) or `x` and `y` (meters), and a column of civil dates.
    period : tuple of two dates
        First and last day of recording, both included. Weeks start on Monday; a week that
        the period cuts counts in full.
    every : str
        "week" or "day".
    on : str
        The column of dates.

    Returns
    -------
    counts : DataFrame
        `grid_id`, `week` or `day`, `n`: complete.
    places : DataFrame, indexed by grid_id
        The coordinates.

    Raises
    ------
    DataError
        If a column, a coordinate or a date is missing, or a date lies outside the period.

    Notes
    -----
    Coordinates that stand for "unknown", and one building that reported many times, are
    places like any other: look at the largest counts before believing a cluster.

    Examples
    --------
    >>> points = pd.DataFrame({"x": [0, 0, 900], "y": [0, 0, 0],
    ...     "heard_on": pd.to_datetime(["2026-03-02", "2026-03-10", "2026-03-11"])})
    >>> counts, places = count_points(points, ("2026-03-02", "2026-03-15"))
    >>> counts["n"].tolist(), len(places)
    ([1, 1, 0, 1], 2)
    """
    axes = ["x", "y"] if {"x", "y"} <= set(points.columns) else ["lon", "lat"]
    require([*axes, on], points.columns, "points")
    if every not in ("week", "day"):
        raise DataError(
            en=f'`every` must be "week" or "day"; it is {every!r}.',
            zh=f'`every` 须为 "week" 或 "day"; 现为 {every!r}。',
        )
    dates = pd.to_datetime(points[on]).dt.normalize()
    first, last = (pd.Timestamp(day) for day in period)
    missing = int((dates.isna() | points[axes].isna().any(axis=1)).sum())
    outside = int(((dates < first) | (dates > last)).sum())
    if missing or outside or points.empty:
        raise DataError(
            en=f"`points` must have place and date in each row, within {first:%Y-%m-%d} to "
            f"{last:%Y-%m-%d}; of {len(points)} rows {missing} lack one, {outside} are outside. "
            "Leave these rows out knowingly, or change `period`.",
            zh=f"`points` 每行须有位置和日期, 且在 {first:%Y-%m-%d} 至 {last:%Y-%m-%d} 之间; "
            f"{len(points)} 行中缺失 {missing} 行, 期外 {outside} 行。请明确剔除或更改 `period`。",
        )
    if every == "week":
        monday = pd.Timedelta(days=first.weekday())
        steps = pd.date_range(first - monday, last, freq="7D")
        at = ((dates - steps[0]).dt.days // 7).to_numpy()
    else:
        steps = pd.date_range(first, last, freq="D")
        at = (dates - steps[0]).dt.days.to_numpy()
    places = points[axes].drop_duplicates().sort_values(axes)
    width = len(str(len(places)))
    labels = [f"p{i:0{width}d}" for i in range(1, len(places) + 1)]
    places.index = pd.Index(labels, name="grid_id", dtype="str")
    number = pd.MultiIndex.from_frame(places).get_indexer(
        pd.MultiIndex.from_frame(points[axes])
    )
    table = np.zeros((len(places), len(steps)), dtype=np.int64)
    np.add.at(table, (number, at), 1)
    counts = pd.DataFrame(
        {
            "grid_id": pd.Categorical(np.repeat(labels, len(steps)), categories=labels),
            every: np.tile(steps.astype("datetime64[s]"), len(labels)),
            "n": pd.Series(table.ravel(), dtype="Int64"),
        }
    )
    return counts, places
