"""Speed of merge: the ledgers of fifty devices brought into one.

Run: `python3 start.py python benchmarks/merge.py [--devices 50] [--revisions 20000]`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

import gridkit as gk
from gridkit.records.bundle import bundle
from gridkit.records.merge import Merged, merge_all
from gridkit.records.signing import TrustedKey, own_public
from gridkit.training.bulk import bulk_concerns
from gridkit.training.town import make_town

END = dt.date(2026, 11, 1)
STEPS = 3  # of each concern: registered, routed, answered


def fill(store: gk.records.Store, revisions: int, seed: int) -> None:
    """Write invented concerns, each with a visit and steps."""
    grids = make_town(seed=1).grids
    table = bulk_concerns(
        revisions // (STEPS + 2), grids, rng=np.random.default_rng(seed), end=END
    )
    fields = [name for name in gk.records.spec.CONCERN.names if name in table]
    part = table[fields].astype(object)
    part = part.where(part.notna(), None)
    records: list = []
    for row in part.itertuples(index=False, name=None):
        said = {k: v for k, v in zip(fields, row, strict=True) if v is not None}
        day = said["heard_on"]
        seen = gk.Visit(grid_id=said["grid_id"], visited_on=day, outcome="refused")
        heard = gk.Concern(**{**said, "visit_id": seen.record_id, "summary": "三天没有水了"})
        records += [seen, heard]
        for action in ("registered", "routed", "answered"):
            records.append(gk.Step(concern_id=heard.record_id, action=action, on=day))
    store.add(records, by_role="trainer", why="benchmark")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--devices", type=int, default=50)
    options.add_argument("--revisions", type=int, default=20_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files, wrote = [], 0.0
        for number in range(asked.devices):
            with gk.create_store(folder / f"{number}.db", county_code="990428") as store:
                fill(store, asked.revisions, number)
                start = time.perf_counter()
                files.append(bundle(store, folder / f"{number}.gkb").path)
                wrote += time.perf_counter() - start
            (folder / f"{number}.db").unlink()
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"{asked.devices} bundles, {size:.0f} MB, written in {wrote:.1f} s")
        keys = [TrustedKey(own_public(), "benchmark")]
        with gk.create_store(folder / "all.db", county_code="990428") as store:
            for turn in ("first", "again"):
                start, cpu = time.perf_counter(), time.process_time()
                done = merge_all(store, files, trusted=keys)
                wall, used = time.perf_counter() - start, time.process_time() - cpu
                taken = sum(one.taken for one in done if isinstance(one, Merged))
                print(f"{turn}: {taken:,} revisions in {wall:.1f} s ({used:.1f} s CPU)")
            print(
                f"ledger {store.path.stat().st_size / 1e6:.0f} MB, {store.size('concern'):,} concerns"
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
