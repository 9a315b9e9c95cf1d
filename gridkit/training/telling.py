"""From a thing that arises to a concern that is written down: when, how, and in what words.

Assumptions: 45 % of concerns wait for a grid worker and are told at the door within three
weeks, the others come by hotline, counter and the like. A concern of one household is told
by 1.75 people on average (`domain.md` section 1: 1.6 to 1.9 a batch). A few answers are
missing in every column, as in every ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gridkit.records.grids import centroid
from gridkit.training.causes import World
from gridkit.training.frames import pick
from gridkit.training.matters import Kind, matters
from gridkit.training.scatter import points_inside

_CHANNELS = {
    "grid_visit": 45,
    "hotline": 25,
    "window": 12,
    "resident_report": 12,
    "leader_reception": 3,
    "assigned": 3,
}
_WAIT_DAYS = 21  # at most, until the grid worker comes by
_MEAN_PEOPLE_BESIDE = 0.75  # besides the first, where one household is touched
# Where the place of a concern comes from; None: no place was taken
_PLACES = {"gps": 25, "map": 25, "address": 20, "grid_centroid": 15, None: 15}
# Shares of answers that nobody gave
UNANSWERED = {
    "demand_detail": 0.04,
    "wanted": 0.3,
    "people_affected": 0.03,
    "households_affected": 0.04,
    "harm": 0.04,
    "safety": 0.02,
    "basic_need": 0.05,
    "setting": 0.12,
    "hardening": 0.15,
    "mitigation": 0.1,
    "since": 0.1,
}
_AGO = ((3, "这两天"), (10, "近一周"), (20, "半个月"), (45, "一个多月"), (10**6, "几个月"))
_OF_KIND = (
    *("demand_type", "demand_detail", "harm", "dispute_code"),
    *("safety", "basic_need", "setting", "hardening", "mitigation"),
)
_DAY = np.timedelta64(86_400, "s")


def tell_concerns(
    world: World, arising: pd.DataFrame, causes: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Write down what arises as concerns.

    Returns
    -------
    DataFrame, indexed like the concerns that were told by the last day
        The columns of a concern that have answers, and `arising` (the row it came from),
        `cause` (-1: background), `hard`
        (how long handling takes against the usual) and `spot` (answered on the spot).
    """
    n = len(arising)
    source = pick(_CHANNELS, n, rng)
    wait = np.where(source == "grid_visit", rng.integers(0, _WAIT_DAYS + 1, n), 0)
    heard = arising["arises"].to_numpy() + wait * _DAY
    heard, source = _open_days(heard, source)
    in_time = heard <= world.end.astype("datetime64[s]")
    arising, source, heard = arising[in_time], source[in_time], heard[in_time]

    told = pd.DataFrame(
        {"source": source, "heard_on": heard, "cause": arising["cause"].to_numpy()}
    )
    told["arising"] = np.flatnonzero(in_time)
    grid = arising["grid"].to_numpy()
    told["grid_id"] = world.land.grids.index.to_numpy(dtype=object)[grid]
    told["since"] = _since(arising, causes, heard, rng)
    _add_kind(told, arising, rng)
    _add_size(told, arising, world.households[grid], rng)
    _add_place(told, world, grid, rng)
    told["summary"], told["wanted"] = _words(
        told, arising["kind"].to_numpy(), world.in_town[grid], rng
    )
    for name, share in UNANSWERED.items():
        told.loc[rng.random(len(told)) < share, name] = None
    return told


