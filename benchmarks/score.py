"""How long scores, reasons and counterfactuals take: one million concerns.

Run with `python benchmarks/score.py [N]`; prints CPU and wall seconds, best of three. The
hard draw answers every question at random and independently of the others, so that nearly
every other concern has a sentence of its own; the easy one leaves most questions at `none`,
as a ledger does.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from gridkit.profile import load_profile
from gridkit.profile.card import INPUTS, RESPONSE_GAPS
from gridkit.triage import counterfactual, explain, explain_one, inputs, same_cause_n, score

PROFILE = load_profile()
CARD = PROFILE.scorecard
DAY = dt.date(2026, 11, 1)


def coded(name: str, n: int, chance: float, rng: np.random.Generator) -> pd.Categorical:
    """Draw answers to a question of one or many codes; 5 % are not asked."""
    known = RESPONSE_GAPS if name == "response_gap" else PROFILE.codes(name)
    codes = sorted(set(known) - {"none"})
    if INPUTS[name].kind == "code":
        answers = [*dict.fromkeys(["none", *codes])]
        odds = np.array([1 - chance] + [chance / (len(answers) - 1)] * (len(answers) - 1))
    else:
        sets = [c for k in range(len(codes) + 1) for c in combinations(codes, k)]
        answers = [" ".join(c) or "none" for c in sets]
        odds = np.array(
            [chance ** len(c) * (1 - chance) ** (len(codes) - len(c)) for c in sets]
        )
    drawn = rng.choice(len(answers), n, p=odds)
    drawn[rng.random(n) < 0.05] = -1
    return pd.Categorical.from_codes(drawn, pd.Index(answers))


def facts(n: int, chance: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw an inputs frame of n concerns."""
    households = np.exp(rng.normal(0.7, 1.4, n)).astype(np.int64) + 1
    missing = rng.random(n) < 0.05
    columns = {
        name: coded(name, n, 0.8 if name == "harm" else chance, rng)
        for name, known in INPUTS.items()
        if known.kind != "number"
    }
    columns |= {
        "households_affected": pd.arrays.IntegerArray(households, missing),
        "people_affected": pd.arrays.IntegerArray(households * 3, rng.random(n) < 0.05),
        "works_in_days": pd.arrays.IntegerArray(rng.integers(-10, 60, n), missing),
        "clock_used": np.where(rng.random(n) < 0.2, np.nan, rng.gamma(2, 0.3, n)),
        "same_cause_n": pd.array(rng.poisson(1, n), dtype="Int64"),
    }
    index = pd.Index([f"{i:032x}" for i in range(n)], dtype="str", name="record_id")
    return pd.DataFrame(columns, index=index)[list(INPUTS)]


def ledger(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw concerns of 300 days in 600 grids, with two steps each, one in three closed."""
    table = facts(n, 0.1, rng)[[name for name, k in INPUTS.items() if k.origin == "asked"]]
    day = np.datetime64("2026-01-01") + rng.integers(0, 300, n).astype("timedelta64[D]")
    for name in ("demand_type", "demand_detail", "dispute_code", "source"):
        codes = pd.Index(PROFILE.codes(name))
        drawn = rng.integers(0, len(codes), n)
        if name == "dispute_code":
            drawn[rng.random(n) < 0.7] = -1
        table[name] = pd.Categorical.from_codes(drawn, codes)
    grids = pd.Index([f"990428{i:09d}" for i in range(600)])
    table["grid_id"] = pd.Categorical.from_codes(rng.integers(0, 600, n), grids)
    table["heard_on"] = day.astype("datetime64[s]")
    table["works_start"] = (day + np.timedelta64(20, "D")).astype("datetime64[s]")
    actions = pd.Index(["routed", "accepted", "answered", "closed"])
    second = rng.integers(1, 4, n)
    steps = pd.DataFrame(
        {
            "concern_id": pd.Categorical.from_codes(np.tile(np.arange(n), 2), table.index),
            "action": pd.Categorical.from_codes(np.append(np.zeros(n, int), second), actions),
            "on": np.append(day + 2, day + 9).astype("datetime64[s]"),
            "satisfied": pd.array([pd.NA] * (2 * n), dtype="boolean"),
        }
    )
    return table.drop(columns="works_in_days"), steps


def timed(what: str, act: Callable[[], Any]) -> Any:
    """Print the best of three runs."""
    best = (float("inf"), float("inf"))
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        result = act()
        best = min(best, (time.process_time() - cpu, time.perf_counter() - wall))
    print(f"{what:48} {best[0]:7.3f} s CPU {best[1]:7.3f} s wall")
    return result


def main() -> None:
    """Measure all of it."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rng = np.random.default_rng(1)
    for kind, chance in (("easy", 0.05), ("hard", 0.3)):
        table = facts(n, chance, rng)

        def both(table: pd.DataFrame = table) -> tuple[pd.DataFrame, pd.Series]:
            scores = score(table, CARD)
            return scores, explain(table, scores, CARD)

        scores, reasons = timed(f"{n:,} scores with reasons, {kind}", both)
        print(f"  {len(reasons.cat.categories):,} different sentences")
        timed(f"  of it {n:,} scores", lambda table=table: score(table, CARD))
        timed(
            f"{n:,} counterfactuals, {kind}",
            lambda table=table, scores=scores: counterfactual(table, scores, CARD),
        )
    one = table.index[7]
    timed("the whole story of one", lambda: explain_one(table, one, CARD, DAY))
    timed("score and reasons of one", lambda: both(table.loc[[one]]))
    for size in (100_000, n):
        measure_ledger(size, rng)


def measure_ledger(n: int, rng: np.random.Generator) -> None:
    """Measure how long the inputs take to work out of a ledger."""
    concerns, steps = ledger(n, rng)
    timed(f"inputs of a ledger of {n:,}", lambda: inputs(concerns, steps, DAY, PROFILE))
    timed("  of it same cause", lambda: same_cause_n(concerns, PROFILE))


if __name__ == "__main__":
    main()
