"""What a scorecard may look at: the matter, its place and its handling. No person.

The only list of inputs there is: triage makes a frame with these columns, and a card that
names another is refused (domain.md section 6, R1, R3, R9, R10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["code", "many", "number"]
Origin = Literal["asked", "ledger"]


class Input(NamedTuple):
    """One fact that a card may look at.

    `kind` is one code, many codes, or a number. `origin` tells an answer, which somebody
    can have left out (its lack is shown as a range), from a figure worked out of the ledger.
    An input with `relevant` is only asked where that other input holds that code.
    """

    kind: Kind
    origin: Origin
    zh: str
    en: str
    relevant: tuple[str, str] | None = None


INPUTS: Mapping[str, Input] = {
    "harm": Input("code", "asked", "危害程度", "severity of harm"),
    "households_affected": Input("number", "asked", "影响户数", "households affected"),
    "people_affected": Input("number", "asked", "影响人数", "people affected"),
    "basic_need": Input("many", "asked", "基本生活中断", "basic need cut"),
    "safety": Input("many", "asked", "险情", "danger"),
    "setting": Input("many", "asked", "环境条件", "setting"),
    "hardening": Input("many", "asked", "激化因素", "facts that make it harder"),
    "works_in_days": Input(
        "number", "asked", "距动工天数", "days until works start", ("hardening", "works_soon")
    ),
    "mitigation": Input("many", "asked", "已采取的缓解措施", "mitigation in place"),
    "clock_used": Input("number", "ledger", "时限已用比例", "share of the clock used"),
    "same_cause_n": Input(
        "number", "ledger", "同因诉求件数", "other concerns of the same cause"
    ),
    "response_gap": Input("code", "ledger", "响应缺口", "response gap"),
}

# The codes of `response_gap` and their words; those of the other inputs are the profile's choice tables.
RESPONSE_GAPS: Mapping[str, tuple[str, str]] = {
    "none": ("无", "none"),
    "no_owner": ("无单位承办", "no unit in charge"),
    "unanswered": ("久未答复", "long without an answer"),
    "returned_twice": ("两次退回", "returned twice"),
}

# What no factor, level or flag may be about (R3, R9, R10). Only ids, codes and labels are
# searched: a reason why and a source may cite a rule by its name.
REFUSED = re.compile(
    r"上访|越级|缠访|闹访|信访次数|信访史|重复信访|进京|稳控|偏激|情绪|民族|宗教|前科|病史"
    r"|petition|ethnic|religio|crimin|sentiment|radical",
    re.IGNORECASE,
)
