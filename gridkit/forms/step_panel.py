"""The next step on one matter, by a button: only what is legal now, asking only what it needs.

The table of `triage.moves` says what may be done; here it is offered. What the ledger
refuses is said in plain words, and two people who step at once are both kept and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import triage
from gridkit.errors import GridkitError
from gridkit.forms.choices import ChoiceField, Options
from gridkit.forms.desk import Desk
from gridkit.forms.field import Field
from gridkit.forms.section import FILL_IN, PLEASE_CHOOSE, Group, Section
from gridkit.records.spec import ROLES, STEP
from gridkit.screen.look import Column, Markup, Words, dress, html, join, tag
from gridkit.triage.chronicle import state_label
from gridkit.triage.moves import MOVES
from gridkit.triage.taking import StepTaken
from gridkit.triage.workflow import allowed_now

_ACTING = frozenset(role for move in MOVES for role in move.roles)
_MAIN = frozenset(move.step for move in MOVES if move.to or move.step == "followed_up")
_ONE_BUTTON = "unsatisfied"  # the follow-up asks whether the resident is content
_NOTHING = Words(
    "以这个身份现在没有可办的步骤; 换一个身份看看。",
    "Nothing may be done now in this role; try another.",
)
_CLASH = Words(
    "有人在您打开之后也办了一步。两步都已保留; 您的这一步与现在的状态冲突, 未计入, "
    "已在经过中标出, 请人工核对。",
    "Somebody stepped on it after you opened it. Both steps are kept; yours does not fit where "
    "the matter stands now, counts for nothing, and is marked in the story: please check.",
)
_NO_ROOTS = Words(
    "同一乡镇没有同类的待办事项可以并入。", "No open matter of this kind is near."
)


class StepPanel(Column):
    """Buttons for the legal next steps of one matter, and what the chosen one asks.

    Parameters
    ----------
    desk : Desk
        The ledger.
    by_role : str
        The role that is chosen at first.
    lang : {"zh", "en"}
        Which language comes first.
    roots : callable, optional
        Gives what a matter may be merged into, as options.

    Attributes
    ----------
    role : Dropdown
        In which role the step is taken; set its `.value`.
    buttons : dict of str to Button
        The legal next steps, by their code in `triage.moves`.
    section : Section or None
        What the chosen step asks.
    save_button, cancel_button, propose_button : Button
    """

    def __init__(
        self,
        desk: Desk,
        *,
        by_role: str = "centre_staff",
        lang: str = "zh",
        roots: Callable[[str], Options] | None = None,
    ) -> None:
        self._desk, self.lang, self._roots = desk, lang, roots
        self._matter = triage.Matter()
        self._concern_id, self._seen = "", frozenset[str]()
        self._facts: dict[str, Any] = {}
        self._chosen: triage.Allowed | None = None
        self._listeners: list[Callable[[StepTaken], None]] = []
        self.buttons: dict[str, Any] = {}
        self.section: Section | None = None
        names = [(Words(zh, en).of(lang), code) for code, zh, en in ROLES if code in _ACTING]
        self.role = dress(W.Dropdown(options=names, value=by_role))
        self.role.description = Words("以什么身份办理", "Acting as").both(lang)
        self._steps, self._acts, self._ask = (W.Box([]) for _ in range(3))
        self._hint, self._message = html(), html(css="gk-saving")
        self.save_button = _button(Words("保存这一步", "Save this step").of(lang), "gk-save")
        self.cancel_button = _button(Words("取消", "Cancel").of(lang), "gk-quiet")
        self.propose_button = _button(Words("用建议的单位", "Take the proposal").of(lang))
        for box in (self._steps, self._acts):
            box.add_class("gk-steps")
        self._ask.add_class("gk-ask")
        self._ask.layout.flex_flow = "column"
        others = html(tag("div", Words("其他记录", "Other acts").of(lang), cls="gk-small"))
        self._others = W.VBox([others, self._acts])
        super().__init__([self.role, self._steps, self._others, self._ask, self._message])
        self.role.observe(lambda _: self._offer(), "value")
        self.save_button.on_click(lambda _: self.save())
        self.cancel_button.on_click(lambda _: self._close())
        self.propose_button.on_click(lambda _: self._propose())

    @property
    def message(self) -> str:
        """What was said last about saving, as HTML."""
        return str(self._message.value)

    def on_taken(self, listener: Callable[[StepTaken], None]) -> None:
        """Call `listener` with each step that was taken, after COMMIT."""
        self._listeners.append(listener)

    def open_matter(
        self,
        concern_id: str,
        matter: triage.Matter,
        seen: Iterable[str],
        concern: dict[str, Any],
    ) -> None:
        """Offer the next steps of one matter.

        Parameters
        ----------
        concern_id : str
        matter : Matter
            Where it stands.
        seen : iterable of str
            The ids of the steps that are in view: a step of somebody else since is a clash.
        concern : dict
            Its answers, for the proposal of a unit.
        """
        if concern_id != self._concern_id:
            self._message.value = join()
        self._concern_id, self._matter = concern_id, matter
        self._seen, self._facts = frozenset(seen), concern
        self._offer()

    def _offer(self) -> None:
        legal = [
            one for one in allowed_now(self._matter, self.role.value) if one.step != _ONE_BUTTON
        ]
        self.buttons = {one.step: self._offered(one) for one in legal}
        main = [button for step, button in self.buttons.items() if step in _MAIN]
        acts = [button for step, button in self.buttons.items() if step not in _MAIN]
        self._steps.children = main or [html(tag("p", _NOTHING.of(self.lang)))]
        self._acts.children = acts
        self._others.layout.display = None if acts else "none"
        self._close()

    def _offered(self, one: triage.Allowed) -> Any:
        button = _button(Words(one.zh, one.en).of(self.lang))
        button.on_click(lambda _: self.choose(one))
        return button

    def _close(self) -> None:
        self._chosen, self.section = None, None
        self._ask.children = ()
        self._ask.layout.display = "none"
        self._mark("")

    def _mark(self, step: str) -> None:
        for name, button in self.buttons.items():
            (button.add_class if name == step else button.remove_class)("gk-chosen")

    def choose(self, one: triage.Allowed) -> None:
        """Ask what a step needs."""
        self._chosen = one
        self._message.value = join()
        self._mark(one.step)
        needed = [need.code for need in one.says]
        names = [*needed, *(["joint_units"] if one.action == "routed" else []), "on"]
        names += [] if "reason" in needed else ["reason"]
        own: dict[str, Field] = {}
        if "into_id" in names:
            options = self._roots(self._concern_id) if self._roots else []
            own["into_id"] = ChoiceField(STEP["into_id"], options, lang=self.lang)
            if not options:
                own["into_id"].say(None, hint=_NO_ROOTS)
        title = Words(one.zh, one.en)
        section = Section(
            STEP,
            self._desk.profile,
            [Group(title, tuple(names))],
            fields=own,
            lang=self.lang,
            today=self._desk.store.today,
        )
        section.given = {"concern_id": self._concern_id, "action": one.action}
        section.load({"on": self._desk.today})
        self.section = section
        self._hint.value = self._proposal() if one.action == "routed" else join()
        foot = W.Box([self.save_button, self.cancel_button])
        foot.add_class("gk-row")
        foot.add_class("gk-foot")
        routing = [self._hint, self.propose_button] if one.action == "routed" else []
        self._ask.children = (*routing, section, foot)
        self._ask.layout.display = None

    def _routing(self) -> triage.Routing:
        steps = self._desk.rows("step", "concern_id", [self._concern_id])
        back = steps[(steps["action"] == "returned").to_numpy()]["unit"].dropna()
        return triage.route_one(self._facts, self._desk.profile, set(back.astype("str")))

    def _proposal(self) -> Markup:
        found, label = self._routing(), self._desk.profile.label
        joint = [label("unit", code, self.lang) for code in found.joint_units]
        unit = label("unit", found.unit, self.lang)
        zh = f"建议: {unit}" + (f", 联办 {'、'.join(joint)}" if joint else "")
        en = f"Proposed: {unit}" + (f", with {', '.join(joint)}" if joint else "")
        words = Words(f"{zh}。{found.reason_zh}。", f"{en}. {found.reason_en}.")
        return tag("p", words.of(self.lang), cls="gk-lower")

    def _propose(self) -> None:
        if self.section is None:
            return
        found = self._routing()
        self.section.fields["unit"].load(found.unit)
        if found.joint_units:
            self.section.fields["joint_units"].load(" ".join(found.joint_units))

    def save(self) -> StepTaken | None:
        """Take the step that was chosen, with what was answered."""
        if self._chosen is None or self.section is None or self._lacking():
            return None
        answers = self.section.value
        on: date = answers.pop("on")
        special = {"special": True} if self._chosen.step == "closed_special" else {}
        try:
            taken = triage.take_step(
                self._desk.store,
                self._concern_id,
                self._chosen.action,
                by_role=self.role.value,
                on=on,
                seen=self._seen,
                **answers,
                **special,
            )
        except GridkitError as error:
            self._refused(error)
            return None
        done = self._chosen
        for listener in self._listeners:
            listener(taken)
        self._told(done, taken)
        return taken

    def _lacking(self) -> bool:
        """Check the answers, and say under each field what it lacks."""
        section, chosen = self.section, self._chosen
        if section is None or chosen is None:
            return True
        faults = {k: v for k, v in section.check().items() if k in section.fields}
        for need in chosen.says:
            field = section.fields[need.code]
            if field.blank:
                kind = PLEASE_CHOOSE if isinstance(field, ChoiceField) else FILL_IN
                faults[need.code] = kind
                field.say(kind)
        if section.fields["on"].blank:
            section.fields["on"].say(FILL_IN)
            faults["on"] = FILL_IN
        return bool(faults)

    def _refused(self, error: GridkitError) -> None:
        head = Words(f"没有保存。{error.zh}", f"Not saved. {error.en}").of(self.lang)
        told = [tag("li", Words(p.zh, p.en).of(self.lang)) for p in error.problems]
        self._message.value = tag(
            "div", head, tag("ul", *told) if told else join(), cls="gk-refused", role="alert"
        )

    def _told(self, done: triage.Allowed, taken: StepTaken) -> None:
        if taken.clash:
            words, css, role = _CLASH, "gk-refused", "alert"
        else:
            now = {lang: state_label(taken.matter.state, lang) for lang in ("zh", "en")}
            words = Words(
                f"已保存: {done.zh}。现在: {now['zh']}。",
                f"Saved: {done.en}. Now: {now['en']}.",
            )
            css, role = "gk-told", "status"
        self._message.value = tag("div", words.of(self.lang), cls=css, role=role)


def _button(description: str, css: str = "") -> Any:
    button = W.Button(description=description)
    if css:
        button.add_class(css)
    return button


def answers_of(concern: pd.Series) -> dict[str, Any]:
    """Give the answers of a row of the ledger, without gaps, for `triage.route_one`."""
    return {str(name): value for name, value in concern.items() if not pd.isna(value)}
