"""Heads and current state of some records, made again from all their revisions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from graphlib import CycleError
from typing import Any

import sqlalchemy as sa

from gridkit.records.arriving import Arrival
from gridkit.records.bulk import chunks, insert_rows, insert_values, present
from gridkit.records.histories import in_order
from gridkit.records.projection import current_row, leading
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.tables import CURRENT, HEAD, REVISION


class BrokenRecordError(Exception):
    """A record whose revisions do not fit together: a parent is absent, or the kind differs."""


def enter(
    connection: sa.Connection, arrivals: Sequence[Arrival], touched: Collection[str]
) -> Iterator[str]:
    """Insert revisions, and the current state of the records that begin with them.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a write transaction.
    arrivals : sequence of Arrival
        The revisions, proved.
    touched : collection of str
        Records that wait for `regather` already.

    Yields
    ------
    str
        Each other record of the rows: it needs `regather` when all revisions are there.
    """
    rows = [arrival.row for arrival in arrivals]
    times = Counter(row.record_id for row in rows)
    there = present(connection, REVISION.c.record_id, list(times))
    first = [
        arrival
        for arrival, row in zip(arrivals, rows, strict=True)
        if row.parents == "[]"
        and times[row.record_id] == 1
        and row.record_id not in there
        and row.record_id not in touched
    ]
    insert_values(connection, REVISION, rows)
    insert_values(connection, HEAD, [(row.record_id, row.rev_id) for row, _ in first])
    of_kind: dict[str, list[Arrival]] = {}
    for arrival in first:
        of_kind.setdefault(arrival.row.kind, []).append(arrival)
    for kind, some in of_kind.items():
        _insert_first(connection, kind, some)
    yield from times.keys() - {row.record_id for row, _ in first}


def _insert_first(connection: sa.Connection, kind: str, arrivals: Sequence[Arrival]) -> None:
    """Insert the current state of new records; columns that none of them answers are left out."""
    answered = set().union(*(said for _, said in arrivals))
    names = [name for name in RECORD_SPECS[kind].names if name in answered]
    shown = [
        (row.record_id, *map(said.get, names), 1, row.recorded_at) for row, said in arrivals
    ]
    columns = {"record_id", *names, "n_heads", "recorded_at"}
    insert_values(connection, CURRENT[kind], shown, columns)


def regather(connection: sa.Connection, record_ids: Sequence[str]) -> tuple[str, ...]:
    """Derive heads and current state of records whose revisions came in any order.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In the transaction that wrote the revisions.
    record_ids : sequence of str

    Returns
    -------
    tuple of str
        Those that have more than one head now.

    Raises
    ------
    BrokenRecordError
        If revisions of one record build on others that are not there, or differ in kind.
    """
    conflicts: list[str] = []
    for some in chunks(sorted(record_ids)):
        of_each: dict[str, list[sa.Row]] = {}
        for row in connection.execute(_revisions().where(REVISION.c.record_id.in_(some))):
            of_each.setdefault(row.record_id, []).append(row)
        heads = {record_id: _heads(rows) for record_id, rows in of_each.items()}
        conflicts += [record_id for record_id, of in heads.items() if len(of) > 1]
        _replace(connection, some, heads)
    return tuple(conflicts)


def _revisions() -> sa.Select[Any]:
    return sa.select(*(REVISION.c[name] for name in _NEEDED))


_NEEDED = (
    "rev_id",
    "record_id",
    "kind",
    "parents",
    "device",
    "seq",
    "op",
    "recorded_at",
    "body",
)


def _heads(rows: Sequence[sa.Row]) -> list[sa.Row]:
    """Find the revisions of one record that no other one follows."""
    if len(rows) == 1 and rows[0].parents == "[]":
        return list(rows)
    followed = {parent for row in rows for parent in json.loads(row.parents)}
    if not followed <= {row.rev_id for row in rows} or len({row.kind for row in rows}) > 1:
        raise BrokenRecordError
    try:
        in_order(rows)
    except CycleError:  # each builds on another: no ledger writes that
        raise BrokenRecordError from None
    return [row for row in rows if row.rev_id not in followed]


def _replace(
    connection: sa.Connection, record_ids: Sequence[str], heads: dict[str, list[sa.Row]]
) -> None:
    connection.execute(sa.delete(HEAD).where(HEAD.c.record_id.in_(record_ids)))
    pairs = [{"record_id": one, "rev_id": row.rev_id} for one in heads for row in heads[one]]
    insert_rows(connection, HEAD, pairs)
    of_kind: dict[str, list[dict[str, Any]]] = {of[0].kind: [] for of in heads.values()}
    for of_one in heads.values():
        shown = leading(of_one)
        if shown is not None:
            of_kind[shown.kind].append(current_row(shown._mapping, len(of_one)))
    for kind, current in of_kind.items():
        table = CURRENT[kind]
        connection.execute(sa.delete(table).where(table.c.record_id.in_(record_ids)))
        insert_rows(connection, table, current)
