"""Near repeats: does a concern soon bring others close by (Knox's space-time test)."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots.significance import false_discovery_q
from gridkit.records.grids import to_meters

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

# beyond this the distance is a slip or an address holds a heap of unlocated concerns
MOST_PAIRS = 50_000_000
_BLOCK = 64  # permutations held at once


def near_repeat(
    places: gpd.GeoSeries | gpd.GeoDataFrame,
    heard_on: pd.Series,
    *,
    within_m: Sequence[float] = (200.0, 400.0),
    within_days: Sequence[float] = (7.0, 14.0, 28.0),
    permutations: int = 999,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Count pairs of concerns close in space and time, and compare with shuffled dates.

    Parameters
    ----------
    places : GeoSeries of points, length n
        One per concern. Geographic coordinates are projected to meters; without a CRS they
        are taken as meters.
    heard_on : Series of dates or numbers of days, length n
        On the same index. Shuffled as a copy; yours stays as it is.
    within_m, within_days : sequence of float
        Upper borders of the bands, ascending, inclusive (to one part in a billion). A first
        border of 0 makes a band of its own for the same place or day.
    permutations : int
        At least 1. The smallest p is 1 / (permutations + 1).
    rng : Generator
        The same seed gives the same p.

    Returns
    -------
    DataFrame, one row per band of distance and time
        `above_m`, `to_m`, `above_days`, `to_days`: the band (the first ones start with 0
        included). `observed`: pairs in it. `expected`: pairs if dates and places had nothing
        to do with each other (exact). `ratio`: observed over expected. `p`: one-sided, chance
        of as many pairs or more. `q`: p after Benjamini and Hochberg over the bands.

    Raises
    ------
    AlignmentError
        If `places` and `heard_on` differ in their index.
    DataError
        If there are fewer than 2 concerns, a place or date is missing, borders do not ascend
        or are negative, `permutations` is below 1, or over fifty million pairs are close.

    Notes
    -----
    Use it on one category and one year or less: where some parts of a county grew or were
    recorded longer than others, pairs are close for that reason. Several reports of one
    cause are near repeats by definition: keep one per cause first. Concerns set to a grid's
    center lie at one place; take distances larger than a grid then.

    References
    ----------
    Knox, E. G. (1964). The detection of space-time interactions. Applied Statistics, 13(1),
    25-29. https://doi.org/10.2307/2985220
    Ratcliffe, J. H. & Rengert, G. F. (2008). Near-repeat patterns in Philadelphia shootings.
    Security Journal, 21, 58-76. https://doi.org/10.1057/palgrave.sj.8350068

    Examples
    --------
    Four streets, each with two leaks a week apart, at different times of the year:

    >>> places = gpd.GeoSeries(gpd.points_from_xy([0, 50, 900, 950, 0, 50, 900, 950],
    ...                                           [0, 0, 0, 0, 900, 900, 900, 900]))
    >>> days = pd.Series([0, 7, 100, 107, 200, 207, 300, 307])
    >>> test = near_repeat(places, days, within_m=[100], within_days=[7],
    ...                    permutations=9999, rng=np.random.default_rng(1))
    >>> test[["observed", "expected", "p"]].round(2).to_numpy().tolist()
    [[4.0, 0.57, 0.01]]
    """
    points, days = _checked(places, heard_on)
    space, time = _borders(within_m, "within_m"), _borders(within_days, "within_days")
    if permutations < 1:
        raise DataError(
            en=f"`permutations` must be 1 or more; it is {permutations}.",
            zh=f"`permutations` 须不小于 1; 现为 {permutations}。",
        )
    first, second, band = _close_pairs(points, space)
    shape = (len(space), len(time))
    observed = _count(days[None], first, second, band, time, len(space))[0]
    above = np.zeros(observed.shape, dtype=np.int64)
    for start in range(0, permutations, _BLOCK):
        shuffled = np.tile(days, (min(_BLOCK, permutations - start), 1))
        rng.permuted(shuffled, axis=1, out=shuffled)
        above += (_count(shuffled, first, second, band, time, len(space)) >= observed).sum(
            axis=0
        )
    pairs = np.bincount(band, minlength=len(space)).astype(np.float64)
    expected = np.outer(pairs, _time_shares(days, time))
    p = ((above + 1) / (permutations + 1)).ravel()
    rows, columns = np.indices(shape).reshape(2, -1)
    seen = observed.ravel()
    usual = expected.ravel()
    table = {
        "above_m": np.r_[0.0, space[:-1]][rows],
        "to_m": space[rows],
        "above_days": np.r_[0.0, time[:-1]][columns],
        "to_days": time[columns],
        "observed": seen,
        "expected": usual,
        "ratio": np.divide(seen, usual, out=np.full(len(seen), np.nan), where=usual > 0),
        "p": p,
        "q": false_discovery_q(p),
    }
    return pd.DataFrame(table)


