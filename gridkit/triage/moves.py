"""The life of a matter as a table: its states, the moves between them, what each needs.

One row of `MOVES` says which step may be taken in which states, by which roles, what must
have happened before (`needs`), what must not have (`lacks`), what the step itself has to
say (`says`), and what is true afterwards. Nothing else knows what is legal: one matter and a
million go by this table (`domain.md` section 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from gridkit.records.spec import ACTIONS


class State(NamedTuple):
    """Where a matter stands, and who is to act: a code of the table `turn`, or nobody."""

    code: str
    zh: str
    en: str
    turn: str
    is_open: bool


STATES = (
    State("draft", "待登记", "heard, not registered", "intake", is_open=True),
    State("registered", "已登记", "registered", "intake", is_open=True),
    State("triaged", "已研判", "triaged", "intake", is_open=True),
    State("routed", "已分流, 待受理", "routed", "unit", is_open=True),
    State("objected", "异议待定", "assignment objected to", "intake", is_open=True),
    State("returned", "已回退, 待改派", "returned", "intake", is_open=True),
    State("accepted", "已受理", "accepted", "unit", is_open=True),
    State("in_progress", "办理中", "in progress", "unit", is_open=True),
    State("extended", "已延期", "extended", "unit", is_open=True),
    State("answered", "已答复, 待核查", "answered", "intake", is_open=True),
    State("verified", "已核查, 待回访", "verified", "grid_worker", is_open=True),
    State("followed_up", "已回访, 群众满意", "followed up, content", "intake", is_open=True),
    State("unsatisfied", "群众不满意, 退回办理", "back to handling", "intake", is_open=True),
    State("review", "复查中", "under review", "reviewer", is_open=True),
    State("re_review", "复核中", "under re-review", "re_reviewer", is_open=True),
    State("reopened", "已重启", "reopened", "intake", is_open=True),
    State("closed", "已销号", "closed", "", is_open=False),
    State("archived", "已归档", "archived", "", is_open=False),
    State("merged", "已归并", "merged into a root cause", "", is_open=False),
    State("withdrawn", "已撤回", "withdrawn", "", is_open=False),
    State("to_statutory_channel", "已转法定途径", "in a statutory channel", "", is_open=False),
)
"""All states, in the order of a matter's life. A merged matter waits with its root."""

OPEN_STATES = tuple(state.code for state in STATES if state.is_open)
"""The states of a matter that has not ended."""


class Need(NamedTuple):
    """What a step needs: something done before, or something that it has to say."""

    code: str
    zh: str
    en: str


NEEDS = MappingProxyType(
    {
        need.code: need
        for need in (
            # what was done before
            Need("answered", "先有答复", "an answer first"),
            Need("verified", "先核查答复是否属实", "a check of the answer first"),
            Need("content", "先回访, 群众满意", "a follow-up with a content resident first"),
            Need("reviewed", "先经复查并答复", "a review that was answered first"),
            Need("hearing", "先有听证开始", "a hearing that has begun"),
            Need("agreed", "先达成协议", "an agreement first"),
            Need("arbitration", "先申请仲裁", "a request for arbitration first"),
            Need("arbitrated", "先由仲裁机构受理", "an accepted arbitration first"),
            Need("plan", "先公布方案", "a published plan first"),
            # what must not have been done yet
            Need("extended", "已经延期过一次", "it was extended once already"),
            Need("re_reviewed", "已经复核, 复核为终", "the re-review is final"),
            # what the step says
            Need("unit", "写明责任单位", "the unit in charge"),
            Need("reason", "写明理由或内容", "a reason, or what was said"),
            Need("into_id", "写明并入哪件事", "the matter it is merged into"),
            Need("satisfied", "写明群众是否满意", "whether the resident is content"),
        )
    }
)

FACTS = (
    "answered",
    "verified",
    "content",
    "extended",
    "reviewed",
    "re_reviewed",
    "hearing",
    "agreed",
    "arbitration",
    "arbitrated",
    "plan",
    "special",
)
"""What a matter remembers beside its state; each is one bit."""


