"""Small counts on what is handed out: hidden, and not to be worked back."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit import maps
from gridkit.errors import DataError

counts_lists = st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=1, max_size=40)


@given(counts_lists, st.integers(2, 12))
def test_no_count_below_k_is_shown_and_none_above_is_lost(counts, k):
    """Zeros and small counts are hidden, the others are shown unchanged."""
    series = pd.Series(counts, dtype="Int64")

    shown = maps.suppress(series, k=k)

    assert (shown.dropna() >= k).all()
    assert shown.notna().tolist() == [c is not None and c >= k for c in counts]
    assert shown.dropna().tolist() == [c for c in counts if c is not None and c >= k]
    assert shown.index.equals(series.index)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1))
def test_a_grid_of_few_households_is_hidden_whatever_its_count(pairs):
    """Five concerns from four households would still give them away."""
    counts = pd.Series([c for c, _ in pairs])
    households = pd.Series([h for _, h in pairs])

    shown = maps.suppress(counts, households)

    assert (households[shown.notna()] >= 5).all()


def test_zero_and_small_look_the_same():
    """From what is shown nobody can tell a zero from a four."""
    a = maps.suppress(pd.Series([0, 9, 7]))
    b = maps.suppress(pd.Series([4, 9, 7]))

    pd.testing.assert_series_equal(a, b)


def test_the_note_tells_how_many_are_hidden_and_no_sum():
    """The sentence for the legend has the rule in it, but no count that a sum could give."""
    note = maps.disclosure.hidden_note(maps.suppress(pd.Series([0, 3, 9])))

    assert note.startswith("3 个网格中有 2 个因少于 5 件 (含 0 件) 而不显示")


@pytest.mark.parametrize(
    ("counts", "options", "words"),
    [
        ([1, 2], {"k": 1}, "`k` must be 2 or more; it is 1"),
        ([-1, 9], {}, "`counts` must not be negative"),
        ([9, 9], {"households": pd.Series([9, 9], index=[5, 6])}, "index of `counts`"),
    ],
)
def test_what_cannot_be_hidden_rightly_is_refused(counts, options, words):
    """A k of one hides nothing; differences and misaligned households are faults."""
    with pytest.raises(DataError, match=words):
        maps.suppress(pd.Series(counts), **options)
