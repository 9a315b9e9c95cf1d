"""The board: every open matter with its band, its clock and who has it, narrowed in an instant.

A leaner cousin of the worklist, for a hundred thousand matters: the reasons in words are
put together for the rows that are shown, not for all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile
from gridkit.triage.clocks import next_due
from gridkit.triage.explain import explain
from gridkit.triage.inputs import inputs
from gridkit.triage.moves import STATES
from gridkit.triage.scorecard import score
from gridkit.triage.standings import clashes, states

TOWNSHIP_DIGITS = 9  # of a grid's or a division's code
_CLOCK = ("clause_id", "article", "article_en", "due_on", "days_left", "status")
_SUBJECT = ("grid_id", "demand_type", "demand_detail", "dispute_code", "heard_on")


def board(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    on: dt.date,
    profile: Profile,
    decisions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Put every open matter on one table, first things first.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    on : date
        The civil day (Asia/Shanghai) to look from.
    profile : Profile
        Card, clauses and words.
    decisions : DataFrame, optional
        The ledger's decisions: what a person decided last counts before the advice.

    Returns
    -------
    DataFrame, indexed by the record id of the concern
        - `band` (category): decided, else advised; `advised` (category), `decided` (bool);
        - `score` (Int16, points), `override` (bool), `response_gap` (category);
        - the clock: `clause_id`, `article`, `article_en` (category), `due_on`
          (datetime64[s]), `days_left` (Int64), `status` (category), `overdue` (bool);
        - where it stands: `state`, `unit`, `waiting_for` (category), `since`
          (datetime64[s]), `answered` (bool), `clashes` (int64);
        - the matter: `grid_id`, `township_code` (12 digits), `demand_type`,
          `demand_detail`, `dispute_code` (category), `heard_on` (datetime64[s]),
          `open_days` (Int64, calendar days since it was heard).

        The most urgent band first, then danger, the highest score, what is due first, what
        was heard first, the id. Struck-off matters, merged ones (their root is) and those
        of a statutory channel are not in it; `contested` names those in it that somebody
        ended as they should not have been.

    Notes
    -----
    The order is advice on matters; a person decides (`domain.md` section 6, R5). There is
    no column of a person or a worker to narrow by (R1).
    """
    clocks = next_due(concerns, steps, profile, on)
    every = states(concerns, steps, on)
    facts = inputs(concerns, steps, on, profile, clocks=clocks, stands=every)
    place = _places(facts.index, concerns.index)
    scores = score(facts, profile.scorecard)
    clock = clocks[list(_CLOCK)].iloc[place]
    matter = concerns[list(_SUBJECT)].iloc[place]
    stands = every.iloc[place]
    decided = _decided(facts.index, decisions, on, scores["band"])
    made = pd.DataFrame(
        {
            "band": decided.fillna(scores["band"]),
            "advised": scores["band"],
            "decided": decided.notna(),
            "score": scores["score"],
            "override": scores["override"],
            "response_gap": facts["response_gap"],
            **clock,
            "overdue": clock["status"] == "overdue",
            **stands[["state", "unit", "waiting_for", "since", "answered", "clashes"]],
            **matter,
            "township_code": townships(matter["grid_id"]),
            "open_days": _days(on, matter["heard_on"]),
        },
        index=facts.index,
    )
    return made.iloc[_order(made)]


def narrow(
    listed: pd.DataFrame,
    *,
    overdue: bool | None = None,
    **wanted: str | Iterable[str] | None,
) -> pd.DataFrame:
    """Keep the rows of a board that fit all that is asked.

    Parameters
    ----------
    listed : DataFrame
        From `board`.
    overdue : bool, optional
        Only those whose legal clock has run out, or only the others.
    **wanted
        `township_code` (12 digits, or the first 9), `demand_type`, `band`, `state`, `unit`,
        `waiting_for`, `response_gap`: one code, or several of which any will do. None asks
        nothing.

    Returns
    -------
    DataFrame
        Rows of `listed`, in its order.

    Raises
    ------
    DataError
        If a board cannot be narrowed by that.

    Examples
    --------
    >>> listed = pd.DataFrame({
    ...     "band": pd.Categorical(["red", "blue"]), "overdue": [False, True],
    ... }, index=["a", "b"])
    >>> narrow(listed, band=["red", "orange"]).index.tolist(), len(narrow(listed, overdue=True))
    (['a'], 1)
    """
    unknown = sorted(wanted.keys() - set(NARROWED_BY))
    if unknown:
        raise DataError(
            zh=f"看板不能按 {', '.join(unknown)} 筛选; 可用: {', '.join(NARROWED_BY)}。",
            en=f"A board is not narrowed by {', '.join(unknown)}; "
            f"it is by {', '.join(NARROWED_BY)}.",
        )
    kept = np.ones(len(listed), dtype=bool)
    for name, asked in wanted.items():
        if asked is not None:
            codes = [asked] if isinstance(asked, str) else list(asked)
            if name == "township_code":
                codes = [code[:TOWNSHIP_DIGITS].ljust(12, "0") for code in codes]
            kept &= listed[name].isin(codes).to_numpy()
    if overdue is not None:
        kept &= listed["overdue"].to_numpy() == overdue
    return listed[kept]


