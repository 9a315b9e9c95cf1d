"""Every concern as a mark of its own: for the few that a filter leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.maps.layers.discs import BANDS, UNSCORED, Band, band_positions
from gridkit.maps.layers.layer import LegendSection
from gridkit.maps.layers.marks import MarkLayer, MarkStyle, Rows, at_places
from gridkit.maps.layers.popups import MOST_ROWS, POPUP_HEADS, check_concerns, popup_texts

_SHAPES = ("diamond", "triangle", "square", "circle")
_SIZES = (22, 20, 17, 15)


def concern_markers(
    concerns: pd.DataFrame,
    *,
    bands: Sequence[Band] = BANDS,
    popups: Sequence[str] = tuple(POPUP_HEADS),
    labels: Mapping[str, str] | None = None,
    title: str = "诉求 (逐件)",
    show: bool = True,
) -> MarkLayer:
    """Show each concern as a mark whose shape is the band's, with a list when it is touched.

    Parameters
    ----------
    concerns : DataFrame, indexed by record id
        `lon` and `lat` (WGS-84, degrees), `band`, and what `popups` names. At most 2,000
        with a place: filter first. Those without a place are counted in the legend.
    bands, popups, labels
        As for `concern_discs`.
    title : str
        For legend and layer control.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    MarkLayer
        For `.add_to(m)`. For the desk only: it shows single places.

    Raises
    ------
    DataError
        If there are more than 2,000, or `lon` or `lat` is absent or beyond what exists.
    DisclosureError
        If `popups` asks for free text, an address or a person.

    Examples
    --------
    >>> two = pd.DataFrame({"lon": [117.5, 117.6], "lat": [26.7, 26.7], "band": ["blue", "red"]})
    >>> [mark[:3] for mark in concern_markers(two, popups=["band"]).data]
    [(11760000, 2670000, 0), (11750000, 2670000, 3)]
    """
    check_concerns(concerns, popups)
    placed = concerns[concerns["lon"].notna() & concerns["lat"].notna()]
    if len(placed) > MOST_ROWS:
        raise DataError(
            en=f"{len(placed):,} concerns are too many for single marks (at most {MOST_ROWS:,}). "
            "Filter by period, category or band, or use `concern_discs`.",
            zh=f"{len(placed):,} 件太多, 不能逐件画 (至多 {MOST_ROWS:,} 件)。"
            "请按时段、类别或等级筛选, 或改用 `concern_discs`。",
        )
    kinds = (*bands, UNSCORED)
    # the most urgent first: it stands on top, and first in a list
    band = band_positions(placed, bands)
    order = np.argsort(band, kind="stable")
    placed, band = placed.iloc[order], band[order]
    marks = [
        (x, y, k, None)
        for (x, y), k in zip(at_places(placed, "concerns"), band.tolist(), strict=True)
    ]
    styles = [_style(i, one, len(bands)) for i, one in enumerate(kinds)]
    columns = [c for c in popups if c == "id" or c in placed]
    names = {b.code: b.zh for b in bands}
    cells = list(zip(*popup_texts(placed, columns, names, labels or {}), strict=True))
    drawn = sorted(set(band.tolist()))
    return MarkLayer(
        marks,
        styles,
        Rows(tuple(POPUP_HEADS[c] for c in columns), cells or [()] * len(marks)),
        legend=LegendSection(
            title,
            "each concern",
            tuple(styles[i].legend_item() for i in drawn),
            tuple(_notes(len(placed), len(concerns) - len(placed))),
        ),
        show=show,
    )


def _style(place: int, band: Band, bands: int) -> MarkStyle:
    shape = _SHAPES[min(place, len(_SHAPES) - 1)] if place < bands else "circle"
    size = _SIZES[min(place, len(_SIZES) - 1)] if place < bands else 11
    return MarkStyle(band.zh, band.en, shape, band.color, size)


def _notes(placed: int, unplaced: int) -> list[str]:
    notes = [f"共 {placed:,} 件, 一件一个记号; 点记号看清单。"]
    if unplaced:
        notes.append(f"另有 {unplaced:,} 件没有位置, 未上图 / without a place.")
    return notes
