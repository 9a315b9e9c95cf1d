"""The ledger as a CSV: opened right by Excel in China, run by no spreadsheet, read back here.

Chinese headings and labels, written by `csv_table`: what it puts before a formula or behind
a long number, the import takes away again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.exchange.cells import folded
from gridkit.exchange.codes import code_words
from gridkit.exchange.csv_table import write_csv
from gridkit.exchange.mapping import Mapping, parse_mapping
from gridkit.records.spec import CONCERN, FieldSpec

if TYPE_CHECKING:
    from gridkit.profile import Profile

ID_HEADING = "记录编号"
_SPLIT = "、"
_FIELDS = tuple(f for f in CONCERN.fields if f.name != "visit_id" and f.type != "photo")


def write_concerns(
    concerns: pd.DataFrame, path: str | Path, profile: Profile, *, plain: bool = False
) -> None:
    """Write concerns as a CSV for people, that `import_concerns` can read back.

    Parameters
    ----------
    concerns : DataFrame indexed by record id
        As `Store.frame("concern")` gives it. All its fields but the reference to the visit
        and the photo are written, free text and places too: this is a copy of the ledger for the same
        desk, not for publication.
    path : str or Path
        Replaced if it exists; there whole or not at all. Only its owner may read it
        (mode 0600): it holds free text.
    profile : Profile
        The labels of the codes. A code whose label would not be understood on the way back
        (it stands for two codes, or the profile lacks it) is written as it is.
    plain : bool
        For a program: see `csv_table.write_csv`.

    Raises
    ------
    StoreError
        If the file cannot be written (StoreFullError if the disk is full).
    """
    columns = {field.zh: _cells(concerns, field, profile) for field in _FIELDS}
    table = pd.DataFrame(columns, index=concerns.index)
    table.insert(0, ID_HEADING, concerns.index.astype("str"))
    write_csv(table, path, plain=plain)


def ledger_mapping() -> Mapping:
    """Give the mapping by which `import_concerns` reads what `write_concerns` wrote.

    Records keep their ids, so that a copy of the ledger adds nothing to the ledger itself.

    Returns
    -------
    Mapping
        For all fields but the reference to the visit.
    """
    return parse_mapping(
        {
            "source": {"system": "gridkit", "title": "gridkit 台账 / ledger"},
            "file": {"kind": "csv", "separator": ",", "header": 1, "escaped": True},
            "columns": {"record_id": ID_HEADING, **{f.name: f.zh for f in _FIELDS}},
            "place": {"datum": "wgs84"},
            "split": {f.name: _SPLIT for f in _FIELDS if f.type == "many_of"},
        }
    )


def _cells(concerns: pd.DataFrame, field: FieldSpec, profile: Profile) -> pd.Series:
    """Give a field as it is written: labels for codes, all else as it is."""
    if field.name not in concerns:
        return pd.Series(None, index=concerns.index, dtype="str")
    column = concerns[field.name]
    if not field.choices:
        return column
    told = pd.Series(_labels(concerns, field, profile), index=concerns.index, dtype="str")
    return told.where(column.notna())


def _labels(concerns: pd.DataFrame, field: FieldSpec, profile: Profile) -> list[str]:
    words = code_words(field, profile)
    labels = dict(_named(field, profile))

    def label(code: str, parent: str) -> str:
        zh = labels.get(code, code)
        understood = words.get((parent, folded(zh))) or words.get(("", folded(zh)))
        return zh if understood == code and not set(zh) & {_SPLIT, "\n"} else code

    codes = concerns[field.name].astype("str").fillna("")
    if field.type == "many_of":
        told = {
            text: _SPLIT.join(label(code, "") for code in text.split())
            for text in codes.unique()
        }
        return [told[text] for text in codes]
    if field.parent is None or field.parent not in concerns:
        return [label(code, "") for code in codes]
    parents = concerns[field.parent].astype("str").fillna("")
    return [label(code, parent) for code, parent in zip(codes, parents, strict=True)]


def _named(field: FieldSpec, profile: Profile) -> list[tuple[str, str]]:
    if isinstance(field.choices, str):
        return [(c.code, c.zh) for c in profile.choices(field.choices)]
    return [(code, zh) for code, zh, _ in field.choices]
