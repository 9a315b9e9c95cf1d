"""Single marks: what each is, its shape says; what it holds, a list when it is touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.maps.escape import Json, safe
from gridkit.maps.layers.discs import ink
from gridkit.maps.layers.layer import LegendSection, MapLayer
from gridkit.maps.shapes import STEPS_PER_DEGREE

LARGE_FROM = 11.0
"""Zoom from which marks have their full size and their glyph."""


class MarkStyle(NamedTuple):
    """How one kind of mark is said and drawn; `glyph` is one character in the shape."""

    zh: str
    en: str
    shape: str  # diamond, triangle, square, circle, house, shield, disc
    color: str
    size: int  # pixels
    glyph: str = ""

    def to_json(self) -> dict[str, Json]:
        """Write the style for the page."""
        return {
            "shape": self.shape,
            "color": safe(self.color),
            "ink": ink(self.color),
            "size": self.size,
            "glyph": safe(self.glyph),
        }

    def legend_item(self) -> dict[str, Json]:
        """Write the style's line of a legend."""
        return {"kind": "mark", "label": self.zh, "en": self.en, **self.to_json()}


class Rows(NamedTuple):
    """What the list of a touched mark shows: heads, and a row of texts per mark."""

    heads: tuple[str, ...]
    cells: Sequence[tuple[str, ...]]


class MarkLayer(MapLayer):
    """Marks, each a button with a list; made by the functions of this folder.

    `data` has a row per mark: longitude and latitude in 1e-5 degrees, the place of its style
    in `styles`, and a text of its own for the shape (escaped) or None.
    """

    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "marks.js")
    line: Sequence[tuple[int, int]] = ()
    line_color = "#1d1b18"
    named = False

    def __init__(
        self,
        data: Sequence[tuple[int, int, int, str | None]],
        styles: Sequence[MarkStyle],
        rows: Rows,
        *,
        legend: LegendSection,
        level: int = 620,
        show: bool = True,
    ) -> None:
        super().__init__(legend.title, legend.en, show=show)
        self.data = data
        self.styles = tuple(styles)
        self.rows = rows
        self.legend = legend
        self._level = level

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        spec: dict[str, Json] = {
            "marks": [list(mark) for mark in self.data],
            "styles": [style.to_json() for style in self.styles],
            "heads": [safe(head) for head in self.rows.heads],
            "rows": [[safe(text) for text in row] for row in self.rows.cells],
            "named": self.named,
            "lines": [list(point) for point in self.line],
            "lineColor": self.line_color,
            "zIndex": self._level,
            "largeFrom": LARGE_FROM,
            "words": {"more": "另有 # 处, 放大可见 / # more; enlarge the map"},
        }
        return f"new gk.Marks({self.held(spec)})"


def at_places(frame: pd.DataFrame, name: str) -> list[tuple[int, int]]:
    """Give the places of marks in whole 1e-5 degrees.

    Parameters
    ----------
    frame : DataFrame
        `lon` and `lat`, WGS-84 degrees, none missing.
    name : str
        What the caller calls it, for the message.

    Returns
    -------
    list of (int, int)

    Raises
    ------
    DataError
        If `lon` or `lat` is absent, or beyond the degrees that exist.

    Examples
    --------
    >>> at_places(pd.DataFrame({"lon": [117.5], "lat": [26.7]}), "rooms")
    [(11750000, 2670000)]
    """
    absent = [c for c in ("lon", "lat") if c not in frame]
    if absent:
        raise DataError(
            en=f"`{name}` has no column {' and '.join(absent)}; a map needs both, in degrees.",
            zh=f"`{name}` 缺少 {', '.join(absent)} 列; 绘图需要经纬度 (度)。",
        )
    xy = frame[["lon", "lat"]].to_numpy(dtype=float)
    off = (np.abs(xy) > [180, 90]).any(axis=1)
    if off.any():
        raise DataError(
            en=f"{int(off.sum())} rows of `{name}` lie beyond ±180° or ±90°: are `lon` and "
            "`lat` swapped?",
            zh=f"`{name}` 有 {int(off.sum())} 行的经纬度超出 ±180° 或 ±90°: "
            "是否把 `lon` 与 `lat` 弄反了?",
        )
    return [(x, y) for x, y in np.rint(xy * STEPS_PER_DEGREE).astype(int).tolist()]
