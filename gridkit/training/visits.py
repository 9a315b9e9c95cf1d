"""Doors that grid workers knocked at, told or not.

Assumption: a grid worker writes down about 0.15 visits a week (one in six or seven weeks).
Visits at which a concern was told come first; the rest are rounds, none of them in a week
that has three visits already. Of rounds 70 % meet somebody, a quarter find nobody home and a
few somebody who does not wish to talk. A visit stands for a door: no worker is tracked.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.training.causes import World
from gridkit.training.frames import pick

MOST_A_WEEK = 3
_OUTCOMES = {"met": 70, "nobody_home": 25, "refused": 5}
_ROLES = {"owner": 50, "family": 33, "tenant": 8, "shopkeeper": 7, "other": 2}
_NOTES = {
    None: 80,
    "老人独居, 下次顺带看看用电。": 4,
    "白天上班, 傍晚再来。": 5,
    "已告知雨季注意边坡。": 3,
    "发了防火宣传单。": 4,
    "房屋有旧裂缝, 继续留意。": 2,
    "上次的事已办好, 表示满意。": 2,
}
_DAY = np.timedelta64(86_400, "s")


def draw_visits(
    world: World, told: pd.DataFrame, per_week: float, rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw the visits of a year, among them those at which concerns were told.

    Parameters
    ----------
    world : World
        Grids and days.
    told : DataFrame
        Concerns; those whose source is a visit have one.
    per_week : float
        Visits a grid worker writes down in a week, on average.
    rng : Generator
        Source of chance.

    Returns
    -------
    tuple
        The visits (columns of a visit), and for each concern the number of its visit, -1
        for none. Concerns told in one grid on one day were told at one visit.
    """
    at_door = (told["source"] == "grid_visit").to_numpy()
    doors = told.loc[at_door, ["grid_id", "heard_on"]]
    visit_of = np.full(len(told), -1)
    visit_of[at_door] = doors.groupby(["grid_id", "heard_on"], sort=True).ngroup()
    led = (
        doors.drop_duplicates()
        .sort_values(["grid_id", "heard_on"])
        .set_axis(["grid_id", "visited_on"], axis="columns")
    )
    led["outcome"] = "met"
    rounds = _rounds(
        world, round(per_week * len(world.days) / 7 * len(world.voice)) - len(led), rng
    )
    visits = pd.concat([led, rounds], ignore_index=True)
    monday = visits["visited_on"] - pd.to_timedelta(
        visits["visited_on"].dt.day_of_week, unit="D"
    )
    in_week = visits.groupby([visits["grid_id"], monday]).cumcount()
    visits = visits[(in_week < MOST_A_WEEK) | (visits.index < len(led))].reset_index(drop=True)
    met = (visits["outcome"] == "met").to_numpy()
    visits["met_role"] = pd.Series(pick(_ROLES, len(visits), rng)).where(met, None)
    visits["note"] = pd.Series(pick(_NOTES, len(visits), rng)).where(met, None)
    visits["address"] = _addresses(world, visits["grid_id"], rng)
    return visits, visit_of


def _rounds(world: World, n: int, rng: np.random.Generator) -> pd.DataFrame:
    n = max(n, 0)
    grid = rng.integers(0, len(world.voice), n)
    day = world.days[rng.integers(0, len(world.days), n)]
    sunday = (day.astype(np.int64) + 3) % 7 == 6
    day = np.where(sunday & (day > world.days[0]), day - np.timedelta64(1, "D"), day)
    return pd.DataFrame(
        {
            "grid_id": world.land.grids.index.to_numpy(dtype=object)[grid],
            "visited_on": day.astype("datetime64[s]"),
            "outcome": pick(_OUTCOMES, n, rng),
        }
    )


def _addresses(world: World, grid_id: pd.Series, rng: np.random.Generator) -> list[str]:
    town = world.in_town[world.land.grids.index.get_indexer(grid_id)]
    first, second = rng.integers(1, 30, (2, len(grid_id)))
    return [
        f"{a}号楼{b}室" if is_town else f"{a}组{b}号"
        for a, b, is_town in zip(first, 100 + second, town, strict=True)
    ]
