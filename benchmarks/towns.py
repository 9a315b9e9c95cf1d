"""Two hundred towns: whether the default card chooses better than simpler ways do.

Each town is `gridkit.training.make_history` with its own seed, 600 grids and a year; nobody
goes out, so that what would have become of every matter is known. Each week each way of
choosing picks its visits out of what had been told by then (`gridkit.triage.evaluate_queue`),
15 a week by default. A visit is right if the harm comes *after* it, within the horizon: a
visit to what has already got worse is no warning. Figures are means over towns with
bootstrap intervals over towns. What a band promises is learned on the first half of the
towns and held against the second.

    python3 start.py benchmarks/towns.py --towns 200 --out towns.jsonl
    python3 start.py benchmarks/towns.py --towns 200 --part 1/4 --out towns.jsonl   # by parts
    python3 start.py benchmarks/towns.py --summary towns.jsonl
    python3 start.py benchmarks/towns.py --first 50000 --out held_out.jsonl
    python3 start.py benchmarks/towns.py --towns 25 --vary --out varied.jsonl

The town's assumptions were still changed while seeds from 20,000 on were in sight; seeds
from 50,000 on were not looked at before. `--vary` turns one assumption of the town at a
time (`VARIED`) and tells whether the card still wins, on differences within towns.

A made-up town proves the tool, not the world: that the card is read, ranked and measured as
it is said to be, and that it would help *if* troubles grew as `training/roots.py` and
`training/signs.py` assume. Whether they do, only a county's own outcomes can tell
(`gridkit evaluate`).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridkit.profile import load_profile
from gridkit.profile.card import Scorecard
from gridkit.training.history import make_history
from gridkit.training.knobs import Knobs
from gridkit.triage import score
from gridkit.triage.evaluate_calibration import brier
from gridkit.triage.evaluate_facts import HORIZON_DAYS, mark, weekly_facts, weeks_between
from gridkit.triage.evaluate_intervals import apart, bootstrap
from gridkit.triage.evaluate_measures import harms, leads
from gridkit.triage.evaluate_queue import methods, replay

FIRST_SEED = 20_000
FIGURES = {
    "precision": "precision at capacity (harm still ahead)",
    "trouble": "share in trouble (harm ahead, or lately come)",
    "recall": "recall before the harm",
    "lead": "median lead, days (missed harms count 0)",
    "week": "share of harms warned 7 days ahead",
    "found": "causes warned of per 100 visits",
}
_FEWER = {"drought": 0.5, "demolition": 0.5, "pay_day": 0.5, "rain": 0.5}
VARIED: dict[str, dict[str, float]] = {
    "as it is": {},
    "all grids report alike": {"reporting_bias": 0.0},
    "silent grids all but mute": {"reporting_bias": 2.0},
    "roots harden half as fast": {"speed": 0.5},
    "roots harden twice as fast": {"speed": 2.0},
    "what is told is exact": {"noise": 0.0},
    "what is told twice as blurred": {"noise": 2.0},
    "half as many roots, same noise": _FEWER,
    "twice as many roots": dict.fromkeys(_FEWER, 2.0),
    "capacity 5": {"capacity": 5},
    "capacity 40": {"capacity": 40},
}
"""What `--vary` turns: knobs of the town; capacity is that of all methods."""


def one_town(seed: int, capacity: int, knobs: Knobs | None = None) -> dict[str, Any]:
    """Let every method choose a year's visits in one town."""
    history = make_history(seed=seed, knobs=knobs)
    last = history.end - dt.timedelta(days=HORIZON_DAYS)
    days = weeks_between(history.start, last)
    facts = weekly_facts(history.concerns, history.steps, days, history.profile)
    marked = mark(facts, history.causes.outcomes, history.end)
    harm_on = history.causes.table["harm_on"]
    inside = (harm_on > marked["on"].min()) & (harm_on <= marked["on"].max())
    warnable = set(harms(marked).index)
    return {
        "seed": seed,
        "concerns": len(history.concerns),
        "all_harms": int(inside.sum()),
        "told_harms": len(warnable & set(harm_on.index[inside])),
        **judged(marked, history.profile.scorecard, capacity),
    }


