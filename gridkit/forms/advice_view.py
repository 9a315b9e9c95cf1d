"""Advice in words: the band and score of a concern, why, and by when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from gridkit.profile import Profile
from gridkit.screen.look import Markup, Words, chip, join, tag


def band_chip(code: str, profile: Profile, lang: str = "zh") -> Markup:
    """Write the name of a band on its color.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> print(band_chip("red", load_profile()))  # doctest: +ELLIPSIS
    <span class="gk-chip" style="background:#...">红色</span>
    """
    band = next(b for b in profile.bands if b.code == code)
    return chip(band.en if lang == "en" else band.zh, band.color)


def subject(concern: Mapping[Any, Any] | pd.Series, profile: Profile, lang: str = "zh") -> str:
    """Say in a few words what a concern is about: its demand, then its detail.

    Parameters
    ----------
    concern : Series or mapping
        A row of the ledger: `demand_type`, `demand_detail`.
    profile : Profile
    lang : {"zh", "en"}
    """
    parts = [
        profile.label(table, str(concern[table]), lang)
        for table in ("demand_type", "demand_detail")
        if pd.notna(concern[table])
    ]
    return " · ".join(parts)


def _left(days: int) -> Words:
    if days < 0:
        return Words(f"已超期 {-days} 天", f"{-days} day(s) overdue")
    if days == 0:
        return Words("今天到期", "due today")
    return Words(f"还有 {days} 天", f"{days} day(s) left")


def advice_block(
    concern: pd.Series, advice: pd.Series | None, profile: Profile, lang: str = "zh"
) -> Markup:
    """Show one concern with its band, score, reasons and deadline.

    Parameters
    ----------
    concern : Series
        A row of the ledger.
    advice : Series or None
        A row of `Desk.advice`; None where the concern is not scored.
    profile : Profile
    lang : {"zh", "en"}

    Returns
    -------
    Markup
    """
    title = tag("strong", subject(concern, profile, lang))
    if advice is None:
        why = Words(
            "不评分: 已转法定途径或已办结。",
            "Not scored: handed to a statutory channel, or settled.",
        ).of(lang)
        return tag("div", tag("div", title), tag("div", why), cls="gk-card gk-advice")
    points = Words("分", "points").of(lang)
    head = join(
        tag("span", str(advice["score"]), cls="gk-score gk-num"),
        tag("span", f"{points} ", cls="gk-unit"),
        band_chip(str(advice["band"]), profile, lang),
        " ",
        title,
    )
    clock = Words("时限", "Deadline").of(lang)
    return tag(
        "div",
        tag("div", head),
        tag("div", str(advice[f"sentence_{lang}"]), cls="gk-reasons"),
        tag("div", tag("b", f"{clock} "), str(advice[f"deadline_{lang}"])),
        cls="gk-card gk-advice",
        style=f"border-left:6px solid {_color(advice, profile)}",
    )


def _color(advice: pd.Series, profile: Profile) -> str:
    return next(b.color for b in profile.bands if b.code == str(advice["band"]))


def row_or_none(table: pd.DataFrame, label: str) -> pd.Series | None:
    """Give one row of a table, or None where it has none of that label."""
    return table.loc[[label]].iloc[0] if label in table.index else None


def due_text(advice: Any, lang: str = "zh") -> str:
    """Say in a table's cell how many days are left until the next deadline."""
    if advice is None or pd.isna(advice["days_left"]):
        return "—"
    return _left(int(advice["days_left"])).of(lang)


def month_day(day: date, lang: str = "zh") -> str:
    """Write a day of this year short.

    Examples
    --------
    >>> month_day(date(2026, 3, 7))
    '3月7日'
    """
    return f"{day:%b} {day.day}" if lang == "en" else f"{day.month}月{day.day}日"
