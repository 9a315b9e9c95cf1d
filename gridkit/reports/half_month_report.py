"""The half-month report as DOCX, from a template that the county can edit in Word.

The template is the workspace's own (`templates/half_month.docx`), else the packaged one.
What it can name is what `half_month_context` gives.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridkit.exchange.output import put
from gridkit.profile.card_inputs import RESPONSE_GAPS
from gridkit.reports.desk import Desk
from gridkit.reports.page import civil
from gridkit.reports.period import (
    Span,
    day_query,
    half_month_of,
    overdue_by_unit,
    period_figures,
    span_query,
)
from gridkit.triage import backlog_progress, due_sentence, receptions, with_reasons
from gridkit.triage.backlog import PROGRESS_HEADS
from gridkit.triage.moves import STATE

if TYPE_CHECKING:
    from gridkit.maps.overview import Overview
    from gridkit.profile import Profile

TEMPLATE = "half_month.docx"
HARDEST = 5
AHEAD_DAYS = 20
WIDE_CM = 23.0  # a page across: its legend can be read

HALF_MONTH_FIELDS: Mapping[str, Any] = {
    "county": "县名",
    "invented": "“【虚构数据】”, 真实的县为空",
    "period": "本期起止日期",
    "partial": "本期未满时的提醒, 满了为空",
    "on": "截至日期",
    "figures": [
        {
            "no": "编号",
            "zh": "指标",
            "n": "本期",
            "before": "上期",
            "change": "变化",
            "how": "口径",
            "query": "查询命令",
            "query_before": "上期的查询命令",
        }
    ],
    "overdue": [{"unit": "责任单位", "open": "在办", "overdue": "超期"}],
    "backlog": PROGRESS_HEADS,
    "hardest": [
        {
            "number": "编号",
            "band": "等级",
            "demand": "诉求类别",
            "place": "乡镇和网格",
            "unit": "责任单位",
            "days": "已经几天",
            "state": "办理状态",
            "stuck": "卡在哪里",
            "reasons": "评分理由",
        }
    ],
    "hotspots": "热点结论",
    "receptions": [{"date": "日期", "title": "接访", "who": "由谁", "moved": "顺延说明"}],
    "sources": [{"no": "编号", "zh": "哪一节", "how": "口径", "query": "查询命令"}],
    "map": "地图 (图片), 没有图时为空",
}
"""What the template can name, each in words; a list is given by one of its rows."""


def half_month(
    desk: Desk,
    path: str | Path,
    *,
    template: str | Path | None = None,
    seen: Overview | None = None,
) -> Path:
    """Write the report of the half-month that the desk's day lies in.

    Parameters
    ----------
    desk : Desk
    path : str or Path
        A .docx file; replaced if it exists.
    template : str or Path, optional
        A .docx with the fields of `half_month_context`; the packaged one by default.
    seen : Overview, optional
        From `maps.overview`: adds what is said of hotspots, and the map as a picture where
        a Chromium is installed and the period holds a concern.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If the template cannot be read, names what there is not, or is `path` itself.
    StoreError
        If the file cannot be written.
    """
    from gridkit.reports.word_template import need_apart

    need_apart(template, path)
    context = half_month_context(desk, seen)
    return put(path, lambda draft: _fill(draft, context, template, seen))


def half_month_context(desk: Desk, seen: Overview | None = None) -> dict[str, Any]:
    """Give what the template can name, as plain texts and lists.

    Parameters
    ----------
    desk : Desk
    seen : Overview, optional

    Returns
    -------
    dict
        By the names of `HALF_MONTH_FIELDS`. `map` is put in when the report is written.
    """
    span = half_month_of(desk.on)
    return {
        "county": desk.name,
        "invented": "【虚构数据】" if desk.invented else "",
        "period": f"{civil(span.start)}至{civil(span.end)}",
        "partial": _partial(span),
        "on": civil(desk.on),
        "figures": _figures(desk, span),
        "overdue": [
            {"unit": str(unit), "open": int(row["open"]), "overdue": int(row["overdue"])}
            for unit, row in overdue_by_unit(desk, span.end).iterrows()
        ],
        "backlog": _backlog(desk, span),
        "hardest": _hardest(desk),
        "hotspots": "本期未做热点分析。" if seen is None else seen.sentence_zh,
        "receptions": _receptions(desk),
        "sources": _sources(desk, span, seen),
    }


def _partial(span: Span) -> str:
    """Warn where a part of a half-month stands beside a whole one."""
    if (span.end + dt.timedelta(days=1)).day in {1, 16}:
        return ""
    days = (span.end - span.start).days + 1
    before = (span.end_before - span.start_before).days + 1
    return f"本期未满: 已过 {days} 天, 上期为 {before} 天, 带“本期”的各数不能直接与上期相比。"


def _sources(desk: Desk, span: Span, seen: Overview | None) -> list[dict[str, str]]:
    """Tell how the figures beside the first table, and its 上期, can be had again."""
    whole = f"--from {span.start} --to {span.end} --on {span.end}"
    last = desk.on + dt.timedelta(days=AHEAD_DAYS)
    before = span.start_before, span.end_before
    rows = [
        ("一、上期各数, 带“本期”的", "同上, 换成上期的日期", span_query(*before)),
        ("一、上期各数, 其余", "同上, 换成上期的最后一天", day_query(span.end_before)),
        ("二、积案", "列入积案清单的事项, 按半月", f"gridkit statistics --backlog {whole}"),
        (
            "三、各单位超期",
            "在办与超期, 按现在的责任单位",
            f"gridkit statistics --by unit --on {span.end}",
        ),
        (
            "四、最难的事项",
            "看板的前几件",
            f"gridkit board --top {HARDEST} --on {desk.on}",
        ),
    ]
    if seen is not None:
        how = f"{civil(seen.since)}至{civil(seen.on)}的诉求, 按网格"
        rows.append(("五、热点", how, _map_query(seen)))
    days = f"gridkit receptions --from {desk.on} --to {last}"
    rows.append(("六、近期接访安排", "县情配置里的接访日, 遇节假日顺延", days))
    return [
        {"no": "ABCDEFG"[at], "zh": zh, "how": how, "query": query}
        for at, (zh, how, query) in enumerate(rows)
    ]


def _map_query(seen: Overview) -> str:
    weeks = ((seen.on - seen.since).days + 1) // 7
    kinds = "".join(f" --type {code}" for code in seen.demand_types)
    return f"gridkit map --on {seen.on} --weeks {weeks}{kinds}"


def _figures(desk: Desk, span: Span) -> list[dict[str, Any]]:
    table = period_figures(desk, span)
    return [
        {
            "no": number,
            "zh": row["zh"],
            "n": int(row["n"]),
            "before": int(row["before"]),
            "change": f"{int(row['change']):+d}" if row["change"] else "持平",
            "how": row["how_zh"],
            "query": row["query"],
            "query_before": row["query_before"],
        }
        for number, (_, row) in enumerate(table.iterrows(), start=1)
    ]


def _backlog(desk: Desk, span: Span) -> dict[str, int]:
    names = ("before", "taken", "reopened", "struck_off", "left", "total", "solved")
    if not len(desk.backlog):
        return dict.fromkeys(names, 0)
    table = backlog_progress(desk.backlog, desk.concerns, desk.steps, span.start, span.end)
    row = table.xs(0, level="batch").iloc[-1] if len(table) else pd.Series(0, index=names)
    return {name: int(row[name]) for name in names}


def _hardest(desk: Desk) -> list[dict[str, Any]]:
    """Give the matters at the head of the board, with what they are stuck on."""
    top = desk.board.head(HARDEST)
    told = with_reasons(top, desk.concerns, desk.steps, desk.on, desk.profile)
    told = told.assign(stuck=_stuck(top, desk.profile))
    return [
        {
            "number": str(label)[-8:],
            "band": desk.label("band", row["band"]),
            "demand": desk.label("demand_type", row["demand_type"]),
            "place": desk.full_place(str(row["grid_id"])),
            "unit": desk.label("unit", row["unit"]) or "尚无责任单位",
            "days": int(row["open_days"]),
            "state": STATE[str(row["state"])].zh,
            "stuck": row["stuck"],
            "reasons": row["sentence_zh"],
        }
        for label, row in told.iterrows()
    ]


def _stuck(top: pd.DataFrame, profile: Profile) -> pd.Series:
    """Say what a matter waits for: a clock that runs or ran out, a gap, the answer."""
    due = due_sentence(top, profile).astype("str")
    gaps = {code: zh for code, (zh, _) in RESPONSE_GAPS.items() if code != "none"}
    parts = [
        due.where(top["status"].isin(["running", "overdue"]), ""),
        top["response_gap"].astype("str").map(gaps).fillna(""),
        top["waiting_for"]
        .astype("str")
        .map(lambda code: f"该由{profile.label('turn', code)}办"),
    ]
    rows = zip(*(part.astype("str") for part in parts), strict=True)
    told = ["; ".join(part for part in row if part) for row in rows]
    return pd.Series(told, index=top.index, dtype="str")


def _receptions(desk: Desk) -> list[dict[str, str]]:
    last = desk.on + dt.timedelta(days=AHEAD_DAYS)
    found = receptions(desk.profile, desk.on, last)
    return [
        {
            "date": "待定" if pd.isna(row["date"]) else civil(row["date"].date()),
            "title": str(row["title_zh"]),
            "who": str(row["leader_zh"]),
            "moved": "" if pd.isna(row["moved_because_zh"]) else str(row["moved_because_zh"]),
        }
        for _, row in found.iterrows()
    ]


def _fill(
    draft: Path,
    context: Mapping[str, Any],
    template: str | Path | None,
    seen: Overview | None,
) -> None:
    from docx.shared import Cm
    from docxtpl import InlineImage

    from gridkit.reports.picture import map_picture
    from gridkit.reports.word_template import fill, open_template

    with tempfile.TemporaryDirectory() as folder:
        picture = None if seen is None or seen.is_empty else map_picture(seen, Path(folder))
        page = open_template(TEMPLATE, template)
        image = InlineImage(page, str(picture), width=Cm(WIDE_CM)) if picture else ""
        fill(page, {**context, "map": image}, HALF_MONTH_FIELDS)
        page.save(str(draft))
