"""What the offices did about a concern: steps in their legal order, with their delays.

Assumptions: registering and routing take a day or two, acceptance three more, handling
about three weeks (longer for kinds that are hard), checking and following up a week. One
step in 25 is late, one matter in fifteen is sent back by the unit and one in fifty twice,
one in fifty is not taken up at all, one resident in eight is not content and the matter is
handled again. What would happen after the last day has not happened: those matters are open.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from gridkit.profile import Profile
from gridkit.training.frames import pick

_DAY = np.timedelta64(86_400, "s")
# Ways in which a matter goes, and their shares
_WAYS = {
    "plain": 89.5,
    "returned": 6.0,
    "returned_twice": 1.2,
    "withdrawn": 1.5,
    "unheard": 1.8,
}
_LATE = 0.04
_EXTEND_AFTER_DAYS = 50  # a handling that takes longer is extended, or is overdue at 60
_EXTENDED = 0.6
_CONTENT = 0.88
_MERGED = 0.12  # of the concerns of one cause after the first
_STATUTORY = {"0701": 0.35, "0507": 0.2, "0903": 0.1, "0601": 0.1}
_ARCHIVED = 0.6
_ANSWERS = (
    "已到现场处理, 当面说明了情况。",
    "已安排整改, 完成时间已告知。",
    "已按规定办理, 结果书面告知。",
    "情况属实, 已处理完毕。",
    "与相关单位会商后已解决。",
)
_RETURNS = ("不属本单位职责范围, 建议改派。", "事权有交叉, 请中心重新研判。")
_FURTHER = "群众表示还没有完全解决, 继续办理。"


class Step(NamedTuple):
    """One step of one concern, in the order in which they happened."""

    concern: int
    action: str
    on: np.datetime64
    unit: str | None = None
    satisfied: bool | None = None
    reason: str | None = None
    joint_units: str | None = None
    into: int = -1  # the concern that it was merged into


def draw_steps(
    told: pd.DataFrame, end: np.datetime64, profile: Profile, rng: np.random.Generator
) -> list[Step]:
    """Draw the steps of all concerns, up to the last day.

    Parameters
    ----------
    told : DataFrame
        Concerns as `telling.tell_concerns` gives them.
    end : datetime64
        The last day.
    profile : Profile
        Says which unit a matter is routed to.
    rng : Generator
        Source of chance.

    Returns
    -------
    list of Step
        `concern` is the position in `told`. None lies after the last day.
    """
    way = pick(_WAYS, len(told), rng)
    first = _first_of_cause(told)
    merged = (first >= 0) & (rng.random(len(told)) < _MERGED)
    way = np.where(merged, "merged", np.where(told["spot"], "on_the_spot", way))
    codes = told["dispute_code"].map(_STATUTORY).fillna(0.0).to_numpy()
    way = np.where((way == "plain") & (rng.random(len(told)) < codes), "statutory", way)
    steps: list[Step] = []
    last = end.astype("datetime64[s]")
    matters = zip(
        told["heard_on"].to_numpy(),
        told["demand_type"],
        told["demand_detail"],
        told["dispute_code"],
        told["hard"],
        way,
        strict=True,
    )
    for number, (heard, demand, detail, dispute, hard, its_way) in enumerate(matters):
        route = profile.route(demand, _or_none(detail), _or_none(dispute))
        units = [route.to, *route.joint, "governance_center"]
        course = _Course(number, heard, units, hard, rng)
        course.run(its_way, int(first[number]))
        steps += [step for step in course.steps if step.on <= last]
    return steps


class _Course:
    """One matter on its way through the offices."""

    def __init__(
        self,
        concern: int,
        heard: np.datetime64,
        units: list[str],
        hard: float,
        rng: np.random.Generator,
    ) -> None:
        self.steps: list[Step] = []
        self._concern, self._on, self._units, self._hard, self._rng = (
            concern,
            heard,
            units,
            hard,
            rng,
        )

    def run(self, way: str, first: int) -> None:
        """Go one way to its end; `first` is the concern of the same cause heard first."""
        self._do("registered", self._days(0.3))
        if way == "unheard":  # nobody took it up: it waits, and its clock runs
            return
        if way == "on_the_spot":
            self._settle(self._days(0.2), on_the_spot=True)
            return
        if way == "merged":
            reason = "与同因事项合并办理, 一并答复。"
            self._do("merged", self._days(2), reason=reason, into=first)
            return
        self._do("routed", self._late(self._days(1.6)), self._units[0])
        if way == "statutory":
            reason = "有法定途径, 已告知渠道和时限。"
            self._do("to_statutory_channel", self._days(6), self._units[0], reason=reason)
            return
        for turn in range({"returned": 1, "returned_twice": 2}.get(way, 0)):
            reason = _RETURNS[turn]
            self._do("returned", 1 + self._days(3), self._units[turn], reason=reason)
            self._do("routed", self._days(2), self._units[min(turn + 1, len(self._units) - 1)])
        self._do("accepted", self._late(self._days(3)), self._unit)
        if way == "withdrawn":
            self._do("withdrawn", self._days(10), reason="诉求人表示已自行解决。")
            return
        self._do("in_progress", self._days(1.5), self._unit)
        self._handle()

    def _handle(self) -> None:
        wait = self._days(19 * self._hard)
        if self._rng.random() < _LATE:
            wait += 50
        if wait > _EXTEND_AFTER_DAYS and self._rng.random() < _EXTENDED:
            reason = "情况复杂, 经负责人批准延期30日, 已告知理由。"
            self._do("extended", _EXTEND_AFTER_DAYS, self._unit, reason=reason)
            wait -= _EXTEND_AFTER_DAYS
        self._settle(wait)

    def _settle(self, wait: float, *, on_the_spot: bool = False) -> None:
        answer = _ANSWERS[int(self._rng.integers(len(_ANSWERS)))]
        answer = "现场答复, 说明了政策和办法。" if on_the_spot else answer
        unit = None if on_the_spot else self._unit
        self._do("answered", wait, unit, reason=answer)
        # what was said at the door is asked after the next day
        wait = 1 if on_the_spot else 1 + self._days(2.5)
        self._do("verified", wait, "governance_center")
        content = bool(self._rng.random() < _CONTENT)
        self._do("followed_up", 1 + self._days(4), satisfied=content)
        if not content:
            self._do("in_progress", self._days(1), self._unit, reason=_FURTHER)
            self._do("answered", 2 + self._days(9), self._unit, reason=answer)
            self._do("verified", 1 + self._days(2), "governance_center")
            self._do("followed_up", 1 + self._days(3), satisfied=True)
        self._do("closed", self._days(1.5), "governance_center")
        if self._rng.random() < _ARCHIVED:
            self._do("archived", 10 + self._days(12), "governance_center")

    @property
    def _unit(self) -> str:
        """The unit that has it now."""
        routed = [step.unit for step in self.steps if step.action == "routed" and step.unit]
        return routed[-1] if routed else self._units[0]

    def _days(self, mean: float) -> float:
        """Draw a number of days: log-normal, so that a few take several times the mean."""
        return float(mean * np.exp(0.7 * self._rng.standard_normal() - 0.245))

    def _late(self, days: float) -> float:
        return days + 17 if self._rng.random() < _LATE else days

    def _do(
        self,
        action: str,
        wait: float,
        unit: str | None = None,
        *,
        satisfied: bool | None = None,
        reason: str | None = None,
        into: int = -1,
    ) -> None:
        on = self._on + round(wait) * _DAY
        weekday = (on.astype("datetime64[D]").astype(int) + 3) % 7
        if weekday >= 5 and action != "registered":  # offices act on working days
            on += (7 - weekday) * _DAY
        self._on = on
        self.steps.append(Step(self._concern, action, on, unit, satisfied, reason, None, into))


def _first_of_cause(told: pd.DataFrame) -> np.ndarray:
    """Give for each concern the one of its cause and grid heard first, -1 if it is that."""
    order = told.assign(number=np.arange(len(told))).sort_values("heard_on", kind="stable")
    first = order.groupby(["cause", "grid_id"])["number"].transform("first")
    later = (first != order["number"]) & (order["cause"] >= 0)
    return first.where(later, -1).sort_index().to_numpy()


def _or_none(code: object) -> str | None:
    return code if isinstance(code, str) else None
