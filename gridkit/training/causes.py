"""Latent causes, and the concerns that arise from them and from nothing in particular.

The assumptions, all of them made up and all stated here:

- A **cause** (a blocked drain, a waterworks running low) starts in one grid, where
  households and the kind's liking for town or country decide, and lies over a few
  neighboring grids. It grows in a straight line over the first 40 % of its weeks and fades
  over the rest. While it lasts, each of its grids sends 1.6 reports a week at its peak.
- **Background** concerns come from every grid in proportion to its households: 1,800 a year
  in a county of 66,000 households, in months that differ by kind.
- **Voice**: grids differ in how much of what is wrong they report. The multiplier is
  log-normal (standard deviation of the logarithm 0.45); 8 % of grids are *silent* and
  report an eighth of it. The same trouble is there; it is not heard.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from gridkit.training.geography import Land
from gridkit.training.matters import Kind, matters
from gridkit.training.terrain import Floats, Ints

_BACKGROUND = 1800 / 66_000  # concerns per household and year
_CAUSE_HOUSEHOLDS = 60_000  # to which `Kind.causes` refers
_PEAK_REPORTS = 1.6  # per grid and week
_GROWING = 0.4  # share of a cause's weeks in which it grows
_IN_SEASON = 3.0
_VOICE_SPREAD, _SILENT_SHARE, _SILENT_VOICE = 0.45, 0.08, 0.125
_DAY = np.timedelta64(1, "D")


class World(NamedTuple):
    """What a year is played on: the land, the days, and who is heard."""

    land: Land
    days: np.ndarray  # every day, datetime64[D]; the last is the day of the demo
    voice: Floats  # of each grid: multiplies its reports; mean about 1
    silent: np.ndarray  # of each grid: bool
    touching: tuple[Ints, Ints]  # pairs of neighboring grids, both ways round

    @property
    def end(self) -> np.datetime64:
        """The last day."""
        return np.datetime64(self.days[-1], "D")

    @property
    def in_town(self) -> np.ndarray:
        """Tell which grids are built-up."""
        return (self.land.setting != "rural").to_numpy()

    @property
    def households(self) -> Floats:
        """Households of each grid."""
        households: Floats = self.land.grids["households"].to_numpy(dtype="float64")
        return households

    def neighbors(self, grid: int) -> Ints:
        """Give the grids that touch one grid."""
        from_, to = self.touching
        near: Ints = to[from_ == grid]
        return near


def make_world(land: Land, end: np.datetime64, weeks: int, rng: np.random.Generator) -> World:
    """Set the stage: days up to `end`, and how much of its trouble each grid reports."""
    n = len(land.grids)
    voice = np.exp(_VOICE_SPREAD * rng.standard_normal(n) - _VOICE_SPREAD**2 / 2)
    silent = rng.random(n) < _SILENT_SHARE
    shapes = land.grids.geometry.to_numpy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="touches")
    return World(
        land=land,
        days=end + np.arange(1 - 7 * weeks, 1) * _DAY,
        voice=np.where(silent, voice * _SILENT_VOICE, voice),
        silent=silent,
        touching=(a, b),
    )


def draw_causes(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the latent causes of a year, one row for each of their grids.

    Returns
    -------
    DataFrame
        cause (int), kind (position in `matters().kinds`), grid (position), starts, ends
        (datetime64[D]), households (touched by it in this grid).
    """
    scale = world.households.sum() / _CAUSE_HOUSEHOLDS * len(world.days) / 364
    rows: list[tuple[int, int, int, np.datetime64, np.datetime64, int]] = []
    for number, kind in enumerate(matters().kinds):
        pull = world.households * np.where(world.in_town, kind.town, 1.0)
        for _ in range(rng.poisson(kind.causes * scale)):
            first = int(_draw(pull, 1, rng)[0])
            around = spread(world, first, 1 + rng.poisson(kind.grids - 1), rng)
            starts = world.days[_draw(_season(world, kind), 1, rng)[0]]
            ends = starts + max(7, round(rng.gamma(4.0, 7 * kind.weeks / 4))) * _DAY
            cause = rows[-1][0] + 1 if rows else 0
            for grid in around:
                touched = round(world.households[grid] * rng.uniform(0.08, 0.5))
                rows.append((cause, number, grid, starts, ends, max(touched, 2)))
    return pd.DataFrame(
        rows, columns=["cause", "kind", "grid", "starts", "ends", "households"]
    ).astype({"starts": "datetime64[s]", "ends": "datetime64[s]"})


def draw_arising(world: World, causes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the concerns of a year: when, where, of what kind, and from which cause.

    Returns
    -------
    DataFrame
        kind, grid (positions), arises (datetime64[s]), cause (-1: background), touched
        (households touched by the cause in this grid; 0 without a cause).
    """
    found = pd.concat([_background(world, rng), _from_causes(world, causes, rng)])
    return found.sort_values(["arises", "grid", "kind"], kind="stable", ignore_index=True)


def _background(world: World, rng: np.random.Generator) -> pd.DataFrame:
    kinds = matters().kinds
    per_share = _BACKGROUND * world.households.sum() * len(world.days) / 364
    per_share /= sum(kind.share for kind in kinds)
    parts = []
    for number, kind in enumerate(kinds):
        n = rng.poisson(per_share * kind.share)
        pull = world.households * np.where(world.in_town, kind.town, 1.0) * world.voice
        day = _draw(_season(world, kind), n, rng)
        parts.append(_found(world, np.full(n, number), _draw(pull, n, rng), day))
    return pd.concat(parts)


def _from_causes(world: World, causes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    since_start = (causes["starts"].to_numpy() - world.days[0]) // _DAY
    length = (causes["ends"] - causes["starts"]).dt.days.to_numpy()
    mean = _PEAK_REPORTS * length / 7 / 2 * world.voice[causes["grid"].to_numpy()]
    row = np.repeat(np.arange(len(causes)), rng.poisson(mean))
    # days are triangular over the cause's life: it grows, then fades
    at = rng.triangular(0.0, _GROWING, 1.0, len(row))
    day = (since_start[row] + at * length[row]).astype(np.intp)
    row, day = row[day < len(world.days)], day[day < len(world.days)]
    of = causes.iloc[row]
    return _found(
        world,
        of["kind"].to_numpy(),
        of["grid"].to_numpy(),
        day,
        of["cause"].to_numpy(),
        of["households"].to_numpy(),
    )


def _found(
    world: World,
    kind: np.ndarray,
    grid: np.ndarray,
    day: np.ndarray,
    cause: np.ndarray | int = -1,
    touched: np.ndarray | int = 0,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": kind,
            "grid": grid,
            "arises": world.days[day].astype("datetime64[s]"),
            "cause": cause,
            "touched": touched,
        }
    )


def _season(world: World, kind: Kind) -> Floats:
    month = world.days.astype("datetime64[M]").astype(int) % 12 + 1
    return np.where(np.isin(month, kind.months), _IN_SEASON, 1.0)


def spread(world: World, first: int, size: int, rng: np.random.Generator) -> list[int]:
    """Let a cause creep from grid to neighboring grid."""
    taken = [first]
    while len(taken) < size:
        edge = [g for t in taken for g in world.neighbors(t).tolist() if g not in taken]
        if not edge:
            break
        taken.append(int(edge[rng.integers(len(edge))]))
    return taken


def _draw(weight: Floats, n: int, rng: np.random.Generator) -> Ints:
    """Draw n positions in proportion to weights."""
    edges = np.cumsum(weight) / np.sum(weight)
    return np.minimum(np.searchsorted(edges, rng.random(n), side="right"), len(weight) - 1)
