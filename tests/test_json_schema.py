"""The JSON Schema: of one mind with `validate`, judged by the jsonschema library."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from gridkit.errors import RecordError
from gridkit.profile import load_profile
from gridkit.records import MODELS, validate
from gridkit.records.condition import Compare
from gridkit.records.field import FieldSpec, RecordSpec
from gridkit.records.json_schema import json_schema, record_schema, text
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.validate import known_codes

PROFILE = load_profile()
TODAY = date(2026, 11, 5)
SCHEMAS = json_schema(PROFILE)["$defs"]


def test_the_printed_schema_is_the_spec():
    """`data/schema.json` is generated; a field that changes must be printed anew."""
    printed = Path(__file__).parents[1] / "data" / "schema.json"

    assert printed.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("profile", [None, PROFILE], ids=["no profile", "profile"])
def test_the_schema_is_a_schema(profile):
    """The draft's own schema accepts it, and every field of every kind is in it."""
    made = json_schema(profile)

    Draft202012Validator.check_schema(made)
    for kind, spec in RECORD_SPECS.items():
        assert tuple(made["$defs"][kind]["properties"]) == spec.names
        Draft202012Validator.check_schema(made["$defs"][kind])


def test_what_the_schema_cannot_say_is_told_in_words():
    """Dates against today or another date stand in `rules`."""
    rules = SCHEMAS["concern"]["rules"]

    assert {"heard_on", "since"} == {rule["field"] for rule in rules}
    assert all(rule["zh"] and rule["en"] and rule["rule"] for rule in rules)


@pytest.mark.parametrize(
    ("op", "taken"), [("<", [1]), ("<=", [1, 2]), (">", [3]), (">=", [2, 3])]
)
def test_a_comparison_with_a_number_is_a_bound(op, taken):
    """What depends on a number is asked for on its side of the bound, and nowhere else."""
    words = {"zh": "测", "en": "T", "purpose_zh": "测试", "purpose_en": "test"}
    hung = FieldSpec(name="t", type="text", relevant=Compare("n", op, 2), **words)
    spec = RecordSpec("x", "测", "X", (FieldSpec(name="n", type="integer", **words), hung))
    checker = Draft202012Validator(record_schema(spec))

    assert [n for n in (1, 2, 3) if checker.is_valid({"n": n, "t": "有"})] == taken


def answers_to(field: FieldSpec) -> st.SearchStrategy[Any]:
    """Draw answers to a field, right and wrong ones; dates that break no rule of order."""
    if field.choices:
        codes = sorted(known_codes(field, PROFILE))
        if field.type == "one_of":
            return st.sampled_from([*codes, "?"])
        return st.lists(st.sampled_from([*codes, "none"]), min_size=1, max_size=2).map(
            lambda some: " ".join(sorted(set(some)))
        )
    drawn: dict[str, st.SearchStrategy[Any]] = {
        "text": st.sampled_from(["事", "990428100001001", "字" * 200, "字" * 2001]),
        "reference": st.sampled_from(["c1", "a b", "字"]),
        "references": st.just("c1 c2"),
        "integer": st.sampled_from([-1, 0, 1, 40, 2_000_000]),
        "number": st.sampled_from([-181.0, -1.0, 0.0, 26.7, 117.4, 200_000.0]),
        "date": st.just("2026-11-03"),
        "yes_no": st.booleans(),
        "photo": st.sampled_from(["0" * 64, "0" * 63, "张三.jpg"]),
    }
    return drawn[field.type]


def bodies(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw bodies of records: any fields, mostly those that are needed."""
    fields = {f.name: answers_to(f) for f in RECORD_SPECS[kind].fields}
    needed = {f.name for f in RECORD_SPECS[kind].fields if f.required and f.relevant is None}
    sure = {name: drawn for name, drawn in fields.items() if name in needed}
    rest = {name: drawn for name, drawn in fields.items() if name not in needed}
    some = st.sets(st.sampled_from(sorted(rest)), max_size=4) if rest else st.just(set())
    return some.flatmap(lambda names: st.fixed_dictionaries(sure | {n: rest[n] for n in names}))


@pytest.mark.parametrize("kind", ["visit", "concern", "step", "decision"])
@settings(max_examples=150)
@given(data=st.data())
def test_schema_and_validate_agree(kind, data):
    """A body fits the schema if and only if the record can be made and breaks no rule."""
    body = data.draw(bodies(kind))

    try:
        sound = not validate(MODELS[kind](**body), PROFILE, TODAY)
    except RecordError:
        sound = False

    checker = Draft202012Validator(SCHEMAS[kind], format_checker=FormatChecker())
    assert checker.is_valid(json.loads(json.dumps(body))) == sound, body
