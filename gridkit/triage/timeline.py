"""What happened to each concern, as events in order, and the runs of a clock along them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridkit.profile import Clause
from gridkit.profile.clause import ACTIONS, EVENTS
from gridkit.records.ids import is_dated

NEVER = np.iinfo(np.int64).min  # what numpy makes of a missing date
_CODE = {event: code for code, event in enumerate(EVENTS)}
LIFE = {action: place for place, action in enumerate(ACTIONS)}
"""The place of each action in a matter's life."""
LIFE |= {"unsatisfied": LIFE["followed_up"], "closed_special": LIFE["closed"]}
_RANK = np.array([LIFE.get(event, -1) for event in EVENTS])
# an answer belongs to the last of these before it
_REVIEWS = {"review": "review_answered", "re_review": "re_review_answered"}
_NO = ("false", "no", "0")
_ENDS_REVIEW = ("accepted", "reopened", "unsatisfied")


@dataclass(frozen=True, eq=False)
class Timeline:
    """The events of n concerns up to a day, sorted by concern, then in order of time.

    Attributes
    ----------
    heard : ndarray of int64, length n
        Receipt, in days since 1970-01-01; `NEVER` where unknown or after the day.
    row, day, event : ndarray of int64, int64 and int8, one per event
        Position of the concern, day, and place in `gridkit.profile.clause.EVENTS`. Receipt
        is not among them: it comes before them all.
    """

    heard: np.ndarray
    row: np.ndarray
    day: np.ndarray
    event: np.ndarray

    @classmethod
    def until(
        cls, concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date, clauses: Sequence[Clause]
    ) -> Timeline:
        """Read the events that some clause is about, up to and including a day.

        Steps of one day are in the order of `in_order`.
        """
        action = pd.Categorical(steps["action"])
        known = [_CODE.get(name, -1) for name in action.categories]
        event = np.array([*known, -1], dtype=np.int8)[action.codes]
        event[_refused(steps["satisfied"])] = _CODE["unsatisfied"]
        day = days(steps["on"])
        matters = _flags(_events_of(clauses))[event] & (day != NEVER) & (day <= day_of(on))
        kept = np.flatnonzero(matters)
        row = positions(steps["concern_id"].iloc[kept], concerns.index)
        kept, row = kept[row >= 0], row[row >= 0]
        order = in_order(row, day[kept], steps.index[kept], _RANK[event[kept]])
        kept, row = kept[order], row[order]
        heard = days(concerns["heard_on"])
        heard = np.where(heard <= day_of(on), heard, NEVER)
        return cls(heard, row, day[kept], event[kept])._with_reviews()

    def has(self, events: Sequence[str]) -> bool:
        """Tell whether any of these events happened to any concern."""
        return "heard" in events or bool(self._among(events).any())

    def _among(self, events: Sequence[str]) -> np.ndarray:
        found: np.ndarray = _flags(events)[self.event]
        return found

    def _with_reviews(self) -> Timeline:
        """Tell answers to a review, and to a re-review, from the first answer."""
        if not self._among(tuple(_REVIEWS)).any():
            return self
        marks = self._among((*_REVIEWS, *_ENDS_REVIEW))
        places = np.maximum.accumulate(np.where(marks, np.arange(len(marks)), -1))
        same = (places >= 0) & (self.row[places] == self.row)
        event = self.event.copy()
        for review, answer in _REVIEWS.items():
            after = same & (self.event[places] == _CODE[review])
            event[after & (self.event == _CODE["answered"])] = _CODE[answer]
        return replace(self, event=event)

    def runs(self, clause: Clause) -> Runs:
        """Return each concern's last run of a clause's clock.

        A start begins a run unless one is running (a right begins anew with each start: a
        second answer opens a second month); a stop ends it; a resume takes the last run up
        again, from its old start.
        """
        starts, resumes = self._among(clause.starts), self._among(clause.resumes)
        chosen = np.flatnonzero(starts | resumes | self._among(clause.stops))
        row, from_receipt = self.row[chosen], "heard" in clause.starts
        on_after = starts[chosen] | resumes[chosen]
        on_before = np.roll(on_after, 1)
        first = np.ones(len(chosen), dtype=bool)
        first[1:] = row[1:] != row[:-1]
        on_before[first] = from_receipt
        begins = starts[chosen] & (~on_before | (clause.kind == "right"))

        place = np.full(len(self.heard), -1, dtype=np.int64)
        place[row[begins]] = chosen[begins]  # rising, so each concern keeps its last
        running = np.full(len(self.heard), from_receipt)
        running[row] = on_after
        receipt = self.heard if from_receipt else np.full_like(self.heard, NEVER)
        start = np.where(place >= 0, np.append(self.day, NEVER).take(place), receipt)
        ended = np.full(len(self.heard), -1, dtype=np.int64)
        stops = on_before & ~on_after
        ended[row[stops]] = chosen[stops]
        return Runs(start, running & (start != NEVER), place, ended)

    def stops(self, runs: Runs) -> tuple[pd.Series, np.ndarray]:
        """Tell by which event, and on which day, each run that has stopped was stopped.

        Missing (NaT) where it is running, or never began.
        """
        stopped = (runs.ended >= 0) & ~runs.running & (runs.start != NEVER)
        code = np.append(self.event, -1)[np.where(stopped, runs.ended, -1)]
        day = np.append(self.day, 0)[np.where(stopped, runs.ended, -1)]
        dates = day.astype("datetime64[D]").astype("datetime64[s]")
        dates = np.where(stopped, dates, np.datetime64("NaT", "s"))
        return pd.Series(pd.Categorical.from_codes(code, pd.Index(EVENTS))), dates

    def happened_in(self, runs: Runs, events: Sequence[str], latest: np.ndarray) -> np.ndarray:
        """Tell which concerns saw one of the events in their last run, up to a day each."""
        chosen = np.flatnonzero(self._among(events))
        row = self.row[chosen]
        within = (chosen > runs.place[row]) & (self.day[chosen] <= latest[row])
        found = np.zeros(len(self.heard), dtype=bool)
        found[row[within]] = True
        return found

    def paused(self, clause: Clause, runs: Runs, due: np.ndarray, today: int) -> np.ndarray:
        """Count the days of each last run that a pause keeps from being counted.

        The days from a pause to its end (to `today` where it has none yet), both included.
        A pause that begins after the last day, `due`, comes too late.
        """
        lost = np.zeros(len(self.heard), dtype=np.int64)
        begins = self._among(clause.pauses)
        chosen = np.flatnonzero(begins | self._among(clause.continues))
        chosen = chosen[chosen > runs.place[self.row[chosen]]]
        since: dict[int, int] = {}  # pauses are rare: hearings
        until: dict[int, int] = {}  # the last day that was not counted
        for row, day, begin in zip(
            self.row[chosen].tolist(),
            self.day[chosen].tolist(),
            begins[chosen].tolist(),
            strict=True,
        ):
            if not begin and row in since:
                lost[row] += max(0, day - since.pop(row) + 1)
                until[row] = day
            elif begin and row not in since and day <= due[row] + lost[row]:
                since[row] = max(day, until.get(row, day - 1) + 1)
        for row, day in since.items():
            lost[row] += max(0, today - day + 1)
        return lost


