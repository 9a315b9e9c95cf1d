"""Story (a): nine investors of one community, unpaid two years after a bankruptcy."""

from __future__ import annotations

import numpy as np

from gridkit.training.causes import World
from gridkit.training.told import DAY, Told, community, place_of

_INVESTORS = 9


def tell_investors(told: Told, world: World, rng: np.random.Generator) -> None:
    """Add the investors' matter, their firm's failure, and what two units did with it."""
    grids = community(world, 1)
    end = world.end.astype("datetime64[s]")
    # county leaders receive residents on the 10th: the one at least twelve weeks ago
    month = (end - 84 * DAY).astype("datetime64[M]")
    heard = month.astype("datetime64[s]") + 9 * DAY
    if heard > end - 84 * DAY:
        heard = (month - 1).astype("datetime64[s]") + 9 * DAY
    heard = max(heard, world.days[0].astype("datetime64[s]"))
    failed = heard - (2 * 365 + 12) * DAY
    grid = int(rng.choice(grids))
    c = told.concern(
        "investors",
        **place_of(world, grid, "address", rng),
        source="leader_reception",
        heard_on=heard,
        since=failed,
        demand_type="investment_consumption",
        demand_detail="investment_unpaid",
        dispute_code="0802",
        summary="一家公司两年前破产, 九名投资人的投资款至今没有兑付, 来访推选了代表。",
        wanted="说清破产清算进展和兑付安排, 给出时间表。",
        people_affected=_INVESTORS,
        households_affected=_INVESTORS,
        harm="property",
    )
    told.step(c, "registered", heard)
    told.step(c, "routed", heard + 2 * DAY, "finance_office")
    told.step(c, "returned", heard + 6 * DAY, "finance_office", "已进入破产程序, 建议改派。")
    told.step(c, "routed", heard + 9 * DAY, "market_regulation")
    told.step(
        c,
        "returned",
        heard + 14 * DAY,
        "market_regulation",
        "不属本单位职责范围, 请中心研判。",
    )
    told.step(
        c,
        "routed",
        heard + 17 * DAY,
        "governance_center",
        "县领导包案, 中心牵头联办。",
        joint_units="court finance_office justice_bureau",
    )
    told.step(c, "accepted", heard + 20 * DAY, "governance_center")
    told.step(c, "in_progress", heard + 26 * DAY, "governance_center", "与破产管理人核对债权。")
    told.step(
        c,
        "extended",
        heard + 76 * DAY,
        "governance_center",
        "清算未结, 经批准延期30日, 已告知。",
    )
    told.cause("investors", [grid], failed, end, _INVESTORS)
    place = str(world.land.grids["village_code"].iloc[grid])
    told.event("bankruptcy", failed, place)
