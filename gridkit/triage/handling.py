"""How a concern was handled so far, read from its steps: its standing and response gap."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridkit.profile import Profile
from gridkit.profile.card import RESPONSE_GAPS
from gridkit.triage.moves import STATES
from gridkit.triage.standings import states
from gridkit.triage.timeline import LIFE, NEVER, day_of, days, in_order

# How long a gap may last before it counts. Proposals, not law: the 15 days of 信访工作条例
# 22 are too long for a dry tap; 30 days are half of the 60 of article 34, for the matters
# that no clock of the profile covers.
OWNER_WITHIN_DAYS = 3
UNANSWERED_FROM_USED = 0.5  # share of the running clock
UNANSWERED_AFTER_DAYS = 30  # since a unit took it over, where no clock runs
RETURNS = 2
_LONG_AGO = -(10**6)  # days; before any step

STANDINGS = ("open", "stopped", "route_out", "later")

_RESTARTS = ("reopened", "review", "re_review")  # and a resident who is not satisfied
_OWNS = ("routed", "accepted", "in_progress", "extended")


@dataclass(frozen=True, eq=False)
class _Steps:
    """The steps of n concerns up to a day, concern by concern in order of time.

    `row` is the position of the concern, `day` in days since 1970-01-01.
    """

    n: int
    row: np.ndarray
    day: np.ndarray
    action: pd.Categorical
    refused: np.ndarray

    @classmethod
    def until(cls, concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date) -> _Steps:
        """Order the steps; those of one day as in `in_order`."""
        owner = pd.Categorical(steps["concern_id"])
        row = np.append(concerns.index.get_indexer(owner.categories), -1)[owner.codes]
        day = days(steps["on"])
        kept = np.flatnonzero((row >= 0) & (day != NEVER) & (day <= day_of(on)))
        action = pd.Categorical(steps["action"])
        rank = np.array([*(LIFE.get(str(name), -1) for name in action.categories), -1])
        rank = rank[action.codes]
        kept = kept[in_order(row[kept], day[kept], steps.index[kept], rank[kept])]
        satisfied = steps["satisfied"].astype("boolean").fillna(value=True)
        return cls(
            n=len(concerns),
            row=row[kept],
            day=day[kept],
            action=action[kept],
            refused=~satisfied.to_numpy(dtype=bool)[kept],
        )

    def are(self, *actions: str) -> np.ndarray:
        """Tell which steps are one of these actions."""
        wanted = np.array([*self.action.categories.isin(actions), False], dtype=bool)
        held: np.ndarray = wanted[self.action.codes]
        return held

    def last(self, which: np.ndarray) -> np.ndarray:
        """Return per concern the place of its last such step, -1 if there is none."""
        place = np.full(self.n, -1, dtype=np.int64)
        chosen = np.flatnonzero(which)
        place[self.row[chosen]] = chosen  # rising, so the last one stays
        return place

    def restart(self) -> np.ndarray:
        """Return per concern the place of the last step that brought it back into handling."""
        return self.last(self.are(*_RESTARTS) | self.refused)


_GAPS = tuple(RESPONSE_GAPS)


def standing(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    profile: Profile,
    on: dt.date,
    *,
    stands: pd.DataFrame | None = None,
) -> pd.Series:
    """Tell which concerns are to be scored on a day, and why the others are not.

    Ended is what `states` says has ended, here as in every list and figure: a step that was
    not legal where it came (a closing without answer, check and follow-up) ends nothing.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    profile : Profile
        Its choices say which disputes are routed out.
    on : date
        The civil day to look from; what happened after it is not looked at.
    stands : DataFrame, indexed like `concerns`, optional
        What `states` gives for that day, where the caller has it already.

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
    ...     "concern_id": ["a", "b"], "action": "closed", "on": heard[1:].repeat(2),
    ...     "satisfied": None, "special": [True, None],
    ... })
    >>> standing(concerns, steps, load_profile(), dt.date(2026, 3, 9)).to_dict()
    {'a': 'stopped', 'b': 'open'}
    """
    state = (states(concerns, steps, on) if stands is None else stands)["state"]
    stopped = state.isin([s.code for s in STATES if not s.is_open]).to_numpy()
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
    taken, today = _Steps.until(concerns, steps, on), day_of(on)
    returned = taken.are("returned")
    restart, back, own = taken.restart(), taken.last(returned), taken.last(taken.are(*_OWNS))
    answered = taken.last(taken.are("answered")) > restart
    day = np.append(taken.day, _LONG_AGO)
    waiting = today - np.maximum(days(concerns["heard_on"]), day[np.maximum(restart, back)])
    held = today - np.maximum(day[own], day[restart])
    owned = own > back
    used = clock_used.to_numpy(dtype=np.float64, na_value=np.nan)
    late = np.where(np.isnan(used), held >= UNANSWERED_AFTER_DAYS, used >= UNANSWERED_FROM_USED)
    times = np.bincount(taken.row[returned], minlength=taken.n)
    gaps = np.select(
        [
            answered,
            times >= RETURNS,
            owned & late,
            ~owned & (waiting > OWNER_WITHIN_DAYS),
        ],
        [_GAPS.index(gap) for gap in ("none", "returned_twice", "unanswered", "no_owner")],
        _GAPS.index("none"),
    )
    return pd.Series(pd.Categorical.from_codes(gaps, pd.Index(_GAPS)), index=concerns.index)


def route_out_codes(profile: Profile) -> frozenset[str]:
    """Return the dispute codes that are handed to a statutory channel, never scored."""
    return profile.route_out_codes
