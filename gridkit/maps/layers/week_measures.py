"""What a slider over weeks can color: counts, rates, and rates drawn towards the mean.

The page gets the counts, the households and two numbers a step, and works the rates out
itself: so a measure more costs a few bytes, not a second cube.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.hotspots.rates import between, shrink
from gridkit.maps.escape import Json
from gridkit.maps.layers.layer import LegendSection
from gridkit.maps.layers.shades import (
    COLORS,
    NO_DATA,
    ZERO,
    by_average,
    multiples,
    say,
    spans,
    spread,
)

Measure = Literal["counts", "rates", "smoothed"]
Floats = NDArray[np.float64]

PER_HOUSEHOLDS = 1000
"""Rates of a few weeks are small: per 1,000 households they are numbers that people say."""
_UNIT = "件/千户"
_ZERO, _UNKNOWN, _FIRST = 0, 1, 2  # places of the classes: none, no households, and the colors


@dataclass(frozen=True)
class Coloring:
    """How the steps are colored, by each measure that there is.

    Attributes
    ----------
    classes : list of dict
        Styles that all measures share.
    measures : list of dict
        `name`, `words`, `unit`, `bounds`, `first` (place of the lightest class), for the page.
    legends : list of LegendSection
        One for each measure, with the classes that occur in some week.
    of : list of array of int, (grids, steps)
        Class by measure.
    homes : array of int, length g
        Households by grid, 0 where unknown; empty if there are no rates.
    means, spreads : list of float
        By step: concerns per household of the county, and the variance of rates between
        grids that chance does not explain.
    """

    classes: list[dict[str, Json]]
    measures: list[dict[str, Json]]
    legends: list[LegendSection]
    of: list[NDArray[np.int64]]
    homes: NDArray[np.int64]
    means: list[float]
    spreads: list[float]


def coloring(
    summed: Floats, households: pd.Series | None, window: int, title: str, notes: list[str]
) -> Coloring:
    """Find classes and legends for the counts of all steps, and for rates if there can be any.

    Parameters
    ----------
    summed : array of float, shape (g, t)
        Concerns by grid and step.
    households : Series of int, length g, or None
        By grid, in the same order; missing or 0 where they are not known.
    window : int
        How many weeks a step shows together.
    title : str
        For the legends.
    notes : list of str
        For all of them.

    Returns
    -------
    Coloring
        With rates only where some households are known and something was heard there.
    """
    together = f"每步是截至该周的 {window} 周合计" if window > 1 else "每步一周"
    notes = [f"{together}; 颜色在各周意思相同。", *notes]
    bounds = _count_bounds(summed)
    colors = _colors(len(bounds))
    of = np.where(summed > 0, _FIRST + np.searchsorted(bounds[:-1], summed), _ZERO)
    words = [(text, "") for text in spans(np.ones(1), bounds, 0, "件")]
    said = dict(enumerate(words, _FIRST)) | {_ZERO: ("0 件", "none")}
    counts = LegendSection(
        title,
        "week by week",
        _items([ZERO, NO_DATA, *colors], said, of),
        (*notes, "件数, 未除以户数 / counts."),
    )
    measures: list[dict[str, Json]] = [
        _measure("counts", "件数", "counts", "件", bounds, _FIRST)
    ]
    plain = Coloring(
        [ZERO, NO_DATA, *colors], measures, [counts], [of], np.array([], dtype=int), [], []
    )
    homes = _homes(households, len(summed))
    average = _average(summed, homes, window)
    return plain if average <= 0 else _rated(plain, summed, homes, average, (title, notes))


def _rated(
    plain: Coloring,
    summed: Floats,
    homes: NDArray[np.int64],
    average: float,
    words: tuple[str, list[str]],
) -> Coloring:
    """Add rates and smoothed rates to the counts: one scale for both, by the county's average."""
    some, title = homes > 0, words[0]
    means = summed[some].sum(axis=0) / homes[some].sum()
    known = homes.astype(float)
    cases = np.where(some[:, None], summed, 0.0).T  # a row per step
    spreads = [float(between(row, known, mean)) for row, mean in zip(cases, means, strict=True)]
    smooth = [shrink(row, known, mean) for row, mean in zip(cases, means, strict=True)]
    at = np.maximum(homes, 1)[:, None]
    bounds, first = multiples(average), len(plain.classes)
    classes = [*plain.classes, *_colors(len(bounds))]
    said = dict(enumerate(by_average(bounds), first)) | {
        _ZERO: (f"0 {_UNIT}", "none"),
        _UNKNOWN: ("户数未知", "households unknown"),
    }
    raw = PER_HOUSEHOLDS * summed / at
    per_thousand = (("rates", raw), ("smoothed", PER_HOUSEHOLDS * np.array(smooth).T))
    made: list[tuple[dict[str, Json], LegendSection, NDArray[np.int64]]] = []
    for name, values in per_thousand:
        of = np.where(values > 0, first + np.searchsorted(bounds[:-1], values), _ZERO)
        of[~some] = _UNKNOWN
        zh, en, why = _RATES[name]
        unit = f"单位 {_UNIT}, 分母是登记的户数; 各步平均 {say(float(f'{average:.2g}'))}。"
        legend = LegendSection(
            f"{title} · {zh}", en, _items(classes, said, of), (*words[1], unit, why)
        )
        made.append((_measure(name, zh, en, _UNIT, bounds, first), legend, of))
    return Coloring(
        classes,
        [*plain.measures, *(one for one, _, _ in made)],
        [*plain.legends, *(legend for _, legend, _ in made)],
        [*plain.of, *(of for _, _, of in made)],
        homes,
        means.tolist(),
        spreads,
    )


