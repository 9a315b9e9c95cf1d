"""Run the weekly warning over a year of real complaints: Chicago's sanitation calls of 2013.

Run with `python benchmarks/chicago_2013.py [WEEK ...]`; for each Monday given, the page of
that week is written to the current folder. The data lie beside the repository and are not
shipped. The calls come without households, so the space-time permutation judges.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from gridkit import maps
from gridkit.exchange import import_concerns, read_mapping, read_points
from gridkit.hotspots.warning import weekly_warning
from gridkit.maps.warning_page import warning_page
from gridkit.records import create_workspace
from gridkit.records.grids import make_grids

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT.parent / "shared/data/chicago311_sanitation/sanitation_code_complaints.csv.gz"
FIRST, LAST = date(2013, 1, 6), date(2013, 12, 29)  # Sundays
SEED = 20130101


def main() -> None:
    """Print each week's clusters, the alarms of the year, and what it took."""
    if not FILE.is_file():
        sys.exit(f"{FILE.name} is not beside the repository")
    mapping = read_mapping(ROOT / "data/mappings/chicago311.toml")
    with tempfile.TemporaryDirectory() as folder:
        grids = make_grids(read_points(FILE, mapping), 1000, "990311")
        workspace = create_workspace(
            Path(folder) / "chicago", name="Chicago", county_code="990311", grids=grids
        )
        report = import_concerns(FILE, mapping, workspace.store, grids=workspace.grids)
        concerns = workspace.store.frame("concern")
        workspace.close()
        print(f"{report.added} complaints in {len(grids)} grids of 1 km")
        _run(concerns, grids, workspace.profile, Path(folder) / "runs.json")


def _run(concerns: pd.DataFrame, grids: pd.DataFrame, profile: object, kept: Path) -> None:
    began, work = time.perf_counter(), time.process_time()
    rng = np.random.default_rng
    weekly_warning(concerns, grids, profile, LAST, rng=rng(SEED), kept=kept)
    spent = time.perf_counter() - began, time.process_time() - work
    pages = set(sys.argv[1:])
    for on in pd.date_range(FIRST, LAST, freq="7D"):
        seen = weekly_warning(concerns, grids, profile, on, rng=rng(SEED), kept=kept)
        monday = f"{seen.week:%Y-%m-%d}"
        for number, row in seen.clusters.iterrows():
            print(f"{monday} {number} {row['status']:<8}{row['en']}", flush=True)
        if monday in pages:
            page = warning_page(seen, grids, profile, name="Chicago")
            maps.save(page, f"chicago-{monday}.html")
    print(seen.burden.T.to_string())
    print(seen.explain_burden("en"))
    print(f"the year: {spent[0]:.1f} s wall, {spent[1]:.1f} s CPU")


if __name__ == "__main__":
    main()
