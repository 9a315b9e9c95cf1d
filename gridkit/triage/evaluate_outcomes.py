"""Outcomes that people wrote down: which matter got worse, and on what day."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

import pandas as pd

from gridkit.errors import DataError, Problem

_NAMES = {
    "concern_id": ("concern_id", "编号", "诉求编号"),
    "harm_on": ("harm_on", "恶化日期"),
    "cause": ("cause", "根源"),
}
_LEAST_DIGITS = 8


def read_outcomes(path: str | Path, concerns: pd.DataFrame) -> pd.DataFrame:
    """Read a table of what became of matters.

    Parameters
    ----------
    path : str or Path
        A CSV file in UTF-8 with the columns 编号 (`concern_id`; its last 8 characters or
        more will do), 恶化日期 (`harm_on`, YYYY-MM-DD, empty where it did not get worse)
        and, if known, 根源 (`cause`): matters of one cause share one harm.
    concerns : DataFrame, indexed by record id
        The ledger's.

    Returns
    -------
    DataFrame, indexed by concern id
        `harm_on` and, if the file has it, `cause`.

    Raises
    ------
    DataError
        If the file cannot be read, lacks a column, is empty, or has rows that fit no concern or
        hold no date; `problems` names each.
    """
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except FileNotFoundError as fault:
        raise DataError(
            en=f"There is no file {Path(path).name}; check its name and folder.",
            zh=f"没有 {Path(path).name} 这个文件; 请检查文件名和文件夹。",
        ) from fault
    except (OSError, ValueError) as fault:
        raise DataError(
            en=f"{Path(path).name} cannot be read as a CSV file in UTF-8.",
            zh=f"{Path(path).name} 无法作为 UTF-8 的 CSV 文件读取。",
        ) from fault
    given = {
        name: next((w for w in words if w in table), None) for name, words in _NAMES.items()
    }
    if given["concern_id"] is None or given["harm_on"] is None:
        raise DataError(
            en=f"{Path(path).name} needs the columns 编号 (concern_id) and 恶化日期 (harm_on).",
            zh=f"{Path(path).name} 须有“编号”和“恶化日期”两列。",
        )
    if table.empty:
        raise DataError(
            en=f"{Path(path).name} has no rows: give at least one matter and what became of it.",
            zh=f"{Path(path).name} 里没有数据行: 至少写一件事项和它的结果。",
        )
    table = table.rename(columns={word: name for name, word in given.items() if word})
    ids = _found(table["concern_id"].str.strip(), concerns.index)
    day = pd.to_datetime(table["harm_on"], format="%Y-%m-%d", errors="coerce")
    odd = {
        ("编号", "台账中没有, 或不止一件符合", "fits no concern, or several"): ids.isna(),
        ("编号", "重复", "is given twice"): ids.notna() & ids.duplicated(),
        ("恶化日期", "须为 2026-03-07 这样的日期", "must be a date like 2026-03-07"): (
            day.isna() & table["harm_on"].notna()
        ),
    }
    problems = [
        _problem(row, *words) for words, where in odd.items() for row in table.index[where]
    ]
    if problems:
        raise DataError(
            en=f"{Path(path).name}: {len(problems)} cell(s) cannot be used.",
            zh=f"{Path(path).name}: 有 {len(problems)} 处不能用。",
            problems=problems,
        )
    kept = {"harm_on": day.astype("datetime64[s]").to_numpy()}
    if given["cause"]:
        kept["cause"] = table["cause"].to_numpy()
    return pd.DataFrame(kept, index=pd.Index(ids, name="concern_id"))


def _found(typed: pd.Series, known: pd.Index) -> pd.Series:
    """Give the full id that each typed one means; missing where none or several fit."""
    ends: dict[str, list[str]] = {}
    wanted = {str(t) for t in typed.dropna() if len(str(t)) >= _LEAST_DIGITS}
    for length in {len(t) for t in wanted}:
        for whole in map(str, known):
            if whole[-length:] in wanted:
                ends.setdefault(whole[-length:], []).append(whole)
    fit = {end: wholes[0] for end, wholes in ends.items() if len(wholes) == 1}
    return typed.map(fit)


def _problem(row: Hashable, column: str, zh: str, en: str) -> Problem:
    return Problem(f"第 {int(str(row)) + 2} 行", column, zh, en)
