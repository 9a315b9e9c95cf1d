"""Rates: denominators, exact intervals, shrinkage; held to published values."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import (
    before_after,
    count,
    density,
    per_grid,
    rates,
    within,
)
from gridkit.records.grids import make_grids

CASE = json.loads((Path(__file__).parent / "reference/nc_sids.json").read_text())
SEATS = gpd.GeoSeries(gpd.points_from_xy(CASE["east"], CASE["north"]), index=CASE["names"])


def table(n: list[int], households: list[int]) -> pd.DataFrame:
    """Make counts per grid, labeled a, b, c, ..."""
    index = pd.Index([f"g{i:02d}" for i in range(len(n))], name="grid_id", dtype="str")
    return pd.DataFrame(
        {"n": pd.array(n, dtype="Int64"), "households": pd.array(households, dtype="Int64")},
        index=index,
    )


@pytest.fixture
def sids() -> pd.DataFrame:
    """Read deaths and births of the 100 counties of North Carolina."""
    return pd.DataFrame(
        {"n": CASE["deaths"], "households": CASE["births"]},
        index=pd.Index(CASE["names"], name="grid_id"),
    )


def test_global_estimates_agree_with_marshall(sids: pd.DataFrame) -> None:
    """Sudden infant deaths of North Carolina, by an independent implementation."""
    found = rates(sids)

    np.testing.assert_allclose(found["rate_eb"] / 100, CASE["global"], rtol=1e-10)


def test_local_estimates_agree_with_marshall(sids: pd.DataFrame) -> None:
    """The same, each county shrunk to the mean of itself and the seats within 30 miles."""
    near = within(SEATS, CASE["distance"])

    found = rates(sids, near)

    expected = pd.Series(CASE["spatial"], index=CASE["names"])
    joined = ~expected.index.isin(near.islands)
    np.testing.assert_allclose(
        found["rate_eb_local"][joined] / 100, expected[joined], rtol=1e-9
    )


def test_a_grid_without_neighbors_shrinks_to_the_overall_mean(sids: pd.DataFrame) -> None:
    """An island is not left to its own small numbers."""
    near = within(SEATS, CASE["distance"])

    island = rates(sids, near).loc[near.islands, "rate_eb_local"]

    np.testing.assert_allclose(island, rates(sids).loc[near.islands, "rate_eb"])


def test_neighbors_do_not_change_what_is_tested(sids: pd.DataFrame) -> None:
    """The locally smoothed rates stand beside `rate_eb`, which stays the global one."""
    with_neighbors = rates(sids, within(SEATS, CASE["distance"]))

    pd.testing.assert_frame_equal(with_neighbors.drop(columns="rate_eb_local"), rates(sids))


# Garwood's limits as R's poisson.test prints them; the last is the example of its help page
# (137 cases, time base 24.19893, Fay 2010)
@pytest.mark.parametrize(
    ("n", "base", "low", "high"),
    [
        (0, 1, 0.0, 3.688879),
        (1, 1, 0.02531781, 5.571643),
        (10, 1, 4.795389, 18.39036),
        (100, 1, 81.36397, 121.6270),
        (137, 24.19893, 4.753125, 6.692709),
    ],
)
def test_intervals_are_the_published_ones(n: int, base: float, low: float, high: float) -> None:
    """The exact interval for few and many concerns."""
    found = rates(table([n, 5], [100, 100])).iloc[0]

    np.testing.assert_allclose(
        [found["low"] / base, found["high"] / base], [low, high], rtol=2e-6, atol=1e-12
    )


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 400), st.floats(0.5, 0.999))
def test_interval_ends_leave_half_the_doubt_on_each_side(n: int, level: float) -> None:
    """At its ends the interval makes n or more, n or fewer, just improbable enough."""
    found = rates(table([n], [100]), level=level).iloc[0]

    tail = (1 - level) / 2
    assert poisson.sf(n - 1, found["low"]) == pytest.approx(tail, rel=1e-6)
    assert poisson.cdf(n, found["high"]) == pytest.approx(tail, rel=1e-6)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 200)), min_size=1, max_size=12))
def test_estimates_lie_between_the_rate_and_the_mean(rows: list[tuple[int, int]]) -> None:
    """Shrinking never overshoots, and the expected concerns add up to the observed."""
    n, households = [row[0] for row in rows], [row[1] for row in rows]
    assume(sum(households) > 0)

    found = rates(table(n, households))

    some = found["households"] > 0
    mean = 100 * found["n"][some].sum() / found["households"].sum()
    low = np.minimum(found["rate"].fillna(mean), mean) - 1e-9
    high = np.maximum(found["rate"].fillna(mean), mean) + 1e-9
    assert ((found["rate_eb"] >= low) & (found["rate_eb"] <= high)).all()
    assert found["expected"].sum() == pytest.approx(found["n"][some].sum())
    assert (found["low"][some] <= found["rate"][some] + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), min_size=4, max_size=10),
    st.integers(1, 3),
)
def test_local_shrinkage_is_that_of_a_loop(rows: list[tuple[int, int]], reach: int) -> None:
    """Cell by cell, by Marshall's formulas written out, zero households among them."""
    n = np.array([row[0] for row in rows], dtype=float)
    homes = np.array([row[1] for row in rows], dtype=float)
    assume(homes.sum() > 0)
    counts = table([int(v) for v in n], [int(v) for v in homes])
    line = gpd.GeoSeries(gpd.points_from_xy(range(len(rows)), [0] * len(rows)), counts.index)

    found = rates(counts, within(line, reach))["rate_eb_local"].to_numpy() / 100

    overall = rates(counts)["rate_eb"].to_numpy() / 100
    for i in range(len(rows)):
        around = [j for j in range(len(rows)) if abs(i - j) <= reach and homes[j] > 0]
        if not around:
            assert found[i] == pytest.approx(overall[i])
            continue
        mean = n[around].sum() / homes[around].sum()
        if homes[i] == 0:
            assert found[i] == pytest.approx(mean)
            continue
        spread = (homes[around] * (n[around] / homes[around] - mean) ** 2).sum()
        between = max(0.0, spread / homes[around].sum() - mean / homes[around].mean())
        own = between / (between + mean / homes[i]) if between > 1e-12 else 0.0
        assert found[i] == pytest.approx(mean + own * (n[i] / homes[i] - mean), abs=1e-6)


