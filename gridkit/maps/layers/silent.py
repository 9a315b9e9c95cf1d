"""Silent grids: where less is said than there should be; a reason to knock, not a rating."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from gridkit.hotspots.silent import SILENT_CLASSES
from gridkit.maps.escape import Json
from gridkit.maps.layers.classes import classed
from gridkit.maps.layers.layer import Count, GridLayer, LegendSection
from gridkit.maps.layers.shades import NO_DATA


def _upright(gap: int, ground: str) -> dict[str, Json]:
    hatch: dict[str, Json] = {"kind": "upright", "color": "#3f1d6b", "gap": gap, "width": 1.5}
    return {"hatch": hatch | {"ground": ground}, "stroke": "#3f1d6b", "weight": 1.3}


# Upright lines are of silence only: they tell it from hot (slanting) and cold (level) in print.
_STYLES: dict[str, dict[str, Json]] = {
    "likely": _upright(6, "rgba(126,87,194,.55)"),
    "possible": _upright(11, "rgba(180,167,214,.45)"),
    "unclear": {},
    "unlikely": {
        "fill": "#a8d5a2",
        "opacity": 0.55,
    },  # on a grey print, too, not as white paper
    "no_households": NO_DATA,
}


def silent_layer(
    grids: gpd.GeoDataFrame,
    found: pd.DataFrame,
    *,
    title: str = "沉默网格",
    title_en: str = "silent grids",
    show: bool = True,
) -> GridLayer:
    """Mark the grids that report less than they should, as far as that can be told.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`.
    found : DataFrame, indexed by `grid_id`
        What `hotspots.silent` returned: `verdict`, and for the tooltip `n`, `expected`,
        `rate`, `low`, `high`, `p_silent`.
    title, title_en : str
        For legend, tooltip and layer control.
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
        If `verdict` is missing or holds an unknown word.

    Examples
    --------
    >>> import shapely
    >>> cells = shapely.box([0, 1], 0, [1, 2], 1)
    >>> grids = gpd.GeoDataFrame({"name": ["东", "西"]}, geometry=cells, index=["a", "b"], crs=4326)
    >>> layer = silent_layer(grids, pd.DataFrame({"verdict": ["likely", "unclear"]}, index=["a", "b"]))
    >>> layer.legend.items[0]["label"]
    '多半少报, 宜上门核实'
    """
    table, said = classed(
        found, grids, "verdict", _STYLES, name="found", maker="hotspots.silent"
    )
    verdict = said.fillna("unclear")
    classes: list[dict[str, Json]] = [
        {**_STYLES[c.code], "note": f"{c.zh} / {c.en}"} for c in SILENT_CLASSES
    ]
    items: tuple[dict[str, Json], ...] = tuple(
        {**_STYLES[c.code], "label": c.zh, "en": c.en}
        for c in SILENT_CLASSES
        if _STYLES[c.code] and (verdict == c.code).any()
    )
    notes = (
        "少报是上门的理由, 不是对网格、网格员或居民的评价。",
        "A reason to knock, never a rating. 未标出的: 依据不足 / unmarked: cannot be told.",
    )
    rows = [
        Count("n", "听到的事 (同因算一件)", 0, " 件"),
        Count("expected", "按户数和周边应有", 1, " 件"),
        Count("rate", "反映意愿 (全县平均为 1)", 2),
        Count("low", "区间, 下限", 2),
        Count("high", "区间, 上限", 2),
        Count("p_silent", "少报的概率", 2),
    ]
    return GridLayer(
        grids,
        classes,
        verdict.map({c.code: i for i, c in enumerate(SILENT_CLASSES)}).astype(int),
        table,
        rows,
        legend=LegendSection(title, title_en, items, notes),
        pane=("gkSilent", 408),
        show=show,
    )
