"""Gi*: the published scores, an exact permutation, and honesty about chance."""

from __future__ import annotations

import json
from itertools import combinations, permutations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import false_discovery_control, kstest

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import (
    HOTSPOT_CLASSES,
    Neighbors,
    explain_cells,
    explain_hotspots,
    gi_star,
    gi_star_test,
    k_nearest,
    within,
)

REFERENCE = Path(__file__).parent / "reference"
VALUES = hnp.arrays(float, 12, elements=st.integers(0, 50).map(float))


def lattice(side: int) -> gpd.GeoSeries:
    """Lay `side` x `side` cells one meter apart."""
    x, y = np.divmod(np.arange(side * side), side)
    labels = [f"r{a}c{b}" for a, b in zip(x, y, strict=True)]
    return gpd.GeoSeries(gpd.points_from_xy(x, y), index=labels)


def row_of(n: int) -> Neighbors:
    """Lay n cells in a row, each a neighbor of the next."""
    return within(gpd.GeoSeries(gpd.points_from_xy(range(n), [0] * n)), 1)


def test_scores_are_those_of_getis_and_ord() -> None:
    """The six points of the literature, to all printed digits."""
    case = json.loads((REFERENCE / "gi_star_six_points.json").read_text())
    cells = gpd.GeoSeries(gpd.points_from_xy(*zip(*case["points"], strict=True)))

    scores = gi_star(pd.Series(case["values"]), within(cells, case["distance"]))

    np.testing.assert_allclose(scores, case["scores"], atol=5e-9)


def test_scores_agree_with_an_independent_implementation() -> None:
    """Crime in the 49 neighborhoods of Columbus, queen contiguity."""
    case = json.loads((REFERENCE / "columbus.json").read_text())
    matrix = np.zeros((49, 49))
    for i, others in enumerate(case["neighbors"]):
        matrix[i, others] = 1
    neighbors = Neighbors(index=pd.RangeIndex(49), matrix=_sparse(matrix))

    scores = gi_star(pd.Series(case["values"]), neighbors)

    np.testing.assert_allclose(scores, case["scores"], rtol=1e-10)


def _sparse(matrix: np.ndarray):
    from scipy.sparse import csr_array

    return csr_array(matrix)


