"""What all layers of gridkit share: escaped names, one script each, a legend section."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import geopandas as gpd
import pandas as pd
from branca.element import Figure
from folium.map import Layer

from gridkit.errors import AlignmentError
from gridkit.maps import assets
from gridkit.maps.escape import Json, safe, script_json
from gridkit.maps.offline import Verbatim
from gridkit.maps.shapes import Shapes, shapes_of

_FIRST = "outlines.js"  # what all other scripts build on


class LegendSection(NamedTuple):
    """A layer's part of the legend: what its colors and shapes mean, in plain words."""

    title: str
    en: str
    items: tuple[dict[str, Json], ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Write the section for the page, each text through `safe`."""
        return {
            "title": safe(self.title),
            "en": safe(self.en),
            "items": [
                {k: safe(v) if k in {"label", "en"} else v for k, v in item.items()}
                for item in self.items
            ],
            "notes": [safe(note) for note in self.notes],
        }


class Count(NamedTuple):
    """A row of a tooltip: a column of numbers, its label, how many digits, its unit."""

    column: str
    label: str
    digits: int = 0
    unit: str = ""


class MapLayer(Layer):
    """A Folium layer drawn by gridkit's own script.

    Parameters
    ----------
    name, name_en : str
        As the layer control says it; any text, escaped here.
    show : bool
        Whether it is shown when the map opens.
    control : bool
        Whether the layer control lists it.
    """

    scripts: ClassVar[tuple[str, ...]] = ("grids.js",)
    legend: LegendSection | None = None
    released = False
    """Whether all it says was protected and registered: a map to hand out takes no other."""

    def __init__(
        self, name: str, name_en: str = "", *, show: bool = True, control: bool = True
    ) -> None:
        small = f" <small>{safe(name_en)}</small>" if name_en else ""
        super().__init__(name=safe(name) + small, overlay=True, control=control, show=show)
        self._name = type(self).__name__
        self._held: dict[str, str] = {}

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        raise NotImplementedError

    def held(self, value: Json) -> str:
        """Keep a value in the page, and give the JavaScript that reads it.

        As data in an element of its own it is not compiled, which takes a browser longer
        than to parse it.
        """
        name = f"{self.get_name()}_{len(self._held)}"
        self._held[name] = script_json(value)
        return f"gk.held('{name}')"

    def shapes(self) -> Shapes | None:
        """Give the outlines that the layer draws on, if any."""
        return None

    def render(self, **_kwargs: Any) -> str:
        """Put the layer into its page: shared scripts and outlines once, then itself."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            msg = "add the layer to a folium.Map before it is rendered"
            raise TypeError(msg)
        style = Verbatim(f"<style>{assets.own('gridkit.css')}</style>")
        figure.header.add_child(style, name="gridkit_css")
        for name in (_FIRST, *self.scripts):
            script = Verbatim(f"<script>{assets.own(name)}</script>")
            figure.header.add_child(script, name=f"gridkit_{name}")
        self._held = {}
        if shapes := self.shapes():
            self._held[shapes.key] = shapes.text
            figure.script.add_child(
                Verbatim(f"gk.shapes.{shapes.key} = gk.held('{shapes.key}');"), name=shapes.key
            )
        figure.script.add_child(
            Verbatim(f"var {self.get_name()} = {self.script()};"), name=self.get_name()
        )
        for name, text in self._held.items():
            data = Verbatim(f'<script type="application/json" id="{name}">{text}</script>')
            figure.html.add_child(data, name=name)
        super().render()  # type: ignore[no-untyped-call]
        return ""


class GridLayer(MapLayer):
    """Grids colored by class, each with its numbers in a tooltip.

    `data` is what the page gets: a feature per grid, its class and numbers as properties.
    Made by the functions of this folder, not by hand.
    """

    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "many.js")

    def __init__(  # noqa: PLR0913 - a value object; its makers have the short signatures
        self,
        grids: gpd.GeoDataFrame,
        classes: Sequence[dict[str, Json]],
        of: pd.Series,
        numbers: pd.DataFrame,
        rows: Sequence[Count],
        *,
        legend: LegendSection,
        pane: tuple[str, int],
        show: bool = True,
    ) -> None:
        super().__init__(legend.title, legend.en, show=show)
        self._shapes = shapes_of(grids)
        self.classes = list(classes)
        self.rows = [row for row in rows if row.column in numbers]
        self.legend = legend
        self._pane = pane
        columns = [_plain(numbers[row.column], row.digits) for row in self.rows]
        names = [row.column for row in self.rows]
        self.data: dict[str, Any] = {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": grid_id,
                    "properties": dict(zip(("class", *names), values, strict=True)),
                }
                for grid_id, *values in zip(grids.index, of.tolist(), *columns, strict=True)
            ],
        }

    def shapes(self) -> Shapes:
        """Give the grids' outlines."""
        return self._shapes

    def spec(self) -> dict[str, Json]:
        """Give what the page's script makes the layer of."""
        properties = [feature["properties"] for feature in self.data["features"]]
        return {
            "shapes": self._shapes.key,
            "pane": self._pane[0],
            "zIndex": self._pane[1],
            "title": self.layer_name,
            "classes": [
                {k: safe(v) if k == "note" else v for k, v in c.items()} for c in self.classes
            ],
            "cls": [p["class"] for p in properties],
            "cols": {row.column: [p[row.column] for p in properties] for row in self.rows},
            "rows": [
                {
                    "col": row.column,
                    "label": safe(row.label),
                    "digits": row.digits,
                    "unit": safe(row.unit),
                }
                for row in self.rows
            ],
        }

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        return f"gk.grids({self.held(self.spec())})"


def _plain(column: pd.Series, digits: int) -> list[float | int | None]:
    """Numbers for JSON, no longer than they are shown; missing ones as None."""
    values = column.astype("Float64").round(digits)
    kind = int if digits == 0 else float
    return [
        None if missing else kind(v) for v, missing in zip(values, values.isna(), strict=True)
    ]


def on_grids(
    values: pd.Series | pd.DataFrame, grids: gpd.GeoDataFrame, name: str
) -> pd.Series | pd.DataFrame:
    """Bring values into the order of the grids; grids without a value get a missing one.

    Parameters
    ----------
    values : Series or DataFrame, indexed by `grid_id`
        At most one row per grid.
    grids : GeoDataFrame
        The grids of the map.
    name : str
        What the caller calls `values`, for the message.

    Returns
    -------
    Series or DataFrame, indexed like `grids`
        The same values.

    Raises
    ------
    AlignmentError
        If some values belong to grids that the map does not have, or to one grid twice.

    Examples
    --------
    >>> grids = gpd.GeoDataFrame(index=["a", "b"])
    >>> on_grids(pd.Series({"b": 2.0}), grids, "values").tolist()
    [nan, 2.0]
    """
    unknown = values.index.difference(grids.index)
    twice = values.index[values.index.duplicated()].unique()
    for odd, zh, en in (
        (unknown, "不在这些网格中", "not among these grids"),
        (twice, "重复出现", "more than once"),
    ):
        if len(odd):
            some = ", ".join(str(i) for i in odd[:3])
            raise AlignmentError(
                en=f"`{name}` must have one row per grid of the map; {len(odd)} {en} ({some}). "
                "Count on the same grids that the map is drawn of.",
                zh=f"`{name}` 须每个网格一行; 有 {len(odd)} 个{zh} ({some})。"
                "请用绘图的同一套网格来计数。",
            )
    return values.reindex(grids.index)
