"""What is counted, in words, and tables that balance: every cell sums to its margin.

Counts are per place, office, kind and period, never per person, per worker or per grid (a
grid has one worker): `domain.md` section 6, R1 and R2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import DataError

ALL = "all"
"""The margin: all of a dimension together."""
NOT_SAID = "not_said"
"""What the record does not say; counted, so that nothing falls out of a table."""

PERIODS = ("year", "quarter", "month", "half_month")
"""How days are put together; a half-month is the 1st to 15th (`2026-10-1`) and the rest."""


class Measure(NamedTuple):
    """One figure: its name, and how it is counted, in words."""

    code: str
    zh: str
    en: str
    how_zh: str
    how_en: str


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        m.code: m
        for m in (
            # sessions
            Measure("sessions", "场次", "sessions", "统计期内的会商记录数", "sessions held"),
            Measure(
                "batches",
                "批次",
                "batches",
                "各场次批次之和; 一人或多人来一次为一批",
                "the sum of batches; one coming, by one person or several, is one",
            ),
            Measure(
                "persons",
                "人次",
                "person-visits",
                "各场次人次之和; 同一人来两次计两次, 不识别是谁",
                "the sum of persons; who comes twice counts twice, nobody is recognized",
            ),
            Measure(
                "resolved",
                "已办结批次",
                "batches resolved",
                "结果为“已化解”的场次的批次之和",
                "the batches of the sessions that ended as settled",
            ),
            Measure(
                "disputes",
                "纠纷",
                "disputes",
                "场次注明为纠纷 (未注明的, 诉求填有纠纷类型) 的诉求, 每件一次; "
                "未关联诉求的场次按一件计",
                "concerns of sessions marked as disputes (where not marked: concerns with a "
                "dispute code), each once; a session that names no concern counts as one",
            ),
            Measure(
                "settled",
                "成功调解",
                "settled",
                "最近一次有结果的场次为“已化解”的纠纷",
                "disputes whose last session with an outcome ended as settled",
            ),
            Measure(
                "preliminary",
                "初步达成",
                "preliminary agreement",
                "最近一次有结果的场次为“初步达成”的纠纷",
                "disputes whose last session with an outcome ended in a preliminary agreement",
            ),
            Measure(
                "not_agreed",
                "未调成",
                "not agreed",
                "最近一次有结果的场次为未达成、一方拒绝或未作调解的纠纷",
                "disputes whose last session with an outcome failed, was refused by a side, or "
                "was no mediation",
            ),
            Measure(
                "open_disputes",
                "未结",
                "open",
                "还没有结果的纠纷 = 纠纷 − 成功调解 − 初步达成 − 未调成",
                "disputes without an outcome yet: disputes less the three before",
            ),
            # matters
            Measure(
                "matters",
                "诉求",
                "matters",
                "统计期内得知的诉求, 每件一次",
                "concerns heard in the period, each once",
            ),
            Measure(
                "open",
                "在办",
                "open",
                "截至统计日没有办结的; 已归并的随主件",
                "not ended by the day; a merged one follows its root",
            ),
            Measure(
                "struck_off",
                "已销号",
                "struck off",
                "已销号或归档的, 含特殊销号",
                "closed or archived, also by exception",
            ),
            Measure("withdrawn", "已撤回", "withdrawn", "诉求人撤回的", "taken back"),
            Measure(
                "statutory",
                "转法定途径",
                "statutory channel",
                "已转诉讼、仲裁、复议等, 或纠纷类型属转出类的",
                "handed to a court, arbitration or reconsideration, or of a route-out code",
            ),
            Measure(
                "by_exception",
                "特殊销号",
                "struck off by exception",
                "已销号中没有走完答复、核查、回访的",
                "of those struck off: without answer, check and follow-up",
            ),
            Measure(
                "answered",
                "已答复",
                "answered",
                "最近一次办理以来已答复的",
                "answered since last taken up",
            ),
            Measure(
                "verified",
                "已核查",
                "verified",
                "最近一次办理以来已核查的",
                "verified since last taken up",
            ),
            Measure(
                "content",
                "回访满意",
                "content at follow-up",
                "最近一次办理以来已回访且群众满意的",
                "followed up with a content resident since last taken up",
            ),
            Measure(
                "loop_closed",
                "闭环",
                "loop closed",
                "已销号, 且答复、核查、回访满意齐全, 不含特殊销号",
                "struck off with answer, check and a content resident; no exceptions",
            ),
            Measure(
                "overdue",
                "超期",
                "overdue",
                "在办的诉求中, 最近的法定时限已过的",
                "open, and the nearest legal deadline is past",
            ),
            Measure(
                "overdue_by_unit",
                "责任单位超期",
                "overdue at the unit",
                "超期的诉求中, 轮到责任单位办理的; 登记、分流的延误不算在单位头上",
                "of those overdue: the unit is to act; delays of intake are not the unit's",
            ),
            Measure(
                "loop_closed_rate",
                "闭环率",
                "loop-closed rate",
                "闭环 ÷ (诉求 − 已撤回 − 转法定途径); 分母为 0 时不计算",
                "loop closed over matters less withdrawn and statutory; none where that is 0",
            ),
            Measure(
                "overdue_rate",
                "超期率",
                "overdue rate",
                "超期 ÷ 在办; 分母为 0 时不计算",
                "overdue over open; none where nothing is open",
            ),
        )
    }
)
"""All figures by code."""


def explain_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Say how each figure of a table is counted.

    Parameters
    ----------
    table : DataFrame
        From `session_statistics` or `matter_statistics`.

    Returns
    -------
    DataFrame, indexed by the columns of `table`
        `zh`, `en`, `how_zh`, `how_en` (str).
    """
    rows = [MEASURES[str(code)] for code in table.columns]
    return pd.DataFrame(rows, columns=Measure._fields, dtype="str").set_index("code")