def explain_near_repeat(test: pd.DataFrame, lang: str = "zh") -> pd.Series:
    """Say for each band how many pairs there were, and how many chance would make.

    Parameters
    ----------
    test : DataFrame
        What `near_repeat` returned.
    lang : str
        "zh" or "en".

    Returns
    -------
    Series of str, indexed like `test`

    Examples
    --------
    >>> test = pd.DataFrame({"above_m": [0.0], "to_m": [200.0], "above_days": [0.0],
    ...     "to_days": [7.0], "observed": [34], "expected": [20.1], "ratio": [1.69], "q": [0.002]})
    >>> for part in explain_near_repeat(test)[0].split("; "):
    ...     print(part)
    相距不超过 200 米、相隔不超过 7 天的有 34 对, 若时间与地点无关约 20.1 对
    一处出现后附近短期内更易再出现, q = 0.002
    """
    lines = [_line(row, chinese=lang == "zh") for row in test.to_dict("records")]
    return pd.Series(lines, index=test.index, name="explanation", dtype="str")


def _line(row: dict[object, float], *, chinese: bool) -> str:
    q = "q < 0.001" if row["q"] < 0.001 else f"q = {row['q']:.3f}"
    clear, seen, usual = row["q"] <= 0.05, row["observed"], row["expected"]
    far, late = row["above_m"] > 0, row["above_days"] > 0
    if chinese:
        where = (
            f"{row['above_m']:g} 至 {row['to_m']:g} 米" if far else f"不超过 {row['to_m']:g} 米"
        )
        when = f"{row['above_days']:g} 至 {row['to_days']:g} 天"
        when = when if late else f"不超过 {row['to_days']:g} 天"
        verdict = "一处出现后附近短期内更易再出现" if clear else "可能只是偶然"
        return (
            f"相距{_spaced(where)}、相隔{_spaced(when)}的有 {seen} 对, "
            f"若时间与地点无关约 {usual:.1f} 对; {verdict}, {q}"
        )
    where = f"{row['above_m']:g} to {row['to_m']:g} m" if far else f"within {row['to_m']:g} m"
    when = f"{row['above_days']:g} to {row['to_days']:g} days"
    when = when if late else f"within {row['to_days']:g} days"
    verdict = "one brings others close by soon after" if clear else "could be chance"
    return (
        f"{seen} pairs {where} and {when} of each other, about {usual:.1f} if time and place "
        f"had nothing to do with each other; {verdict}, {q}"
    )


def _spaced(text: str) -> str:
    return text if text.startswith("不") else f" {text}"


# --- the count ------------------------------------------------------------------------------


