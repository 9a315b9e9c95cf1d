"""The visits that are open, in an order that saves steps: a plan for tomorrow, never a track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.maps.layers.discs import BANDS, UNSCORED, Band, band_positions
from gridkit.maps.layers.layer import LegendSection
from gridkit.maps.layers.marks import MarkLayer, MarkStyle, Rows, at_places
from gridkit.maps.layers.popups import popup_texts

MOST_STOPS = 40
EARTH_M = 6_371_008.8
_SAME_PLACE = 1e-4  # degrees, about 10 m: one stop
_POPUPS = ("demand_type", "band", "score", "due_on", "id")
_HEADS = ("第几站", "类别", "等级", "分数", "期限", "编号")

_Floats = NDArray[np.float64]


def visit_route(
    matters: pd.DataFrame,
    *,
    most: int = 20,
    start: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Put open matters into an order of visits with short ways between them.

    Parameters
    ----------
    matters : DataFrame, indexed by record id, the most pressing first
        What `triage.worklist` gave, or part of it: `lon` and `lat` (WGS-84, degrees).
    most : int
        Only so many of the most pressing matters that have a place, up to 40.
    start : (float, float), optional
        Longitude and latitude of where to set out; the most pressing matter by default.

    Returns
    -------
    DataFrame, rows of `matters` in the order of visits
        With `stop` (from 1; matters within 10 m share one) and `leg_m` (meters as the crow
        flies from the stop before; 0 within a stop).

    Notes
    -----
    Nearest stop first, then improved by turning parts of the way around (2-opt) until none
    helps. Straight lines: hills, rivers and roads are not known to it, so it is a proposal.
    It plans matters and remembers nobody's way.

    References
    ----------
    Croes, G. A. (1958). A method for solving traveling-salesman problems. Operations
    Research, 6(6), 791-812. https://doi.org/10.1287/opre.6.6.791

    Examples
    --------
    >>> matters = pd.DataFrame({"lon": [117.0, 117.3, 117.1, 117.2], "lat": 26.0}, index=list("abcd"))
    >>> visit_route(matters).index.tolist()
    ['a', 'c', 'd', 'b']
    """
    some = matters[matters["lon"].notna() & matters["lat"].notna()].head(min(most, MOST_STOPS))
    if some.empty:
        return some.assign(stop=pd.Series(dtype="int64"), leg_m=pd.Series(dtype="float64"))
    xy = some[["lon", "lat"]].to_numpy(dtype=float)
    _, first, of = np.unique(
        np.rint(xy / _SAME_PLACE), axis=0, return_index=True, return_inverse=True
    )
    stops = xy[first]
    begin = int(of.ravel()[0])
    if start is not None:
        stops = np.vstack([stops, start])
        begin = len(stops) - 1
    far = _meters(stops)
    way = _shortened(_nearest(far, begin), far)
    if start is not None:
        legs, way = far[way[:-1], way[1:]], way[1:]
    else:
        legs = np.append(0.0, far[way[:-1], way[1:]])
    place = np.empty(len(stops), dtype=int)
    place[way] = np.arange(len(way))
    stop = place[of.ravel()]
    order = np.argsort(stop, kind="stable")
    new = np.diff(stop[order], prepend=-1) > 0
    return some.iloc[order].assign(
        stop=stop[order] + 1, leg_m=np.where(new, legs[stop[order]], 0.0)
    )


def route_layer(
    route: pd.DataFrame,
    *,
    bands: Sequence[Band] = BANDS,
    labels: Mapping[str, str] | None = None,
    title: str = "待走访路线 (建议)",
    show: bool = True,
) -> MarkLayer:
    """Draw a route of open visits, each stop with its number and its matters.

    Parameters
    ----------
    route : DataFrame
        What `visit_route` gave; for the lists as far as present `demand_type`, `band`,
        `score`, `due_on`.
    bands : sequence of Band
        From most to least urgent; `profile.bands`.
    labels : mapping of str to str, optional
        Words for the codes of `demand_type`.
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
        If `lon` or `lat` is beyond the degrees that exist.

    Examples
    --------
    >>> matters = pd.DataFrame({"lon": [117.0, 117.3], "lat": 26.0, "band": ["red", "blue"]})
    >>> [mark[2:] for mark in route_layer(visit_route(matters)).data]
    [(0, '1'), (3, '2')]
    """
    kinds = (*bands, UNSCORED)
    band = band_positions(route, bands).tolist()
    places = at_places(route, "route")
    marks = [
        (x, y, k, str(stop))
        for (x, y), k, stop in zip(places, band, route["stop"], strict=True)
    ]
    names = {b.code: b.zh for b in bands}
    columns = [c for c in _POPUPS if c == "id" or c in route]
    texts = popup_texts(route, columns, names, labels or {})
    numbers = [f"第 {stop} 站" for stop in route["stop"]]
    heads = ("第几站", *(_HEADS[1 + _POPUPS.index(c)] for c in columns))
    styles = [MarkStyle(b.zh, b.en, "disc", b.color, 25) for b in kinds]
    length = float(route["leg_m"].sum()) / 1000
    stops = int(route["stop"].max()) if len(route) else 0
    layer = MarkLayer(
        marks,
        styles,
        Rows(heads, list(zip(numbers, *texts, strict=True))),
        legend=LegendSection(
            title,
            "open visits",
            tuple(styles[i].legend_item() for i in sorted(set(band))),
            (
                f"{len(route)} 件, {stops} 站, 直线共 {length:.1f} 公里; 数字是先后。",
                "按直线距离排出的建议, 不知道路和山水; 由走访的人决定 / a proposal, as the crow flies.",
            ),
        ),
        level=630,
        show=show,
    )
    layer.line = list(dict.fromkeys(places))
    return layer


def _meters(xy: _Floats) -> _Floats:
    """Give the great-circle distances between all points."""
    lon, lat = np.radians(xy).T
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def _nearest(far: _Floats, begin: int) -> NDArray[np.intp]:
    """Go from each stop to the nearest one left."""
    way, left = [begin], set(range(len(far))) - {begin}
    while left:
        way.append(min(left, key=lambda stop: (far[way[-1], stop], stop)))
        left.remove(way[-1])
    return np.array(way, dtype=np.intp)


def _shortened(way: NDArray[np.intp], far: _Floats) -> NDArray[np.intp]:
    """Turn parts of an open way around as long as that makes it shorter; the start stays."""
    better = True
    while better:
        better = False
        for i in range(1, len(way) - 1):
            for j in range(i + 1, len(way)):
                after = far[way[j], way[j + 1]] if j + 1 < len(way) else 0.0
                joined = far[way[i], way[j + 1]] if j + 1 < len(way) else 0.0
                gain = far[way[i - 1], way[i]] + after - far[way[i - 1], way[j]] - joined
                if gain > 1e-6:
                    way[i : j + 1] = way[i : j + 1][::-1]
                    better = True
    return way
