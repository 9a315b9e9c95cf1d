"""Datums: there and back, and as published."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit.records.datum import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

CASE = json.loads((Path(__file__).parent / "reference/datum.json").read_text(encoding="utf-8"))
MICROMETER = 1e-6 / 111_320  # in degrees


@pytest.mark.parametrize("pair", CASE["wgs84_gcj02"])
def test_gcj02_is_the_published_shift(pair: list[float]) -> None:
    """The shift gives the published coordinates to all printed digits."""
    shifted = wgs84_to_gcj02(pair[0], pair[1])

    np.testing.assert_allclose(shifted, pair[2:], rtol=0, atol=1e-11)


@pytest.mark.parametrize("pair", CASE["gcj02_bd09"])
def test_bd09_is_the_published_shift(pair: list[float]) -> None:
    """The second shift gives the published coordinates to all printed digits."""
    shifted = gcj02_to_bd09(pair[0], pair[1])

    np.testing.assert_allclose(shifted, pair[2:], rtol=0, atol=1e-11)


@pytest.mark.parametrize("row", CASE["bd09_gcj02_wgs84_6_decimals"])
def test_the_way_back_is_that_of_a_map_service(row: list[float]) -> None:
    """To the printed digits for BD-09; for WGS-84 the service takes one step, good to 2 m."""
    np.testing.assert_allclose(bd09_to_gcj02(row[0], row[1]), row[2:4], rtol=0, atol=2e-6)
    np.testing.assert_allclose(gcj02_to_wgs84(row[2], row[3]), row[4:], rtol=0, atol=2e-5)
    np.testing.assert_allclose(bd09_to_wgs84(row[0], row[1]), row[4:], rtol=0, atol=2e-5)


@given(st.floats(73.5, 134.5), st.floats(18.0, 53.5))
def test_the_way_back_is_good_to_a_micrometer(lon: float, lat: float) -> None:
    """Anywhere in China, there and back ends where it began."""
    gcj = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    baidu = bd09_to_wgs84(*wgs84_to_bd09(lon, lat))

    np.testing.assert_allclose(gcj, (lon, lat), rtol=0, atol=MICROMETER)
    np.testing.assert_allclose(baidu, (lon, lat), rtol=0, atol=MICROMETER)


def test_places_abroad_stay_and_missing_stays_missing() -> None:
    """GCJ-02 is the identity outside China; NaN comes out as NaN without a warning."""
    lon, lat = wgs84_to_gcj02([-87.6, np.nan], [41.9, 26.0])

    assert (lon[0], lat[0]) == (-87.6, 41.9)
    assert np.isnan(lon[1])
    assert np.isnan(gcj02_to_wgs84(np.nan, np.nan)).all()
