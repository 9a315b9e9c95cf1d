"""The visit form: one knock at one door, and the concerns that were heard there.

"Saved" is said only after the store's transaction was committed. Whatever goes wrong,
what was typed stays, in the form and as a draft on the disk; pushing the button twice
saves once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import geopandas as gpd
import ipywidgets as W  # noqa: N812

from gridkit.errors import GridkitError
from gridkit.forms.concern_card import ConcernCard
from gridkit.forms.door import AddressField, Door
from gridkit.forms.draft_keeper import DraftKeeper
from gridkit.forms.field import Field
from gridkit.forms.grid_field import GridField
from gridkit.forms.past import Past
from gridkit.forms.saved import (
    SAVED_ELSEWHERE,
    SAVED_ONLY,
    SAVED_WITHOUT,
    SOMEBODY,
    UNSURE,
    Saved,
    not_saved,
    records_of,
    to_correct,
)
from gridkit.forms.section import Group, Section
from gridkit.forms.visit_draft import VISITS, visit_content, visit_of
from gridkit.forms.visit_foot import VisitFoot
from gridkit.records.drafts import Draft
from gridkit.records.ids import new_id
from gridkit.records.photos import sweep
from gridkit.records.spec import VISIT
from gridkit.records.store import Store
from gridkit.screen.children import exchange
from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, Words, html, tag

GROUPS = (
    Group(Words("", ""), ("grid_id", "address", "visited_on", "outcome", "met_role", "note")),
)
VISIT_PART = "gk-part-visit"
NOBODY = "nobody_home"


class VisitForm(Column):
    """The form for a visit and its concerns, made from the spec.

    Parameters
    ----------
    store : Store
        The ledger that is written to; its profile gives the choices, its clock the day.
    grids : GeoDataFrame
        The county's grids.
    lang : {"zh", "en"}
        Which language comes first.
    by_role : str
        The role of who records.
    past : Past, optional
        What the ledger knows of earlier visits: addresses, answers of last time. Without it
        none are offered.

    Attributes
    ----------
    visit : Section
        The questions about the visit.
    concerns : tuple of ConcernCard
    keeper : DraftKeeper
        Keeps what is typed on the disk, and lists what was left unfinished.
    door : Door
        Nobody home, and what was heard at this door last time.
    add_button, save_button, park_button : Button
    message : str
        What the form said last about saving, as HTML.
    """

    def __init__(
        self,
        store: Store,
        grids: gpd.GeoDataFrame,
        *,
        lang: str = "zh",
        by_role: str = "grid_worker",
        past: Past | None = None,
    ) -> None:
        self._store, self._grids, self._by_role = store, grids, by_role
        self.lang = lang
        self._listeners: list[Callable[[Saved], None]] = []
        self._begun: list[Callable[[], None]] = []
        self._visit_id = new_id()
        self._pristine = self._quiet = True
        self._said: tuple[Words, str] | None = None
        self.frame = Frame()
        self.keeper = DraftKeeper(store, VISITS, lang=lang)
        self.grid = GridField(VISIT["grid_id"], grids["name"], lang=lang)
        address = AddressField(VISIT["address"], past, lang=lang)
        made: Mapping[str, Field] = {"grid_id": self.grid, "address": address}
        self.visit = Section(
            VISIT, store.profile, GROUPS, fields=made, lang=lang, today=store.today
        )
        for css in ("gk-card", "gk-part", VISIT_PART):
            self.visit.add_class(css)
        self.door = Door(self.visit, store.profile, past, lang=lang)
        self._cards = W.VBox()
        super().__init__(
            [self.frame, self.keeper, self.visit, self.door, self._cards, *self._foot()]
        )
        self._listen()
        self.reset()
        if store.profile.photos:
            with suppress(GridkitError):  # tidying up keeps nobody from recording
                sweep(store)
        self.keeper.attend(self._typed, self._show_draft)
        self.speak(lang)

    def _foot(self) -> list[Any]:
        self.foot = VisitFoot()
        self.add_button, self.save_button, self.park_button = self.foot.children
        self._message = html(css="gk-saving")
        return [self.foot, self.keeper.status, self._message]

    def _listen(self) -> None:
        self.visit.on_answer(self._visit_answered)
        self.add_button.on_click(lambda _: self.add_concern())
        self.save_button.on_click(lambda _: self.save())
        self.park_button.on_click(lambda _: self.park())
        self.door.on_nobody(self._nobody)
        self.door.on_carry(self._carry)
        self.frame.on_cursor(self._cursor)

    def _nobody(self) -> None:
        """Note that nobody was home, and save; what says otherwise is never written over."""
        outcome = self.visit.value.get("outcome")
        if self.concerns or outcome not in {None, NOBODY}:
            self._say(SOMEBODY, "gk-refused")
            self.frame.reveal("gk-saving")
            return
        self.visit.fields["outcome"].load(NOBODY)
        self.save()

    def _cursor(self, field: str, part: str, inside: bool) -> None:  # noqa: FBT001 (one shape)
        for where, section in self._parts():
            if where == part:
                section.at(field, inside=inside)

    @property
    def concerns(self) -> tuple[ConcernCard, ...]:
        """The cards of the concerns, in order."""
        return tuple(self._cards.children)

    @property
    def value(self) -> dict[str, Any]:
        """What was answered: `visit`, a dict by field, and `concerns`, a list of such."""
        return {"visit": self.visit.value, "concerns": [c.value for c in self.concerns]}

    @property
    def errors(self) -> dict[str, Words]:
        """The faults shown now, by place: `visit.grid_id`, `concern 1.demand_type`."""
        return {
            f"{where}.{name}": field.fault
            for where, section in self._sections()
            for name, field in section.fields.items()
            if field.fault is not None
        }

    @property
    def message(self) -> str:
        """What the form said last about saving."""
        return str(self._message.value)

    def _parts(self) -> list[tuple[str, Section]]:
        return [(VISIT_PART, self.visit), *((c.mark, c.section) for c in self.concerns)]

    def _sections(self) -> list[tuple[str, Section]]:
        cards = [(f"concern {i}", c.section) for i, c in enumerate(self.concerns, start=1)]
        return [("visit", self.visit), *cards]

    def load(self, value: Mapping[str, Any]) -> None:
        """Show given answers in the shape of `value`; today stands where no day is given."""
        self.reset()
        self.visit.load({"visited_on": self._store.today(), **value.get("visit", {})})
        for answers in value.get("concerns", ()):
            self.add_concern().load(answers)
        self._pristine = False
        self.keeper.changed()

    def reset(self) -> None:
        """Empty the form for the next door; only today's date is filled in, and shown."""
        self._begin(new_id())
        self.visit.load({"visited_on": self._dated})
        self.door.look()
        self._pristine, self._quiet = True, False

    def _begin(self, visit_id: str, draft_id: str | None = None) -> None:
        self.keeper.begin(draft_id or visit_id)
        self._quiet = True
        exchange(self._cards, ())
        self._visit_id, self._dated = visit_id, self._store.today()

    def park(self) -> None:
        """Put the visit aside as a draft, and empty the form for another door."""
        self.reset()
        self.keeper.refresh()
        self._say(None)
        self.frame.seek("grid_id", within=VISIT_PART)

    def _typed(self) -> dict[str, Any] | None:
        """Give all inputs as they stand, for a draft; None where nothing was typed yet."""
        if self._is_blank():
            return None
        return visit_content(self._visit_id, self.visit, self.concerns)

    def _is_blank(self) -> bool:
        """Tell whether nothing stands in the form but the date that it began with."""
        begun = {"visited_on": self._dated}
        return not self.concerns and self.visit.value == begun and not self.visit.unreadable

    def _redate(self) -> None:
        """Give a form that lay blank past midnight the day on which it is filled in."""
        day, field = self._store.today(), self.visit.fields["visited_on"]
        if day != self._dated and field.value == self._dated:
            self._quiet, self._dated = True, day
            field.load(day)
            self._quiet = False

    def _show_draft(self, draft: Draft) -> None:
        self._begin(visit_of(draft), draft.draft_id)
        self.visit.retype(draft.content.get("visit", {}))
        for typed in draft.content.get("concerns", ()):
            self._open_card(typed.get("record_id")).retype(typed)
        self._wrote()
        self._pristine = self._quiet = False
        self._tell_visit()
        self.door.look()
        self._say(SAVED_WITHOUT if self._elsewhere() else None, "gk-refused")
        self.frame.seek("grid_id", within=VISIT_PART)

    def add_concern(self) -> ConcernCard:
        """Open a card for one more concern, and put the cursor into it."""
        card = self._open_card()
        self.frame.seek("what", within=card.mark)
        self.keeper.changed()
        return card

    def _carry(self, answers: Mapping[str, Any], hint: Words) -> None:
        card = self.add_concern()
        card.carry(answers, hint)

    def _open_card(self, record_id: str | None = None) -> ConcernCard:
        card = ConcernCard(
            self._store,
            self._grids,
            self.grid.label_of,
            record_id=record_id,
            lang=self.lang,
        )
        card.on_remove(self._remove)
        card.on_seek(lambda card, name: self.frame.seek(name, within=card.mark))
        card.section.on_answer(self._answered)
        if self._pristine:
            self._wrote()
        self._cards.children = (*self.concerns, card)
        self._pristine = False
        self._renumber()
        return card

    def _remove(self, card: ConcernCard) -> None:
        exchange(self._cards, (c for c in self.concerns if c is not card))
        self._renumber()
        self.frame.show("gk-foot")
        self.keeper.changed()

    def _renumber(self) -> None:
        for number, card in enumerate(self.concerns, start=1):
            card.number(number)
        self._tell_visit()

    def _visit_answered(self) -> None:
        self._answered()
        if not self._quiet:
            self.door.look()
        self._tell_visit()

    def _answered(self) -> None:
        if self._quiet:  # a reset, or a draft that is being shown
            return
        if self._pristine:
            self._wrote()
        self._pristine = self._is_blank()
        self.keeper.changed()

    def _tell_visit(self) -> None:
        answered = self.visit.value
        for card in self.concerns:
            card.of_visit(
                answered.get("grid_id"), answered.get("visited_on"), self.door.known_place
            )

    def on_begun(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the empty form is begun: by typing, or with a draft."""
        self._begun.append(listener)

    def _wrote(self) -> None:
        self._say(None)
        self._redate()
        for listener in self._begun:
            listener()

    def on_saved(self, listener: Callable[[Saved], None]) -> None:
        """Call `listener` with what was saved, after COMMIT."""
        self._listeners.append(listener)

    def save(self) -> Saved | None:
        """Check everything; write visit, concerns and their registration at once.

        Returns
        -------
        Saved or None
            None where nothing was written: faults are shown under their fields, and a
            failure of the store is said with what to do. All answers stay then.
        """
        if self._pristine and self._said is not None and self._said[1] == "gk-told":
            return None  # the second of two quick clicks
        if self._show_faults():
            return None
        records = records_of(self._visit_id, self.visit.value, self.concerns)
        try:
            receipt = self._store.add(list(records.records), by_role=self._by_role)
        except GridkitError as error:
            why = SAVED_ELSEWHERE if self._elsewhere() else not_saved(error.zh, error.en)
            self._say(why, "gk-refused")
            return None
        except Exception:
            self._say(UNSURE, "gk-refused")  # ipywidgets would swallow it without a word
            raise
        saved = records._replace(receipt=receipt)
        self.keeper.done()
        self.reset()
        self.grid.offer_again(saved.visit.grid_id)
        self._say(saved.words(), "gk-told")
        self.frame.reveal("gk-saving")
        self._tell(saved)
        return saved

    def _elsewhere(self) -> bool:
        try:
            return bool(self._store.seen([self._visit_id]))
        except GridkitError:
            return False

    def _tell(self, saved: Saved) -> None:
        try:
            for listener in self._listeners:
                listener(saved)
        except Exception:
            told = self._said[0] if self._said is not None else SAVED_ONLY
            both = Words(f"{told.zh} {SAVED_ONLY.zh}", f"{told.en} {SAVED_ONLY.en}")
            self._say(both, "gk-told")
            raise

    def _show_faults(self) -> bool:
        self._tell_visit()
        found = [(VISIT_PART, name) for name in self.visit.check()]
        for card in self.concerns:
            found += [(card.mark, name) for name in card.check()]
        if not found:
            return False
        self._say(to_correct(len(found)), "gk-refused")
        where, name = found[0]
        self.frame.seek(name, within=where)
        return True

    def speak(self, lang: str) -> None:
        """Show everything in another language first; answers stay."""
        self.lang = lang
        for part in (self.foot, self.keeper, self.door):
            part.speak(lang)
        self.visit.speak(lang)
        for card in self.concerns:
            card.speak(lang)
        if self._said is not None:
            self._say(*self._said)

    def _say(self, words: Words | None, css: str = "") -> None:
        self._said = None if words is None else (words, css)
        role = "alert" if css == "gk-refused" else "status"
        told = tag("div", words.of(self.lang), cls=css, role=role) if words else ""
        self._message.value = told
