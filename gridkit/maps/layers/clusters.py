"""Clusters of a weekly warning: their grids hatched, outlined together and numbered."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.errors import AlignmentError, DataError
from gridkit.maps.escape import Json, safe
from gridkit.maps.layers.layer import Count, GridLayer, LegendSection
from gridkit.maps.shapes import STEPS_PER_DEGREE, encode


class ClusterStyle(NamedTuple):
    """How clusters of one status are said and drawn."""

    code: str
    zh: str
    en: str
    style: dict[str, Json]


def _hatched(kind: str, color: str, gap: int, ground: str) -> dict[str, Json]:
    hatch: dict[str, Json] = {"kind": kind, "color": color, "gap": gap, "width": 1.4}
    return {"hatch": hatch | {"ground": ground}, "stroke": color, "weight": 1.0}


# Hue: ColorBrewer RdYlBu, safe for color-blind readers; the hatching says it again in print.
CLUSTER_STYLES = (
    ClusterStyle(
        "new", "新出现", "new", _hatched("cross", "#7f0d22", 8, "rgba(215,48,39,.50)")
    ),
    ClusterStyle(
        "grew", "扩大", "grew", _hatched("diag", "#a63603", 7, "rgba(252,141,89,.50)")
    ),
    ClusterStyle(
        "ongoing", "持续", "ongoing", _hatched("back", "#8a5a00", 11, "rgba(254,217,118,.45)")
    ),
    ClusterStyle(
        "found", "聚集", "cluster", _hatched("cross", "#7f0d22", 9, "rgba(226,120,100,.45)")
    ),
    ClusterStyle(
        "ended",
        "上周有, 已不再显著",
        "no longer significant",
        _hatched("level", "#3f5f80", 9, "rgba(145,170,200,.28)"),
    ),
)
_NONE: dict[str, Json] = {}
ROWS = (
    Count("observed", "聚集内件数", 0, " 件"),
    Count("expected", "聚集内预期", 1, " 件"),
    Count("p", "p 值 (已按检验项数校正)", 3),
)


class ClusterLayer(GridLayer):
    """Grids of clusters, with an outline and a number for each; made by `cluster_layer`."""

    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "many.js", "clusters.js")
    outlines: list[dict[str, Json]]

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        return f"gk.clusters({super().script()}, {self.held(self.outlines)})"


def cluster_layer(
    grids: gpd.GeoDataFrame,
    clusters: pd.DataFrame,
    names: dict[str, str],
    ended: pd.DataFrame | None = None,
) -> ClusterLayer:
    """Mark the clusters of a weekly run, and those of the week before that are over.

    For the desk only: counts of single clusters may be small.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`.
    clusters : DataFrame, indexed by their numbers, the surest first
        `members` (grid ids joined by blanks), `status`, `category`, `from`, `observed`,
        `expected`, `p`, as `hotspots.WeeklyWarning.clusters`.
    names : dict of str to str
        What the categories are called.
    ended : DataFrame, optional
        As `hotspots.WeeklyWarning.ended`.

    Returns
    -------
    ClusterLayer
        For `.add_to(m)`.

    Raises
    ------
    AlignmentError
        If members are not among the grids.
    DataError
        If a column is missing or a status unknown.

    Examples
    --------
    >>> cells = shapely.box([0, 1], 0, [1, 2], 1)
    >>> grids = gpd.GeoDataFrame({"name": ["东", "西"]}, geometry=cells, index=["a", "b"], crs=4326)
    >>> clusters = pd.DataFrame({"members": ["a"], "status": ["new"], "category": ["water"],
    ...     "from": pd.to_datetime(["2026-03-02"]), "observed": [9], "expected": [2.0], "p": [0.004]},
    ...     index=[1])
    >>> layer = cluster_layer(grids, clusters, {"water": "用水"})
    >>> [c["note"] for c in layer.classes if "note" in c]
    ['1 号 用水: 新出现, 自 2026-03-02']
    """
    _check(grids, clusters)
    styles = {one.code: one for one in CLUSTER_STYLES}
    over = ended if ended is not None else clusters.iloc[:0]
    members = [text.split() for text in [*clusters["members"], *over["members"]]]
    status = [*clusters["status"].astype("str"), *["ended"] * len(over)]
    kinds = [names.get(kind, kind) for kind in [*clusters["category"], *over["category"]]]
    notes = [
        f"{number} 号 {kind}: {styles[said].zh}, 自 {day:%Y-%m-%d}"
        for number, kind, said, day in zip(
            clusters.index, kinds, status, clusters["from"], strict=False
        )
    ]
    notes += [f"{kind}: 上周有聚集, 已不再显著" for kind in kinds[len(notes) :]]
    held: dict[str, list[int]] = {}
    for i, ids in enumerate(members):
        for grid in ids:
            held.setdefault(grid, []).append(i)
    which = [tuple(held.get(str(grid), ())) for grid in grids.index]
    kept = sorted(set(which) - {()})
    classes: list[dict[str, Json]] = [
        {**styles[status[some[0]]].style, "note": "; ".join(notes[i] for i in some)}
        for some in kept
    ]
    place = {some: i for i, some in enumerate(kept)} | {(): len(kept)}
    of = pd.Series([place[some] for some in which], index=grids.index)
    first = np.array([some[0] if some else -1 for some in which])
    table = pd.DataFrame(index=grids.index)
    for row in ROWS:
        values = clusters[row.column].to_numpy(dtype=float, na_value=np.nan)
        values = np.append(values, np.full(len(over) + 1, np.nan))
        table[row.column] = values[first]
    layer = ClusterLayer(
        grids,
        [*classes, _NONE],
        of,
        table,
        ROWS,
        legend=_legend(status, styles),
        pane=("gkClusters", 415),
    )
    layer.outlines = _outlines(grids, members[: len(clusters)], list(clusters.index), status)
    return layer


def _check(grids: gpd.GeoDataFrame, clusters: pd.DataFrame) -> None:
    needed = ["members", "status", "category", "from", "observed", "expected", "p"]
    lacking = [name for name in needed if name not in clusters]
    if lacking:
        raise DataError(
            en=f"`clusters` lacks {', '.join(lacking)}; make it with `hotspots.weekly_warning`.",
            zh=f"`clusters` 缺少 {', '.join(lacking)}; 请用 `hotspots.weekly_warning` 得出。",
        )
    known = {one.code for one in CLUSTER_STYLES}
    odd = sorted(set(clusters["status"].astype("str")) - known)
    if odd:
        raise DataError(
            en=f"`status` must be one of {', '.join(sorted(known))}; {len(odd)} are not.",
            zh=f"`status` 须为 {', '.join(sorted(known))} 之一; 有 {len(odd)} 种不是。",
        )
    ids = {grid for text in clusters["members"] for grid in text.split()}
    unknown = sorted(ids - set(grids.index.astype("str")))
    if unknown:
        some = ", ".join(unknown[:3])
        raise AlignmentError(
            en=f"`members` must be grids of the map; {len(unknown)} are not ({some}). "
            "Scan the same grids that the map is drawn of.",
            zh=f"`members` 须为地图上的网格; 有 {len(unknown)} 个不是 ({some})。"
            "请用绘图的同一套网格来检验。",
        )


def _legend(status: list[str], styles: dict[str, ClusterStyle]) -> LegendSection:
    items: list[dict[str, Json]] = [
        {**one.style, "label": one.zh, "en": one.en}
        for one in styles.values()
        if one.code in status
    ]
    notes: tuple[str, ...] = (
        "圈中的网格合起来显著偏高, 不等于每一格都高; 边缘不确定。",
        "Its grids are high together, not each of them; the edge is uncertain.",
    )
    if not status:
        notes = ("本周没有聚集。", "No cluster this week.")
    return LegendSection("聚集 (时空扫描)", "clusters", tuple(items), notes)


def _outlines(
    grids: gpd.GeoDataFrame, members: list[list[str]], numbers: list[Any], status: list[str]
) -> list[dict[str, Json]]:
    """Give one outline per cluster, its number, its color and where the number stands."""
    shapes = grids.geometry.set_axis(grids.index.astype("str"))
    out: list[dict[str, Json]] = []
    colors = {one.code: one.style["stroke"] for one in CLUSTER_STYLES}
    for ids, number, said in zip(members, numbers, status, strict=False):
        area = shapely.union_all(shapes.loc[ids].to_numpy())
        point = shapely.get_coordinates(shapely.point_on_surface(area))[0] * STEPS_PER_DEGREE
        rings: Any = encode(np.array([area]))[0]
        out.append(
            {
                "n": safe(number),
                "color": colors[said],
                "rings": rings,
                "at": [int(v) for v in np.rint(point)],
            }
        )
    return out
