"""At the door: nobody home with one key, and what was heard here last time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as W  # noqa: N812

from gridkit.forms.fields import TextField
from gridkit.forms.past import Heard, LastTime, Past
from gridkit.forms.section import Section
from gridkit.profile import Profile
from gridkit.records.spec import FieldSpec
from gridkit.screen.look import Column, Words, dress, html, tag


class AddressField(TextField):
    """The address; those visited before in the grid are offered while one types."""

    def __init__(self, spec: FieldSpec, past: Past | None, *, lang: str = "zh") -> None:
        self._past = past
        self._grid: str | None = None
        super().__init__(spec, lang=lang)

    def _make_input(self) -> Any:
        return dress(W.Combobox(value="", options=()))

    def offer(self, grid_id: str | None, *, anew: bool = False) -> None:
        """Offer the addresses of a grid; whatever is typed stays."""
        if self._past is None or (grid_id == self._grid and not anew):
            return
        self._grid = grid_id
        self.input.options = self._past.addresses(grid_id) if grid_id else ()


class Door(Column):
    """What stands between the visit and its concerns.

    Parameters
    ----------
    visit : Section
        The questions about the visit, with an `AddressField`.
    profile : Profile
        The county's tables.
    past : Past, optional
        What the ledger knows of the door; without it nothing is offered.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    nobody_button : Button
        Nobody home: the form notes it and saves.
    met_button : Button
        The same person, by role, was met as last time.
    known_place : tuple of float, or None
        Longitude and latitude of the last concern at this door.
    carry_buttons : tuple of Button
        "Still so": opens a concern with the answers of last time.
    """

    def __init__(
        self, visit: Section, profile: Profile, past: Past | None, *, lang: str = "zh"
    ) -> None:
        self._visit, self._profile, self._past = visit, profile, past
        self._last: LastTime | None = None
        self._at: tuple[str, str] | None = None
        self._savers: list[Callable[[], object]] = []
        self._carriers: list[Callable[[Mapping[str, Any], Words], None]] = []
        self.lang = lang
        self.known_place: tuple[float, float] | None = None
        self.nobody_button, self.met_button = W.Button(), W.Button()
        self.nobody_button.add_class("gk-nobody")
        self.carry_buttons: tuple[Any, ...] = ()
        self._told = html()
        row = W.Box([self.nobody_button])
        row.add_class("gk-row")
        self._row = row
        super().__init__([row])
        self.add_class("gk-door")
        self.nobody_button.on_click(lambda _: self.nobody())
        self.met_button.on_click(lambda _: self.met_again())
        self.speak(lang)

    def on_nobody(self, listener: Callable[[], object]) -> None:
        """Call `listener` when nobody was home: that is to be noted, and the visit saved."""
        self._savers.append(listener)

    def on_carry(self, listener: Callable[[Mapping[str, Any], Words], None]) -> None:
        """Call `listener` with answers of last time that are still so, and a hint on them."""
        self._carriers.append(listener)

    def nobody(self) -> None:
        """Tell that nobody was home."""
        for listener in self._savers:
            listener()

    def met_again(self) -> None:
        """Note that the same person, by role, was met as last time."""
        if self._last is not None and self._last.met_role is not None:
            self._visit.fields["outcome"].load("met")
            self._visit.fields["met_role"].load(self._last.met_role)

    def look(self) -> None:
        """Look up the door that the form names now, and offer what is known of it."""
        if self._past is None:
            return
        answered = self._visit.value
        grid_id, address = answered.get("grid_id"), answered.get("address")
        field = self._visit.fields["address"]
        if isinstance(field, AddressField):
            field.offer(grid_id)
        at = (grid_id, address) if grid_id and address else None
        if at != self._at:
            self._at = at
            self._last = self._past.last(*at) if at else None
            self.known_place = self._past.places(*at) if at else None
            self._show()

    def forget(self) -> None:
        """Look everything up anew: something was saved."""
        if self._past is None:
            return
        self._past.forget()
        self._at = None
        field = self._visit.fields["address"]
        if isinstance(field, AddressField):
            field.offer(self._visit.value.get("grid_id"), anew=True)

    def _carry(self, heard: Heard) -> None:
        if self._past is None or self._last is None:
            return
        day = f"{self._last.visited_on:%Y-%m-%d}"
        hint = Words(f"上次 ({day}) 的回答, 请核对", f"As answered on {day}; please check")
        for listener in self._carriers:
            listener(self._past.answers(heard.concern_id), hint)

    def speak(self, lang: str) -> None:
        """Show everything in another language first."""
        self.lang = lang
        self.nobody_button.description = Words(
            "无人在家, 直接保存", "Nobody home: save at once"
        ).of(lang)
        self.nobody_button.tooltip = "Alt+N"
        self._show()

    def _show(self) -> None:
        last = self._last
        if last is None:
            self.carry_buttons = ()
            self.children = (self._row,)
            return
        day = last.visited_on
        told = Words(
            f"上次 {day.year}年{day.month}月{day.day}日 来过", f"Last visit {day:%Y-%m-%d}"
        ).of(self.lang)
        self._told.value = tag("div", tag("b", told))
        rows = [self._heard_row(heard) for heard in last.heard]
        self.carry_buttons = tuple(row.children[1] for row in rows)
        known = W.VBox([self._told, *self._met(last), *rows])
        known.add_class("gk-last")
        self.children = (self._row, known)

    def _met(self, last: LastTime) -> tuple[Any, ...]:
        if last.met_role is None:
            return ()
        role = self._profile.label("met_role", last.met_role, self.lang)
        self.met_button.description = Words(
            f"同上次: 见到{role}", f"As last time: met {role}"
        ).of(self.lang)
        return (self.met_button,)

    def _heard_row(self, heard: Heard) -> Any:
        what = Words(heard.zh, heard.en).of(self.lang)
        state = Words(" (还在办, 不必再记一遍)", " (still open: no need to record it again)")
        settled = Words(" (已办结)", " (settled)")
        told = (state if heard.is_open else settled).of(self.lang)
        button = W.Button()
        button.description = Words("仍然如此, 带入这次", "Still so: carry it over").of(
            self.lang
        )
        button.on_click(lambda _: self._carry(heard))
        row = W.Box([html(tag("span", what, tag("span", told, cls="gk-help-line"))), button])
        row.add_class("gk-row")
        return row
