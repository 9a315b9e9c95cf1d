"""How long weekly counts of 50 million visits take, beside DuckDB's own GROUP BY and pandas.

Run with `python benchmarks/counts.py [--rows 50000000]`. The rows are made by DuckDB in a
temporary folder (12 partitions, about 3 MB a million), grids drawn unevenly. Each run is a
process of its own, its clocks started after the imports; printed are CPU and wall seconds (of
the run with least CPU) and the most memory held. "duckdb" is the plain GROUP BY, without
zeros or order. pandas runs on a tenth of the rows, and its figures are scaled: CPU by ten;
memory as it was, with what it would be. Then the grid of a million points among 4,000
polygons, beside geopandas' sjoin.

Measured on 2026-11-22, 2 cores with other work beside (CPU s / wall s / MiB): DuckDB alone 7.7 /
6.3 / 1042; ours 6.6 / 3.4 / 725, in 256 MB 7.2 / 4.6 / 447; pandas 58 / 57 / about 13 GiB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

GRIDS, KINDS, DAYS = 4000, 18, 364
PLAIN = """COPY (SELECT grid_id, demand_type, date_trunc('week', heard_on) AS week, COUNT(*) AS n
FROM read_parquet('{source}') GROUP BY ALL) TO '{target}' (FORMAT parquet)"""
ROWS = """COPY (SELECT
  '990428' || lpad(CAST(CAST(floor(power(random(), 2) * {grids}) AS INT) AS VARCHAR), 9, '0')
    AS grid_id,
  'type_' || lpad(CAST(CAST(floor(power(random(), 1.5) * {kinds}) AS INT) AS VARCHAR), 2, '0')
    AS demand_type,
  CAST(DATE '2025-12-29' + CAST({first} + floor(random() * {days}) AS INT) AS DATE) AS heard_on
FROM range({rows})) TO '{target}' (FORMAT parquet)"""


def make(folder: Path, rows: int) -> None:
    """Write twelve partitions, four weeks and a bit each."""
    import duckdb

    with duckdb.connect(":memory:", config={"memory_limit": "3GB"}) as connection:
        connection.execute("SELECT setseed(0.4)")
        for part in range(12):
            first, last = part * DAYS // 12, (part + 1) * DAYS // 12
            target = folder / f"part{part:02}.parquet"
            made = {"grids": GRIDS, "kinds": KINDS, "first": first, "days": last - first}
            connection.execute(ROWS.format(rows=rows // 12, target=target, **made))


def grids() -> Any:
    """List the grids, with households, without borders."""
    import pandas as pd

    ids = pd.Index([f"990428{i:09}" for i in range(GRIDS)], dtype="str", name="grid_id")
    return pd.DataFrame({"households": 40, "population": 100}, index=ids).astype("Int64")


def ours(source: Path, target: Path, memory: str = "2GB", *, told: bool = True) -> int:
    """Write the counts as `gridkit counts` does; told: period and categories are given."""
    from gridkit.hotspots.counts_file import write_counts
    from gridkit.hotspots.relations import Question, Scale

    question = Question(empty_weeks="missing")
    if told:
        kinds = [f"type_{i:02}" for i in range(KINDS)]
        question = Question(period=("2025-12-29", "2026-12-27"), categories=kinds)
    written = write_counts(source, grids(), target, question, Scale(memory))
    return written.counted


def duckdb_alone(source: Path, target: Path) -> int:
    """Group by grid, category and week, and no more."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        connection.execute(PLAIN.format(source=source / "*.parquet", target=target))
    return 0


def pandas_alone(source: Path, target: Path) -> int:
    """Read all rows into a frame (by DuckDB: there is no pyarrow) and group them."""
    import duckdb
    import pandas as pd

    with duckdb.connect(":memory:") as connection:
        frame = connection.sql(f"SELECT * FROM '{source}/*.parquet'").df()
    week = frame["heard_on"] - pd.to_timedelta(frame["heard_on"].dt.dayofweek, unit="D")
    counts = frame.groupby(["grid_id", "demand_type", week], observed=True).size()
    counts.reset_index(name="n").to_csv(target)
    return int(counts.sum())


