"""Verdicts: the rules that rows break, told once each, and what a person should look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.errors import Problem
from gridkit.exchange.mapping import Mapping
from gridkit.exchange.rules import Breach, breaches
from gridkit.exchange.table import Fault
from gridkit.records.personal import holds_personal_number
from gridkit.records.spec import CONCERN, STEP

if TYPE_CHECKING:
    from gridkit.profile import Profile

PLACE_FIELDS = ("grid_id", "lon", "lat")
"""Fields of which one fault says enough of the others."""

# reasons that a kind of breach has of its own; those whose words say it all
_REASON = {"missing": "missing", "future": "future", "unknown_code": "unknown_code"}
_SAID = {"missing", "future"}


def concern_faults(
    answers: pd.DataFrame,
    told: Sequence[Fault],
    mapping: Mapping,
    profile: Profile,
    today: date,
) -> list[Fault]:
    """Ask the rules of the spec of all rows.

    Parameters
    ----------
    answers : DataFrame indexed by line
        Typed answers, one column per field.
    told : sequence of Fault
        What is known to be wrong: a text that could not be read is not missing as well.
    mapping : Mapping
        To name columns.
    profile : Profile
        The county's tables.
    today : date
        No date may lie after it.

    Returns
    -------
    list of Fault
        The new ones.
    """
    known = {(f.line, f.field) for f in told}
    known |= {(f.line, name) for f in told if f.field in PLACE_FIELDS for name in PLACE_FIELDS}
    return [
        _fault(breach, line, breach.field, ", ".join(mapping.columns_of(breach.field)))
        for breach in breaches(answers, CONCERN, profile, today)
        for line in breach.rows
        if (line, breach.field) not in known
    ]


def step_faults(
    action: str,
    steps: pd.DataFrame,
    heard_on: pd.Series,
    mapping: Mapping,
    profile: Profile,
    today: date,
) -> list[Fault]:
    """Ask the rules of the spec of one column of steps, and that none precedes its concern.

    Parameters
    ----------
    action : str
        Of all the steps.
    steps : DataFrame indexed by line
        `on`, and if mapped `unit` and `satisfied`; rows without a date are no steps.
    heard_on : Series of datetime64, on the same index
        When the concern was heard.
    mapping, profile, today
        As for `concern_faults`.

    Returns
    -------
    list of Fault
    """
    spec = mapping.steps[action]
    dated = steps[steps["on"].notna()]
    if dated.empty:
        return []
    columns = {"on": spec.on, "unit": spec.unit or "", "satisfied": spec.satisfied or ""}
    found = [
        _fault(breach, line, action, columns.get(breach.field, ""))
        for breach in breaches(
            dated.assign(concern_id="c", action=action), STEP, profile, today
        )
        for line in breach.rows
    ]
    early = dated.index[dated["on"] < heard_on[dated.index]]
    zh, en = "办理日期早于得知日期", "the step is dated before the concern was heard"
    return found + [Fault(int(line), action, spec.on, "rule", zh, en) for line in early]


def _fault(breach: Breach, line: int, field: str, column: str) -> Fault:
    zh, en = ("", "") if breach.kind in _SAID else (breach.zh, breach.en)
    return Fault(int(line), field, column, _REASON.get(breach.kind, "rule"), zh, en)


def personal_notes(answers: pd.DataFrame) -> tuple[Problem, ...]:
    """Say how many free texts hold what looks like a telephone or identity number.

    The unit is the matter: such numbers have no field here, and no place in a text.

    Examples
    --------
    >>> texts = pd.DataFrame({"summary": ["停水, 电话13800000000", "12345678901234"]})
    >>> [note.en for note in personal_notes(texts)]
    ['1 rows hold what looks like a telephone or identity number: take it out of the text']
    """
    notes = []
    for field in CONCERN.fields:
        if field.sensitivity != "free_text" or field.name not in answers:
            continue
        rows = sum(map(holds_personal_number, answers[field.name].astype("str").dropna()))
        if rows:
            zh = f"{rows} 行里像有电话或证件号; 请从文字中去掉, 只写事"
            en = f"{rows} rows hold what looks like a telephone or identity number: take it out of the text"
            notes.append(Problem("file", field.name, zh, en))
    return tuple(notes)
