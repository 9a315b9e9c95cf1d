"""What happened behind the numbers: a dry season, the start of works, as a workspace names it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gridkit.errors import DataError

EVENTS = "events.csv"


def read_events(folder: str | Path) -> pd.DataFrame | None:
    """Read the events that a workspace names, for the slider over weeks.

    Parameters
    ----------
    folder : str or Path
        With `events.csv` (UTF-8: `title`, `from`, `to`; days as 2026-07-01, `to` may be
        empty), or without.

    Returns
    -------
    DataFrame or None
        For `layers.time_layer`; None where there is no file.

    Raises
    ------
    DataError
        If the file cannot be read, lacks a column, or a day is none.

    Examples
    --------
    >>> read_events("no such folder") is None
    True
    """
    path = Path(folder) / EVENTS
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype="str", encoding="utf-8-sig")[["title", "from", "to"]]
        days = {  # Excel saves 2026-07-01 as 2026/7/1
            name: pd.to_datetime(table[name].str.replace("/", "-"), format="%Y-%m-%d")
            for name in ("from", "to")
        }
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            en=f"{EVENTS} of the workspace cannot be read ({type(error).__name__}). It is UTF-8 "
            "with the columns title, from, to; days are written 2026-07-01, `to` may be empty.",
            zh=f"工作区中的 {EVENTS} 读不懂 ({type(error).__name__})。须为 UTF-8, 列为 title、from、to; "
            "日期写作 2026-07-01, `to` 可留空。",
        ) from None
    return table.assign(**days)
