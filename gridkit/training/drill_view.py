"""The drill as a widget: the week's matters as they were told, an action for each you visit."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import DataError
from gridkit.forms.frame import Frame
from gridkit.forms.look import Column, Markup, html, join, style, table, tag
from gridkit.training.debrief import debrief
from gridkit.training.debrief_page import save_debrief, summary
from gridkit.training.drill import Drill, root_name
from gridkit.training.roots import ACTIONS

_STAY = ""
_ROWS = 30
_ORDERS = {
    "最近得知": ("heard_on", False),
    "得知最久": ("heard_on", True),
    "涉及户数": ("households_affected", False),
}


class DrillView(Column):
    """A drill to be played.

    Parameters
    ----------
    drill : Drill
    folder : str or Path
        Where the debrief and the saved game go.

    Attributes
    ----------
    drill : Drill
    choices : dict of str to Dropdown
        The action chosen for each matter on the page, empty for none; set their `.value`.
    go, hint, keep, more : Button
        Decide the week; ask for a hint; save the game; turn the page.
    """

    def __init__(self, drill: Drill, folder: str | Path = ".") -> None:
        self.drill, self.folder = drill, Path(folder)
        self.choices: dict[str, W.Dropdown] = {}
        self._chosen: dict[str, str] = {}
        self._page = 0
        self._head, self._told, self._list, self._end = html(), html(), W.VBox(), html()
        self.order = W.Dropdown(options=list(_ORDERS), description="排列")
        self.go, self.hint, self.keep, self.more = (
            W.Button(description=words, layout=W.Layout(width="auto"))
            for words in ("这周就这样定", "要个提示", "保存暂停", "下一页")
        )
        self.go.button_style = "primary"
        self.go.add_class("gk-go")
        self.go.on_click(lambda _: self._decide())
        self.hint.on_click(lambda _: self._hint())
        self.keep.on_click(lambda _: self._keep())
        self.more.on_click(lambda _: self._turn())
        self.order.observe(lambda _: self._turn(first=True), "value")
        controls = W.HBox([self.order, self.more, self.hint, self.keep, self.go])
        controls.layout.flex_flow = "row wrap"
        super().__init__(
            [style(), Frame(), self._head, self._told, controls, self._list, self._end]
        )
        self.add_class("gk")
        self.add_class("gk-wide")
        self._show()

    def _show(self) -> None:
        drill = self.drill
        scenario = drill.scenario
        if drill.over:
            self._finish()
            return
        self._head.value = join(
            tag("h2", f"{scenario.zh} · 第 {drill.week + 1} 周, 共 {len(drill.days)} 周"),
            tag(
                "p",
                f"{drill.on:%Y-%m-%d} (周一)。本周可走访 {drill.capacity} 件, "
                f"已选 {len(self._chosen)} 件。{scenario.about_zh}",
            ),
            tag("p", "虚构的县 · an invented county", cls="gk-note"),
        )
        self._rows()

    def _rows(self) -> None:
        column, rising = _ORDERS[str(self.order.value)]
        seen = self.drill.seen().sort_values(column, ascending=rising, kind="stable")
        pages = max(1, -(-len(seen) // _ROWS))
        self._page %= pages
        self.more.description = f"下一页 ({self._page + 1}/{pages}, 共 {len(seen)} 件)"
        shown = seen.iloc[self._page * _ROWS : (self._page + 1) * _ROWS]
        names = self.drill.history.land.grids["name"]
        options = [("不去", _STAY), *((zh, code) for code, (zh, _) in ACTIONS.items())]
        self.choices, rows = {}, []
        for concern, its in shown.iterrows():
            pick = W.Dropdown(options=options, value=self._chosen.get(str(concern), _STAY))
            pick.layout = W.Layout(width="150px", flex="0 0 auto")
            pick.tooltip = f"对编号 {str(concern)[-8:]} 的做法"
            pick.observe(lambda change, c=str(concern): self._pick(c, change["new"]), "value")
            self.choices[str(concern)] = pick
            rows.append(W.HBox([pick, html(self._line(str(concern), its, names))]))
        self._list.children = rows

    def _line(self, concern: str, its: pd.Series, names: pd.Series) -> Markup:
        profile = self.drill.history.profile
        kind = profile.label("demand_type", str(its["demand_type"]))
        size = its["households_affected"]
        many = "户数没问" if pd.isna(size) else f"{int(size)} 户"
        grid = str(names.get(its["grid_id"], its["grid_id"]))
        first = tag("b", f"{kind} · {grid} · {many}")
        text = "" if pd.isna(its["summary"]) else str(its["summary"])
        when = tag("span", f" {its['heard_on']:%m-%d} 得知 · {concern[-8:]}", cls="gk-other")
        return join(first, when, Markup("<br>"), text)

    def _pick(self, concern: str, action: str) -> None:
        self._chosen.pop(concern, None)
        if action:
            self._chosen[concern] = action
        left = self.drill.capacity - len(self._chosen)
        said = (
            f"已选 {len(self._chosen)} 件, 还可选 {left} 件。"
            if left >= 0
            else (f"多选了 {-left} 件, 请去掉几件。")
        )
        self._told.value = tag("p", said, role="status")

    def _decide(self) -> None:
        if self.drill.over:
            return
        try:
            findings = self.drill.decide(self._chosen)
        except DataError as error:
            self._told.value = tag("p", error.zh, cls="gk-fault", role="alert")
            return
        rows: list[tuple[str, ...]] = [
            (f.visit.concern_id[-8:], ACTIONS[f.visit.action][0], f.words()) for f in findings
        ]
        told = table(("编号", "做法", "看到的"), rows) if rows else tag("p", "上周没有走访。")
        self._chosen, self._page = {}, 0
        self._told.value = join(tag("h3", "上周走访的回音"), told)
        self._show()

    def _hint(self) -> None:
        if self.drill.over:
            return
        advice = self.drill.advice()
        said = [
            tag("li", f"{c[-8:]}: ", str(advice["sentence_zh"][c])) for c in self.drill.hint()
        ]
        self._told.value = join(tag("p", "评分卡会先看这三件:"), tag("ul", *said))

    def _keep(self) -> None:
        path = self.folder / f"演练_{self.drill.scenario.id}.json"
        self.drill.save(path)
        self._told.value = tag(
            "p", f"已保存到 {path.name}, 以后接着走: gridkit drill 或 resume。"
        )

    def _turn(self, *, first: bool = False) -> None:
        self._page = 0 if first else self._page + 1
        if not self.drill.over:
            self._rows()

    def _finish(self) -> None:
        found = debrief(self.drill)
        path = save_debrief(found, self.folder / f"复盘_{self.drill.scenario.id}.html")
        self._head.value = tag("h2", f"{self.drill.scenario.zh}: 演练结束")
        self._list.children = []
        for button in (self.go, self.hint, self.more):
            button.disabled = True
        rows: list[tuple[str, ...]] = [
            (root_name(str(r)), str(n)) for r, n in found.causes["root"].value_counts().items()
        ]
        self._end.value = join(
            tag("p", summary(found), cls="gk-debrief"),
            table(("会出事的根源", "处数"), rows),
            tag("p", f"整页复盘已存为 {path.name}, 用浏览器打开即可, 不联网。"),
        )
