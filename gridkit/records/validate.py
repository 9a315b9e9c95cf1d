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
from gridkit.records.field import NONE_CODE, Constraint, FieldSpec, RecordSpec
from gridkit.records.models import Record
from gridkit.records.spec import RECORD_SPECS

if TYPE_CHECKING:
    from gridkit.profile import Profile


def validate(record: Record, profile: Profile, today: date) -> list[Problem]:
    """List every rule of the spec and the profile that a record breaks.

    Parameters
    ----------
    record : Record
        A record of any kind.
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
    return Rules(profile).problems(record.answers(), record.spec, today)


class Rules:
    """The rules of spec and profile with their code tables looked up once.

    Parameters
    ----------
    profile : Profile
        The county's tables.
    """

    def __init__(self, profile: Profile) -> None:
        self._known = {
            (spec.kind, field.name): known_codes(field, profile)
            for spec in RECORD_SPECS.values()
            for field in spec.fields
            if field.choices
        }

    def problems(
        self, answers: Mapping[str, Any], spec: RecordSpec, today: date
    ) -> list[Problem]:
        """List what is wrong with the answers to the fields of one spec; see `validate`."""
        found: list[Problem] = []
        for field in spec.fields:
            answer = answers.get(field.name)
            if answer is not None or field.required:
                found.extend(self._of_field(spec.kind, field, answers, today))
        return found

    def _of_field(
        self, kind: str, field: FieldSpec, answers: Mapping[str, Any], today: date
    ) -> Iterator[Problem]:
        answer = answers.get(field.name)
        relevant = field.relevant is None or field.relevant.holds(answers, today)
        if answer is None:
            if relevant:
                yield Problem(kind, field.name, "缺少必填项", "required and missing")
            return
        if not relevant:
            zh, en = "此项在这里不适用, 请清空", "does not apply here; leave it empty"
            yield Problem(kind, field.name, zh, en)
        if field.choices:
            yield from self._of_codes(kind, field, str(answer), answers)
        for constraint in field.constraints:
            if _decided(constraint, answers) and not constraint.condition.holds(answers, today):
                yield Problem(kind, field.name, constraint.zh, constraint.en)

    def _of_codes(
        self, kind: str, field: FieldSpec, answer: str, answers: Mapping[str, Any]
    ) -> Iterator[Problem]:
        known = self._known[kind, field.name]
        several = field.type == "many_of"
        for code in answer.split() if several else (answer,):
            if code not in known and not (several and code == NONE_CODE):
                table = field.choices if isinstance(field.choices, str) else field.name
                zh, en = f"代码不在表 {table} 中", f"the code is not in table {table}"
                yield Problem(kind, field.name, zh, en)
            elif field.parent and known[code] not in {None, answers.get(field.parent)}:
                zh, en = (
                    f"与所选的 {field.parent} 不配套",
                    f"does not belong to the chosen {field.parent}",
                )
                yield Problem(kind, field.name, zh, en)


def _decided(constraint: Constraint, answers: Mapping[str, Any]) -> bool:
    """Tell whether a constraint can be judged: comparing with no answer cannot."""
    condition = constraint.condition
    if not isinstance(condition, Compare):
        return True
    return all(name in answers for name in condition.fields())


def known_codes(field: FieldSpec, profile: Profile) -> dict[str, str | None]:
    """Give the codes that a field may hold, each with its parent in a cascade."""
    if isinstance(field.choices, str):
        return {c.code: c.parent for c in profile.choices(field.choices)}
    return {code: None for code, _, _ in field.choices}
