"""Disputes in the shape of GB/T 31000 (综治基础数据), the person fields empty by design.

The heads are those of deployed systems, from memory and unverified: GB/T 31000-2015 was not
read. Whoever takes the file in finds the columns that they expect; those that would name a
person, or hold what somebody said, are there and stay empty (`domain.md` section 6).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.exchange.escaping import escape_formula
from gridkit.exchange.ledger_csv import put_bytes
from gridkit.triage.handling import route_out_codes

if TYPE_CHECKING:
    from gridkit.profile import Profile

PERSON_FIELDS = (
    "主要当事人姓名",
    "主要当事人证件代码",
    "主要当事人证件号码",
    "主要当事人性别",
    "主要当事人民族",
    "主要当事人学历",
    "主要当事人人员类别",
    "主要当事人居住详址",
    "化解责任人姓名",
    "化解责任人联系方式",
)
"""Always empty: the unit is the matter, never the person."""
FREE_FIELDS = ("事件简述", "化解情况")
"""Always empty: what was said stays in the ledger."""
FIELDS = (
    "事件编号",
    "事件名称",
    "发生日期",
    "发生地点区划代码",
    "事件规模",
    "事件类别",
    "涉及人数",
    *PERSON_FIELDS,
    *FREE_FIELDS,
    "化解责任单位",
    "化解方式",
    "化解是否成功",
)
_SCALES = ((15, "03"), (5, "02"), (1, "01"))
# people: from memory of deployed code tables, where 01 is an individual, 02 and 03 groups


def write_disputes(
    concerns: pd.DataFrame, states: pd.DataFrame, path: str | Path, profile: Profile
) -> int:
    """Write the disputes of a ledger as CSV for a system of that shape.

    Parameters
    ----------
    concerns : DataFrame indexed by record id
        The ledger's frame. Those with a dispute code are written, but for those of a
        statutory channel.
    states : DataFrame
        From `triage.states` of the same concerns.
    path : str or Path
        Replaced if it exists; UTF-8 with a mark, so that Excel in China opens it right.
    profile : Profile

    Returns
    -------
    int
        How many disputes were written.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    coded = concerns["dispute_code"].notna()
    coded &= ~concerns["dispute_code"].isin(route_out_codes(profile))
    some, stands = concerns[coded.to_numpy()], states[coded.to_numpy()]
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for (label, row), (_, stand) in zip(some.iterrows(), stands.iterrows(), strict=True):
        writer.writerow(_line(str(label), row, stand, profile))
    put_bytes(Path(path), out.getvalue().encode("utf-8-sig"))
    return len(some)


def _line(label: str, row: pd.Series, stand: pd.Series, profile: Profile) -> dict[str, str]:
    code = str(row["dispute_code"])
    people = None if pd.isna(row["people_affected"]) else int(row["people_affected"])
    unit = "" if pd.isna(stand["unit"]) else profile.label("unit", str(stand["unit"]))
    closed = str(stand["root_state"]) in {"closed", "archived"}
    texts = {
        "事件编号": label,
        "事件名称": profile.label("dispute_code", code),
        "发生日期": f"{row['heard_on']:%Y%m%d}",
        "发生地点区划代码": str(row["grid_id"])[:12],
        "事件规模": "" if people is None else next(c for n, c in _SCALES if people >= n),
        "事件类别": code,
        "涉及人数": "" if people is None else str(people),
        "化解责任单位": unit,
        "化解是否成功": "是" if closed and bool(stand["content"]) else "否",
    }
    return {name: escape_formula(text) for name, text in texts.items()}
