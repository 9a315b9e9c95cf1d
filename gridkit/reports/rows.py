"""The ledger in words: one row per matter, Chinese heads, days as days."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.reports.desk import Desk
from gridkit.triage.board import townships
from gridkit.triage.matter_statistics import FATES
from gridkit.triage.moves import STATE

FATE_WORDS = {
    "open": "在办",
    "merged": "同因归并",
    "struck_off": "销号",
    "withdrawn": "撤回",
    "statutory": "转法定途径",
}
"""How a matter stands in the figures, in words; the keys are `FATES`."""
NO_UNIT = "尚无责任单位"
OVERDUE = "超期"


def ledger_rows(desk: Desk) -> pd.DataFrame:
    """Put every matter on a line, in words.

    Parameters
    ----------
    desk : Desk

    Returns
    -------
    DataFrame, indexed like `desk.concerns`
        - texts: 乡镇, 网格, 来源, 诉求类别, 具体事项, 纠纷类型, 等级, 办理状态, 责任单位, 该谁办,
          超期 ("超期" or empty), 结果 (`FATE_WORDS`), 情况 (free text);
        - days (datetime64): 得知日期, 到期日; numbers (Int64): 涉及户数, 涉及人数, 剩余天数, 分数;
        - `band` (category): the code of 等级, missing where the matter is not open.
    """
    concerns, parts = desk.concerns, desk.parts
    listed = desk.board.reindex(concerns.index)
    fate = parts[list(FATES)].to_numpy().argmax(axis=1)
    running = listed["status"].isin(["running", "overdue"]).to_numpy()
    overdue = (parts["overdue"] > 0).to_numpy()
    return pd.DataFrame(
        {
            "乡镇": _words(townships(concerns["grid_id"]), desk.place),
            "网格": _words(concerns["grid_id"], desk.place),
            "得知日期": concerns["heard_on"],
            "来源": _labels(concerns["source"], desk, "source"),
            "诉求类别": _labels(concerns["demand_type"], desk, "demand_type"),
            "具体事项": _labels(concerns["demand_detail"], desk, "demand_detail"),
            "纠纷类型": _labels(concerns["dispute_code"], desk, "dispute_code"),
            "涉及户数": concerns["households_affected"],
            "涉及人数": concerns["people_affected"],
            "等级": _labels(listed["band"], desk, "band"),
            "分数": listed["score"].astype("Int64"),
            "办理状态": _words(desk.states["state"], lambda code: STATE[code].zh),
            "责任单位": _labels(parts["unit"], desk, "unit", NO_UNIT),
            "该谁办": _labels(listed["waiting_for"], desk, "turn"),
            "到期日": listed["due_on"].where(running),
            "剩余天数": listed["days_left"].where(running).astype("Int64"),
            OVERDUE: np.where(overdue, OVERDUE, ""),
            "结果": np.array([FATE_WORDS[name] for name in FATES], dtype=object)[fate],
            "情况": concerns["summary"].astype("str").fillna(""),
            "band": listed["band"],
        },
        index=concerns.index,
    )


def _labels(codes: pd.Series, desk: Desk, table: str, missing: str = "") -> pd.Series:
    return _words(codes, lambda code: desk.label(table, code), missing)


def _words(codes: pd.Series, word: object, missing: str = "") -> pd.Series:
    """Translate each different code once."""
    column = pd.Categorical(codes)
    told = [word(str(code)) for code in column.categories]  # type: ignore[operator]
    return pd.Series(np.array([*told, missing], dtype=object)[column.codes], index=codes.index)
