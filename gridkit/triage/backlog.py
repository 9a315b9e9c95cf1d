"""Backlog (积案): hard matters, each owned by a leader's post, struck off one by one.

A backlog record says that a matter is on a list, which list, since when, which post owns it
and which items of the checklist are done. That it is struck off is never stored beside it:
it is what the matter's own steps say (`states`), so a reopened matter is back at once.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile
from gridkit.triage.standings import states


@dataclass(frozen=True)
class BacklogRule:
    """When an open matter counts as backlog: open for long, or a deadline long past.

    Attributes
    ----------
    open_days : int
        Calendar days since it was heard; at least as many, and it counts.
    clauses : tuple of str
        Clauses of the profile; one of them run out, and it counts.
    source : str
    verified : bool
    """

    open_days: int = 180
    clauses: tuple[str, ...] = ("petition_34_conclude", "petition_2005_33_conclude")
    source: str = (
        "gridkit's own proposal: no primary source gives a number of days; set your own"
    )
    verified: bool = False


RULE = BacklogRule()
"""What counts as backlog unless the county says otherwise."""

LEFT_OUT = (
    (
        "包稳控",
        "不列入: 它让干部去管控一个人, 而本工具只办事, 不管人",
        "left out: it would task an official with controlling a person; this is about matters",
    ),
)
"""What some versions of 六定五包 have and this checklist has not, with the reason."""


def backlog_candidates(
    listed: pd.DataFrame, backlog: pd.DataFrame, rule: BacklogRule = RULE
) -> pd.DataFrame:
    """List the open matters that count as backlog and are on no list yet.

    Parameters
    ----------
    listed : DataFrame
        From `board`.
    backlog : DataFrame
        The ledger's backlog records.
    rule : BacklogRule

    Returns
    -------
    DataFrame, rows of `listed`, the longest open first
        With `because_zh`, `because_en` (str). A proposal: a person puts it on a list.
    """
    known = backlog["concern_id"].astype("str")
    long_open = (listed["open_days"] >= rule.open_days).to_numpy(dtype=bool)
    past = (listed["overdue"] & listed["clause_id"].isin(rule.clauses)).to_numpy(dtype=bool)
    kept = (long_open | past) & ~listed.index.isin(known)
    some, long_open, past = listed[kept], long_open[kept], past[kept]
    days = some["open_days"].astype("str")
    article = some["article"].astype("str").fillna("")
    article_en = some["article_en"].astype("str").fillna("")
    join = np.where(long_open & past, "; ", "")
    zh = ("已 " + days + f" 天 (满 {rule.open_days} 天)").where(long_open, "")
    en = ("open for " + days + f" days ({rule.open_days} or more)").where(long_open, "")
    return some.assign(
        because_zh=zh + join + ("超过办结时限 (" + article + ")").where(past, ""),
        because_en=en + join + ("past the deadline (" + article_en + ")").where(past, ""),
    ).sort_values("open_days", ascending=False, kind="stable")


def backlog_ledger(
    backlog: pd.DataFrame,
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    on: dt.date,
    profile: Profile,
    listed: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give the ledger of hard matters: owner, checklist, band with its color, where each stands.

    Parameters
    ----------
    backlog, concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    on : date
        The civil day to look from; matters taken on later are not in it.
    profile : Profile
        Checklists and bands.
    listed : DataFrame, optional
        From `board` of that day: gives open matters their band; without it there is none.

    Returns
    -------
    DataFrame, indexed by concern id, by list and day
        - `batch` (int64), `taken_on` (datetime64[s]), `leader_post` (str): of the last
          record where a matter is on several lists (`lists`, int64, says how many records);
        - `state` (category; missing where the concern was taken out of the ledger: the
          matter stays on the list until a person takes it off), `struck_off`,
          `by_exception` (bool: struck off without a content resident), `since`
          (datetime64[s]: since when it stands so), `unit` (category);
        - `band` (category), `color` (str, #rrggbb): missing and grey once struck off;
        - `done`, `of` (int64): items of the checklist; `missing_zh`, `missing_en` (str).

    Notes
    -----
    The checklist's wording is unverified (`Profile.checklists`), and does not hold what
    `LEFT_OUT` names.
    """
    some = _latest(backlog, on)
    ids = pd.Index(some["concern_id"], name="concern_id")
    stands = _stands(ids, concerns, steps, on)
    band, color = _bands(ids, stands, profile, listed)
    done, missing_zh, missing_en = _checklist(some["done"], profile)
    made = pd.DataFrame(
        {
            "batch": some["batch"].astype("int64").to_numpy(),
            "taken_on": some["taken_on"].to_numpy(),
            "leader_post": some["leader_post"].astype("str").to_numpy(),
            "lists": some["lists"].to_numpy(),
            **{name: stands[name] for name in ("state", "struck_off", "by_exception")},
            "since": stands["since"],
            "unit": stands["unit"],
            "band": band,
            "color": color,
            "done": done,
            "of": len(_items(profile)),
            "missing_zh": pd.Series(missing_zh, index=ids, dtype="str"),
            "missing_en": pd.Series(missing_en, index=ids, dtype="str"),
        },
        index=ids,
    )
    return made.sort_values(["batch", "taken_on"], kind="stable")