def judged(marked: pd.DataFrame, card: Scorecard, capacity: int) -> dict[str, Any]:
    """Give every method's figures on the weeks of one town."""
    picks = replay(marked, methods(card), capacity)
    events = leads(picks, harms(marked))
    figures = {}
    for method, its in picks.groupby("method", sort=False):
        lead = events.loc[events["method"] == method, "lead_days"]
        figures[method] = {
            "precision": float(its["true"].mean()),
            "trouble": float((its["true"] | its["harmed"]).mean()),
            "recall": float((lead > 0).mean()),
            "lead": float(lead.median()),
            "week": float((lead >= 7).mean()),
            "found": 100 * float(its["first"].mean()),
        }
    bands = marked.groupby(score(marked, card)["band"], observed=False)["true"]
    return {
        "card": card.hash,
        "harms": int(events["cause"].nunique()),
        "methods": figures,
        "bands": {str(b): [int(of.size), int(of.sum())] for b, of in bands},
    }


def summary(towns: pd.DataFrame, capacity: int) -> None:
    """Print what all towns say together."""
    rng = np.random.default_rng(1)
    names = list(towns["methods"].iloc[0])
    print(
        f"{len(towns)} towns, {capacity} visits a week, horizon {HORIZON_DAYS} days,", end=" "
    )
    print(f"{towns['harms'].sum():,} harms, {towns['concerns'].sum():,} concerns")
    print(f"seeds {towns['seed'].min()} to {towns['seed'].max()}", end=", ")
    print(f"card {', '.join(sorted({h[:12] for h in towns['card']}))}")
    untold = 1 - towns["told_harms"].sum() / towns["all_harms"].sum()
    print(
        f"of all {towns['all_harms'].sum():,} harms in the judged weeks {untold:.0%} were told "
        "too late or never: no way of choosing can warn of these, none is charged with them"
    )
    for figure, words in FIGURES.items():
        found = {
            name: bootstrap([m[name][figure] for m in towns["methods"]], np.mean, rng=rng)
            for name in names
        }
        clear = all(apart(found["card"], found[n]) for n in names if n != "card")
        best = all(found["card"].low > found[n].high for n in names if n != "card")
        print(f"\n{words}: card best and apart: {best}; apart from all: {clear}")
        for name, its in found.items():
            more = "" if name == "card" else f"  card more by {_more(towns, figure, name, rng)}"
            print(f"  {name:<14} {its.value:7.3f}  ({its.low:.3f} to {its.high:.3f}){more}")
    _calibration(towns, rng)
    print("\nA made-up town proves the tool, not the world.")


def _more(towns: pd.DataFrame, figure: str, rival: str, rng: np.random.Generator) -> str:
    """Say by how much the card is above a rival, town by town."""
    of = [m["card"][figure] - m[rival][figure] for m in towns["methods"]]
    its = bootstrap(of, np.mean, rng=rng)
    return f"{its.value:.3f} ({its.low:.3f} to {its.high:.3f})"


def sensitivity(towns: pd.DataFrame) -> None:
    """Print whether the card still wins where one assumption of the town is another."""
    rng = np.random.default_rng(1)
    rivals = [name for name in towns["methods"].iloc[0] if name != "card"]
    for figure in ("precision", "lead", "recall"):
        print(f"\n{FIGURES[figure]}: card, and how much more than the best rival, within towns")
        for name, its in towns.groupby("varied", sort=False):
            mean = {r: np.mean([m[r][figure] for m in its["methods"]]) for r in rivals}
            best = max(mean, key=lambda r: mean[r])
            card = np.mean([m["card"][figure] for m in its["methods"]])
            print(
                f"  {name:<32} n {len(its):3d}  {card:7.3f}  {_more(its, figure, best, rng)}"
                f"  than {best}"
            )
    print("\nA made-up town proves the tool, not the world.")


