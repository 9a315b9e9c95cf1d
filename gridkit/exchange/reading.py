"""Reading: from text cells to the answers of concerns and their steps, with all faults.

Column by column: texts become values, values get their place, the rules of the spec are
asked of the whole table, and repeated numbers are told apart. Only rows without any fault
become records.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridkit.errors import ImportFileError
from gridkit.exchange.cells import (
    Column,
    date_reader,
    grid_text,
    number_of,
    number_text,
    text_of,
    whole_of,
    yes_no_reader,
)
from gridkit.exchange.codes import SPLIT, read_codes
from gridkit.exchange.escaping import unescape_cell
from gridkit.exchange.mapping import Mapping, StepColumns
from gridkit.exchange.placing import place_rows, to_wgs84
from gridkit.exchange.source_file import read_bytes, read_source
from gridkit.exchange.table import Fault, RawTable, plain
from gridkit.exchange.verdicts import PLACE_FIELDS, concern_faults, personal_notes, step_faults
from gridkit.records.spec import CONCERN, STEP, FieldSpec

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.errors import Problem
    from gridkit.profile import Profile


@dataclass(frozen=True)
class Reading:
    """What a table says, before it is compared with the ledger.

    Attributes
    ----------
    answers : DataFrame indexed by line
        One column per field that is mapped or constant, typed; all rows but those skipped.
    steps : dict of str to DataFrame
        By action: `on`, `unit`, `satisfied` on the same index; no date, no step.
    faults : list of Fault
        Of any row.
    skipped : int
        Rows left out by the mapping.
    notes : tuple of Problem
        On the file as a whole.
    """

    answers: pd.DataFrame
    steps: dict[str, pd.DataFrame]
    faults: list[Fault]
    skipped: int
    notes: tuple[Problem, ...]


def read_points(path: str | Path, mapping: Mapping) -> pd.DataFrame:
    r"""Read only the places of a file, to lay grids over where there are none yet.

    Parameters
    ----------
    path : str or Path
        As for `import_concerns`.
    mapping : Mapping
        Maps `lon` and `lat`, and names their datum.

    Returns
    -------
    DataFrame indexed by line
        `lon` and `lat`, WGS-84 degrees; rows without a place, or with one that cannot be
        read, are left out. Take it as the area of `records.grids.make_grids`.

    Raises
    ------
    ImportFileError
        If the file cannot be read, or the mapping names no places.

    Examples
    --------
    >>> import tempfile
    >>> from gridkit.exchange import parse_mapping
    >>> mapping = parse_mapping({
    ...     "source": {"system": "desk"},
    ...     "columns": {"heard_on": "on", "lon": "x", "lat": "y"},
    ...     "constants": {"source": "window", "demand_type": "water"},
    ...     "place": {"datum": "wgs84"},
    ... })
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "t.csv"
    ...     _ = file.write_text("on,x,y\n2026-03-07,117.47,26.73\n2026-03-08,,\n")
    ...     read_points(file, mapping).to_numpy().tolist()
    [[117.47, 26.73]]
    """
    path = Path(path)
    if not {"lon", "lat"} <= set(mapping.columns):
        raise ImportFileError(
            zh="映射没有经纬度两列, 读不出位置; 请在 [columns] 中写 lon 和 lat。",
            en="The mapping names no places; give `lon` and `lat` in its [columns].",
        )
    raw = read_source(read_bytes(path), mapping, path.name)
    cells, _ = _kept(raw.cells, mapping)
    points = pd.DataFrame(
        {
            name: _typed(
                Column(cells[plain(column)], name, column, []).read(number_of), "number"
            )
            for name in ("lon", "lat")
            for column in mapping.columns_of(name)
        }
    )
    return to_wgs84(points.dropna(), mapping.place.datum)


def read_answers(
    raw: RawTable,
    mapping: Mapping,
    profile: Profile,
    grids: gpd.GeoDataFrame | None,
    county_code: str,
    today: date,
) -> Reading:
    """Read the cells of a table as answers.

    Parameters
    ----------
    raw : RawTable
        Text cells.
    mapping : Mapping
        Which column is which field, and how to read it.
    profile : Profile
        The county's tables.
    grids : GeoDataFrame or None
        The county's grids.
    county_code : str
        What a grid's id must begin with where there are no grids.
    today : date
        The civil date in Asia/Shanghai.

    Returns
    -------
    Reading
        All rows, and all their faults.

    Raises
    ------
    ImportFileError
        If the coordinates cannot be placed at all; see `placing.place_rows`.
    """
    cells, skipped = _kept(raw.cells, mapping)
    if mapping.file.escaped:
        cells = cells.apply(lambda texts: texts.map(unescape_cell))
    reader = _Reader(cells, raw, mapping, profile)
    columns = {
        f.name: reader.field(f)
        for f in CONCERN.fields
        if f.name in mapping.columns or f.name in mapping.constants
    }
    answers = pd.DataFrame(columns, index=cells.index)
    if "record_id" in mapping.columns:
        ids = reader.column("record_id", mapping.columns_of("record_id")).read(number_text)
        answers["record_id"] = ids.astype("str")
    unplaced = {fault.line for fault in reader.faults if fault.field in PLACE_FIELDS}
    place_columns = [name for name in PLACE_FIELDS if name in answers]
    id_shape = (county_code, 12 + profile.grid_digits)
    placed = place_rows(answers[place_columns], mapping, grids, id_shape)
    # a coordinate that cannot be read has been told of: not again as a missing one
    faults = [*reader.faults, *(f for f in placed.faults if f.line not in unplaced)]
    for name in placed.frame:
        answers[name] = placed.frame[name]
    if "lon" in answers:
        source = answers.get("place_source", pd.Series(index=answers.index, dtype="str"))
        answers["place_source"] = source.fillna("import").where(answers["lon"].notna())
    steps = {action: reader.step(action, spec) for action, spec in mapping.steps.items()}
    faults += concern_faults(answers, faults, mapping, profile, today)
    for action, table in steps.items():
        faults += step_faults(action, table, answers["heard_on"], mapping, profile, today)
    notes = (*placed.notes, *personal_notes(answers))
    return Reading(answers, steps, faults, skipped, notes)


def _kept(cells: pd.DataFrame, mapping: Mapping) -> tuple[pd.DataFrame, int]:
    left_out = pd.Series(data=False, index=cells.index)
    for column, values in mapping.skip.items():
        left_out |= cells[plain(column)].str.strip().isin([v.strip() for v in values])
    return cells[~left_out], int(left_out.sum())


class _Reader:
    """Reads columns of one table; gathers the faults."""

    def __init__(
        self, cells: pd.DataFrame, raw: RawTable, mapping: Mapping, profile: Profile
    ) -> None:
        self.faults: list[Fault] = []
        self._cells, self._mapping, self._profile = cells, mapping, profile
        serial = mapping.dates.excel_serial or bool(raw.sheet)
        self._date = date_reader(mapping.dates.formats, serial=serial, epoch=raw.epoch)
        self._done: dict[str, pd.Series] = {}

    def column(self, field: str, names: tuple[str, ...], *, joint: str = " ") -> Column:
        """Give the texts of a field's columns, joined if there are several."""
        texts = self._cells[plain(names[0])]
        for name in names[1:]:
            more = self._cells[plain(name)]
            texts = (texts + joint + more).str.strip(joint)
        return Column(texts, field, ", ".join(names), self.faults)

    def field(self, field: FieldSpec) -> pd.Series:
        """Read one field of the concern, with its constant where a cell is empty."""
        names = self._mapping.columns_of(field.name)
        values = pd.Series(None, index=self._cells.index, dtype=object)
        if names:
            values = self._values(field, names)
        constant = self._mapping.constants.get(field.name)
        if constant is not None:
            failed = {f.line for f in self.faults if f.field == field.name}
            empty = values.isna() & ~values.index.isin(failed)
            values = values.where(~empty, _constant(constant, field))
        typed = _typed(values, field.type)
        self._done[field.name] = values
        return typed

    def _values(self, field: FieldSpec, names: tuple[str, ...]) -> pd.Series:
        if field.choices:
            split = self._mapping.split.get(field.name, SPLIT)
            column = self.column(field.name, names, joint=split[0])
            parents = self._done.get(field.parent) if field.parent else None
            return read_codes(column, field, self._mapping, self._profile, parents)
        column = self.column(field.name, names, joint="-" if _is_number(field) else "\n")
        parse: Any = {"external_id": number_text, "grid_id": grid_text}.get(field.name)
        by_type = {"date": self._date, "number": number_of, "integer": whole_of}
        return column.read(parse or by_type.get(field.type, text_of))

    def step(self, action: str, spec: StepColumns) -> pd.DataFrame:
        """Read the columns of one step."""
        table = {"on": _typed(self.column(action, (spec.on,)).read(self._date), "date")}
        if spec.unit is not None:
            column = self.column(action, (spec.unit,))
            units = read_codes(column, STEP["unit"], self._mapping, self._profile, None)
            table["unit"] = _typed(units, "one_of")
        if spec.satisfied is not None:
            words = yes_no_reader(self._mapping.yes_no.yes, self._mapping.yes_no.no)
            said = self.column(action, (spec.satisfied,)).read(words)
            table["satisfied"] = said.astype("boolean")
        return pd.DataFrame(table, index=self._cells.index)


def _is_number(field: FieldSpec) -> bool:
    """Tell the numbers of things (which a spreadsheet may mangle) from free text."""
    return field.name in {"external_id", "grid_id"}


def _constant(constant: Any, field: FieldSpec) -> Any:
    if field.type == "date" and isinstance(constant, str):
        return date.fromisoformat(constant)
    return constant if field.type in {"date", "number", "integer"} else str(constant)


def _typed(values: pd.Series, kind: str) -> pd.Series:
    if kind == "date":
        return pd.to_datetime(values).astype("datetime64[s]")
    if kind == "number":
        return pd.to_numeric(values).astype("float64")
    if kind == "integer":
        return pd.to_numeric(values).astype("Int64")
    return values.astype("str")
