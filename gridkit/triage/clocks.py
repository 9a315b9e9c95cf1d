"""Legal clocks: what is due next for each concern, by which article, and whose turn it is.

The rules are the profile's clauses; here is only the engine. A clock starts with an event
(receipt, routing, acceptance, answer), stops with another, and may be extended once. The day
of the start is not counted (民法典 201). A last day that is a holiday moves to the next
working day for a right (民法典 203, 民事诉讼法 85; from memory, unverified), since to call it
lapsed too early would take it away; for a duty it stays, since the petition regulations do
not say so and the earlier date is the safer one. Both err on the resident's side.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridkit.profile import Clause, Profile
from gridkit.profile.calendar import working_days
from gridkit.triage.subjects import fits
from gridkit.triage.timeline import NEVER, Runs, Timeline, day_of

STATUSES = ("running", "overdue", "stopped", "none")
_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class _Clock:
    """One clause's clock for n concerns; days since 1970-01-01, `NEVER` where unknown."""

    number: int  # place of the clause in the profile
    clause: Clause
    held: np.ndarray  # the clause is about the concern, and its clock has started
    running: np.ndarray
    start: np.ndarray
    due: np.ndarray
    extended: np.ndarray
    paused: np.ndarray  # days that do not count
    timeline: Timeline
    runs: Runs


def next_due(
    concerns: pd.DataFrame, steps: pd.DataFrame, profile: Profile, on: dt.date
) -> pd.DataFrame:
    """Find the nearest deadline of each concern on a day.

    Only duties count: what somebody *may* still do (ask for a review) never makes a matter
    urgent. Of several running clocks the one that ends first is given.

    Parameters
    ----------
    concerns : DataFrame, indexed by record id
        `heard_on` (date of receipt); `demand_type`, `demand_detail`, `dispute_code`,
        `source`, `safety` narrow the clauses (absent or missing: not answered).
    steps : DataFrame
        `concern_id`, `action`, `on`, `satisfied`; steps of one day by their ids, see
        `timeline.in_order`. A follow-up with a resident who is not satisfied counts as a new receipt.
    profile : Profile
        Its clauses, its channels and its county.
    on : date
        The civil day to look from; what happened after it is not looked at.

    Returns
    -------
    DataFrame, indexed like `concerns`
        - `clause_id`, `article`, `article_en` (category);
        - `started_on`, `due_on` (datetime64[s]): first and last day;
        - `days_left` (Int64, calendar days; negative once overdue);
        - `used` (float): share of the time allowed that is gone; 1 = due today, more =
          overdue; missing where no clock runs;
        - `status` (category): running, overdue, stopped (all clocks so far have done their
          part; the last one is given) or none (no clause sets a clock);
        - `turn` (category): who has to act, a code of the table `turn`;
        - `extended` (bool).

        A running clock without `due_on`, `days_left` and `used` counts working days of a
        year whose calendar is not known yet: the date is not guessed. While a hearing pauses
        a clock, its last day moves with each day that passes.

    Examples
    --------
    Heard on 20 February 2026, the Friday of the Spring Festival week; not routed yet:

    >>> from gridkit.profile import load_profile
    >>> heard = pd.Series(pd.to_datetime(["2026-02-20"]).as_unit("s"), index=["c1"])
    >>> steps = pd.DataFrame({"concern_id": [], "action": [], "on": [], "satisfied": []})
    >>> due = next_due(heard.to_frame("heard_on"), steps, load_profile(), dt.date(2026, 3, 2))
    >>> due.loc["c1", ["article", "status", "turn"]].tolist()
    ['信访工作条例第22条', 'running', 'intake']
    >>> str(due.loc["c1", "due_on"].date()), int(due.loc["c1", "days_left"])
    ('2026-03-07', 5)
    """
    today, n = day_of(on), len(concerns)
    best = _Best(n, profile)
    for clock in _clocks(concerns, steps, profile, on, kinds=("duty",)):
        best.take(clock)
    return best.frame(concerns.index, today)