@dataclass(frozen=True, eq=False)
class Runs:
    """The last run of one clock, per concern.

    Attributes
    ----------
    start : ndarray of int64
        The day it began, `NEVER` where it never did.
    running : ndarray of bool
        It has not been stopped.
    place : ndarray of int64
        Position of the event that began it in the timeline, -1 for receipt.
    ended : ndarray of int64
        Position of the event that last stopped it, -1 for none; a later one, when it had
        stopped already, did not.
    """

    start: np.ndarray
    running: np.ndarray
    place: np.ndarray
    ended: np.ndarray


def _flags(events: Iterable[str]) -> np.ndarray:
    """Return one bool per event; the last one, for what is no event, is False."""
    flags = np.zeros(len(EVENTS) + 1, dtype=bool)
    flags[[_CODE[event] for event in events]] = True
    return flags


def _events_of(clauses: Sequence[Clause]) -> set[str]:
    """Return the events that any of the clauses is about, and those they derive from."""
    named = {
        event
        for clause in clauses
        for event in (
            *clause.starts,
            *clause.stops,
            *clause.resumes,
            *clause.pauses,
            *clause.continues,
            *clause.extended_by,
        )
    }
    return named | {"answered", *_REVIEWS, *_ENDS_REVIEW}


def in_order(row: np.ndarray, day: np.ndarray, ids: pd.Index, rank: np.ndarray) -> np.ndarray:
    """Return the positions of steps sorted by concern, then day, then moment of recording.

    The one rule for steps of one day, wherever they are read; the order of the rows of a
    ledger's frame does not matter to it.

    Parameters
    ----------
    row, day : ndarray of int64
        Position of the concern, and the day, of each step.
    ids : Index
        The ids of the steps. Those that tell when they were made (UUIDv7) sort by it; whole
        numbers are no ids: such rows keep their order.
    rank : ndarray of int
        The place of each step's action in a matter's life. It decides among steps of one
        day whose ids do not tell when they were made (imported ones, no UUIDv7); those come
        before the ones recorded here.

    Returns
    -------
    ndarray of int64
    """
    order = _sorted(row, day)
    tied = np.zeros(len(order), dtype=bool)
    same = (row[order[1:]] == row[order[:-1]]) & (day[order[1:]] == day[order[:-1]])
    tied[1:] = same
    tied[:-1] |= same
    place = order[tied]
    if not len(place) or ids.dtype.kind in "iu":
        return order
    named = ids[place].astype("str")
    dated = np.fromiter(map(is_dated, named.tolist()), bool, len(place))
    recorded = np.arange(len(place))
    if not ids.is_monotonic_increasing:
        recorded[np.argsort(named.to_numpy(dtype="U"), kind="stable")] = np.arange(len(place))
    elif dated.all():
        return order
    group = np.cumsum(np.append(True, ~same))[tied]
    key = np.where(dated, np.iinfo(np.int64).max, rank[place])
    order[tied] = place[np.lexsort((recorded, key, group))]
    return order