def _close_pairs(points: _Floats, borders: _Floats) -> tuple[_Ints, _Ints, _Ints]:
    """Find the pairs within the last border, and the band of distance each is in."""
    from scipy.spatial import cKDTree  # loaded at need: no form or map wants it

    tree = cKDTree(points)
    reach = borders[-1] * (1 + 1e-9) + 1e-9
    number = (int(tree.count_neighbors(tree, reach)) - len(points)) // 2
    if number > MOST_PAIRS:
        raise DataError(
            en=f"`within_m` up to {borders[-1]:g} m makes {number:,} pairs of {len(points):,} "
            "concerns close; take a smaller distance, or look for an address that holds a heap "
            "of unlocated concerns.",
            zh=f"`within_m` 至 {borders[-1]:g} 米会使 {len(points):,} 件诉求形成 {number:,} 对; "
            "请减小距离, 或检查是否有大量未定位诉求堆在同一地址。",
        )
    pairs = tree.query_pairs(reach, output_type="ndarray").astype(np.int64)
    first, second = pairs[:, 0].copy(), pairs[:, 1].copy()
    distance = np.hypot(*(points[first] - points[second]).T)
    slack = borders * (1 + 1e-9) + 1e-9
    band = np.minimum(np.searchsorted(slack, distance, "left"), len(borders) - 1)
    return first, second, band.astype(np.int64)


def _count(
    days: _Floats, first: _Ints, second: _Ints, band: _Ints, time: _Floats, bands: int
) -> _Ints:
    from gridkit.hotspots.knox_kernel import count_pairs  # numba: compiled at first use

    counted: _Ints = count_pairs(days, first, second, band, time * (1 + 1e-9) + 1e-9, bands)
    return counted


def _time_shares(days: _Floats, borders: _Floats) -> _Floats:
    """Give the share of all pairs that lie in each band of time."""
    ordered = np.sort(days)
    n = len(ordered)
    later = np.searchsorted(ordered, ordered[:, None] + borders * (1 + 1e-9) + 1e-9, "right")
    within = (later - np.arange(n)[:, None] - 1).sum(axis=0)
    return np.asarray(np.diff(within, prepend=0) / (n * (n - 1) / 2))


# --- checks ---------------------------------------------------------------------------------


def _checked(
    places: gpd.GeoSeries | gpd.GeoDataFrame, heard_on: pd.Series
) -> tuple[_Floats, _Floats]:
    geometry = places.geometry
    if not geometry.index.equals(heard_on.index):
        raise AlignmentError(
            en="`places` and `heard_on` must be of the same concerns in the same order; use "
            "`heard_on.loc[places.index]`.",
            zh="`places` 与 `heard_on` 须为相同次序的同一批诉求; 请用 `heard_on.loc[places.index]`。",
        )
    blank = int((geometry.isna() | geometry.is_empty | heard_on.isna()).sum())
    if blank or len(geometry) < 2:
        raise DataError(
            en=f"near repeats need at least 2 concerns, each with a place and a date; there are "
            f"{len(geometry)}, {blank} without. Leave those out and say how many.",
            zh=f"近重复检验至少须有 2 件诉求, 且每件有地点和日期; 现有 {len(geometry)} 件, "
            f"缺者 {blank} 件。请去掉缺者并说明件数。",
        )
    points = shapely.get_coordinates(shapely.centroid(to_meters(geometry).to_numpy()))
    if pd.api.types.is_datetime64_any_dtype(heard_on.dtype):
        days = heard_on.to_numpy().astype("datetime64[s]").astype(np.float64) / 86_400.0
    else:
        days = heard_on.to_numpy(dtype=np.float64)
    return np.asarray(points), days - days.min()


def _borders(given: Sequence[float], name: str) -> _Floats:
    borders = np.asarray(given, dtype=np.float64)
    sound = borders.ndim == 1 and len(borders) > 0 and bool(np.isfinite(borders).all())
    if not (sound and borders[0] >= 0 and (np.diff(borders) > 0).all()):
        raise DataError(
            en=f"`{name}` must be ascending borders of 0 or more; it is {list(given)}.",
            zh=f"`{name}` 须为从小到大、不小于 0 的界限; 现为 {list(given)}。",
        )
    return borders
