"""Files of geodata: four formats, four datums, and every way in which a file can be wrong."""

from __future__ import annotations

import os

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import ImportFileError
from gridkit.exchange import datum_evidence, geofiles
from gridkit.records.grids import centroid, make_grids

TOWNS = gpd.GeoDataFrame(
    {"名称": ["古镛镇", "万安镇"], "户数": [120, 80]},
    geometry=shapely.box([117.40, 117.45], 26.70, [117.45, 117.50], 26.75),
    crs=4326,
)


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09"])
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".kml"])
def test_what_was_written_in_a_datum_is_read_back_in_it(tmp_path, suffix, datum):
    """Shapes come back to within a millimeter, texts and numbers as they were."""
    if suffix == ".kml" and datum in {"gcj02", "bd09"}:
        with pytest.raises(ImportFileError, match="WGS-84 by its standard"):
            geofiles.write_geo(TOWNS, tmp_path / "towns.kml", datum=datum)
        return

    file = geofiles.write_geo(TOWNS, tmp_path / f"towns{suffix}", datum=datum)
    back = geofiles.read_geo(file, datum=datum, shape="polygon")

    assert (datum in file.name) == (datum in {"gcj02", "bd09"})
    assert back["名称"].tolist() == ["古镛镇", "万安镇"]
    assert back["户数"].astype(int).tolist() == [120, 80]
    apart = shapely.hausdorff_distance(back.geometry, TOWNS.geometry)
    assert apart.max() < 1e-8
    assert back.crs.to_epsg() == 4326


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".kml"])
def test_columns_come_back_as_they_were_and_no_others(tmp_path, suffix):
    """A column `name` or `id` too, which KML has of its own."""
    towns = TOWNS.rename(columns={"名称": "name"}).assign(id=["a7", "b9"])

    back = geofiles.read_geo(geofiles.write_geo(towns, tmp_path / f"t{suffix}"), datum="wgs84")

    assert back["name"].tolist() == ["古镛镇", "万安镇"]
    assert set(back.columns) == {"name", "户数", "id", "geometry"}
    assert back["id"].tolist() == ["a7", "b9"]


def test_a_table_for_the_desk_says_so_in_every_kind_of_file(tmp_path):
    """In its name, and in who may read it; its parts and its dictionary as well."""
    desk = TOWNS.copy()
    desk.attrs["audience"] = "desk"
    words = pd.DataFrame({"图层": ["乡镇"], "字段": ["名称"]})

    for suffix in (".gpkg", ".geojson", ".shp", ".kml"):
        geofiles.write_geo(desk, tmp_path / f"one{suffix}")
    for suffix in (".gpkg", ".geojson"):
        geofiles.write_layers({"乡镇": desk}, tmp_path / f"all{suffix}", dictionary=words)
    geofiles.write_geo(TOWNS, tmp_path / "open.gpkg")

    files = {p.name: p.stat().st_mode & 0o777 for p in tmp_path.iterdir()}
    assert files.pop("open.gpkg") == 0o644 or os.name != "posix"
    assert len(files) >= 10
    assert all("内部" in name for name in files)
    assert set(files.values()) == {0o600} or os.name != "posix"


def test_a_file_in_gcj02_lies_where_the_published_transform_puts_it(tmp_path):
    """The middle of Jiangle: 117.4714, 26.7289 is 117.4766, 26.725597 for Amap."""
    here = gpd.GeoDataFrame(geometry=[shapely.Point(117.4714, 26.7289)], crs=4326)

    file = geofiles.write_geo(here, tmp_path / "here.gpkg", datum="gcj02")

    raw = pyogrio.read_dataframe(file)
    assert raw.geometry[0].x == pytest.approx(117.4766, abs=1e-6)
    assert raw.geometry[0].y == pytest.approx(26.725597, abs=1e-6)
    assert raw.crs is None or raw.crs.to_epsg() != 4326


def gbk_shapefile(folder):
    """Write a shapefile with GBK texts, as an office has it, and nothing that says so."""
    pyogrio.write_dataframe(TOWNS, folder / "乡镇.shp", encoding="GBK")
    (folder / "乡镇.cpg").unlink()
    return folder / "乡镇.shp"


