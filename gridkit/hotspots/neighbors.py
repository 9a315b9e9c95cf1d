"""Neighbors: which cells are near which, as a sparse matrix of zeros and ones.

Three ways, for three questions: `touching` where borders matter, `within` where distance
does, `k_nearest` where cells differ much in size and every one needs the same number.
Distances are in meters: geographic coordinates are projected, coordinates without a CRS
are taken as meters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray

from gridkit.errors import AlignmentError, DataError
from gridkit.records.grids import to_meters

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

_Floats = NDArray[np.float64]

# 1 cm: what rounding of coordinates can open between borders that are the same
TOLERANCE_M = 0.01
# beyond this the matrix takes gigabytes: the distance is a slip, not a neighborhood
MOST_PAIRS = 100_000_000
# distances that differ by less than a micrometer are ties
_TIE_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Neighbors:
    """Which cells are neighbors: each of n cells in a row, in the order of `index`.

    Parameters
    ----------
    index : Index, length n
        The cells, without duplicates.
    matrix : csr_array of float, shape (n, n)
        1 where the column is a neighbor of the row, else 0; no cell is its own neighbor.
        Not always symmetric (`k_nearest`). Read-only.
    duplicates : Index
        Cells that stand at the same place as another one (same center). They are kept,
        as each other's neighbors at distance 0; look whether one is a double entry.

    Raises
    ------
    DataError
        If the matrix is not of this form.

    Examples
    --------
    >>> row = gpd.GeoSeries(gpd.points_from_xy([0, 1, 5], [0, 0, 0]), index=["a", "b", "c"])
    >>> near = within(row, 1)
    >>> near.matrix.toarray().astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    >>> near.islands.tolist()
    ['c']
    """

    index: pd.Index
    matrix: sp.csr_array
    duplicates: pd.Index = field(default_factory=lambda: pd.Index([]))

    def __post_init__(self) -> None:
        n = len(self.index)
        sound = self.matrix.shape == (n, n) and self.index.is_unique
        sound = sound and bool((self.matrix.data == 1).all())
        if not sound or self.matrix.diagonal().any():
            raise DataError(
                en="`matrix` must be n × n of 0 and 1, with 0 on its diagonal, and `index` "
                "without duplicates.",
                zh="`matrix` 须为 n × n 的 0–1 矩阵, 对角线为 0, 且 `index` 不得重复。",
            )
        for part in (self.matrix.data, self.matrix.indices, self.matrix.indptr):
            part.flags.writeable = False

    @property
    def count(self) -> pd.Series:
        """The number of neighbors of each cell, itself not counted."""
        return pd.Series(np.diff(self.matrix.indptr), index=self.index, name="count")

    @property
    def islands(self) -> pd.Index:
        """The cells without any neighbor."""
        alone: pd.Index = self.index[np.diff(self.matrix.indptr) == 0]
        return alone

    def align(self, values: pd.Series) -> _Floats:
        """Take the values out as an array, if they describe the same cells in this order.

        Parameters
        ----------
        values : Series of numbers, length n

        Returns
        -------
        ndarray of float, length n
            Missing values are NaN.

        Raises
        ------
        AlignmentError
            If the cells or their order differ.
        """
        if not values.index.equals(self.index):
            en, zh = _misalignment(values.index, self.index)
            raise AlignmentError(en=en, zh=zh)
        return values.to_numpy(dtype=np.float64, na_value=np.nan)

    def explain(self, lang: str = "zh") -> str:
        """Say in a sentence what the neighborhoods are like, in "zh" or "en"."""
        n, alone, twice = len(self.index), len(self.islands), len(self.duplicates)
        mean = self.matrix.nnz / max(n, 1)
        if lang == "zh":
            text = f"{n} 个网格, 平均 {mean:.1f} 个邻格"
            text += f"; {alone} 个没有邻格 ({_named(self.islands)})" if alone else ""
            text += f"; {twice} 个与他格位置相同 ({_named(self.duplicates)})" if twice else ""
            return text + "。"
        text = f"{n} cells with {mean:.1f} neighbors on average"
        text += f"; {alone} without any ({_named(self.islands)})" if alone else ""
        text += (
            f"; {twice} at the place of another ({_named(self.duplicates)})" if twice else ""
        )
        return text + "."


def touching(
    grids: gpd.GeoDataFrame | gpd.GeoSeries, tolerance_m: float = TOLERANCE_M
) -> Neighbors:
    """Make neighbors of cells that share a border or a corner (queen contiguity).

    Parameters
    ----------
    grids : GeoDataFrame or GeoSeries of polygons, length n
    tolerance_m : float
        Borders closer than this touch, meters. Borders drawn by hand gape by meters: look
        at `islands`, and raise it to 5 or 10.

    Returns
    -------
    Neighbors
        Symmetric, on the index of `grids`.

    Raises
    ------
    DataError
        If a geometry is missing, an index label repeats, or the tolerance is below 0.

    Examples
    --------
    >>> cells = gpd.GeoSeries([shapely.box(x, 0, x + 1, 1) for x in (0, 1, 3)])
    >>> touching(cells).count.tolist()
    [1, 1, 0]
    """
    geometry = _checked(grids)
    _check_above(tolerance_m, "tolerance_m", least=0)
    shapes = _scaled(geometry)
    if len(shapes) == 0:
        return _from_pairs(np.empty((2, 0), dtype=np.intp), geometry)
    tree = shapely.STRtree(shapes)
    pairs = tree.query(shapes, predicate="dwithin", distance=tolerance_m)
    return _from_pairs(pairs, geometry)


def within(grids: gpd.GeoDataFrame | gpd.GeoSeries, distance_m: float) -> Neighbors:
    """Make neighbors of cells whose centers lie within a distance.

    Parameters
    ----------
    grids : GeoDataFrame or GeoSeries, length n
        Polygons (their centroids are taken) or points.
    distance_m : float
        Meters, inclusive (to one part in a billion, so that rounding decides nothing).

    Returns
    -------
    Neighbors
        Symmetric, on the index of `grids`.

    Raises
    ------
    DataError
        If a geometry is missing, an index label repeats, the distance is not above 0, or
        so large that there would be over a hundred million pairs.

    Examples
    --------
    >>> cells = gpd.GeoSeries(gpd.points_from_xy([0, 300, 900], [0, 0, 0]))
    >>> within(cells, 300).count.tolist()
    [1, 1, 0]
    """
    geometry = _checked(grids)
    _check_above(distance_m, "distance_m")
    if len(geometry) == 0:
        return _from_pairs(np.empty((2, 0), dtype=np.intp), geometry)
    tree = _tree(_centers(geometry))
    reach = distance_m * (1 + 1e-9)
    found = int(tree.count_neighbors(tree, reach)) - len(geometry)
    if found > MOST_PAIRS:
        raise DataError(
            en=f"`distance_m` = {distance_m:g} m makes {found:,} pairs of {len(geometry):,} "
            "cells neighbors; take a smaller distance.",
            zh=f"`distance_m` = {distance_m:g} 米会使 {len(geometry):,} 个网格形成 {found:,} 对"
            "邻格; 请减小距离。",
        )
    half = tree.query_pairs(reach, output_type="ndarray")
    return _from_pairs(np.concatenate([half, half[:, ::-1]]).T, geometry)


def k_nearest(grids: gpd.GeoDataFrame | gpd.GeoSeries, k: int) -> Neighbors:
    """Make neighbors of each cell's k nearest, by the distance between centers.

    Among equally near cells the smaller index label comes first, so the order of rows
    changes nothing.

    Parameters
    ----------
    grids : GeoDataFrame or GeoSeries, length n
        Polygons (their centroids are taken) or points.
    k : int
        From 1 to n - 1.

    Returns
    -------
    Neighbors
        Each row has k ones; not symmetric.

    Raises
    ------
    DataError
        If a geometry is missing, an index label repeats, or k is out of its range.

    Examples
    --------
    >>> cells = gpd.GeoSeries(gpd.points_from_xy([0, 1, 3, 9], [0, 0, 0, 0]))
    >>> k_nearest(cells, 1).matrix.indices.tolist()
    [1, 0, 1, 2]
    """
    geometry = _checked(grids)
    n = len(geometry)
    if k % 1 or not 1 <= k <= n - 1:
        raise DataError(
            en=f"`k` must be a whole number from 1 to {n - 1} for {n} cells; it is {k}.",
            zh=f"{n} 个网格时 `k` 须为 1 至 {n - 1} 之间的整数; 现为 {k}。",
        )
    points = _centers(geometry)
    rank = np.empty(n, dtype=np.intp)
    rank[np.argsort(geometry.index.to_numpy(), kind="stable")] = np.arange(n)
    columns = _nearest(_tree(points), points, rank, k)
    rows = np.repeat(np.arange(n), k)
    return _from_pairs(np.stack([rows, columns.ravel()]), geometry)


def _tree(points: _Floats) -> cKDTree:
    from scipy.spatial import cKDTree  # loaded at need: no form or map wants it

    return cKDTree(points)


def _nearest(
    tree: cKDTree, points: _Floats, rank: NDArray[np.intp], k: int
) -> NDArray[np.intp]:
    """Find the k nearest of each point; ask for more until no tie is cut in two."""
    n = len(points)
    nearest = np.empty((n, k), dtype=np.intp)
    open_rows, width = np.arange(n), min(n, k + 9)
    while len(open_rows):
        distance, column = tree.query(points[open_rows], k=width)
        distance = np.round(distance, _TIE_DIGITS)
        # a crowd at one place can push the cell itself out of its own list
        distance[column == open_rows[:, None]] = -1.0
        order = np.lexsort((rank[column], distance))
        distance = np.take_along_axis(distance, order, axis=1)
        column = np.take_along_axis(column, order, axis=1)
        itself = distance[:, 0] == -1.0
        whole = (itself & (distance[:, k] < distance[:, -1])) | (width == n)
        nearest[open_rows[whole]] = column[whole, 1 : k + 1]
        open_rows, width = open_rows[~whole], min(n, width * 4)
    return nearest


def _from_pairs(pairs: NDArray[Any], geometry: gpd.GeoSeries) -> Neighbors:
    n = len(geometry)
    rows, columns = pairs[:, pairs[0] != pairs[1]]
    order = np.lexsort((columns, rows))
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
    ones = np.ones(len(rows))
    matrix = sp.csr_array((ones, columns[order], starts), shape=(n, n))
    places = pd.DataFrame(np.round(_centers(geometry), _TIE_DIGITS))
    twice = geometry.index[places.duplicated(keep=False).to_numpy()]
    return Neighbors(index=geometry.index, matrix=matrix, duplicates=twice)


def _centers(geometry: gpd.GeoSeries) -> _Floats:
    return np.asarray(shapely.get_coordinates(shapely.centroid(to_meters(geometry).to_numpy())))


def _scaled(geometry: gpd.GeoSeries) -> NDArray[Any]:
    """Meters by two factors: unlike a projection, this keeps a corner on a straight border."""
    if geometry.crs is None or not geometry.crs.is_geographic or len(geometry) == 0:
        return np.asarray(geometry.to_numpy())
    _, south, _, north = geometry.total_bounds
    per_degree = 111_195.0  # meters, mean sphere: good to 0.5 %, ample for a tolerance
    factors = per_degree * np.array([np.cos(np.radians((south + north) / 2)), 1.0])
    return np.asarray(shapely.transform(geometry.to_numpy(), lambda xy: xy * factors))


def _checked(grids: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoSeries:
    geometry = grids.geometry
    none = geometry.isna() | geometry.is_empty
    if none.any() or not geometry.index.is_unique:
        again = geometry.index[geometry.index.duplicated()].unique()
        raise DataError(
            en=f"every cell needs a geometry and a label of its own; without geometry: "
            f"{int(none.sum())}, labels used twice: {len(again)} ({_named(again)}).",
            zh=f"每个网格须有边界和唯一编码; 缺边界 {int(none.sum())} 个, "
            f"编码重复 {len(again)} 个 ({_named(again)})。",
        )
    if geometry.crs is None and len(geometry) and _like_degrees(geometry.total_bounds):
        raise DataError(
            en="the cells have no CRS, and look like degrees of longitude and latitude, not like "
            "meters; say which: `grids.set_crs(4326)`.",
            zh="网格没有坐标系, 数值像经纬度而不像米; 请写明, 如 `grids.set_crs(4326)`。",
        )
    return geometry


def _like_degrees(bounds: np.ndarray) -> bool:
    """Tell whether a rectangle would lie in China, were it in degrees."""
    west, south, east, north = bounds
    return bool(73 < west <= east < 136 and 3 < south <= north < 54)


def _check_above(value: float, name: str, least: float | None = None) -> None:
    if np.isfinite(value) and (value > 0 if least is None else value >= least):
        return
    rule_en, rule_zh = (
        ("above 0 m", "大于 0 米") if least is None else ("0 m or more", "不小于 0 米")
    )
    raise DataError(
        en=f"`{name}` must be {rule_en}; it is {value:g}.",
        zh=f"`{name}` 须{rule_zh}; 现为 {value:g}。",
    )


def _misalignment(given: pd.Index, own: pd.Index) -> tuple[str, str]:
    missing, unknown = own.difference(given), given.difference(own)
    if len(missing) or len(unknown) or len(given) != len(own):
        return (
            f"`values` must cover the {len(own)} cells of `neighbors`; "
            f"{len(missing)} missing ({_named(missing)}), {len(unknown)} unknown "
            f"({_named(unknown)}). Make both from one grid.",
            f"`values` 须对应 `neighbors` 的 {len(own)} 个网格; "
            f"缺 {len(missing)} 个 ({_named(missing)}), 多 {len(unknown)} 个 "
            f"({_named(unknown)})。两者须由同一份网格得出。",
        )
    return (
        "`values` holds the cells of `neighbors` in another order; "
        "use `values.loc[neighbors.index]`.",
        "`values` 与 `neighbors` 的网格相同而次序不同; 请用 `values.loc[neighbors.index]`。",
    )


def _named(labels: Iterable[Any]) -> str:
    shown = [repr(label) if isinstance(label, str) else str(label) for label in labels]
    return ", ".join(shown[:3]) + (", ..." if len(shown) > 3 else "") or "–"
