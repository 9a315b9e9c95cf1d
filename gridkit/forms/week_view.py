"""The week's visits: the best k doors by place, with reasons, and what is left undone."""

from __future__ import annotations

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import triage
from gridkit.errors import DataError
from gridkit.forms.advice_view import band_chip
from gridkit.forms.answers import read_integer
from gridkit.forms.board_rows import BOARD_HEAD, board_row
from gridkit.forms.desk import Desk
from gridkit.forms.listing import Listing, Row
from gridkit.screen.look import Column, Markup, Words, dress, html, join, table, tag

MOST_DOORS = 200  # more than anybody visits in a week; keeps the page light
_LEFT_HEAD = (
    Words("等级", "Band"),
    Words("待办", "Open"),
    Words("本周走到", "This week"),
    Words("还剩", "Left"),
    Words("剩下的里面已超期", "Overdue among them"),
)


class WeekView(Column):
    """What to visit this week, at a capacity that a person types in.

    Parameters
    ----------
    desk : Desk
    capacity : int
        How many doors can be visited.
    lang : {"zh", "en"}

    Attributes
    ----------
    capacity : Text
        Set its `.value`.
    listing : Listing
        The doors, grouped by village.
    plan : DataFrame
        From `triage.week_plan`.
    """

    def __init__(self, desk: Desk, *, capacity: int, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self._listed: pd.DataFrame | None = None
        self._k = capacity
        self.plan = pd.DataFrame()
        self.capacity = dress(W.Text(value=str(capacity), continuous_update=False))
        self.capacity.description = Words("本周能走几户", "Visits this week").both(lang)
        self.capacity.layout.max_width = "220px"
        self.listing = Listing()
        self._fault, self._head, self._left = html(css="gk-message"), html(), html()
        super().__init__([self.capacity, self._fault, self._head, self.listing, self._left])
        self.capacity.observe(lambda _: self._typed(), "value")

    def show(self, listed: pd.DataFrame) -> None:
        """Plan the week from the rows of a board."""
        self._listed = listed
        doors = self._desk.frame("concern")["visit_id"]
        self.plan = triage.week_plan(listed, self._k, doors)
        desk = self._desk
        shown = triage.with_reasons(
            self.plan, desk.frame("concern"), desk.frame("step"), desk.today, desk.profile
        )
        self._head.value = self._words(listed)
        head = (Words("户", "Door"), *BOARD_HEAD[1:])
        self.listing.show(tuple(w.of(self.lang) for w in head), self._rows(shown))
        self._left.value = self._what_is_left(listed)

    def _words(self, listed: pd.DataFrame) -> Markup:
        doors = self.plan["door"].nunique()
        places = self.plan["village_code"].nunique()
        return tag(
            "p",
            Words(
                f"待办 {len(listed)} 件; 本周走 {doors} 户, 办 {len(self.plan)} 件, 分在 {places} "
                "个村居, 按村居排在一起, 少走路。这是建议, 由人决定: 点开一件可采纳或改定。",
                f"{len(listed)} open; {doors} doors this week, {len(self.plan)} matters in "
                f"{places} villages, place by place. Advice; a person decides.",
            ).of(self.lang),
        )

    def _rows(self, shown: pd.DataFrame) -> list[Row | Markup]:
        rows: list[Row | Markup] = []
        for village, matters in shown.groupby("village_code", sort=False):
            rows.append(self._village(str(village), matters))
            for concern_id, row in matters.iterrows():
                rows.append(
                    board_row(int(row["door"]), str(concern_id), row, self._desk, self.lang)
                )
        return rows

    def _village(self, code: str, matters: pd.DataFrame) -> Markup:
        grids = self._desk.grids
        inside = grids[grids.index.isin(matters["grid_id"].astype("str"))]
        name = code
        if "village_name" in grids and len(inside):
            name = f"{inside['township_name'].iloc[0]} {inside['village_name'].iloc[0]}"
        doors = matters["door"].nunique()
        count = Words(f"{doors} 户", f"{doors} doors").of(self.lang)
        return join(f"{name} · {count}")

    def _what_is_left(self, listed: pd.DataFrame) -> Markup:
        left = triage.what_is_left(listed, self.plan, self._desk.profile)
        rows = [
            (band_chip(str(code), self._desk.profile, self.lang), *(str(n) for n in row))
            for code, row in zip(left.index, left.to_numpy(), strict=True)
        ]
        title = Words("走完还剩什么", "What is left").both(self.lang)
        return join(tag("h4", title), table(tuple(w.of(self.lang) for w in _LEFT_HEAD), rows))

    def _typed(self) -> None:
        try:
            k = read_integer(self.capacity.value)
        except DataError as error:
            words = Words(error.zh, error.en).of(self.lang)
            self._fault.value = tag("div", words, cls="gk-fault", role="alert")
            return
        self._fault.value = join()
        self._k = min(max(k or 0, 0), MOST_DOORS)
        if self._listed is not None:
            self.show(self._listed)
