"""How long the states take: one million concerns derived from five million steps.

Run with `python benchmarks/workflow.py [N]`; prints CPU and wall seconds, best of three, and
the most memory held (GiB).
"""

from __future__ import annotations

import datetime as dt
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from gridkit.profile import load_profile
from gridkit.records.spec import ACTIONS
from gridkit.triage.clocks import next_due
from gridkit.triage.routing import route
from gridkit.triage.standings import clashes, states

LIFE = (
    "registered",
    "routed",
    "accepted",
    "in_progress",
    "answered",
    "verified",
    "followed_up",
    "closed",
    "archived",
)


def town(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make n concerns with five steps each on average, most of them in their legal order."""
    numbers = rng.permutation(n)
    ids = pd.Index([f"{i:08x}-0000-7000-8000-{i:012x}" for i in numbers], dtype="str")
    heard = np.datetime64("2026-01-01") + rng.integers(0, 300, n).astype("timedelta64[D]")
    concerns = pd.DataFrame({"heard_on": heard.astype("datetime64[s]")}, index=ids)
    owner = np.repeat(np.arange(n), rng.integers(1, len(LIFE) + 1, n))
    place = np.arange(len(owner)) - np.searchsorted(owner, owner)
    days = place * 5 + rng.integers(0, 6, len(owner))
    actions = pd.Index([code for code, _, _ in ACTIONS])
    life = actions.get_indexer(pd.Index(LIFE))[place]
    odd = rng.random(len(owner)) < 0.02
    action = np.where(odd, rng.integers(0, len(actions), len(owner)), life)
    units = pd.Index(load_profile().codes("unit"))
    steps = pd.DataFrame(
        {
            "concern_id": pd.Categorical.from_codes(owner, ids),
            "action": pd.Categorical.from_codes(action, actions),
            "on": (heard[owner] + days.astype("timedelta64[D]")).astype("datetime64[s]"),
            "unit": pd.Categorical.from_codes(rng.integers(-1, len(units), len(owner)), units),
            "satisfied": pd.array(rng.random(len(owner)) < 0.9, dtype="boolean"),
            "special": pd.array([None] * len(owner), dtype="boolean"),
            "into_id": pd.Categorical.from_codes(
                np.where(
                    action == actions.get_loc("merged"), rng.integers(0, n, len(owner)), -1
                ),
                ids,
            ),
        }
    )
    steps.index = pd.Index([f"{i:08x}-0000-7000-8000-000000000000" for i in range(len(steps))])
    return concerns, steps


def described(concerns: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Say what each concern is about, and where."""
    profile, n = load_profile(), len(concerns)
    made = concerns.copy()
    for name in ("demand_detail", "dispute_code", "safety", "basic_need", "hardening"):
        codes = pd.Index(profile.codes(name))
        made[name] = pd.Categorical.from_codes(rng.integers(-1, len(codes), n), codes)
    kinds = {c.code: c.parent for c in profile.choices("demand_detail")}
    made["demand_type"] = made["demand_detail"].map(kinds).astype("category")
    grids = pd.Index([f"990428{i:09}" for i in range(4000)])
    made["grid_id"] = pd.Categorical.from_codes(rng.integers(0, len(grids), n), grids)
    return made


def timed(what: str, act: Callable[[], Any]) -> Any:
    """Print the best of three runs."""
    best = (float("inf"), float("inf"))
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        result = act()
        best = min(best, (time.process_time() - cpu, time.perf_counter() - wall))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{what:36} {best[0]:6.2f} s CPU {best[1]:6.2f} s wall, peak {peak:.2f} GiB")
    return result


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    concerns, steps = town(n, np.random.default_rng(2026))
    print(f"{n} concerns, {len(steps)} steps")
    stood = timed("states", lambda: states(concerns, steps))
    print(stood["state"].value_counts().to_dict())
    print(f"{int((stood['clashes'] > 0).sum())} concerns with a clash")
    timed("clashes", lambda: clashes(concerns, steps))
    plain = steps.assign(concern_id=steps["concern_id"].astype("str"))
    timed("states, ids as plain text", lambda: states(concerns, plain))
    profile = load_profile()
    matters = described(concerns, np.random.default_rng(7))
    timed("route", lambda: route(matters, profile))
    timed("next_due", lambda: next_due(concerns, steps, profile, dt.date(2026, 11, 1)))
