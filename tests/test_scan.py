"""The scan: published answers, a slow scan written apart, and what must change nothing."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.hotspots import Plan, replica, scan

REFERENCE = Path(__file__).parent / "reference"
SHARED = Path(__file__).resolve().parents[1].parent / "shared"
MONDAY = pd.Timestamp("2026-01-05")


# --- a slow scan, by the definitions ---------------------------------------------------------


def likelihood_ratio(c: int, e: float, cases: int, trials: float, model: str) -> float:
    """Compute one window's log-likelihood ratio, straight from the papers."""

    def xlogx(a: float, b: float) -> float:
        return a * math.log(a / b) if a > 0 else 0.0

    if model == "expectation":
        return xlogx(c, e) + e - c
    if model == "bernoulli":
        inside = e * trials / cases
        outside = trials - inside
        alone = xlogx(cases, trials) + xlogx(trials - cases, trials)
        return (
            xlogx(c, inside)
            + xlogx(inside - c, inside)
            + xlogx(cases - c, outside)
            + xlogx(outside - cases + c, outside)
            - alone
        )
    return xlogx(c, e) + xlogx(cases - c, cases - e)


def slow_scan(n: np.ndarray, e: np.ndarray, points: np.ndarray, measure: np.ndarray, **wanted):
    """Score every window: a list of (statistic, set of places, first step, end step)."""
    plan, model, trials = wanted["plan"], wanted["model"], wanted["trials"]
    steps = n.shape[1]
    longest = min(plan.max_weeks or max(1, steps // 2), steps)
    cases = int(n.sum())
    found = []
    for center in points:
        distance = np.sqrt(((points - center) ** 2).sum(axis=1))
        for reach in np.unique(distance):
            circle = distance <= reach
            if measure[circle].sum() > plan.max_share * measure.sum() + 1e-9:
                continue
            if reach > plan.max_radius_m:
                continue
            for first in range(steps):
                for end in range(first + 1, min(first + longest, steps) + 1):
                    if plan.alive and end != steps:
                        continue
                    c = int(n[circle, first:end].sum())
                    m = float(e[circle, first:end].sum())
                    high = c > m and c >= plan.min_cases and plan.side != "low"
                    low = c < m and plan.side != "high"
                    if (high or low) and m > 0:
                        score = likelihood_ratio(c, m, cases, trials, model)
                        found.append((score, frozenset(np.flatnonzero(circle)), first, end))
    return found


def model_of(n: np.ndarray, risk: np.ndarray, model: str):
    """Give expectation, measure of size and number of trials, by each model's definition."""
    cases = n.sum()
    if model == "permutation":
        return np.outer(n.sum(1), n.sum(0)) / cases, n.sum(1).astype(float), 0
    if model == "bernoulli":
        both = n + risk
        return both * cases / both.sum(), both.sum(1).astype(float), both.sum()
    if model == "expectation":
        return risk.astype(float), risk.sum(1).astype(float), 0
    return risk * cases / risk.sum(), risk.sum(1).astype(float), 0


COLUMN = {"poisson": "households", "bernoulli": "controls", "expectation": "expected"}


def frame_of(n: np.ndarray, risk: np.ndarray, model: str) -> pd.DataFrame:
    """Lay counts out as the table that `count` makes."""
    places, steps = n.shape
    table = pd.DataFrame(
        {
            "grid_id": np.repeat([f"g{i:03d}" for i in range(places)], steps),
            "week": np.tile(pd.date_range(MONDAY, periods=steps, freq="7D"), places),
            "n": n.ravel(),
        }
    )
    if model in COLUMN:
        table[COLUMN[model]] = risk.ravel()
    return table


def places_of(points: np.ndarray) -> pd.DataFrame:
    """Lay points out as the table of places, meters."""
    index = [f"g{i:03d}" for i in range(len(points))]
    return pd.DataFrame(points, columns=["x", "y"], index=index)


@st.composite
def cases_in_a_county(draw: st.DrawFn):
    """Draw a small county, its counts, and a plan."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    places, steps = draw(st.integers(3, 9)), draw(st.integers(2, 7))
    lattice = draw(st.booleans())
    points = (
        rng.integers(0, 4, (places, 2)) * 100.0 if lattice else rng.normal(size=(places, 2))
    )
    model = draw(st.sampled_from(["poisson", "permutation", "bernoulli", "expectation"]))
    kinds = ["retrospective", "prospective"]
    if model != "permutation":
        kinds.append("spatial")
    plan = Plan(
        model=model,
        kind=draw(st.sampled_from(kinds)),
        side=draw(st.sampled_from(["high", "low", "both"])),
        max_share=draw(st.sampled_from([0.3, 0.5, 1.0])),
        max_radius_m=draw(st.sampled_from([math.inf, 150.0 if lattice else 1.0])),
        max_weeks=draw(st.sampled_from([None, 1, 3])),
        min_cases=draw(st.integers(1, 3)),
        replicas=40,
    )
    risk = rng.integers(1, 30, (places, steps))
    n = rng.poisson(rng.gamma(1.0, draw(st.sampled_from([0.5, 4.0])), (places, steps)))
    n[0, :2] += 1
    n[1, 1] += 1
    return n, risk, points, plan


def by_kind(n: np.ndarray, risk: np.ndarray, plan: Plan):
    """Sum over weeks where time plays no part."""
    if plan.kind == "spatial":
        return n.sum(1, keepdims=True), risk.sum(1, keepdims=True)
    return n, risk


@settings(max_examples=150, deadline=None)
@given(cases_in_a_county())
def test_scan_agrees_with_a_slow_scan(case) -> None:
    """Every model, side and kind: the strongest window is the strongest of all windows."""
    n, risk, points, plan = case
    counts = frame_of(n, risk, plan.model)
    n, risk = by_kind(n, risk, plan)
    e, measure, trials = model_of(n, risk, plan.model)
    windows = slow_scan(n, e, points, measure, plan=plan, model=plan.model, trials=trials)
    best = max((w[0] for w in windows), default=0.0)

    found = scan(counts, places_of(points), plan, rng=np.random.default_rng(0)).clusters

    if best < 1e-9:
        assert found.empty or found["statistic"].iloc[0] < 1e-9
        return
    first = found.iloc[0]
    members = frozenset(int(label[1:]) for label in first["members"].split())
    start = 0 if plan.kind == "spatial" else int((first["from"] - MONDAY).days / 7)
    ending = int(((first["to"] - MONDAY).days + 1) / 7)
    end = 1 if plan.kind == "spatial" else ending
    same = [w for w in windows if w[1:] == (members, start, end)]
    assert first["statistic"] == pytest.approx(best, rel=1e-9)
    assert same
    assert same[0][0] == pytest.approx(best, rel=1e-9)
    assert first["observed"] == n[sorted(members), start:end].sum()
    assert first["expected"] == pytest.approx(e[sorted(members), start:end].sum())


@settings(max_examples=60, deadline=None)
@given(cases_in_a_county(), st.integers(0, 39))
def test_maxima_of_replicas_agree_with_a_slow_scan(case, number: int) -> None:
    """A replica can be drawn, and its best window is what the scan says it is."""
    n, risk, points, plan = case
    counts = frame_of(n, risk, plan.model)
    plan = Plan(**{**plan.to_dict(), "max_radius_m": math.inf, "kind": "retrospective"})

    result = scan(counts, places_of(points), plan, rng=np.random.default_rng(5))
    drawn = replica(
        counts, places_of(points), plan, rng=np.random.default_rng(5), number=number
    )

    strewn = drawn["n"].to_numpy(int).reshape(n.shape)
    e, measure, trials = model_of(n, risk, plan.model)
    wanted = {"plan": plan, "model": plan.model, "trials": trials}
    best = max((w[0] for w in slow_scan(strewn, e, points, measure, **wanted)), default=0.0)
    assert result.maxima[number] == pytest.approx(best, rel=1e-9, abs=1e-9)
    if plan.model != "expectation":
        assert strewn.sum() == n.sum()
    if plan.model == "permutation":
        np.testing.assert_array_equal(strewn.sum(0), n.sum(0))
        np.testing.assert_array_equal(strewn.sum(1), n.sum(1))
    if plan.model == "bernoulli":
        assert (strewn <= n + risk).all()
