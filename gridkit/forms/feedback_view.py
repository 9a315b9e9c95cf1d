"""Feedback (回音): what became of each report, the unanswered first."""

from __future__ import annotations

from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import triage
from gridkit.forms.advice_view import subject
from gridkit.forms.board_filters import choices_or_all, coded, townships_of
from gridkit.forms.board_rows import place_cell, standing_cell
from gridkit.forms.choices import UNCHOSEN
from gridkit.forms.desk import Desk
from gridkit.forms.listing import Listing, Pager, Row
from gridkit.screen.look import Column, Markup, Words, html, join, tag
from gridkit.triage.board import TOWNSHIP_DIGITS

_HEAD = (
    Words("报的事", "Report"),
    Words("网格", "Grid"),
    Words("告知", "Told"),
    Words("答复", "Answered"),
    Words("核查", "Verified"),
    Words("满意", "Content"),
    Words("后来怎样", "What became of it"),
)
_NOT_YET = Words("未", "no")
_STAGES = {code: Words(zh, en) for code, (zh, en) in triage.STAGE_WORDS.items()}


class FeedbackView(Column):
    """Every report with four answers: told, answered, verified, content.

    Parameters
    ----------
    desk : Desk
    lang : {"zh", "en"}

    Attributes
    ----------
    stage, source, township : Dropdown
        What is shown; set their `.value`.
    listing : Listing
    shown : DataFrame
        The rows of `triage.feedback` that fit.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self._told: pd.DataFrame | None = None
        self.shown = pd.DataFrame()
        self.stage = choices_or_all([(w.of(lang), code) for code, w in _STAGES.items()], lang)
        self.source = choices_or_all(coded(desk, "source", lang), lang)
        self.township = choices_or_all(townships_of(desk), lang)
        self.stage.description = Words("回音", "Feedback").both(lang)
        self.source.description = Words("来源", "Source").both(lang)
        self.township.description = Words("乡镇", "Township").both(lang)
        filters = W.Box([self.stage, self.source, self.township])
        filters.add_class("gk-grid")
        self._head, self.listing, self._pager = html(), Listing(), Pager(lang=lang)
        super().__init__([filters, self._head, self.listing, self._pager])
        for control in (self.stage, self.source, self.township):
            control.observe(lambda _: self._draw(first=True), "value")
        self._pager.on_turn(self._draw)

    def refresh(self) -> None:
        """Read the steps again."""
        desk = self._desk
        self._told = triage.feedback(desk.frame("concern"), desk.frame("step"), desk.today)
        self._draw()

    def _draw(self, *, first: bool = False) -> None:
        found = self._told
        if found is None:
            return
        for name, control in (("stage", self.stage), ("source", self.source)):
            if control.value != UNCHOSEN:
                found = found[(found[name] == control.value).to_numpy()]
        if self.township.value != UNCHOSEN:
            area = self.township.value[:TOWNSHIP_DIGITS]
            found = found[found["grid_id"].astype("str").str.startswith(area).to_numpy()]
        self.shown = found
        self._pager.of(len(found), first=first)
        self._head.value = self._words(found)
        rows = [self._row(str(i), row) for i, row in found.iloc[self._pager.part].iterrows()]
        if rows:
            self.listing.show(tuple(w.of(self.lang) for w in _HEAD), rows)
        else:
            self.listing.say(Words("没有符合条件的事项。", "No matter fits.").of(self.lang))

    def _words(self, found: pd.DataFrame) -> Markup:
        counts = found["stage"].value_counts()
        parts = [
            tag(
                "span",
                tag("b", str(int(counts.get(code, 0)))),
                words.of(self.lang),
                cls="gk-count",
            )
            for code, words in _STAGES.items()
        ]
        note = Words(
            "没有回音的排在最前。报上来的每件事, 到这里看得到后来怎样。",
            "What was not answered comes first. Each report, and what became of it.",
        )
        return join(tag("div", *parts), tag("p", note.of(self.lang), cls="gk-small"))

    def _row(self, concern_id: str, row: pd.Series) -> Row:
        heard = Words(f"{row['heard_on']:%Y-%m-%d} 报", f"heard {row['heard_on']:%Y-%m-%d}")
        waiting = join()
        if pd.notna(row["waiting_days"]):
            words = Words(
                f"已等 {row['waiting_days']} 天", f"{row['waiting_days']} days waiting"
            )
            waiting = tag("div", words.of(self.lang), cls="gk-late-text")
        return Row(
            concern_id,
            subject(row, self._desk.profile, self.lang),
            (
                tag("div", heard.of(self.lang), cls="gk-small"),
                place_cell(str(row["grid_id"]), self._desk),
                self._tick(row["told_on"]),
                self._tick(row["answered_on"], needed=pd.notna(row["waiting_days"])),
                self._tick(row["verified_on"]),
                self._content(row),
                join(standing_cell(row, self._desk, self.lang), waiting),
            ),
        )

    def _tick(self, day: Any, *, needed: bool = False) -> Markup:
        if pd.isna(day):
            return tag("span", _NOT_YET.of(self.lang), cls="gk-cross" if needed else "gk-small")
        return join(
            tag("span", "✓", cls="gk-tick"), tag("div", f"{day:%Y-%m-%d}", cls="gk-small")
        )

    def _content(self, row: pd.Series) -> Markup:
        if pd.isna(row["content"]):
            return self._tick(pd.NaT)
        words = Words("满意", "yes") if row["content"] else Words("不满意", "no")
        day = "" if pd.isna(row["followed_on"]) else f"{row['followed_on']:%Y-%m-%d}"
        css = "gk-tick" if row["content"] else "gk-cross"
        return join(tag("span", words.of(self.lang), cls=css), tag("div", day, cls="gk-small"))
