"""The ledger book (台账) as XLSX: one sheet per level, and a summary whose totals are formulas.

Every cell of the summary is a formula over the sheets beside it, and carries the figure of
`triage.statistics` as its value: whoever changes a row sees the total change, and whoever
recalculates an untouched book finds the same figures.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.errors import DataError
from gridkit.exchange.escaping import escape_formula
from gridkit.exchange.output import put
from gridkit.reports.book_style import (
    A3,
    COLUMNS,
    LINE,
    Column,
    formats,
    lines,
    write_title,
)
from gridkit.reports.book_summary import Sheet, write_summary
from gridkit.reports.desk import Desk
from gridkit.reports.rows import ledger_rows

LEVEL_SHEETS = {"county": "县级", "township": "乡镇级", "village": "村级"}
ENDED = "已结与转出"
UNOWNED = "未定层级"
SHORT = 8  # characters of an id that are shown, and that every command takes
MOST_LINES = 27  # of a row: Excel has none above 409 points
MOST_ROWS = (1 << 20) - 4  # what a sheet has, less the lines above; beyond it rows are lost
FIRST_ROW = 5  # of the matters, as Excel counts; above: title, note, totals, heads


def ledger_book(desk: Desk, path: str | Path) -> Path:
    """Write the ledger book: for the desk, not to be handed out.

    Parameters
    ----------
    desk : Desk
    path : str or Path
        An .xlsx file; replaced if it exists. It holds free text, so only its owner may
        read it.

    Returns
    -------
    Path
        The file: 汇总 (totals by level, by demand, by unit), one sheet for the open matters
        of each level whose leader owns their band, and one for those that have ended.

    Raises
    ------
    DataError
        If a sheet would have more rows than a spreadsheet takes.
    StoreError
        If the file cannot be written.

    Notes
    -----
    Texts that a spreadsheet would run as formulas get an apostrophe in front.
    """
    rows = ledger_rows(desk)
    parts = _by_level(rows, desk)
    if max(map(len, parts.values())) > MOST_ROWS:
        raise DataError(
            zh=f"一张工作表最多 {MOST_ROWS:,} 行, 这本台账放不下; 请用 gridkit export csv。",
            en=f"A sheet takes {MOST_ROWS:,} rows at most, so this ledger makes no book; use "
            "`gridkit export csv`.",
        )
    return put(path, lambda draft: _write(draft, desk, parts))


def _by_level(rows: pd.DataFrame, desk: Desk) -> dict[str, pd.DataFrame]:
    """Part the matters: the open ones by whose level owns their band, then the others."""
    owner = {band.code: band.owner_level or "" for band in desk.profile.bands}
    level = rows["band"].astype("str").map(owner)
    is_open = rows["band"].notna()
    order = rows.loc[desk.board.index]
    parts = {title: order[(level == code)[order.index]] for code, title in LEVEL_SHEETS.items()}
    unowned = order[(level == "")[order.index]]
    if len(unowned):
        parts[UNOWNED] = unowned
    parts[ENDED] = rows[~is_open].sort_values("得知日期", kind="stable")
    return parts


def _write(path: Path, desk: Desk, parts: Mapping[str, pd.DataFrame]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        looks = formats(book, desk.profile)
        book.set_calc_mode("auto")
        made = f"{desk.name} · {desk.on}"
        book.set_properties({"title": f"{desk.title}群众诉求台账", "comments": made})
        sheets = {title: Sheet(title, FIRST_ROW, rows) for title, rows in parts.items()}
        write_summary(book.add_worksheet("汇总"), desk, sheets, looks)
        for title, rows in parts.items():
            _level(book.add_worksheet(title), desk, rows, (title, looks))


def _level(sheet: Any, desk: Desk, rows: pd.DataFrame, dress: tuple[str, Mapping]) -> None:
    title, looks = dress
    last = FIRST_ROW + max(len(rows), 1) - 1
    _page(sheet, last)
    sheet.set_row(0, 30)
    write_title(sheet, f"{desk.title}群众诉求台账 ({title})", len(COLUMNS), looks)
    sheet.write_string(1, 0, _note(desk), looks["warn" if desk.invented else "note"])
    for number, column in enumerate(COLUMNS):
        _total(sheet, number, column, (rows, last, looks))
    sheet.set_row(3, 28)
    for number, column in enumerate(COLUMNS):
        sheet.write_string(3, number, column.head, looks["head"])
    _matters(sheet, rows, looks)


def _note(desk: Desk) -> str:
    invented = "【虚构数据】" if desk.invented else ""
    return f"{invented}截至 {desk.on:%Y年%m月%d日}; 本机台账; 只供办理使用, 不得外传"


def _page(sheet: Any, last: int) -> None:
    for number, column in enumerate(COLUMNS):
        sheet.set_column(number, number, column.width)
    sheet.freeze_panes(FIRST_ROW - 1, 2)
    sheet.autofilter(FIRST_ROW - 2, 0, last - 1, len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.set_paper(A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, FIRST_ROW - 2)
    sheet.print_area(0, 0, last - 1, len(COLUMNS) - 1)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
    sheet.set_footer("&L&F  &A&C第 &P 页, 共 &N 页&R打印于 &D")


def _total(
    sheet: Any, number: int, column: Column, around: tuple[pd.DataFrame, int, Mapping]
) -> None:
    """Write the total of a column over what the filter shows."""
    from xlsxwriter.utility import xl_range

    rows, last, looks = around
    cells = xl_range(FIRST_ROW - 1, number, last - 1, number)
    if column.sums == "count":
        sheet.write_formula(2, number, f"=SUBTOTAL(103,{cells})", looks["total"], len(rows))
    elif column.sums == "sum":
        value = int(rows[column.head].fillna(0).sum())
        sheet.write_formula(2, number, f"=SUBTOTAL(109,{cells})", looks["total"], value)
    elif column.sums:  # the column holds that word or nothing
        value = int((rows[column.head] == column.sums).sum())
        sheet.write_formula(2, number, f"=SUBTOTAL(103,{cells})", looks["total"], value)
    else:
        sheet.write_string(2, number, "合计" if number == 0 else "", looks["total"])


def _matters(sheet: Any, rows: pd.DataFrame, looks: Mapping[str, Any]) -> None:
    writers = {"text": sheet.write_string, "long": sheet.write_string}
    writers |= {"day": sheet.write_datetime, "number": sheet.write_number}
    writers["rank"] = sheet.write_number
    dressed = [(writers[c.holds], looks[c.holds]) for c in COLUMNS]
    bands = {name[5:]: look for name, look in looks.items() if name.startswith("band:")}
    band_at = [c.head for c in COLUMNS].index("等级")
    blank = sheet.write_blank
    long = [(number, c.width) for number, c in enumerate(COLUMNS) if c.holds == "long"]
    for place, values in enumerate(zip(*_columns(rows), strict=True)):
        at = FIRST_ROW - 1 + place
        high = max(lines(values[number] or "", width) for number, width in long)
        if high > 1:
            sheet.set_row(at, LINE * min(high, MOST_LINES))
        for number, value in enumerate(values):
            write, look = dressed[number]
            if number == band_at:
                look = bands.get(value, look)
            if value is None:
                blank(at, number, None, look)
            else:
                write(at, number, value, look)


def _columns(rows: pd.DataFrame) -> list[list[Any]]:
    """Give the cells column by column: texts escaped, days as days, None for a gap."""
    made: list[list[Any]] = [list(range(1, len(rows) + 1))]
    made.append([escape_formula(str(label)[-SHORT:]) for label in rows.index])
    for column in COLUMNS[2:]:
        values = rows[column.head]
        if column.holds == "day":
            made.append(_days(values))
        elif column.holds in {"number", "rank"}:
            gaps = values.isna()
            whole = values.fillna(0).astype("int64").tolist()
            made.append([None if gap else n for n, gap in zip(whole, gaps, strict=True)])
        else:
            texts = values.tolist()  # many rows say the same
            told = {text: escape_formula(text) if text else None for text in set(texts)}
            made.append([told[text] for text in texts])
    return made


def _days(values: pd.Series) -> list[dt.datetime | None]:
    """Give midnights; each different day is made once."""
    different: dict[Any, dt.datetime | None] = {
        day: None if pd.isna(day) else day.to_pydatetime() for day in values.unique()
    }
    gaps = values.isna()
    return [None if gap else different[day] for day, gap in zip(values, gaps, strict=True)]
