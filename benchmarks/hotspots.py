"""Time the hotspot chapter at the sizes of a county and a province.

Run with `python3 start.py benchmarks/hotspots.py`, or in the environment with
`python benchmarks/hotspots.py`. CPU seconds are of this process, all threads; on a machine
under load they are to be trusted more than wall times. Imports are not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.hotspots import count, gi_star, gi_star_test, k_nearest, rates, touching, uncounted
from gridkit.records.datum import gcj02_to_wgs84, wgs84_to_gcj02
from gridkit.records.grids import locate, make_grids, place_problems

COUNTY = shapely.box(117.2, 26.4, 117.7, 26.9)


def timed(label: str, work: Callable[[], Any]) -> Any:
    """Run once and print wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{label:<62} {wall:8.3f} s wall {cpu:8.3f} s CPU")
    return result


def uneven_grids(n: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Cut the county into n uneven grids with borders of some 300 points each."""
    seeds = shapely.MultiPoint(rng.uniform([117.2, 26.4], [117.7, 26.9], (n, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=COUNTY))
    cells = shapely.segmentize(shapely.intersection(cells, COUNTY), 0.0005)
    index = pd.Index([f"990428001001{i:03d}" for i in range(n)], name="grid_id", dtype="str")
    table = {
        "households": pd.array(rng.integers(20, 90, n), dtype="Int64"),
        "population": pd.array(rng.integers(50, 300, n), dtype="Int64"),
    }
    return gpd.GeoDataFrame(table, index=index, geometry=cells, crs=4326)


def main() -> None:
    """Print one line per piece of work."""
    rng = np.random.default_rng(20261122)
    million = 1_000_000
    grids = uneven_grids(600, rng)
    lon, lat = rng.uniform(117.2, 117.7, million), rng.uniform(26.4, 26.9, million)
    found = timed("locate 1 M points in 600 grids", lambda: locate(lon, lat, grids))
    timed("place_problems 100 k points, 30 % outside", lambda: place_problems(
        lon[:100_000] + 0.1, lat[:100_000], grids))  # fmt: skip
    gcj = timed("wgs84_to_gcj02 1 M", lambda: wgs84_to_gcj02(lon, lat))
    timed("gcj02_to_wgs84 1 M, error below 1 µm", lambda: gcj02_to_wgs84(*gcj))
    concerns = pd.DataFrame(
        {
            "grid_id": found,
            "demand_type": pd.Categorical.from_codes(
                rng.integers(18, size=million), [f"type_{i:02d}" for i in range(18)]
            ),
            "heard_on": np.datetime64("2026-01-05") + rng.integers(0, 364, million),
        }
    ).astype({"heard_on": "datetime64[s]"})
    timed("count 1 M x 600 grids x 52 weeks", lambda: count(concerns, grids, by=None))
    counts = timed(
        "count 1 M x 600 grids x 18 types x 52 weeks", lambda: count(concerns, grids)
    )
    timed("uncounted, the same", lambda: uncounted(concerns, grids))
    near = timed("touching 600 grids", lambda: touching(grids))
    rate = timed("rates 600 grids, local shrinkage", lambda: rates(counts, near))
    timed("gi_star_test 600 grids, analytic", lambda: gi_star_test(rate["rate_eb"], near))
    timed("gi_star_test 600 grids x 24,999 permutations", lambda: gi_star_test(
        rate["rate_eb"], near, permutations=24_999, rng=rng))  # fmt: skip

    squares = timed("make_grids 100 k", lambda: make_grids(COUNTY, 166, "990428", 50))
    values = pd.Series(rng.gamma(2.0, 2.0, len(squares)), index=squares.index)
    wide = timed(f"touching {len(squares):,} cells", lambda: touching(squares))
    timed(f"k_nearest {len(squares):,} cells, k = 8", lambda: k_nearest(squares, 8))
    timed(f"gi_star {len(squares):,} cells", lambda: gi_star(values, wide))
    timed(f"gi_star_test {len(squares):,} cells, analytic", lambda: gi_star_test(values, wide))
    timed(f"gi_star_test {len(squares):,} cells x 999 permutations", lambda: gi_star_test(
        values, wide, permutations=999, rng=rng))  # fmt: skip


if __name__ == "__main__":
    main()
