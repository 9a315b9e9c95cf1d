"""How long a scan takes, what it holds in memory, and whether its p is honest.

Run with `python benchmarks/scan.py` (figures at the sizes asked for, then doubled places,
weeks, replicas and cases, drawn into `data/pictures/scan_cost.svg`; `targets`, `doubled` or
`others` alone run only that) or `python benchmarks/scan.py null [1000]` (p where nothing gathers, Gumbel and
sequential p beside Monte Carlo). Each figure is of a process of its own, reading and set-up
included, compiled code cached; memory is over that after imports. CPU seconds are of all
threads: halve them for two quiet cores.

Prospective, 2,000 x 52 up to 12 weeks x 999 (2026-11-22, load 8): 1.65 CPU s, permutation
1.51; before blocks were tabled once per run (`live_sweep`) 3.4 and 3.1.

p where nothing gathers (2026-11-22, 300 counties; shares of p at most .01, .05, .10, .50):
poisson retrospective .017 .063 .103 .513; permutation prospective .007 .053 .097 .463;
bernoulli spatial .007 .043 .080 .480; expectation prospective .007 .037 .083 .487; sequential
and Gumbel within .01 of these up to .10. The p of a sequential stop are few round numbers
(10/10, 10/11 ...), so a test for a continuous uniform law refuses them in the middle.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from chart import Run, chart
from scipy.stats import kstest

from gridkit.hotspots import Plan, scan
from gridkit.hotspots.scan_run import run  # noqa: F401 - compiled code counts as imported

PICTURE = Path(__file__).resolve().parents[1] / "data/pictures/scan_cost.svg"

# label, places, weeks, cases per place, model, choices of the plan
TARGETS = (
    ("retrospective 500 x 52 x 999: 2.0 s", 500, 52, 10, "poisson", {}),
    ("the same, permutation: 1.5 x", 500, 52, 10, "permutation", {}),
    ("retrospective 2,000 x 52 x 999: 15 s", 2000, 52, 10, "poisson", {}),
    ("the same, permutation: 1.5 x", 2000, 52, 10, "permutation", {}),
    ("prospective 600 x 12 x 999: 0.3 s", 600, 12, 3, "poisson", {"kind": "prospective"}),
    ("the same, permutation: 1.5 x", 600, 12, 3, "permutation", {"kind": "prospective"}),
    (
        "prospective 2,000 x 52, up to 12 weeks: 1.5 s",
        2000, 52, 10, "poisson", {"kind": "prospective", "max_weeks": 12},
    ),
    (
        "the same, permutation: 1.5 x",
        2000, 52, 10, "permutation", {"kind": "prospective", "max_weeks": 12},
    ),
    ("prospective 2,000 x 52, up to 26 weeks", 2000, 52, 10, "poisson", {"kind": "prospective"}),
)  # fmt: skip
DOUBLED = (
    *((f"{p} places", p, 52, 10, "poisson", {}) for p in (125, 250, 500, 1000)),
    *((f"{w} weeks", 500, w, 10, "poisson", {}) for w in (13, 26, 52, 104)),
    *(
        (f"{r} replicas", 500, 52, 10, "poisson", {"replicas": r})
        for r in (249, 499, 999, 1999)
    ),
    *((f"{c} cases a place", 500, 52, c, "poisson", {}) for c in (2, 5, 10, 20)),
)
OTHERS = (
    *((m, 500, 52, 10, m, {}) for m in ("bernoulli", "expectation")),
    ("both sides", 500, 52, 10, "poisson", {"side": "both"}),
    ("sequential, nothing to find", 500, 52, 10, "poisson", {"chance": "sequential"}),
    ("Gumbel, 199 replicas", 500, 52, 10, "poisson", {"chance": "gumbel", "replicas": 199}),
)


def county(
    places: int, weeks: int, cases: float, model: str, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Strew cases by households alone over grids anywhere in 20 by 20 km."""
    rng = np.random.default_rng(seed)
    homes = rng.integers(20, 90, places)
    n = rng.poisson(np.repeat((homes / homes.mean() * cases / weeks)[:, None], weeks, axis=1))
    labels = [f"g{i:05d}" for i in range(places)]
    counts = pd.DataFrame(
        {
            "grid_id": pd.Categorical(np.repeat(labels, weeks)),
            "week": np.tile(pd.date_range("2026-01-05", periods=weeks, freq="7D"), places),
            "n": pd.array(n.ravel(), dtype="Int64"),
        }
    )
    column = {"poisson": "households", "bernoulli": "controls", "expectation": "expected"}
    if model in column:
        value = np.repeat(homes, weeks)
        scale = cases / weeks / homes.mean() if model == "expectation" else 1
        counts[column[model]] = value * scale
    xy = pd.DataFrame(rng.uniform(0, 20_000, (places, 2)), columns=["x", "y"], index=labels)
    return counts, xy


