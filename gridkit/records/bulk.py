"""Many rows into one table, past SQLAlchemy's parameter compilation (half of its cost)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
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
        Of two columns or more.
    rows : sequence of mappings
        Values that the driver takes as they are: text, numbers, booleans, None.
    """
    if not rows:
        return
    text, names = _compiled(table, connection.dialect, tuple(rows[0]))
    values: list[Any] = (
        list(map(itemgetter(*names), rows)) if names else [dict(r) for r in rows]
    )
    connection.exec_driver_sql(text, values)


@lru_cache(maxsize=64)
def _compiled(
    table: sa.Table, dialect: sa.Dialect, columns: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """Give the statement and the order of its values; none where they go by name.

    Compiling takes a millisecond, which counts where thousands of records are revised.
    """
    statement = sa.insert(table).compile(dialect=dialect, column_keys=list(columns))
    return str(statement), tuple(statement.positiontup or ())