NARROWED_BY = (
    "township_code",
    "demand_type",
    "band",
    "state",
    "unit",
    "waiting_for",
    "response_gap",
)
"""What a board can be narrowed by: of the matter, the place and the office, never a person."""


def contested(concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date) -> pd.Index:
    """Name the open matters that somebody ended by a step that was not legal where it came.

    Parameters
    ----------
    concerns, steps, on
        As for `board`.

    Returns
    -------
    Index of str
        Record ids, in the order of `concerns`. Such a matter (closed without a check of the
        answer, say) has not ended: it stays on the board and in every figure of what is
        open, and a person has to look. A merge that leads back to itself is among them:
        its matters are on no board.

    Examples
    --------
    >>> heard = pd.to_datetime(["2026-03-02"]).as_unit("s")
    >>> concerns = pd.DataFrame({"heard_on": heard, "dispute_code": None}, index=["a"])
    >>> steps = pd.DataFrame({
    ...     "concern_id": ["a"], "action": ["closed"], "on": heard, "satisfied": [None],
    ... })
    >>> contested(concerns, steps, dt.date(2026, 3, 9)).tolist()
    ['a']
    """
    stands = states(concerns, steps, on)
    odd = clashes(concerns, steps, on)
    ends = odd.loc[odd["action"].isin(_ENDINGS).to_numpy(), "concern_id"]
    own = (stands["state"] != "merged").to_numpy()  # a merged one waits with its root
    kept = stands["is_open"].to_numpy() & own & concerns.index.isin(ends.astype("str"))
    looped = (stands["root_state"] == "merged").to_numpy()
    found: pd.Index = concerns.index[kept | looped]
    return found


_ENDINGS = tuple(s.code for s in STATES if not s.is_open)  # actions of the same names


def with_reasons(
    shown: pd.DataFrame,
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    on: dt.date,
    profile: Profile,
) -> pd.DataFrame:
    """Add the reasons in plain words to the rows of a board that are shown.

    Parameters
    ----------
    shown : DataFrame
        Some rows of `board`.
    concerns, steps, on, profile
        What the board was made with: the same cause is counted among all concerns of the
        same grids.

    Returns
    -------
    DataFrame, indexed like `shown`
        With `sentence_zh` and `sentence_en`.
    """
    near = concerns[concerns["grid_id"].isin(shown["grid_id"].astype("str").unique())]
    theirs = steps[steps["concern_id"].isin(near.index)]
    facts = inputs(near, theirs, on, profile).reindex(shown.index)
    scores = score(facts, profile.scorecard)
    return shown.assign(
        sentence_zh=explain(facts, scores, profile.scorecard, lang="zh"),
        sentence_en=explain(facts, scores, profile.scorecard, lang="en"),
    )


def townships(codes: pd.Series) -> pd.Series:
    """Give the 12-digit code of the township that each grid or division lies in.

    Parameters
    ----------
    codes : Series of str or category
        Grid ids or division codes; a county's is its own.

    Returns
    -------
    Series of category, indexed like `codes`

    Examples
    --------
    >>> townships(pd.Series(["990428100001007", "990428000000"])).tolist()
    ['990428100000', '990428000000']
    """
    column = pd.Categorical(codes)
    names = [str(code)[:TOWNSHIP_DIGITS].ljust(12, "0") for code in column.categories]
    number, used = pd.factorize(pd.Index(names, dtype="str"))
    found = np.append(number, -1)[column.codes]
    return pd.Series(pd.Categorical.from_codes(found, used), index=codes.index)


def _places(some: pd.Index, among: pd.Index) -> np.ndarray:
    """Give the positions of the rows of one index in another."""
    return np.arange(len(among)) if len(some) == len(among) else among.get_indexer(some)


def _decided(
    index: pd.Index, decisions: pd.DataFrame | None, on: dt.date, advised: pd.Series
) -> pd.Series:
    """Give the band that a person decided last, missing where nobody did."""
    bands: Any = advised.dtype
    decided = pd.Series(index=index, dtype=bands)
    if decisions is None or not len(decisions):
        return decided
    past = decisions[decisions["on"] <= pd.Timestamp(on)]
    last = past.sort_values("on", kind="stable").drop_duplicates("concern_id", keep="last")
    place = index.get_indexer(pd.Index(last["concern_id"].astype("str")))
    code = np.full(len(index), -1)
    code[place[place >= 0]] = bands.categories.get_indexer(last["decided"].astype("str"))[
        place >= 0
    ]
    return pd.Series(pd.Categorical.from_codes(code, dtype=bands), index=index)


def _days(on: dt.date, heard_on: pd.Series) -> pd.Series:
    days: pd.Series = (pd.Timestamp(on) - heard_on).dt.days.astype("Int64")
    return days


def _order(made: pd.DataFrame) -> np.ndarray:
    far = np.datetime64("9999-12-31", "s")
    due = made["due_on"].fillna(far).to_numpy()
    ids = np.arange(len(made))
    if not made.index.is_monotonic_increasing:
        ids = np.argsort(np.argsort(made.index.to_numpy(dtype="U")))
    return np.lexsort(
        (
            ids,
            made["heard_on"].to_numpy(),
            due,
            -made["score"].to_numpy(dtype="int64"),
            ~made["override"].to_numpy(dtype=bool),
            made["band"].cat.codes.to_numpy(),
        )
    )
