"""Masked points: each moved to a place of chance within its community, always the same one.

Fresh noise at every release averages out: after 52 maps the mean of a home's points is the
home. So the place is drawn by a key that only the workspace has, from where the point lies:
the same point, or another matter of the same home, is masked to the same place every time.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridkit.errors import DisclosureError
from gridkit.records.places import check_wgs84

_Floats = NDArray[np.float64]

KEY_FILE = "mask.key"
KEY_BYTES = 32
# Points of one square of this side are one place: several matters of a home, and a
# receiver's scatter, must not be masked to several places whose mean is the home.
PLACE_M = 100.0
AWAY_M = 150.0
"""No point is masked to a place nearer than this, meters."""
_TRIES = 512
# Where less of the community is far enough away, the masked place would say where home is not
_ROOM = 0.5
_DEGREE_M = 111_195.0  # of a meridian, on the mean sphere


def mask_key(folder: str | Path) -> bytes:
    """Give the secret by which a workspace masks points, made when first asked for.

    Parameters
    ----------
    folder : str or Path
        The workspace; the key is its file `mask.key`, which only the owner can read.

    Returns
    -------
    bytes, 32
        Whoever has it can undo the masking: it is never exported. Lost, all points are
        masked anew, and maps from before and after must not be compared.

    Raises
    ------
    DisclosureError
        If the file cannot be made or read, or is no key.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> mask_key(folder) == mask_key(folder)
    True
    """
    path = Path(folder) / KEY_FILE
    try:
        with suppress(FileExistsError):
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(KEY_BYTES) + "\n")
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise DisclosureError(
            en=f"{KEY_FILE} in the workspace cannot be made or read as a key, so no point can be "
            "masked the same way as before. Restore it from a copy; do not make a new one.",
            zh=f"工作区中的 {KEY_FILE} 无法建立或不是密钥, 点位不能按原样遮蔽。"
            "请从备份恢复, 不要另造一个。",
        )
    return key


def mask_points(
    points: pd.DataFrame, areas: gpd.GeoDataFrame, of: pd.Series, key: bytes
) -> pd.DataFrame:
    """Move each point to a place of chance within its community.

    Parameters
    ----------
    points : DataFrame, length n, indexed by record id
        `lon`, `lat`, WGS-84 degrees.
    areas : GeoDataFrame
        The communities in WGS-84, indexed by their code.
    of : Series of str, indexed like `points`
        The community of each point.
    key : bytes
        From `mask_key`.

    Returns
    -------
    DataFrame, indexed like `points`
        `lon` and `lat`, at least 150 m from the point and inside its community; missing
        where the point or its community is, or where the community has no room for that:
        (half of it must be that far away): such a point is not to be drawn.

    Raises
    ------
    DataError
        If the areas are not in WGS-84.

    Notes
    -----
    A place is drawn evenly over the whole community (but for a disc around the point), not
    near the point: a mean of masked points tends to the middle of the community, not to
    a home. What the key is applied to is the square of 100 m that a point lies in, rather
    than the record, for otherwise 52 matters of one home would average out. Homes on
    the border of two squares may get two places; four at most.
    Points are only for communities whose count may be shown (`protect`): the number of
    points is a count as well.

    References
    ----------
    Hampton, K. H. et al. (2010). Mapping health data: improved privacy protection with
    donut method geomasking. American Journal of Epidemiology, 172(9), 1062-1069.
    Zandbergen, P. A. (2014). Ensuring confidentiality of geocoded health data: assessing
    geographic masking strategies. Advances in Medicine, 567049.

    Examples
    --------
    >>> village = gpd.GeoDataFrame(geometry=[shapely.box(117, 26, 117.02, 26.02)], index=["v"], crs=4326)
    >>> home = pd.DataFrame({"lon": [117.01, 117.01], "lat": [26.01, 26.01]}, index=["r1", "r2"])
    >>> masked = mask_points(home, village, pd.Series("v", index=home.index), b"k" * 32)
    >>> masked.loc["r1"].equals(masked.loc["r2"]), masked.loc["r1"].equals(home.loc["r1"])
    (True, False)
    """
    check_wgs84(areas)
    lon, lat = points["lon"].to_numpy(dtype=float), points["lat"].to_numpy(dtype=float)
    codes = of.reindex(points.index).astype("str")
    known = np.isfinite(lon) & np.isfinite(lat) & codes.isin(areas.index.astype("str"))
    row = np.where(known, np.floor(np.nan_to_num(lat) * _DEGREE_M / PLACE_M), 0).astype("int64")
    across = _DEGREE_M * np.cos(np.radians((row + 0.5) * PLACE_M / _DEGREE_M))
    column = np.floor(np.nan_to_num(lon) * across / PLACE_M).astype("int64")
    places = pd.DataFrame({"area": codes.to_numpy(), "row": row, "column": column})
    spot, distinct = pd.factorize(pd.MultiIndex.from_frame(places))
    moved = np.full((len(points), 2), np.nan)
    drawn = np.array(list(_draw(distinct, areas, key, wanted=known, spot=spot)), dtype=float)
    if len(drawn):
        moved = drawn[spot]
    moved[~known] = np.nan
    return pd.DataFrame({"lon": moved[:, 0], "lat": moved[:, 1]}, index=points.index)


def _draw(
    places: pd.Index,
    areas: gpd.GeoDataFrame,
    key: bytes,
    *,
    wanted: NDArray[np.bool_],
    spot: NDArray[np.intp],
) -> Iterator[_Floats]:
    shapes = dict(zip(areas.index.astype("str"), areas.geometry, strict=True))
    shapely.prepare(list(shapes.values()))
    asked = np.zeros(len(places), dtype=bool)
    asked[spot[wanted]] = True
    for place, needed in zip(places, asked, strict=True):
        yield _place(shapes[place[0]], place, key) if needed else np.full(2, np.nan)


def _place(shape: Any, place: tuple[str, int, int], key: bytes) -> _Floats:
    """Draw the masked place of one square of a community; NaN where there is no room."""
    area, row, column = place
    lat = (row + 0.5) * PLACE_M / _DEGREE_M
    across = _DEGREE_M * np.cos(np.radians(lat))
    lon = (column + 0.5) * PLACE_M / across
    digest = hmac.new(key, f"{area}/{row}/{column}".encode(), hashlib.sha256).digest()
    rng = np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "big")))
    west, south, east, north = shapely.bounds(shape)
    x = west + (east - west) * rng.random(_TRIES)
    y = south + (north - south) * rng.random(_TRIES)
    away = np.hypot((x - lon) * across, (y - lat) * _DEGREE_M) >= AWAY_M + PLACE_M * 0.75
    inside = shapely.contains_xy(shape, x, y)
    fit = np.flatnonzero(away & inside)
    room = len(fit) > _ROOM * inside.sum()
    return np.array([x[fit[0]], y[fit[0]]]) if room else np.full(2, np.nan)
