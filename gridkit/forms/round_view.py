"""The visit round on the screen: a list of doors, a paper sheet, and quick keying-in."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import GridkitError
from gridkit.exchange.printing import to_pdf
from gridkit.forms.desk import Desk
from gridkit.forms.grid_field import GridField
from gridkit.forms.printed_sheet import print_number
from gridkit.forms.sheet_entry import SheetEntry
from gridkit.forms.visit_round import round_sheet, visit_round
from gridkit.records.spec import VISIT
from gridkit.screen.children import exchange
from gridkit.screen.look import Column, Markup, Words, html, tag

SHOWN = 25
"""So many doors are on the screen; the paper sheet has them all."""


class RoundView(Column):
    """A drawer with the round of one grid; a door is taken into the form with one push.

    What is in the drawer is made when it is first wanted: a form opens sooner without it.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    open_button, sheet_button, pdf_button : Button
    doors : DataFrame
        As `visit_round` gives them.
    door_buttons : tuple of Button
        One per door shown, in order.
    message : str
        What was said last, as HTML.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self._takers: list[Callable[[str, str], None]] = []
        self._keyers: list[Callable[[str, str, date], None]] = []
        self.doors = pd.DataFrame()
        self.door_buttons: tuple[Any, ...] = ()
        self.open_button, self.sheet_button, self.pdf_button = (W.Button() for _ in range(3))
        self._list, self._message = W.VBox(), html()
        self._drawer = W.VBox()
        self._drawer.layout.display = "none"
        super().__init__([self.open_button, self._drawer])
        self.add_class("gk-round")
        self.open_button.on_click(lambda _: self.toggle())
        self.sheet_button.on_click(lambda _: self.write_sheet())
        self.pdf_button.on_click(lambda _: self.write_sheet(pdf=True))
        self.speak(lang)

    @cached_property
    def grid(self) -> GridField:
        """Which grid's round is shown."""
        grid = GridField(VISIT["grid_id"], self._desk.grids["name"], lang=self.lang)
        grid.remove_class("gk-q-grid_id")  # the form's own grid is meant by that name
        grid.add_class("gk-q-round")
        grid.on_answer(lambda _: self.refresh())
        return grid

    @cached_property
    def entry(self) -> SheetEntry:
        """Keys in what was written on any sheet that was printed here."""
        entry = SheetEntry(self._desk, lang=self.lang)
        entry.on_take(self._key_in)
        return entry

    def _key_in(self, grid_id: str, address: str, day: date) -> None:
        for listener in self._keyers:
            listener(grid_id, address, day)

    @property
    def message(self) -> str:
        """What was said last."""
        return str(self._message.value)

    def on_take(self, listener: Callable[[str, str], None]) -> None:
        """Call `listener` with grid and address when a door is taken into the form."""
        self._takers.append(listener)

    def on_key_in(self, listener: Callable[[str, str, date], None]) -> None:
        """Call `listener` with grid, address and day when a row of a sheet was typed."""
        self._keyers.append(listener)

    @property
    def _is_open(self) -> bool:
        return bool(self._drawer.layout.display != "none")

    def toggle(self, grid_id: str | None = None) -> None:
        """Open the drawer, or close it; a grid may be shown at once."""
        if not self._drawer.children:
            row = W.Box([self.grid, self.sheet_button, self.pdf_button])
            row.add_class("gk-row")
            self._drawer.children = (row, self._message, self.entry, self._list)
        self._drawer.layout.display = "none" if self._is_open else None
        if grid_id is not None:
            self.grid.load(grid_id)
        self.refresh()

    def refresh(self) -> None:
        """Make the list anew; a drawer that is closed stays empty."""
        self._message.value = ""
        grid_id = self.grid.value if self._is_open else None
        if self._is_open:
            self.entry.refresh()
        if grid_id is None:
            exchange(self._list, ())
            self.door_buttons = ()
            return
        self.doors = visit_round(self._desk, grid_id)
        rows = [self._row(n, row) for n, row in self.doors.head(SHOWN).iterrows()]
        self.door_buttons = tuple(row.children[0] for row in rows)
        count = len(self.doors)
        more = Words(f"共 {count} 户", f"{count} doors in all").of(self.lang)
        exchange(self._list, (html(tag("div", more, cls="gk-help")), *rows))

    def _row(self, number: Any, row: pd.Series) -> Any:
        take = W.Button()
        take.description = Words(f"{number} 记这一户", f"{number} Record").of(self.lang)
        grid_id = str(self.grid.value)
        take.on_click(lambda _: [f(grid_id, str(row["address"])) for f in self._takers])
        days = Words(f"{row['days']} 天前", f"{row['days']} days ago").of(self.lang)
        told = tag(
            "span",
            tag("b", str(row["address"])),
            f"  {row[f'reason_{self.lang}']!s} · ",
            f"{row['visited_on']:%Y-%m-%d} ({days})",
        )
        line = W.Box([take, html(told)])
        line.add_class("gk-row")
        return line

    def write_sheet(self, *, pdf: bool = False) -> None:
        """Write the paper sheet beside the ledger, as PDF too if asked, and say where it is."""
        grid_id = self.grid.value
        if grid_id is None:
            words = Words("先在上面选一个网格, 再写走访单。", "Choose a grid above first.")
            self._message.value = tag(
                "div", words.of(self.lang), cls="gk-refused", role="alert"
            )
            return
        desk = self._desk
        folder = desk.store.path.parent
        name = str(desk.grids["name"].get(grid_id, grid_id))
        try:
            sheet = print_number(folder, grid_id, desk.today, self.doors)
            path = sheet.path(folder, "docx")
            round_sheet(
                self.doors,
                path,
                grid_name=name,
                on=sheet.on,
                number=sheet.number,
                invented=desk.invented,
            )
            if pdf:
                path = to_pdf(path)
            link = _download(path, self.lang)
        except GridkitError as error:
            words, css, link = Words(error.zh, error.en), "gk-refused", Markup("")
        else:
            words = Words(
                f"走访单 {sheet.number} 已写好: 工作区里的 {path.name}, 可打印带走。"
                "回来先填单号, 再按序号录入。",
                f"Sheet {sheet.number} is {path.name} in the workspace. Key it in afterwards by "
                "that number and its rows.",
            )
            css = "gk-told"
        self.entry.refresh()
        self._message.value = tag("div", words.of(self.lang), " ", link, cls=css, role="status")

    def speak(self, lang: str) -> None:
        """Show everything in another language first."""
        self.lang = lang
        self.open_button.description = Words(
            "走访单: 先去哪一户", "Round: which doors next"
        ).of(lang)
        self.sheet_button.description = Words("写成纸质走访单 (docx)", "Paper sheet (docx)").of(
            lang
        )
        self.pdf_button.description = Words("写成 PDF", "Paper sheet (PDF)").of(lang)
        if self._drawer.children:
            self.grid.speak(lang)
            self.entry.speak(lang)
            self.refresh()


def _download(path: Path, lang: str) -> Markup:
    """Offer a file to whoever's browser is not on this machine."""
    data = base64.b64encode(path.read_bytes()).decode()
    words = Words("下载", "Download").of(lang)
    address = f"data:application/octet-stream;base64,{data}"
    return tag("a", words, href=address, download=path.name)
