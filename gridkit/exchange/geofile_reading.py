"""Reading files of geodata: every way in which one can be wrong is told, none is guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.errors import ImportFileError
from gridkit.exchange.mapping import DATUMS, Datum
from gridkit.exchange.shapefile import shapefile_encoding
from gridkit.records.datum import bd09_to_wgs84, gcj02_to_wgs84
from gridkit.records.places import WGS84

if TYPE_CHECKING:
    from numpy.typing import NDArray

Shape = Literal["polygon", "line", "point", "unchecked_polygon"]
Shift = Callable[[Any, Any], tuple[Any, Any]]

DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".shp": "ESRI Shapefile",
    ".kml": "LIBKML",
}
_IN: dict[Datum, Shift] = {"gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
_FAMILIES: dict[int, Shape] = {
    0: "point", 4: "point", 1: "line", 2: "line", 5: "line", 3: "polygon", 6: "polygon",
}  # fmt: skip
_WORDS = {"polygon": "面", "line": "线", "point": "点"}
# what a KML has of its own, empty in most files
_KML = (
    "id", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude",
    "visibility", "drawOrder", "icon",
)  # fmt: skip
# Degrees of these old datums lie up to 100 m off, by parameters that are not public
_OLD = ("Beijing", "Xian", "北京", "西安")


def read_geo(
    path: str | Path,
    *,
    datum: Datum,
    shape: Shape | None = None,
    layer: str | None = None,
    encoding: str = "auto",
    crs: str | None = None,
) -> gpd.GeoDataFrame:
    """Read a layer of geodata and bring it to WGS-84.

    Parameters
    ----------
    path : str or Path
        .gpkg, .geojson, .json, .shp or .kml.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}
        What the coordinates were measured in: ask who made the file. CGCS2000 is taken as
        WGS-84.
    shape : {"polygon", "line", "point", "unchecked_polygon"}, optional
        What all features must be. "unchecked_polygon" lets through what is to be checked feature
        by feature: at least one polygon, with others that are none or have no geometry.
    layer : str, optional
        Needed where the file has several.
    encoding : str
        Of a shapefile's texts; "auto" takes the .cpg, else finds out.
    crs : str, optional
        The projection, such as ``"EPSG:4547"``, for a file that does not say it. One in
        meters is not used for coordinates in degrees.

    Returns
    -------
    GeoDataFrame in WGS-84, one row per feature
        Columns as in the file, in two dimensions.

    Raises
    ------
    ImportFileError
        If the file is not there, cut short, empty, of another kind or shape, in an
        encoding or projection that is not known, or its longitude and latitude are swapped.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> town = gpd.GeoDataFrame({"名称": ["古镛镇"]}, geometry=[shapely.Point(117.47, 26.73)], crs=4326)
    >>> from gridkit.exchange.geofiles import write_geo
    >>> with TemporaryDirectory() as folder:
    ...     file = write_geo(town, Path(folder) / "town.geojson", datum="gcj02")
    ...     file.name, read_geo(file, datum="gcj02").geometry[0].wkt[:19]
    ('town.gcj02.geojson', 'POINT (117.47 26.73')
    """
    path = Path(path)
    driver = driver_of(path)
    check_datum(datum)
    raw = _open(path, driver, layer, encoding)
    _check_shapes(raw, path.name, shape)
    flat = _to_degrees(raw, path.name, crs)
    if datum in _IN:
        flat = flat.set_geometry(shifted(flat.geometry.to_numpy(), _IN[datum]), crs=WGS84)
    return flat


# --- checks ---------------------------------------------------------------------------------


def driver_of(path: Path) -> str:
    """Give GDAL's name for a kind of file, or raise ImportFileError."""
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise ImportFileError(
            zh=f"{path.name}: 只认 {'、'.join(DRIVERS)} 文件。请在 GIS 软件中另存为其中一种。",
            en=f"{path.name}: only {', '.join(DRIVERS)} files are known. Save it as one of them in a GIS.",
        )
    return driver


def check_datum(datum: str) -> None:
    """Raise ImportFileError unless there is such a datum."""
    if datum not in DATUMS:
        raise ImportFileError(
            zh=f"`datum` (坐标系) 须为 {'、'.join(DATUMS)} 之一; 现为 {datum!r}。请问明文件用什么软件制作。",
            en=f"`datum` must be one of {', '.join(DATUMS)}; it is {datum!r}. Ask who made the file, "
            "and with what.",
        )


def _open(path: Path, driver: str, layer: str | None, encoding: str) -> gpd.GeoDataFrame:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError

    if not path.is_file():
        raise ImportFileError(
            zh=f"没有找到 {path.name}; 请核对路径。",
            en=f"{path.name} is not there; check the path.",
        )
    options = {}
    if driver == "ESRI Shapefile":
        options["encoding"] = shapefile_encoding(path, encoding)
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        layer = _one_layer(layers, layer, path.name)
        frame = pyogrio.read_dataframe(path, layer=layer, **options)
    except (
        DataSourceError,
        DataLayerError,
        FeatureError,
        FieldError,
        UnicodeDecodeError,
        OSError,
    ):
        raise ImportFileError(
            zh=f"{path.name} 读不通: 不是 {driver} 文件, 或不完整 (只拷贝了一半?)。请重新拷贝或导出。",
            en=f"{path.name} cannot be read: no {driver} file, or cut short. Copy or export it again.",
        ) from None
    if not isinstance(frame, gpd.GeoDataFrame) or len(frame) == 0:
        raise ImportFileError(
            zh=f"{path.name} 中没有任何要素。请核对导出的图层和选择范围。",
            en=f"{path.name} has no features. Check which layer and selection were exported.",
        )
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    return _without_kml(frame, layer) if driver == "LIBKML" else frame


