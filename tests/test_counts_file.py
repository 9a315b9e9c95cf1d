"""Weekly counts as a file: the table of `count`, whatever the source, and what was left out."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import shapely

import gridkit as gk
from gridkit.cli import main
from gridkit.errors import DataError, StoreError
from gridkit.exchange.csv_table import read_csv
from gridkit.hotspots import count
from gridkit.hotspots.counts_file import write_counts
from gridkit.hotspots.relations import Question, Scale
from gridkit.records.grids import locate, make_grids

GRIDS = make_grids(shapely.box(117.40, 26.70, 117.43, 26.727), 1000, "990428", 40)
IDS = GRIDS.index.to_numpy()
ASKED = Question(period=("2026-03-02", "2026-03-29"), categories=["water", "roads"])


def parquet(frame: pd.DataFrame | str, path: Path) -> Path:
    """Write a frame, or what a query gives, as one Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = str(path).replace("'", "''")
    with duckdb.connect(":memory:") as connection:
        if isinstance(frame, pd.DataFrame):
            connection.register("frame", frame)
        text = frame if isinstance(frame, str) else "SELECT * FROM frame"
        connection.execute(f"COPY ({text}) TO '{name}' (FORMAT parquet)")
    return path


def read(path: Path) -> pd.DataFrame:
    """Read a file of counts, its columns as DuckDB types them."""
    with duckdb.connect(":memory:") as connection:
        return connection.sql(f"SELECT * FROM '{path}'").df()


