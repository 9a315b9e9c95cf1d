"""The place of a concern: where on the map, and how it is known.

A place is picked on a map, found by the device, typed (longitude, latitude in WGS-84),
taken from an earlier concern at the same door, or is the middle of the grid: each at the
push of a button and marked as such. Nothing is moved: a point outside the county, with its
numbers swapped or in another datum is named, a point in another grid is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.forms.field import Field
from gridkit.records.grids import centroid, locate, place_problems
from gridkit.records.spec import PLACE_SOURCES
from gridkit.screen.look import Column, Words, html, tag

if TYPE_CHECKING:
    from gridkit.forms.place_map import PlaceMap

_ON_MAP = Words("在地图上选 / 定位", "Pick on a map / locate")
_SOURCES = {code: Words(zh, en) for code, zh, en in PLACE_SOURCES}


class PlacePart(Column):
    """What stands below the two coordinates: buttons, the finding, a question.

    Parameters
    ----------
    lon, lat : Field
        The two number fields.
    grids : GeoDataFrame
        The county's grids.
    names : callable
        Gives the words for a grid id.
    lang : {"zh", "en"}
        Which language comes first.
    """

    def __init__(
        self,
        lon: Field,
        lat: Field,
        grids: gpd.GeoDataFrame,
        names: Callable[[str], str],
        *,
        lang: str = "zh",
    ) -> None:
        self._lon, self._lat, self._grids, self._names = lon, lat, grids, names
        self._home: str | None = None
        self._known: tuple[float, float] | None = None
        self._marked: tuple[tuple[float, float], str, float | None] | None = None
        self._agreed: str | None = None
        self._loading = False
        self.lang = lang
        self.map: PlaceMap | None = None
        buttons = [W.Button() for _ in range(5)]
        self.map_button, self.centroid_button, self.known_button = buttons[:3]
        self.clear_button, self.agree_button = buttons[3:]
        self.clear_button.add_class("gk-quiet")
        self.known_button.layout.display = "none"
        self._found = html(css="gk-message")
        row = W.Box(buttons[:4])
        row.add_class("gk-row")
        super().__init__([row, self._found, self.agree_button])
        self.add_class("gk-place")
        self.map_button.on_click(lambda _: self.toggle_map())
        self.centroid_button.on_click(lambda _: self.take_centroid())
        self.known_button.on_click(lambda _: self._take_known())
        self.clear_button.on_click(lambda _: self.clear())
        self.agree_button.on_click(lambda _: self.agree())
        for field in (lon, lat):
            field.on_answer(lambda _: self._look())
        self.speak(lang)

    @property
    def point(self) -> tuple[float, float] | None:
        """Longitude and latitude, if both were given."""
        lon, lat = self._lon.value, self._lat.value
        return None if lon is None or lat is None else (lon, lat)

    @property
    def source(self) -> str | None:
        """Where the place comes from (a code of `PLACE_SOURCES`), or None without a place."""
        if self.point is None:
            return None
        marked = self._marked
        return marked[1] if marked is not None and marked[0] == self.point else "typed"

    @property
    def accuracy_m(self) -> float | None:
        """How accurate a satellite fix is, in meters; None for every other place."""
        return self._marked[2] if self._marked and self.source == "gps" else None

    def mark(
        self, point: tuple[float, float], source: str, accuracy_m: float | None = None
    ) -> None:
        """Put a place (longitude, latitude) into the two fields, with where it is from."""
        self._marked = (point, source, accuracy_m)
        self._loading = (
            True  # the map must not be shown the new longitude with the old latitude
        )
        self._lon.load(point[0])
        self._lat.load(point[1])
        self._loading = False
        self._look()

    @property
    def typed(self) -> dict[str, Any]:
        """Where the place is from, and what was agreed to, for a draft."""
        return {"marked": self._marked, "agreed": self._agreed}

    def retype(self, typed: Mapping[str, Any]) -> None:
        """Put back what `typed` gave; the coordinates themselves are fields."""
        marked = typed.get("marked")
        if marked:
            (lon, lat), source, accuracy_m = marked
            self._marked = ((lon, lat), source, accuracy_m)
        self._agreed = typed.get("agreed")
        self._look()

    def know(self, known: tuple[float, float] | None) -> None:
        """Offer the place of an earlier concern at the same door, or no longer."""
        self._known = known
        self.known_button.layout.display = None if known else "none"

    def _take_known(self) -> None:
        if self._known is not None:
            self.mark(self._known, "address")

    def toggle_map(self) -> None:
        """Open the map, or close it; it is made when it is first opened."""
        if self.map is None:
            from gridkit.forms.place_map import PlaceMap

            self.map = PlaceMap(self._grids, lang=self.lang)
            self.map.on_pick(self._picked)
            self.map.show(self.point, self._home)
            self.children = (*self.children, self.map)
        else:
            hidden = self.map.layout.display == "none"
            self.map.layout.display = None if hidden else "none"
        self.speak(self.lang)

    def _picked(self, point: Mapping[str, Any]) -> None:
        where = (round(float(point["lon"]), 6), round(float(point["lat"]), 6))
        accuracy = point.get("accuracy_m")
        self.mark(where, str(point["source"]), None if accuracy is None else float(accuracy))

    @property
    def grid_id(self) -> str | None:
        """The grid that the place lies in, where the person agreed to it; else the visit's."""
        return self._agreed or self._home

    def at_home(self, grid_id: str | None) -> None:
        """Tell in which grid the visit is."""
        if grid_id != self._home:
            self._home, self._agreed = grid_id, None
            self._look()

    def take_centroid(self) -> None:
        """Put the middle of the visit's grid into the two fields."""
        if self._home is None:
            self._say(Words("请先选网格", "Choose the grid first"), "gk-fault")
            return
        middle = centroid(self._grids.loc[[self._home]]).iloc[0].round(6)
        self.mark((float(middle["lon"]), float(middle["lat"])), "grid_centroid")

    def clear(self) -> None:
        """Empty both coordinates."""
        self._lon.load(None)
        self._lat.load(None)

    def agree(self) -> None:
        """Take the grid that the point lies in as the grid of the concern."""
        self._agreed = self._where()
        self._look()

    def _where(self) -> str | None:
        if self.point is None:
            return None
        found = locate([self.point[0]], [self.point[1]], self._grids).iloc[0]
        return None if pd.isna(found) else str(found)

    def fault(self) -> Words | None:
        """Tell what speaks against saving this place; None where nothing does."""
        if self.point is None:
            return None
        problems = place_problems([self.point[0]], [self.point[1]], self._grids)
        if problems:
            return Words(problems[-1].zh, problems[-1].en)
        there = self._where()
        if self._home is None or there in {self._home, self._agreed}:
            return None
        name = self._names(str(there))
        return Words(
            f"这个位置在另一个网格: {name}。请改位置, 或确认这件事记在那里",
            f"This place lies in another grid: {name}. Change it, or agree to record it there",
        )

    def speak(self, lang: str) -> None:
        """Show everything in another language first."""
        self.lang = lang
        opened = self.map is not None and self.map.layout.display != "none"
        words = Words("收起地图", "Close the map") if opened else _ON_MAP
        self.map_button.description = words.of(lang)
        self.known_button.description = Words(
            "用这个门牌上次的位置", "Where it was last time at this door"
        ).of(lang)
        if self.map is not None:
            self.map.speak(lang)
        self.centroid_button.description = Words("用网格中心", "Middle of the grid").of(lang)
        self.clear_button.description = Words("清除位置", "Clear the place").of(lang)
        self.agree_button.description = Words("确认记在那个网格", "Record it in that grid").of(
            lang
        )
        self._look()

    def _look(self) -> None:
        if self._loading:
            return
        fault = self.fault()
        if self.map is not None:
            self.map.show(self.point, self._home)
        elsewhere = fault is not None and self._where() is not None
        self.agree_button.layout.display = None if elsewhere else "none"
        if self.point is None:
            self._agreed = None
            self._say(None)
        elif fault is not None:
            self._say(fault, "gk-fault")
        elif self.source == "grid_centroid":
            self._say(
                Words("位置: 网格中心 (不是这一户)", "Place: middle of the grid, not the door")
            )
        elif self._home is not None:
            source = _SOURCES[str(self.source)]
            near = f", ±{self.accuracy_m:.0f} m" if self.accuracy_m is not None else ""
            self._say(
                Words(
                    f"位置在 {self._names(str(self.grid_id))} ({source.zh}{near})",
                    f"The place is in its grid ({source.en}{near})",
                )
            )

    def _say(self, words: Words | None, css: str = "gk-echo") -> None:
        self._found.value = (
            tag("div", words.of(self.lang), cls=css, role="status") if words else ""
        )
