"""Grids: made, read, written; places found in them, and mix-ups named."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import DataError, StoreError
from gridkit.records.datum import gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from gridkit.records.grids import (
    centroid,
    locate,
    make_grids,
    place_problems,
    read_grids,
    write_grids,
)

TOWN = shapely.box(117.40, 26.70, 117.46, 26.75)
RNG_SEED = 20261122


@pytest.fixture(scope="module")
def squares() -> gpd.GeoDataFrame:
    """Lay some 130 squares of 500 m."""
    return make_grids(TOWN, 500, "990428", 40)


@pytest.fixture(scope="module")
def patches() -> gpd.GeoDataFrame:
    """Cut eighty uneven grids that fill the town, in no order of their ids."""
    rng = np.random.default_rng(RNG_SEED)
    seeds = shapely.MultiPoint(rng.uniform([117.40, 26.70], [117.46, 26.75], (80, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=TOWN))
    ids = [f"990428001001{i:03d}" for i in rng.permutation(80)]
    index = pd.Index(ids, name="grid_id", dtype="str")
    return gpd.GeoDataFrame(index=index, geometry=shapely.intersection(cells, TOWN), crs=4326)


def feature(grid_id: object, shape: object, **properties: object) -> dict[str, object]:
    """Make one feature of a GeoJSON file."""
    given = {"grid_id": grid_id, "name": "甲", "households": 30, **properties}
    return {"type": "Feature", "properties": given, "geometry": shape}


def square(west: float, south: float, side: float = 0.01) -> dict[str, object]:
    """Draw a square as GeoJSON."""
    shape = shapely.box(west, south, west + side, south + side)
    return dict(json.loads(shapely.to_geojson(shape)))


def save(path: Path, *features: dict[str, object], **members: object) -> Path:
    """Write a GeoJSON file."""
    document = {"type": "FeatureCollection", "features": features, **members}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


# --- making ---------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.floats(117.02, 117.2), st.floats(26.02, 26.2), st.floats(1500.0, 4000.0))
def test_squares_fill_the_area_without_overlap(east: float, north: float, size: float) -> None:
    """Whatever the triangle and the size, the cells add up to the area, each once."""
    area = shapely.Polygon([(116.97, 25.98), (east, 26.0), (117.0, north)])

    grids = make_grids(area, size, "990428")

    assert grids.geometry.union_all().symmetric_difference(area).area < 1e-9 * area.area
    cells = grids.geometry.to_numpy()
    assert shapely.area(cells).sum() == pytest.approx(area.area, rel=1e-9)
    assert shapely.is_valid(cells).all()


def test_squares_have_the_size_asked_for(squares: gpd.GeoDataFrame) -> None:
    """A whole square of 500 m measures a quarter of a square kilometer, by UTM."""
    areas = squares.to_crs(squares.estimate_utm_crs()).area

    assert areas.median() == pytest.approx(250_000, rel=0.002)


def test_the_same_area_and_size_give_the_same_ids(squares: gpd.GeoDataFrame) -> None:
    """Ids are stable, of 12 digits and a running number, and unique."""
    again = make_grids(TOWN, 500, "990428", 40)

    pd.testing.assert_frame_equal(again, squares)
    assert squares.index.is_unique
    assert squares.index[0] == "990428000000001"
    assert squares["households"].tolist() == [40] * len(squares)


def test_squares_over_points_cover_each_point() -> None:
    """Over a table of points the bounding box is the area."""
    rng = np.random.default_rng(RNG_SEED)
    points = pd.DataFrame(
        {"lon": rng.normal(-87.6, 0.1, 300), "lat": rng.normal(41.8, 0.1, 300)}
    )
    points.loc[7, ["lon", "lat"]] = np.nan

    grids = make_grids(points, 2000, "990017")

    found = locate(points["lon"], points["lat"], grids)
    assert found.notna().sum() == 299
    assert grids["households"].isna().all()


@pytest.mark.parametrize(
    ("area", "size", "code", "rule"),
    [
        (TOWN, 0, "990428", "`size_m` must be above 0 m; it is 0."),
        (TOWN, 500, "99O428", "`county_code` must be 6 to 12 digits; it is '99O428'."),
        (TOWN, 1, "990428", "remove stray points or take a larger size"),
        (shapely.Polygon([(117, 26), (118, 27), (117, 26)]), 500, "990428", "valid polygon"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), 500, "990428", "Self-intersection"),
        (shapely.Polygon(), 500, "990428", "longitude first"),
        (shapely.box(500000, 2900000, 501000, 2901000), 500, "990428", "longitude first"),
    ],
)
def test_squares_that_make_no_sense_are_refused(
    area: object, size: float, code: str, rule: str
) -> None:
    """The message names the argument, the value and the rule."""
    with pytest.raises(DataError) as caught:
        make_grids(area, size, code)

    assert rule in caught.value.en


def test_too_few_digits_are_refused() -> None:
    """A running number that does not fit its width is an error, not a longer id."""
    with pytest.raises(DataError, match="需要 3 位"):
        make_grids(TOWN, 500, "990428", digits=2)


# --- files ----------------------------------------------------------------------------------


def test_a_file_holds_all_that_was_written(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """Writing and reading gives the same frame: values, dtypes, coordinates, order."""
    grids = squares.assign(population=pd.array([None, *range(1, len(squares))], dtype="Int64"))
    write_grids(grids, tmp_path / "grids.geojson")

    again = read_grids(tmp_path / "grids.geojson")

    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(grids))
    assert again.crs == grids.crs


def test_households_may_be_unknown_in_some_grids(tmp_path: Path) -> None:
    """The gap is kept as a gap, neither refused nor read as zero."""
    path = save(
        tmp_path / "grids.geojson",
        feature("990428001001001", square(117.40, 26.70)),
        feature("990428001001002", square(117.41, 26.70), households=None),
    )

    assert read_grids(path)["households"].isna().tolist() == [False, True]


def test_all_faults_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    """Each fault comes with its row, its field and the rule; none hides another."""
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    path = save(
        tmp_path / "grids.geojson",
        feature("990428001001001", square(117.40, 26.70)),
        feature("990428001001001", square(117.41, 26.70)),
        feature("990428001001002", bow_tie),
        feature("990428001001003", None),
        feature("990428001001004", square(117.42, 26.70), households=2.5),
        feature("990428001001005", square(117.43, 26.70), households=-3),
        feature("12", square(117.44, 26.70), name=" "),
        feature("990428001001006", {"type": "Point", "coordinates": [117.4, 26.7]}),
        feature("990428001001007", square(513000.0, 2950000.0, 500.0), village_code="99"),
    )

    with pytest.raises(DataError) as caught:
        read_grids(path)

    found = {(p.row.split()[0], p.field) for p in caught.value.problems}
    assert found == {
        ("#1", "grid_id"), ("#2", "grid_id"),
        ("#3", "geometry"), ("#4", "geometry"),
        ("#5", "households"), ("#6", "households"),
        ("#7", "village_code"), ("#7", "township_code"), ("#7", "name"),
        ("#8", "geometry"), ("#9", "geometry"), ("#9", "village_code"),
    } | {(f"#{i}", "village_code") for i in range(1, 9) if i != 9}  # fmt: skip
    assert all(p.zh and p.en for p in caught.value.problems)


def test_missing_properties_are_named(tmp_path: Path) -> None:
    """A file of another kind says which properties it lacks."""
    path = tmp_path / "other.geojson"
    save(path, {"type": "Feature", "properties": {"id": 1}, "geometry": square(117, 26)})

    with pytest.raises(DataError) as caught:
        read_grids(path)

    assert [p.field for p in caught.value.problems] == ["grid_id", "name", "households"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件不完整"),
        (b'{"type": "FeatureCollection", "features": [{"ty', "文件不完整"),
        ('{"name": "将乐"}'.encode("gbk"), "GBK"),
        (b'{"type": "FeatureCollection", "features": []}', "没有任何要素"),
        (b"[1, 2]", "没有任何要素"),
    ],
)
def test_files_that_are_no_grids_say_what_they_are(
    content: bytes, words: str, tmp_path: Path
) -> None:
    """Empty, cut short, in GBK, or of another kind: one clear message."""
    path = tmp_path / "grids.geojson"
    path.write_bytes(content)

    with pytest.raises(DataError) as caught:
        read_grids(path)

    assert words in caught.value.zh


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message names the file, in GeoJSON and in GeoPackage."""
    for name in ("none.geojson", "none.gpkg"):
        with pytest.raises(DataError, match=name):
            read_grids(tmp_path / name)


