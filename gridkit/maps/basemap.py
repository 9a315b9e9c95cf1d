"""A base map without tiles: land, borders, rivers, roads and names."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import folium
import geopandas as gpd
import numpy as np
import shapely

from gridkit.errors import DisclosureError
from gridkit.maps.escape import Json, safe, script_json
from gridkit.maps.ground import Ground
from gridkit.maps.layers.layer import MapLayer
from gridkit.maps.layers.tiles import source_tiles
from gridkit.maps.notebook import iframe
from gridkit.maps.offline import save
from gridkit.maps.shapes import STEPS_PER_DEGREE, Shapes, encode, shapes_of

MAX_ZOOM = 18
ATTRIBUTION = "界线: 本县网格数据 (WGS-84) · boundaries: the county's own grids"

Label = tuple[int, int, str, int, int]


class GridMap(folium.Map):
    """A Folium map of a county's grids, saved and displayed by gridkit without a network.

    Parameters
    ----------
    bounds : (float, float, float, float)
        West, south, east, north, degrees.
    page_title : str
        Title of the page.
    audience : {"desk", "shared"} or None
        Who it was drawn for; `maps.save` lets only the owner read a map for the desk.
    """

    def __init__(
        self,
        bounds: tuple[float, float, float, float],
        *,
        page_title: str = "",
        audience: str | None = None,
    ) -> None:
        west, south, east, north = bounds
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2],
            zoom_start=10,
            tiles=None,
            max_zoom=MAX_ZOOM,
            control_scale=True,
            # finer steps, so that a county fills the frame
            zoom_snap=0.25,
            zoom_delta=0.5,
            wheel_px_per_zoom_level=120,
        )
        self._name = "Map"
        self.bounds = bounds
        self.page_title = page_title
        self.audience = audience
        self.shapes_key = ""
        self.head: dict[str, Json] | None = None

    def save(self, outfile: Any, *_args: Any, **_kwargs: Any) -> None:
        """Write the map as one offline file: the same as `maps.save`."""
        save(self, outfile)

    def render(self, **kwargs: Any) -> str:
        """Render the map; one to be handed out must hold nothing that was not released.

        Raises
        ------
        DisclosureError
            If it holds any other layer.
        """
        if self.audience == "shared":
            _check_released(self)
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        return ""

    def _repr_html_(self, **_kwargs: Any) -> str:
        return iframe(self)


def _check_released(m: GridMap) -> None:
    odd = [
        type(child).__name__
        for child in m._children.values()
        if not getattr(child, "released", isinstance(child, folium.LayerControl))
    ]
    if odd:
        raise DisclosureError(
            en=f"A map to hand out holds released layers only; {len(odd)} are not ({odd[0]}). Draw "
            "it by `maps.shared(...).publish(...).map()`, or caption it for the desk.",
            zh=f"可对外的地图只含经保护并登记的图层; 有 {len(odd)} 个不是 ({odd[0]})。"
            "请用 maps.shared(...).publish(...).map() 绘制, 或标为内部使用。",
        )


class View(MapLayer):
    """The title, and where the map looks; made by `base_map`, before any layer.

    A layer that were drawn first would be drawn again once the view is known.
    """

    released = True
    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "panel.js")

    def __init__(self) -> None:
        super().__init__("视图", "view", control=False, show=False)

    def script(self) -> str:
        """Give the JavaScript that writes the title and fits the view, if there is a title."""
        m = self._parent
        if not isinstance(m, GridMap) or m.head is None:
            return "null"
        west, south, east, north = m.bounds
        bounds = script_json([[south, west], [north, east]])
        name = m.get_name()
        return f"gk.head({name}, {script_json(m.head)}); gk.view({name}, {bounds})"


class Borders(MapLayer):
    """Land and borders below and between the layers; made by `base_map`."""

    released = True
    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "base.js")

    def __init__(
        self, shapes: Shapes, townships: list[Json], lines: Sequence[Json] = ()
    ) -> None:
        super().__init__("界线", "borders", control=False)
        self._shapes = shapes
        self.townships = townships
        self.lines = list(lines)

    def shapes(self) -> Shapes:
        """Give the grids' outlines."""
        return self._shapes

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        spec: dict[str, Json] = {
            "shapes": self._shapes.key,
            "towns": self.townships,
            "lines": self.lines,
            "attribution": safe(ATTRIBUTION),
        }
        return f"new gk.Borders({self.held(spec)})"


class PlaceNames(MapLayer):
    """Names of townships, and of grids where there is room; made by `base_map`.

    `data` has one row per name: longitude and latitude in 1e-5 degrees, the text (escaped),
    0 for a township, 1 for a grid and 2 for a river, and its width in 1e-5 degrees.
    """

    released = True
    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "base.js")

    def __init__(self, data: list[Label]) -> None:
        super().__init__("地名", "place names")
        self.data = data

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        return f"new gk.Names({self.held({'names': self.data})})"


