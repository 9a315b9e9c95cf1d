"""Grids: the areas of care, as polygons with their households.

A frame of grids is a GeoDataFrame in WGS-84 (EPSG:4326), indexed by `grid_id`, with the
columns `name`, `village_code`, `township_code`, `households`, `population` and `geometry`;
`village_name` and `township_name` where the file has them.
This module makes grids and is the face of its neighbors: `gridfile` reads and writes them,
`places` says which grid a point lies in and names the usual mix-ups.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.records.gridfile import read_grids, type_grids, write_grids
from gridkit.records.places import WGS84, check_wgs84, locate, place_problems, to_meters

__all__ = [
    "centroid",
    "locate",
    "make_grids",
    "place_problems",
    "read_grids",
    "to_meters",
    "write_grids",
]

GRID_DIGITS = 3
# more cells than this are a slip (one stray point, degrees for meters), not a plan
MOST_CELLS = 1_000_000


def centroid(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Place one point inside each grid, to stand for it.

    The centroid where it lies inside; in a crescent-shaped grid, a point that does.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        In WGS-84.

    Returns
    -------
    DataFrame, indexed like `grids`
        `lon` and `lat`, degrees.

    Examples
    --------
    >>> square = gpd.GeoDataFrame(geometry=[shapely.box(117, 26, 118, 27)], crs=4326)
    >>> centroid(square).to_numpy().tolist()
    [[117.5, 26.5]]
    """
    shapes = grids.geometry.to_numpy()
    points = shapely.centroid(shapes)
    inside = shapely.covers(shapes, points)
    points = np.where(inside, points, shapely.point_on_surface(shapes))
    xy = shapely.get_coordinates(points)
    return pd.DataFrame({"lon": xy[:, 0], "lat": xy[:, 1]}, index=grids.index)


def make_grids(
    area: Any,
    size_m: float,
    county_code: str,
    households: int | None = None,
    *,
    digits: int | None = None,
) -> gpd.GeoDataFrame:
    """Lay square grids over an area.

    The squares run along meridians and parallels, numbered from the south-west corner row
    by row: the same area and size give the same numbers. Those at the border are cut off
    at it.

    Parameters
    ----------
    area : Polygon, GeoSeries, GeoDataFrame, or DataFrame with `lon` and `lat`
        WGS-84. Polygons are the area itself; of points it is the bounding box (so remove
        stray points first, or pass their hull).
    size_m : float
        Side of a square, meters; exact at the middle latitude (at 27° within 1 % up to
        200 km from there).
    county_code : str
        6 to 12 digits, filled up with zeros to the 12 digits of a division code.
    households : int, optional
        The same number for every grid; without it they are unknown, and only densities
        per square kilometer can be had, no rates per household.
    digits : int, optional
        Width of the running number after the division code; by default 3, or more if
        there are more grids.

    Returns
    -------
    GeoDataFrame, indexed by `grid_id`
        As described at the top of this module.

    Raises
    ------
    DataError
        If the area is empty or not in WGS-84, the size is not above 0 or so small that
        there would be over a million grids, or the code is not of digits.

    Examples
    --------
    >>> grids = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428")
    >>> len(grids), grids.index[0]
    (6, '990428000000001')
    """
    code = _division(county_code)
    outline, (west, south, east, north) = _outline(area)
    x_step, y_step = _steps(size_m, (south + north) / 2)
    columns = max(1, int(np.ceil((east - west) / x_step - 1e-9)))
    rows = max(1, int(np.ceil((north - south) / y_step - 1e-9)))
    if columns * rows > MOST_CELLS:
        raise DataError(
            en=f"`size_m` = {size_m:g} m would lay {columns * rows:,} grids over an area "
            f"{columns * size_m / 1000:,.0f} km wide; remove stray points or take a larger size.",
            zh=f"`size_m` = {size_m:g} 米会在宽 {columns * size_m / 1000:,.0f} 公里的范围内划出 "
            f"{columns * rows:,} 个网格; 请先去掉偏离的点, 或加大边长。",
        )
    x = west + x_step * np.arange(columns + 1)
    y = south + y_step * np.arange(rows + 1)
    x[-1], y[-1] = max(x[-1], east), max(y[-1], north)
    cells = shapely.box(x[:-1], y[:-1, None], x[1:], y[1:, None]).ravel()
    if outline is not None:
        cells = _clipped(cells, outline)
    width = digits or max(GRID_DIGITS, len(str(len(cells))))
    if len(str(len(cells))) > width:
        raise DataError(
            en=f"`digits` = {width} cannot number {len(cells)} grids; "
            f"{len(str(len(cells)))} are needed.",
            zh=f"`digits` = {width} 位不足以编 {len(cells)} 个网格; 需要 {len(str(len(cells)))} 位。",
        )
    numbers = [f"{i:0{width}d}" for i in range(1, len(cells) + 1)]
    table = gpd.GeoDataFrame(
        {
            "grid_id": [code + number for number in numbers],
            "name": [f"网格 {number}" for number in numbers],
            "village_code": code,
            "township_code": code[:9] + "000",
            "households": households,
            "population": None,
        },
        geometry=cells,
        crs=WGS84,
    )
    return type_grids(table)


