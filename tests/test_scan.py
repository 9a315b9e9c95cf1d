"""The scan: published answers, a slow scan written apart, and what must change nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from gridkit.hotspots import Plan, replica, scan, standardize

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


# --- published answers -----------------------------------------------------------------------


def test_clusters_are_the_published_ones_north_carolina() -> None:
    """Sudden infant deaths 1974-84: three clusters, to the last printed digit."""
    case = json.loads((REFERENCE / "scan_nc_sids.json").read_text())
    counts = pd.DataFrame(
        {"grid_id": case["names"], "n": case["cases"], "population": case["births"]}
    )
    places = pd.DataFrame({"lon": case["lon"], "lat": case["lat"]}, index=case["names"])
    plan = Plan(kind="spatial", replicas=1999)

    found = scan(counts, places, plan, rng=np.random.default_rng(74)).clusters
    low = scan(counts, places, Plan(kind="spatial", side="low"), rng=np.random.default_rng(1))

    for row, answer in zip(found.head(3).to_dict("records"), case["high"], strict=True):
        assert set(row["members"].split()) == set(answer["members"])
        assert row["statistic"] == pytest.approx(answer["llr"], abs=1e-6)
        wide = 4 * math.sqrt(answer["p"] * (1 - answer["p"]) / 1999) + 1 / 2000
        assert row["p"] == pytest.approx(answer["p"], abs=wide)
    assert found["observed"].iloc[0] == case["high"][0]["cases"]
    assert found["expected"].iloc[0] == pytest.approx(case["high"][0]["expected"], abs=0.005)
    assert low.clusters["places"].iloc[0] == case["low"]["counties"]
    assert low.clusters["statistic"].iloc[0] == pytest.approx(case["low"]["llr"], abs=1e-5)


def new_mexico() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read brain cancer in New Mexico; expected cases by age and sex, a year as a week.

    Censuses are of 1 July; between them people grow in number by the day; a year holds the
    mean of its two ends, by its length.
    """
    folder = SHARED / "data" / "stats" / "nm_brain_cancer"
    if not folder.exists():
        pytest.skip("needs shared/data/stats/nm_brain_cancer, which is not shipped")
    groups = ["county", "age", "sex"]
    people = pd.read_csv(folder / "population.csv")
    people = people.pivot_table("population", index=groups, columns="year", aggfunc="sum")
    years = range(1973, 1992)

    def alive(day: pd.Timestamp) -> pd.Series:
        ends = [pd.Timestamp(year, 7, 1) for year in people.columns]
        first = 0 if day < ends[1] else 1
        share = (day - ends[first]) / (ends[first + 1] - ends[first])
        share = min(max(share, 0.0), 1.0)
        return people.iloc[:, first] * (1 - share) + people.iloc[:, first + 1] * share

    parts = []
    for year in years:
        start, end = pd.Timestamp(year, 1, 1), pd.Timestamp(year + 1, 1, 1)
        time = (alive(start) + alive(end)) / 2 * (end - start).days
        parts.append(time.rename("time").reset_index().assign(year=year))
    table = pd.concat(parts, ignore_index=True)
    cases = pd.read_csv(folder / "cases.csv").groupby([*groups, "year"])["cases"].sum()
    keys = pd.MultiIndex.from_frame(table[[*groups, "year"]])
    table["n"] = cases.reindex(keys, fill_value=0).to_numpy()
    assert table["n"].sum() == cases.sum()
    table["week"] = MONDAY + pd.to_timedelta((table["year"] - 1973) * 7, unit="D")
    table = table.rename(columns={"county": "grid_id"})
    places = pd.read_csv(folder / "locations.csv").set_index("county")
    return standardize(table, "time", ["age", "sex"]), places


def test_clusters_are_the_published_ones_new_mexico() -> None:
    """Brain cancer 1973-91, age and sex through `expected`: nine counties, 1985-89."""
    counts, places = new_mexico()

    found = scan(counts, places, Plan(), rng=np.random.default_rng(91)).clusters.iloc[0]
    flat = scan(counts, places, Plan(kind="spatial"), rng=np.random.default_rng(91))

    assert found["statistic"] == pytest.approx(10.979758, abs=1e-6)
    assert found["places"] == 9
    assert (found["observed"], round(found["expected"], 2)) == (236, 176.22)
    assert found["from"] == MONDAY + pd.Timedelta(weeks=1985 - 1973)
    assert found["to"] == MONDAY + pd.Timedelta(weeks=1990 - 1973, days=-1)
    assert found["p"] == pytest.approx(0.014, abs=0.016)
    assert flat.clusters["statistic"].iloc[0] == pytest.approx(6.890841, abs=1e-6)
    assert flat.clusters["p"].iloc[0] == pytest.approx(0.012, abs=0.015)