def _open_days(heard: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move what is told at a door, a counter or to leaders to a day on which they are there."""
    weekday = (heard.astype("datetime64[D]").astype(np.int64) + 3) % 7  # Monday is 0
    shift = np.zeros(len(heard), dtype=np.int64)
    shift = np.where((source == "grid_visit") & (weekday == 6), 1, shift)
    at_desk = np.isin(source, ["window", "assigned"]) & (weekday >= 5)
    shift = np.where(at_desk, 7 - weekday, shift)
    # township and village leaders receive residents on Mondays
    shift = np.where(source == "leader_reception", -weekday % 7, shift)
    return heard + shift * _DAY, source


def _since(
    arising: pd.DataFrame, causes: pd.DataFrame, heard: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    lag = np.minimum(rng.geometric(1 / 16, len(arising)) - 1, 300)
    since = arising["arises"].to_numpy() - lag * _DAY
    start = causes.groupby("cause")["starts"].first()
    of_cause = start.reindex(arising["cause"]).to_numpy().astype("datetime64[s]")
    since = np.where(np.isnat(of_cause), since, np.maximum(since, of_cause))
    told: np.ndarray = np.minimum(since, heard)
    return told


def _add_kind(told: pd.DataFrame, arising: pd.DataFrame, rng: np.random.Generator) -> None:
    """Fill in what depends on the kind alone."""
    number = arising["kind"].to_numpy()
    columns: dict[str, np.ndarray] = {
        name: np.full(len(told), None, object) for name in _OF_KIND
    }
    hard, spot = np.ones(len(told)), np.zeros(len(told), dtype=bool)
    for k, kind in enumerate(matters().kinds):
        of = np.flatnonzero(number == k)
        columns["demand_type"][of], columns["demand_detail"][of] = kind.demand_type, kind.detail
        columns["harm"][of] = pick(kind.harm, len(of), rng)
        columns["dispute_code"][of] = pick(_with_rest(kind.dispute, None), len(of), rng)
        for name, shares in _many(kind).items():
            columns[name][of] = _codes(shares, len(of), rng)
        hard[of], spot[of] = kind.hard, kind.detail in matters().on_the_spot
    for name, values in columns.items():
        told[name] = values
    told["hard"], told["spot"] = hard, spot & (rng.random(len(told)) < 0.8)


def _many(kind: Kind) -> dict[str, Mapping[str, float]]:
    return {
        "safety": kind.safety,
        "basic_need": kind.need,
        "setting": kind.setting,
        "hardening": kind.hardening,
        "mitigation": kind.mitigation,
    }


def _with_rest(shares: Mapping[str, float], rest: str | None) -> dict[str | None, float]:
    return dict(shares) | {rest: max(0.0, 1.0 - sum(shares.values()))}


def _codes(shares: Mapping[str, float], n: int, rng: np.random.Generator) -> list[str]:
    """Draw a many-of answer: each code by itself, sorted and joined; else "none"."""
    drawn = {code: rng.random(n) < share for code, share in sorted(shares.items())}
    return [" ".join(code for code, has in drawn.items() if has[i]) or "none" for i in range(n)]


def _add_size(
    told: pd.DataFrame, arising: pd.DataFrame, households: np.ndarray, rng: np.random.Generator
) -> None:
    kinds = matters().kinds
    n = len(told)
    may_share = np.array([kind.shared for kind in kinds])[arising["kind"].to_numpy()]
    touched = arising["touched"].to_numpy()
    several = (rng.random(n) < may_share) | ((touched > 0) & (rng.random(n) < 0.5))
    drawn = 1 + rng.geometric(1 / 8, n)
    drawn = np.where(touched > 0, np.minimum(drawn, touched), drawn)
    size = np.where(several, np.minimum(drawn, households.astype(int)), 1)
    people = np.where(
        size == 1,
        1 + rng.poisson(_MEAN_PEOPLE_BESIDE, n),
        np.round(size * rng.normal(2.6, 0.2, n)),
    )
    told["households_affected"] = size.astype("float64")
    told["people_affected"] = np.maximum(people, size)


def _add_place(
    told: pd.DataFrame, world: World, grid: np.ndarray, rng: np.random.Generator
) -> None:
    n = len(told)
    source = pick(_PLACES, n, rng)
    # only who stood at the door has GPS
    source[(source == "gps") & (told["source"] != "grid_visit").to_numpy()] = "address"
    lonlat = points_inside(world.land.grids, grid, rng)
    middle = centroid(world.land.grids).to_numpy().round(6)[grid]
    lonlat = np.where((source == "grid_centroid")[:, None], middle, lonlat)
    lonlat[pd.isna(source)] = np.nan
    told["lon"], told["lat"], told["place_source"] = lonlat[:, 0], lonlat[:, 1], source
    told["accuracy_m"] = np.where(source == "gps", rng.gamma(4.0, 3.0, n).round(1), np.nan)


def _words(
    told: pd.DataFrame, kind: np.ndarray, in_town: np.ndarray, rng: np.random.Generator
) -> tuple[list[str], list[str]]:
    book = matters()
    days = (told["heard_on"] - told["since"]).dt.days.to_numpy()
    size = told["households_affected"].to_numpy(dtype="int64")
    chance = rng.random((len(told), 3))
    says, wants = [], []
    for i, number in enumerate(kind):
        of = book.kinds[number]
        places = book.in_town if in_town[i] else book.in_country
        says.append(
            _one(of.says, chance[i, 0]).format(
                place=_one(places, chance[i, 1]),
                days=next(word for most, word in _AGO if days[i] <= most),
                n=size[i],
            )
        )
        wants.append(_one(of.wants, chance[i, 2]))
    return says, wants


def _one(words: tuple[str, ...], chance: Any) -> str:
    return words[int(chance * len(words))]
