"""What could be chance: p, its ways of being had, and how it is told."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from gridkit.hotspots import Plan, scan
from slow_scan import MONDAY, county, frame_of, places_of


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
