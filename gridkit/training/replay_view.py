"""A saved game played again, week by week: what was chosen, and what was found."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as W  # noqa: N812

from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, html, join, style, table, tag
from gridkit.training.drill import Drill
from gridkit.training.roots import ACTIONS


class ReplayView(Column):
    """A game to be looked at; `branch` goes on from the week on the screen.

    Parameters
    ----------
    drill : Drill
        With at least one week played.
    branch : callable
        Called with the number of weeks to keep.

    Attributes
    ----------
    week : IntSlider
    here : Button
        Play anew from this week on.
    """

    def __init__(self, drill: Drill, branch: Callable[[int], None]) -> None:
        self.drill = drill
        self._decisions = drill.decisions()
        self.week = W.IntSlider(value=1, min=1, max=max(1, drill.week), description="第几周")
        self.here = W.Button(description="从这一周另走一局", layout=W.Layout(width="auto"))
        self.here.on_click(lambda _: branch(int(self.week.value) - 1))
        self._told = html()
        controls = W.HBox([self.week, self.here])
        controls.layout.flex_flow = "row wrap"
        super().__init__([style(), Frame(), controls, self._told])
        self.add_class("gk")
        self.add_class("gk-wide")
        self.week.observe(lambda _: self._show(), "value")
        self._show()

    def _show(self) -> None:
        week = int(self.week.value)
        drill, history = self.drill, self.drill.history
        of = self._decisions[self._decisions["week"] == week]
        names, concerns = history.land.grids["name"], history.concerns
        findings = [f for f in drill.play.findings if f.visit.on == drill.days[week - 1]]
        rows: list[tuple[str, ...]] = []
        for finding in findings:
            its = concerns.loc[finding.visit.concern_id]
            kind = history.profile.label("demand_type", str(its["demand_type"]))
            place = str(names.get(its["grid_id"], its["grid_id"]))
            said = f"{its['summary']}" if isinstance(its["summary"], str) else "没有写情况"
            rows.append(
                (
                    f"{kind} · {place}",
                    said,
                    ACTIONS[finding.visit.action][0],
                    finding.words(),
                )
            )
        hint = "这周要过提示。" if week - 1 in drill.hinted else "这周没有要提示。"
        head = f"{drill.scenario.zh} · 第 {week} 周 ({drill.days[week - 1]:%Y-%m-%d}): 走访 {len(of)} 处"
        listed = table(("事项", "听到的", "做法", "看到的"), rows) if rows else join()
        self._told.value = join(tag("h3", head), tag("p", hint), listed)