@settings(max_examples=60, deadline=None)
@given(VALUES, st.floats(0.01, 100.0), st.floats(-1000.0, 1000.0))
def test_gi_star_does_not_depend_on_the_unit(
    values: np.ndarray, scale: float, shift: float
) -> None:
    """Scaling and shifting all rates changes no score."""
    assume(np.ptp(values) > 0)
    rate, near = pd.Series(values), row_of(12)

    moved = gi_star(rate * scale + shift, near)

    np.testing.assert_allclose(moved, gi_star(rate, near), atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(VALUES, st.permutations(range(12)))
def test_gi_star_does_not_depend_on_the_order_of_cells(
    values: np.ndarray, order: list[int]
) -> None:
    """Shuffling the rows shuffles the answer and nothing else."""
    assume(np.ptp(values) > 0)
    cells = lattice(4).iloc[:12]
    rate = pd.Series(values, index=cells.index)

    shuffled = gi_star_test(rate.iloc[order], within(cells.iloc[order], 1))

    straight = gi_star_test(rate, within(cells, 1))
    pd.testing.assert_frame_equal(shuffled.loc[cells.index], straight, rtol=1e-9, atol=1e-9)


def test_the_variance_is_that_of_the_weights_used() -> None:
    """Fault of a peer: row-standardized weights scored with the variance of binary ones.

    Here over all 720 ways to place six values each cell's score has mean 0 and variance 1,
    whatever the number of its neighbors; and a row-standardized matrix is refused.
    """
    cells = gpd.GeoSeries(gpd.points_from_xy([0, 1, 2, 3, 4, 9], [0] * 6))
    near = within(cells, 2)
    values = [0.0, 1.0, 1.0, 4.0, 7.0, 30.0]

    placed = [gi_star(pd.Series(order), near) for order in permutations(values)]

    scores = np.array(placed)
    assert near.count.nunique() > 2
    np.testing.assert_allclose(scores.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose((scores**2).mean(axis=0), 1.0, rtol=1e-12)
    share = near.matrix.multiply(1 / np.maximum(near.count.to_numpy(), 1)[:, None])
    with pytest.raises(DataError, match="0 and 1"):
        Neighbors(near.index, share.tocsr())


def test_permutation_p_is_the_exact_conditional_one() -> None:
    """Against every way to draw the neighbors from the other cells, by enumeration."""
    rng = np.random.default_rng(3)
    cells = gpd.GeoSeries(gpd.points_from_xy(*rng.uniform(0, 3, (2, 9))))
    near = within(cells, 1.2)
    values = rng.gamma(0.5, 4, 9).round(1)
    exact = []
    for i in range(9):
        around = near.matrix.indices[near.matrix.indptr[i] : near.matrix.indptr[i + 1]]
        others = np.delete(values, i)
        sums = np.array([sum(c) for c in combinations(others, len(around))])
        seen = values[around].sum()
        tail = min((sums >= seen - 1e-9).mean(), (sums <= seen + 1e-9).mean())
        exact.append(min(1.0, 2 * tail))

    test = gi_star_test(
        pd.Series(values), near, permutations=60_000, rng=np.random.default_rng(4)
    )

    assert set(near.count) >= {2, 3}
    np.testing.assert_allclose(test["p"], exact, atol=0.012)


def test_permutation_p_is_right_where_draws_are_sparse() -> None:
    """In many cells with few neighbors each p is that of shuffling for this cell alone."""
    rng = np.random.default_rng(5)
    cells = lattice(20)
    near = k_nearest(cells, 4)
    values = pd.Series(rng.gamma(1.0, 2.0, 400).round(1), index=cells.index)

    test = gi_star_test(values, near, permutations=4000, rng=np.random.default_rng(6))

    for i in (0, 137, 399):
        around = near.matrix.indices[near.matrix.indptr[i] : near.matrix.indptr[i + 1]]
        others = np.delete(values.to_numpy(), i)
        sums = np.array([rng.choice(others, 4, replace=False).sum() for _ in range(4000)])
        seen = values.to_numpy()[around].sum()
        tail = min((sums >= seen - 1e-9).mean(), (sums <= seen + 1e-9).mean())
        assert test["p"].iloc[i] == pytest.approx(min(1.0, 2 * tail), abs=0.06)


def test_permutation_p_is_uniform_under_chance() -> None:
    """Values at random give p spread evenly, also for skewed values."""
    near = k_nearest(lattice(12), 5)
    rng = np.random.default_rng(8)
    p = [
        gi_star_test(
            pd.Series(rng.lognormal(0, 1, 144), index=near.index),
            near, permutations=999, rng=rng,
        )["p"].iloc[::29].to_numpy()
        for _ in range(150)
    ]  # fmt: skip

    assert kstest(np.concatenate(p), "uniform").pvalue > 0.01


def test_the_seed_alone_decides_the_permutation_p() -> None:
    """The same generator state, the same answer; the global one is never touched."""
    near = row_of(30)
    values = pd.Series(np.random.default_rng(1).gamma(1, 1, 30))

    first, again = (
        gi_star_test(values, near, permutations=500, rng=np.random.default_rng(2))
        for _ in range(2)
    )

    pd.testing.assert_frame_equal(first, again)


def test_a_cell_alone_is_not_judged_by_permutation() -> None:
    """Shuffling the others says nothing about a cell without neighbors."""
    cells = gpd.GeoSeries(gpd.points_from_xy([0, 1, 2, 3, 99], [0] * 5))
    values = pd.Series([1.0, 2.0, 1.0, 3.0, 50.0])

    test = gi_star_test(values, within(cells, 1), permutations=99, rng=np.random.default_rng(1))

    assert test["p"].iloc[4] == 1.0


def test_a_planted_hotspot_is_found_and_nothing_else() -> None:
    """Nine cells with three times the rate stand out among 625, no far cell does."""
    cells = lattice(25)
    rng = np.random.default_rng(11)
    mean = pd.Series(4.0, index=cells.index)
    hot = [f"r{a}c{b}" for a in (11, 12, 13) for b in (11, 12, 13)]
    mean[hot] = 14.0
    values = pd.Series(rng.poisson(mean), index=cells.index, dtype=float)

    test = gi_star_test(values, within(cells, 1.5))

    flagged = test.index[test["significant"]]
    assert set(hot) <= set(flagged)
    assert (
        within(cells, 2.9)
        .matrix[[cells.index.get_loc(h) for h in hot]]
        .sum(axis=0)[[cells.index.get_loc(f) for f in flagged if f not in hot]]
        .all()
    )
    assert test.loc["r12c12", "hot"] == "hot_99"
    assert test.loc["r12c12", "observed"] > 3 * test.loc["r12c12", "expected"] * 0.8


def test_under_chance_few_maps_show_anything() -> None:
    """With the correction about 5 of 100 random maps show a hotspot; without it, nearly all."""
    near = within(lattice(15), 1.5)
    rng = np.random.default_rng(21)
    tests = [
        gi_star_test(pd.Series(rng.normal(size=225), index=near.index), near)
        for _ in range(100)
    ]

    assert sum(t["significant"].any() for t in tests) <= 12
    assert sum((t["p"] <= 0.05).any() for t in tests) >= 95


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_classes_follow_q_and_the_sign(values: np.ndarray) -> None:
    """Each class is the strictest of its sign that q allows, and nothing is both."""
    assume(np.ptp(values) > 0)

    test = gi_star_test(pd.Series(values), row_of(12))

    limits = {c.code: c for c in HOTSPOT_CLASSES}
    np.testing.assert_allclose(test["q"], false_discovery_control(test["p"]))
    for hot, q, z in zip(test["hot"], test["q"], test["z"], strict=True):
        stricter = [
            c for c in HOTSPOT_CLASSES
            if c.sign == np.sign(z) and q <= c.q_most < limits[hot].q_most
        ]  # fmt: skip
        assert not stricter
        assert limits[hot].sign in {0, np.sign(z)}
        assert q <= limits[hot].q_most


def test_classes_are_listed_from_hot_to_cold() -> None:
    """Each has its own code, words in both languages, and a color."""
    codes = [c.code for c in HOTSPOT_CLASSES]

    assert codes == ["hot_99", "hot_95", "hot_90", "none", "cold_90", "cold_95", "cold_99"]
    assert len({c.color for c in HOTSPOT_CLASSES}) == 7
    assert all(c.zh and c.en for c in HOTSPOT_CLASSES)


def test_the_sentence_counts_what_chance_would_do() -> None:
    """612 cells: 3 stand out after the correction, about 31 would by chance without it."""
    p = np.concatenate([np.full(3, 1e-6), np.full(20, 0.04), np.linspace(0.06, 1, 589)])
    z = np.concatenate([[4.9, 4.9, 4.9], np.zeros(609)])
    test = pd.DataFrame({"z": z, "p": p, "q": false_discovery_control(p)})

    assert explain_hotspots(test) == (
        "612 个网格中 3 个显著偏高、0 个显著偏低 (错误发现率 5%)。"
        "若全属偶然, 不作校正时约有 31 个会显得异常; 本次未校正时有 23 个。"
    )
    assert explain_hotspots(test.tail(589)).startswith(
        "589 个网格中没有显著偏高或偏低的 (错误发现率 5%)。"
    )
    assert explain_hotspots(test, lang="en") == (
        "Of 612 cells 3 are significantly high, 0 significantly low (false discovery rate "
        "5 %). If all were chance, about 31 would look so without the correction; 23 did."
    )


def test_each_cell_says_what_was_found_and_expected() -> None:
    """Observed and expected in the unit of the values, and whether it could be chance."""
    cells = gpd.GeoSeries(gpd.points_from_xy([0, 1, 2, 9], [0] * 4), index=list("abcd"))
    test = gi_star_test(pd.Series([1.0, 2.0, 3.0, 6.0], index=list("abcd")), within(cells, 1))

    zh, en = explain_cells(test), explain_cells(test, lang="en")

    assert zh["b"] == (
        "本格与 2 个邻格平均 2.00 (每百户件数), 全部网格平均 3.00; 与平均看不出不同, 可能只是偶然, q = 0.218"
    )
    assert zh["d"].startswith("本格 (无邻格) 平均 6.00 (每百户件数)")
    assert en["b"] == (
        "this cell and 2 neighbors: 2.00 per 100 households on average, all cells: 3.00; "
        "could be chance, q = 0.218"
    )


def test_gi_star_without_variation_is_refused() -> None:
    """The whole message: what is needed, what was found."""
    with pytest.raises(DataError) as caught:
        gi_star(pd.Series([0.1 + 0.2, 0.3, 0.3, 0.3]), row_of(4))

    assert str(caught.value) == (
        "`values` 在各网格间须有差异; 现 4 个全部相等, 无从谈聚集。\n"
        "`values` must differ between cells; all 4 are equal, so nothing can gather anywhere."
    )


def test_equal_values_are_no_hotspots() -> None:
    """Rates shrunk to one mean, for they differ no more than by chance: p = 1 everywhere."""
    test = gi_star_test(pd.Series([4.2] * 9), row_of(9))

    assert test["p"].tolist() == [1.0] * 9
    assert test["hot"].unique().tolist() == ["none"]
    assert explain_hotspots(test).startswith("9 个网格中没有显著偏高或偏低的")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, np.nan, 2.0, np.inf], "2 of 4 are missing or infinite"),
        ([1.0, 5.0], "2 cells have every other cell as a neighbor"),
        ([1.0], "at least 2 cells to compare; it holds 1"),
        ([], "at least 2 cells to compare; it holds 0"),
    ],
)
def test_undefined_scores_are_refused(values: list[float], words: str) -> None:
    """Missing values, a neighborhood that is the whole county, a county of one cell."""
    with pytest.raises(DataError) as caught:
        gi_star(pd.Series(values, dtype=float), row_of(len(values)))

    assert words in caught.value.en


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"alpha": 5}, "`alpha` must be between 0 and 1; it is 5."),
        ({"permutations": 99}, "Pass `rng=np.random.default_rng(seed)`."),
        ({"permutations": -1}, "`permutations` must be 0 or more"),
    ],
)
def test_senseless_tests_are_refused(asked: dict[str, object], words: str) -> None:
    """5 for 5 %, permutations without a generator: a message, not a guess."""
    with pytest.raises(DataError) as caught:
        gi_star_test(pd.Series([1.0, 2.0, 3.0, 9.0]), row_of(4), **asked)

    assert words in caught.value.en


def test_values_of_other_cells_are_refused() -> None:
    """Cells are matched by label, never by position."""
    with pytest.raises(AlignmentError):
        gi_star(pd.Series([1.0, 2.0, 3.0], index=list("abc")), row_of(3))
