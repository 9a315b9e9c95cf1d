"""How a concern was handled so far, read from its steps: its standing and response gap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridkit.profile import Profile
from gridkit.profile.card import RESPONSE_GAPS

# How long a gap may last before it counts. Proposals, not law: the 15 days of 信访工作条例
# 22 are too long for a dry tap; 30 days are half of the 60 of article 34, for the matters
# that no clock of the profile covers.
OWNER_WITHIN_DAYS = 3
UNANSWERED_FROM_USED = 0.5  # share of the running clock
UNANSWERED_AFTER_DAYS = 30  # since a unit took it over, where no clock runs
RETURNS = 2

STANDINGS = ("open", "stopped", "route_out", "later")

_STOPS = ("closed", "archived", "withdrawn", "merged", "to_statutory_channel")
_RESTARTS = ("reopened", "review", "re_review")
_OWNS = ("routed", "accepted", "in_progress", "extended")
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Handling:
    """The steps taken up to a day, in order; `row` is the position of their concern."""

    n: int
    row: np.ndarray
    day: np.ndarray
    action: pd.Categorical
    unsatisfied: np.ndarray

    @classmethod
    def until(cls, concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date) -> Handling:
        """Order the steps of these concerns up to and including a day.

        Steps of one day keep the order of the frame: in a ledger, that of recording.
        """
        owner = pd.Categorical(steps["concern_id"])
        row = np.append(concerns.index.get_indexer(owner.categories), -1)[owner.codes]
        day = days(steps["on"])
        kept = np.flatnonzero((row >= 0) & (day <= day_of(on)) & (day != _NEVER))
        order = kept[np.lexsort((day[kept], row[kept]))]
        satisfied = steps["satisfied"].astype("boolean").fillna(value=True)
        return cls(
            n=len(concerns),
            row=row[order],
            day=day[order],
            action=pd.Categorical(steps["action"])[order],
            unsatisfied=~satisfied.to_numpy(dtype=bool)[order],
        )

    def is_one_of(self, actions: Collection[str]) -> np.ndarray:
        """Tell which steps are one of these actions (bool)."""
        held = [name in actions for name in self.action.categories]
        each: np.ndarray = np.array([*held, False], dtype=bool)
        return each.take(self.action.codes)

    @property
    def restarts(self) -> np.ndarray:
        """Which steps bring the matter back into handling: reopened, or not satisfied."""
        restarts: np.ndarray = self.is_one_of(_RESTARTS) | self.unsatisfied
        return restarts

    def last(self, which: np.ndarray) -> np.ndarray:
        """Return per concern the position of its last such step, -1 if there is none."""
        position = np.full(self.n, -1, dtype=np.int64)
        chosen = np.flatnonzero(which)
        position[self.row[chosen]] = chosen  # rising, so the last one stays
        return position

    def day_at(self, position: np.ndarray) -> np.ndarray:
        """Return the day of the step at each position; far in the past where it is -1."""
        each: np.ndarray = np.append(self.day, -(10**6))
        return each.take(position)


def standing(
    concerns: pd.DataFrame, steps: pd.DataFrame, profile: Profile, on: dt.date
) -> pd.Series:
    """Tell which concerns are to be scored on a day, and why the others are not.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    profile : Profile
        Its choices say which disputes are routed out.
    on : date
        The civil day to look from; what happened after it is not looked at.

    Returns
    -------
    Series of category, indexed like `concerns`
        `open` (to be scored); `stopped` (closed, archived, withdrawn, merged, or handed to
        a statutory channel, and not brought back since); `route_out` (a dispute code that
        is never scored, never mapped); `later` (heard after that day).

    Examples
    --------
    >>> import datetime as dt
    >>> from gridkit.profile import load_profile
    >>> heard = pd.to_datetime(["2026-03-01", "2026-03-02"]).as_unit("s")
    >>> concerns = pd.DataFrame({"heard_on": heard, "dispute_code": [None, None]}, index=["a", "b"])
    >>> steps = pd.DataFrame({
    ...     "concern_id": ["a"], "action": ["closed"], "on": heard[1:], "satisfied": [None],
    ... })
    >>> standing(concerns, steps, load_profile(), dt.date(2026, 3, 9)).to_dict()
    {'a': 'stopped', 'b': 'open'}
    """
    handling = Handling.until(concerns, steps, on)
    stopped = handling.last(handling.is_one_of(_STOPS)) > handling.last(handling.restarts)
    codes = np.where(stopped, STANDINGS.index("stopped"), STANDINGS.index("open"))
    codes[concerns["dispute_code"].isin(route_out_codes(profile))] = STANDINGS.index(
        "route_out"
    )
    codes[days(concerns["heard_on"]) > day_of(on)] = STANDINGS.index("later")
    return pd.Series(
        pd.Categorical.from_codes(codes, pd.Index(STANDINGS)), index=concerns.index
    )


def response_gap(
    concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date, clock_used: pd.Series
) -> pd.Series:
    """Tell what is lacking in the office's response to each concern on a day.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    on : date
        The civil day to look from.
    clock_used : Series of float, indexed like `concerns`
        The share of the running clock that is used (1 = due today); missing where no
        clock runs.

    Returns
    -------
    Series of category, indexed like `concerns`
        - `no_owner`: for more than 3 days no unit has it (never routed or accepted, or
          returned since).
        - `unanswered`: a unit has it, gave no answer, and half of its clock is used; where
          no clock runs, 30 days have passed.
        - `returned_twice`: returned two times or more, and still no answer.
        - `none`: otherwise. A resident who is not satisfied, or a review, opens it again.
    """
    handling, today = Handling.until(concerns, steps, on), day_of(on)
    restart = handling.last(handling.restarts)
    returned = handling.is_one_of(("returned",))
    own, back = handling.last(handling.is_one_of(_OWNS)), handling.last(returned)
    answered = handling.last(handling.is_one_of(("answered",))) > restart
    waiting = today - np.maximum(
        days(concerns["heard_on"]), handling.day_at(np.maximum(restart, back))
    )
    owned = own > back
    used = clock_used.to_numpy(dtype=np.float64, na_value=np.nan)
    held = today - np.maximum(handling.day_at(own), handling.day_at(restart))
    late = np.where(np.isnan(used), held >= UNANSWERED_AFTER_DAYS, used >= UNANSWERED_FROM_USED)
    times = np.bincount(handling.row[returned], minlength=handling.n)
    gaps = np.select(
        [
            answered,
            times >= RETURNS,
            owned & late,
            ~owned & (waiting > OWNER_WITHIN_DAYS),
        ],
        [
            RESPONSE_GAPS.index(gap)
            for gap in ("none", "returned_twice", "unanswered", "no_owner")
        ],
        RESPONSE_GAPS.index("none"),
    )
    return pd.Series(
        pd.Categorical.from_codes(gaps, pd.Index(RESPONSE_GAPS)), index=concerns.index
    )


def route_out_codes(profile: Profile) -> list[str]:
    """Return the dispute codes that are handed to a statutory channel, never scored."""
    tables = ("dispute_group", "dispute_code")
    return [c.code for table in tables for c in profile.choices(table) if c.route_out]


def days(dates: pd.Series) -> np.ndarray:
    """Return dates as days since 1970-01-01 (int64); a missing date is the least int64."""
    return dates.to_numpy(dtype="datetime64[D]").astype(np.int64)


def day_of(on: dt.date) -> int:
    """Return a date as days since 1970-01-01."""
    return int(np.datetime64(on, "D").astype(np.int64))