def one(case: list) -> None:
    """Scan once after a small warm-up that loads the compiled code; print the figures."""
    _, places, weeks, cases, model, choices = case
    plan = Plan(model=model, **choices)
    scan(*county(20, 4, 10, model), plan, rng=np.random.default_rng(1))
    counts, xy = county(places, weeks, cases, model)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    result = scan(counts, xy, plan, rng=np.random.default_rng(1))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps([wall, cpu, more, result.cases, len(result.maxima)]))


def table(title: str, cases: tuple) -> list[tuple[str, float, float]]:
    """Print one line per case; give its label, CPU seconds and MiB."""
    figures = []
    print(f"\n{title:<48} {'wall s':>8} {'CPU s':>8} {'MiB':>6} {'cases':>7} {'replicas':>8}")
    for case in cases:
        call = [sys.executable, __file__, json.dumps(case)]
        done = subprocess.run(call, capture_output=True, text=True, check=True)
        wall, cpu, more, n, replicas = json.loads(done.stdout)
        print(
            f"{case[0]:<48} {wall:8.2f} {cpu:8.2f} {more:6.0f} {n:7} {replicas:8}", flush=True
        )
        figures.append((case[0], cpu, more))
    return figures


def drawn(figures: list[tuple[str, float, float]]) -> None:
    """Draw the doubled runs."""
    runs = []
    for label, cpu, more in figures:
        size, work = label.split(" ", 1)
        runs.append(Run(work, float(size), cpu, max(more, 1.0)))
    chart(runs, "scan, 500 places x 52 weeks x 999 replicas, one of them doubled", PICTURE)
    print(f"drawn: {PICTURE.name}")


def null(runs: int = 1000) -> None:
    """Scan counties in which nothing gathers; p must be uniform, by each reckoning."""
    ps: dict[str, list[float]] = {}
    plans = {
        f"{model} {kind} {chance}": Plan(
            model=model, kind=kind, chance=chance, replicas=replicas
        )
        for model, kind in (
            ("poisson", "retrospective"),
            ("permutation", "prospective"),
            ("bernoulli", "spatial"),
            ("expectation", "prospective"),
        )
        for chance, replicas in (("monte_carlo", 199), ("sequential", 199), ("gumbel", 199))
    }
    for seed in range(runs):
        for label, plan in plans.items():
            counts, xy = county(30, 8, 10, plan.model, seed)
            found = scan(counts, xy, plan, rng=np.random.default_rng(seed)).clusters
            ps.setdefault(label, []).append(found["p"].iloc[0] if len(found) else 1.0)
    print(f"{'p where nothing gathers, ' + str(runs) + ' counties':<44} "
          f"{'mean':>6} {'<.01':>6} {'<.05':>6} {'<.10':>6} {'<.50':>6} {'KS p':>6}")  # fmt: skip
    for label, values in ps.items():
        p = np.array(values)
        shares = " ".join(f"{(p <= level).mean():6.3f}" for level in (0.01, 0.05, 0.1, 0.5))
        print(f"{label:<44} {p.mean():6.3f} {shares} {kstest(p, 'uniform').pvalue:6.3f}")


def main(parts: list[str]) -> None:
    """Print the tables asked for; all if none is named."""
    if not parts or "targets" in parts:
        table("targets", TARGETS)
    if not parts or "doubled" in parts:
        drawn(table("doubled", DOUBLED))
    if not parts or "others" in parts:
        table("others, 500 x 52 x 999", OTHERS)


if __name__ == "__main__":
    if sys.argv[1:2] == ["null"]:
        null(*map(int, sys.argv[2:]))
    elif sys.argv[1:2] and sys.argv[1].startswith("["):
        one(json.loads(sys.argv[1]))
    else:
        main(sys.argv[1:])
