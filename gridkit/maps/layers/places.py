"""Rooms and stations: public places where people can go, each level with its own shape."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.maps.layers.layer import LegendSection
from gridkit.maps.layers.marks import MarkLayer, MarkStyle, Rows, at_places

# One hue, since rooms are no alarm; level by shape, size and character.
ROOM_STYLES = {
    "county": MarkStyle("县级评理室", "county room", "shield", "#1f4f5e", 30, "县"),
    "township": MarkStyle("乡镇级评理室", "township room", "house", "#2f6678", 25, "镇"),
    "village": MarkStyle("村级评理室", "village room", "house", "#8fb6be", 17, "村"),
}
STATION_STYLE = MarkStyle("驿站、服务点", "station", "square", "#6a4c93", 19, "站")
_MEDIATORS = ("lawyers", "respected_residents", "deputies", "other_mediators")


class NamedMarks(MarkLayer):
    """Marks with their names beside them where there is room."""

    named = True


def room_layer(
    rooms: pd.DataFrame,
    grids: gpd.GeoDataFrame | None = None,
    *,
    title: str = "评理室",
    title_en: str = "reasoning rooms",
    show: bool = True,
) -> MarkLayer:
    """Show the rooms where people can have a matter heard.

    Parameters
    ----------
    rooms : DataFrame, indexed by record id
        `title`, `level` (county, township, village), `division_code`, and where known `lon`
        and `lat` (WGS-84); counts of mediators by kind. `triage.open_rooms` gives those
        that are open on a day.
    grids : GeoDataFrame, optional
        For a room without a place: the middle of its division, as far as grids tell.
    title, title_en : str
        For legend and layer control.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    MarkLayer
        For `.add_to(m)`. A room is a public place, and may be on maps that are shared.

    Raises
    ------
    DataError
        If `lon` or `lat` is beyond the degrees that exist.

    Examples
    --------
    >>> rooms = pd.DataFrame({"title": ["古镛镇评理室"], "level": ["township"], "lawyers": [2],
    ...                       "division_code": ["990428100000"], "lon": [117.5], "lat": [26.7]})
    >>> room_layer(rooms).rows.cells
    [('古镛镇评理室', '乡镇级评理室', '2 人')]
    """
    placed, guessed = _placed(rooms, grids)
    kinds = list(ROOM_STYLES)
    level = placed["level"].astype("str").map({code: i for i, code in enumerate(kinds)})
    order = np.argsort(level.fillna(len(kinds) - 1).to_numpy(), kind="stable")
    placed = placed.iloc[order]
    which = level.fillna(len(kinds) - 1).iloc[order].astype(int).tolist()
    marks = [
        (x, y, k, None) for (x, y), k in zip(at_places(placed, "rooms"), which, strict=True)
    ]
    counted = [name for name in _MEDIATORS if name in placed]
    people = placed[counted].astype("Float64").sum(axis=1, min_count=1)
    cells = [
        (str(name), ROOM_STYLES[kinds[k]].zh, "—" if pd.isna(n) else f"{int(n)} 人")
        for name, k, n in zip(placed["title"], which, people, strict=True)
    ]
    notes = [f"共 {len(placed)} 处。"]
    if guessed:
        notes.append(f"{guessed} 处没有坐标, 画在所在区划中间 / in the middle of the division.")
    if lost := len(rooms) - len(placed):
        notes.append(f"另有 {lost} 处没有坐标, 也不知在哪个网格, 未上图 / without a place.")
    return NamedMarks(
        marks,
        tuple(ROOM_STYLES.values()),
        Rows(("评理室", "层级", "评理员"), cells),
        legend=LegendSection(
            title,
            title_en,
            tuple(
                ROOM_STYLES[code].legend_item() for i, code in enumerate(kinds) if i in which
            ),
            tuple(notes),
        ),
        level=605,
        show=show,
    )


def station_layer(
    stations: pd.DataFrame,
    *,
    style: MarkStyle = STATION_STYLE,
    title: str = "驿站与服务点",
    title_en: str = "stations",
    show: bool = True,
) -> MarkLayer:
    """Show stations, service points, or any other public places by name.

    Parameters
    ----------
    stations : DataFrame
        `title`, `lon`, `lat` (WGS-84, degrees).
    style : MarkStyle
        Shape, color and character of the marks.
    title, title_en : str
        For legend and layer control.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    MarkLayer
        For `.add_to(m)`.

    Raises
    ------
    DataError
        If `lon` or `lat` is absent, or beyond the degrees that exist.

    Examples
    --------
    >>> stations = pd.DataFrame({"title": ["东门驿站"], "lon": [117.5], "lat": [26.7]})
    >>> station_layer(stations).data
    [(11750000, 2670000, 0, None)]
    """
    places = at_places(stations, "stations")
    return NamedMarks(
        [(x, y, 0, None) for x, y in places],
        (style,),
        Rows(("名称",), [(str(name),) for name in stations["title"]]),
        legend=LegendSection(
            title, title_en, (style.legend_item(),), (f"共 {len(places)} 处。",)
        ),
        level=604,
        show=show,
    )


def _placed(rooms: pd.DataFrame, grids: gpd.GeoDataFrame | None) -> tuple[pd.DataFrame, int]:
    """Give the rooms that can be drawn, and how many of them stand in their division's middle."""
    out = rooms.reindex(columns=[*rooms.columns.union(["lon", "lat"], sort=False)])
    out = out.astype({"lon": "float64", "lat": "float64"})
    lost = out["lon"].isna() | out["lat"].isna()
    if grids is not None and lost.any():
        middles = _middles(out.loc[lost, "division_code"].astype("str").unique(), grids)
        nowhere = (np.nan, np.nan)
        found = [middles.get(str(code), nowhere) for code in out["division_code"]]
        for place, name in enumerate(("lon", "lat")):
            out[name] = out[name].mask(lost, pd.Series([xy[place] for xy in found], out.index))
    known = out["lon"].notna() & out["lat"].notna()
    return out[known], int((lost & known).sum())


def _middles(codes: np.ndarray, grids: gpd.GeoDataFrame) -> dict[str, tuple[float, float]]:
    """Find a point in the middle of each division that has grids."""
    ids = pd.Series(grids.index.astype("str"), index=grids.index)
    out = {}
    for code in codes:
        part = code[:6] if code.endswith("000000") else code.removesuffix("000")
        of = ids.str.startswith(part)
        if of.any():
            shapes = grids.geometry[of.to_numpy()].to_numpy()
            # the grid nearest to the middle, so that the mark stands on land of its own
            xy = shapely.get_coordinates(shapely.point_on_surface(shapes))
            nearest = ((xy - xy.mean(axis=0)) ** 2).sum(axis=1).argmin()
            out[code] = (float(xy[nearest, 0]), float(xy[nearest, 1]))
    return out
