"""What a story adds to the year, and the small things all stories need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gridkit.training.causes import World
from gridkit.training.handling import Step
from gridkit.training.scatter import points_inside

STORIES = ("investors", "renovation", "drought")
DAY = np.timedelta64(86_400, "s")
_NONE: dict[str, str] = dict.fromkeys(
    ("safety", "basic_need", "setting", "hardening", "mitigation"), "none"
)
_EVENTS = {
    "bankruptcy": ("一家公司破产 (虚构)", "A firm goes bankrupt (invented)"),
    "renovation_notice": ("旧城改造方案公示 (虚构)", "Renovation plan on display (invented)"),
    "works_start": ("旧城改造开工 (虚构)", "Renovation works start (invented)"),
    "dry_season_start": ("久旱少雨, 水厂水源不足 (虚构)", "Dry spell, little water (invented)"),
    "zoned_supply": (
        "区间段供水、夜间蓄水、错峰供水 (虚构)",
        "Supply by zone and hour (invented)",
    ),
    "dry_season_end": ("降雨后恢复正常供水 (虚构)", "Rain; normal supply again (invented)"),
}


@dataclass
class Told:
    """What stories add to the year: rows of visits and concerns, steps, causes, events."""

    visits: list[dict[str, Any]] = field(default_factory=list)
    concerns: list[dict[str, Any]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    causes: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def concern(self, story: str, visit: int = -1, **answers: Any) -> int:
        """Add a concern; give its number."""
        self.concerns.append(
            {**_NONE, **answers, "story": story, "visit": visit, "cause": STORIES.index(story)}
        )
        return len(self.concerns) - 1

    def visit(self, grid_id: str, on: np.datetime64, address: str, note: str | None) -> int:
        """Add a visit at which the owner was met; give its number."""
        met = {"outcome": "met", "met_role": "owner", "address": address, "note": note}
        self.visits.append({"grid_id": grid_id, "visited_on": on, **met})
        return len(self.visits) - 1

    def step(  # noqa: PLR0913 (fields of a record)
        self,
        concern: int,
        action: str,
        on: np.datetime64,
        unit: str | None = None,
        reason: str | None = None,
        *,
        satisfied: bool | None = None,
        joint_units: str | None = None,
    ) -> None:
        """Add a step."""
        self.steps.append(Step(concern, action, on, unit, satisfied, reason, joint_units))

    def cause(
        self, story: str, grids: list[int], starts: np.datetime64, ends: np.datetime64, n: int
    ) -> None:
        """Add what was really going on, in n households of some grids."""
        self.causes.append(
            {"story": story, "grids": grids, "starts": starts, "ends": ends, "households": n}
        )

    def event(self, kind: str, on: np.datetime64, place: str) -> None:
        """Add something that happened, whether or not anybody reported it."""
        zh, en = _EVENTS[kind]
        self.events.append({"kind": kind, "on": on, "place": place, "zh": zh, "en": en})


def place_of(world: World, grid: int, source: str, rng: np.random.Generator) -> dict[str, Any]:
    """Place a concern in a grid."""
    lon, lat = points_inside(world.land.grids.iloc[[grid]], np.zeros(1, np.intp), rng)[0]
    return {
        "grid_id": str(world.land.grids.index[grid]),
        "lon": float(lon),
        "lat": float(lat),
        "place_source": source,
    }


def community(world: World, number: int) -> np.ndarray:
    """Give the grids of a community of the county town; the first is the old town."""
    codes = world.land.grids["village_code"].astype("str")
    town = codes[world.land.setting == "county_town"].unique()
    return np.flatnonzero((codes == sorted(town)[number]).to_numpy())


def workday(on: np.datetime64) -> np.datetime64:
    """Give the day, or the Monday after it."""
    weekday = (on.astype("datetime64[D]").astype(int) + 3) % 7
    return on if weekday < 5 else on + (7 - weekday) * DAY
