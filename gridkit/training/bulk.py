"""Many invented concerns at once: for measuring speed, not for learning from.

`make_town` tells stories; here there are none. Rows are drawn one by one from fixed shares,
so that a million of them cost seconds, in the dtypes in which the ledger gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.training.frames import pick, record_frame, record_ids
from gridkit.training.scatter import points_inside

# Shares of demand details among concerns: made up, in the order of size of a county's ledger.
# A detail's demand type is what it belongs to in the profile.
_DETAILS: Mapping[tuple[str, str], float] = {
    ("water", "water_cut"): 5,
    ("water", "water_pressure"): 6,
    ("water", "water_quality"): 3,
    ("housing_safety", "leak"): 5,
    ("housing_safety", "works_damage"): 2,
    ("housing_safety", "dangerous_house"): 1,
    ("renovation", "compensation"): 4,
    ("renovation", "works_disturbance"): 4,
    ("renovation", "progress_notice"): 3,
    ("energy", "power_cut"): 4,
    ("roads", "road_damage"): 10,
    ("sanitation_noise", "waste"): 14,
    ("property_mgmt", "shared_facilities"): 8,
    ("wages", "unpaid_wages"): 5,
    ("land_forest", "land_contract"): 6,
    ("neighbors", "drain_light_passage"): 7,
    ("family", "support"): 4,
    ("public_hazard", "fire_risk"): 4,
    ("policy_question", "how_to_apply"): 4,
    ("other", "other_other"): 1,
}
_SHARES: Mapping[str, Mapping[str | None, float]] = {
    "harm": {
        "none": 15,
        "nuisance": 40,
        "livelihood": 25,
        "property": 13,
        "health": 6,
        "life": 1,
    },
    "safety": {"none": 97, "house_unsafe": 1.5, "no_drinking_water": 1, "violence": 0.5},
    "basic_need": {"none": 85, "water": 7, "power": 3, "wage": 4, "shelter": 1},
    "setting": {"none": 80, "old_building": 12, "dry_season": 6, "dry_season old_building": 2},
    "hardening": {"none": 85, "payment_due": 6, "party_refuses": 5, "works_soon": 4},
    "mitigation": {"none": 88, "temporary_supply": 5, "inspection_booked": 4, None: 3},
    "source": {"grid_visit": 6, "hotline": 3, "window": 1},
    "place_source": {"gps": 5, "map": 3, "address": 2},
}
_SUMMARIES = tuple(
    f"虚构事项第 {i} 种: 仅用于测速, 不指任何真实的人和事。" for i in range(1, 41)
)
_WEEKS = 52


def bulk_concerns(
    n: int, grids: gpd.GeoDataFrame, *, rng: np.random.Generator, end: date
) -> pd.DataFrame:
    """Draw any number of invented concerns over a year, with places inside their grids.

    Parameters
    ----------
    n : int
        How many; a million take a few seconds.
    grids : GeoDataFrame, indexed by `grid_id`
        Grids with more `households` have more concerns; unknown counts as 1.
    rng : Generator
        Source of chance; the same state gives the same frame.
    end : date
        The last day on which a concern was heard; the first is 364 days earlier.

    Returns
    -------
    DataFrame, length n, indexed by `record_id`
        All fields of a concern in the dtypes of `Store.frame("concern")`, by day.

    Raises
    ------
    DataError
        If there is no grid or `n` is below 0.

    Examples
    --------
    >>> import shapely
    >>> square = gpd.GeoDataFrame(
    ...     {"households": [80]},
    ...     index=["990428100001001"],
    ...     geometry=[shapely.box(117, 26, 118, 27)],
    ...     crs=4326,
    ... )
    >>> bulk_concerns(3, square, rng=np.random.default_rng(1), end=date(2026, 11, 22)).shape
    (3, 26)
    """
    if len(grids) == 0 or n < 0:
        raise DataError(
            en=f"`n` must be 0 or more and `grids` hold a grid; they are {n} and {len(grids)} grids.",
            zh=f"`n` 须不小于 0, `grids` 须至少有一个网格; 现为 {n} 和 {len(grids)} 个网格。",
        )
    weight = grids["households"].astype("float64").fillna(1.0).clip(lower=1.0)
    which = pick(dict(enumerate(weight)), n, rng).astype(np.intp)
    ago = np.sort(rng.integers(0, _WEEKS * 7 + 1, n))[::-1]
    heard_on = np.datetime64(end, "s") - ago.astype("timedelta64[D]")
    kinds = pick(_DETAILS, n, rng)
    lonlat = points_inside(grids, which, rng)
    columns: dict[str, Any] = {name: pick(table, n, rng) for name, table in _SHARES.items()}
    columns |= {
        "grid_id": grids.index.to_numpy(dtype=object)[which],
        "heard_on": heard_on,
        "since": heard_on - rng.geometric(0.1, n).astype("timedelta64[D]"),
        "demand_type": [kind[0] for kind in kinds],
        "demand_detail": [kind[1] for kind in kinds],
        "summary": np.array(_SUMMARIES, dtype=object)[rng.integers(0, len(_SUMMARIES), n)],
        "households_affected": np.minimum(rng.geometric(0.45, n), 200),
        "lon": lonlat[:, 0],
        "lat": lonlat[:, 1],
    }
    columns["people_affected"] = columns["households_affected"] + rng.poisson(0.7, n)
    columns["works_start"] = _works_start(columns["hardening"], heard_on, rng)
    columns["accuracy_m"] = np.where(
        columns["place_source"] == "gps", np.round(rng.gamma(4.0, 3.0, n), 1), np.nan
    )
    return record_frame("concern", columns, record_ids(heard_on, rng))


def _works_start(
    hardening: NDArray[Any], heard_on: NDArray[np.datetime64], rng: np.random.Generator
) -> NDArray[np.datetime64]:
    soon = heard_on + rng.integers(1, 60, len(heard_on)).astype("timedelta64[D]")
    return np.where(hardening == "works_soon", soon, np.datetime64("NaT", "s"))
