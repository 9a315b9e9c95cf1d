"""What really goes wrong in a county that lives: roots that start, grow, spread and harden.

The assumptions, made up and all stated here and in `ROOTS`; a test holds the figures that
follow from them to `domain.md`:

- A **root** starts on a day drawn from its season, in a grid drawn by households and by
  whether it is of town or country. It reaches further grids that touch those it has, one
  after another during the first four fifths of its growth.
- About half of the roots **harden**: their severity grows in a straight line from 0 to 1,
  and at 1 the harm is done (a dry village, a cracked house). The office then rushes in, and
  four weeks later the root has gone. The others rise to a peak below 0.6 and fade by
  themselves: nobody at the door can tell them apart but by what they show.
- A visit with the **fitting action** ends a root four times out of five. Which action fits
  is plain from the matter four times out of five, too; else the first visit finds it out.
- A **single** matter (of one household, with no root) hardens with a chance that depends on
  how grave it really is; the same rules hold for it.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from gridkit.training.causes import World, spread
from gridkit.training.knobs import Knobs
from gridkit.training.terrain import Floats, Ints

HARMED_DAYS = 28
PEAK_REPORTS = 0.6  # of a root at severity 1, per grid and week, in a grid of usual voice
_HOUSEHOLDS = 60_000  # to which `Root.a_year` refers
_GROWING = 0.8  # of the time to the harm in which further grids are reached
_PEAKS = (0.25, 0.6)
_HIDDEN = 0.2  # roots whose fitting action is not the one that the matter suggests
_IN_SEASON = 4.0
_DAY = np.timedelta64(1, "D")

ACTIONS: dict[str, tuple[str, str]] = {
    "supply": ("送水或分区供水", "bring or share out water"),
    "inspect": ("上门检测排险", "inspect and make safe"),
    "mediate": ("组织协商", "bring the sides together"),
    "repair": ("抢修疏通", "repair or clear"),
    "explain": ("政策解释帮办", "explain and help apply"),
}
"""What can be done at a visit."""

USUAL_ACTION: dict[str, str] = {
    "water": "supply",
    "housing_safety": "inspect",
    "renovation": "inspect",
    "public_hazard": "inspect",
    "wages": "mediate",
    "land_forest": "mediate",
    "neighbors": "mediate",
    "family": "mediate",
    "property_mgmt": "mediate",
    "investment_consumption": "mediate",
    "energy": "repair",
    "roads": "repair",
    "sanitation_noise": "repair",
}
"""The action that a demand suggests; `explain` for all others."""


class Root(NamedTuple):
    """One kind of root.

    `early` and `late` are the matters (demand type, detail) told while severity is below
    and above one half; `ladder` the harm told at low, middle and high severity. `a_year`
    start in an ordinary year among 60,000 households, over about `grids` grids, with the
    harm `weeks` after the start on average. `town` is the rate per household in town over
    that in the country.
    """

    code: str
    zh: str
    en: str
    knob: str
    early: tuple[str, str]
    late: tuple[str, str]
    ladder: tuple[str, str, str]
    a_year: float
    hardens: float
    weeks: float
    grids: float
    town: float
    months: tuple[int, ...]
    need: str = ""
    danger: str = ""
    setting: str = ""
    hardening: tuple[str, ...] = ()


def _roots() -> tuple[Root, ...]:
    text = files("gridkit.training").joinpath("roots.toml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = [
        {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
        for raw in tomllib.loads(text)["root"]
    ]
    return tuple(Root(**entry) for entry in entries)


ROOTS = _roots()
"""The kinds of roots, from `roots.toml`. Rates, shares and lengths are made up."""


class Growth(NamedTuple):
    """Roots (one row each) and the grids that they reach (one row per root and grid)."""

    roots: pd.DataFrame
    reach: pd.DataFrame


def draw_roots(world: World, knobs: Knobs, seed: np.random.SeedSequence) -> Growth:
    """Draw the roots of a county's time, as they would run if nobody went out.

    Parameters
    ----------
    world : World
        Land, days and neighbors.
    knobs : Knobs
        How often each kind starts, and how fast all harden.
    seed : SeedSequence
        Each kind has a stream of its own: turning one knob leaves the other kinds alone.

    Returns
    -------
    Growth
        `roots`: `kind` (position in `ROOTS`), `grid` (position of the first), `starts`,
        `grows_days` (to the harm, or to the end of what fades), `hardens` (bool), `peak`,
        `ends` (datetime64[s]), `harm_on` (missing where it fades), `action` (that fits),
        `hidden` (bool). `reach`: `root`, `grid`, `joins` (datetime64[s]), `households`.
    """
    roots: list[tuple[object, ...]] = []
    reach: list[tuple[int, int, np.datetime64, int]] = []
    scale = world.households.sum() / _HOUSEHOLDS * len(world.days) / 364
    for number, (root, stream) in enumerate(zip(ROOTS, seed.spawn(len(ROOTS)), strict=True)):
        rng = np.random.Generator(np.random.PCG64(stream))
        mean = root.a_year * scale * getattr(knobs, root.knob)
        # by the inverse of the distribution: the same seed never has fewer when turned up
        n = _poisson(rng.random(), mean)
        pull = world.households * np.where(world.in_town, root.town, 1.0)
        month = world.days.astype("datetime64[M]").astype(int) % 12 + 1
        season = np.where(np.isin(month, root.months), _IN_SEASON, 1.0)
        for _ in range(n):
            first, day = _one(pull, rng), _one(season, rng)
            grows = max(14, round(rng.gamma(6.0, 7 * root.weeks / 6) / knobs.speed))
            hardens = bool(rng.random() < root.hardens)
            starts = world.days[day]
            lasts = grows + (HARMED_DAYS if hardens else 0)
            usual = USUAL_ACTION[root.early[0]]
            hidden = bool(rng.random() < _HIDDEN)
            others = [a for a in ACTIONS if a != usual]
            fits = others[int(rng.integers(len(others)))] if hidden else usual
            peak = float(rng.uniform(*_PEAKS))
            harm = starts + grows * _DAY if hardens else np.datetime64("NaT")
            ends = starts + lasts * _DAY
            roots.append(
                (number, first, starts, grows, hardens, peak, ends, harm, fits, hidden)
            )
            size = 1 + rng.poisson(root.grids - 1)
            for place, grid in enumerate(spread(world, first, size, rng)):
                later = 0 if place == 0 else int(rng.uniform(0.1, _GROWING) * grows)
                touched = max(2, round(world.households[grid] * rng.uniform(0.1, 0.6)))
                reach.append((len(roots) - 1, grid, starts + later * _DAY, touched))
    columns = ["kind", "grid", "starts", "grows_days", "hardens", "peak", "ends"]
    types = {"starts": "datetime64[s]", "ends": "datetime64[s]", "harm_on": "datetime64[s]"}
    return Growth(
        pd.DataFrame(roots, columns=[*columns, "harm_on", "action", "hidden"]).astype(
            {**types, "kind": "int64", "grid": "int64", "grows_days": "int64"}
        ),
        pd.DataFrame(reach, columns=["root", "grid", "joins", "households"]).astype(
            {"root": "int64", "grid": "int64", "joins": "datetime64[s]", "households": "int64"}
        ),
    )


def severity(roots: pd.DataFrame, of: Ints, day: np.ndarray) -> Floats:
    """Give how far roots have come on days.

    Parameters
    ----------
    roots : DataFrame
        As `draw_roots` gives it.
    of : array of int, length n
        Positions of roots.
    day : array of datetime64, length n
        Days.

    Returns
    -------
    array of float, length n
        0 (nothing yet, or over) to 1 (the harm is done).
    """
    starts = roots["starts"].to_numpy()[of]
    grows = roots["grows_days"].to_numpy()[of]
    age = (day - starts) / np.timedelta64(1, "D") / grows
    hard = np.clip(age, 0, 1)
    soft = roots["peak"].to_numpy()[of] * np.sin(np.pi * np.clip(age, 0, 1))
    over = (day < starts) | (day >= roots["ends"].to_numpy()[of])
    level: Floats = np.where(roots["hardens"].to_numpy(bool)[of], hard, soft)
    return np.where(over, 0.0, level)


def draw_reports(
    world: World, growth: Growth, rng: np.random.Generator
) -> tuple[Ints, Ints, np.ndarray]:
    """Draw who would speak up about roots, if they ran untouched.

    Returns
    -------
    tuple of arrays, length n
        Root, row of `reach`, and the day on which it arises (datetime64[s]).
    """
    reach, roots = growth.reach, growth.roots
    if not len(reach):
        none = np.zeros(0, dtype=np.intp)
        return none, none, none.astype("datetime64[s]")
    root, joins = reach["root"].to_numpy(), reach["joins"].to_numpy()
    lasts = (roots["ends"].to_numpy()[root] - joins) / np.timedelta64(7, "D")
    row = np.repeat(np.arange(len(reach)), np.maximum(1, np.ceil(lasts)).astype(int))
    week = np.arange(len(row)) - np.repeat(
        np.flatnonzero(np.append(True, row[1:] != row[:-1])), np.bincount(row)
    )
    start = joins[row] + week.astype("timedelta64[W]").astype("timedelta64[s]")
    level = severity(roots, root[row], start + np.timedelta64(3, "D"))
    voice = world.voice[reach["grid"].to_numpy()[row]]
    size = np.sqrt(reach["households"].to_numpy()[row] / 30.0)
    n = rng.poisson(PEAK_REPORTS * level * voice * size)
    row, start = np.repeat(row, n), np.repeat(start, n)
    day = start + rng.integers(0, 7, len(row)).astype("timedelta64[D]").astype("timedelta64[s]")
    inside = (day < roots["ends"].to_numpy()[root[row]]) & (
        day <= world.end.astype("datetime64[s]")
    )
    return root[row][inside], row[inside], day[inside]


def _poisson(share: float, mean: float) -> int:
    """Invert the Poisson distribution; `scipy.stats` would cost each kernel 35 MB for it."""
    if not mean:
        return 0
    n = int(np.ceil(special.pdtrik(share, mean)))
    return n - 1 if n and special.pdtr(n - 1, mean) >= share else n


def _one(weight: Floats, rng: np.random.Generator) -> int:
    edges = np.cumsum(weight)
    return int(
        min(np.searchsorted(edges, rng.random() * edges[-1], side="right"), len(weight) - 1)
    )