PROGRESS_HEADS = {
    "before": "期初",
    "taken": "新列",
    "reopened": "重启",
    "struck_off": "销号",
    "left": "期末",
    "total": "累计列入",
    "solved": "累计销号",
}
"""What an office calls the columns of `backlog_progress`; `by_exception` is told in words."""


def backlog_progress(
    backlog: pd.DataFrame,
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    start: dt.date,
    end: dt.date,
) -> pd.DataFrame:
    """Report the backlog every half-month, list by list.

    Parameters
    ----------
    backlog, concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    start, end : date
        Every half-month that has a day between the two; the last one up to `end`.

    Returns
    -------
    DataFrame of int64, indexed by `half_month` (2026-10-1, 2026-10-2) and `batch`
        `before` (left over), `taken` (newly taken on), `reopened`, `struck_off`,
        `by_exception` (of those struck off), `left`; `before` + `taken` + `reopened` -
        `struck_off` = `left`, always. Of `total` taken on so far, `solved` are struck off
        at the end of the half-month (11 of 11). The batch 0 is all lists together.

    Raises
    ------
    DataError
        If `end` lies before `start`.
    """
    if end < start:
        raise DataError(
            zh=f"`end` ({end}) 早于 `start` ({start}); 请对调。",
            en=f"`end` ({end}) lies before `start` ({start}); swap them.",
        )
    some = _latest(backlog, end)
    ids = pd.Index(some["concern_id"])
    mine, theirs = _about(ids, concerns, steps)
    parts = []
    for name, first, last in half_months(start, end):
        then = _stands(ids, mine, theirs, first - dt.timedelta(days=1))
        now = _stands(ids, mine, theirs, last)
        parts.append(_half(some, then, now, first, last).assign(half_month=name))
    table = pd.concat(parts, ignore_index=True)
    every = pd.concat([table, table.assign(batch=0)])
    return every.groupby(["half_month", "batch"], sort=True).sum().astype("int64")


def half_months(start: dt.date, end: dt.date) -> Iterator[tuple[str, dt.date, dt.date]]:
    """Yield the half-months from one day to another: name, first and last day.

    The first begins on the 1st or the 16th, be it before `start`; the last ends on `end`.

    Examples
    --------
    >>> [name for name, *_ in half_months(dt.date(2026, 2, 20), dt.date(2026, 3, 16))]
    ['2026-02-2', '2026-03-1', '2026-03-2']
    """
    first = start.replace(day=1 if start.day <= 15 else 16)
    while first <= end:
        half = 1 if first.day == 1 else 2
        last_day = 15 if half == 1 else monthrange(first.year, first.month)[1]
        last = first.replace(day=last_day)
        yield f"{first:%Y-%m}-{half}", first, min(last, end)
        first = last + dt.timedelta(days=1)


