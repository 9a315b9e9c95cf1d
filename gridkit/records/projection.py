"""The current state, derived from the revisions: heads, and one typed row per record.

It is kept in the same transaction as the revisions, and can always be made again from
them; nothing is in it that is not in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json

from gridkit.records.bulk import insert_rows
from gridkit.records.database import IllegibleError, legible, reading, writing
from gridkit.records.identity import note_version
from gridkit.records.revision import Revision, proved
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.tables import CURRENT, HEAD, REVISION


def leading(heads: Iterable[Any]) -> Any | None:
    """Choose the head that the current state shows: the latest that is not withdrawn.

    Parameters
    ----------
    heads : iterable of rows of `revision`
        The heads of one record.

    Returns
    -------
    row, or None
        None where every head withdraws the record.
    """
    standing = [row for row in heads if row.op != "withdraw"]
    with legible():
        return max(standing, key=lambda row: (row.recorded_at, row.rev_id), default=None)


def apply(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Bring heads and current state up to revisions that were just written.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In the transaction that wrote them.
    rows : sequence of mappings
        The revisions as rows of the table `revision`.

    Returns
    -------
    tuple of str
        The records that have more than one head now.
    """
    fresh = [row for row in rows if row["parents"] == "[]"]
    insert_rows(
        connection,
        HEAD,
        [{"record_id": r["record_id"], "rev_id": r["rev_id"]} for r in fresh],
    )
    _insert_current(connection, ((row, 1) for row in fresh))
    followers = (row for row in rows if row["parents"] != "[]")
    return tuple(row["record_id"] for row in followers if _follow(connection, row) > 1)


def _follow(connection: sa.Connection, row: Mapping[str, Any]) -> int:
    record_id = row["record_id"]
    with legible():
        parents = json.loads(row["parents"])
    own = HEAD.c.record_id == record_id  # the key begins with it: no scan of all heads
    connection.execute(sa.delete(HEAD).where(own, HEAD.c.rev_id.in_(parents)))
    insert_rows(connection, HEAD, [{"record_id": record_id, "rev_id": row["rev_id"]}])
    heads = connection.execute(
        sa.select(REVISION)
        .join(HEAD, HEAD.c.rev_id == REVISION.c.rev_id)
        .where(HEAD.c.record_id == record_id)
    ).all()
    table = CURRENT[row["kind"]]
    connection.execute(sa.delete(table).where(table.c.record_id == record_id))
    shown = leading(heads)
    if shown is not None:
        _insert_current(connection, [(shown._mapping, len(heads))])
    return len(heads)


def _insert_current(
    connection: sa.Connection, rows: Iterable[tuple[Mapping[str, Any], int]]
) -> None:
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row, n_heads in rows:
        by_kind.setdefault(row["kind"], []).append(current_row(row, n_heads))
    for kind, current in by_kind.items():
        insert_rows(connection, CURRENT[kind], current)


def current_row(row: Mapping[str, Any], n_heads: int) -> dict[str, Any]:
    """Turn a revision into the row that its record has in the current state.

    Raises
    ------
    IllegibleError
        If the row is damaged.
    """
    if row["kind"] not in CURRENT:
        raise IllegibleError
    with legible():
        body = from_json(row["body"], cache_strings="keys")
        answers = {k: v for k, v in body.items() if k in _UNANSWERED[row["kind"]]}
    return {
        "record_id": row["record_id"],
        **_UNANSWERED[row["kind"]],
        **answers,
        "n_heads": n_heads,
        "recorded_at": row["recorded_at"],
    }


_UNANSWERED = {kind: dict.fromkeys(spec.names) for kind, spec in RECORD_SPECS.items()}


def expected(
    revisions: Iterable[Revision],
) -> tuple[set[tuple[str, str]], dict[str, dict[str, Any]]]:
    """Derive heads and current state from all revisions, for proof or for rebuilding.

    Parameters
    ----------
    revisions : iterable of Revision
        All that are proved, in any order.

    Returns
    -------
    heads : set of (record_id, rev_id)
    current : dict
        By record id: `kind` and the row of that kind's table; none for kinds that this
        version does not know.
    """
    by_rev = {row.rev_id: row for row in revisions}
    followed = {parent for row in by_rev.values() for parent in row.parent_ids}
    by_record: dict[str, list[Revision]] = {}
    for rev_id, row in by_rev.items():
        if rev_id not in followed:
            by_record.setdefault(row.record_id, []).append(row)
    heads = {(record_id, row.rev_id) for record_id, of in by_record.items() for row in of}
    current = {}
    for record_id, of_one in by_record.items():
        shown: Revision | None = leading(of_one)
        if shown is not None and shown.kind in CURRENT:
            values = current_row(shown.__dict__, len(of_one))
            current[record_id] = {"kind": shown.kind, "row": values}
    return heads, current


def rebuild(connection: sa.Connection) -> None:
    """Make heads and current state again from the revisions, all of which must be proved.

    Raises
    ------
    IllegibleError
        If one is not; the tables stay as they are.
    """
    revisions = [proved(row._mapping) for row in connection.execute(sa.select(REVISION)).all()]
    sound = [revision for revision in revisions if revision is not None]
    if len(sound) < len(revisions):
        raise IllegibleError
    heads, current = expected(sound)
    for table in (HEAD, *CURRENT.values()):
        table.drop(connection, checkfirst=True)
        table.create(connection)
    if heads:
        connection.execute(
            sa.insert(HEAD), [{"record_id": a, "rev_id": b} for a, b in sorted(heads)]
        )
    for kind, table in CURRENT.items():
        rows = [entry["row"] for entry in current.values() if entry["kind"] == kind]
        if rows:
            connection.execute(sa.insert(table), rows)


def keep_up(engine: sa.Engine, path: Path) -> None:
    """Rebuild the current state of a ledger whose tables are of an older spec.

    Columns that are too many stay: nothing is dropped that is not made again.
    """
    with reading(engine, path) as connection:
        behind = _behind(connection)
    if behind:
        with writing(engine, path) as connection:
            if _behind(connection):  # another opener may have been quicker
                rebuild(connection)
                note_version(connection)


def _behind(connection: sa.Connection) -> bool:
    return any(
        not {column.name for column in table.columns} <= _columns(connection, table)
        for table in (HEAD, *CURRENT.values())
    )


def _columns(connection: sa.Connection, table: sa.Table) -> set[str]:
    inspector = sa.inspect(connection)
    if not inspector.has_table(table.name):
        return set()
    return {column["name"] for column in inspector.get_columns(table.name)}


def stored(connection: sa.Connection, kind: str) -> dict[str, dict[str, Any]]:
    """Read the current state of one kind as it stands in its table, by record id."""
    rows = connection.execute(sa.select(CURRENT[kind])).all()
    return {row.record_id: dict(row._mapping) for row in rows}
