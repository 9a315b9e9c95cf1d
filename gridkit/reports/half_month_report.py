"""The half-month report as DOCX, from a template that the county can edit in Word.

The template is the workspace's own (`templates/half_month.docx`), else the packaged one.
What it can name is what `half_month_context` gives.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridkit.errors import DataError
from gridkit.exchange.output import put
from gridkit.reports.desk import Desk
from gridkit.reports.period import Span, half_month_of, overdue_by_unit, period_figures
from gridkit.triage import backlog_progress, due_sentence, receptions, with_reasons
from gridkit.triage.moves import STATE

if TYPE_CHECKING:
    from gridkit.maps.overview import Overview

TEMPLATE = "half_month.docx"
HARDEST = 5
AHEAD_DAYS = 20
WIDE_CM = 15.5


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
        a Chromium is installed.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If the template cannot be read, or names what there is not.
    StoreError
        If the file cannot be written.
    """
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
        `county`, `invented`, `period`, `on`; `figures` (zh, n, before, change, how, query);
        `overdue` (unit, open, overdue); `backlog` (before, taken, struck_off, left, solved,
        total); `hardest` (number, band, demand, place, unit, days, state, stuck, reasons);
        `hotspots` (a sentence); `receptions` (date, title, who, moved). `map` is put in
        when the report is written.
    """
    span = half_month_of(desk.on)
    return {
        "county": desk.name,
        "invented": "【虚构数据】" if desk.invented else "",
        "period": f"{_day(span.start)}至{_day(span.end)}",
        "on": _day(desk.on),
        "figures": _figures(desk, span),
        "overdue": [
            {"unit": str(unit), "open": int(row["open"]), "overdue": int(row["overdue"])}
            for unit, row in overdue_by_unit(desk, span.end).iterrows()
        ],
        "backlog": _backlog(desk, span),
        "hardest": _hardest(desk),
        "hotspots": "本期未做热点分析。" if seen is None else seen.sentence_zh,
        "receptions": _receptions(desk),
    }


def _day(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


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
    told = told.assign(stuck=due_sentence(top, desk.profile).astype("str"))
    return [
        {
            "number": str(label)[-8:],
            "band": desk.label("band", row["band"]),
            "demand": desk.label("demand_type", row["demand_type"]),
            "place": desk.place(str(row["grid_id"])),
            "unit": desk.label("unit", row["unit"]) or "尚无责任单位",
            "days": int(row["open_days"]),
            "state": STATE[str(row["state"])].zh,
            "stuck": row["stuck"],
            "reasons": row["sentence_zh"],
        }
        for label, row in told.iterrows()
    ]


def _receptions(desk: Desk) -> list[dict[str, str]]:
    last = desk.on + dt.timedelta(days=AHEAD_DAYS)
    found = receptions(desk.profile, desk.on, last)
    return [
        {
            "date": "待定" if pd.isna(row["date"]) else _day(row["date"].date()),
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
    from jinja2 import TemplateError

    from gridkit.reports.picture import map_picture

    with tempfile.TemporaryDirectory() as folder:
        picture = None if seen is None else map_picture(seen, Path(folder))
        page = open_template(TEMPLATE, template)
        image = InlineImage(page, str(picture), width=Cm(WIDE_CM)) if picture else ""
        try:
            page.render({**context, "map": image}, autoescape=True)
        except TemplateError as fault:
            raise DataError(
                zh=f"模板里有写错的字段 ({type(fault).__name__}); 请对照说明改正, 或删去自己的模板用自带的。",
                en=f"The template names a field that is not there ({type(fault).__name__}); "
                "correct it, or delete your own to use the packaged one.",
            ) from None
        page.save(str(draft))


def open_template(name: str, own: str | Path | None) -> Any:
    """Open a template: the county's own, else the packaged one.

    Raises
    ------
    DataError
        If the county's own is no DOCX.
    """
    from docx.opc.exceptions import OpcError
    from docxtpl import DocxTemplate

    if own is None:
        with as_file(files("gridkit.reports") / "templates" / name) as packaged:
            page = DocxTemplate(str(packaged))
            page.init_docx()
            return page
    try:
        page = DocxTemplate(str(own))
        page.init_docx()
    except (OSError, OpcError, ValueError, KeyError):
        raise DataError(
            zh=f"模板 {Path(own).name} 不是能打开的 Word 文件 (.docx)。",
            en=f"The template {Path(own).name} is no Word file (.docx) that can be opened.",
        ) from None
    return page
