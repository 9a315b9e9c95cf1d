"""A revision that arrives in a bundle: its line read, and proved to be what a ledger holds.

The signature says who sent it, the hash that it is whole; neither says that it is a record.
Each line is asked whether its kind, its fields and the types of its answers are those of
the spec: a field that is not collected cannot come in by this door. The spec is compiled
for pydantic's core, which parses and asks at once: a county's fifty ledgers are a million
lines.
"""

from __future__ import annotations

import math
import re
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

from pydantic_core import SchemaValidator, core_schema, from_json, to_json

from gridkit.records.field import RECORD_ID, FieldSpec
from gridkit.records.revision import canonical_json
from gridkit.records.spec import RECORD_SPECS, ROLES

_REV_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_ONE_ID = re.compile(_REV_ID.strip("^$"))
_HOUR = r"^.{10}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$"
_CODES = "^[a-z0-9][a-z0-9_]*( [a-z0-9][a-z0-9_]*)*$"
_SEEN = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"  # no control character but tab and line end
_MOST_WHY = 4000
_MOST = 1 << 53  # a number of thousands of digits is none: no database takes it


class UnfitError(ValueError):
    """A line that is no revision of this version's spec."""


class Row(NamedTuple):
    """A revision as the table `revision` has it, in the order of its columns."""

    rev_id: str
    record_id: str
    kind: str
    parents: str
    device: str
    seq: int
    by_role: str
    recorded_at: str
    local_date: str
    why: str
    op: str
    body: str
    prev: str
    hash: str


class Arrival(NamedTuple):
    """A revision that arrived, and its answers by name."""

    row: Row
    said: dict[str, Any]


def read_line(line: bytes, made: str) -> Arrival:
    """Read one line of a bundle; `made` is its SHA-256, which is the revision's hash.

    Raises
    ------
    UnfitError
        If it is not the canonical text of a revision, or its record is none of the spec.
    """
    try:
        values = _REVISION.validate_json(line, strict=True)
        row = Row._make((*values, made))
        # of texts and a whole number it writes what `canonical_json` does, in a fifth of the time
        sound = to_json(values) == line and (row.parents == "[]" or _are_parents(row.parents))
        said = _said(row)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UnfitError from None
    if not sound:
        raise UnfitError
    return Arrival(row, said)


def _said(row: Row) -> dict[str, Any]:
    """Give the answers of a revision, if its body is written in the one way and is a record."""
    answers = _record(row.kind)
    if row.op == "withdraw":
        if row.parents == "[]" or row.body != "{}":
            raise UnfitError
        return {}
    said: dict[str, Any] = answers.validate_json(row.body, strict=True)
    # its fields come in their order: an answer out of place, or given twice, shows
    text = to_json(said).decode() if _are_plain(row.kind, said) else canonical_json(said)
    if text != row.body:
        raise UnfitError
    return said


def _are_plain(kind: str, said: dict[str, Any]) -> bool:
    """Tell whether `to_json` writes all numbers as `canonical_json` does: without exponent."""
    for name in _reals(kind):
        number = said.get(name, 0)
        if not (1e-4 <= abs(number) < 1e15 or number == 0):
            return False
    return True


def _are_parents(text: str) -> bool:
    parents: Any = _parsed(text)
    if not isinstance(parents, list) or len(set(parents)) < len(parents):
        return False
    whole = all(type(p) is str and _ONE_ID.fullmatch(p) is not None for p in parents)
    return whole and canonical_json(parents) == text


_parsed = partial(from_json, allow_inf_nan=False)


# --- the spec, compiled ---------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _day(text: str) -> str:
    """Refuse what is no day of the calendar, written in the one way."""
    if len(text) != 10 or date.fromisoformat(text).isoformat() != text:
        msg = "no day"
        raise ValueError(msg)
    return text


def _moment(text: str) -> str:
    _day(text[:10])
    return text


_Schema = core_schema.CoreSchema
_text = core_schema.str_schema
_then = core_schema.no_info_after_validator_function
_KEYS_ALONE = core_schema.CoreConfig(cache_strings="keys")


def _revision() -> SchemaValidator:
    of_each: dict[str, _Schema] = {
        "rev_id": _text(pattern=_REV_ID),
        "record_id": _text(pattern=RECORD_ID.pattern),
        "seq": core_schema.int_schema(),
        "by_role": core_schema.literal_schema([code for code, _, _ in ROLES]),
        "recorded_at": _then(_moment, _text(pattern=_HOUR)),
        "local_date": _then(_day, _text()),
        "why": _text(max_length=_MOST_WHY, pattern=_SEEN),
        "op": core_schema.literal_schema(["put", "merge", "withdraw"]),
    }
    sealed = Row._fields[:-1]  # all that the hash is taken of
    every = [of_each.get(name, _text()) for name in sealed]
    return SchemaValidator(core_schema.tuple_schema(every), _KEYS_ALONE)


_REVISION = _revision()


@lru_cache(maxsize=64)
def _record(kind: str) -> SchemaValidator:
    """Give what the answers of a kind must be; a KeyError where there is no such kind."""
    fields = {
        field.name: core_schema.typed_dict_field(
            _answer(field), required=field.required and field.relevant is None
        )
        for field in sorted(RECORD_SPECS[kind].fields, key=lambda field: field.name)
    }
    answers = core_schema.typed_dict_schema(fields, extra_behavior="forbid")
    return SchemaValidator(answers, _KEYS_ALONE)


@lru_cache(maxsize=64)
def _reals(kind: str) -> tuple[str, ...]:
    return tuple(field.name for field in RECORD_SPECS[kind].fields if field.type == "number")


def _answer(field: FieldSpec) -> _Schema:
    if field.type == "date":
        return _then(_day, _text())
    if field.type == "yes_no":
        return core_schema.bool_schema()
    if field.type in {"integer", "number"}:
        return _number(field)
    return _code(field) if field.choices else _free(field)


def _number(field: FieldSpec) -> _Schema:
    low = -_MOST if field.minimum is None else field.minimum
    high = _MOST if field.maximum is None else field.maximum
    whole = core_schema.int_schema(ge=math.ceil(low), le=math.floor(high))
    real = core_schema.float_schema(ge=low, le=high, allow_inf_nan=False)
    both = core_schema.union_schema([whole, real], mode="left_to_right")
    return whole if field.type == "integer" else both


def _code(field: FieldSpec) -> _Schema:
    """Take the codes of the spec itself; of a profile, which may be another one there, any."""
    if isinstance(field.choices, str) or field.type == "many_of":
        return _text(max_length=field.max_length, pattern=_CODES)
    return core_schema.literal_schema([code for code, _, _ in field.choices])


def _free(field: FieldSpec) -> _Schema:
    seen = _text(min_length=1, max_length=field.max_length, pattern=_SEEN)
    shaped = field.shape and core_schema.chain_schema(
        [seen, _text(pattern=field.shape.pattern)]
    )
    return shaped or seen
