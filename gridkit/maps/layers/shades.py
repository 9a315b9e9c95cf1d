"""Shades: where the classes of a number part, what color each has, and how the legend says it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from gridkit.maps.escape import Json

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
    ("不到平均的一半", "< 0.5 × mean"),
    ("平均的 0.5–1 倍", "0.5–1 ×"),
    ("平均的 1–2 倍", "1–2 ×"),
    ("平均的 2–4 倍", "2–4 ×"),
    ("平均的 4 倍以上", "> 4 ×"),
)
ALIKE = 1.05  # the largest so many times the smallest: no class of its own
ZERO: dict[str, Json] = {"fill": "#fdfcf9", "stroke": "#c6c0b3", "weight": 0.6}


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
        largest value. Empty if there are no values; unless the bounds are given, one where
        they are all but the same, and one for each where there are only a few different ones.

    Examples
    --------
    >>> class_bounds(np.arange(1.0, 11.0), "equal").tolist()
    [2.8, 4.6, 6.4, 8.2, 10.0]
    >>> class_bounds(np.array([3.0, 3.0, 3.0]), "quantiles").tolist()
    [3.0]
    >>> class_bounds(np.array([1.0, 1.0, 2.0, 7.0]), "quantiles").tolist()
    [1.0, 2.0, 7.0]

    One concern in a county: its rates, smoothed, are all but the same.

    >>> class_bounds(np.array([0.00855, 0.00856, 0.00868]), "quantiles").tolist()
    [0.0087]
    """
    if len(values) == 0:
        return np.array([])
    parts = len(COLORS)
    if isinstance(scheme, str) and values.max() <= ALIKE * values.min():
        inner = np.array([])
    elif isinstance(scheme, str) and len(few := _few(values)):
        return few
    elif scheme == "quantiles":
        inner = np.quantile(values, np.arange(1, parts) / parts)
    elif scheme == "equal":
        inner = np.linspace(values.min(), values.max(), parts + 1)[1:-1]
    else:
        inner = np.sort(np.asarray(scheme, dtype=float))[: parts - 1]
    inner = np.array([float(f"{b:.2g}") for b in inner])
    top = _twodigits_of(values.max(), np.ceil)
    bounds = np.unique(np.append(inner[inner < top], top))
    if scheme != "quantiles":
        return bounds
    of = np.unique(np.searchsorted(bounds, values))  # rounded, a class may have lost its grids
    return bounds[of]


def _few(values: np.ndarray) -> np.ndarray:
    """Give a bound for each value where there are no more different ones than colors."""
    some = np.unique(values)
    if len(some) > 4 * len(COLORS):  # rounding makes no few of so many
        return np.array([])
    tops = np.unique([_twodigits_of(value, np.ceil) for value in some])
    return tops if len(tops) <= len(COLORS) else np.array([])


def multiples(average: float) -> np.ndarray:
    """Give upper bounds at multiples of an average; the last class has none."""
    return np.array([*(float(f"{average * k:.2g}") for k in MULTIPLES), np.inf])


def by_average(bounds: np.ndarray) -> list[tuple[str, str]]:
    """Say what each class is, in multiples and in numbers."""
    says = [say(b) for b in bounds[:-1]]
    ranges = [f"≤ {says[0]}", *(f"{a}–{b}" for a, b in pairwise(says)), f"> {says[-1]}"]
    return [(f"{span} · {zh}", en) for span, (zh, en) in zip(ranges, _PARTS, strict=True)]


def _twodigits_of(value: float, toward: np.ufunc) -> float:
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


def digits_of(values: np.ndarray) -> int:
    """Digits after the point that tell the values apart: none for counts."""
    if len(values) == 0 or (values == np.rint(values)).all():
        return 0
    return 1 if np.median(values) >= 1 else 2


def spans(values: np.ndarray, bounds: np.ndarray, digits: int, unit: str) -> list[str]:
    """Say from where to where each class reaches; where all its values are one, say that one.

    Examples
    --------
    >>> spans(np.array([1.0, 3.0, 9.0]), np.array([3.0, 9.0]), 0, "件")
    ['1–3 件', '9 件']
    """
    unit = f" {unit}" if unit else ""
    out = []
    of = np.searchsorted(bounds, values)
    low = _twodigits_of(values.min(), np.floor) if len(values) else 0.0
    for at, high in enumerate(bounds):
        ends = (np.ceil(low), np.floor(high)) if digits == 0 else (low, high)
        inside = values[of == at]
        if len(inside) and say(inside.min()) == say(inside.max()):
            ends = (inside.min(), inside.max())
        first, last = (say(end) for end in ends)
        alone = ends[0] >= ends[1] or first == last
        out.append(f"{first}{unit}" if alone else f"{first}–{last}{unit}")
        low = np.floor(high) + 1 if digits == 0 else high
    return out


def say(value: float) -> str:
    """Write a bound as people read it: three digits at most."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
