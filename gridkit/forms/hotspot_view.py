"""The hotspot view: choose a period, a kind of concern, a measure and a method."""

from __future__ import annotations

from datetime import date, timedelta

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import hotspots, maps
from gridkit.errors import DataError
from gridkit.forms.choices import UNCHOSEN
from gridkit.forms.desk import Desk
from gridkit.forms.hotspot_methods import DENSITY, METHODS, RATE, Answer, Question
from gridkit.forms.map_table import MapTable
from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, Words, dress, fill_list, heading, html, join, style, tag

WEEKS = (4, 8, 12, 26, 52)
USUAL_WEEKS = 12
GATHERED = ("grid_id", "heard_on", "demand_type", "demand_detail", "dispute_code")
"""All that the methods look at of a concern."""


class HotspotView(Column):
    """Where concerns gather, and how much of it could be chance: map, table and words in step.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    weeks, category, measure, method : Dropdown
        What is shown; set their `.value`.
    sentence : str
        What stands out, in words.
    table : DataFrame, indexed by `grid_id` (or by cluster)
        All that was measured and tested, the clearest first.
    both : MapTable
        The map, and the rows that are worth a look; a row that is clicked moves the map.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self._neighbors = hotspots.touching(desk.grids)
        self.sentence = ""
        self.table = pd.DataFrame()
        controls = [dress(W.Dropdown()) for _ in range(4)]
        self.weeks, self.category, self.measure, self.method = controls
        self._title, self._words = html(), html()
        self.both = MapTable()
        grid = W.Box(controls)
        grid.add_class("gk-grid")
        super().__init__([style(), Frame(), self._title, grid, self._words, self.both])
        self.add_class("gk")
        self.add_class("gk-wide")
        self._label()
        self.refresh()
        for control in controls:
            control.observe(lambda _: self.refresh(), "value")

    def _label(self) -> None:
        profile, lang = self._desk.profile, self.lang
        ago = [(Words(f"近 {n} 周", f"last {n} weeks").of(lang), str(n)) for n in WEEKS]
        kinds = [
            (c.en if lang == "en" else c.zh, c.code) for c in profile.choices("demand_type")
        ]
        every = (Words("全部诉求", "all concerns").of(lang), UNCHOSEN)
        measures = [
            (Words("按户数 (率)", "by households (rate)").of(lang), RATE),
            (Words("按面积 (密度)", "by area (density)").of(lang), DENSITY),
        ]
        fill_list(self.weeks, ago, WEEKS.index(USUAL_WEEKS))
        fill_list(self.category, [every, *kinds])
        fill_list(self.measure, measures)
        fill_list(self.method, [(words.of(lang), code) for code, (words, _) in METHODS.items()])
        self.weeks.description = Words("时段", "Period").both(lang)
        self.category.description = Words("诉求类别", "Demand").both(lang)
        self.measure.description = Words("量度", "Measure").both(lang)
        self.method.description = Words("方法", "Method").both(lang)
        words = Words(f"{self._desk.name} 热点".strip(), "Hotspots")
        self._title.value = heading(words, lang, invented=self._desk.invented)

    @property
    def period(self) -> tuple[date, date]:
        """First and last day of what is shown."""
        today = self._desk.today
        return today - timedelta(weeks=int(self.weeks.value)) + timedelta(days=1), today

    def refresh(self) -> None:
        """Count, test and draw anew."""
        self._desk.keep_up()
        try:
            question = self._question()
            self._show(question, METHODS[str(self.method.value)][1](question))
        except DataError as error:
            self.sentence = Words(error.zh, error.en).of(self.lang)
            self.table = pd.DataFrame()
            self._words.value = tag("p", self.sentence, cls="gk-fault", role="status")
            self.both.clear()

    def _question(self) -> Question:
        desk = self._desk
        concerns = hotspots.mappable(desk.part("concern", GATHERED), desk.profile)
        if self.category.value != UNCHOSEN:
            concerns = concerns[concerns["demand_type"] == self.category.value]
        measure = str(self.measure.value)
        return Question(desk, concerns, self.period, measure, self._neighbors, self.lang)

    def _show(self, question: Question, answer: Answer) -> None:
        first, last = question.period
        heard = question.concerns["heard_on"]
        total = int(heard.between(pd.Timestamp(first), pd.Timestamp(last)).sum())
        counted = Words(
            f"{first:%Y-%m-%d} 至 {last:%Y-%m-%d} 共 {total} 件。",
            f"{total} concerns from {first:%Y-%m-%d} to {last:%Y-%m-%d}. ",
        ).of(self.lang)
        self.table = answer.table
        self.sentence = f"{answer.headline}{counted}{answer.words}"
        headline = tag("strong", answer.headline) if answer.headline else join()
        self._words.value = tag("p", headline, f" {counted}{answer.words}", role="status")
        self.both.show(self._map(answer), self._heading(answer), answer.rows)

    def _heading(self, answer: Answer) -> str:
        n = len(answer.rows)
        return Words(
            f"最清楚的 {n} 处, 点一行看地图" if n else "没有可列的",
            f"The clearest {n}; click one to see it" if n else "Nothing to list",
        ).of(self.lang)

    def _map(self, answer: Answer) -> maps.GridMap:
        desk = self._desk
        caption = maps.Caption(
            title=f"{desk.name} {self.category.label} {self.weeks.label}".strip(),
            on=desk.today,
            invented=desk.invented,
        )
        m = maps.base_map(desk.grids, ground=desk.ground)
        for layer in answer.layers:
            m.add_child(layer)
        return maps.add_panel(m, caption, answer.layers)
