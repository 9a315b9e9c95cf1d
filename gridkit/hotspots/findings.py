"""The one way from counts to hotspots, for map, view and notebook: the same rule, the same words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.hotspots.explain import explain_hotspots
from gridkit.hotspots.gi_star import gi_star_test, is_level, surrounding
from gridkit.hotspots.neighbors import Neighbors, touching
from gridkit.hotspots.rates import density, rates
from gridkit.hotspots.redistribution import hotspot_test

Measure = Literal["rate", "density"]

FEWEST = 30
"""Concerns in all below which nothing is tested. With 30 on 600 grids, fourteen grids at eight
times the rate of the others are missed altogether four times in five."""
SEED = 20261122
"""Of the draws behind p: fixed, so that a map is the same whenever it is drawn again."""
MOST_UNKNOWN = 0.5
"""Share of grids with unknown households up to which those that are known are compared."""
PERMUTATIONS = 24_999
"""Shufflings behind p where only densities are known."""


@dataclass(frozen=True, eq=False)
class Findings:
    """Rates and hotspots of a period, and what they say.

    Attributes
    ----------
    rates : DataFrame, indexed by `grid_id`, or None
        As `hotspots.rates` gives them; None where densities were asked for, or households
        are unknown.
    values : Series of float, indexed by `grid_id`
        What was tested: `rate_eb` per 100 households, or concerns per km².
    tests : DataFrame, indexed by `grid_id`, or None
        As `hotspot_test` or, of densities, `gi_star_test` gives them; None where nothing
        can be tested.
    sentence_zh, sentence_en : str
        What stands out, and how much of it could be chance; or why nothing was tested.
    """

    rates: pd.DataFrame | None
    values: pd.Series
    tests: pd.DataFrame | None
    sentence_zh: str
    sentence_en: str


def find_hotspots(
    counts_per_grid: pd.DataFrame,
    grids: gpd.GeoDataFrame,
    neighbors: Neighbors | None = None,
    *,
    measure: Measure = "rate",
    seed: int = SEED,
) -> Findings:
    """Find where concerns gather, if that can be said at all.

    Parameters
    ----------
    counts_per_grid : DataFrame, indexed by `grid_id`, in the order of `grids`
        `n` and `households`: what `per_grid` returned.
    grids : GeoDataFrame
        Indexed by `grid_id`.
    neighbors : Neighbors, optional
        Those that touch by default.
    measure : {"rate", "density"}
        Per household, by redistribution of the concerns (`hotspot_test`); or per km², by
        permutation (`gi_star_test`), also where no grid knows its households.
    seed : int
        Of the draws behind p.

    Returns
    -------
    Findings

    Raises
    ------
    AlignmentError
        If counts and grids differ.
    DataError
        As for `rates`, `density` and `touching`; also if `measure` is unknown.

    Notes
    -----
    Where households are known in half of the grids or more, those are compared, and the
    sentence says how many grids and concerns are left out; where in fewer, densities are.

    Nothing is tested where there are fewer than 30 concerns in all, where no two grids
    differ, or where a grid has all others for neighbors (a county of up to 3 x 3 grids):
    there is nothing outside to compare it with.

    Examples
    --------
    >>> import shapely
    >>> cells = gpd.GeoDataFrame(geometry=shapely.box([0, 500], 0, [500, 1000], 500))
    >>> counts = pd.DataFrame({"n": [40, 2], "households": [90, 90]}, index=cells.index)
    >>> found = find_hotspots(counts, cells)
    >>> found.tests is None, found.sentence_en[:34]
    (True, 'There are too few grids (2) for a ')
    """
    if measure not in get_args(Measure):
        raise DataError(
            en=f"`measure` must be one of {', '.join(get_args(Measure))}; it is {measure!r}.",
            zh=f"`measure` 须取 {', '.join(get_args(Measure))}; 现为 {measure!r}。",
        )
    households = counts_per_grid["households"]
    unknown = households.isna()
    filled = counts_per_grid.assign(households=households.fillna(0))
    known = filled["households"].sum() > 0 and unknown.mean() <= MOST_UNKNOWN
    rated = rates(filled) if measure == "rate" and known else None
    values = density(filled, grids) if rated is None else rated["rate_eb"]
    beside = _beside(counts_per_grid, measure, rated=rated is not None)
    if rated is not None and unknown.any():
        rated = rated.assign(
            households=rated["households"].mask(unknown),
            expected=rated["expected"].mask(unknown),
        )
    near = touching(grids) if neighbors is None else neighbors
    why = _untestable(int(counts_per_grid["n"].sum()), near, values)
    if why is not None:
        return Findings(rated, values, None, *(w + b for w, b in zip(why, beside, strict=True)))
    rng = np.random.default_rng(seed)
    if rated is None:
        tests = gi_star_test(values, near, rng=rng, permutations=PERMUTATIONS)
    else:
        tests = hotspot_test(filled, near, rng=rng)
    zh, en = (explain_hotspots(tests, lang=lang) for lang in ("zh", "en"))
    return Findings(rated, values, tests, zh + beside[0], en + beside[1])


def _beside(counts: pd.DataFrame, measure: Measure, *, rated: bool) -> tuple[str, str]:
    """Say in both languages what was done about grids whose households are unknown."""
    unknown = counts["households"].isna()
    k, n = int(unknown.sum()), len(counts)
    if measure != "rate" or not k:
        return _nobody(counts) if rated else ("", "")
    if not rated:
        return (
            f" {n} 个网格中 {k} 个户数未知, 不足以算率, 改比每平方公里件数; 请补录户数。",
            f" Households are unknown in {k} of {n} grids, too many for rates: concerns per km² "
            "are compared instead. Fill the households in.",
        )
    m = int(counts.loc[unknown, "n"].sum())
    zh, en = _nobody(counts)
    return (
        f" 另有 {k} 个网格户数未知 (其中诉求 {m} 件), 不算率, 件数未参与比较; 请补录户数。{zh}",
        f" In {k} grids households are unknown: they have no rate, and their {m} concerns are "
        f"left out. Fill the households in.{en}",
    )


def _nobody(counts: pd.DataFrame) -> tuple[str, str]:
    """Say in both languages which concerns are left out where no household is counted."""
    wrong = (counts["households"].fillna(1) == 0) & (counts["n"] > 0)
    k, m = int(wrong.sum()), int(counts.loc[wrong, "n"].sum())
    if not k:
        return "", ""
    return (
        f" 另有 {k} 个网格户数登记为零却有诉求 {m} 件, 未参与比较; 请核对户数。",
        f" In {k} grids no household is counted, yet there are {m} concerns; they are left out. "
        "Look at the table of households.",
    )


def _untestable(total: int, neighbors: Neighbors, values: pd.Series) -> tuple[str, str] | None:
    """Say why nothing can be tested, in Chinese and English."""
    n = len(values)
    if n < 2 or surrounding(neighbors):
        return (
            f"网格太少 ({n} 个), 有网格与其余全部网格相邻, 没有外围可比, 不作检验, 谈不上热点。",
            f"There are too few grids ({n}) for a test: some grid has all others for neighbors, "
            "and nothing is left to compare with. There is nothing to call a hotspot.",
        )
    if total < FEWEST:
        return (
            f"只有 {total} 件, 不足 {FEWEST} 件, 不作检验, 谈不上热点。",
            f"Fewer than {FEWEST} concerns ({total}): nothing is tested, and there is nothing "
            "to call a hotspot.",
        )
    if is_level(neighbors.align(values)):
        return (
            "各网格间的差别没有超出偶然, 不作检验, 谈不上热点。",
            "The grids differ no more than by chance: nothing is tested, and there is nothing to "
            "call a hotspot.",
        )
    return None
