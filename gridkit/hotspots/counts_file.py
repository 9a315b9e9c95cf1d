"""A province's weekly counts as a file: streamed through DuckDB, never a frame in memory."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from gridkit.errors import DataError, StoreError, StoreFullError, why_os
from gridkit.hotspots.counts import answered, reasons, sql
from gridkit.hotspots.placed import place_concerns
from gridkit.hotspots.relations import Question, Scale, relations
from gridkit.hotspots.source import Concerns, quoted_text, row_count
from gridkit.records.spared import need_other

if TYPE_CHECKING:
    import duckdb
    import geopandas as gpd

Progress = Callable[[float], object]
FORMATS = (".parquet", ".csv")
# A spreadsheet runs what begins so; all that becomes one of = + - @ | % under NFKC
_RUNS = "'*[=+\\-@|%\\t\\r\\x00＝＋－＠｜％﹢﹣﹦﹫﹪⁺⁻⁼₊₋₌].*"
# and makes a number of what looks so; a tab behind keeps it (`exchange.escaping` tells more)
_LONG = "0[0-9]+|[0-9]{12,}"


class Written(NamedTuple):
    """What `write_counts` wrote, and what it could not count.

    Attributes
    ----------
    rows : int
        Rows of the file: grids x categories x weeks.
    concerns, counted : int
        The concerns that may be counted, and those that are in the file.
    statutory : int
        Concerns left out before anything else, for their dispute code is in `never`.
    placed, outside : int
        Concerns that got their grid from their place, and those whose place is in no grid.
    first, last : date
        The period.
    empty_weeks : tuple of date
        Mondays of weeks in which no concern at all was heard and nothing else shows that
        records were kept; left out of the file as missing.
    uncounted : DataFrame
        As `hotspots.uncounted` gives it.
    """

    rows: int
    concerns: int
    counted: int
    statutory: int
    placed: int
    outside: int
    first: date
    last: date
    empty_weeks: tuple[date, ...]
    uncounted: pd.DataFrame


def write_counts(
    concerns: Concerns,
    grids: gpd.GeoDataFrame,
    target: str | Path,
    question: Question | None = None,
    scale: Scale | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write weekly counts to a file, with memory bounded for any number of concerns.

    The same table as `count` gives, by the same SQL. The file is there whole or not at all.

    Parameters
    ----------
    concerns : DataFrame, or path of Parquet files
        As for `count`; a path may hold wildcards or be a folder. Files with `lon` and `lat`
        (WGS-84 degrees) may lack `grid_id`, in some rows or in all: their grid is found by
        place, as `records.grids.locate` does.
    grids : GeoDataFrame
        Indexed by `grid_id`, with `households` and `population`.
    target : str or Path
        A `.parquet` file (zstd), for programs; or `.csv`, for Excel: with a byte order mark,
        and with a tab behind what it would make a number of (grid ids).
    question : Question, optional
        `by`, `period`, `categories`, `empty_weeks` as for `count`, except that empty weeks
        are missing by default; `recorded_on`: days on which records were kept though no
        concern may have been heard (of visits, say): their weeks count zero.
    scale : Scale, optional
        Memory and threads; 2 GB and all cores by default.
    progress : callable, optional
        Called now and then with the share that is done, 0 to 1.

    Returns
    -------
    Written

    Raises
    ------
    DataError
        As for `count`, or if the target is of another kind.
    StoreError
        If the file cannot be written (StoreFullError if the disk is full); what was there
        before is kept.

    Examples
    --------
    >>> concerns = pd.DataFrame({"grid_id": ["a", "a", "z"], "demand_type": "water",
    ...     "heard_on": pd.to_datetime(["2026-03-02", "2026-03-17", "2026-03-18"])})
    >>> grids = pd.DataFrame({"households": [40], "population": [90]}, index=["a"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_counts(concerns, grids, Path(folder) / "counts.parquet")
    >>> written.rows, written.counted, written.empty_weeks
    (2, 2, (datetime.date(2026, 3, 9),))
    >>> written.uncounted["n"]["unknown_grid"]
    np.int64(1)
    """
    target, question = Path(target), question or Question(empty_weeks="missing")
    if target.suffix.lower() not in FORMATS:
        raise DataError(
            en=f"the counts go to a {' or '.join(FORMATS)} file; {target.name} is neither.",
            zh=f"统计结果只能写成 {' 或 '.join(FORMATS)} 文件; 现为 {target.name}。",
        )
    tell = progress or (lambda _: None)
    with tempfile.TemporaryDirectory(prefix="gridkit-") as folder:
        found = place_concerns(
            concerns, grids, Path(folder), question, scale, lambda share: tell(0.8 * share)
        )
        start = 0.8 if found.ran else 0.0
        asked = question
        if found.ran:
            asked = question._replace(by=question.by and "category", never=())
        with relations(found.concerns, grids, asked, scale) as connection:
            rows = _copy(
                connection, target, found.concerns, lambda s: tell(start + (1 - start) * s)
            )
            left = reasons(
                dict(answered(connection, sql("uncounted"), found.concerns).fetchall())
            )
            total = int(connection.sql("SELECT COUNT(*) FROM given").fetchall()[0][0])
            every = total
            if question.never and not isinstance(concerns, pd.DataFrame):
                every = row_count(connection, concerns)
            first, last = connection.sql("SELECT * FROM study_period").fetchall()[0]
            empty = connection.sql("SELECT week FROM empty_weeks ORDER BY week").fetchall()
    tell(1.0)
    return Written(
        rows=rows,
        concerns=total,
        counted=total - int(left["n"].sum()),
        statutory=every - total,
        placed=found.placed,
        outside=found.outside,
        first=first,
        last=last,
        empty_weeks=tuple(row[0] for row in empty),
        uncounted=left,
    )


