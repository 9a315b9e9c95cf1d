"""Evidence on a datum: what would lie right if the coordinates were in another one.

Nothing is converted here. The likely mix-up is named with its numbers, and whoever made
the file is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridkit.records.datum import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from gridkit.records.grids import locate

_Convert = Callable[[Any, Any], tuple[Any, Any]]

# What the points would be if they lay right after this conversion
_HYPOTHESES: dict[str, tuple[str, str, _Convert]] = {
    "gcj02": (
        "这些点是 GCJ-02 (高德、腾讯)",
        "the points are in GCJ-02 (Amap)",
        gcj02_to_wgs84,
    ),
    "bd09": ("这些点是 BD-09 (百度)", "the points are in BD-09 (Baidu)", bd09_to_wgs84),
    "grids_gcj02": ("网格边界是 GCJ-02", "the grids are in GCJ-02", wgs84_to_gcj02),
    "grids_bd09": ("网格边界是 BD-09", "the grids are in BD-09", wgs84_to_bd09),
}
# Put right and put wrong would be as frequent by chance: a sign test
_P = 0.001


@dataclass(frozen=True)
class DatumEvidence:
    """What speaks for a mix-up of datums.

    Attributes
    ----------
    table : DataFrame, indexed by hypothesis
        `as_is`, `gcj02`, `bd09`, `grids_gcj02`, `grids_bd09`: `right` (points that lie where
        they should), `gained` and `lost` against as it is, `shift_m` (median, meters), `p`
        (one-sided sign test).
    likely : str or None
        The hypothesis that puts most points right, if that is no chance; None: no mix-up.
    zh, en : str
        The question to ask, with its numbers; or that nothing speaks against WGS-84.
    """

    table: pd.DataFrame
    likely: str | None
    zh: str
    en: str


def datum_evidence(
    points: pd.DataFrame, grids: gpd.GeoDataFrame, of: pd.Series | None = None
) -> DatumEvidence:
    """Ask whether points and grids are in the same datum.

    Parameters
    ----------
    points : DataFrame, length n
        `lon`, `lat`, degrees as they came; missing ones are left out.
    grids : GeoDataFrame
        Areas taken as WGS-84, indexed by their id.
    of : Series of str, indexed like `points`, optional
        The id of the area that each point should lie in. A much better test: without it,
        only points that cross the outer border tell anything.

    Returns
    -------
    DatumEvidence

    Raises
    ------
    DataError
        If the grids are not said to be in WGS-84.

    Notes
    -----
    In Jiangle GCJ-02 lies 620 m off WGS-84, BD-09 about 1.4 km. Of the points that lie
    right under one of two readings only, half would favor each by chance.

    Examples
    --------
    >>> from gridkit.records.grids import centroid, make_grids
    >>> import shapely
    >>> grids = make_grids(shapely.box(117.40, 26.70, 117.45, 26.75), 500, "990428")
    >>> homes = centroid(grids)
    >>> lon, lat = wgs84_to_gcj02(homes["lon"], homes["lat"])
    >>> shifted = pd.DataFrame({"lon": lon, "lat": lat}, index=homes.index)
    >>> datum_evidence(shifted, grids, pd.Series(grids.index, index=homes.index)).likely
    'gcj02'
    """
    known = points[["lon", "lat"]].astype(float).dropna()
    wanted = None if of is None else of.reindex(known.index).astype("str").to_numpy()
    x, y = known["lon"].to_numpy(), known["lat"].to_numpy()
    now = _right(x, y, grids, wanted)
    rows = {"as_is": (int(now.sum()), 0, 0, 0.0, 1.0)}
    for name, (_, _, convert) in _HYPOTHESES.items():
        there_x, there_y = convert(x, y)
        then = _right(there_x, there_y, grids, wanted)
        gained, lost = int((then & ~now).sum()), int((now & ~then).sum())
        east = np.radians(there_x - x) * np.cos(np.radians(y))
        shift = 6371008.8 * np.hypot(east, np.radians(there_y - y))
        median = float(np.median(shift)) if len(shift) else 0.0
        rows[name] = (int(then.sum()), gained, lost, median, _chance(gained, lost))
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=["right", "gained", "lost", "shift_m", "p"]
    ).rename_axis("hypothesis")
    return _told(table, len(known), named=of is not None)


def _right(x: Any, y: Any, grids: gpd.GeoDataFrame, wanted: Any) -> Any:
    found = locate(x, y, grids)
    return (found.notna() if wanted is None else found == wanted).to_numpy(dtype=bool)


def _chance(gained: int, lost: int) -> float:
    from scipy.special import bdtrc  # slow to load, and seldom needed

    return float(bdtrc(gained - 1, gained + lost, 0.5)) if gained > lost else 1.0


def _told(table: pd.DataFrame, n: int, *, named: bool) -> DatumEvidence:
    right = table["right"].astype("int64")
    best, now = str(right.idxmax()), int(right["as_is"])
    if best == "as_is" or table["p"].astype(float)[best] >= _P:
        return DatumEvidence(
            table,
            None,
            f"{n} 个点中 {now} 个位置相符; 没有换坐标系的迹象。",
            f"{now} of {n} points lie right; nothing speaks for another datum.",
        )
    zh, en, _ = _HYPOTHESES[best]
    off, then = float(table["shift_m"].astype(float)[best]), int(right[best])
    where = ("所填的网格内", "the grid that they name") if named else ("网格内", "some grid")
    return DatumEvidence(
        table,
        best,
        f"点与网格相差约 {off:.0f} 米: {zh}吗? 这样换算, {n} 个点中有 {then} 个落在{where[0]}, "
        f"现在只有 {now} 个。请问明文件的坐标系, 不要猜。",
        f"The points lie {off:.0f} m off the grids: {en}? Then {then} of {n} lie in {where[1]}, now "
        f"{now}. Ask who made the file; do not guess.",
    )
