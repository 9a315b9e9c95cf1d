"""Tables as they came: text cells, the names of the columns, and each row's line.

One shape for CSV and XLSX, so that everything after it is the same for both. The header is
found by the columns that the mapping wants; every row keeps the number of its line in the
file, by which a person finds it again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, NamedTuple

import pandas as pd

from gridkit.errors import ImportFileError, Problem
from gridkit.exchange.mapping import Mapping

_HEADER_SEARCH = 30  # lines in which a header is looked for


class Line(NamedTuple):
    """One row: the line it begins on (from 1), and its cells as text, "" where empty."""

    number: int
    cells: Sequence[str]


class Fault(NamedTuple):
    """Why one row cannot be taken: line, our field, their column, and a reason of `report`.

    `zh` and `en` add to the words of the reason; they never hold what a cell holds.
    """

    line: int
    field: str
    column: str
    reason: str
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class RawTable:
    """A table as it came.

    Attributes
    ----------
    cells : DataFrame of str, indexed by line
        One column per name in the header, under its `plain` writing.
    names : tuple of str
        The names in the header, as they stand there.
    faults : list of Fault
        Rows that could not be read as rows; they are not in `cells`.
    header_line : int
        Where the header stands.
    encoding, separator, sheet : str
        As used; empty where it does not apply.
    epoch : date
        Day 0 of the workbook's serial dates.
    notes : tuple of Problem
        What a person should know of the file as a whole.
    """

    cells: pd.DataFrame
    names: tuple[str, ...]
    header_line: int
    faults: list[Fault] = field(default_factory=list)
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    epoch: date = date(1899, 12, 30)
    notes: tuple[Problem, ...] = ()


def plain(name: str) -> str:
    r"""Write a column's name without what two writings of it may differ in.

    Examples
    --------
    >>> plain(" 诉求\n类别（一级）") == plain("诉求类别(一级)")
    True
    """
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def find_header(lines: Sequence[Line], mapping: Mapping, name: str) -> tuple[int, list[str]]:
    """Find the line that holds the names of the columns.

    Parameters
    ----------
    lines : sequence of Line
        From the top of the file; at least its first 30 rows.
    mapping : Mapping
        Says where the header is, or which columns it must have.
    name : str
        What to call the file in messages.

    Returns
    -------
    tuple of int and list of str
        How many of `lines` come before the first row of data, and the names.

    Raises
    ------
    ImportFileError
        If there is none, a wanted column is missing (close names are given) or one
        stands there twice.
    """
    rows = mapping.file.header_rows
    wanted = {plain(column) for column in mapping.wanted}
    if not lines:
        raise ImportFileError(
            zh=f"{name} 是空文件; 请核对导出是否成功。",
            en=f"{name} is empty; check that the export went through.",
        )
    if mapping.file.header == "auto":
        starts = range(min(len(lines), _HEADER_SEARCH))
    else:
        starts = range(*_start_at(lines, mapping.file.header, name))
    best, names = 0, [""]
    most = -1
    for start in starts:
        candidate = _names(lines[start : start + rows])
        hits = len(wanted & {plain(column) for column in candidate})
        if hits > most:
            best, names, most = start, candidate, hits
    _check_names(names, mapping, name, lines[best].number)
    return best + rows, names


def _start_at(lines: Sequence[Line], header: int, name: str) -> tuple[int, int]:
    for place, line in enumerate(lines):
        if line.number >= header:
            return place, place + 1
    raise ImportFileError(
        zh=f"{name} 没有第 {header} 行; 请改正映射 [file] 中的 header。",
        en=f"{name} has no line {header}; correct `header` in [file] of the mapping.",
    )


def _names(lines: Sequence[Line]) -> list[str]:
    if len(lines) == 1:
        return [cell.strip() for cell in lines[0].cells]
    width = max((len(line.cells) for line in lines), default=0)
    levels = []
    for depth, line in enumerate(lines):
        cells = [cell.strip() for cell in line.cells] + [""] * (width - len(line.cells))
        if depth < len(lines) - 1:  # a merged heading has its text in the first cell only
            for place in range(1, width):
                cells[place] = cells[place] or cells[place - 1]
        levels.append(cells)
    joined = []
    for parts in zip(*levels, strict=True):
        kept = dict.fromkeys(part for part in parts if part)
        joined.append("/".join(kept))
    return joined


def _check_names(names: Sequence[str], mapping: Mapping, file: str, line: int) -> None:
    there = [plain(column) for column in names]
    problems = []
    for column in mapping.wanted:
        count = there.count(plain(column))
        if count == 0:
            close = get_close_matches(column, [n for n in names if n], n=3, cutoff=0.4)
            hint = ", ".join(close or [n for n in names if n][:12])
            problems.append(
                Problem(
                    f"第 {line} 行 / line {line}",
                    column,
                    f"表头中没有这一列; {'相近的列' if close else '表头有'}: {hint}",
                    f"no such column; {'close names' if close else 'the header has'}: {hint}",
                )
            )
        elif count > 1:
            places = [str(i + 1) for i, n in enumerate(there) if n == plain(column)]
            problems.append(
                Problem(
                    f"第 {line} 行 / line {line}",
                    column,
                    f"表头中有 {count} 个同名列 (第 {', '.join(places)} 列); 请在文件中改名",
                    f"stands {count} times in the header (columns {', '.join(places)}); rename "
                    "one in the file",
                )
            )
    if problems:
        raise ImportFileError(
            zh=f"{file} 的表头与映射不符 ({len(problems)} 处); 请改正映射的列名, 或在 [file] 中写明 "
            "header (表头所在行)。",
            en=f"The header of {file} does not fit the mapping ({len(problems)} fault(s)); correct "
            "the names of the columns in the mapping, or give `header`, its line, in [file].",
            problems=problems,
        )


def lay_out(
    lines: Sequence[Line], names: Sequence[str], mapping: Mapping
) -> tuple[pd.DataFrame, list[Fault]]:
    """Lay rows under the names of their columns; rows of another width are faults.

    Rows without any text are no rows. Cells beyond the header are faults unless empty.
    """
    width = len(names)
    numbers, kept, faults = [], [], []
    for number, cells in lines:
        if len(cells) == width:
            row = cells
        elif len(cells) > width and not any(c.strip() for c in cells[width:]):
            row = cells[:width]
        elif len(cells) < width and (
            mapping.file.short_rows == "fill" or not any(c.strip() for c in cells)
        ):
            row = [*cells, *[""] * (width - len(cells))]
        else:
            zh, en = f"{len(cells)} 格, 表头 {width} 格", f"{len(cells)} cells, header {width}"
            faults.append(Fault(number, "", "", "ragged", zh, en))
            continue
        if not any(cell.strip() for cell in row):
            continue
        if any("\0" in cell for cell in row):
            faults.append(Fault(number, "", "", "nul"))
            continue
        numbers.append(number)
        kept.append(row)
    index = pd.Index(numbers, dtype="int64", name="line")
    columns = list(zip(*kept, strict=True)) or [()] * width
    # columns without a name, or of one name that nobody asked for, cannot be told apart
    frame = {
        label: pd.array(list(column), dtype="str")
        for label, column in zip(_labels(names), columns, strict=True)
    }
    return pd.DataFrame(frame, index=index), faults


def _labels(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    labels = []
    for place, column in enumerate(names, start=1):
        base = plain(column) or f"#{place}"
        seen[base] = seen.get(base, 0) + 1
        labels.append(base if seen[base] == 1 else f"{base}#{place}")
    return labels


def plain_values(column: pd.Series) -> list[Any]:
    """Give a typed column as plain Python values, None where there is no answer.

    Examples
    --------
    >>> plain_values(pd.Series(pd.to_datetime(["2026-03-07", None])))
    [datetime.date(2026, 3, 7), None]
    """
    missing = column.isna().to_numpy()
    dated = pd.api.types.is_datetime64_any_dtype(column)
    values = column.dt.date.tolist() if dated else column.tolist()
    return [None if gone else value for value, gone in zip(values, missing, strict=True)]
