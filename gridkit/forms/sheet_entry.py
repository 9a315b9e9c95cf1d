"""Keying in from the paper sheet: the number on the paper opens its door in the form.

The numbers are those of the sheet as it was printed, kept in a small file beside it: the
list on the screen moves on with every visit that is saved, the paper does not.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import DataError
from gridkit.exchange.output import put
from gridkit.forms.answers import read_integer
from gridkit.forms.desk import Desk
from gridkit.forms.fields import DateField
from gridkit.profile.choices import fold
from gridkit.records.spec import VISIT
from gridkit.screen.look import Column, Words, dress, html, tag

NUMBER = "sheet_number"
"""The name under which the cursor finds the field of the number."""
_TOLD = 12


class Printed(NamedTuple):
    """A sheet that was printed: its day, and the address of each number."""

    on: date
    doors: dict[int, str]


def sheet_path(folder: Path, grid_id: str, on: date, ending: str) -> Path:
    """Name the files of a sheet: `round-<grid>-<day>.docx`, and its numbers as `.csv`."""
    return folder / f"round-{grid_id}-{on:%Y%m%d}.{ending}"


def keep_numbers(doors: pd.DataFrame, path: Path) -> None:
    """Note which number is which address, for the office only.

    Raises
    ------
    StoreError
        If it cannot be written.
    """

    def write(draft: Path) -> None:
        with draft.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([str(n), str(a)] for n, a in doors["address"].items())

    put(path, write)


def last_printed(folder: Path, grid_id: str) -> Printed | None:
    """Read the numbers of a grid's latest sheet; None where there is none to be read."""
    for path in sorted(folder.glob(f"round-{grid_id}-????????.csv"), reverse=True):
        try:
            day = date.fromisoformat(path.stem[-8:])
            with path.open(encoding="utf-8-sig", newline="") as file:
                return Printed(day, {int(n): address for n, address in csv.reader(file)})
        except (OSError, ValueError):
            continue
    return None


class SheetEntry(Column):
    """The day of the walk, a number, Enter; and what is still to be keyed in.

    Parameters
    ----------
    desk : Desk
        The ledger; the sheets lie beside it.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    day : DateField
        On which day it was walked: the sheet's day at first, to be changed once for all.
    number : Text
    message : str
        What is still to be keyed in, or what is wrong, as HTML.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self._grid: str | None = None
        self._printed: Printed | None = None
        self._takers: list[Callable[[str, str, date], None]] = []
        self.day = DateField(VISIT["visited_on"], lang=lang, today=lambda: desk.today)
        self.day.remove_class("gk-q-visited_on")  # the form's own day is meant by that name
        self.number = dress(W.Text(value="", continuous_update=False))
        self.number.add_class(f"gk-q-{NUMBER}")
        self._title, self._message = html(css="gk-sub"), html()
        row = W.Box([self.day, self.number])
        row.add_class("gk-grid")
        super().__init__([self._title, row, self._message])
        self.layout.display = "none"
        self.number.observe(lambda _: self._typed(), "value")
        self.speak(lang)

    @property
    def message(self) -> str:
        """What was said last."""
        return str(self._message.value)

    def on_take(self, listener: Callable[[str, str, date], None]) -> None:
        """Call `listener` with grid, address and day when a number was typed."""
        self._takers.append(listener)

    def of(self, grid_id: str | None) -> None:
        """Offer the latest sheet of a grid; nothing where none was printed."""
        fresh = grid_id != self._grid
        self._grid = grid_id
        folder = self._desk.store.path.parent
        self._printed = None if grid_id is None else last_printed(folder, grid_id)
        self.layout.display = None if self._printed else "none"
        if self._printed is not None:
            if fresh or self.day.blank:
                self.day.load(self._printed.on)
            self._tell()

    def _typed(self) -> None:
        if not self.number.value.strip() or self._printed is None:
            return
        day = self.day.value
        try:
            address = self._printed.doors.get(read_integer(self.number.value) or 0)
        except DataError:
            address = None
        if address is None or day is None:
            wrong = Words("单子上没有这个序号, 请核对", "No such number on the sheet")
            if day is None:
                wrong = Words("先填走访日期", "Give the day of the walk first")
            self._say(wrong, "gk-fault")
            return
        self.number.value = ""
        self._tell()
        for listener in self._takers:
            listener(str(self._grid), address, day)

    def _tell(self) -> None:
        """Say which numbers have no visit yet since the sheet was printed."""
        printed = self._printed
        if printed is None:
            return
        visits = self._desk.rows("visit", "grid_id", [self._grid])
        since = visits[(visits["visited_on"] >= pd.Timestamp(printed.on)).to_numpy()]
        done = {fold(str(a)) for a in since["address"].dropna()}
        left = [n for n, address in printed.doors.items() if fold(address) not in done]
        some = "、".join(map(str, left[:_TOLD])) + (" …" if len(left) > _TOLD else "")
        words = Words(f"还有 {len(left)} 户没录: {some}", f"{len(left)} left to key in: {some}")
        self._say(words if left else Words("单子上的都录完了", "All of the sheet is in"))

    def _say(self, words: Words, css: str = "gk-help") -> None:
        role = "alert" if css == "gk-fault" else "status"
        self._message.value = tag("div", words.of(self.lang), cls=css, role=role)

    def speak(self, lang: str) -> None:
        """Show everything in another language first."""
        self.lang = lang
        self._title.value = tag(
            "h4", Words("按纸质走访单录入", "Key in from the paper sheet").both(lang)
        )
        self.number.description = Words("单子上的序号", "Number on the sheet").both(lang)
        self.number.placeholder = Words("如 3, 回车", "such as 3, Enter").of(lang)
        self.day.speak(lang)
        self._tell()
