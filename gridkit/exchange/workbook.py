"""Workbooks (XLSX): cells as text, dates as ISO dates, formulas as their last values."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from gridkit.errors import ImportFileError, Problem
from gridkit.exchange.mapping import Mapping
from gridkit.exchange.table import Line, RawTable, find_header, lay_out
from gridkit.exchange.text_file import refuse_empty

EXCEL_ERRORS = frozenset(
    ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!")
)
"""What a cell shows whose formula failed."""


def read_workbook(data: bytes, mapping: Mapping, name: str) -> RawTable:
    """Read one sheet of an XLSX file as text cells.

    Parameters
    ----------
    data : bytes
        The whole file.
    mapping : Mapping
        Says which sheet and header; without a sheet, the only one, or the only visible one
        that has the wanted columns.
    name : str
        What to call the file in messages.

    Returns
    -------
    RawTable
        As it came.

    Raises
    ------
    ImportFileError
        If it is no workbook, has no such sheet, no header that fits, or no rows.
    """
    with warnings.catch_warnings():
        # openpyxl warns of drop-down lists and the like, which take nothing from the cells
        warnings.simplefilter("ignore", UserWarning)
        return _read(data, mapping, name)


def _read(data: bytes, mapping: Mapping, name: str) -> RawTable:
    book = _open(data, name)
    try:
        sheet = _sheet(book, mapping, name)
        title = str(sheet.title)
        lines = list(_lines(sheet))
        first, names = find_header(lines, mapping, f"{name} [{title}]")
        header_line = lines[first - mapping.file.header_rows].number
        # empty cells at the end of a row are not stored: no sign of a row cut short
        width = len(names)
        lines = [Line(n, [*c, *[""] * (width - len(c))]) for n, c in lines[first:]]
        cells, faults = lay_out(lines, names, mapping)
        epoch = book.epoch.date() if isinstance(book.epoch, datetime) else date(1899, 12, 30)
    finally:
        book.close()
    if cells.empty and not faults:
        refuse_empty(f"{name} [{title}]", header_line)
    return RawTable(
        cells,
        tuple(names),
        header_line,
        faults,
        sheet=title,
        epoch=epoch,
        notes=_formula_note(data),
    )


def _open(data: bytes, name: str) -> Any:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, LookupError, ValueError, OSError):
        raise ImportFileError(
            zh=f"{name} 不是完整的 XLSX 工作簿; 请用 Excel 或 WPS 打开后另存为 .xlsx。",
            en=f"{name} is no complete XLSX workbook; open it in Excel or WPS and save it as .xlsx.",
        ) from None


def _sheet(book: Any, mapping: Mapping, name: str) -> Any:
    sheets = {s.title: s for s in book.worksheets}
    chosen = mapping.file.sheet
    if isinstance(chosen, str) and chosen in sheets:
        return sheets[chosen]
    if isinstance(chosen, int) and chosen <= len(sheets):
        return list(sheets.values())[chosen - 1]
    if chosen is None and len(sheets) == 1:
        return next(iter(sheets.values()))
    if chosen is None:
        fitting = [s for s in sheets.values() if _fits(s, mapping, name)]
        if len(fitting) == 1:
            return fitting[0]
    titles = ", ".join(sheets)
    raise ImportFileError(
        zh=f"{name} 中要读哪张工作表认不出来; 请在映射 [file] 中写明 sheet, 现有: {titles}。",
        en=f"It is not clear which sheet of {name} to read; name `sheet` in [file] of the mapping; "
        f"there are: {titles}.",
    )


def _fits(sheet: Any, mapping: Mapping, name: str) -> bool:
    if sheet.sheet_state != "visible":
        return False
    try:
        find_header(list(_lines(sheet, last=60)), mapping, name)
    except ImportFileError:
        return False
    return True


def _lines(sheet: Any, last: int | None = None) -> Iterator[Line]:
    sheet.reset_dimensions()  # some programs write a wrong size into the file
    for number, row in enumerate(sheet.iter_rows(values_only=True, max_row=last), start=1):
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield Line(number, cells)


def _text(value: Any) -> str:
    """Write a cell as text; whole numbers without ".0", dates in ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    return str(value)


_UNCALCULATED = re.compile(rb"<f[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>|</c>)")


def _formula_note(data: bytes) -> tuple[Problem, ...]:
    """Tell of formulas whose value was never worked out: they would read as empty."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sheets = [n for n in parts.namelist() if n.startswith("xl/worksheets/")]
        empty = sum(len(_UNCALCULATED.findall(parts.read(n))) for n in sheets)
    if not empty:
        return ()
    zh = f"有 {empty} 个公式没有算出的值, 会当作空格; 请用 Excel 或 WPS 打开并保存后再导入"
    en = f"{empty} formulas hold no value and read as empty; open and save the file in Excel or WPS"
    return (Problem("file", "formula", zh, en),)
