"""SQL tables, from the spec: revisions, heads, and the current state of each kind.

Plain SQLAlchemy Core that SQLite and PostgreSQL both take. Dates are ISO text: readable,
sortable, and the same in every database.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gridkit.records.field import FieldSpec, RecordSpec
from gridkit.records.spec import RECORD_SPECS

METADATA = sa.MetaData()

META = sa.Table(
    "meta",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

REVISION = sa.Table(
    "revision",
    METADATA,
    sa.Column("rev_id", sa.String(36), primary_key=True),
    sa.Column("record_id", sa.String(64), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("parents", sa.Text, nullable=False),
    sa.Column("device", sa.String(36), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("by_role", sa.String(40), nullable=False),
    sa.Column("recorded_at", sa.String(30), nullable=False),
    sa.Column("local_date", sa.String(10), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("op", sa.String(10), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("prev", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("device", "seq"),
)

HEAD = sa.Table(
    "head",
    METADATA,
    sa.Column("record_id", sa.String(64), primary_key=True),
    sa.Column("rev_id", sa.String(36), primary_key=True),
)

_SQL_TYPES: dict[str, Any] = {
    "integer": sa.BigInteger,
    "number": sa.Double,
    "date": sa.String(10),
    "yes_no": sa.Boolean,
}
_INDEXED = {"concern_id", "grid_id", "visit_id", "heard_on", "visited_on"}


def _column(field: FieldSpec) -> sa.Column[Any]:
    return sa.Column(
        field.name, _SQL_TYPES.get(field.type, sa.Text), index=field.name in _INDEXED
    )


def _current(spec: RecordSpec) -> sa.Table:
    return sa.Table(
        spec.kind,
        METADATA,
        sa.Column("record_id", sa.String(64), primary_key=True),
        *(_column(f) for f in spec.fields),
        sa.Column("n_heads", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.String(30), nullable=False),
    )


CURRENT = {kind: _current(spec) for kind, spec in RECORD_SPECS.items()}
"""One table per kind: the record as it stands, one row each, withdrawn ones left out."""
