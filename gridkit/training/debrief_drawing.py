"""The two drawings of a debrief, with the same numbers on both: when, and where."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridkit.screen.look import Markup, join, tag
from gridkit.training.debrief import Debrief
from gridkit.training.drill import root_name

FATES: dict[str, tuple[str, str, str]] = {
    "averted": ("避免了", "averted", "#1a7f4b"),
    "harmed": ("去过, 没拦住", "visited, harmed", "#b26a00"),
    "missed": ("没去", "missed", "#b3261e"),
    "untold": ("当时没人说", "not told in time", "#5b5b66"),
}
SIGNS: dict[str, tuple[str, str, str]] = {
    "first_told": ("首次有人说", "first told", "circle"),
    "warned_on": ("评分卡首次排进当周走访", "the card's first call", "triangle"),
    "first_visit": ("本局首次走访", "first visit", "diamond"),
    "would_harm_on": ("出事, 或本会出事", "harm, done or averted", "cross"),
}
MOST = 24
_WIDTH, _ROW, _LEFT, _TOP = 680, 22, 200, 34
_MAP = 420
_INK = "#1d1d24"


def key() -> Markup:
    """Explain colors and signs."""
    dots = [
        tag("span", tag("i", cls="dot", style=f"background:{color}"), f"{zh} · {en}")
        for zh, en, color in FATES.values()
    ]
    signs = [
        tag("span", _picture([_sign(shape, 7, 7, _INK)], "0 0 14 14", zh), f"{zh} · {en}")
        for zh, en, shape in SIGNS.values()
    ]
    return join(tag("p", *dots, cls="key"), tag("p", *signs, cls="key"))


def timeline(found: Debrief) -> Markup:
    """Draw one line for each cause, from its start to its harm, with what came when."""
    causes = found.causes.head(MOST)
    if not len(causes):
        return tag("p", "本局没有会出事的根源。")
    days = pd.to_datetime(pd.Series([*found.drill.days, found.drill.history.end]))
    shown = pd.concat([causes[c] for c in ("starts", "first_told", "would_harm_on")])
    first, last = min(days.min(), shown.min()), max(days.max(), shown.max())
    per_day = (_WIDTH - _LEFT - 16) / max((last - first).days, 1)

    def x(day: pd.Timestamp) -> float:
        return float(_LEFT + (day - first).days * per_day)

    high = _TOP + _ROW * len(causes)
    drawn = _calendar(x, days, (first, last), high)
    names = found.drill.history.land.grids["name"]
    tuples: list[Any] = list(causes.itertuples())
    for row, its in enumerate(tuples):
        drawn += _line(x, _TOP + _ROW * row + 9.0, row + 1, its, names)
    box = f"0 0 {_WIDTH} {high + 8}"
    more = len(found.causes) - len(causes)
    note = tag("p", f"另有 {more} 处未画 · {more} more", cls="en") if more else join()
    return join(_picture(drawn, box, "时间线 timeline"), note)


def _calendar(
    x: Any, days: pd.Series, span: tuple[pd.Timestamp, pd.Timestamp], high: int
) -> list[Markup]:
    """Draw the months, and the weeks that were played as a band."""
    begin, stop = x(days.iloc[0]), x(days.iloc[-2])
    band = {"y": _TOP - 6, "height": high - _TOP + 6, "fill": "#e9f0f9"}
    drawn = [
        _svg("rect", x=begin, width=stop - begin, **band),
        _text(begin + 3, _TOP - 9, "本局各周", "#35507a"),
    ]
    for month in pd.date_range(*span, freq="MS"):
        drawn += [
            _svg("line", x1=x(month), x2=x(month), y1=_TOP - 6, y2=high, stroke="#d8d8de"),
            _text(x(month), 13, f"{month.year % 100}年{month.month}月", "#5b5b66"),
        ]
    return drawn


def _line(x: Any, y: float, number: int, its: Any, names: pd.Series) -> list[Markup]:
    color = FATES[str(its.fate)][2]
    place = str(names.get(its.grid_id, its.grid_id))
    bar = {"stroke": color, "stroke_width": 5, "stroke_opacity": 0.45}
    drawn = [
        _text(2, y + 4, f"{number} {place} {root_name(str(its.root))}"[:18], _INK),
        _svg("line", x1=x(its.starts), x2=x(its.would_harm_on), y1=y, y2=y, **bar),
    ]
    for name, (zh, _, shape) in SIGNS.items():
        day = getattr(its, name)
        if pd.notna(day):
            drawn.append(_sign(shape, x(day), y, color, f"{zh} {day:%Y-%m-%d}"))
    return drawn


def county(found: Debrief) -> Markup:
    """Draw the grids, those of a cause colored by its fate and numbered as on the timeline."""
    grids = found.drill.history.land.grids
    west, south, east, north = grids.total_bounds
    stretch = np.cos(np.radians((south + north) / 2))
    scale = _MAP / max((east - west) * stretch, north - south)
    causes = found.causes.head(MOST).reset_index()
    fate = causes.drop_duplicates("grid_id").set_index("grid_id")["fate"]
    shapes = shapely.simplify(grids.geometry.to_numpy(), (north - south) / 400)
    drawn = []
    for grid, name, shape in zip(grids.index.astype("str"), grids["name"], shapes, strict=True):
        known = FATES.get(str(fate.get(grid)))
        said = f"{name}: {known[0]}" if known else str(name)
        d = "".join(
            "M"
            + "L".join(
                f"{(a - west) * stretch * scale:.1f} {(north - b) * scale:.1f}" for a, b in ring
            )
            + "Z"
            for part in shapely.get_parts(shape)
            for ring in [shapely.get_coordinates(shapely.get_exterior_ring(part))]
        )
        color = known[2] if known else "#eceef1"
        drawn.append(
            _svg("path", tag("title", said), d=d, fill=color, stroke="#fff", stroke_width=0.6)
        )
    middle = shapely.centroid(grids.geometry.loc[causes["grid_id"].astype("str")].to_numpy())
    at = [
        ((shapely.get_x(m) - west) * stretch * scale, (north - shapely.get_y(m)) * scale)
        for m in middle
    ]
    drawn += _numbers(at, [FATES[str(f)][2] for f in causes["fate"]])
    width = (east - west) * stretch * scale
    box = f"-8 -8 {width + 16:.0f} {(north - south) * scale + 16:.0f}"
    return _picture(drawn, box, "地图 map")


def _numbers(at: list[tuple[float, float]], colors: list[str]) -> list[Markup]:
    """Write numbers at places, moved round in a spiral where one would cover another."""
    taken: list[tuple[float, float]] = []
    drawn = []
    for number, ((x, y), color) in enumerate(zip(at, colors, strict=True), start=1):
        cx, cy, turn = x, y, 0
        while any(math.hypot(cx - a, cy - b) < 15 for a, b in taken):
            turn += 1
            reach = 5.0 * math.sqrt(turn)
            cx, cy = x + reach * math.cos(2.4 * turn), y + reach * math.sin(2.4 * turn)
        taken.append((cx, cy))
        label = _svg(
            "text",
            join(str(number)),
            x=cx,
            y=cy + 3.5,
            fill="#fff",
            font_size=9.5,
            text_anchor="middle",
        )
        if turn:
            drawn.append(_svg("line", x1=x, y1=y, x2=cx, y2=cy, stroke=color))
        circle = {"fill": color, "stroke": "#fff", "stroke_width": 1}
        drawn += [_svg("circle", cx=cx, cy=cy, r=7.5, **circle), label]
    return drawn


def _sign(shape: str, x: float, y: float, color: str, said: str = "") -> Markup:
    """Draw a sign about 11 units wide around a point."""
    named = [tag("title", said)] if said else []
    line = {"stroke": color, "stroke_width": 2, "fill": "#fff"}
    if shape == "circle":
        return _svg("circle", *named, cx=float(x), cy=float(y), r=4.5, **line)
    corners: dict[str, list[tuple[float, float]]] = {
        "diamond": [(0, -6.5), (6.5, 0), (0, 6.5), (-6.5, 0)],
        "triangle": [(0, -6), (6, 5), (-6, 5)],
        "cross": [(-4.5, -4.5), (4.5, 4.5), (0, 0), (-4.5, 4.5), (4.5, -4.5), (0, 0)],
    }
    d = "M" + "L".join(f"{x + a:.1f} {y + b:.1f}" for a, b in corners[shape]) + "Z"
    if shape == "diamond":
        line = {"fill": color, "stroke": "#fff", "stroke_width": 1}
    return _svg("path", *named, d=d, **line)


def _picture(drawn: list[Markup], box: str, label: str) -> Markup:
    return _svg("svg", *drawn, viewBox=box, role="img", aria_label=label)


def _svg(name: str, *content: Markup, **attributes: Any) -> Markup:
    """Write an element of a drawing; `_` in a name of an attribute stands for `-`."""
    named = {
        key.replace("_", "-"): f"{value:.1f}" if isinstance(value, float) else str(value)
        for key, value in attributes.items()
    }
    return tag(name, *content, **named)


def _text(x: float, y: float, said: str, color: str) -> Markup:
    return _svg("text", join(said), x=float(x), y=float(y), fill=color, font_size=11)
