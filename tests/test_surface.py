"""Density surfaces: brute force, borders, households, and what is left out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import norm

from gridkit.errors import DataError
from gridkit.hotspots import surface


def square(side: float = 2000.0, **columns: object) -> gpd.GeoDataFrame:
    """Make one grid of the given side, meters."""
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(0, 0, side, side)], index=["a"])


def at(points: object) -> gpd.GeoSeries:
    """Set concerns at points, meters."""
    return gpd.GeoSeries(gpd.points_from_xy(*np.asarray(points, dtype=float).T))


def brute(points: np.ndarray, x: np.ndarray, y: np.ndarray, h: float) -> np.ndarray:
    """Sum all kernels at all centers, per km²."""
    across = norm.pdf((x[:, None] - points[:, 0]) / h) / h
    along = norm.pdf((y[:, None] - points[:, 1]) / h) / h
    return along @ across.T * 1e6


@pytest.mark.parametrize("bandwidth", [40, 75, 130, 400, 3000])
def test_the_sum_is_exact_to_a_millionth(bandwidth: float) -> None:
    """Against all kernels at all cells, from a bandwidth of one cell to one of the county."""
    rng = np.random.default_rng(1)
    points = np.r_[rng.uniform(0, 2000, (300, 2)), rng.normal(900, 60, (300, 2))]

    found = surface(at(points), square(), bandwidth_m=bandwidth, cell_m=40, edges=False)

    slow = brute(points, found.x, found.y, bandwidth)
    assert np.abs(found.density - slow).max() <= 1e-6 * slow.max()


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(float, (8, 2), elements=st.floats(0, 1000)), st.floats(40, 500),
    st.permutations(range(8)),
)  # fmt: skip
def test_any_points_any_bandwidth_any_order(
    points: np.ndarray, bandwidth: float, order: list[int]
) -> None:
    """Corners, heaps and borders of cells too; the order of rows changes nothing."""
    places = at(points)

    found = surface(places, square(1000), bandwidth_m=bandwidth, cell_m=40, edges=False)

    slow = brute(points, found.x, found.y, bandwidth)
    assert np.abs(found.density - slow).max() <= 2e-6 * slow.max() + 1e-12
    again = surface(
        places.iloc[order], square(1000), bandwidth_m=bandwidth, cell_m=40, edges=False
    )
    np.testing.assert_allclose(again.density, found.density, rtol=1e-9, atol=1e-9)


def test_borders_do_not_look_thin() -> None:
    """An even spread is even up to the border with the correction, half of it without."""
    places = at(np.stack(np.meshgrid(*[np.arange(5, 2000, 10)] * 2), -1).reshape(-1, 2))

    even = surface(places, square(), bandwidth_m=150, cell_m=20)
    bare = surface(places, square(), bandwidth_m=150, cell_m=20, edges=False)

    np.testing.assert_allclose(even.density, 10_000, rtol=0.001)
    assert bare.density[50, 0] == pytest.approx(5_000 * (1 + 2 * 10 / 150 * 0.3989), rel=0.01)


def test_the_correction_is_the_share_of_the_kernel_inside() -> None:
    """At each cell, by the normal distribution along each side."""
    one = at([[300.0, 900.0]])

    found = surface(one, square(), bandwidth_m=250, cell_m=50)

    share = [norm.cdf((2000 - c) / 250) - norm.cdf(-c / 250) for c in (found.x, found.y)]
    slow = brute(np.array([[300.0, 900.0]]), found.x, found.y, 250)
    np.testing.assert_allclose(
        found.density, slow / np.outer(share[1], share[0]), atol=1e-6 * slow.max()
    )


def test_nothing_is_said_outside_the_grids() -> None:
    """Cells in no grid are missing; concerns there are left out and counted."""
    grids = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1500, 0, 2500, 1000)],
        index=list("ab"),
    )
    places = at([[500, 500], [1250, 500], [2000, 500], [9000, 9000]])

    found = surface(places, grids, bandwidth_m=200, cell_m=50)

    assert (found.counted, found.outside) == (2, 2)
    values = found.at(places)
    assert values.isna().tolist() == [False, True, False, True]
    assert values.index.equals(places.index)
    assert found.explain() == (
        "2 件诉求按 200 米带宽平滑所得的每平方公里件数, 仅示疏密, 未作显著性检验; "
        "另有 2 件不在任何网格内, 未计入。"
    )
    assert found.explain("en").endswith("2 more lie in no grid and are left out.")


def test_per_household_shows_need_not_where_people_live() -> None:
    """Ten times the households and the concerns: ten times per km², the same per household."""
    rng = np.random.default_rng(2)
    town, farms = (
        rng.uniform([0, 0], [1000, 1000], (4000, 2)),
        rng.uniform([1000, 0], [2000, 1000], (400, 2)),
    )
    grids = gpd.GeoDataFrame(
        {"households": [40_000, 4_000]},
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        index=list("ab"),
    )
    places, probe = at(np.r_[town, farms]), at([[500, 500], [1500, 500]])

    thick = surface(places, grids, bandwidth_m=100).at(probe)
    often = surface(places, grids, bandwidth_m=100, per="households").at(probe)

    assert thick[0] > 6 * thick[1]
    np.testing.assert_allclose(often, 10, rtol=0.3)


def test_where_hardly_anybody_lives_no_rate_is_shown() -> None:
    """Fewer than five households in the kernel's reach: missing, not endless."""
    grids = gpd.GeoDataFrame(
        {"households": [500, 0, 3]},
        geometry=[
            shapely.box(0, 0, 1000, 1000), shapely.box(2000, 0, 3000, 1000),
            shapely.box(0.1, 0.1, 0.2, 0.2),
        ],
        index=list("abc"),
    )  # fmt: skip
    places = at([[500, 500], [2500, 500]])

    found = surface(places, grids, bandwidth_m=100, per="households").at(places)

    assert found.isna().tolist() == [False, True]


