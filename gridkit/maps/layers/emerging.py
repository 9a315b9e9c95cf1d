"""Emerging classes: whether a hotspot is new, lasting, fading or past, each with its character."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from gridkit.hotspots.emerging_kinds import EMERGING_CLASSES, EmergingClass
from gridkit.maps.escape import Json
from gridkit.maps.layers.classes import classed
from gridkit.maps.layers.layer import Count, GridLayer, LegendSection

# One character says in print what the shade says on a screen.
_GLYPHS = {
    "new": "新",
    "consecutive": "连",
    "intensifying": "剧",
    "persistent": "持",
    "diminishing": "减",
    "sporadic": "零",
    "oscillating": "荡",
    "historical": "史",
}


def _style(kind: EmergingClass) -> dict[str, Json]:
    if kind.sign == 0:
        return {"note": f"{kind.zh} / {kind.en}"}
    hot = kind.sign > 0
    lines: Json = {
        "kind": "diag" if hot else "level",
        "color": "#7f0d22" if hot else "#123f73",
        "gap": 9,
        "width": 0.9,
        "ground": f"{kind.color}cc",
    }
    return {
        "hatch": lines,
        "stroke": "#7f0d22" if hot else "#123f73",
        "weight": 1.4,
        "glyph": _GLYPHS[kind.code.rpartition("_")[0]],
        "note": f"{kind.zh} / {kind.en}",
    }


_STYLES = {kind.code: _style(kind) for kind in EMERGING_CLASSES}
_UNTESTED: dict[str, Json] = {"note": "未检验 / not tested"}


def emerging_layer(
    grids: gpd.GeoDataFrame,
    found: pd.DataFrame,
    *,
    title: str = "热点的来去 (新兴热点)",
    title_en: str = "emerging hotspots",
    show: bool = True,
) -> GridLayer:
    """Mark how each grid came to be, stays or ceases to be a hotspot.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`.
    found : DataFrame, indexed by `grid_id`
        What `hotspots.emerging` returned: `kind`, and as far as present `hot`, `cold`,
        `z`, `trend_p`.
    title, title_en : str
        For legend, tooltip and layer control.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    GridLayer
        For `.add_to(m)`. Each class is said three times: by color, by the direction of its
        lines (slanting hot, level cold), and by a character.

    Raises
    ------
    AlignmentError
        If rows belong to grids that the map does not have.
    DataError
        If the column of classes is missing or holds an unknown one.

    Examples
    --------
    >>> import shapely
    >>> cells = shapely.box([0, 1], 0, [1, 2], 1)
    >>> grids = gpd.GeoDataFrame({"name": ["东", "西"]}, geometry=cells, index=["a", "b"], crs=4326)
    >>> layer = emerging_layer(grids, pd.DataFrame({"kind": ["new_hot", "none"]}, index=["a", "b"]))
    >>> [item["label"] for item in layer.legend.items]
    ['新增热点']
    """
    codes = list(_STYLES)
    table, kind = classed(found, grids, "kind", codes, name="found", maker="hotspots.emerging")
    of = kind.map({code: i for i, code in enumerate(codes)}).fillna(len(codes)).astype(int)
    items: tuple[dict[str, Json], ...] = tuple(
        {**_STYLES[c.code], "label": c.zh, "en": c.en}
        for c in EMERGING_CLASSES
        if c.sign and (kind == c.code).any()
    )
    some = int(kind.isin([c.code for c in EMERGING_CLASSES if c.sign]).sum())
    notes = (
        f"{len(grids)} 个网格中 {some} 个有热点或冷点的历史; 未标出的: 看不出规律。",
        "新: 只有最近一周显著; 连: 最近接连几周; 持、剧、减: 几乎一直, 平稳、加剧或减弱; "
        "零、荡: 时有时无; 史: 过去一直, 最近不再。",
    )
    rows = [
        Count("hot", "显著偏高的周数", 0, " 周"),
        Count("cold", "显著偏低的周数", 0, " 周"),
        Count("z", "最近一周的 z 值", 2),
        Count("trend_p", "趋势的 p 值", 3),
    ]
    return GridLayer(
        grids,
        [*_STYLES.values(), _UNTESTED],
        of,
        table,
        rows,
        legend=LegendSection(title, title_en, items, notes),
        pane=("gkEmerging", 412),
        show=show,
    )
