"""What records refer to: which ids are there, taken, or missing."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from gridkit.errors import Problem
from gridkit.records.bulk import chunks, present
from gridkit.records.models import Record, kind_of
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.tables import CURRENT, HEAD


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


def repeated(revised: Sequence[Record]) -> list[Problem]:
    """List the records that are changed twice in one list: a conflict with themselves."""
    seen: set[str] = set()
    found = []
    for number, record in enumerate(revised, start=1):
        if record.record_id in seen:
            zh, en = "同一条记录在一次保存中更改了两次", "it is changed twice in one save"
            found.append(Problem(str(number), "record_id", zh, en))
        seen.add(record.record_id)
    return found


def dangling(
    connection: sa.Connection, records: Sequence[Record], revised: Sequence[Record]
) -> list[Problem]:
    """List the references to a record that is neither in the ledger nor in the lists.

    What a record of `revised` refers to already is not asked for again: a concern can be
    corrected after the visit it was heard at was withdrawn.
    """
    every = [*records, *revised]
    own: dict[str, set[str]] = {kind: set() for kind in CURRENT}
    for record in every:
        own[kind_of(record)].add(record.record_id)
    kept = _kept(connection, revised)
    found = []
    for (field, kind), all_referring in _referring(every).items():
        referring = [
            (n, target)
            for n, target in all_referring
            if (every[n - 1].record_id, field, target) not in kept
        ]
        targets = list(dict.fromkeys(t for _, t in referring if t not in own[kind]))
        there = own[kind] | present(connection, CURRENT[kind].c.record_id, targets)
        words = RECORD_SPECS[kind]
        zh = f"所指的{words.zh}不在台账中"
        en = f"the {words.en.lower()} it refers to is not in the ledger"
        missing = dict.fromkeys(n for n, target in referring if target not in there)
        found += [Problem(str(n), field, zh, en) for n in missing]
    return found


def _kept(connection: sa.Connection, revised: Sequence[Record]) -> set[tuple[str, str, str]]:
    """Give the references of records as they stand: (record id, field, id)."""
    by_kind: dict[str, list[str]] = {}
    for record in revised:
        by_kind.setdefault(kind_of(record), []).append(record.record_id)
    kept: set[tuple[str, str, str]] = set()
    for kind, ids in by_kind.items():
        table = CURRENT[kind]
        for field, _, _ in _REFERENCES[kind]:
            for some in chunks(ids):
                rows = connection.execute(
                    sa.select(table.c.record_id, table.c[field]).where(
                        table.c.record_id.in_(some), table.c[field].is_not(None)
                    )
                )
                kept |= {(own, field, one) for own, value in rows for one in value.split()}
    return kept


def dependants(connection: sa.Connection, record_id: str, kind: str) -> dict[str, int]:
    """Count, by kind, the records as they stand that refer to a record."""
    found: dict[str, int] = {}
    for other, references in _REFERENCES.items():
        table = CURRENT[other]
        refers = [
            (" " + table.c[field] + " ").contains(f" {record_id} ", autoescape=True)
            if several
            else table.c[field] == record_id
            for field, target, several in references
            if target == kind
        ]
        if refers:
            query = sa.select(sa.func.count()).select_from(table).where(sa.or_(*refers))
            found[other] = int(connection.execute(query).scalar_one())
    return {other: count for other, count in found.items() if count}


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
