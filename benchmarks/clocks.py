"""How long the legal clocks take: one million concerns with their steps.

Run with `python benchmarks/clocks.py [N]`; prints CPU and wall seconds, best of three.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from gridkit.profile import load_profile
from gridkit.triage.clocks import next_due
from gridkit.triage.deadlines import due_sentence

ACTIONS = ("registered", "routed", "accepted", "in_progress", "answered", "followed_up")
DAY = dt.date(2026, 11, 1)


def town(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make n concerns of 300 days and three steps each on average, ids in random order."""
    profile = load_profile()
    numbers = rng.permutation(n)
    ids = pd.Index([f"{i:032x}" for i in numbers], dtype="str", name="record_id")
    heard = np.datetime64("2026-01-01") + rng.integers(0, 300, n).astype("timedelta64[D]")
    concerns = pd.DataFrame({"heard_on": heard.astype("datetime64[s]")}, index=ids)
    for name in ("demand_type", "demand_detail", "dispute_code", "source", "safety"):
        codes = pd.Index(profile.codes(name))
        drawn = rng.integers(-1 if name == "dispute_code" else 0, len(codes), n)
        concerns[name] = pd.Categorical.from_codes(drawn, codes)
    owner = np.repeat(np.arange(n), rng.integers(0, len(ACTIONS) + 1, n))
    place = np.arange(len(owner)) - np.searchsorted(owner, owner)
    days = place * 7 + rng.integers(0, 7, len(owner))
    steps = pd.DataFrame(
        {
            "concern_id": pd.Series([f"{i:032x}" for i in numbers[owner]], dtype="str"),
            "action": pd.Categorical.from_codes(place, pd.Index(ACTIONS)),
            "on": (heard[owner] + days.astype("timedelta64[D]")).astype("datetime64[s]"),
            "satisfied": pd.array([True] * len(owner), dtype="boolean"),
        }
    )
    return concerns, steps.sample(frac=1, random_state=1, ignore_index=True)


def timed(what: str, act: Callable[[], Any]) -> Any:
    """Print the best of three runs."""
    best = (float("inf"), float("inf"))
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        result = act()
        best = min(best, (time.process_time() - cpu, time.perf_counter() - wall))
    print(f"{what:40} {best[0]:6.2f} s CPU {best[1]:6.2f} s wall")
    return result


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    profile = timed("profile: default, again", load_profile)
    concerns, steps = town(n, np.random.default_rng(2026))
    print(f"{n} concerns, {len(steps)} steps")
    due = timed("next_due", lambda: next_due(concerns, steps, profile, DAY))
    print(due["status"].value_counts().to_dict())
    timed("due_sentence", lambda: due_sentence(due, profile))
