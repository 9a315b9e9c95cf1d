"""The visit round (走访): which doors of a grid to knock at next, and why.

It lists places, not people, and no worker is measured by it: who is due for an answer to
be followed up, where nobody was home, where nobody has been for long.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.exchange.output import put
from gridkit.forms.desk import Desk
from gridkit.profile.choices import fold
from gridkit.screen.look import Words

LONG_DAYS = 90
"""A door that was not visited for so many days is said to be long ago."""
_ANSWERED = ("answered", "verified")
_BLANK_ROWS = 6
_FOLLOW_UP = Words("有答复待回访", "an answer is to be followed up")
_NOBODY = Words("上次无人在家", "nobody was home last time")
_LONG = Words("很久没走访", "not visited for long")
_REST = Words("例行走访", "regular visit")


def visit_round(desk: Desk, grid_id: str) -> pd.DataFrame:
    """List the known doors of a grid in the order in which to visit them.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    grid_id : str
        Which grid.

    Returns
    -------
    DataFrame, one row per address that was ever visited, numbered from 1
        `address` (str, as last written), `visited_on` (datetime64: the last knock), `days`
        (Int64: since then), `follow_ups` (Int64: concerns answered but not followed up),
        `nobody_home` (bool: at the last knock), `reason_zh`, `reason_en` (str). Follow-ups
        come first, then doors that did not open, then those longest not visited.
    """
    visits = desk.rows("visit", "grid_id", [grid_id])
    visits = visits[visits["address"].notna()]
    visits = visits.assign(door=[fold(str(a)) for a in visits["address"]])
    due = _follow_ups(desk, visits)
    last = visits.sort_values("visited_on", kind="stable").drop_duplicates("door", keep="last")
    today = pd.Timestamp(desk.today)
    doors = pd.DataFrame(
        {
            "address": last["address"].astype("str"),
            "visited_on": last["visited_on"],
            "days": (today - last["visited_on"]).dt.days.astype("Int64"),
            "follow_ups": last["door"].map(due).fillna(0).astype("Int64"),
            "nobody_home": (last["outcome"] == "nobody_home").astype(bool),
        }
    )
    reasons = [_reason(row) for _, row in doors.iterrows()]
    doors["reason_zh"] = pd.array([r.zh for r in reasons], dtype="str")
    doors["reason_en"] = pd.array([r.en for r in reasons], dtype="str")
    doors = doors.sort_values(
        ["follow_ups", "nobody_home", "days"], ascending=False, kind="stable"
    )
    return doors.set_index(pd.RangeIndex(1, len(doors) + 1, name="number"))


def _follow_ups(desk: Desk, visits: pd.DataFrame) -> pd.Series:
    """Count by door the concerns whose last step is an answer that nobody followed up."""
    concerns = desk.rows("concern", "visit_id", visits.index)
    steps = desk.rows("step", "concern_id", concerns.index)
    latest = steps.rename_axis("step_id").sort_values(["on", "step_id"], kind="stable")
    latest = latest.drop_duplicates("concern_id", keep="last")
    waiting = latest.loc[latest["action"].isin(_ANSWERED), "concern_id"]
    found = concerns.loc[concerns.index.isin(waiting), "visit_id"]
    return visits["door"].reindex(found).value_counts()


def _reason(row: pd.Series) -> Words:
    if row["follow_ups"]:
        return _FOLLOW_UP
    if row["nobody_home"]:
        return _NOBODY
    return _LONG if row["days"] >= LONG_DAYS else _REST


def round_sheet(
    doors: pd.DataFrame,
    path: Path,
    *,
    grid_name: str,
    on: date,
    number: str,
    invented: bool = False,
) -> None:
    """Write the round as a paper sheet (docx) for those who walk without a device.

    Its number stands at the top right of every page, and its rows are numbered as the list,
    so that it is quickly keyed in afterwards.

    Parameters
    ----------
    doors : DataFrame
        From `visit_round`.
    path : Path
        Where to write it.
    grid_name : str
        For the title.
    on : date
        The day of the round.
    number : str
        Of the sheet, from `printed_sheet.print_number`.
    invented : bool
        True for a made-up county: the sheet says so.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    from docx import Document

    sheet: Any = Document()
    _lay_page(sheet.sections[0])
    _lay_header(sheet.sections[0].header.paragraphs[0], f"{grid_name} {on:%Y-%m-%d}", number)
    mark = " (虚构数据, 仅供演练)" if invented else ""
    sheet.add_heading(f"走访单: {grid_name} {on:%Y-%m-%d}{mark}", level=1)
    sheet.add_paragraph(
        "只记事和身份, 不记姓名、电话、证件号。没问的空着, 不要猜。"
        "回来录入: 先填右上角的单号, 再填序号。"
    )
    _lay_table(sheet, doors)
    put(path, lambda draft: sheet.save(str(draft)))


_HEAD = (
    "序",
    "地址",
    "上次",
    "为什么去",
    "结果",
    "见到谁",
    "什么事, 几户, 从何时起",
)
_WIDTHS_CM = (1.0, 4.0, 2.9, 3.2, 3.2, 2.5, 9.9)
_PAPER_CM, _MARGIN_CM = (29.7, 21.0), 1.5  # A4, landscape
_NUMBER_PT = 20
_HEAD_CM, _ROW_CM = 0.7, 1.25  # room to write by hand
_BOXES = "□见到人\n□无人  □不便"


def _lay_page(page: Any) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = (Cm(side) for side in _PAPER_CM)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(page, side, Cm(_MARGIN_CM))


def _lay_header(line: Any, words: str, number: str) -> None:
    """Put the sheet's number, large, at the top right of every page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    line.alignment, line.paragraph_format.space_after = WD_ALIGN_PARAGRAPH.RIGHT, Pt(4)
    line.add_run(f"{words}   单号 ")
    told = line.add_run(number)
    told.bold, told.font.size = True, Pt(_NUMBER_PT)


def _lay_table(sheet: Any, doors: pd.DataFrame) -> None:
    from docx.shared import Cm

    table = sheet.add_table(rows=1, cols=len(_HEAD))
    table.style = "Table Grid"
    table.autofit = False
    for column, width in zip(table.columns, _WIDTHS_CM, strict=True):
        column.width = Cm(width)
    lines = [_HEAD]
    lines += [
        (str(n), str(row["address"]), f"{row['visited_on']:%Y-%m-%d}", str(row["reason_zh"]),
         _BOXES, "", "")
        for n, row in doors.iterrows()
    ]  # fmt: skip
    lines += [("", "", "", "", _BOXES, "", "")] * _BLANK_ROWS
    for place, line in enumerate(lines):
        row = table.rows[0] if place == 0 else table.add_row()
        row.height = Cm(_ROW_CM if place else _HEAD_CM)
        _keep_whole(row, head=place == 0)
        for cell, text, width in zip(row.cells, line, _WIDTHS_CM, strict=True):
            cell.width = Cm(width)
            cell.paragraphs[0].add_run(text).bold = place == 0


def _keep_whole(row: Any, *, head: bool) -> None:
    """Break no row over two pages; repeat the head on each."""
    from docx.oxml import OxmlElement

    about = row._tr.get_or_add_trPr()
    about.append(OxmlElement("w:cantSplit"))
    if head:
        about.append(OxmlElement("w:tblHeader"))
