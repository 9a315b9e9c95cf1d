"""Masked places: a dot for each matter on a map that is handed out, nowhere near its home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridkit.maps.disclosure import Release, levels_of, mask_points
from gridkit.maps.escape import Json
from gridkit.maps.layers.cells import CELL_PX, world
from gridkit.maps.layers.discs import BandStyle
from gridkit.maps.layers.dots import PLACE_ZOOM, DotLayer, Dots
from gridkit.maps.layers.layer import LegendSection
from gridkit.records.grids import centroid
from gridkit.records.levels import dissolve

if TYPE_CHECKING:
    import geopandas as gpd

_DOT = BandStyle("masked", "一件诉求", "one concern", "#5d4a8a")


def masked_places(
    concerns: pd.DataFrame, grids: gpd.GeoDataFrame, made: Release, key: bytes
) -> pd.DataFrame:
    """Place the matters of a release within their communities, each far from its home.

    Parameters
    ----------
    concerns : DataFrame
        Those that the release counts, of any window: `grid_id`, `heard_on`, `lon`, `lat`.
    grids : GeoDataFrame, indexed by `grid_id`
        With `village_code` and `township_code`.
    made : Release
        What is shown. Points are drawn in the villages whose count it shows, or in the
        townships where it shows no villages.
    key : bytes
        From `mask_key`.

    Returns
    -------
    DataFrame
        `lon`, `lat` and `area` (its code), sorted by place: neither index nor order says
        which record a row was. An area has as many rows as its count says, or none, where
        it is too small to move every point 150 m.

    Notes
    -----
    Matters without a place are masked from the middle of their grid, for their number, the
    difference to the count, could be rare. No type, band or day goes with a dot.
    The same matter has the same dot on every map of a workspace, so averages over releases
    stay where they are; it also means that a dot can be recognized from map to map.
    """
    level = "village" if "village" in made.shown.index.get_level_values("level") else "township"
    shown = made.level(level).dropna()
    area = levels_of(grids)[level].astype("str").set_axis(grids.index.astype("str"))
    heard = pd.to_datetime(concerns["heard_on"])
    since, until = pd.Timestamp(made.window.since), pd.Timestamp(made.window.until)
    some = concerns[(heard >= since) & (heard <= until)]
    of = some["grid_id"].astype("str").map(area)
    some, of = some[of.isin(shown.index)], of[of.isin(shown.index)]
    middle = (
        centroid(grids)
        .set_axis(grids.index.astype("str"))
        .reindex(some["grid_id"].astype("str"))
    )
    at = some[["lon", "lat"]].astype("float64")
    unknown = at.isna().any(axis=1).to_numpy()
    at[unknown] = middle.to_numpy()[unknown]
    moved = mask_points(at, dissolve(grids, level), of, key).assign(area=of)
    cramped = moved.loc[moved["lon"].isna(), "area"].unique()
    kept = moved[~moved["area"].isin(cramped)]
    return kept.sort_values(["lat", "lon"], ignore_index=True)


def place_layer(places: pd.DataFrame, *, show: bool = False) -> DotLayer:
    """Draw masked places as dots.

    Parameters
    ----------
    places : DataFrame
        From `masked_places`.
    show : bool
        Whether they are shown when the map opens. By default a reader of the page turns them
        on, having seen that they are no real places; on paper nobody can.

    Returns
    -------
    DotLayer
    """
    lon, lat = places["lon"].to_numpy(dtype=float), places["lat"].to_numpy(dtype=float)
    xy = (world(lon, lat, PLACE_ZOOM) * CELL_PX).astype(np.int64)
    corner = xy.min(axis=0) if len(xy) else np.zeros(2, dtype=np.int64)
    notes = (
        "一点一件; 点已在本村居 (或乡镇) 内按密钥移到别处, 不是实际位置 / moved within their community: "
        "not where they are.",
        "只画件数可以显示的村居 (或乡镇) / only where the count may be shown.",
    )
    item: dict[str, Json] = {
        "fill": _DOT.color,
        "stroke": "#1d1b18",
        "label": _DOT.zh,
        "en": _DOT.en,
    }
    legend = LegendSection("诉求点 (已遮蔽)", "masked places", (item,), notes)
    data = Dots(int(corner[0]), int(corner[1]), (xy - corner,))
    return DotLayer(data, (_DOT,), legend=legend, show=show)
