"""Speed of the store: saves against the bare fsync, and the ledger as a frame.

Run: `python3 start.py python benchmarks/store.py [--million]`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

import gridkit as gk
from gridkit.training.bulk import bulk_concerns
from gridkit.training.town import make_town

BATCH = 50_000


def bare_fsync(folder: Path, times: int = 100) -> float:
    """Median seconds to write a page and fsync it: what no store can undercut."""
    taken = []
    with (folder / "page").open("wb", buffering=0) as file:
        for _ in range(times):
            start = time.perf_counter()
            file.write(os.urandom(4096))
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def visit_and_concern() -> list:
    """Make what one save of the form writes: a visit, a concern, its registration."""
    seen = gk.Visit(grid_id="990428100001001", visited_on="2026-01-05", outcome="refused")
    heard = gk.Concern(
        visit_id=seen.record_id,
        grid_id="990428100001001",
        source="grid_visit",
        heard_on="2026-01-05",
        demand_type="water",
        summary="三天没有水",
    )
    step = gk.Step(concern_id=heard.record_id, action="registered", on="2026-01-05")
    return [seen, heard, step]


def filled(store: gk.records.Store, rows: int) -> float:
    """Add `rows` invented concerns; the seconds it took."""
    grids = make_town(seed=1).grids
    table = bulk_concerns(rows, grids, rng=np.random.default_rng(1))
    fields = [name for name in gk.records.spec.CONCERN.names if name in table]
    taken = 0.0
    for first in range(0, rows, BATCH):
        part = table.iloc[first : first + BATCH][fields].astype(object)
        part = part.where(part.notna(), None)
        records = [
            gk.Concern(**{k: v for k, v in zip(fields, row, strict=True) if v is not None})
            for row in part.itertuples(index=False, name=None)
        ]
        start = time.perf_counter()
        store.add(records, by_role="importer", why="benchmark")
        taken += time.perf_counter() - start
    return taken


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--million", action="store_true", help="also a ledger of a million")
    rows = 1_000_000 if options.parse_args().million else 100_000
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        fsync = bare_fsync(folder)
        with gk.create_store(folder / "ledger.db", county_code="990428") as store:
            added = filled(store, rows)
            saves = []
            for _ in range(100):
                batch = visit_and_concern()
                start = time.perf_counter()
                store.add(batch, by_role="grid_worker")
                saves.append(time.perf_counter() - start)
            frames = []
            for _ in range(3):
                cpu, wall = time.process_time(), time.perf_counter()
                frame = store.frame("concern")
                frames.append((time.perf_counter() - wall, time.process_time() - cpu))
            start = time.perf_counter()
            problems = store.check()
            checked = time.perf_counter() - start
        size = (folder / "ledger.db").stat().st_size / 1e6
    wall, cpu = min(frames)
    print(f"rows in the ledger                {len(frame):>12,}   file {size:,.0f} MB")
    print(f"bare fsync of one page, median    {fsync * 1e3:>12.2f} ms")
    print(f"save (visit+concern+step), median {statistics.median(saves) * 1e3:>12.2f} ms")
    print(f"save, 95th percentile             {sorted(saves)[94] * 1e3:>12.2f} ms")
    print(f"bulk add                          {rows / added:>12,.0f} records/s")
    print(f"ledger frame, best of 3           {wall:>12.2f} s wall, {cpu:.2f} s CPU")
    print(f"check: {len(problems)} problems             {checked:>12.2f} s")


if __name__ == "__main__":
    main()
