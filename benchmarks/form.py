"""Speed of the record screen: from the click to saved, scored and the map drawn again.

Run: `python3 start.py python benchmarks/form.py [--rows 100000] [--keep FOLDER]`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gridkit import forms, open_workspace
from gridkit.records import Concern, Step, create_workspace, spec
from gridkit.records.workspace import Workspace
from gridkit.training.bulk import bulk_concerns
from gridkit.training.town import make_town

BATCH = 25_000
SAVES = 20


def make(folder: Path, rows: int) -> Workspace:
    """Write `rows` invented concerns, each with its registration, into a new workspace."""
    if (folder / "about.toml").exists():
        return open_workspace(folder)
    grids = make_town(seed=1).grids
    workspace = create_workspace(
        folder, name="青溪县", county_code="990428", grids=grids, invented=True
    )
    end = workspace.store.today()
    table = bulk_concerns(rows, grids, rng=np.random.default_rng(1), end=end)
    fields = [name for name in spec.CONCERN.names if name in table and name != "visit_id"]
    for first in range(0, rows, BATCH):
        part = table.iloc[first : first + BATCH][fields].astype(object)
        part = part.where(part.notna(), None)
        concerns = [Concern(**row) for row in part.to_dict("records")]
        steps = [
            Step(concern_id=c.record_id, action="registered", on=c.heard_on) for c in concerns
        ]
        workspace.store.add([*concerns, *steps], by_role="trainer")
        print(f"  {first + len(part):,} concerns written", flush=True)
    return workspace


def timed(act: Callable[[], object]) -> float:
    """Seconds that `act` takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def fill(screen: forms.RecordScreen, grid_id: str) -> None:
    """Answer a visit with one concern."""
    form = screen.form
    form.grid.load(grid_id)
    form.visit.fields["outcome"].load("met")
    form.visit.fields["met_role"].load("owner")
    card = form.add_concern()
    card.section.load({"demand_type": "water", "harm": "livelihood", "basic_need": "water"})
    card.place.take_centroid()


def others(screen: forms.RecordScreen) -> None:
    """Open the drawer of corrections, and look for records in it."""

    def look(text: str) -> None:
        screen.corrections.search.value = text

    told("drawer of corrections opened", [timed(screen.corrections.toggle)])
    told("corrections: a grid's name looked for", [timed(lambda: look("第2网格"))])
    told("corrections: nothing fits", [timed(lambda: look("没有这样的地方"))])


def _memory_mib() -> float:
    """Give the resident memory of this process now (Linux), in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def told(name: str, seconds: list[float]) -> None:
    """Print the median and the slowest."""
    print(f"{name:<52} {statistics.median(seconds):7.3f} s  (slowest {max(seconds):.3f} s)")


def main() -> None:
    """Make the ledger, open the screen, save again and again."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--keep", type=Path, help="a folder to keep the workspace in")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = make(options.keep or Path(folder), options.rows)
        print(f"{workspace.store.size('concern'):,} concerns, {len(workspace.grids)} grids")
        told("first cell: all that a form needs, loaded", [timed(forms.warm_up)])
        start = time.perf_counter()
        screen = forms.record(workspace)
        told("second cell: record screen opened", [time.perf_counter() - start])
        print(
            f"memory of this process by now {_memory_mib():.0f} MiB (making the ledger included)"
        )
        told(
            "map drawn, as it comes into view", [timed(lambda: screen.map.eye.look(sees=True))]
        )
        add, acknowledged, whole, cards = workspace.store.add, [], [], []

        def measured(*values: object, **named: object) -> object:
            start = time.perf_counter()
            receipt = add(*values, **named)
            acknowledged.append(time.perf_counter() - start)
            return receipt

        workspace.store.add = measured  # type: ignore[method-assign]
        for number in range(SAVES):
            cards.append(timed(lambda: fill(screen, workspace.grids.index[number * 7])))  # noqa: B023
            whole.append(timed(screen.form.save))
        told("filling in a visit, in the kernel", cards)
        told("acknowledged after COMMIT", acknowledged)
        told("click, saved, scored, listed, map drawn again", whole)
        others(screen)
        told("triage board opened", [timed(lambda: forms.triage(workspace))])
        told("hotspot view opened", [timed(lambda: forms.hotspots(workspace))])
        workspace.close()


if __name__ == "__main__":
    main()