def _sorted(row: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return the positions sorted by row, then day, then as they stand."""
    if not len(row):
        return np.arange(0)
    since = day - day.min()
    bits = [int(size).bit_length() for size in (row.max(), since.max(), len(row))]
    if sum(bits) > 62:
        return np.lexsort((since, row))
    # one number per step, so that a plain sort of integers does it, five times as fast
    key = (((row << bits[1]) | since) << bits[2]) | np.arange(len(row))
    key.sort()
    place: np.ndarray = key & ((1 << bits[2]) - 1)
    return place


def days(dates: pd.Series) -> np.ndarray:
    """Return dates as days since 1970-01-01 (int64); a missing one is `NEVER`."""
    return dates.to_numpy(dtype="datetime64[s]").astype("datetime64[D]").astype(np.int64)


def day_of(on: dt.date) -> int:
    """Return a date as days since 1970-01-01."""
    return int(np.datetime64(on, "D").astype(np.int64))


def positions(ids: pd.Series, index: pd.Index) -> np.ndarray:
    """Return where each id stands in an index (int64), -1 where it does not."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        found = index.get_indexer(ids.cat.categories)
        return np.append(found, -1)[ids.cat.codes]
    return index.get_indexer(pd.Index(ids))


def _refused(satisfied: pd.Series) -> np.ndarray:
    """Tell where the resident said no."""
    answer = pd.Categorical(satisfied)
    noes = [str(value).casefold() in _NO for value in answer.categories]
    found: np.ndarray = np.array([*noes, False], dtype=bool)[answer.codes]
    return found
