"""How long an import takes: read, check, place, write; and the same file again.

Run with `python benchmarks/import.py [FILE MAPPING [CODE]]`; without arguments the 74,401
real complaints of chicago311_sanitation, if they lie beside the repository, else as many
made-up rows. Prints wall and CPU seconds of each phase.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from gridkit.exchange import (
    Mapping,
    import_concerns,
    ledger_mapping,
    read_mapping,
    read_points,
    write_concerns,
)
from gridkit.profile import load_profile
from gridkit.records import create_store
from gridkit.records.grids import make_grids

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared/data/chicago311_sanitation/sanitation_code_complaints.csv.gz"
# where `import_concerns` stands in its thousandths when a phase is over
PHASES = {60: "read", 200: "understood, placed", 400: "records made", 1000: "written"}


def invented(path: Path, n: int) -> Path:
    """Write n made-up rows in the shape of the city's file."""
    rng = np.random.default_rng(1)
    days = np.datetime64("2012-01-01") + rng.integers(0, 1000, n).astype("timedelta64[D]")
    pd.DataFrame(
        {
            "Service_Request_Number": [f"12-{i:08d}" for i in range(n)],
            "Creation_Date": days,
            "Completion_Date": days + rng.integers(0, 60, n).astype("timedelta64[D]"),
            "Nature": rng.choice(["Garbage in alley", "Other", "Standing water"], n),
            "Latitude": rng.uniform(41.65, 42.02, n),
            "Longitude": rng.uniform(-87.9, -87.53, n),
        }
    ).to_csv(path, index=False)
    return path


class Clock:
    """Prints the seconds since it was last asked."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def tell(self, what: str) -> None:
        """Print one line."""
        wall, cpu = time.perf_counter(), time.process_time()
        print(f"  {what:28} {wall - self.wall:7.2f} s wall {cpu - self.cpu:7.2f} s CPU")
        self.wall, self.cpu = wall, cpu


def measure(file: Path, mapping: Mapping, code: str, folder: Path) -> None:
    """Import a file twice, write the ledger as a CSV and read that back."""
    clock = Clock()
    grids = make_grids(read_points(file, mapping), 1000, code)
    clock.tell(f"{len(grids)} grids laid")
    with create_store(folder / "ledger.db", county_code=code) as store:
        for time_ in ("first import", "second import"):
            start, phases, told = Clock(), Clock(), set()

            def tell(done: int, total: int, phases: Clock = phases, told: set = told) -> None:  # noqa: ARG001
                if done in PHASES and done not in told:
                    told.add(done)
                    phases.tell(PHASES[done])

            report = import_concerns(file, mapping, store, grids=grids, progress=tell)
            start.tell(time_)
        print(report)
        clock = Clock()
        write_concerns(store.frame("concern"), folder / "ledger.csv", load_profile())
        clock.tell("ledger written as CSV")
        report = import_concerns(
            folder / "ledger.csv", ledger_mapping(), store, grids=grids, dry_run=True
        )
        clock.tell("and compared with itself")
        print(f"  unchanged {report.unchanged} of {report.read}")


def main() -> None:
    """Measure what the command line names."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if len(sys.argv) > 2:
            file, mapping = Path(sys.argv[1]), read_mapping(sys.argv[2])
        else:
            file = REAL if REAL.is_file() else invented(folder / "made_up.csv", 74_401)
            mapping = read_mapping(ROOT / "data/mappings/chicago311.toml")
        measure(file, mapping, sys.argv[3] if len(sys.argv) > 3 else "990311", folder)


if __name__ == "__main__":
    main()
