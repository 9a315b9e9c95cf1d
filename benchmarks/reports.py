"""Speed of reports: the ledger book of 100,000 concerns, the half-month report of a county.

Run: `python3 start.py python benchmarks/reports.py [--rows 100000]`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import gridkit as gk
from gridkit import reports
from gridkit.exchange.printing import find_office
from gridkit.maps.overview import overview
from gridkit.training.bulk import bulk_concerns
from gridkit.training.town import make_town
from gridkit.training.write import write_town

END = dt.date(2026, 11, 1)


def timed(title: str, run: Callable[[], object]) -> None:
    """Print how long something took, and the peak of the process so far."""
    start, cpu = time.perf_counter(), time.process_time()
    run()
    wall, used = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{title}: {wall:.1f} s ({used:.1f} s CPU), peak {peak:.0f} MiB")


def big_desk(rows: int) -> reports.Desk:
    """Make a desk of invented concerns, each with two steps; no ledger on the disk."""
    with (
        tempfile.TemporaryDirectory() as name,
        gk.create_store(Path(name) / "l.db", county_code="990428") as store,
    ):
        empty = {kind: store.frame(kind) for kind in gk.records.spec.RECORD_SPECS}
    grids = make_town(seed=1).grids
    table = bulk_concerns(rows, grids, rng=np.random.default_rng(1), end=END)
    concerns = table.reindex(columns=empty["concern"].columns)
    concerns["summary"] = pd.array(["家里三天没有水了, 老人提水上楼不便"] * rows, dtype="str")
    for name, dtype in empty["concern"].dtypes.items():
        if name not in table and name != "summary":
            concerns[name] = concerns[name].astype(dtype)
    steps = pd.DataFrame(
        {
            "concern_id": pd.Categorical(np.repeat(concerns.index.to_numpy(), 2)),
            "action": pd.Categorical(["registered", "routed"] * rows),
            "on": np.repeat(concerns["heard_on"].to_numpy(), 2),
        }
    ).reindex(columns=empty["step"].columns)
    steps.index = pd.Index([f"s{n}" for n in range(len(steps))], dtype="str")
    for name, dtype in empty["step"].dtypes.items():
        if name not in {"concern_id", "action", "on"}:
            steps[name] = steps[name].astype(dtype)
    return reports.Desk(
        name="青溪县",
        invented=True,
        on=END,
        profile=gk.load_profile(),
        concerns=concerns,
        steps=steps,
        sessions=empty["session"],
        decisions=empty["decision"],
        backlog=empty["backlog"],
        places=pd.Series(dtype="str"),
    )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    rows = options.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk = big_desk(rows)
        timed(
            f"ledger book of {rows:,} concerns",
            lambda: reports.ledger_book(desk, folder / "book.xlsx"),
        )
        print(f"  {(folder / 'book.xlsx').stat().st_size / 1e6:.0f} MB")
        workspace = write_town(folder / "town", grids=600, end=END)

        def report() -> None:
            """Read the desk, look over the county, draw the map, fill the template."""
            small = reports.read_desk(workspace, on=END)
            seen = overview(workspace, on=END)
            reports.half_month(small, folder / "r.docx", seen=seen)

        timed("half-month report of 600 grids, with the map", report)
        if find_office():
            timed("the same as PDF", lambda: reports.to_pdf(folder / "r.docx"))
        workspace.close()


if __name__ == "__main__":
    main()
