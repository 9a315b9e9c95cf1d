"""Import of concerns from any CSV or XLSX through a mapping; nothing is half imported.

Read, check, compare with the ledger, write: only the last step changes anything. A row's id
comes from the number it bears at its source, so the same file twice adds nothing, and next
week's file adds what is new. What people have changed here since is never overwritten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridkit.errors import ImportFileError, Problem, RecordError
from gridkit.exchange.comparing import Comparison, Row, compare, write
from gridkit.exchange.histories import Said, completed
from gridkit.exchange.mapping import Mapping, read_mapping
from gridkit.exchange.mapping_rules import mapping_problems
from gridkit.exchange.reading import Reading, read_answers
from gridkit.exchange.repeats import record_id, repeat_faults, row_ids
from gridkit.exchange.report import ImportReport, fault_table
from gridkit.exchange.source_file import read_bytes, read_source
from gridkit.exchange.table import Fault, RawTable, plain, plain_values
from gridkit.records.garbage import uncollected
from gridkit.records.models import Concern, Step
from gridkit.records.spec import CONCERN

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.records import Store

Progress = Callable[[int, int], None]
_PARTS = 1000  # of the whole work, that progress is told in
_READ, _PLACED, _MADE, _COMPARED = 60, 200, 400, 500


def import_concerns(  # noqa: PLR0913 (each is a choice of the person who imports)
    path: str | Path,
    mapping: Mapping | str | Path,
    store: Store,
    *,
    grids: gpd.GeoDataFrame | None = None,
    strict: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    r"""Import the concerns of a CSV or XLSX file into the ledger.

    Parameters
    ----------
    path : str or Path
        The file: CSV in UTF-8, UTF-16 or GB18030 (gzip or not), or XLSX.
    mapping : Mapping, str or Path
        How its columns become our fields, or the TOML file that says so.
    store : Store
        The ledger; its profile holds the codes.
    grids : GeoDataFrame, optional
        The county's grids (WGS-84). Needed where the file has points and no grid ids.
    strict : bool
        Import nothing if any row is rejected.
    dry_run : bool
        Do everything but write.
    progress : callable, optional
        Called with (done, total) now and then; `done` never falls.

    Returns
    -------
    ImportReport
        What was added, and every row that was not, with the reason. Rows that are taken in
        and revisions of rows that were there already are written in one transaction.

    Raises
    ------
    ImportFileError
        If the file cannot be read, or the mapping does not fit it or the profile: nothing
        was written.
    StoreError
        If the ledger cannot be written; nothing was.

    Examples
    --------
    >>> import tempfile
    >>> from gridkit.exchange import parse_mapping
    >>> from gridkit.records import create_store
    >>> mapping = parse_mapping({
    ...     "source": {"system": "desk"},
    ...     "columns": {"external_id": "编号", "grid_id": "网格", "heard_on": "日期",
    ...                 "demand_type": "类别"},
    ...     "constants": {"source": "window"},
    ... })
    >>> with tempfile.TemporaryDirectory() as name:
    ...     file = Path(name) / "desk.csv"
    ...     _ = file.write_text("编号,网格,日期,类别\n"
    ...         "1,990428100001001,2026年3月7日,用水\n2,?,昨天,用水\n", encoding="utf-8")
    ...     with create_store(Path(name) / "ledger.db", county_code="990428") as store:
    ...         report = import_concerns(file, mapping, store)
    ...         again = import_concerns(file, mapping, store)
    >>> report.added, again.added, again.unchanged
    (1, 0, 1)
    >>> report.rejected[["line", "field", "problem_en"]].to_numpy().tolist()  # doctest: +NORMALIZE_WHITESPACE
    [[3, 'heard_on', 'no date that can be read'],
     [3, 'grid_id', 'there is no grid of this id: 15 digits expected']]
    """
    path = Path(path)
    tell = progress or _silent
    if not isinstance(mapping, Mapping):
        mapping = read_mapping(mapping, store.profile)
    _check_codes(mapping, store)
    data = read_bytes(path)
    raw = read_source(data, mapping, path.name)
    tell(_READ, _PARTS)
    reading = read_answers(raw, mapping, store.profile, grids, store.county_code, store.today())
    tell(_PLACED, _PARTS)
    rows, faults, notes = _rows(reading, raw, mapping, tell)
    report = _first_report(path.name, raw, mapping, reading, faults)
    report = report.but(notes=(*raw.notes, *reading.notes, *notes), dry_run=dry_run)
    if strict and faults:
        return report.but(refused=True)
    fields = [name for name in reading.answers if name in CONCERN.names]
    if dry_run:
        done = _compared(rows, fields, store, mapping)
    else:
        why = f"import {mapping.source.system} {hashlib.sha256(data).hexdigest()[:12]}"
        done = _write(rows, fields, store, mapping, why, tell)
    tell(_PARTS, _PARTS)
    return report.but(
        added=len(done.added),
        revised=len(done.changed),
        unchanged=len(done.unchanged),
        steps=done.steps,
        held=fault_table(done.faults),
    )


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def _check_codes(mapping: Mapping, store: Store) -> None:
    problems = mapping_problems(mapping, store.profile)
    if problems:
        raise ImportFileError(
            zh=f"映射与县情配置不符 ({len(problems)} 处), 没有导入任何内容; 请改正以下各项。",
            en=f"The mapping does not fit the profile ({len(problems)} fault(s)); nothing was "
            "imported. Correct the keys named below.",
            problems=problems,
        )


def _first_report(
    name: str, raw: RawTable, mapping: Mapping, reading: Reading, faults: list[Fault]
) -> ImportReport:
    used = {plain(column) for column in mapping.wanted}
    torn = {fault.line for fault in raw.faults}
    return ImportReport(
        file=name,
        system=mapping.source.system,
        read=len(raw.cells) + len(torn),
        skipped=reading.skipped,
        rejected=fault_table(faults),
        encoding=raw.encoding,
        separator=raw.separator,
        sheet=raw.sheet,
        datum=mapping.place.datum or "",
        header_line=raw.header_line,
        left_out=tuple(n for n in raw.names if n and plain(n) not in used),
    )


# --- rows into records ----------------------------------------------------------------------


@uncollected()
def _rows(
    reading: Reading, raw: RawTable, mapping: Mapping, tell: Progress
) -> tuple[list[Row], list[Fault], tuple[Problem, ...]]:
    """Make records of the rows without fault; give all faults, with those found on the way."""
    faults = [*raw.faults, *reading.faults]
    sound = reading.answers.drop(index=list({f.line for f in reading.faults}))
    ids, notes = row_ids(sound, raw, mapping)
    repeated = repeat_faults(ids, raw, mapping)
    sound = sound.drop(index=[fault.line for fault in repeated])
    rows: list[Row] = []
    steps = _steps(reading, sound.index)
    names = [name for name in sound if name in CONCERN.names]
    columns = [plain_values(sound[name]) for name in names]
    share = max(1, len(sound) // 20)
    for n, (line, *values) in enumerate(zip(sound.index, *columns, strict=True)):
        try:
            rows.append(
                _row(int(line), ids[line], dict(zip(names, values, strict=True)), steps)
            )
        except RecordError as error:
            faults += [
                Fault(
                    int(line),
                    p.field,
                    ", ".join(mapping.columns_of(p.field)) if p.field in names else "",
                    "rule",
                    p.zh,
                    p.en,
                )
                for p in error.problems
            ]
        if n % share == 0:
            tell(_PLACED + (_MADE - _PLACED) * n // len(sound), _PARTS)
    tell(_MADE, _PARTS)
    return rows, faults + repeated, notes


_Steps = dict[int, list[Said]]


def _steps(reading: Reading, lines: pd.Index) -> _Steps:
    found: _Steps = {}
    for action, table in reading.steps.items():
        dated = table.loc[lines]
        dated = dated[dated["on"].notna()]
        names = [str(name) for name in dated]
        columns = [plain_values(dated[name]) for name in names]
        for line, *values in zip(dated.index, *columns, strict=True):
            found.setdefault(int(line), []).append(
                Said(action, dict(zip(names, values, strict=True)))
            )
    return found


def _row(line: int, concern_id: str, answers: dict[str, Any], steps: _Steps) -> Row:
    concern = Concern(record_id=concern_id, **answers)
    said = steps.get(line, ())
    taken = tuple(
        Step(
            record_id=record_id("step", concern_id, one.action),
            concern_id=concern_id,
            action=one.action,
            **one.answers,
        )
        for one in (completed(concern.heard_on, said) if said else ())
    )
    return Row(line, concern, taken)


# --- writing --------------------------------------------------------------------------------


def _compared(
    rows: Sequence[Row],
    fields: Sequence[str],
    store: Store,
    mapping: Mapping,
) -> Comparison:
    revise = mapping.rows.changed == "revise"
    return compare(rows, fields, store, revise=revise)


@uncollected()
def _write(
    rows: Sequence[Row],
    fields: Sequence[str],
    store: Store,
    mapping: Mapping,
    why: str,
    tell: Progress,
) -> Comparison:
    """Write what is new and what has changed, in one transaction."""

    def told(done: int, total: int) -> None:
        tell(_COMPARED + (_PARTS - _COMPARED) * done // max(1, total), _PARTS)

    def compared() -> list[Comparison]:
        plan = _compared(rows, fields, store, mapping)
        tell(_COMPARED, _PARTS)
        return [plan]

    return write(compared, store, why, told)[0]