def test_grids_without_households_are_flagged() -> None:
    """No rate there; concerns without households say that the table of households is old."""
    found = rates(table([4, 0, 3], [50, 0, 0]))

    assert found["note"].tolist() == ["sound", "no_households", "concerns_without_households"]
    assert found["rate"].isna().tolist() == [False, True, True]
    assert found["rate_eb"].tolist() == [8.0, 8.0, 8.0]


def test_no_concerns_at_all_make_rates_of_zero() -> None:
    """A quiet county has zero rates with an upper limit, and no warnings."""
    found = rates(table([0, 0], [40, 80]))

    assert found["rate_eb"].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(found["high"], [3.688879 / 0.4, 3.688879 / 0.8], rtol=1e-6)


def test_weekly_counts_are_added_up_first() -> None:
    """The table of `count` may be given as it is."""
    grids = pd.DataFrame({"households": [50, 20], "population": [0, 0]}, index=["b", "a"])
    concerns = pd.DataFrame(
        {
            "grid_id": ["b", "b", "a"],
            "heard_on": pd.to_datetime(["2026-03-02", "2026-03-17", "2026-03-03"]),
        }
    )

    found = rates(count(concerns, grids, by=None))

    assert found["rate"].to_dict() == {"b": 4.0, "a": 5.0}


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (table([1, 2], [0, 0]), "0 households in all"),
        (table([1, -2], [10, 10]), "1 are negative"),
        (table([1, 2], [10, 10]).astype({"households": "Int64"}).assign(
            households=pd.array([10, None], dtype="Int64")), "1 unknown"),
    ],
)  # fmt: skip
def test_rates_that_cannot_be_are_refused(counts: pd.DataFrame, words: str) -> None:
    """No households, negative counts, gaps: counted, with what to do."""
    with pytest.raises(DataError) as caught:
        rates(counts)

    assert words in caught.value.en
    assert "请补全户数, 或改用 `density`" in caught.value.zh


def test_levels_and_foreign_neighbors_are_refused() -> None:
    """A level of 95 is a slip for 0.95; neighbors of other grids describe other grids."""
    with pytest.raises(DataError, match="`level` must be between 0 and 1; it is 95"):
        rates(table([1], [10]), level=95)
    with pytest.raises(AlignmentError):
        rates(table([1] * 100, [10] * 100), within(SEATS, 30))


def test_densities_are_per_square_kilometer() -> None:
    """Four concerns on a square of 500 m are 16 per km²; every grid needs its count."""
    grids = make_grids(gpd.GeoSeries(gpd.points_from_xy([117.40, 117.42], [26.70, 26.72]),
                                     crs=4326), 500, "990428")  # fmt: skip
    counts = pd.DataFrame({"n": 4}, index=grids.index)

    assert density(counts, grids).iloc[0] == pytest.approx(16, rel=0.003)
    with pytest.raises(DataError, match="1 have no count"):
        density(counts.iloc[1:], grids)


def test_weights_passed_as_counts_are_refused_before_they_are_added_up():
    """Weighted concerns are no counts, even where their sum happens to be whole."""
    weeks = pd.date_range("2026-03-02", periods=4, freq="7D")
    weighted = pd.DataFrame(
        {"grid_id": ["a"] * 4 + ["b"] * 4, "week": [*weeks, *weeks], "n": 1.5, "households": 50}
    )
    with pytest.raises(DataError, match="8 not whole"):
        rates(weighted)
    with pytest.raises(DataError, match="8 not whole"):
        per_grid(weighted)
    with pytest.raises(DataError, match="8 not whole"):
        before_after(weighted, weeks[2].date(), 1)
    with pytest.raises(DataError, match="2 not whole"):
        rates(weighted.groupby("grid_id")[["n", "households"]].first())


def test_a_lacking_column_is_named():
    """Households alone make no rate."""
    with pytest.raises(DataError, match="`n`"):
        rates(table([1], [50])[["households"]])


def test_a_grid_that_comes_twice_has_no_density():
    """Its concerns would be shown twice."""
    cells = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([0, 0], [0, 0]).buffer(500), index=["g00", "g00"]
    )
    with pytest.raises(DataError, match="1 come again"):
        density(table([3], [50]), cells)


def test_words_in_place_of_counts_are_refused_in_words() -> None:
    """Not numpy's words for a column of text."""
    counts = pd.DataFrame({"n": ["three"], "households": [10]}, index=["g1"])

    with pytest.raises(DataError, match="it holds text"):
        rates(counts)