@pytest.mark.parametrize("encoding", ["auto", "gbk", "gb18030"])
def test_a_gbk_shapefile_shows_its_chinese(tmp_path, encoding):
    """Found out, or asked for; GDAL alone reads it as Latin-1."""
    read = geofiles.read_geo(gbk_shapefile(tmp_path), datum="wgs84", encoding=encoding)

    assert read["名称"].tolist() == ["古镛镇", "万安镇"]


def test_a_gbk_shapefile_with_its_cpg_is_read_by_it(tmp_path):
    """The .cpg that Chinese programs write says 936."""
    file = gbk_shapefile(tmp_path)
    file.with_suffix(".cpg").write_text("936")

    assert geofiles.read_geo(file, datum="wgs84")["名称"].tolist() == ["古镛镇", "万安镇"]


def test_projected_coordinates_come_to_degrees(tmp_path):
    """CGCS2000, 3-degree zone at 117° E: with its .prj, or asked for where that is lost."""
    pyogrio.write_dataframe(TOWNS.to_crs("EPSG:4548"), tmp_path / "t.shp", encoding="UTF-8")

    with_prj = geofiles.read_geo(tmp_path / "t.shp", datum="cgcs2000")
    (tmp_path / "t.prj").unlink()
    asked = geofiles.read_geo(tmp_path / "t.shp", datum="cgcs2000", crs="EPSG:4548")

    for read in (with_prj, asked):
        apart = shapely.hausdorff_distance(read.geometry, TOWNS.geometry)
        assert apart.max() < 1e-8
    with pytest.raises(ImportFileError, match="names no projection"):
        geofiles.read_geo(tmp_path / "t.shp", datum="cgcs2000")


def truncated(folder, suffix):
    """Write half a file."""
    file = geofiles.write_geo(TOWNS, folder / f"whole{suffix}")
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    return file


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".kml"])
def test_a_file_that_is_cut_short_is_refused(tmp_path, suffix):
    """Half a file is an error, never half the features."""
    with pytest.raises(ImportFileError, match="cut short"):
        geofiles.read_geo(truncated(tmp_path, suffix), datum="wgs84")


def geojson(folder, shapes):
    """Write shapes as GeoJSON without asking whether they make sense."""
    file = folder / "坏.geojson"
    frame = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=shapes, crs=4326)
    pyogrio.write_dataframe(frame, file)
    return file


def two_layers(folder):
    """Write a GeoPackage of two layers."""
    for layer in ("网格", "村居"):
        pyogrio.write_dataframe(TOWNS, folder / "two.gpkg", layer=layer)
    return folder / "two.gpkg"


def without_dbf(folder):
    """Write a shapefile and lose its table."""
    file = gbk_shapefile(folder)
    file.with_suffix(".dbf").unlink()
    return file


def with_half_a_dbf(folder):
    """Write a shapefile and lose the end of its table."""
    file = gbk_shapefile(folder)
    dbf = file.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:-20])
    return file


def in_an_old_datum(folder):
    """Write degrees of Beijing 1954."""
    pyogrio.write_dataframe(TOWNS.set_crs(4214, allow_override=True), folder / "old.gpkg")
    return folder / "old.gpkg"


def sound(folder):
    """Write a file that has no fault."""
    return geofiles.write_geo(TOWNS, folder / "sound.geojson")


POINT, SQUARE = shapely.Point(117, 26), shapely.box(117, 26, 118, 27)
FAULTY = {
    "missing": (lambda folder: folder / "nowhere.gpkg", {}),
    "suffix": (lambda folder: folder / "grids.dwg", {}),
    "empty": (lambda folder: geojson(folder, []), {}),
    "mixed": (lambda folder: geojson(folder, [POINT, SQUARE]), {"shape": "polygon"}),
    "swapped": (lambda folder: geojson(folder, [shapely.Point(26.7, 117.4)]), {}),
    "nothing drawn": (lambda folder: geojson(folder, [POINT, None]), {}),
    "layers": (two_layers, {}),
    "old datum": (in_an_old_datum, {}),
    "no dbf": (without_dbf, {}),
    "cut dbf": (with_half_a_dbf, {}),
    "encoding": (gbk_shapefile, {"encoding": "utf-8"}),
    "datum": (sound, {"datum": "beijing54"}),
    "crs": (sound, {"crs": "三度带"}),
}


