"""Taking a step: checked against the ledger as it stands, and written, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from gridkit.errors import Problem, WorkflowError
from gridkit.profile import Profile
from gridkit.profile.calendar import working_days
from gridkit.records import Record, Step
from gridkit.records.ids import is_dated, new_id
from gridkit.records.spec import ROLES
from gridkit.triage.moves import BY_STATE, NEEDS, STATE, Move, step_label, step_of
from gridkit.triage.timeline import NEVER, day_of
from gridkit.triage.workflow import Allowed, Matter, allowed_now, state

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gridkit.records import Receipt, Store
    from gridkit.records.case import Case

OBJECTION = "petition_23_objection"
"""The clause that says until when a unit may object to an assignment."""

_ROLE = {code: (zh, en) for code, zh, en in ROLES}


class StepTaken(NamedTuple):
    """What was committed, and where the matter stands now.

    `clash` is True where somebody else had acted since `seen`: both steps are kept, and this
    one counts for nothing until a person sorts it out.
    """

    step: Record
    receipt: Receipt
    matter: Matter
    clash: bool


def take_step(
    store: Store,
    concern_id: str,
    action: str,
    *,
    by_role: str,
    on: dt.date | str | None = None,
    seen: Iterable[str] | None = None,
    **answers: Any,
) -> StepTaken:
    """Take one step on one matter.

    Parameters
    ----------
    store : Store
        The ledger.
    concern_id : str
        Which matter.
    action : str
        An action of `spec.ACTIONS`.
    by_role : str
        A code of `spec.ROLES`: a role, never a name.
    on : date or ISO text, optional
        The civil day; today by default. Not before the last step, nor after today.
    seen : iterable of str, optional
        The ids of the steps that the person had in view. If others have come since, and the
        step was right by what was seen, it is kept and shown as a clash. Without `seen` such
        a step is refused.
    **answers
        Fields of the step: `unit`, `joint_units`, `reason`, `satisfied`, `into_id`,
        `special`.

    Returns
    -------
    StepTaken
        After COMMIT.

    Raises
    ------
    WorkflowError
        If the step is not legal as the matter stands, not this role's, lacks what it needs,
        or comes before the last one; the message names the legal ones. Nothing was written.
    RecordError
        If a value breaks a rule of its field, or refers to what is not there.
    StoreError
        If the ledger cannot be written; nothing was.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from pathlib import Path
    >>> from gridkit.records import Concern, create_store
    >>> store = create_store(Path(mkdtemp()) / "ledger.db", county_code="990428")
    >>> tap = Concern(
    ...     grid_id="990428100001001", source="grid_visit", heard_on="2026-03-02",
    ...     demand_type="water",
    ... )
    >>> receipt = store.add([tap], by_role="grid_worker")
    >>> taken = take_step(store, tap.record_id, "registered", by_role="grid_worker")
    >>> taken.matter.state, [a.zh for a in allowed_now(taken.matter, "grid_worker")]
    ('registered', ['答复', '撤回', '申请调解'])
    >>> store.close()
    """
    said = {"concern_id": concern_id, "action": action, "on": on or store.today(), **answers}
    step = Step(**said)
    while True:
        guard = _Guard(step, by_role, store, None if seen is None else frozenset(seen))
        try:
            receipt = store.add([step], by_role=by_role, guard=guard)
        except _Overtaken as other:
            step = Step(**said, record_id=new_id(after=other.record_id))
        else:
            matter = guard.matter.after(step, guard.heard_on)
            return StepTaken(step, receipt, matter, guard.clash)


class _Overtaken(Exception):  # noqa: N818 (no error: the step is only numbered anew)
    """Another step was written while this one waited for its turn; ids sort by time."""

    def __init__(self, record_id: str) -> None:
        super().__init__(record_id)
        self.record_id = record_id


class _Guard:
    """Looks at the matter inside the transaction, and refuses or lets pass."""

    def __init__(
        self, step: Record, by_role: str, store: Store, seen: frozenset[str] | None
    ) -> None:
        self.step, self.by_role, self.seen = step, by_role, seen
        self.profile: Profile = store.profile
        self.today = store.today()
        self.matter = Matter()
        self.heard_on: dt.date | None = None
        self.clash = False

    def __call__(self, connection: sa.Connection) -> None:
        from gridkit.records.case import read_case  # with the store, which is open by now

        case = read_case(connection, self.step.concern_id)
        if case is None:
            return  # the store says that the concern is not there
        last = max((t.record.record_id for t in case.steps), default="")
        if last >= self.step.record_id and is_dated(last):
            raise _Overtaken(last)
        self.heard_on = case.concern.record.heard_on
        taken = [t.record for t in case.steps]
        self.matter = state(taken, self.heard_on)
        stale = self.seen is not None and any(s.record_id not in self.seen for s in taken)
        if not stale:
            self._check(self.matter, case, connection)
            return
        known = [s for s in taken if s.record_id in (self.seen or ())]
        self._check(
            state(known, self.heard_on),
            case._replace(steps=tuple(t for t in case.steps if t.record in known)),
            connection,
        )
        self.clash = len(self.matter.after(self.step, self.heard_on).clashes) > len(
            self.matter.clashes
        )

    def _check(self, matter: Matter, case: Case, connection: sa.Connection) -> None:
        step = self.step
        name = step_of(step.action, satisfied=step.satisfied, special=step.special)
        move = BY_STATE[matter.state].get(name)
        if move is None:
            raise _refused(matter, name, self.by_role)
        problems = [
            *self._role(move),
            *_before(matter, move),
            *_said(move, step),
            *self._dates(matter, case),
        ]
        if step.action == "merged" and step.into_id:
            problems += _merge(connection, step, _dangers(case))
        if problems:
            raise _refused(matter, name, self.by_role, problems)

    def _role(self, move: Move) -> Iterable[Problem]:
        if self.by_role not in move.roles:
            zh = f"这一步由{'、'.join(_ROLE[r][0] for r in move.roles)}办理"
            en = f"this step is for: {', '.join(_ROLE[r][1] for r in move.roles)}"
            yield Problem("step", "by_role", zh, en)

    def _dates(self, matter: Matter, case: Case) -> Iterable[Problem]:
        on = self.step.on
        if self.heard_on is not None and on < self.heard_on:
            zh, en = f"早于得知日期 {self.heard_on}", f"before it was heard, on {self.heard_on}"
            yield Problem("step", "on", zh, en)
        last = max((t.record.on for t in case.steps), default=None)
        if last is not None and on < last:
            zh, en = f"早于上一步的日期 {last}", f"before the last step, of {last}"
            yield Problem("step", "on", zh, en)
        if self.step.action == "objected" and matter.since is not None:
            latest = _objection_until(self.profile, matter.since)
            if latest is not None and on > latest:
                zh = f"异议期 ({OBJECTION}) 已于 {latest} 届满; 请回退并说明, 或受理"
                en = f"objections were open until {latest}; return it with reasons, or accept"
                yield Problem("step", "on", zh, en)


def _objection_until(profile: Profile, routed_on: dt.date) -> dt.date | None:
    """Give the last day for an objection; None where no clause or calendar says."""
    clause = next((c for c in profile.clauses if c.id == OBJECTION), None)
    if clause is None:
        return None
    if clause.day != "working":
        return routed_on + dt.timedelta(days=clause.length)
    last = working_days().add(_one_day(routed_on), clause.length)[0].astype("int64")
    return None if last == NEVER else dt.date(1970, 1, 1) + dt.timedelta(days=int(last))


def _one_day(on: dt.date) -> Any:
    import numpy as np

    return np.array([day_of(on)]).astype("datetime64[D]")


def _before(matter: Matter, move: Move) -> Iterable[Problem]:
    for need in matter.missing(move):
        yield Problem("step", "action", need.zh, need.en)


def _said(move: Move, step: Record) -> Iterable[Problem]:
    for code in move.says:
        if getattr(step, code) is None:
            yield Problem("step", code, NEEDS[code].zh, NEEDS[code].en)


_MERGE_DEPTH = 1000


def _merge(
    connection: sa.Connection, step: Record, dangers: frozenset[str]
) -> Iterable[Problem]:
    """Follow the root of a merge to its end: it must not lead back, nor be struck off.

    A merged matter is no longer scored by itself, so its dangers must be the root's, too:
    else a merge would take a danger off the board, and stop the clock of its report.
    """
    into: str | None = step.into_id
    for _ in range(_MERGE_DEPTH):
        if into is None:
            return
        if into == step.concern_id:
            zh, en = (
                "不能并入自己, 也不能并入已归并到它的事项",
                "it would be merged into itself",
            )
            yield Problem("step", "into_id", zh, en)
            return
        from gridkit.records.case import read_case

        case = read_case(connection, into)
        if case is None:
            return  # the store says so
        root = state([t.record for t in case.steps], case.concern.record.heard_on)
        if root.state != "merged" and not STATE[root.state].is_open:
            zh = f"根因事项{STATE[root.state].zh}; 请先重启它, 或另选一件"
            en = f"the root is {STATE[root.state].en}; reopen it first, or choose another"
            yield Problem("step", "into_id", zh, en)
        if root.state != "merged" and dangers - _dangers(case):
            zh = "这件事有险情, 根因事项没有记; 并入后险情会从看板上消失。请先在根因事项补记, 或反过来归并"
            en = "this one is of a danger that the root does not name: it would leave the board; "
            en += "name it in the root first, or merge the root into this one"
            yield Problem("step", "into_id", zh, en)
        into = root.into_id


def _dangers(case: Case) -> frozenset[str]:
    """Give what a matter names as danger; "none" and no answer are no danger."""
    return frozenset((case.concern.record.safety or "").split()) - {"none"}


def _refused(
    matter: Matter, name: str, by_role: str, problems: Iterable[Problem] = ()
) -> WorkflowError:
    now, problems = STATE[matter.state], tuple(problems)
    mine, all_of_them = allowed_now(matter, by_role), allowed_now(matter)
    if problems and name in {one.step for one in mine}:
        # the step is right, and lacks something: the other steps would only mislead
        return WorkflowError(
            zh=f"这件事现在是“{now.zh}”, 可以{step_label(name)}, 但还差下面所列; 没有写入任何内容。",
            en=f"The matter is now: {now.en}. `{name}` can be taken once the following is put "
            "right; nothing was written.",
            problems=problems,
        )
    return WorkflowError(
        zh=f"这件事现在是“{now.zh}”, 不能{step_label(name)}, 没有写入任何内容。"
        f"您可以: {_listed(mine, 'zh')}。各方可以: {_listed(all_of_them, 'zh')}。",
        en=f"The matter is now: {now.en}. `{name}` cannot be taken; nothing was written. "
        f"Your role may: {_listed(mine, 'en')}. Anyone: {_listed(all_of_them, 'en')}.",
        problems=problems,
    )


def _listed(steps: Iterable[Allowed], lang: str) -> str:
    named = [a.zh if lang == "zh" else a.step for a in steps]
    if not named:
        return "无" if lang == "zh" else "nothing"
    return ("、" if lang == "zh" else ", ").join(named)
