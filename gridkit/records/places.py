"""Places: which grid a point lies in, and what is wrong with a point that lies in none.

Longitude and latitude in WGS-84 degrees, longitude first. Nothing is moved or mended here:
problems are named, and a person decides.
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from gridkit.errors import DataError, Problem
from gridkit.records.datum import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_gcj02

_Floats = NDArray[np.float64]

WGS84 = "EPSG:4326"
# west, east, south, north of China: a latitude never lies in the range of the longitudes
_CHINA = (73.0, 135.0, 18.0, 54.0)
_NEAR_DEGREES = 0.1


def to_meters(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Project geometries to a plane measured in meters.

    Geographic coordinates go to an azimuthal equidistant projection around their middle
    (within 0.1 % up to 500 km across); projected ones stay; those without a CRS are taken
    as meters already.

    Parameters
    ----------
    geometry : GeoSeries
        Any geometries.

    Returns
    -------
    GeoSeries
        The same, in meters, on the same index.

    Examples
    --------
    >>> degree = gpd.GeoSeries(gpd.points_from_xy([117.0, 117.0], [26.0, 27.0]), crs=4326)
    >>> x, y = to_meters(degree).x, to_meters(degree).y
    >>> round(float(y[1] - y[0]))
    110796
    """
    if geometry.crs is None or not geometry.crs.is_geographic or len(geometry) == 0:
        return geometry
    return geometry.to_crs(_local_crs(geometry))


def locate(lon: ArrayLike, lat: ArrayLike, grids: gpd.GeoDataFrame) -> pd.Series:
    """Say which grid each point lies in.

    A point on a common border, or where two grids overlap, belongs to the smallest
    `grid_id` among them, whatever the order of the rows.

    Parameters
    ----------
    lon, lat : array_like of float, length n
        WGS-84 degrees; NaN where there is no place.
    grids : GeoDataFrame
        In WGS-84, indexed by `grid_id`.

    Returns
    -------
    Series of str, length n
        The `grid_id`, missing outside all grids. On the index of `lon` if it is a Series.

    Raises
    ------
    DataError
        If `lon` and `lat` differ in length, or the grids are not in WGS-84.

    Examples
    --------
    >>> from gridkit.records.grids import make_grids
    >>> grids = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428")
    >>> locate([117.402, 116.0], [26.703, 26.0], grids).tolist()
    ['990428000000001', nan]
    """
    x, y = _paired(lon, lat)
    check_wgs84(grids)
    index = lon.index if isinstance(lon, pd.Series) else None
    codes = _positions(x, y, grids)
    ids = pd.array(grids.index.astype(str).to_numpy(), dtype="str")
    found = ids.take(codes, allow_fill=True)
    return pd.Series(found, index=index, name="grid_id")


def place_problems(
    lon: ArrayLike, lat: ArrayLike, grids: gpd.GeoDataFrame
) -> tuple[Problem, ...]:
    """Name what is wrong with places that lie in no grid.

    Nothing is moved or mended: the caller shows the problems and a person decides. Places
    without coordinates are no problem here.

    Parameters
    ----------
    lon, lat : array_like of float, length n
        Degrees, as they came. Rows are named by the index of `lon` if it is a Series,
        else counted from 0.
    grids : GeoDataFrame
        In WGS-84.

    Returns
    -------
    tuple of Problem
        One for each place outside all grids (swapped, no degrees at all, or so many
        meters off), preceded by one for row "*" if the whole set looks shifted: the
        points or the grids are in GCJ-02 or BD-09. That is only found where points lie
        near the outer border: points shifted within the county land in a wrong grid
        unnoticed, so ask for the datum all the same.

    Raises
    ------
    DataError
        If `lon` and `lat` differ in length, or the grids are not in WGS-84.

    Examples
    --------
    >>> from gridkit.records.grids import make_grids
    >>> grids = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
    >>> for problem in place_problems([26.705, 117.405], [117.405, 26.705], grids):
    ...     print(problem.row, problem.en)
    0 longitude and latitude look swapped; put the longitude (73-135 in China) first
    """
    x, y = _paired(lon, lat)
    check_wgs84(grids)
    labels = lon.index if isinstance(lon, pd.Series) else pd.RangeIndex(len(x))
    known = ~(np.isnan(x) & np.isnan(y))
    within = _positions(x, y, grids) >= 0
    outside = np.flatnonzero(known & ~within)
    if len(outside) == 0:
        return ()
    shifted = _shifted_set(x[known], y[known], within[known], grids)
    swapped = _looks_swapped(x[outside], y[outside], grids)
    meters = _meters_off(x[outside], y[outside], grids)
    back = _positions(*gcj02_to_wgs84(x[outside], y[outside]), grids) >= 0
    singles = [
        Problem(
            str(labels[int(i)]),
            "lon, lat",
            *_wording(float(meters[j]), swapped=swapped[j], back=back[j]),
        )
        for j, i in enumerate(outside)
    ]
    return (*shifted, *singles)


