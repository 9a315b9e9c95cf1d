"""A revision that arrives in a bundle: its line read, and proved to be what a ledger holds.

The signature says who sent it, the hash that it is whole; neither says that it is a record.
Each line is asked whether its kind, its fields and the types of its answers are those of
the spec: a field that is not collected cannot come in by this door.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from gridkit.records.field import RECORD_ID, FieldSpec
from gridkit.records.revision import REVISION_FIELDS, canonical_json
from gridkit.records.spec import RECORD_SPECS, ROLES

_SEALED = REVISION_FIELDS[:-1]
_TYPES = [int if name == "seq" else str for name in _SEALED]
_REV_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOUR = re.compile(r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z", re.ASCII)
_RECORD = re.compile(RECORD_ID.pattern.strip("^$"))
_CODES = re.compile(r"[a-z0-9][a-z0-9_]*( [a-z0-9][a-z0-9_]*)*")
_MOST = 1 << 53  # a number of thousands of digits is none: no database takes it
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ROLES = frozenset(code for code, _, _ in ROLES)
_OPS = frozenset({"put", "merge", "withdraw"})
_parsed = partial(
    from_json, allow_inf_nan=False, cache_strings="keys"
)  # thrice as quick as json


class UnfitError(ValueError):
    """A line that is no revision of this version's spec."""


class Arrival(NamedTuple):
    """A revision that arrived: its row of the table `revision`, and its answers by name."""

    row: dict[str, Any]
    said: dict[str, Any]


def read_line(line: bytes) -> Arrival:
    """Read one line of a bundle; the row lacks its hash yet.

    Raises
    ------
    UnfitError
        If it is not the canonical text of a revision, or its record is none of the spec.
    """
    try:
        values = _parsed(line)
        row = dict(zip(_SEALED, values, strict=True))
        # of texts and a whole number it writes what `canonical_json` does, in a fifth of the time
        sound = _is_revision(row) and to_json(values) == line
        said = _parsed(row["body"])
        sound = sound and _is_canonical(said, row["body"]) and _is_record(row, said)
    except (ValueError, TypeError, KeyError, RecursionError):
        sound = False
    if not sound:
        raise UnfitError
    return Arrival(row, said)


def _is_canonical(said: Any, text: str) -> bool:
    """Tell whether a body is written in the one way: no answer is there twice, say."""
    if type(said) is not dict:
        return False
    if float not in map(type, said.values()):  # numbers are written otherwise here and there
        return list(said) == sorted(said) and to_json(said).decode() == text
    return canonical_json(said) == text


def _is_revision(row: dict[str, Any]) -> bool:
    return (
        list(map(type, row.values())) == _TYPES
        and _REV_ID.fullmatch(row["rev_id"]) is not None
        and _RECORD.fullmatch(row["record_id"]) is not None
        and row["by_role"] in _ROLES
        and row["op"] in _OPS
        and _is_moment(row["recorded_at"])
        and _is_day(row["local_date"])
        and len(row["why"]) <= 4000
        and not _UNSEEN.search(row["why"])
        and _are_parents(row["parents"])
    )


def _are_parents(text: str) -> bool:
    if text == "[]":
        return True
    parents: Any = _parsed(text)
    if not isinstance(parents, list) or len(set(parents)) < len(parents):
        return False
    whole = all(type(p) is str and _REV_ID.fullmatch(p) is not None for p in parents)
    return whole and canonical_json(parents) == text


def _is_moment(text: str) -> bool:
    return _is_day(text[:10]) and _HOUR.fullmatch(text, 10) is not None


def _is_record(row: dict[str, Any], body: dict[str, Any]) -> bool:
    fits = _fields(row["kind"])
    if row["op"] == "withdraw":
        return bool(row["parents"] != "[]" and row["body"] == "{}")
    # a loop, since a generator costs as much again as what it asks
    for name, value in body.items():
        if not fits[name](value):
            return False
    return _required(row["kind"]) <= body.keys()


@lru_cache(maxsize=64)
def _required(kind: str) -> frozenset[str]:
    fields = RECORD_SPECS[kind].fields
    return frozenset(f.name for f in fields if f.required and f.relevant is None)


@lru_cache(maxsize=64)
def _fields(kind: str) -> dict[str, Callable[[Any], bool]]:
    """Give by name what an answer must be; a KeyError where there is no such kind."""
    return {field.name: _fitting(field) for field in RECORD_SPECS[kind].fields}


def _fitting(field: FieldSpec) -> Callable[[Any], bool]:
    if field.type == "date":
        return lambda value: type(value) is str and _is_day(value)
    if field.type == "yes_no":
        return lambda value: type(value) is bool
    if field.type in {"integer", "number"}:
        return _number(field)
    return _code(field) if field.choices else _text(field)


def _number(field: FieldSpec) -> Callable[[Any], bool]:
    low = -_MOST if field.minimum is None else field.minimum
    high = _MOST if field.maximum is None else field.maximum
    kinds = (int,) if field.type == "integer" else (int, float)

    def fits(value: Any) -> bool:
        return type(value) in kinds and low <= value <= high

    return fits


def _code(field: FieldSpec) -> Callable[[Any], bool]:
    """Take the codes of the spec itself; of a profile, which may be another one there, any."""
    longest = field.max_length
    if isinstance(field.choices, str):
        return lambda value: (
            type(value) is str and len(value) <= longest and _CODES.fullmatch(value) is not None
        )
    known = frozenset(code for code, _, _ in field.choices)
    return lambda value: type(value) is str and known.issuperset(value.split(" "))


def _text(field: FieldSpec) -> Callable[[Any], bool]:
    shape = re.compile(field.shape.pattern) if field.shape else None

    def fits(value: Any) -> bool:
        return (
            type(value) is str
            and 0 < len(value) <= field.max_length
            and (shape is None or shape.search(value) is not None)
            and not _UNSEEN.search(value)
        )

    return fits


@lru_cache(maxsize=8192)
def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
