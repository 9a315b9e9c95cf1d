"""The map to pick a place on: Leaflet and the grids, both in the package, no network.

Made when it is first opened. A place comes from a tap or a dragged pin (`map`), or from the
device's satellite fix (`gps`), whose accuracy is shown and kept; a fix that is too vague is
not taken by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import geopandas as gpd
import traitlets

from gridkit.maps import assets
from gridkit.maps.shapes import encode
from gridkit.screen.look import Words

ACCURATE_M = 50
"""A fix is taken by itself when it is at least so accurate, in meters."""
_WORDS = {
    "gps": Words("用本机定位", "Use this device's position"),
    "closer": Words("放大", "Zoom in"),
    "farther": Words("缩小", "Zoom out"),
    "pin": Words("图钉: 事发位置", "Pin: the place"),
    "title": Words("选位置的地图", "Map to pick the place"),
    "howto": Words(
        "点一下地图, 或拖动图钉; 用键盘: 方向键移动, + - 缩放, 回车取十字处",
        "Tap the map or drag the pin; by keyboard: arrows move, + - zoom, Enter takes the cross",
    ),
    "insecure": Words(
        "这一页用不了定位: 网址不是 https, 浏览器不给位置。请在地图上点, 或用网格中心。",
        "No position on this page: its address is not https, and browsers give none then. Tap the "
        "map, or take the middle of the grid.",
    ),
    "denied": Words(
        "没有得到定位许可; 请在地图上点, 或用网格中心。",
        "No permission for the position; tap the map instead.",
    ),
    "failed": Words(
        "这里收不到定位; 请在地图上点, 或用网格中心。",
        "No position to be had here; tap the map instead.",
    ),
    "waiting": Words("正在定位…", "Finding the position…"),
    "vague": Words(
        "定位误差约 {m} 米, 太大: 请在地图上拖到准确的位置, 或仍用它",
        "The position is good to about {m} m only: drag the pin, or use it as it is",
    ),
    "anyway": Words("仍用这个定位", "Use it as it is"),
    "taken": Words("已取定位, 误差约 {m} 米", "Position taken, good to about {m} m"),
    "picked": Words("已在地图上选好", "Picked on the map"),
}


@cache
def _script() -> str:
    """Wrap Leaflet, which looks for other module systems first, into our own script."""
    leaflet = assets.code(assets.Asset("leaflet", "leaflet.js"))
    own = Path(__file__).with_name("place_map.js").read_text(encoding="utf-8")
    icon = assets.data_uri("leaflet", "images/marker-icon.png")
    return (
        "const L = (() => { const module = { exports: {} }, exports = module.exports, "
        f"define = undefined;\n{leaflet}\nreturn module.exports; }})();\n"
        f"const PIN = {json.dumps(icon)};\n{own}"
    )


class PlaceMap(anywidget.AnyWidget):
    """A map to pick one place on; see `place_map.js`.

    Parameters
    ----------
    grids : GeoDataFrame
        The county's grids, drawn as the base map.
    lang : {"zh", "en"}
        Which language is spoken.

    Attributes
    ----------
    point : dict
        What the person picked last: `lat`, `lon` (degrees, WGS-84), `accuracy_m` (None
        unless gps), `source` (`map` or `gps`), `at` (UTC, ISO 8601).

    Examples
    --------
    >>> from gridkit.records.grids import make_grids
    >>> import shapely
    >>> chart = PlaceMap(make_grids(shapely.box(117.4, 26.7, 117.41, 26.71), 500, "990428", 4))
    >>> chart.on_pick(lambda point: print(point["source"]))
    >>> chart.point = {"lat": 26.7, "lon": 117.4, "accuracy_m": None, "source": "map", "at": ""}
    map
    """

    _esm: ClassVar[str] = _script()
    _css: ClassVar[str] = assets.code(assets.Asset("leaflet", "leaflet.css"))
    point = traitlets.Dict().tag(sync=True)
    shown: Any = traitlets.List().tag(sync=True)
    home = traitlets.Unicode().tag(sync=True)
    shapes = traitlets.Unicode().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    accurate_m = traitlets.Int(ACCURATE_M).tag(sync=True)

    def __init__(self, grids: gpd.GeoDataFrame, *, lang: str = "zh") -> None:
        drawn = {
            "ids": [str(i) for i in grids.index],
            "names": [str(name) for name in grids["name"]],
            "shapes": encode(grids.geometry),
        }
        super().__init__(shapes=json.dumps(drawn, ensure_ascii=False, separators=(",", ":")))
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        self.observe(self._picked, "point")
        self.add_class("gk-place-map")
        self.speak(lang)

    def on_pick(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Call `listener` with the point whenever one is picked."""
        self._listeners.append(listener)

    def _picked(self, change: Any) -> None:
        if change["new"]:
            for listener in self._listeners:
                listener(dict(change["new"]))

    def show(self, point: tuple[float, float] | None, grid_id: str | None) -> None:
        """Put the pin at longitude and latitude, and look at a grid."""
        self.home = grid_id or ""
        self.shown = list(point) if point else []

    def speak(self, lang: str) -> None:
        """Speak another language."""
        self.words = {name: words.of(lang) for name, words in _WORDS.items()}
