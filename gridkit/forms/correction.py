"""Correcting a finished record: change it with a reason, see its history, merge two versions.

Nothing is overwritten: a correction is a new version beside the old ones. What is typed is
kept as a draft until it is saved. Where two people
changed a record apart, both versions stand side by side, and a person chooses field by field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import ipywidgets as W  # noqa: N812

from gridkit.errors import GridkitError
from gridkit.forms.amended import Amended
from gridkit.forms.correction_draft import (
    CHANGED_SINCE,
    CORRECTIONS,
    NOT_HERE,
    Typed,
    correction_content,
    told_by,
    version,
)
from gridkit.forms.draft_keeper import DraftKeeper
from gridkit.forms.history_view import history_block
from gridkit.forms.merge import MergePart, standing_heads
from gridkit.forms.reason import WHY, Reason
from gridkit.forms.section import Section
from gridkit.records.drafts import Draft
from gridkit.records.ids import new_id
from gridkit.records.models import MODELS, Record, kind_of
from gridkit.records.store import Store
from gridkit.screen.children import exchange
from gridkit.screen.look import Column, Words, html, tag

PART, MESSAGE = "gk-part-correction", "gk-corrected"
_WORDS = {
    "nothing": Words("没有改动, 所以没有保存。", "Nothing was changed, so nothing was saved."),
    "gone": Words("这条记录不在台账里, 或已撤回。", "This record is not in the ledger."),
    "saved": Words("已更正; 原来的版本仍在历史里。", "Corrected; the earlier version is kept."),
    "beside": Words(
        "已保存, 但同时有人也改了这条: 两版都在, 请在下面逐项选定。",
        "Saved, but somebody changed it too: both versions stand; please choose below.",
    ),
    "faults": Words(
        "还有要改的地方, 没有保存。", "Something is to be corrected; nothing saved."
    ),
}


class Correction(Column):
    """The form to correct one visit or concern.

    Parameters
    ----------
    store : Store
        The ledger.
    grids : GeoDataFrame
        The county's grids.
    lang : {"zh", "en"}
        Which language comes first.
    by_role : str
        The role of who corrects.

    Attributes
    ----------
    record_id : str or None
        What is open.
    amended : Amended or None
        Its questions, with the place; None where two versions are to be merged.
    merge : MergePart or None
        The choice between two versions.
    keeper : DraftKeeper
        Keeps what is typed on the disk, and lists what was left unfinished; to be shown where
        it is seen also while no record is open.
    reason : Reason
        Why it is changed.
    save_button : Button
    message, history : str
        What was said last, and the versions so far, as HTML.

    Examples
    --------
    >>> correction = Correction(store, grids)  # doctest: +SKIP
    >>> correction.show(concern_id)  # doctest: +SKIP
    >>> correction.section.fields["harm"].load("property")  # doctest: +SKIP
    >>> correction.reason.value = "听错了"  # doctest: +SKIP
    >>> correction.save_button.click()  # doctest: +SKIP
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
        self._listeners: list[Callable[[], None]] = []
        self._resumers: list[Callable[[], None]] = []
        self._quiet = False
        self._record: Record | None = None
        self._heads: tuple[str, ...] = ()
        self._said: tuple[Words, str] | None = None
        self.lang = lang
        self.record_id: str | None = None
        self.amended: Amended | None = None
        self.merge: MergePart | None = None
        self._fault_listeners: list[Callable[[str], None]] = []
        self.reason = Reason(lang=lang)
        self.save_button = W.Button()
        self.save_button.add_class("gk-save")
        self._title, self._message, self._history = html(), html(css=MESSAGE), html()
        super().__init__()
        for css in ("gk-card", "gk-part", PART):
            self.add_class(css)
        self.layout.display = "none"
        self.save_button.on_click(lambda _: self.save())
        self.reason.on_typed(self._changed)
        self.keeper = DraftKeeper(store, CORRECTIONS, lang=lang)
        self.keeper.begin(new_id())
        self.keeper.attend(self._typed, self._resume)
        self.speak(lang)

    @property
    def section(self) -> Section | None:
        """The questions themselves; None where two versions are to be merged."""
        return None if self.amended is None else self.amended.section

    @property
    def message(self) -> str:
        """What was said last."""
        return str(self._message.value)

    @property
    def history(self) -> str:
        """The versions so far, as HTML."""
        return str(self._history.value)

    @property
    def unsaved(self) -> bool:
        """Whether something stands here that was typed or chosen, and is not in the ledger."""
        if self.reason.text:
            return True
        if self.merge is not None:
            return any(choice.value for choice in self.merge.choices.values())
        if self.amended is None or self._record is None:
            return False
        section = self.amended.section
        return bool(section.unreadable) or self.amended.value != self._record.answers()

    def on_saved(self, listener: Callable[[], None]) -> None:
        """Call `listener` after a correction was committed."""
        self._listeners.append(listener)

    def on_resumed(self, listener: Callable[[], None]) -> None:
        """Call `listener` after a draft was opened here."""
        self._resumers.append(listener)

    def show(self, record_id: str | None) -> None:
        """Show one record, to be corrected or merged; None closes the form.

        What stood here unsaved stays a draft.
        """
        self._begin(record_id, new_id())
        self._show()
        self._quiet = False
        self.keeper.refresh()

    def _begin(self, record_id: str | None, draft_id: str) -> None:
        self.keeper.begin(draft_id)
        self._quiet = True
        self.record_id = record_id
        self.reason.value = ""
        self.reason.forgive()
        self._say(None)

    def _typed(self) -> dict[str, Any] | None:
        if self._record is None or not self.unsaved:
            return None
        typed = Typed(self._record, self._heads, self.reason.value, self.amended, self.merge)
        return correction_content(typed)

    def _changed(self) -> None:
        if not self._quiet and self._record is not None:
            self.keeper.changed()

    def _resume(self, draft: Draft) -> None:
        told = told_by(draft)
        record_id, heads = str(told["record_id"]), tuple(told["heads"])
        history = self._store.history(record_id)
        record = version(history, record_id, heads)
        if record is None:
            self._begin(record_id, new_id())
            self._show()
            self._say(NOT_HERE, "gk-refused")
        else:
            self._begin(record_id, draft.draft_id)
            self._show_version(record, heads)
            if self.amended is not None:
                self.amended.retype(told)
            if self.merge is not None:
                self.merge.retype(told.get("choices", {}))
            self.reason.value = str(told.get("reason", ""))
            now = self._store.current([record_id]).get(record_id)
            if now is None or set(now.heads) != set(heads):
                self._say(CHANGED_SINCE, "gk-refused")
        self._quiet = False
        for listener in self._resumers:
            listener()

    def on_fault(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with the first field to be mended, when a save is refused for it."""
        self._fault_listeners.append(listener)

    def at(self, name: str, *, inside: bool) -> None:
        """Tell that the cursor came into a field, or left it."""
        if self.section is not None:
            self.section.at(name, inside=inside)

    def _show(self) -> None:
        found = {} if self.record_id is None else self._store.current([self.record_id])
        self.layout.display = "none" if self.record_id is None else None
        self.amended = self.merge = self._record = None
        if self.record_id is None:
            return
        if self.record_id not in found:
            self._say("gone", "gk-refused")
            self.children = (self._message,)
            return
        self._show_version(*found[self.record_id])

    def _show_version(self, record: Record, heads: tuple[str, ...]) -> None:
        self.layout.display = None
        self.amended = self.merge = None
        self._record, self._heads = record, heads
        history = self._store.history(record.record_id)
        self._history.value = history_block(history, self._store.profile, self.lang)
        if len(self._heads) > 1:
            sides = standing_heads(history, heads)
            kind = kind_of(self._record)
            self.merge = MergePart(sides, kind, self._store.profile, lang=self.lang)
            for choice in self.merge.choices.values():
                choice.observe(lambda _: self._changed(), "value")
            body: Column = self.merge
        else:
            self.amended = Amended(self._store, self._grids, self._record, lang=self.lang)
            self.amended.section.on_answer(self._changed)
            body = self.amended
        foot = W.Box([self.save_button])
        foot.add_class("gk-row")
        foot.add_class("gk-foot")
        head = tag("h4", Words("历史", "History").both(self.lang))
        past = html(head)
        exchange(
            self,
            (
                self._title, body, self.reason, foot, self.keeper.status, self._message, past,
                self._history,
            ),
        )  # fmt: skip
        self._show_title()

    def save(self) -> None:
        """Write the new version, with its reason; where nothing changed, write nothing."""
        if self._record is None:
            return
        if not self._sound():
            return
        try:
            self._write(self._record)
        except GridkitError as error:
            problems = "; ".join(p.zh for p in error.problems)
            problems_en = "; ".join(p.en for p in error.problems)
            self._say(
                Words(
                    f"没有保存。{error.zh} {problems}", f"Not saved. {error.en} {problems_en}"
                ),
                "gk-refused",
            )

    def _sound(self) -> bool:
        """Check everything, and say under each field what it lacks."""
        faults = [] if self.amended is None else list(self.amended.check())
        chosen = self.merge is None or self.merge.complete()
        if not self.reason.check():
            faults.append(WHY)
        if chosen and not faults:
            return True
        self._say("faults", "gk-refused")
        for listener in self._fault_listeners if faults else ():
            listener(faults[0])
        return False

    def _write(self, record: Record) -> None:
        if self.merge is not None:
            self._write_merged(record)
            return
        if self.amended is None:
            return
        changed = self.amended.value
        if changed == record.answers():
            self._say("nothing", "gk-refused")
            return
        fresh = MODELS[kind_of(record)](record_id=record.record_id, **changed)
        receipt = self._store.revise(
            fresh, parents=self._heads, by_role=self._by_role, why=self.reason.text
        )
        self._done("beside" if receipt.conflicts else "saved")

    def _write_merged(self, record: Record) -> None:
        merge, why = self.merge, self.reason.text
        if merge is None:
            return
        if merge.withdrawn:
            self._store.withdraw(
                record.record_id, parents=self._heads, by_role=self._by_role, why=why
            )
        else:
            fresh = MODELS[kind_of(record)](record_id=record.record_id, **merge.value)
            self._store.revise(fresh, parents=self._heads, by_role=self._by_role, why=why)
        self._done("saved")

    def _done(self, told: str) -> None:
        self.keeper.done()
        self.show(self.record_id)
        self._say(told, "gk-told")
        for listener in self._listeners:
            listener()

    def speak(self, lang: str) -> None:
        """Show everything in another language first; what was changed stays."""
        self.lang = lang
        self.save_button.description = Words("保存更正", "Save the correction").of(lang)
        self.save_button.tooltip = "Ctrl+Enter"
        self.reason.speak(lang)
        self.keeper.speak(lang)
        if self.amended is not None:
            self.amended.speak(lang)
        if self.merge is not None:
            self.merge.speak(lang)
        if self.record_id is not None and self._record is not None:
            history = self._store.history(self.record_id)
            self._history.value = history_block(history, self._store.profile, lang)
            self._show_title()
        if self._said is not None:
            self._say(*self._said)

    def _show_title(self) -> None:
        if self._record is None:
            return
        spec = self._record.spec
        words = Words(f"更正这条{spec.zh}", f"Correct this {spec.en.lower()}")
        if self.merge is not None:
            words = Words(
                f"这条{spec.zh}有两版并存, 请逐项选定",
                f"Two versions of this {spec.en.lower()}",
            )
        self._title.value = tag("h3", words.both(self.lang))

    def _say(self, words: Words | str | None, css: str = "") -> None:
        told = _WORDS[words] if isinstance(words, str) else words
        self._said = None if told is None else (told, css)
        role = "alert" if css == "gk-refused" else "status"
        self._message.value = tag("div", told.of(self.lang), cls=css, role=role) if told else ""