def _half(
    some: pd.DataFrame, then: pd.DataFrame, now: pd.DataFrame, first: dt.date, last: dt.date
) -> pd.DataFrame:
    taken_on = some["taken_on"]
    before = (taken_on < pd.Timestamp(first)).to_numpy()
    by_now = (taken_on <= pd.Timestamp(last)).to_numpy()
    was = before & ~then["struck_off"].to_numpy()
    new = by_now & ~before
    is_left = by_now & ~now["struck_off"].to_numpy()
    struck = (was | new) & ~is_left
    return pd.DataFrame(
        {
            "batch": some["batch"].astype("int64").to_numpy(),
            "before": was,
            "taken": new,
            "reopened": before & ~was & is_left,
            "struck_off": struck,
            "by_exception": struck & now["by_exception"].to_numpy(),
            "left": is_left,
            "total": by_now,
            "solved": by_now & ~is_left,
        }
    ).astype("int64")


def _latest(backlog: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Give the last record of each matter up to a day, and how many it has."""
    past = backlog[(backlog["taken_on"] <= pd.Timestamp(on)).to_numpy()]
    past = past.assign(concern_id=past["concern_id"].astype("str"))
    past = past.sort_values("taken_on", kind="stable")
    counts = past["concern_id"].value_counts()
    last = past.drop_duplicates("concern_id", keep="last")
    return last.assign(lists=last["concern_id"].map(counts).astype("int64"))


def _about(
    ids: pd.Index, concerns: pd.DataFrame, steps: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the concerns and steps that matter for some: theirs, and their roots'."""
    wanted = set(ids)
    into = steps.get("into_id")
    while into is not None:
        own = steps["concern_id"].isin(list(wanted)).to_numpy()
        more = set(into[own].dropna().astype("str")) - wanted
        if not more:
            break
        wanted |= more
    mine = concerns[concerns.index.isin(list(wanted))]
    return mine, steps[steps["concern_id"].isin(list(wanted)).to_numpy()]


def _stands(
    ids: pd.Index, concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date
) -> pd.DataFrame:
    """Tell where each matter stands; a merged one stands where its root does."""
    mine, theirs = _about(ids, concerns, steps)
    stands = states(mine, theirs, on)
    root = stands.index.get_indexer(pd.Index(stands["root_id"].astype("str")))
    root = np.where(root >= 0, root, np.arange(len(stands)))
    stands["struck_off"] = stands["root_state"].isin(["closed", "archived"])
    content = stands["content"].to_numpy()[root]
    stands["by_exception"] = stands["struck_off"].to_numpy() & ~content
    found = stands.reindex(ids)  # a concern taken out of the ledger stays on the list, open
    for name in ("struck_off", "by_exception"):
        found[name] = found[name].astype("boolean").fillna(value=False).astype(bool)
    return found


def _bands(
    ids: pd.Index, stands: pd.DataFrame, profile: Profile, listed: pd.DataFrame | None
) -> tuple[Any, Any]:
    """Give the band of each open matter, and its color."""
    codes = [band.code for band in profile.bands]
    none = pd.Series(index=ids, dtype="str")
    band = none if listed is None else listed["band"].astype("str").reindex(ids)
    band = band.where(~stands["struck_off"])
    colors = {b.code: b.color for b in profile.bands}
    color = band.map(colors).astype("str").fillna(GREY)
    return pd.Categorical(band, categories=codes), color


GREY = "#9a9a9a"
"""The color of a matter that is struck off, or has no band."""


def _items(profile: Profile) -> dict[str, tuple[str, str]]:
    return {c.code: (c.zh, c.en) for c in profile.choices("checklist_item") if c.code != "none"}


def _checklist(done: pd.Series, profile: Profile) -> tuple[list[int], list[str], list[str]]:
    """Count the items done of each matter, and name those that are not."""
    items = _items(profile)
    ticked = [set(str(codes).split()) & set(items) for codes in done.astype("str").fillna("")]
    lacking = [[items[code] for code in items if code not in mine] for mine in ticked]
    zh = ["、".join(words[0] for words in one) for one in lacking]
    en = [", ".join(words[1] for words in one) for one in lacking]
    return [len(mine) for mine in ticked], zh, en
