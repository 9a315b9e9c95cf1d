"""The clocks of one matter as bars: begun, due, how much is used, whose turn, which article."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gridkit.screen.look import Markup, Words, join, tag

_LATE = Words("已超期", "overdue")
_STOPPED = Words("已完成或已届满的时限", "clocks that have stopped")
_NONE = Words("现在没有在走的时限。", "No clock is running.")
_KINDS = {
    "duty": Words("必须办", "duty"),
    "right": Words("可以办", "right"),
    "minimum": Words("至少满", "at least"),
}
_SOON_USED = 0.8  # share of the time allowed, from which a bar is drawn as urgent


def clock_bars(clocks: pd.DataFrame, lang: str = "zh") -> Markup:
    """Draw every clock of one matter.

    Parameters
    ----------
    clocks : DataFrame
        From `triage.deadlines_of`: running ones first.
    lang : {"zh", "en"}

    Returns
    -------
    Markup
        Running clocks as bars; those that have stopped folded away below.
    """
    over = (clocks["status"] == "stopped").to_numpy(dtype=bool)
    running = [_bar(row, lang) for row in clocks[~over].to_dict("records")]
    stopped = [tag("li", _ended(row, lang)) for row in clocks[over].to_dict("records")]
    parts = running or [tag("p", _NONE.of(lang))]
    if stopped:
        count = f"{_STOPPED.of(lang)} ({len(stopped)})"
        parts.append(tag("details", tag("summary", count), tag("ul", *stopped)))
    return tag("div", *parts, cls="gk-clocks")


def _bar(row: dict[Any, Any], lang: str) -> Markup:
    used = 0.0 if pd.isna(row["used"]) else min(float(row["used"]), 1.0)
    late = row["status"] == "overdue"
    css = "gk-late" if late else "gk-soon" if used >= _SOON_USED else "gk-calm"
    turn = Words(f"该谁办: {row['turn']}", f"turn: {row['turn']}").of(lang)
    begun = Words(f"{_day(row['started_on'])} 起算", f"from {_day(row['started_on'])}").of(lang)
    due = Words(f"{_day(row['due_on'])} 到期", f"due {_day(row['due_on'])}").of(lang)
    if pd.isna(row["due_on"]):
        due = Words("到期日待定", "due date not known yet").of(lang)
    marks = [tag("span", _KINDS[str(row["kind"])].of(lang), cls="gk-kind")]
    if late:
        marks.append(tag("span", _LATE.of(lang), cls="gk-kind gk-overdue"))
    if row["extended"]:
        marks.append(tag("span", Words("已延期", "extended").of(lang), cls="gk-kind"))
    filled = tag("span", style=f"width:{100 * used:.0f}%")
    return tag(
        "div",
        tag("div", *marks, " ", str(row["sentence"])),
        tag("div", filled, cls=f"gk-bar {css}", role="img", title=f"{100 * used:.0f}%"),
        tag("div", tag("span", begun), tag("b", turn), tag("span", due), cls="gk-ends"),
        cls="gk-clock",
    )


def _ended(row: dict[Any, Any], lang: str) -> Markup:
    dates = Words(
        f"{_day(row['started_on'])} 起算, {_day(row['due_on'])} 到期",
        f"from {_day(row['started_on'])}, due {_day(row['due_on'])}",
    ).of(lang)
    return join(str(row["sentence"]), "; ", dates)


def _day(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:%Y-%m-%d}"