def base_map(
    grids: gpd.GeoDataFrame,
    townships: Mapping[str, str] | None = None,
    *,
    ground: Ground | None = None,
    page_title: str = "",
    audience: str | None = None,
) -> GridMap:
    """Draw a county from its grids: borders of grids and townships, and their names.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`, with `name` and `township_code`.
    townships : mapping of str to str, optional
        Names of the townships by code; without it the column `township_name` is used if
        there is one.
    ground : Ground, optional
        Rivers, roads and tiles; `ground.read_ground(workspace.folder)`.
    page_title : str
        Title of the page.
    audience : {"desk", "shared"}, optional
        Who it is drawn for.

    Returns
    -------
    GridMap
        A Folium map without tiles, to which layers are added.

    Raises
    ------
    DataError
        If there are no grids, their CRS is not WGS-84, or ids repeat; or a file of tiles
        cannot be read.

    Examples
    --------
    >>> cells = shapely.box([0, 1], 0, [1, 2], 1)
    >>> grids = gpd.GeoDataFrame(
    ...     {"name": ["东", "西"], "township_code": ["t", "t"]},
    ...     geometry=cells, index=["a", "b"], crs=4326,
    ... )
    >>> base_map(grids, {"t": "古镛镇"}).bounds
    (0.0, 0.0, 2.0, 1.0)
    """
    shapes = shapes_of(grids)
    names = _named(grids) if townships is None else townships
    outlines, labels = _drawn(grids, shapes.key, tuple(sorted(names.items())))
    m = GridMap(shapes.bounds, page_title=page_title, audience=audience)
    m.shapes_key = shapes.key
    for tiles in source_tiles(ground.tiles, shapes.bounds) if ground else ():
        m.add_child(tiles)
    lines = ground.lines() if ground else []
    m.add_child(View())
    m.add_child(Borders(shapes, list(outlines), lines))
    m.add_child(PlaceNames([*(ground.names() if ground else []), *labels]))
    return m


# A notebook draws the same county after every save: joining its townships is done once.
_KEPT: OrderedDict[tuple[Any, ...], tuple[list[Any], list[Label]]] = OrderedDict()
_MOST_KEPT = 4


def _drawn(
    grids: gpd.GeoDataFrame, key: str, names: tuple[tuple[str, str], ...]
) -> tuple[list[Any], list[Label]]:
    """Give the outlines of townships and all labels, from the last few counties if it can."""
    codes = hashlib.sha256("\0".join(_codes(grids)).encode()).hexdigest()
    kept = (key, codes, names)
    if kept not in _KEPT:
        towns = _townships(grids)
        labels = _labels(towns, [dict(names).get(str(c), "") for c in towns.index], kind=0)
        if len(grids) > len(towns):  # where each area is a township, its name stands already
            labels += _labels(grids, [str(n) for n in grids["name"]], kind=1)
        outlines = encode(towns.geometry.to_numpy()) if len(towns) else []
        _KEPT[kept] = (outlines, labels)
        if len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
    return _KEPT[kept]


def _codes(grids: gpd.GeoDataFrame) -> list[str]:
    return [str(c) for c in grids["township_code"]] if "township_code" in grids else []


def _townships(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the grids of each township into one area."""
    if "township_code" not in grids:
        return gpd.GeoDataFrame(geometry=[], crs=grids.crs)
    parts = gpd.GeoDataFrame(
        {"township_code": grids["township_code"].astype("str")},
        geometry=grids.geometry,
        crs=grids.crs,
    )
    shapes = parts.geometry.to_numpy()
    # fast, and exact where grids touch without overlapping, as they should
    method = "coverage" if shapely.coverage_is_valid(shapes) else "unary"
    return parts.dissolve("township_code", method=method)


def _named(grids: gpd.GeoDataFrame) -> dict[str, str]:
    if "township_name" not in grids or "township_code" not in grids:
        return {}
    pairs = grids.drop_duplicates("township_code")
    return dict(zip(pairs["township_code"].astype("str"), pairs["township_name"], strict=True))


def _labels(areas: gpd.GeoDataFrame, names: list[str], kind: int) -> list[Label]:
    """Place each name inside its area."""
    if len(areas) == 0:
        return []
    shapes = areas.geometry.to_numpy()
    points = shapely.centroid(shapes)
    points = np.where(shapely.covers(shapes, points), points, shapely.point_on_surface(shapes))
    xy = np.rint(shapely.get_coordinates(points) * STEPS_PER_DEGREE).astype(int)
    west, _, east, _ = shapely.bounds(shapes).T
    width = np.rint((east - west) * STEPS_PER_DEGREE).astype(int)
    return [
        (x, y, safe(name), kind, w)
        for (x, y), name, w in zip(xy.tolist(), names, width.tolist(), strict=True)
        if name
    ]
