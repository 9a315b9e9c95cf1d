"""How a ledger book looks: its columns, fonts and colors, as an office would make it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridkit.exchange.escaping import escape_formula

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridkit.profile import Profile

BODY_FONT, TITLE_FONT = "宋体", "黑体"
A3, A4 = 8, 9
LINE = 15  # points


class Column(NamedTuple):
    """One column: its head, its width in characters, what it holds, and how it is summed.

    `holds` is "text", "long" (text that wraps), "day", "number" or "rank" (a number that no
    one adds up, in the middle: beside a text it would run into it); `sums` is "", "count",
    "sum" or the text that is counted.
    """

    head: str
    width: float
    holds: str
    sums: str = ""


COLUMNS = (
    Column("序号", 6, "rank"),
    Column("编号", 12, "text", "count"),
    Column("乡镇", 10, "long"),
    Column("网格", 18, "long"),
    Column("得知日期", 11, "day"),
    Column("来源", 10, "long"),
    Column("诉求类别", 14, "long"),
    Column("具体事项", 14, "long"),
    Column("纠纷类型", 16, "long"),
    Column("涉及户数", 8, "number", "sum"),
    Column("涉及人数", 8, "number", "sum"),
    Column("等级", 7, "text"),
    Column("分数", 6, "rank"),
    Column("办理状态", 15, "long"),
    Column("责任单位", 20, "long"),
    Column("该谁办", 16, "long"),
    Column("到期日", 11, "day"),
    Column("剩余天数", 8, "rank"),
    Column("超期", 6, "text", "超期"),
    Column("结果", 11, "text"),
    Column("情况", 44, "long"),
)
"""The columns of the ledger book; the heads are those of `ledger_rows`."""


def formats(book: Any, profile: Profile) -> Mapping[str, Any]:
    """Make the formats of a book, by what a cell holds; "band:…" for each band's color."""
    body = {"font_name": BODY_FONT, "font_size": 10, "valign": "vcenter"}
    cell = {**body, "border": 1, "border_color": "#7f7f7f"}
    head = {**cell, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#e8edf3"}
    made = {
        "title": {**body, "font_name": TITLE_FONT, "font_size": 18, "align": "center"},
        "note": {**body, "font_color": "#595959"},
        "warn": {**body, "font_color": "#8f1026", "bold": True},
        "head": head,
        "text": cell,
        "long": {**cell, "text_wrap": True},
        "day": {**cell, "num_format": "yyyy-mm-dd", "align": "center"},
        "number": {**cell, "num_format": "0"},
        "rank": {**cell, "num_format": "0", "align": "center"},
        "share": {**cell, "num_format": "0.0%"},
        "total": {**cell, "bold": True, "num_format": "0", "bg_color": "#f3f3f3"},
        "section": {**body, "font_name": TITLE_FONT, "font_size": 13},
        **{
            f"band:{band.zh}": {
                **cell,
                "align": "center",
                "bg_color": band.color,
                "font_color": ink(band.color),
            }
            for band in profile.bands
        },
    }
    return {name: book.add_format(look) for name, look in made.items()}


def write_title(sheet: Any, text: str, width: int, looks: Mapping[str, Any]) -> None:
    """Write the title over some columns, as a text: a county's name may begin with "="."""
    sheet.merge_range(0, 0, 0, width - 1, "", looks["title"])
    sheet.write_string(0, 0, escape_formula(text), looks["title"])


def lines(text: str, width: float) -> int:
    """Count the lines that a text takes in a column; a Chinese letter is two characters wide.

    A row says its own height: LibreOffice, unlike Excel, does not find it when it prints.

    Examples
    --------
    >>> lines("公安局", 18), lines("登记转送方 (信访部门、中心)", 16)
    (1, 2)
    """
    room = int(width)  # of letters of 11 points: those of 10 leave the cell its margins
    if 2 * len(text) <= room and "\n" not in text:
        return 1
    wide = (len(line.encode("gb18030", "replace")) for line in text.splitlines() or [""])
    return sum(max(1, -(-one // room)) for one in wide)


def ink(color: str) -> str:
    """Choose black or white letters, whichever can be read on a color (WCAG luminance).

    Examples
    --------
    >>> ink("#8f1026"), ink("#cfe6fb")
    ('#ffffff', '#000000')
    """
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if light > 0.179 else "#ffffff"