def clock_table(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    profile: Profile,
    on: dt.date,
    kinds: Sequence[str] = ("duty", "right", "minimum"),
) -> pd.DataFrame:
    """List every clock that has started, rights and stopped ones included.

    Parameters
    ----------
    concerns, steps, profile, on
        As for `next_due`.
    kinds : sequence of str
        Kinds of clause to list.

    Returns
    -------
    DataFrame
        One row per concern and clause, in the order of the clauses: `concern_id` (str) and
        the columns of `next_due`, and `kind` (category). Only a duty can be overdue; a right
        that has lapsed and a minimum that has passed are stopped. `stopped_by` (category, an
        event of `profile.clause.EVENTS`) and `stopped_on` (datetime64[s]) say what stopped
        a clock, and when; missing where it is running or has run out by itself.
    """
    today = day_of(on)
    tables = [pd.DataFrame({"concern_id": pd.Series(dtype="str")})]
    for clock in _clocks(concerns, steps, profile, on, kinds=kinds):
        best = _Best(len(concerns), profile)
        best.take(clock)
        by, when = clock.timeline.stops(clock.runs)
        table = best.frame(concerns.index, today).assign(stopped_by=by.array, stopped_on=when)
        table = table[clock.held].reset_index(names="concern_id")
        if clock.clause.kind != "duty":
            lapsed = table["status"] == "overdue"
            table.loc[lapsed, "status"] = "stopped"
            table.loc[lapsed, ["days_left", "used"]] = pd.NA
        tables.append(table.assign(kind=clock.clause.kind))
    rows = pd.concat(tables, ignore_index=True)
    return rows.astype({"kind": "category"}) if "kind" in rows else rows


def _clocks(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    profile: Profile,
    on: dt.date,
    kinds: Sequence[str],
) -> Iterator[_Clock]:
    timeline = Timeline.until(concerns, steps, on, profile.clauses)
    for number, clause in enumerate(profile.clauses):
        if clause.kind not in kinds or not timeline.has(clause.starts):
            continue
        runs = timeline.runs(clause)
        held = (runs.start != NEVER) & _valid(clause, runs.start)
        if held.any():
            held &= fits(clause, concerns, profile)
        if held.any():
            ends = _due(clause, runs, timeline, day_of(on))
            yield _Clock(number, clause, held, runs.running, runs.start, *ends, timeline, runs)


def _valid(clause: Clause, start: np.ndarray) -> np.ndarray:
    """Tell which starts this version of the clause was in force at."""
    first = day_of(clause.valid_from) if clause.valid_from else NEVER
    last = day_of(clause.valid_to) if clause.valid_to else _FAR
    return (start >= first) & (start <= last)


