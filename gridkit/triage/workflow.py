"""Workflow: where each matter stands, derived from its steps; what may be done next.

A state is never stored: it is what the steps, in order of time, lead to by the table of
`moves`. A step that the table does not allow where it came (two people stepping at once, a
step before registration) changes nothing and is kept and shown as a clash.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gridkit.records import Record, Step
from gridkit.triage.moves import (
    BY_STATE,
    NEEDS,
    STATE,
    Move,
    Need,
    step_label,
    step_of,
)
from gridkit.triage.timeline import LIFE, days, in_order

OWNING = ("routed", "accepted", "in_progress", "extended", "to_statutory_channel")
DISOWNING = ("returned", "reopened")


@dataclass(frozen=True)
class Matter:
    """One matter as its steps leave it.

    Attributes
    ----------
    state : str
        A code of `moves.STATES`.
    since : date or None
        The day it came into that state; None where no step was taken.
    last_action : str or None
        The last step that counted.
    unit : str or None
        The unit that has it.
    joint_units : tuple of str
        The units that join in.
    waiting_for : str
        Who is to act: a code of the table `turn`; empty where nobody is.
    facts : frozenset of str
        What it remembers: some of `moves.FACTS`.
    into_id : str or None
        The matter that it was merged into, while it is.
    n_steps : int
        All steps, clashes included.
    clashes : tuple of int
        The places (from 0, in order of time) of steps that were not legal where they came.
    """

    state: str = "draft"
    since: dt.date | None = None
    last_action: str | None = None
    unit: str | None = None
    joint_units: tuple[str, ...] = ()
    waiting_for: str = "intake"
    facts: frozenset[str] = frozenset()
    into_id: str | None = None
    n_steps: int = 0
    clashes: tuple[int, ...] = ()

    def after(self, step: Record, heard_on: dt.date | None = None) -> Matter:
        """Give the matter after one more step; one that is not legal is a clash only."""
        move = self.move(step)
        counted = replace(self, n_steps=self.n_steps + 1)
        if move is None or (heard_on is not None and step.on < heard_on):
            return replace(counted, clashes=(*self.clashes, self.n_steps))
        state = move.to or self.state
        return replace(
            counted,
            state=state,
            since=step.on if state != self.state else self.since,
            last_action=step.action,
            waiting_for=STATE[state].turn,
            facts=self.facts - frozenset(move.drops) | frozenset(move.adds),
            into_id=step.into_id if state == "merged" else None,
            **self._units(step),
        )

    def _units(self, step: Record) -> dict[str, Any]:
        if step.action in DISOWNING:
            return {"unit": None, "joint_units": ()}
        if step.action not in OWNING:
            return {}
        unit = step.unit or self.unit
        named = tuple(code for code in (step.joint_units or "").split() if code != "none")
        keep = self.joint_units if step.action != "routed" and not step.joint_units else named
        return {"unit": unit, "joint_units": keep}

    def move(self, step: Record) -> Move | None:
        """Give the row of the table by which a step would be taken now, if there is one."""
        found = BY_STATE[self.state].get(
            step_of(step.action, satisfied=step.satisfied, special=step.special)
        )
        return found if found is not None and not self.missing(found) else None

    def missing(self, move: Move) -> tuple[Need, ...]:
        """List what a move lacks as the matter stands."""
        wanting = [code for code in move.needs if code not in self.facts]
        wanting += [code for code in move.lacks if code in self.facts]
        return tuple(NEEDS[code] for code in wanting)


class Allowed(NamedTuple):
    """A step that a role may take now, and what it has to say.

    `step` is the action, or `unsatisfied` and `closed_special` for the two that differ by
    an answer; `action` is the action to record; `says` names the fields to fill in.
    """

    step: str
    action: str
    zh: str
    en: str
    says: tuple[Need, ...]


def state(
    steps: pd.DataFrame | Iterable[Record], heard_on: dt.date | pd.Timestamp | None = None
) -> Matter:
    """Derive where one matter stands from its steps.

    Parameters
    ----------
    steps : DataFrame, or iterable of Step
        The steps of one concern. Sorted by day here; those of one day in a frame as in
        `timeline.in_order`, records of one day keep their order.
    heard_on : date, optional
        The day it was heard: a step before it counts as a clash.

    Returns
    -------
    Matter

    Examples
    --------
    >>> taken = [
    ...     Step(concern_id="c1", action="registered", on="2026-03-02"),
    ...     Step(concern_id="c1", action="routed", on="2026-03-03", unit="water_company"),
    ...     Step(concern_id="c1", action="closed", on="2026-03-04"),
    ... ]
    >>> one = state(taken)
    >>> one.state, one.unit, one.waiting_for, one.clashes
    ('routed', 'water_company', 'unit', (2,))
    """
    if isinstance(heard_on, pd.Timestamp):
        heard_on = heard_on.date()
    matter = Matter()
    for step in sorted(_records(steps), key=lambda one: one.on):
        matter = matter.after(step, heard_on)
    return matter


def allowed(
    concern_id: str, steps: pd.DataFrame | Iterable[Record], role: str | None = None
) -> tuple[Allowed, ...]:
    """List what may be done next with one matter.

    Parameters
    ----------
    concern_id : str
        Which matter.
    steps : DataFrame, or iterable of Step
        The ledger's steps; those of other matters are passed over.
    role : str, optional
        A code of `spec.ROLES`: only what this role may do. All of it by default.

    Returns
    -------
    tuple of Allowed
        In the order of the table. A special closing is listed last of the closings.

    Examples
    --------
    >>> [a.zh for a in allowed("c1", [], "grid_worker")]
    ['登记']
    """
    if isinstance(steps, pd.DataFrame):
        return allowed_now(state(steps[steps["concern_id"] == concern_id]), role)
    return allowed_now(state(s for s in steps if s.concern_id == concern_id), role)


def allowed_now(matter: Matter, role: str | None = None) -> tuple[Allowed, ...]:
    """List what may be done next with a matter that was derived already."""
    moves = BY_STATE[matter.state].values()
    return tuple(
        _allowed(move)
        for move in moves
        if (role is None or role in move.roles) and not matter.missing(move)
    )


def _allowed(move: Move) -> Allowed:
    action = {"unsatisfied": "followed_up", "closed_special": "closed"}.get(
        move.step, move.step
    )
    return Allowed(
        move.step,
        action,
        step_label(move.step),
        step_label(move.step, "en"),
        tuple(NEEDS[code] for code in move.says),
    )


def _records(steps: pd.DataFrame | Iterable[Record]) -> Sequence[Record]:
    if not isinstance(steps, pd.DataFrame):
        return list(steps)
    names = [name for name in Step.spec.names if name in steps and name != "reason"]
    steps = _ordered(steps)
    columns = [steps[name].astype(object).where(steps[name].notna(), None) for name in names]
    return [
        Step.model_construct(
            **{**_BLANK, **dict(zip(names, row, strict=True)), "on": pd.Timestamp(on).date()}
        )
        for on, *row in zip(steps["on"], *columns, strict=True)
        if not pd.isna(on)
    ]


def _ordered(steps: pd.DataFrame) -> pd.DataFrame:
    """Sort a frame's steps, so that they are read as those of all matters are."""
    action = steps["action"].astype("str")
    rank = action.map(LIFE).fillna(-1).to_numpy(dtype="int64")
    row = np.zeros(len(steps), dtype="int64")
    return steps.iloc[in_order(row, days(steps["on"]), steps.index, rank)]


_BLANK = dict.fromkeys(Step.spec.names)
