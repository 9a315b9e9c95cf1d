"""What was known of the open matters week by week, and what became of them: no look-ahead.

Evidence is gathered as the office would have seen it: on each day only what had been heard
and done by then. A column that the ledger does not declare (an outcome joined on by
mistake) or a day of hearing that lies ahead is refused, not silently used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile
from gridkit.records.spec import RECORD_SPECS
from gridkit.triage.clocks import next_due
from gridkit.triage.inputs import inputs
from gridkit.triage.standings import states

HORIZON_DAYS = 56
"""How far ahead a warning is asked to see; eight weeks."""
_BESIDE = ("n_heads",)  # what `Store.frame` adds to the fields of the spec
_KEPT = ("grid_id", "demand_type", "demand_detail", "heard_on", "since")


def known_on(
    concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut a ledger to what was known on a day.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    on : date
        The civil day.

    Returns
    -------
    tuple of two DataFrames
        Concerns heard and steps taken by that day.

    Raises
    ------
    DataError
        If a frame has a column that the records do not declare (it could hold the
        future), or a concern began after it was heard.

    Notes
    -----
    Frames give each record as it reads today. An answer that was corrected later is seen
    corrected; a county that corrects much should cut by revision.
    """
    for kind, frame in (("concern", concerns), ("step", steps)):
        declared = {field.name for field in RECORD_SPECS[kind].fields}
        odd = [str(c) for c in frame.columns if c not in declared and c not in _BESIDE]
        if odd:
            raise DataError(
                en=f"`{kind}s` has {len(odd)} column(s) that no record declares "
                f"({', '.join(odd[:3])}): a backtest could look into the future by them. "
                "Leave them out.",
                zh=f"`{kind}s` 有 {len(odd)} 个台账未定义的列 ({', '.join(odd[:3])}), "
                "回测可能由此偷看未来。请去掉这些列。",
            )
    ahead = (concerns["since"] > concerns["heard_on"]).fillna(value=False)
    if ahead.any():
        raise DataError(
            en=f"{int(ahead.sum())} concern(s) began after they were heard; mend `since` first.",
            zh=f"有 {int(ahead.sum())} 件诉求的开始日期晚于得知日期, 请先改正。",
        )
    day = pd.Timestamp(on)
    return concerns[concerns["heard_on"] <= day], steps[steps["on"] <= day]


def weekly_facts(
    concerns: pd.DataFrame, steps: pd.DataFrame, days: Iterable[dt.date], profile: Profile
) -> pd.DataFrame:
    """Gather the card's inputs of every matter open on each of some days.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    days : iterable of date
        The days on which the week's visits are chosen, in order.
    profile : Profile
        Clauses and codes.

    Returns
    -------
    DataFrame
        One row per day and open matter: `on`, `concern_id`, the inputs of the card
        (`profile.card.INPUTS`), `due_on`, `grid_id`, `demand_type`, `demand_detail`,
        `heard_on`, `since`. Each day's rows rest on what was known on that day alone.

    Raises
    ------
    DataError
        As `known_on`, or if `days` is empty.
    """
    parts = []
    for on in days:
        heard, taken = known_on(concerns, steps, on)
        if not len(heard):
            continue
        stands = states(heard, taken, on)
        clocks = next_due(heard, taken, profile, on)
        facts = inputs(heard, taken, on, profile, clocks=clocks, stands=stands)
        its = heard.loc[facts.index, list(_KEPT)]
        facts = facts.assign(due_on=clocks["due_on"].loc[facts.index]).join(its)
        parts.append(facts.assign(on=pd.Timestamp(on)).rename_axis("concern_id").reset_index())
    if not parts:
        raise DataError(
            en="No matter was open on any of `days`; give days inside the ledger.",
            zh="所给的日子没有待办事项; 请给台账范围内的日子。",
        )
    return pd.concat(parts, ignore_index=True)


