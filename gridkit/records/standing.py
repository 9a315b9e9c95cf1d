"""Records as they stand: read back from the revisions that prove themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from gridkit.records.bulk import chunks
from gridkit.records.database import IllegibleError, legible
from gridkit.records.models import MODELS, Record
from gridkit.records.projection import leading
from gridkit.records.revision import proved
from gridkit.records.tables import HEAD, REVISION


class Current(NamedTuple):
    """A record as it stands, and the heads that a change of it must name as parents."""

    record: Record
    heads: tuple[str, ...]


def record_of(row: Mapping[Any, Any]) -> Record:
    """Read the record that a row of the table `revision` holds.

    It was checked when it was written, and its hash shows that it is as it was: the rules
    of today, which may be stricter, are not asked again.

    Raises
    ------
    IllegibleError
        If the row does not fit its hash, or is of a kind that is not known.
    """
    revision = proved(row)
    if revision is None or revision.kind not in MODELS:
        raise IllegibleError
    model, content = MODELS[revision.kind], revision.content
    with legible():
        answers: dict[str, Any] = {
            f.name: date.fromisoformat(content[f.name]) if f.type == "date" else content[f.name]
            for f in model.spec.fields
            if content.get(f.name) is not None
        }
    return model.model_construct(record_id=revision.record_id, **answers)


def read_current(connection: sa.Connection, record_ids: Iterable[str]) -> dict[str, Current]:
    """Read records with their heads; see `Store.current`."""
    heads: dict[str, list[Any]] = {}
    for some in chunks(list(dict.fromkeys(record_ids))):
        for row in connection.execute(
            sa.select(REVISION)
            .join(HEAD, HEAD.c.rev_id == REVISION.c.rev_id)
            .where(REVISION.c.record_id.in_(some))
        ):
            heads.setdefault(row.record_id, []).append(row)
    found = {}
    for record_id, of_one in heads.items():
        shown = leading(of_one)
        if shown is not None:
            record = record_of(shown._mapping)
            found[record_id] = Current(record, tuple(sorted(h.rev_id for h in of_one)))
    return found


def standing_beside(
    connection: sa.Connection, record_id: str, parents: Collection[str]
) -> bool:
    """Tell whether a record has another head than `parents`, one that does not withdraw it."""
    heads = connection.execute(
        sa.select(REVISION.c.rev_id, REVISION.c.op)
        .join(HEAD, HEAD.c.rev_id == REVISION.c.rev_id)
        .where(HEAD.c.record_id == record_id)
    )
    return any(row.op != "withdraw" and row.rev_id not in parents for row in heads)
