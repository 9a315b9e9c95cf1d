"""The debrief as one page that needs no network: timeline and map side by side, then words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.screen.look import Markup, join, table, tag
from gridkit.training.debrief import OWN, Debrief
from gridkit.training.debrief_drawing import FATES, MOST, county, key, timeline
from gridkit.training.drill import root_name
from gridkit.training.page import invented, save_page, whole_page
from gridkit.training.roots import ACTIONS
from gridkit.training.ways import way_names

_HEAPS = 36


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
    return whole_page(
        title,
        tag("h1", title),
        tag("div", f"Debrief: {scenario.en} · ", invented(), cls="en", lang="en"),
        tag("p", summary(found)),
        key(),
        tag(
            "div",
            tag("div", tag("h2", "时间线: 何时有人说、何时去、何时出事"), timeline(found)),
            tag("div", tag("h2", "地图: 同样的编号"), county(found)),
            cls="two",
        ),
        tag("h2", "同样的人手, 别的办法会怎样 · other ways with the same capacity"),
        _ways(found),
        tag("h2", "逐处: 预警何时来, 提前几天, 当时要做什么 · cause by cause"),
        _each(found),
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
    )


def save_debrief(found: Debrief, path: str | Path) -> Path:
    """Write the page to a file; see `page.save_page`."""
    return save_page(debrief_page(found), path)


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
        f"当时还没人说 {fate.get('untold', 0)} 处。走访 {own['visits']} 次, {said}; "
        f"其中 {own['for_nothing']} 次没有发现在恶化的根源。按评分卡走, 会在 {warned} 处出事之前上门。"
    )


_WAY_HEADS = ("走访", "消除根源", "避免出事", "仍出事", "出事户数", "白跑")


def ways_table(found: Debrief) -> pd.DataFrame:
    """Give what each way did, in a trainer's words: rows 本局 and the ways of choosing."""
    names = {OWN: "本局", **way_names()}
    table_ = found.ways.rename(index=names).rename_axis("办法")
    return table_.set_axis(pd.Index(_WAY_HEADS), axis=1)


def _ways(found: Debrief) -> Markup:
    names = {OWN: "本局 · this game", **way_names()}
    head = ("办法", *_WAY_HEADS)
    rows: list[tuple[str, ...]] = [
        (names[str(way)], *(str(row[c]) for c in found.ways.columns))
        for way, row in found.ways.iterrows()
    ]
    note = tag(
        "p",
        "别的办法按事项类别采取通常的做法, 下次去时用上次查明的做法。"
        "一局只是一次: 差一两处可能是偶然, 换个种子再看。",
        cls="en",
    )
    return join(tag("div", table(head, rows), cls="wide first"), note)


def _each(found: Debrief) -> Markup:
    names = found.drill.history.land.grids["name"]
    if not len(found.causes):
        return tag("p", "没有。")
    last = pd.Timestamp(found.drill.days[-1])
    tuples: list[Any] = list(found.causes.head(MOST).itertuples())
    rows: list[tuple[str, ...]] = [
        (
            str(number),
            str(names.get(row.grid_id, row.grid_id)),
            root_name(str(row.root)),
            FATES[str(row.fate)][0],
            _day(row.first_told) if row.first_told < row.would_harm_on else "事前没人说",
            _day(row.warned_on),
            _day(row.first_visit),
            f"{row.lead_days} 天" if row.lead_days else "—",
            f"{row.would_harm_on:%Y-%m-%d}",
            f"{row.households:.0f}",
            ACTIONS[str(row.needed)][0],
            _advice(row, last),
        )
        for number, row in enumerate(tuples, start=1)
    ]
    head = (
        *("号", "网格", "根源", "结果", "首次有人说", "评分卡预警", "首次走访", "提前"),
        *("出事 (或本会)", "户数", "对症的做法", "当时可以"),
    )
    return tag("div", table(head, rows), cls="wide")


def _day(day: Any) -> str:
    return f"{day:%m-%d}" if pd.notna(day) else "—"


def _advice(row: Any, last: pd.Timestamp) -> str:
    if row.fate == "averted":
        return "做到了"
    if row.fate == "untold":
        late = last < row.first_told < row.would_harm_on
        return "最后一周之后才有人说" if late else "没有人上报: 主动走访沉默网格"
    if pd.notna(row.warned_on):
        lead = (row.would_harm_on - row.warned_on).days
        return f"按评分卡 {row.warned_on:%m-%d} 就会上门, 提前 {lead} 天"
    return "评分卡也没有排进当周的走访: 要更多人手, 或改卡"


def _alarms(found: Debrief) -> Markup:
    if not len(found.alarms):
        return tag("p", "没有。")
    profile = found.drill.history.profile
    names = found.drill.history.land.grids["name"]
    heaps = found.alarms.astype({"grid_id": "str", "demand_type": "str"}).groupby(
        ["grid_id", "demand_type"], sort=False
    )["on"]
    ordered = heaps.agg(["size", "min"]).sort_values(["size", "min"], ascending=[False, True])
    items = [
        tag(
            "li",
            f"{names.get(grid, grid)} {profile.label('demand_type', kind)}"
            + (f" {its['size']} 次" if its["size"] > 1 else "")
            + f" ({_day(its['min'])})",
        )
        for grid, kind, its in zip(
            ordered.index.get_level_values(0)[:_HEAPS],
            ordered.index.get_level_values(1)[:_HEAPS],
            ordered.to_dict("records"),
            strict=False,
        )
    ]
    more = len(ordered) - len(items)
    return join(
        tag(
            "p",
            f"共 {len(found.alarms)} 次, 在 {found.alarms['grid_id'].nunique()} 个网格。"
            "这些事也得到了答复, 只是没有在恶化的根源; 列的是事和网格, 不是人。",
        ),
        tag("ul", *items, cls="many"),
        tag("p", f"另有 {more} 处", cls="en") if more > 0 else join(),
    )
