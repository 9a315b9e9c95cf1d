"""Nested levels: villages, townships and the county, put together from their grids.

The grids are the only boundaries that a county has to bring: the coarser ones follow from
the codes that each grid carries, and so they fit.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridkit.errors import DataError

LEVELS = ("village", "township", "county")
"""From fine to coarse; the grid itself is finer than all."""


def dissolve(grids: gpd.GeoDataFrame, level: str) -> gpd.GeoDataFrame:
    """Join the grids of each area of a level into one.

    Parameters
    ----------
    grids : GeoDataFrame, indexed by `grid_id`
        In WGS-84, with `village_code` and `township_code`; `village_name`,
        `township_name`, `households` and `population` as far as they are known.
    level : {"village", "township", "county"}
        A county is the first six digits of the village's code.

    Returns
    -------
    GeoDataFrame, indexed by `area`, the code
        `name` (the code where no name is known), `grids` (how many), `households`,
        `population` (Int64; missing if that of a grid is), `geometry`.

    Raises
    ------
    DataError
        If there is no such level, or the grids lack its code.

    Notes
    -----
    Where the grids touch without overlapping the outlines are joined edge by edge, which
    is fast and exact; else by a union, which closes overlaps but no gaps (`grid_faults`).

    Examples
    --------
    >>> cells = shapely.box([0, 1, 2], 0, [1, 2, 3], 1)
    >>> data = {"village_code": ["a", "a", "b"], "households": [10, 20, 5]}
    >>> grids = gpd.GeoDataFrame(data, geometry=cells, index=["a1", "a2", "b1"], crs=4326)
    >>> dissolve(grids, "village")["households"].to_dict()
    {'a': 30, 'b': 5}
    """
    codes = level_codes(grids, level)
    shapes = grids.geometry.to_numpy()
    join = shapely.coverage_union_all if _fits(shapes) else shapely.union_all
    groups = codes.groupby(codes.to_numpy(), sort=True).groups
    rows = {str(code): grids.index.get_indexer(members) for code, members in groups.items()}
    table = gpd.GeoDataFrame(
        {"name": [_name(grids, level, code, at) for code, at in rows.items()]},
        geometry=[join(shapes[at]) for at in rows.values()],
        index=pd.Index(list(rows), dtype="str", name="area"),
        crs=grids.crs,
    )
    table["grids"] = pd.array([len(at) for at in rows.values()], "Int64")
    for column in ("households", "population"):
        if column in grids:
            known = grids[column].astype("Int64")
            sums = [known.iloc[at].sum(skipna=False) for at in rows.values()]
            table[column] = pd.array(sums, "Int64")
    return table


def level_codes(grids: pd.DataFrame, level: str) -> pd.Series:
    """Give the code of the area that each grid lies in.

    Parameters
    ----------
    grids : GeoDataFrame, indexed by `grid_id`
        With `village_code` and `township_code`.
    level : {"village", "township", "county"}
        How coarse.

    Returns
    -------
    Series of str, indexed like `grids`

    Raises
    ------
    DataError
        If there is no such level, or the grids lack its code.
    """
    column = {"village": "village_code", "township": "township_code", "county": "village_code"}
    if level not in column:
        raise DataError(
            en=f"`level` must be village, township or county; it is {level!r}.",
            zh=f"`level` 须为 village (村居)、township (乡镇) 或 county (县); 现为 {level!r}。",
        )
    if column[level] not in grids or grids[column[level]].isna().any():
        raise DataError(
            en=f"`grids` must have `{column[level]}` for every grid. Use `read_grids`, which takes "
            "it from the grid's id.",
            zh=f"每个网格须有 `{column[level]}`。请用 `read_grids` 读入, 它会由网格编码得出。",
        )
    codes = grids[column[level]].astype("str")
    return codes.str[:6] if level == "county" else codes


def _fits(shapes: Any) -> bool:
    return bool(shapely.is_valid(shapes).all() and shapely.coverage_is_valid(shapes))


def _name(grids: pd.DataFrame, level: str, code: str, at: Any) -> str:
    if f"{level}_name" not in grids:
        return code
    names = grids[f"{level}_name"].iloc[at].dropna()
    return str(names.iloc[0]) if len(names) else code
