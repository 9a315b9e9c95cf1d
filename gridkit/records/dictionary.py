"""The data dictionary: every field, in words, generated from the spec.

`data/dictionary.md` is its printed form; a test fails when the two differ. To write it
anew: `python3 start.py python -m gridkit.records.dictionary data/dictionary.md`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from gridkit.records.field import FieldSpec
from gridkit.records.spec import RECORD_SPECS

_TYPES = {
    "text": "文字 text",
    "integer": "整数 integer",
    "number": "数字 number",
    "date": "日期 date",
    "one_of": "单选 one of",
    "many_of": "多选 many of",
    "yes_no": "是/否 yes/no",
    "reference": "记录编号 record id",
    "references": "多个记录编号 record ids",
    "photo": "照片 photo",
}
_SENSITIVITY = {
    "open": "可统计 open",
    "desk": "仅限办公 desk",
    "free_text": "原话, 不外传 free text",
}


def dictionary() -> pd.DataFrame:
    """List every field of every kind of record.

    Returns
    -------
    DataFrame of str, indexed by (kind, field)
        label_zh, label_en, type, choices, required, relevant (XPath), unit, sensitivity,
        purpose_zh, purpose_en.

    Examples
    --------
    >>> dictionary().loc[("concern", "harm"), "label_zh"]
    '损害程度'
    """
    rows = [
        (spec.kind, f.name, *_row(f)) for spec in RECORD_SPECS.values() for f in spec.fields
    ]
    names = ["kind", "field", "label_zh", "label_en", "type", "choices", "required"]
    names += ["relevant", "unit", "sensitivity", "purpose_zh", "purpose_en"]
    return pd.DataFrame(rows, columns=names, dtype="str").set_index(["kind", "field"])


def _row(field: FieldSpec) -> tuple[str, ...]:
    if isinstance(field.choices, str):
        choices = f"表 {field.choices}"
    else:
        choices = ", ".join(f"{code} {zh}" for code, zh, _ in field.choices)
    required = "必填" if field.required else ""
    if field.required and field.relevant is not None:
        required = "适用时必填"
    return (
        field.zh,
        field.en,
        _TYPES[field.type],
        choices,
        required,
        field.relevant.xpath() if field.relevant is not None else "",
        field.unit,
        _SENSITIVITY[field.sensitivity],
        field.purpose_zh,
        field.purpose_en,
    )


def markdown() -> str:
    """Print the data dictionary as Markdown, one table per kind of record."""
    head = [
        "# 数据字典 · Data dictionary",
        "",
        "由 `gridkit/records/spec.py` 生成, 请勿手改。 Generated from the spec; do not edit.",
        "没有姓名、电话、证件号等字段: 记的是事, 不是人。 "
        "There is no field for a name, a telephone or an identity number: the matter, never the person.",
    ]
    table = dictionary()
    for spec in RECORD_SPECS.values():
        head += ["", f"## {spec.zh} {spec.en} (`{spec.kind}`)", ""]
        head += ["| 字段 | 名称 | 类型 | 选项 | 必填 | 何时适用 | 单位 | 范围 | 用途 |"]
        head += ["|---|---|---|---|---|---|---|---|---|"]
        for name, row in table.loc[spec.kind].iterrows():
            cells = [f"`{name}`", f"{row.label_zh} {row.label_en}", row.type, row.choices]
            cells += [row.required, f"`{row.relevant}`" if row.relevant else "", row.unit]
            cells += [row.sensitivity, f"{row.purpose_zh} · {row.purpose_en}"]
            head.append("| " + " | ".join(str(c).replace("|", "\\|") for c in cells) + " |")
    return "\n".join(head) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8", newline="\n")
