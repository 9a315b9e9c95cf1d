"""A made-up county with a year in it, drawn from a seed: 青溪县 (虚构).

The land is `geography`'s, what goes wrong `causes`' and the three `stories`', what is heard
of it `telling`'s and `visits`', what was done about it `handling`'s and `office`'s: each
module states its assumptions. What was really going on is in `Town.truth`, apart from the records; no other
chapter reads it.

The draw uses numpy's PCG64 and nothing that differs between machines but the last bit of
cosines and logarithms; coordinates are rounded to 0.1 m and no draw hangs on a tie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile, load_profile
from gridkit.training.causes import World, draw_arising, draw_causes, make_world
from gridkit.training.frames import record_frame, record_ids
from gridkit.training.geography import COUNTY_CODE, lay_land
from gridkit.training.handling import Step, draw_steps
from gridkit.training.matters import check_known, matters
from gridkit.training.names import COUNTY_NAME, COUNTY_NAME_EN
from gridkit.training.office import draw_office
from gridkit.training.stories import STORIES, Told, tell_stories
from gridkit.training.telling import tell_concerns
from gridkit.training.visits import draw_visits

SEED = 20260101
GRIDS, WEEKS = 600, 52
FEWEST_WEEKS = 26
_VISITS_PER_WEEK = 0.15


@dataclass(frozen=True, eq=False)
class Truth:
    """What was really going on in an invented county: known to nobody in it.

    Attributes
    ----------
    causes : DataFrame, indexed by `cause_id`
        story (missing for ordinary causes), demand_type, demand_detail (missing for
        stories), starts, ends, households touched.
    reach : DataFrame
        cause_id, grid_id: where each cause lay.
    of_concern : Series of str, indexed by concern
        Its cause; missing where it came from nothing in particular.
    voice : DataFrame, indexed by `grid_id`
        voice (how much of its trouble the grid reports, about 1), silent (bool).
    """

    causes: pd.DataFrame
    reach: pd.DataFrame
    of_concern: pd.Series
    voice: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Town:
    """An invented county and what was recorded in it; see `make_town`."""

    seed: int
    start: date
    end: date
    divisions: pd.DataFrame
    grids: gpd.GeoDataFrame
    rivers: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    visits: pd.DataFrame
    concerns: pd.DataFrame
    steps: pd.DataFrame
    rooms: pd.DataFrame
    sessions: pd.DataFrame
    backlog: pd.DataFrame
    events: pd.DataFrame
    truth: Truth
    county_code: str = COUNTY_CODE
    name: str = COUNTY_NAME
    name_en: str = COUNTY_NAME_EN
    invented: bool = True

    def story(self, name: str) -> pd.DataFrame:
        """Give the concerns of one of the three stories, in the order of hearing.

        Parameters
        ----------
        name : {"investors", "renovation", "drought"}
            Which story.

        Raises
        ------
        DataError
            If there is no such story.
        """
        if name not in STORIES:
            raise DataError(
                en=f"`name` must be one of {', '.join(STORIES)}.",
                zh=f"`name` 须为 {', '.join(STORIES)} 之一。",
            )
        causes = self.truth.causes
        its = causes.index[causes["story"] == name]
        return self.concerns[self.truth.of_concern.isin(its)].sort_values("heard_on")


def make_town(
    *,
    seed: int = SEED,
    grids: int = GRIDS,
    weeks: int = WEEKS,
    end: date | None = None,
    profile: Profile | None = None,
    visits_per_week: float = _VISITS_PER_WEEK,
) -> Town:
    """Draw an invented county and a year of visits, concerns and steps in it.

    Parameters
    ----------
    seed : int
        The same seed, sizes and last day give the same county.
    grids : int
        343 to 6,000. About 110 households and 285 people live in one: 600 grids make
        66,000 households, more grids a larger county.
    weeks : int
        At least 26; the stories of the renovation and the drought need that long.
    end : date, optional
        The last day on which anything is recorded; today in Asia/Shanghai by default.
    profile : Profile, optional
        Whose codes are used; the packaged default else.
    visits_per_week : float
        What a grid worker writes down on average.

    Returns
    -------
    Town
        13 townships, 143 villages and communities; frames as `Store.frame` gives them.

    Raises
    ------
    DataError
        If a size is out of range, or the profile lacks codes that the stories need.

    Examples
    --------
    >>> from datetime import date
    >>> town = make_town(seed=7, grids=400, end=date(2026, 11, 22))
    >>> town.name, len(town.grids), int(town.story("investors")["people_affected"].iloc[0])
    ('青溪县 (虚构)', 400, 9)
    """
    if weeks < FEWEST_WEEKS or visits_per_week < 0:
        raise DataError(
            en=f"`weeks` must be {FEWEST_WEEKS} or more and `visits_per_week` not below 0; "
            f"they are {weeks} and {visits_per_week:g}.",
            zh=f"`weeks` 须不少于 {FEWEST_WEEKS}, `visits_per_week` 不能小于 0; "
            f"现为 {weeks} 和 {visits_per_week:g}。",
        )
    profile = profile or load_profile()
    check_known(profile)
    end = end or datetime.now(ZoneInfo("Asia/Shanghai")).date()
    # one stream per chapter: a change in one of them does not reshuffle the others
    streams = [np.random.Generator(np.random.PCG64(s)) for s in _seeds(seed, 7)]
    land = lay_land(grids, streams[0])
    world = make_world(land, np.datetime64(end, "D"), weeks, streams[1])
    causes = draw_causes(world, streams[2])
    told = tell_concerns(world, draw_arising(world, causes, streams[2]), causes, streams[3])
    visits, told["visit"] = draw_visits(world, told, visits_per_week, streams[4])
    steps = draw_steps(told, world.end, profile, streams[5])
    stories = tell_stories(world, streams[6])
    frames = _join(stories, told, visits, steps)
    return _assemble(seed, world, stories, causes, frames, profile)


def _seeds(seed: int, n: int) -> list[np.random.SeedSequence]:
    return np.random.SeedSequence(seed).spawn(n)


def _join(
    stories: Told, told: pd.DataFrame, visits: pd.DataFrame, steps: list[Step]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Put stories before the rest of the year: concerns, visits, steps."""
    own_visits, own_concerns = len(stories.visits), len(stories.concerns)
    later = told.assign(
        visit=told["visit"].where(told["visit"] < 0, told["visit"] + own_visits),
        cause=told["cause"].where(told["cause"] < 0, told["cause"] + len(stories.causes)),
    )
    concerns = pd.concat(
        [pd.DataFrame(stories.concerns).drop(columns="story"), later], ignore_index=True
    )
    all_visits = pd.concat([pd.DataFrame(stories.visits), visits], ignore_index=True)
    moved = [
        step._replace(
            concern=step.concern + own_concerns,
            into=step.into + own_concerns if step.into >= 0 else -1,
        )
        for step in steps
    ]
    return concerns, all_visits, pd.DataFrame([*stories.steps, *moved], columns=Step._fields)


