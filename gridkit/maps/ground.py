"""What a county's maps lie on: rivers and roads as lines, and tiles where it has some."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.errors import DataError
from gridkit.maps.escape import Json, safe
from gridkit.maps.shapes import STEPS_PER_DEGREE
from gridkit.maps.tile_source import FileSource, TileSource, read_tile_sources

RIVERS, ROADS = "rivers.geojson", "roads.geojson"
_WGS84_NAMES = ("null", "CRS84", "4326")  # in the member `crs`, or none at all
_TOLERANCE = 1e-4  # degrees, about 10 m: finer than a county's map shows


@dataclass(frozen=True, eq=False)
class Ground:
    """Lines and tiles below the layers.

    Attributes
    ----------
    rivers, roads : GeoDataFrame or None
        Lines in WGS-84; `name`, and `rank` (1 large, 2 small), as far as present.
    tiles : tuple of TileSource or FileSource
        Base maps that the workspace's `tiles.toml` names.
    """

    rivers: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    tiles: tuple[TileSource | FileSource, ...] = ()

    def lines(self) -> list[Json]:
        """Give each line for the page: kind (0 river, 1 road), rank, places and steps."""
        out: list[Json] = []
        for kind, frame in enumerate((self.rivers, self.roads)):
            if frame is None or not len(frame):
                continue
            _check(frame)
            parts, of = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
            parts = shapely.simplify(parts, _TOLERANCE)
            ranks = _ranks(frame)[of]
            out += [
                [kind, int(rank), _steps(line)]
                for rank, line in zip(ranks, parts, strict=True)
                if shapely.get_num_points(line) > 1
            ]
        return out

    def names(self) -> list[tuple[int, int, str, int, int]]:
        """Give the names of rivers for `PlaceNames`, each on the middle of its longest line."""
        if self.rivers is None or "name" not in self.rivers:
            return []
        some = self.rivers[self.rivers["name"].fillna("") != ""]
        longest = some.assign(far=some.geometry.to_numpy()).iloc[
            np.argsort(-shapely.length(some.geometry.to_numpy()), kind="stable")
        ]
        longest = longest.drop_duplicates("name")
        middle = shapely.line_interpolate_point(
            shapely.line_merge(longest.geometry.to_numpy()), 0.35, normalized=True
        )
        xy = np.rint(shapely.get_coordinates(middle) * STEPS_PER_DEGREE).astype(int)
        return [
            (x, y, safe(name), 2, 0)
            for (x, y), name in zip(xy.tolist(), longest["name"], strict=True)
        ]


def read_ground(folder: str | Path) -> Ground:
    """Read a workspace's rivers, roads and base maps, where it has them.

    Parameters
    ----------
    folder : str or Path
        With `rivers.geojson` and `roads.geojson` (WGS-84) and `tiles.toml`, or without.

    Returns
    -------
    Ground

    Raises
    ------
    DataError
        If a file is there and cannot be read.

    Examples
    --------
    >>> read_ground("no such folder").lines()
    []
    """
    found = []
    for name in (RIVERS, ROADS):
        path = Path(folder) / name
        try:
            found.append(_read_lines(path) if path.is_file() else None)
        except (OSError, RuntimeError, ValueError, LookupError, TypeError) as error:
            raise DataError(
                en=f"{name} of the workspace cannot be read ({type(error).__name__}); it must "
                "be GeoJSON of lines in WGS-84. Correct it, or take it away.",
                zh=f"工作区中的 {name} 读不懂 ({type(error).__name__}); 须为 WGS-84 的线 GeoJSON。"
                "请更正或移走。",
            ) from None
    return Ground(found[0], found[1], read_tile_sources(folder))


def _read_lines(path: Path) -> gpd.GeoDataFrame:
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    named = json.dumps(document.get("crs"))
    if not any(name in named for name in _WGS84_NAMES):
        return gpd.read_file(path)  # loads GDAL: 27 MB more in the kernel of every form
    return gpd.GeoDataFrame.from_features(document["features"], crs="EPSG:4326")


def _check(frame: gpd.GeoDataFrame) -> None:
    kinds = shapely.get_type_id(frame.geometry.to_numpy())
    if (
        not np.isin(kinds, (1, 5)).all()
        or frame.crs is None
        or frame.crs.to_epsg() not in {4326, 4490}
    ):
        raise DataError(
            en="Rivers and roads must be lines in WGS-84 (EPSG:4326); areas and points are not "
            "drawn, and other systems must be converted first.",
            zh="河流和道路须为 WGS-84 (EPSG:4326) 的线; 面和点不画, 其他坐标系请先转换。",
        )


def _ranks(frame: gpd.GeoDataFrame) -> np.ndarray:
    if "rank" not in frame:
        return np.full(len(frame), 2)
    return np.asarray(
        pd.to_numeric(frame["rank"], errors="coerce").fillna(2).to_numpy(dtype=int)
    )


def _steps(line: shapely.LineString) -> list[int]:
    """Give the first point in 1e-5 degrees, then the steps to each next one."""
    whole = np.rint(shapely.get_coordinates(line) * STEPS_PER_DEGREE).astype(int)
    step = np.diff(whole, axis=0, prepend=0)
    step[0] = whole[0]
    flat: list[int] = step.ravel().tolist()
    return flat
