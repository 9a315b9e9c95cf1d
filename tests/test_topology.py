"""Topology: where grids do not fit together, and the levels that they make."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate

from gridkit.errors import AlignmentError, DataError
from gridkit.records.grids import make_grids
from gridkit.records.levels import dissolve
from gridkit.records.topology import grid_faults

LAID = make_grids(shapely.box(117.40, 26.70, 117.43, 26.72), 500, "990428")
METER = 1 / 99_500  # of longitude, in degrees


def cut(kind):
    """Spoil sound grids in one way; say which grids it concerns."""
    grids = LAID.copy()
    shapes = grids.geometry.to_list()
    if kind == "gap":
        shapes[8] = shapes[8].difference(shapes[8].centroid.buffer(100 * METER))
    elif kind == "overlap":
        shapes[8] = shapes[8].union(translate(shapes[8], 100 * METER))
    elif kind == "sliver":
        west, south, east, north = shapes[8].bounds
        shapes[8] = shapely.box(west, south, east - 2 * METER, north)
    elif kind == "ring":
        west, south, east, north = shapes[8].bounds
        shapes[8] = shapely.Polygon(
            [(west, south), (east, north), (east, south), (west, north)]
        )
    grids = grids.set_geometry(shapes, crs=4326)
    if kind == "duplicate":
        grids.index = [*grids.index[:8], grids.index[7], *grids.index[9:]]
    return grids


def test_grids_that_fit_have_no_faults():
    """Squares that were laid side by side pass every check."""
    assert len(grid_faults(LAID)) == 0


@pytest.mark.parametrize("kind", ["gap", "overlap", "sliver", "ring", "duplicate"])
def test_each_kind_of_fault_is_found_in_its_place(kind):
    """One spoiled grid gives its fault, at that grid, with words in two languages."""
    spoiled = cut(kind)

    faults = grid_faults(spoiled)

    assert kind in set(faults["kind"])
    found = faults[faults["kind"] == kind].iloc[0]
    assert found.geometry.distance(LAID.geometry.iloc[8]) < 1e-5
    assert found["zh"]
    assert found["en"]


@settings(max_examples=20)
@given(st.floats(10, 400))
def test_the_size_of_an_overlap_is_its_area(width):
    """A strip of so many meters along a side of 500 m."""
    shapes = LAID.geometry.to_list()
    shapes[8] = shapes[8].union(translate(shapes[8], width * METER))

    faults = grid_faults(LAID.set_geometry(shapes, crs=4326))

    overlap = faults[faults["kind"] == "overlap"]["area_m2"].max()
    assert overlap == pytest.approx(width * 500, rel=0.03)


def test_a_grid_outside_its_village_is_found():
    """Compared with the village's outline, or by touching no other grid of it."""
    grids = LAID.assign(
        village_code=["990428100001"] * 12 + ["990428100002"] * (len(LAID) - 12)
    )
    villages = dissolve(grids, "village")
    strayed = grids.copy()
    strayed["village_code"] = [
        *["990428100001"] * 12,
        *["990428100002"] * (len(LAID) - 13),
        "990428100001",
    ]

    outside = grid_faults(strayed, villages)
    apart = grid_faults(strayed)

    assert outside[["kind", "grid"]].to_numpy().tolist() == [["outside", LAID.index[-1]]]
    assert "100%" in outside["en"].iloc[0]
    assert apart[["kind", "grid"]].to_numpy().tolist() == [["apart", LAID.index[-1]]]


def test_villages_of_another_county_are_refused():
    """Not one code in common: the wrong file, or the wrong column."""
    villages = gpd.GeoDataFrame(geometry=[shapely.box(117, 26, 118, 27)], index=["1"], crs=4326)

    with pytest.raises(AlignmentError, match="None of the grids' village codes"):
        grid_faults(LAID, villages)


def coded():
    """Give grids with villages and townships that nest."""
    code = [f"99042810{i % 2}00{i % 4}" for i in range(len(LAID))]
    return LAID.assign(
        village_code=code, township_code=[c[:9] + "000" for c in code], households=7
    )


@pytest.mark.parametrize("level", ["village", "township", "county"])
def test_levels_cover_the_grids_and_keep_their_households(level):
    """Nothing is lost or counted twice on the way up."""
    grids = coded()

    areas = dissolve(grids, level)

    assert areas["households"].sum() == 7 * len(grids)
    assert areas["grids"].sum() == len(grids)
    union = shapely.union_all(grids.geometry.to_numpy())
    assert shapely.equals(shapely.union_all(areas.geometry.to_numpy()), union)
    parts, whole = (shapely.area(x.geometry.to_numpy()).sum() for x in (areas, grids))
    assert parts == pytest.approx(whole)


def test_unknown_households_stay_unknown():
    """A village of which one grid is not counted has no total."""
    grids = coded()
    grids["households"] = pd.array([pd.NA, *[7] * (len(grids) - 1)], "Int64")

    areas = dissolve(grids, "village")

    assert areas["households"].isna().sum() == 1


def test_a_level_that_is_not_there_is_refused():
    """Only villages, townships and the county are made of grids."""
    with pytest.raises(DataError, match="village, township or county"):
        dissolve(LAID, "province")
