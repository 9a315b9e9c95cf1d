"""Datums of Chinese maps: WGS-84, GCJ-02 (Amap, Tencent) and BD-09 (Baidu).

Coordinates here are degrees, longitude first. CGCS2000 is treated as WGS-84 (they differ
by less than a decimeter). No file says by itself which datum it holds: ask, never guess.
The way back has no closed form; it is found by fixed-point steps, to below 1 µm.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

type_degrees = NDArray[np.float64]
_Shift = Callable[[type_degrees, type_degrees], tuple[type_degrees, type_degrees]]

# Krassovsky 1940, as the published transform has it
_AXIS_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
# The transform is the identity outside this box (west, east, south, north)
_CHINA = (72.004, 137.8347, 0.8293, 55.8271)
_BAIDU_TURN = np.pi * 3000.0 / 180.0
# Each step leaves at most 1/50 of the error: 12 suffice for 1e-12 degrees from 0.02
_STEPS = 12
_CLOSE = 1e-13


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[type_degrees, type_degrees]:
    """Shift WGS-84 coordinates to GCJ-02, as Chinese web maps show them.

    Parameters
    ----------
    lon, lat : array_like of float, any one shape
        Degrees. Missing (NaN) stays missing; points outside China stay where they are.

    Returns
    -------
    tuple of ndarray
        lon, lat in GCJ-02 degrees, in the shape of the input.

    References
    ----------
    The published reimplementation, https://github.com/googollee/eviltransform

    Examples
    --------
    The middle of Jiangle lies about 620 m off:

    >>> lon, lat = wgs84_to_gcj02(117.4714, 26.7289)
    >>> round(float(lon), 6), round(float(lat), 6)
    (117.4766, 26.725597)
    """
    x, y = _degrees(lon, lat)
    dx, dy = _gcj02_shift(x, y)
    return x + dx, y + dy


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[type_degrees, type_degrees]:
    """Undo `wgs84_to_gcj02`, with an error below 1 µm.

    Parameters
    ----------
    lon, lat : array_like of float, any one shape
        Degrees in GCJ-02 (Amap, Tencent, Google in China).

    Returns
    -------
    tuple of ndarray
        lon, lat in WGS-84 degrees.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(*wgs84_to_gcj02(117.4714, 26.7289))
    >>> round(float(lon), 9), round(float(lat), 9)
    (117.4714, 26.7289)
    """
    return _undo(_gcj02_shift, *_degrees(lon, lat))


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[type_degrees, type_degrees]:
    """Shift GCJ-02 coordinates to BD-09, as Baidu shows them (degrees)."""
    x, y = _degrees(lon, lat)
    dx, dy = _bd09_shift(x, y)
    return x + dx, y + dy


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[type_degrees, type_degrees]:
    """Undo `gcj02_to_bd09`, with an error below 1 µm (degrees)."""
    return _undo(_bd09_shift, *_degrees(lon, lat))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[type_degrees, type_degrees]:
    """Shift WGS-84 coordinates to BD-09, as Baidu shows them (degrees)."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[type_degrees, type_degrees]:
    """Undo `wgs84_to_bd09`, with an error below 1 µm (degrees)."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _degrees(lon: ArrayLike, lat: ArrayLike) -> tuple[type_degrees, type_degrees]:
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    return x, y


def _undo(
    shift: _Shift, lon: type_degrees, lat: type_degrees
) -> tuple[type_degrees, type_degrees]:
    x, y = lon, lat
    for _ in range(_STEPS):
        dx, dy = shift(x, y)
        x_new, y_new = lon - dx, lat - dy
        moved = np.fmax(np.abs(x_new - x), np.abs(y_new - y))
        x, y = x_new, y_new
        if not np.any(moved > _CLOSE):
            break
    return x, y


def _gcj02_shift(lon: type_degrees, lat: type_degrees) -> tuple[type_degrees, type_degrees]:
    west, east, south, north = _CHINA
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    x = np.where(inside, lon - 105.0, 0.0)
    y = np.where(inside, lat - 35.0, 0.0)
    root = np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north_m += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east_m += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0
    phi = np.radians(np.where(inside, lat, 0.0))
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    meridian = _AXIS_M * (1.0 - _ECCENTRICITY2) / (magic * np.sqrt(magic))
    parallel = _AXIS_M / np.sqrt(magic) * np.cos(phi)
    dx = np.where(inside, np.degrees(east_m / parallel), 0.0)
    dy = np.where(inside, np.degrees(north_m / meridian), 0.0)
    return dx, dy


def _bd09_shift(lon: type_degrees, lat: type_degrees) -> tuple[type_degrees, type_degrees]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_TURN)
    return radius * np.cos(angle) + 0.0065 - lon, radius * np.sin(angle) + 0.006 - lat
