"""Concerns as numbered discs: one per 64-pixel cell of each zoom, however many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import pandas as pd

from gridkit.maps.escape import Json, safe
from gridkit.maps.layers.cells import Cells, count_cells, pack, world
from gridkit.maps.layers.layer import LegendSection, MapLayer
from gridkit.maps.layers.popups import MOST_ROWS, POPUP_HEADS, check_concerns, popup_texts

LOWEST_ZOOM = 6
HIGHEST_ZOOM = 16
HIGHEST_ZOOM_WITH_ROWS = 18


class Band(Protocol):
    """What is needed of a band; `profile.bands` has it."""

    @property
    def code(self) -> str:
        """As in the column `band`."""

    @property
    def zh(self) -> str:
        """Chinese name."""

    @property
    def en(self) -> str:
        """English name."""

    @property
    def color(self) -> str:
        """CSS color."""


class BandStyle(NamedTuple):
    """A band as drawn where no profile says otherwise."""

    code: str
    zh: str
    en: str
    color: str


# Common practice, no national rule (domain.md §3); ordered from most urgent.
BANDS = (
    BandStyle("red", "红", "red", "#c62828"),
    BandStyle("orange", "橙", "orange", "#ef7d14"),
    BandStyle("yellow", "黄", "yellow", "#f6c90e"),
    BandStyle("blue", "蓝", "blue", "#2f6fb0"),
)
UNSCORED = BandStyle("", "未评分", "not scored", "#8a857b")


class DiscLayer(MapLayer):
    """Numbered discs; made by `concern_discs`.

    `data` maps each zoom to its `Cells`, whose counts follow the order of `bands`; `rows`
    is what the lists of touched discs show.
    """

    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "discs.js")

    def __init__(
        self,
        data: dict[int, Cells],
        bands: Sequence[Band],
        rows: dict[str, Json] | None,
        *,
        legend: LegendSection,
        show: bool,
    ) -> None:
        super().__init__(legend.title, legend.en, show=show)
        self.data = data
        self.bands = tuple(bands)
        self.rows = rows
        self.legend = legend

    def script(self) -> str:
        """Give the JavaScript expression that makes the layer."""
        spec: dict[str, Json] = {
            "levels": {str(z): pack(cells) for z, cells in self.data.items()},
            "low": min(self.data),
            "high": max(self.data),
            "bands": [
                {"name": safe(f"{b.zh} {b.en}"), "color": safe(b.color), "ink": ink(b.color)}
                for b in self.bands
            ],
            "words": {
                "unit": "件",
                "worst": "最急的一件: ",
                "more": "另有 # 件, 见台账 / # more in the ledger",
            },
            "rows": self.rows,
        }
        return f"new gk.Discs({self.held(spec)})"


def concern_discs(  # noqa: PLR0913 - keywords with defaults, as a caller would say them
    concerns: pd.DataFrame,
    *,
    bands: Sequence[Band] = BANDS,
    popups: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    title: str = "诉求 (件数)",
    title_en: str = "concerns",
    show: bool = True,
) -> DiscLayer:
    """Show concerns as discs that say how many they are and how urgent the most urgent is.

    Discs part into smaller ones as the map is enlarged. A disc of one concern is a plain
    mark, its shape the band's.

    Parameters
    ----------
    concerns : DataFrame, indexed by record id
        `lon` and `lat` (WGS-84, degrees), `band` (codes of `bands`; if absent or missing:
        not scored). Concerns without a place are left out, and the legend counts them.
    bands : sequence of Band
        From most to least urgent; `profile.bands`.
    popups : sequence of str
        Columns for the list that a touched disc opens, among `id` (the end of the record
        id), `demand_type`, `band`, `score`, `due_on`. Only made for up to 2,000 concerns:
        filter first. Nothing else may be shown: no free text reaches a map.
    labels : mapping of str to str, optional
        Words for the codes of `demand_type`.
    title, title_en : str
        For legend and layer control.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    DiscLayer
        For `.add_to(m)`.

    Raises
    ------
    DataError
        If `lon` or `lat` is absent, or beyond the degrees that exist.
    DisclosureError
        If `popups` asks for anything but the columns above.

    Notes
    -----
    A page grows with the places, not with the concerns: cells of one zoom are counted once
    and four of them make one of the next (a million: 0.95 MB).

    Examples
    --------
    >>> two = pd.DataFrame({"lon": [117.5, 117.5], "lat": [26.7, 26.7], "band": ["blue", "red"]})
    >>> layer = concern_discs(two)
    >>> layer.data[12].counts.tolist()  # red, orange, yellow, blue
    [[1, 0, 0, 1]]
    """
    check_concerns(concerns, popups)
    placed = concerns[concerns["lon"].notna() & concerns["lat"].notna()]
    drawn = tuple(bands)
    band = band_positions(placed, drawn)
    if (band == len(drawn)).any():
        drawn = (*drawn, UNSCORED)
    listed = bool(popups) and len(placed) <= MOST_ROWS
    high = HIGHEST_ZOOM_WITH_ROWS if listed else HIGHEST_ZOOM
    data = count_cells(_lonlat(placed), band, len(drawn), (LOWEST_ZOOM, high))
    rows = _rows(placed, drawn, popups, labels or {}, high) if listed else None
    return DiscLayer(
        data,
        drawn,
        rows,
        legend=LegendSection(
            title,
            title_en,
            tuple(_legend_items(drawn)),
            tuple(_legend_notes(len(placed), len(concerns) - len(placed))),
        ),
        show=show,
    )


def _lonlat(concerns: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return concerns["lon"].to_numpy(dtype=float), concerns["lat"].to_numpy(dtype=float)


def band_positions(concerns: pd.DataFrame, bands: Sequence[Band]) -> np.ndarray:
    """Give the place of each concern's band in `bands`; their number where it has none.

    Parameters
    ----------
    concerns : DataFrame, length n
        With `band`, if they were scored.
    bands : sequence of Band
        From most to least urgent.

    Returns
    -------
    array of int, length n

    Examples
    --------
    >>> band_positions(pd.DataFrame({"band": ["blue", None]}), BANDS).tolist()
    [3, 4]
    """
    if "band" not in concerns:
        return np.full(len(concerns), len(bands))
    band = concerns["band"].astype("category")
    place = {b.code: i for i, b in enumerate(bands)}
    of_code = np.array(
        [place.get(str(c), len(bands)) for c in band.cat.categories] + [len(bands)]
    )
    return np.asarray(of_code[band.cat.codes.to_numpy()])


def _rows(
    placed: pd.DataFrame,
    bands: Sequence[Band],
    popups: Sequence[str],
    labels: Mapping[str, str],
    high: int,
) -> dict[str, Json]:
    """Write the lists that touched discs open, the highest score first."""
    if "score" in placed:
        placed = placed.sort_values("score", ascending=False, kind="stable")
    cell = world(*_lonlat(placed), high).astype(int)
    columns = [c for c in popups if c == "id" or c in placed]
    texts = [
        [safe(t) for t in some]
        for some in popup_texts(placed, columns, {b.code: b.zh for b in bands}, labels)
    ]
    return {
        "heads": [safe(POPUP_HEADS[c]) for c in columns],
        "cx": cell[:, 0].tolist(),
        "cy": cell[:, 1].tolist(),
        "cells": [list(row) for row in zip(*texts, strict=True)],
    }


def ink(color: str) -> str:
    """Choose dark or white digits for a disc.

    Parameters
    ----------
    color : str
        ``#rrggbb``.

    Returns
    -------
    str
        The one that contrasts more (WCAG relative luminance).

    Examples
    --------
    >>> ink("#f6c90e"), ink("#2f6fb0")
    ('#1d1b18', '#ffffff')
    """
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return "#1d1b18" if linear @ [0.2126, 0.7152, 0.0722] > 0.24 else "#ffffff"


def _legend_items(bands: Sequence[Band]) -> list[dict[str, Json]]:
    return [
        {
            "kind": "disc",
            "band": i,
            "color": safe(b.color),
            "ink": ink(b.color),
            "label": b.zh,
            "en": b.en,
        }
        for i, b in enumerate(bands)
    ]


def _legend_notes(placed: int, unplaced: int) -> list[str]:
    notes = [f"共 {placed:,} 件。数字是件数; 圆心取最急一件的颜色, 外环是各等级所占的份额。"]
    if unplaced:
        notes.append(f"另有 {unplaced:,} 件没有位置, 未上图 / without a place.")
    return notes
