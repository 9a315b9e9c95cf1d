"""Neighbors: who is near whom, as other programs and plain geometry say."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import Neighbors, k_nearest, touching, within

REFERENCE = Path(__file__).parent / "reference"
POINTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=14
)  # a small lattice: many ties, many at one place


def places(points: list[tuple[int, int]]) -> gpd.GeoSeries:
    """Put points on a plane, labeled against the order of rows."""
    labels = [f"g{len(points) - i:02d}" for i in range(len(points))]
    return gpd.GeoSeries(gpd.points_from_xy(*zip(*points, strict=True)), index=labels)


def named(neighbors: Neighbors) -> dict[str, set[str]]:
    """Read the matrix as sets of labels."""
    rows = neighbors.matrix.toarray() > 0
    return {
        label: set(neighbors.index[row])
        for label, row in zip(neighbors.index, rows, strict=True)
    }


def test_touching_agrees_with_queen_contiguity() -> None:
    """The 49 neighborhoods of Columbus have the neighbors that libpysal finds."""
    case = json.loads((REFERENCE / "columbus.json").read_text())
    cells = gpd.GeoSeries(shapely.from_wkt(case["wkt"]))

    matrix = touching(cells).matrix

    found = [matrix.indices[a:b].tolist() for a, b in pairwise(matrix.indptr)]
    assert found == case["neighbors"]


def test_within_agrees_with_a_distance_band() -> None:
    """County seats of North Carolina within 30 miles, two of them alone."""
    case = json.loads((REFERENCE / "nc_sids.json").read_text())
    seats = gpd.GeoSeries(gpd.points_from_xy(case["east"], case["north"]), index=case["names"])

    near = within(seats, case["distance"])

    assert [np.flatnonzero(row).tolist() for row in near.matrix.toarray()] == case["neighbors"]
    assert near.islands.tolist() == case["islands"]


@settings(max_examples=60, deadline=None)
@given(POINTS, st.integers(1, 2), st.randoms(use_true_random=False))
def test_nearest_are_those_of_sorting_all(
    points: list[tuple[int, int]], k: int, random
) -> None:
    """By distance, then by label: also with ties and several cells at one place."""
    cells = places(points)
    by_hand = {}
    for label, point in cells.items():
        others = [(point.distance(other), name) for name, other in cells.drop(label).items()]
        by_hand[label] = {name for _, name in sorted(others)[:k]}
    shuffled = cells.iloc[random.sample(range(len(cells)), len(cells))]

    assert named(k_nearest(cells, k)) == by_hand
    assert named(k_nearest(shuffled, k)) == by_hand


def test_a_crowd_at_one_place_keeps_its_neighbors() -> None:
    """Thirty cells at one place are each other's nearest, never their own."""
    cells = places([(0, 0)] * 30 + [(5, 5)])

    near = k_nearest(cells, 3)

    assert near.count.tolist() == [3] * 31
    assert not near.matrix.diagonal().any()
    assert len(near.duplicates) == 30
    assert "30 个与他格位置相同 ('g31', 'g30', 'g29', ...)" in near.explain()


@settings(max_examples=30, deadline=None)
@given(POINTS, st.floats(0.5, 4.0) | st.sampled_from([1.0, 2**0.5, 2.0, 5**0.5]))
def test_within_is_mutual_and_counts_the_border(
    points: list[tuple[int, int]], distance: float
) -> None:
    """Whoever is near is near in return, and the distance itself is included."""
    cells = places(points)

    gaps = shapely.distance(cells.to_numpy()[:, None], cells.to_numpy()[None, :])
    # a hair's breadth short of a gap is the gap itself, so that rounding decides nothing
    assume(not ((gaps > distance) & (gaps < distance * (1 + 1e-8))).any())

    matrix = within(cells, distance).matrix

    expected = (gaps <= distance) & ~np.eye(len(cells), dtype=bool)
    np.testing.assert_array_equal(matrix.toarray() > 0, expected)


def test_degrees_are_measured_in_meters() -> None:
    """Near Jiangle 0.01° of longitude is 995 m, of latitude 1,108 m (WGS-84 ellipsoid)."""
    corner = gpd.GeoSeries(
        gpd.points_from_xy([117.40, 117.41, 117.40], [26.70, 26.70, 26.71]), crs=4326
    )

    assert within(corner, 990).count.tolist() == [0, 0, 0]
    assert within(corner, 1000).count.tolist() == [1, 1, 0]
    assert within(corner, 1110).count.tolist() == [2, 1, 1]


