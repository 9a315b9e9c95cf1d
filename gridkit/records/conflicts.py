"""Conflicts: one record changed apart by two people, both versions side by side.

Nothing here decides. `versions` and `differences` show what each of them wrote; `resolve`
writes down what a person chose, as a revision that follows all heads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from gridkit.errors import DataError
from gridkit.records.bulk import chunks
from gridkit.records.models import MODELS, Record
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.standing import record_of
from gridkit.records.tables import HEAD, REVISION

if TYPE_CHECKING:
    from gridkit.records.store import Store
    from gridkit.records.writer import Receipt


class Version(NamedTuple):
    """One head of a record: what it says, and who wrote it (a role), when, on which day, why.

    `record` is None where this head withdraws the record.
    """

    rev_id: str
    record: Record | None
    by_role: str
    recorded_at: str
    local_date: str
    why: str


def versions(store: Store, record_id: str) -> tuple[Version, ...]:
    """Give the heads of a record: one where there is no conflict, none where it is not there.

    Parameters
    ----------
    store : Store
    record_id : str

    Returns
    -------
    tuple of Version
        The earliest first.
    """
    return _versions(store, [record_id]).get(record_id, ())


def _versions(store: Store, record_ids: Sequence[str]) -> dict[str, tuple[Version, ...]]:
    found: dict[str, list[Version]] = {}
    with store.reading() as connection:
        for some in chunks(record_ids):
            query = (
                sa.select(REVISION)
                .join(HEAD, HEAD.c.rev_id == REVISION.c.rev_id)
                .where(HEAD.c.record_id.in_(some))
                .order_by(REVISION.c.recorded_at, REVISION.c.rev_id)
            )
            for row in connection.execute(query):
                record = None if row.op == "withdraw" else record_of(row._mapping)
                found.setdefault(row.record_id, []).append(
                    Version(
                        row.rev_id,
                        record,
                        row.by_role,
                        row.recorded_at,
                        row.local_date,
                        row.why,
                    )
                )
    return {record_id: tuple(of_one) for record_id, of_one in found.items()}


def differences(heads: Sequence[Version]) -> pd.DataFrame:
    """List the fields in which versions of one record differ.

    Parameters
    ----------
    heads : sequence of Version
        As `versions` gives them.

    Returns
    -------
    DataFrame indexed by field name
        One column per version that does not withdraw the record, named by its `rev_id`: the
        answers as JSON values, None where there is none. Empty where all say the same.
    """
    said = {one.rev_id: one.record.body() for one in heads if one.record is not None}
    kinds = [type(one.record).spec for one in heads if one.record is not None]
    names = kinds[0].names if kinds else ()
    rows = {
        name: [body.get(name) for body in said.values()]
        for name in names
        if any(
            body.get(name) != other.get(name)
            for body in said.values()
            for other in said.values()
        )
    }
    made = pd.DataFrame.from_dict(rows, orient="index", columns=list(said), dtype="object")
    return made.rename_axis("field")


def resolve(
    store: Store,
    record_id: str,
    chosen: Mapping[str, str],
    *,
    base: str,
    by_role: str,
    why: str,
) -> Receipt:
    """Write down how a person settled a conflict; all heads are followed by one.

    Parameters
    ----------
    store : Store
    record_id : str
    chosen : mapping of str to str
        By field name the `rev_id` of the version whose answer holds; all other fields are
        taken from `base`.
    base : str
        The `rev_id` of a version. Where that one withdraws the record, so does this.
    by_role, why : str
        As for `Store.revise`.

    Returns
    -------
    Receipt
        After COMMIT.

    Raises
    ------
    DataError
        If `base` or a chosen version is no head of the record, or a field is none of it.
    RecordError
        If the record that was put together breaks a rule; nothing was written.
    """
    heads = {one.rev_id: one for one in versions(store, record_id)}
    _need_heads([base, *chosen.values()], heads)
    shown = heads[base].record
    if shown is None:
        return store.withdraw(record_id, parents=heads, by_role=by_role, why=why)
    values = {name: getattr(shown, name) for name in type(shown).spec.names}
    for name, rev_id in chosen.items():
        if name not in values:
            raise DataError(
                zh=f"`chosen` 中的 {name} 不是这条记录的字段。",
                en=f"`chosen` names {name}, which is no field of this record.",
            )
        other = heads[rev_id].record
        values[name] = None if other is None else getattr(other, name)
    merged = _made(shown, values)
    return store.revise(merged, parents=heads, by_role=by_role, why=why)


def _made(shown: Record, values: Mapping[str, Any]) -> Record:
    kind = type(shown).spec.kind
    given = {name: value for name, value in values.items() if value is not None}
    return MODELS[kind](record_id=shown.record_id, **given)


def _need_heads(named: Sequence[str], heads: Mapping[str, Version]) -> None:
    if not set(named) <= heads.keys():
        raise DataError(
            zh="所选的版本不是这条记录的当前版本; 请重新打开这条记录再选。",
            en="A chosen version is no head of this record; open the record again, then choose.",
        )


def settle_alike(store: Store, *, by_role: str, why: str) -> int:
    """Settle, by one decision of a person, the conflicts in which all versions say the same.

    Two people who imported the same file, or noted the same follow-up, differ in nothing
    that has to be decided one by one.

    Parameters
    ----------
    store : Store
    by_role, why : str
        As for `Store.revise`.

    Returns
    -------
    int
        How many were settled; those that differ in anything are left to `resolve`.
    """
    listed = _versions(store, list(store.conflicts().index))
    alike = [
        (heads[0].record, tuple(one.rev_id for one in heads))
        for heads in listed.values()
        if heads[0].record is not None and all(one.record == heads[0].record for one in heads)
    ]
    if alike:
        store.add([], revised=alike, by_role=by_role, why=why)
    return len(alike)


def orphans(store: Store) -> pd.DataFrame:
    """List records that refer to one that was withdrawn elsewhere meanwhile.

    Parameters
    ----------
    store : Store

    Returns
    -------
    DataFrame indexed by `record_id`
        kind, field, refers_to: a step, say, of a concern that another device withdrew. A
        person either withdraws these too, or brings the other record back.
    """
    found: list[tuple[str, str, str, str]] = []
    for kind, spec in RECORD_SPECS.items():
        for field in spec.fields:
            if field.refers:
                there = set(store.frame(field.refers, columns=[]).index)
                column = store.frame(kind, columns=[field.name])[field.name].dropna()
                for record_id, text in column.items():
                    lost = set(str(text).split()) - there
                    found += [(str(record_id), kind, field.name, one) for one in sorted(lost)]
    columns = ["record_id", "kind", "field", "refers_to"]
    return pd.DataFrame(found, columns=columns, dtype="str").set_index("record_id")
