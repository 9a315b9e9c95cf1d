"""Near repeats: brute force, exact p by enumeration, and dates that stay as they were."""

from __future__ import annotations

from itertools import combinations, permutations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import kstest

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import explain_near_repeat, near_repeat

POINTS = hnp.arrays(float, (12, 2), elements=st.integers(0, 6).map(float))
DAYS = hnp.arrays(float, 12, elements=st.integers(0, 20).map(float))


def at(points: np.ndarray) -> gpd.GeoSeries:
    """Set concerns at points, meters."""
    return gpd.GeoSeries(gpd.points_from_xy(*np.asarray(points).T))


def slow(points: np.ndarray, days: np.ndarray, meters: list, steps: list) -> np.ndarray:
    """Count pairs by band, one by one."""
    counted = np.zeros((len(meters), len(steps)), dtype=int)
    for i, j in combinations(range(len(days)), 2):
        far = np.hypot(*(points[i] - points[j]))
        late = abs(days[i] - days[j])
        if far <= meters[-1] and late <= steps[-1]:
            band = next(k for k, m in enumerate(meters) if far <= m)
            counted[band, next(k for k, s in enumerate(steps) if late <= s)] += 1
    return counted


@settings(max_examples=60, deadline=None)
@given(POINTS, DAYS)
def test_pairs_are_those_of_brute_force(points: np.ndarray, days: np.ndarray) -> None:
    """Every pair is in the band that its distance and time say, borders included."""
    meters, steps = [0.0, 1.0, 3.0], [2.0, 7.0]

    test = near_repeat(
        at(points), pd.Series(days), within_m=meters, within_days=steps, permutations=1,
        rng=np.random.default_rng(1),
    )  # fmt: skip

    assert test["observed"].tolist() == slow(points, days, meters, steps).ravel().tolist()


@settings(max_examples=15, deadline=None)
@given(POINTS, DAYS)
def test_expected_pairs_are_the_mean_over_shuffles(
    points: np.ndarray, days: np.ndarray
) -> None:
    """The exact expectation is what shuffled dates give on average."""
    rng = np.random.default_rng(1)
    shuffles = [slow(points, rng.permutation(days), [1.0, 3.0], [2.0, 7.0]) for _ in range(300)]

    test = near_repeat(
        at(points),
        pd.Series(days),
        within_m=[1, 3],
        within_days=[2, 7],
        permutations=1,
        rng=rng,
    )

    spread = np.std(shuffles, axis=0).ravel() / np.sqrt(300)
    assert (
        abs(test["expected"] - np.mean(shuffles, axis=0).ravel()) <= 5 * spread + 1e-9
    ).all()


def test_p_is_the_exact_one() -> None:
    """Of seven concerns, against all 5,040 ways to give out the dates."""
    rng = np.random.default_rng(2)
    points, days = rng.uniform(0, 9, (7, 2)), np.array([0.0, 1, 2, 8, 9, 20, 30])
    points[[1, 4]] = points[[0, 3]] + 0.5
    seen = slow(points, days, [2.0], [2.0])[0, 0]
    every = [slow(points, np.array(d), [2.0], [2.0])[0, 0] for d in permutations(days)]
    exact = np.mean(np.array(every) >= seen)

    test = near_repeat(
        at(points), pd.Series(days), within_m=[2], within_days=[2], permutations=20_000,
        rng=np.random.default_rng(3),
    )  # fmt: skip

    assert 0 < exact < 1
    assert test["p"].iloc[0] == pytest.approx(exact, abs=0.012)


def test_the_dates_of_the_caller_are_not_shuffled() -> None:
    """Fault of a peer: times shuffled in place, so that the second run tests noise."""
    rng = np.random.default_rng(4)
    places, days = (
        at(rng.uniform(0, 9, (50, 2))),
        pd.Series(rng.integers(0, 99, 50).astype(float)),
    )
    before, where = days.copy(), places.copy()

    first = near_repeat(places, days, within_m=[2], rng=np.random.default_rng(5))

    again = near_repeat(places, days, within_m=[2], rng=np.random.default_rng(5))
    pd.testing.assert_series_equal(days, before)
    assert places.geom_equals(where).all()
    pd.testing.assert_frame_equal(first, again)


def test_p_is_uniform_under_chance() -> None:
    """Dates that know nothing of places give p spread evenly."""
    rng = np.random.default_rng(6)
    p = [
        near_repeat(
            at(rng.uniform(0, 1000, (150, 2))), pd.Series(rng.uniform(0, 365, 150)),
            within_m=[200], within_days=[30], permutations=199, rng=rng,
        )["p"].iloc[0]
        for _ in range(200)
    ]  # fmt: skip

    assert kstest(p, "uniform").pvalue > 0.01


