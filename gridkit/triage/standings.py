"""Where a million matters stand: the same table as for one, all of them step by step.

The k-th steps of all matters are taken together, so the work is one pass over the steps and
the number of rounds is the longest history.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from gridkit.triage.moves import FACTS, MOVES, STATES, STEPS
from gridkit.triage.timeline import LIFE, NEVER, day_of, days, in_order, positions
from gridkit.triage.workflow import DISOWNING, OWNING

_STATE = {state.code: number for number, state in enumerate(STATES)}
_STEP = {step: number for number, step in enumerate(STEPS)}
_EARLY = len(STEPS)  # a step before its matter was heard: legal nowhere
_DRAFT, _MERGED = _STATE["draft"], _STATE["merged"]
_RANK = np.array([LIFE[step] for step in STEPS])
_TURNS = tuple(dict.fromkeys(state.turn for state in STATES if state.turn))


def _bits(facts: tuple[str, ...]) -> int:
    return sum(1 << FACTS.index(fact) for fact in facts)


def _moves() -> np.ndarray:
    """Give the number of the move by state and step, -1 where there is none."""
    table = np.full((len(STATES), len(STEPS) + 1), -1, dtype=np.int16)
    for number, move in enumerate(MOVES):
        for code in move.within:
            table[_STATE[code], _STEP[move.step]] = number
    return table


_MOVE = _moves()
_NEEDS = np.array([_bits(move.needs) for move in MOVES], dtype=np.int32)
_LACKS = np.array([_bits(move.lacks) for move in MOVES], dtype=np.int32)
_ADDS = np.array([_bits(move.adds) for move in MOVES], dtype=np.int32)
_KEEPS = np.array([~_bits(move.drops) for move in MOVES], dtype=np.int32)
_TO = np.array([_STATE.get(move.to, -1) for move in MOVES], dtype=np.int8)


def states(
    concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date | None = None
) -> pd.DataFrame:
    """Derive where each matter stands from its steps.

    Parameters
    ----------
    concerns : DataFrame, indexed by record id
        `heard_on`; a step dated before it is a clash.
    steps : DataFrame
        `concern_id`, `action`, `on`; `satisfied`, `special`, `unit` and `into_id` where
        there are any. Steps of one day are in the order of their ids, see `in_order`.
    on : date, optional
        The civil day to look from: later steps are not looked at. All by default.

    Returns
    -------
    DataFrame, indexed like `concerns`
        - `state` (category, codes of `moves.STATES`);
        - `since` (datetime64[s]): the day it came into it;
        - `last_action` (category): the last step that counted;
        - `unit` (category): the unit that has it, missing where none does;
        - `waiting_for` (category, codes of the table `turn`): who is to act; missing where
          nobody is. A merged matter waits for whom its root waits for;
        - `is_open` (bool): not ended; a merged matter is open while its root is;
        - `answered`, `verified`, `content` (bool): since it was last taken up;
        - `special` (bool): struck off by exception;
        - `root_id` (category): the matter that a merged one follows, missing else;
        - `root_state` (category): the state of that matter; its own where not merged;
        - `n_steps` (int64): the length of its history;
        - `clashes` (int64): steps that were not legal where they came, see `clashes`; a
          merge that leads back to itself counts as one.

    Examples
    --------
    >>> heard = pd.to_datetime(["2026-03-02", "2026-03-02"]).as_unit("s")
    >>> concerns = pd.DataFrame({"heard_on": heard}, index=["a", "b"])
    >>> steps = pd.DataFrame({
    ...     "concern_id": ["a", "a", "a"],
    ...     "action": ["registered", "routed", "routed"],
    ...     "on": pd.to_datetime(["2026-03-02", "2026-03-03", "2026-03-03"]),
    ... })
    >>> states(concerns, steps)[["state", "waiting_for", "n_steps", "clashes"]].values.tolist()
    [['routed', 'unit', 3, 1], ['draft', 'intake', 0, 0]]
    """
    run = _Run.along(concerns, steps, on)
    state = run.state
    root, looped = _roots(run, concerns.index, steps)
    followed = np.where(root >= 0, state[root], state).astype(np.int8)
    names = pd.Index([s.code for s in STATES])
    turn = np.array([_TURNS.index(s.turn) if s.turn else -1 for s in STATES])
    is_open = np.array([s.is_open for s in STATES])
    return pd.DataFrame(
        {
            "state": pd.Categorical.from_codes(state, names),
            "since": run.dated(run.since),
            "last_action": run.taken_from(steps, "action", run.last),
            "unit": run.taken_from(steps, "unit", run.owner()),
            "waiting_for": pd.Categorical.from_codes(turn[followed], pd.Index(_TURNS)),
            "is_open": is_open[followed],
            **{fact: run.knows(fact) for fact in ("answered", "verified", "content")},
            "special": run.knows("special"),
            "root_id": _ids(root, concerns.index),
            "root_state": pd.Categorical.from_codes(followed, names),
            "n_steps": run.count,
            "clashes": run.clashes() + looped,
        },
        index=concerns.index,
    )


def clashes(
    concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date | None = None
) -> pd.DataFrame:
    """List the steps that were not legal where they came; all of them are kept.

    Parameters
    ----------
    concerns, steps, on
        As for `states`.

    Returns
    -------
    DataFrame, indexed like `steps` (the rows concerned, in order of concern and time)
        `concern_id`, `action`, `on` as in `steps`; `within` (category): the state the matter
        was in; `early` (bool): dated before the matter was heard.

    Examples
    --------
    >>> heard = pd.to_datetime(["2026-03-02"]).as_unit("s")
    >>> concerns = pd.DataFrame({"heard_on": heard}, index=["a"])
    >>> steps = pd.DataFrame({"concern_id": ["a"], "action": ["closed"], "on": heard})
    >>> clashes(concerns, steps)[["action", "within"]].values.tolist()
    [['closed', 'draft']]
    """
    run = _Run.along(concerns, steps, on)
    bad = np.flatnonzero(run.before != _LEGAL)
    shown = steps.iloc[run.place[bad]][["concern_id", "action", "on"]]
    names = pd.Index([s.code for s in STATES])
    return shown.assign(
        within=pd.Categorical.from_codes(run.before[bad], names),
        early=run.step[bad] == _EARLY,
    )


_LEGAL = -1


@dataclass(frozen=True, eq=False)
class _Run:
    """All matters run along their steps.

    Per step, sorted by concern and time: `place` in the frame, `row` of the concern, `step`
    (number of the step), `before` (`_LEGAL`, or the state in which it was not legal). Per
    concern: `state`, `facts`, `last` and `since` (position of a step, -1 for none), `count`.
    """

    place: np.ndarray
    row: np.ndarray
    day: np.ndarray
    step: np.ndarray
    before: np.ndarray
    state: np.ndarray
    facts: np.ndarray
    last: np.ndarray
    since: np.ndarray
    count: np.ndarray

    @classmethod
    def along(cls, concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date | None) -> _Run:
        n = len(concerns)
        row = positions(steps["concern_id"], concerns.index)
        day = days(steps["on"])
        step = _numbers(steps)
        latest = day_of(on) if on is not None else np.iinfo(np.int64).max
        place = np.flatnonzero((row >= 0) & (day != NEVER) & (day <= latest) & (step >= 0))
        place = place[in_order(row[place], day[place], steps.index[place], _RANK[step[place]])]
        row, day, step = row[place], day[place], step[place]
        step = np.where(day < days(concerns["heard_on"])[row], _EARLY, step).astype(np.int8)
        count = np.bincount(row, minlength=n).astype(np.int64)
        ended = _follow(step, count)
        return cls(place, row, day, step, *ended, count)

    def knows(self, fact: str) -> np.ndarray:
        """Tell which concerns remember a fact."""
        held: np.ndarray = (self.facts & _bits((fact,))) != 0
        return held

    def clashes(self) -> np.ndarray:
        """Count per concern the steps that were not legal."""
        bad = self.row[self.before != _LEGAL]
        return np.bincount(bad, minlength=len(self.count)).astype(np.int64)

    def last_of(self, wanted: np.ndarray) -> np.ndarray:
        """Give per concern the position of its last such step that counted, -1 for none."""
        found = np.full(len(self.count), -1, dtype=np.int64)
        chosen = np.flatnonzero(wanted & (self.before == _LEGAL))
        found[self.row[chosen]] = chosen  # rising, so the last one stays
        return found

    def are(self, *names: str) -> np.ndarray:
        """Tell which steps are one of these."""
        wanted = np.zeros(_EARLY + 1, dtype=bool)
        wanted[[_STEP[name] for name in names]] = True
        held: np.ndarray = wanted[self.step]
        return held

    def owner(self) -> np.ndarray:
        """Give per concern the position of the step that says which unit has it."""
        owns = self.last_of(self.are(*OWNING))
        return np.where(owns > self.last_of(self.are(*DISOWNING)), owns, -1)

    def dated(self, position: np.ndarray) -> np.ndarray:
        """Give the day of a position, NaT for -1."""
        day = np.append(self.day, 0)[position].astype("datetime64[D]").astype("datetime64[s]")
        return np.where(position >= 0, day, np.datetime64("NaT", "s"))

    def taken_from(
        self, steps: pd.DataFrame, name: str, position: np.ndarray
    ) -> pd.Categorical:
        """Give what a column says at a position, missing for -1."""
        if name not in steps:
            return pd.Categorical.from_codes(
                np.full(len(position), -1), pd.Index([], dtype="str")
            )
        column = pd.Categorical(steps[name])
        code = np.append(column.codes[self.place], -1)[position]
        return pd.Categorical.from_codes(code, column.categories)


class _Ended(NamedTuple):
    before: np.ndarray
    state: np.ndarray
    facts: np.ndarray
    last: np.ndarray
    since: np.ndarray


def _follow(step: np.ndarray, count: np.ndarray) -> _Ended:
    """Run all matters along their steps, the k-th steps of all of them at once."""
    n = len(count)
    longest = np.argsort(-count, kind="stable")  # those with a k-th step stand in front
    first = (np.cumsum(count) - count)[longest]
    state = np.full(n, _DRAFT, dtype=np.int8)
    facts = np.zeros(n, dtype=np.int32)
    last = np.full(n, -1, dtype=np.int64)
    since = np.full(n, -1, dtype=np.int64)
    before = np.full(len(step), _LEGAL, dtype=np.int8)
    falling = -count[longest]
    for k in range(int(count.max(initial=0))):
        m = int(np.searchsorted(falling, -k, side="left"))  # with more than k steps
        at = first[:m] + k
        move = _MOVE[state[:m], step[at]]
        known = facts[:m]
        legal = (move >= 0) & (known & _NEEDS[move] == _NEEDS[move])
        legal &= (known & _LACKS[move]) == 0
        to = np.where(legal & (_TO[move] >= 0), _TO[move], state[:m])
        before[at] = np.where(legal, _LEGAL, state[:m])
        since[:m] = np.where(to != state[:m], at, since[:m])
        last[:m] = np.where(legal, at, last[:m])
        facts[:m] = np.where(legal, known & _KEEPS[move] | _ADDS[move], known)
        state[:m] = to
    back = np.empty(n, dtype=np.int64)
    back[longest] = np.arange(n)
    return _Ended(before, state[back], facts[back], last[back], since[back])


def _numbers(steps: pd.DataFrame) -> np.ndarray:
    """Give the number of each step, -1 where the action is not known."""
    action = pd.Categorical(steps["action"])
    known = [_STEP.get(str(name), -1) for name in action.categories]
    number: np.ndarray = np.array([*known, -1], dtype=np.int8)[action.codes]
    if "satisfied" in steps:
        refused = (number == _STEP["followed_up"]) & _is(steps["satisfied"], answer=False)
        number[refused] = _STEP["unsatisfied"]
    if "special" in steps:
        excepted = (number == _STEP["closed"]) & _is(steps["special"], answer=True)
        number[excepted] = _STEP["closed_special"]
    return number


def _is(column: pd.Series, *, answer: bool) -> np.ndarray:
    given = column.astype("boolean")
    return np.asarray((given == answer).fillna(value=False), dtype=bool)


def _roots(run: _Run, index: pd.Index, steps: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Follow each merged matter to its root: position or -1, and whether it runs in a loop."""
    n = len(index)
    root: np.ndarray = np.arange(n)
    merged = np.flatnonzero(run.state == _MERGED)
    none = np.full(n, -1), np.zeros(n, dtype=np.int64)
    if not len(merged) or "into_id" not in steps:
        return none
    position = run.last_of(run.are("merged"))[merged]
    into = positions(steps["into_id"].iloc[run.place[position]], index)
    root[merged[into >= 0]] = into[into >= 0]
    step = root.copy()
    for _ in range(max(1, len(merged)).bit_length() + 1):
        root = root[root]
    looped = (step[root] != root).astype(np.int64)
    follows = (step != np.arange(n)) & (looped == 0)
    return np.where(follows, root, -1), looped


def _ids(root: np.ndarray, index: pd.Index) -> pd.Categorical:
    codes, used = pd.factorize(np.where(root >= 0, root, -1))
    kept = used >= 0
    number = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
    return pd.Categorical.from_codes(number[codes], pd.Index(index[used[kept]], dtype="str"))