@pytest.mark.parametrize(
    ("kind", "zh", "en"),
    [
        ("missing", "没有找到", "is not there"),
        ("suffix", "只认", "files are known"),
        ("empty", "没有任何要素", "no features"),
        ("mixed", "应全是面, 现有", "must hold polygons only; 1 features"),
        ("swapped", "经纬度颠倒", "are swapped"),
        ("nothing drawn", "1 个要素没有图形", "1 features without geometry"),
        ("layers", "网格, 村居", "say by `layer`"),
        ("old datum", "相差可达百米", "up to 100 m off"),
        ("no dbf", "缺少同名的 .dbf", "lacks the .dbf"),
        ("cut dbf", "不完整", "is cut short"),
        ("encoding", "文字编码不是 utf-8", "are not in utf-8"),
        ("datum", "坐标系", "`datum` must be one of"),
        ("crs", "不认识的投影", "is not known; write its EPSG"),
    ],
)
def test_a_bad_file_is_told_in_both_languages(tmp_path, kind, zh, en):
    """What is wrong, and what to do, in Chinese and English."""
    make, options = FAULTY[kind]
    path = make(tmp_path)

    with pytest.raises(ImportFileError) as told:
        geofiles.read_geo(path, **{"datum": "wgs84", **options})

    assert zh in told.value.zh
    assert en in told.value.en


def test_long_names_are_not_cut_off_in_a_shapefile(tmp_path):
    """Ten bytes are three Chinese characters: refused by name rather than cut."""
    with pytest.raises(ImportFileError, match="at most 10 bytes; 1 are longer"):
        geofiles.write_geo(TOWNS.rename(columns={"户数": "登记的户数"}), tmp_path / "t.shp")


def test_a_failed_write_keeps_the_file_that_was_there(tmp_path):
    """The new file takes the place of the old in one step, or not at all."""
    file = geofiles.write_geo(TOWNS, tmp_path / "t.gpkg")
    before = file.read_bytes()

    with pytest.raises(ImportFileError, match="was not written"):
        geofiles.write_geo(TOWNS.assign(fid=[7, 7]), file)

    assert file.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["t.gpkg"]


GRIDS = make_grids(shapely.box(117.40, 26.70, 117.50, 26.80), 500, "990428")
HOMES = centroid(GRIDS)
NAMED = pd.Series(GRIDS.index, index=HOMES.index)


@pytest.mark.parametrize(("datum", "meters"), [("gcj02", 620), ("bd09", 1400)])
def test_points_in_another_datum_are_named_with_evidence(tmp_path, datum, meters):
    """The points lie 620 m off the grids: GCJ-02? With how many would then lie right."""
    layer = gpd.GeoDataFrame(geometry=gpd.points_from_xy(HOMES["lon"], HOMES["lat"]), crs=4326)
    file = geofiles.write_geo(layer, tmp_path / "homes.geojson", datum=datum)
    wrong = geofiles.read_geo(file, datum="wgs84").geometry  # what nobody asked about

    points = pd.DataFrame({"lon": wrong.x.to_numpy(), "lat": wrong.y.to_numpy()}, HOMES.index)
    found = datum_evidence(points, GRIDS, NAMED)

    assert found.likely == datum
    assert found.table.loc[datum, "shift_m"] == pytest.approx(meters, rel=0.15)
    assert found.table.loc[datum, "right"] == len(HOMES)
    assert f"{len(HOMES)} 个点中有 {len(HOMES)} 个落在所填的网格内" in found.zh


def test_grids_in_another_datum_are_told_from_points_that_are(tmp_path):
    """Points that are right over grids from a web map: it is the grids that are off."""
    shifted = geofiles.write_geo(GRIDS, tmp_path / "grids.gpkg", datum="gcj02")
    grids = geofiles.read_geo(shifted, datum="wgs84").set_index("grid_id")

    assert datum_evidence(HOMES, grids, NAMED).likely == "grids_gcj02"


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_points_in_the_right_datum_are_left_alone(seed, named):
    """Scattered homes over the grids they lie in raise no doubt, named or not."""
    rng = np.random.default_rng(seed)
    homes = HOMES.sample(120, random_state=rng) + rng.normal(0, 0.001, (120, 2))

    found = datum_evidence(homes, GRIDS, NAMED.reindex(homes.index) if named else None)

    assert found.likely is None
    assert "没有换坐标系的迹象" in found.zh
