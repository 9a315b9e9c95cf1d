"""Frictionless data packages: tables as CSV, each with its schema, in one folder or zip.

`datapackage.json` says of every column what it is (type, constraints, unit, words in Chinese
and English), which column refers to which, what is missing, whose data it is, as of which
day, for whom, and the SHA-256 and size of each file. What the tables are of is another
module's matter: `ledger_tables` gives those of a ledger, `released_tables` those of a map
that was released.

References
----------
Data Package and Table Schema, v1. https://specs.frictionlessdata.io
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from gridkit.errors import StoreError
from gridkit.exchange.escaping import escape_formula
from gridkit.exchange.output import put_bytes

DESCRIPTOR = "datapackage.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of each file in a zip: the same data are the same bytes
_DICTIONARY = {
    "table": ("表", "table"),
    "field": ("字段", "field"),
    "title": ("名称", "title in Chinese"),
    "title_en": ("英文名称", "title in English"),
    "type": ("类型", "type"),
    "unit": ("单位", "unit"),
    "description": ("用途", "what it is for"),
}


class PackageTable(NamedTuple):
    """A table of a package.

    Attributes
    ----------
    name : str
        Its file is ``name.csv``: small ASCII letters, digits, ``-``, ``_``.
    title : str
        In words.
    rows : DataFrame
        Its columns are those of `fields`, in that order; the index is not written.
    fields : list of dict
        Table Schema field descriptors.
    keys : dict
        ``primaryKey`` and ``foreignKeys`` of Table Schema.
    """

    name: str
    title: str
    rows: pd.DataFrame
    fields: list[dict[str, Any]]
    keys: dict[str, Any]


class About(NamedTuple):
    """Whose data it is, as of which day, for whom (``desk`` or ``shared``), and what it says."""

    county: str
    county_code: str
    on: dt.date
    audience: str
    title: str
    invented: bool = False


def write_package(tables: Sequence[PackageTable], path: str | Path, about: About) -> Path:
    """Write tables, their dictionary and their description.

    Parameters
    ----------
    tables : sequence of PackageTable
    path : str or Path
        A ``.zip``, replaced if it exists, or a folder, which must not exist yet. What is for
        the desk can be read by its owner only.
    about : About

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    StoreError
        If it cannot be written; half of it is never there.
    """
    path = Path(path)
    every = [*tables, _dictionary(tables)]
    files = {f"{table.name}.csv": _csv(table) for table in every}
    described = _descriptor(every, files, about)
    text = json.dumps(described, ensure_ascii=False, indent=1, allow_nan=False)
    files = {DESCRIPTOR: text.encode(), **files}
    if path.suffix.lower() == ".zip":
        put_bytes(path, _zipped(files))
        if about.audience != "desk":
            path.chmod(0o644)
    else:
        _put_folder(path, files, own=about.audience == "desk")
    return path


def _descriptor(
    tables: Sequence[PackageTable], files: Mapping[str, bytes], about: About
) -> dict[str, Any]:
    desk = about.audience == "desk"
    whom = "内部使用, 不得外传" if desk else "可对外, 小数已隐去"
    mark = "【虚构数据】" if about.invented else ""
    return {
        "profile": "tabular-data-package",
        "name": f"gridkit-{about.county_code}-{about.on:%Y%m%d}-{about.audience}",
        "title": f"{mark}{about.title} ({whom})",
        "description": f"{about.county} ({about.county_code}), 截至 {about.on}。{whom}。 "
        + ("For the office's own desk only." if desk else "Small counts are hidden."),
        "audience": about.audience,
        "created": f"{about.on.isoformat()}T00:00:00+08:00",
        "licenses": [
            {"name": "other-closed", "title": whom} if desk else {"name": "notspecified"}
        ],
        "sources": [{"title": f"{about.county} 本机台账 / the ledger of this machine"}],
        "resources": [_resource(table, files[f"{table.name}.csv"]) for table in tables],
    }


def _resource(table: PackageTable, data: bytes) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": table.title,
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "schema": {"fields": table.fields, "missingValues": [""], **table.keys},
    }


def _dictionary(tables: Sequence[PackageTable]) -> PackageTable:
    rows = [
        (
            table.name,
            field["name"],
            field.get("title", ""),
            field.get("titleEn", ""),
            field["type"],
            field.get("unit", ""),
            field.get("description", ""),
        )
        for table in tables
        for field in table.fields
    ]
    fields = [
        {"name": name, "type": "string", "title": zh, "titleEn": en}
        for name, (zh, en) in _DICTIONARY.items()
    ]
    keys = {"primaryKey": ["table", "field"]}
    frame = pd.DataFrame(rows, columns=list(_DICTIONARY), dtype="str")
    return PackageTable("dictionary", "数据字典 data dictionary", frame, fields, keys)


def _csv(table: PackageTable) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([field["name"] for field in table.fields])
    columns = [_texts(table.rows[field["name"]], field["type"]) for field in table.fields]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue().encode()


def _texts(column: pd.Series, kind: str) -> list[str]:
    given = column.notna().tolist()
    if kind == "date":
        texts = column.dt.strftime("%Y-%m-%d").astype("object").tolist()
    elif kind == "boolean":
        texts = [str(value).lower() for value in column.tolist()]
    else:
        texts = [str(value) for value in column.astype("object").tolist()]
    if kind == "string":
        texts = [escape_formula(text) for text in texts]
    return [text if there else "" for text, there in zip(texts, given, strict=True)]


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _put_folder(path: Path, files: Mapping[str, bytes], *, own: bool) -> None:
    if path.exists():
        raise StoreError(
            zh=f"{path.name} 已存在, 不会覆盖; 请换一个文件夹名, 或用 .zip。",
            en=f"{path.name} exists and is not overwritten; name another folder, or a .zip.",
        )
    draft: Path | None = None
    try:
        draft = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        for name, data in files.items():
            put_bytes(draft / name, data)
            (draft / name).chmod(0o600 if own else 0o644)
        draft.chmod(0o700 if own else 0o755)
        draft.rename(path)
    except OSError as fault:
        raise StoreError(
            zh=f"{path.name} 未能写入 ({fault.strerror}); 请检查写权限和剩余空间。",
            en=f"{path.name} was not written: {fault.strerror}.",
        ) from None
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
