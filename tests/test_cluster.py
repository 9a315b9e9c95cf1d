"""Spark counts what DuckDB counts, row for row, on two executors of their own."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from gridkit.errors import DataError
from gridkit.hotspots import count, uncounted
from gridkit.hotspots.relations import Question

pytest.importorskip("pyspark", reason="needs pyspark: the extra `cluster`, .ci/cluster.lock")

from gridkit.hotspots.spark import count_on_spark, spark_session, write_on_spark

# texts that engines order, fold or trim differently
GRID_IDS = sorted(
    ["a", "A", "ａ", "网格一", "网格 一", "é", "e\u0301", "𠮷", "z ", " z", "'q\"", "空"]
)
KINDS = ["用水", "roads", "Roads", "wages "]
GRIDS = pd.DataFrame(
    {
        "households": pd.array([*range(40, 51), None], dtype="Int64"),
        "population": pd.array([None, *range(90, 101)], dtype="Int64"),
    },
    index=pd.Index(GRID_IDS, name="grid_id", dtype="str"),
)
# ISO weeks across three turns of the year, one of them of a year with 53 weeks
NEW_YEARS = [np.datetime64(f"{year}-12-20") for year in (2020, 2024, 2026)]


def java_version() -> int:
    """Tell which Java is on the path; 0 if there is none."""
    if not shutil.which("java"):
        return 0
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found[1]) if found else 0


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Start Spark with two executors, or skip where it cannot run."""
    if java_version() < 17:
        pytest.skip("needs Java 17: apt-get install openjdk-17-jre-headless")
    with spark_session("local-cluster[2,1,1024]") as session:
        session.conf.set("spark.sql.shuffle.partitions", "2")
        yield session


def partitions(folder: Path, seed: int, kind: str) -> Path:
    """Write random concerns as hive partitions of Parquet, `heard_on` as date or timestamp."""
    rng, n = np.random.default_rng(seed), 4000
    heard = rng.choice(NEW_YEARS, n) + rng.integers(0, 30, n)
    frame = pd.DataFrame(
        {
            "grid_id": pd.array(rng.choice([*GRID_IDS, "elsewhere", None], n), dtype="str"),
            "demand_type": pd.array(rng.choice([*KINDS, "other", None], n), dtype="str"),
            "heard_on": heard.astype("datetime64[s]"),
            "part": rng.integers(0, 5, n),
        }
    )
    frame.loc[rng.random(n) < 0.05, "heard_on"] = pd.NaT
    with duckdb.connect(":memory:") as connection:
        connection.register("frame", frame)
        connection.execute(
            f"COPY (SELECT * REPLACE (CAST(heard_on AS {kind}) AS heard_on) FROM frame) "
            f"TO '{folder}' (FORMAT parquet, PARTITION_BY (part))"
        )
    return folder


def by_duckdb(path: Path, question: Question) -> pd.DataFrame:
    """Count the same partitions by the default engine."""
    return count(
        path / "*" / "*.parquet",
        GRIDS,
        question.by,
        period=question.period,
        categories=question.categories,
    )


@pytest.mark.parametrize(
    ("kind", "zone"), [("DATE", "Asia/Shanghai"), ("TIMESTAMP", "America/New_York")]
)
def test_spark_counts_what_duckdb_counts(session, tmp_path, kind, zone):
    """The same text gives the same rows in the same order: Unicode, nulls, turns of the year."""
    path = partitions(tmp_path / "in", 20260101, kind)
    session.conf.set("spark.sql.session.timeZone", zone)

    for question in (
        Question(),
        Question(by=None, period=("2020-12-29", "2027-01-03")),
        Question(period=("2024-12-31", "2025-01-01"), categories=["用水", "wages "]),
    ):
        found = count_on_spark(session, path, GRIDS, question)

        assert found["n"].sum() > 0
        pd.testing.assert_frame_equal(found, by_duckdb(path, question))


def test_two_executors_do_the_work(session):
    """The count runs outside the driver: on two Java processes, not on its threads."""
    session.range(1000).repartition(8).count()

    status = session.sparkContext._jsc.sc().statusTracker().getExecutorInfos()

    assert session.sparkContext.master == "local-cluster[2,1,1024]"
    assert len(status) == 3  # the driver is listed too


def test_spark_writes_parquet_and_says_what_it_left_out(session, tmp_path):
    """The folder holds the counts; what is not in it has DuckDB's reasons."""
    path = partitions(tmp_path / "in", 7, "DATE")
    question = Question(period=("2024-12-25", "2025-01-12"), categories=["用水", "Roads"])

    left = write_on_spark(session, path, GRIDS, tmp_path / "out", question)

    with duckdb.connect(":memory:") as connection:
        written = connection.sql(f"SELECT * FROM '{tmp_path}/out/*.parquet'").df()
    expected = by_duckdb(path, question).astype({"grid_id": "str", "category": "str"})
    order = ["grid_id", "category", "week"]
    found = written.sort_values(order)["n"].tolist()
    assert found == expected.sort_values(order)["n"].tolist()
    pd.testing.assert_frame_equal(
        left,
        uncounted(
            path / "*" / "*.parquet",
            GRIDS,
            period=question.period,
            categories=question.categories,
        ),
    )
    with pytest.raises(DataError, match="out 已存在"):
        write_on_spark(session, path, GRIDS, tmp_path / "out", question)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            "SELECT 'a' AS grid_id, 'w' AS demand_type, '2026-03-02' AS heard_on",
            "it holds string",
        ),
        (
            "SELECT 'a' AS grid_id, 'w' AS demand_type, TIMESTAMPTZ '2026-03-02' AS heard_on",
            "it holds timestamp",
        ),
        ("SELECT 'a' AS grid_id, DATE '2026-03-02' AS heard_on", "`demand_type`"),
        ("SELECT 'a' AS grid_id, 'w' AS demand_type, NULL::DATE AS heard_on", "holds no date"),
    ],
    ids=["text", "zone", "column", "no_date"],
)
def test_what_spark_cannot_count_is_said(session, tmp_path, query, words):
    """Spark refuses what DuckDB refuses, in the same words."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"COPY ({query}) TO '{tmp_path}/a.parquet' (FORMAT parquet)")

    with pytest.raises(DataError) as caught:
        count_on_spark(session, tmp_path / "a.parquet", GRIDS)

    assert words in caught.value.en
    with pytest.raises(DataError, match="cannot be read as Parquet by Spark"):
        count_on_spark(session, tmp_path / "b.parquet", GRIDS)
