"""The backlog (积案): hard matters with color, owner and checklist, and the half-month's report."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from gridkit import triage
from gridkit.forms.advice_view import row_or_none, subject
from gridkit.forms.board_rows import place_cell, standing_cell
from gridkit.forms.desk import Desk
from gridkit.forms.listing import Listing, Row
from gridkit.screen.look import Column, Markup, Words, chip, html, join, table, tag

REPORT_DAYS = 45  # back from today: the last three half-months
_HEAD = (
    Words("等级", "Band"),
    Words("积案", "Hard matter"),
    Words("网格", "Grid"),
    Words("包案领导", "Owner"),
    Words("办到哪一步", "Where it stands"),
    Words("清单", "Checklist"),
)
_PROGRESS_HEAD = (
    Words("半月", "Half-month"),
    Words("批次", "List"),
    Words("期初", "Before"),
    Words("新列入", "Taken on"),
    Words("重启", "Reopened"),
    Words("销号", "Struck off"),
    Words("其中特殊销号", "By exception"),
    Words("期末", "Left"),
    Words("累计化解", "Solved so far"),
)
_DONE = Words("已销号", "struck off")
_NONE = Words("没有列入清单的积案。", "No matter is on a list of hard ones.")


class BacklogView(Column):
    """The ledger of hard matters and its progress every half-month.

    Parameters
    ----------
    desk : Desk
    lang : {"zh", "en"}

    Attributes
    ----------
    listing : Listing
    shown : DataFrame
        From `triage.backlog_ledger`, what is still open first.
    page : str
        Progress and candidates, as HTML.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self.shown = pd.DataFrame()
        self._head, self.listing, self._foot = html(), Listing(), html()
        super().__init__([self._head, self.listing, self._foot])

    @property
    def page(self) -> str:
        """Progress and candidates, as HTML."""
        return str(self._head.value) + str(self._foot.value)

    def show(self, listed: pd.DataFrame) -> None:
        """Read the lists again; `listed` is the board, which gives the bands."""
        desk = self._desk
        backlog = desk.store.frame("backlog")
        concerns, steps = desk.frame("concern"), desk.frame("step")
        ledger = triage.backlog_ledger(
            backlog, concerns, steps, desk.today, desk.profile, listed
        )
        self.shown = ledger.sort_values("struck_off", kind="stable")
        self._head.value = self._words(ledger, triage.backlog_candidates(listed, backlog))
        rows = [self._row(str(i), row, concerns) for i, row in self.shown.iterrows()]
        if rows:
            self.listing.show(tuple(w.of(self.lang) for w in _HEAD), rows)
        else:
            self.listing.say(_NONE.of(self.lang))
        self._foot.value = self._progress(backlog)

    def _words(self, ledger: pd.DataFrame, more: pd.DataFrame) -> Markup:
        done = int(ledger["struck_off"].sum())
        return tag(
            "p",
            Words(
                f"列入积案 {len(ledger)} 件, 已销号 {done} 件, 还有 {len(ledger) - done} 件。"
                f"另有 {len(more)} 件够得上积案 (久未办结或超过办结时限), 是否列入由人决定。",
                f"{len(ledger)} hard matters, {done} struck off. {len(more)} more would qualify; "
                "a person decides.",
            ).of(self.lang),
        )

    def _row(self, concern_id: str, row: pd.Series, concerns: pd.DataFrame) -> Row:
        desk, lang = self._desk, self.lang
        concern = row_or_none(concerns, concern_id)
        words = (
            str(concern_id)[-8:] if concern is None else subject(concern, desk.profile, lang)
        )
        band = _DONE.of(lang)
        if not row["struck_off"] and pd.notna(row["band"]):
            band = desk.profile.label("band", str(row["band"]), lang)
        listed = Words(
            f"第 {row['batch']} 批, {row['taken_on']:%Y-%m-%d} 列入",
            f"list {row['batch']}, {row['taken_on']:%Y-%m-%d}",
        )
        standing = join("—") if pd.isna(row["state"]) else standing_cell(row, desk, lang)
        return Row(
            concern_id,
            words,
            (
                chip(band, str(row["color"])),
                tag("div", listed.of(lang), cls="gk-small"),
                join("—") if concern is None else place_cell(str(concern["grid_id"]), desk),
                str(row["leader_post"]),
                standing,
                self._checklist(row),
            ),
            at=1,
        )

    def _checklist(self, row: pd.Series) -> Markup:
        count = Words(f"{row['done']} / {row['of']} 项", f"{row['done']} of {row['of']}")
        missing = str(row[f"missing_{self.lang}"])
        lacking = Words(f"还差: {missing}", f"lacking: {missing}").of(self.lang)
        below = tag("div", lacking, cls="gk-small") if missing else join()
        return join(tag("b", count.of(self.lang)), below)

    def _progress(self, backlog: pd.DataFrame) -> Markup:
        desk = self._desk
        if not len(backlog):
            return join()
        start = desk.today - dt.timedelta(days=REPORT_DAYS)
        found = triage.backlog_progress(
            backlog, desk.frame("concern"), desk.frame("step"), start, desk.today
        ).reset_index()
        rows = [self._half(row) for _, row in found.iterrows()]
        title = Words("半月一报", "Half-month report").both(self.lang)
        listing = table(tuple(w.of(self.lang) for w in _PROGRESS_HEAD), rows)
        return join(tag("h4", title), tag("div", listing, cls="gk-scroll"))

    def _half(self, row: pd.Series) -> tuple[str, ...]:
        year, month, half = str(row["half_month"]).split("-")
        first = Words("上半月", "1st half") if half == "1" else Words("下半月", "2nd half")
        when = Words(f"{year} 年 {int(month)} 月{first.zh}", f"{year}-{month} {first.en}")
        which = Words(f"第 {row['batch']} 批", f"list {row['batch']}")
        if row["batch"] == 0:
            which = Words("合计", "all")
        counts = ("before", "taken", "reopened", "struck_off", "by_exception", "left")
        solved = Words(
            f"{row['solved']} / {row['total']}", f"{row['solved']} of {row['total']}"
        )
        return (
            when.of(self.lang),
            which.of(self.lang),
            *(str(row[name]) for name in counts),
            solved.of(self.lang),
        )