def periods(dates: pd.Series, period: str = "month") -> pd.Series:
    """Name the period of each day.

    Parameters
    ----------
    dates : Series of datetime64
    period : {"year", "quarter", "month", "half_month"}

    Returns
    -------
    Series of str, indexed like `dates`
        2026, 2026-Q4, 2026-10, 2026-10-1 (1st to 15th) or 2026-10-2 (the rest); missing
        where the day is.

    Raises
    ------
    DataError
        If there is no such period.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2026-10-15", "2026-10-16"]))
    >>> periods(days, "half_month").tolist(), periods(days, "quarter").tolist()
    (['2026-10-1', '2026-10-2'], ['2026-Q4', '2026-Q4'])
    """
    year, month = dates.dt.strftime("%Y"), dates.dt.strftime("%Y-%m")
    if period == "year":
        named = year
    elif period == "month":
        named = month
    elif period == "quarter":
        named = year + "-Q" + dates.dt.quarter.astype("Int64").astype("str")
    elif period == "half_month":
        half = pd.Series(np.where(dates.dt.day <= 15, "-1", "-2"), index=dates.index)
        named = month + half
    else:
        raise DataError(
            zh=f"`period` 须为 {', '.join(PERIODS)} 之一。",
            en=f"`period` must be one of {', '.join(PERIODS)}.",
        )
    known: pd.Series = named.astype("str").where(dates.notna())
    return known


def check_dimensions(by: Sequence[str], known: Sequence[str]) -> None:
    """Refuse to count by what is not a place, an office, a kind or a period.

    Raises
    ------
    DataError
        If a dimension is not among the known ones, or stands twice.
    """
    wrong = [name for name in by if name not in known]
    if wrong or len(set(by)) < len(by):
        raise DataError(
            zh=f"统计只能按 {', '.join(known)} 分组, 每项一次; 不按人、不按工作人员、不按网格 "
            f"(一个网格只有一名网格员)。现有: {', '.join(by)}。",
            en=f"Figures are grouped by {', '.join(known)}, each once: never by person, "
            f"worker or grid (a grid has one worker). Asked: {', '.join(by)}.",
        )


def with_margins(rows: pd.DataFrame, by: Sequence[str], counts: Sequence[str]) -> pd.DataFrame:
    """Sum counts by every combination of some dimensions, and by all of each together.

    Parameters
    ----------
    rows : DataFrame
        The dimensions `by` (missing becomes `NOT_SAID`) and the columns `counts` (integers,
        none missing).
    by : sequence of str
        None gives the total alone.
    counts : sequence of str

    Returns
    -------
    DataFrame of int64, indexed by the dimensions (`ALL` is the margin)
        Sorted, margins last. Summing over all codes of a dimension but `ALL` gives its
        margin, always. Without dimensions: one row, `ALL`.

    Examples
    --------
    >>> rows = pd.DataFrame({"level": ["county", None], "batches": [2, 3]})
    >>> with_margins(rows, ["level"], ["batches"])["batches"].to_dict()
    {'county': 2, 'not_said': 3, 'all': 5}
    """
    names = list(by)
    numbers = rows[list(counts)].astype("int64")
    if not names:
        return numbers.sum().to_frame().T.set_axis([ALL]).astype("int64")
    keys = rows[names].astype("str").fillna(NOT_SAID)
    parts = [
        _sums(keys, numbers, [name for name in names if name not in together], names)
        for size in range(len(names) + 1)
        for together in combinations(names, size)
    ]
    table = pd.concat(parts)
    order = table.reset_index()[names].apply(_rank)
    table = table.iloc[np.lexsort([order[name].to_numpy() for name in reversed(names)])]
    return table if len(names) > 1 else table.set_axis(table.index.get_level_values(0))


def _sums(
    keys: pd.DataFrame, numbers: pd.DataFrame, apart: list[str], names: list[str]
) -> pd.DataFrame:
    """Sum by some dimensions, the rest all together."""
    if apart:
        summed = numbers.groupby([keys[name] for name in apart], sort=True).sum()
        found: Any = summed.index.to_frame(index=False)
    else:
        summed = numbers.sum().to_frame().T
        found = pd.DataFrame(index=[0])
    for name in names:
        if name not in apart:
            found[name] = ALL
    index = pd.MultiIndex.from_frame(found[names].astype("str"))
    return summed.set_axis(index).astype("int64")


_LAST = {NOT_SAID: 1, ALL: 2}


def _rank(names: pd.Series) -> pd.Series:
    """Rank codes by name, then what was not said, then the margin."""
    different = sorted(set(names), key=lambda name: (_LAST.get(name, 0), name))
    place: pd.Series = names.map({name: n for n, name in enumerate(different)}).astype("int64")
    return place
