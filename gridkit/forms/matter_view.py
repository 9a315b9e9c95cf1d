"""One matter opened: where it stands, its clocks, its story, its score; a person acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import triage
from gridkit.forms.advice_view import band_chip, row_or_none, subject
from gridkit.forms.backlog_sheet import BacklogSheet
from gridkit.forms.choices import Options
from gridkit.forms.clock_bars import clock_bars
from gridkit.forms.correction import PART, Correction
from gridkit.forms.decision_panel import DecisionPanel
from gridkit.forms.desk import Desk
from gridkit.forms.photo_field import photo_block
from gridkit.forms.score_view import score_view
from gridkit.forms.session_sheet import SessionSheet
from gridkit.forms.step_panel import StepPanel, answers_of
from gridkit.forms.story_line import story_line
from gridkit.records.models import Record
from gridkit.screen.look import Column, Markup, Words, html, join, tag
from gridkit.triage.board import townships
from gridkit.triage.chronicle import state_label
from gridkit.triage.taking import StepTaken

_MOST_ROOTS = 60
_TITLES = {
    "clocks": Words("时限", "Clocks"),
    "steps": Words("下一步", "Next step"),
    "meet": Words("会商与包案", "Sessions and owners"),
    "story": Words("经过", "Story"),
    "score": Words("分数与理由", "Score and reasons"),
    "decision": Words("由人决定", "A person decides"),
}


class MatterView(Column):
    """All about one matter, the next step on it, and the decision.

    Parameters
    ----------
    desk : Desk
        The ledger.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    concern_id : str or None
        The matter that is open.
    steps : StepPanel
        The legal next steps.
    session, backlog : SessionSheet, BacklogSheet
        Write down a session on it; put it on a list of hard matters.
    decision : DecisionPanel
        The advised band, accepted or not.
    back_button, correct_button : Button
        Back to the list; open what was recorded to correct it, or close it again.
    correction : Correction or None
        The form to correct it; None until it is opened.
    page : str
        All that is shown about it, as HTML.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self.concern_id: str | None = None
        self.steps = StepPanel(desk, lang=lang, roots=self._roots)
        self.session, self.backlog = (
            sheet(desk, lang=lang) for sheet in (SessionSheet, BacklogSheet)
        )
        self.decision = DecisionPanel(desk, lang=lang)
        self.back_button = W.Button(description=Words("← 返回列表", "← Back").of(lang))
        self.correct_button = W.Button()
        self.correction: Correction | None = None
        self._correcting = W.VBox()
        self._correctors: list[Callable[[], None]] = []
        self._head, self._clocks, self._story, self._score = (html() for _ in range(4))
        left = W.VBox(
            [
                self._titled("clocks"),
                self._clocks,
                self._titled("steps"),
                self.steps,
                self._titled("meet"),
                self.session,
                self.backlog,
                self._titled("story"),
                self._story,
            ]
        )
        right = W.VBox(
            [self._titled("score"), self._score, self._titled("decision"), self.decision]
        )
        both = W.Box([left, right])
        both.add_class("gk-two")
        back = W.Box([self.back_button, self.correct_button])
        back.add_class("gk-row")
        super().__init__([back, self._head, self._correcting, both])
        self.add_class("gk-card")
        self.add_class("gk-matter")
        self.correct_button.on_click(lambda _: self.toggle_correction())
        self.steps.on_taken(self._took)
        self.decision.on_decided(self._decided)
        self.session.on_written(self._show)
        self.backlog.on_written(self._show)
        self.close_matter()

    def _titled(self, name: str) -> Any:
        return html(tag("h4", _TITLES[name].both(self.lang)), css="gk-sub")

    @property
    def page(self) -> str:
        """All that is shown about the matter, as HTML."""
        parts = (self._head, self._clocks, self._story, self._score)
        return "".join(str(part.value) for part in parts)

    def toggle_correction(self) -> None:
        """Open what was recorded, to correct it with a reason; or close it again."""
        form = self.correction
        if form is None:
            desk = self._desk
            form = Correction(desk.store, desk.grids, by_role="centre_staff", lang=self.lang)
            form.on_saved(self._corrected)
            form.on_resumed(self._name_correction)
            self.correction, self._correcting.children = form, (form.keeper, form)
        form.show(self.concern_id if form.record_id is None else None)
        self._name_correction()

    def _name_correction(self) -> None:
        opened = self.correction is not None and self.correction.record_id is not None
        words = Words("更正登记内容", "Correct what was recorded")
        closing = Words("收起更正", "Close the correction")
        self.correct_button.description = (closing if opened else words).of(self.lang)

    def _corrected(self) -> None:
        self._desk.keep_up()
        self._show()
        for listener in self._correctors:
            listener()

    def at(self, field: str, part: str, inside: bool) -> None:  # noqa: FBT001 (as Frame tells)
        """Tell that the cursor came into a field of the correction, or left it."""
        if part == PART and self.correction is not None:
            self.correction.at(field, inside=inside)

    def close_matter(self) -> None:
        """Show nothing."""
        self._close_correction()
        self.concern_id = None
        self.layout.display = "none"

    def open_matter(self, concern_id: str) -> None:
        """Show one matter of the ledger, open or not."""
        self._close_correction()
        self.concern_id = concern_id
        self._show()
        self.layout.display = None

    def _close_correction(self) -> None:
        if self.correction is not None:
            self.correction.show(None)
        self._name_correction()

    def on_taken(self, listener: Callable[[StepTaken], None]) -> None:
        """Call `listener` with each step, after COMMIT."""
        self.steps.on_taken(listener)

    def on_decided(self, listener: Callable[[Record], None]) -> None:
        """Call `listener` with each decision, after COMMIT."""
        self.decision.on_decided(listener)

    def on_written(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each session, list of hard matters or correction, after COMMIT."""
        self._correctors.append(listener)
        self.session.on_written(listener)
        self.backlog.on_written(listener)

    def _took(self, taken: StepTaken) -> None:
        self._desk.take([taken.step])
        self._show()

    def _decided(self, made: Record) -> None:
        self._desk.take([made])
        self._show()

    def _show(self) -> None:
        if self.concern_id is None:
            return
        desk, lang, one = self._desk, self.lang, self.concern_id
        events = triage.chronicle(desk.store, one, sessions=desk.sessions())
        case = desk.store.case(one)
        if case is None:
            return
        taken = [step.record for step in case.steps]
        matter = triage.state(taken, case.concern.record.heard_on)
        concern = desk.rows("concern", "record_id", [one])
        explained = self._explained(one, concern)
        self._head.value = self._headline(
            case.concern.record, concern.iloc[0], matter, explained
        )
        self._clocks.value = clock_bars(self._clocks_of(concern), lang)
        self._story.value = story_line(events, desk.profile, lang)
        self._score.value = score_view(explained, desk.profile, lang)
        self.steps.open_matter(
            one, matter, [step.record_id for step in taken], answers_of(concern.iloc[0])
        )
        self.session.open_matter(one)
        self.backlog.open_matter(one)
        self.decision.open_story(explained)

    def _explained(self, one: str, concern: pd.DataFrame) -> triage.Explanation | None:
        """Explain the score by all concerns of the same grid; None where there is no score."""
        desk = self._desk
        near = desk.rows("concern", "grid_id", concern["grid_id"])
        theirs = desk.rows("step", "concern_id", near.index)
        facts = triage.inputs(near, theirs, desk.today, desk.profile)
        if one not in facts.index:
            return None
        return triage.explain_one(
            facts,
            one,
            desk.profile.scorecard,
            desk.today,
            "en" if self.lang == "en" else "zh",
            profile=desk.profile,
        )

    def _clocks_of(self, concern: pd.DataFrame) -> pd.DataFrame:
        """List the clocks, with the agreements that only a session tells of."""
        desk = self._desk
        steps = desk.rows("step", "concern_id", [self.concern_id])
        sessions = desk.sessions()
        named = sessions["concern_ids"].astype("str").str.contains(str(self.concern_id))
        mine = sessions[named.fillna(value=False).to_numpy(dtype=bool)]
        # a session is about several matters: only the steps of this one are added
        mine = mine.assign(concern_ids=str(self.concern_id))
        return triage.deadlines_of(
            concern, triage.with_agreements(steps, mine), desk.profile, desk.today, self.lang
        )

    def _headline(
        self,
        record: Record,
        concern: pd.Series,
        matter: triage.Matter,
        story: triage.Explanation | None,
    ) -> Markup:
        profile, lang = self._desk.profile, self.lang
        chip = join() if story is None else band_chip(story.band, profile, lang)
        source = profile.label("source", record.source, lang)
        facts = [
            (Words("编号", "Number"), str(self.concern_id)[-8:]),
            (Words("网格", "Grid"), self._desk.place(str(concern["grid_id"]))),
            (Words("得知", "Heard"), f"{record.heard_on} · {source}"),
            (Words("现在", "Now"), state_label(matter.state, lang)),
            (Words("责任单位", "Unit"), self._unit(matter)),
            (Words("该谁办", "Turn"), self._turn(matter)),
        ]
        told = [
            tag("p", tag("b", f"{Words(spec.zh, spec.en).of(lang)}: "), text)
            for spec in (record.spec["summary"], record.spec["wanted"])
            if (text := record.answers().get(spec.name))
        ]
        spans = [tag("span", tag("b", f"{w.of(lang)}: "), text) for w, text in facts]
        return join(
            tag("h3", chip, " ", subject(concern, profile, lang)),
            tag("div", *spans, cls="gk-facts"),
            *told,
            photo_block(self._desk.store.photos, record.photo, lang),
        )

    def _unit(self, matter: triage.Matter) -> str:
        if matter.unit is None:
            return Words("尚无", "none yet").of(self.lang)
        label = self._desk.profile.label
        named = [label("unit", code, self.lang) for code in (matter.unit, *matter.joint_units)]
        if len(named) == 1:
            return named[0]
        joint = "、".join(named[1:])
        return Words(f"{named[0]} (联办: {joint})", f"{named[0]} (with {joint})").of(self.lang)

    def _turn(self, matter: triage.Matter) -> str:
        if not matter.waiting_for:
            return "—"
        return self._desk.profile.label("turn", matter.waiting_for, self.lang)

    def _roots(self, concern_id: str) -> Options:
        """Offer open matters of the same kind in the same township, the oldest first."""
        desk = self._desk
        concerns = desk.frame("concern")
        own = row_or_none(concerns, concern_id)
        if own is None:
            return []
        same = (concerns["demand_type"] == own["demand_type"]).to_numpy()
        near = concerns[same]
        town = townships(near["grid_id"].astype("str")).astype("str")
        near = near[(town == town[concern_id]).to_numpy() & (near.index != concern_id)]
        steps = desk.rows("step", "concern_id", near.index)
        alive = triage.states(near, steps, desk.today)["state"].astype("str")
        open_ones = near[alive.isin(triage.OPEN_STATES).to_numpy()].sort_values("heard_on")
        made: Options = []
        for i, row in open_ones.head(_MOST_ROOTS).iterrows():
            words = f"{row['heard_on']:%Y-%m-%d} {self._desk.place(str(row['grid_id']))}"
            zh = f"{words} · {subject(row, desk.profile)} ({str(i)[-8:]})"
            en = f"{words} · {subject(row, desk.profile, 'en')} ({str(i)[-8:]})"
            made.append((Words(zh, en), str(i)))
        return made
