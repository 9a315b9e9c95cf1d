"""The rows of the board and of the week's plan: a matter with its reasons, place and clock."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gridkit.forms.advice_view import band_chip, due_text, subject
from gridkit.forms.desk import Desk
from gridkit.forms.listing import Row
from gridkit.screen.look import Markup, Words, join, tag
from gridkit.triage.chronicle import state_label

BOARD_HEAD = (
    Words("次序", "Rank"),
    Words("等级与分数", "Band, score"),
    Words("事项与理由", "Matter and reasons"),
    Words("网格", "Grid"),
    Words("办到哪一步", "Where it stands"),
    Words("时限", "Deadline"),
)
_DECIDED = Words("人工改定", "decided")
_ACCEPTED = Words("已采纳", "accepted")
_NOBODY = Words("尚无责任单位", "no unit yet")


def board_row(rank: int, concern_id: str, row: pd.Series, desk: Desk, lang: str = "zh") -> Row:
    """Write one matter of a board as a row that opens.

    Parameters
    ----------
    rank : int
        Its place on the board, from 1.
    concern_id : str
    row : Series
        Of `triage.with_reasons`.
    desk : Desk
    lang : {"zh", "en"}
    """
    chip = band_chip(str(row["band"]), desk.profile, lang)
    words = join()
    if row["decided"]:
        same = row["band"] == row["advised"]
        words = tag("div", (_ACCEPTED if same else _DECIDED).of(lang), cls="gk-small")
    return Row(
        concern_id,
        subject(row, desk.profile, lang),
        (
            str(rank),
            join(chip, tag("div", f"{row['score']} {Words('分', 'points').of(lang)}"), words),
            tag("div", str(row[f"sentence_{lang}"])),
            place_cell(str(row["grid_id"]), desk),
            standing_cell(row, desk, lang),
            due_cell(row, lang),
        ),
        at=2,
    )


def place_cell(grid_id: str, desk: Desk) -> Markup:
    """Name a grid, its township small below."""
    if grid_id not in desk.grids.index:
        return join(grid_id)
    grid = desk.grids.loc[grid_id]
    return join(
        tag("span", str(grid["name"]), cls="gk-line-up"),
        tag("div", str(grid.get("township_name") or ""), cls="gk-small"),
    )


def standing_cell(row: Any, desk: Desk, lang: str = "zh") -> Markup:
    """Say how far a matter has come, and who has it."""
    unit = _NOBODY.of(lang)
    if pd.notna(row["unit"]):
        unit = desk.profile.label("unit", str(row["unit"]), lang)
    return join(state_label(str(row["state"]), lang), tag("div", unit, cls="gk-small"))


def due_cell(row: Any, lang: str = "zh") -> Markup:
    """Say how many days are left, by which article."""
    if pd.isna(row["due_on"]) or row["status"] not in {"running", "overdue"}:
        return join("—")
    late = "gk-late-text" if row["status"] == "overdue" else ""
    article = row["article_en" if lang == "en" else "article"]
    return join(
        tag("span", due_text(row, lang), cls=f"gk-line-up {late}".strip()),
        tag("div", f"{row['due_on']:%Y-%m-%d}", cls="gk-small"),
        tag("div", str(article), cls="gk-small"),
    )
