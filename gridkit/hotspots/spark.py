"""The same counts on Apache Spark, for a nation that outgrows one machine.

Extra `cluster` (pyspark, Java 17). The SQL is that of `counts`, text for text, over the same
Parquet partitions; a county and a province are counted faster by DuckDB on one machine.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridkit.errors import DataError
from gridkit.hotspots.counts import reasons, sql, typed
from gridkit.hotspots.relations import Question, mondays, period_of, some_kinds
from gridkit.hotspots.source import grid_table, require

if TYPE_CHECKING:
    import geopandas as gpd

_VIEWS = ("given", "concerns", "grids", "categories", "weeks", "study_period")


@contextmanager
def spark_session(master: str = "local[*]", memory: str = "1g") -> Iterator[Any]:
    """Open a Spark session that talks to this machine only, and stop it in the end.

    Parameters
    ----------
    master : str
        "local[*]" for threads; "local-cluster[2,1,1024]" for two executors of their own
        with one core and 1,024 MiB each. For a real cluster make a session yourself.
    memory : str
        For the driver.

    Yields
    ------
    pyspark.sql.SparkSession

    Raises
    ------
    DataError
        If pyspark (extra `cluster`) is not installed.
    """
    try:
        import pyspark
        from pyspark.sql import SparkSession
    except ImportError:
        raise DataError(
            en="counting on Spark needs the extra `cluster`: pip install 'gridkit[cluster]', "
            "and Java 17.",
            zh="在 Spark 上统计须安装 `cluster`: pip install 'gridkit[cluster]', 并需 Java 17。",
        ) from None
    # the executors must not find another Python than the driver's
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.catalogImplementation": "in-memory",
    }
    builder = SparkSession.builder.master(master).appName("gridkit counts")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    leavings = Path(pyspark.__file__).parent / "work" / session.sparkContext.applicationId
    try:
        session.sparkContext.setLogLevel("ERROR")
        yield session
    finally:
        session.stop()
        shutil.rmtree(leavings, ignore_errors=True)  # of a local-cluster, copies and logs


def count_on_spark(
    session: Any,
    concerns: str | Path,
    grids: gpd.GeoDataFrame,
    question: Question | None = None,
) -> pd.DataFrame:
    """Count concerns per grid, category and week on Spark: the table of `count`, row for row.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        Of `spark_session`, or of a cluster.
    concerns : str or Path
        Parquet of concerns, anywhere that Spark reads: a path, wildcards, a folder of
        partitions.
    grids : GeoDataFrame
        Indexed by `grid_id`, with `households` and `population`.
    question : Question, optional
        `by`, `period`, `categories` as for `count`. (`empty_weeks` "zero" only.)

    Returns
    -------
    DataFrame
        As `count` gives it. For tables too long for one machine use `write_on_spark`.

    Raises
    ------
    DataError
        As for `count`.
    """
    question = question or Question()
    with _relations(session, concerns, grids, question) as kinds:
        rows = session.sql(sql("counts")).collect()
    names = ["grid_id", "category", "week", "n", "households", "population"]
    # a table of no rows would have no columns
    frame = pd.DataFrame([tuple(row) for row in rows], columns=names)
    table = typed(frame, grids.index.astype("str"), kinds)
    order = ["grid_id", "category", "week"]  # Spark sorts by the texts, we by their places
    return table.sort_values(order, kind="stable", ignore_index=True)


def write_on_spark(
    session: Any,
    concerns: str | Path,
    grids: gpd.GeoDataFrame,
    target: str | Path,
    question: Question | None = None,
) -> pd.DataFrame:
    """Write the counts as a folder of Parquet files, sorted by the texts of grid and category.

    Parameters
    ----------
    session, concerns, grids, question
        As for `count_on_spark`.
    target : str or Path
        A new folder.

    Returns
    -------
    DataFrame
        What could not be counted, as `uncounted` gives it.

    Raises
    ------
    DataError
        As for `count`, or if the folder is there already.
    """
    if "://" not in str(target) and Path(target).exists():
        raise DataError(
            en=f"{Path(target).name} is there already; name a new folder.",
            zh=f"{Path(target).name} 已存在; 请换一个新文件夹。",
        )
    with _relations(session, concerns, grids, question or Question()):
        session.sql(sql("counts")).write.parquet(str(target))
        found = {row[0]: int(row[1]) for row in session.sql(sql("uncounted")).collect()}
    return reasons(found)


@contextmanager
def _relations(
    session: Any, concerns: str | Path, grids: pd.DataFrame, question: Question
) -> Iterator[list[str]]:
    """Make the views that the SQL texts stand on; gives the categories."""
    if question.never or question.empty_weeks != "zero":
        raise DataError(
            en="`never` and `empty_weeks` are not for Spark; leave those concerns out of the "
            "partitions, and drop weeks that were not recorded.",
            zh="Spark 上不支持 `never` 与 `empty_weeks`; 请先在分区中去掉这些事项, 并自行去掉漏报的周。",
        )
    ids, numbers = grid_table(grids)
    given = _given(session, str(concerns), question.by)
    given.createOrReplaceTempView("given")
    given.createOrReplaceTempView("concerns")
    ends = session.sql("SELECT MIN(heard_on), MAX(heard_on) FROM given").collect()[0]
    first, last = period_of(question.period, [day for day in ends if day is not None])
    kinds = _kinds(session, question)
    rows = zip(ids, *(_plain(numbers[c]) for c in ("households", "population")), strict=True)
    schema = "grid_id STRING, households BIGINT, population BIGINT"
    views = {
        "grids": (list(rows), schema),
        "categories": ([(kind,) for kind in kinds], "category STRING"),
        "weeks": ([(day.date(),) for day in mondays(first, last)], "week DATE"),
        "study_period": ([(first.date(), last.date())], "first_day DATE, last_day DATE"),
    }
    for name, (values, columns) in views.items():
        session.createDataFrame(values, columns).createOrReplaceTempView(name)
    try:
        yield kinds
    finally:
        for name in _VIEWS:
            session.catalog.dropTempView(name)


def _given(session: Any, path: str, by: str | None) -> Any:
    """Read the partitions; `heard_on` as plain dates."""
    from pyspark.errors import AnalysisException

    try:
        raw = session.read.option("mergeSchema", "true").parquet(path)
    except AnalysisException:
        raise DataError(
            en=f"{Path(path).name} cannot be read as Parquet by Spark; check path and wildcards.",
            zh=f"Spark 不能按 Parquet 读取 {Path(path).name}; 请核对路径与通配符。",
        ) from None
    types = dict(raw.dtypes)
    require(["grid_id", "heard_on", *([by] if by is not None else [])], types, "concerns")
    if types["heard_on"] not in {"date", "timestamp_ntz"}:
        raise DataError(
            en="`heard_on` must hold civil dates without a time zone; it holds "
            f"{types['heard_on']}.",
            zh=f"`heard_on` 须为不带时区的日期; 现为 {types['heard_on']}。",
        )
    column = "'all'" if by is None else "`" + by.replace("`", "``") + "`"
    return raw.selectExpr(
        "CAST(grid_id AS STRING) AS grid_id",
        f"CAST({column} AS STRING) AS category",
        "CAST(heard_on AS DATE) AS heard_on",
    )


def _kinds(session: Any, question: Question) -> list[str]:
    if question.by is None:
        return ["all"]
    kinds: Sequence[str] | None = question.categories
    if kinds is None:
        found = session.sql("SELECT DISTINCT category FROM given WHERE category IS NOT NULL")
        kinds = sorted(row[0] for row in found.collect())
    return some_kinds(list(dict.fromkeys(kinds)), question.by)


def _plain(numbers: pd.Series) -> list[int | None]:
    return [None if pd.isna(value) else int(value) for value in numbers]