def _assemble(
    seed: int,
    world: World,
    stories: Told,
    causes: pd.DataFrame,
    frames: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    profile: Profile,
) -> Town:
    concerns, visits, steps = frames
    rng = np.random.Generator(np.random.PCG64(_seeds(seed, 8)[7]))
    visit_id = record_ids(_days(visits["visited_on"]), rng)
    concern_id = record_ids(_days(concerns["heard_on"]), rng)
    step_id = record_ids(_days(steps["on"]), rng)
    concerns["visit_id"] = _ids_at(visit_id, concerns["visit"])
    steps["concern_id"] = _ids_at(concern_id, steps["concern"])
    steps["into_id"] = _ids_at(concern_id, steps["into"])
    land = world.land
    heard = _frame("concern", concerns, concern_id, profile)
    taken = _frame("step", steps, step_id, profile)
    # a stream of its own, the last: the rest of the year is as it was before
    own = np.random.Generator(np.random.PCG64(_seeds(seed, 9)[8]))
    office = draw_office(land.divisions, heard, taken, world.days, profile, own)
    return Town(
        seed=seed,
        start=world.days[0].astype(date),
        end=world.days[-1].astype(date),
        divisions=land.divisions,
        grids=land.grids,
        rivers=land.rivers,
        roads=land.roads,
        visits=_frame("visit", visits, visit_id, profile),
        concerns=heard,
        steps=taken,
        rooms=office.rooms,
        sessions=office.sessions,
        backlog=office.backlog,
        events=_events(stories),
        truth=_truth(
            world, stories, causes, pd.Series(concerns["cause"].to_numpy(), concern_id)
        ),
    )


