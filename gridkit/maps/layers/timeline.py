"""Grids over weeks: a slider that plays, with the week's clusters and what happened then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.errors import DataError
from gridkit.hotspots.cube import weekly
from gridkit.maps.escape import Json, safe
from gridkit.maps.layers.golomb import golomb
from gridkit.maps.layers.layer import GridLayer, LegendSection, on_grids
from gridkit.maps.layers.week_measures import PER_HOUSEHOLDS, Measure, coloring
from gridkit.maps.shapes import STEPS_PER_DEGREE, encode

_DAY = "%Y-%m-%d"


class TimeLayer(GridLayer):
    """Grids colored week by week; made by `time_layer`.

    `cube` has the concerns of each grid and week, in the order of the grids; `legends` a
    section for each measure that can be chosen.
    """

    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "time.js")
    cube: pd.DataFrame
    legends: tuple[LegendSection, ...]
    time: dict[str, Json]

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        return f"new gk.Time({self.held({**self.spec(), 'time': self.time})})"


def time_layer(  # noqa: PLR0913 - keywords with defaults, as a caller would say them
    grids: gpd.GeoDataFrame,
    counts: pd.DataFrame,
    *,
    window: int = 4,
    clusters: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    until: dt.date | None = None,
    measure: Measure = "counts",
    title: str = "逐周诉求",
) -> TimeLayer:
    """Show how concerns come and go over the weeks, with a slider that plays.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`. Where `households` are known, rates per 1,000 of them can
        be chosen beside counts, as they are and drawn towards the county's (`hotspots.rates`).
    counts : DataFrame
        What `hotspots.count(..., by=None)` returned: `grid_id`, `week`, `n`, without a gap.
    window : int
        Each step shows so many weeks together, up to its own: a grid has 0 to 3 concerns a
        week, and single weeks flicker.
    clusters : DataFrame, indexed by number, optional
        What `hotspots.scan` found: `members`, `from`, `to`, `observed`, `expected`, `p`;
        drawn in the weeks in which they were alive.
    events : DataFrame, optional
        `title`, `from`, `to` (dates; `to` may be missing: one day): a dry season, the start
        of works. They stand behind the chart and are named in their weeks.
    until : date, optional
        Up to which day the data reach: the last week says so if it is not over.
    measure : {"counts", "rates", "smoothed"}
        What is colored when the map opens; the reader may choose another.
    title : str
        For legend and layer control.

    Returns
    -------
    TimeLayer
        For `.add_to(m)`; one on a map. For the desk only: single weeks are small counts.

    Raises
    ------
    AlignmentError
        If counts belong to grids that the map does not have.
    DataError
        If columns are missing, a week has no row, `window` is below 1, or there is no such
        measure (rates need households).

    Notes
    -----
    A step touches only the grids whose class changes; counts are told in a byte or two each,
    so that 52 weeks of 600 grids take about 40 kB. Colors mean the same in all weeks.

    Examples
    --------
    >>> cells = shapely.box([0, 1], 0, [1, 2], 1)
    >>> grids = gpd.GeoDataFrame({"name": ["东", "西"]}, geometry=cells, index=["a", "b"], crs=4326)
    >>> counts = pd.DataFrame({"grid_id": ["a", "a", "b", "b"], "n": [2, 0, 1, 3],
    ...     "week": pd.to_datetime(["2026-03-02", "2026-03-09"] * 2)})
    >>> layer = time_layer(grids, counts, window=2)
    >>> layer.time["totals"], layer.time["labels"][-1]
    ([3, 6], '2026-03-02 至 03-15')
    """
    if window < 1:
        raise DataError(
            en=f"`window` must be 1 or more weeks; it is {window}.",
            zh=f"`window` 须不少于 1 周; 现为 {window}。",
        )
    table = weekly(counts)
    table.index = table.index.astype("str")
    cube = pd.DataFrame(on_grids(table, grids.set_axis(grids.index.astype("str")), "counts"))
    cube = cube.fillna(0).astype(np.int64).set_axis(grids.index)
    summed = cube.T.rolling(window, min_periods=1).sum().T.to_numpy()
    outlined = ["粗线圈出该周仍在的时空聚集 / outlined: clusters alive in that week."]
    colored = coloring(
        summed,
        grids.get("households"),
        window,
        title,
        outlined if clusters is not None and len(clusters) else [],
    )
    first = _first(measure, [str(one["name"]) for one in colored.measures])
    layer = TimeLayer(
        grids,
        colored.classes,
        pd.Series(colored.of[first][:, -1], index=grids.index),
        pd.DataFrame(index=grids.index),
        [],
        legend=colored.legends[first],
        pane=("gkTime", 402),
    )
    layer.legends = tuple(colored.legends)
    layer.cube = cube
    layer.time = {
        **_weeks(cube, window, until),
        "window": window,
        "measures": [
            {**one, "legend": legend.to_json()}
            for one, legend in zip(colored.measures, colored.legends, strict=True)
        ],
        "measure": first,
        "per": PER_HOUSEHOLDS,
        "homes": colored.homes.tolist(),
        "means": list(colored.means),
        "spreads": list(colored.spreads),
        "data": golomb(cube.to_numpy().T.ravel()),
        "clusters": _clusters(clusters, grids),
        "events": _events(events),
        "words": {
            "play": "播放 / play",
            "pause": "暂停 / pause",
            "week": "选择一周",
            "total": "全县 # 件",
            "unit": "件",
            "homes": "户数 (分母)",
            "measure": "量度 / measure",
            "chart": "每周件数",
        },
    }
    return layer


def _first(measure: str, there: list[str]) -> int:
    if measure in there:
        return there.index(measure)
    raise DataError(
        en=f"`measure` must be one of {', '.join(there)} on these grids; it is {measure!r}. Rates "
        "need `households`.",
        zh=f"这些网格的 `measure` 可为 {'、'.join(there)}; 现为 {measure!r}。率要有户数 (`households`)。",
    )


def _weeks(cube: pd.DataFrame, window: int, until: dt.date | None) -> dict[str, Json]:
    """Say each step: its week, its words, and the county's concerns in it."""
    mondays = pd.DatetimeIndex(cube.columns)
    ends = mondays + pd.Timedelta(days=6)
    begins = mondays[np.maximum(np.arange(len(mondays)) - window + 1, 0)]
    per_week = cube.sum()
    labels = [f"{a:%Y-%m-%d} 至 {b:%m-%d}" for a, b in zip(begins, ends, strict=True)]
    if until is not None and pd.Timestamp(until) < ends[-1]:
        labels[-1] = f"{begins[-1]:%Y-%m-%d} 至 {until:%m-%d} (本周未完)"
    return {
        "weeks": list(mondays.strftime(_DAY)),
        "ends": list(ends.strftime(_DAY)),
        "labels": labels,
        "weekly": per_week.tolist(),
        "totals": per_week.rolling(window, min_periods=1).sum().astype(int).tolist(),
    }


def _clusters(clusters: pd.DataFrame | None, grids: gpd.GeoDataFrame) -> list[Json]:
    if clusters is None:
        return []
    lacking = [
        c for c in ("members", "from", "to", "observed", "expected") if c not in clusters
    ]
    if lacking:
        raise DataError(
            en=f"`clusters` lacks {', '.join(lacking)}; make it with `hotspots.scan`.",
            zh=f"`clusters` 缺少 {', '.join(lacking)}; 请用 `hotspots.scan` 得出。",
        )
    shapes = grids.geometry.set_axis(grids.index.astype("str"))
    return [
        _cluster(number, row, shapes)
        for number, row in zip(clusters.index, clusters.to_dict("records"), strict=True)
    ]


def _cluster(number: Any, row: Mapping[Any, Any], shapes: gpd.GeoSeries) -> Json:
    members = on_grids(pd.Series(1, index=str(row["members"]).split()), shapes, "clusters")
    area = shapely.union_all(shapes[members.notna().to_numpy()].to_numpy())
    point = shapely.get_coordinates(shapely.point_on_surface(area))[0] * STEPS_PER_DEGREE
    rings: Any = encode(np.array([area]))[0]
    return {
        "n": safe(number),
        "from": f"{row['from']:%Y-%m-%d}",
        "to": f"{row['to']:%Y-%m-%d}",
        "said": safe(f"聚集 {number}: {row['observed']} 件, 预期 {row['expected']:.1f} 件"),
        "rings": rings,
        "at": [int(v) for v in np.rint(point)],
    }


def _events(events: pd.DataFrame | None) -> list[Json]:
    if events is None:
        return []
    lacking = [c for c in ("title", "from") if c not in events]
    if lacking:
        raise DataError(
            en=f"`events` lacks {', '.join(lacking)}; it needs `title`, `from` and, if it "
            "lasted, `to`.",
            zh=f"`events` 缺少 {', '.join(lacking)}; 须有 `title`、`from`, 持续的还要 `to`。",
        )
    begin = pd.to_datetime(events["from"])
    end = pd.to_datetime(events["to"]).fillna(begin) if "to" in events else begin
    return [
        {"title": safe(title), "from": f"{a:%Y-%m-%d}", "to": f"{b:%Y-%m-%d}"}
        for title, a, b in zip(events["title"], begin, end, strict=True)
    ]
