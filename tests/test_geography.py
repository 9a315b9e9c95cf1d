"""The land of the invented county."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.profile.divisions import parse_division, parse_grid, read_divisions
from gridkit.training import Town, make_town

END = date(2026, 11, 22)
JIANGLE = Path(__file__).resolve().parents[1] / "data" / "jiangle"
# UTM zone 51 north holds the county's place in the sea
METRIC = 32651


@pytest.fixture(scope="module")
def town() -> Town:
    """Give the default county."""
    return make_town(end=END)


def square_km(grids: gpd.GeoDataFrame) -> pd.Series:
    """Measure areas independently of how they were drawn."""
    return grids.to_crs(METRIC).area / 1e6


def test_the_county_has_the_divisions_of_its_model(town):
    """13 townships (8 towns, 5 townships), 143 villages and communities, 600 grids."""
    kinds = town.divisions["kind"].value_counts()

    assert len(town.grids) == 600
    assert (kinds["县"], kinds["镇"], kinds["乡"]) == (1, 8, 5)
    assert kinds["村委会"] + kinds["社区居委会"] == 143
    assert town.grids["village_code"].nunique() == 143
    assert town.grids["township_code"].nunique() == 13


def test_codes_nest_and_no_real_county_has_them(town):
    """A grid's code begins with its village's, that with its township's; province 99 is none."""
    for grid_id, row in town.grids.iterrows():
        division = parse_grid(grid_id).division
        assert division.code == row["village_code"]
        assert division.parent is not None
        assert division.parent.code == row["township_code"]
    assert {parse_division(c).ancestors[0].short for c in town.grids["village_code"]} == {"99"}
    assert set(town.divisions["code"]) >= set(town.grids["village_code"].astype("str"))


def test_names_say_that_they_are_invented(town):
    """The county's name is never shown without its label, in both languages."""
    assert "虚构" in town.name
    assert "invented" in town.name_en
    assert town.divisions.loc[town.divisions["level"] == "county", "name"].item() == town.name
    assert town.invented is True


def test_names_keep_the_traps_of_real_lists(town):
    """Unique within a township; one name in two townships; 桐村 is not called 桐村村."""
    villages = town.divisions[town.divisions["level"] == "village"]

    assert not villages.duplicated(["parent", "name"]).any()
    twice = villages[villages["everyday"] == "新墩村"]
    assert twice["parent"].nunique() == 2
    assert "桐村" in set(villages["everyday"])
    assert not villages["everyday"].str.endswith("村村").any()
    assert villages["full"].is_unique


def test_no_name_is_one_of_jiangle(town):
    """The county that the toolkit is modelled on lends no name to the invented one."""
    assert set(town.divisions["name"]).isdisjoint(read_divisions(JIANGLE)["name"])


def test_every_grid_is_named_after_its_village(town):
    """A grid is called by its village's everyday name and its number there."""
    everyday = town.divisions.set_index("code")["everyday"]

    expected = [
        f"{everyday[grid_id[:12]]}第{int(grid_id[12:])}网格" for grid_id in town.grids.index
    ]

    assert town.grids["name"].tolist() == expected


def test_grids_nest_exactly(town):
    """No gap, no overlap: neighbors share their corners, unions lose and add nothing."""
    shapes = town.grids.geometry.to_numpy()

    assert shapely.coverage_is_valid(shapes)
    assert (town.grids.geometry.geom_type == "Polygon").all()
    for above in ("village_code", "township_code"):
        joined = town.grids.dissolve(above, observed=True)
        assert len(shapely.get_parts(joined.geometry.to_numpy())) == len(joined)
        np.testing.assert_allclose(
            shapely.area(joined.geometry.to_numpy()).sum(),
            shapely.area(shapes).sum(),
            rtol=1e-12,
        )
    county = shapely.coverage_union_all(shapes)
    assert county.geom_type == "Polygon"
    assert len(county.interiors) == 0
    assert county.area == pytest.approx(shapely.area(shapes).sum(), rel=1e-12)