# --- what must change nothing ----------------------------------------------------------------


def county(seed: int = 3, places: int = 40, steps: int = 10, outbreak: int = 0):
    """Make a county with households, and an outbreak in its corner in the last two weeks."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 10_000, (places, 2))
    risk = np.repeat(rng.integers(20, 90, places)[:, None], steps, axis=1)
    n = rng.poisson(risk / 60.0)
    corner = np.argsort((points**2).sum(axis=1))[:5]
    n[corner, -2:] += outbreak
    return frame_of(n, risk, "poisson"), places_of(points)


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


# --- clusters after the first ----------------------------------------------------------------


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


# --- chance ----------------------------------------------------------------------------------


def test_p_is_uniform_where_nothing_gathers() -> None:
    """Over data sets drawn by chance, p falls below any level as often as it says."""
    ps = []
    for seed in range(100):
        counts, places = county(seed, places=12, steps=4)
        result = scan(counts, places, Plan(replicas=99), rng=np.random.default_rng(seed))
        ps.append(result.clusters["p"].iloc[0])

    assert kstest(ps, "uniform").pvalue > 0.01


def test_sequential_p_is_that_of_the_same_replicas_stopped_early() -> None:
    """Where nothing gathers it stops after few replicas, with p of hits over replicas."""
    counts, places = county(4)
    full = scan(counts, places, Plan(), rng=np.random.default_rng(1))
    plan = Plan(chance="sequential", stop_after=10)

    early = scan(counts, places, plan, rng=np.random.default_rng(1))

    drawn = len(early.maxima)
    assert drawn < 999
    np.testing.assert_array_equal(early.maxima, full.maxima[:drawn])
    assert early.clusters["p"].iloc[0] == pytest.approx(10 / drawn)
    assert early.clusters["p"].iloc[0] == pytest.approx(full.clusters["p"].iloc[0], abs=0.25)
    clear, near = county(4, outbreak=6)
    sure = scan(clear, near, plan, rng=np.random.default_rng(1)).clusters
    assert (sure["p"].iloc[0], sure["replicas"].iloc[0]) == (0.001, 999)


def test_gumbel_p_agrees_with_monte_carlo() -> None:
    """The tail fitted to 199 replicas gives the p that 4,999 replicas count."""
    counts, places = county(8, outbreak=1)
    slow = scan(counts, places, Plan(replicas=4999), rng=np.random.default_rng(1)).clusters
    fast = scan(
        counts, places, Plan(chance="gumbel", replicas=199), rng=np.random.default_rng(2)
    ).clusters

    counted, fitted = slow["p"].iloc[0], fast["p"].iloc[0]
    assert 0.0004 < counted < 0.5
    assert 0.4 < fitted / counted < 2.5
    assert fast["p_how"].iloc[0] == "gumbel"


def test_gumbel_p_is_never_zero_and_words_do_not_overstate_it() -> None:
    """However strong a cluster is, it has a p and a recurrence; words end at what is known."""
    n = np.ones((12, 8), dtype=int)
    n[0, 7] = 4_000
    plan = Plan(model="poisson", kind="prospective", chance="gumbel", replicas=99)
    points = np.column_stack([np.arange(12.0), np.zeros(12)])

    found = scan(
        frame_of(n, n * 0 + 5, "poisson"), places_of(points), plan, rng=np.random.default_rng(1)
    ).clusters.iloc[0]

    assert 0 < found["p"] < 1e-6
    assert math.isfinite(found["recurrence_days"])
    assert "p < 0.000001" in found["en"]
    assert "over 1000 years" in found["en"]
    assert "p < 0.000001" in found["zh"]
    assert "1000 年以上" in found["zh"]


def test_recurrence_of_daily_counts_is_not_called_weekly() -> None:
    """The sentence says that the scan is repeated at each step, be it a day or a week."""
    n = np.ones((6, 8), dtype=int)
    n[0, 7] = 20
    counts = frame_of(n, n, "permutation").rename(columns={"week": "day"})
    counts["day"] = np.tile(pd.date_range(MONDAY, periods=8, freq="D"), 6)
    points = np.column_stack([np.arange(6.0), np.zeros(6)])
    plan = Plan(model="permutation", kind="prospective", replicas=99)

    found = scan(counts, places_of(points), plan, rng=np.random.default_rng(1)).clusters.iloc[0]

    assert found["p"] == 0.01  # no replica did as well: the recurrence is a lower bound
    assert found["recurrence_days"] == pytest.approx(100)
    assert "每周" not in found["zh"]
    assert "每期检验一次, 至少 100 天才有一次" in found["zh"]
    assert "at least 100 days, if scanned at each step" in found["en"]


def test_prospective_sees_only_what_lasts() -> None:
    """A cluster that is over is found in retrospect, and is no alarm.

    Fault of a peer: it scans prospectively only, and is taken for a retrospective scan.
    """
    counts, places = county(5)
    past = counts["week"].between(
        MONDAY + pd.Timedelta(weeks=3), MONDAY + pd.Timedelta(weeks=4)
    )
    corner = [f"g{i:03d}" for i in np.argsort((places.to_numpy() ** 2).sum(axis=1))[:5]]
    counts.loc[past & counts["grid_id"].isin(corner), "n"] += 8

    then = scan(counts, places, Plan(replicas=99), rng=np.random.default_rng(1)).clusters
    now = scan(
        counts, places, Plan(kind="prospective", replicas=99), rng=np.random.default_rng(1)
    ).clusters

    assert then["p"].iloc[0] == 0.01
    assert set(corner) <= set(then["members"].iloc[0].split())
    assert then["recurrence_days"].isna().all()
    assert (now["to"] == counts["week"].max() + pd.Timedelta(days=6)).all()
    assert now["p"].iloc[0] > 0.05
    assert now["recurrence_days"].iloc[0] == pytest.approx(7 / now["p"].iloc[0])


def test_temporal_scan_finds_the_weeks_in_all_grids() -> None:
    """Without places or population the rate over time is taken as constant."""
    counts, _ = county(5)
    counts = counts.drop(columns="households")
    busy = counts["week"].between(
        MONDAY + pd.Timedelta(weeks=6), MONDAY + pd.Timedelta(weeks=7)
    )
    counts.loc[busy, "n"] += 1

    found = scan(counts, plan=Plan(kind="temporal"), rng=np.random.default_rng(1)).clusters

    assert found["from"].iloc[0] == MONDAY + pd.Timedelta(weeks=6)
    assert found["places"].iloc[0] == 40
    assert found["p"].iloc[0] == 0.001


def test_empty_grids_are_no_obstacle() -> None:
    """Fault of a peer, which crashes: grids without households and cases are passed over."""
    counts, places = county(6, outbreak=5)
    empty = counts["grid_id"].isin(["g000", "g007", "g039"])
    counts.loc[empty, ["n", "households"]] = 0

    found = scan(counts, places, Plan(replicas=99), rng=np.random.default_rng(1)).clusters

    assert found["p"].iloc[0] == 0.01


def test_result_speaks_both_languages() -> None:
    """A cluster and a quiet week are said in a sentence."""
    counts, places = county(4, outbreak=6)
    plan = Plan(kind="prospective", replicas=99)

    loud = scan(counts, places, plan, rng=np.random.default_rng(1))
    quiet = scan(county(4)[0], places, plan, rng=np.random.default_rng(1))

    row = loud.clusters.iloc[0]
    assert f"{row['observed']} 件, 预期 {row['expected']:.1f} 件; 偏高" in row["zh"]
    assert row["en"].startswith(f"{row['from']:%Y-%m-%d} to {row['to']:%Y-%m-%d}, ")
    assert "hardly chance; by chance once in" in row["en"]
    assert "难以用偶然解释" in loud.explain()
    assert quiet.explain("en").startswith("No cluster among")
    assert quiet.explain().endswith("没有难以用偶然解释的聚集。")