def test_a_corner_on_a_long_straight_border_touches() -> None:
    """A border of 5 km against two cells that meet at its middle, in degrees."""
    south = shapely.box(117.40, 26.70, 117.45, 26.72)
    north = [
        shapely.box(117.40, 26.72, 117.43, 26.74),
        shapely.box(117.43, 26.72, 117.45, 26.74),
    ]
    cells = gpd.GeoSeries([south, *north], crs=4326)

    assert touching(cells).count.tolist() == [2, 2, 2]


def test_gaping_borders_touch_within_the_tolerance() -> None:
    """Drawn by hand, 3 m apart: islands, until the tolerance says otherwise."""
    cells = gpd.GeoSeries([shapely.box(0, 0, 100, 100), shapely.box(103, 0, 200, 100)])

    assert touching(cells).islands.tolist() == [0, 1]
    assert touching(cells, tolerance_m=5).count.tolist() == [1, 1]
    assert touching(cells).explain("en") == (
        "2 cells with 0.0 neighbors on average; 2 without any (0, 1)."
    )


def test_neighbors_cannot_be_changed() -> None:
    """A value is a value: neither its fields nor its matrix take writing."""
    near = within(places([(0, 0), (1, 0)]), 1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        near.index = pd.Index(["x", "y"])  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        near.matrix.data[0] = 5.0


def test_values_of_other_cells_are_refused() -> None:
    """The whole message: what was expected, what was found, what to do."""
    near = within(places([(0, 0), (1, 0)]), 1)

    with pytest.raises(AlignmentError) as caught:
        near.align(pd.Series([1.0, 2.0], index=["r0c0", "g01"]))

    assert str(caught.value) == (
        "`values` 须对应 `neighbors` 的 2 个网格; 缺 1 个 ('g02'), 多 1 个 ('r0c0')。"
        "两者须由同一份网格得出。\n"
        "`values` must cover the 2 cells of `neighbors`; 1 missing ('g02'), 1 unknown "
        "('r0c0'). Make both from one grid."
    )


def test_values_in_another_order_are_refused() -> None:
    """The same cells in another order would give every cell its neighbor's value."""
    near = within(places([(0, 0), (1, 0)]), 1)

    with pytest.raises(AlignmentError, match="in another order"):
        near.align(pd.Series([1.0, 2.0], index=["g01", "g02"]))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda cells: k_nearest(cells, 0),
            "`k` must be a whole number from 1 to 2 for 3 cells; it is 0.",
        ),
        (lambda cells: k_nearest(cells, 3), "a whole number from 1 to 2 for 3 cells; it is 3."),
        (
            lambda cells: k_nearest(cells, 1.5),
            "a whole number from 1 to 2 for 3 cells; it is 1.5.",
        ),
        (lambda cells: touching(cells.translate(117, 26)), "set_crs(4326)"),
        (lambda cells: within(cells, 0), "`distance_m` must be above 0 m; it is 0."),
        (lambda cells: touching(cells, -1), "`tolerance_m` must be 0 m or more; it is -1."),
        (lambda cells: touching(pd.concat([cells, cells])), "labels used twice: 3"),
        (lambda cells: within(cells.where([True, False, True]), 1), "without geometry: 1"),
    ],
)
def test_senseless_neighborhoods_are_refused(make, words: str) -> None:
    """The argument, the value and the rule."""
    with pytest.raises(DataError) as caught:
        make(places([(0, 0), (1, 0), (2, 0)]))

    assert words in caught.value.en


@pytest.mark.parametrize("matrix", [np.eye(2), [[0, 2], [2, 0]], [[0, 1, 0], [1, 0, 0]]])
def test_a_matrix_of_another_form_is_refused(matrix: object) -> None:
    """Own neighbors, weights, or a wrong shape are no binary neighborhoods."""
    with pytest.raises(DataError, match="0 and 1"):
        Neighbors(
            index=pd.Index(["a", "b"]), matrix=sp.csr_array(np.array(matrix, dtype=float))
        )


def test_no_cells_have_no_neighbors() -> None:
    """An empty frame gives empty neighborhoods, not an error."""
    none = gpd.GeoSeries([], crs=4326)

    assert len(touching(none).index) == len(within(none, 100).index) == 0
