"""What records refer to: which ids are there, taken, or missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from gridkit.errors import Problem
from gridkit.records.models import Record, kind_of
from gridkit.records.tables import CURRENT, HEAD

_CHUNK = 500  # ids in one IN (...): SQLite takes 32,766 at the most, older ones 999


def chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut a list of ids into pieces that one IN (...) takes."""
    return (ids[i : i + _CHUNK] for i in range(0, len(ids), _CHUNK))


def _present(connection: sa.Connection, column: sa.Column[Any], ids: Sequence[str]) -> set[str]:
    return {
        value
        for some in chunks(ids)
        for value in connection.execute(sa.select(column).where(column.in_(some))).scalars()
    }


def known(connection: sa.Connection, records: Sequence[Record]) -> list[Problem]:
    """List the records whose id is in the ledger already, or twice in the list."""
    ids = [r.record_id for r in records]
    there = _present(connection, HEAD.c.record_id, ids)
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
    """List the references to a concern or visit that is neither there nor in the list."""
    own: dict[str, set[str]] = {"visit": set(), "concern": set()}
    for record in records:
        own.get(kind_of(record), set()).add(record.record_id)
    found = []
    for field, kind in (("concern_id", "concern"), ("visit_id", "visit")):
        referring = [
            (number, target)
            for number, record in enumerate(records, start=1)
            if (target := record.__dict__.get(field)) is not None and target not in own[kind]
        ]
        targets = list(dict.fromkeys(target for _, target in referring))
        there = _present(connection, CURRENT[kind].c.record_id, targets)
        zh, en = f"所指的{kind}不在台账中", f"the {kind} it refers to is not in the ledger"
        found += [
            Problem(str(n), field, zh, en) for n, target in referring if target not in there
        ]
    return found
