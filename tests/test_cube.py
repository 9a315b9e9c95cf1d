"""Scores of a whole cube, and the table of weeks it is made of."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gridkit.errors import DataError
from gridkit.hotspots import (
    Neighbors,
    cube_gi_star,
    gi_star,
    weekly,
)
from lattices import lattice

REFERENCE = json.loads((Path(__file__).parent / "reference" / "emerging.json").read_text())
CUBES = hnp.arrays(float, (9, 12), elements=st.integers(0, 40).map(float))
REFERENCES = ["cube", "window", "slice"]


def slow_score(x: np.ndarray, near: Neighbors, i: int, t: int, lag: int, kind: str) -> float:
    """Score one bin straight from the definition."""
    around = [i, *near.matrix.indices[near.matrix.indptr[i] : near.matrix.indptr[i + 1]]]
    first = max(0, t - lag)
    inside = x[around, first : t + 1]
    all_bins = x if kind == "cube" else x[:, first : t + 1]
    total, size = all_bins.size, inside.size
    spread = all_bins.std() * np.sqrt(size * (total - size) / (total - 1))
    return (inside.sum() - size * all_bins.mean()) / spread if all_bins.std() > 0 else 0.0


def test_scores_do_not_shift_with_the_total_of_a_single_slice() -> None:
    """Fault of two peers: a sum over two slices standardized by the mean of one.

    Where the first week is four times the second everywhere, no place is special in the
    second week; a slice's own mean would make all of them hot, in a county where all is equal.
    """
    rng = np.random.default_rng(1)
    x = pd.DataFrame(rng.normal(10, 0.5, (25, 12)))
    x.iloc[:, ::2] *= 4

    z = cube_gi_star(x, lattice(5), reference="window", lag=1)

    assert abs(z.iloc[:, 1:].mean().mean()) < 0.2
    for t in range(1, 12):
        assert z[t].iloc[12] == pytest.approx(
            slow_score(x.to_numpy(), lattice(5), 12, t, 1, "window")
        )


def test_cube_scores_are_those_of_an_independent_implementation() -> None:
    """Esda on the flattened cube with space-time weights, binary, star."""
    scores = cube_gi_star(
        pd.DataFrame(REFERENCE["values"]), lattice(REFERENCE["side"]), lag=REFERENCE["lag"]
    )

    np.testing.assert_allclose(scores, REFERENCE["scores"], rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(CUBES, st.sampled_from(REFERENCES), st.integers(0, 3))
def test_scores_follow_the_definition(x: np.ndarray, reference: str, lag: int) -> None:
    """Bin by bin, for each way to say what a neighborhood is compared with."""
    near = lattice(3)

    z = cube_gi_star(pd.DataFrame(x), near, reference=reference, lag=lag).to_numpy()

    back = 0 if reference == "slice" else lag
    slow = [[slow_score(x, near, i, t, back, reference) for t in range(12)] for i in range(9)]
    np.testing.assert_allclose(z, slow, atol=1e-9)


def test_the_slice_alone_gives_the_score_of_one_week() -> None:
    """Each column is then the plain Gi* of that week."""
    rng = np.random.default_rng(2)
    x = pd.DataFrame(rng.gamma(1, 2, (16, 11)))

    z = cube_gi_star(x, lattice(4), reference="slice", lag=3)

    for t in range(11):
        np.testing.assert_allclose(z[t], gi_star(x[t], lattice(4)), atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(CUBES, st.floats(0.01, 100.0), st.floats(-100.0, 100.0))
def test_the_unit_of_the_rate_changes_no_class(
    x: np.ndarray, scale: float, shift: float
) -> None:
    """Scaling and shifting all values leaves scores and classes."""
    a = cube_gi_star(pd.DataFrame(x), lattice(3))

    b = cube_gi_star(pd.DataFrame(x * scale + shift), lattice(3))

    np.testing.assert_allclose(a, b, atol=1e-6)


def tidy() -> pd.DataFrame:
    """Count two grids, two categories, three weeks."""
    rows = itertools.product(["b", "a"], ["water", "roads"], range(3))
    table = pd.DataFrame(list(rows), columns=["grid_id", "category", "week"])
    table["week"] = pd.Timestamp("2026-03-02") + pd.to_timedelta(7 * table["week"], unit="D")
    return table.assign(n=range(12), households=20)


def test_counts_become_a_table_of_weeks() -> None:
    """One row per series, one column per Monday, in the order of the counts."""
    counts = tidy()

    cube = weekly(counts, by=["grid_id", "category"])
    shuffled = weekly(counts.sample(frac=1, random_state=1), by=["grid_id", "category"])

    assert cube.index.tolist()[0] == ("b", "water")
    assert cube.loc[("b", "water")].tolist() == [0, 1, 2]
    assert cube.columns[0] == pd.Timestamp("2026-03-02")
    pd.testing.assert_frame_equal(shuffled.loc[cube.index], cube)
    rate = weekly(counts[counts["category"] == "water"], value="rate")
    assert rate.loc["a"].tolist() == [30.0, 35.0, 40.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t, "2 series have several (the first: 'b')"),
        (lambda t: t[t["category"] == "water"].iloc[1:], "1 are missing in 1 series"),
        (lambda t: t[t["week"] != t["week"].iloc[1]], "without a gap; 1 do not"),
        (lambda t: t.drop(columns="n"), "missing columns: `n`"),
        (lambda t: t.iloc[:0], "it has 0 rows"),
        (lambda t: t[t["category"] == "water"].assign(n=pd.NA), "6 of 6 are missing"),
        (lambda t: t[t["category"] == "water"].assign(grid_id=None), "6 are missing"),
    ],
)
def test_weeks_that_are_no_table_are_refused(change, words: str) -> None:
    """Missing is not zero; two rows for one week are two categories or a double entry."""
    with pytest.raises(DataError) as caught:
        weekly(change(tidy()))

    assert words in caught.value.en


def test_rates_without_households_are_refused() -> None:
    """Zero households with concerns: the table of households is wrong, and it is said."""
    counts = tidy()
    counts = counts[counts["category"] == "water"].assign(households=[0] * 3 + [20] * 3)

    with pytest.raises(DataError) as caught:
        weekly(counts, value="rate")

    assert "3 rows have none or an unknown number, 2 of them with concerns" in caught.value.en
