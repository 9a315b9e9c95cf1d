"""Frames of classes: one known word per grid, in the order of the map's grids."""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import pandas as pd

from gridkit.errors import DataError
from gridkit.maps.layers.layer import on_grids


def classed(
    found: pd.DataFrame,
    grids: gpd.GeoDataFrame,
    column: str,
    codes: Collection[str],
    *,
    name: str,
    maker: str,
) -> tuple[pd.DataFrame, pd.Series]:
    """Bring a method's classes into the order of the grids, and refuse words it does not have.

    Parameters
    ----------
    found : DataFrame, indexed by `grid_id`
        What the method returned.
    grids : GeoDataFrame, length n
        The grids of the map.
    column : str
        That of the classes.
    codes : collection of str
        The classes that there are.
    name : str
        What the caller calls `found`, for the message.
    maker : str
        The function that makes it, for the message.

    Returns
    -------
    (DataFrame, Series of str), indexed like `grids`
        The frame, and its classes; missing where a grid has none.

    Raises
    ------
    AlignmentError
        If rows belong to grids that the map does not have.
    DataError
        If the column is missing or holds an unknown class.

    Examples
    --------
    >>> grids = gpd.GeoDataFrame(index=["a", "b"])
    >>> found = pd.DataFrame({"kind": ["hot"]}, index=["b"])
    >>> classed(found, grids, "kind", ["hot"], name="found", maker="hotspots.scan")[1].tolist()
    [nan, 'hot']
    """
    if column not in found:
        raise DataError(
            en=f"`{name}` needs the column `{column}`; make it with `{maker}`.",
            zh=f"`{name}` 缺少 `{column}` 列; 请用 `{maker}` 生成。",
        )
    if unknown := sorted(set(found[column].dropna().astype("str")) - set(codes)):
        some, known = ", ".join(unknown[:3]), ", ".join(codes)
        raise DataError(
            en=f"`{column}` holds unknown classes ({some}); known are {known}.",
            zh=f"`{column}` 含未知类别 ({some}); 可用: {known}。",
        )
    table = pd.DataFrame(on_grids(found, grids, name))
    return table, table[column].astype("str")
