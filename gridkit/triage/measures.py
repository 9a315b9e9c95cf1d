"""What is counted, in words: no figure without its definition."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd


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
                "截至统计日没有办结的, 与看板、研判清单同数; 不含已归并的",
                "not ended by the day, as many as on the board and the worklist; without "
                "those merged",
            ),
            Measure(
                "merged",
                "已归并",
                "merged",
                "已并入在办主件、随主件办理的; 主件办结后随主件计",
                "merged into a matter that is open; once that ends, they count as it does",
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