def test_a_planted_contagion_is_found_at_its_range_and_not_beyond() -> None:
    """Each of 60 leaks brings another within 100 m and a week; farther bands show nothing."""
    rng = np.random.default_rng(7)
    points, days = rng.uniform(0, 8000, (400, 2)), rng.uniform(0, 365, 400)
    near = points[:60] + rng.uniform(-60, 60, (60, 2))
    soon = days[:60] + rng.uniform(0, 7, 60)

    test = near_repeat(
        at(np.r_[points, near]), pd.Series(np.r_[days, soon]), within_m=[100, 500],
        within_days=[7, 30], rng=rng,
    )  # fmt: skip

    assert test["q"].iloc[0] <= 0.005
    assert test["ratio"].iloc[0] > 5
    assert (test["q"].iloc[1:] > 0.05).all()


@settings(max_examples=20, deadline=None)
@given(POINTS, DAYS, st.permutations(range(12)), st.floats(-1e4, 1e4))
def test_order_place_and_date_of_origin_change_no_count(
    points: np.ndarray, days: np.ndarray, order: list[int], shift: float
) -> None:
    """Shuffled rows, a county elsewhere, another year: the same pairs."""
    asked = {"within_m": [1, 3], "within_days": [2, 7], "permutations": 1}

    straight = near_repeat(at(points), pd.Series(days), rng=np.random.default_rng(1), **asked)

    moved = near_repeat(
        at(points[order] + np.round(shift)), pd.Series(days[order] + np.round(shift)),
        rng=np.random.default_rng(1), **asked,
    )  # fmt: skip
    columns = ["observed", "expected"]
    pd.testing.assert_frame_equal(moved[columns], straight[columns])


def test_dates_and_degrees_are_understood() -> None:
    """Dates as dates, places in longitude and latitude: meters and days all the same."""
    places = gpd.GeoSeries(gpd.points_from_xy([117.4, 117.4001, 117.5], [26.7] * 3), crs=4326)
    heard = pd.Series(pd.to_datetime(["2026-03-02", "2026-03-09", "2026-03-09"]))

    test = near_repeat(
        places, heard.astype("datetime64[s]"), within_m=[5, 15], within_days=[6, 7],
        permutations=9, rng=np.random.default_rng(1),
    )  # fmt: skip

    assert test["observed"].tolist() == [0, 0, 0, 1]


def test_all_at_one_place_or_on_one_day_says_nothing() -> None:
    """Dates shuffled among equals change nothing: p is 1."""
    rng = np.random.default_rng(1)
    one_place = near_repeat(at(np.zeros((9, 2))), pd.Series(range(9)), rng=rng)
    one_day = near_repeat(at(rng.uniform(0, 99, (9, 2))), pd.Series([3.0] * 9), rng=rng)

    assert one_place["p"].tolist() == [1.0] * 6
    assert one_day["p"].tolist() == [1.0] * 6


def test_bands_are_put_in_words() -> None:
    """How many pairs, how many by chance, and whether it could be that."""
    test = pd.DataFrame(
        {"above_m": [200.0], "to_m": [400.0], "above_days": [7.0], "to_days": [14.0],
         "observed": [12], "expected": [11.52], "ratio": [1.04], "q": [0.4]}
    )  # fmt: skip

    assert explain_near_repeat(test)[0] == (
        "相距 200 至 400 米、相隔 7 至 14 天的有 12 对, 若时间与地点无关约 11.5 对; "
        "可能只是偶然, q = 0.400"
    )
    assert explain_near_repeat(test, lang="en")[0] == (
        "12 pairs 200 to 400 m and 7 to 14 days of each other, about 11.5 if time and place had "
        "nothing to do with each other; could be chance, q = 0.400"
    )


@pytest.mark.parametrize(
    ("n", "asked", "words"),
    [
        (0, {}, "there are 0, 0 without"),
        (1, {}, "there are 1, 0 without"),
        (3, {"within_m": [5, 2]}, "`within_m` must be ascending borders of 0 or more"),
        (3, {"within_days": []}, "`within_days` must be ascending borders"),
        (3, {"permutations": 0}, "`permutations` must be 1 or more; it is 0"),
    ],
)
def test_senseless_tests_are_refused(n: int, asked: dict, words: str) -> None:
    """No case, one case, borders the wrong way round, no permutations."""
    with pytest.raises(DataError) as caught:
        near_repeat(
            at(np.zeros((n, 2))), pd.Series(np.arange(n, dtype=float)),
            rng=np.random.default_rng(1), **asked,
        )  # fmt: skip

    assert words in caught.value.en


def test_concerns_without_place_or_date_are_refused() -> None:
    """They are counted in the message; an address heap is named for what it may be."""
    rng = np.random.default_rng(1)
    places, days = at(np.zeros((3, 2))), pd.Series([1.0, np.nan, 2.0])
    with pytest.raises(DataError, match="there are 3, 1 without"):
        near_repeat(places, days, rng=rng)
    with pytest.raises(AlignmentError):
        near_repeat(places, days.iloc[::-1], rng=rng)
    heap = at(np.zeros((10_100, 2)))
    with pytest.raises(DataError, match="an address that holds a heap"):
        near_repeat(heap, pd.Series(np.zeros(10_100)), rng=rng)