# --- which grid -----------------------------------------------------------------------------


def _positions(x: _Floats, y: _Floats, grids: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Row number of the grid of each point; -1 outside."""
    shapes = grids.geometry.to_numpy()
    found = np.full(len(x), -1, dtype=np.intp)
    if len(x) == 0 or len(shapes) == 0:
        return found
    shapely.prepare(shapes)
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    west, south, east, north = shapely.bounds(shapes).T
    first, last = np.searchsorted(x, west, "left"), np.searchsorted(x, east, "right")
    # from the greatest id to the smallest, so that the smallest has the last word
    for i in np.argsort(grids.index.astype(str).to_numpy(), kind="stable")[::-1]:
        strip = slice(first[i], last[i])
        near = first[i] + np.flatnonzero((y[strip] >= south[i]) & (y[strip] <= north[i]))
        if len(near):
            hit = shapely.intersects_xy(shapes[i], x[near], y[near])
            found[order[near[hit]]] = i
    return found


def _paired(lon: ArrayLike, lat: ArrayLike) -> tuple[_Floats, _Floats]:
    x = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    y = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    if x.shape != y.shape or x.ndim != 1:
        raise DataError(
            en=f"`lon` and `lat` must be lists of the same length; they are {x.shape} and "
            f"{y.shape}.",
            zh=f"`lon` 与 `lat` 须为等长的一列数; 现为 {x.shape} 与 {y.shape}。",
        )
    return x, y


def check_wgs84(grids: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    """Raise DataError unless geometries are in WGS-84 or CGCS2000, taken as equal."""
    if grids.crs is None or grids.crs.to_epsg() not in {4326, 4490}:
        name = "no CRS" if grids.crs is None else grids.crs.name
        raise DataError(
            en=f"`grids` must be in WGS-84 (EPSG:4326); it has {name}. Use `read_grids`, or "
            "`.to_crs(4326)`.",
            zh=f"`grids` 须为 WGS-84 (EPSG:4326) 坐标; 现为 {name}。请用 `read_grids` 读入, 或 "
            "`.to_crs(4326)` 转换。",
        )


# --- what is wrong with a place -------------------------------------------------------------


def _local_crs(geometry: gpd.GeoSeries) -> str:
    west, south, east, north = geometry.total_bounds
    middle = f"+lat_0={(south + north) / 2:.6f} +lon_0={(west + east) / 2:.6f}"
    return f"+proj=aeqd {middle} +ellps=WGS84 +units=m +no_defs"


def _looks_swapped(x: _Floats, y: _Floats, grids: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    west, south, east, north = grids.total_bounds
    near_x = (y >= west - _NEAR_DEGREES) & (y <= east + _NEAR_DEGREES)
    near = near_x & (x >= south - _NEAR_DEGREES) & (x <= north + _NEAR_DEGREES)
    china_x = (y >= _CHINA[0]) & (y <= _CHINA[1])
    china = china_x & (x >= _CHINA[2]) & (x <= _CHINA[3])
    return np.asarray(near | china)


def _meters_off(x: _Floats, y: _Floats, grids: gpd.GeoDataFrame) -> _Floats:
    """Distance to the nearest grid in meters; NaN for what are no degrees."""
    meters = np.full(len(x), np.nan)
    sound = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    if not sound.any() or len(grids) == 0:
        return meters
    crs = _local_crs(grids.geometry)
    shapes = grids.geometry.to_crs(crs).to_numpy()
    points = gpd.GeoSeries(gpd.points_from_xy(x[sound], y[sound]), crs=WGS84).to_crs(crs)
    tree = shapely.STRtree(shapes)
    nearest = tree.nearest(points.to_numpy())
    meters[sound] = shapely.distance(points.to_numpy(), shapes[nearest])
    return meters


def _wording(meters: float, *, swapped: bool, back: bool) -> tuple[str, str]:
    """One place's problem in Chinese and English."""
    if swapped:
        return (
            "经纬度似乎颠倒; 请把经度 (中国境内 73–135) 放在前",
            "longitude and latitude look swapped; put the longitude (73-135 in China) first",
        )
    if np.isnan(meters):
        return (
            "不是经纬度 (经度 -180 至 180, 纬度 -90 至 90); 请核对坐标列与单位",
            "no degrees (longitude -180 to 180, latitude -90 to 90); check columns and unit",
        )
    off_zh = f"{meters / 1000:,.1f} 公里" if meters >= 1000 else f"{meters:.0f} 米"
    off_en = f"{meters / 1000:,.1f} km" if meters >= 1000 else f"{meters:.0f} m"
    if back:
        return (
            f"在各网格之外 {off_zh}; 若按 GCJ-02 (高德、腾讯) 换算则在网格内, 请问明坐标系",
            f"{off_en} outside all grids; inside one if it is GCJ-02 (Amap): ask for the datum",
        )
    return (
        f"在各网格之外 {off_zh}; 请核对坐标, 或改选网格",
        f"{off_en} outside all grids; check the place, or choose its grid by hand",
    )


_Datum = tuple[str, str, Callable[[_Floats, _Floats], tuple[_Floats, _Floats]]]
_DATUMS: tuple[_Datum, ...] = (
    (
        "这些点可能是 GCJ-02 (高德、腾讯) 坐标",
        "the points may be in GCJ-02 (Amap)",
        gcj02_to_wgs84,
    ),
    ("这些点可能是 BD-09 (百度) 坐标", "the points may be in BD-09 (Baidu)", bd09_to_wgs84),
    ("网格边界可能是 GCJ-02 坐标", "the grids may be in GCJ-02", wgs84_to_gcj02),
)
# Moved in and moved out would be as frequent by chance: sign test, and enough of them
_MOVED_LEAST, _MOVED_P = 5, 0.001


def _shifted_set(
    x: _Floats, y: _Floats, within: NDArray[np.bool_], grids: gpd.GeoDataFrame
) -> tuple[Problem, ...]:
    """Say so when one of the usual shifts puts decidedly more points inside."""
    best: tuple[int, int, _Datum] | None = None
    for datum in _DATUMS:
        then = _positions(*datum[2](x, y), grids) >= 0
        moved_in, moved_out = int((then & ~within).sum()), int((within & ~then).sum())
        if best is None or moved_in - moved_out > best[0] - best[1]:
            best = (moved_in, moved_out, datum)
    if best is None or not _decided(best[0], best[1]):
        return ()
    gained, lost, (zh, en, _) = best
    off = float(np.nanmedian(_shift_meters(x, y, best[2])))
    zh += f": 换算 (约 {off:.0f} 米) 后 {gained} 个点由网格外移入、{lost} 个移出; 请问明坐标系再导入"
    en += (
        f": converted (about {off:.0f} m), {gained} points move into the grids and {lost} out; "
        "ask for the datum before importing"
    )
    return (Problem("*", "lon, lat", zh, en),)


def _decided(gained: int, lost: int) -> bool:
    total = gained + lost
    if gained < _MOVED_LEAST or gained <= lost:
        return False
    from scipy.special import bdtrc  # slow to load, and seldom needed

    return float(bdtrc(gained - 1, total, 0.5)) < _MOVED_P


def _shift_meters(x: _Floats, y: _Floats, datum: _Datum) -> _Floats:
    there_x, there_y = datum[2](x, y)
    east = np.radians(there_x - x) * np.cos(np.radians(y))
    return np.asarray(6371008.8 * np.hypot(east, np.radians(there_y - y)))
