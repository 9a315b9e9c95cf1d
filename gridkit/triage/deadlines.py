"""Deadlines in plain words: what is to be done, by when, by which article, how long it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from gridkit.profile import Clause, Profile
from gridkit.triage.clocks import clock_table
from gridkit.triage.moves import step_label

_TEXTS = {
    "zh": {
        "running": "须在 {due} 前{act} ({article}), {left}",
        "today": "今天 ({due}) 须{act} ({article})",
        "overdue": "应在 {due} 前{act} ({article}), 已超期 {days} 天",
        "unknown": "须在 {length} 个工作日内{act} ({article}); 次年放假安排未收录, 到期日待定",
        "stopped": "{act}: 时限已停止 ({article})",
        "stopped_by": "{act}: {stopped_on} {stopped_by}, 时限停止 ({article})",
        "late": "{act}: {stopped_on} {stopped_by}, 比期限 {due} 晚 {late} 天 ({article})",
        "lapsed": "{act}: 期限已于 {due} 届满 ({article})",
        "passed": "{act}: 已于 {due} 满期 ({article})",
        "none": "没有法定时限",
        "right": "可在 {due} 前{act} ({article}), {left}",
        "minimum": "{act}, 至少到 {due} ({article}), {left}",
    },
    "en": {
        "running": "{act} by {due} ({article}): {left}",
        "today": "{act} today, {due} ({article})",
        "overdue": "{act} was due by {due} ({article}): {days} overdue",
        "unknown": "{act} within {length} working days ({article}); "
        "next year's holidays are not known yet, so neither is the date",
        "stopped": "{act}: the clock has stopped ({article})",
        "stopped_by": "{act}: stopped on {stopped_on} by: {stopped_by} ({article})",
        "late": "{act}: stopped on {stopped_on} by: {stopped_by}, {late} late, due {due} ({article})",
        "lapsed": "{act}: open until {due}, now lapsed ({article})",
        "passed": "{act}: done with on {due} ({article})",
        "none": "no legal clock",
        "right": "may {act} until {due} ({article}): {left}",
        "minimum": "{act} at least until {due} ({article}): {left}",
    },
}


def due_sentence(due: pd.DataFrame, profile: Profile, lang: str = "zh") -> pd.Series:
    """Say each concern's nearest deadline in one plain sentence.

    Parameters
    ----------
    due : DataFrame
        From `clocks.next_due` or `clocks.clock_table`; the latter also tells what stopped a
        clock.
    profile : Profile
        The one that `due` was made with.
    lang : {"zh", "en"}

    Returns
    -------
    Series of category, indexed like `due`
        Such as 须在 2026-03-07 前登记转送 (信访工作条例第22条), 还有 5 天.

    Examples
    --------
    >>> import datetime as dt
    >>> from gridkit.profile import load_profile
    >>> from gridkit.triage.clocks import next_due
    >>> heard = pd.DataFrame({"heard_on": pd.to_datetime(["2026-02-20"]).as_unit("s")})
    >>> steps = pd.DataFrame({"concern_id": [], "action": [], "on": [], "satisfied": []})
    >>> profile = load_profile()
    >>> due = next_due(heard, steps, profile, dt.date(2026, 3, 2))
    >>> due_sentence(due, profile)[0]
    '须在 2026-03-07 前登记转送 (信访工作条例第22条), 还有 5 天'
    >>> due_sentence(due, profile, lang="en")[0]
    'register and route by 2026-03-07 (Regulations on Petition Work 2022, Art. 22): 5 days left'
    """
    keys = due[[name for name in _KEYS if name in due]]
    number = keys.groupby(list(keys), dropna=False, observed=True, sort=False).ngroup()
    different = keys[~number.duplicated().to_numpy()]
    texts = [
        _sentence(row, profile, lang)
        for row in different.reindex(columns=[*_KEYS]).to_dict("records")
    ]
    codes, words = pd.factorize(pd.Index(texts, dtype="str"))
    spoken = pd.Categorical.from_codes(codes.take(number), words)
    return pd.Series(spoken, index=due.index)


_KEYS = ("clause_id", "status", "due_on", "days_left", "kind", "stopped_by", "stopped_on")


def _sentence(row: Mapping[Any, Any], profile: Profile, lang: str) -> str:
    texts = _TEXTS[lang]
    if row["status"] == "none":
        return texts["none"]
    clause = profile.clause(row["clause_id"])
    by = row["stopped_by"]
    return texts[_form(row, clause)].format(
        act=clause.act_en if lang == "en" else clause.act_zh,
        article=clause.citation_en if lang == "en" else clause.citation_zh,
        due=_date(row["due_on"]),
        length=clause.length,
        stopped_by="" if pd.isna(by) else step_label(_ANSWERS.get(by, by), lang),
        stopped_on=_date(row["stopped_on"]),
        late=_late(row, lang),
        **_counts(row["days_left"], lang),
    )


# an answer after a review is an answer
_ANSWERS = {"review_answered": "answered", "re_review_answered": "answered"}
_RUN_OUT = {"right": "lapsed", "minimum": "passed"}


def _form(row: Mapping[Any, Any], clause: Clause) -> str:
    """Choose the sentence for a clock that has begun."""
    if row["status"] == "stopped":
        if not pd.isna(row["stopped_by"]):
            return "late" if _days_late(row) else "stopped_by"
        # only a table of all clocks knows that nothing stopped it
        return "stopped" if pd.isna(row["kind"]) else _RUN_OUT.get(clause.kind, "stopped")
    if pd.isna(row["due_on"]):
        return "unknown"
    if row["status"] == "running" and clause.kind != "duty":
        return clause.kind
    return "today" if row["status"] == "running" and row["days_left"] == 0 else row["status"]


def _days_late(row: Mapping[Any, Any]) -> int:
    """Count the days by which a duty was done after its last day; 0 where it was not late."""
    if row["kind"] != "duty" or pd.isna(row["due_on"]) or pd.isna(row["stopped_on"]):
        return 0
    return max(0, int((row["stopped_on"] - row["due_on"]).days))


def _late(row: Mapping[Any, Any], lang: str) -> str:
    days = _days_late(row)
    if lang == "zh":
        return str(days)
    return "1 day" if days == 1 else f"{days} days"


def _date(day: Any) -> str:
    return "" if pd.isna(day) else f"{day:%Y-%m-%d}"


def _counts(left: Any, lang: str) -> dict[str, str]:
    if pd.isna(left):
        return {"left": "", "days": ""}
    if lang == "en":
        days = "1 day" if abs(left) == 1 else f"{abs(left)} days"
        return {"left": f"{days} left", "days": days}
    return {"left": f"还有 {abs(left)} 天", "days": str(abs(left))}


def deadlines_of(
    concern: pd.DataFrame,
    steps: pd.DataFrame,
    profile: Profile,
    on: dt.date,
    lang: str = "zh",
) -> pd.DataFrame:
    """List every clock of one concern in plain words: what, by when, whose turn.

    Parameters
    ----------
    concern : DataFrame of one row, indexed by record id
        Such as `concerns.loc[[concern_id]]`.
    steps : DataFrame
        The ledger's steps; those of other concerns are passed over.
    profile, on
        As for `clocks.next_due`.
    lang : {"zh", "en"}

    Returns
    -------
    DataFrame, indexed by `clause_id`
        `kind` (duty, right, minimum), `sentence`, `turn` (the label; empty where the clock
        has stopped), `started_on`, `due_on`, `days_left`, `used`, `status`, `extended`.
        Running clocks first, what ends first on top; then those that have stopped.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> heard = pd.DataFrame({"heard_on": pd.to_datetime(["2026-02-20"]).as_unit("s")}, index=["a"])
    >>> steps = pd.DataFrame({"concern_id": [], "action": [], "on": [], "satisfied": []})
    >>> listed = deadlines_of(heard, steps, load_profile(), dt.date(2026, 3, 2))
    >>> listed[["sentence", "turn"]].to_numpy().tolist()
    [['须在 2026-03-07 前登记转送 (信访工作条例第22条), 还有 5 天', '登记转送方 (信访部门、中心)']]
    """
    table = clock_table(concern, steps, profile, on)
    if not len(table):
        dates = dict.fromkeys(("started_on", "due_on"), "datetime64[s]")
        none = pd.DataFrame(columns=[*_LISTED], index=pd.Index([], name="clause_id"))
        return none.astype(dict.fromkeys(_LISTED, "str") | dates)
    turn = table["turn"].astype("str").where(table["status"] != "stopped")
    labels = {code: profile.label("turn", code, lang) for code in turn.dropna().unique()}
    table = table.assign(
        sentence=due_sentence(table, profile, lang).astype("str"),
        turn=pd.Series([labels.get(code, "") for code in turn], turn.index, dtype="str"),
        over=table["status"] == "stopped",
    )
    ordered = table.sort_values(["over", "due_on"], kind="stable", na_position="last")
    return ordered.set_index("clause_id")[[*_LISTED]]


_LISTED = (
    "kind",
    "sentence",
    "turn",
    "started_on",
    "due_on",
    "days_left",
    "used",
    "status",
    "extended",
)
