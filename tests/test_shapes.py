"""Outlines as integers: read back as the page reads them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import six_grids
from gridkit import maps
from gridkit.errors import DataError
from gridkit.maps import shapes

grids = pytest.fixture(six_grids.grids)


def decoded(rings: list[list[int]]) -> list[np.ndarray]:
    """Read rings back as the page does."""
    return [np.cumsum(np.reshape(r, (-1, 2)), axis=0) / shapes.STEPS_PER_DEGREE for r in rings]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(116, 118), st.floats(25, 28), st.floats(0.01, 0.3)),
        min_size=1,
        max_size=8,
    )
)
def test_outlines_come_back_within_a_meter(circles):
    """Polygons, with holes too, are read back to half a hundred-thousandth of a degree."""
    made = [
        shapely.Point(x, y).buffer(r).difference(shapely.Point(x, y).buffer(r / 2))
        for x, y, r in circles
    ]

    for polygon, coded in zip(made, shapes.encode(np.array(made)), strict=True):
        rings = decoded(coded[0])
        back = shapely.Polygon(rings[0], rings[1:])
        assert shapely.hausdorff_distance(back, polygon) < 1.1e-5
        assert len(rings) == 2


def test_parts_of_a_grid_stay_together():
    """A grid of two islands is two polygons of one feature; an empty one is none."""
    two = shapely.union_all([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])

    assert [len(p) for p in shapes.encode(np.array([two, shapely.Polygon()]))] == [2, 0]


def test_lines_are_no_grids():
    """An outline that is no area is named by its position."""
    with pytest.raises(DataError, match="first at position 1"):
        shapes.encode(np.array([shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])]))


def test_grids_in_another_datum_or_projection_are_refused(grids):
    """The map takes degrees of WGS-84 and says how to get there."""
    with pytest.raises(DataError, match="to_crs"):
        maps.base_map(grids.to_crs(3857))
