"""The face of a map: title, what it is for, and a legend in plain words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import folium
from folium.utilities import JsCode

from gridkit.errors import DataError
from gridkit.maps.basemap import GridMap
from gridkit.maps.escape import Json, safe, script_json
from gridkit.maps.layers.layer import MapLayer

Audience = Literal["desk", "shared"]

# Below this width of the frame the layer list folds up, pixels: a long one earlier.
_NARROW_PX, _NARROW_FOR_MANY_PX, _MANY = 700, 1000, 4

_BADGES = {
    "desk": "内部使用 · 不得外传 / desk use only",
    "shared": "可对外 · 小数已隐去 / may be shared, small counts hidden",
}


@dataclass(frozen=True, kw_only=True)
class Caption:
    """What a map says about itself.

    Attributes
    ----------
    title : str
        What is shown, where.
    on : date or None
        Up to which day the data reach.
    source : str
        Where the data come from.
    audience : {"desk", "shared"}
        For whom it was drawn; said on the map.
    invented : bool
        Whether people and places are made up; said on the map.
    notes : tuple of str
        Further sentences for the foot of the legend.
    """

    title: str
    on: dt.date | None = None
    source: str = ""
    audience: Audience = "desk"
    invented: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.audience not in _BADGES:
            raise DataError(
                en=f"`audience` must be 'desk' or 'shared'; it is {self.audience!r}.",
                zh=f"`audience` 须为 'desk' (内部) 或 'shared' (对外); 现为 {self.audience!r}。",
            )

    @property
    def subtitle(self) -> str:
        """Date and source, in one line."""
        day = f"截至 {self.on.year} 年 {self.on.month} 月 {self.on.day} 日" if self.on else ""
        return " · ".join(part for part in (day, self.source) if part)

    @property
    def page_title(self) -> str:
        """As the browser's tab says it."""
        marks = {"desk": "【内部】", "shared": ""}[self.audience]
        return marks + ("【虚构】" if self.invented else "") + self.title


class Panel(MapLayer):
    """Title, badges and legend of a map; made by `add_panel`."""

    scripts = ("grids.js", "panel.js")
    released = True

    def __init__(self, caption: Caption, layers: Sequence[MapLayer]) -> None:
        super().__init__("图例", "legend", control=False, show=False)
        self.caption = caption
        self.layers = [layer for layer in layers if layer.legend is not None]

    @property
    def head(self) -> dict[str, Json]:
        """What stands above the map: every text has gone through `safe`."""
        caption = self.caption
        badges: list[Json] = [[caption.audience, safe(_BADGES[caption.audience])]]
        if caption.invented:
            badges.insert(0, ["invented", safe("虚构演示数据 / invented data")])
        return {
            "title": safe(caption.title),
            "subtitle": safe(caption.subtitle),
            "badges": badges,
        }

    @property
    def data(self) -> dict[str, Json]:
        """What the legend says: every text has gone through `safe`."""
        return {
            "words": "图例 <small>legend</small>",
            "foot": "<br>".join(safe(note) for note in self.caption.notes),
            "sections": [x.legend.to_json() for x in self.layers if x.legend is not None],
        }

    def script(self) -> str:
        """Give the JavaScript that draws the legend, and fits the view to what has come since."""
        m = self._parent
        if not isinstance(m, GridMap):
            msg = "a panel stands on a GridMap"
            raise TypeError(msg)
        name, layers = m.get_name(), ", ".join(layer.get_name() for layer in self.layers)
        return (
            f"gk.panel({name}, {script_json(self.data)}, [{layers}]); {name}._gkFit(); "
            f"gk.listen({name}, '{m.shapes_key}')"
        )


def add_panel(m: GridMap, caption: Caption, layers: Sequence[MapLayer] = ()) -> GridMap:
    """Put title, badges, layer control and legend on a map: the last thing to add.

    Parameters
    ----------
    m : GridMap
        From `base_map`, with its layers added.
    caption : Caption
        What the map says about itself.
    layers : sequence of MapLayer
        Layers of `m` whose legend is to be shown, while they are.

    Returns
    -------
    GridMap
        The same map.

    Raises
    ------
    DataError
        If a layer has not been added to `m`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from gridkit.maps.basemap import base_map
    >>> grids = gpd.GeoDataFrame({"name": ["东"]}, geometry=[shapely.box(0, 0, 1, 1)], index=["a"], crs=4326)
    >>> m = add_panel(base_map(grids), Caption(title="青溪县", invented=True))
    >>> m.page_title
    '【内部】【虚构】青溪县'
    """
    stray = [layer.layer_name for layer in layers if layer._parent is not m]
    if stray:
        raise DataError(
            en=f"{len(stray)} layers of the legend are not on the map ({stray[0]}). "
            "Add them first: `layer.add_to(m)`.",
            zh=f"图例中有 {len(stray)} 个图层不在地图上 ({stray[0]})。请先 `layer.add_to(m)`。",
        )
    m.page_title, m.audience = caption.page_title, caption.audience
    control = folium.LayerControl()
    narrow = _NARROW_FOR_MANY_PX if len(layers) > _MANY else _NARROW_PX
    control.options.update({"collapsed": JsCode(f"window.innerWidth < {narrow}")})  # type: ignore[dict-item]
    m.add_child(control)
    panel = Panel(caption, layers)
    m.head = panel.head
    m.add_child(panel)
    return m