def _calibration(towns: pd.DataFrame, rng: np.random.Generator) -> None:
    """Learn what bands promise on one half of the towns, hold it against the other."""
    half = len(towns) // 2
    names = list(towns["bands"].iloc[0])
    counts = np.array([[of[name] for name in names] for of in towns["bands"]])
    promised = counts[:half, :, 1].sum(axis=0) / counts[:half, :, 0].sum(axis=0)
    kept = counts[half:]
    n, yes = kept[:, :, 0].sum(axis=0), kept[:, :, 1].sum(axis=0)
    print(f"\nbands: promise learned on {half} towns, held against {len(kept)} others")
    for i, name in enumerate(names):
        its = bootstrap(kept[:, i, :], _share, rng=rng)
        gap = its.value - promised[i]
        print(
            f"  {name:<8} n {n[i]:>9,}  promised {promised[i]:.3f}  observed {its.value:.3f} "
            f"({its.low:.3f} to {its.high:.3f})  gap {gap:+.3f}"
        )
    error = float(np.average(np.abs(yes / n - promised), weights=n))
    said = np.repeat(np.tile(promised, 2), np.concatenate([yes, n - yes]))
    happened = np.repeat([1.0, 0.0], [yes.sum(), n.sum() - yes.sum()])
    base = np.full(len(happened), counts[:half, :, 1].sum() / counts[:half, :, 0].sum())
    print(
        f"  calibration error {error:.4f}, largest gap {np.abs(yes / n - promised).max():.4f}"
    )
    print(
        f"  Brier {brier(said, happened):.4f}, of the base rate alone {brier(base, happened):.4f}"
    )


def _share(counts: np.ndarray) -> float:
    seen, yes = counts.sum(axis=0)
    return float(yes / seen) if seen else float("nan")


def run(seeds: range, varied: dict[str, dict[str, float]], capacity: int, out: Path) -> None:
    """Play the towns that the file does not hold yet, one line each."""
    lines = out.read_text().splitlines() if out.exists() else []
    done = {(row["seed"], row["varied"]) for row in map(json.loads, lines)}
    start = time.process_time()
    todo = [(s, v) for s in seeds for v in varied if (s, v) not in done]
    with out.open("a") as file:
        for seed, name in todo:
            turned = varied[name]
            k = int(turned.get("capacity", capacity))
            knobs = Knobs(**{**turned, "capacity": k})  # type: ignore[arg-type]
            file.write(json.dumps({"varied": name, **one_town(seed, k, knobs)}) + "\n")
            file.flush()
    print(f"{len(todo)} towns, {time.process_time() - start:.0f} s CPU")


def main() -> None:
    """Play towns, or tell what they say."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--towns", type=int, default=200)
    asked.add_argument("--part", default="1/1", help="such as 2/4: the second quarter")
    asked.add_argument("--capacity", type=int, default=15)
    asked.add_argument("--out", type=Path, default=Path("towns.jsonl"))
    asked.add_argument("--first", type=int, default=FIRST_SEED, help="the first seed")
    asked.add_argument("--vary", action="store_true", help="one assumption at a time")
    asked.add_argument("--summary", type=Path)
    given = asked.parse_args()
    load_profile()
    if given.summary is None:
        part, parts = map(int, given.part.split("/"))
        size = given.towns // parts
        first = given.first + (part - 1) * size
        varied = VARIED if given.vary else {"as it is": {}}
        run(range(first, first + size), varied, given.capacity, given.out)
    if given.summary or given.part == "1/1":
        lines = (given.summary or given.out).read_text().splitlines()
        table = pd.DataFrame([json.loads(line) for line in lines]).sort_values("seed")
        if set(table["varied"]) != {"as it is"}:
            sensitivity(table)
        else:
            summary(table, given.capacity)


if __name__ == "__main__":
    main()
