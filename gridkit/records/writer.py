"""Appending: revisions sealed into the device's chain, and the current state after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from gridkit.records import projection
from gridkit.records.bulk import insert_rows
from gridkit.records.database import IllegibleError
from gridkit.records.ids import new_id
from gridkit.records.models import Record
from gridkit.records.revision import (
    Op,
    Revision,
    canonical_json,
    civil_date_text,
    utc_text,
)
from gridkit.records.tables import REVISION


class Entry(NamedTuple):
    """One revision to be written; `record` is None for a withdrawal."""

    record_id: str
    kind: str
    parents: tuple[str, ...]
    op: Op
    record: Record | None


class Receipt(NamedTuple):
    """What was committed: the new revisions, when, and which records now conflict."""

    rev_ids: tuple[str, ...]
    recorded_at: str
    conflicts: tuple[str, ...] = ()


class Author(NamedTuple):
    """Who writes, in which role, when and why: the same for all entries of one save."""

    device: str
    by_role: str
    moment: datetime
    why: str


def append(
    connection: sa.Connection,
    entries: Sequence[Entry],
    author: Author,
    progress: Callable[[int, int], None] | None = None,
) -> Receipt:
    """Write entries behind the end of the device's chain.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a write transaction: no other writer can take the same number.
    entries : sequence of Entry
        In the order in which they are to stand.
    author : Author
    progress : callable, optional
        Called with (done, total) now and then.

    Returns
    -------
    Receipt
        Valid once the transaction is committed.
    """
    at, on = utc_text(author.moment), civil_date_text(author.moment)
    seq, prev = _tip(connection, author.device)
    rows: list[dict[str, Any]] = []
    for number, entry in enumerate(entries, start=1):
        seq += 1
        unsealed = Revision(
            rev_id=new_id(),
            record_id=entry.record_id,
            kind=entry.kind,
            parents=canonical_json(list(entry.parents)),
            device=author.device,
            seq=seq,
            by_role=author.by_role,
            recorded_at=at,
            local_date=on,
            why=author.why,
            op=entry.op,
            body=canonical_json(entry.record.body() if entry.record is not None else {}),
            prev=prev,
        )
        prev = unsealed.seal()
        rows.append({**unsealed.__dict__, "hash": prev})
        if progress is not None and number % 1000 == 0:
            progress(number, len(entries))
    insert_rows(connection, REVISION, rows)
    conflicts = projection.apply(connection, rows)
    return Receipt(tuple(row["rev_id"] for row in rows), at, conflicts)


def _tip(connection: sa.Connection, device: str) -> tuple[int, str]:
    row = connection.execute(
        sa.select(REVISION.c.seq, REVISION.c.hash)
        .where(REVISION.c.device == device)
        .order_by(REVISION.c.seq.desc())
        .limit(1)
    ).first()
    if row is None:
        return 0, ""
    if not isinstance(row.seq, int) or not isinstance(row.hash, str):
        raise IllegibleError
    return row.seq, row.hash
