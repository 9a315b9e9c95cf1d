"""Grids colored by a number: few classes, one hue from light to dark."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.maps.escape import Json
from gridkit.maps.layers.layer import Count, GridLayer, LegendSection, on_grids
from gridkit.maps.layers.shades import (
    NO_DATA,
    ZERO,
    Scheme,
    by_average,
    class_bounds,
    digits_of,
    multiples,
    say,
    spans,
    spread,
)


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
    Five classes of one hue can be told apart in print and by any eye; more cannot. The
    legend names those that occur: where values are few, each is a class.

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
    digits = digits_of(positive)
    bounds = multiples(average) if average else class_bounds(positive, scheme)
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
        by_average(bounds)
        if average
        else [(text, "") for text in spans(positive, bounds, digits, unit)]
    )
    said = [missing, (f"0{' ' + unit if unit else ''}", "none reported"), *words]
    drawn = sorted(set(of), key=lambda at: (at == 0, at))  # what is not known stands last
    items = [_item(classes[at], *said[at]) for at in drawn]
    rows = [
        Count("value", title, digits, f" {unit}" if unit else ""),
        Count("n", "诉求件数", 0, " 件"),
        Count("households", "户数 (分母)", 0, " 户"),
        Count("rate", "未收缩的率", 1),
        Count("low", "95% 区间, 下限", 1),
        Count("high", "95% 区间, 上限", 1),
    ]
    if average:
        notes = [f"单位 {unit}; 全县平均 {say(float(f'{average:.2g}'))}。", *notes]
    legend = LegendSection(title, title_en, tuple(items), tuple(notes))
    return GridLayer(
        grids, classes, of, numbers, rows, legend=legend, pane=("gkValues", 400), show=show
    )


def _item(style: dict[str, Json], label: str, en: str = "") -> dict[str, Json]:
    return {**{k: v for k, v in style.items() if k != "note"}, "label": label, "en": en}
