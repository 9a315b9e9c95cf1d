"""Neighbors along a network: which grids one pipe, one feeder or one road joins."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.hotspots.neighbors import MOST_PAIRS, Neighbors
from gridkit.records.grids import to_meters

# centers that differ by less than a micrometer are the same
_TIE_DIGITS = 6


def connected(
    edges: pd.DataFrame,
    grids: gpd.GeoDataFrame | pd.DataFrame,
    *,
    steps: int = 1,
    ends: tuple[str, str] = ("grid_id", "other_id"),
) -> Neighbors:
    """Make neighbors of grids that a network joins, whatever lies between them on the map.

    Water that fails, fails along the pipe: two grids on one main may be kilometers apart,
    and two that touch may hang on different ones.

    Parameters
    ----------
    edges : DataFrame, length m
        One row per link, with the ids of the two grids it joins. Links work both ways; a
        link given twice, or in both directions, counts once; one from a grid to itself is
        left out.
    grids : GeoDataFrame or DataFrame, length n
        Indexed by grid id. Geometry is only used to find grids at the same place.
    steps : int
        How many links away a neighbor may be, at least 1.
    ends : tuple of str
        The two columns of `edges`.

    Returns
    -------
    Neighbors
        Symmetric, on the index of `grids`. Grids that no link reaches are its `islands`;
        `explain` names them.

    Raises
    ------
    DataError
        If a column is missing, an end is missing or no grid, an id of a grid repeats, `steps`
        is below 1, or there would be over a hundred million pairs.

    Examples
    --------
    A main from a over b to c; d has a well:

    >>> pipes = pd.DataFrame({"grid_id": ["a", "b", "c"], "other_id": ["b", "c", "b"]})
    >>> grids = pd.DataFrame(index=list("abcd"))
    >>> connected(pipes, grids).count.tolist()
    [1, 2, 1, 0]
    >>> print(connected(pipes, grids, steps=2).explain("en"))
    4 cells with 1.5 neighbors on average; 1 without any ('d').
    """
    first, second = _places(edges, grids, ends)
    if steps < 1:
        raise DataError(
            en=f"`steps` must be 1 or more; it is {steps}.",
            zh=f"`steps` 须不小于 1; 现为 {steps}。",
        )
    n = len(grids)
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    link = _binary(sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(n, n)))
    reach = link
    for _ in range(steps - 1):
        wider = _binary(reach + reach @ link)
        if wider.nnz > MOST_PAIRS:
            raise DataError(
                en=f"`steps` = {steps} makes over {MOST_PAIRS:,} pairs of grids neighbors; "
                "take fewer.",
                zh=f"`steps` = {steps} 会使超过 {MOST_PAIRS:,} 对网格相邻; 请减小。",
            )
        if wider.nnz == reach.nnz:
            break
        reach = wider
    return Neighbors(index=grids.index, matrix=reach, duplicates=_twice(grids))


def _binary(matrix: sp.csr_array) -> sp.csr_array:
    """Turn all entries into ones, and the diagonal into nothing."""
    apart = matrix.tocoo()
    kept = apart.row != apart.col
    order = (np.ones(int(kept.sum())), (apart.row[kept], apart.col[kept]))
    clean = sp.csr_array(order, shape=matrix.shape)
    clean.sum_duplicates()
    clean.sort_indices()
    clean.data[:] = 1.0
    return clean


def _places(
    edges: pd.DataFrame, grids: pd.DataFrame, ends: tuple[str, str]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the rows in `grids` of both ends of each link."""
    lacking = [c for c in ends if c not in edges.columns]
    if lacking or not grids.index.is_unique:
        again = grids.index[grids.index.duplicated()].unique()
        named = ", ".join(f"`{c}`" for c in lacking) or "–"
        raise DataError(
            en=f"`edges` must have the columns {ends[0]} and {ends[1]}, and each grid a label of "
            f"its own; missing columns: {named}, labels used twice: {len(again)}.",
            zh=f"`edges` 须有 {ends[0]} 与 {ends[1]} 两列, 且每个网格编码唯一; 缺列: {named}, "
            f"编码重复 {len(again)} 个。",
        )
    first, second = (grids.index.get_indexer(pd.Index(edges[c])) for c in ends)
    wrong = (first < 0) | (second < 0)
    if wrong.any():
        blank = int(edges[list(ends)].isna().any(axis=1).sum())
        ids = [*edges[ends[0]][first < 0], *edges[ends[1]][second < 0]]
        named = ", ".join(repr(i) for i in dict.fromkeys(i for i in ids if not pd.isna(i)))
        named = named if len(named) < 60 else named[:60] + " ..."
        raise DataError(
            en=f"both ends of a link must be ids of `grids`; {int(wrong.sum())} of {len(edges)} "
            f"links have another end ({named or '–'}), {blank} none. Mend them, or leave them "
            "out and say so.",
            zh=f"每条连线的两端须为 `grids` 中的网格编码; {len(edges)} 条中有 {int(wrong.sum())} 条"
            f"不是 ({named or '–'}), {blank} 条缺端点。请更正, 或去掉并说明。",
        )
    return first.astype(np.intp), second.astype(np.intp)


def _twice(grids: gpd.GeoDataFrame | pd.DataFrame) -> pd.Index:
    if not isinstance(grids, gpd.GeoDataFrame) or len(grids) == 0:
        return grids.index[:0]
    centers = shapely.get_coordinates(shapely.centroid(to_meters(grids.geometry).to_numpy()))
    places = pd.DataFrame(np.round(centers, _TIE_DIGITS))
    alike: pd.Index = grids.index[places.duplicated(keep=False).to_numpy()]
    return alike
