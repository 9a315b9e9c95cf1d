"""Excel templates of a county: its own heads and looks kept, its row repeated, its sums formulas.

A template has one row in which cells name columns of the table, such as `{{ 件数 }}`. That
row is repeated for each row of the table; what stands below it moves down. `{{ title }}`,
`{{ county }}` and `{{ on }}` may stand anywhere, `{{ 合计 }}` below the row, where it becomes
the sum of its column.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from copy import copy
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridkit.errors import DataError, Problem
from gridkit.exchange.escaping import escape_formula
from gridkit.exchange.output import put
from gridkit.reports.outward import outward
from gridkit.reports.word_template import check_size

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from gridkit.reports.own_file import OwnForm

TOTAL = "合计"
_MARK = re.compile(r"\{\{\s*(.+?)\s*\}\}")
_ANYWHERE = ("title", "county", "on")
# what openpyxl would lose; what reaches out of the file, `outward` finds
_REFUSED = (
    ("xl/externalLinks/", "引用了别的工作簿, 请断开链接", "links to other workbooks"),
    ("xl/charts/", "有图表, 填表会丢, 请先移走", "charts, which would be lost"),
    ("xl/pivotTables/", "有透视表, 填表会丢, 请先移走", "pivot tables, which would be lost"),
)


def fill_sheet(
    template: str | Path, path: str | Path, table: pd.DataFrame, said: Mapping[str, str]
) -> Path:
    """Fill an Excel template with a table.

    Parameters
    ----------
    template, path : str or Path
        .xlsx files; `path` is replaced if it exists.
    table : DataFrame
        Its columns are named by the marks. A last row that begins with 合计 is left out where
        the template sums by itself.
    said : mapping of str to str
        `title`, `county`, `on`.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If the template cannot be read, has no marked row or several, names a column that
        is not there, has merged cells in the row, or holds what reaches out of the file;
        `problems` has all.
    StoreError
        If the file cannot be written.
    """
    import openpyxl

    check_size(template)
    problems = [*_parts(template), *outward(template)]
    try:
        book = openpyxl.load_workbook(template)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        raise DataError(
            zh=f"模板 {Path(template).name} 不是能打开的 Excel 文件 (.xlsx)。",
            en=f"The template {Path(template).name} is no Excel file (.xlsx) that can be opened.",
        ) from None
    marked = [(sheet, row) for sheet in book.worksheets for row in _rows_of(sheet, table)]
    problems += _problems(book.worksheets, marked, table)
    if problems:
        raise DataError(
            zh=f"模板 {Path(template).name} 有 {len(problems)} 处要改, 没有填表。",
            en=f"The template {Path(template).name} has {len(problems)} fault(s); nothing was made.",
            problems=problems,
        )
    sheet, row = marked[0]
    sums = any(_name(cell) == TOTAL for line in sheet.iter_rows() for cell in line)
    ends = len(table) and str(table.iloc[-1, 0]) == TOTAL
    rows = table.iloc[:-1] if sums and ends else table
    _repeat(sheet, row, rows)
    for one in book.worksheets:
        _say(one, (row, max(len(rows), 1)) if one is sheet else None, said)
    return put(path, book.save)


def _parts(template: str | Path) -> list[Problem]:
    with zipfile.ZipFile(template) as parts:
        names = parts.namelist()
    return [
        Problem(Path(template).name, part, zh, en)
        for part, zh, en in _REFUSED
        if any(name.startswith(part) for name in names)
    ]


def _name(cell: Any) -> str:
    """Give the name that a cell is a mark of; empty where it is none."""
    found = _MARK.fullmatch(cell.value.strip()) if isinstance(cell.value, str) else None
    return found[1] if found else ""


def _rows_of(sheet: Worksheet, table: pd.DataFrame) -> list[int]:
    """Find the rows that name a column of the table."""
    return sorted(
        {
            cell.row
            for line in sheet.iter_rows()
            for cell in line
            if (name := _name(cell)) in table.columns and name != TOTAL
        }
    )


def _problems(
    sheets: Iterable[Worksheet], marked: list[tuple[Worksheet, int]], table: pd.DataFrame
) -> list[Problem]:
    known = [*map(str, table.columns), *_ANYWHERE, TOTAL]
    found = []
    for sheet in sheets:
        for cell in (cell for line in sheet.iter_rows() for cell in line):
            where = f"{sheet.title}!{cell.coordinate}"
            text = cell.value if isinstance(cell.value, str) else ""
            for name in _MARK.findall(text):
                found += _unknown(where, name, known)
        found += _merged(sheet, [row for one, row in marked if one is sheet])
    if len(marked) != 1:
        zh = "要有且只有一行写 {{ 栏目 }} 标记" if marked else "没有写 {{ 栏目 }} 标记的行"
        found.append(
            Problem("模板", f"{{{{ {known[0]} }}}}", zh, "one row names the columns, no more")
        )
    return found


def _unknown(where: str, name: str, known: list[str]) -> list[Problem]:
    if name in known:
        return []
    near = get_close_matches(name, known, n=3, cutoff=0.4) or known[:6]
    told = "、".join(near)
    return [
        Problem(where, name, f"没有这一栏; 可写 {told}", f"no such column; there is {told}")
    ]


def _merged(sheet: Worksheet, rows: list[int]) -> list[Problem]:
    return [
        Problem(
            f"{sheet.title}!{area.coord}",
            "合并单元格",
            "要重复的一行不能有合并单元格, 请取消合并",
            "the row to be repeated has merged cells; split them",
        )
        for area in sheet.merged_cells.ranges
        if any(area.min_row <= row <= area.max_row for row in rows)
    ]


def _repeat(sheet: Worksheet, row: int, table: pd.DataFrame) -> None:
    """Write the table at the marked row, each of its rows dressed like it."""
    more = max(len(table), 1) - 1
    pattern = [(cell.column, _name(cell), cell) for cell in sheet[row]]
    height = sheet.row_dimensions[row].height
    if more:
        _move_down(sheet, row, more)
    cells = {name: _values(table[name]) for _, name, _ in pattern if name in table.columns}
    for at in range(max(len(table), 1)):
        sheet.row_dimensions[row + at].height = height
        for column, name, model in pattern:
            cell = sheet.cell(row + at, column)
            if at:
                cell._style = copy(model._style)
            if name in cells:
                _put(cell, cells[name][at] if len(table) else None)
            elif at and model.data_type == "f":
                cell.value = _translated(model, cell)


def _translated(model: Any, cell: Any) -> str:
    from openpyxl.formula.translate import Translator

    return str(Translator(model.value, model.coordinate).translate_formula(cell.coordinate))


def _values(column: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else value for value in column.astype("object")]


def _put(cell: Any, value: Any) -> None:
    """Write a value; a text stays a text, whatever it begins with."""
    if isinstance(value, str):
        cell.value = escape_formula(value)
        cell.data_type = "s"
    elif isinstance(value, pd.Timestamp):
        cell.value = value.to_pydatetime()
        if cell.number_format == "General":
            cell.number_format = "yyyy-mm-dd"
    else:
        cell.value = value if value is None else float(value) if value % 1 else int(value)


def _move_down(sheet: Worksheet, row: int, more: int) -> None:
    """Make room below a row: cells, heights, merged cells, filter and print area go along."""
    last = sheet.max_row
    heights = {r: sheet.row_dimensions[r].height for r in range(row + 1, last + 1)}
    below = [area for area in sheet.merged_cells.ranges if area.min_row > row]
    for area in below:
        sheet.merged_cells.remove(area)
    if last > row:
        whole = f"A{row + 1}:{sheet.cell(last, sheet.max_column).coordinate}"
        sheet.move_range(whole, rows=more, translate=True)
    for area in below:
        area.shift(row_shift=more)
        sheet.merge_cells(area.coord)
    for old in heights:
        sheet.row_dimensions[old].height = None
    for old, height in heights.items():
        sheet.row_dimensions[old + more].height = height
    if sheet.auto_filter.ref:
        sheet.auto_filter.ref = _grown(sheet.auto_filter.ref, row, more)
    if sheet.print_area:
        areas = sheet.print_area.replace("$", "").split(",")
        sheet.print_area = [_grown(a.rpartition("!")[2], row, more) for a in areas]


def _grown(area: str, row: int, more: int) -> str:
    """Let an area that reaches the row grow with it."""
    from openpyxl.utils import get_column_letter, range_boundaries

    left, top, right, bottom = range_boundaries(area)
    first, last = get_column_letter(left or 1), get_column_letter(right or 1)
    end = (bottom or row) + (more if (bottom or row) >= row else 0)
    return f"{first}{top}:{last}{end}"


def _say(sheet: Worksheet, body: tuple[int, int] | None, said: Mapping[str, str]) -> None:
    """Write title, county and day where they are named, and the sums."""
    for line in sheet.iter_rows():
        for cell in line:
            if body and _name(cell) == TOTAL:
                first, last = body[0], body[0] + body[1] - 1
                letter = cell.column_letter
                cell.value = f"=SUM({letter}{first}:{letter}{last})"
            elif isinstance(cell.value, str) and cell.data_type != "f" and "{{" in cell.value:
                cell.value = escape_formula(
                    _MARK.sub(lambda m: said.get(m[1], m[0]), cell.value)
                )
                cell.data_type = "s"


def first_sheet(form: OwnForm, path: str | Path, *, replace: bool = False) -> Path:
    """Write a template to begin with: heads, the marked row, and sums.

    Parameters
    ----------
    form : OwnForm
    path : str or Path
        An .xlsx file.
    replace : bool
        Whether a file that is there is replaced.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If there is a file already.
    StoreError
        If the file cannot be written.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    from gridkit.reports.asked import FIGURES
    from gridkit.reports.book_style import BODY_FONT, TITLE_FONT
    from gridkit.reports.word_template import keep

    keep(path, replace=replace)
    book = Workbook()
    sheet = book.active
    sheet.title = "表"
    wide = max(len(form.columns), 1)
    for row, mark in ((1, "{{ title }}"), (2, "{{ county }} 截至 {{ on }}")):
        sheet.cell(row, 1, mark).font = Font(name=TITLE_FONT if row == 1 else BODY_FONT)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=wide)
        sheet.cell(row, 1).alignment = Alignment(horizontal="center")
    line = Side(style="thin")
    for column, (head, name) in enumerate(form.columns, start=1):
        total = TOTAL if column == 1 else "{{ 合计 }}" if name in FIGURES else ""
        for row, text in ((3, head), (4, f"{{{{ {head} }}}}"), (5, total)):
            cell = sheet.cell(row, column, text or None)
            cell.border = Border(left=line, right=line, top=line, bottom=line)
            cell.font = Font(name=BODY_FONT, bold=row != 4)
            if row == 3:
                cell.fill = PatternFill("solid", fgColor="E8EDF3")
        sheet.column_dimensions[sheet.cell(3, column).column_letter].width = 16
    sheet.freeze_panes = "A4"
    sheet.page_setup.paperSize = 9
    return put(path, book.save)
