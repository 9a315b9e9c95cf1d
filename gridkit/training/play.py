"""Going out into a history: what a visit finds, what it ends, and what is seen of it.

The history is fixed; visits only cut it short. The same visits on the same history always
have the same answers, so a game is its list of visits, and can be played again from it.
A visit sees to its matter and to all others of its kind in its grid (归并). It asks nobody
who they are.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.records.spec import RECORD_SPECS
from gridkit.training.frames import record_frame, record_ids
from gridkit.training.history import History
from gridkit.training.roots import ACTIONS
from gridkit.triage.evaluate_facts import known_on

_WORKS = 0.8  # a fitting action ends a root so often
_DELAY_DAYS = 7  # what any visit puts off
_COURSE = ("registered", "routed", "accepted", "in_progress", "answered", "verified")
_OVER = ("followed_up", *("closed", "archived", "merged", "withdrawn", "to_statutory_channel"))

FOUND: dict[str, tuple[str, str]] = {
    "nothing": ("没有在恶化的根源, 已当面答复办结", "nothing that grows; answered and closed"),
    "ended": ("对症, 根源已消除", "the action fits: the root is gone"),
    "eased": (
        "对症, 但还没见效: 推迟了一周, 可再去",
        "it fits but has not worked yet: a week won",
    ),
    "unfit": ("不对症: 推迟了一周; 该做的是", "it does not fit: a week won; what is needed is"),
    "over": ("根源此前已消除, 已办结", "the root had gone before; closed"),
    "late": ("来晚了: 损害已经发生, 现已收拾", "too late: the harm was done; now mended"),
}
"""What a visit may find."""


class Visit(NamedTuple):
    """A visit that was chosen: on which day, to which matter, with what action."""

    on: dt.date
    concern_id: str
    action: str


class Finding(NamedTuple):
    """What a visit found: a key of `FOUND`, and the action that is needed, if learned."""

    visit: Visit
    found: str
    needed: str = ""

    def words(self, lang: str = "zh") -> str:
        """Say it."""
        place = 0 if lang == "zh" else 1
        said = FOUND[self.found][place]
        return f"{said}: {ACTIONS[self.needed][place]}" if self.needed else said


class Play:
    """A history with visits in it.

    Parameters
    ----------
    history : History
    visits : iterable of Visit
        Made so far, in order.

    Examples
    --------
    >>> from gridkit.training.history import make_history
    >>> play = Play(make_history(seed=3, grids=343, weeks=10))
    >>> concerns, steps = play.seen(play.history.start + dt.timedelta(days=30))
    >>> bool((concerns["heard_on"] <= "2026-11-22").all())
    True
    """

    def __init__(self, history: History, visits: Iterable[Visit] = ()) -> None:
        self.history = history
        self.findings: list[Finding] = []
        self._causes = history.causes
        self._harm_on = self._causes.table["harm_on"].copy()
        self._ended: dict[str, pd.Timestamp] = {}
        self._attempts: dict[str, int] = {}
        self._closed: dict[str, tuple[pd.Timestamp, str]] = {}
        for visit in visits:
            self.visit(visit)

    def seen(self, on: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give the concerns and steps that the office has on a day.

        Parameters
        ----------
        on : date

        Returns
        -------
        tuple of two DataFrames
            As `Store.frame` gives them. What would have come of a root after it was ended
            was never told.
        """
        of, arose = self._causes.of_concern, self._causes.arose
        told = np.ones(len(of), dtype=bool)
        if self._ended:
            told = ~(arose > of.map(self._ended)).fillna(value=False).to_numpy(dtype=bool)
        ids = of.index[told]
        all_concerns = self.history.concerns
        concerns = all_concerns[all_concerns.index.isin(ids)]
        steps = self.history.steps
        steps = steps[steps["concern_id"].astype("str").isin(concerns.index)]
        concerns, steps = known_on(concerns, self._with_ends(steps), on)
        return concerns, steps[
            ~steps["into_id"].notna() | steps["into_id"].isin(concerns.index)
        ]

    def visit(self, visit: Visit) -> Finding:
        """Make a visit.

        Parameters
        ----------
        visit : Visit
            To a matter that has been heard by its day.

        Returns
        -------
        Finding

        Raises
        ------
        DataError
            If there is no such matter or action, or it was not heard by that day.
        """
        if visit.action not in ACTIONS:
            known = ", ".join(ACTIONS)
            raise DataError(
                en=f"`action` must be one of {known}.", zh=f"`action` 须为 {known} 之一。"
            )
        heard = self.history.concerns["heard_on"].get(visit.concern_id)
        day = pd.Timestamp(visit.on)
        if heard is None or heard > day:
            raise DataError(
                en=f"No matter {visit.concern_id[-8:]} had been heard by {visit.on}.",
                zh=f"截至 {visit.on} 没有编号 {visit.concern_id[-8:]} 的事项。",
            )
        found, needed = self._found(visit, day)
        if found in {"nothing", "ended", "over", "late"}:
            for concern in self._together(visit.concern_id, day):
                self._closed.setdefault(concern, (day, visit.action))
        finding = Finding(visit, found, needed)
        self.findings.append(finding)
        return finding

    def outcome(self, on: dt.date | None = None) -> pd.DataFrame:
        """Tell what became of every cause: for the debrief, never while playing.

        Parameters
        ----------
        on : date, optional
            Up to which day; the last one by default.

        Returns
        -------
        DataFrame, indexed by cause
            The columns of `Causes.table`, with `harm_on` as put off by visits, `ended_on`
            (missing where nobody ended it), `harmed` (bool), `averted` (bool: it would have
            done harm by then, and did not).
        """
        day = pd.Timestamp(on or self.history.end)
        table = self._causes.table.assign(harm_on=self._harm_on)
        ended = pd.Series(self._ended, dtype="datetime64[s]").reindex(table.index)
        before = self._causes.table["harm_on"]
        would = before.notna() & (before <= day)
        harmed = table["harm_on"].notna() & (table["harm_on"] <= day)
        harmed &= ~(ended < table["harm_on"])
        return table.assign(ended_on=ended, harmed=harmed, averted=would & ~harmed)

    def _found(self, visit: Visit, day: pd.Timestamp) -> tuple[str, str]:
        cause = self._causes.of_concern.get(visit.concern_id)
        if not isinstance(cause, str):
            return "nothing", ""
        row = self._causes.table.loc[cause]
        if cause in self._ended or row["ends"] <= day:
            return "over", ""
        if self._harm_on[cause] <= day:
            self._ended[cause] = day
            return "late", ""
        tried = self._attempts.get(cause, 0)
        self._attempts[cause] = tried + 1
        luck = zlib.crc32(f"{self.history.seed} {cause} {tried}".encode()) / 2**32
        if visit.action == row["action"] and luck < _WORKS:
            self._ended[cause] = day
            return "ended", ""
        self._harm_on[cause] += pd.Timedelta(days=_DELAY_DAYS)
        return ("eased", "") if visit.action == row["action"] else ("unfit", str(row["action"]))

    def _together(self, concern: str, day: pd.Timestamp) -> pd.Index:
        """Give the matters heard by a day that one visit sees to."""
        table = self.history.concerns
        its = table.loc[concern]
        same = (table["grid_id"] == its["grid_id"]) & (
            table["demand_type"] == its["demand_type"]
        )
        if pd.notna(its["demand_detail"]):
            same &= table["demand_detail"] == its["demand_detail"]
        return table.index[same & (table["heard_on"] <= day)]

    def _with_ends(self, steps: pd.DataFrame) -> pd.DataFrame:
        """Let visited matters end as the visit did, not as routine would have it."""
        if not self._closed:
            return steps
        owner = steps["concern_id"].astype("str")
        closed = self._not_ended(steps, owner)
        last = owner.map({c: day for c, (day, _) in closed.items()})
        before = steps[~(steps["on"] >= last.astype("datetime64[s]")).to_numpy(dtype=bool)]
        done = before["action"].groupby(before["concern_id"].astype("str")).agg(list)
        rows = [
            row
            for concern, (day, action) in closed.items()
            for row in _rest(concern, day, action, done.get(concern, []))
        ]
        if not rows:
            return before
        made = pd.DataFrame(rows)
        rng = np.random.default_rng(len(rows))
        ids = record_ids(made["on"].to_numpy().astype("datetime64[s]"), rng)
        columns = {str(c): made[c].to_numpy() for c in made}
        frame = record_frame("step", columns, ids, self.history.profile)
        names = [field.name for field in RECORD_SPECS["step"].fields]
        both = [f.astype({"concern_id": "str"})[[*names, "n_heads"]] for f in (before, frame)]
        return pd.concat(both).astype({"concern_id": "category"})

    def _not_ended(
        self, steps: pd.DataFrame, owner: pd.Series
    ) -> dict[str, tuple[pd.Timestamp, str]]:
        """Leave out matters that routine had all but ended when somebody came."""
        day = owner.map({c: day for c, (day, _) in self._closed.items()})
        over = steps["action"].isin(_OVER) & (steps["on"] < day.astype("datetime64[s]"))
        ended = set(owner[over.to_numpy(dtype=bool)])
        return {c: of for c, of in self._closed.items() if c not in ended}


def _rest(
    concern: str, day: pd.Timestamp, action: str, done: list[str]
) -> list[dict[str, object]]:
    """Give the steps that are left until a matter is struck off, in their legal order."""
    course = [step for step in done if step in _COURSE]
    reached = _COURSE.index(course[-1]) if course else -1
    if done and done[-1] == "returned":
        reached = 0
    left = [(s, int(s == "verified")) for s in _COURSE[reached + 1 :]]
    ends = [*left, ("followed_up", 4), ("closed", 5)]
    return [
        {
            "concern_id": concern,
            "action": step,
            "on": day + pd.Timedelta(days=later),
            "unit": "governance_center" if step == "routed" else None,
            "satisfied": True if step == "followed_up" else None,
            "reason": f"上门: {ACTIONS[action][0]}。" if step == "answered" else None,
        }
        for step, later in ends
    ]
