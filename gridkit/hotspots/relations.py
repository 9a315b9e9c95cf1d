"""What the SQL of the counts stands on: its relations in a DuckDB that never goes online."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from gridkit.errors import DataError
from gridkit.hotspots.source import Concerns, grid_table, quoted, raw_view, require

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "Period",
    "Question",
    "Scale",
    "coded",
    "database",
    "kinds_of",
    "relations",
    "require",
]

Period = tuple[date | str, date | str]
EMPTY_WEEKS = ("zero", "missing", "refuse")


class Scale(NamedTuple):
    """How much of the machine a count may take.

    Attributes
    ----------
    memory : str
        What DuckDB may hold, as "512MB" or "2GB"; what is more goes to a temporary folder.
    threads : int or None
        None takes all cores.
    """

    memory: str = "2GB"
    threads: int | None = None


class Question(NamedTuple):
    """What is to be counted.

    Attributes
    ----------
    by, period, categories, empty_weeks
        As `counts.count` says.
    recorded_on : iterable of date
        Days on which records were kept, though no concern may have been heard.
    never : collection of str
        Dispute codes and groups that are never counted, as `counts.statutory` gives them;
        in Parquet files only. A frame goes through `counts.mappable`.
    """

    by: str | None = "demand_type"
    period: Period | None = None
    categories: Sequence[str] | None = None
    empty_weeks: str = "zero"
    recorded_on: Iterable[date] = ()
    never: Collection[str] = ()


@contextmanager
def database(scale: Scale | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that fetches nothing, and tidy up what it spilled."""
    import duckdb

    scale = scale or Scale()
    with tempfile.TemporaryDirectory(prefix="gridkit-") as spill:
        options: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": scale.memory,
            "threads": scale.threads or os.cpu_count() or 1,
            "temp_directory": spill,
        }
        try:
            connection = duckdb.connect(":memory:", config=options)
        except duckdb.Error:
            raise DataError(
                en=f"`memory` must be a size such as 2GB, and `threads` above 0; they are "
                f"{scale.memory!r} and {scale.threads}.",
                zh=f"`memory` 须为内存大小 (如 2GB), `threads` 须大于 0; 现为 "
                f"{scale.memory!r} 与 {scale.threads}。",
            ) from None
        with connection:
            yield connection


