"""One matter with all that was done about it: the concern, its steps, who took them by role."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from gridkit.records.models import Record, kind_of
from gridkit.records.projection import leading
from gridkit.records.standing import record_of
from gridkit.records.tables import CURRENT, HEAD, REVISION


class Taken(NamedTuple):
    """A record as it stands, who wrote it (a role), when (UTC, ISO 8601) and why."""

    record: Record
    by_role: str
    recorded_at: str
    why: str


class Case(NamedTuple):
    """A concern and its steps by day; those of one day in the order of recording."""

    concern: Taken
    steps: tuple[Taken, ...]


def read_case(connection: sa.Connection, concern_id: str) -> Case | None:
    """Read one concern with its steps as the ledger has them now; see `Store.case`."""
    own = _taken(connection, sa.select(sa.literal(concern_id)), "concern")
    if not own:
        return None
    table = CURRENT["step"]
    ids = sa.select(table.c.record_id).where(table.c.concern_id == concern_id)
    steps = _taken(connection, ids, "step")
    return Case(own[0], tuple(sorted(steps, key=lambda s: (s.record.on, s.record.record_id))))


def _taken(connection: sa.Connection, ids: sa.Select, kind: str) -> list[Taken]:
    rows = connection.execute(
        sa.select(REVISION)
        .join(HEAD, HEAD.c.rev_id == REVISION.c.rev_id)
        .where(REVISION.c.record_id.in_(ids))
    ).all()
    heads: dict[str, list[sa.Row]] = {}
    for row in rows:
        heads.setdefault(row.record_id, []).append(row)
    shown = [one for of_one in heads.values() if (one := leading(of_one)) is not None]
    taken = [Taken(record_of(r._mapping), r.by_role, r.recorded_at, r.why) for r in shown]
    return [one for one in taken if kind_of(one.record) == kind]
