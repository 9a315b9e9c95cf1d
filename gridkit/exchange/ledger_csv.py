"""The ledger as a CSV: opened right by Excel in China, run by no spreadsheet, read back here.

UTF-8 with its mark, Chinese headings and labels. A text that a spreadsheet would take for a
formula gets an apostrophe in front, which the import takes away again.
"""

from __future__ import annotations

import csv
import errno
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.errors import StoreError, StoreFullError, why_os
from gridkit.exchange.cells import folded
from gridkit.exchange.codes import code_words
from gridkit.exchange.escaping import escape_formula
from gridkit.exchange.mapping import Mapping, parse_mapping
from gridkit.records.spec import CONCERN, FieldSpec

if TYPE_CHECKING:
    from gridkit.profile import Profile

ID_HEADING = "记录编号"
_SPLIT = "、"
_FIELDS = tuple(f for f in CONCERN.fields if f.name != "visit_id" and f.type != "photo")


def write_concerns(concerns: pd.DataFrame, path: str | Path, profile: Profile) -> None:
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

    Raises
    ------
    StoreError
        If the file cannot be written (StoreFullError if the disk is full).
    """
    columns = [[escape_formula(str(label)) for label in concerns.index]]
    columns += [_texts(concerns, field, profile) for field in _FIELDS]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([ID_HEADING, *(f.zh for f in _FIELDS)])
    writer.writerows(zip(*columns, strict=True))
    put_bytes(Path(path), out.getvalue().encode("utf-8-sig"))


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


def _texts(concerns: pd.DataFrame, field: FieldSpec, profile: Profile) -> list[str]:
    if field.name not in concerns:
        return [""] * len(concerns)
    column = concerns[field.name]
    given = column.notna().to_numpy()
    if field.type == "date":
        texts = column.dt.strftime("%Y-%m-%d").tolist()
    elif field.choices:
        texts = _labels(concerns, field, profile)
    else:
        texts = [str(value) for value in column.tolist()]
        if field.type in {"text", "reference"}:
            texts = [escape_formula(text) for text in texts]
    return [text if there else "" for text, there in zip(texts, given, strict=True)]


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


def put_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, for its owner only."""
    draft: Path | None = None
    try:
        # made by mkstemp: nobody but its owner may read it (0600), before a word is in it
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except OSError as fault:
        if draft is not None:
            draft.unlink(missing_ok=True)
        kind = StoreFullError if fault.errno == errno.ENOSPC else StoreError
        raise kind(
            en=f"{path.name} was not written: {fault.strerror}; what was there before is kept.",
            zh=f"{path.name} 未能写入 ({why_os(fault)}); 原有文件未改动。",
        ) from None
