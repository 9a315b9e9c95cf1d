"""The statistic of the scan: a slow scan written apart, and what must change nothing."""

from __future__ import annotations

import math

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.hotspots import Plan, replica, scan
from slow_scan import (
    MONDAY,
    by_kind,
    cases_in_a_county,
    county,
    frame_of,
    model_of,
    places_of,
    slow_scan,
)


@settings(max_examples=100, deadline=None)
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


@pytest.mark.parametrize("model", ["poisson", "permutation", "expectation"])
@pytest.mark.parametrize(
    ("weeks", "longest", "mean"), [(7, 3, 0.4), (16, 11, 0.3), (12, 4, 25.0), (12, 5, 60.0)]
)
def test_maxima_of_prospective_replicas_agree_with_a_slow_scan(
    weeks: int, longest: int, mean: float, model: str
) -> None:
    """Few weeks and many; few cases in a place, nearly a byte full, and more than that."""
    rng = np.random.default_rng(weeks + longest)
    points, risk = rng.normal(size=(30, 2)), rng.uniform(0.5, 1.5, (30, weeks)) * mean
    n = rng.poisson(risk)
    plan = Plan(model=model, kind="prospective", max_weeks=longest, replicas=70)
    counts, places = frame_of(n, risk, "expectation"), places_of(points)

    maxima = scan(counts, places, plan, rng=np.random.default_rng(3)).maxima

    e, measure, trials = model_of(n, risk, model)
    wanted = {"plan": plan, "model": model, "trials": trials}
    for number in (0, 33, 69):
        drawn = replica(counts, places, plan, rng=np.random.default_rng(3), number=number)
        strewn = np.zeros_like(n)
        strewn[:, -longest:] = drawn["n"].to_numpy(int).reshape(30, longest)
        strewn[0, 0] = n.sum() - strewn.sum()  # the rest is out of all windows' reach
        best = max(w[0] for w in slow_scan(strewn, e, points, measure, **wanted))
        assert maxima[number] == pytest.approx(best, rel=1e-9)


def facts(found: pd.DataFrame) -> pd.DataFrame:
    """Take what describes clusters, but the unit of their radius."""
    return found.drop(columns=["radius_m", "zh", "en"])


@pytest.mark.parametrize("model", ["poisson", "permutation"])
def test_threads_rows_and_unit_change_nothing(model: str) -> None:
    """One thread or all, rows in any order, kilometers or meters: the same answer."""
    counts, places = county(outbreak=2)
    plan = Plan(model=model, replicas=199, side="both")
    first = scan(counts, places, plan, rng=np.random.default_rng(7))

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    one = scan(counts, places, plan, rng=np.random.default_rng(7))
    numba.set_num_threads(threads)
    turned = counts.sample(frac=1, random_state=1), places.sample(frac=1, random_state=2)
    mixed = scan(*turned, plan, rng=np.random.default_rng(7))
    far = scan(counts, places * 0.3048, plan, rng=np.random.default_rng(7))

    for other in (one, mixed, far):
        pd.testing.assert_frame_equal(facts(first.clusters), facts(other.clusters), rtol=1e-9)
        np.testing.assert_allclose(first.maxima, other.maxima, rtol=1e-9)
    assert far.clusters["radius_m"].iloc[0] == pytest.approx(
        0.3048 * first.clusters["radius_m"].iloc[0]
    )


def test_equally_distant_places_come_in_together() -> None:
    """On a lattice no circle cuts a ring of equal distances in two."""
    points = np.array([[x, y] for x in range(3) for y in range(3)], dtype=float)
    n = np.array([0, 9, 0, 0, 9, 0, 0, 0, 0])[:, None]
    counts = frame_of(n, np.full((9, 1), 10), "poisson").drop(columns="week")
    plan = Plan(kind="spatial", replicas=99)

    found = scan(counts, places_of(points), plan, rng=np.random.default_rng(0)).clusters

    assert found["places"].iloc[0] in (1, 4, 5)
    assert "g001" in found["members"].iloc[0].split()


@pytest.mark.parametrize(("scale", "at"), [(400, 1), (9_000, 2)])
def test_many_cases_in_one_place_are_counted_right(scale: int, at: int) -> None:
    """Places with more cases than a byte holds, and counties with more than 32,767."""
    rng = np.random.default_rng(at)
    points = rng.normal(size=(5, 2))
    risk = rng.integers(5, 9, (5, 3))
    n = rng.poisson(risk * scale / 20.0)
    plan = Plan(model="poisson", replicas=5, side="both")

    result = scan(
        frame_of(n, risk, "poisson"), places_of(points), plan, rng=np.random.default_rng(1)
    )
    drawn = replica(
        frame_of(n, risk, "poisson"),
        places_of(points),
        plan,
        rng=np.random.default_rng(1),
        number=4,
    )

    wanted = {"plan": plan, "model": "poisson", "trials": 0}
    for counts, statistic in (
        (n, result.clusters["statistic"].iloc[0]),
        (drawn["n"].to_numpy(int).reshape(n.shape), result.maxima[4]),
    ):
        e, measure, _ = model_of(counts, risk, "poisson")
        best = max(w[0] for w in slow_scan(counts, e, points, measure, **wanted))
        assert statistic == pytest.approx(best, rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(cases_in_a_county())
def test_further_clusters_share_no_grid_and_none_is_stronger(case) -> None:
    """Each cluster is the strongest of the windows that keep clear of those before."""
    n, risk, points, plan = case
    found = scan(
        frame_of(n, risk, plan.model), places_of(points), plan, rng=np.random.default_rng(0)
    ).clusters
    n, risk = by_kind(n, risk, plan)
    e, measure, trials = model_of(n, risk, plan.model)
    windows = slow_scan(n, e, points, measure, plan=plan, model=plan.model, trials=trials)

    taken: set[int] = set()
    for row in found.to_dict("records"):
        members = {int(label[1:]) for label in row["members"].split()}
        clear = [score for score, places, *_ in windows if not places & taken]
        assert not members & taken
        assert row["statistic"] == pytest.approx(max(clear), rel=1e-8, abs=1e-9)
        taken |= members


def test_iterative_clusters_are_found_in_what_is_left() -> None:
    """The second cluster is the first of the data without the first one's cells."""
    counts, places = county(outbreak=6)
    far = [f"g{i:03d}" for i in np.argsort((places.to_numpy() ** 2).sum(axis=1))[-3:]]
    late = counts["week"] >= counts["week"].max() - pd.Timedelta(weeks=2)
    counts.loc[counts["grid_id"].isin(far) & late, "n"] += 5
    plan = Plan(secondary="iterative", replicas=99)

    found = scan(counts, places, plan, rng=np.random.default_rng(2)).clusters
    first = found.iloc[0]
    inside = counts["grid_id"].isin(first["members"].split())
    inside &= counts["week"].between(first["from"], first["to"])
    rest = counts.assign(
        n=counts["n"].mask(inside, 0), households=counts["households"].mask(inside, 0)
    )
    again = scan(rest, places, Plan(replicas=99), rng=np.random.default_rng(5)).clusters.iloc[0]

    assert found["p"].head(2).tolist() == [0.01, 0.01]
    assert found["p"].iloc[-1] > plan.alpha
    assert found["statistic"].iloc[1] == pytest.approx(again["statistic"])
    assert found["members"].iloc[1] == again["members"]
