"""The header row of a table that somebody sent: pasted, or found in a CSV or XLSX file."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from gridkit.errors import DataError
from gridkit.exchange.encoding import decode
from gridkit.reports.office_zip import MOST_BYTES, unpacked_bytes

MOST_HEADS, LONGEST_HEAD = 100, 60
_LINES = 30  # in which a header is looked for
_SEPARATORS = ",\t;|"
_PASTED = re.compile(r"[\n,，、;；|]")


def read_heads(text: str) -> list[str]:
    r"""Read the heads out of what was pasted.

    Parameters
    ----------
    text : str
        Cells copied out of Excel or WPS (tabs), or words parted by commas, 、 or lines. Where
        rows of data were copied too, only the header is kept.

    Returns
    -------
    list of str
        Each on one line, without unseen characters; empty ones are left out.

    Raises
    ------
    DataError
        If there are none, or more than 100.

    Examples
    --------
    >>> read_heads("乡镇、件数，超期"), read_heads("乡镇\t\"诉求\n类别\"\n城关\t用水")
    (['乡镇', '件数', '超期'], ['乡镇', '诉求类别'])
    """
    if "\t" in text:
        return _sound(_header(_rows(text, "\t")))
    return _sound(_PASTED.split(text.replace("\r", "\n")))


def heads_of_file(name: str, data: bytes) -> list[str]:
    """Read the heads of a CSV or XLSX file; nothing else of it is kept.

    Parameters
    ----------
    name : str
        The file's name.
    data : bytes
        All of it.

    Returns
    -------
    list of str
        As `read_heads` gives them; in XLSX those of the first sheet that has any.

    Raises
    ------
    DataError
        If it is no such file, too large, or has no heads.
    """
    if PurePath(name).suffix.lower() == ".xlsx":
        return _sound(_header(_sheet_rows(data)))
    if PurePath(name).suffix.lower() not in {".csv", ".txt", ".tsv"}:
        raise DataError(
            zh="只能读 CSV 和 XLSX; 请用 Excel 或 WPS 另存为 .xlsx, 或把表头复制粘贴过来。",
            en="Only CSV and XLSX can be read; save it as .xlsx, or paste the header row.",
        )
    text = decode(data, name="CSV").text
    headers = [_header(_rows(text, one)) for one in _SEPARATORS]
    widest = max(headers, key=_filled)
    return _sound(widest)


def _rows(text: str, separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            rows.append(row)
            if len(rows) == _LINES:
                break
    except csv.Error:  # a cell beyond all measure, or an odd character
        return rows
    return rows


def _sheet_rows(data: bytes) -> list[Sequence[str]]:
    """Read the top of a workbook's first sheet that is not empty.

    Raises
    ------
    DataError
        If it is no workbook, or unpacks to more than 50 MB.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        size = unpacked_bytes(io.BytesIO(data))
        if size is not None and size <= MOST_BYTES:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            tops = map(_top, book.worksheets)
            return next((rows for rows in tops if any(map(_filled, rows))), [])
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        LookupError,
        ValueError,
        OSError,
        TypeError,
    ):
        pass  # said below, as for a file that is too large
    raise DataError(
        zh="这个 XLSX 打不开, 或展开后超过 50 MB; 请另存一次, 或把表头复制粘贴过来。",
        en="This XLSX cannot be opened, or unpacks to more than 50 MB; paste the header row.",
    )


def _top(sheet: Any) -> list[Sequence[str]]:
    sheet.reset_dimensions()  # some programs write a wrong size into the file
    cells = sheet.iter_rows(max_row=_LINES, max_col=4 * MOST_HEADS, values_only=True)
    return [["" if cell is None else str(cell) for cell in row] for row in cells]


def _header(rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """Choose the row with the most words; the first of equals, so that titles lose to heads."""
    return max(rows, key=_filled) if rows else ()


def _filled(row: Sequence[str]) -> int:
    return len({cell for cell in row if any(map(str.isalpha, cell))})


def _sound(heads: Iterable[str]) -> list[str]:
    """Clean heads.

    Raises
    ------
    DataError
        If there are none or too many.
    """
    found = [head for head in map(clean_head, heads) if head]
    if not _filled(found) or len(found) > MOST_HEADS:
        raise DataError(
            zh=f"读到 {len(found)} 个栏目, 须有 1 到 {MOST_HEADS} 个; 请只粘贴表头那一行。",
            en=f"{len(found)} heads were read, 1 to {MOST_HEADS} are needed; paste the header only.",
        )
    return found


def clean_head(head: str) -> str:
    r"""Write a head on one line, without unseen characters and marks of templates.

    Examples
    --------
    >>> clean_head(" 诉求\n类别\u202e "), clean_head("{{ 件数 }}")
    ('诉求类别', '件数')
    """
    kept = "".join(
        c
        for c in head.replace("\t", " ")
        if unicodedata.category(c)[0] != "C" and c not in "{}"
    )
    return " ".join(kept.split())[:LONGEST_HEAD].strip()
