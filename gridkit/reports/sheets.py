"""Sheets that people take to a meeting or a door: reception day, evening talk, visit, year."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from gridkit.errors import DataError
from gridkit.maps.disclosure import SMALLEST_SHOWN
from gridkit.profile import Profile
from gridkit.profile.divisions import parse_division
from gridkit.records.field import FieldSpec
from gridkit.records.spec import CONCERN, VISIT
from gridkit.reports.desk import Desk
from gridkit.reports.page import Page, civil
from gridkit.triage import annual_figures
from gridkit.triage import reception_sheet as waiting
from gridkit.triage.receptions import LEADERS

TOP = 20
ROOM_CM = 1.5  # to write a few words by hand


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
    page = Page(f"{_whose(desk, level, division)}接访日清单", _note(desk, inside=True))
    page.text(_how_many(len(listed)))
    rows = [
        (
            str(label)[-8:],
            desk.label("band", row["band"]),
            f"{desk.label('demand_type', row['demand_type'])} · "
            f"{desk.full_place(str(row['grid_id']))}",
            _lacks(desk, row),
            "",
        )
        for label, row in listed.head(TOP).iterrows()
    ]
    if rows:
        heads = ["编号", "等级", "事项", "缺什么", "接访意见"]
        page.table(heads, rows, [2.4, 1.4, 3.8, 5.4, 4.4])
    page.heading("接待统计 (只记数, 不记人)")
    page.text("批次＿＿＿＿＿  人次＿＿＿＿＿  当场答复＿＿＿＿＿  转办＿＿＿＿＿")
    return page.save(path)


def _whose(desk: Desk, level: str, division: str | None) -> str:
    """Name the leader: of a place by the place alone, or 李崎村 has a 村 too many."""
    leader = LEADERS[level][0]
    if division is None or parse_division(division).level == "county":
        return f"{desk.title}{leader}"
    where = desk.place(division)
    own = parse_division(division).level == level
    return f"{where}领导" if own else f"{where} · {leader}"


def _lacks(desk: Desk, row: pd.Series) -> str:
    """Say what a matter lacks; where nothing, its running clock or whose turn it is."""
    if row["waits_zh"]:
        return str(row["waits_zh"])
    if row["status"] == "running":
        return str(row["deadline_zh"])
    turn = desk.label("turn", row["waiting_for"])
    return f"已答复; 下一步由{turn}办" if turn else "已答复"


def evening_talk(
    desk: Desk, path: str | Path, *, division: str, k: int = SMALLEST_SHOWN
) -> Path:
    """Write the sheet of an evening talk (夜话会): what is on people's minds here.

    Neighbors read it, so it holds no single matter: only kinds of demand with at least `k`
    open or ended matters of the place, the most first, and no number. The sheet of a
    township less those of its villages, or of this month less the last, would give a small
    count by subtraction; no register keeps the sheets apart, as it does the maps.

    Parameters
    ----------
    desk : Desk
    path : str or Path
        A .docx file.
    division : str
        Code of the township or village.
    k : int
        Smallest number of matters of a kind that is named, 2 or more.

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
    shown = sorted(counts[counts >= k].index, key=lambda code: (-counts[code], code))
    county = parse_division(division).level == "county"
    page = Page(f"{desk.title if county else desk.place(division)}居民夜话会", _note(desk))
    page.heading("一、大家关心什么")
    if shown:
        some = kinds["demand_type"].isin(shown).to_numpy()
        since = desk.concerns.loc[kinds.index[some], "heard_on"].min()
        told = f"{since.year}年{since.month}月以来听到的, 不论办结没有; 说的人多的在前:"
        page.text(told, keep=True)
        rows = [(desk.label("demand_type", code), "") for code in shown]
        page.table(["事情", "办到哪一步 (今晚当面说)"], rows, [3, 7])
        page.text(
            f"少于 {k} 件的不列出, 也不写件数: 与别处、上次的一减, 就可能认出是哪一家。",
            size=10,
        )
    else:
        page.text(f"还没有哪一类满 {k} 件; 少于 {k} 件的不列出, 以免认出是哪一家。")
    page.heading("二、已经办成的, 请大家评")
    page.lines(3)
    page.heading("三、今晚新提出的 (只写事, 不写姓名、电话)")
    page.lines(6)
    page.heading("四、记录")
    page.text("日期＿＿＿＿＿  批次＿＿＿＿＿  人次＿＿＿＿＿  会后由谁办＿＿＿＿＿＿＿")
    return page.save(path)


def _how_many(waiting: int) -> str:
    if not waiting:
        return "没有待接访的事项。"
    told = "全部列在下面" if waiting <= TOP else f"下列前 {TOP} 件"
    return f"待接访 {waiting} 件, {told}。次序为建议, 由人决定。"


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
    page = Page(f"{desk.title}{year}年信访工作年度报告数据", _note(desk))
    page.text(
        "各项名称依信访工作条例第四十一条原文; 怎么数是本工具的口径, 逐项写明, 报出前请核对。",
        size=10,
    )
    if year > desk.on.year:
        page.text(f"{year}年还没有到, 各数为 0。")
    elif desk.on < dt.date(year, 12, 31):
        page.text(f"{year}年未满, 各数截至{civil(desk.on)}。")
    for title in table["item_zh"].unique():
        page.heading(str(title))
        _item(page, table[(table["item_zh"] == title).to_numpy()])
    return page.save(path)


def _item(page: Page, some: pd.DataFrame) -> None:
    """Write an item of the article: what is counted alike in one table, with how."""
    for _, rows in some.groupby("group", sort=False):
        told = [
            (
                str(row["label_zh"] or "(手工填写)"),
                "" if pd.isna(row["n"]) else str(row["n"]),
                row["how_zh"],
            )
            for _, row in rows.iterrows()
        ]
        ways = {how for *_, how in told}
        if len(ways) == 1 and len(told) > 1:
            page.text(f"口径: {ways.pop()}。", size=10, keep=True)
            page.table(["项目", "数"], [row[:2] for row in told], [6, 2])
        else:
            page.table(["项目", "数", "口径"], told, [5, 2, 8])


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
    note = "只写事, 不写姓名、电话、证件号; 回来后录入, 录入后销毁。* 为必答"
    page = Page("走访登记表 (纸质)", note)
    seen: set[str] = set()
    for spec in (VISIT, CONCERN):
        page.heading(spec.zh)
        fields = [f for f in spec.fields if _on_paper(f) and f.name not in seen]
        rows = [(_asked(f), _blank(f, profile)) for f in fields]
        heights = [ROOM_CM if f.sensitivity == "free_text" else 0.0 for f in fields]
        page.table(["问什么", "答"], rows, [4, 12], heights=heights)
        seen |= {f.name for f in fields}
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
        return "  ".join(f"□\u00a0{word}" for word in words)  # a box stays by its word
    if field.type == "date":
        return "＿＿＿＿年＿＿月＿＿日"
    return field.help_zh or ""


def _note(desk: Desk, *, inside: bool = False) -> str:
    invented = "【虚构数据】" if desk.invented else ""
    kept = " · 内部使用, 不得外传" if inside else ""
    return f"{invented}{civil(desk.on)}{kept}"
