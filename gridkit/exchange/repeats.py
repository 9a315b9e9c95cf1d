"""Repeats: rows of one file that bear one number, and the ids that rows get from theirs."""

from __future__ import annotations

import uuid

import pandas as pd

from gridkit.errors import Problem
from gridkit.exchange.mapping import Mapping
from gridkit.exchange.table import Fault, RawTable, plain

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "import.gridkit")
"""Never changed: the same row of the same system has the same id in every ledger."""


def record_id(system: str, *parts: str) -> str:
    """Make the id of an imported record (UUID version 5, RFC 9562).

    Parameters
    ----------
    system : str
        The mapping's name of the sending system.
    parts : str
        What tells the record apart there: its number, and the action of a step.

    Returns
    -------
    str
        The same for the same parts, on any machine.

    Examples
    --------
    >>> record_id("hotline", "A-17") == record_id("hotline", "A-17")
    True
    >>> record_id("hotline", "A-17", "closed") == record_id("hotline", "A-17")
    False
    """
    return str(uuid.uuid5(NAMESPACE, "\x1f".join((system, *parts))))


def row_ids(
    answers: pd.DataFrame, raw: RawTable, mapping: Mapping
) -> tuple[pd.Series, tuple[Problem, ...]]:
    """Give each row the id that its concern has in every import of it.

    From the number that the row bears; where it bears none, from what its mapped cells
    hold, counting those that are wholly alike (two neighbors may say the same).

    Returns
    -------
    Series of str on the index of `answers`, and notes
    """
    system = mapping.source.system
    ids = pd.Series(index=answers.index, dtype="str")
    if "external_id" in answers:
        own = answers["external_id"].dropna()
        ids.loc[own.index] = [record_id(system, number) for number in own]
    if "record_id" in answers:
        own = answers["record_id"].dropna()
        ids.loc[own.index] = own
    bare = ids.index[ids.isna()]
    if len(bare) == 0:
        return ids, ()
    columns = sorted({(f, plain(c)) for f in mapping.columns for c in mapping.columns_of(f)})
    content = pd.Series("", index=bare, dtype="str")
    for field, column in columns:
        content = content + f"\x1e{field}=" + raw.cells.loc[bare, column].str.strip()
    nth = content.groupby(content).cumcount()
    ids.loc[bare] = [
        record_id(system, "content", text, str(n)) for text, n in zip(content, nth, strict=True)
    ]
    alike = int((nth > 0).sum())
    if not alike:
        return ids, ()
    zh = f"{alike} 行没有编号且与另一行完全相同; 都已保留, 请核对是否重复"
    en = f"{alike} rows have no number and equal another row; all were kept: check for repeats"
    return ids, (Problem("file", "external_id", zh, en),)


def repeat_faults(ids: pd.Series, raw: RawTable, mapping: Mapping) -> list[Fault]:
    """Find rows that bear the number of another row.

    Parameters
    ----------
    ids : Series of str
        Ids of the rows that are without fault.
    raw : RawTable
        To compare what the rows hold, in all columns.
    mapping : Mapping
        Says which of them is kept.

    Returns
    -------
    list of Fault
        One for each row that is not kept: "repeat_identical", or "repeat_differs" with the
        names of the columns in which it differs from the row that is.
    """
    again = ids.duplicated(keep=False)
    if not again.any():
        return []
    names = {plain(name): name for name in raw.names}
    number = ", ".join(mapping.columns_of("external_id") or mapping.columns_of("record_id"))
    # each row beside the one that is kept; where none is, that one beside the next
    of_id = ids[again].index.to_series().groupby(ids[again])
    kept = of_id.transform("last" if mapping.rows.repeated == "keep_last" else "first")
    beside = kept[kept != kept.index]
    if mapping.rows.repeated == "reject_all":
        following = of_id.shift(-1)
        beside = pd.concat([beside, following[kept == kept.index].astype("int64")])
    rows, others = raw.cells.loc[beside.index], raw.cells.loc[beside.to_numpy()]
    unlike = rows.to_numpy(dtype="str") != others.to_numpy(dtype="str")
    labels = [names.get(str(column), str(column)) for column in rows.columns]
    faults = []
    for line, other, differs in zip(beside.index, beside, unlike, strict=True):
        zh, en = f"见第 {other} 行", f"see line {other}"
        if differs.any():
            columns = ", ".join(n for n, at in zip(labels, differs, strict=True) if at)
            zh, en = f"{zh}; 不同的列: {columns}", f"{en}; differing columns: {columns}"
        reason = "repeat_differs" if differs.any() else "repeat_identical"
        faults.append(Fault(int(line), "external_id", number, reason, zh, en))
    return faults
