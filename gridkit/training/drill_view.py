"""The drill as a widget: the week's matters as they were told, an action for each you visit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import DataError, GridkitError, StoreError
from gridkit.exchange.output import file_name
from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, Markup, html, join, style, table, tag
from gridkit.training.drill import Drill
from gridkit.training.page import framed
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
    group : str
        A word in the names of the files: that of a group, never of a person.

    Attributes
    ----------
    drill : Drill
    choices : dict of str to Dropdown
        The action chosen for each matter on the page, empty for none; set their `.value`.
    go, hint, keep, more : Button
        Decide the week; ask for a hint; save the game; turn the page.
    """

    def __init__(self, drill: Drill, folder: str | Path = ".", *, group: str = "") -> None:
        self.drill, self.folder = drill, Path(folder)
        self._name = file_name(drill.scenario.id, group)
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
        self.add_class("gk-drill")
        self._show()

    def _show(self) -> None:
        drill = self.drill
        scenario = drill.scenario
        if drill.over:
            self._finish()
            return
        self._rows()  # before the heading: who sees the new week has its rows
        self._head.value = join(
            tag("h2", f"{scenario.zh} · 第 {drill.week + 1} 周, 共 {len(drill.days)} 周"),
            tag(
                "p",
                f"{drill.on:%Y-%m-%d} (周一)。本周可走访 {drill.capacity} 件。{scenario.about_zh} ",
                tag("span", "虚构的县 · an invented county", cls="gk-invented"),
            ),
        )

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
            pick.layout = W.Layout(width="150px", flex="0 0 auto", margin="2px 10px 8px 0")
            pick.tooltip = f"对编号 {str(concern)[-8:]} 的做法"
            pick.observe(lambda change, c=str(concern): self._pick(c, change["new"]), "value")
            self.choices[str(concern)] = pick
            row = W.HBox([pick, html(self._line(str(concern), its, names))])
            row.add_class("gk-drill-row")
            rows.append(row)
        self._list.children = rows

    def _line(self, concern: str, its: Any, names: pd.Series) -> Markup:
        size = its["households_affected"]
        many = "户数没问" if pd.isna(size) else f"{int(size)} 户"
        first = tag("b", f"{self._name_of(its, names)} · {many}")
        text = "" if pd.isna(its["summary"]) else str(its["summary"])
        when = tag("span", f" {its['heard_on']:%m-%d} 得知 · {concern[-8:]}", cls="gk-other")
        return join(first, when, Markup("<br>"), text)

    def _name_of(self, its: Any, names: pd.Series) -> str:
        profile = self.drill.history.profile
        kind = profile.label("demand_type", str(its["demand_type"]))
        return f"{kind} · {names.get(its['grid_id'], its['grid_id'])}"

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
        concerns, names = self.drill.history.concerns, self.drill.history.land.grids["name"]
        rows: list[tuple[str, ...]] = [
            (
                self._name_of(concerns.loc[f.visit.concern_id], names),
                ACTIONS[f.visit.action][0],
                f.words(),
            )
            for f in findings
        ]
        told = table(("事项", "做法", "看到的"), rows) if rows else tag("p", "上周没有走访。")
        self._chosen, self._page = {}, 0
        self._told.value = join(tag("h3", "上周走访的回音"), told)
        self._show()

    def _hint(self) -> None:
        if self.drill.over:
            return
        advice, seen = self.drill.advice(), self.drill.seen()
        names = self.drill.history.land.grids["name"]
        said = [
            tag("li", self._line(c, seen.loc[c], names), " ", str(advice["sentence_zh"][c]))
            for c in self.drill.hint()
        ]
        note = "评分卡会先看这三件 (分数是建议, 由人决定):"
        self._told.value = join(tag("p", note, role="status"), tag("ul", *said))

    def _keep(self) -> None:
        path = self._save()
        if path is not None:
            self._told.value = tag(
                "p",
                f"已保存到 {path.name}。以后在“已保存”里选它, 接着走或重放。",
                role="status",
            )

    def _save(self) -> Path | None:
        path = self.folder / f"演练_{self._name}.json"
        try:
            self.drill.save(path)
        except StoreError as error:
            self._told.value = tag("p", error.zh, cls="gk-fault", role="alert")
            return None
        return path

    def _turn(self, *, first: bool = False) -> None:
        self._page = 0 if first else self._page + 1
        if not self.drill.over:
            self._rows()

    def _finish(self) -> None:
        self._head.value = tag("h2", f"{self.drill.scenario.zh}: 演练结束")
        self._list.children = []
        for button in (self.go, self.hint, self.more, self.keep, self.order):
            button.disabled = True
        saved = self._save()
        if saved is None:
            return
        told = "正在复盘: 让各种办法也走一遍, 通常要半分钟到一分多钟; 装好后头一次要几分钟…"
        self._end.value = tag("p", told, role="status")
        page = self.folder / f"复盘_{self._name}.html"
        try:
            look_back(saved, page)
        except GridkitError as error:
            self._end.value = tag("p", error.zh, cls="gk-fault", role="alert")
            return
        self._end.value = join(
            tag(
                "p",
                f"整页复盘已存为 {page.name}, 用浏览器打开即可, 可打印, 不联网。",
                cls="gk-debrief",
            ),
            framed(page.read_text(encoding="utf-8")),
        )


def look_back(saved: Path, page: Path) -> None:
    """Write the debrief of a saved game in a process of its own.

    The other ways need a compiler and a database, some 150 MB that a class's kernels would
    keep to the end of the lesson.

    Raises
    ------
    DataError
        If it could not be written; with what the process said last.
    """
    words = [sys.executable, "-m", "gridkit", "drill", str(saved), "--page", str(page)]
    done = subprocess.run(
        words, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-300:]
        raise DataError(en=f"The debrief was not written: {said}", zh=f"复盘没有写成: {said}")
