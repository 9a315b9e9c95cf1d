"""Density surfaces: where concerns lie thick, per square kilometer or per household."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.hotspots.gauss import covered, order_needed, spread
from gridkit.records.grids import to_meters

_Floats = NDArray[np.float64]
Per = Literal["km2", "households"]

PRECISION = 1e-6  # of the peak: at worst, all points in the corners of their cells
CELLS = 512
MOST_CELLS = 2048
PER_HOUSEHOLDS = 100.0


@dataclass(frozen=True, eq=False)
class Surface:
    """A density on a raster of square cells.

    Parameters
    ----------
    density : ndarray of float, shape (rows, columns)
        Concerns per km², or per 100 households; NaN outside the grids. Read-only. The first
        row is the southernmost.
    x, y : ndarray of float
        Centers of the columns and rows, meters, ascending.
    crs : Any
        Of x and y; None if the grids had none.
    bandwidth_m : float
        Standard deviation of the kernel.
    per : str
        "km2" or "households".
    counted, outside : int
        Concerns in the surface, and left out because they lie in no grid.
    """

    density: _Floats
    x: _Floats
    y: _Floats
    crs: Any
    bandwidth_m: float
    per: Per
    counted: int
    outside: int

    def __post_init__(self) -> None:
        for part in (self.density, self.x, self.y):
            part.flags.writeable = False

    @property
    def cell_m(self) -> float:
        """The side of a cell, meters."""
        return float(self.x[1] - self.x[0])

    def at(self, places: gpd.GeoSeries | gpd.GeoDataFrame) -> pd.Series:
        """Read the surface at places, on their index; missing outside the grids."""
        geometry = places.geometry
        if self.crs is not None and geometry.crs is not None:
            geometry = geometry.to_crs(self.crs)
        points = shapely.get_coordinates(shapely.centroid(geometry.to_numpy()))
        column = np.rint((points[:, 0] - self.x[0]) / self.cell_m).astype(np.intp)
        row = np.rint((points[:, 1] - self.y[0]) / self.cell_m).astype(np.intp)
        inside = (column >= 0) & (column < len(self.x)) & (row >= 0) & (row < len(self.y))
        values = np.full(len(points), np.nan)
        values[inside] = self.density[row[inside], column[inside]]
        return pd.Series(values, index=places.index, name="density")

    def explain(self, lang: str = "zh") -> str:
        """Say in a sentence what the surface shows and what was left out, "zh" or "en"."""
        n, out, far = self.counted, self.outside, self.bandwidth_m
        if lang == "zh":
            unit = "每平方公里件数" if self.per == "km2" else "每百户件数"
            tail = f"; 另有 {out} 件不在任何网格内, 未计入" if out else ""
            return (
                f"{n} 件诉求按 {far:g} 米带宽平滑所得的{unit}, 仅示疏密, 未作显著性检验{tail}。"
            )
        unit = "per km²" if self.per == "km2" else "per 100 households"
        tail = f"; {out} more lie in no grid and are left out" if out else ""
        return (
            f"{n} concerns {unit}, smoothed over {far:g} m: thick and thin, not tested against "
            f"chance{tail}."
        )


def surface(
    places: gpd.GeoSeries | gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame,
    *,
    bandwidth_m: float,
    per: Per = "km2",
    cell_m: float | None = None,
    edges: bool = True,
) -> Surface:
    """Smooth concerns to a density by an exact Gaussian kernel, corrected at the borders.

    Parameters
    ----------
    places : GeoSeries of points, length n
        One per concern, in the CRS of `grids` or another known one.
    grids : GeoDataFrame of polygons
        They make up the area: nothing is known outside. With `households` for that unit.
    bandwidth_m : float
        Standard deviation of the kernel, meters; at least the side of a cell. Larger is
        smoother: 300 to 1,000 m for a county's towns.
    per : str
        "km2": concerns per square kilometer. "households": concerns per 100 households, both
        smoothed alike (households spread evenly over their grid); missing where the kernel
        meets fewer than 5 households.
    cell_m : float, optional
        Side of a cell, meters; by default the longer side of the area over 512.
    edges : bool
        Divide by the share of the kernel that lies in the area, so that borders do not look
        thin. (Per households the correction cancels out.)

    Returns
    -------
    Surface

    Raises
    ------
    DataError
        If no concern lies in a grid, a geometry is missing, the bandwidth is below a cell,
        the raster would have over 2,048 cells a side, or households are missing or none.

    Notes
    -----
    A picture, not a test: it always has peaks. Where one may be chance `gi_star_test` and
    `scan` can tell. Per km² it shows where people live. Concerns set to a grid's center or to
    a default address make peaks of their own: locate them first. Never publish a surface of
    fewer than 5 concerns in a kernel's reach.
    The sum over points is exact to 1e-6 of the surface's peak, whatever the bandwidth.

    References
    ----------
    Diggle, P. (1985). A kernel method for smoothing point process data. Applied Statistics,
    34(2), 138-147. https://doi.org/10.2307/2347366
    Kelsall, J. E. & Diggle, P. J. (1995). Non-parametric estimation of spatial variation in
    relative risk. Statistics in Medicine, 14(21-22), 2335-2342.
    https://doi.org/10.1002/sim.4780142106

    Examples
    --------
    One concern in the middle of a square of 2 km: the peak is 1 / (2 π 0.2²) per km².

    >>> grids = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2000, 2000)], index=["a"])
    >>> one = gpd.GeoSeries(gpd.points_from_xy([1000], [1000]))
    >>> found = surface(one, grids, bandwidth_m=200, cell_m=20)
    >>> round(float(found.at(one)[0]), 1), round(1 / (2 * np.pi * 0.2**2), 1)
    (4.0, 4.0)
    """
    area = _checked(grids, bandwidth_m, per)
    x, y = _centers(area, cell_m, bandwidth_m)
    inside = _owners(area, x, y)
    points, outside = _points(places, area)
    mask = inside >= 0
    side = float(x[1] - x[0])
    order = order_needed(side / bandwidth_m, PRECISION)
    found = spread(points, np.ones(len(points)), x, y, bandwidth_m, order)
    found = np.maximum(found, 0.0)
    if per == "households":
        homes = _households(grids, inside, area, x, y)
        centers = np.stack(np.meshgrid(x, y), axis=-1)[mask]
        dwelt = spread(centers, homes[mask], x, y, bandwidth_m, 0)
        enough = dwelt * 2 * np.pi * bandwidth_m**2 >= 5.0
        values = np.divide(
            found * PER_HOUSEHOLDS, dwelt, out=np.full(mask.shape, np.nan), where=enough
        )
    else:
        share = covered(mask, side, bandwidth_m) if edges else np.ones(mask.shape)
        values = np.divide(found * 1e6, share, out=np.zeros(mask.shape), where=mask)
    values[~mask] = np.nan
    return Surface(values, x, y, area.crs, float(bandwidth_m), per, len(points), outside)


def _centers(
    area: gpd.GeoSeries, cell_m: float | None, bandwidth_m: float
) -> tuple[_Floats, _Floats]:
    """Lay square cells over the area, their centers ascending."""
    west, south, east, north = area.total_bounds
    side = max(east - west, north - south) / CELLS if cell_m is None else float(cell_m)
    shape = [max(int(np.ceil(d / side - 1e-9)), 2) if side > 0 else 0 for d in
             (east - west, north - south)]  # fmt: skip
    if not (0 < side <= bandwidth_m and max(shape) <= MOST_CELLS):
        raise DataError(
            en=f"`cell_m` must be above 0, at most `bandwidth_m` ({bandwidth_m:g}), and make at "
            f"most {MOST_CELLS} cells a side; it is {side:g} and makes {max(shape)}.",
            zh=f"`cell_m` 须大于 0、不超过 `bandwidth_m` ({bandwidth_m:g}), 且每边至多 "
            f"{MOST_CELLS} 格; 现为 {side:g}, 每边 {max(shape)} 格。",
        )
    return (
        west + side * (np.arange(shape[0]) + 0.5),
        south + side * (np.arange(shape[1]) + 0.5),
    )


def _owners(area: gpd.GeoSeries, x: _Floats, y: _Floats) -> NDArray[np.intp]:
    """Say which grid each cell's center lies in, -1 for none; of several the last."""
    owner = np.full((len(y), len(x)), -1, dtype=np.intp)
    shapes = area.to_numpy()
    shapely.prepare(shapes)
    bounds = shapely.bounds(shapes)
    for number, (shape, (west, south, east, north)) in enumerate(
        zip(shapes, bounds, strict=True)
    ):
        left, right = np.searchsorted(x, [west, east])
        low, high = np.searchsorted(y, [south, north])
        block = owner[low:high, left:right]
        at_x, at_y = np.meshgrid(x[left:right], y[low:high])
        block[shapely.intersects_xy(shape, at_x, at_y)] = number
    return owner


