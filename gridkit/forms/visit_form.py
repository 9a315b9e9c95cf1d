"""The visit form: one knock at one door, and the concerns that were heard there.

"Saved" is said only after the store's transaction was committed. Whatever goes wrong,
what was typed stays; pushing the button twice saves once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import geopandas as gpd
import ipywidgets as W  # noqa: N812

from gridkit.errors import GridkitError
from gridkit.forms.concern_card import ConcernCard
from gridkit.forms.field import Field
from gridkit.forms.frame import Frame
from gridkit.forms.look import Column, Words, html, tag
from gridkit.forms.place import GridField
from gridkit.forms.section import Group, Section
from gridkit.records.ids import new_id
from gridkit.records.models import Record, Step, Visit
from gridkit.records.spec import VISIT
from gridkit.records.store import Store
from gridkit.records.writer import Receipt

GROUPS = (
    Group(Words("", ""), ("grid_id", "address", "visited_on", "outcome", "met_role", "note")),
)


_UNSURE = Words(
    "没有收到保存成功的确认。填写的内容都还在; 请先看今天的清单里有没有, 再决定是否再按“保存”。",
    "No confirmation came back. All you typed is still here; look at today's list before you "
    "save again.",
)
_SAVED_ONLY = Words(
    "但分数、清单或地图没能更新; 记录已在台账里, 请重新运行这一格。",
    "But score, list or map could not be updated; the record is kept. Run the cell again.",
)


class Saved(NamedTuple):
    """What one save wrote, after COMMIT."""

    receipt: Receipt
    visit: Record
    concerns: tuple[Record, ...]
    steps: tuple[Record, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """All of it."""
        return (self.visit, *self.concerns, *self.steps)


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

    Attributes
    ----------
    visit : Section
        The questions about the visit.
    concerns : tuple of ConcernCard
    add_button, save_button : Button
    message : str
        What the form said last about saving, as HTML.

    Examples
    --------
    Used without a screen, as a test does:

    >>> form = VisitForm(store, grids)  # doctest: +SKIP
    >>> form.load({"visit": {"grid_id": "990428100001001", "outcome": "nobody_home"}})  # doctest: +SKIP
    >>> form.save_button.click()  # doctest: +SKIP
    """

    def __init__(
        self,
        store: Store,
        grids: gpd.GeoDataFrame,
        *,
        lang: str = "zh",
        by_role: str = "grid_worker",
    ) -> None:
        self._store, self._grids, self._by_role = store, grids, by_role
        self.lang = lang
        self._listeners: list[Callable[[Saved], None]] = []
        self._ids: dict[int, str] = {}
        self._visit_id = new_id()
        self._pristine = True
        self._said: tuple[Words, str] | None = None
        self.frame = Frame()
        self.grid = GridField(VISIT["grid_id"], grids["name"], lang=lang)
        made: Mapping[str, Field] = {"grid_id": self.grid}
        self.visit = Section(
            VISIT, store.profile, GROUPS, fields=made, lang=lang, today=store.today
        )
        self.visit.add_class("gk-card")
        self._cards = W.VBox()
        self.add_button, self.save_button = W.Button(), W.Button()
        self.save_button.add_class("gk-save")
        self._message = html(css="gk-saving")
        foot = W.Box([self.add_button, self.save_button])
        foot.add_class("gk-row")
        foot.add_class("gk-foot")
        super().__init__([self.frame, self.visit, self._cards, foot, self._message])
        self.visit.on_answer(self._visit_answered)
        self.add_button.on_click(lambda _: self.add_concern())
        self.save_button.on_click(lambda _: self.save())
        self.reset()
        self.speak(lang)

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

    def reset(self) -> None:
        """Empty the form for the next door; only today's date is filled in, and shown."""
        self._cards.children = ()
        self._ids.clear()
        self._visit_id = new_id()
        self.visit.load({"visited_on": self._store.today()})
        self._pristine = True

    def add_concern(self) -> ConcernCard:
        """Open a card for one more concern, and put the cursor into it."""
        card = ConcernCard(
            self._store.profile,
            self._grids,
            self.grid.label_of,
            lang=self.lang,
            today=self._store.today,
        )
        card.on_remove(self._remove)
        card.section.on_answer(self._answered)
        self._cards.children = (*self.concerns, card)
        self._pristine = False
        self._renumber()
        self.frame.seek("demand_type", within=card.mark)
        return card

    def _remove(self, card: ConcernCard) -> None:
        self._cards.children = tuple(c for c in self.concerns if c is not card)
        self._renumber()
        self.frame.show("gk-foot")

    def _renumber(self) -> None:
        for number, card in enumerate(self.concerns, start=1):
            card.number(number)
        self._tell_visit()

    def _visit_answered(self) -> None:
        self._answered()
        self._tell_visit()

    def _answered(self) -> None:
        if self._pristine:
            self._say(None)
        self._pristine = False

    def _tell_visit(self) -> None:
        answered = self.visit.value
        for card in self.concerns:
            card.of_visit(answered.get("grid_id"), answered.get("visited_on"))

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
        records = self._records()
        try:
            receipt = self._store.add(list(records.records), by_role=self._by_role)
        except GridkitError as error:
            self._say(
                Words(
                    f"没有保存。{error.zh} 填写的内容都还在, 可以再按“保存”。",
                    f"Not saved. {error.en} All you typed is still here; you can save again.",
                ),
                "gk-refused",
            )
            return None
        except Exception:
            self._say(_UNSURE, "gk-refused")  # ipywidgets would swallow it without a word
            raise
        saved = records._replace(receipt=receipt)
        self._acknowledge(saved)
        self._tell(saved)
        return saved

    def _tell(self, saved: Saved) -> None:
        try:
            for listener in self._listeners:
                listener(saved)
        except Exception:
            told = self._said[0] if self._said is not None else _SAVED_ONLY
            self._say(
                Words(f"{told.zh} {_SAVED_ONLY.zh}", f"{told.en} {_SAVED_ONLY.en}"), "gk-told"
            )
            raise

    def _show_faults(self) -> bool:
        self._tell_visit()
        found = [("visit", name) for name in self.visit.check()]
        for card in self.concerns:
            found += [(card.mark, name) for name in card.check()]
        if not found:
            return False
        self._say(
            Words(
                f"还有 {len(found)} 处要改, 没有保存; 已跳到第一处。",
                f"{len(found)} to correct, nothing saved yet; the cursor is at the first.",
            ),
            "gk-refused",
        )
        where, name = found[0]
        self.frame.seek(name, within="" if where == "visit" else where)
        return True

    def _records(self) -> Saved:
        answered = self.visit.value
        day: date = answered["visited_on"]
        visit = Visit(record_id=self._visit_id, **answered)
        concerns = tuple(
            card.record(
                record_id=self._ids.setdefault(id(card), new_id()),
                visit_id=visit.record_id,
                heard_on=day,
            )
            for card in self.concerns
        )
        steps = tuple(
            Step(concern_id=concern.record_id, action="registered", on=day)
            for concern in concerns
        )
        return Saved(Receipt((), ""), visit, concerns, steps)

    def _acknowledge(self, saved: Saved) -> None:
        at = datetime.fromisoformat(saved.receipt.recorded_at).astimezone(
            ZoneInfo("Asia/Shanghai")
        )
        count = len(saved.concerns)
        self.reset()
        self.grid.offer_again(saved.visit.grid_id)
        self._say(
            Words(
                f"已保存 {at:%H:%M:%S}: 1 次走访, {count} 件诉求。",
                f"Saved at {at:%H:%M:%S}: 1 visit, {count} concern(s).",
            ),
            "gk-told",
        )

    def speak(self, lang: str) -> None:
        """Show everything in another language first; answers stay."""
        self.lang = lang
        self.add_button.description = Words("＋ 添加一件诉求", "+ Add a concern").of(lang)
        self.save_button.description = Words("保存走访", "Save the visit").of(lang)
        self.save_button.tooltip = "Ctrl+Enter"
        self.visit.speak(lang)
        for card in self.concerns:
            card.speak(lang)
        if self._said is not None:
            self._say(*self._said)

    def _say(self, words: Words | None, css: str = "") -> None:
        self._said = None if words is None else (words, css)
        role = "alert" if css == "gk-refused" else "status"
        self._message.value = (
            tag("div", words.of(self.lang), cls=css, role=role) if words else ""
        )
