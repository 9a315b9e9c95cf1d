"""A slow scan, by the definitions, and counties to hold it against."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from gridkit.hotspots import Plan

MONDAY = pd.Timestamp("2026-01-05")


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
    spans = [
        (first, end)
        for end in ([steps] if plan.alive else range(1, steps + 1))
        for first in range(max(0, end - longest), end)
    ]
    found = []
    for circle in slow_circles(points, measure, plan):
        for first, end in spans:
            c = int(n[circle, first:end].sum())
            m = float(e[circle, first:end].sum())
            high = c > m and c >= plan.min_cases and plan.side != "low"
            low = c < m and plan.side != "high"
            if (high or low) and m > 0:
                score = likelihood_ratio(c, m, cases, trials, model)
                found.append((score, frozenset(np.flatnonzero(circle)), first, end))
    return found


def slow_circles(points: np.ndarray, measure: np.ndarray, plan: Plan) -> list[np.ndarray]:
    """Draw a circle of every radius around every point."""
    circles = []
    for center in points:
        distance = np.sqrt(((points - center) ** 2).sum(axis=1))
        for reach in np.unique(distance[distance <= plan.max_radius_m]):
            circle = distance <= reach
            if measure[circle].sum() <= plan.max_share * measure.sum() + 1e-9:
                circles.append(circle)
    return circles


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


def county(seed: int = 3, places: int = 40, steps: int = 10, outbreak: int = 0):
    """Make a county with households, and an outbreak in its corner in the last two weeks."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 10_000, (places, 2))
    risk = np.repeat(rng.integers(20, 90, places)[:, None], steps, axis=1)
    n = rng.poisson(risk / 60.0)
    corner = np.argsort((points**2).sum(axis=1))[:5]
    n[corner, -2:] += outbreak
    return frame_of(n, risk, "poisson"), places_of(points)
