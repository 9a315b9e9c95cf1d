"""The figures of the half-month on the screen, each with its query in full."""

from __future__ import annotations

from gridkit.reports.desk import Desk
from gridkit.reports.period import half_month_of, period_figures
from gridkit.screen.look import Column, html, style, table, tag

_HEADS = ("项目", "本期", "上期", "增减", "怎么数的", "再得出这个数的命令")


def half_month_figures(desk: Desk) -> Column:
    """Show the figures of the half-month that the desk's day lies in.

    Parameters
    ----------
    desk : Desk

    Returns
    -------
    Column
        A table of `period_figures`, in words; the last value of a cell shows it.
    """
    span = half_month_of(desk.on)
    figures = period_figures(desk, span)
    columns = (figures[name].tolist() for name in ("zh", "n", "before", "how_zh", "query"))
    rows: list[tuple[str, ...]] = [
        (
            zh,
            str(n),
            str(before),
            f"{n - before:+d}" if n != before else "持平",
            how,
            _unbroken(query),
        )
        for zh, n, before, how, query in zip(*columns, strict=True)
    ]
    title = (
        f"{desk.title}{span.start} 至 {span.end}; 上期 {span.start_before} 至 {span.end_before}"
    )
    note = tag("p", "上期各数: 同一条命令, 日期换成上期的。", cls="gk-note")
    shown = Column(
        [style(), html(tag("p", title)), html(table(_HEADS, rows), css="gk-scroll"), html(note)]
    )
    shown.add_class("gk")
    shown.add_class("gk-wide")
    return shown


def _unbroken(query: str) -> str:
    """Write a command that goes on in a second line between its words, not within `--on`."""
    words = (tag("span", word, style="white-space: nowrap") for word in query.split(" "))
    return tag("code", *(part for word in words for part in (word, " ")))
