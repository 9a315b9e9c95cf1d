"""Sheets that were printed: each has a number of its own, and keeps which row is which door.

The list on the screen moves on with every visit that is saved, the paper does not; and two
sheets of one grid and one day can be on the way at once. So every sheet that is printed from
other doors gets a new number, and none takes the place of an older one. Numbers are drawn
from 90,000 and not counted up: one that was misread is then hardly ever another sheet's.
"""

from __future__ import annotations

import csv
import re
import secrets
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from gridkit.errors import DataError
from gridkit.exchange.escaping import escape_cell, unescape_cell
from gridkit.exchange.output import put

_LEAST, _COUNT = 10_000, 90_000
_NAME = re.compile(r"round-(?P<grid>.+?)-(?P<day>\d{8})(?:-(?P<number>\d{5}))?")


class PrintedSheet(NamedTuple):
    """A sheet as it was printed: its number, grid and day, and the address of each row."""

    number: str
    grid_id: str
    on: date
    doors: dict[int, str]

    def path(self, folder: Path, ending: str) -> Path:
        """Name a file of it: `round-<grid>-<day>-<number>.docx`."""
        name = f"round-{self.grid_id}-{self.on:%Y%m%d}-{self.number}.{ending}"
        return folder / name


def print_number(folder: Path, grid_id: str, on: date, doors: pd.DataFrame) -> PrintedSheet:
    """Give a sheet its number, and keep which row is which door; for the office only.

    Parameters
    ----------
    folder : Path
        Where the sheets lie: that of the ledger.
    grid_id : str
        Which grid.
    on : date
        The day of the sheet.
    doors : DataFrame, indexed by row number
        From `visit_round`.

    Returns
    -------
    PrintedSheet
        One of that day with the very same rows keeps its number: docx and PDF are one sheet.

    Raises
    ------
    StoreError
        If the numbers cannot be written.
    """
    rows = {int(str(n)): str(address) for n, address in doors["address"].items()}
    kept = list(_listed(folder))
    for number, path in kept:
        sheet = _read(number, path)
        if sheet == PrintedSheet(number, grid_id, on, rows):
            return sheet
    taken = {number for number, _ in kept}
    number = ""
    while not number or number in taken:
        number = str(_LEAST + secrets.randbelow(_COUNT))
    sheet = PrintedSheet(number, grid_id, on, rows)

    def write(draft: Path) -> None:
        with draft.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([str(n), escape_cell(a)] for n, a in rows.items())

    put(sheet.path(folder, "csv"), write)
    return sheet


def has_printed(folder: Path) -> bool:
    """Tell whether any sheet was printed here."""
    return any(True for _ in _listed(folder))


def find_sheet(folder: Path, number: str) -> PrintedSheet:
    """Find the sheet of a number.

    Parameters
    ----------
    folder : Path
        Where the sheets lie.
    number : str
        As printed on the paper, or, on one from before sheets had numbers, its day
        (`20261122`) where one sheet only was printed on it.

    Returns
    -------
    PrintedSheet

    Raises
    ------
    DataError
        If no sheet here has the number, or its rows can no longer be read.
    """
    found = [path for known, path in _listed(folder) if known == number]
    sheet = _read(number, found[0]) if len(found) == 1 else None
    if sheet is not None:
        return sheet
    if found:
        raise DataError(
            zh=f"单号 {number} 的序号读不出来 ({found[0].name}): 请在下面的表单里逐户填写地址。",
            en=f"The rows of sheet {number} cannot be read ({found[0].name}): type the "
            "addresses into the form below.",
        )
    raise DataError(
        zh=f"这台电脑上没有印过单号 {number}: 请核对单子右上角的五位数; 若是在别的电脑上印的, "
        "请到那台电脑录入, 或在下面的表单里逐户填写地址。",
        en=f"No sheet {number} was printed on this computer: look again at the five digits at "
        "the top right. If it was printed elsewhere, key it in there, or type the addresses "
        "into the form below.",
    )


def _listed(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("round-*.csv")):
        name = _NAME.fullmatch(path.stem)
        if name is not None:
            yield name["number"] or name["day"], path


def _read(number: str, path: Path) -> PrintedSheet | None:
    name = _NAME.fullmatch(path.stem)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            doors = {int(n): unescape_cell(address) for n, address in csv.reader(file)}
        return name and PrintedSheet(
            number, name["grid"], date.fromisoformat(name["day"]), doors
        )
    except (OSError, ValueError):
        return None
