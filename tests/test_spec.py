"""The single source: what every other chapter is generated from."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from gridkit.profile import load_profile
from gridkit.records.dictionary import dictionary, markdown
from gridkit.records.spec import CONCERN, RECORD_SPECS, SPEC_VERSION, STEP, VISIT
from gridkit.records.tables import CURRENT
from gridkit.records.validate import known_codes

# What each version of the spec declares: 12 digits of the SHA-256 of its kinds and fields.
DECLARED = {1: "b9fc6406da33", 2: "992668af339e"}

FIELDS = [(spec, field) for spec in RECORD_SPECS.values() for field in spec.fields]
EACH = pytest.mark.parametrize(
    ("spec", "field"), FIELDS, ids=[f"{spec.kind}.{field.name}" for spec, field in FIELDS]
)


@EACH
def test_each_field_says_in_two_languages_what_it_is_and_why_it_is_asked(spec, field):
    """Purpose limitation (PIPL 6): no field without a stated purpose."""
    words = (field.zh, field.en, field.purpose_zh, field.purpose_en)

    assert all(words), spec.kind
    assert re.search(r"[一-鿿]", field.zh)
    assert re.search(r"[一-鿿]", field.purpose_zh)


@EACH
def test_conditions_and_cascades_read_fields_of_their_own_record(spec, field):
    """A condition on a field that does not exist could never fire."""
    conditions = [c.condition for c in field.constraints]
    conditions += [field.relevant] if field.relevant is not None else []
    read = {name for condition in conditions for name in condition.fields()}
    read |= {field.parent} if field.parent else set()

    assert read <= set(spec.names)


@EACH
def test_choices_come_from_a_table_that_the_default_profile_has(spec, field):
    """A field with choices offers at least two, each only once."""
    if not field.choices:
        assert field.type not in {"one_of", "many_of"}, spec.kind
        return

    codes = known_codes(field, load_profile())

    assert len(codes) >= 2
    assert field.type in {"one_of", "many_of"}


def test_no_field_asks_who_a_person_is():
    """R1-R3: no name, contact, identity, ethnicity, religion, health, record of petitions."""
    refused = re.compile(
        r"姓名|电话|手机|身份证|民族|宗教|信仰|病史|前科|上访|信访次数|积极分子|"
        r"\b(name|phone|telephone|id_card|ethnic|religio|disease|criminal|petition)",
    )
    asked = [
        (spec.kind, field.name)
        for spec, field in FIELDS
        if refused.search(f"{field.name} {field.zh} {field.en.lower()}")
    ]

    assert asked == []


def test_a_visit_with_one_concern_needs_at_most_twelve_answers():
    """Ninety seconds at the door: the rest is offered, never demanded."""
    required = [f for spec in (VISIT, CONCERN) for f in spec.fields if f.required and f.asked]

    assert len({f.name for f in required}) <= 12


@pytest.mark.parametrize("kind", RECORD_SPECS)
def test_tables_have_one_column_per_field(kind):
    """The SQL table of a kind is its spec, nothing more and nothing less."""
    extra = {"record_id", "n_heads", "recorded_at"}

    assert {c.name for c in CURRENT[kind].columns} - extra == set(RECORD_SPECS[kind].names)


def test_free_text_is_declared_as_such():
    """What a person said is marked, so that maps, logs and messages can leave it out."""
    texts = {
        f.name
        for f in (*CONCERN.fields, *STEP.fields, *VISIT.fields)
        if f.sensitivity == "free_text"
    }

    assert texts == {"summary", "wanted", "note", "reason"}


def test_the_printed_data_dictionary_is_the_spec():
    """`data/dictionary.md` is generated; a field that changes must be printed anew."""
    printed = Path(__file__).parents[1] / "data" / "dictionary.md"

    assert printed.read_text(encoding="utf-8") == markdown()
    assert len(dictionary()) == sum(len(spec.fields) for spec in RECORD_SPECS.values())


def test_a_changed_spec_has_a_version_of_its_own():
    """Kind or field added? Raise SPEC_VERSION: older programs then refuse the ledger."""
    names = {kind: sorted(spec.names) for kind, spec in RECORD_SPECS.items()}
    declared = hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()[:12]

    assert max(DECLARED) == SPEC_VERSION
    assert DECLARED[SPEC_VERSION] == declared
