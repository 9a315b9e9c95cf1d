"""The choices of the phone form: the county's tables, and the way to a grid.

A worker finds the grid in steps, township, village, grid; a step with one answer only is
left out. Few grids are choices of the form; many come as a CSV file beside it
(`grids.csv`), which phones search faster and a county can renew by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from gridkit.errors import Problem
from gridkit.exchange.survey import ANY, EN, YES_NO, ZH, Row, list_name
from gridkit.records.field import GRID_ID, FieldSpec, RecordSpec

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.profile import Profile

MOST_IN_FORM = 100
"""Grids beyond this number come as a file beside the form."""
GRID_FILE = "grids.csv"

_LEVELS = (
    ("township", "township_code", "township_name", "乡镇 (街道)", "Township"),
    ("village", "village_code", "village_name", "村 (社区)", "Village"),
)


class Choices(NamedTuple):
    """Rows of the choices sheet; how many each field has; what cannot be a choice."""

    rows: list[Row]
    sizes: dict[tuple[str, str], int]
    problems: list[Problem]


def field_choices(specs: tuple[RecordSpec, ...], profile: Profile) -> Choices:
    """List the choices of all fields that are asked.

    Parameters
    ----------
    specs : tuple of RecordSpec
        The kinds that the form asks for.
    profile : Profile
        The county's tables.

    Returns
    -------
    Choices
        Each list once, in the order of its table; `parent` is what a cascade hangs on.
    """
    rows: dict[str, list[Row]] = {
        "yes_no": [_row("yes_no", *one) for one in YES_NO],
        ANY: [_row(ANY, "yes", "有", "Yes"), _row(ANY, "no", "没有", "No")],
    }
    sizes: dict[tuple[str, str], int] = {}
    problems: list[Problem] = []
    for spec in specs:
        for field in spec.fields:
            if not field.asked or not field.choices:
                continue
            name = list_name(spec.kind, field)
            rows[name] = list(_of_field(name, field, profile))
            sizes[spec.kind, field.name] = len(rows[name])
            problems += _faults(spec.kind, field, rows[name])
    return Choices([row for listed in rows.values() for row in listed], sizes, problems)


def _of_field(name: str, field: FieldSpec, profile: Profile) -> Iterator[Row]:
    if isinstance(field.choices, str):
        for choice in profile.choices(field.choices):
            parent = {"parent": choice.parent} if field.parent and choice.parent else {}
            yield _row(name, choice.code, choice.zh, choice.en) | parent
    else:
        for code, zh, en in field.choices:
            yield _row(name, code, zh, en)


def _row(name: str, code: str, zh: str, en: str) -> Row:
    return {"list_name": name, "name": code, f"label::{ZH}": zh, f"label::{EN}": en}


def _faults(kind: str, field: FieldSpec, rows: list[Row]) -> Iterator[Problem]:
    """Find what XLSForm cannot take as a choice."""
    codes = [row["name"] for row in rows]
    for code in codes:
        if len(code.split()) != 1:
            zh, en = f"代码含空格: {code!r}", f"a code holds a space: {code!r}"
            yield Problem(kind, field.name, zh, en)
    for code in {code for code in codes if codes.count(code) > 1}:
        yield Problem(kind, field.name, f"代码重复: {code}", f"a code stands twice: {code}")
    for row in rows:
        if not row[f"label::{ZH}"].strip() or not row[f"label::{EN}"].strip():
            zh = f"选项 {row['name']} 缺少中文或英文名称"
            en = f"choice {row['name']} lacks its Chinese or English label"
            yield Problem(kind, field.name, zh, en)


class GridQuestions(NamedTuple):
    """The questions that lead to a grid, their choices, and the file beside the form."""

    survey: list[Row]
    choices: list[Row]
    file: pd.DataFrame | None


def grid_questions(grids: gpd.GeoDataFrame | None, field: FieldSpec) -> GridQuestions:
    """Ask for the grid: by township and village, or typed where there are no grids.

    Parameters
    ----------
    grids : GeoDataFrame or None
        The county's grids.
    field : FieldSpec
        The spec's `grid_id`: its words.

    Returns
    -------
    GridQuestions
    """
    words = {f"label::{ZH}": field.zh, f"label::{EN}": field.en}
    needed = {
        "required": "yes",
        f"required_message::{ZH}": f"请选择“{field.zh}”",
        f"required_message::{EN}": f"Please choose: {field.en}",
    }
    if grids is None:
        typed = {
            "type": "text",
            "name": field.name,
            "appearance": "numbers",
            f"hint::{ZH}": field.help_zh,
            f"hint::{EN}": field.help_en,
            "constraint": f"regex(., '{GRID_ID.pattern}')",
            f"constraint_message::{ZH}": GRID_ID.zh,
            f"constraint_message::{EN}": GRID_ID.en,
        }
        return GridQuestions([typed | words | needed], [], None)
    table = _grid_table(grids)
    survey: list[Row] = []
    choices: list[Row] = []
    above = ""
    for name, code, label, zh, en in _LEVELS:
        parts = table.drop_duplicates(code)
        if len(parts) < 2:
            continue
        survey.append(_level_row(name, zh, en, above) | needed_words(zh, en))
        for part in parts.to_dict("records"):
            hung = {"parent": str(part[f"{above}_code"])} if above else {}
            choices.append(
                _row(name, str(part[code]), str(part[label]), str(part[label])) | hung
            )
        above = name
    outside = len(table) > MOST_IN_FORM
    kind = f"select_one_from_file {GRID_FILE}" if outside else "select_one grid"
    last = {"type": kind, "name": field.name, "appearance": "minimal autocomplete"}
    if above:
        last["choice_filter"] = f"parent = ${{{above}}}"
    survey.append(last | words | needed)
    rows = table.assign(parent=table[f"{above}_code"] if above else "")
    if outside:
        return GridQuestions(survey, choices, rows[["name", "label", "parent"]])
    for one in rows.to_dict("records"):
        hung = {"parent": str(one["parent"])} if above else {}
        choices.append(
            _row("grid", str(one["name"]), str(one["label"]), str(one["label"])) | hung
        )
    return GridQuestions(survey, choices, None)


def needed_words(zh: str, en: str) -> Row:
    """Say that a question must be answered, in both languages."""
    return {
        "required": "yes",
        f"required_message::{ZH}": f"请选择“{zh}”",
        f"required_message::{EN}": f"Please choose: {en}",
    }


def _level_row(name: str, zh: str, en: str, above: str) -> Row:
    row = {
        "type": f"select_one {name}",
        "name": name,
        "appearance": "minimal autocomplete",
        # a help to find the grid, not an answer: what was chosen last time stands there
        "default": f"${{last-saved#{name}}}",
        f"label::{ZH}": zh,
        f"label::{EN}": en,
    }
    return row | ({"choice_filter": f"parent = ${{{above}}}"} if above else {})


def _grid_table(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Lay the grids out by id, with the labels of what they lie in; codes where names lack."""
    grids = grids.sort_index()
    table = pd.DataFrame({"name": grids.index.astype("str")})
    own = grids.get("name", pd.Series(index=grids.index, dtype="str"))
    table["label"] = _or(own, table["name"])
    for _, code, label, _, _ in _LEVELS:
        digits = {"township_code": 9, "village_code": 12}[code]
        short = table["name"].str[:digits].str.ljust(12, "0")
        table[code] = _or(grids.get(code, pd.Series(index=grids.index, dtype="str")), short)
        table[label] = _or(
            grids.get(label, pd.Series(index=grids.index, dtype="str")), table[code]
        )
    return table


def _or(column: pd.Series, instead: pd.Series) -> pd.Series:
    text = column.reset_index(drop=True).astype("str")
    return text.where(column.notna().to_numpy() & (text != "").to_numpy(), instead)
