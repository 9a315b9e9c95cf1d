"""The triage board: all open matters, the week's visits, feedback, backlog; a person decides.

The score is advice. Accepting it, or another band with a reason, is a decision record of
its own; nothing happens to a matter without a person (`domain.md` section 6, R5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import triage
from gridkit.forms.backlog_view import BacklogView
from gridkit.forms.board_filters import BoardFilters
from gridkit.forms.board_look import BOARD_CSS
from gridkit.forms.board_rows import BOARD_HEAD, board_row
from gridkit.forms.desk import Desk
from gridkit.forms.feedback_view import FeedbackView
from gridkit.forms.listing import Listing, Pager
from gridkit.forms.matter_view import MatterView
from gridkit.forms.week_view import WeekView
from gridkit.records.models import Record
from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, Words, heading, html, style, tag
from gridkit.triage.taking import StepTaken

CAPACITY = 15
VIEWS = {
    "board": Words("看板", "Board"),
    "week": Words("本周走访", "This week"),
    "feedback": Words("回音", "Feedback"),
    "backlog": Words("积案", "Backlog"),
}
_NOTHING = Words("没有符合条件的待办事项。", "No open matter fits.")


class Board(Column):
    """Four views of the open matters, narrowed by the same lists; one matter opens over them.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    capacity : int
        How many doors can be visited this week.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    view : ToggleButtons
        A key of `VIEWS`; set its `.value`.
    filters : BoardFilters
        What board and week are narrowed by.
    listing, listing_pager : Listing, Pager
        The rows of the board; `listing.choose` opens one.
    week, feedback, backlog : WeekView, FeedbackView, BacklogView
    matter : MatterView
        The matter that is open, its story, and what may be done with it.
    listed : DataFrame
        Every open matter, from `triage.board`.
    found : DataFrame
        Those of them that fit the filters.
    shown : DataFrame
        The rows on the page, with their reasons.
    """

    def __init__(self, desk: Desk, *, capacity: int = CAPACITY, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self.listed = self.found = self.shown = pd.DataFrame()
        names = [(words.of(lang), code) for code, words in VIEWS.items()]
        self.view = W.ToggleButtons(options=names, value="board")
        self.view.add_class("gk-views")
        self.filters = BoardFilters(desk, lang=lang)
        self.listing, self.listing_pager, self._head = Listing(), Pager(lang=lang), html()
        self.week = WeekView(desk, capacity=capacity, lang=lang)
        self.feedback = FeedbackView(desk, lang=lang)
        self.backlog = BacklogView(desk, lang=lang)
        self.matter = MatterView(desk, lang=lang)
        self._frame = Frame()
        summary = W.Box([self._head, self.filters.clear_button])
        summary.add_class("gk-row")
        self._board = W.VBox([summary, self.listing, self.listing_pager])
        parts = [self.filters, self._board, self.week, self.feedback, self.backlog]
        self._lists = W.VBox([self.view, *parts])
        words = Words(f"{desk.name} 研判看板".strip(), "Triage board")
        title = html(heading(words, lang, invented=desk.invented))
        more = style(BOARD_CSS)
        super().__init__([more, self._frame, title, self._lists, self.matter])
        for css in ("gk", "gk-wide", "gk-board"):
            self.add_class(css)
        self._listen()
        self.refresh()

    def _listen(self) -> None:
        for listing in (self.listing, self.week.listing, self.feedback.listing):
            listing.on_open(self.open_matter)
        self.backlog.listing.on_open(self.open_matter)
        self.filters.on_change(lambda: self._show(first=True))
        self.view.observe(lambda _: self._show(), "value")
        self.listing_pager.on_turn(self._draw)
        self.matter.on_taken(self._after_step)
        self.matter.on_decided(self._after_decision)
        self.matter.on_written(self._written)
        self._frame.on_cursor(self.matter.at)
        self.matter.back_button.on_click(lambda _: self.close_matter())

    def refresh(self) -> None:
        """Read the ledger, put every open matter in order, and show them."""
        self._desk.keep_up()
        self._order()
        self._show()

    def _order(self) -> None:
        desk = self._desk
        self.listed = triage.board(
            desk.frame("concern"),
            desk.frame("step"),
            desk.today,
            desk.profile,
            desk.frame("decision"),
        )

    def _show(self, *, first: bool = False) -> None:
        view = self.view.value
        for name, part in self._parts().items():
            part.layout.display = None if name == view else "none"
        narrowed = view in {"board", "week"}
        self.filters.layout.display = None if narrowed else "none"
        self.filters.clear_button.layout.display = None if self.filters.asks else "none"
        if narrowed:
            self.found = self.filters.narrow(self.listed)
        if view == "board":
            self.listing_pager.of(len(self.found), first=first)
            self._draw()
        elif view == "week":
            self.week.show(self.found)
        elif view == "feedback":
            self.feedback.refresh()
        else:
            self.backlog.show(self.listed)

    def _parts(self) -> dict[str, Any]:
        views = (self._board, self.week, self.feedback, self.backlog)
        return dict(zip(VIEWS, views, strict=True))

    def _draw(self) -> None:
        """Draw the page: the reasons are put together for its rows only."""
        desk, part = self._desk, self.listing_pager.part
        self.shown = triage.with_reasons(
            self.found.iloc[part],
            desk.frame("concern"),
            desk.frame("step"),
            desk.today,
            desk.profile,
        )
        late = int(self.found["overdue"].sum())
        words = Words(
            f"待办 {len(self.listed)} 件, 符合条件 {len(self.found)} 件, 其中超期 {late} 件。"
            f"分数出自{desk.profile.scorecard.named()}, 只是建议, 由人决定; "
            "点一件看经过、时限和下一步。",
            f"{len(self.found)} of {len(self.listed)} open matters fit, {late} overdue. Scores "
            f"are of the {desk.profile.scorecard.named('en')}, and advice; a person decides. "
            "Open one for its story, clocks and next step.",
        )
        self._head.value = tag("p", words.of(self.lang))
        rows = [
            board_row(rank, str(concern_id), row, desk, self.lang)
            for rank, (concern_id, row) in enumerate(self.shown.iterrows(), part.start + 1)
        ]
        if rows:
            self.listing.show(tuple(w.of(self.lang) for w in BOARD_HEAD), rows)
        else:
            self.listing.say(_NOTHING.of(self.lang))

    def open_matter(self, concern_id: str) -> None:
        """Open one matter in place of the lists."""
        if self._desk.keep_up():
            self._order()
        self.matter.open_matter(concern_id)
        self._lists.layout.display = "none"
        self._frame.show("gk-matter")

    def close_matter(self) -> None:
        """Go back to the lists."""
        self.matter.close_matter()
        self._lists.layout.display = None
        self._show()
        self._frame.show("gk-views")

    def _after_step(self, _: StepTaken) -> None:
        self._written()

    def _after_decision(self, _: Record) -> None:
        self._written()

    def _written(self) -> None:
        self._order()
        self._show()

    def on_decided(self, listener: Callable[[Record], None]) -> None:
        """Call `listener` with each decision, after COMMIT."""
        self.matter.on_decided(listener)