# --- laying squares -------------------------------------------------------------------------


def _division(county_code: str) -> str:
    if not (county_code.isascii() and county_code.isdigit() and 6 <= len(county_code) <= 12):
        raise DataError(
            en=f"`county_code` must be 6 to 12 digits; it is {county_code!r}.",
            zh=f"`county_code` 须为 6 至 12 位数字; 现为 {county_code!r}。",
        )
    return county_code.ljust(12, "0")


def _outline(area: Any) -> tuple[Any, tuple[float, float, float, float]]:
    """Find the polygon to cut at (None: the box is the area), and the bounding box."""
    if isinstance(area, gpd.GeoDataFrame | gpd.GeoSeries):
        check_wgs84(area)
        shape = area.geometry.union_all()
    elif isinstance(area, pd.DataFrame):
        kept = area[["lon", "lat"]].dropna().astype(float)
        shape = shapely.multipoints(kept.to_numpy())
    else:
        shape = area
    west, south, east, north = (float(v) for v in shapely.bounds(shape))
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise DataError(
            en="`area` must hold places in degrees (longitude first); its bounds are "
            f"{west:g}, {south:g}, {east:g}, {north:g}.",
            zh="`area` 须为经纬度 (经度在前) 的范围; 现其边界为 "
            f"{west:g}, {south:g}, {east:g}, {north:g}。",
        )
    polygonal = shapely.get_dimensions(shape) == 2
    if polygonal and not (shape.is_valid and shape.area > 0):
        reason = "no surface" if shape.is_valid else shapely.is_valid_reason(shape)
        raise DataError(
            en=f"`area` must be a valid polygon; it has a fault: {reason}.",
            zh=f"`area` 须为有效的面; 现有问题: {reason}。",
        )
    return (shape if polygonal else None), (west, south, east, north)


def _steps(size_m: float, lat: float) -> tuple[float, float]:
    """Degrees of longitude and latitude that make `size_m` meters at this latitude."""
    if not (np.isfinite(size_m) and size_m > 0):
        raise DataError(
            en=f"`size_m` must be above 0 m; it is {size_m:g}.",
            zh=f"`size_m` 须大于 0 米; 现为 {size_m:g}。",
        )
    axis, eccentricity2 = 6378137.0, 0.00669437999014
    phi = np.radians(lat)
    bend = 1.0 - eccentricity2 * np.sin(phi) ** 2
    meridian = axis * (1.0 - eccentricity2) / bend**1.5
    parallel = axis / np.sqrt(bend) * max(float(np.cos(phi)), 1e-6)
    return float(np.degrees(size_m / parallel)), float(np.degrees(size_m / meridian))


def _clipped(cells: NDArray[Any], outline: Any) -> NDArray[Any]:
    shapely.prepare(outline)
    cells = cells[shapely.intersects(outline, cells)]
    whole = shapely.covers(outline, cells)
    cut = shapely.intersection(cells[~whole], outline)
    pieces = cells.copy()
    pieces[~whole] = [_areas_of(piece) for piece in cut]
    kept: NDArray[Any] = pieces[~shapely.is_empty(pieces)]
    return kept


def _areas_of(piece: Any) -> Any:
    """Keep the areas of a cut, without the lines and points where it merely touches."""
    parts = shapely.get_parts(piece)
    parts = parts[shapely.get_dimensions(parts) == 2]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
