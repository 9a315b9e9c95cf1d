"""Local Moran: the scores of others, an exact permutation, quadrants, chance under control."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import (
    MORAN_CLASSES,
    Neighbors,
    explain_moran,
    gi_star_test,
    k_nearest,
    local_moran,
    within,
)

REFERENCE = Path(__file__).parent / "reference"
VALUES = hnp.arrays(float, 12, elements=st.integers(0, 30).map(float))


def row_of(n: int) -> Neighbors:
    """Lay n places in a row, each a neighbor of the next."""
    return within(gpd.GeoSeries(gpd.points_from_xy(range(n), [0] * n)), 1)


def columbus() -> tuple[pd.Series, Neighbors]:
    """Read crime in the 49 neighborhoods of Columbus, queen contiguity."""
    case = json.loads((REFERENCE / "columbus.json").read_text())
    matrix = np.zeros((49, 49))
    for i, others in enumerate(case["neighbors"]):
        matrix[i, others] = 1
    near = Neighbors(index=pd.RangeIndex(49), matrix=csr_array(matrix))
    return pd.Series(case["values"]), near


def test_columbus_is_as_others_have_it() -> None:
    """I, conditional z and quadrants of Columbus as esda has them; their mean is Moran's I."""
    truth = json.loads((REFERENCE / "moran.json").read_text())
    quadrant = {1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"}

    test = local_moran(*columbus())

    np.testing.assert_allclose(test["i"], truth["i"], rtol=1e-10)
    np.testing.assert_allclose(test["z"], truth["z"], rtol=1e-10)
    assert test["quadrant"].tolist() == [quadrant[q] for q in truth["quadrants"]]
    assert test["i"].mean() == pytest.approx(truth["global_i"], rel=1e-10)


def test_permutation_p_of_columbus_is_as_others_have_it() -> None:
    """Twice esda's one-tailed pseudo p, within the error of both simulations."""
    truth = np.array(json.loads((REFERENCE / "moran.json").read_text())["p_sim"])

    test = local_moran(*columbus(), permutations=99_999, rng=np.random.default_rng(1))

    np.testing.assert_allclose(test["p"], np.minimum(1, 2 * truth), atol=0.02)


def test_permutation_p_is_the_exact_conditional_one() -> None:
    """Against every way to draw the neighbors from the other places, by enumeration."""
    rng = np.random.default_rng(3)
    near = within(gpd.GeoSeries(gpd.points_from_xy(*rng.uniform(0, 3, (2, 9)))), 1.2)
    values = rng.gamma(0.5, 4, 9).round(1)
    deviation = values - values.mean()
    exact = []
    for i in range(9):
        around = near.matrix.indices[near.matrix.indptr[i] : near.matrix.indptr[i + 1]]
        drawn = combinations(np.delete(deviation, i), len(around))
        chance = deviation[i] * np.array([sum(c) for c in drawn])
        seen = deviation[i] * deviation[around].sum()
        exact.append(2 * min((chance >= seen - 1e-9).mean(), (chance <= seen + 1e-9).mean()))

    test = local_moran(
        pd.Series(values), near, permutations=60_000, rng=np.random.default_rng(4)
    )

    np.testing.assert_allclose(test["p"], np.minimum(exact, 1), atol=0.012)


def test_the_score_is_that_of_many_shuffles() -> None:
    """Mean and spread of I over shuffles of the others are those the score stands on."""
    rng = np.random.default_rng(5)
    values, near = pd.Series(rng.gamma(2, 2, 30)), row_of(30)
    test = local_moran(values, near)
    others = np.delete(values.to_numpy(), 7) - values.mean()

    around = np.array([rng.choice(others, 2, replace=False).mean() for _ in range(20_000)])

    chance = (values[7] - values.mean()) * around / values.var(ddof=0)
    score = (test["i"].iloc[7] - chance.mean()) / chance.std()
    assert test["z"].iloc[7] == pytest.approx(score, abs=0.05)


def test_a_high_place_is_told_from_a_high_region() -> None:
    """One bad place among good ones is an outlier, nine together are a gathering."""
    x, y = np.divmod(np.arange(900), 30)
    near = within(gpd.GeoSeries(gpd.points_from_xy(x, y)), 1.5)
    rate = pd.Series(np.random.default_rng(6).normal(5, 1, 900))
    together = [30 * a + b for a in (5, 6, 7) for b in (5, 6, 7)]
    rate[together] += 9
    rate[[20 * 30 + 20 + d for d in (-31, -30, -29, -1, 1, 29, 30, 31)]] -= 4
    rate[20 * 30 + 20] += 6

    test = local_moran(rate, near)

    assert test.loc[6 * 30 + 6, "kind"] == "high_high"
    assert test.loc[20 * 30 + 20, "kind"] == "high_low"


@settings(max_examples=40, deadline=None)
@given(VALUES, st.floats(0.01, 100.0), st.floats(-500.0, 500.0))
def test_the_unit_changes_nothing(values: np.ndarray, scale: float, shift: float) -> None:
    """Scaling and shifting all rates changes no score; turning them round changes no I."""
    near, rate = row_of(12), pd.Series(values)

    test = local_moran(rate, near)

    moved, turned = local_moran(rate * scale + shift, near), local_moran(-rate, near)
    np.testing.assert_allclose(moved[["i", "z"]], test[["i", "z"]], atol=1e-6)
    np.testing.assert_allclose(turned[["i", "z", "p"]], test[["i", "z", "p"]], atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(VALUES, st.permutations(range(12)))
def test_the_order_of_places_changes_nothing(values: np.ndarray, order: list[int]) -> None:
    """Shuffled rows come back as shuffled answers; the input stays as it was."""
    cells = gpd.GeoSeries(gpd.points_from_xy(*np.divmod(np.arange(12), 4)))
    rate = pd.Series(values)

    shuffled = local_moran(rate.iloc[order], within(cells.iloc[order], 1))

    straight = local_moran(rate, within(cells, 1))
    pd.testing.assert_frame_equal(shuffled.loc[range(12)], straight, atol=1e-9)
    assert rate.tolist() == values.tolist()


@settings(max_examples=40, deadline=None)
@given(VALUES, st.integers(0, 999))
def test_quadrants_follow_the_signs(values: np.ndarray, seed: int) -> None:
    """Own deviation first, that of the neighbors second; kinds only where q allows."""
    test = local_moran(
        pd.Series(values), row_of(12), permutations=99, rng=np.random.default_rng(seed)
    )

    signs = {c.code: (c.own, c.around) for c in MORAN_CLASSES}
    for _, place in test.iterrows():
        own, around = signs[place["quadrant"]]
        if place["quadrant"] != "none":
            assert own * (place["observed"] - place["expected"]) > 0
            assert around * (place["around"] - place["expected"]) > 0
        assert place["kind"] == (place["quadrant"] if place["q"] <= 0.05 else "none")


def test_under_chance_few_maps_show_anything() -> None:
    """About 5 of 100 random maps have any significant place."""
    rng = np.random.default_rng(7)
    near = k_nearest(gpd.GeoSeries(gpd.points_from_xy(*rng.uniform(0, 9, (2, 150)))), 5)

    found = [
        local_moran(pd.Series(rng.normal(size=150)), near)["significant"].any()
        for _ in range(100)
    ]

    assert sum(found) <= 12


def test_shuffling_judges_moran_as_it_judges_gi_star() -> None:
    """Given the place's own value both rest on the neighbors' sum: the same draws, one p."""
    rng = np.random.default_rng(8)
    values, near = pd.Series(rng.gamma(1, 1, 40)), row_of(40)

    moran = local_moran(values, near, permutations=999, rng=np.random.default_rng(9))

    gi = gi_star_test(values, near, permutations=999, rng=np.random.default_rng(9))
    np.testing.assert_allclose(moran["p"], gi["p"], atol=1e-12)


def test_a_place_alone_and_equal_values_say_nothing() -> None:
    """An island has I = 0 and p = 1; where nothing differs so has everyone."""
    cells = gpd.GeoSeries(gpd.points_from_xy([0, 1, 2, 3, 99], [0] * 5))
    rng = np.random.default_rng(1)

    test = local_moran(
        pd.Series([1.0, 2, 1, 3, 50]), within(cells, 1), permutations=99, rng=rng
    )
    equal = local_moran(pd.Series([0.1 + 0.2, 0.3, 0.3, 0.3]), row_of(4))

    assert test.iloc[4][["i", "z", "p", "quadrant"]].tolist() == [0, 0, 1, "none"]
    assert np.isnan(test["around"].iloc[4])
    assert equal["p"].tolist() == [1.0] * 4
    assert equal["kind"].unique().tolist() == ["none"]


def test_each_place_says_how_it_stands_among_its_neighbors() -> None:
    """Own value, neighbors and mean in the unit of the values, and whether it could be chance."""
    cells = gpd.GeoSeries(gpd.points_from_xy([0, 1, 2, 9], [0] * 4), index=list("abcd"))
    test = local_moran(pd.Series([1.0, 2.0, 3.0, 6.0], index=list("abcd")), within(cells, 1))

    zh, en = explain_moran(test), explain_moran(test, lang="en")

    assert (
        zh["d"] == "本格 6.00, 无邻格, 全部网格平均 3.00 (每百户件数); 可能只是偶然, q = 1.000"
    )
    assert en["b"].startswith(
        "this place 2.00, 2 neighbors 2.00, all places 3.00 on average (per 100 households); "
        "could be chance, q = "
    )


@pytest.mark.parametrize(
    ("values", "asked", "words"),
    [
        ([1.0, np.nan, 2.0, 4.0], {}, "1 of 4 are missing or infinite"),
        ([1.0, 5.0], {}, "at least 3 places to compare; it holds 2"),
        ([1.0, 5.0, 2.0], {}, "1 places have all the others as neighbors"),
        ([1.0, 5.0, 2.0, 4.0], {"alpha": 5}, "it is 5."),
        ([1.0, 5.0, 2.0, 4.0], {"permutations": 99}, "above 0 needs `rng`; it is 99"),
    ],
)
def test_senseless_tests_are_refused(values: list[float], asked: dict, words: str) -> None:
    """Missing values, too few places, 5 for 5 %, permutations without a generator."""
    with pytest.raises(DataError) as caught:
        local_moran(pd.Series(values), row_of(len(values)), **asked)

    assert words in caught.value.en


def test_values_of_other_places_are_refused() -> None:
    """Places are matched by label, never by position."""
    with pytest.raises(AlignmentError):
        local_moran(pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd")), row_of(4))
