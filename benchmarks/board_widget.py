"""Speed of the triage board as a widget: filters, pages, views, one matter opened, a step taken.

Run: `python3 start.py python benchmarks/board_widget.py [--rows 100000] [--keep FOLDER]`.
Prints wall seconds (median and slowest of five) and the load of the machine; all matters of
the ledger are open. What is timed is Python's part; the browser has fifteen rows to draw.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from form import make, timed

from gridkit import forms
from gridkit.records.workspace import Workspace

RUNS = 5


def told(what: str, act: Callable[[], object]) -> None:
    """Print how long `act` takes."""
    took = [timed(act) for _ in range(RUNS)]
    print(f"{what:40} {statistics.median(took):7.3f} s, slowest {max(took):7.3f} s", flush=True)


def clicks(workspace: Workspace) -> None:
    """Use the board as a person does."""
    board = forms.triage(workspace)
    print(f"{len(board.listed):,} open matters; load {os.getloadavg()[0]:.1f}")
    bands = itertools.cycle(["yellow", "blue", ""])
    towns = itertools.cycle([code for _, code in board.filters.township.options])
    views = itertools.cycle(["week", "board"])
    told("another band", lambda: setattr(board.filters.band, "value", next(bands)))
    told("another township", lambda: setattr(board.filters.township, "value", next(towns)))
    board.filters.clear()
    told("next page", board.listing_pager.next_button.click)
    told("the week, and back", lambda: setattr(board.view, "value", next(views)))
    told("all put in order and drawn anew", board.refresh)
    ids = iter(board.shown.index)
    told("one matter opened", lambda: board.open_matter(str(next(ids))))
    steps = board.matter.steps

    def route() -> None:
        board.open_matter(str(next(ids)))
        steps.buttons["routed"].click()
        steps.propose_button.click()
        steps.save_button.click()

    told("one opened, routed, and all drawn anew", route)


def main() -> None:
    """Make or open the ledger, and time the board."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = make(given.keep or Path(folder) / "work", given.rows)
        clicks(workspace)
        workspace.close()


if __name__ == "__main__":
    main()
