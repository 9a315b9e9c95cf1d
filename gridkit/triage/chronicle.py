"""The chronicle of one matter: all that happened, who did it in which role, and why.

What was heard, every step, every decision with its reason, every session that was about it,
every list of hard matters it is on. Nothing is left out: a step that was not legal where it
came is there and marked, a record that was corrected says how often.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from gridkit.errors import DataError
from gridkit.records import Record
from gridkit.records.meetings import SESSION_KINDS, SESSION_OUTCOMES
from gridkit.triage.moves import STATE, step_label, step_of
from gridkit.triage.sessions import session_concerns
from gridkit.triage.workflow import Matter

if TYPE_CHECKING:
    from gridkit.profile import Profile
    from gridkit.records import Store

KINDS = ("heard", "step", "decision", "session", "backlog")
"""What an event can be."""

_SESSIONS = {code: (zh, en) for code, zh, en in SESSION_KINDS}
_OUTCOMES = {code: (zh, en) for code, zh, en in SESSION_OUTCOMES}


class Event(NamedTuple):
    """One thing that happened to a matter.

    Attributes
    ----------
    record_id : str
    on : date
        The civil day it is of.
    kind : str
        One of `KINDS`.
    step : str
        The step as `moves.STEPS` has it; empty for what is no step.
    zh, en : str
        What it was, in a few words.
    by_role, recorded_at : str
        Who wrote it down (a code of `spec.ROLES`), and when (UTC, ISO 8601).
    unit : str or None
        The unit that it names, by code.
    words : str or None
        The reason or the answer, as it was written: free text.
    state : str
        Where the matter stood afterwards; empty for what is no step.
    clash : bool
        A step that was not legal where it came: kept, and it counts for nothing.
    changes : int
        How often the record was corrected since.
    """

    record_id: str
    on: dt.date
    kind: str
    step: str
    zh: str
    en: str
    by_role: str
    recorded_at: str
    unit: str | None = None
    words: str | None = None
    state: str = ""
    clash: bool = False
    changes: int = 0

    @property
    def tells(self) -> bool:
        """Whether the resident was told something by it: an answer, with its words."""
        return self.step == "answered" and not self.clash


def chronicle(
    store: Store, concern_id: str, *, sessions: pd.DataFrame | None = None
) -> tuple[Event, ...]:
    """Tell all that happened to one matter, oldest first.

    Parameters
    ----------
    store : Store
        The ledger.
    concern_id : str
        Which matter.
    sessions : DataFrame, optional
        The ledger's frame of sessions, where the caller has read it already.

    Returns
    -------
    tuple of Event
        By day; those of one day in the order in which they were written down. The first is
        that the matter was heard, unless something is dated before it.

    Raises
    ------
    DataError
        If the ledger has no such concern.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from pathlib import Path
    >>> from gridkit.records import Concern, create_store
    >>> from gridkit.triage import take_step
    >>> store = create_store(Path(mkdtemp()) / "ledger.db", county_code="990428")
    >>> tap = Concern(
    ...     grid_id="990428100001001", source="grid_visit", heard_on="2026-03-02",
    ...     demand_type="water",
    ... )
    >>> receipt = store.add([tap], by_role="grid_worker")
    >>> taken = take_step(store, tap.record_id, "registered", by_role="grid_worker")
    >>> [(event.zh, event.by_role) for event in chronicle(store, tap.record_id)]
    [('得知', 'grid_worker'), ('登记', 'grid_worker')]
    >>> store.close()
    """
    case = store.case(concern_id)
    if case is None:
        raise DataError(
            zh=f"台账中没有诉求 {concern_id}。", en=f"The ledger has no concern {concern_id}."
        )
    concern = case.concern.record
    told = [Event(concern_id, concern.heard_on, "heard", "", "得知", "heard", "", "")]
    told += _steps([taken.record for taken in case.steps], concern.heard_on, store.profile)
    if sessions is None:
        sessions = store.frame("session", columns=["concern_ids"])
    told += _others(store, concern_id, sessions)
    written = _written(store, [event.record_id for event in told])
    every = [
        event._replace(by_role=by_role, recorded_at=recorded_at, changes=changes)
        for event in told
        for by_role, recorded_at, changes in (written[event.record_id],)
    ]
    return tuple(sorted(every, key=lambda e: (e.on, e.kind != "heard", e.recorded_at)))


def _steps(steps: list[Record], heard_on: dt.date, profile: Profile) -> Iterator[Event]:
    matter = Matter()
    for step in steps:
        before, matter = matter, matter.after(step, heard_on)
        name = step_of(step.action, satisfied=step.satisfied, special=step.special)
        zh, en = step_label(name), step_label(name, "en")
        joint = [code for code in (step.joint_units or "").split() if code != "none"]
        if joint:
            zh += f" (联办: {'、'.join(profile.label('unit', c) for c in joint)})"
            en += f" (with {', '.join(profile.label('unit', c, 'en') for c in joint)})"
        yield Event(
            step.record_id,
            step.on,
            "step",
            name,
            zh,
            en,
            "",
            "",
            unit=step.unit,
            words=step.reason,
            state=matter.state,
            clash=len(matter.clashes) > len(before.clashes),
        )


def _others(store: Store, concern_id: str, sessions: pd.DataFrame) -> Iterator[Event]:
    """Tell what is no step: decisions, sessions, lists of hard matters."""
    profile = store.profile
    for kind in ("decision", "backlog"):
        found = store.frame(kind, columns=["concern_id"])
        ids = found.index[(found["concern_id"] == concern_id).to_numpy()]
        for current in store.current(ids).values():
            tell = _decision if kind == "decision" else _backlog
            yield tell(current.record, profile)
    named = session_concerns(sessions)
    held = named.loc[(named["concern_id"] == concern_id).to_numpy(), "session_id"]
    for current in store.current(held.tolist()).values():
        yield _session(current.record)


def _decision(made: Record, profile: Profile) -> Event:
    band, advised = (
        {lang: profile.label("band", code, lang) for lang in ("zh", "en")}
        for code in (made.decided, made.advised)
    )
    zh, en = f"采纳建议: {band['zh']}", f"advice accepted: {band['en']}"
    if made.decided != made.advised:
        zh = f"改定为{band['zh']} (建议{advised['zh']})"
        en = f"decided: {band['en']} (advised: {advised['en']})"
    return Event(
        made.record_id, made.on, "decision", "", zh, en, "", "", words=made.reason
    )  # the score that was seen is in the record


def _backlog(listed: Record, profile: Profile) -> Event:  # noqa: ARG001 (one shape)
    zh = f"列入第 {listed.batch} 批积案, 由{listed.leader_post or '领导'}包案"
    en = f"on list {listed.batch} of hard matters, owned by {listed.leader_post or 'a leader'}"
    return Event(listed.record_id, listed.taken_on, "backlog", "", zh, en, "", "")


def _session(held: Record) -> Event:
    zh, en = _SESSIONS[held.kind]
    if held.outcome:
        zh += f": {_OUTCOMES[held.outcome][0]}"
        en += f": {_OUTCOMES[held.outcome][1]}"
    if held.agreed_on:
        zh += f", {held.agreed_on} 达成协议"
        en += f", agreed on {held.agreed_on}"
    if held.leader_post:
        zh += f" ({held.leader_post})"
        en += f" ({held.leader_post})"
    return Event(held.record_id, held.held_on, "session", "", zh, en, "", "", unit=held.unit)


class _Written(NamedTuple):
    by_role: str
    recorded_at: str
    changes: int


def _written(store: Store, ids: list[str]) -> Mapping[str, _Written]:
    """Tell who wrote each record down first, when, and how often it was changed since."""
    versions = store.histories(ids)
    return {
        str(i): _Written(
            str(mine["by_role"].iloc[0]), str(mine["recorded_at"].iloc[0]), len(mine) - 1
        )
        for i, mine in versions.groupby("record_id")
    }


def state_label(code: str, lang: str = "zh") -> str:
    """Name a state in Chinese (`zh`) or English (`en`); an empty code has no name.

    Examples
    --------
    >>> state_label("answered")
    '已答复, 待核查'
    """
    return getattr(STATE[code], lang) if code else ""
