"""What records refer to: which ids are there, taken, or missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from gridkit.errors import Problem
from gridkit.records.models import Record, kind_of
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.tables import CURRENT, HEAD

_CHUNK = 500  # ids in one IN (...): SQLite takes 32,766 at the most, older ones 999


def chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut a list of ids into pieces that one IN (...) takes."""
    return (ids[i : i + _CHUNK] for i in range(0, len(ids), _CHUNK))


def present(connection: sa.Connection, column: sa.Column[Any], ids: Sequence[str]) -> set[str]:
    """Tell which of some ids a column holds."""
    return {
        value
        for some in chunks(ids)
        for value in connection.execute(sa.select(column).where(column.in_(some))).scalars()
    }


def known(connection: sa.Connection, records: Sequence[Record]) -> list[Problem]:
    """List the records whose id is in the ledger already, or twice in the list."""
    ids = [r.record_id for r in records]
    there = present(connection, HEAD.c.record_id, ids)
    seen: set[str] = set()
    found = []
    for number, record_id in enumerate(ids, start=1):
        if record_id in there or record_id in seen:
            zh, en = (
                "这个编号已有记录, 请用更改",
                "this id is taken; revise that record instead",
            )
            found.append(Problem(str(number), "record_id", zh, en))
        seen.add(record_id)
    return found


def dangling(connection: sa.Connection, records: Sequence[Record]) -> list[Problem]:
    """List the references to a record that is neither in the ledger nor in the list."""
    own: dict[str, set[str]] = {kind: set() for kind in CURRENT}
    for record in records:
        own[kind_of(record)].add(record.record_id)
    found = []
    for (field, kind), referring in _referring(records).items():
        targets = list(dict.fromkeys(t for _, t in referring if t not in own[kind]))
        there = own[kind] | present(connection, CURRENT[kind].c.record_id, targets)
        words = RECORD_SPECS[kind]
        zh = f"所指的{words.zh}不在台账中"
        en = f"the {words.en.lower()} it refers to is not in the ledger"
        missing = dict.fromkeys(n for n, target in referring if target not in there)
        found += [Problem(str(n), field, zh, en) for n in missing]
    return found


_Referring = dict[tuple[str, str], list[tuple[int, str]]]


def _referring(records: Sequence[Record]) -> _Referring:
    """Give, by field and kind, who refers to what: (number of the record, id)."""
    found: _Referring = {}
    for number, record in enumerate(records, start=1):
        for field, kind, several in _REFERENCES[kind_of(record)]:
            target = record.__dict__[field]
            if target is not None:
                ids = target.split() if several else (target,)
                found.setdefault((field, kind), []).extend((number, one) for one in ids)
    return found


_REFERENCES = {
    spec.kind: [(f.name, f.refers, f.type == "references") for f in spec.fields if f.refers]
    for spec in RECORD_SPECS.values()
}
