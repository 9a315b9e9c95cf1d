"""How long the board takes: 100,000 open concerns with their steps, put in order and narrowed.

Run with `python benchmarks/board.py [N]`; prints CPU and wall seconds, best of five. The
ledger is read already: what is timed is what happens at a click.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.profile import load_profile
from gridkit.training.bulk import bulk_concerns
from gridkit.triage.board import board, narrow, with_reasons
from gridkit.triage.matter_statistics import matter_statistics
from gridkit.triage.reception_sheet import reception_sheet

DAY = dt.date(2026, 11, 22)
ACTIONS = ("registered", "routed", "accepted", "in_progress", "answered", "verified")
SHOWN = 20


def county(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make n concerns in 600 grids of 13 townships, none struck off, up to six steps each."""
    ids = [f"990428{100 + i % 13:03d}{1 + i // 13 % 11:03d}{1 + i:03d}" for i in range(600)]
    grids = gpd.GeoDataFrame(
        {"households": [120] * len(ids)},
        index=ids,
        geometry=[shapely.box(117, 26, 118, 27)] * len(ids),
        crs=4326,
    )
    concerns = bulk_concerns(n, grids, rng=rng, end=DAY)
    owner = np.repeat(np.arange(n), rng.integers(0, len(ACTIONS) + 1, n))
    place = np.arange(len(owner)) - np.searchsorted(owner, owner)
    units = pd.Index(load_profile().codes("unit"))
    unit = np.where(place == 1, rng.integers(0, len(units), len(owner)), -1)
    heard = concerns["heard_on"].to_numpy()[owner]
    steps = pd.DataFrame(
        {
            "concern_id": pd.Categorical(concerns.index[owner]),
            "action": pd.Categorical.from_codes(place, pd.Index(ACTIONS)),
            "on": heard + (place * 4).astype("timedelta64[D]"),
            "unit": pd.Categorical.from_codes(unit, units),
            "satisfied": pd.array([None] * len(owner), dtype="boolean"),
        }
    )
    return concerns, steps


def timed(what: str, act: Callable[[], Any]) -> Any:
    """Print the best of five runs."""
    best = (float("inf"), float("inf"))
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        result = act()
        best = min(best, (time.process_time() - cpu, time.perf_counter() - wall))
    print(f"{what:44} {best[0]:7.3f} s CPU {best[1]:7.3f} s wall")
    return result


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    profile = load_profile()
    concerns, steps = county(n, np.random.default_rng(2026))
    listed = timed(
        "board: all open matters in order", lambda: board(concerns, steps, DAY, profile)
    )
    print(f"{n} concerns, {len(steps)} steps, {len(listed)} open")
    shown = timed(
        "narrow: township, band, unit, overdue",
        lambda: narrow(listed, township_code="990428100", band=["red", "orange"], overdue=True),
    )
    timed(
        f"reasons of the {SHOWN} shown",
        lambda: with_reasons(listed.head(SHOWN), concerns, steps, DAY, profile),
    )
    timed(
        "redraw: narrow, then reasons of those shown",
        lambda: with_reasons(
            narrow(listed, band="red").head(SHOWN), concerns, steps, DAY, profile
        ),
    )
    timed("reception sheet of the county", lambda: reception_sheet(listed, "county", profile))
    timed(
        "statistics by unit and month",
        lambda: matter_statistics(concerns, steps, DAY, profile, ["unit", "month"]),
    )
