"""A map and the table behind it, side by side and in step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

import anywidget
import folium
import traitlets

from gridkit import maps


class Row(NamedTuple):
    """One row: a name, its figures, a sentence, and the grids it is about by their place."""

    name: str
    figures: str
    words: str
    grids: tuple[int, ...]


class MapTable(anywidget.AnyWidget):
    """A map in a sandboxed frame with a table beside it: click a row, and the map goes there.

    Texts reach the page as text, never as markup.

    Parameters
    ----------
    height_px : int
        Height of both, pixels.

    Attributes
    ----------
    page : str
        The map's page; at most about 3 MB pass to a notebook with ease.
    rows : list
        Name, figures and sentence of each row.
    places : list of list of int
        Per row the grids it is about, counted from 0 in the order of the map's grids.
    chosen : int
        The row that is marked, -1 for none.

    Examples
    --------
    >>> table = MapTable()
    >>> table.show(folium.Map(tiles=None, max_zoom=18), "最清楚的 1 个", [Row("东门", "9 件", "偏高", (0,))])
    >>> table.rows, table.chosen
    ([['东门', '9 件', '偏高']], -1)
    """

    _esm: ClassVar[str] = Path(__file__).with_name("map_table.js").read_text(encoding="utf-8")
    page = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    heading = traitlets.Unicode().tag(sync=True)
    rows: traitlets.List[list[str]] = traitlets.List().tag(sync=True)
    places: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)

    def __init__(self, height_px: int = 560) -> None:
        super().__init__(height=height_px)

    def show(self, m: folium.Map, heading: str, rows: Sequence[Row]) -> None:
        """Show another map and its rows; nothing is chosen then.

        Parameters
        ----------
        m : folium.Map
            Any map of grids.
        heading : str
            What the rows are.
        rows : sequence of Row
        """
        with self.hold_sync():
            self.chosen = -1
            self.heading = heading
            self.places = [list(row.grids) for row in rows]
            self.rows = [[row.name, row.figures, row.words] for row in rows]
            self.title = str(getattr(m, "page_title", "") or "地图 / map")
            self.page = maps.render(m, live=True)

    def clear(self) -> None:
        """Show neither map nor rows."""
        with self.hold_sync():
            self.chosen, self.heading, self.places, self.rows, self.page = -1, "", [], [], ""