# What a measure is called, and what to keep in mind.
_RATES = {
    "rates": ("率", "rates", "户数少的网格, 一两件就显得很高: 请对照平滑后的率。"),
    "smoothed": (
        "平滑后的率",
        "smoothed rates",
        "户数少的网格向该步全县平均收缩, 免得一两件就显得很高。",
    ),
}


def _measure(
    name: str, zh: str, en: str, unit: str, bounds: Floats, first: int
) -> dict[str, Json]:
    inner: list[Json] = [float(bound) for bound in bounds[:-1]]  # the last class has no bound
    return {
        "name": name,
        "words": zh,
        "en": en,
        "unit": unit,
        "bounds": inner,
        "first": first,
    }


def _colors(n: int) -> list[dict[str, Json]]:
    return [
        {"fill": color, "stroke": "#ffffff", "weight": 0.6, "opacity": 0.92}
        for color in spread(n)
    ]


def _items(
    classes: list[dict[str, Json]], said: dict[int, tuple[str, str]], of: NDArray[np.int64]
) -> tuple[dict[str, Json], ...]:
    """List the classes that occur in some week, what is not known last."""
    drawn = sorted({int(at) for at in np.unique(of)}, key=lambda at: (at == _UNKNOWN, at))
    return tuple(
        {**classes[at], "label": zh, "en": en} for at in drawn for zh, en in (said[at],)
    )


def _count_bounds(summed: Floats) -> Floats:
    """Part counts where they double or so: most are one or two, and the few large ones matter."""
    most = summed.max(initial=0)
    if most < 1:
        return np.array([1.0])
    return np.unique(np.rint(np.geomspace(1, most, len(COLORS))))


def _homes(households: pd.Series | None, n: int) -> NDArray[np.int64]:
    if households is None:
        return np.zeros(n, dtype=np.int64)
    known = pd.to_numeric(households, errors="coerce").fillna(0).clip(lower=0)
    return known.to_numpy(dtype=np.int64)


def _average(summed: Floats, homes: NDArray[np.int64], window: int) -> float:
    """Give the county's rate over all whole steps, 0 where there is none."""
    some = homes > 0
    if not some.any():
        return 0.0
    whole = summed[:, min(window, summed.shape[1]) - 1 :]
    return float(PER_HOUSEHOLDS * whole[some].sum(axis=0).mean() / homes[some].sum())
