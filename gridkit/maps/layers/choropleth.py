"""Grids colored by a number: few classes, one hue from light to dark."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.maps.escape import Json
from gridkit.maps.layers.layer import Count, GridLayer, LegendSection, on_grids

Scheme = Literal["quantiles", "equal"]

# One hue, so safe for any color vision; lightness falls evenly (CIE L* 94, 84, 72, 57, 40),
# so that a grey print keeps the order. Away from the hues of the bands and the hotspots.
COLORS = ("#e2eff1", "#bbd7dc", "#8fb6be", "#5d92a0", "#2f6678")
NO_DATA: dict[str, Json] = {
    "hatch": {"kind": "diag", "color": "#a39e94", "gap": 7, "width": 1, "ground": "#f1eee8"},
    "stroke": "#c6c0b3",
    "weight": 0.6,
}
# Where colors part by an average, and what the classes are called then.
MULTIPLES = (0.5, 1.0, 2.0, 4.0)
_PARTS = (
    ("不到平均的一半", "< ½ mean"),
    ("低于平均", "½–1 ×"),
    ("平均的 1–2 倍", "1–2 ×"),
    ("平均的 2–4 倍", "2–4 ×"),
    ("平均的 4 倍以上", "> 4 ×"),
)
ALIKE = 1.05  # the largest so many times the smallest: no class of its own
ZERO: dict[str, Json] = {"fill": "#fdfcf9", "stroke": "#c6c0b3", "weight": 0.6}


def grid_choropleth(  # noqa: PLR0913 - keywords with defaults, as a caller would say them
    grids: gpd.GeoDataFrame,
    values: pd.Series,
    *,
    title: str,
    title_en: str = "",
    unit: str = "",
    context: pd.DataFrame | None = None,
    scheme: Scheme | Sequence[float] = "quantiles",
    average: float | None = None,
    missing: tuple[str, str] = ("无数据", "no data"),
    notes: Sequence[str] = (),
    show: bool = True,
) -> GridLayer:
    """Color each grid by its value.

    Zero has a class of its own, and a grid without a value is hatched: "nothing was
    reported" and "we do not know" are different things.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`.
    values : Series of float, indexed by `grid_id`
        Zero or more: a rate, a share, a count. Grids left out, and missing values, are
        drawn as "no data". Raw counts mislead where grids differ in households.
    title, title_en : str
        What the number is, for legend, tooltip and layer control.
    unit : str
        Said after each value, like ``"件/百户"``.
    context : DataFrame, indexed by `grid_id`, optional
        Shown in the tooltip as far as present: `n`, `households`, `rate`, `low`, `high`.
    scheme : {"quantiles", "equal"} or sequence of float
        Where classes part: about equally many grids each, equally wide, or at these upper
        bounds (inclusive). The bounds are rounded to two digits, and values are classed
        by the rounded ones.
    average : float, optional
        Above zero: what the county has as a whole. Colors then part at a half, once, twice
        and four times of it, whatever the values, so that a color means the same on every
        map, and a county without differences looks like one. `scheme` is not used.
    missing : (str, str)
        What to call a grid without a value, in Chinese and English.
    notes : sequence of str
        Sentences under the legend's colors.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    GridLayer
        For `.add_to(m)`.

    Raises
    ------
    AlignmentError
        If values belong to grids that the map does not have.
    DataError
        If a value is negative or infinite.

    Notes
    -----
    Five classes of one hue can be told apart in print and by any eye; more cannot.

    References
    ----------
    Brewer, C. A. (1994). Color use guidelines for mapping and visualization. In
    Visualization in Modern Cartography, 123-147. Pergamon.

    Examples
    --------
    >>> import shapely
    >>> cells = shapely.box([0, 1, 2], 0, [1, 2, 3], 1)
    >>> grids = gpd.GeoDataFrame({"name": list("甲乙丙")}, geometry=cells, index=list("abc"), crs=4326)
    >>> layer = grid_choropleth(grids, pd.Series({"a": 0.0, "b": 2.5}), title="诉求率")
    >>> [f["properties"]["value"] for f in layer.data["features"]]
    [0.0, 2.5, None]
    """
    value = pd.Series(on_grids(values, grids, "values")).astype("Float64")
    known = value.dropna().to_numpy(dtype=float)
    if (known < 0).any() or not np.isfinite(known).all():
        wrong = int(((known < 0) | ~np.isfinite(known)).sum())
        raise DataError(
            en=f"`values` must be finite and not negative; {wrong} are not. Map differences as "
            "two maps, before and after.",
            zh=f"`values` 须为有限的非负数; 有 {wrong} 个不是。前后之差请画成两张图。",
        )
    positive = known[known > 0]
    digits = _digits(positive)
    bounds = _multiples(average) if average else class_bounds(positive, scheme)
    numbers = pd.DataFrame({"value": value})
    if context is not None:
        numbers = numbers.join(on_grids(context, grids, "context"))
        if "rate" in numbers and numbers["rate"].astype("Float64").equals(value):
            numbers = numbers.drop(columns="rate")
    of = pd.Series(0, grids.index)  # no data
    of[value.notna()] = 1  # zero
    some = value.fillna(0) > 0
    of[some] = 2 + np.searchsorted(bounds[:-1], value[some].to_numpy(dtype=float))
    colors = spread(len(bounds))
    classes = [NO_DATA | {"note": " / ".join(missing)}, ZERO] + [
        {"fill": c, "stroke": "#ffffff", "weight": 0.6, "opacity": 0.92} for c in colors
    ]
    words = (
        _by_average(bounds)
        if average
        else [(text, "") for text in spans(positive, bounds, digits, unit)]
    )
    items = [_item(c, *text) for c, text in zip(classes[2:], words, strict=True)]
    if (of == 1).any():
        items.insert(0, _item(ZERO, f"0{' ' + unit if unit else ''}", "none reported"))
    if (of == 0).any():
        items.append(_item(NO_DATA, *missing))
    rows = [
        Count("value", title, digits, f" {unit}" if unit else ""),
        Count("n", "诉求件数", 0, " 件"),
        Count("households", "户数 (分母)", 0, " 户"),
        Count("rate", "未收缩的率", 1),
        Count("low", "95% 区间, 下限", 1),
        Count("high", "95% 区间, 上限", 1),
    ]
    if average:
        notes = [f"单位 {unit}; 全县平均 {_say(float(f'{average:.2g}'))}。", *notes]
    legend = LegendSection(title, title_en, tuple(items), tuple(notes))
    return GridLayer(
        grids, classes, of, numbers, rows, legend=legend, pane=("gkValues", 400), show=show
    )


def class_bounds(values: np.ndarray, scheme: Scheme | Sequence[float]) -> np.ndarray:
    """Find where classes part.

    Parameters
    ----------
    values : array of float
        Above zero.
    scheme : {"quantiles", "equal"} or sequence of float
        As in `grid_choropleth`.

    Returns
    -------
    array of float, at most 5, rising
        Upper bounds, inclusive, rounded to two digits; the last is at or above the
        largest value. Empty if there are no values; one where they are all but the same
        (unless the bounds are given).

    Examples
    --------
    >>> class_bounds(np.arange(1.0, 11.0), "equal").tolist()
    [2.8, 4.6, 6.4, 8.2, 10.0]
    >>> class_bounds(np.array([3.0, 3.0, 3.0]), "quantiles").tolist()
    [3.0]

    One concern in a county: its rates, smoothed, are all but the same.

    >>> class_bounds(np.array([0.00855, 0.00856, 0.00868]), "quantiles").tolist()
    [0.0087]
    """
    if len(values) == 0:
        return np.array([])
    parts = len(COLORS)
    if isinstance(scheme, str) and values.max() <= ALIKE * values.min():
        inner = np.array([])
    elif scheme == "quantiles":
        inner = np.quantile(values, np.arange(1, parts) / parts)
    elif scheme == "equal":
        inner = np.linspace(values.min(), values.max(), parts + 1)[1:-1]
    else:
        inner = np.sort(np.asarray(scheme, dtype=float))[: parts - 1]
    inner = np.array([float(f"{b:.2g}") for b in inner])
    top = _two_digits(values.max(), np.ceil)
    return np.unique(np.append(inner[inner < top], top))


def _multiples(average: float) -> np.ndarray:
    """Give upper bounds at multiples of an average; the last class has none."""
    return np.array([*(float(f"{average * k:.2g}") for k in MULTIPLES), np.inf])


def _by_average(bounds: np.ndarray) -> list[tuple[str, str]]:
    """Say what each class is, in multiples and in numbers."""
    says = [_say(b) for b in bounds[:-1]]
    ranges = [f"≤ {says[0]}", *(f"{a}–{b}" for a, b in pairwise(says)), f"> {says[-1]}"]
    return [(f"{span} · {zh}", en) for span, (zh, en) in zip(ranges, _PARTS, strict=True)]


def _two_digits(value: float, toward: np.ufunc) -> float:
    """Round to two significant digits, up or down; counts stay as they are."""
    if value == np.rint(value):
        return float(value)
    step = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(f"{toward(value / step) * step:.3g}")


def spread(n: int) -> list[str]:
    """Give colors for n classes, as far apart as can be.

    Examples
    --------
    >>> spread(2) == [COLORS[0], COLORS[4]]
    True
    """
    if n == 1:
        return [COLORS[2]]
    return [COLORS[i] for i in np.linspace(0, len(COLORS) - 1, n).round().astype(int)]


def _digits(values: np.ndarray) -> int:
    """Digits after the point that tell the values apart: none for counts."""
    if len(values) == 0 or (values == np.rint(values)).all():
        return 0
    return 1 if np.median(values) >= 1 else 2


def spans(values: np.ndarray, bounds: np.ndarray, digits: int, unit: str) -> list[str]:
    """Say from where to where each class reaches.

    Examples
    --------
    >>> spans(np.array([1.0, 4.0, 9.0]), np.array([3.0, 9.0]), 0, "件")
    ['1–3 件', '4–9 件']
    """
    unit = f" {unit}" if unit else ""
    out = []
    low = _two_digits(values.min(), np.floor) if len(values) else 0.0
    for high in bounds:
        if digits == 0:
            first, last = int(np.ceil(low)), int(np.floor(high))
            out.append(f"{first:,}{unit}" if first >= last else f"{first:,}–{last:,}{unit}")
            low = last + 1
        else:
            out.append(f"{_say(low)}–{_say(high)}{unit}")
            low = high
    return out


def _say(value: float) -> str:
    """Write a bound as people read it: three digits at most."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _item(style: dict[str, Json], label: str, en: str = "") -> dict[str, Json]:
    return {**{k: v for k, v in style.items() if k != "note"}, "label": label, "en": en}
