"""Concerns that have a place and no grid: their grid is found before they are counted."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.hotspots.counts import answered
from gridkit.hotspots.relations import Question, Scale, coded, database, kinds_of
from gridkit.hotspots.source import Concerns, parquet_types, quoted, raw_view

if TYPE_CHECKING:
    import duckdb
    import geopandas as gpd

# so many vectors of 2,048 rows at once: about a million concerns
_VECTORS = 512
# stands for all grids that are not in the table of grids; no grid may be called so
_UNKNOWN = "?"


class Placed(NamedTuple):
    """Where the concerns with their grids are, and what was done to them."""

    concerns: Concerns
    ran: bool
    placed: int
    outside: int


def place_concerns(
    concerns: Concerns,
    grids: gpd.GeoDataFrame,
    folder: Path,
    question: Question,
    scale: Scale | None = None,
    progress: Callable[[float], object] = lambda _: None,
) -> Placed:
    """Find the grid of every concern that has `lon` and `lat` and no `grid_id`.

    A million at a time. A grid that was recorded is kept, whatever the place.

    Parameters
    ----------
    concerns : DataFrame, or path of Parquet files
        A frame, and files without `lon` and `lat`, are given back as they are.
    grids : GeoDataFrame
        In WGS-84, indexed by `grid_id`.
    folder : Path
        Empty; takes the Parquet files with `grid_id`, `category`, `heard_on`.
    question, scale, progress
        As for `write_counts`.

    Returns
    -------
    Placed

    Raises
    ------
    DataError
        If there are places but the grids have no borders, or files cannot be read.
    """
    if isinstance(concerns, pd.DataFrame):
        return Placed(concerns, ran=False, placed=0, outside=0)
    with database(scale) as connection:
        types = parquet_types(connection, concerns)
        if not _is_needed(connection, types):
            return Placed(concerns, ran=False, placed=0, outside=0)
        _check_borders(grids)
        known = ["grid_id"] if "grid_id" in types else []
        *_, category = raw_view(
            connection, concerns, [*known, "lon", "lat"], question.by, question.never
        )
        coded(connection, "grid_code", [*grids.index.astype("str"), _UNKNOWN])
        coded(connection, "category_code", kinds_of(connection, question))
        grid = quoted("grid_id") if known else "NULL"
        connection.execute(
            f"CREATE VIEW open AS SELECT CASE WHEN {grid} IS NOT NULL THEN COALESCE("
            f"TRY_CAST(CAST({grid} AS VARCHAR) AS grid_code), '{_UNKNOWN}'::grid_code) END "
            f"AS grid_id, TRY_CAST(CAST({category} AS VARCHAR) AS category_code) AS category, "
            "heard_on, TRY_CAST(lon AS DOUBLE) AS lon, TRY_CAST(lat AS DOUBLE) AS lat FROM raw"
        )
        placed, outside = _in_pieces(connection, concerns, grids, folder, progress)
    return Placed(folder, ran=True, placed=placed, outside=outside)


def _is_needed(connection: duckdb.DuckDBPyConnection, types: Collection[str]) -> bool:
    """Tell whether some concern has a place and no grid."""
    if not {"lon", "lat"} <= set(types):
        return False
    if "grid_id" not in types:
        return True
    found = connection.execute(
        "SELECT 1 FROM raw WHERE grid_id IS NULL AND lon IS NOT NULL AND lat IS NOT NULL LIMIT 1"
    )
    return bool(found.fetchall())


def _in_pieces(
    connection: duckdb.DuckDBPyConnection,
    concerns: str | Path,
    grids: gpd.GeoDataFrame,
    folder: Path,
    progress: Callable[[float], object],
) -> tuple[int, int]:
    from gridkit.records.grids import locate

    total = max(1, connection.sql("SELECT COUNT(*) FROM raw").fetchall()[0][0])
    reader = answered(connection.cursor(), "SELECT * FROM open", concerns)
    writer = connection.cursor()
    done = placed = outside = 0
    while True:
        piece = reader.fetch_df_chunk(_VECTORS)
        if piece.empty and done:
            return placed, outside
        labels = pd.Index(piece["grid_id"].cat.categories)
        codes = np.asarray(piece["grid_id"].cat.codes, dtype=np.int64)
        open_ = np.flatnonzero((codes < 0) & piece[["lon", "lat"]].notna().all(axis=1))
        found = locate(piece["lon"].to_numpy()[open_], piece["lat"].to_numpy()[open_], grids)
        codes[open_] = labels.get_indexer(pd.Index(found))
        placed += int((codes[open_] >= 0).sum())
        outside += int((codes[open_] < 0).sum())
        kept = piece[["category", "heard_on"]].assign(
            grid_id=pd.Categorical.from_codes(codes, categories=labels)
        )
        writer.register("piece", kept)
        name = str(folder / f"{done:012}.parquet").replace("'", "''")
        writer.execute(f"COPY (SELECT * FROM piece) TO '{name}' (FORMAT parquet)")
        done += max(1, len(piece))
        progress(min(1.0, done / total))


def _check_borders(grids: gpd.GeoDataFrame) -> None:
    if not hasattr(grids, "geometry"):
        raise DataError(
            en="`grids` must have their borders (`geometry`): concerns have places to be found.",
            zh="`grids` 须带边界 (`geometry`): 诉求带有坐标, 要据此归入网格。",
        )
    if _UNKNOWN in grids.index:
        raise DataError(
            en=f"no grid may be called {_UNKNOWN!r}.", zh=f"网格编码不得为 {_UNKNOWN!r}。"
        )
