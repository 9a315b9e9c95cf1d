"""The tables of a data package: of a ledger, from the spec; of a map that was released."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridkit.exchange.data_package import PackageTable
from gridkit.records.field import NONE_CODE, RECORD_ID, FieldSpec, RecordSpec
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.validate import known_codes

if TYPE_CHECKING:
    from gridkit.profile import Profile

_TYPES = {"integer": "integer", "number": "number", "date": "date", "yes_no": "boolean"}
_ID = {
    "name": "record_id",
    "type": "string",
    "title": "记录编号",
    "titleEn": "Record id",
    "description": "台账中的编号 · number in the ledger",
    "constraints": {"required": True, "unique": True, "pattern": RECORD_ID.pattern},
}


def ledger_tables(frames: Mapping[str, pd.DataFrame], profile: Profile) -> list[PackageTable]:
    """Give the current state of a ledger as tables: a kind of record each, and the codes.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        By kind, as `Store.frame` gives them.
    profile : Profile
        The labels of the codes.

    Returns
    -------
    list of PackageTable
        What people typed in their own words (summaries, notes, reasons, addresses, numbers
        of other offices) is not in them; the places are as exact as they were taken, so they
        are for the desk. A reference is declared a foreign key unless what it refers to
        was withdrawn.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> made = ledger_tables({}, load_profile())
    >>> [table.name for table in made]
    ['codes']
    """
    tables = [
        _of_kind(spec, frames, profile) for kind, spec in RECORD_SPECS.items() if kind in frames
    ]
    return [*tables, _codes(profile)]


def packed(field: FieldSpec) -> bool:
    """Tell whether a field is part of a package: all but what people typed in words."""
    return field.sensitivity == "open" or field.type == "number"


def _of_kind(
    spec: RecordSpec, frames: Mapping[str, pd.DataFrame], profile: Profile
) -> PackageTable:
    frame = frames[spec.kind]
    fields = [field for field in spec.fields if packed(field)]
    rows = frame.reset_index(names="record_id")[["record_id", *(f.name for f in fields)]]
    keys: dict[str, Any] = {"primaryKey": ["record_id"]}
    foreign = [
        {
            "fields": [field.name],
            "reference": {
                "resource": "" if field.refers == spec.kind else field.refers,
                "fields": ["record_id"],
            },
        }
        for field in fields
        if field.type == "reference" and _resolves(frame[field.name], frames.get(field.refers))
    ]
    if foreign:
        keys["foreignKeys"] = foreign
    described = [_ID, *(_described(field, rows[field.name], profile) for field in fields)]
    return PackageTable(spec.kind, f"{spec.zh} {spec.en}", rows, described, keys)


def _resolves(column: pd.Series, target: pd.DataFrame | None) -> bool:
    return target is not None and bool(column.dropna().isin(target.index).all())


def _described(field: FieldSpec, column: pd.Series, profile: Profile) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": field.name,
        "type": _TYPES.get(field.type, "string"),
        "title": field.zh,
        "titleEn": field.en,
        "description": f"{field.purpose_zh} · {field.purpose_en}",
    }
    if field.unit:
        made["unit"] = field.unit
    bounds: dict[str, Any] = {"minimum": field.minimum, "maximum": field.maximum}
    limits = {name: value for name, value in bounds.items() if value is not None}
    if field.required and field.relevant is None:
        limits["required"] = True
    if field.shape is not None:
        limits["pattern"] = field.shape.pattern
    if field.choices:
        limits |= _allowed(field, column, profile)
    return {**made, "constraints": limits} if limits else made


def _allowed(field: FieldSpec, column: pd.Series, profile: Profile) -> dict[str, Any]:
    """Give the codes of the profile, and those that older records hold."""
    held = column.dropna().astype("str").unique()
    codes = list(known_codes(field, profile))
    if field.type == "one_of":
        return {"enum": list(dict.fromkeys([*codes, *sorted(held)]))}
    words = dict.fromkeys([*codes, *(one for text in sorted(held) for one in text.split())])
    one = "|".join(re.escape(code) for code in words if code != NONE_CODE)
    return {"pattern": f"^({NONE_CODE}|({one})( ({one}))*)$"}


def _codes(profile: Profile) -> PackageTable:
    rows = [
        (spec.kind, field.name, code, zh, en)
        for spec in RECORD_SPECS.values()
        for field in spec.fields
        if field.choices and packed(field)
        for code, zh, en in _named(field, profile)
    ]
    heads = {
        "table": ("表", "Table"),
        "field": ("字段", "Field"),
        "code": ("代码", "Code"),
        "label": ("名称", "Label in Chinese"),
        "label_en": ("英文名称", "Label in English"),
    }
    fields = [
        {"name": name, "type": "string", "title": zh, "titleEn": en}
        for name, (zh, en) in heads.items()
    ]
    frame = pd.DataFrame(rows, columns=list(heads), dtype="str")
    return PackageTable(
        "codes", "代码表 codes", frame, fields, {"primaryKey": ["table", "field", "code"]}
    )


def _named(field: FieldSpec, profile: Profile) -> list[tuple[str, str, str]]:
    if isinstance(field.choices, str):
        return [(c.code, c.zh, c.en) for c in profile.choices(field.choices)]
    return list(field.choices)


_LAYERS = {"网格": "grid", "村居": "village", "乡镇": "township"}


def released_tables(
    tables: Mapping[str, pd.DataFrame], words: pd.DataFrame
) -> list[PackageTable]:
    """Give the tables of a map that was released, without shapes and places.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        From `maps.layer_tables.shared_tables`: its refusal of what is not in the register
        is what keeps other counts out.
    words : DataFrame
        From `maps.layer_tables.dictionary`.

    Returns
    -------
    list of PackageTable
        网格, 村居 and 乡镇, as far as they were released.
    """
    return [
        _released(layer, tables[layer], words[words["图层"] == layer].set_index("字段"))
        for layer in _LAYERS
        if layer in tables
    ]


def _released(layer: str, table: pd.DataFrame, said: pd.DataFrame) -> PackageTable:
    rows = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).reset_index()
    key = str(rows.columns[0])
    fields = [
        {
            "name": name,
            "type": _type_of(rows[name]),
            "title": name,
            "titleEn": said.loc[name, "English"],
            "description": said.loc[name, "含义"],
            **({"unit": said.loc[name, "单位"]} if said.loc[name, "单位"] else {}),
            **({"constraints": {"required": True, "unique": True}} if name == key else {}),
        }
        for name in rows.columns
    ]
    return PackageTable(_LAYERS[layer], layer, rows, fields, {"primaryKey": [key]})


def _type_of(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_float_dtype(column) else "string"
