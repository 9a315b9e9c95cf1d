"""What a map shows, as tables for a GIS: a layer each, with a data dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gridkit.maps.disclosure import check_published
from gridkit.records.levels import LEVELS, dissolve

if TYPE_CHECKING:
    from gridkit.maps.overview import Overview
    from gridkit.maps.shared_map import Shared

# column here, column there, what it is, in English, unit; the only columns that leave
FIELDS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "grid_id",
        "网格编码",
        "12 位区划代码加序号",
        "id of the grid: division code and number",
        "",
    ),
    ("area", "区划代码", "村居或乡镇的代码", "code of the village or township", ""),
    ("name", "名称", "网格、村居或乡镇的名称", "name", ""),
    ("village_code", "村居代码", "所属村居的 12 位代码", "code of the village", ""),
    ("township_code", "乡镇代码", "所属乡镇的 12 位代码", "code of the township", ""),
    ("grids", "网格数", "其中有几个网格", "grids in it", "个"),
    (
        "households",
        "户数",
        "登记的户数, 率的分母",
        "registered households, the denominator",
        "户",
    ),
    ("population", "人口", "登记的人口", "registered population", "人"),
    (
        "n",
        "件数",
        "时段内的诉求件数; 空: 不显示",
        "concerns of the period; empty: hidden",
        "件",
    ),
    ("rate", "诉求率", "每百户件数", "concerns per 100 households", "件/百户"),
    (
        "rate_eb",
        "收缩率",
        "向全县平均收缩后的率",
        "rate shrunken toward the county's",
        "件/百户",
    ),
    ("low", "率下限", "率的 95% 区间下限", "lower end of its 95 % interval", "件/百户"),
    ("high", "率上限", "率的 95% 区间上限", "upper end of its 95 % interval", "件/百户"),
    ("hot", "热点", "多重比较校正后仍显著", "significant after correction for many tests", ""),
    ("z", "z值", "检验的标准分", "standard score of the test", ""),
    ("p", "p值", "单独看一个网格的 p 值", "p of the one grid", ""),
    ("q", "q值", "校正后的 p 值", "p corrected for many tests", ""),
    ("record_id", "编号", "诉求的编号", "id of the concern", ""),
    (
        "masked_in",
        "所在区划",
        "点在此区划内按密钥移动过, 不是实际位置",
        "code of the area in which the point was masked: not its true place",
        "",
    ),
    ("demand_type", "类别", "诉求类别", "demand type", ""),
    ("band", "等级", "评分的等级", "band of its score", ""),
    ("score", "分数", "评分卡的分数, 建议", "score of the card, advice", "分"),
    ("due_on", "期限", "最近的法定期限", "next legal deadline", ""),
)
_HERE_TO_THERE = {here: there for here, there, *_ in FIELDS}


def desk_tables(seen: Overview) -> dict[str, gpd.GeoDataFrame]:
    """Give what the map for the desk shows.

    Parameters
    ----------
    seen : Overview
        From `maps.overview.overview`.

    Returns
    -------
    dict of str to GeoDataFrame in WGS-84
        网格, 村居, 乡镇, 诉求 (open matters that have a place), with Chinese columns. Of a
        concern there is no text, address or contact in it. They know that they are for the
        desk: `write_geo` and `write_layers` put it into the file's name.
    """
    grids = seen.grids
    for more in (seen.rates, seen.tests):
        if more is not None:
            grids = grids.join(more[[c for c in more if c not in grids]])
    matters = seen.open_matters.dropna(subset=["lon", "lat"])
    points = gpd.points_from_xy(matters["lon"].astype(float), matters["lat"].astype(float))
    words = {c.code: c.zh for c in seen.profile.choices("demand_type")}
    bands = {b.code: b.zh for b in seen.profile.bands}
    concerns = gpd.GeoDataFrame(
        matters.drop(columns=["lon", "lat"]).assign(
            demand_type=matters["demand_type"].astype("str").map(words),
            band=matters["band"].astype("str").map(bands),
        ),
        geometry=points,
        crs=4326,
    ).rename_axis("record_id")
    areas = level_tables(seen.grids)
    areas.pop("县")
    tables = {"网格": _told(grids.rename_axis("grid_id")), **areas, "诉求": _told(concerns)}
    for table in tables.values():
        table.attrs["audience"] = "desk"
    return tables


def level_tables(grids: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Give the levels that grids make.

    Parameters
    ----------
    grids : GeoDataFrame, indexed by `grid_id`
        As `read_grids` gives it.

    Returns
    -------
    dict of str to GeoDataFrame in WGS-84
        村居, 乡镇, 县, with Chinese columns.
    """
    words = {"village": "村居", "township": "乡镇", "county": "县"}
    return {words[level]: _told(dissolve(grids, level)) for level in LEVELS}


def shared_tables(what: Shared) -> dict[str, gpd.GeoDataFrame]:
    """Give what the map to be handed out shows, level by level.

    Parameters
    ----------
    what : Shared
        From `maps.shared`.

    Returns
    -------
    dict of str to GeoDataFrame in WGS-84
        The levels shown; hidden counts, and the households beside them, are missing. 诉求点,
        where masked places are shown: no id, in no order but that of the places.

    Raises
    ------
    DisclosureError
        If it is not published.
    """
    check_published(what.number)
    names = {
        "grid": ("网格", "grid_id"),
        "village": ("村居", "area"),
        "township": ("乡镇", "area"),
    }
    levels = list(names)[list(names).index(what.level) :]
    tables = {
        names[level][0]: _told(what.areas(level).rename_axis(names[level][1]))
        for level in levels
    }
    if what.places is not None:
        at = gpd.points_from_xy(what.places["lon"], what.places["lat"])
        dots = gpd.GeoDataFrame({"masked_in": what.places["area"]}, geometry=at, crs=4326)
        tables["诉求点"] = dots.rename(columns=_HERE_TO_THERE)
    return tables


def dictionary(tables: dict[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Say of every column of every layer what it is.

    Parameters
    ----------
    tables : dict of str to GeoDataFrame
        From `desk_tables` or `shared_tables`.

    Returns
    -------
    DataFrame
        图层, 字段, 含义, English, 单位.
    """
    known = {there: row for _, there, *row in FIELDS}
    rows = [
        (layer, column, *known[column])
        for layer, table in tables.items()
        for column in [*([table.index.name] if table.index.name else []), *table.columns]
        if column != "geometry"
    ]
    return pd.DataFrame(rows, columns=["图层", "字段", "含义", "English", "单位"])


def _told(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the columns of the dictionary, under their Chinese names."""
    kept = [here for here in _HERE_TO_THERE if here in table]
    out = table[[*kept, "geometry"]].rename(columns=_HERE_TO_THERE)
    return out.rename_axis(_HERE_TO_THERE[str(table.index.name)])
