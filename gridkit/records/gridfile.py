"""The file of grids: GeoJSON in WGS-84, read with all its faults named at once.

GeoPackage and shapefiles are read too, if they say which coordinates they hold. A GeoJSON
in GCJ-02 looks like any other: nothing in it can tell, so ask where it comes from.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.errors import DataError, Problem, StoreError, StoreFullError, why_os
from gridkit.records.places import WGS84

COLUMNS = ("name", "village_code", "township_code", "households", "population")
NAMES = ("village_name", "township_name")
"""Names of the divisions that a grid lies in; kept where a file has them."""
_REQUIRED = ("grid_id", "name", "households")
# the ways in which a GeoJSON may still say WGS-84 (the member was dropped by RFC 7946);
# CGCS2000 (4490) is treated as equal
_WGS84_NAMES = ("CRS84", "4326", "4490")
_JSON = {".geojson", ".json"}


def read_grids(path: str | Path) -> gpd.GeoDataFrame:
    """Read grids from a file and check them.

    Parameters
    ----------
    path : str or Path
        GeoJSON in WGS-84 (longitude first, UTF-8), or GeoPackage or shapefile with its
        CRS. Each feature is one grid, a polygon with `grid_id`, `name`, `households`
        (whole number; missing where unknown: such grids have no rate, and maps say so), and
        if known `population`, `village_code`, `township_code` (else the first 12 and 9 digits of the id),
        `village_name`, `township_name`.

    Returns
    -------
    GeoDataFrame, indexed by `grid_id`
        In WGS-84, with the columns of `gridkit.records.grids`, in the order of the file.

    Raises
    ------
    DataError
        If the file cannot be read or breaks a rule; `problems` names every fault.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from gridkit.records.grids import make_grids
    >>> made = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
    >>> with TemporaryDirectory() as folder:
    ...     write_grids(made, Path(folder) / "grids.geojson")
    ...     read_grids(Path(folder) / "grids.geojson").equals(made)
    True
    """
    path = Path(path)
    raw, problems = _read_geojson(path) if path.suffix.lower() in _JSON else _read_other(path)
    return _checked(raw, path.name, problems)


def check_grids(raw: gpd.GeoDataFrame, name: str = "grids") -> gpd.GeoDataFrame:
    """Check grids that came another way than by `read_grids`, and type them.

    Parameters
    ----------
    raw : GeoDataFrame in WGS-84
        With the columns that `read_grids` asks for, `grid_id` among them.
    name : str
        What to call them in a message.

    Returns
    -------
    GeoDataFrame, indexed by `grid_id`
        As `read_grids` gives it.

    Raises
    ------
    DataError
        If they break a rule; `problems` names every fault.
    """
    return _checked(raw, name, [])


def _checked(raw: gpd.GeoDataFrame, name: str, problems: list[Problem]) -> gpd.GeoDataFrame:
    problems += list(_column_problems(raw))
    if not any(p.row == "*" for p in problems):
        problems += [*_id_problems(raw), *_number_problems(raw), *_shape_problems(raw)]
    if problems:
        raise DataError(
            en=f"{name} cannot be taken as grids; faults found: {len(problems)}.",
            zh=f"{name} 不能用作网格文件; 共有 {len(problems)} 处问题。",
            problems=problems,
        )
    return type_grids(raw)


def write_grids(grids: gpd.GeoDataFrame, path: str | Path) -> None:
    """Write grids as GeoJSON, one feature per line, coordinates in full.

    The file is there whole or not at all: it is written beside its place first.

    Parameters
    ----------
    grids : GeoDataFrame
        As `read_grids` returns it.
    path : str or Path
        Usually `grids.geojson`; replaced if it exists.

    Raises
    ------
    StoreError
        If the file cannot be written (StoreFullError if the disk is full).
    """
    path = Path(path)
    kept = [*COLUMNS, *(name for name in NAMES if name in grids)]
    table = pd.DataFrame(grids[kept]).astype(object)
    table = table.where(table.notna(), None)
    shapes = shapely.to_geojson(grids.geometry.to_numpy())
    lines = []
    for grid_id, row, shape in zip(grids.index, table.to_dict("records"), shapes, strict=True):
        properties = json.dumps({"grid_id": grid_id, **row}, ensure_ascii=False)
        lines.append(f'{{"type":"Feature","properties":{properties},"geometry":{shape}}}')
    body = ",\n".join(lines)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as out:
            out.write(f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n')
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as fault:
        part.unlink(missing_ok=True)
        kind = StoreFullError if fault.errno == errno.ENOSPC else StoreError
        raise kind(
            en=f"{path.name} was not written: {fault.strerror}; what was there before is kept.",
            zh=f"{path.name} 未能写入 ({why_os(fault)}); 原有文件未改动。",
        ) from fault


def type_grids(raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring checked columns to the dtypes of the contract, indexed by `grid_id`."""
    ids = pd.Index(raw["grid_id"].astype(str), dtype="str", name="grid_id")
    text = ids.to_series()
    village = raw["village_code"] if "village_code" in raw else text.str[:12]
    township = raw["township_code"] if "township_code" in raw else text.str[:9] + "000"
    population = raw["population"] if "population" in raw else [pd.NA] * len(raw)
    data = {
        "name": pd.array(raw["name"].astype(str).to_numpy(), dtype="str"),
        "village_code": pd.Categorical(pd.array(np.asarray(village).astype(str), dtype="str")),
        "township_code": pd.Categorical(
            pd.array(np.asarray(township).astype(str), dtype="str")
        ),
        "households": _whole(raw["households"]),
        "population": _whole(population),
    }
    for name in NAMES:
        if name in raw:
            data[name] = pd.Categorical(
                pd.array(np.asarray(raw[name]).astype(str), dtype="str")
            )
    shapes = shapely.force_2d(raw.geometry.to_numpy())
    return gpd.GeoDataFrame(data, index=ids, geometry=shapes, crs=WGS84)


