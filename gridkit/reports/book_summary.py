"""The summary of a ledger book: by level, by demand, by unit; formulas over the other sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from gridkit.exchange.escaping import escape_formula
from gridkit.reports.book_style import A4, COLUMNS, write_title
from gridkit.reports.desk import Desk
from gridkit.reports.rows import FATE_WORDS, NO_UNIT, OVERDUE
from gridkit.triage import matter_statistics
from gridkit.triage.measures import MEASURES

_HEADS = [column.head for column in COLUMNS]
_COUNTED = ("matters", *FATE_WORDS, "overdue")
_SCALE = 80  # percent
_ROOM = 41  # rows of an A4 page across at that scale
_TOGETHER = 4  # rows that are not left alone
_WORDS = {"matters": "件数", **FATE_WORDS, "overdue": OVERDUE}


class Sheet(NamedTuple):
    """A sheet of matters: its title, its first row (as Excel counts), and what is on it."""

    title: str
    first: int
    rows: pd.DataFrame

    def column(self, head: str) -> str:
        """Give the cells of a column, to be named in a formula of another sheet."""
        from xlsxwriter.utility import xl_range_abs

        number, last = _HEADS.index(head), self.first + max(len(self.rows), 1) - 1
        return f"'{self.title}'!{xl_range_abs(self.first - 1, number, last - 1, number)}"


def write_summary(
    sheet: Any, desk: Desk, sheets: Mapping[str, Sheet], looks: Mapping[str, Any]
) -> None:
    """Write the summary sheet.

    Parameters
    ----------
    sheet : xlsxwriter worksheet
        Empty.
    desk : Desk
    sheets : mapping of str to Sheet
        The sheets that hold the matters.
    looks : mapping of str to format
        From `book_style.formats`.
    """
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, len(_COUNTED), 11)
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.center_horizontally()
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
    sheet.set_print_scale(_SCALE)  # not "fit to": Excel passes over page breaks then
    sheet.set_footer("&L&F&C第 &P 页, 共 &N 页&R打印于 &D")
    sheet.set_row(0, 30)
    write_title(sheet, f"{desk.title}群众诉求台账 · 汇总", len(_COUNTED) + 1, looks)
    invented = "【虚构数据】" if desk.invented else ""
    note = f"{invented}截至 {desk.on:%Y年%m月%d日}; 各数均为公式, 随后面各表变动"
    sheet.write_string(1, 0, note, looks["warn" if desk.invented else "note"])
    given = desk, looks, sheets
    at = _levels(sheet, 3, sheets, (desk, looks))
    blocks = [(0, at)]
    for title, head, dimension in (
        ("二、按诉求类别", "诉求类别", "demand_type"),
        ("三、按责任单位", "责任单位", "unit"),
    ):
        blocks.append((at + 1, _grouped(sheet, at + 1, (title, head, dimension), given)))
        at = blocks[-1][1]
    last = _notes(sheet, at + 1, looks)
    blocks.append((at + 1, last))
    sheet.print_area(0, 0, last - 1, len(_COUNTED))
    sheet.set_h_pagebreaks(page_breaks(blocks))


def page_breaks(blocks: Sequence[tuple[int, int]], room: int = _ROOM) -> list[int]:
    """Choose after which rows a page ends: no total stands alone, and no heading.

    Parameters
    ----------
    blocks : sequence of (int, int)
        First row of each table, its title, and the row after its last; from 0.
    room : int
        Rows of a page.

    Returns
    -------
    list of int
        A table that does not fit on the rest of a page begins the next one. One longer than
        a page is parted, four rows or more on each side.

    Examples
    --------
    >>> page_breaks([(0, 10), (11, 31), (32, 62), (63, 72)], room=41)
    [32]
    >>> page_breaks([(0, 10), (11, 54)], room=41)
    [11, 50]
    """
    breaks, top = [], 0
    for first, end in blocks:
        if end - top > room and first > top:
            top = min(first, top + room)
            breaks.append(top)
        while end - top > room:
            top = min(top + room, end - _TOGETHER)
            breaks.append(top)
    return breaks


def _heads(sheet: Any, at: int, heads: Sequence[str], looks: Mapping[str, Any]) -> int:
    for number, head in enumerate(heads):
        sheet.write_string(at, number, head, looks["head"])
    return at + 1


def _levels(
    sheet: Any, at: int, sheets: Mapping[str, Sheet], given: tuple[Desk, Mapping[str, Any]]
) -> int:
    desk, looks = given
    sheet.write_string(at, 0, "一、按办理层级", looks["section"])
    at = _heads(sheet, at + 1, ["表", *(_WORDS[name] for name in _COUNTED)], looks)
    first = at
    for title, one in sheets.items():
        sheet.write_string(at, 0, title, looks["text"])
        for number, name in enumerate(_COUNTED, start=1):
            value = _value(one.rows, name)
            sheet.write_formula(at, number, f"={_counted(one, name)}", looks["number"], value)
        at += 1
    total = matter_statistics(desk.concerns, desk.steps, desk.on, desk.profile).iloc[0]
    return _sum_row(sheet, at, first, ([int(total[name]) for name in _COUNTED], looks))


def _value(rows: pd.DataFrame, name: str) -> int:
    if name == "matters":
        return len(rows)
    if name == "overdue":
        return int((rows[OVERDUE] == OVERDUE).sum())
    return int((rows["结果"] == FATE_WORDS[name]).sum())


def _counted(one: Sheet, name: str, *condition: str) -> str:
    """Write how the matters of a sheet are counted for a column of the summary."""
    if name == "matters":
        if condition:
            return f"COUNTIFS({','.join(condition)})"
        return f"COUNTA({one.column('编号')})"
    told = OVERDUE if name == "overdue" else FATE_WORDS[name]
    head = OVERDUE if name == "overdue" else "结果"
    parts = [*condition, one.column(head), f'"{told}"']
    return f"COUNTIFS({','.join(parts)})"


def _grouped(
    sheet: Any,
    at: int,
    what: tuple[str, str, str],
    given: tuple[Desk, Mapping[str, Any], Mapping[str, Sheet]],
) -> int:
    title, head, dimension = what
    desk, looks, sheets = given
    table = _by_label(desk, dimension)
    sheet.write_string(at, 0, title, looks["section"])
    at = _heads(sheet, at + 1, [head, *(_WORDS[name] for name in _COUNTED)], looks)
    first = at
    for label, row in table.iloc[:-1].iterrows():
        sheet.write_string(at, 0, escape_formula(str(label)), looks["text"])
        for number, name in enumerate(_COUNTED, start=1):
            parts = [
                _counted(one, name, one.column(head), _same_as(at, str(label)))
                for one in sheets.values()
            ]
            value = int(row[name])
            sheet.write_formula(at, number, f"={'+'.join(parts)}", looks["number"], value)
        at += 1
    values = [int(table.iloc[-1][name]) for name in _COUNTED]
    return _sum_row(sheet, at, first, (values, looks))


def _same_as(at: int, label: str) -> str:
    """Write what a cell must be to be counted: the label beside it, of which no sign is a joker."""
    cell = f"$A{at + 1}"
    if label.startswith(("<", ">", "=")):  # taken for a comparison
        cell = f'"="&{cell}'
    for sign in "~*?":
        if sign in label:
            cell = f'SUBSTITUTE({cell},"{sign}","~{sign}")'
    return cell


def _by_label(desk: Desk, dimension: str) -> pd.DataFrame:
    """Count by the words for the codes, most first, the total last."""
    table = matter_statistics(desk.concerns, desk.steps, desk.on, desk.profile, [dimension])
    counts = table[list(_COUNTED)]
    codes = counts.index.drop("all")
    words = [NO_UNIT if code == "not_said" else desk.label(dimension, code) for code in codes]
    named = counts.loc[codes].groupby(pd.Index(words)).sum()
    named = named.sort_values("matters", ascending=False, kind="stable")
    return pd.concat([named, counts.loc[["all"]]])


def _sum_row(
    sheet: Any, at: int, first: int, given: tuple[list[int], Mapping[str, Any]]
) -> int:
    from xlsxwriter.utility import xl_range

    values, looks = given
    sheet.write_string(at, 0, "合计", looks["total"])
    for number, value in enumerate(values, start=1):
        if at == first:  # no rows above
            sheet.write_number(at, number, 0, looks["total"])
            continue
        formula = f"=SUM({xl_range(first, number, at - 1, number)})"
        sheet.write_formula(at, number, formula, looks["total"], value)
    return at + 1


def _notes(sheet: Any, at: int, looks: Mapping[str, Any]) -> int:
    sheet.write_string(at, 0, "口径", looks["section"])
    for number, name in enumerate(_COUNTED, start=1):
        told = f"{_WORDS[name]}: {MEASURES[name].how_zh}"
        sheet.write_string(at + number, 0, told, looks["note"])
    return at + 1 + len(_COUNTED)
