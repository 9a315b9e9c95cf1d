"""CSV and its kin: text files with a separator, read without losing or joining rows."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from typing import NoReturn

from gridkit.errors import ImportFileError, Problem
from gridkit.exchange.encoding import decode
from gridkit.exchange.mapping import Mapping
from gridkit.exchange.table import Fault, Line, RawTable, find_header, lay_out, plain

_SEPARATORS = (",", "\t", ";", "|")
_LONGEST_CELL = 10_000_000  # characters; csv's own limit of 131,072 cuts rows apart


def read_text_table(data: bytes, mapping: Mapping, name: str) -> RawTable:
    """Read a CSV file (or one with tabs or semicolons) as text cells.

    Parameters
    ----------
    data : bytes
        The whole file, gzip or not.
    mapping : Mapping
        Says encoding, separator and header, or leaves them to be found out.
    name : str
        What to call the file in messages.

    Returns
    -------
    RawTable
        As it came.

    Raises
    ------
    ImportFileError
        If it is empty, no text, has no header that fits, no rows, or a quotation mark
        that is never closed.
    """
    data = _unpacked(data, name)
    if not data.strip(b"\0\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise ImportFileError(
            zh=f"{name} 是空文件; 请核对导出是否成功。",
            en=f"{name} is empty; check that the export went through.",
        )
    text, encoding = decode(data, mapping.file.encoding, name=name)
    separator, text = _separator(text, mapping)
    faults: list[Fault] = []
    lines = list(_lines(text, separator, faults, name))
    first, names = find_header(lines, mapping, name)
    header_line = lines[first - mapping.file.header_rows].number
    # a fault above the header is no row's
    faults = [fault for fault in faults if fault.line > header_line]
    cells, ragged = lay_out(lines[first:], names, mapping)
    faults += ragged
    if cells.empty and not faults:
        refuse_empty(name, header_line)
    notes = _encoding_note(encoding) if mapping.file.encoding == "auto" else ()
    return RawTable(
        cells,
        tuple(names),
        header_line,
        faults,
        encoding=encoding,
        separator=separator,
        notes=notes,
    )


def refuse_empty(name: str, header_line: int) -> NoReturn:
    """Raise ImportFileError for a table that ends with its header."""
    raise ImportFileError(
        zh=f"{name} 在表头 (第 {header_line} 行) 之下没有数据; 请核对导出的范围。",
        en=f"{name} has no rows below its header (line {header_line}); check what was exported.",
    )


def _encoding_note(encoding: str) -> tuple[Problem, ...]:
    if encoding != "gb18030":
        return ()
    zh = "编码判断为 GB18030 (含 GBK); 若有乱码, 请在映射 [file] 中写明 encoding"
    en = "read as GB18030 (GBK); if texts look wrong, name `encoding` in [file] of the mapping"
    return (Problem("file", "encoding", zh, en),)


def _unpacked(data: bytes, name: str) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        raise ImportFileError(
            zh=f"压缩文件 {name} 不完整或已损坏; 请重新取得。",
            en=f"The gzip file {name} is cut short or damaged; get it again.",
        ) from None


def _separator(text: str, mapping: Mapping) -> tuple[str, str]:
    """Choose the separator, and drop the line `sep=;` in which Excel names it."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        # the empty line keeps the numbers of the lines that follow
        return first.strip()[4], "\n" + rest
    if mapping.file.separator != "auto":
        return mapping.file.separator, text
    top = text.splitlines()[:30]
    wanted = {plain(column) for column in mapping.wanted}

    def hits(separator: str) -> tuple[int, int]:
        rows = [[plain(c) for c in row] for row in csv.reader(top, delimiter=separator)]
        return (
            max((len(wanted & set(row)) for row in rows), default=0),
            max((len(row) for row in rows), default=0),
        )

    return max(_SEPARATORS, key=hits), text


def _lines(text: str, separator: str, faults: list[Fault], name: str) -> Iterator[Line]:
    previous = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from _strict_lines(text, separator, faults, name)
    finally:
        csv.field_size_limit(previous)


def _strict_lines(text: str, separator: str, faults: list[Fault], name: str) -> Iterator[Line]:
    # universal newlines outside quotes; inside them, breaks stay as they are
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells: Sequence[str] = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error) or "field larger" in str(error):
                raise ImportFileError(
                    zh=f"{name} 第 {begins} 行有一个引号没有闭合, 其后的内容无法分行; 请在该处补上引号。",
                    en=f"{name} opens a quotation mark on line {begins} and never closes it, so "
                    "no row after it can be told apart; close it there.",
                ) from None
            faults.append(Fault(begins, "", "", "quote"))
            continue
        yield Line(begins, cells)