def _whole(values: Any) -> Any:
    numbers = pd.to_numeric(pd.Series(np.asarray(values, dtype=object)), errors="raise")
    return pd.array(numbers.to_numpy(dtype=float, na_value=np.nan), dtype="Int64")


# --- reading --------------------------------------------------------------------------------


def _read_geojson(path: Path) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    try:
        # a BOM, as Windows editors write it, is no fault
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise _unreadable(path, fault.strerror or "", "读不到文件, 请核对路径") from fault
    except UnicodeDecodeError as fault:
        raise _unreadable(
            path, "not UTF-8", "不是 UTF-8 编码 (可能是 GBK), 请另存为 UTF-8"
        ) from fault
    except (ValueError, RecursionError) as fault:
        raise _unreadable(path, "no JSON, or cut short", "不是 JSON, 或文件不完整") from fault
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise _unreadable(path, "no features in it", "其中没有任何要素 (features)")
    features = [f if isinstance(f, dict) else {} for f in features]
    rows = [p if isinstance(p := f.get("properties"), dict) else {} for f in features]
    shapes = [json.dumps(f.get("geometry")) for f in features]
    geometry = shapely.from_geojson(shapes, on_invalid="ignore")
    raw = gpd.GeoDataFrame(pd.DataFrame(rows, dtype=object), geometry=geometry, crs=WGS84)
    crs = json.dumps(document.get("crs"))
    if document.get("crs") and not any(name in crs for name in _WGS84_NAMES):
        zh = "GeoJSON 须为 WGS-84 经纬度; 请先转换坐标系 (EPSG:4326)"
        return raw, [
            Problem("*", "crs", zh, "a GeoJSON must be in WGS-84; convert to EPSG:4326")
        ]
    return raw, []


def _read_other(path: Path) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        raw = gpd.read_file(path)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, OSError) as fault:
        raise _unreadable(path, "no file of geodata", "不是可读的地理数据文件") from fault
    if not isinstance(raw, gpd.GeoDataFrame) or len(raw) == 0:
        raise _unreadable(path, "no features in it", "其中没有任何要素")
    if raw.geometry.name != "geometry":
        raw = raw.rename_geometry("geometry")
    if raw.crs is None:
        zh = "文件没有说明坐标系; 请问明后用 GIS 软件写入 (EPSG:4326)"
        return raw, [Problem("*", "crs", zh, "the file names no CRS; find out and set it")]
    if raw.crs.to_epsg() == 4490:
        return raw.set_crs(WGS84, allow_override=True), []
    return raw.to_crs(WGS84), []


