"""Before and after a measure: which grids fell or rose more than the others did."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd

from gridkit.hotspots.change import CHANGE_CLASSES
from gridkit.maps.escape import Json
from gridkit.maps.layers.classes import classed
from gridkit.maps.layers.layer import Count, GridLayer, LegendSection
from gridkit.maps.layers.shades import NO_DATA


def _hatched(kind: str, color: str, ground: str) -> dict[str, Json]:
    hatch: dict[str, Json] = {"kind": kind, "color": color, "gap": 8, "width": 1.5}
    return {"hatch": hatch | {"ground": ground}, "stroke": color, "weight": 1.5}


# Hue: ColorBrewer BrBG (safe for color-blind readers); an arrow and the lines repeat it.
_STYLES: dict[str, dict[str, Json]] = {
    "less": _hatched("level", "#01665e", "rgba(90,180,172,.60)") | {"glyph": "↓"},
    "more": _hatched("cross", "#8c510a", "rgba(216,179,101,.70)") | {"glyph": "↑"},
    "none": {"fill": "#ddd6c6", "opacity": 0.75, "stroke": "#b9b1a0", "weight": 0.6},
    "few": {},
}


def change_layer(
    grids: gpd.GeoDataFrame,
    found: pd.DataFrame,
    *,
    measure: str,
    since: dt.date,
    show: bool = True,
) -> GridLayer:
    """Mark the grids that changed more than the county did after a measure.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`.
    found : DataFrame, indexed by `grid_id`
        What `hotspots.before_after` returned.
    measure : str
        What was done, such as "区间段供水".
    since : date
        When it began.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    GridLayer
        For `.add_to(m)`.

    Raises
    ------
    AlignmentError
        If rows belong to grids that the map does not have.
    DataError
        If `change` is missing or holds an unknown word.

    Examples
    --------
    >>> import shapely
    >>> cells = shapely.box([0, 1], 0, [1, 2], 1)
    >>> grids = gpd.GeoDataFrame({"name": ["东", "西"]}, geometry=cells, index=["a", "b"], crs=4326)
    >>> found = pd.DataFrame({"change": ["less", "none"], "before": [20, 9]}, index=["a", "b"])
    >>> change_layer(grids, found, measure="错峰供水", since=dt.date(2026, 8, 3)).legend.title
    '措施前后: 错峰供水'
    """
    codes = [c.code for c in CHANGE_CLASSES]
    table, said = classed(
        found, grids, "change", codes, name="found", maker="hotspots.before_after"
    )
    change = said.fillna("missing")
    classes: list[dict[str, Json]] = [
        {**_STYLES[c.code], "note": f"{c.zh} / {c.en}"} for c in CHANGE_CLASSES
    ]
    classes.append(NO_DATA | {"note": "无数据 / no data"})
    place = {code: i for i, code in enumerate([*codes, "missing"])}
    items: tuple[dict[str, Json], ...] = tuple(
        {**_STYLES[c.code], "label": c.zh, "en": c.en}
        for c in CHANGE_CLASSES
        if _STYLES[c.code] and (change == c.code).any()
    )
    spans = [found.attrs.get(name) for name in ("weeks_before", "weeks_after")]
    span = f"前 {spans[0]} 周与后 {spans[1]} 周相比, " if None not in spans else ""
    less, more = (int((change == code).sum()) for code in ("less", "more"))
    notes = (
        f"自 {since:%Y-%m-%d}: {span}与其他网格同期的变化比。{less} 个明显减少, {more} 个明显增多 "
        "(其中平均至多 5% 只是偶然)。",
        "变化不等于措施的作用: 同一时间也许还有别的事 / a change, not proof of its cause.",
    )
    rows = [
        Count("before", "之前", 0, " 件"),
        Count("after", "之后", 0, " 件"),
        Count("expected", "之后应有 (若同其他网格)", 1, " 件"),
        Count("q", "q 值 (全县校正后)", 3),
    ]
    return GridLayer(
        grids,
        classes,
        change.map(place).astype(int),
        table,
        rows,
        legend=LegendSection(f"措施前后: {measure}", "before and after", items, notes),
        pane=("gkChange", 409),
        show=show,
    )