def _points(
    places: gpd.GeoSeries | gpd.GeoDataFrame, area: gpd.GeoSeries
) -> tuple[_Floats, int]:
    geometry = places.geometry
    blank = int((geometry.isna() | geometry.is_empty).sum())
    if area.crs is not None and geometry.crs is not None:
        geometry = geometry.to_crs(area.crs)
    known = geometry[~(geometry.isna() | geometry.is_empty)].to_numpy()
    tree = shapely.STRtree(area.to_numpy())
    hit = np.unique(tree.query(known, predicate="intersects")[0])
    if not len(hit):
        raise DataError(
            en=f"`places` must have concerns inside the grids; of {len(places)} none is, {blank} "
            "have no place. Are both in the same datum and CRS?",
            zh=f"`places` 须有位于网格内的诉求; {len(places)} 件中一件也没有, {blank} 件无位置。"
            "两者的坐标系是否一致?",
        )
    inside = known[hit]
    if not (shapely.get_type_id(inside) == shapely.GeometryType.POINT).all():
        inside = shapely.centroid(inside)
    return shapely.get_coordinates(inside), len(places) - len(hit)


def _households(
    grids: gpd.GeoDataFrame,
    owner: NDArray[np.intp],
    area: gpd.GeoSeries,
    x: _Floats,
    y: _Floats,
) -> _Floats:
    """Spread each grid's households evenly over its cells; tiny grids take their nearest."""
    homes = grids["households"].to_numpy(dtype=np.float64, na_value=np.nan)
    number = np.bincount(owner[owner >= 0], minlength=len(grids))
    per_cell = np.divide(homes, number, out=np.zeros(len(homes)), where=number > 0)
    spread_out = np.where(owner >= 0, per_cell[np.maximum(owner, 0)], 0.0)
    tiny = np.flatnonzero(number == 0)
    if len(tiny):
        at = shapely.get_coordinates(shapely.point_on_surface(area.to_numpy()[tiny]))
        side = x[1] - x[0]
        column = np.clip(np.rint((at[:, 0] - x[0]) / side), 0, len(x) - 1).astype(np.intp)
        row = np.clip(np.rint((at[:, 1] - y[0]) / side), 0, len(y) - 1).astype(np.intp)
        np.add.at(spread_out, (row, column), homes[tiny])
    return spread_out


