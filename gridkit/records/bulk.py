"""Many rows into one table, past SQLAlchemy's parameter compilation (half of its cost)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa


def insert_rows(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all have the same columns, by the driver's own `executemany`.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a write transaction.
    table : sqlalchemy.Table
    rows : sequence of mappings
        Values that the driver takes as they are: text, numbers, booleans, None.
    """
    if not rows:
        return
    statement = sa.insert(table).compile(
        dialect=connection.dialect, column_keys=list(rows[0]), compile_kwargs={}
    )
    names = statement.positiontup
    values: list[Any] = (
        [tuple(row[name] for name in names) for row in rows]
        if names
        else [dict(r) for r in rows]
    )
    connection.exec_driver_sql(str(statement), values)
