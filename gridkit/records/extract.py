"""An extract: the rows that a screen needs, chosen in the database.

Reading the whole of 100,000 concerns takes half a second and 100 MiB; the rows of one
grid, one day or one visit take milliseconds, since those columns are indexed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from gridkit.records import ledger
from gridkit.records.bulk import chunks
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


def counts_after(
    store: Store, kind: str, column: str, day: date, *, by: Sequence[str]
) -> pd.DataFrame:
    """Count the rows dated after a day, by some fields.

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
    by : sequence of str
        Fields of codes or text.

    Returns
    -------
    DataFrame
        One row per combination that occurs: the fields (str, missing where there is no
        answer) and `n` (int64).

    Raises
    ------
    DataError
        If `kind` or one of `by` is not in the spec.
    """
    import pandas as pd

    ledger.check_columns(kind, by)
    table = CURRENT[kind]
    fields = [table.c[name] for name in by]
    query = sa.select(*fields, sa.func.count()).where(table.c[column] > _text(day))
    with store.reading() as connection:
        rows = connection.execute(query.group_by(*fields)).all()
    made = pd.DataFrame(rows, columns=[*by, "n"])
    return made.astype({**dict.fromkeys(by, "str"), "n": "int64"})


class Search(NamedTuple):
    """What is looked for; a row that fits any of it is found."""

    grid_ids: tuple[str, ...] = ()
    ending: str = ""
    """The last characters of the record's id."""
    address: str = ""
    """A part of the address, in lower case and without spaces."""


def latest_rows(
    store: Store,
    kind: str,
    column: str,
    limit: int,
    *,
    search: Search | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read the rows with the latest dates.

    Parameters
    ----------
    store : Store
        The ledger.
    kind : str
        Which records, of a kind that has a `grid_id`: "visit" or "concern".
    column : str
        A date field.
    limit : int
        How many at most; of one day the later ids.
    search : Search, optional
        Which rows; all by default.
    columns : sequence of str, optional
        Fields to read; all by default.

    Returns
    -------
    DataFrame indexed by `record_id`, in the order of the ids
        As `Store.frame`, these rows only.

    Raises
    ------
    DataError
        If `kind` or one of `columns` is not in the spec.
    """
    table = CURRENT[kind]
    ids = sa.select(table.c.record_id).order_by(
        table.c[column].desc(), table.c.record_id.desc()
    )
    if search is not None:
        ids = ids.where(sa.or_(sa.false(), *_fits(table, search)))
    return _read(store, kind, columns, [table.c.record_id.in_(ids.limit(limit))])


def _fits(table: sa.Table, search: Search) -> Iterator[sa.ColumnElement[bool]]:
    for some in chunks(list(search.grid_ids)):
        yield table.c.grid_id.in_(some)
    if search.ending:
        yield table.c.record_id.endswith(search.ending, autoescape=True)
    if search.address and "address" in table.c:
        written = sa.func.lower(table.c.address)
        for space in (" ", "\u3000"):
            written = sa.func.replace(written, space, "")
        yield written.contains(search.address, autoescape=True)


def conflicting_rows(
    store: Store, kind: str, *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read the rows of which two versions stand side by side.

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
    DataFrame indexed by `record_id`
        As `Store.frame`, those with `n_heads` above 1 only.

    Raises
    ------
    DataError
        If `kind` or one of `columns` is not in the spec.
    """
    return _read(store, kind, columns, [CURRENT[kind].c.n_heads > 1])


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
