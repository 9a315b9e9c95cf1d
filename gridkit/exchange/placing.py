"""Placing: from the coordinates of a file to WGS-84 and to the grid each row lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import ImportFileError, Problem
from gridkit.exchange.mapping import Datum, Mapping
from gridkit.exchange.table import Fault
from gridkit.records.datum import bd09_to_wgs84, gcj02_to_wgs84
from gridkit.records.grids import locate, place_problems

if TYPE_CHECKING:
    import geopandas as gpd

_TO_WGS84 = {"gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
_OTHERS: tuple[tuple[Datum, str, str], ...] = (
    ("wgs84", "WGS-84", "WGS-84"),
    ("gcj02", "GCJ-02 (高德、腾讯)", "GCJ-02 (Amap, Tencent)"),
    ("bd09", "BD-09 (百度)", "BD-09 (Baidu)"),
)
# another datum must put at least this many more points right, and this share of them,
# before anybody is told to doubt theirs
_MORE, _SHARE = 5, 0.02


class Placed(NamedTuple):
    """Rows with their place: `grid_id`, `lon` and `lat` in WGS-84; faults; notes."""

    frame: pd.DataFrame
    faults: list[Fault]
    notes: tuple[Problem, ...]


def to_wgs84(points: pd.DataFrame, datum: Datum | None) -> pd.DataFrame:
    """Bring `lon` and `lat` (degrees) from a datum to WGS-84; CGCS2000 is taken as equal.

    Examples
    --------
    >>> there = pd.DataFrame({"lon": [117.4766], "lat": [26.725597]})
    >>> to_wgs84(there, "gcj02").round(4).to_numpy().tolist()
    [[117.4714, 26.7289]]
    """
    if datum not in _TO_WGS84:
        return points
    lon, lat = _TO_WGS84[datum](points["lon"].to_numpy(), points["lat"].to_numpy())
    return pd.DataFrame({"lon": lon, "lat": lat}, index=points.index)


def place_rows(
    rows: pd.DataFrame,
    mapping: Mapping,
    grids: gpd.GeoDataFrame | None,
    id_shape: tuple[str, int],
) -> Placed:
    """Give each row its grid, and say why a row has none.

    The grid that the row names counts; where it names none, the grid that its point lies in.

    Parameters
    ----------
    rows : DataFrame indexed by line
        `grid_id` (text), `lon`, `lat` (degrees in the mapping's datum), as far as mapped.
    mapping : Mapping
        Holds the datum.
    grids : GeoDataFrame or None
        The county's grids.
    id_shape : tuple of str and int
        What a grid's id begins with and how many digits it has, for when there are no grids.

    Returns
    -------
    Placed
        On the index of `rows`; rows with a fault have no `grid_id`.

    Raises
    ------
    ImportFileError
        If points are mapped and there are no grids to find them in, or longitude and
        latitude are swapped throughout.
    """
    named = rows["grid_id"] if "grid_id" in rows else pd.Series(index=rows.index, dtype="str")
    faults = _name_faults(named, mapping, grids, id_shape)
    if "lon" not in rows:
        faults += _without_place(rows.index[named.isna()], "grid_id", mapping)
        return Placed(pd.DataFrame({"grid_id": named}), faults, ())
    if grids is None and "grid_id" not in rows:
        raise ImportFileError(
            zh="文件只有坐标, 没有网格编码, 而工作区还没有网格; 请先放入网格文件 (grids.geojson), "
            "或用 make_grids 划分。",
            en="The file has points and no grid ids, but there are no grids to find them in; put "
            "a file of grids (grids.geojson) in place, or lay them with `make_grids`.",
        )
    given = rows[["lon", "lat"]].astype("float64")
    half = given["lon"].notna() ^ given["lat"].notna()
    faults += [Fault(int(n), "lon", _names(mapping), "half_place") for n in rows.index[half]]
    points = to_wgs84(given, mapping.place.datum)
    known = given["lon"].notna() & given["lat"].notna()
    faults += _without_place(rows.index[~known & ~half & named.isna()], "lon", mapping)
    found, notes = named, list[Problem]()
    if grids is not None:
        if known.any():
            _refuse_swapped(points[known], grids, mapping)
        open_rows = known & named.isna()
        found, outside, notes = _located(points, named, open_rows, grids, mapping)
        faults += outside
        notes += _named_elsewhere(given[known & named.notna()], named, grids, mapping)
    frame = pd.DataFrame({"grid_id": found, "lon": points["lon"], "lat": points["lat"]})
    frame.loc[~known, ["lon", "lat"]] = np.nan
    return Placed(frame, faults, tuple(notes))


def _names(mapping: Mapping) -> str:
    return ", ".join((*mapping.columns_of("lon"), *mapping.columns_of("lat")))


def _without_place(lines: pd.Index, field: str, mapping: Mapping) -> list[Fault]:
    column = _names(mapping) if field == "lon" else ", ".join(mapping.columns_of("grid_id"))
    return [Fault(int(line), field, column, "no_place") for line in lines]


def _name_faults(
    named: pd.Series,
    mapping: Mapping,
    grids: gpd.GeoDataFrame | None,
    id_shape: tuple[str, int],
) -> list[Fault]:
    if grids is not None:
        wrong = named.notna() & ~named.isin(grids.index.astype(str))
        zh = en = ""
    else:
        code, digits = id_shape
        shape = rf"{code}\d{{{digits - len(code)}}}"
        wrong = named.notna() & ~named.astype("str").fillna("").str.fullmatch(shape)
        zh, en = (
            f"须为 {code} 开头的 {digits} 位数字",
            f"{digits} digits expected",
        )
    column = ", ".join(mapping.columns_of("grid_id"))
    return [
        Fault(int(line), "grid_id", column, "unknown_grid", zh, en)
        for line in named.index[wrong]
    ]


def _refuse_swapped(points: pd.DataFrame, grids: gpd.GeoDataFrame, mapping: Mapping) -> None:
    """Refuse a file whose longitudes and latitudes are swapped throughout."""
    west, south, east, north = grids.total_bounds
    lon, lat = points["lon"], points["lat"]
    here = lon.between(west, east) & lat.between(south, north)
    turned = lat.between(west, east) & lon.between(south, north)
    if here.sum() * 10 > len(points) or turned.sum() * 2 < len(points):
        return
    x, y = mapping.columns["lon"], mapping.columns["lat"]
    raise ImportFileError(
        zh=f"经纬度两列颠倒: {len(points)} 个点中有 {int(turned.sum())} 个对调后才落在网格范围内。"
        f'请在映射 [columns] 中对调: lon = "{y}", lat = "{x}"。',
        en=f"Longitude and latitude are swapped: of {len(points)} points, {int(turned.sum())} lie "
        "within the bounds of the grids only when turned round. Swap them in [columns] of the "
        f'mapping: lon = "{y}", lat = "{x}".',
    )


def _located(
    points: pd.DataFrame,
    named: pd.Series,
    open_rows: pd.Series,
    grids: gpd.GeoDataFrame,
    mapping: Mapping,
) -> tuple[pd.Series, list[Fault], list[Problem]]:
    lon, lat = points.loc[open_rows, "lon"], points.loc[open_rows, "lat"]
    grid = locate(lon, lat, grids)
    found = named.copy()
    found.loc[grid.index] = grid
    if grid.notna().all():
        return found, [], []
    faults, notes = [], []
    for problem in place_problems(lon, lat, grids):
        if problem.row == "*":
            notes.append(problem._replace(row="file"))
        else:
            line = int(problem.row)
            faults.append(
                Fault(line, "lon", _names(mapping), "outside", problem.zh, problem.en)
            )
    return found, faults, notes


def _named_elsewhere(
    given: pd.DataFrame, named: pd.Series, grids: gpd.GeoDataFrame, mapping: Mapping
) -> list[Problem]:
    """Compare each point with the grid that its row names: a better test of the datum."""
    if given.empty:
        return []
    stated = named[given.index].astype(str)
    declared = "wgs84" if mapping.place.datum == "cgcs2000" else mapping.place.datum
    agree = {}
    for datum, _, _ in _OTHERS:
        points = to_wgs84(given, datum)
        agree[datum] = int((locate(points["lon"], points["lat"], grids) == stated).sum())
    notes = []
    now = agree[declared]  # type: ignore[index]
    for datum, zh_name, en_name in _OTHERS:
        gained = agree[datum] - now
        if gained >= max(_MORE, _SHARE * len(given)) and agree[datum] == max(agree.values()):
            zh = f"按 {zh_name} 换算, 有 {agree[datum]} 个点落在所填网格内, 现在只有 {now} 个; 请问明坐标系"
            en = f"as {en_name}, {agree[datum]} points lie in the grid that their row names, now {now}"
            notes.append(Problem("file", "datum", zh, f"{en}: ask for the datum"))
    apart = len(given) - now
    if apart and not notes:
        zh = f"{apart} 个点不在所填的网格内; 已按所填网格记录, 请核对"
        en = (
            f"{apart} points lie outside the grid that their row names; the named grid was kept"
        )
        notes.append(Problem("file", "grid_id", zh, en))
    return notes