def heard(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Make concerns of four weeks, some without a grid, a place, a date or a type."""
    frame = pd.DataFrame(
        {
            "grid_id": pd.array(rng.choice([*IDS, "elsewhere", None], n), dtype="str"),
            "demand_type": pd.array(rng.choice(["water", "roads", None], n), dtype="str"),
            "heard_on": np.datetime64("2026-02-27") + rng.integers(0, 36, n),
            "lon": rng.uniform(117.39, 117.44, n),
            "lat": rng.uniform(26.69, 26.73, n),
            "dispute_code": pd.array(rng.choice(["0904", "1401", "15", None], n), dtype="str"),
        }
    )
    frame.loc[rng.random(n) < 0.2, "lon"] = np.nan
    frame.loc[rng.random(n) < 0.1, "heard_on"] = pd.NaT
    return frame


def test_the_file_holds_what_count_gives(tmp_path: Path) -> None:
    """Parquet and CSV have the rows of the frame, in its order; CSV opens in Excel."""
    concerns = heard(300, np.random.default_rng(1))
    expected = count(concerns, GRIDS, period=ASKED.period, categories=ASKED.categories)

    written = write_counts(concerns, GRIDS, tmp_path / "c.parquet", ASKED)
    write_counts(concerns, GRIDS, tmp_path / "c.csv", ASKED)

    table = read(tmp_path / "c.parquet")
    text = read_csv(tmp_path / "c.csv").astype({"n": int})
    assert written.rows == len(table) == len(expected)
    assert written.counted == table["n"].sum() == expected["n"].sum()
    assert written.counted + written.uncounted["n"].sum() == written.concerns == 300
    for found in (table, text):
        assert found["grid_id"].tolist() == expected["grid_id"].tolist()
        assert found["n"].tolist() == expected["n"].tolist()
        assert pd.to_datetime(found["week"]).tolist() == expected["week"].tolist()
    assert (tmp_path / "c.csv").read_bytes().startswith(b"\xef\xbb\xbfgrid_id,category,week,n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.csv", "c.parquet"]


@pytest.mark.parametrize("known", [True, False], ids=["some_grids_known", "no_grid_column"])
def test_places_without_a_grid_get_theirs(tmp_path: Path, known: bool) -> None:  # noqa: FBT001
    """A recorded grid is kept; else the place decides, as `locate` does; else it is told."""
    concerns = heard(500, np.random.default_rng(2))
    told = concerns if known else concerns.drop(columns="grid_id")
    for part, piece in enumerate((told[:200], told[200:])):
        parquet(piece, tmp_path / "in" / f"week={part}" / "a.parquet")
    by_hand = concerns.assign(grid_id=concerns["grid_id"] if known else pd.NA)
    places = pd.Series(locate(by_hand["lon"], by_hand["lat"], GRIDS))
    by_hand["grid_id"] = by_hand["grid_id"].astype("str").fillna(places)

    written = write_counts(tmp_path / "in", GRIDS, tmp_path / "c.parquet", ASKED)

    expected = count(by_hand, GRIDS, period=ASKED.period, categories=ASKED.categories)
    open_ = concerns["lon"].notna() & (concerns["grid_id"].isna() if known else True)
    assert read(tmp_path / "c.parquet")["n"].tolist() == expected["n"].tolist()
    assert written.placed + written.outside == open_.sum()
    assert written.outside == (open_ & places.isna()).sum() > 0
    assert written.counted + written.uncounted["n"].sum() == 500
    assert (written.uncounted["n"]["unknown_grid"] > 0) == known


def test_statutory_matters_are_not_counted(tmp_path: Path) -> None:
    """Files are asked for their dispute codes; groups 14 to 16 drop out and are numbered."""
    concerns = heard(200, np.random.default_rng(3))
    path = parquet(concerns, tmp_path / "in.parquet")
    out = concerns["dispute_code"].isin(["1401", "15"])

    written = write_counts(
        path, GRIDS, tmp_path / "c.parquet", ASKED._replace(never=frozenset({"14", "15"}))
    )

    kept = count(concerns[~out], GRIDS, period=ASKED.period, categories=ASKED.categories)
    places = written.placed
    assert written.statutory == out.sum()
    assert written.concerns == 200 - out.sum()
    assert read(tmp_path / "c.parquet")["n"].sum() >= kept["n"].sum()
    assert written.counted <= kept["n"].sum() + places
    with pytest.raises(DataError, match="`dispute_code`"):
        write_counts(
            parquet(concerns.drop(columns="dispute_code"), tmp_path / "no.parquet"),
            GRIDS,
            tmp_path / "c.parquet",
            ASKED._replace(never=frozenset({"14"})),
        )


def test_a_missing_partition_is_missing_and_not_zero(tmp_path: Path) -> None:
    """A week without any concern is left out and named, unless something else was recorded."""
    days = ["2026-03-02", "2026-03-10", "2026-03-31"]
    for day in days:
        query = (
            f"SELECT '{IDS[0]}' AS grid_id, 'water' AS demand_type, DATE '{day}' AS heard_on"
        )
        parquet(query, tmp_path / "in" / f"{day}.parquet")
    target, asked = tmp_path / "c.parquet", Question(empty_weeks="missing")

    missing = write_counts(tmp_path / "in", GRIDS, target, asked)
    quiet = write_counts(
        tmp_path / "in", GRIDS, target, asked._replace(recorded_on=[date(2026, 3, 18)])
    )
    zero = write_counts(tmp_path / "in", GRIDS, target, asked._replace(empty_weeks="zero"))

    assert missing.empty_weeks == (date(2026, 3, 16), date(2026, 3, 23))
    assert quiet.empty_weeks == (date(2026, 3, 23),)
    assert [w.rows // len(GRIDS) for w in (missing, quiet, zero)] == [3, 4, 5]
    with pytest.raises(DataError, match="5 周中有 2 周没有任何诉求"):
        write_counts(tmp_path / "in", GRIDS, target, asked._replace(empty_weeks="refuse"))
    frame = pd.DataFrame(
        {"grid_id": IDS[0], "demand_type": "w", "heard_on": pd.to_datetime(days)}
    )
    assert count(frame, GRIDS, empty_weeks="missing")["week"].nunique() == 3


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A count of two million concerns goes through with little memory, and one thread."""
    query = f"""SELECT '{IDS[0][:-3]}' || lpad(CAST(1 + i % 9 AS VARCHAR), 3, '0') AS grid_id,
        'type ' || CAST(i % 7 AS VARCHAR) AS demand_type,
        DATE '2026-01-05' + CAST(i % 180 AS INTEGER) AS heard_on FROM range(2000000) AS t(i)"""
    path = parquet(query, tmp_path / "in.parquet")
    shares: list[float] = []

    written = write_counts(
        path, GRIDS, tmp_path / "c.parquet", scale=Scale("100MB", 1), progress=shares.append
    )

    assert written.counted == 2_000_000
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_texts_that_a_spreadsheet_would_run_are_escaped(tmp_path: Path) -> None:
    """In CSV an apostrophe stands before a formula; in Parquet texts are as they came."""
    kinds = ["=1+1", "＝1", "'@x", "停水", "'t"]
    concerns = pd.DataFrame(
        {"grid_id": IDS[0], "demand_type": kinds, "heard_on": pd.Timestamp("2026-03-02")}
    )

    write_counts(concerns, GRIDS.head(1), tmp_path / "c.csv")
    write_counts(concerns, GRIDS.head(1), tmp_path / "c.parquet")

    shown = pd.read_csv(tmp_path / "c.csv", encoding="utf-8-sig")["category"]
    assert sorted(shown) == sorted(["'=1+1", "'＝1", "''@x", "停水", "'t"])
    assert sorted(read(tmp_path / "c.parquet")["category"]) == sorted(kinds)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no file fits"),
        ({"a": "SELECT 'g' AS grid_id, 'w' AS demand_type, '2026-3-2' AS heard_on"}, "VARCHAR"),
        (
            {
                "a": "SELECT 'g' AS grid_id, 'w' AS demand_type, TIMESTAMPTZ '2026-03-02' AS heard_on"
            },
            "it holds TIMESTAMP WITH TIME ZONE in 1 of the files (a.parquet)",
        ),
        (
            {
                "a": "SELECT 'g' AS grid_id, 'w' AS demand_type, DATE '2026-03-02' AS heard_on",
                "b": "SELECT 'g' AS grid_id, 'w' AS demand_type, '二日' AS heard_on",
            },
            "in 1 of the files (b.parquet)",
        ),
        (
            {
                "a": "SELECT 'g' AS grid_id, 'w' AS demand_type, DATE '2026-03-02' AS heard_on LIMIT 0"
            },
            "holds no date",
        ),
        (
            {"a": "SELECT 'g' AS grid_id, DATE '2026-03-02' AS week, 3 AS n"},
            "looks like a table of counts",
        ),
    ],
    ids=["none", "text", "zone", "mixed", "empty", "counts"],
)
def test_files_that_cannot_be_counted_are_said(
    tmp_path: Path, files: dict[str, str], words: str
) -> None:
    """No file, dates as text or with a zone, no rows, counts for concerns: the message names it."""
    for name, query in files.items():
        parquet(query, tmp_path / "in" / f"{name}.parquet")

    with pytest.raises(DataError) as caught:
        write_counts(tmp_path / "in" / "*.parquet", GRIDS, tmp_path / "c.parquet")

    assert words in caught.value.en
    assert "二日" not in str(caught.value)
    assert not (tmp_path / "c.parquet").exists()