def mark(
    facts: pd.DataFrame,
    outcomes: pd.DataFrame,
    known_until: dt.date,
    *,
    horizon_days: int = HORIZON_DAYS,
) -> pd.DataFrame:
    """Put beside each row what became of its matter.

    Parameters
    ----------
    facts : DataFrame
        As `weekly_facts` gives it.
    outcomes : DataFrame, indexed by concern id
        `harm_on` (datetime; missing where it never got that far) and, where it is known,
        `cause`: matters of one cause share one harm. Concerns that are not in it count as
        without harm.
    known_until : date
        The last day on which harm would have been noticed. Rows whose horizon reaches
        past it are dropped: what is not known yet is not counted as "no".
    horizon_days : int
        How far ahead a warning is asked to see.

    Returns
    -------
    DataFrame
        `facts` with `harm_on`, `cause` (the concern itself where none is known),
        `true` (bool: the harm comes after `on`, within the horizon: a warning is right),
        `harmed` (bool: it came by `on`, no longer ago than the horizon: too late to warn,
        not for nothing) and `lead_days` (float: days from `on` to the harm; below 0 once
        it is there).

    Raises
    ------
    DataError
        If nothing is left to be judged.
    """
    last = pd.Timestamp(known_until) - pd.Timedelta(days=horizon_days)
    kept = facts[facts["on"] <= last]
    if not len(kept):
        raise DataError(
            en=f"Outcomes are known until {known_until}; no week has {horizon_days} days of "
            "them ahead. Give a longer ledger or a shorter horizon.",
            zh=f"结果只知道到 {known_until}, 没有哪一周往后有 {horizon_days} 天。"
            "请给更长的台账, 或缩短预警期。",
        )
    ids = kept["concern_id"]
    harm = ids.map(outcomes["harm_on"]).astype("datetime64[s]")
    cause = ids.map(outcomes["cause"]) if "cause" in outcomes else pd.Series(index=kept.index)
    lead = (harm - kept["on"]).dt.days.astype("float64")
    return kept.assign(
        harm_on=harm,
        cause=cause.astype("object").where(cause.notna(), ids),
        true=((lead > 0) & (lead <= horizon_days)).to_numpy(),
        harmed=((lead <= 0) & (lead >= -horizon_days)).to_numpy(),
        lead_days=lead,
    ).reset_index(drop=True)


def came_back(concerns: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Take from the ledger itself which matters got worse: those that came back.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames.

    Returns
    -------
    DataFrame, indexed like `concerns`
        `harm_on`: the first day on which the resident was not satisfied, the matter was
        reopened, or a review was asked for; missing else.

    Notes
    -----
    A stand-in where nobody keeps outcomes: it sees what an office answered badly, not
    what happened at the door. An outcome that people wrote down is better.

    Examples
    --------
    >>> concerns = pd.DataFrame(index=["a", "b"])
    >>> steps = pd.DataFrame({
    ...     "concern_id": ["a", "b"], "action": ["reopened", "closed"],
    ...     "on": pd.to_datetime(["2026-03-02", "2026-03-02"]), "satisfied": [None, None],
    ... })
    >>> came_back(concerns, steps)["harm_on"].notna().tolist()
    [True, False]
    """
    again = steps["action"].isin(["reopened", "review", "re_review"]).to_numpy(dtype=bool)
    unhappy = ~steps["satisfied"].astype("boolean").fillna(value=True).to_numpy(dtype=bool)
    back = steps[again | unhappy]
    first = back.groupby(back["concern_id"].astype("str"))["on"].min()
    harm = first.reindex(concerns.index).astype("datetime64[s]")
    return pd.DataFrame({"harm_on": harm}, index=concerns.index)


def weeks_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """Give the Mondays from one day to another, both included.

    Examples
    --------
    >>> weeks_between(dt.date(2026, 11, 1), dt.date(2026, 11, 10))
    [datetime.date(2026, 11, 2), datetime.date(2026, 11, 9)]
    """
    start = first + dt.timedelta(days=-first.weekday() % 7)
    count = max(0, (last - start).days // 7 + 1)
    return [start + dt.timedelta(weeks=int(n)) for n in np.arange(count)]