def test_coordinates_are_those_of_the_file(town):
    """Corners have 6 decimals (0.1 m), so that a file holds what was drawn."""
    xy = shapely.get_coordinates(town.grids.geometry.to_numpy())

    np.testing.assert_array_equal(xy, np.round(xy, 6))


def test_grids_are_small_in_town_and_large_in_the_hills(town):
    """Urban grids measure 0.03 to 0.3 square kilometers; the county about 1,800."""
    area = square_km(town.grids)
    urban = town.grids["households"] > 200
    in_core = town.grids["village_code"].isin([f"990428100{n:03d}" for n in range(1, 9)])

    assert area[in_core].between(0.03, 0.3).all()
    assert area[~urban & ~in_core].median() > 1.5
    assert area.sum() == pytest.approx(1800, rel=0.12)


def test_no_grid_is_a_sliver(town):
    """Grids are compact: 4 pi area / perimeter squared is 1 in a circle, 0.2 in a 1:13 strip."""
    metric = town.grids.to_crs(METRIC)

    compactness = 4 * np.pi * metric.area / metric.length**2

    assert compactness.min() > 0.2
    assert compactness.median() > 0.5


def test_households_are_those_of_a_county(town):
    """About 300 households in an urban grid, 60 to 200 in a rural one, 2.6 persons each."""
    households = town.grids["households"]
    core = town.grids["village_code"].isin([f"990428100{n:03d}" for n in range(1, 9)])
    rural = town.grids["village_code"].astype("str").str[9] == "2"

    assert households[core].mean() == pytest.approx(300, rel=0.1)
    assert households[rural].between(60, 200).all()
    assert 45_000 <= households.sum() <= 70_000
    assert town.grids["population"].sum() / households.sum() == pytest.approx(2.6, abs=0.05)


def test_divisions_count_the_households_of_their_grids(town):
    """County, townships and villages each sum to the same households."""
    totals = town.divisions.groupby("level", observed=True)["households"].sum()

    assert set(totals) == {town.grids["households"].sum()}


def test_rivers_and_roads_run_inside_the_county(town):
    """Lines for the base map, none of them beyond the border by more than its smoothing."""
    county = shapely.coverage_union_all(town.grids.geometry.to_numpy()).buffer(0.005)

    assert town.rivers.geometry.within(county).all()
    assert town.roads.geometry.within(county).all()
    assert town.rivers["name"].iloc[0] == "青溪 (虚构)"


def test_the_same_seed_draws_the_same_county(town):
    """Shapes, names and households depend on the seed alone, not on the length of the year."""
    again = make_town(end=date(2027, 3, 1), weeks=26)

    pd.testing.assert_frame_equal(again.divisions, town.divisions)
    assert again.grids.geometry.geom_equals(town.grids.geometry).all()


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32), grids=st.integers(343, 700))
def test_any_seed_draws_a_county_without_gaps(seed, grids):
    """Whatever the seed and the size: all grids are there, valid, and cover the county once."""
    drawn = make_town(seed=seed, grids=grids, weeks=26, end=END)
    land = drawn.grids

    assert len(land) == grids
    assert land.index.is_unique
    assert shapely.coverage_is_valid(land.geometry.to_numpy())
    assert land.geometry.is_valid.all()
    assert set(drawn.divisions["name"]).isdisjoint(read_divisions(JIANGLE)["name"])


@pytest.mark.parametrize("grids", [0, 342, 6001])
def test_an_impossible_number_of_grids_is_refused(grids):
    """The message names the range and what was asked for, in both languages."""
    with pytest.raises(DataError) as refusal:
        make_town(grids=grids, end=END)

    assert refusal.value.en == f"`grids` must be 343 to 6000; it is {grids}."
    assert refusal.value.zh == f"`grids` 须在 343 与 6000 之间; 现为 {grids}。"
