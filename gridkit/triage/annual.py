"""The annual report of a petition office (信访工作条例 41), as far as a ledger can fill it in.

What the article asks for is data with a source, in the article's own words. What no record
holds is listed as missing, not left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from gridkit.profile import Profile
from gridkit.triage.matter_statistics import figures
from gridkit.triage.measures import MEASURES
from gridkit.triage.statistics import session_statistics


class ReportItem(NamedTuple):
    """One item that the article asks for; `verified` where its words were read there."""

    code: str
    zh: str
    en: str
    source: str
    verified: bool


_SOURCE = (
    "[P] 信访工作条例 (2022) 第四十一条, read in the full text at "
    "github.com/LawRefBook/Laws (行政法规/信访工作条例.md)"
)
ARTICLE_41 = (
    ReportItem("1_data", "信访事项的数据统计", "figures of matters", _SOURCE, verified=True),
    ReportItem("1_fields", "信访事项涉及领域", "fields concerned", _SOURCE, verified=True),
    ReportItem(
        "1_units",
        "被投诉较多的机关、单位",
        "bodies most complained of",
        f"{_SOURCE}. Counted here: matters by unit in charge, which is not the unit "
        "complained of; the ledger does not record that",
        verified=True,
    ),
    ReportItem(
        "2_routing",
        "党委和政府信访部门转送、交办、督办情况",
        "routing, assignment and supervision",
        f"{_SOURCE}. Supervision is not recorded in the ledger",
        verified=True,
    ),
    ReportItem(
        "3_proposals",
        "党委和政府信访部门提出改进工作、完善政策、追究责任建议以及被采纳情况",
        "proposals made and taken up",
        f"{_SOURCE}. Not recorded in the ledger",
        verified=True,
    ),
    ReportItem(
        "4_other", "其他应当报告的事项", "other matters to report", _SOURCE, verified=True
    ),
)
"""What the annual report is to contain."""

_ACTS = ("routed", "objected", "returned", "accepted", "extended", "to_statutory_channel")
_COUNTED = (
    "matters",
    "open",
    "merged",
    "struck_off",
    "withdrawn",
    "statutory",
    "loop_closed",
    "overdue",
)
_SESSIONS = (
    "batches",
    "persons",
    "disputes",
    "settled",
    "preliminary",
    "not_agreed",
    "open_disputes",
)


def annual_figures(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    sessions: pd.DataFrame,
    year: int,
    on: dt.date,
    profile: Profile,
) -> pd.DataFrame:
    """Fill in the annual figures from the ledger.

    Parameters
    ----------
    concerns, steps, sessions : DataFrame
        The ledger's frames, indexed by record id.
    year : int
        Of the report: matters heard, steps taken and sessions held in it.
    on : date
        How matters stand on this day; usually the last of the year, or today.
    profile : Profile

    Returns
    -------
    DataFrame, in the order of the article
        `item` (code of `ARTICLE_41`), `item_zh`, `item_en`, `group` (what is counted:
        total, demand_type, dispute_group, unit, step, session), `code` (str: of what),
        `label_zh`, `label_en`, `n` (Int64, missing where the ledger does not hold it),
        `how_zh`, `how_en` (how it is counted), `source` (str), `verified` (bool).
        The fields and the units each sum to the total of matters.

    Raises
    ------
    DataError
        If a frame lacks what it needs.
    """
    table = figures(concerns, steps, on, profile)
    table = table[(table["heard_on"].dt.year == year).to_numpy()]
    table = table[(table["heard_on"] <= pd.Timestamp(on)).to_numpy()]
    span = dt.date(year, 1, 1), min(dt.date(year, 12, 31), on)
    rows = [
        *_totals(table),
        *_sessions(sessions, concerns, span),
        *_fields(table, profile),
        *_units(table, profile),
        *_acts(steps, span),
        *(_Row(code, "-", "-") for code in ("3_proposals", "4_other")),
    ]
    return _frame(rows)


class _Row(NamedTuple):
    item: str
    group: str
    code: str
    label_zh: str = ""
    label_en: str = ""
    n: int | None = None
    how_zh: str = "台账没有记录, 请手工填写"
    how_en: str = "not in the ledger; to be filled in by hand"


def _totals(table: pd.DataFrame) -> Iterable[_Row]:
    for code in _COUNTED:
        m = MEASURES[code]
        n = int(table[code].sum())
        yield _Row("1_data", "total", code, m.zh, m.en, n, m.how_zh, m.how_en)


def _sessions(
    sessions: pd.DataFrame, concerns: pd.DataFrame, span: tuple[dt.date, dt.date]
) -> Iterable[_Row]:
    total = session_statistics(sessions, concerns, span=span).iloc[0]
    for code in _SESSIONS:
        m = MEASURES[code]
        yield _Row("1_data", "session", code, m.zh, m.en, int(total[code]), m.how_zh, m.how_en)


def _fields(table: pd.DataFrame, profile: Profile) -> Iterable[_Row]:
    kinds = table["demand_type"].astype("str").value_counts()
    how = "统计期内得知的诉求, 按诉求类别", "concerns heard in the period, by demand"
    yield from _listed("1_fields", "demand_type", kinds, profile, how)
    if kinds.empty:  # the article asks for it: a year without matters says so
        yield _Row("1_fields", "demand_type", "-", "无", "none", 0, *how)
    groups = table["dispute_code"].astype("str").str[:2].value_counts()
    how = "其中填有纠纷类型的, 按大类", "of these, those with a dispute code, by its group"
    yield from _listed("1_fields", "dispute_group", groups, profile, how)


def _units(table: pd.DataFrame, profile: Profile) -> Iterable[_Row]:
    units = table["unit"].astype("str").value_counts()
    how = (
        "按现在的责任单位, 不是被投诉单位 (台账不记录被投诉单位)",
        "by the unit in charge now, not the one complained of, which is not recorded",
    )
    yield from _listed("1_units", "unit", units, profile, how)
    without = len(table) - int(units.sum())
    yield _Row("1_units", "unit", "not_said", "尚无责任单位", "no unit yet", without, *how)


def _listed(
    item: str, table: str, counts: pd.Series, profile: Profile, how: tuple[str, str]
) -> Iterable[_Row]:
    for code in sorted(counts.index, key=lambda c: (-counts[c], c)):
        zh, en = profile.label(table, code), profile.label(table, code, "en")
        yield _Row(item, table, code, zh, en, int(counts[code]), *how)


def _acts(steps: pd.DataFrame, span: tuple[dt.date, dt.date]) -> Iterable[_Row]:
    from gridkit.triage.moves import step_label

    first, last = (pd.Timestamp(day) for day in span)
    taken = steps[steps["on"].between(first, last).to_numpy()]
    counts = taken["action"].astype("str").value_counts()
    for code in _ACTS:
        yield _Row(
            "2_routing",
            "step",
            code,
            step_label(code),
            step_label(code, "en"),
            int(counts.get(code, 0)),
            "统计期内的办理记录, 一件诉求可有多次",
            "steps taken in the period; a matter may have several",
        )
    yield _Row("2_routing", "-", "supervision", "督办", "supervision")


def _frame(rows: list[_Row]) -> pd.DataFrame:
    items = {item.code: item for item in ARTICLE_41}
    made = pd.DataFrame(rows, columns=list(_Row._fields))
    made["n"] = pd.array(
        [pd.NA if row.n is None else row.n for row in rows],
        dtype="Int64",
    )
    for name in ("zh", "en"):
        made.insert(1, f"item_{name}", [getattr(items[row.item], name) for row in rows])
    made["source"] = [items[row.item].source for row in rows]
    made["verified"] = np.array([items[row.item].verified for row in rows], dtype=bool)
    texts = [name for name in made if name not in {"n", "verified"}]
    return made.astype(dict.fromkeys(texts, "str"))
