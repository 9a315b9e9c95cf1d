"""Mappings: how the columns of somebody else's table become the fields of a concern.

A mapping is a TOML file that a county writes once per source. It is checked in full before
any row is read: unknown keys, fields and codes, and what is missing, all at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as AnyMapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gridkit.errors import ImportFileError, Problem, why_os
from gridkit.exchange.mapping_rules import mapping_problems, structure_problems

if TYPE_CHECKING:
    from gridkit.profile import Profile

__all__ = ["DATUMS", "CodeTable", "Mapping", "StepColumns", "parse_mapping", "read_mapping"]

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
DATUMS: tuple[Datum, ...] = ("wgs84", "cgcs2000", "gcj02", "bd09")
"""The datums that a mapping may name; a file's datum is never guessed."""

Columns = str | Annotated[tuple[str, ...], Field(min_length=1)]
Constant = str | int | float | bool | date


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Source(_Section):
    """Where the table comes from.

    `system` is a slug that stands for the sending system: with the number that a row has
    there it makes the record's id, so never change it. `title` is for people.
    """

    system: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{1,39}$")
    title: str = ""


class FileShape(_Section):
    """How the file is laid out; `auto` is found out and said in the report.

    `header` is the line of the column names (from 1); `header_rows` above 1 joins the
    names of merged headings with "/". `short_rows` tells what a row with fewer cells than
    the header is. `escaped` takes away the apostrophe that `write_concerns` puts before
    what a spreadsheet would run as a formula.
    """

    kind: Literal["auto", "csv", "xlsx"] = "auto"
    encoding: Literal["auto", "utf-8", "utf-16", "gb18030", "gbk", "big5", "latin-1"] = "auto"
    separator: Literal["auto", ",", ";", "\t", "|"] = "auto"
    header: Literal["auto"] | Annotated[int, Field(ge=1, le=1000)] = "auto"
    header_rows: int = Field(default=1, ge=1, le=3)
    sheet: str | Annotated[int, Field(ge=1)] | None = None
    short_rows: Literal["reject", "fill"] = "reject"
    escaped: bool = False


class Dates(_Section):
    """Date formats (as in `strptime`) beside the usual ones, and serial numbers of Excel.

    Usual are 2026-03-07, 2026/3/7, 2026.3.7, 2026年3月7日, 20260307, each with or without
    a time. Serial numbers are always taken in a workbook, in a CSV only if so said.
    """

    formats: tuple[str, ...] = ()
    excel_serial: bool = False


class Place(_Section):
    """The datum of the coordinates: required where longitude and latitude are mapped."""

    datum: Datum | None = None


class CodeTable(_Section):
    """Their words for one of our tables of codes.

    Words that are not in `map` are taken if they are a code, a label or another name in
    the profile. What remains is `unmapped`: "reject" the row, leave it "blank", or a code
    that stands for all of them. An empty cell has no answer, or the code in `blank`.
    """

    map: dict[str, str] = {}
    unmapped: str = "reject"
    blank: str | None = None


class YesNo(_Section):
    """Words for yes and no."""

    yes: tuple[str, ...] = ("是", "有", "满意", "√", "y", "yes", "true", "1")
    no: tuple[str, ...] = ("否", "无", "没有", "不满意", "×", "n", "no", "false", "0")


class StepColumns(_Section):
    """The columns of one step: its date, and if there are any, unit and satisfaction.

    A `closed` without answer, check and follow-up before it is written as a special
    closing, whose reason says that the source system closed it; see `histories`.
    """

    on: str
    unit: str | None = None
    satisfied: str | None = None


class Rows(_Section):
    """What becomes of rows that are there already.

    `repeated`: several rows of the file bear one number. `changed`: the row differs from
    what was imported before: "report" leaves the ledger as it is, "revise" writes a new
    revision (never over what people have changed since).
    """

    repeated: Literal["keep_first", "keep_last", "reject_all"] = "keep_first"
    changed: Literal["report", "revise"] = "report"


