"""Windows of time for what is handed out: fixed, whole, not overlapping.

A map "of the last 12 weeks" drawn every week gives each single week away by subtraction.
So what is handed out covers whole months, quarters, halves or years of the calendar.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, get_args

from gridkit.errors import DisclosureError

WindowKind = Literal["month", "quarter", "half", "year"]
_MONTHS: dict[WindowKind, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True)
class Window:
    """A fixed window of the calendar.

    Attributes
    ----------
    kind : {"month", "quarter", "half", "year"}
    since, until : date
        Both days included.
    """

    kind: WindowKind
    since: dt.date
    until: dt.date

    @property
    def zh(self) -> str:
        """As people say it."""
        y, m = self.since.year, self.since.month
        part = {
            "month": f" {m} 月",
            "quarter": f"第{'一二三四'[(m - 1) // 3]}季度",
            "half": "上半年" if m == 1 else "下半年",
            "year": "全年",
        }[self.kind]
        return f"{y} 年{part}"

    @property
    def label(self) -> str:
        """For names of files: ``2026-Q2``, ``2026-06``, ``2026-H1``, ``2026``."""
        m = self.since.month
        end = {
            "month": f"-{m:02d}",
            "quarter": f"-Q{(m + 2) // 3}",
            "half": f"-H{(m + 5) // 6}",
            "year": "",
        }[self.kind]
        return f"{self.since.year}{end}"


def window_of(day: dt.date, kind: WindowKind = "quarter") -> Window:
    """Find the fixed window that a day lies in.

    Parameters
    ----------
    day : date
        Any day.
    kind : {"month", "quarter", "half", "year"}
        How long the windows are.

    Returns
    -------
    Window

    Raises
    ------
    DisclosureError
        If there is no such kind.

    Examples
    --------
    >>> window_of(dt.date(2026, 5, 20)).zh
    '2026 年第二季度'
    """
    if kind not in get_args(WindowKind):
        raise DisclosureError(
            en=f"`kind` must be month, quarter, half or year; it is {kind!r}. What is handed out "
            "covers whole windows of the calendar.",
            zh=f"时段须为 month (月)、quarter (季)、half (半年) 或 year (年); 现为 {kind!r}。"
            "对外材料只用固定时段。",
        )
    months = _MONTHS[kind]
    first = dt.date(day.year, (day.month - 1) // months * months + 1, 1)
    return Window(kind, first, _after(first, months) - dt.timedelta(days=1))


def last_window(on: dt.date, kind: WindowKind = "quarter") -> Window:
    """Find the last window that was over on a day, that day included.

    Parameters
    ----------
    on : date
        Up to which day the data reach.
    kind : {"month", "quarter", "half", "year"}
        How long the windows are.

    Returns
    -------
    Window

    Raises
    ------
    DisclosureError
        If there is no such kind.

    Examples
    --------
    >>> last_window(dt.date(2026, 5, 20)).label, last_window(dt.date(2026, 6, 30)).label
    ('2026-Q1', '2026-Q2')
    """
    current = window_of(on, kind)
    if current.until <= on:
        return current
    return window_of(current.since - dt.timedelta(days=1), kind)


def check_fixed(window: Window) -> None:
    """Refuse days that are no whole month, quarter, half or year.

    Parameters
    ----------
    window : Window
        What is to be handed out.

    Raises
    ------
    DisclosureError
        If it is not as `window_of` makes it.

    Examples
    --------
    >>> check_fixed(window_of(dt.date(2026, 5, 20), "month"))
    """
    whole = window_of(window.since, window.kind)
    if window != whole:
        raise DisclosureError(
            en=f"{window.since} to {window.until} is no whole {window.kind} of the calendar: windows "
            f"that overlap in part give single days away. Take {whole.since} to {whole.until} "
            "(`window_of`).",
            zh=f"{window.since} 至 {window.until} 不是完整的日历时段, 部分重叠的时段相减会露出个别日子。"
            f"请用 {whole.since} 至 {whole.until} (`window_of`)。",
        )


def check_over(window: Window, today: dt.date) -> None:
    """Refuse to hand out a window that is not over.

    Its counts would still grow, and what comes to them later, published again, could be
    worked out by subtraction.

    Parameters
    ----------
    window : Window
        What is to be handed out.
    today : date
        From `Store.today`.

    Raises
    ------
    DisclosureError
        Unless its last day lies before today; it says from when on it may be handed out.

    Examples
    --------
    >>> check_over(window_of(dt.date(2026, 6, 30)), dt.date(2026, 7, 1))
    """
    if window.until < today:
        return
    free = window.until + dt.timedelta(days=1)
    before = last_window(today - dt.timedelta(days=1), window.kind)
    raise DisclosureError(
        en=f"{window.label} is not over: it ends on {window.until}, and may be handed out from "
        f"{free} on. Until then take {before.label} or an earlier one.",
        zh=f"{window.zh}到 {window.until} 才结束, 件数还会增加, 须从 {free} 起才可对外发布。"
        f"在此之前请用{before.zh}或更早的时段。",
    )


def check_begun(window: Window, began: dt.date | None) -> bool:
    """Refuse to hand out a window that ended before the ledger began.

    Its counts would be zero where nobody had listened yet.

    Parameters
    ----------
    window : Window
        What is to be handed out.
    began : date or None
        First day of the ledger; None if nothing is in it.

    Returns
    -------
    bool
        Whether the ledger covers the window from its first month on. If not, say so.

    Raises
    ------
    DisclosureError
        If no day of it is covered.

    Examples
    --------
    >>> check_begun(window_of(dt.date(2026, 6, 30)), dt.date(2026, 5, 4))
    False
    """
    if began is not None and began <= window.until:
        return (began.year, began.month) <= (window.since.year, window.since.month)
    zh = "尚无记录" if began is None else f"自{began_zh(began)}起才有记录"
    en = "has nothing in it yet" if began is None else f"begins in {began:%Y-%m}"
    raise DisclosureError(
        en=f"The ledger {en}: of {window.label} it knows nothing, and a map would show zeros where "
        "nobody had listened. Choose a later window.",
        zh=f"台账{zh}, {window.zh}没有任何数据; 出图会把没有走访当成没有诉求。请改用更晚的时段。",
    )


def began_zh(began: dt.date) -> str:
    """Say the month in which a ledger begins; the day would be that of a single matter.

    Parameters
    ----------
    began : date
        First day of the ledger.

    Returns
    -------
    str

    Examples
    --------
    >>> began_zh(dt.date(2026, 5, 4))
    ' 2026 年 5 月'
    """
    return f" {began.year} 年 {began.month} 月"


def _after(first: dt.date, months: int) -> dt.date:
    year, month = divmod(first.month - 1 + months, 12)
    return dt.date(first.year + year, month + 1, 1)
