"""The JSON Schema of a record's body, generated from the spec.

`data/schema.json` is its printed form for whoever writes or reads records elsewhere; a test
fails when the two differ. To write it anew:
`python3 start.py python -m gridkit.records.json_schema data/schema.json`.

What JSON Schema cannot say (a date against today or another date) stands in `rules`, as
XPath and in words.

References
----------
JSON Schema, draft 2020-12, https://json-schema.org/draft/2020-12.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridkit.records.condition import All, Answered, Compare, Condition, Either, Has, Is, Not
from gridkit.records.field import NONE_CODE, FieldSpec, RecordSpec
from gridkit.records.spec import RECORD_SPECS, SPEC_VERSION
from gridkit.records.validate import known_codes

if TYPE_CHECKING:
    from gridkit.profile import Profile

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def json_schema(profile: Profile | None = None) -> Schema:
    """Write the schema of all kinds of records, each under `$defs`.

    Parameters
    ----------
    profile : Profile, optional
        With a county's tables, their codes and cascades are part of it; without, a field
        names its table.

    Returns
    -------
    dict
        As `json.dumps` takes it.

    Examples
    --------
    >>> json_schema()["$defs"]["visit"]["required"]
    ['grid_id', 'visited_on', 'outcome']
    """
    return {
        "$schema": DRAFT,
        "$id": f"urn:gridkit:spec:{SPEC_VERSION}",
        "title": "gridkit",
        "$defs": {kind: record_schema(spec, profile) for kind, spec in RECORD_SPECS.items()},
    }


def record_schema(spec: RecordSpec, profile: Profile | None = None) -> Schema:
    """Write the schema of one kind of record; see `json_schema`."""
    conditions: list[Schema] = []
    rules: list[dict[str, str]] = []
    for field in spec.fields:
        conditions += _relevance(field, rules)
        conditions += _constraints(field, rules)
        conditions += _cascade(field, profile)
    schema: Schema = {
        "title": f"{spec.zh} {spec.en}",
        "type": "object",
        "additionalProperties": False,
        "required": [f.name for f in spec.fields if f.required and f.relevant is None],
        "properties": {f.name: _property(f, profile) for f in spec.fields},
    }
    if conditions:
        schema["allOf"] = conditions
    if rules:
        schema["rules"] = rules
    return schema


def _property(field: FieldSpec, profile: Profile | None) -> Schema:
    made: Schema = {
        "title": f"{field.zh} {field.en}",
        "description": f"{field.purpose_zh} · {field.purpose_en}",
        "sensitivity": field.sensitivity,
        **_type(field),
    }
    if field.unit:
        made["unit"] = field.unit
    if field.choices:
        made |= _codes(field, profile)
    return made


def _type(field: FieldSpec) -> Schema:
    if field.type in {"integer", "number"}:
        limits = {"minimum": field.minimum, "maximum": field.maximum}
        return {"type": field.type} | {n: v for n, v in limits.items() if v is not None}
    if field.type == "yes_no":
        return {"type": "boolean"}
    if field.type == "date":
        return {"type": "string", "format": "date"}
    made: Schema = {"type": "string", "minLength": 1}
    if field.type in {"text", "reference", "references", "photo"}:
        made["maxLength"] = field.max_length
    if field.shape is not None:
        made["pattern"] = field.shape.pattern
    return made


def _codes(field: FieldSpec, profile: Profile | None) -> Schema:
    if isinstance(field.choices, str):
        if profile is None:
            return {"table": field.choices}
        codes = list(known_codes(field, profile))
    else:
        codes = [code for code, _, _ in field.choices]
    if field.type == "one_of":
        return {"enum": codes}
    one = "|".join(re.escape(code) for code in codes if code != NONE_CODE)
    return {"pattern": f"^(?:{NONE_CODE}|(?:{one})(?: (?:{one}))*)$"}


def _relevance(field: FieldSpec, rules: list[dict[str, str]]) -> Iterator[Schema]:
    if field.relevant is None:
        return
    when = _condition(field.relevant)
    if when is None:
        rules.append({"field": field.name, "relevant": field.relevant.xpath()})
        return
    then = {"required": [field.name]} if field.required else {}
    yield {"if": when, "then": then, "else": {"not": {"required": [field.name]}}}


def _constraints(field: FieldSpec, rules: list[dict[str, str]]) -> Iterator[Schema]:
    for constraint in field.constraints:
        holds = _condition(constraint.condition)
        if holds is None:
            rule = constraint.condition.xpath()
            rules.append(
                {"field": field.name, "rule": rule, "zh": constraint.zh, "en": constraint.en}
            )
        else:
            yield {"if": {"required": [field.name]}, "then": holds}


def _cascade(field: FieldSpec, profile: Profile | None) -> Iterator[Schema]:
    """Bind each choice to the one that it hangs on."""
    if field.parent is None or profile is None:
        return
    under: dict[str, list[str]] = {}
    for code, parent in known_codes(field, profile).items():
        if parent is not None:
            under.setdefault(parent, []).append(code)
    for parent, codes in under.items():
        chosen = {"required": [field.name], "properties": {field.name: {"enum": codes}}}
        yield {"if": chosen, "then": _value(field.parent, {"const": parent})}


_BOUNDS = {
    "<": "exclusiveMaximum",
    "<=": "maximum",
    ">": "exclusiveMinimum",
    ">=": "minimum",
}


def _condition(condition: Condition) -> Schema | None:
    """Write a condition; None where JSON Schema has no words for it."""
    if isinstance(condition, Compare):
        if isinstance(condition.other, str):
            return None
        return _value(condition.field, {_BOUNDS[condition.op]: condition.other})
    if isinstance(condition, Not):
        inner = _condition(condition.condition)
        return None if inner is None else {"not": inner}
    if isinstance(condition, All | Either):
        parts = [_condition(one) for one in condition.conditions]
        joint = "allOf" if isinstance(condition, All) else "anyOf"
        return None if None in parts else {joint: parts}
    return _single(condition)


def _single(condition: Answered | Is | Has) -> Schema:
    if isinstance(condition, Answered):
        return {"required": [condition.field]}
    if isinstance(condition, Is):
        return _value(condition.field, {"const": condition.value})
    return _value(condition.field, {"pattern": f"(?:^| ){re.escape(condition.code)}(?: |$)"})


def _value(field: str, schema: Schema) -> Schema:
    return {"required": [field], "properties": {field: schema}}


def text() -> str:
    """Print the schema without a profile, as `data/schema.json` holds it."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8", newline="\n")