def _checked(grids: gpd.GeoDataFrame, bandwidth_m: float, per: str) -> gpd.GeoSeries:
    none = int((grids.geometry.isna() | grids.geometry.is_empty).sum())
    if (
        none
        or len(grids) == 0
        or not (0 < bandwidth_m < np.inf)
        or per not in {"km2", "households"}
    ):
        raise DataError(
            en="`grids` must have polygons, `bandwidth_m` be above 0 and `per` "
            f'"km2" or "households"; {none} of {len(grids)} grids have no geometry, and they are '
            f"{bandwidth_m:g} and {per!r}.",
            zh='`grids` 须有边界, `bandwidth_m` 须大于 0, `per` 须为 "km2" 或 "households"; '
            f"{len(grids)} 个网格中 {none} 个无边界, 现为 {bandwidth_m:g} 与 {per!r}。",
        )
    if per == "households":
        known = grids["households"] if "households" in grids.columns else pd.Series(dtype=float)
        missing = int(known.isna().sum()) if len(known) else len(grids)
        if missing or not known.sum() > 0:
            raise DataError(
                en=f"`grids` must have households to divide by; {missing} are unknown, "
                f'{known.sum():g} in all. Fill them in, or take per="km2".',
                zh=f"`grids` 须有户数方可相除; {missing} 个未知, 合计 {known.sum():g}。"
                '请补全, 或取 per="km2"。',
            )
    return to_meters(grids.geometry)
