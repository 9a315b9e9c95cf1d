"""Sheets that people take to a meeting or a door: reception day, evening talk, visit, year."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gridkit.errors import DataError
from gridkit.maps.disclosure import SMALLEST_SHOWN
from gridkit.profile import Profile
from gridkit.profile.divisions import parse_division
from gridkit.records.field import FieldSpec
from gridkit.records.spec import CONCERN, VISIT
from gridkit.reports.desk import Desk
from gridkit.reports.page import Page
from gridkit.triage import annual_figures
from gridkit.triage import reception_sheet as waiting
from gridkit.triage.receptions import LEADERS

TOP = 20


def reception_day(
    desk: Desk, path: str | Path, *, level: str, division: str | None = None
) -> Path:
    """Write the sheet of a leader's reception day: what waits, and a space for each answer.

    Parameters
    ----------
    desk : Desk
    path : str or Path
        A .docx file.
    level : {"county", "township", "village"}
    division : str, optional
        The leader's area; the whole county by default.

    Returns
    -------
    Path
        For the desk: it names matters by number, kind and place, without a resident's words.
    """
    hard = set(desk.backlog["concern_id"].astype("str"))
    listed = waiting(desk.board, level, desk.profile, division=division, backlog=hard)
    page = Page(f"{desk.name}{LEADERS[level][0]}接访日清单", _note(desk))
    page.text(f"待接访 {len(listed)} 件, 下列前 {min(TOP, len(listed))} 件。为建议, 由人决定。")
    rows = [
        (
            str(label)[-8:],
            desk.label("band", row["band"]),
            f"{desk.label('demand_type', row['demand_type'])} · {desk.place(str(row['grid_id']))}",
            str(row["waits_zh"] or row["deadline_zh"]),
            "",
        )
        for label, row in listed.head(TOP).iterrows()
    ]
    page.table(["编号", "等级", "事项", "缺什么", "接访意见"], rows, [2.4, 1.4, 3.8, 5.4, 4.4])
    page.heading("接待统计 (只记数, 不记人)")
    page.text("批次＿＿＿＿＿  人次＿＿＿＿＿  当场答复＿＿＿＿＿  转办＿＿＿＿＿")
    return page.save(path)


def evening_talk(
    desk: Desk, path: str | Path, *, division: str, k: int = SMALLEST_SHOWN
) -> Path:
    """Write the sheet of an evening talk (夜话会): what is on people's minds here, as counts.

    Neighbors read it, so it holds no single matter: only kinds of demand with at least `k`
    open or ended matters of the place, and no total from which the rest could be found.

    Parameters
    ----------
    desk : Desk
    path : str or Path
        A .docx file.
    division : str
        Code of the township or village.
    k : int
        Smallest count that is shown, 2 or more.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If the code is no division, or k is below 2.
    """
    if k < 2:
        raise DataError(zh="`k` 须不小于 2。", en="`k` must be 2 or more.")
    area = parse_division(division).short
    here = desk.concerns["grid_id"].astype("str").str.startswith(area).to_numpy()
    kinds = desk.parts[here & (desk.parts["statutory"] == 0).to_numpy()]
    counts = kinds["demand_type"].astype("str").value_counts()
    shown = counts[counts >= k]
    page = Page(f"{desk.place(division)}居民夜话会", _note(desk))
    page.heading("一、大家关心什么")
    if len(shown):
        rows = [(desk.label("demand_type", code), str(n)) for code, n in shown.items()]
        page.table(["事情", "件数"], rows, [3, 1])
    page.text(f"少于 {k} 件的不列出, 以免认出是哪一家。")
    page.heading("二、已经办成的, 请大家评")
    page.lines(3)
    page.heading("三、今晚新提出的 (只写事, 不写姓名、电话)")
    page.lines(8)
    page.heading("四、记录")
    page.text("日期＿＿＿＿＿  批次＿＿＿＿＿  人次＿＿＿＿＿  会后由谁办＿＿＿＿＿＿＿＿")
    return page.save(path)


def annual_report(desk: Desk, path: str | Path, *, year: int) -> Path:
    """Write the annual figures of 信访工作条例 41, each with how it is counted.

    Parameters
    ----------
    desk : Desk
    path : str or Path
        A .docx file.
    year : int

    Returns
    -------
    Path
        What the ledger does not hold is an empty cell, to be filled in by hand.
    """
    table = annual_figures(
        desk.concerns, desk.steps, desk.sessions, year, desk.on, desk.profile
    )
    page = Page(f"{desk.name}{year}年信访工作年度报告 (数据部分)", _note(desk))
    page.text("各项名称凭记忆写出, 未经核对原文 (信访工作条例第四十一条); 报出前请核对。")
    for title in table["item_zh"].unique():
        page.heading(str(title))
        some = table[(table["item_zh"] == title).to_numpy()]
        rows = [
            (str(row["label_zh"] or ""), "" if pd.isna(row["n"]) else str(row["n"]), how)
            for (_, row), how in zip(some.iterrows(), some["how_zh"], strict=True)
        ]
        page.table(["项目", "数", "口径"], rows, [5, 2, 8])
    return page.save(path)


def visit_sheet(profile: Profile, path: str | Path) -> Path:
    """Write the paper form of a visit, from the same fields as the screen and the phone.

    Parameters
    ----------
    profile : Profile
        Its words for the choices.
    path : str or Path
        A .docx file.

    Returns
    -------
    Path
        Only what the form asks; nothing that the program fills in itself.
    """
    page = Page("走访登记表 (纸质)", "只写事, 不写姓名、电话、证件号; 回来后录入, 录入后销毁")
    for spec in (VISIT, CONCERN):
        page.heading(spec.zh)
        rows = [(_asked(f), _blank(f, profile)) for f in spec.fields if _on_paper(f)]
        page.table(["问什么", "答"], rows, [4, 12])
    return page.save(path)


def _on_paper(field: FieldSpec) -> bool:
    return field.asked and field.name not in {"lon", "lat"}


def _asked(field: FieldSpec) -> str:
    star = " *" if field.required else ""
    unit = f" ({field.unit})" if field.unit else ""
    return f"{field.zh}{unit}{star}"


def _blank(field: FieldSpec, profile: Profile) -> str:
    if field.type == "yes_no":
        return "□ 是  □ 否  □ 未问"
    if field.choices and field.name not in {"demand_detail", "dispute_code"}:
        words = (
            [c.zh for c in profile.choices(field.choices)]
            if isinstance(field.choices, str)
            else [zh for _, zh, _ in field.choices]
        )
        return "  ".join(f"□ {word}" for word in words)
    if field.type == "date":
        return "＿＿＿＿年＿＿月＿＿日"
    return field.help_zh or ""


def _note(desk: Desk) -> str:
    invented = "【虚构数据】" if desk.invented else ""
    return f"{invented}{desk.on.year}年{desk.on.month}月{desk.on.day}日"
