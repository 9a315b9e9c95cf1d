"""The triage board: this week's best k, each with its reasons and clock; a person decides.

The score is advice. Accepting it, or another band with a reason, is a decision record of
its own; nothing happens to a matter without one (`domain.md` section 6, R5).
"""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import triage
from gridkit.errors import DataError
from gridkit.forms.advice_view import band_chip, due_text, subject
from gridkit.forms.answers import read_integer
from gridkit.forms.choices import UNCHOSEN
from gridkit.forms.desk import Desk, with_deadlines
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
from gridkit.forms.matter_view import MatterView
from gridkit.records.models import Record

CAPACITY = 15
MOST_ROWS = 200  # more than anybody visits in a week; keeps the page light
ALL = Words("全部", "all")
DECIDED = ("all", "open", "done")
_DECIDED_WORDS = {
    "all": ALL,
    "open": Words("还没决定", "not decided"),
    "done": Words("已决定", "decided"),
}
_HEAD = (
    Words("次序", "Rank"),
    Words("等级", "Band"),
    Words("分数", "Score"),
    Words("事项与理由", "Matter and reasons"),
    Words("网格", "Grid"),
    Words("时限", "Deadline"),
    Words("决定", "Decision"),
)


class Board(Column):
    """The open matters in the order of their scores, filtered, at the week's capacity.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    capacity : int
        How many matters can be visited this week.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    capacity, township, demand, band, decided : Widget
        What is shown; set their `.value`.
    choice : Dropdown
        The matter that is looked at; its value is the concern's id.
    matter : MatterView
        All about that matter, and the decision.
    shown : DataFrame
        The rows on the board, best first.
    """

    def __init__(self, desk: Desk, *, capacity: int = CAPACITY, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self._inputs = pd.DataFrame()
        self._offering = False
        self.capacity = dress(W.Text(value=str(capacity), continuous_update=False))
        self.township = dress(W.Dropdown(options=self._townships(), index=0))
        self.demand = dress(W.Dropdown())
        self.band = dress(W.Dropdown())
        self.decided = dress(W.Dropdown())
        self.choice = dress(W.Dropdown())
        self.matter = MatterView(desk, lang=lang)
        self._title, self._page, self._fault = html(), html(), html(css="gk-message")
        filters = W.Box([self.capacity, self.township, self.demand, self.band, self.decided])
        filters.add_class("gk-grid")
        super().__init__(
            [
                style(),
                Frame(),
                self._title,
                filters,
                self._fault,
                self._page,
                self.choice,
                self.matter,
            ]
        )
        self.add_class("gk")
        self.add_class("gk-wide")
        self._label()
        self.refresh()
        for control in (self.capacity, self.township, self.demand, self.band, self.decided):
            control.observe(lambda _: self._show(), "value")
        self.choice.observe(lambda _: self._open(), "value")
        self.matter.on_decided(self._after_decision)

    def _townships(self) -> list[tuple[str, str]]:
        grids = self._desk.grids
        name = "township_name" if "township_name" in grids else "township_code"
        pairs = grids[["township_code", name]].astype("str").drop_duplicates()
        return [
            (ALL.of(self.lang), UNCHOSEN),
            *((n, c) for c, n in pairs.itertuples(index=False)),
        ]

    def _label(self) -> None:
        profile, lang = self._desk.profile, self.lang
        every = (ALL.of(lang), UNCHOSEN)
        kinds = [
            (c.en if lang == "en" else c.zh, c.code) for c in profile.choices("demand_type")
        ]
        bands = [(Words(b.zh, b.en).of(lang), b.code) for b in profile.bands]
        fill_list(self.demand, [every, *kinds])
        fill_list(self.band, [every, *bands])
        fill_list(self.decided, [(_DECIDED_WORDS[c].of(lang), c) for c in DECIDED])
        labels = {
            self.capacity: Words("本周能办几件", "Capacity this week"),
            self.township: Words("乡镇", "Township"),
            self.demand: Words("诉求类别", "Demand"),
            self.band: Words("等级", "Band"),
            self.decided: Words("决定", "Decision"),
            self.choice: Words("看哪一件", "Look at"),
        }
        for widget, words in labels.items():
            widget.description = words.both(lang)
        words = Words(f"{self._desk.name} 研判看板".strip(), "Triage board")
        self._title.value = heading(words, lang, invented=self._desk.invented)

    def refresh(self) -> None:
        """Read the ledger, score every open matter, and show the best."""
        desk = self._desk
        desk.keep_up()
        concerns, steps = desk.frame("concern"), desk.frame("step")
        self._inputs = triage.inputs(concerns, steps, desk.today, desk.profile)
        listed = triage.worklist(concerns, steps, desk.today, desk.profile)
        townships = desk.grids["township_code"].astype("str")
        where = listed["grid_id"].astype("str").map(townships)
        self._listed = listed.assign(township_code=where)
        self._show()

    def _decisions(self) -> pd.DataFrame:
        made = self._desk.frame("decision")
        return made.drop_duplicates("concern_id", keep="last").set_index("concern_id")

    def _k(self) -> int:
        try:
            k = read_integer(self.capacity.value)
        except DataError as error:
            self._fault.value = tag(
                "div", Words(error.zh, error.en).of(self.lang), cls="gk-fault"
            )
            return len(self.shown)
        self._fault.value = join()
        return min(max(k or 0, 0), MOST_ROWS)

    def _show(self) -> None:
        listed = self._listed
        for column, control in (
            ("township_code", self.township),
            ("demand_type", self.demand),
            ("band", self.band),
        ):
            if control.value != UNCHOSEN:
                listed = listed[listed[column] == control.value]
        made = self._decisions()
        if self.decided.value != "all":
            known = listed.index.isin(made.index)
            listed = listed[known if self.decided.value == "done" else ~known]
        total = len(listed)
        self.shown = with_deadlines(listed.head(self._k()), self._desk.profile)
        self._page.value = self._table(made, total)
        self._offer()

    def _table(self, made: pd.DataFrame, total: int) -> Markup:
        words = Words(
            f"符合条件的未办结事项 {total} 件, 显示前 {len(self.shown)} 件。分数只是建议, 由人决定。",
            f"{total} open matters fit; the first {len(self.shown)} are shown. "
            "Scores are advice; a person decides.",
        )
        rows = [
            self._row(rank, str(concern_id), row, made)
            for rank, (concern_id, row) in enumerate(self.shown.iterrows(), start=1)
        ]
        listing = table(tuple(w.of(self.lang) for w in _HEAD), rows)
        return join(tag("p", words.of(self.lang)), tag("div", listing, cls="gk-scroll"))

    def _row(
        self, rank: int, concern_id: str, row: pd.Series, made: pd.DataFrame
    ) -> tuple[str, ...]:
        profile, lang = self._desk.profile, self.lang
        decision: str = "—"
        if concern_id in made.index:
            decision = band_chip(str(made.loc[concern_id, "decided"]), profile, lang)
        names = self._desk.grids["name"]
        return (
            str(rank),
            band_chip(str(row["band"]), profile, lang),
            str(row["score"]),
            join(
                tag("b", subject(row, profile, lang)),
                tag("div", str(row[f"sentence_{lang}"])),
            ),
            str(names.get(row["grid_id"], row["grid_id"])),
            tag("span", due_text(row, lang), title=str(row[f"deadline_{lang}"])),
            decision,
        )

    def _offer(self) -> None:
        before = self.choice.value
        nothing = Words("请选择", "choose").of(self.lang)
        names = self._desk.grids["name"]
        options = [(f"— {nothing} —", UNCHOSEN)]
        for rank, (concern_id, row) in enumerate(self.shown.iterrows(), start=1):
            words = subject(row, self._desk.profile, self.lang)
            where = names.get(row["grid_id"], row["grid_id"])
            options.append((f"{rank}. {row['score']} {words} · {where}", str(concern_id)))
        codes = [code for _, code in options]
        self._offering = True
        fill_list(self.choice, options, codes.index(before) if before in codes else 0)
        self._offering = False
        self._open()

    def _open(self) -> None:
        if self._offering:
            return
        concern_id = self.choice.value
        if concern_id == UNCHOSEN:
            self.matter.close_matter()
        elif concern_id != self.matter.concern_id:
            self.matter.open_matter(concern_id, self._inputs, self.shown.loc[concern_id])

    def _after_decision(self, decision: Record) -> None:
        self._desk.take([decision])
        self._show()

    def on_decided(self, listener: Callable[[Record], None]) -> None:
        """Call `listener` with each decision, after COMMIT."""
        self.matter.on_decided(listener)
