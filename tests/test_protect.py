"""Counts on nested levels: what is hidden does not come back from what is shown."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import AlignmentError, DataError, DisclosureError
from gridkit.maps import disclosure


@st.composite
def counties(draw, most=14):
    """Draw counts per grid, and villages that nest in townships."""
    n = draw(st.integers(1, most))
    counts = draw(st.lists(st.integers(0, 14), min_size=n, max_size=n))
    village = draw(st.lists(st.integers(0, 4), min_size=n, max_size=n))
    township = draw(st.lists(st.integers(0, 2), min_size=5, max_size=5))
    index = pd.Index([f"g{i}" for i in range(n)])
    levels = pd.DataFrame(
        {
            "village": [f"v{v}" for v in village],
            "township": [f"t{township[v]}" for v in village],
        },
        index=index,
    )
    return pd.Series(counts, index=index), levels


def members(levels):
    """Say which grids each area of each level has, straight from the definition."""
    areas = {("grid", g): [g] for g in levels.index}
    for column in levels:
        for area, part in levels.groupby(column):
            areas[column, area] = list(part.index)
    areas["total", ""] = list(levels.index)
    return areas


def equations(shown, levels):
    """Write what is shown as sums of grids."""
    of = members(levels)
    known = shown["shown"].dropna()
    rows = [[float(g in of[key]) for g in levels.index] for key in known.index]
    return sp.csr_array(np.array(rows).reshape(len(known), len(levels))), known.to_numpy(float)


@given(counties(), st.integers(2, 8))
def test_every_number_shown_is_true_and_at_least_k(county, k):
    """Shown numbers are the true sums; with the hidden ones they make up every total."""
    counts, levels = county

    shown = disclosure.protect(counts, levels, k=k)["shown"]

    truth = pd.Series({key: counts[grids].sum() for key, grids in members(levels).items()})
    assert (shown.dropna() >= k).all()
    assert (shown.dropna() == truth.reindex(shown.index)[shown.notna()]).all()
    assert set(shown.index) == set(truth.index)


@settings(max_examples=40)
@given(counties(), st.integers(2, 6))
def test_no_hidden_count_is_known_to_within_k(county, k):
    """An exact attacker finds for each hidden grid two values that are k apart or more."""
    counts, levels = county

    shown = disclosure.protect(counts, levels, k=k)

    known = disclosure.attack(*equations(shown, levels)).set_index(levels.index)
    hidden = shown.loc["grid", "shown"].isna()
    width = (known["high"] - known["low"])[hidden]
    assert (width >= k).all()
    assert (known["low"] <= counts).all()
    assert (counts <= known["high"]).all()


@settings(max_examples=40)
@given(counties(most=9), st.integers(2, 5))
def test_the_fast_bounds_are_the_exact_ones(county, k):
    """One pass up and one down finds what the integer programs find."""
    counts, levels = county
    shown = disclosure.protect(counts, levels, k=k)

    fast = disclosure.bounds(shown, levels).loc["grid"]

    exact = disclosure.attack(*equations(shown, levels)).set_index(levels.index)
    pd.testing.assert_frame_equal(fast, exact[["low", "high"]], check_names=False)


@given(counties())
def test_areas_of_few_households_are_hidden_on_every_level(county):
    """A village of three households stays hidden, however much it reports."""
    counts, levels = county
    households = pd.Series(3, index=counts.index)
    households[levels["village"] != levels["village"].iloc[0]] = 40

    shown = disclosure.protect(counts + 20, levels, households)["shown"]

    few = pd.Series({key: households[g].sum() for key, g in members(levels).items()}) < 5
    assert shown[few.reindex(shown.index)].isna().all()


def solutions(matrix, totals, most):
    """List all whole numbers that fit, by trying each."""
    tries = np.array(list(itertools.product(range(most + 1), repeat=matrix.shape[1])))
    return tries[((tries @ matrix.T) == totals).all(axis=1)]


@given(st.data())
def test_the_attacker_finds_what_trying_everything_finds(data):
    """Bounds of any sums of four atoms are those of an exhaustive search."""
    truth = np.array(data.draw(st.lists(st.integers(0, 3), min_size=4, max_size=4)))
    rows = data.draw(
        st.lists(st.lists(st.integers(0, 1), min_size=4, max_size=4), min_size=1, max_size=4)
    )
    matrix = np.array([[1, 1, 1, 1], *rows])  # the total keeps the search finite

    known = disclosure.attack(sp.csr_array(matrix), (matrix @ truth).astype(float))

    fit = solutions(matrix, matrix @ truth, int(truth.sum()))
    assert known["low"].tolist() == fit.min(axis=0).tolist()
    assert known["high"].tolist() == fit.max(axis=0).tolist()


@settings(max_examples=60)
@given(st.data(), st.integers(2, 6))
def test_what_is_exposed_is_what_the_exact_bounds_say(data, k):
    """The quick question finds the same atoms as the bounds, for any sums."""
    truth = np.array(data.draw(st.lists(st.integers(0, 12), min_size=8, max_size=8)))
    row = st.lists(st.integers(0, 1), min_size=8, max_size=8)
    matrix = np.array([[1] * 8, *data.draw(st.lists(row, min_size=1, max_size=7))])
    sums = (sp.csr_array(matrix), (matrix @ truth).astype(float))

    exposed = disclosure.exposed(*sums, k)

    exact = disclosure.attack(*sums)
    narrow = (exact["set_high"] - exact["set_low"] < k) & (exact["set_low"] < k)
    assert (exposed >= 0).tolist() == narrow.tolist()


def test_sums_that_contradict_each_other_are_refused():
    """A part that is larger than its whole was published over a changed ledger."""
    sums = sp.csr_array(np.array([[1, 1], [1, 0]]))

    with pytest.raises(DisclosureError, match="contradict each other"):
        disclosure.attack(sums, np.array([4.0, 9.0]))


def test_a_coarser_level_is_proposed_where_most_grids_would_be_hidden():
    """Few matters: villages are shown rather than a map of hidden grids."""
    counts = pd.Series([2, 4, 3, 6, 2, 9], index=list("abcdef"))
    areas = pd.DataFrame({"village": list("uuvvww"), "township": ["t"] * 6}, index=counts.index)

    level, hidden = disclosure.finest_level(counts, areas)

    assert level == "village"
    assert hidden["grid"] > 0.5 >= hidden["village"]


@pytest.mark.parametrize(
    ("levels", "error", "words"),
    [
        ({"village": ["v", "w", "w"]}, AlignmentError, "index of `counts`"),
        ({"village": ["v", "v"], "township": ["s", "t"]}, DataError, "1 lie in several"),
    ],
)
def test_levels_that_do_not_nest_are_refused(levels, error, words):
    """A village in two townships, or levels of other grids, cannot be protected."""
    frame = pd.DataFrame(levels)

    with pytest.raises(error, match=words):
        disclosure.protect(pd.Series([9, 9]), frame)
