"""Where concerns to be counted come from: a frame, or Parquet files in many partitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.errors import DataError

if TYPE_CHECKING:
    import duckdb

Concerns = pd.DataFrame | str | Path


def raw_view(
    connection: duckdb.DuckDBPyConnection,
    concerns: Concerns,
    wanted: Sequence[str],
    by: str | None,
    never: Collection[str] = (),
) -> list[str]:
    """Make the view `raw` of the concerns; the columns wanted and that of `by`, quoted.

    Those with a dispute code in `never`, or of a group in it, are not in the view.

    Raises
    ------
    DataError
        If a column is missing, or `heard_on` holds no plain dates.
    """
    wanted = [*wanted, "heard_on", *([by] if by is not None else [])]
    if isinstance(concerns, pd.DataFrame):
        _not_counts(concerns.columns)
        require(wanted, concerns.columns, "concerns")
        frame = concerns[wanted]
        if frame.empty:  # a category without categories is no type that DuckDB knows
            frame = frame.astype(dict.fromkeys(set(wanted) - {"heard_on"}, "str"))
        connection.register("raw", frame)
        pattern = None
    else:
        pattern = parquet_pattern(concerns)
        _read_parquet(connection, pattern)
    types = {row[0]: str(row[1]) for row in connection.execute("DESCRIBE raw").fetchall()}
    _not_counts(types)
    require([*wanted, *(["dispute_code"] if never else [])], types, "concerns")
    if never and pattern is not None:
        _read_parquet(connection, pattern, never)
    kind = types["heard_on"]
    if not kind.startswith(("DATE", "TIMESTAMP")) or "ZONE" in kind:
        files_en, files_zh = _odd_files(connection, pattern)
        raise DataError(
            en=f"`heard_on` must hold civil dates without a time zone; it holds {kind}{files_en}.",
            zh=f"`heard_on` 须为不带时区的日期; 现为 {kind}{files_zh}。",
        )
    return [*map(quoted, wanted), *(["'all'"] if by is None else [])]


def parquet_types(connection: duckdb.DuckDBPyConnection, path: str | Path) -> dict[str, str]:
    """Name the columns of Parquet files and their types."""
    _read_parquet(connection, parquet_pattern(path))
    described = connection.execute("DESCRIBE raw").fetchall()
    return {row[0]: str(row[1]) for row in described}


def row_count(connection: duckdb.DuckDBPyConnection, path: str | Path) -> int:
    """Count the rows of Parquet files, by what stands at their end."""
    pattern = quoted_text(parquet_pattern(path))
    found = connection.execute(f"SELECT COUNT(*) FROM read_parquet({pattern})").fetchall()
    return int(found[0][0])


def parquet_pattern(path: str | Path) -> str:
    """Give the pattern of files that a path means: itself, or all Parquet below a folder."""
    return str(Path(path) / "**" / "*.parquet") if Path(path).is_dir() else str(path)


def quoted(name: str) -> str:
    """Write the name of a column as SQL does."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """Write a text as SQL does."""
    return "'" + text.replace("'", "''") + "'"


def require(wanted: Iterable[str], present: Iterable[str], table: str) -> None:
    """Raise DataError if a table lacks columns, naming all of them."""
    there = set(present)
    names = ", ".join(f"`{c}`" for c in wanted if c not in there)
    if names:
        raise DataError(
            en=f"`{table}` must have the columns {names}; they are missing.",
            zh=f"`{table}` 缺少列 {names}。",
        )


def grid_table(grids: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """Give the ids of the grids, and a table of them with their households.

    Raises
    ------
    DataError
        If a column is missing, an id repeats, or there is no grid.
    """
    require(["households", "population"], grids.columns, "grids")
    again = grids.index[grids.index.duplicated()].unique()
    if len(again) or len(grids) == 0:
        raise DataError(
            en=f"`grids` must have each `grid_id` once; there are {len(grids)} rows, and "
            f"{len(again)} ids repeat.",
            zh=f"`grids` 中每个 `grid_id` 须恰好出现一次; 现有 {len(grids)} 行, "
            f"{len(again)} 个编码重复。",
        )
    ids = grids.index.astype("str")
    table = pd.DataFrame(grids[["households", "population"]]).astype("Int64")
    return list(ids), table.set_axis(ids).rename_axis("grid_id").reset_index()


def _not_counts(columns: Iterable[str]) -> None:
    if {"grid_id", "week", "n"} <= set(columns) and "heard_on" not in set(columns):
        raise DataError(
            en="`concerns` looks like a table of counts (`week`, `n`): a count would be taken "
            "for one concern. Give one row per concern, with `heard_on`.",
            zh="`concerns` 像是已统计好的表 (有 `week`、`n`), 每个数会被当成一件; "
            "请给每件一行、带 `heard_on` 的表。",
        )


def _read_parquet(
    connection: duckdb.DuckDBPyConnection, pattern: str, never: Collection[str] = ()
) -> None:
    import duckdb

    codes = ", ".join(quoted_text(code) for code in sorted(never))
    kept = "CAST(dispute_code AS VARCHAR) NOT IN ({0}) AND CAST(dispute_code AS VARCHAR)[:2] NOT IN ({0})"
    rest = f" WHERE COALESCE({kept.format(codes)}, TRUE)" if never else ""
    try:
        connection.execute(
            "CREATE OR REPLACE VIEW raw AS SELECT * FROM "
            f"read_parquet({quoted_text(pattern)}, union_by_name = true){rest}"
        )
    except duckdb.Error as fault:
        # DuckDB's own words may hold values of the file
        raise unreadable(pattern, fault) from None


def unreadable(pattern: str, fault: Exception) -> DataError:
    """Say in plain words that Parquet files cannot be read."""
    name = Path(pattern).name
    if "No files found" in str(fault):
        return DataError(
            en=f"no file fits {name}; check the path and the wildcards.",
            zh=f"没有文件符合 {name}; 请核对路径与通配符。",
        )
    kind = type(fault).__name__
    return DataError(
        en=f"{name} cannot be read as Parquet ({kind}): a file is cut short, is of another "
        "kind, or holds a column of another type than the others.",
        zh=f"{name} 不能按 Parquet 读取 ({kind}): 有文件不完整、不是 Parquet, "
        "或某列的类型与其他文件不一致。",
    )


def _odd_files(connection: duckdb.DuckDBPyConnection, pattern: str | None) -> tuple[str, str]:
    """Name the files in which `heard_on` is no plain date: at most three, and how many."""
    if pattern is None:
        return "", ""
    found = connection.execute(
        f"SELECT DISTINCT file_name FROM parquet_schema({quoted_text(pattern)}) "
        "WHERE name = 'heard_on' AND COALESCE(converted_type, '') <> 'DATE' AND "
        "COALESCE(logical_type, '') NOT SIMILAR TO '(Date.*|.*isAdjustedToUTC=0.*)' "
        "ORDER BY file_name"
    ).fetchall()
    names = [Path(row[0]).name for row in found]
    some = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f" in {len(names)} of the files ({some})", f", 见 {len(names)} 个文件 ({some})"
