"""Surges in words: what rose, against what, and how many alarms chance alone would raise."""

from __future__ import annotations

import pandas as pd

from gridkit.errors import DataError


def explain_surge(table: pd.DataFrame, lang: str = "zh") -> pd.Series:
    """Say for each series what was counted and expected, and whether that is an alarm.

    Parameters
    ----------
    table : DataFrame, length n
        What `farrington`, `ears` or `cusum` returned.
    lang : str
        "zh" or "en".

    Returns
    -------
    Series of str, indexed like `table`

    Raises
    ------
    DataError
        If the table lacks `observed`, `expected` or `alarm`.

    Examples
    --------
    >>> table = pd.DataFrame({"observed": [12], "expected": [3.04], "upper": [8.0],
    ...                       "p": [0.0001], "alarm": [True], "note": ["sound"]})
    >>> print(explain_surge(table)[0])
    本周 12 件, 按往年同期约 3.0 件, 界限 8.0 件; 超出界限, p < 0.001
    """
    lacking = [c for c in ("observed", "expected", "alarm") if c not in table.columns]
    if lacking:
        raise DataError(
            en=f"`table` must be what a surge method returned; it lacks {', '.join(lacking)}.",
            zh=f"`table` 须为突增检验的结果; 缺 {', '.join(lacking)}。",
        )
    chinese = lang == "zh"
    lines = [_line(row, chinese=chinese) for row in table.to_dict("records")]
    return pd.Series(lines, index=table.index, name="explanation", dtype="str")


def explain_burden(
    alarms: int, series: int, alpha: float, weeks: int = 1, lang: str = "zh"
) -> str:
    """Say how many alarms were raised and how many chance alone would raise.

    Parameters
    ----------
    alarms, series, weeks : int
        Alarms raised, series tested, and weeks in which they were.
    alpha : float
        One-sided chance of a false alarm per series and week.
    lang : str
        "zh" or "en".

    Returns
    -------
    str
        One sentence.

    Examples
    --------
    >>> print(explain_burden(14, 1000, 0.01))
    1 周检验 1000 个序列, 报警 14 次; 即使一切如常, 也会约有 10 次误报。
    """
    chance = alpha * series * weeks
    if lang == "zh":
        return (
            f"{weeks} 周检验 {series} 个序列, 报警 {alarms} 次; 即使一切如常, 也会约有 "
            f"{chance:.0f} 次误报。"
        )
    return (
        f"{series} series tested over {weeks} week{'s' if weeks > 1 else ''} gave {alarms} alarms; "
        f"if nothing were unusual there would still be about {chance:.0f}."
    )


def _line(row: dict[object, object], *, chinese: bool) -> str:
    seen, usual, alarm = row["observed"], f"{row['expected']:.1f}", bool(row["alarm"])
    note, parts = row.get("note"), []
    if "statistic" in row:
        head = (
            f"本周 {seen} 件, 平时约 {usual} 件"
            if chinese
            else f"{seen} this week, usually {usual}"
        )
        parts.append(_lasting(row, chinese=chinese))
    else:
        years, bound = "p" in row, f"{row['upper']:.1f}"
        zh = f"本周 {seen} 件, {'按往年同期' if years else '此前数周'}约 {usual} 件, 界限 {bound} 件"
        en = (
            f"{seen} this week, about {usual} expected from "
            f"{'this season of earlier years' if years else 'the weeks before'}, bound {bound}"
        )
        head = zh if chinese else en
    if note == "too_few":
        parts.append(
            "近几周件数太少, 不报警" if chinese else "too few in recent weeks for an alarm"
        )
    else:
        zh, en = ("超出界限", "above the bound") if alarm else ("未超出界限", "not above it")
        parts.append(zh if chinese else en)
    if note == "never_before":
        parts.append("往年同期从未出现" if chinese else "never seen in this season before")
    if "p" in row:
        p = float(str(row["p"]))
        parts[-1] += ", p < 0.001" if p < 0.001 else f", p = {p:.3f}"
    return "; ".join([head, *parts])


def _lasting(row: dict[object, object], *, chinese: bool) -> str:
    total = f"{row['statistic']:.1f}"
    since = row.get("since")
    if since is None or pd.isna(since):  # type: ignore[call-overload]
        return f"累积量 {total}" if chinese else f"sum {total}"
    week = f"{since:%Y-%m-%d}" if isinstance(since, pd.Timestamp) else str(since)
    return f"自 {week} 起累积量 {total}" if chinese else f"sum {total}, rising since {week}"