def _without_kml(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Drop what KML or GDAL put in by themselves, and give `name` back its name."""
    frame = frame.rename(columns={"Name": "name"}) if "name" not in frame else frame
    empty = {
        c: (frame[c].isna() | frame[c].isin([-1, 0, ""])).all()
        for c in (*_KML, "name")
        if c in frame
    }
    if "id" in frame:  # GDAL numbers the features: town.1, town.2
        numbered = [f"{layer}.{i + 1}" for i in range(len(frame))]
        empty["id"] = bool(frame["id"].isna().all()) or frame["id"].tolist() == numbered
    return frame.drop(columns=[c for c, nothing in empty.items() if nothing])


def _one_layer(layers: list[str], layer: str | None, name: str) -> str:
    named = ", ".join(layers[:8]) or "0"
    if layer is None and len(layers) == 1:
        return layers[0]
    if layer is None or layer not in layers:
        raise ImportFileError(
            zh=f"{name} 中有图层 {named}; 请用 layer 指明要哪一个。",
            en=f"{name} has the layers {named}; say by `layer` which one.",
        )
    return layer


def _check_shapes(frame: gpd.GeoDataFrame, name: str, shape: Shape | None) -> None:
    shapes = frame.geometry.to_numpy()
    none = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kinds = pd.Series(shapely.get_type_id(shapes)).map(_FAMILIES)
    rows = [f"#{i + 1}" for i in np.flatnonzero(none)[:3]]
    if shape == "unchecked_polygon":
        if (kinds[~none] == "polygon").any():
            return
        shape = "polygon"
    if none.any():
        raise ImportFileError(
            zh=f"{name} 有 {int(none.sum())} 个要素没有图形 ({', '.join(rows)}); 请删去或补画。",
            en=f"{name} has {int(none.sum())} features without geometry ({', '.join(rows)}); remove "
            "or draw them.",
        )
    if shape is not None and (kinds != shape).any():
        found = kinds.map(_WORDS).fillna("混合").value_counts()
        zh = "、".join(f"{word} {n} 个" for word, n in found.items())
        other = [f"#{i + 1}" for i in np.flatnonzero(kinds != shape)[:3]]
        raise ImportFileError(
            zh=f"{name} 中应全是{_WORDS[shape]}, 现有 {zh} (如 {', '.join(other)})。请分图层导出。",
            en=f"{name} must hold {shape}s only; {int((kinds != shape).sum())} features are not "
            f"({', '.join(other)}). Export the layers apart.",
        )


def _to_degrees(frame: gpd.GeoDataFrame, name: str, crs: str | None) -> gpd.GeoDataFrame:
    flat = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    said = None if crs is None else _known_crs(crs)
    if said is not None and not (said.is_projected and _degrees(flat.total_bounds)):
        flat = flat.set_crs(said, allow_override=True)
    if flat.crs is None:
        flat = flat.set_crs(WGS84) if _degrees(flat.total_bounds) else _no_crs(name)
    if any(old in str(flat.crs.datum) for old in _OLD):
        raise ImportFileError(
            zh=f"{name} 用的是 {flat.crs.name}: 与 CGCS2000 相差可达百米, 转换参数不公开。"
            "请向测绘部门要转换后的成果。",
            en=f"{name} is in {flat.crs.name}, up to 100 m off CGCS2000 by parameters that are not "
            "public. Ask the surveying office for converted data.",
        )
    known = flat.crs.is_geographic
    flat = flat.set_crs(WGS84, allow_override=True) if known else flat.to_crs(WGS84)
    west, south, east, north = flat.total_bounds
    if 73 <= south <= north <= 135 and 3 <= west <= east <= 54:
        raise ImportFileError(
            zh=f"{name} 的经纬度颠倒了 (经度应在 73–135); 请对调后再导出。",
            en=f"Longitude and latitude are swapped in {name} (longitude is 73-135 in China); "
            "export it the other way round.",
        )
    return flat if _degrees(flat.total_bounds) else _no_crs(name)


def _degrees(bounds: NDArray[np.float64]) -> bool:
    west, south, east, north = bounds
    return bool(-180 <= west <= east <= 180 and -180 <= south <= north <= 180)


def _no_crs(name: str) -> gpd.GeoDataFrame:
    raise ImportFileError(
        zh=f"{name} 没有写明投影, 坐标又不是经纬度; 请问明后用 crs 指明, 如 EPSG:4547 "
        "(CGCS2000 三度带, 中央经线 114°)。",
        en=f"{name} names no projection, and its coordinates are not degrees; find out and say it by "
        "`crs`, such as EPSG:4547 (CGCS2000, 3-degree zone at 114° E).",
    )


def _known_crs(crs: str) -> Any:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(crs)
    except CRSError:
        raise ImportFileError(
            zh=f"不认识的投影 {crs!r}; 请写 EPSG 编号, 如 EPSG:4547。",
            en=f"The projection {crs!r} is not known; write its EPSG number, such as EPSG:4547.",
        ) from None


def shifted(shapes: NDArray[Any], shift: Shift) -> NDArray[Any]:
    """Move every vertex by a datum's shift."""
    return np.asarray(
        shapely.transform(shapes, lambda xy: np.column_stack(shift(xy[:, 0], xy[:, 1])))
    )