def _due(
    clause: Clause, runs: Runs, timeline: Timeline, today: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the last day of each run, whether it was extended, and the days not counted.

    An extension counts once, and only if it came before the clock ran out: an approval
    after the deadline does not make up for it.
    """
    due = _later(clause, runs.start, clause.length)
    extended = np.zeros(len(due), dtype=bool)
    if clause.extension:
        extended = timeline.happened_in(runs, clause.extended_by, latest=due)
        longer = _later(clause, runs.start, clause.length + clause.extension)
        due = np.where(extended, longer, due)
    paused = np.zeros(len(due), dtype=np.int64)
    if clause.pauses:
        paused = timeline.paused(clause, runs, due, today)
        due = np.where(due == NEVER, NEVER, due + paused)
    if clause.kind == "right":
        due = end_of_right(due)
    return due, extended, paused


def end_of_right(due: np.ndarray) -> np.ndarray:
    """Move last days (days since 1970, or NEVER) off holidays.

    In a year without a calendar: off Saturday and Sunday.
    """
    days = np.where(due == NEVER, 0, due).astype("datetime64[D]")
    weekday = np.busday_offset(days, 0, roll="forward")
    reached = working_days().roll(days)
    moved = np.where(np.isnat(reached), weekday, reached).astype("datetime64[D]")
    return np.where(due == NEVER, NEVER, moved.astype(np.int64))


def _later(clause: Clause, start: np.ndarray, length: int) -> np.ndarray:
    if clause.day == "working":
        reached = working_days().add(start.astype("datetime64[D]"), length)
        return reached.astype(np.int64)
    return np.where(start == NEVER, NEVER, start + length)


def _used(clock: _Clock, today: int) -> np.ndarray:
    """Return the share of the time allowed that is gone.

    A duty to act at once has its own day: nothing is used on it, all and more after it.
    """
    start, length = clock.start, clock.clause.length + clock.clause.extension * clock.extended
    if clock.clause.day == "working":
        day = np.full(len(start), today).astype("datetime64[D]")
        gone = working_days().between(start.astype("datetime64[D]"), day)
    else:
        gone = today - np.where(start == NEVER, today, start) - clock.paused.astype(np.float64)
    at_once = np.where(gone > 0, 1.0 + gone, 0.0)
    used = np.where(length > 0, gone / np.maximum(length, 1), at_once)
    return np.where(clock.due == NEVER, np.nan, used)


class _Best:
    """Keeps, per concern, the running clock that ends first, else the last one stopped."""

    def __init__(self, n: int, profile: Profile) -> None:
        self.profile = profile
        self.clause = np.full(n, -1, dtype=np.int16)
        self.open = np.zeros(n, dtype=bool)
        self.start = np.full(n, NEVER, dtype=np.int64)
        self.due = np.full(n, _FAR, dtype=np.int64)
        self.extended = np.zeros(n, dtype=bool)
        self.clocks: list[_Clock] = []

    def take(self, clock: _Clock) -> None:
        due = np.where(clock.due == NEVER, _FAR, clock.due)
        running = clock.held & clock.running & (~self.open | (due < self.due))
        stopped = clock.held & ~clock.running & ~self.open & (clock.start >= self.start)
        for chosen in (stopped, running):
            self.clause[chosen] = clock.number
            self.start[chosen] = clock.start[chosen]
            self.due[chosen] = due[chosen]
            self.extended[chosen] = clock.extended[chosen]
        self.open |= running
        self.clocks.append(clock)

    def frame(self, index: pd.Index, today: int) -> pd.DataFrame:
        clauses, known = self.profile.clauses, self.due != _FAR
        used = np.full(len(index), np.nan)
        for clock in self.clocks:
            chosen = self.open & (self.clause == clock.number)
            if chosen.any():
                used[chosen] = _used(clock, today)[chosen]
        left = np.where(known, self.due, today) - today
        status = np.select(
            [self.open & known & (left < 0), self.open, self.clause >= 0],
            [STATUSES.index(name) for name in ("overdue", "running", "stopped")],
            STATUSES.index("none"),
        )
        return pd.DataFrame(
            {
                "clause_id": _labels(self.clause, [c.id for c in clauses]),
                "article": _labels(self.clause, [c.citation_zh for c in clauses]),
                "article_en": _labels(self.clause, [c.citation_en for c in clauses]),
                "started_on": _dates(self.start, self.start != NEVER),
                "due_on": _dates(self.due, known),
                "days_left": pd.arrays.IntegerArray(left, ~(known & self.open)),
                "used": used,
                "status": pd.Categorical.from_codes(status, pd.Index(STATUSES)),
                "turn": _labels(
                    np.where(self.open, self.clause, -1), [c.turn for c in clauses]
                ),
                "extended": self.extended,
            },
            index=index,
        )


def _labels(places: np.ndarray, names: Sequence[str]) -> pd.Categorical:
    """Return the name at each place as a category; -1 is missing."""
    codes, different = pd.factorize(np.array(names, dtype=object))
    return pd.Categorical.from_codes(np.append(codes, -1).take(places), pd.Index(different))


def _dates(days: np.ndarray, known: np.ndarray) -> np.ndarray:
    dates = np.where(known, days, 0).astype("datetime64[D]").astype("datetime64[s]")
    return np.where(known, dates, np.datetime64("NaT", "s"))