def _unreadable(path: Path, en: str, zh: str) -> DataError:
    return DataError(
        en=f"{path.name} cannot be read as a file of grids: {en}.",
        zh=f"{path.name} 不能作为网格文件读取: {zh}。",
    )


# --- faults ---------------------------------------------------------------------------------


def _column_problems(raw: gpd.GeoDataFrame) -> Iterator[Problem]:
    for column in _REQUIRED:
        if column not in raw:
            yield Problem("*", column, "缺少此列 (属性)", "this property is missing")


def _rows(raw: gpd.GeoDataFrame, at: Any) -> Iterator[str]:
    """Name rows so that a person finds them: their number in the file, and the id."""
    for i in np.flatnonzero(np.asarray(at, dtype=bool)):
        yield f"#{i + 1} {raw['grid_id'].iloc[i]}"


def _id_problems(raw: gpd.GeoDataFrame) -> Iterator[Problem]:
    ids = raw["grid_id"]
    empty = ids.isna() | (ids.astype(str).str.strip() == "")
    for row in _rows(raw, empty):
        yield Problem(row, "grid_id", "网格编码为空", "the grid has no id")
    for row in _rows(raw, ids.astype(str).duplicated(keep=False) & ~empty):
        yield Problem(
            row, "grid_id", "网格编码重复; 每个编码只能用一次", "this id is used twice"
        )
    for column, width in (("village_code", 12), ("township_code", 9)):
        given = raw.get(column, ids)
        pattern = r"[0-9]{12}" if column in raw else rf"[0-9]{{{width}}}.*"
        bad = ~given.astype(str).str.fullmatch(pattern) & ~empty
        for row in _rows(raw, bad):
            zh = "须为 12 位区划代码 (或由网格编码的前 12 位得出)"
            en = "must be a 12-digit division code (or the first digits of the grid id)"
            yield Problem(row, column, zh, en)
    for row in _rows(raw, raw["name"].isna() | (raw["name"].astype(str).str.strip() == "")):
        yield Problem(row, "name", "网格名称为空", "the grid has no name")


def _number_problems(raw: gpd.GeoDataFrame) -> Iterator[Problem]:
    for column in ("households", "population"):
        if column not in raw or raw[column].isna().all():
            continue
        numbers = pd.to_numeric(raw[column], errors="coerce").astype(float)
        bad = raw[column].notna() & ~((numbers >= 0) & (numbers % 1 == 0))
        for row in _rows(raw, bad):
            yield Problem(row, column, "须为 0 或正整数", "must be a whole number, 0 or more")


def _shape_problems(raw: gpd.GeoDataFrame) -> Iterator[Problem]:
    shapes = raw.geometry.to_numpy()
    none = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for row in _rows(raw, none):
        yield Problem(row, "geometry", "没有边界, 或边界不可读", "no geometry, or unreadable")
    polygonal = np.isin(shapely.get_type_id(shapes), [3, 6])
    for row in _rows(raw, ~none & ~polygonal):
        yield Problem(row, "geometry", "边界须为面 (Polygon)", "must be a polygon")
    for i in np.flatnonzero(polygonal & ~shapely.is_valid(shapes)):
        (row,) = _rows(raw, np.arange(len(raw)) == i)
        reason = shapely.is_valid_reason(shapes[i])
        zh, en = f"边界无效 (如自相交): {reason}", f"not a valid polygon: {reason}"
        yield Problem(row, "geometry", zh, en)
    west, south, east, north = shapely.bounds(shapes).T
    far = ~((west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)) & ~none
    for row in _rows(raw, far):
        zh = "不是经纬度 (经度在前, 单位为度); 请转换为 WGS-84"
        yield Problem(row, "geometry", zh, "not in degrees, longitude first; convert to WGS-84")
