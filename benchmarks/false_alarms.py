"""Count false alarms and hits of the ways to test for hotspots, on the invented county.

Run with `python3 start.py benchmarks/false_alarms.py`, or in the environment with
`python benchmarks/false_alarms.py [maps]`. Chance: concerns fall on the county's households at
random, all alike or grids with a voice of their own (gamma, coefficient of variation 0.7).
Power: the drought of `make_town`.

Ways: normal p, conditional permutation, redistribution at rates all equal (exact binomial p of
each neighborhood's count), and redistribution at rates that differ: what gridkit does.
Measured on 2026-11-22, 200 maps (share with any hot grid at q <= 0.05 / at q <= 0.01):

| concerns, voice | normal | permutation | equal | redistribution |
|---|---|---|---|---|
| 30, alike | .375 / .315 | .420 / .385 | .005 / .000 | .020 / .005 |
| 100, alike | .335 / .210 | .090 / .005 | .015 / .005 | .030 / .005 |
| 300, alike | .140 / .090 | .025 / .000 | .000 / .000 | .000 / .000 |
| 300, CV 0.7 | .525 / .325 | .095 / .005 | .125 / .040 | .010 / .000 |
| 2,000, CV 0.7 | .330 / .190 | .030 / .000 | 1.00 / .975 | .035 / .010 |
| drought's grids found, others | .96, 10.8 | .73, 4.2 | .99, 19.4 | .69, 0.6 |

"""

from __future__ import annotations

import sys
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.stats import binom, false_discovery_control

from gridkit.hotspots import Neighbors, gi_star_test, hotspot_test, rates, touching
from gridkit.training import make_town

SEED = 20261122
Way = Callable[[pd.DataFrame, Neighbors, np.random.Generator], pd.Series]


def normal(counts: pd.DataFrame, near: Neighbors, _: np.random.Generator) -> pd.Series:
    """Give q of high grids; 1 elsewhere."""
    return _high(gi_star_test(rates(counts)["rate_eb"], near))


def permutation(counts: pd.DataFrame, near: Neighbors, rng: np.random.Generator) -> pd.Series:
    """Shuffle the shrunken rates of the other grids."""
    return _high(gi_star_test(rates(counts)["rate_eb"], near, rng=rng, permutations=24_999))


def equal(counts: pd.DataFrame, near: Neighbors, _: np.random.Generator) -> pd.Series:
    """Test the count of each neighborhood against equal rates, exactly."""
    n, homes = (counts[c].to_numpy(dtype=float) for c in ("n", "households"))
    seen = near.matrix @ n + n
    share = (near.matrix @ homes + homes) / homes.sum()
    up = binom.sf(seen - 1, n.sum(), share)
    p = np.minimum(1.0, 2.0 * np.minimum(up, binom.cdf(seen, n.sum(), share)))
    high = seen > n.sum() * share
    return pd.Series(np.where(high, false_discovery_control(p), 1.0), counts.index)


def redistribution(
    counts: pd.DataFrame, near: Neighbors, rng: np.random.Generator
) -> pd.Series:
    """Take what gridkit ships."""
    return _high(hotspot_test(counts, near, rng=rng))


def _high(test: pd.DataFrame) -> pd.Series:
    return test["q"].where(test["z"] > 0, 1.0)


WAYS: tuple[Way, ...] = (normal, permutation, equal, redistribution)


def false_alarms(grids: gpd.GeoDataFrame, near: Neighbors, maps: int) -> None:
    """Print the share of maps from chance alone that show a hot grid."""
    homes = grids["households"].to_numpy(dtype=float)
    for voice, total in [(0.0, n) for n in (30, 100, 300)] + [(0.7, 300), (0.7, 2000)]:
        for way in WAYS:
            rng, found = np.random.default_rng(SEED), np.zeros(2)
            for _ in range(maps):
                loud = rng.gamma(1 / voice**2, size=len(homes)) if voice else 1.0
                n = rng.multinomial(total, homes * loud / (homes * loud).sum())
                q = way(_table(n, grids), near, np.random.default_rng(rng.integers(2**63)))
                found += (q <= 0.05).any(), (q <= 0.01).any()
            print(
                f"chance, {total:4} concerns, voice {voice:.1f}  {way.__name__:14} "
                f"{found[0] / maps:5.3f} {found[1] / maps:5.3f}",
                flush=True,
            )


def power(seeds: range) -> None:
    """Print which share of the drought's grids is hot, and how many others are."""
    for way in WAYS:
        shares, others = [], []
        for seed in seeds:
            town = make_town(seed=seed)
            story = town.story("drought")
            last = story["heard_on"].max()
            concerns = town.concerns[town.concerns["demand_type"] == "water"]
            recent = concerns["heard_on"].between(last - pd.Timedelta(days=83), last)
            n = concerns.loc[recent, "grid_id"].astype("str").value_counts()
            counts = _table(n.reindex(town.grids.index, fill_value=0), town.grids)
            q = way(counts, touching(town.grids), np.random.default_rng(SEED))
            its = town.grids.index.isin(story["grid_id"].astype("str"))
            shares.append((q[its] <= 0.05).mean())
            others.append((q[~its] <= 0.05).sum())
        print(
            f"drought, 12 weeks of water, {len(seeds)} counties  {way.__name__:14} "
            f"found {np.mean(shares):4.2f}, least {min(shares):4.2f}; "
            f"others {np.mean(others):4.1f} grids",
            flush=True,
        )


def _table(n: pd.Series | np.ndarray, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame({"n": n, "households": grids["households"]}, index=grids.index)


def main() -> None:
    """Print one line per way and case."""
    maps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    grids = make_town().grids
    power(range(1, 6))
    false_alarms(grids, touching(grids), maps)


if __name__ == "__main__":
    main()