class Mapping(_Section):
    """All that is needed to read one source; see `read_mapping`.

    Attributes
    ----------
    columns : dict
        Field of the concern (or `record_id`) to the name of a column, or to several whose
        texts are joined.
    constants : dict
        Field to the answer that every row has where its own cell is empty.
    codes : dict of str to CodeTable
        By field (or `unit` for steps).
    split : dict
        Many-of field to the characters that part its codes; by default ``、,，;；|``.
    skip : dict
        Column to the values of rows that are left out on purpose.
    steps : dict of str to StepColumns
        By action of `records.spec.ACTIONS`.
    """

    source: Source
    file: FileShape = FileShape()
    columns: dict[str, Columns] = {}
    constants: dict[str, Constant] = {}
    dates: Dates = Dates()
    place: Place = Place()
    codes: dict[str, CodeTable] = {}
    yes_no: YesNo = YesNo()
    split: dict[str, Annotated[str, Field(min_length=1)]] = {}
    skip: dict[str, tuple[str, ...]] = {}
    steps: dict[str, StepColumns] = {}
    rows: Rows = Rows()

    def columns_of(self, field: str) -> tuple[str, ...]:
        """Name the columns that a field is read from; none if it is not mapped."""
        names = self.columns.get(field, ())
        return (names,) if isinstance(names, str) else names

    @property
    def wanted(self) -> tuple[str, ...]:
        """All columns that the file must have, each once."""
        of_fields = [name for field in self.columns for name in self.columns_of(field)]
        of_steps = [
            name
            for step in self.steps.values()
            for name in (step.on, step.unit, step.satisfied)
            if name is not None
        ]
        return tuple(dict.fromkeys([*of_fields, *of_steps, *self.skip]))


def read_mapping(path: str | Path, profile: Profile | None = None) -> Mapping:
    """Read a mapping from its TOML file and check all of it.

    Parameters
    ----------
    path : str or Path
        A TOML file in UTF-8.
    profile : Profile, optional
        The county's tables that codes are checked against; without it, codes are only
        checked when a file is imported.

    Returns
    -------
    Mapping
        Frozen.

    Raises
    ------
    ImportFileError
        If the file is not there, is no TOML, or breaks a rule. `problems` names every
        key at fault and what was expected.
    """
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ImportFileError(
            zh=f"读不到映射文件 {path.name} ({why_os(error)}); 请检查路径。",
            en=f"The mapping {path.name} cannot be read ({error.strerror}); check the path.",
        ) from None
    except UnicodeDecodeError:
        raise ImportFileError(
            zh=f"映射文件 {path.name} 不是 UTF-8 编码; 请另存为 UTF-8。",
            en=f"The mapping {path.name} is not UTF-8; save it as UTF-8.",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ImportFileError(
            zh=f"映射文件 {path.name} 不合 TOML 语法: {error}。请改正该处。",
            en=f"The mapping {path.name} is no valid TOML: {error}. Correct that place.",
        ) from None
    return parse_mapping(raw, profile, name=path.name)


def parse_mapping(
    raw: AnyMapping[str, Any], profile: Profile | None = None, *, name: str = "mapping"
) -> Mapping:
    r"""Check a mapping that was read already.

    Parameters
    ----------
    raw : mapping
        As TOML gives it.
    profile : Profile, optional
        As for `read_mapping`.
    name : str
        What to call it in messages.

    Returns
    -------
    Mapping
        Frozen.

    Raises
    ------
    ImportFileError
        If it breaks a rule; `problems` names every key at fault.

    Examples
    --------
    >>> try:
    ...     parse_mapping({"source": {"system": "x1"}, "columns": {"lon": "X", "lat": "Y"},
    ...         "constants": {"source": "hotline", "demand_type": "water"}})
    ... except ImportFileError as error:
    ...     print(*(f"{p.row}: {p.en[:49]}" for p in error.problems), sep="\n")
    columns: `heard_on` is required: map a column to it, or gi
    place.datum: name the datum of the coordinates (it is never gu
    """
    problems: list[Problem] = []
    mapping: Mapping | None = None
    broken: set[str] = set()
    try:
        mapping = Mapping.model_validate(dict(raw))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        problems += structure_problems(faults)
        broken = {str(fault["loc"][0]) for fault in faults}
        rest = {key: part for key, part in raw.items() if key not in broken}
        # the sections that stand are checked all the same: all faults at once
        mapping = Mapping.model_validate({"source": {"system": "unnamed"}, **rest})
    problems += mapping_problems(mapping, profile, broken)
    if problems:
        raise ImportFileError(
            zh=f"映射 {name} 有 {len(problems)} 处问题, 没有导入任何内容; 请改正以下各项。",
            en=f"The mapping {name} has {len(problems)} fault(s); nothing was imported. "
            "Correct the keys named below.",
            problems=problems,
        )
    return mapping
