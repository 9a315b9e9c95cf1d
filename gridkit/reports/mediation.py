"""The mediation pack (评理会包): neutral issues, the law on each side, options, a draft.

It is made for a matter, not for a person: names are written in by hand, at the table, on
paper. Who does not wish to be mediated is not (人民调解法 3, 11): a matter of which a
session ended with a refusal gets no pack.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from gridkit.errors import DataError
from gridkit.profile.clause import Clause
from gridkit.records.spec import ACTIONS
from gridkit.reports.desk import Desk
from gridkit.reports.page import Page, civil
from gridkit.triage import session_concerns
from gridkit.triage.sessions import AGREEMENT, REFUSED
from gridkit.triage.subjects import fits

CONFIRM = "mediation_33_confirm"
URGENT = "petition_25_report"
RECUSAL = (
    "与任何一方是近亲属",
    "与这件事有利害关系",
    "与任何一方有其他关系, 可能影响公正",
    "曾代表任何一方办理过这件事",
)
"""When a mediator steps back; the mediation law leaves it to good sense, so this is our list."""
VOLUNTARY = (
    "双方都愿意调解, 没有人被要求必须来",
    "双方都知道可以随时不调, 改走诉讼、仲裁或行政途径",
    "没有以调解为由拦着任何一方起诉",
)


def mediation_pack(desk: Desk, path: str | Path, concern_id: str) -> Path:
    """Write what a reasoning meeting needs for one matter.

    Parameters
    ----------
    desk : Desk
    path : str or Path
        A .docx file.
    concern_id : str
        A matter of the ledger: its record id.

    Returns
    -------
    Path
        For the meeting: no words of either side are in it.

    Raises
    ------
    DataError
        If the matter is not in the ledger, is handed to a statutory channel, or one side
        has refused to be mediated.
    """
    if concern_id not in desk.concerns.index:
        raise DataError(
            zh="台账里没有这件事; 请核对编号。",
            en="The ledger has no such matter; check its number.",
        )
    if desk.parts.loc[concern_id, "statutory"]:
        raise DataError(
            zh="这件事已转法定途径, 或属须转法定途径的类别, 不开评理会。",
            en="This matter belongs to a statutory channel; no reasoning meeting is held on it.",
        )
    if concern_id in _refused(desk):
        raise DataError(
            zh="这件事有一方已拒绝调解, 不得调解 (人民调解法第三条); 请告知其他途径。",
            en="One side has refused, so there is no mediation (People's Mediation Law, Art. 3); "
            "tell them of the other channels.",
        )
    return _pack(desk, desk.concerns.loc[[concern_id]]).save(path)


def _refused(desk: Desk) -> set[str]:
    ended = desk.sessions[(desk.sessions["outcome"] == REFUSED).to_numpy()]
    return set(session_concerns(ended)["concern_id"].astype("str"))


def _pack(desk: Desk, concern: pd.DataFrame) -> Page:
    row = concern.iloc[0]
    invented = "【虚构数据】" if desk.invented else ""
    page = Page("评理会材料", f"{invented}编号 {str(concern.index[0])[-8:]} · {civil(desk.on)}")
    _safety_first(page, desk, row)
    page.heading("一、要评的是什么 (中性表述)")
    for number, issue in enumerate(_issues(desk, row), start=1):
        page.text(f"{number}. {issue}")
    page.heading("二、会前核对")
    page.items(VOLUNTARY)
    page.text("评理员有下列情形之一的, 请回避:")
    page.items(RECUSAL)
    page.heading("三、各方依据")
    rows = _law(desk, concern)
    page.table(["谁", "做什么", "多久", "依据", "核对"], rows, [3, 4, 2.4, 4.6, 2])
    page.heading("四、可以考虑的办法")
    ways = [c.zh for c in desk.profile.choices("settlement") if c.code != "none"]
    page.text("  ".join(f"□\u00a0{way}" for way in ways))
    page.text("办法由双方自己提、自己选; 评理员只解释, 不替任何一方拿主意。")
    _draft(page, desk)
    return page


def _safety_first(page: Page, desk: Desk, row: pd.Series) -> None:
    """Put before all else, where there is danger, what it is, whom to call and the article."""
    dangers = [code for code in _codes(row.get("safety")) if code != "none"]
    if not dangers:
        return
    articles = [c.citation_zh for c in desk.profile.clauses if c.id == URGENT]
    asked = [
        unit
        for join in desk.profile.joins
        if join.field == "safety" and join.code in dangers
        for unit in join.joint
    ]
    page.text("先保安全, 再谈调解", size=16)
    told = "、".join(desk.label("safety", code) for code in dangers)
    whom = "、".join(dict.fromkeys(desk.label("unit", unit) for unit in asked))
    call = f"请立即联系{whom}。" if whom else ""
    duty = f"紧急事项须立即报告 ({articles[0]})。" if articles else ""
    page.text(f"这件事登记了险情: {told}。{call}{duty}")


def _codes(told: object) -> list[str]:
    return told.split() if isinstance(told, str) else []


def _issues(desk: Desk, row: pd.Series) -> list[str]:
    demand = desk.label("demand_type", row["demand_type"])
    detail = desk.label("demand_detail", row["demand_detail"])
    told = f"{demand} ({detail})" if detail else demand
    issues = [f"关于{told}: 现在的情况是什么, 双方各怎么说?"]
    dispute = desk.label("dispute_code", row["dispute_code"])
    if dispute:
        issues.append(f"关于{dispute}: 双方对哪些事实没有争议, 对哪些有?")
    issues += ["谁可以做什么, 什么时候做到, 怎样算做到?", "以后再有类似的事, 先找谁?"]
    return issues


def _law(desk: Desk, concern: pd.DataFrame) -> list[tuple[str, str, str, str, str]]:
    rows = []
    for clause in desk.profile.clauses:
        if _in_force(clause, desk.on) and fits(clause, concern, desk.profile)[0]:
            read = "已核原文" if clause.verified else "未核原文"
            who = desk.label("turn", clause.turn)
            rows.append((who, clause.act_zh, _length(clause), clause.citation_zh, read))
    return sorted(rows)


def _length(clause: Clause) -> str:
    if not clause.length:
        return "立即"
    days = "个工作日" if clause.day == "working" else "日"
    return f"{'至少 ' if clause.kind == 'minimum' else ''}{clause.length} {days}"


def _in_force(clause: Clause, on: dt.date) -> bool:
    begun = clause.valid_from is None or clause.valid_from <= on
    return (
        clause.kind != "limit" and begun and (clause.valid_to is None or on <= clause.valid_to)
    )


def _draft(page: Page, desk: Desk) -> None:
    clause = desk.profile.clause(CONFIRM)
    page.new_page()
    page.heading("五、协议草稿 (双方在场时手写姓名)")
    page.text("甲方＿＿＿＿＿＿＿＿  乙方＿＿＿＿＿＿＿＿")
    page.text("双方自愿达成如下协议:")
    page.lines(5)
    page.text("履行的方式和期限:")
    page.lines(2)
    page.text("甲方签名＿＿＿＿＿＿  乙方签名＿＿＿＿＿＿  评理员签名＿＿＿＿＿＿")
    page.text("＿＿＿＿年＿＿月＿＿日")
    page.heading("六、协议之后")
    page.text(
        f"双方可自协议生效之日起 {clause.length} 日内共同向人民法院申请司法确认 "
        f"({clause.citation_zh})。会后请在台账记一步“{_AGREED}”, 到期前会提醒。"
    )
    page.text("协议生效日期＿＿＿＿年＿＿月＿＿日  申请最迟不过＿＿＿＿年＿＿月＿＿日")
    page.text("没有达成协议的, 告知双方还可走诉讼、仲裁或行政途径。")


_AGREED = next(zh for code, zh, _ in ACTIONS if code == AGREEMENT)
