"""The hotspot view: choose a period, a kind of concern and a measure; see map, table, words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import hotspots, maps
from gridkit.errors import DataError
from gridkit.forms.choices import UNCHOSEN
from gridkit.forms.desk import Desk
from gridkit.forms.frame import Frame
from gridkit.forms.look import (
    Column,
    Markup,
    Words,
    dress,
    fill_list,
    heading,
    html,
    join,
    style,
    table,
    tag,
)

WEEKS = (4, 8, 12, 26, 52)
USUAL_WEEKS = 12
MOST_ROWS = 20
MAP_HEIGHT_PX = 520
RATE, DENSITY = "rate", "density"
_UNITS = {RATE: ("每百户件数", "per 100 households"), DENSITY: ("每平方公里件数", "per km²")}
_HEAD = (
    Words("网格", "Grid"),
    Words("件数", "Concerns"),
    Words("户数", "Households"),
    Words("每百户 (区间)", "Per 100 households (interval)"),
    Words("平滑后", "Smoothed"),
    Words("与邻格一起看", "Together with its neighbors"),
)


class HotspotView(Column):
    """Where concerns gather, and how much of it could be chance.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    weeks, category, measure : Dropdown
        What is shown; set their `.value`.
    sentence : str
        What stands out, in words.
    table : DataFrame, indexed by `grid_id`
        Rates and tests of all grids, the clearest first.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self._neighbors = hotspots.touching(desk.grids)
        self.sentence = ""
        self.table = pd.DataFrame()
        self.weeks, self.category, self.measure = (dress(W.Dropdown()) for _ in range(3))
        self._title, self._words, self._map, self._list = (html() for _ in range(4))
        controls = W.Box([self.weeks, self.category, self.measure])
        controls.add_class("gk-grid")
        super().__init__(
            [style(), Frame(), self._title, controls, self._words, self._map, self._list]
        )
        self.add_class("gk")
        self.add_class("gk-wide")
        self._label()
        self.refresh()
        for control in (self.weeks, self.category, self.measure):
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
        self.weeks.description = Words("时段", "Period").both(lang)
        self.category.description = Words("诉求类别", "Demand").both(lang)
        self.measure.description = Words("量度", "Measure").both(lang)
        words = Words(f"{self._desk.name} 热点".strip(), "Hotspots")
        self._title.value = heading(words, lang, invented=self._desk.invented)

    @property
    def period(self) -> tuple[date, date]:
        """First and last day of what is shown."""
        today = self._desk.today
        return today - timedelta(weeks=int(self.weeks.value)) + timedelta(days=1), today

    def refresh(self) -> None:
        """Count, test and draw anew."""
        desk = self._desk
        desk.keep_up()
        try:
            self._draw(self._counts())
        except DataError as error:
            self.sentence = Words(error.zh, error.en).of(self.lang)
            self.table = pd.DataFrame()
            self._words.value = tag("p", self.sentence, cls="gk-fault", role="status")
            self._map.value = self._list.value = join()

    def _counts(self) -> pd.DataFrame:
        desk = self._desk
        concerns = hotspots.mappable(desk.frame("concern"), desk.profile)
        if self.category.value != UNCHOSEN:
            concerns = concerns[concerns["demand_type"] == self.category.value]
        counted = hotspots.count(concerns, desk.grids, by=None, period=self.period)
        return hotspots.per_grid(counted)

    def _draw(self, counts: pd.DataFrame) -> None:
        desk = self._desk
        found = hotspots.find_hotspots(
            counts,
            desk.grids,
            self._neighbors,
            measure="density" if self.measure.value == DENSITY else "rate",
        )
        rates, tests = found.rates, found.tests
        self.sentence = self._say(counts, found)
        self._words.value = tag("p", self.sentence, role="status")
        drawn = maps.county_map(
            desk.grids,
            rates=rates,
            tests=tests,
            title=f"{desk.name} {self.category.label} {self.weeks.label}",
            on=desk.today,
            invented=desk.invented,
            profile=desk.profile,
        )
        self._map.value = Markup(maps.iframe(drawn, MAP_HEIGHT_PX))
        self.table = self._rows(counts if rates is None else rates, tests)
        self._list.value = self._listing()

    def _say(self, counts: pd.DataFrame, found: hotspots.Findings) -> str:
        first, last = self.period
        total = int(counts["n"].sum())
        return Words(
            f"{first:%Y-%m-%d} 至 {last:%Y-%m-%d} 共 {total} 件。{found.sentence_zh}",
            f"{total} concerns from {first:%Y-%m-%d} to {last:%Y-%m-%d}. {found.sentence_en}",
        ).of(self.lang)

    def _rows(self, measured: pd.DataFrame, tests: pd.DataFrame | None) -> pd.DataFrame:
        if tests is None:
            return measured.sort_values("n", ascending=False, kind="stable")
        unit = _UNITS[str(self.measure.value)]
        told = hotspots.explain_cells(tests, self.lang, unit)
        found = measured.join(tests[["z", "p", "q", "hot", "significant"]]).assign(words=told)
        return found.sort_values(["q", "z"], ascending=[True, False], kind="stable")

    def _listing(self) -> Markup:
        names = self._desk.grids["name"]
        rows: list[tuple[str, ...]] = [
            (
                str(names.get(grid_id, grid_id)),
                str(row["n"]),
                str(row["households"]),
                _interval(row),
                _number(row.get("rate_eb")),
                str(row.get("words", "—")),
            )
            for grid_id, row in self.table.head(MOST_ROWS).iterrows()
        ]
        title = Words(f"最清楚的 {len(rows)} 个网格", f"The clearest {len(rows)} grids")
        head = tuple(w.of(self.lang) for w in _HEAD)
        listing = tag("div", table(head, rows), cls="gk-scroll")
        return join(tag("h3", title.both(self.lang)), listing)


def _number(value: Any) -> str:
    return "—" if value is None or pd.isna(value) else f"{value:.2f}"


def _interval(row: pd.Series) -> str:
    if "rate" not in row.index or pd.isna(row["rate"]):
        return "—"
    return f"{row['rate']:.2f} ({row['low']:.2f}–{row['high']:.2f})"
