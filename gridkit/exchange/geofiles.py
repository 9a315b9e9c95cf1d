"""Files of geodata: GeoPackage, GeoJSON, shapefile and KML, in the datum that is asked for.

No file says in which datum its degrees are: a GeoJSON in GCJ-02 reads as WGS-84 and lies
half a kilometer off. So the datum is an argument that must be given, on the way in and on
the way out, and a file that is not in WGS-84 says so in its name.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gridkit.errors import ImportFileError
from gridkit.exchange.csv_table import write_csv
from gridkit.exchange.geofile_reading import (
    Shift,
    check_datum,
    driver_of,
    read_geo,
    shifted,
)
from gridkit.exchange.mapping import Datum
from gridkit.exchange.shapefile import check_names
from gridkit.records.datum import wgs84_to_bd09, wgs84_to_gcj02
from gridkit.records.desk_file import desk_path

__all__ = ["read_geo", "writable", "write_geo", "write_layers"]

_OUT: dict[Datum, Shift] = {"gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}


def write_geo(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    *,
    datum: Datum = "wgs84",
    layer: str | None = None,
    encoding: str = "utf-8",
) -> Path:
    """Write a layer of geodata in a datum.

    Parameters
    ----------
    frame : GeoDataFrame
        In WGS-84. The index is written as a column if it has a name. One for the desk
        (``attrs["audience"]``) makes a file that says so in its name.
    path : str or Path
        .gpkg, .geojson, .shp or .kml; replaced if it is there.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}
        GCJ-02 and BD-09 are put into the name (``town.gcj02.geojson``), for no format can
        say them; such a file has no CRS either, so that no GIS takes it for WGS-84.
    layer : str, optional
        Name of the layer; the file's by default.
    encoding : {"utf-8", "gbk"}
        Of a shapefile's texts; its .cpg says so.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    ImportFileError
        If the kind of file is not known or cannot hold this, or it cannot be written.

    Examples
    --------
    >>> import shapely
    >>> town = gpd.GeoDataFrame(geometry=[shapely.Point(117.47, 26.73)], crs=4326)
    >>> folder = tempfile.mkdtemp()
    >>> write_geo(town, Path(folder) / "town.gpkg").name
    'town.gpkg'
    """
    private = _is_private([frame])
    path = desk_path(path) if private else Path(path)
    driver = driver_of(path)
    check_datum(datum)
    table = writable(frame)
    options: dict[str, Any] = {}
    if datum in _OUT:
        if driver == "LIBKML":
            raise ImportFileError(
                zh=f"KML 规定用 WGS-84, 不能写成 {datum}; 请换 GeoJSON 或 Shapefile。",
                en=f"KML is WGS-84 by its standard and cannot hold {datum}; write GeoJSON or a shapefile.",
            )
        table = table.set_geometry(shifted(table.geometry.to_numpy(), _OUT[datum]), crs=None)
        table = table.set_crs(None, allow_override=True)
        path = path.with_name(f"{path.stem}.{datum}{path.suffix}")
    elif datum == "cgcs2000" and driver not in {"LIBKML", "GeoJSON"}:
        table = table.set_crs("EPSG:4490", allow_override=True)
    if driver == "ESRI Shapefile":
        check_names(table, path.name, encoding)
        options["encoding"] = encoding
    _write([(layer or path.stem, table)], path, driver, private=private, **options)
    return path


def write_layers(
    tables: Mapping[str, gpd.GeoDataFrame],
    path: str | Path,
    *,
    dictionary: pd.DataFrame,
    about: str = "",
) -> list[Path]:
    """Write several layers with their data dictionary, for QGIS and the like.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
        Layers by name, in WGS-84. Where one is for the desk (``attrs["audience"]``), so is the
        file: it says so in its name, and only its owner can read it.
    path : str or Path
        A .gpkg that takes all of them, the dictionary as the table ``数据字典``; or a
        .geojson, beside which a file for each layer is laid (``map.网格.geojson``) and the
        dictionary as CSV.
    dictionary : DataFrame
        What each column is; a row per layer and column.
    about : str
        Source, date and for whom: the description of each layer.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    ImportFileError
        If the kind of file is another, or it cannot be written.

    Examples
    --------
    >>> import shapely
    >>> town = gpd.GeoDataFrame({"名称": ["古镛镇"]}, geometry=[shapely.Point(117.47, 26.73)], crs=4326)
    >>> words = pd.DataFrame({"图层": ["乡镇"], "字段": ["名称"], "含义": ["乡镇的名称"]})
    >>> written = write_layers({"乡镇": town}, Path(tempfile.mkdtemp()) / "a.gpkg", dictionary=words)
    >>> read_geo(written[0], datum="wgs84", layer="乡镇")["名称"].tolist()
    ['古镛镇']
    """
    private = _is_private(list(tables.values()))
    path = desk_path(path) if private else Path(path)
    driver = driver_of(path)
    layers = {name: writable(table) for name, table in tables.items()}
    if driver == "GPKG":
        _write(
            [*layers.items(), ("数据字典", dictionary)],
            path,
            driver,
            private=private,
            DESCRIPTION=about,
        )
        return [path]
    if driver != "GeoJSON":
        raise ImportFileError(
            zh=f"{path.name}: 多个图层请写成 .gpkg 或 .geojson。",
            en=f"{path.name}: several layers go into a .gpkg or .geojson.",
        )
    written = []
    for name, table in layers.items():
        file = path.with_name(f"{path.stem}.{name}{path.suffix}")
        _write([(name, table)], file, driver, private=private, DESCRIPTION=about)
        written.append(file)
    words = path.with_name(f"{path.stem}.数据字典.csv")
    return [*written, _write_words(dictionary, words, private=private)]


def writable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Turn the index into a column, and categories into the texts they stand for."""
    table = frame.reset_index() if frame.index.name else frame.copy()
    for column in table.columns[table.dtypes == "category"]:
        table[column] = table[column].astype("str")
    return table


