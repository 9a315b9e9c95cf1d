"""How long disclosure control takes on a large county, and how much it hides.

Run it by itself on a quiet machine: ``python benchmarks/disclosure.py``. 20,000 grids in
667 villages and 56 townships, over-dispersed counts; CPU seconds of this process.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.maps import disclosure
from gridkit.records.grids import make_grids
from gridkit.records.topology import grid_faults

GRIDS = 20_000


def timed(words: str, work: Callable[[], Any]) -> Any:
    """Do a piece of work and print what it cost."""
    start = time.process_time()
    result = work()
    print(f"{words:<58} {time.process_time() - start:7.2f} s CPU")
    return result


def main() -> None:
    """Protect, attack, publish four quarters and a year, mask, check grids."""
    rng = np.random.default_rng(20260701)
    ids = pd.Index([f"g{i:05d}" for i in range(GRIDS)])
    village = np.arange(GRIDS) // 30
    areas = pd.DataFrame(
        {"village": [f"v{v}" for v in village], "township": [f"t{v // 12}" for v in village]},
        index=ids,
    )
    quarters = [
        pd.Series(rng.negative_binomial(2, 2 / (2 + 9), GRIDS), index=ids) for _ in range(4)
    ]
    shown = timed(
        "protect 20,000 grids on four levels", lambda: disclosure.protect(quarters[0], areas)
    )
    small = float((quarters[0] < 5).mean())
    hidden = float(shown.loc["grid", "shown"].isna().mean())
    known = timed("bounds of an attacker", lambda: disclosure.bounds(shown, areas))
    width = (known["high"] - known["low"])[shown["shown"].isna()].min()
    print(
        f"  under 5: {small:.1%}; hidden: {hidden:.1%}; narrowest interval: {width:.0f} (5 allowed)"
    )

    with tempfile.TemporaryDirectory() as folder:
        register = disclosure.Register(Path(folder) / disclosure.REGISTER, dt.date.max)
        for i, counts in enumerate(quarters):
            window = disclosure.window_of(dt.date(2026, 1 + 3 * i, 1))
            made = disclosure.release(counts, areas, window)
            timed(f"register quarter {i + 1}, all grids", lambda m=made: register.add(m))
        year = disclosure.window_of(dt.date(2026, 1, 1), "year")
        whole = disclosure.release(sum(quarters), areas, year, level="village")
        timed(
            "register the year by villages, against four quarters",
            lambda: attempt(register, whole),
        )
        print(f"  the register has {register.path.stat().st_size / 1e6:.1f} MB")

    cells = make_grids(shapely.box(117.0, 26.4, 117.8, 27.0), 580, "990428")
    homes = pd.DataFrame(
        {"lon": rng.uniform(117, 117.8, 100_000), "lat": rng.uniform(26.4, 27, 100_000)}
    )
    county = gpd.GeoDataFrame(
        geometry=[shapely.box(117.0, 26.4, 117.8, 27.0)], index=["c"], crs=4326
    )
    of = pd.Series("c", index=homes.index)
    timed("mask 100,000 points", lambda: disclosure.mask_points(homes, county, of, bytes(32)))
    timed(f"check the topology of {len(cells):,} grids", lambda: grid_faults(cells))


def attempt(register: disclosure.Register, made: disclosure.Release) -> None:
    """Publish, or say why not."""
    from gridkit.errors import DisclosureError

    try:
        register.add(made)
    except DisclosureError as refused:
        print(f"  refused: {refused.en[:100]}")


if __name__ == "__main__":
    main()
