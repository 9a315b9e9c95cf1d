"""The sheet on which a trainee puts thirty matters into bands, as they were told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import GridkitError
from gridkit.records.spec import RECORD_SPECS
from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, Markup, fill_list, html, join, style, tag
from gridkit.training.coding import CARD
from gridkit.training.coding_file import CodingFile, class_set, save_coding
from gridkit.training.history import History
from gridkit.training.scenario import scenarios

_SHOWN = ("harm", "basic_need", "safety", "setting", "hardening", "mitigation")
_FIELDS = {field.name: field for field in RECORD_SPECS["concern"].fields}


class CodingSheet(Column):
    """Thirty matters, a band for each; saved under the letter of a group.

    Parameters
    ----------
    folder : str or Path
        Where the coding goes.

    Attributes
    ----------
    scenario : Dropdown
        Whose county the matters are of; all of a class choose the same.
    start, keep : Button
    group : Text
    picks : dict of str to Dropdown
        The band of each matter, empty where not coded; nothing is chosen beforehand.
    """

    def __init__(self, folder: str | Path = ".") -> None:
        self.folder = Path(folder)
        self.picks: dict[str, W.Dropdown] = {}
        self._seed = 0
        options = [(its.zh, its.id) for its in scenarios().values()]
        self.scenario = W.Dropdown(options=options, value="level_1", description="剧本")
        self.group = W.Text(description="组别", placeholder="如 甲组; 不写姓名")
        self.start, self.keep = (
            W.Button(description=words, layout=W.Layout(width="auto"))
            for words in ("拿三十件来评", "保存评定")
        )
        self.keep.disabled = True
        self.start.button_style = self.keep.button_style = "primary"
        self.start.on_click(lambda _: self._start())
        self.keep.on_click(lambda _: self._keep())
        self._told, self._list = html(), W.VBox()
        row = W.HBox([self.scenario, self.group, self.start, self.keep])
        row.layout.flex_flow = "row wrap"
        super().__init__([style(), Frame(), row, self._told, self._list])
        for css in ("gk", "gk-wide", "gk-drill"):
            self.add_class(css)
        note = "全班选同一剧本, 评的就是同样的三十件。各自评, 评完再谈; 评分卡怎么评, 保存前看不到。"
        self._told.value = tag("p", note)

    @property
    def told(self) -> str:
        """Give what is said under the controls, as markup."""
        return str(self._told.value)

    def _start(self) -> None:
        history, matters = class_set(str(self.scenario.value))
        self._seed = history.seed
        told = matters.drop(columns=[CARD])  # what the card says is no part of this screen
        levels = [(band.zh, band.code) for band in history.profile.bands]
        names = history.land.grids["name"]
        self.picks, rows = {}, []
        for number, (concern, its) in enumerate(told.iterrows(), start=1):
            pick = W.Dropdown(layout=W.Layout(width="110px", flex="0 0 auto"))
            fill_list(pick, [("请选择", ""), *levels])
            pick.tooltip = f"第 {number} 件的等级"
            pick.observe(lambda _: self._count(), "value")
            self.picks[str(concern)] = pick
            row = W.HBox([pick, html(_line(number, its, history, names))])
            row.add_class("gk-drill-row")
            rows.append(row)
        self._list.children = rows
        self.keep.disabled = False
        self._count()

    def _coded(self) -> dict[str, str]:
        return {concern: str(pick.value) for concern, pick in self.picks.items() if pick.value}

    def _count(self) -> None:
        left = len(self.picks) - len(self._coded())
        self._told.value = tag(
            "p", f"已评 {len(self._coded())} 件, 还有 {left} 件。", role="status"
        )

    def _keep(self) -> None:
        bands = pd.Series(self._coded(), dtype="str")
        group, scenario = str(self.group.value).strip(), str(self.scenario.value)
        try:
            path = save_coding(CodingFile(group, scenario, self._seed, bands), self.folder)
        except GridkitError as error:
            self._told.value = tag("p", error.zh, cls="gk-fault", role="alert")
            return
        left = len(self.picks) - len(bands)
        more = f"还有 {left} 件没评, 可以接着评再存。" if left else "三十件都评了。"
        self._told.value = tag("p", f"已保存到 {path.name}, 交给培训员。{more}", role="status")


def _line(number: int, its: Any, history: History, names: pd.Series) -> Markup:
    """Tell one matter as it was told: place, size, days, answers, words."""
    profile = history.profile
    kind = profile.label("demand_type", str(its["demand_type"]))
    many = its["households_affected"]
    size = "户数没问" if pd.isna(many) else f"{int(many)} 户"
    due = "没有法定期限" if pd.isna(its["due_on"]) else f"期限 {its['due_on']:%m-%d}"
    answers = [
        f"{_FIELDS[name].zh}: {_words(name, str(its[name]), history)}"
        for name in _SHOWN
        if pd.notna(its[name]) and str(its[name]) != "none"
    ]
    head = tag("b", f"{number}. {kind} · {names.get(its['grid_id'], its['grid_id'])} · {size}")
    when = tag("span", f" {its['heard_on']:%m-%d} 得知 · {due}", cls="gk-other")
    text = "" if pd.isna(its["summary"]) else str(its["summary"])
    said = tag("span", " " + "; ".join(answers), cls="gk-other")
    return join(head, when, Markup("<br>"), text, said)


def _words(name: str, codes: str, history: History) -> str:
    """Name the codes of one answer; of many, one after another."""
    label = history.profile.label
    return "、".join(label(str(_FIELDS[name].choices), code) for code in codes.split())