@contextmanager
def relations(
    concerns: Concerns, grids: pd.DataFrame, question: Question, scale: Scale | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database that knows the relations of `counts.sql` and `uncounted.sql`.

    Besides these there is `given`: the concerns with grid and category as they came, and
    `empty_weeks`: the Mondays of weeks in which no concern at all was heard.
    """
    with database(scale) as connection:
        ids, numbers = grid_table(grids)
        columns = raw_view(connection, concerns, ["grid_id"], question.by, question.never)
        connection.execute(
            "CREATE VIEW given AS SELECT CAST(grid_id AS VARCHAR) AS grid_id, "
            f"CAST({columns[-1]} AS VARCHAR) AS category, heard_on FROM raw"
        )
        _time(connection, question)
        kinds = kinds_of(connection, question)
        # as codes, not texts, they are grouped, joined and sorted in half the time, and
        # keep the order of the grids and of the categories
        coded(connection, "grid_code", ids)
        coded(connection, "category_code", kinds)
        connection.register("grid_numbers", numbers)
        connection.execute(
            "CREATE TABLE grids AS SELECT CAST(grid_id AS grid_code) AS grid_id, households, "
            "population FROM grid_numbers"
        )
        connection.execute(
            "CREATE TABLE categories AS SELECT CAST(unnest(enum_range(NULL::category_code)) "
            "AS category_code) AS category"
        )
        for name in ("grid", "category"):
            connection.execute(
                f"CREATE TABLE {name}_codes AS SELECT unnest(enum_range(NULL::{name}_code)) AS label, "
                f"CAST(label AS {name}_code) AS code"
            )
        # a join, for a cast of a text that is no code takes 1 us to fail
        connection.execute(
            "CREATE VIEW concerns AS SELECT g.code AS grid_id, k.code AS category, heard_on "
            "FROM given LEFT JOIN grid_codes AS g ON g.label = given.grid_id "
            "LEFT JOIN category_codes AS k ON k.label = given.category"
        )
        yield connection


def kinds_of(connection: duckdb.DuckDBPyConnection, question: Question) -> list[str]:
    """List the categories to count, which are those of `raw` if none are named."""
    if question.by is None:
        return ["all"]
    kinds = list(dict.fromkeys(question.categories or ()))
    if question.categories is None:
        # in the order of the dtype where it has one, else sorted
        found = connection.sql(
            f"SELECT DISTINCT {(column := quoted(question.by))} AS category FROM raw "
            f"WHERE {column} IS NOT NULL ORDER BY category"
        )
        kinds = [str(row[0]) for row in found.fetchall()]
    return some_kinds(kinds, question.by)


def some_kinds(kinds: list[str], by: str) -> list[str]:
    """Give the categories back, or raise DataError if there are none."""
    if not kinds:
        raise DataError(
            en=f"no concern has a `{by}`, so there is nothing to count by it; name "
            "the `categories`, or count with `by=None`.",
            zh=f"没有一件诉求填有 `{by}`, 无法按其分类统计; 请指定 `categories`, "
            "或用 `by=None`。",
        )
    return kinds


def coded(connection: duckdb.DuckDBPyConnection, name: str, labels: Sequence[str]) -> None:
    """Make a type of these labels, in their order."""
    frame = pd.DataFrame({"label": pd.array(labels, dtype="str"), "place": range(len(labels))})
    connection.register("labels", frame)
    connection.execute(f"CREATE TYPE {name} AS ENUM (SELECT label FROM labels ORDER BY place)")
    connection.unregister("labels")


# --- time -----------------------------------------------------------------------------------


def _time(connection: duckdb.DuckDBPyConnection, question: Question) -> None:
    """Make `study_period`, `weeks` and `empty_weeks`, all of plain dates."""
    if question.empty_weeks not in EMPTY_WEEKS:
        raise DataError(
            en=f"`empty_weeks` must be one of {', '.join(EMPTY_WEEKS)}; it is "
            f"{question.empty_weeks!r}.",
            zh=f"`empty_weeks` 须为 {', '.join(EMPTY_WEEKS)} 之一; 现为 {question.empty_weeks!r}。",
        )
    days: list[date] = []
    if question.period is None or question.empty_weeks != "zero":
        heard = connection.sql("SELECT DISTINCT CAST(heard_on AS DATE) FROM given").fetchall()
        days = sorted(row[0] for row in heard if row[0] is not None)
    first, last = period_of(question.period, days)
    weeks = mondays(first, last)
    empty = weeks[:0]
    if question.empty_weeks != "zero":
        known = [*days, *question.recorded_on]
        empty = weeks.difference(pd.DatetimeIndex([_monday(pd.Timestamp(d)) for d in known]))
    if question.empty_weeks == "refuse" and len(empty):
        some = ", ".join(f"{day:%Y-%m-%d}" for day in empty[:3])
        raise DataError(
            en=f"no concern at all was heard in {len(empty)} of {len(weeks)} weeks ({some}): "
            "was nothing recorded, or nothing wrong? Say so by `empty_weeks`, missing or zero.",
            zh=f"{len(weeks)} 周中有 {len(empty)} 周没有任何诉求 ({some}): 是漏报还是确无? "
            "请用 `empty_weeks` 说明 (missing 或 zero)。",
        )
    _dates(connection, "study_period", {"first_day": [first], "last_day": [last]})
    _dates(connection, "weeks", {"week": weeks.difference(empty)})
    _dates(connection, "empty_weeks", {"week": empty})


def mondays(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """List the Mondays of the weeks from one day to another."""
    return pd.date_range(_monday(first), last, freq="7D")


def _monday(day: pd.Timestamp) -> pd.Timestamp:
    return day.normalize() - pd.Timedelta(days=day.weekday())


def _dates(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, Any]) -> None:
    frame = pd.DataFrame({key: pd.DatetimeIndex(days) for key, days in columns.items()})
    connection.register("days", frame.astype("datetime64[s]"))
    dated = ", ".join(f"CAST({key} AS DATE) AS {key}" for key in columns)
    connection.execute(f"CREATE TABLE {name} AS SELECT {dated} FROM days")
    connection.unregister("days")


def period_of(period: Period | None, days: Sequence[date]) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Give the first and last day of recording, which are those of `days` if not given.

    Raises
    ------
    DataError
        If the period runs backwards, or there is none and no day.
    """
    if period is None:
        if not days:
            raise DataError(
                en="`concerns` holds no date, so the recorded period is unknown; give `period`.",
                zh="`concerns` 中没有日期, 无从得知统计期; 请给出 `period`。",
            )
        return pd.Timestamp(days[0]), pd.Timestamp(days[-1])
    first, last = pd.Timestamp(period[0]).normalize(), pd.Timestamp(period[1]).normalize()
    if first > last:
        raise DataError(
            en=f"`period` must run forwards; it is {first:%Y-%m-%d} to {last:%Y-%m-%d}.",
            zh=f"`period` 的起日不得晚于止日; 现为 {first:%Y-%m-%d} 至 {last:%Y-%m-%d}。",
        )
    return first, last
