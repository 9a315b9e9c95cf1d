"""The history of a record as a person reads it: who by role, when, why, what changed."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from gridkit.forms.saying import in_words
from gridkit.profile import Profile
from gridkit.records.changes import Change, versions
from gridkit.records.revision import CIVIL_ZONE
from gridkit.records.spec import RECORD_SPECS, ROLES
from gridkit.screen.look import Markup, Words, join, table, tag

_ROLES = {code: Words(zh, en) for code, zh, en in ROLES}
_HEAD = (
    Words("何时", "When"),
    Words("身份", "Role"),
    Words("改了什么", "What changed"),
    Words("理由", "Why"),
)
_FIRST = Words("首次登记", "first recorded")
_WITHDRAWN = Words("撤回", "withdrawn")
_MERGED = Words("合并两版: ", "merged: ")


def history_block(history: pd.DataFrame, profile: Profile, lang: str = "zh") -> Markup:
    """Write the history of one record, the newest version first.

    Parameters
    ----------
    history : DataFrame
        From `Store.history`.
    profile : Profile
        The county's tables.
    lang : {"zh", "en"}
        Which language.

    Returns
    -------
    Markup
        A table; the answers in it are escaped.
    """
    rows = [_row(row, changes, profile, lang) for row, changes in versions(history)]
    listing = table(tuple(w.of(lang) for w in _HEAD), rows[::-1])
    return tag("div", listing, cls="gk-scroll")


def _row(
    row: pd.Series, changes: tuple[Change, ...], profile: Profile, lang: str
) -> tuple[str, ...]:
    at = datetime.fromisoformat(str(row["recorded_at"])).astimezone(CIVIL_ZONE)
    role = _ROLES[str(row["by_role"])].of(lang)
    return (f"{at:%Y-%m-%d %H:%M}", role, _told(row, changes, profile, lang), str(row["why"]))


def _told(row: pd.Series, changes: tuple[Change, ...], profile: Profile, lang: str) -> Markup:
    if row["op"] == "withdraw":
        return join(_WITHDRAWN.of(lang))
    if row["parents"] == "[]":
        return join(_FIRST.of(lang))
    spec = RECORD_SPECS[str(row["kind"])]
    lines = [
        tag(
            "div",
            Words(spec[c.field].zh, spec[c.field].en).of(lang),
            ": ",
            tag("del", in_words(spec[c.field], c.before, profile, lang)),
            " → ",
            tag("ins", in_words(spec[c.field], c.after, profile, lang)),
        )
        for c in changes
    ]
    merged = _MERGED.of(lang) if row["op"] == "merge" else ""
    return join(merged, *lines)
