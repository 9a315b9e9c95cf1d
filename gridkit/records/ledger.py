"""The ledger (台账) as tidy frames: current state, history, conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from gridkit.errors import DataError
from gridkit.records.database import legible
from gridkit.records.field import FieldSpec
from gridkit.records.garbage import uncollected
from gridkit.records.histories import in_order
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.tables import CURRENT, HEAD, REVISION
from gridkit.records.validate import known_codes

if TYPE_CHECKING:
    from gridkit.profile import Profile

_BATCH = 100_000  # rows turned from tuples into columns at a time: bounds the memory


def frame(
    connection: sa.Connection,
    kind: str,
    profile: Profile,
    *,
    columns: Sequence[str] | None = None,
    where: Sequence[sa.ColumnElement[bool]] | None = None,
) -> pd.DataFrame:
    """Read the current state of one kind; see `Store.frame`.

    Parameters
    ----------
    connection : Connection
    kind : str
    profile : Profile
    columns : sequence of str, optional
    where : sequence of conditions, optional
        Which rows, where not all: those that meet any. No row may meet two.

    Returns
    -------
    DataFrame indexed by `record_id`

    Raises
    ------
    DataError
        If `kind` or a column is not in the spec.
    """
    spec = _spec(kind)
    names = list(spec.names) if columns is None else list(columns)
    check_columns(kind, names)
    table = CURRENT[kind]
    query = sa.select(table.c.record_id, *(table.c[name] for name in names), table.c.n_heads)
    columns_of = [_Column(spec[name], profile) for name in names]
    index: list[str] = []
    heads: list[int] = []
    if where is None:
        batches = _batches(connection, query.order_by(table.c.record_id))
    else:  # sorted below: sorted here, SQLite walks all rows rather than use an index
        batches = (connection.execute(query.where(one)).all() for one in where)
    with uncollected() if where is None else nullcontext(), legible():
        for batch in filter(None, batches):
            first, *middle, last = zip(*batch, strict=True)
            index.extend(first)
            heads.extend(last)
            for column, values in zip(columns_of, middle, strict=True):
                column.take(values)
        data = {name: c.done() for name, c in zip(names, columns_of, strict=True)}
        data["n_heads"] = pd.array(np.asarray(heads, dtype="int64"), dtype="Int64")
        made = pd.DataFrame(data, index=pd.Index(index, dtype="str", name="record_id"))
        return made if where is None else made.sort_index()


def check_columns(kind: str, names: Sequence[str]) -> None:
    """Refuse fields that a kind of record does not have.

    Raises
    ------
    DataError
        If `kind` or one of `names` is not in the spec.
    """
    spec = _spec(kind)
    unknown = [name for name in names if name not in spec.names]
    if unknown:
        raise DataError(
            zh=f"`columns` 中有 {len(unknown)} 个字段不在 {kind} 的字段表中: {', '.join(unknown[:3])}。",
            en=f"`columns` names {len(unknown)} field(s) that a {kind} does not have: "
            f"{', '.join(unknown[:3])}.",
        )


def _spec(kind: str) -> Any:
    if kind not in RECORD_SPECS:
        raise DataError(
            zh=f"`kind` 须为 {', '.join(RECORD_SPECS)} 之一。",
            en=f"`kind` must be one of {', '.join(RECORD_SPECS)}.",
        )
    return RECORD_SPECS[kind]


def _batches(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Sequence[Any]]:
    """Fetch plain tuples: SQLAlchemy's row objects cost half as much again."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(query.compile(connection.engine)))
        while batch := cursor.fetchmany(_BATCH):
            yield batch
    finally:
        cursor.close()


