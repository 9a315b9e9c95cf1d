"""Sheets of an export: CSV or workbook as rows by the names of their columns.

The tables of a server have a header of known names; what can go wrong in them (encoding,
torn quotation marks, rows cut short) is the same as in any table, and read by the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pandas as pd

from gridkit.errors import ImportFileError
from gridkit.exchange.mapping import FileShape, Mapping, Source
from gridkit.exchange.submission import Entry, Submission, Submissions, answers_in, left_out
from gridkit.exchange.table import Fault, RawTable
from gridkit.exchange.text_file import read_text_table
from gridkit.exchange.workbook import read_workbook


class Sheet(NamedTuple):
    """A table: its name, its columns, its rows by line, and the rows that are none."""

    name: str
    columns: tuple[str, ...]
    rows: dict[int, dict[str, str]]
    faults: list[Fault]


def _shape(key: str, sheet: str | None = None) -> Mapping:
    return Mapping(
        source=Source(system="phone"),
        file=FileShape(header=1, sheet=sheet),
        columns={"record_id": key},
    )


def read_csv(data: bytes, name: str, key: str, *, may_be_empty: bool = False) -> Sheet:
    """Read a CSV of an export.

    Parameters
    ----------
    data : bytes
    name : str
        What to call it in messages.
    key : str
        A column that it must have.
    may_be_empty : bool
        Whether a table without rows is one (no visit had a concern).

    Returns
    -------
    Sheet

    Raises
    ------
    ImportFileError
        If it cannot be read, lacks the column, or has no rows.
    """
    try:
        return _laid_out(read_text_table(data, _shape(key), name), name)
    except ImportFileError as error:
        if may_be_empty and not error.problems and len(data.strip().splitlines()) <= 1:
            return Sheet(name, (), {}, [])
        raise


def read_sheet(data: bytes, name: str, title: str, key: str) -> Sheet:
    """Read one sheet of a workbook of an export; as `read_csv`.

    Raises
    ------
    ImportFileError
        If it cannot be read, lacks the column, or has no rows.
    """
    return _laid_out(read_workbook(data, _shape(key, title), name), f"{name} [{title}]")


def _laid_out(raw: RawTable, name: str) -> Sheet:
    cells = raw.cells.set_axis(list(raw.names), axis=1)
    rows = {int(line): dict(zip(raw.names, row, strict=True)) for line, row in _rows(cells)}
    return Sheet(name, raw.names, rows, raw.faults)


def _rows(cells: pd.DataFrame) -> Iterator[tuple[int, list[str]]]:
    yield from zip(cells.index, cells.to_numpy(dtype="object").tolist(), strict=True)


Made = Callable[[int, dict[str, str], tuple[Entry, ...]], Submission]


def joined(
    server: str, tables: tuple[Sheet, Sheet], own: str, parent: str, made: Made
) -> Submissions:
    """Join the rows of the repeats to the submissions that they name.

    Parameters
    ----------
    server : str
        Who wrote the file.
    tables : tuple of Sheet
        The visits, and their concerns.
    own, parent : str
        The column by which a visit is named, and in which a concern names it.
    made : callable
        Makes a submission of its line, its row and its concerns.

    Returns
    -------
    Submissions
        Concerns whose visit is not there are orphans.
    """
    visits, concerns = tables
    under: dict[str, list[Entry]] = {}
    for line, row in concerns.rows.items():
        under.setdefault(row[parent].strip(), []).append(Entry(line, answers_in(row)))
    rows = [
        made(line, row, tuple(under.pop(row.get(own, "").strip(), ())))
        for line, row in visits.rows.items()
    ]
    return Submissions(
        server,
        (visits.name, concerns.name),
        rows,
        [entry for entries in under.values() for entry in entries],
        (visits.faults, concerns.faults),
        left_out((*visits.columns, *concerns.columns)),
    )
