"""Rules that need the county's profile: codes, cascades, relevance, constraints.

Faults come back as a table of `Problem`, all of them; nothing is raised here. A problem
names the field and the rule, never the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from gridkit.errors import Problem
from gridkit.records.condition import Compare
from gridkit.records.models import Record, kind_of
from gridkit.records.spec import NONE_CODE, Constraint, FieldSpec, RecordSpec

if TYPE_CHECKING:
    from gridkit.profile import Profile


def validate(record: Record, profile: Profile, today: date) -> list[Problem]:
    """List every rule of the spec and the profile that a record breaks.

    Parameters
    ----------
    record : Record
        A visit, concern, step or decision.
    profile : Profile
        The county's tables.
    today : date
        The civil date in Asia/Shanghai; no date of a record may lie after it.

    Returns
    -------
    list of Problem
        Empty where the record is sound. `row` is the kind of record.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> from gridkit.records import Visit
    >>> visit = Visit(grid_id="990428100001001", visited_on="2026-11-03", outcome="met")
    >>> [p.field for p in validate(visit, load_profile(), date(2026, 11, 3))]
    ['met_role']
    """
    return problems(record.answers(), record.spec, profile, today, row=kind_of(record))


def problems(
    answers: Mapping[str, Any],
    spec: RecordSpec,
    profile: Profile,
    today: date,
    *,
    row: str,
) -> list[Problem]:
    """List what is wrong with the answers to the fields of one spec; see `validate`."""
    return [p for f in spec.fields for p in _of_field(f, answers, profile, today, row)]


def _of_field(
    field: FieldSpec, answers: Mapping[str, Any], profile: Profile, today: date, row: str
) -> Iterator[Problem]:
    answer = answers.get(field.name)
    relevant = field.relevant is None or field.relevant.holds(answers, today)
    if answer is None:
        if field.required and relevant:
            yield Problem(row, field.name, "缺少必填项", "required and missing")
        return
    if not relevant:
        yield Problem(
            row, field.name, "此项在这里不适用, 请清空", "does not apply here; leave it empty"
        )
    yield from _of_codes(field, str(answer), answers, profile, row)
    for constraint in field.constraints:
        if not constraint.condition.holds(answers, today) and _decided(constraint, answers):
            yield Problem(row, field.name, constraint.zh, constraint.en)


def _decided(constraint: Constraint, answers: Mapping[str, Any]) -> bool:
    """Tell whether a constraint can be judged: comparing with no answer cannot."""
    condition = constraint.condition
    if not isinstance(condition, Compare):
        return True
    return all(answers.get(name) is not None for name in condition.fields())


def _of_codes(
    field: FieldSpec, answer: str, answers: Mapping[str, Any], profile: Profile, row: str
) -> Iterator[Problem]:
    if not field.choices:
        return
    known = known_codes(field, profile)
    for code in answer.split() if field.type == "many_of" else (answer,):
        if code not in known and not (field.type == "many_of" and code == NONE_CODE):
            table = field.choices if isinstance(field.choices, str) else field.name
            yield Problem(
                row, field.name, f"代码不在表 {table} 中", f"the code is not in table {table}"
            )
        elif (
            field.parent
            and known[code] is not None
            and known[code] != answers.get(field.parent)
        ):
            yield Problem(
                row,
                field.name,
                f"与所选的{field.parent}不配套",
                f"does not belong to the chosen {field.parent}",
            )


def known_codes(field: FieldSpec, profile: Profile) -> dict[str, str | None]:
    """Give the codes that a field may hold, each with its parent in a cascade."""
    if isinstance(field.choices, str):
        return {c.code: c.parent for c in profile.choices(field.choices)}
    return {code: None for code, _, _ in field.choices}