class _Column:
    """One column in the making: batches of database values in, one typed array out."""

    def __init__(self, field: FieldSpec, profile: Profile) -> None:
        self._field = field
        self._coded = (
            bool(field.choices) or field.type == "reference" or field.name == "grid_id"
        )
        known = list(known_codes(field, profile)) if field.choices else []
        self._codes: dict[Any, int] = {None: -1, **{code: i for i, code in enumerate(known)}}
        self._parts: list[Any] = []

    def take(self, values: Sequence[Any]) -> None:
        """Add one batch."""
        if self._coded or self._field.type == "date":
            codes = self._codes
            fresh: Iterable[Any] = set(values) - codes.keys()
            for value in sorted(fresh) if self._field.choices else fresh:
                codes[value] = len(codes) - 1
            part: Any = np.fromiter(
                map(codes.__getitem__, values), dtype="int32", count=len(values)
            )
        elif self._field.type in {"integer", "number", "yes_no"}:
            part = np.array(values, dtype="float64")
        else:
            part = values
        self._parts.append(part)

    def done(self) -> Any:
        """Give the array in the dtype of the spec."""
        kind = self._field.type
        if self._coded:
            return self._categories()
        if kind == "date":
            return self._dates()
        if kind in {"integer", "number", "yes_no"}:
            numbers = np.concatenate([np.empty(0), *self._parts])
            return _nullable(numbers, kind)
        words = [word for part in self._parts for word in part]
        return pd.array(words, dtype="str")

    def _whole(self) -> np.ndarray:
        return np.concatenate([np.empty(0, dtype="int32"), *self._parts])

    def _categories(self) -> pd.Categorical:
        labels = [code for code in self._codes if code is not None]
        if self._field.choices and self._field.type == "one_of":
            return pd.Categorical.from_codes(
                self._whole(), categories=pd.Index(labels, dtype="str")
            )
        order = np.argsort(np.asarray(labels, dtype="U")) if labels else np.empty(0, dtype=int)
        rank = np.empty(len(labels) + 1, dtype="int32")
        rank[order] = np.arange(len(labels), dtype="int32")
        rank[-1] = -1
        used = self._whole()
        sorted_labels = pd.Index([labels[i] for i in order], dtype="str")
        made = pd.Categorical.from_codes(rank[used], categories=sorted_labels)
        return made if not self._field.choices else made.remove_unused_categories()

    def _dates(self) -> np.ndarray:
        labels = ["NaT" if value is None else value for value in self._codes]
        days = np.asarray(labels, dtype="datetime64[D]").astype("datetime64[s]")
        # position 0 holds "no date", whose code is -1
        dated: np.ndarray = days[self._whole() + 1]
        return dated


def _nullable(numbers: np.ndarray, kind: str) -> Any:
    if kind == "number":
        return numbers
    missing = np.isnan(numbers)
    whole = np.where(missing, 0, numbers)
    if kind == "yes_no":
        return pd.arrays.BooleanArray(whole.astype(bool), missing)
    return pd.arrays.IntegerArray(whole.astype("int64"), missing)


def history(connection: sa.Connection, record_id: str) -> pd.DataFrame:
    """List all revisions of one record; see `Store.history`."""
    columns = [c for c in REVISION.columns if c.name not in {"record_id", "prev", "hash"}]
    rows = connection.execute(
        sa.select(*columns).where(REVISION.c.record_id == record_id)
    ).all()
    with legible():
        rows = in_order(rows)
    names = [column.name for column in columns]
    made = pd.DataFrame(rows, columns=names).set_index("rev_id")
    texts = [name for name in names if name not in {"rev_id", "seq"}]
    with legible():
        return made.astype({**dict.fromkeys(texts, "str"), "seq": "int64"})


def conflicts(connection: sa.Connection) -> pd.DataFrame:
    """List the records with more than one head; see `Store.conflicts`."""
    several = (
        sa.select(HEAD.c.record_id, sa.func.count().label("n_heads"))
        .group_by(HEAD.c.record_id)
        .having(sa.func.count() > 1)
        .subquery()
    )
    rows = connection.execute(
        sa.select(several.c.record_id, sa.func.max(REVISION.c.kind), several.c.n_heads)
        .join(REVISION, REVISION.c.record_id == several.c.record_id)
        .group_by(several.c.record_id, several.c.n_heads)
        .order_by(several.c.record_id)
    ).all()
    made = pd.DataFrame(rows, columns=["record_id", "kind", "n_heads"])
    with legible():
        made = made.astype({"record_id": "str", "kind": "str", "n_heads": "int64"})
    return made.set_index("record_id")