def points() -> tuple[Any, Any, Any]:
    """Make a million points among 4,000 polygons with some hundred corners each."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    rng = np.random.default_rng(1)
    centers = rng.random((GRIDS, 2)) * [1.5, 1.2] + [117, 26]
    area = shapely.box(117, 26, 118.5, 27.2)
    cells = shapely.voronoi_polygons(shapely.multipoints(centers), extend_to=area)
    shapes = shapely.segmentize(shapely.intersection(shapely.get_parts(cells), area), 0.0008)
    ids = pd.Index([f"990428{i:09}" for i in range(GRIDS)], dtype="str", name="grid_id")
    x, y = (rng.random((1_000_000, 2)) * [1.6, 1.3] + [116.95, 25.95]).T
    return x, y, gpd.GeoDataFrame(geometry=shapes, index=ids, crs=4326)


def placed(_source: Path, _target: Path) -> int:
    """Find the grid of each point by `records.grids.locate`."""
    from gridkit.records.grids import locate

    x, y, cells = points()
    return timed(lambda: int(locate(x, y, cells).notna().sum()))


def joined(_source: Path, _target: Path) -> int:
    """Find the grid of each point by geopandas."""
    import geopandas as gpd

    x, y, cells = points()

    def join() -> int:
        frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=4326)
        return int(gpd.sjoin(frame, cells, predicate="intersects")["grid_id"].size)

    return timed(join)


# --- measuring ------------------------------------------------------------------------------

STARTED = [0.0, 0.0]


def timed(act: Callable[[], int]) -> int:
    """Start the clocks anew, for what came before was preparation."""
    STARTED[:] = time.process_time(), time.perf_counter()
    return act()


WORK: dict[str, tuple[str, Callable[[Path, Path], int]]] = {
    "duckdb": ("DuckDB's plain GROUP BY", duckdb_alone),
    "ours": ("ours, zeros, order, reasons", ours),
    "ours_untold": ("  period and categories found", lambda s, t: ours(s, t, told=False)),
    "ours_small": ("  in 256 MB", lambda s, t: ours(s, t, "256MB")),
    "pandas": ("pandas, a tenth, CPU x 10", pandas_alone),
    "placed": ("1 M points, locate", placed),
    "joined": ("1 M points, sjoin", joined),
}


def work(name: str, source: Path, target: Path) -> None:
    """Do one thing and print its figures as JSON; set-up counts, imports do not."""
    import duckdb  # noqa: F401
    import pandas as pd  # noqa: F401

    import gridkit.hotspots.counts_file  # noqa: F401

    timed(lambda: WORK[name][1](source, target))
    cpu, wall = time.process_time() - STARTED[0], time.perf_counter() - STARTED[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(json.dumps({"cpu": cpu, "wall": wall, "mib": peak}))


def main() -> None:
    """Run all of it, or one thing in its own process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", nargs=3, metavar=("NAME", "SOURCE", "TARGET"))
    asked = parser.parse_args()
    if asked.work:
        name, source, target = asked.work
        work(name, Path(source), Path(target))
        return
    with tempfile.TemporaryDirectory(prefix="gridkit-counts-") as place:
        folders = {part: Path(place) / part for part in ("all", "tenth")}
        for part, rows in (("all", asked.rows), ("tenth", asked.rows // 10)):
            folders[part].mkdir()
            make(folders[part], rows)
        print(
            f"{asked.rows:,} rows, {GRIDS:,} grids, {KINDS} kinds, 52 weeks, {os.cpu_count()} cores"
        )
        print(f"{'':32}{'CPU s':>8}{'wall s':>8}{'MiB':>7}")
        for name, (label, _) in WORK.items():
            source = folders["tenth" if name == "pandas" else "all"]
            best = min(
                (one(name, source, Path(place) / "out.parquet") for _ in range(asked.repeats)),
                key=lambda run: run["cpu"],
            )
            scale = 10 if name == "pandas" else 1
            print(
                f"{label:32}{best['cpu'] * scale:8.2f}{best['wall'] * scale:8.2f}{best['mib']:7.0f}"
                + (f"  (about {best['mib'] * 10 / 1024:.0f} GiB for all)" if scale > 1 else ""),
                flush=True,
            )


def one(name: str, source: Path, target: Path) -> dict[str, float]:
    """Run one thing in a process of its own."""
    command = [sys.executable, __file__, "--work", name, str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