def test_a_broken_file_is_said(tmp_path: Path) -> None:
    """A file that is cut short, a folder that is not there, another kind: nothing is written."""
    query = "SELECT 'g' AS grid_id, 'w' AS demand_type, DATE '2026-03-02' AS heard_on"
    path = parquet(query, tmp_path / "in.parquet")
    concerns = read(path)

    with pytest.raises(StoreError, match=r"c\.parquet 未能写入"):
        write_counts(concerns, GRIDS, tmp_path / "nowhere" / "c.parquet")
    with pytest.raises(DataError, match=r"\.parquet or \.csv file; c\.xlsx is neither"):
        write_counts(concerns, GRIDS, tmp_path / "c.xlsx")
    with pytest.raises(DataError, match="must be a size such as 2GB"):
        write_counts(concerns, GRIDS, tmp_path / "c.csv", scale=Scale("much"))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        write_counts(path, GRIDS, tmp_path / "c.csv")
    query = (
        "SELECT 'w' AS demand_type, DATE '2026-03-02' AS heard_on, 117.4 AS lon, 26.7 AS lat"
    )
    path = parquet(query, tmp_path / "places.parquet")
    with pytest.raises(DataError, match="borders"):
        write_counts(path, pd.DataFrame(GRIDS.drop(columns="geometry")), tmp_path / "c.csv")


# --- the command ----------------------------------------------------------------------------


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `gridkit counts`; its exit code and what it printed, without line breaks."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["gridkit", "counts", *map(str, words)])
        monkeypatch.setattr("gridkit.terminal.out.width", 200)
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, (printed.out + printed.err).replace("\n", "")

    return command


def test_counts_of_a_workspace(run, tmp_path):
    """The ledger's concerns are counted; weeks with a visit are quiet, others missing."""
    workspace = gk.create_workspace(
        tmp_path / "县", name="某县", county_code="990428", grids=GRIDS
    )
    told = {"visit_id": None, "source": "walk_in", "demand_type": "water", "summary": "张三"}
    days = [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 24)]
    visit = gk.Visit(grid_id=IDS[0], visited_on=date(2026, 3, 11), outcome="nobody_home")
    source = workspace.profile.codes("source")[0]
    concerns = [
        gk.Concern(
            **{**told, "source": source, "visit_id": visit.record_id},
            grid_id=IDS[0],
            heard_on=day,
        )
        for day in days
    ]
    workspace.store.add([visit, *concerns], by_role="grid_worker", why="走访")
    workspace.close()

    code, printed = run("-w", tmp_path / "县", "-o", tmp_path / "c.csv")

    table = read_csv(tmp_path / "c.csv").astype({"n": int})
    assert code == 0
    assert table.query("grid_id == @IDS[0]").set_index("week")["n"].to_dict() == {
        "2026-03-02": 2, "2026-03-09": 0, "2026-03-23": 1,
    }  # fmt: skip
    assert "3 件诉求中统计 3 件" in printed
    assert "1 周没有任何诉求" in printed
    assert "2026-03-16" in printed
    assert "张三" not in printed


def test_counts_of_a_province(run, tmp_path):
    """Partitions with grids from a file: no workspace is needed, and each loss has its reason."""
    parquet(heard(400, np.random.default_rng(5)), tmp_path / "in" / "a.parquet")
    GRIDS.to_file(tmp_path / "g.gpkg", driver="GPKG")
    words = [tmp_path / "in" / "*.parquet", "--grids", tmp_path / "g.gpkg", "--memory", "200MB"]
    words += ["--from", "2026-03-02", "--to", "2026-03-29", "-o", tmp_path / "c.parquet"]

    code, printed = run(*words, "--category", "water")
    half, complaint = run(*words[:-4], "-o", tmp_path / "d.parquet")

    table = read(tmp_path / "c.parquet")
    assert code == 0
    assert len(table) == 9 * 4
    assert f"统计 {table['n'].sum()} 件" in printed
    for word in ("没有登记日期", "日期不在统计期内", "没有网格", "没有此项分类", "转法定渠道"):
        assert word in printed
    assert "按坐标归入网格" in printed
    assert half == 2
    assert "须同时给出 --from 与 --to" in complaint