def _is_private(tables: Sequence[pd.DataFrame]) -> bool:
    """Say whether any of these is for the desk (`maps.layer_tables.desk_tables` says so)."""
    return any(table.attrs.get("audience") == "desk" for table in tables)


def _write(
    layers: Sequence[tuple[str, pd.DataFrame]],
    path: Path,
    driver: str,
    *,
    private: bool,
    **options: Any,
) -> None:
    """Write beside the place first: nobody ever opens half a file."""
    import pyogrio
    from pyogrio.errors import DataSourceError, FeatureError, FieldError, GeometryError

    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".geo-") as made:
            for i, (name, table) in enumerate(layers):
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", "'crs' was not provided")
                    pyogrio.write_dataframe(
                        table,
                        Path(made) / path.name,
                        layer=name,
                        driver=driver,
                        append=i > 0,
                        **options,
                    )
            for stale in path.parent.glob(f"{path.stem}.*"):
                if stale.suffix in {".shx", ".dbf", ".prj", ".cpg"} and path.suffix == ".shp":
                    stale.unlink()
            for part in sorted(Path(made).iterdir()):
                part.chmod(0o600 if private else 0o644)
                part.replace(path.parent / part.name)
    except (DataSourceError, FeatureError, FieldError, GeometryError, OSError) as fault:
        raise _unwritten(path, fault) from None


def _write_words(dictionary: pd.DataFrame, path: Path, *, private: bool) -> Path:
    try:
        write_csv(dictionary, path)
        path.chmod(0o600 if private else 0o644)
    except OSError as fault:
        raise _unwritten(path, fault) from None
    return path


def _unwritten(path: Path, fault: Exception) -> ImportFileError:
    return ImportFileError(
        zh=f"{path.name} 没有写成: 请检查磁盘空间、写权限, 以及该格式能否容纳这些图形和字段。",
        en=f"{path.name} was not written ({type(fault).__name__}): check disk space, permissions, and "
        "whether the format can hold these shapes and columns.",
    )
