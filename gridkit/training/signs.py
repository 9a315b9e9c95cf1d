"""What a resident can tell of a root at the door, and what singles come to.

Assumptions: what is told rises with severity, through noise. The harm told climbs the
root's ladder with a standard deviation of a quarter of it; households are a guess within a
factor of about two; a basic need, a danger, a fact that hardens is told more often the
further the root has come, and facts that harden more often where it does harden. One
report in four of a single matter is as grave as chance has it, not as it is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.training.frames import pick
from gridkit.training.matters import matters
from gridkit.training.roots import ROOTS, Growth, severity
from gridkit.training.telling import UNANSWERED
from gridkit.training.terrain import Floats, Ints

# Chance that a single matter does harm, by how grave it is; more where danger is there
HARDENS_SINGLE = {
    "none": 0.0,
    "nuisance": 0.005,
    "livelihood": 0.03,
    "property": 0.03,
    "health": 0.04,
    "life": 0.08,
}
_DANGER_ADDS = 0.25
_SINGLE_WEEKS = 4.0
_MISREAD = 0.25
_LADDER_NOISE, _SIZE_NOISE = 0.25, 0.6
_OVERLAID = (
    *("harm", "households_affected", "people_affected", "safety", "basic_need"),
    *("setting", "hardening", "mitigation"),
)


def kinds_told(growth: Growth, root: Ints, day: np.ndarray) -> Ints:
    """Give the kind of matter (position in `matters().kinds`) that each report is."""
    number = {(k.demand_type, k.detail): i for i, k in enumerate(matters().kinds)}
    early = np.array([number[r.early] for r in ROOTS])
    late = np.array([number[r.late] for r in ROOTS])
    kind = growth.roots["kind"].to_numpy()[root]
    told: Ints = np.where(severity(growth.roots, root, day) < 0.5, early[kind], late[kind])
    return told


def show_signs(
    told: pd.DataFrame,
    growth: Growth,
    touched: Ints,
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
) -> pd.DataFrame:
    """Let what is told of roots follow their severity.

    Parameters
    ----------
    told : DataFrame
        As `tell_concerns` gives it; `cause` is the root, -1 for singles; `arose` the day.
    growth : Growth
        The roots.
    touched : array of int, length n
        Households that the root touches in the grid.
    rng : Generator
        Source of chance.
    noise : float
        How many times as blurred harm and households are told.

    Returns
    -------
    DataFrame
        `told` with the answers on roots drawn anew.
    """
    told = told.copy()
    rows = np.flatnonzero(told["cause"].to_numpy() >= 0)
    root = told["cause"].to_numpy()[rows]
    level = severity(growth.roots, root, told["arose"].to_numpy()[rows])
    kind = growth.roots["kind"].to_numpy()[root]
    drawn = {name: told[name].to_numpy(dtype=object).copy() for name in _OVERLAID}
    size = (
        touched[rows]
        * level
        * 0.4
        * np.exp(noise * _SIZE_NOISE * rng.standard_normal(len(rows)))
    )
    households = 1 + np.floor(size).astype(np.int64)
    drawn["households_affected"][rows] = households
    drawn["people_affected"][rows] = households + rng.poisson(1.6 * households)
    step = np.clip(
        (level + noise * _LADDER_NOISE * rng.standard_normal(len(rows))) * 3, 0, 2.99
    )
    hard = growth.roots["hardens"].to_numpy(bool)[root]
    for number, its in enumerate(ROOTS):
        of = np.flatnonzero(kind == number)
        at = rows[of]
        drawn["harm"][at] = np.array(its.ladder, dtype=object)[step[of].astype(int)]
        drawn["basic_need"][at] = _said(its.need, 0.15 + 0.7 * level[of], rng)
        drawn["safety"][at] = _said(its.danger, np.maximum(0, level[of] - 0.7), rng)
        drawn["setting"][at] = _said(its.setting, np.full(len(of), 0.4), rng)
        chance = np.where(hard[of], 0.1 + 0.5 * level[of], 0.12)
        which = its.hardening[int(rng.integers(len(its.hardening)))] if its.hardening else ""
        drawn["hardening"][at] = _said(which, chance, rng)
        drawn["mitigation"][at] = "none"
    for name, values in drawn.items():
        values[rows[rng.random(len(rows)) < UNANSWERED[name]]] = None
        told[name] = values
    soon = told["hardening"].to_numpy(object) == "works_soon"
    days = rng.integers(3, 45, len(told)).astype("timedelta64[D]")
    begin = told["heard_on"].to_numpy() + days
    told["works_start"] = np.where(soon, begin, np.datetime64("NaT"))
    return told


def draw_singles(
    told: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw which single matters do harm, and blur what was told of how grave they are.

    Returns
    -------
    tuple
        `told` with the harm of some singles misread, and the day of harm for each row
        (missing for roots and for singles that come to nothing).
    """
    told = told.copy()
    single = told["cause"].to_numpy() < 0
    grave = told["harm"].map(HARDENS_SINGLE).fillna(0.02).to_numpy(dtype=float)
    danger = ~told["safety"].fillna("none").isin(["none"]).to_numpy(dtype=bool)
    chance = grave + _DANGER_ADDS * danger
    worse = single & (rng.random(len(told)) < chance)
    days = np.maximum(7, rng.gamma(3.0, 7 * _SINGLE_WEEKS / 3, len(told))).astype(int)
    harm = told["arose"].to_numpy() + days.astype("timedelta64[D]")
    misread = single & (rng.random(len(told)) < _MISREAD)
    read = told["harm"].to_numpy(dtype=object).copy()
    for number, kind in enumerate(matters().kinds):
        at = np.flatnonzero(misread & (told["kind"].to_numpy() == number))
        read[at] = pick(kind.harm, len(at), rng)
    told["harm"] = read
    return told, np.where(worse, harm, np.datetime64("NaT"))


def _said(code: str, chance: Floats, rng: np.random.Generator) -> np.ndarray:
    """Give a code as often as chance has it, else `none`."""
    there = rng.random(len(chance)) < chance
    said: np.ndarray = np.where(there & bool(code), code or "none", "none").astype(object)
    return said
