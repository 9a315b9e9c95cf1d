"""All revisions of many records, read in a few queries."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import sqlalchemy as sa

from gridkit.records.references import chunks
from gridkit.records.tables import REVISION


def read_histories(connection: sa.Connection, record_ids: Iterable[str]) -> pd.DataFrame:
    """List the revisions of some records; see `Store.histories`."""
    columns = [c for c in REVISION.columns if c.name not in {"prev", "hash"}]
    names = [column.name for column in columns]
    rows = [
        tuple(row)
        for some in chunks(list(dict.fromkeys(record_ids)))
        for row in connection.execute(sa.select(*columns).where(REVISION.c.record_id.in_(some)))
    ]
    made = pd.DataFrame(rows, columns=names)
    texts = [name for name in names if name != "seq"]
    made = made.astype({**dict.fromkeys(texts, "str"), "seq": "int64"})
    return made.sort_values(["record_id", "recorded_at", "rev_id"]).set_index("rev_id")
