"""PostgreSQL counts what DuckDB counts: the same SQL text, row for row."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridkit.hotspots import count, uncounted
from gridkit.hotspots.counts import sql

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
Query = Callable[..., str]
# texts that engines order, fold or trim differently
GRID_IDS = sorted(
    ["a", "A", "ａ", "网格一", "网格 一", "é", "e\u0301", "𠮷", "z ", " z", "'q\""]
)
KINDS = sorted(["用水", "roads", "Roads", "wages "])
GRIDS = pd.DataFrame(
    {
        "households": pd.array([*range(40, 50), None], dtype="Int64"),
        "population": pd.array([None, *range(90, 100)], dtype="Int64"),
    },
    index=pd.Index(GRID_IDS, name="grid_id", dtype="str"),
)
# ISO weeks across three turns of the year, one of them of a year with 53 weeks
NEW_YEARS = [np.datetime64(f"{year}-12-20") for year in (2020, 2024, 2026)]


@pytest.fixture(scope="session")
def psql() -> Iterator[Query]:
    """Start a server of our own on a socket in a temporary folder, or skip without PostgreSQL."""
    if not PROGRAMS:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    root = os.geteuid() == 0
    if root and not (shutil.which("runuser") and _is_user("postgres")):
        pytest.skip("as root, needs runuser and the user postgres")
    folder = Path(tempfile.mkdtemp(prefix="gridkit-pg-", dir="/tmp"))
    as_user = ["runuser", "-u", "postgres", "--"] if root else []
    if root:
        shutil.chown(folder, "postgres")

    def call(*words: object, given: str | None = None) -> str:
        command = [*as_user, str(PROGRAMS[-1] / str(words[0])), *map(str, words[1:])]
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, check=False, cwd="/"
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def query(text: str, given: str | None = None, zone: str = "Asia/Shanghai") -> str:
        settings = f"SET timezone TO '{zone}'"
        where = ("-h", folder, "-d", "postgres", "-U", "postgres")
        return call(
            "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *where, "-c", settings, "-c", text,
            given=given,
        )  # fmt: skip

    data = folder / "data"
    call("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N",
         "--encoding=UTF8", "--locale=C")  # fmt: skip
    options = f"-c listen_addresses='' -k {folder} -F"  # no port, nothing fetched, no fsync
    call("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield query
    finally:
        call("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _is_user(name: str) -> bool:
    return subprocess.run(["id", name], capture_output=True, check=False).returncode == 0


def load(psql: Query, name: str, columns: str, frame: pd.DataFrame) -> None:
    """Make a table of a frame; what is missing is NULL, an empty text is not."""
    psql(f"DROP TABLE IF EXISTS {name} CASCADE; CREATE TABLE {name} ({columns})")
    rows = frame.to_csv(index=False, header=False, na_rep="\\N", lineterminator="\n")
    psql(f"COPY {name} FROM STDIN WITH (FORMAT csv, NULL '\\N')", rows)


def answer(psql: Query, text: str, zone: str) -> pd.DataFrame:
    """Run a text as it stands, and read its rows in the order they came."""
    told = psql(f"COPY (\n{text}\n) TO STDOUT WITH (FORMAT csv, HEADER, NULL '\\N')", zone=zone)
    return pd.read_csv(io.StringIO(told), dtype="str", na_values=["\\N"], keep_default_na=False)


def concerns(seed: int) -> pd.DataFrame:
    """Draw concerns of known and unknown grids, categories and dates."""
    rng, n = np.random.default_rng(seed), 3000
    heard = rng.choice(NEW_YEARS, n) + rng.integers(0, 30, n)
    frame = pd.DataFrame(
        {
            "grid_id": pd.array(rng.choice([*GRID_IDS, "elsewhere", None], n), dtype="str"),
            "demand_type": pd.array(rng.choice([*KINDS, "other", None], n), dtype="str"),
            "heard_on": heard.astype("datetime64[s]"),
        }
    )
    frame.loc[rng.random(n) < 0.05, "heard_on"] = pd.NaT
    return frame


@pytest.mark.parametrize(
    ("kind", "zone"), [("date", "Asia/Shanghai"), ("timestamp", "America/New_York")]
)
@pytest.mark.parametrize("period", [("2020-12-29", "2027-01-03"), ("2024-12-31", "2025-01-01")])
def test_postgres_counts_what_duckdb_counts(psql, kind, zone, period) -> None:
    """Rows, order and reasons are the same: Unicode, nulls, turns of the year, time zones."""
    heard = concerns(20260101)
    first, last = map(pd.Timestamp, period)
    monday = first - pd.Timedelta(days=first.weekday())
    known = heard["grid_id"].isin(GRID_IDS) & heard["demand_type"].isin(KINDS)
    columns = f"grid_id text, category text, heard_on {kind}"
    load(psql, "given", columns, heard)
    load(psql, "concerns", columns, heard[known])
    load(psql, "grids", "grid_id text, households int, population int", GRIDS.reset_index())
    load(psql, "categories", "category text", pd.DataFrame(KINDS))
    load(psql, "weeks", "week date", pd.DataFrame(pd.date_range(monday, last, freq="7D")))
    load(psql, "study_period", "first_day date, last_day date", pd.DataFrame([period]))

    counted = answer(psql, sql("counts"), zone)
    left_out = answer(psql, sql("uncounted"), zone)

    expected = count(heard, GRIDS, period=period, categories=KINDS)
    for name in expected.columns:
        values = expected[name]
        if name == "week":
            values = values.dt.strftime("%Y-%m-%d")
        theirs = counted["category" if name == "demand_type" else name]
        assert theirs.fillna("-").tolist() == values.astype("str").fillna("-").tolist(), name
    assert expected["n"].sum() > 0
    reasons = left_out.set_index("reason")["n"].astype(int)
    told = uncounted(heard, GRIDS, period=period, categories=KINDS)
    assert reasons.to_dict() == {k: v for k, v in told["n"].to_dict().items() if v}
