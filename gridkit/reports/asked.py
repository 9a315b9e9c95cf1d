"""Asked-for columns: which the ledger has already, and which nobody should ask for.

An office that sends a table to be filled in asks for heads. Each is told apart: it is in the
ledger (and under which name), it is a figure, it is one of those that are refused (with the
rule), or it is not known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

import pandas as pd

from gridkit.records.spec import CONCERN, RECORD_SPECS
from gridkit.triage.matter_statistics import FATES
from gridkit.triage.measures import MEASURES

LIST_FIELDS = {
    "township": "乡镇",
    "grid_id": "网格",
    "heard_on": "得知日期",
    "source": "来源",
    "demand_type": "诉求类别",
    "demand_detail": "具体事项",
    "dispute_code": "纠纷类型",
    "households_affected": "涉及户数",
    "people_affected": "涉及人数",
    "band": "等级",
    "state": "办理状态",
    "unit": "责任单位",
    "turn": "该谁办",
    "due_on": "到期日",
    "days_left": "剩余天数",
    "overdue": "超期",
    "fate": "结果",
    "summary": "情况",
}
"""What a list of matters can show: the field, and its head in `ledger_rows`."""
FIGURES = (
    "matters",
    *FATES,
    "by_exception",
    "answered",
    "verified",
    "content",
    "loop_closed",
    "overdue",
    "overdue_by_unit",
)
"""What can be summed: figures of `matter_statistics`."""
GROUPS = {
    "township": "乡镇",
    "demand_type": "诉求类别",
    "source": "来源",
    "unit": "责任单位",
    "unit_level": "单位层级",
    "year": "年",
    "quarter": "季",
    "month": "月",
    "half_month": "半月",
}
"""What figures are grouped by: dimensions of `matter_statistics`, and their heads."""
RULES = {
    "R1": "不给人打分、排名、贴标签、列名单; 台账记的是事",
    "R3": "民族、宗教、健康、前科、信访经历, 一律不作为依据",
    "R4": "不记工作人员的行踪, 不给他们排名",
    "R7": "不采集人脸、声音、证件",
    "R8": "不把人与人连起来; 事情只按原因和地点归并",
    "R9": "不因谁可能往上走而加急; 急不急看危害、人数、期限和拖延",
    "R10": "不从话里判断情绪",
}
"""The rules of domain.md that refuse a head, in plain words."""
_WORDS = dict.fromkeys(
    ("诉求内容", "主要诉求", "反映内容", "反映问题", "事项内容", "基本情况", "情况说明"),
    "summary",
)
"""What other tables call a field of the list."""
_ALSO = {"销号": "struck_off", "件数": "matters", "诉求件数": "matters", "超期件数": "overdue"}


class Refusal(NamedTuple):
    """Heads that nobody should ask for: a pattern, the rule of domain.md, and why."""

    pattern: str
    rule: str
    zh: str


REFUSALS = (
    Refusal(
        "姓名|人名|联系人|称呼|诉求人|当事人|信访人",
        "R1",
        "记事不记人: 台账没有姓名, 办事不需要它",
    ),
    Refusal(
        "亲属|亲戚|家庭关系|家庭成员|与户主关系|婚姻状况|子女情况",
        "R8",
        "不按家庭关系把人连起来; 事情只按原因和地点归并",
    ),
    Refusal(
        "年龄|性别|出生日期|籍贯|户籍|文化程度|学历|职业|个人收入|银行卡",
        "R1",
        "记事不记人: 个人情况不改变事情该怎么办",
    ),
    Refusal("身份证|证件|公民身份", "R7", "不采集身份证件"),
    Refusal("电话|手机|联系方式|微信", "R1", "联系方式不进报表; 回访由经办人在办理处联系"),
    Refusal("民族|宗教|信仰|政治面貌", "R3", "敏感个人信息, 与事情无关"),
    Refusal(
        "健康|病史|精神(?!文明)|残疾|前科|犯罪|涉毒|刑满", "R3", "敏感个人信息, 与事情无关"
    ),
    Refusal("信访次数|上访次数|进京|越级|缠访|闹访", "R9", "不按上访次数或层级评人、加急"),
    Refusal("重点人|人员类别|活跃|稳控|管控|高危人员", "R1", "不给人打分、分类、列名单"),
    Refusal("情绪|偏激|态度", "R10", "不从话里判断情绪"),
    Refusal("轨迹|打卡|在线时长|排名", "R4", "不跟踪、不排名工作人员"),
    Refusal("人脸|照片|指纹|声纹", "R7", "不采集人脸、声音、指纹"),
)


def names_for(*, grouped: bool) -> Mapping[str, str]:
    """Name what a column of a table of one's own can hold, in the order of offering.

    Parameters
    ----------
    grouped : bool
        True for a table of figures, False for a list of matters.

    Returns
    -------
    mapping of str to str
        Name to its words in Chinese.

    Examples
    --------
    >>> names_for(grouped=True)["overdue_by_unit"], names_for(grouped=False)["overdue"]
    ('责任单位超期', '超期')
    """
    if not grouped:
        return LIST_FIELDS
    return GROUPS | {code: MEASURES[code].zh for code in FIGURES}


def refusal_of(head: str) -> Refusal | None:
    """Tell by which rule nobody should ask for a head; spaces and widths hide nothing.

    Examples
    --------
    >>> refusal_of("姓\u200b　名").rule, refusal_of("件数")
    ('R1', None)
    """
    plain = _plain(head)
    return next((one for one in REFUSALS if re.search(one.pattern, plain)), None)


def near_names(head: str, *, grouped: bool) -> list[str]:
    """Give the names that a head may mean, the nearest first.

    Examples
    --------
    >>> near_names("所属乡镇", grouped=False)
    ['township']
    """
    words = {zh: name for name, zh in names_for(grouped=grouped).items()}
    words |= _ALSO if grouped else _WORDS
    plain = _plain(head)
    held = [zh for zh in words if zh in plain or (len(plain) > 1 and plain in zh)]
    close = get_close_matches(plain, words, n=3, cutoff=0.5)
    return list(dict.fromkeys(words[zh] for zh in [*sorted(held, key=len)[::-1], *close]))


def _plain(head: str) -> str:
    """Write a head without what it may hide in: spaces, widths, unseen characters."""
    kept = unicodedata.normalize("NFKC", head)
    return "".join(c for c in kept if unicodedata.category(c)[0] not in "CZ").casefold()


def asked_columns(heads: Iterable[str]) -> pd.DataFrame:
    """Tell of each asked-for head whether the ledger has it, or nobody should ask for it.

    Parameters
    ----------
    heads : iterable of str
        As they stand in the table that was sent.

    Returns
    -------
    DataFrame, one row per head
        要的栏目, 结论 (台账已有, 可以统计, 不该要, 台账没有), 名称 (field or figure, to be used
        in a table of one's own), 说明.

    Examples
    --------
    >>> table = asked_columns(["诉求类别", "销号", "联系电话", "天气"])
    >>> table["结论"].tolist()
    ['台账已有', '可以统计', '不该要', '台账没有']
    """
    rows = [(head, *_judged(head)) for head in heads]
    columns = ["要的栏目", "结论", "名称", "说明"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _judged(head: str) -> tuple[str, str, str]:
    refusal = refusal_of(head)
    if refusal:
        return "不该要", "", f"{refusal.zh} ({refusal.rule})"
    head = _plain(head)
    names = {zh: name for name, zh in LIST_FIELDS.items()}
    names |= {CONCERN[name].zh: name for name in LIST_FIELDS if name in CONCERN.names} | _WORDS
    if head in names:
        return "台账已有", names[head], "逐件可列"
    figures = {MEASURES[code].zh: code for code in FIGURES} | _ALSO
    if head in figures:
        return "可以统计", figures[head], MEASURES[figures[head]].how_zh
    groups = {zh: name for name, zh in GROUPS.items()}
    if head in groups:
        return "可以统计", groups[head], "可按它分组"
    for spec in RECORD_SPECS.values():
        for field in spec.fields:
            if field.zh == head:
                return "台账已有", f"{spec.kind}.{field.name}", f"在{spec.zh}里; 不在诉求清单中"
    return "台账没有", "", "先想清楚用途; 确有必要再改字段表, 不要另发表格"
