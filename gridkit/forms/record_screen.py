"""The record screen: the visit form, what was just saved, the day's list, the map."""

from __future__ import annotations

from datetime import date

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.forms.advice_view import advice_block, row_or_none
from gridkit.forms.correction import MESSAGE, PART
from gridkit.forms.corrections import Corrections
from gridkit.forms.day_list import DayList, plain_advice
from gridkit.forms.desk import Desk, as_rows
from gridkit.forms.live_map import LiveMap
from gridkit.forms.past import Past
from gridkit.forms.round_view import RoundView
from gridkit.forms.saved import Saved
from gridkit.forms.sheet_entry import ROW
from gridkit.forms.visit_form import VISIT_PART, VisitForm
from gridkit.screen.look import Column, Words, heading, html, join, style, tag


class RecordScreen(Column):
    """Everything a grid worker needs at the door.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    lang : {"zh", "en"}
        Which language comes first; a button changes it.
    with_map : bool
        Whether the map is drawn too.

    Attributes
    ----------
    form : VisitForm
    day : DayList
    round : RoundView
        Which doors to visit next, and the paper sheet.
    corrections : Corrections
        Finds a finished record, shows its history, and corrects it.
    map : LiveMap or None
    lang_button : Button
    result : str
        What was just saved, where, with score, reasons and deadline, as HTML; nothing any
        more once the next visit is begun.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh", with_map: bool = True) -> None:
        self._desk, self.lang = desk, lang
        self._last: tuple[Saved, pd.DataFrame] | None = None
        self.form = VisitForm(desk.store, desk.grids, lang=lang, past=Past(desk))
        self.day = DayList(desk, lang=lang)
        self.map = LiveMap(desk, lang=lang) if with_map else None
        self.corrections = Corrections(desk, lang=lang)
        self.round = RoundView(desk, lang=lang)
        self._keying = False
        self._result = html(css="gk-result")
        self._title = html()
        self.lang_button = W.Button()
        self.lang_button.add_class("gk-quiet")
        head = W.Box([self._title, self.lang_button])
        head.add_class("gk-row")
        head.add_class("gk-head")
        parts = [style(), head, self.round, self.form, self._result, self.day]
        parts.append(self.corrections)
        super().__init__([*parts, *([self.map] if self.map is not None else [])])
        self.add_class("gk")
        self._listen()
        last = desk.last_grid()
        if last is not None:
            self.form.grid.offer_again(last)
        self._name()

    def _listen(self) -> None:
        self.round.on_take(self._take_door)
        self.round.on_key_in(self._key_in)
        self.form.on_saved(self._saved)
        self.form.frame.on_cursor(self.corrections.at)
        self.corrections.on_saved(self._corrected)
        self.corrections.correction.on_fault(
            lambda name: self.form.frame.seek(name, within=PART)
        )
        self.form.on_begun(self._forget_result)
        self.lang_button.on_click(lambda _: self.speak("zh" if self.lang == "en" else "en"))

    @property
    def result(self) -> str:
        """What was just saved, as HTML."""
        return str(self._result.value)

    def _saved(self, saved: Saved) -> None:
        desk = self._desk
        desk.take(saved.records)
        self.form.door.forget()
        self.round.refresh()
        ids = [concern.record_id for concern in saved.concerns]
        steps = as_rows(saved.steps, "step")
        advice = desk.advise(ids, steps) if ids else pd.DataFrame()
        if self._keying:  # the next row of the sheet
            self._keying = False
            self.form.frame.seek(ROW)
        self._last = (saved, advice)
        self._show_result()
        self.day.refresh(plain_advice(advice))
        if self.map is not None:
            self.map.redraw(self.day.advice)

    def _key_in(self, grid_id: str, address: str, day: date) -> None:
        self._take_door(grid_id, address)
        self.form.visit.fields["visited_on"].load(day)
        self._keying = True

    def _take_door(self, grid_id: str, address: str) -> None:
        self._keying = False
        self.form.park()
        self.form.grid.load(grid_id)
        self.form.visit.fields["address"].load(address)
        self.form.frame.seek("outcome", within=VISIT_PART)

    def _corrected(self) -> None:
        self.form.frame.reveal(MESSAGE)
        self._desk.keep_up()
        self.form.door.forget()
        self.day.refresh()
        if self.map is not None:
            self.map.redraw(self.day.advice)

    def _forget_result(self) -> None:
        """Take the last score away: another visit is being written."""
        self._last = None
        self._result.value = join()

    def _show_result(self) -> None:
        if self._last is None or not self._last[0].concerns:
            self._result.value = join()
            return
        saved, advice = self._last
        where = " ".join(
            filter(None, (self._desk.place(saved.visit.grid_id), saved.visit.address))
        )
        words = Words(f"刚保存的: {where}", f"Just saved: {where}")
        head = tag("h3", words.of(self.lang))
        rows = as_rows(saved.concerns, "concern")
        blocks = [
            advice_block(row, row_or_none(advice, str(i)), self._desk.profile, self.lang)
            for i, row in rows.iterrows()
        ]
        self._result.value = join(head, *blocks)

    def _name(self) -> None:
        self.lang_button.description = "English" if self.lang == "zh" else "中文"
        words = Words(f"{self._desk.name} 走访登记".strip(), "Record a visit")
        self._title.value = heading(words, self.lang, invented=self._desk.invented)

    def speak(self, lang: str) -> None:
        """Show everything in another language first; answers stay."""
        self.lang = lang
        self._name()
        self.form.speak(lang)
        self.day.speak(lang)
        self.corrections.speak(lang)
        self.round.speak(lang)
        if self.map is not None:
            self.map.speak(lang)
        self._show_result()
