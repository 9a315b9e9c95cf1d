"""An extract: the rows that a screen needs, chosen in the database.

Reading the whole of 100,000 concerns takes half a second and 100 MiB; the rows of one
grid, one day or one visit take milliseconds, since those columns are indexed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gridkit.records import ledger
from gridkit.records.references import chunks
from gridkit.records.tables import CURRENT

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.records.store import Store


def rows_among(
    store: Store,
    kind: str,
    column: str,
    values: Iterable[Any],
    *,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read the rows whose value of one column is among some.

    Parameters
    ----------
    store : Store
        The ledger.
    kind : str
        Which records: a key of `spec.RECORD_SPECS`.
    column : str
        A field of codes, text, references or dates, or `record_id`.
    values : iterable of str or date
        Each may be there several times.
    columns : sequence of str, optional
        Fields to read; all by default.

    Returns
    -------
    DataFrame indexed by `record_id`
        As `Store.frame`, these rows only.

    Raises
    ------
    DataError
        If `kind` or one of `columns` is not in the spec.
    """
    wanted = list(dict.fromkeys(_text(value) for value in values))
    asked = CURRENT[kind].c[column]
    where = [asked.in_(some) for some in chunks(wanted)]
    return _read(store, kind, columns, where)


def rows_after(
    store: Store, kind: str, column: str, day: date, *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read the rows dated after a day.

    Parameters
    ----------
    store : Store
        The ledger.
    kind : str
        Which records: a key of `spec.RECORD_SPECS`.
    column : str
        A date field.
    day : date
        The last civil day that is left out.
    columns : sequence of str, optional
        Fields to read; all by default.

    Returns
    -------
    DataFrame indexed by `record_id`
        As `Store.frame`, these rows only.

    Raises
    ------
    DataError
        If `kind` or one of `columns` is not in the spec.
    """
    return _read(store, kind, columns, [CURRENT[kind].c[column] > _text(day)])


def last_row(store: Store, kind: str, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read the row with the last id: what was begun last, ids being made in order of time.

    Parameters
    ----------
    store : Store
        The ledger.
    kind : str
        Which records: a key of `spec.RECORD_SPECS`.
    columns : sequence of str, optional
        Fields to read; all by default.

    Returns
    -------
    DataFrame of one row, or none, indexed by `record_id`

    Raises
    ------
    DataError
        If `kind` or one of `columns` is not in the spec.
    """
    ids = CURRENT[kind].c.record_id
    last = sa.select(sa.func.max(ids)).scalar_subquery()
    return _read(store, kind, columns, [ids == last])


def _read(
    store: Store,
    kind: str,
    columns: Sequence[str] | None,
    where: Sequence[sa.ColumnElement[bool]],
) -> pd.DataFrame:
    with store.reading() as connection:
        return ledger.frame(connection, kind, store.profile, columns=columns, where=where)


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)
