"""The figures of a half-month and of the one before, each with the query that gives it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pandas as pd

from gridkit.reports.desk import Desk
from gridkit.triage import matter_statistics, session_statistics
from gridkit.triage.measures import MEASURES


class Span(NamedTuple):
    """A half-month: its first and last day, and those of the one before."""

    start: dt.date
    end: dt.date
    start_before: dt.date
    end_before: dt.date


def half_month_of(on: dt.date) -> Span:
    """Give the half-month that a day lies in, up to that day, and the whole one before.

    Examples
    --------
    >>> [f"{day:%m-%d}" for day in half_month_of(dt.date(2026, 3, 9))]
    ['03-01', '03-09', '02-16', '02-28']
    >>> [f"{day:%m-%d}" for day in half_month_of(dt.date(2026, 3, 31))]
    ['03-16', '03-31', '03-01', '03-15']
    """
    start = on.replace(day=1 if on.day <= 15 else 16)
    end_before = start - dt.timedelta(days=1)
    start_before = end_before.replace(day=1 if end_before.day <= 15 else 16)
    return Span(start, on, start_before, end_before)


_HEARD = ("matters",)
_STOCK = ("open", "overdue", "overdue_by_unit")
_EVER = ("struck_off", "loop_closed", "withdrawn", "statutory")
_SESSIONS = ("sessions", "batches", "persons", "disputes", "settled", "preliminary")
_TITLES = {
    "matters": "本期得知诉求",
    "open": "期末在办",
    "overdue": "期末超期",
    "overdue_by_unit": "其中应由责任单位办的超期",
    "struck_off": "累计销号",
    "loop_closed": "累计办结并回访满意",
    "withdrawn": "累计撤回",
    "statutory": "累计转法定途径",
}


def period_figures(desk: Desk, span: Span) -> pd.DataFrame:
    """Count a half-month, and the one before by the same rules.

    Parameters
    ----------
    desk : Desk
        Of the last day of `span` or later.
    span : Span

    Returns
    -------
    DataFrame, indexed by `code`
        `zh` (the figure in words), `n` and `before` (int64), `change` (int64), `how_zh` (how
        it is counted), `query` and `query_before` (the commands that give `n` and `before`
        again, and which of their rows).
    """
    now = _counts(desk, span.start, span.end)
    past = _counts(desk, span.start_before, span.end_before)
    codes = list(now)
    table = pd.DataFrame(
        {
            "zh": [_TITLES.get(code, f"本期{MEASURES[code].zh}") for code in codes],
            "n": [now[code] for code in codes],
            "before": [past[code] for code in codes],
            "how_zh": [MEASURES[code].how_zh for code in codes],
            "query": [_query(code, span.start, span.end) for code in codes],
            "query_before": [
                _query(code, span.start_before, span.end_before) for code in codes
            ],
        },
        index=pd.Index(codes, name="code", dtype="str"),
    )
    table = table.astype({"n": "int64", "before": "int64"})
    return table.assign(change=table["n"] - table["before"])


def _counts(desk: Desk, start: dt.date, end: dt.date) -> dict[str, int]:
    frames = desk.concerns, desk.steps, end, desk.profile
    heard = matter_statistics(*frames, span=(start, end)).iloc[0]
    every = matter_statistics(*frames).iloc[0]
    met = session_statistics(desk.sessions, desk.concerns, span=(start, end)).iloc[0]
    found = {code: int(heard[code]) for code in _HEARD}
    found |= {code: int(every[code]) for code in (*_STOCK, *_EVER)}
    return found | {code: int(met[code]) for code in _SESSIONS}


def _query(code: str, start: dt.date, end: dt.date) -> str:
    heard = code in _HEARD or code in _SESSIONS
    command = span_query(start, end) if heard else day_query(end)
    return f"{command} → {MEASURES[code].zh}"


def span_query(start: dt.date, end: dt.date) -> str:
    """Give the command that counts what was heard and held from one day to another."""
    return f"gridkit statistics --from {start} --to {end} --on {end}"


def day_query(on: dt.date) -> str:
    """Give the command that counts how all matters stand on a day."""
    return f"gridkit statistics --on {on}"


def overdue_by_unit(desk: Desk, on: dt.date) -> pd.DataFrame:
    """Count by unit what is open and what is overdue, the most overdue first.

    Parameters
    ----------
    desk : Desk
    on : date

    Returns
    -------
    DataFrame, indexed by the unit in words
        `open`, `overdue`, `overdue_by_unit` (int64): units with something overdue.
    """
    counts = matter_statistics(desk.concerns, desk.steps, on, desk.profile, ["unit"])
    some = counts[(counts["overdue"] > 0).to_numpy()].drop("all", errors="ignore")
    some = some.sort_values(["overdue", "open"], ascending=False, kind="stable")
    words = [
        "尚无责任单位" if code == "not_said" else desk.label("unit", code)
        for code in some.index
    ]
    return some[list(_STOCK)].set_axis(pd.Index(words, name="unit", dtype="str"))
