"""Masked points: the same place every time, in the community, never near the home."""

from __future__ import annotations

import os

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridkit.errors import DisclosureError
from gridkit.maps import disclosure

VILLAGES = gpd.GeoDataFrame(
    geometry=[
        shapely.box(117.40, 26.70, 117.42, 26.72),  # 2 km across
        shapely.Polygon([(117.42, 26.70), (117.46, 26.70), (117.44, 26.74), (117.42, 26.72)]),
        shapely.box(117.50, 26.70, 117.501, 26.701),  # 100 m: no room
    ],
    index=["v1", "v2", "tiny"],
    crs=4326,
)
KEY = bytes(range(32))


def meters(a, b):
    """Give the distance between points, on a sphere near 26.7° north."""
    x = (a["lon"] - b["lon"]) * 111_195 * np.cos(np.radians(26.7))
    return np.hypot(x, (a["lat"] - b["lat"]) * 111_195)


@pytest.fixture(scope="module")
def homes():
    """Give five hundred homes in the first two villages."""
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(117.40, 117.46, 1500), rng.uniform(26.70, 26.74, 1500)
    village = pd.Series(index=range(1500), dtype="str")
    for code in ("v1", "v2"):
        village[shapely.contains_xy(VILLAGES.geometry[code], lon, lat)] = code
    points = pd.DataFrame({"lon": lon, "lat": lat, "village": village})
    return points.dropna().head(500).rename(index="r{}".format)


def masked(homes, key=KEY):
    """Mask the homes."""
    return disclosure.mask_points(homes[["lon", "lat"]], VILLAGES, homes["village"], key)


def test_masked_points_stay_in_their_community_and_away_from_home(homes):
    """Every point moves 150 m or more, and none leaves its village."""
    there = masked(homes)

    assert there.notna().all(axis=None)
    assert meters(there, homes).min() >= 150
    shapes = VILLAGES.geometry.reindex(homes["village"]).to_numpy()
    assert shapely.contains_xy(shapes, there["lon"], there["lat"]).all()


def test_the_mean_of_52_releases_is_nowhere_near_a_home(homes):
    """Each release shows a point at the same place: averaging gains nothing."""
    rng = np.random.default_rng(3)
    releases = [masked(homes.sample(frac=0.7, random_state=rng)) for _ in range(52)]

    mean = pd.concat(releases).groupby(level=0).mean()

    assert meters(mean, homes.reindex(mean.index)).min() >= 100


def test_many_matters_of_one_home_are_masked_to_one_place(homes):
    """Fifty-two records at one place have one masked place between them, not a mean."""
    fifty = pd.concat([homes.iloc[[5]]] * 52, ignore_index=True)

    there = masked(fifty)

    assert len(there.drop_duplicates()) == 1
    assert meters(there.mean(), fifty.iloc[0]) >= 100


def test_a_receivers_scatter_hardly_brings_a_home_back(homes):
    """Fifty-two fixes 10 m around each home: their masked means miss nearly all by 100 m."""
    rng = np.random.default_rng(11)
    off = []
    for _, home in homes.iterrows():
        fixes = pd.DataFrame([home[["lon", "lat"]].astype(float)] * 52, index=range(52))
        fixes += rng.normal(0, 10 / 105_000, (52, 2))
        there = disclosure.mask_points(
            fixes, VILLAGES, pd.Series(home["village"], index=fixes.index), KEY
        )
        off.append(meters(there.mean(), home))

    assert np.mean(np.array(off) < 100) < 0.02


def test_another_key_masks_elsewhere(homes):
    """Without the secret, where a point goes cannot be worked out."""
    a, b = masked(homes), masked(homes, key=b"x" * 32)

    assert (meters(a, b) > 1).mean() > 0.99


def test_where_there_is_no_room_no_point_is_drawn():
    """In a community 100 m across, or in none, a point is missing rather than near."""
    points = pd.DataFrame(
        {"lon": [117.5005, 117.41], "lat": [26.7005, 26.71]}, index=["a", "b"]
    )

    there = disclosure.mask_points(points, VILLAGES, pd.Series({"a": "tiny"}), KEY)

    assert there.isna().all(axis=None)


def test_the_key_is_the_owners_and_is_not_replaced(tmp_path):
    """Made once with mode 0600; a garbled one is an error, for a new one would mask anew."""
    key = disclosure.mask_key(tmp_path)

    assert disclosure.mask_key(tmp_path) == key
    if os.name == "posix":
        assert (tmp_path / "mask.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "mask.key").write_text("not a key\n")
    with pytest.raises(DisclosureError, match="do not make a new one"):
        disclosure.mask_key(tmp_path)