def test_degrees_are_projected() -> None:
    """Longitude and latitude give the density of the same points in meters."""
    grids = gpd.GeoDataFrame(geometry=[shapely.box(117.4, 26.7, 117.42, 26.72)], crs=4326)
    places = gpd.GeoSeries(gpd.points_from_xy([117.41], [26.71]), crs=4326, index=["here"])

    found = surface(places, grids, bandwidth_m=200, cell_m=10)

    assert found.at(places)["here"] == pytest.approx(1 / (2 * np.pi * 0.2**2), rel=0.002)


def test_inputs_stay_as_they_were() -> None:
    """Places and grids are read only; so is the surface."""
    grids, places = square(households=300), at([[500, 500]])
    before = grids.copy()

    found = surface(places, grids, bandwidth_m=100, per="households")

    pd.testing.assert_frame_equal(grids, before)
    assert not found.density.flags.writeable
    assert found.cell_m == pytest.approx(2000 / 512)


@pytest.mark.parametrize(
    ("places", "asked", "words"),
    [
        ([[9, 9]], {"bandwidth_m": 0}, "`bandwidth_m` be above 0"),
        ([[9, 9]], {"bandwidth_m": 5, "cell_m": 20}, "at most `bandwidth_m` (5)"),
        ([[9, 9]], {"bandwidth_m": 5, "cell_m": 0.1}, "makes 20000"),
        ([[9, 9]], {"bandwidth_m": 50, "per": "person"}, "'person'"),
        ([[9, 9]], {"bandwidth_m": 50, "per": "households"}, "1 are unknown, 0 in all"),
        ([[-9, 9]], {"bandwidth_m": 50}, "of 1 none is, 0 have no place"),
        (np.zeros((0, 2)), {"bandwidth_m": 50}, "of 0 none is"),
    ],
)
def test_senseless_surfaces_are_refused(places: object, asked: dict, words: str) -> None:
    """No bandwidth, cells coarser than it, no households, nobody inside."""
    with pytest.raises(DataError) as caught:
        surface(at(places), square(), **asked)

    assert words in caught.value.en
