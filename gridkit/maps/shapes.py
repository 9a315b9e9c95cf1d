"""The outlines of grids, written once per page and shared by all its layers.

Coordinates are whole hundred-thousandths of a degree (about 1 m), each as the step from
the one before: a third of GeoJSON's length, and exact at that resolution.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.errors import DataError
from gridkit.maps.escape import safe, script_json

STEPS_PER_DEGREE = 100_000

Rings = list[list[int]]  # of one polygon: outline, then holes; each lon, lat, step, step, …


class Shapes(NamedTuple):
    """Outlines ready to be embedded; `key` names their content."""

    key: str
    text: str
    bounds: tuple[float, float, float, float]  # west, south, east, north, degrees


def encode(geometries: np.ndarray | gpd.GeoSeries) -> list[list[Rings]]:
    """Write polygons as short lists of whole numbers.

    Parameters
    ----------
    geometries : array of Polygon or MultiPolygon, length n
        WGS-84. A missing or empty one becomes an empty list.

    Returns
    -------
    list, length n
        Per geometry its polygons, per polygon its rings, per ring one flat list: first
        longitude and latitude in 1e-5 degrees, then the steps to each next point. The
        closing point is left out.

    Raises
    ------
    DataError
        If a geometry is no polygon.

    Examples
    --------
    >>> encode([shapely.box(117.0, 26.0, 117.00002, 26.00001)])
    [[[[11700002, 2600000, 0, 1, -2, 0, 0, -1]]]]
    """
    shapes = np.asarray(geometries, dtype=object)
    kinds = shapely.get_type_id(shapes)
    wrong = ~np.isin(kinds, (-1, 3, 6)) & ~shapely.is_empty(shapes)
    if wrong.any():
        raise DataError(
            en=f"Outlines must be polygons; {wrong.sum()} are not, the first at position "
            f"{int(wrong.argmax())}. Draw areas, not points or lines.",
            zh=f"轮廓须为多边形; 有 {wrong.sum()} 个不是, 首个在第 {int(wrong.argmax())} 位。"
            "请画面, 不要画点或线。",
        )
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    some = ~shapely.is_empty(parts)
    parts, part_of = parts[some], part_of[some]
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    out: list[list[Rings]] = [[] for _ in shapes]
    polygons: list[Rings] = [[] for _ in parts]
    for i, owner in enumerate(part_of):
        out[owner].append(polygons[i])
    for flat, owner in zip(_steps(rings), ring_of, strict=True):
        polygons[owner].append(flat)
    return out


def _steps(rings: np.ndarray) -> list[list[int]]:
    """Per ring, its first point and then the steps, without the closing point."""
    xy, owner = shapely.get_coordinates(rings, return_index=True)
    whole = np.rint(xy * STEPS_PER_DEGREE).astype(np.int64)
    step = np.diff(whole, axis=0, prepend=0)
    first = np.diff(owner, prepend=-1) != 0
    step[first] = whole[first]
    last = np.append(first[1:], True)
    # a point that rounds onto the one before it says nothing
    keep = ~last & (first | step.any(axis=1))
    counts = np.bincount(owner[keep], minlength=len(rings))
    flat = step[keep].ravel().tolist()
    ends = np.cumsum(counts * 2)
    return [
        flat[end - 2 * n : end] for end, n in zip(ends.tolist(), counts.tolist(), strict=True)
    ]


def shapes_of(grids: gpd.GeoDataFrame) -> Shapes:
    """Prepare the outlines and names of grids for a page.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`, with `name`; `township_name` is used if present.

    Returns
    -------
    Shapes
        Key, JSON text and bounds. The same grids give the same key.

    Raises
    ------
    DataError
        If there are no grids, their CRS is not WGS-84, or ids repeat.

    Examples
    --------
    >>> one = gpd.GeoDataFrame(
    ...     {"name": ["东门"]}, geometry=[shapely.box(0, 0, 1, 1)], index=["g1"], crs=4326
    ... )
    >>> shapes_of(one).bounds
    (0.0, 0.0, 1.0, 1.0)
    """
    check(grids)
    place = grids["township_name"] if "township_name" in grids else pd.Series("", grids.index)
    kept = _fingerprint(grids, place)
    if kept in _KEPT:
        return _KEPT[kept]
    text = script_json(
        {
            "ids": [safe(i) for i in grids.index],
            "names": [safe(n) for n in grids["name"]],
            "places": [safe(p) for p in place],
            "rings": encode(grids.geometry.to_numpy()),
        }
    )
    west, south, east, north = (float(v) for v in grids.total_bounds)
    key = "g" + hashlib.sha256(text.encode()).hexdigest()[:12]
    _KEPT[kept] = Shapes(key, text, (west, south, east, north))
    if len(_KEPT) > _MOST_KEPT:
        _KEPT.popitem(last=False)
    return _KEPT[kept]


# All layers of a page, and all maps of a notebook, share the outlines of one county.
_KEPT: OrderedDict[str, Shapes] = OrderedDict()
_MOST_KEPT = 4


def _fingerprint(grids: gpd.GeoDataFrame, place: pd.Series) -> str:
    """Name the content that outlines are made of: ids, names, townships, geometry."""
    digest = hashlib.sha256()
    for texts in (grids.index, grids["name"], place):
        digest.update("\0".join(str(t) for t in texts).encode())
        digest.update(b"\1")
    for geometry in shapely.to_wkb(grids.geometry.to_numpy()):
        digest.update(geometry or b"\2")
    return digest.hexdigest()


def check(grids: gpd.GeoDataFrame) -> None:
    """Refuse grids that no map can be drawn of.

    Parameters
    ----------
    grids : GeoDataFrame
        As for `shapes_of`.

    Raises
    ------
    DataError
        If there are no grids, their CRS is not WGS-84, or ids repeat.

    Examples
    --------
    >>> check(gpd.GeoDataFrame({"name": []}, geometry=[], crs=4326))
    Traceback (most recent call last):
    gridkit.errors.DataError: 没有网格, 无法绘图。请先导入或生成网格。
    There are no grids to draw. Import or make grids first.
    """
    if len(grids) == 0:
        raise DataError(
            en="There are no grids to draw. Import or make grids first.",
            zh="没有网格, 无法绘图。请先导入或生成网格。",
        )
    if grids.crs is None or grids.crs.to_epsg() not in {4326, 4490}:
        raise DataError(
            en=f"Maps take grids in WGS-84 (EPSG:4326); these are in {grids.crs or 'no CRS'}. "
            "Say which with `grids.set_crs(...)`, then `grids.to_crs(4326)`.",
            zh=f"地图只接受 WGS-84 (EPSG:4326) 的网格; 现为 {grids.crs or '未注明'}。"
            "请先用 `grids.set_crs(...)` 注明, 再 `grids.to_crs(4326)`。",
        )
    if not grids.index.is_unique:
        twice = grids.index[grids.index.duplicated()].unique()
        raise DataError(
            en=f"Each grid needs its own id; {len(twice)} repeat ({', '.join(map(str, twice[:3]))}).",
            zh=f"每个网格须有自己的编号; 有 {len(twice)} 个重复 ({', '.join(map(str, twice[:3]))})。",
        )
