"""The debrief as one page that needs no network: timeline and map side by side, then words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridkit.errors import StoreError
from gridkit.forms.look import Markup, join, table, tag
from gridkit.training.debrief import OWN, Debrief
from gridkit.training.drill import root_name
from gridkit.training.roots import ACTIONS
from gridkit.training.ways import way_names

FATES: dict[str, tuple[str, str, str]] = {
    "averted": ("避免了", "averted", "#1a7f4b"),
    "harmed": ("去过, 没拦住", "visited, harmed", "#b26a00"),
    "missed": ("没去", "missed", "#b3261e"),
    "untold": ("没人说过", "never told", "#5b5b66"),
}
_WIDTH, _ROW, _LEFT, _TOP = 640, 22, 170, 34
_MAP = 420
_MOST = 24
_STYLE = """
:root{color-scheme:light}body{margin:0 auto;max-width:1320px;padding:16px 20px;
font:15px/1.55 "Noto Sans CJK SC","WenQuanYi Micro Hei","Microsoft YaHei","PingFang SC",sans-serif;
color:#1d1d24;background:#fff}h1{font-size:22px;margin:0}h2{font-size:17px;margin:22px 0 6px}
.en{color:#5b5b66;font-size:13px}.two{display:flex;flex-wrap:wrap;gap:20px;align-items:flex-start}
.two>div{flex:1 1 420px;min-width:0}svg{width:100%;height:auto;display:block}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:5px 8px;
text-align:left;vertical-align:top}th{background:#f4f5f7;font-weight:600}.own td{font-weight:600;
background:#eef4fb}.mark{background:#fff4d6;border:1px solid #e2c66b;padding:4px 10px;
border-radius:4px;display:inline-block;margin:6px 0}.key span{margin-right:14px}
.dot{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:4px}
.wide{overflow-x:auto}@media print{body{font-size:11px}}
"""


def debrief_page(found: Debrief) -> str:
    """Write the debrief as one HTML page that fetches nothing.

    Parameters
    ----------
    found : Debrief

    Returns
    -------
    str
        A whole page: no script, no link, every text escaped. Grids and matters are named,
        no person is.
    """
    scenario = found.drill.scenario
    title = f"复盘: {scenario.zh} (种子 {found.drill.seed})"
    parts = [
        tag("h1", title),
        tag("div", f"Debrief: {scenario.en}", cls="en", lang="en"),
        tag("div", "虚构的县: 人、地、事都是编的 · an invented county", cls="mark"),
        tag("p", summary(found)),
        _key(),
        tag(
            "div",
            tag("div", tag("h2", "时间线: 何时有人说、何时去、何时出事"), _timeline(found)),
            tag("div", tag("h2", "地图: 出事和拦住的网格"), _map(found)),
            cls="two",
        ),
        tag("h2", "同样的人手, 别的办法会怎样 · other ways with the same capacity"),
        _ways(found),
        tag("h2", "漏掉的, 当时要做什么 · what was missed, and what it would have taken"),
        _missed(found),
        tag("h2", "白跑的走访 · visits that found nothing that grows"),
        _alarms(found),
        tag(
            "p",
            "比较的是决定和办法, 不是人。编出来的县只能检验工具, 不能证明现实。",
            tag(
                "span",
                " Decisions and ways are compared, not persons. A made-up town proves the tool,"
                " not the world.",
                cls="en",
            ),
        ),
    ]
    head = Markup(
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
    )
    body = join(head, tag("title", title), Markup(f"<style>{_STYLE}</style></head><body>"))
    return str(join(body, *parts, Markup("</body></html>")))


def save_debrief(found: Debrief, path: str | Path) -> Path:
    """Write the page to a file.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    try:
        Path(path).write_text(debrief_page(found), encoding="utf-8")
    except OSError as fault:
        raise StoreError(
            en=f"{Path(path).name} was not written: {fault.strerror}.",
            zh=f"{Path(path).name} 未能写入 ({fault.strerror})。",
        ) from fault
    return Path(path)


def summary(found: Debrief) -> str:
    """Say in a few sentences how the game went."""
    fate = found.causes["fate"].value_counts()
    own = found.ways.loc[OWN]
    warned = int(found.causes["warned_on"].notna().sum())
    lead = found.causes.loc[found.causes["lead_days"] > 0, "lead_days"]
    said = f"中位提前 {lead.median():.0f} 天" if len(lead) else "没有一处赶在前面"
    return (
        f"本局 {len(found.causes)} 处根源本会出事: 避免 {fate.get('averted', 0)} 处, "
        f"去过没拦住 {fate.get('harmed', 0)} 处, 没去 {fate.get('missed', 0)} 处, "
        f"事前没人说过 {fate.get('untold', 0)} 处。走访 {own['visits']} 次, {said}; "
        f"其中 {own['for_nothing']} 次没有发现在恶化的根源。按评分卡走, 会在 {warned} 处出事之前上门。"
    )


def _key() -> Markup:
    dots = [
        tag("span", tag("i", cls="dot", style=f"background:{color}"), f"{zh} · {en}")
        for zh, en, color in FATES.values()
    ]
    signs = tag("span", "○ 首次有人说  ◆ 首次走访  △ 评分卡首次上门  ✕ 出事 (或本会出事)")
    return tag("p", *dots, signs, cls="key")


def _timeline(found: Debrief) -> Markup:
    causes = found.causes.head(_MOST)
    if not len(causes):
        return tag("p", "本局没有会出事的根源。")
    first = pd.Timestamp(found.drill.history.start)
    last = pd.Timestamp(found.drill.history.end)
    per_day = (_WIDTH - _LEFT - 16) / max((last - first).days, 1)

    def x(day: pd.Timestamp) -> float:
        return _LEFT + max(0, (day - first).days) * per_day

    begin, stop = (x(pd.Timestamp(found.drill.days[i])) for i in (0, -1))
    high = _TOP + _ROW * len(causes)
    drawn = [
        _svg(
            "rect",
            x=begin,
            y=_TOP - 6,
            width=stop - begin,
            height=high - _TOP + 6,
            fill="#f1f5fa",
        )
    ]
    for month in pd.date_range(first, last, freq="MS"):
        drawn += [
            _svg("line", x1=x(month), x2=x(month), y1=_TOP - 6, y2=high, stroke="#d8d8de"),
            _text(x(month), 16, f"{month:%y-%m}", "#5b5b66"),
        ]
    names = found.drill.history.land.grids["name"]
    tuples: list[Any] = list(causes.itertuples())
    for row, its in enumerate(tuples):
        y = _TOP + _ROW * row + 9
        color = FATES[str(its.fate)][2]
        place = str(names.get(its.grid_id, its.grid_id))
        drawn.append(_text(2, y + 4, f"{place} {root_name(str(its.root))}"[:15], "#1d1d24"))
        drawn.append(
            _svg(
                "line",
                x1=x(its.starts),
                x2=x(its.would_harm_on),
                y1=y,
                y2=y,
                stroke=color,
                stroke_width=4,
                stroke_opacity=0.5,
            )
        )
        marks = (
            (its.first_told, "○"),
            (its.warned_on, "△"),
            (its.first_visit, "◆"),
            (its.would_harm_on, "✕"),
        )
        drawn += [_text(x(d) - 5, y + 5, sign, color) for d, sign in marks if pd.notna(d)]
    box = f"0 0 {_WIDTH} {high + 8}"
    more = len(found.causes) - len(causes)
    note = tag("p", f"另有 {more} 处未画 · {more} more", cls="en") if more else join()
    return join(_picture(drawn, box, "时间线 timeline"), note)


def _map(found: Debrief) -> Markup:
    grids = found.drill.history.land.grids
    west, south, east, north = grids.total_bounds
    stretch = np.cos(np.radians((south + north) / 2))
    scale = _MAP / max((east - west) * stretch, north - south)
    fate = found.causes.drop_duplicates("grid_id").set_index("grid_id")["fate"]
    shapes = shapely.simplify(grids.geometry.to_numpy(), (north - south) / 400)
    drawn = []
    for grid, name, shape in zip(grids.index.astype("str"), grids["name"], shapes, strict=True):
        color = FATES[fate[grid]][2] if grid in fate.index else "#eceef1"
        said = f"{name}: {FATES[fate[grid]][0]}" if grid in fate.index else str(name)
        d = "".join(
            "M"
            + "L".join(
                f"{(a - west) * stretch * scale:.1f} {(north - b) * scale:.1f}" for a, b in ring
            )
            + "Z"
            for part in shapely.get_parts(shape)
            for ring in [shapely.get_coordinates(shapely.get_exterior_ring(part))]
        )
        drawn.append(
            _svg("path", tag("title", said), d=d, fill=color, stroke="#fff", stroke_width=0.6)
        )
    width = (east - west) * stretch * scale
    return _picture(drawn, f"0 0 {width:.0f} {(north - south) * scale:.0f}", "地图 map")


def _ways(found: Debrief) -> Markup:
    names = {OWN: "本局 · this game", **way_names()}
    head = ("办法", "走访", "消除根源", "避免出事", "仍出事", "出事户数", "没有发现根源的走访")
    rows: list[tuple[str, ...]] = [
        (names[str(way)], *(str(row[c]) for c in found.ways.columns))
        for way, row in found.ways.iterrows()
    ]
    note = tag("p", "各办法按事项类别采取通常的做法, 下次去时用上次查明的做法。", cls="en")
    return join(tag("div", table(head, rows), cls="wide"), note)


def _missed(found: Debrief) -> Markup:
    names = found.drill.history.land.grids["name"]
    lost = found.causes[found.causes["fate"] != "averted"].head(_MOST)
    if not len(lost):
        return tag("p", "没有。")
    tuples: list[Any] = list(lost.itertuples())
    rows: list[tuple[str, ...]] = [
        (
            str(names.get(row.grid_id, row.grid_id)),
            root_name(str(row.root)),
            FATES[str(row.fate)][0],
            f"{row.would_harm_on:%Y-%m-%d}",
            f"{row.first_told:%Y-%m-%d}" if row.fate != "untold" else "事前没人说",
            ACTIONS[str(row.needed)][0],
            _advice(row),
        )
        for row in tuples
    ]
    head = ("网格", "根源", "结果", "出事", "首次有人说", "对症的做法", "当时可以")
    return tag("div", table(head, rows), cls="wide")


def _advice(row: Any) -> str:
    if row.fate == "untold":
        return "没有人上报: 主动走访沉默网格"
    if pd.notna(row.warned_on):
        return f"按评分卡 {row.warned_on:%m-%d} 就会上门"
    return "评分卡也没有排进当周的走访"


def _alarms(found: Debrief) -> Markup:
    if not len(found.alarms):
        return tag("p", "没有。")
    profile = found.drill.history.profile
    kinds = found.alarms["demand_type"].astype("str").value_counts().head(8)
    said = ", ".join(f"{profile.label('demand_type', str(k))} {n} 次" for k, n in kinds.items())
    places = found.alarms["grid_id"].astype("str").nunique()
    return tag(
        "p",
        f"共 {len(found.alarms)} 次, 在 {places} 个网格: {said}。"
        "这些事也得到了答复, 只是没有在恶化的根源; 列的是事和网格, 不是人。",
    )


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