def test_a_geojson_in_other_coordinates_is_refused(tmp_path: Path) -> None:
    """GeoJSON is WGS-84; an old file that names another system is not taken."""
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32650"}}
    path = save(tmp_path / "g.geojson", feature("990428001001001", square(117, 26)), crs=crs)

    with pytest.raises(DataError) as caught:
        read_grids(path)

    assert [p.field for p in caught.value.problems] == ["crs"]


def test_a_geopackage_is_brought_to_wgs84(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """A file that says which coordinates it holds is converted."""
    table = squares.reset_index().astype({"village_code": "str", "township_code": "str"})
    table.to_crs(32650).to_file(tmp_path / "grids.gpkg")

    again = read_grids(tmp_path / "grids.gpkg")

    assert again.crs.to_epsg() == 4326
    assert again.index.tolist() == squares.index.tolist()
    assert again.geometry.geom_equals_exact(squares.geometry, 1e-8).all()


def test_a_failed_write_keeps_the_old_file(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """No room on the disk: an error, the old grids still there, no litter beside them."""
    path = tmp_path / "grids.geojson"
    write_grids(squares.head(2), path)
    before = path.read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limit[1]))
    try:
        with pytest.raises(StoreError, match="未能写入"):
            write_grids(squares, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["grids.geojson"]


# --- places ---------------------------------------------------------------------------------


def test_points_are_found_in_their_grid(patches: gpd.GeoDataFrame) -> None:
    """Five thousand points lie where geopandas' spatial join says."""
    rng = np.random.default_rng(RNG_SEED)
    lon, lat = rng.uniform(117.39, 117.47, 5000), rng.uniform(26.69, 26.76, 5000)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)
    joined = points.sjoin(patches, how="left", predicate="intersects")["grid_id"]

    found = locate(lon, lat, patches)

    assert found.isna().tolist() == joined.isna().tolist()
    assert found.dropna().tolist() == joined.dropna().tolist()
    assert found.dtype == "str"


