"""The table that is handed out, as a workbook: with its title and all that belongs under it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.exchange.escaping import escape_formula
from gridkit.exchange.output import put
from gridkit.maps.shared_table import HIDDEN, SharedTable
from gridkit.reports.book_style import A4, LINE, formats, lines, write_title

if TYPE_CHECKING:
    from gridkit.profile import Profile

_HEAD = 2  # row of the heads: below the title and the day
_CODE, _NAME, _NUMBER = 15, 16, 11  # widths in characters


def shared_sheet(
    made: SharedTable,
    path: str | Path,
    profile: Profile,
    *,
    on: dt.date,
    invented: bool = False,
) -> Path:
    """Write a shared table as a workbook of one sheet, ready to be printed.

    Parameters
    ----------
    made : SharedTable
        Published.
    path : str or Path
        An .xlsx file; may be read by everybody, for it may be handed out.
    profile : Profile
        Of the county.
    on : date
        The day it is made.
    invented : bool
        Whether people and places are made up; the sheet says so.

    Returns
    -------
    Path
        The file. Hidden cells say 不显示, in words, so that no sum takes them for zero.

    Raises
    ------
    DisclosureError
        If it is not published.
    StoreError
        If the file cannot be written.
    """
    frame = made.frame().reset_index()
    mark = "【虚构数据】" if invented else ""
    day = f"{mark}制表 {on}"
    file = put(path, lambda draft: _write(draft, frame, made, profile, day))
    file.chmod(0o644)
    return file


def _write(
    path: Path, frame: pd.DataFrame, made: SharedTable, profile: Profile, day: str
) -> None:
    import xlsxwriter

    width = len(frame.columns)
    room = _CODE + _NAME + _NUMBER * (width - 2)
    with xlsxwriter.Workbook(str(path)) as book:
        looks = formats(book, profile)
        wrapped = book.add_format({"font_name": "宋体", "font_size": 10, "text_wrap": True})
        sheet = book.add_worksheet("分类表")
        sheet.set_column(0, 0, _CODE)
        sheet.set_column(1, 1, _NAME)
        sheet.set_column(2, width - 1, _NUMBER)
        write_title(sheet, made.title, width, looks)
        sheet.set_row(0, LINE * 1.9 * lines(made.title, room / 2))
        sheet.write_string(1, 0, day, looks["note"])
        sheet.write_row(_HEAD, 0, [escape_formula(str(head)) for head in frame], looks["head"])
        sheet.set_row(
            _HEAD, LINE * max(lines(str(head), _NUMBER) for head in frame[frame.columns])
        )
        for at, row in enumerate(frame.itertuples(index=False), _HEAD + 1):
            look = looks["total" if at == _HEAD + len(frame) else "number"]
            for number, value in enumerate(row):
                if number < 2:
                    sheet.write_string(at, number, escape_formula(str(value)), looks["text"])
                elif pd.isna(value):
                    sheet.write_string(at, number, HIDDEN, looks["rank"])
                else:
                    sheet.write_number(at, number, int(value), look)
        for at, note in enumerate(made.notes(), _HEAD + len(frame) + 2):
            sheet.merge_range(at, 0, at, width - 1, note, wrapped)
            sheet.set_row(at, LINE * lines(note, room))
        sheet.freeze_panes(_HEAD + 1, 2)
        sheet.repeat_rows(_HEAD)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C第 &P 页, 共 &N 页")