class Move(NamedTuple):
    """A step that may be taken: in which states, by whom, with what, leading where.

    `step` is an action of the spec, or one of the two that its answers tell apart:
    `unsatisfied` (a follow-up with a resident who is not content) and `closed_special`
    (struck off by exception). `to` is the state after it; empty: as before.
    """

    step: str
    within: tuple[str, ...]
    to: str
    roles: tuple[str, ...]
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()


_CENTRE = ("centre_staff",)
_DESK = ("centre_staff", "village_staff")
_DOOR = ("grid_worker", "village_staff", "centre_staff")
_LEAD = ("centre_staff", "leader")
_HANDLERS = ("unit_staff", "mediator", "centre_staff", "leader")

_WAITING = ("registered", "triaged", "objected", "returned", "unsatisfied", "reopened")
_WITH_UNIT = ("routed", "accepted", "in_progress", "extended")
_HANDLED = ("accepted", "in_progress", "extended")
_TOLD = ("answered", "verified", "followed_up")
_REVIEWS = ("review", "re_review")
_OPEN = tuple(s.code for s in STATES if s.is_open and s.code != "draft")
_ENDED = tuple(s.code for s in STATES if not s.is_open)
_AFTERMATH = ("closed", "to_statutory_channel")
_DONE = ("answered", "verified", "content")

MOVES = (
    Move("registered", ("draft",), "registered", _DOOR),
    Move("triaged", _WAITING[:1] + _WAITING[2:], "triaged", _CENTRE),
    Move("routed", _WAITING, "routed", (*_DESK, "leader"), says=("unit",)),
    Move("objected", ("routed",), "objected", ("unit_staff",), says=("reason",)),
    Move("returned", _WITH_UNIT, "returned", ("unit_staff", *_CENTRE), says=("reason",)),
    Move("returned", ("objected",), "returned", _LEAD, says=("reason",)),
    Move("accepted", ("routed",), "accepted", ("unit_staff",)),
    Move("in_progress", (*_HANDLED, "unsatisfied", "reopened"), "in_progress", _HANDLERS),
    Move(
        "extended",
        ("accepted", "in_progress"),
        "extended",
        ("leader",),
        lacks=("extended",),
        says=("reason",),
        adds=("extended",),
    ),
    # on the spot, at the door or the window; else by the unit; a review by the body above
    Move(
        "answered",
        ("registered", "triaged"),
        "answered",
        _DOOR,
        says=("reason",),
        adds=("answered",),
    ),
    Move(
        "answered",
        _HANDLED,
        "answered",
        ("unit_staff", *_CENTRE),
        says=("reason",),
        adds=("answered",),
    ),
    Move("answered", _REVIEWS, "answered", _LEAD, says=("reason",), adds=("answered",)),
    Move("verified", _TOLD, "verified", (*_DESK, "leader"), ("answered",), adds=("verified",)),
    Move(
        "followed_up",
        _TOLD,
        "followed_up",
        _DOOR,
        ("answered",),
        says=("satisfied",),
        adds=("content",),
    ),
    Move(
        "unsatisfied",
        _TOLD,
        "unsatisfied",
        _DOOR,
        ("answered",),
        says=("satisfied",),
        drops=(*_DONE, "extended"),
    ),
    # a follow-up after striking off: many offices do it in that order
    Move("followed_up", ("closed",), "", _DOOR, says=("satisfied",), adds=("content",)),
    Move(
        "unsatisfied",
        ("closed",),
        "unsatisfied",
        _DOOR,
        says=("satisfied",),
        drops=(*_DONE, "extended", "special"),
    ),
    Move("closed", _TOLD, "closed", _LEAD, needs=_DONE),
    # also what was never registered here: an imported matter of which only its end is known
    Move(
        "closed_special",
        ("draft", *_OPEN),
        "closed",
        ("leader",),
        says=("reason",),
        adds=("special",),
    ),
    Move("archived", ("closed", "withdrawn"), "archived", _CENTRE),
    Move("withdrawn", _OPEN, "withdrawn", _DOOR, says=("reason",)),
    Move(
        "merged",
        (*_WAITING, *_WITH_UNIT),
        "merged",
        _LEAD,
        says=("into_id", "reason"),
    ),
    Move(
        "to_statutory_channel",
        (*_WAITING, *_WITH_UNIT, "answered"),
        "to_statutory_channel",
        ("unit_staff", *_DESK),
        says=("reason",),
    ),
    Move(
        "review",
        (*_TOLD, "closed"),
        "review",
        _DESK,
        ("answered",),
        ("reviewed",),
        adds=("reviewed",),
        drops=(*_DONE, "special"),
    ),
    Move(
        "re_review",
        (*_TOLD, "closed"),
        "re_review",
        _DESK,
        ("answered", "reviewed"),
        ("re_reviewed",),
        adds=("re_reviewed",),
        drops=(*_DONE, "special"),
    ),
    Move(
        "reopened",
        _ENDED,
        "reopened",
        _LEAD,
        says=("reason",),
        drops=(*_DONE, "extended", "reviewed", "re_reviewed", "special"),
    ),
    # acts that move clocks, not the matter
    Move(
        "hearing_opened",
        (*_HANDLED, *_REVIEWS),
        "",
        _LEAD,
        lacks=("hearing",),
        adds=("hearing",),
    ),
    Move("hearing_closed", (*_OPEN, *_ENDED), "", _LEAD, ("hearing",), drops=("hearing",)),
    Move("mediation_requested", _OPEN, "", (*_DOOR, "mediator")),
    Move(
        "agreement",
        (*_OPEN, "closed"),
        "",
        ("mediator", *_CENTRE, "unit_staff"),
        adds=("agreed",),
    ),
    Move(
        "confirmation_requested",
        (*_OPEN, *_AFTERMATH, "archived"),
        "",
        ("mediator", *_CENTRE),
        ("agreed",),
        drops=("agreed",),
    ),
    Move(
        "arbitration_requested",
        (*_OPEN, *_AFTERMATH),
        "",
        (*_CENTRE, "unit_staff"),
        lacks=("arbitration",),
        adds=("arbitration",),
    ),
    Move(
        "arbitration_accepted",
        (*_OPEN, *_AFTERMATH),
        "",
        (*_CENTRE, "unit_staff"),
        ("arbitration",),
        ("arbitrated",),
        adds=("arbitrated",),
    ),
    Move(
        "award",
        (*_OPEN, *_AFTERMATH),
        "",
        (*_CENTRE, "unit_staff"),
        ("arbitrated",),
        drops=("arbitration", "arbitrated"),
    ),
    Move(
        "plan_published",
        _OPEN,
        "",
        (*_CENTRE, "unit_staff"),
        lacks=("plan",),
        adds=("plan",),
    ),
    Move("plan_decided", _OPEN, "", (*_CENTRE, "unit_staff"), ("plan",), drops=("plan",)),
)
"""Every move; at most one for a step in a state."""

