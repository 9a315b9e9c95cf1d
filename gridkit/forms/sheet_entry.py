"""Keying in from a paper sheet: its number, then the row on it opens the door in the form.

Which sheet is meant is always asked, never guessed: several can be on the way at once, and
the same row is another door on each (see `printed_sheet`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import DataError
from gridkit.forms.answers import read_integer
from gridkit.forms.desk import Desk
from gridkit.forms.fields import DateField
from gridkit.forms.printed_sheet import PrintedSheet, find_sheet, has_printed
from gridkit.profile.choices import fold
from gridkit.records.spec import VISIT
from gridkit.screen.look import Column, Words, dress, html, tag

SHEET, ROW = "sheet_number", "sheet_row"
"""The names under which the cursor finds the fields of sheet and row."""
_TOLD = 12
_NO_SHEET = Words(
    "先填单号: 单子右上角的五位数", "Give the sheet number first: five digits at the top right"
)
_NO_DAY = Words("先填走访日期", "Give the day of the walk first")


class SheetEntry(Column):
    """The sheet's number, the day of the walk, a row, Enter; and what is still to be keyed in.

    Parameters
    ----------
    desk : Desk
        The ledger; the sheets lie beside it.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    sheet : Text
        The number printed on the sheet: said once, kept until another is typed.
    day : DateField
        On which day it was walked: the sheet's day at first, to be changed once for all.
    number : Text
        The row on the sheet.
    message : str
        What is still to be keyed in, or what is wrong, as HTML.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self._printed: PrintedSheet | None = None
        self._said: tuple[Words, str] | None = None
        self._takers: list[Callable[[str, str, date], None]] = []
        self.sheet, self.number = (dress(W.Text(continuous_update=False)) for _ in range(2))
        self.day = DateField(VISIT["visited_on"], lang=lang, today=lambda: desk.today)
        self.day.remove_class("gk-q-visited_on")  # the form's own day is meant by that name
        self._title, self._message = html(css="gk-sub"), html()
        row = W.Box([_field(self.sheet, SHEET), self.day, _field(self.number, ROW)])
        row.add_class("gk-grid")
        super().__init__([self._title, row, self._message])
        self.sheet.observe(lambda _: self._chosen(), "value")
        self.number.observe(lambda _: self._typed(), "value")
        self.refresh()
        self.speak(lang)

    @property
    def message(self) -> str:
        """What was said last."""
        return str(self._message.value)

    def on_take(self, listener: Callable[[str, str, date], None]) -> None:
        """Call `listener` with grid, address and day when a row was typed."""
        self._takers.append(listener)

    def refresh(self) -> None:
        """Look again what is still to be keyed in; unseen where no sheet was printed yet."""
        shown = self._printed is not None or has_printed(self._desk.store.path.parent)
        self.layout.display = None if shown else "none"
        if self._printed is not None:
            self._tell()

    def _chosen(self) -> None:
        """Find the sheet whose number was typed."""
        self._printed, typed = None, self.sheet.value.strip()
        if not typed:
            self._say(_NO_SHEET, "gk-fault" if self.number.value else "gk-help")
            return
        try:
            number = str(read_integer(typed))
            self._printed = find_sheet(self._desk.store.path.parent, number)
        except DataError as error:
            self._say(Words(error.zh, error.en), "gk-fault")
            return
        self.day.load(self._printed.on)
        self._tell()

    def _typed(self) -> None:
        if not self.number.value.strip():
            return
        if self._printed is None:
            self._chosen()
        printed, day = self._printed, self.day.value
        if printed is None:
            return
        if day is None:
            self._say(_NO_DAY, "gk-fault")
            return
        try:
            address = printed.doors.get(read_integer(self.number.value) or 0)
        except DataError:
            address = None
        if address is None:
            self._say(
                Words(
                    f"单号 {printed.number} 上没有这个序号, 请核对单号和序号",
                    f"Sheet {printed.number} has no such row: look again at both numbers",
                ),
                "gk-fault",
            )
            return
        self.number.value = ""
        self._tell()
        for listener in self._takers:
            listener(printed.grid_id, address, day)

    def _tell(self) -> None:
        """Say which sheet it is, and which rows have no visit yet since it was printed."""
        printed = self._printed
        if printed is None:
            return
        visits = self._desk.rows("visit", "grid_id", [printed.grid_id])
        since = visits[(visits["visited_on"] >= pd.Timestamp(printed.on)).to_numpy()]
        done = {fold(str(a)) for a in since["address"].dropna()}
        left = [n for n, address in printed.doors.items() if fold(address) not in done]
        some = "、".join(map(str, left[:_TOLD])) + (" …" if len(left) > _TOLD else "")
        which = f"{self._desk.place(printed.grid_id)} {printed.on:%Y-%m-%d}"
        zh, en = f"还有 {len(left)} 户没录: {some}", f"{len(left)} left to key in: {some}"
        if not left:
            zh, en = "单子上的都录完了", "All of the sheet is in"
        self._say(Words(f"{which}: {zh}", f"{which}: {en}"))

    def _say(self, words: Words | None, css: str = "gk-help") -> None:
        self._said = None if words is None else (words, css)
        role = "alert" if css == "gk-fault" else "status"
        told = words and tag("div", words.of(self.lang), cls=css, role=role)
        self._message.value = told or ""

    def speak(self, lang: str) -> None:
        """Show everything in another language first."""
        self.lang = lang
        self._title.value = tag(
            "h4", Words("按纸质走访单录入", "Key in from the paper sheet").both(lang)
        )
        self.sheet.description = Words("单号", "Sheet number").both(lang)
        self.sheet.placeholder = Words("右上角五位数", "five digits, top right").of(lang)
        self.number.description = Words("序号", "Row on the sheet").both(lang)
        self.number.placeholder = Words("如 3, 回车", "such as 3, Enter").of(lang)
        self.day.speak(lang)
        self._say(*(self._said or (None,)))


def _field(widget: W.Text, name: str) -> W.VBox:
    """Set an input as the form's own fields stand."""
    field = W.VBox([widget])
    for css in ("gk-field", f"gk-q-{name}"):
        field.add_class(css)
    return field