def _days(column: pd.Series) -> np.ndarray:
    return column.to_numpy().astype("datetime64[s]")


def _ids_at(ids: np.ndarray, at: pd.Series) -> pd.Series:
    """Give the ids at some positions, None where a position is -1."""
    place = at.to_numpy(dtype=np.intp)
    return pd.Series(ids[place], dtype=object).where(place >= 0, None)


def _frame(kind: str, table: pd.DataFrame, ids: np.ndarray, profile: Profile) -> pd.DataFrame:
    columns: dict[str, Any] = {str(name): values.to_numpy() for name, values in table.items()}
    return record_frame(kind, columns, ids, profile).sort_index()


def _events(stories: Told) -> pd.DataFrame:
    table = pd.DataFrame(stories.events).sort_values("on", ignore_index=True)
    types = {
        "kind": "category",
        "on": "datetime64[s]",
        "place": "str",
        "zh": "str",
        "en": "str",
    }
    return table.astype(types)


def _truth(world: World, stories: Told, causes: pd.DataFrame, cause_of: pd.Series) -> Truth:
    ids = world.land.grids.index.to_numpy(dtype=object)
    ordinary = causes.groupby("cause").agg(
        kind=("kind", "first"),
        starts=("starts", "first"),
        ends=("ends", "first"),
        households=("households", "sum"),
    )
    kinds = [matters().kinds[k] for k in ordinary["kind"]]
    table = pd.concat(
        [
            pd.DataFrame(stories.causes).drop(columns="grids"),
            ordinary.drop(columns="kind").assign(
                demand_type=[kind.demand_type for kind in kinds],
                demand_detail=[kind.detail for kind in kinds],
            ),
        ],
        ignore_index=True,
    )
    table.index = pd.Index([f"c{i:04d}" for i in table.index], dtype="str", name="cause_id")
    text = dict.fromkeys(["story", "demand_type", "demand_detail"], "str")
    reach = [(i, ids[g]) for i, cause in enumerate(stories.causes) for g in cause["grids"]]
    reach += [
        (cause + len(stories.causes), ids[grid])
        for cause, grid in zip(causes["cause"], causes["grid"], strict=True)
    ]
    return Truth(
        causes=table.astype({**text, "households": "Int64"}),
        reach=pd.DataFrame(
            [(table.index[cause], grid) for cause, grid in reach],
            columns=["cause_id", "grid_id"],
        ).astype("str"),
        of_concern=_names_of(cause_of, table.index).sort_index(),
        voice=pd.DataFrame(
            {"voice": world.voice, "silent": world.silent}, world.land.grids.index
        ),
    )


def _names_of(cause_of: pd.Series, names: pd.Index) -> pd.Series:
    named = [names[cause] if cause >= 0 else None for cause in cause_of]
    index = pd.Index(cause_of.index, dtype="str", name="record_id")
    return pd.Series(named, index=index, dtype="str", name="cause_id")
