"""`gridkit boundaries`: bring your own grids, see what is wrong with them, take them in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, cast

import typer

from gridkit.errors import DataError
from gridkit.terminal import bar, out, show

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.exchange.mapping import Datum

_COLUMNS = ("grid_id", "name", "households", "population", "village_code", "township_code")
_LISTED = 20


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    example = "gridkit boundaries 网格.shp --datum cgcs2000 --id 网格编号 --map 问题.html"
    app.command(epilog=f"例 example:  {example}")(boundaries)


def boundaries(
    file: Annotated[
        Path, typer.Argument(help="网格面: .gpkg .geojson .shp .kml · polygons of the grids")
    ],
    datum: Annotated[
        str, typer.Option(help="坐标系, 必须写明 · datum: wgs84, cgcs2000, gcj02, bd09")
    ],
    id_column: Annotated[
        str, typer.Option("--id", help="哪一列是网格编码 · column of the grid's id")
    ] = "grid_id",
    name_column: Annotated[
        str, typer.Option("--name", help="哪一列是名称 · column of the name")
    ] = "name",
    households_column: Annotated[
        str, typer.Option("--households", help="哪一列是户数 · column of the households")
    ] = "households",
    villages: Annotated[
        Path | None, typer.Option(help="村居面, 同一坐标系 · polygons of the villages")
    ] = None,
    village_column: Annotated[
        str,
        typer.Option("--village-code", help="村居面中哪一列是 12 位代码 · code of a village"),
    ] = "village_code",
    village_layer: Annotated[
        str | None, typer.Option(help="村居面文件中的图层 · layer of the villages' file")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="文件中的图层 · layer of the file")] = None,
    encoding: Annotated[
        str, typer.Option(help="Shapefile 的文字编码 · of a shapefile's texts")
    ] = "auto",
    crs: Annotated[
        str | None, typer.Option(help="文件没写投影时: EPSG:4547 等 · where the file has none")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="问题清单写到此 CSV · table of faults")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--map", help="问题画到此网页 · map of faults")
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="没有问题时存为网格文件 · where to put sound grids"),
    ] = None,
    levels: Annotated[
        Path | None,
        typer.Option(help="合并出的村居、乡镇、县存到此 .gpkg · dissolved levels"),
    ] = None,
) -> None:
    """检查网格边界的空隙、重叠、碎片、编码 · check grids: gaps, overlaps, slivers, codes."""
    from gridkit.exchange.geofiles import read_geo
    from gridkit.records.topology import grid_faults

    asked = cast("Datum", datum.lower())  # any other is refused with the choices named
    named = {"grid_id": id_column, "name": name_column, "households": households_column}
    with bar("读入、检查边界 · reading, checking"):
        raw = read_geo(
            file,
            datum=asked,
            shape="unchecked_polygon",
            layer=layer,
            encoding=encoding,
            crs=crs,
        )
        grids = _named(raw, named, file.name)
        outlines = None
        if villages is not None:
            outlines = _read_villages(villages, asked, village_layer, encoding, crs)
            outlines = _indexed(outlines, village_column, villages.name)
        faults = grid_faults(grids, outlines)
    _tell(faults, len(grids))
    if outlines is not None:
        _doubt(grids, outlines)
    if table is not None:
        _write_table(faults, table)
    if picture is not None:
        _draw(grids, faults, picture, file.name)
    if target is not None:
        _take_in(grids, faults, target)
    if levels is not None:
        _write_levels(grids, levels)
    if len(faults):
        raise typer.Exit(1)


def _read_villages(
    file: Path, datum: Datum, layer: str | None, encoding: str, crs: str | None
) -> gpd.GeoDataFrame:
    """Read the villages feature by feature, by their own projection, else by that of the grids."""
    from gridkit.errors import ImportFileError
    from gridkit.exchange.geofiles import read_geo

    shape: Final = "unchecked_polygon"
    try:
        return read_geo(file, datum=datum, shape=shape, layer=layer, encoding=encoding)
    except ImportFileError:
        if crs is None:
            raise
        return read_geo(file, datum=datum, shape=shape, layer=layer, encoding=encoding, crs=crs)


def _named(raw: gpd.GeoDataFrame, named: dict[str, str], name: str) -> gpd.GeoDataFrame:
    """Call the file's columns by our names, indexed by the grid's id."""
    frame = raw.rename(columns={there: here for here, there in named.items()})
    if "households" not in frame:
        frame["households"] = None
    frame = _indexed(frame, "grid_id", name)
    if "name" not in frame:
        frame["name"] = frame.index
    return frame[
        [c for c in (*_COLUMNS, "village_name", "township_name", "geometry") if c in frame]
    ]


def _indexed(frame: gpd.GeoDataFrame, column: str, name: str) -> gpd.GeoDataFrame:
    if column not in frame:
        there = ", ".join(str(c) for c in frame.columns[:12] if c != "geometry")
        raise DataError(
            zh=f"{name} 没有 {column} 这一列; 现有 {there}。请用 --id、--village-code 等选项指明。",
            en=f"{name} has no column {column}; it has {there}. Say by --id, --village-code and the "
            "like which one it is.",
        )
    codes = (
        frame[column]
        .astype("object")
        .fillna("")
        .astype("str")
        .str.strip()
        .str.removesuffix(".0")
    )
    return frame.drop(columns=column).set_index(codes.rename(column))


def _tell(faults: gpd.GeoDataFrame, n: int) -> None:
    from gridkit.records.topology import KINDS

    if len(faults) == 0:
        out.print(f"{n} 个网格, 没有发现问题 · {n} grids, no faults", style="green")
        return
    counts = faults["kind"].value_counts()
    said = "、".join(f"{KINDS[k][0]} {c}" for k, c in counts.items() if c)
    out.print(f"{n} 个网格, {len(faults)} 处问题: {said} · {len(faults)} faults")
    listed = faults[["kind", "grid", "zh"]].head(_LISTED)
    listed["kind"] = [KINDS[k][0] for k in listed["kind"]]
    listed.columns = ["问题", "网格", "说明"]
    show(f"最要紧的 {len(listed)} 处 · first {len(listed)}", listed)


def _doubt(grids: gpd.GeoDataFrame, outlines: gpd.GeoDataFrame) -> None:
    """Ask about the datum where another one would fit the villages better."""
    import pandas as pd

    from gridkit.exchange import datum_evidence
    from gridkit.records.grids import centroid

    own = (
        grids["village_code"] if "village_code" in grids else grids.index.astype("str").str[:12]
    )
    somewhere = ~(grids.geometry.isna() | grids.geometry.is_empty)
    own, grids = own[somewhere.to_numpy()], grids[somewhere]
    points = centroid(grids).reset_index(drop=True)
    drawn = outlines[~(outlines.geometry.isna() | outlines.geometry.is_empty)]
    unique = drawn[~drawn.index.duplicated()]
    found = datum_evidence(points, unique, pd.Series(list(own), dtype="str"))
    if found.likely is not None:
        out.print(f"{found.zh} · {found.en}", style="yellow")


def _write_table(faults: gpd.GeoDataFrame, path: Path) -> None:
    from gridkit.exchange.csv_table import write_csv
    from gridkit.records.topology import KINDS

    none = faults.geometry.isna() | faults.geometry.is_empty
    at = faults.geometry.mask(none).representative_point()
    rows = faults.drop(columns="geometry").assign(
        kind=[KINDS[k][0] for k in faults["kind"]],
        area_m2=faults["area_m2"].mask(none),
        lon=at.x.round(6),
        lat=at.y.round(6),
        where=none.map({True: "没有图形, 图上无处可标 / no place on the map", False: ""}),
    )
    rows.columns = [
        "问题",
        "网格",
        "另一方",
        "平方米",
        "说明",
        "English",
        "经度",
        "纬度",
        "位置",
    ]
    write_csv(rows, path)
    out.print(f"清单已写到 {path} · the table")


def _draw(grids: gpd.GeoDataFrame, faults: gpd.GeoDataFrame, path: Path, name: str) -> None:
    from gridkit import maps
    from gridkit.maps.fault_map import fault_map

    written = maps.save(fault_map(grids, faults, title=f"网格检查: {name}"), path)
    out.print(f"问题已画到 {written} · the map")


def _take_in(grids: gpd.GeoDataFrame, faults: gpd.GeoDataFrame, path: Path) -> None:
    from gridkit.records.gridfile import check_grids, write_grids

    if faults["kind"].isin(["ring", "duplicate"]).any():
        out.print(
            "有无效边界或重复编码, 未存为网格文件 · invalid polygons or codes used twice: not written",
            style="yellow",
        )
        return
    write_grids(check_grids(grids.reset_index(), path.name), path)
    out.print(f"已存为 {path}; 下一步 next:  gridkit new … --grids {path}")


def _write_levels(grids: gpd.GeoDataFrame, path: Path) -> None:
    from gridkit.exchange.geofiles import write_layers
    from gridkit.maps.layer_tables import dictionary, level_tables
    from gridkit.records.gridfile import check_grids

    tables = level_tables(check_grids(grids.reset_index(), path.name))
    write_layers(
        tables, path, dictionary=dictionary(tables), about="由网格合并 / dissolved from grids"
    )
    out.print(f"{'、'.join(tables)} 已存为 {path} · levels")
