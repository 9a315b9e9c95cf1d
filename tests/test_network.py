"""Neighbors along pipes and roads: both ways, once each, islands said, unknown ends refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.hotspots import connected, gi_star_test

GRIDS = pd.DataFrame(index=list("abcdef"))
LINKS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12)


def pipes(*links: str) -> pd.DataFrame:
    """Lay pipes between grids of one letter each."""
    return pd.DataFrame({"grid_id": [s[0] for s in links], "other_id": [s[1] for s in links]})


def test_links_work_both_ways_and_count_once() -> None:
    """Given twice, backwards, or from a grid to itself: the same neighbors."""
    plain = connected(pipes("ab", "bc"), GRIDS)

    messy = connected(pipes("ab", "ba", "ab", "cb", "dd"), GRIDS)

    assert (plain.matrix != messy.matrix).nnz == 0
    assert plain.count.tolist() == [1, 2, 1, 0, 0, 0]


def test_grids_that_no_link_reaches_are_said() -> None:
    """They are islands, by name."""
    near = connected(pipes("ab", "bc"), GRIDS)

    assert near.islands.tolist() == ["d", "e", "f"]
    assert near.explain() == "6 个网格, 平均 0.7 个邻格; 3 个没有邻格 ('d', 'e', 'f')。"


def test_grids_at_the_same_place_are_said() -> None:
    """A double entry in the table of grids shows, though links do not ask where grids lie."""
    boxes = [shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)]
    grids = gpd.GeoDataFrame(geometry=boxes, index=list("abc"))

    near = connected(pipes("ac"), grids)

    assert near.duplicates.tolist() == ["a", "b"]
    assert near.islands.tolist() == ["b"]


@settings(max_examples=60, deadline=None)
@given(LINKS, st.integers(1, 4))
def test_neighbors_are_those_within_so_many_links(
    links: list[tuple[int, int]], steps: int
) -> None:
    """Against walking from grid to grid, one link at a time."""
    table = pd.DataFrame(links, columns=["grid_id", "other_id"], dtype="int64")
    joined: dict[int, set[int]] = {i: set() for i in range(6)}
    for a, b in links:
        joined[a].add(b)
        joined[b].add(a)

    near = connected(table, pd.DataFrame(index=range(6)), steps=steps)

    for start in range(6):
        seen = {start}
        for _ in range(steps):
            seen |= {other for i in seen for other in joined[i]}
        found = near.matrix.indices[near.matrix.indptr[start] : near.matrix.indptr[start + 1]]
        assert found.tolist() == sorted(seen - {start})


def test_trouble_along_a_main_is_found_though_its_grids_lie_apart() -> None:
    """Every tenth of 60 grids hangs on one main: Gi* along it sees what a map does not."""
    main = list(range(0, 60, 10))
    edges = pd.DataFrame({"grid_id": main[:-1], "other_id": main[1:]})
    rate = pd.Series(np.random.default_rng(1).normal(3, 0.5, 60))
    rate.iloc[main] += 3

    test = gi_star_test(rate, connected(edges, pd.DataFrame(index=range(60)), steps=2))

    assert test["significant"].iloc[main].all()


@pytest.mark.parametrize(
    ("edges", "asked", "words"),
    [
        (pipes("ax", "ya"), {}, "2 of 2 links have another end ('y', 'x'), 0 none"),
        (pipes("ab").assign(other_id=None), {}, "1 of 1 links have another end (–), 1 none"),
        (pipes("ab").drop(columns="other_id"), {}, "missing columns: `other_id`"),
        (pipes("ab"), {"steps": 0}, "`steps` must be 1 or more; it is 0."),
    ],
)
def test_links_to_nowhere_are_refused(edges: pd.DataFrame, asked: dict, words: str) -> None:
    """Unknown ends are named; nothing is dropped unsaid."""
    with pytest.raises(DataError) as caught:
        connected(edges, GRIDS, **asked)

    assert words in caught.value.en


def test_grids_listed_twice_are_refused() -> None:
    """A label of its own for each grid."""
    with pytest.raises(DataError, match="labels used twice: 1"):
        connected(pipes("ab"), pd.DataFrame(index=list("aab")))
