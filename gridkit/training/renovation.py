"""Story (b): an old town is renewed, and a household fears for its own house."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridkit.training.causes import World
from gridkit.training.told import DAY, Told, community, place_of, workday

_WORKS_IN_DAYS = 18


def tell_renovation(told: Told, world: World, rng: np.random.Generator) -> None:
    """Add the questions before the works, and the two doors at which a house was feared for."""
    old_town = community(world, 0)
    place = str(world.land.grids["village_code"].iloc[old_town[0]])
    end = world.end.astype("datetime64[s]")
    notice, works = end - 80 * DAY, end + _WORKS_IN_DAYS * DAY
    told.event("renovation_notice", notice, place)
    told.event("works_start", works, place)
    told.cause("renovation", old_town.tolist(), notice, works, 160)
    for days_ago, detail, said, wanted in _BEFORE_THE_WORKS:
        heard = workday(end - days_ago * DAY)
        grid = int(rng.choice(old_town))
        c = told.concern(
            "renovation",
            **place_of(world, grid, "address", rng),
            source="window" if days_ago % 2 else "hotline",
            heard_on=heard,
            since=min(notice, heard),
            demand_type="renovation",
            demand_detail=detail,
            dispute_code="1101" if detail == "compensation" else None,
            summary=said,
            wanted=wanted,
            people_affected=2,
            households_affected=1,
            harm="property" if detail == "compensation" else "nuisance",
        )
        _answer(told, c, heard, "expropriation_office", "已当面答复并出示公示材料。", end)
    for days_ago in (15, 9):
        _fear_for_a_house(told, world, old_town, workday(end - days_ago * DAY), works, rng)


# days before the end, detail, words, wish
_BEFORE_THE_WORKS = (
    (71, "progress_notice", "旧城改造什么时候动工、分几期, 楼里没人说得清。", "把进度安排贴到楼道里。"),
    (64, "house_survey", "测量面积和房产证对不上, 想复核。", "安排复测。"),
    (52, "compensation", "对补偿标准有疑问, 想知道过渡费怎么算。", "逐户算一笔明白账。"),
    (38, "compensation", "安置房位置和楼层怎么选, 规则不清楚。", "公开选房规则。"),
    (24, "progress_notice", "担心施工期间出行和停水停电没有提前通知。", "提前三天通知到户。"),
)  # fmt: skip


def _fear_for_a_house(
    told: Told,
    world: World,
    old_town: np.ndarray,
    heard: np.datetime64,
    works: np.datetime64,
    rng: np.random.Generator,
) -> None:
    grid = int(rng.choice(old_town))
    grid_id = str(world.land.grids.index[grid])
    v = told.visit(
        grid_id,
        heard,
        "老街 (虚构) 沿街老房",
        "问对旧城改造有哪些不满意; 当场联系住建部门, 约好上门检修。",
    )
    c = told.concern(
        "renovation",
        v,
        **place_of(world, grid, "map", rng),
        source="grid_visit",
        heard_on=heard,
        since=heard - 6 * DAY,
        demand_type="housing_safety",
        demand_detail="works_damage",
        summary="旧城改造快开工了, 自家老房子墙上有旧裂缝, 怕施工一震出质量隐患。",
        wanted="开工前来人检查房屋, 留下记录, 有问题先加固。",
        people_affected=4,
        households_affected=1,
        harm="property",
        setting="old_building",
        hardening="works_soon",
        works_start=works,
        mitigation="inspection_booked",
    )
    end = world.end.astype("datetime64[s]")
    told.step(c, "registered", heard)
    told.step(c, "routed", heard, "housing_bureau", "网格员当场联系。")
    for action, days, reason in (
        ("accepted", 1, None),
        ("in_progress", 2, "与住户约定开工前上门检查房屋。"),
    ):
        on = min(workday(heard + days * DAY), end)
        told.step(c, action, on, "housing_bureau", reason)


def _answer(
    told: Told, c: int, heard: np.datetime64, unit: str, reason: str, end: np.datetime64
) -> None:
    """Let a matter go its ordinary way, as far as the last day."""
    center = "governance_center"
    course: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("registered", 0, {}),
        ("routed", 1, {"unit": unit}),
        ("accepted", 3, {"unit": unit}),
        ("answered", 15, {"unit": unit, "reason": reason}),
        ("verified", 18, {"unit": center}),
        ("followed_up", 22, {"satisfied": True}),
        ("closed", 23, {"unit": center}),
    )
    for action, days, more in course:
        if workday(heard + days * DAY) <= end:
            told.step(c, action, workday(heard + days * DAY), **more)
