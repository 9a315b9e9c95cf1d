"""One matter on the board: why it stands where it stands, its history, and the decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import triage
from gridkit.errors import GridkitError
from gridkit.forms.advice_view import band_chip, subject
from gridkit.forms.desk import Desk
from gridkit.forms.look import Column, Markup, Words, html, join, table, tag
from gridkit.forms.section import Group, Section
from gridkit.records.models import Decision, Record
from gridkit.records.spec import ACTIONS, DECISION, ROLES

_ACTIONS = {code: Words(zh, en) for code, zh, en in ACTIONS}
_ROLES = {code: Words(zh, en) for code, zh, en in ROLES}
_FACTOR_HEAD = (
    Words("因素", "Factor"),
    Words("记录的情况", "On record"),
    Words("得分", "Points"),
    Words("范围", "Range"),
    Words("依据", "Source"),
)
_HISTORY_HEAD = (
    Words("日期", "Day"),
    Words("何事", "What"),
    Words("写入台账", "Written"),
    Words("身份", "Role"),
)
NEEDS_REASON = Words("与建议不同, 请写明理由", "This differs from the advice: please say why")


class MatterView(Column):
    """All about one matter, and the form for a decision on it.

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
    concern_id : str or None
        The matter that is open.
    section : Section
        The questions `decided` and `reason`.
    accept_button, decide_button : Button
    message : str
        What was said last about saving, as HTML.
    page : str
        Explanation and history, as HTML.
    """

    def __init__(self, desk: Desk, *, by_role: str = "centre_staff", lang: str = "zh") -> None:
        self._desk, self._by_role, self.lang = desk, by_role, lang
        self.concern_id: str | None = None
        self._listeners: list[Callable[[Record], None]] = []
        self._story: triage.Explanation | None = None
        self._page, self._message = html(), html(css="gk-saving")
        self.accept_button, self.decide_button = W.Button(), W.Button()
        self.decide_button.add_class("gk-save")
        groups = [Group(Words("改定等级", "Decide otherwise"), ("decided", "reason"))]
        self.section = Section(
            DECISION, desk.profile, groups, lang=lang, today=desk.store.today
        )
        accept = W.Box([self.accept_button])
        accept.add_class("gk-row")
        accept.add_class("gk-foot")
        decide = W.Box([self.decide_button])
        decide.add_class("gk-row")
        decide.add_class("gk-foot")
        self.decide_button.description = Words("保存决定", "Save the decision").of(lang)
        super().__init__([self._page, accept, self.section, decide, self._message])
        self.add_class("gk-card")
        self.accept_button.on_click(lambda _: self.accept())
        self.decide_button.on_click(lambda _: self.decide())
        self.close_matter()

    @property
    def message(self) -> str:
        """What was said last about saving, as HTML."""
        return str(self._message.value)

    @property
    def page(self) -> str:
        """Explanation and history, as HTML."""
        return str(self._page.value)

    def close_matter(self) -> None:
        """Show nothing."""
        self.concern_id, self._story = None, None
        self.layout.display = "none"

    def open_matter(self, concern_id: str, inputs: pd.DataFrame, row: pd.Series) -> None:
        """Show one matter.

        Parameters
        ----------
        concern_id : str
        inputs : DataFrame
            As `triage.inputs` made it for today.
        row : Series
            The matter's row of the worklist, with its deadline in words.
        """
        desk = self._desk
        self.concern_id = concern_id
        self._row = row
        self._story = triage.explain_one(
            inputs,
            concern_id,
            desk.profile.scorecard,
            desk.today,
            "en" if self.lang == "en" else "zh",
            profile=desk.profile,
        )
        label = self._story.band_label
        self.accept_button.description = Words(
            f"采纳建议: {label}", f"Accept the advice: {label}"
        ).of(self.lang)
        self.section.reset()
        self._message.value = join()
        self._show()
        self.layout.display = None

    def _show(self) -> None:
        story, row = self._story, self._row
        if story is None or self.concern_id is None:
            return
        profile, lang = self._desk.profile, self.lang
        record = self._desk.store.current([self.concern_id])[self.concern_id].record
        words = [
            tag("p", tag("b", f"{Words(spec.zh, spec.en).of(lang)}: "), text)
            for spec in (record.spec["summary"], record.spec["wanted"])
            if (text := record.answers().get(spec.name))
        ]
        clock = Words("时限: ", "Deadline: ").of(lang)
        self._page.value = join(
            tag(
                "h3",
                band_chip(story.band, profile, lang),
                f" {story.score} {subject(row, profile, lang)}",
            ),
            *words,
            tag("p", story.sentence),
            tag("p", clock, str(row[f"deadline_{lang}"])),
            self._factors(story),
            tag("p", story.counterfactual),
            tag("p", story.missing_text),
            tag("p", story.advice, cls="gk-help"),
            self._history(),
        )

    def _factors(self, story: triage.Explanation) -> Markup:
        rows: list[tuple[str, ...]] = [
            (
                str(factor["factor"]),
                str(factor["value"]),
                f"{factor['points']:+d}",
                f"{factor['least']} – {factor['most']}",
                str(factor["source"]),
            )
            for _, factor in story.factors.iterrows()
        ]
        listing = table(tuple(w.of(self.lang) for w in _FACTOR_HEAD), rows)
        return tag("div", listing, cls="gk-scroll")

    def _history(self) -> Markup:
        desk, lang = self._desk, self.lang
        concern = desk.rows("concern", "record_id", [self.concern_id])
        steps = desk.rows("step", "concern_id", [self.concern_id])
        decisions = desk.rows("decision", "concern_id", [self.concern_id])
        heard = Words("得知", "heard").of(lang)
        known = {str(i): (day, heard) for i, day in concern["heard_on"].items()}
        for i, step in steps.iterrows():
            known[str(i)] = (step["on"], _ACTIONS[str(step["action"])].of(lang))
        for i, made in decisions.iterrows():
            label = desk.profile.label("band", str(made["decided"]), lang)
            words = Words(f"决定: {label}", f"decided: {label}").of(lang)
            known[str(i)] = (made["on"], words)
        rows = [row for i, (day, what) in known.items() for row in self._versions(i, day, what)]
        rows.sort(key=lambda row: (row[0], row[2]))
        listing = table(tuple(w.of(lang) for w in _HISTORY_HEAD), rows)
        title = Words("经过", "History").both(lang)
        return join(tag("h4", title), tag("div", listing, cls="gk-scroll"))

    def _versions(self, record_id: str, day: pd.Timestamp, what: str) -> list[tuple[str, ...]]:
        """List the versions of one record: what it says, then each change of it."""
        changed = Words("更改", "changed").of(self.lang)
        return [
            (
                f"{day:%Y-%m-%d}",
                what if number == 0 else f"{what} ({changed})",
                _local(str(version["recorded_at"])),
                _ROLES[str(version["by_role"])].of(self.lang),
            )
            for number, (_, version) in enumerate(
                self._desk.store.history(record_id).iterrows()
            )
        ]

    def on_decided(self, listener: Callable[[Record], None]) -> None:
        """Call `listener` with each decision, after COMMIT."""
        self._listeners.append(listener)

    def accept(self) -> Record | None:
        """Take the advised band; a decision record is written."""
        return None if self._story is None else self._save(self._story.band, None)

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
        return None if faults else self._save(answered["decided"], reason)

    def _save(self, decided: str, reason: str | None) -> Record | None:
        story = self._story
        if story is None or self.concern_id is None:
            return None
        record = Decision(
            concern_id=self.concern_id,
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
        self._show()
        self._say(Words(f"已保存决定: {label}。", f"Decision saved: {label}."), "gk-told")
        return record

    def _say(self, words: Words, css: str) -> None:
        role = "alert" if css == "gk-refused" else "status"
        self._message.value = tag("div", words.of(self.lang), cls=css, role=role)


def _local(utc: str) -> str:
    moment = datetime.fromisoformat(utc).astimezone(ZoneInfo("Asia/Shanghai"))
    return f"{moment:%Y-%m-%d %H:%M}"
