"""Time local Moran, emerging, surge, near-repeat, silent and density at the sizes promised.

Run with `python3 start.py benchmarks/surfaces.py`, or in the environment with
`python benchmarks/surfaces.py`. CPU seconds are of this process, all threads; on a machine
under load they are to be trusted more than wall times. Imports are not counted; compiled code
is cached by a first call. Figures of the peers: methods.md, section 5, 2 cores, quiet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.hotspots import (
    connected,
    cusum,
    ears,
    emerging,
    farrington,
    k_nearest,
    local_moran,
    near_repeat,
    silent,
    surface,
    within,
)


def timed(label: str, target: float | None, work: Callable[[], Any], times: int = 3) -> Any:
    """Run a few times and print the least wall and CPU seconds beside the target."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    goal = f"target {target:5.2f}" if target else " " * 12
    print(f"{label:<58} {min(walls):7.3f} s wall {min(cpus):7.3f} s CPU  {goal}")
    return result


def silent_county(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let causes arise in n grids, be heard of or not, and be heard of again."""
    rate, homes = rng.gamma(1.5, 0.1, n), rng.integers(20, 90, n)
    heard = rng.binomial(
        rng.poisson(6 * homes / 55 * rng.gamma(3, 1 / 3, n)), 1 - np.exp(-8 * rate)
    )
    grid = np.repeat(np.arange(n), heard)
    weeks = rng.exponential(6, len(grid))
    causes = {"grid_id": grid, "reports": 1 + rng.poisson(rate[grid] * weeks), "weeks": weeks}
    counts = {"grid_id": np.arange(n), "n": heard, "households": homes}
    day = pd.Timestamp("2026-01-05")
    return pd.DataFrame(causes).assign(households=1.0), pd.DataFrame(counts).assign(week=day)


def local(rng: np.random.Generator) -> None:
    """Local Moran at the size of a nation's townships and villages."""
    n = 100_000
    cells = gpd.GeoSeries(gpd.points_from_xy(*rng.uniform(0, 1000, (2, n))))
    near, values = k_nearest(cells, 8), pd.Series(rng.gamma(2, 2, n))
    timed("local Moran 100 k, analytic", None, lambda: local_moran(values, near))
    timed("local Moran 100 k x 999 (esda 8.8, pygeoda 1.1)", 0.05, lambda: local_moran(
        values, near, permutations=999, rng=rng))  # fmt: skip
    ends = rng.integers(0, n, (2, 150_000))
    pipes = pd.DataFrame({"grid_id": ends[0], "other_id": ends[1]})
    grids = pd.DataFrame(index=range(n))
    timed("connected 150 k links, two steps", None, lambda: connected(pipes, grids, steps=2))


def over_time(rng: np.random.Generator) -> None:
    """Emerging hotspots and surges, as places and series double."""
    for places in (2_500, 10_000, 40_000):
        side = int(np.sqrt(places))
        at = gpd.GeoSeries(gpd.points_from_xy(*np.divmod(np.arange(places), side)))
        cube = pd.DataFrame(rng.poisson(0.5, (places, 52)) / rng.integers(20, 90, (places, 1)))
        timed(f"emerging {places:,} x 52 (sfdep 172 at 400 x 24)", 0.2 if places == 10_000 else None,
              lambda c=cube, w=within(at, 1.5): emerging(c, w))  # fmt: skip  # noqa: B008
    weeks = pd.date_range("2020-01-06", periods=320, freq="7D")
    season = np.exp(0.3 * np.sin(np.arange(320) * 2 * np.pi / 52))
    for number in (500, 1_000, 2_000, 10_000):
        series = pd.DataFrame(rng.poisson(rng.gamma(1, 1, (number, 1)) * season), columns=weeks)
        timed(f"Farrington flexible {number:,} series x 1 week (R 8 per 1,000)",
              0.5 if number == 1_000 else None, lambda s=series: farrington(s))  # fmt: skip
    timed("EARS C3 10,000 series x 52 weeks", None, lambda: ears(series, "C3", weeks=52))
    timed("CUSUM 10,000 series x 320 weeks", None, lambda: cusum(series))


def in_space(rng: np.random.Generator) -> None:
    """Near repeats, silent grids, and densities of several bandwidths."""
    places = gpd.GeoSeries(gpd.points_from_xy(*rng.uniform(0, 10_000, (2, 5_000))))
    days = pd.Series(rng.integers(0, 365, 5_000))
    near_repeat(places, days, permutations=9, rng=rng)
    timed("Knox 5,000 x 999, one band (pointpats 3.8)", 0.14, lambda: near_repeat(
        places, days, within_m=[200], within_days=[14], rng=rng))  # fmt: skip
    timed("Knox 5,000 x 999, two by three bands to 400 m", None, lambda: near_repeat(
        places, days, rng=rng))  # fmt: skip
    for number in (600, 1_200, 2_400):
        county = silent_county(rng, number)
        timed(f"silent {number:,} grids", None, lambda c=county: silent(*c))
    side, n = 50_000.0, 100_000
    spots = rng.uniform(0, side, (n, 2))
    spots[: n // 2] = np.clip(rng.normal(side / 2, side / 12, (n // 2, 2)), 0, side - 1)
    points = gpd.GeoSeries(gpd.points_from_xy(*spots.T))
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, side, side)])
    for bandwidth in (200, 500, 1_000, 5_000):
        timed(f"density 100 k on 512 x 512 at 1e-6, {bandwidth} m (sklearn 23.9)", 1.0,
              lambda h=bandwidth: surface(points, area, bandwidth_m=h))  # fmt: skip


def main() -> None:
    """Print one line per piece of work."""
    rng = np.random.default_rng(20261122)
    local(rng)
    over_time(rng)
    in_space(rng)


if __name__ == "__main__":
    main()
