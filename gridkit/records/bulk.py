"""Many rows at once, past SQLAlchemy's parameter compilation (half of its cost)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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


def insert_values(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Sequence[Any]],
    columns: Collection[str] | None = None,
) -> None:
    """Insert rows given as their values, in the order of the table's columns.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a write transaction.
    table : sqlalchemy.Table
    rows : sequence of sequences
        As for `insert_rows`.
    columns : collection of str, optional
        Those that the rows have; the others stay empty. All by default.
    """
    if not rows:
        return
    own = tuple(name for name in table.c.keys() if columns is None or name in columns)  # noqa: SIM118 (columns, not names)
    text, names = _compiled(table, connection.dialect, own)
    values: Any = rows if names else [dict(zip(own, row, strict=True)) for row in rows]
    connection.exec_driver_sql(text, values)


def present(connection: sa.Connection, column: sa.Column[Any], ids: Sequence[str]) -> set[str]:
    """Tell which of some ids a column holds."""
    found: set[str] = set()
    for some in chunks(ids):
        size = next(size for size in _SIZES if size >= len(some))
        text, names = _asked(column, connection.dialect, size)
        filled = (*some, *[some[-1]] * (size - len(some)))
        values: Any = dict(zip(names, filled, strict=True)) if names else filled
        found.update(value for (value,) in connection.exec_driver_sql(text, values))
    return found


def chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut a list of ids into pieces that one IN (...) takes."""
    return (ids[i : i + _CHUNK] for i in range(0, len(ids), _CHUNK))


_CHUNK = 500  # ids in one IN (...): SQLite takes 32,766 at the most, older ones 999
_SIZES = (1, 20, _CHUNK)  # so few statements, each compiled once, ask for any number


@lru_cache(maxsize=64)
def _asked(
    column: sa.Column[Any], dialect: sa.Dialect, size: int
) -> tuple[str, tuple[str, ...]]:
    """Give the query for some ids, and the names of its values; none where they go by place."""
    names = tuple(f"id_{number}" for number in range(size))
    query = sa.select(column).where(column.in_([sa.bindparam(name) for name in names]))
    asked = query.compile(dialect=dialect)
    return str(asked), () if asked.positiontup else names


@lru_cache(maxsize=64)
def _compiled(
    table: sa.Table, dialect: sa.Dialect, columns: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """Give the statement and the order of its values; none where they go by name.

    Compiling takes a millisecond, which counts where thousands of records are revised.
    """
    statement = sa.insert(table).compile(dialect=dialect, column_keys=list(columns))
    return str(statement), tuple(statement.positiontup or ())
