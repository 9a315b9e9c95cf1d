"""Where: the grid of the visit, chosen by typing; the place of a concern.

A place is typed (longitude, latitude in WGS-84) or is the middle of the grid, at the push
of a button and marked as such. Nothing is moved: a point outside the county, with its
numbers swapped or in another datum is named, a point in another grid is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import geopandas as gpd
import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import DataError
from gridkit.forms.field import Field
from gridkit.forms.look import Column, Words, dress, html, tag
from gridkit.records.grids import centroid, locate, place_problems
from gridkit.records.spec import FieldSpec

_NEAR = 1e-6  # degrees, a tenth of a meter: numbers shown are rounded to this
_NAMED = 3  # candidates named in a message


class GridField(Field):
    """The grid, found by any part of its name or by its code.

    Parameters
    ----------
    spec : FieldSpec
        The field `grid_id`.
    names : Series of str, indexed by grid id
        What the grids are called.
    lang : {"zh", "en"}
        Which language comes first.
    """

    def __init__(self, spec: FieldSpec, names: pd.Series, *, lang: str = "zh") -> None:
        self._names = {str(k): str(v) for k, v in names.items()}
        self._labels = {self.label_of(grid_id): grid_id for grid_id in self._names}
        self._offered: str | None = None
        super().__init__(spec, lang=lang)

    def label_of(self, grid_id: str) -> str:
        """Name a grid as the list does: its name, then its code."""
        name = self._names.get(grid_id)
        return f"{name} · {grid_id}" if name else grid_id

    def _make_input(self) -> Any:
        return dress(W.Combobox(value="", options=tuple(self._labels), continuous_update=False))

    def _beside(self) -> Iterable[Any]:
        self._again = W.Button()
        self._again.add_class("gk-quiet")
        self._again.layout.display = "none"
        self._again.on_click(lambda _: self.load(self._offered))
        return (self._again,)

    @property
    def help(self) -> Words:
        """How to find a grid."""
        return Words("输入名称或编号的一部分", "Type a part of its name or code")

    def offer_again(self, grid_id: str) -> None:
        """Offer the grid of the last visit on a button; it is taken only when pushed."""
        self._offered = grid_id
        self._speak_offer()

    def speak(self, lang: str) -> None:
        """Show label and offer in another language first; the answer stays."""
        super().speak(lang)
        self._speak_offer()

    def _speak_offer(self) -> None:
        if self._offered is None:
            return
        label = self._names.get(self._offered, self._offered)
        self._again.description = Words(f"沿用上次: {label}", f"As before: {label}").of(
            self.lang
        )
        self._again.layout.display = None  # it stays: a cursor on it must not lose its place

    def _read(self) -> str | None:
        typed = str(self.input.value).strip()
        if not typed:
            return None
        if typed in self._labels:
            return self._labels[typed]
        if typed in self._names:
            return typed
        found = [i for label, i in self._labels.items() if typed in label]
        exact = [i for i in found if self._names[i] == typed]
        if len(exact) == 1 or len(found) == 1:
            return (exact or found)[0]
        if not found:
            raise DataError(
                zh="没有这个网格; 请输入名称或编号的一部分, 再从列表中选",
                en="There is no such grid; type a part of its name or code, then choose",
            )
        some = "、".join(self._names[i] for i in found[:_NAMED])
        raise DataError(
            zh=f"有 {len(found)} 个网格符合 ({some} …), 请从列表中选一个",
            en=f"{len(found)} grids fit ({some} …); please choose one from the list",
        )

    def _write(self, value: str | None) -> None:
        self.input.value = self.label_of(value) if value else ""

    def _echo_of(self, value: str | None) -> str:
        if value is None or self.input.value == self.label_of(value):
            return ""
        return f"→ {self.label_of(value)}"


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
        self._from_grid: tuple[float, float] | None = None
        self._agreed: str | None = None
        self.lang = lang
        self.centroid_button = W.Button()
        self.clear_button = W.Button()
        self.clear_button.add_class("gk-quiet")
        self.agree_button = W.Button()
        self._found = html(css="gk-message")
        row = W.Box([self.centroid_button, self.clear_button])
        row.add_class("gk-row")
        super().__init__([row, self._found, self.agree_button])
        self.add_class("gk-place")
        self.centroid_button.on_click(lambda _: self.take_centroid())
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
        """Where the place comes from: `typed`, `grid_centroid`, or None without a place."""
        if self.point is None:
            return None
        return "grid_centroid" if self.point == self._from_grid else "typed"

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
        self._from_grid = (float(middle["lon"]), float(middle["lat"]))
        self._lon.load(self._from_grid[0])
        self._lat.load(self._from_grid[1])

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
        self.centroid_button.description = Words("用网格中心", "Middle of the grid").of(lang)
        self.clear_button.description = Words("清除位置", "Clear the place").of(lang)
        self.agree_button.description = Words("确认记在那个网格", "Record it in that grid").of(
            lang
        )
        self._look()

    def _look(self) -> None:
        fault = self.fault()
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
            self._say(
                Words(f"位置在 {self._names(str(self.grid_id))}", "The place is in its grid")
            )

    def _say(self, words: Words | None, css: str = "gk-echo") -> None:
        self._found.value = (
            tag("div", words.of(self.lang), cls=css, role="status") if words else ""
        )
