"""Time the invented county: its land, a year in it, its ledger, and bulk frames.

Run with `python3 start.py benchmarks/town.py`, or in the environment with
`python benchmarks/town.py`. CPU seconds are of this process, all threads; on a machine
under load they are to be trusted more than wall times. Imports are not counted.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from gridkit.training import bulk_concerns, make_town, town_records, write_town
from gridkit.training.geography import lay_land
from gridkit.training.history import make_history

END = date(2026, 11, 22)


def timed(label: str, work: Callable[[], Any]) -> Any:
    """Run once and print wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{label:<62} {wall:8.3f} s wall {cpu:8.3f} s CPU")
    return result


def main() -> None:
    """Print one line per piece of work."""
    make_town(seed=1, end=END)  # imports, first use
    for grids in (600, 2400):
        timed(f"land, {grids} grids", lambda n=grids: lay_land(n, np.random.default_rng(1)))
    town = timed("make_town, 600 grids, 52 weeks", lambda: make_town(end=END))
    print(
        f"  {len(town.visits):,} visits, {len(town.concerns):,} concerns, {len(town.steps):,} "
        f"steps, {int(town.grids['households'].sum()):,} households"
    )
    timed("its records as values", lambda: town_records(town))
    timed(
        "make_town, 900 grids (99,000 households), 520 weeks",
        lambda: make_town(grids=900, weeks=520, end=END),
    )
    timed("make_history, 600 grids, 52 weeks", lambda: make_history(seed=1))
    decade = timed(
        "make_history, 950 grids, 520 weeks",
        lambda: make_history(seed=1, grids=950, weeks=520),
    )
    print(
        f"  {int(decade.land.grids['households'].sum()):,} households, "
        f"{len(decade.concerns):,} concerns, {len(decade.steps):,} steps"
    )
    with tempfile.TemporaryDirectory() as folder:
        workspace = timed(
            "write_town, 600 grids, 52 weeks", lambda: write_town(Path(folder) / "w", end=END)
        )
        workspace.close()
    for n in (100_000, 1_000_000):
        timed(
            f"bulk_concerns, {n:,}",
            lambda n=n: bulk_concerns(n, town.grids, rng=np.random.default_rng(1), end=END),
        )


if __name__ == "__main__":
    main()