def _copy(
    connection: duckdb.DuckDBPyConnection, target: Path, concerns: Concerns, tell: Progress
) -> int:
    """Write the counts beside their place, then put them there; the number of rows."""
    need_other(target)
    csv = target.suffix.lower() == ".csv"
    part = target.with_name(f".{target.name}.part")
    bare = target.with_name(f".{target.name}.bare") if csv else part
    text = f"SELECT {_columns(csv=csv)} FROM ({sql('counts').rstrip()}) AS counted"
    options = "FORMAT csv, HEADER true" if csv else "FORMAT parquet, COMPRESSION zstd"
    try:
        part.touch()  # a folder that cannot be written is said at once
        rows = _watched(
            connection, f"COPY ({text}) TO {quoted_text(str(bare))} ({options})", concerns, tell
        )
        if csv:
            with part.open("wb") as out, bare.open("rb") as body:
                out.write(b"\xef\xbb\xbf")
                shutil.copyfileobj(body, out)
        with part.open("rb+") as out:
            os.fsync(out.fileno())
        part.replace(target)
    except OSError as fault:
        raise _unwritten(target, fault) from None
    finally:
        part.unlink(missing_ok=True)
        bare.unlink(missing_ok=True)
    return rows


def _columns(*, csv: bool) -> str:
    """List the columns of the file; in CSV no text is run, and no id made a number."""
    if not csv:
        return "*"
    safe = ", ".join(
        f"CASE WHEN regexp_full_match({name}::VARCHAR, {quoted_text(_RUNS)}, 's') "
        f"THEN '''' || {name}::VARCHAR "
        f"WHEN regexp_full_match({name}::VARCHAR, {quoted_text(_LONG)}) "
        f"THEN {name}::VARCHAR || chr(9) ELSE {name}::VARCHAR END AS {name}"
        for name in ("grid_id", "category")
    )
    return f"{safe}, week, n, households, population"


def _watched(
    connection: duckdb.DuckDBPyConnection, text: str, concerns: Concerns, tell: Progress
) -> int:
    """Run a COPY and tell how far it is; an interrupt ends it."""
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(answered, connection, text, concerns)
        try:
            while True:
                try:
                    return int(job.result(timeout=0.2).fetchall()[0][0])
                except TimeoutError:
                    tell(max(0.0, connection.query_progress()) / 100)
        except BaseException:
            connection.interrupt()
            raise


def _unwritten(target: Path, fault: OSError) -> StoreError:
    kind = StoreFullError if fault.errno == errno.ENOSPC else StoreError
    return kind(
        en=f"{target.name} was not written: {fault.strerror}; what was there before is kept.",
        zh=f"{target.name} 未能写入 ({why_os(fault)}); 原有文件未改动。",
    )
