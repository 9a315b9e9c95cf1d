"""Story (c): water runs short after a dry year, and is shared out by zone and hour."""

from __future__ import annotations

import numpy as np

from gridkit.training.causes import World
from gridkit.training.geography import COUNTY_CODE
from gridkit.training.told import DAY, Told, place_of, workday

_GRIDS = 7  # in each of the two townships
_SPELL_DAYS, _SUPPLY_AFTER_DAYS, _QUIET_DAYS = 56, 33, 21


def tell_drought(told: Told, world: World, rng: np.random.Generator) -> None:
    """Add the dry spell, who reported it, and how water was shared out."""
    grids = _two_townships(world, rng)
    start = _spell_start(world)
    supply, over = start + _SUPPLY_AFTER_DAYS * DAY, start + _SPELL_DAYS * DAY
    end = world.end.astype("datetime64[s]")
    county = f"{COUNTY_CODE}000000"
    told.event("dry_season_start", start, county)
    told.event("zoned_supply", supply, county)
    told.event("dry_season_end", over, county)
    households = world.households[grids]
    told.cause("drought", grids.tolist(), start, over, int(households.sum() * 0.6))
    for grid in grids:
        n = int(np.clip(rng.poisson(5.0 * min(world.voice[grid], 1.4)), 3, 8))
        for day in np.sort(rng.triangular(0, 26, _SPELL_DAYS, n)).astype(int):
            _no_water(told, world, int(grid), (start + int(day) * DAY, supply, over, end), rng)


def _no_water(
    told: Told,
    world: World,
    grid: int,
    days: tuple[np.datetime64, np.datetime64, np.datetime64, np.datetime64],
    rng: np.random.Generator,
) -> None:
    heard, supply, over, end = days
    heard = workday(heard)
    cut = supply - 21 * DAY <= heard < supply
    size = int(min(3 + rng.geometric(1 / 14), world.households[grid] * 0.6))
    source = "grid_visit" if rng.random() < 0.6 else "hotline"
    v = -1
    if source == "grid_visit":
        address = f"{rng.integers(1, 12)}组{rng.integers(1, 60)}号"
        v = told.visit(str(world.land.grids.index[grid]), heard, address, None)
    c = told.concern(
        "drought",
        v,
        **place_of(world, grid, "map" if v >= 0 else "address", rng),
        source=source,
        heard_on=heard,
        since=heard - int(rng.integers(1, 9)) * DAY,
        demand_type="water",
        demand_detail="water_cut" if cut else "water_pressure",
        summary="天旱以来停水, 高处几天没有水, 喝水都要去挑。"
        if cut
        else "天旱以来水压小, 早晚用水高峰高处上不去水。",
        wanted="轮流供水也行, 定好时间告诉大家。",
        people_affected=round(size * 2.6),
        households_affected=size,
        harm="livelihood" if cut else "nuisance",
        basic_need="water",
        safety="no_drinking_water" if cut and rng.random() < 0.25 else "none",
        setting="dry_season",
        mitigation="temporary_supply" if heard >= supply else "none",
    )
    told.step(c, "registered", heard)
    told.step(c, "routed", heard, "water_company", joint_units="water_bureau")
    told.step(c, "accepted", workday(heard + DAY), "water_company")
    answered = workday(max(supply, heard + 2 * DAY))
    reason = "与水利部门联办: 区间段供水、夜间蓄水、错峰供水, 供水时段已告知到户。"
    told.step(c, "in_progress", workday(heard + DAY), "water_company")
    told.step(c, "answered", answered, "water_company", reason)
    told.step(c, "verified", workday(answered + 3 * DAY), "governance_center")
    back = workday(max(over, answered + 4 * DAY) + int(rng.integers(1, 8)) * DAY)
    reason = "回访: 用水已恢复, 表示满意。"
    told.step(c, "followed_up", min(back, end), reason=reason, satisfied=True)
    told.step(c, "closed", min(workday(back + DAY), end), "governance_center")


def _two_townships(world: World, rng: np.random.Generator) -> np.ndarray:
    """Choose rural grids on both sides of a township border, connected on each side."""
    township = world.land.grids["township_code"].cat.codes.to_numpy()
    a, b = world.touching
    across = (township[a] != township[b]) & ~world.in_town[a] & ~world.in_town[b]
    order = rng.permutation(np.flatnonzero(across))
    best: list[int] = []
    for pair in order[:40]:
        chosen = [
            *_around(world, int(a[pair]), township),
            *_around(world, int(b[pair]), township),
        ]
        if len(chosen) > len(best):
            best = chosen
        if len(best) == 2 * _GRIDS:
            break
    return np.array(sorted(best))


def _around(world: World, first: int, township: np.ndarray) -> list[int]:
    """Give a grid and the rural ones around it in its township, ring by ring."""
    taken = [first]
    for grid in taken:
        near = world.neighbors(grid)
        near = near[(township[near] == township[first]) & ~world.in_town[near]]
        taken += [int(g) for g in near if g not in taken]
        if len(taken) >= _GRIDS:
            break
    return taken[:_GRIDS]


def _spell_start(world: World) -> np.datetime64:
    """Choose the latest start in September to mid-November that leaves time to follow up.

    In a window without such a day (under a year long) the spell begins as late as it can.
    """
    start, end = world.days[0], world.end
    latest = end - np.timedelta64(_SPELL_DAYS + _QUIET_DAYS, "D")
    days = world.days[(world.days >= start + np.timedelta64(7, "D")) & (world.days <= latest)]
    month_day = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    autumn = days[(month_day >= 244) & (month_day <= 318)]
    chosen = autumn[-1] if len(autumn) else days[-1]
    return np.datetime64(chosen, "s")
