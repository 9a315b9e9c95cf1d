"""What the SQL of the counts stands on: five relations in a DuckDB that never goes online."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridkit.errors import DataError

if TYPE_CHECKING:
    import duckdb

Period = tuple[date | str, date | str]
_Concerns = pd.DataFrame | str | Path


@contextmanager
def relations(
    concerns: _Concerns,
    grids: pd.DataFrame,
    by: str | None,
    period: Period | None,
    categories: Sequence[str] | None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that knows the five relations of `counts.sql`."""
    import duckdb

    offline: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=offline) as connection:
        connection.register("grids", _grid_table(grids))
        _concern_table(connection, concerns, by)
        first, last = _days(connection, period)
        days = pd.DataFrame({"first_day": [first], "last_day": [last]})
        connection.register("study_period", days.astype("datetime64[s]"))
        monday = first - pd.Timedelta(days=first.weekday())
        mondays = pd.date_range(monday, last, freq="7D").astype("datetime64[s]")
        connection.register("weeks", pd.DataFrame({"week": mondays}))
        known = ["all"] if by is None else categories
        kinds = list(known) if known is not None else _occurring(connection)
        if not kinds:
            raise DataError(
                en=f"no concern has a `{by}`, so there is nothing to count by it; name the "
                "`categories`, or count with `by=None`.",
                zh=f"没有一件诉求填有 `{by}`, 无法按其分类统计; 请指定 `categories`, "
                "或用 `by=None`。",
            )
        kinds_table = pd.DataFrame({"category": pd.Categorical(kinds, categories=kinds)})
        connection.register("categories", kinds_table)
        yield connection


def _grid_table(grids: pd.DataFrame) -> pd.DataFrame:
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
    return pd.DataFrame(
        {
            # as a category it keeps the order of the grids through the sorting
            "grid_id": pd.Categorical(ids, categories=ids),
            "households": grids["households"].astype("Int64").to_numpy(dtype=object),
            "population": grids["population"].astype("Int64").to_numpy(dtype=object),
        }
    ).astype({"households": "Int64", "population": "Int64"})


def _concern_table(
    connection: duckdb.DuckDBPyConnection, concerns: _Concerns, by: str | None
) -> None:
    wanted = ["grid_id", "heard_on", *([by] if by is not None else [])]
    if isinstance(concerns, pd.DataFrame):
        require(wanted, concerns.columns, "concerns")
        frame = concerns[wanted]
        if frame.empty:  # a category without categories is no type that DuckDB knows
            frame = frame.astype(dict.fromkeys(set(wanted) - {"heard_on"}, "str"))
        connection.register("raw", frame)
    else:
        path = str(concerns).replace("'", "''")
        connection.execute(f"CREATE VIEW raw AS SELECT * FROM read_parquet('{path}')")
    types = {row[0]: str(row[1]) for row in connection.execute("DESCRIBE raw").fetchall()}
    require(wanted, types, "concerns")
    kind = types["heard_on"]
    if not kind.startswith(("DATE", "TIMESTAMP")) or "ZONE" in kind:
        raise DataError(
            en=f"`heard_on` must hold civil dates without a time zone; it holds {kind}.",
            zh=f"`heard_on` 须为不带时区的日期; 现为 {kind}。",
        )
    quoted = "'all'" if by is None else '"' + by.replace('"', '""') + '"'
    connection.execute(
        f"CREATE VIEW concerns AS SELECT grid_id, {quoted} AS category, heard_on FROM raw"
    )


def _days(
    connection: duckdb.DuckDBPyConnection, period: Period | None
) -> tuple[pd.Timestamp, pd.Timestamp]:
    if period is None:
        ends = connection.sql(
            "SELECT CAST(MIN(heard_on) AS DATE), CAST(MAX(heard_on) AS DATE) FROM concerns"
        ).fetchall()[0]
        if ends[0] is None:
            raise DataError(
                en="`concerns` holds no date, so the recorded period is unknown; give `period`.",
                zh="`concerns` 中没有日期, 无从得知统计期; 请给出 `period`。",
            )
        return pd.Timestamp(ends[0]), pd.Timestamp(ends[1])
    first, last = pd.Timestamp(period[0]).normalize(), pd.Timestamp(period[1]).normalize()
    if first > last:
        raise DataError(
            en=f"`period` must run forwards; it is {first:%Y-%m-%d} to {last:%Y-%m-%d}.",
            zh=f"`period` 的起日不得晚于止日; 现为 {first:%Y-%m-%d} 至 {last:%Y-%m-%d}。",
        )
    return first, last


def _occurring(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Categories that occur; in the order of the dtype where it has one, else sorted."""
    found = connection.sql(
        "SELECT DISTINCT category FROM concerns WHERE category IS NOT NULL ORDER BY category"
    )
    return [str(row[0]) for row in found.fetchall()]


def require(wanted: Iterable[str], present: Iterable[str], table: str) -> None:
    """Raise DataError if a table lacks columns, naming all of them."""
    there = set(present)
    names = ", ".join(f"`{c}`" for c in wanted if c not in there)
    if names:
        raise DataError(
            en=f"`{table}` must have the columns {names}; they are missing.",
            zh=f"`{table}` 缺少列 {names}。",
        )
