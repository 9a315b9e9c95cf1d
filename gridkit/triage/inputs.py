"""The card's inputs, worked out of the ledger: facts of the matter, never of a person."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from gridkit.profile import Profile
from gridkit.profile.card import INPUTS
from gridkit.triage.clocks import next_due
from gridkit.triage.handling import response_gap, route_out_codes, standing
from gridkit.triage.timeline import NEVER, day_of, days

SAME_CAUSE_DAYS = 180  # how far back a cause counts as returning; a proposal

_RECORDED = [name for name, known in INPUTS.items() if known.origin == "asked"]
_RECORDED.remove("works_in_days")  # recorded as a date


def inputs(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    on: dt.date,
    profile: Profile,
    *,
    clocks: pd.DataFrame | None = None,
    stands: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Work out what a card may look at, for every open concern on a day.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id. Columns of a person, should there be
        any, are not looked at.
    on : date
        The civil day (Asia/Shanghai) to look from; later records are not looked at.
    profile : Profile
    clocks : DataFrame, indexed like `concerns`, optional
        What `next_due` gives for that day, where the caller has it already.
    stands : DataFrame, indexed like `concerns`, optional
        What `states` gives for that day, where the caller has it already.

    Returns
    -------
    DataFrame, indexed by concern id, in the order of `concerns`
        Only concerns that are `open` (see `standing`, which says why others are not). The
        columns are those of `profile.card.INPUTS`:

        - as recorded: `harm`, `basic_need`, `safety`, `setting`, `hardening`, `mitigation`
          (category), `households_affected`, `people_affected` (Int64);
        - `works_in_days` (Int64, days; negative once works have begun), missing unless
          works are to start soon;
        - `clock_used` (float, share; 1 = due today, more = overdue), missing without clock;
        - `same_cause_n` (Int64): see `same_cause_n`;
        - `response_gap` (category): see `response_gap`.
    """
    kept = (standing(concerns, steps, profile, on, stands=stands) == "open").to_numpy()
    some = concerns.loc[kept]
    due = next_due(some, steps, profile, on) if clocks is None else clocks.loc[kept]
    used = due["used"]
    same = same_cause_n(concerns, profile).loc[kept]
    derived = {
        "works_in_days": _works_in_days(some, on),
        "clock_used": used.astype("float64"),
        "same_cause_n": same,
        "response_gap": response_gap(some, steps, on, used),
    }
    return some[_RECORDED].assign(**derived)[list(INPUTS)]


def same_cause_n(concerns: pd.DataFrame, profile: Profile) -> pd.Series:
    """Count the other concerns of the same cause in the same grid, 180 days back.

    Parameters
    ----------
    concerns : DataFrame
        The ledger's frame: all concerns, also those struck off since.
    profile : Profile
        Disputes that it routes out are neither counted nor given a count.

    Returns
    -------
    Series of Int64, indexed like `concerns`
        Others in the same grid with the same `demand_detail` (the same `demand_type` where
        there is no detail), heard on the same day or within the 180 days before; never
        later ones. Missing without grid or demand, and for disputes routed out.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> concerns = pd.DataFrame({
    ...     "grid_id": "g1", "demand_type": "water", "demand_detail": "water_cut",
    ...     "dispute_code": None,
    ...     "heard_on": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-12-01"]).as_unit("s"),
    ... })
    >>> same_cause_n(concerns, load_profile()).tolist()
    [0, 1, 0]
    """
    cause = (
        concerns["demand_detail"].astype("str").fillna(concerns["demand_type"].astype("str"))
    )
    grid, _ = pd.factorize(concerns["grid_id"])
    named, names = pd.factorize(cause)
    day = days(concerns["heard_on"])
    known = (grid >= 0) & (named >= 0) & (day > NEVER)
    known &= ~concerns["dispute_code"].isin(route_out_codes(profile)).to_numpy()

    counts = np.zeros(len(concerns), dtype=np.int64)
    if known.any():
        since = day[known] - day[known].min() + SAME_CAUSE_DAYS
        width = int(since.max()) + 1 + SAME_CAUSE_DAYS  # so that no span reaches another place
        when = (grid[known] * len(names) + named[known]) * width + since
        order = np.argsort(when, kind="stable")
        ranked = when[order]
        upto = np.searchsorted(ranked, ranked, side="right")
        before = np.searchsorted(ranked, ranked - SAME_CAUSE_DAYS, side="left")
        counted = np.empty(len(order), dtype=np.int64)
        counted[order] = upto - before - 1
        counts[known] = counted
    return pd.Series(pd.arrays.IntegerArray(counts, ~known), index=concerns.index)


def _works_in_days(concerns: pd.DataFrame, on: dt.date) -> pd.Series:
    name, code = INPUTS["works_in_days"].relevant or ("", "")
    column = pd.Categorical(concerns[name])
    soon = np.array([*(code in str(c).split() for c in column.categories), False])
    start = concerns["works_start"]
    known = soon.take(column.codes) & start.notna().to_numpy()
    count = np.where(known, days(start), day_of(on)) - day_of(on)
    return pd.Series(pd.arrays.IntegerArray(count, ~known), index=concerns.index)