STEPS = tuple(
    dict.fromkeys([*(code for code, _, _ in ACTIONS), "unsatisfied", "closed_special"])
)
"""The actions of the spec, and the two that its answers tell apart."""

BY_STATE: Mapping[str, Mapping[str, Move]] = MappingProxyType(
    {
        state.code: MappingProxyType({m.step: m for m in MOVES if state.code in m.within})
        for state in STATES
    }
)
"""The moves of each state by step."""

_STEP_WORDS = {
    **{code: (zh, en) for code, zh, en in ACTIONS},
    "unsatisfied": ("回访 (不满意)", "followed up (not content)"),
    "closed_special": ("特殊销号", "closed by exception"),
}
STATE = MappingProxyType({state.code: state for state in STATES})
"""The states by code."""


def step_label(step: str, lang: str = "zh") -> str:
    """Name a step in Chinese (`zh`) or English (`en`).

    Examples
    --------
    >>> step_label("closed_special")
    '特殊销号'
    """
    zh, en = _STEP_WORDS[step]
    return en if lang == "en" else zh


def step_of(action: str, *, satisfied: bool | None = None, special: bool | None = None) -> str:
    """Tell apart by its answers what an action of the spec amounts to.

    Examples
    --------
    >>> step_of("followed_up", satisfied=False), step_of("closed"), step_of("closed", special=True)
    ('unsatisfied', 'closed', 'closed_special')
    """
    if action == "followed_up" and satisfied is False:
        return "unsatisfied"
    if action == "closed" and special:
        return "closed_special"
    return action
