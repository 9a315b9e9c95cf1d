"""What changed from one version of a record to the next, field by field.

The history of a record is a chain of whole versions; a person wants to read only what is
different, with what it was before. Two heads are compared in the same way, so that a
person can choose between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from gridkit.errors import DataError
from gridkit.records.spec import RECORD_SPECS


class Change(NamedTuple):
    """One field that differs between two versions; None stands for no answer."""

    field: str
    before: Any
    after: Any


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], kind: str
) -> tuple[Change, ...]:
    """List the fields in which two versions of a record differ.

    Parameters
    ----------
    before, after : mapping
        Answers by field, as JSON values or as those of a record.
    kind : str
        Kind of record.

    Returns
    -------
    tuple of Change
        In the order of the spec; empty where they say the same.

    Raises
    ------
    DataError
        If there is no such kind.

    Examples
    --------
    >>> changed = differences({"outcome": "met"}, {"outcome": "nobody_home"}, "visit")
    >>> changed[0]
    Change(field='outcome', before='met', after='nobody_home')
    """
    if kind not in RECORD_SPECS:
        raise DataError(
            zh=f"`kind` 须为 {', '.join(RECORD_SPECS)} 之一。",
            en=f"`kind` must be one of {', '.join(RECORD_SPECS)}.",
        )
    return tuple(
        Change(name, before.get(name), after.get(name))
        for name in RECORD_SPECS[kind].names
        if before.get(name) != after.get(name)
    )


def versions(history: pd.DataFrame) -> Iterator[tuple[pd.Series, tuple[Change, ...]]]:
    """Yield each version of a record with what it changed, the oldest first.

    Parameters
    ----------
    history : DataFrame
        From `Store.history`.

    Yields
    ------
    (Series, tuple of Change)
        A row of the history, and the changes against its first parent; the first version,
        and one that withdraws the record, change nothing.
    """
    bodies = {str(i): json.loads(body) for i, body in history["body"].items()}
    for rev_id, row in history.iterrows():
        parents = json.loads(row["parents"])
        if not parents or row["op"] == "withdraw":
            yield row, ()
            continue
        before = bodies.get(parents[0], {})
        yield row, differences(before, bodies[str(rev_id)], str(row["kind"]))
