"""The decision on one matter: the advised band accepted, or another one with a reason."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as W  # noqa: N812

from gridkit import triage
from gridkit.errors import GridkitError
from gridkit.forms.desk import Desk
from gridkit.forms.section import Group, Section
from gridkit.records.models import Decision, Record
from gridkit.records.spec import DECISION
from gridkit.screen.look import Column, Words, html, join, tag

NEEDS_REASON = Words("与建议不同, 请写明理由", "This differs from the advice: please say why")


class DecisionPanel(Column):
    """Accept the advice, or decide otherwise and say why; each is a record of its own.

    Parameters
    ----------
    desk : Desk
        The ledger.
    by_role : str
        The role of who decides.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    section : Section
        The questions `decided` and `reason`.
    accept_button, decide_button : Button
    message : str
        What was said last about saving, as HTML.
    """

    def __init__(self, desk: Desk, *, by_role: str = "centre_staff", lang: str = "zh") -> None:
        self._desk, self._by_role, self.lang = desk, by_role, lang
        self._story: triage.Explanation | None = None
        self._listeners: list[Callable[[Record], None]] = []
        self._message = html(css="gk-saving")
        self.accept_button, self.decide_button = W.Button(), W.Button()
        self.decide_button.add_class("gk-save")
        self.decide_button.description = Words("保存决定", "Save the decision").of(lang)
        groups = [Group(Words("改定等级", "Decide otherwise"), ("decided", "reason"))]
        self.section = Section(
            DECISION, desk.profile, groups, lang=lang, today=desk.store.today
        )
        rows = [W.Box([self.accept_button]), self.section, W.Box([self.decide_button])]
        for row in (rows[0], rows[2]):
            row.add_class("gk-row")
            row.add_class("gk-foot")
        super().__init__([*rows, self._message])
        self.accept_button.on_click(lambda _: self.accept())
        self.decide_button.on_click(lambda _: self.decide())

    @property
    def message(self) -> str:
        """What was said last about saving, as HTML."""
        return str(self._message.value)

    def open_story(self, story: triage.Explanation | None) -> None:
        """Ask about one matter; None where it is not scored: there is nothing to decide."""
        other = story is None or self._story is None
        if other or story.concern_id != self._story.concern_id:  # type: ignore[union-attr]
            self.section.reset()
            self._message.value = join()
        self._story = story
        self.layout.display = "none" if story is None else None
        if story is not None:
            label = story.band_label
            self.accept_button.description = Words(
                f"采纳建议: {label}", f"Accept the advice: {label}"
            ).of(self.lang)

    def on_decided(self, listener: Callable[[Record], None]) -> None:
        """Call `listener` with each decision, after COMMIT."""
        self._listeners.append(listener)

    def accept(self) -> Record | None:
        """Take the advised band; a decision record is written."""
        return None if self._story is None else self._save(self._story, self._story.band, None)

    def decide(self) -> Record | None:
        """Take the band that was chosen; where it differs from the advice, with a reason."""
        if self._story is None:
            return None
        answered = self.section.value
        faults = {k: v for k, v in self.section.check().items() if k in self.section.fields}
        reason = answered.get("reason")
        if not faults and answered["decided"] != self._story.band and reason is None:
            self.section.fields["reason"].say(NEEDS_REASON)
            faults = {"reason": NEEDS_REASON}
        return None if faults else self._save(self._story, answered["decided"], reason)

    def _save(
        self, story: triage.Explanation, decided: str, reason: str | None
    ) -> Record | None:
        record = Decision(
            concern_id=story.concern_id,
            on=self._desk.today,
            card_hash=story.card_hash,
            score=story.score,
            advised=story.band,
            decided=decided,
            reason=reason,
        )
        try:
            self._desk.store.add([record], by_role=self._by_role)
        except GridkitError as error:
            self._say(Words(f"没有保存。{error.zh}", f"Not saved. {error.en}"), "gk-refused")
            return None
        label = self._desk.profile.label("band", decided, self.lang)
        for listener in self._listeners:
            listener(record)
        self.section.reset()
        self._say(Words(f"已保存决定: {label}。", f"Decision saved: {label}."), "gk-told")
        return record

    def _say(self, words: Words, css: str) -> None:
        role = "alert" if css == "gk-refused" else "status"
        self._message.value = tag("div", words.of(self.lang), cls=css, role=role)