def test_border_points_belong_to_the_smallest_id(squares: gpd.GeoDataFrame) -> None:
    """A corner of four grids is the first one's, whatever the order of the rows."""
    first = squares.geometry.iloc[0].bounds

    for frame in (squares, squares.iloc[::-1], squares.sample(frac=1, random_state=1)):
        assert locate([first[2]], [first[3]], frame).tolist() == [squares.index[0]]


def test_places_keep_the_index_and_missing_stays_missing(squares: gpd.GeoDataFrame) -> None:
    """The answer is on the caller's index; no coordinates, no grid."""
    table = pd.DataFrame({"lon": [117.41, np.nan], "lat": [26.71, 26.71]}, index=["p", "q"])

    found = locate(table["lon"], table["lat"], squares)

    assert found.index.tolist() == ["p", "q"]
    assert found.notna().tolist() == [True, False]


def test_grids_in_other_coordinates_are_refused(squares: gpd.GeoDataFrame) -> None:
    """Looking for degrees among meters would find nothing, unsaid."""
    with pytest.raises(DataError, match="EPSG:4326"):
        locate([117.41], [26.71], squares.to_crs(32650))


def test_the_point_of_a_grid_lies_inside(patches: gpd.GeoDataFrame) -> None:
    """Also in a crescent, whose centroid lies outside."""
    moon = shapely.Point(0, 0).buffer(1).difference(shapely.Point(0.4, 0).buffer(1))
    grids = gpd.GeoDataFrame(geometry=[*patches.geometry, moon], crs=4326)

    points = centroid(grids)

    assert shapely.contains_xy(grids.geometry, points["lon"], points["lat"]).all()


# --- mix-ups --------------------------------------------------------------------------------


def test_good_places_have_no_problems(squares: gpd.GeoDataFrame) -> None:
    """Neither have concerns without a place."""
    assert place_problems([117.41, np.nan], [26.71, np.nan], squares) == ()


def test_swapped_coordinates_are_named(squares: gpd.GeoDataFrame) -> None:
    """Latitude first: said for the row, by its label."""
    lon = pd.Series([117.41, 26.71], index=["p", "q"])

    (problem,) = place_problems(lon, [26.71, 117.41], squares)

    assert problem.row == "q"
    assert problem.zh == "经纬度似乎颠倒; 请把经度 (中国境内 73–135) 放在前"


def test_far_places_say_how_far(squares: gpd.GeoDataFrame) -> None:
    """One degree north of the border is 110.8 km; meters are no degrees at all."""
    far, meters = place_problems([117.43, 513000.0], [27.75, 2950000.0], squares)

    assert far.en.startswith("110.8 km outside all grids")
    assert "check columns and unit" in meters.en


@pytest.mark.parametrize(
    ("shift", "name"), [(wgs84_to_gcj02, "GCJ-02 (Amap)"), (wgs84_to_bd09, "BD-09")]
)
def test_points_in_another_datum_are_suspected(
    shift: object, name: str, squares: gpd.GeoDataFrame
) -> None:
    """Points all over the county, shifted: the whole set is named first, with the shift."""
    rng = np.random.default_rng(RNG_SEED)
    lon, lat = rng.uniform(117.40, 117.46, 400), rng.uniform(26.70, 26.75, 400)

    whole, *_ = place_problems(*shift(lon, lat), squares)  # type: ignore[operator]

    assert whole.row == "*"
    assert f"the points may be in {name}" in whole.en


def test_grids_in_gcj02_are_suspected(squares: gpd.GeoDataFrame) -> None:
    """The other way round: sound points over a map that was drawn on Amap."""
    rng = np.random.default_rng(RNG_SEED)
    lon, lat = rng.uniform(117.40, 117.46, 400), rng.uniform(26.70, 26.75, 400)

    whole, *_ = place_problems(*gcj02_to_wgs84(lon, lat), squares)

    assert whole.row == "*"
    # shifting the points to GCJ-02 or calling them WGS-84 over a GCJ-02 map is the same
    assert "the grids may be in GCJ-02" in whole.en


def test_a_few_strays_do_not_put_the_datum_in_doubt(squares: gpd.GeoDataFrame) -> None:
    """Points just outside on all sides are strays, not a shift."""
    rng = np.random.default_rng(RNG_SEED)
    lon, lat = rng.uniform(117.398, 117.462, 600), rng.uniform(26.698, 26.752, 600)

    problems = place_problems(lon, lat, squares)

    assert len(problems) > 20
    assert all(p.row != "*" for p in problems)
