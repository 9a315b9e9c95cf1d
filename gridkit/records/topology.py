"""Topology: where the grids of a county do not fit together.

Each fault has its kind, the grids concerned, its size and its place, so that it can be seen
on a map and mended in a GIS. Nothing is mended here: which of two overlapping grids is
right, only the county knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridkit.errors import AlignmentError
from gridkit.records.places import WGS84, check_wgs84, to_meters

_Shapes = NDArray[Any]

THIN_M = 5.0
"""Narrower than this, an overlap or a gap is a sliver: drawn twice, not disputed."""
SMALLEST_M2 = 1.0
"""Smaller than this is the rounding of coordinates, not a fault."""
OUTSIDE_SHARE = 0.01
"""A grid reaches beyond its village if more of its area than this does."""

KINDS = {
    "ring": ("边界无效", "not a valid polygon"),
    "duplicate": ("编码重复或缺失", "code missing or used twice"),
    "overlap": ("重叠", "overlap"),
    "gap": ("空隙", "gap"),
    "sliver": ("狭长碎片", "sliver"),
    "outside": ("越出所属村居", "outside its village"),
    "apart": ("与本村居其他网格不相连", "apart from its village"),
    "village": ("村居面有误", "fault of a village outline"),
}


class _Fault(NamedTuple):
    kind: str
    grid: str
    other: str
    place: Any  # in meters
    zh: str
    en: str


def grid_faults(
    grids: gpd.GeoDataFrame, villages: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """List where grids do not fit together.

    Parameters
    ----------
    grids : GeoDataFrame, indexed by `grid_id`
        In WGS-84, as it came: ids may repeat or be empty, polygons may be invalid, missing or
        no polygons. With `village_code`; else the first 12 digits of the id.
    villages : GeoDataFrame, indexed by village code, optional
        In WGS-84, as it came: codes may repeat (what has one code is taken together) or be
        empty, outlines invalid, missing or no polygons. Without it, a grid that touches no
        other grid of its village is named instead of one that lies outside.

    Returns
    -------
    GeoDataFrame in WGS-84, one row per fault
        `kind` (category: ring, duplicate, overlap, gap, sliver, outside, apart, village),
        `grid` (empty for the outline of a village), `other` (the second grid, or the
        village), `area_m2`, `zh`, `en`, `geometry` (the place of the fault; empty where there
        is none), by kind, the largest first.

    Raises
    ------
    AlignmentError
        If no village of the grids is among `villages`.
    DataError
        If the grids are not in WGS-84.

    Notes
    -----
    Gaps are holes in the union of all grids, and slits up to 5 m wide that open outward.
    Polygons that are not valid are mended for the other checks only.

    Examples
    --------
    >>> cells = [shapely.box(117, 26, 117.01, 26.01), shapely.box(117.009, 26, 117.02, 26.01)]
    >>> grids = gpd.GeoDataFrame(geometry=cells, index=["350428101201001", "350428101201002"], crs=4326)
    >>> faults = grid_faults(grids)
    >>> faults[["kind", "grid", "other"]].values.tolist()
    [['overlap', '350428101201001', '350428101201002']]
    """
    check_wgs84(grids)
    ids = grids.index.astype("str").to_numpy()
    flat = to_meters(grids.geometry)
    raw = flat.to_numpy()
    sound = shapely.make_valid(raw)
    sound[~(shapely.area(sound) > 0)] = shapely.Polygon()  # no polygon: only `_rings` tells
    found = [*_rings(ids, raw), *_duplicates(ids, sound), *_overlaps(ids, sound)]
    found += [*_gaps(ids, sound)]
    village = _villages(grids)
    if villages is not None:
        drawn = _outlines(villages, village, flat.crs)
        found += [*_outside(ids, sound, village, _merged(drawn)), *_of_villages(drawn)]
    else:
        found += [*_apart(ids, sound, village)]
    return _table(found, flat.crs)


def _villages(grids: gpd.GeoDataFrame) -> NDArray[Any]:
    if "village_code" in grids:
        return np.asarray(grids["village_code"].astype("str"))
    return np.asarray(grids.index.astype("str").str[:12])


def _table(found: list[_Fault], crs: Any) -> gpd.GeoDataFrame:
    places = gpd.GeoSeries([f.place for f in found], crs=crs)
    table = gpd.GeoDataFrame(
        {
            "kind": pd.Categorical([f.kind for f in found], list(KINDS), ordered=True),
            "grid": pd.array([f.grid for f in found], "str"),
            "other": pd.array([f.other for f in found], "str"),
            "area_m2": places.area.round(1).to_numpy(dtype=float),
            "zh": pd.array([f.zh for f in found], "str"),
            "en": pd.array([f.en for f in found], "str"),
        },
        geometry=places.to_crs(WGS84).to_numpy() if len(found) else [],
        crs=WGS84,
    )
    return table.sort_values(["kind", "area_m2"], ascending=[True, False], ignore_index=True)


# --- each kind of fault ---------------------------------------------------------------------


def _rings(ids: NDArray[Any], shapes: _Shapes) -> Iterator[_Fault]:
    none = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    polygon = np.isin(shapely.get_type_id(shapes), (3, 6))
    for i in np.flatnonzero(~none & ~polygon):
        what = shapes[i].geom_type
        place = shapely.centroid(shapes[i])
        zh = f"不是面 ({what}), 请在 GIS 中改画成面"
        yield _Fault("ring", ids[i], "", place, zh, f"no polygon but a {what}; draw it anew")
    for i in np.flatnonzero(polygon & ~none & ~shapely.is_valid(shapes)):
        reason = str(shapely.is_valid_reason(shapes[i]))
        what, _, where = reason.partition("[")
        at = where.rstrip("]").split()
        place = shapely.Point(float(at[0]), float(at[1])) if len(at) >= 2 else shapes[i]
        zh = f"边界自相交或环不闭合 ({what}), 请在 GIS 中修复"
        yield _Fault("ring", ids[i], "", place, zh, f"{what}; mend it in a GIS")
    for i in np.flatnonzero(none):
        zh = "没有边界"
        yield _Fault("ring", ids[i], "", shapely.Point(), zh, "has no polygon")


def _duplicates(ids: NDArray[Any], shapes: _Shapes) -> Iterator[_Fault]:
    index = pd.Index(ids)
    for row in np.flatnonzero(index == ""):
        zh = f"第 #{row + 1} 个要素没有编码; 每个要素须有自己的编码"
        en = f"feature #{row + 1} has no code; each needs a code of its own"
        yield _Fault("duplicate", "", "", shapes[row], zh, en)
    for code in index[index.duplicated() & (index != "")].unique():
        rows = np.flatnonzero(index == code)
        where = ", ".join(f"#{i + 1}" for i in rows[:5])
        zh = f"编码用了 {len(rows)} 次 (第 {where} 个要素); 每个要素须有自己的编码"
        en = f"used {len(rows)} times (features {where}); each needs a code of its own"
        yield _Fault("duplicate", code, code, shapely.union_all(shapes[rows]), zh, en)


def _overlaps(ids: NDArray[Any], shapes: _Shapes) -> Iterator[_Fault]:
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    left, right = left[left < right], right[left < right]
    common = shapely.intersection(shapes[left], shapes[right])
    for i in np.flatnonzero(shapely.area(common) >= SMALLEST_M2):
        a, b = sorted((ids[left[i]], ids[right[i]]))
        size = _size(common[i])
        kind = "sliver" if _thin(common[i]) else "overlap"
        zh = f"与 {b} 重叠 {size[0]}; 请确定归哪个网格"
        yield _Fault(
            kind, a, b, common[i], zh, f"overlaps {b} by {size[1]}; decide whose it is"
        )


def _gaps(ids: NDArray[Any], shapes: _Shapes) -> Iterator[_Fault]:
    whole = shapely.union_all(shapes)
    parts = shapely.get_parts(whole)
    holes = [shapely.Polygon(ring) for part in parts for ring in getattr(part, "interiors", ())]
    wide = shapely.buffer(whole, THIN_M / 2, join_style="mitre")
    closed = shapely.buffer(wide, -THIN_M / 2, join_style="mitre")
    slits = shapely.get_parts(shapely.difference(closed, whole))
    # a slit inside a hole was told with the hole; crumbs in corners are none
    inside = shapely.union_all(holes)
    long_ = (shapely.area(slits) >= THIN_M**2) & ~shapely.intersects(slits, inside)
    tree = shapely.STRtree(shapes)
    for place in [h for h in holes if shapely.area(h) >= SMALLEST_M2] + list(slits[long_]):
        near = ids[np.sort(tree.query(place, predicate="dwithin", distance=THIN_M))]
        names = ", ".join(near[:3]) + (" …" if len(near) > 3 else "")
        size = _size(place)
        kind = "sliver" if _thin(place) else "gap"
        zh = f"{names} 之间有 {size[0]} 不属于任何网格"
        en = f"{size[1]} between {names} belong to no grid"
        yield _Fault(kind, near[0] if len(near) else "", "", place, zh, en)


def _outlines(villages: gpd.GeoDataFrame, codes: NDArray[Any], crs: Any) -> gpd.GeoSeries:
    """Give the villages as they came, in meters, indexed by code."""
    check_wgs84(villages)
    shapes = villages.geometry.set_axis(villages.index.astype("str"))
    if not np.isin(codes, shapes.index).any():
        raise AlignmentError(
            en="None of the grids' village codes is among the codes of `villages`. Index it by "
            "the 12-digit code.",
            zh="`villages` 中没有任何一个网格所属的村居代码。请以 12 位村居代码为索引。",
        )
    shapes = (
        shapes.to_crs(WGS84)
        if shapes.crs.to_epsg() == 4326
        else shapes.set_crs(WGS84, allow_override=True)
    )
    return shapes.to_crs(crs)


def _merged(drawn: gpd.GeoSeries) -> gpd.GeoSeries:
    """Mend outlines and take together what has one code; empty where there is no polygon."""
    sound = shapely.make_valid(drawn.to_numpy())
    sound[~(shapely.area(sound) > 0)] = shapely.Polygon()
    whole = {code: shapely.union_all(part) for code, part in _by(drawn.index, sound)}
    return gpd.GeoSeries(pd.Series(whole, dtype="object"), crs=drawn.crs)


def _by(codes: pd.Index, shapes: _Shapes) -> Iterator[tuple[str, _Shapes]]:
    for code, rows in pd.Series(range(len(codes))).groupby(codes.to_numpy()):
        yield str(code), shapes[rows.to_numpy()]


def _of_villages(drawn: gpd.GeoSeries) -> Iterator[_Fault]:
    """Tell of the villages' outlines what is told of the grids' own."""
    codes, raw = drawn.index.to_numpy(), drawn.to_numpy()
    sound = shapely.make_valid(raw)
    sound[~(shapely.area(sound) > 0)] = shapely.Polygon()
    for fault in (*_rings(codes, raw), *_duplicates(codes, sound)):
        zh = f"村居面 {fault.grid}: {fault.zh}" if fault.grid else f"村居面: {fault.zh}"
        en = f"village {fault.grid}: {fault.en}" if fault.grid else f"villages: {fault.en}"
        yield fault._replace(kind="village", grid="", other=fault.grid, zh=zh, en=en)


def _outside(
    ids: NDArray[Any], shapes: _Shapes, village: NDArray[Any], outlines: gpd.GeoSeries
) -> Iterator[_Fault]:
    own = outlines.reindex(village).to_numpy()
    drawn = ~shapely.is_empty(own)  # of one without a polygon it is told once
    beyond = shapely.difference(shapes, own)
    share = drawn * shapely.area(beyond) / np.maximum(shapely.area(shapes), SMALLEST_M2)
    coded = ~shapely.is_empty(shapes) & (village != "")
    for i in np.flatnonzero(shapely.is_missing(own) & coded):
        zh = f"所属村居 {village[i]} 没有边界可对照, 请核对代码"
        en = f"its village {village[i]} has no outline to compare; check the code"
        yield _Fault("outside", ids[i], village[i], shapes[i], zh, en)
    for i in np.flatnonzero(share > OUTSIDE_SHARE):
        zh = f"面积的 {share[i]:.0%} 在村居 {village[i]} 之外"
        en = f"{share[i]:.0%} of its area lies outside village {village[i]}"
        yield _Fault("outside", ids[i], village[i], beyond[i], zh, en)


def _apart(ids: NDArray[Any], shapes: _Shapes, village: NDArray[Any]) -> Iterator[_Fault]:
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=THIN_M)
    same = (left != right) & (village[left] == village[right])
    joined = np.zeros(len(ids), dtype=bool)
    joined[left[same]] = True
    several = pd.Series(village).map(pd.Series(village).value_counts()).to_numpy() > 1
    for i in np.flatnonzero(several & ~joined & ~shapely.is_empty(shapes)):
        zh = f"与村居 {village[i]} 的其他网格都不相连; 若不是飞地, 请核对代码"
        en = f"touches no other grid of village {village[i]}; unless it is an exclave, check the code"
        yield _Fault("apart", ids[i], village[i], shapes[i], zh, en)


def _thin(place: Any) -> bool:
    """Whether no disc as wide as a sliver's limit fits in."""
    return bool(shapely.is_empty(shapely.buffer(place, -THIN_M / 2)))


def _size(place: Any) -> tuple[str, str]:
    area = float(shapely.area(place))
    if area >= 10_000:
        return f"{area / 10_000:,.1f} 公顷", f"{area / 10_000:,.1f} ha"
    return f"{area:,.0f} 平方米", f"{area:,.0f} m²"
