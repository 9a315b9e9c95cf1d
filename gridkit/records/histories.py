"""All revisions of many records, read in a few queries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

import pandas as pd
import sqlalchemy as sa

from gridkit.records.bulk import chunks
from gridkit.records.database import legible
from gridkit.records.tables import REVISION


def read_histories(connection: sa.Connection, record_ids: Iterable[str]) -> pd.DataFrame:
    """List the revisions of some records; see `Store.histories`."""
    columns = [c for c in REVISION.columns if c.name not in {"prev", "hash"}]
    names = [column.name for column in columns]
    of_each: dict[str, list[Any]] = {}
    for some in chunks(list(dict.fromkeys(record_ids))):
        query = sa.select(*columns).where(REVISION.c.record_id.in_(some))
        for row in connection.execute(query):
            of_each.setdefault(row.record_id, []).append(row)
    texts = [name for name in names if name != "seq"]
    with legible():
        rows = [tuple(row) for one in sorted(of_each) for row in in_order(of_each[one])]
        made = pd.DataFrame(rows, columns=names)
        made = made.astype({**dict.fromkeys(texts, "str"), "seq": "int64"})
    return made.set_index("rev_id")


def in_order(rows: Sequence[Any]) -> list[Any]:
    """Sort revisions: behind their parents and their device's earlier ones, then by time.

    A clock that was set back cannot turn that round.
    """
    before = {row.rev_id: set(json.loads(row.parents)) for row in rows}
    for one, after in pairwise(sorted(rows, key=lambda row: (row.device, row.seq))):
        if one.device == after.device:
            before[after.rev_id].add(one.rev_id)
    order = TopologicalSorter({rev: before[rev] & before.keys() for rev in before})
    by_rev = {row.rev_id: row for row in rows}
    ready: list[tuple[str, str]] = []
    done: list[Any] = []
    order.prepare()
    while order.is_active():
        for rev_id in order.get_ready():
            heappush(ready, (by_rev[rev_id].recorded_at, rev_id))
        rev_id = heappop(ready)[1]
        done.append(by_rev[rev_id])
        order.done(rev_id)
    return done
