"""What is handed on: pages, pictures, PDF, GeoPackage; nothing in them gives anybody away."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from contextlib import closing

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from PIL import Image

import gridkit as gk
from gridkit import maps
from gridkit.cli import main
from gridkit.errors import PrintError
from gridkit.exchange.csv_table import read_csv
from gridkit.exchange.geofiles import read_geo, write_geo
from gridkit.maps.printing import print_map
from gridkit.records.grids import make_grids, read_grids, write_grids

SECRET = "张三说隔壁夜里打骂孩子"
ADDRESS = "龙池路12号402室"
CONTACT = "13800000000"
HOME = (117.404371, 26.702193)
# concerns of the grids in the first quarter of 2026: the second has a rare count
COUNTS = [9, 2, 12, 7, 8, 11, 9, 14, 6, 7, 10, 8]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command line and give its exit code and what it printed."""

    def run_one(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["gridkit", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out + told.err

    return run_one


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Make a county of twelve grids, three villages and two townships, with canaries in it."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.42, 26.7135), 500, "990428", 60)
    villages = ["990428100001", "990428100002", "990428101001"]
    codes = [villages[i // 4] for i in range(len(grids))]
    grids = grids.assign(village_code=codes, township_code=[code[:9] + "000" for code in codes])
    folder = tmp_path_factory.mktemp("county") / "县"
    workspace = gk.create_workspace(folder, name="某县", county_code="990428", grids=grids)
    records = []
    for grid_id, n in zip(grids.index, COUNTS, strict=True):
        for i in range(n):
            heard_on = f"2026-0{1 + i % 3}-15"
            visit = gk.Visit(
                grid_id=str(grid_id),
                visited_on=heard_on,
                outcome="met",
                met_role="owner",
                address=ADDRESS,
                note=f"{SECRET} {CONTACT}",
            )
            records += [
                visit,
                gk.Concern(
                    visit_id=visit.record_id,
                    grid_id=str(grid_id),
                    source="grid_visit",
                    heard_on=heard_on,
                    demand_type="water",
                    summary=f"{SECRET} {CONTACT}",
                    wanted=SECRET,
                    lon=HOME[0],
                    lat=HOME[1],
                    place_source="typed",
                ),
            ]
    workspace.store.add(records, by_role="grid_worker", why="走访")
    workspace.close()
    return folder


@pytest.fixture
def county(template, tmp_path):
    """Give a copy of the county, to publish from."""
    shutil.copytree(template, tmp_path / "县")
    return tmp_path / "县"


def texts(folder):
    """Read everything that a map wrote, as far down as it goes."""
    for file in folder.iterdir():
        if file.suffix == ".gpkg":
            for name, _ in pyogrio.list_layers(file):
                yield file.name, pyogrio.read_dataframe(file, layer=name).to_string()
        if file.suffix in {".html", ".gpkg", ".geojson", ".csv", ".jsonl"}:
            yield file.name, file.read_bytes().decode("utf-8", "ignore")


def test_a_table_to_hand_out_tells_what_it_is(run, county):
    """A workbook with title, day, notes and words for hidden cells; a CSV with its notes beside it."""
    words = ["table", "-w", county, "--on", "2026-04-01", "--type", "邻里关系"]
    refused, told = run(*words, "-o", county / "表.pdf")
    code, _ = run(*words)
    again, _ = run(*words, "-o", county / "表.csv")

    assert (refused, "--out 写 .xlsx 或 .csv" in told) == (2, True)
    assert code == again == 0
    sheet = openpyxl.load_workbook(county / "诉求分类表-2026-Q1-township-邻里关系.xlsx").active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[0][0] == "某县 2026 年第一季度 诉求分类表"
    assert cells[1][0].startswith("制表 20")
    assert cells[2][:4] == ["区划代码", "名称", "邻里关系", "合计"]
    assert {row[2] for row in cells[3:6]} == {"不显示"}
    assert cells[5][0] == "全县"
    assert cells[5][3] == sum(COUNTS)
    said = "\n".join(str(row[0]) for row in cells[6:])
    note = (county / "表-说明.txt").read_text("utf-8-sig")
    for phrase in ("少于 5 件 (0 件也是)", "2026-01-01 至 2026-03-31", "可对外"):
        assert phrase in said
        assert phrase in note
    assert "发布登记第 1 号起的 2 栏" in said
    assert "发布登记第 3 号起的 2 栏" in note


@pytest.mark.parametrize(
    "words", [[], ["--shared", "--places"], ["--shared", "--level", "grid"]]
)
def test_no_text_address_or_contact_leaves_by_any_output(run, county, words):
    """Canaries in every text of visits and concerns: in no page, layer, table or register."""
    code, _ = run("map", "-w", county, "--on", "2026-04-01", "--gpkg", "--geojson", *words)

    assert code == 0
    read = list(texts(county))
    assert {name.rsplit(".", 1)[1] for name, _ in read} >= {"html", "gpkg", "geojson", "csv"}
    for canary in (SECRET, SECRET[:4], ADDRESS, "402室", CONTACT):
        assert not [name for name, text in read if canary in text]


def test_no_record_leaves_by_what_is_handed_out(run, county):
    """No id of a matter or visit, no place or day of one: in no page, layer, table or register."""
    run(
        "map", "-w", county, "--on", "2026-04-01", "--shared", "--places", "--gpkg", "--geojson"
    )
    csv = county / "表.csv"
    words = ["table", "-w", county, "--on", "2026-04-01", "--type", "邻里关系"]
    code, _ = run(*words, "-o", csv)

    assert code == 0
    table = pd.read_csv(csv, index_col="区划代码")
    assert table.columns.tolist() == ["名称", "邻里关系", "合计"]
    assert (table["邻里关系"] == "不显示").all()  # there is none, which is not told either
    assert table["合计"].iloc[-1] == sum(COUNTS)
    with closing(gk.open_workspace(county)) as workspace:
        ids = [
            str(i) for kind in ("concern", "visit") for i in workspace.store.frame(kind).index
        ]
    for name, text in texts(county):
        assert not [i for i in ids if i in text], name
        assert not [day for day in ("2026-01-15", "2026-02-15", "2026-03-15") if day in text]
        assert not all(str(degrees) in text for degrees in HOME), name


def test_no_rare_count_leaves_by_a_shared_map(run, county):
    """The grid with two concerns is hidden in every layer, and no sum gives it back."""
    code, _ = run(
        "map", "-w", county, "--on", "2026-04-01", "--shared", "--level", "grid", "--gpkg"
    )

    assert code == 0
    file = county / "map-2026-Q1-grid.gpkg"
    layers = {
        name: read_geo(file, datum="wgs84", layer=name) for name in ("网格", "村居", "乡镇")
    }
    grids = layers["网格"].set_index("网格编码")
    assert all((layer["件数"].dropna() >= 5).all() for layer in layers.values())
    assert pd.isna(grids["件数"].iloc[1])
    assert pd.isna(grids["户数"].iloc[1])
    assert grids["件数"].iloc[:4].isna().sum() >= 2  # the village's sum is shown
    (entry,) = maps.published(gk.open_workspace(county)).releases()
    assert entry.numbers.min() >= 5


def test_a_half_year_beside_its_quarter_is_refused_and_nothing_is_written(run, county):
    """The rest of the half has too few concerns to be told: exit 2, no file, no entry."""
    assert run("map", "-w", county, "--on", "2026-04-01", "--shared", "--level", "grid")[0] == 0
    before = {p.name for p in county.iterdir()}

    code, told = run("map", "-w", county, "--on", "2026-06-30", "--shared", "--window", "half")

    assert code == 2
    assert "此图没有生成" in told
    assert "This map is not made" in told
    assert {p.name for p in county.iterdir()} == before
    assert len(maps.published(gk.open_workspace(county)).releases()) == 1


def test_most_hidden_is_answered_by_a_coarser_level(run, county):
    """One month has two or three concerns a grid: villages are shown instead."""
    code, told = run("map", "-w", county, "--on", "2026-01-31", "--shared", "--window", "month")

    assert code == 0
    assert "按村居" in told
    assert (county / "map-2026-01-village.html").exists()


def test_maps_of_other_types_are_files_of_their_own(run, county):
    """A map of one type does not lie over the registered map of all of them."""
    words = ["map", "-w", county, "--on", "2026-04-01", "--shared", "--level", "township"]
    assert run(*words)[0] == 0
    first = (county / "map-2026-Q1-township.html").read_bytes()

    code, told = run(*words, "--type", "邻里关系")

    assert code == 0, told
    assert (county / "map-2026-Q1-township.html").read_bytes() == first
    assert (county / "map-2026-Q1-township-邻里关系.html").exists()


def test_every_column_of_every_layer_is_in_the_data_dictionary(run, county):
    """The GeoPackage names its CRS, its source and what each column is, in two languages."""
    run("map", "-w", county, "--on", "2026-04-01", "--gpkg")

    file = county / "map-内部.gpkg"
    words = pyogrio.read_dataframe(file, layer="数据字典")
    for name in ("网格", "村居", "乡镇", "诉求"):
        about = pyogrio.read_info(file, layer=name)
        assert about["crs"] == "EPSG:4326"
        assert "内部使用" in about["layer_metadata"]["DESCRIPTION"]
        assert set(about["fields"]) == set(words.loc[words["图层"] == name, "字段"])
    assert words[["含义", "English"]].notna().all(axis=None)
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600


def test_registers_of_two_machines_are_brought_together(run, template, tmp_path):
    """Listed in Chinese; joined once, the second time nothing comes; a missing head is told."""
    here, there = (shutil.copytree(template, tmp_path / name) for name in ("甲", "乙"))
    for folder, on in ((here, "2026-04-01"), (there, "2026-02-01")):
        words = ["--window", "month", "--level", "township"]
        assert run("map", "-w", folder, "--on", on, "--shared", *words)[0] == 0
    other = there / "published.jsonl"

    first = run("published", "-w", here, "--join", other)
    second = run("published", "-w", here, "--join", other)
    other.with_suffix(".head").unlink()
    code, told = run("published", "-w", here, "--join", other)

    assert first[0] == second[0] == 0
    assert "并入 1 次发布, 另有 0 次本来就有" in first[1]
    assert "并入 0 次发布, 另有 1 次本来就有" in second[1]
    assert "发布登记 · 2 次" in second[1]
    assert "乡镇" in second[1]
    assert (code, "两个文件一起拷到" in told) == (2, True)


def some_map():
    """Draw a small map for the desk."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.42, 26.7135), 500, "990428", 60)
    return maps.county_map(grids, title="青溪县网格", invented=True)


@pytest.mark.browser
def test_a_picture_has_the_size_of_a_sheet(tmp_path):
    """A PNG of A4 across at 200 points an inch; one for the desk says so in its name."""
    if not shutil.which("chromium"):
        pytest.skip("needs Chromium: apt-get install chromium fonts-wqy-microhei")

    file = print_map(some_map(), tmp_path / "图.png")

    head = file.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (2244, 1586)
    assert file.name == "图-内部.png"


@pytest.mark.browser
def test_a_picture_is_whole_down_to_the_foot_of_the_sheet(tmp_path):
    """The border of a high county is drawn in the north and in the south."""
    if not shutil.which("chromium"):
        pytest.skip("needs Chromium: apt-get install chromium fonts-wqy-microhei")
    grids = make_grids(shapely.box(117.40, 26.60, 117.43, 26.737), 500, "990428", 60)
    grids = grids.assign(township_code="990428100000")

    file = print_map(maps.county_map(grids, title="青溪县", invented=True), tmp_path / "图.png")

    with Image.open(file) as drawn:
        pixels = np.asarray(drawn.convert("RGB"), dtype=int)[150:1560, 60:1640]
    border = np.abs(pixels - (0x6B, 0x65, 0x5A)).max(axis=2) < 40
    across = np.flatnonzero(border.sum(axis=1) > 200)
    assert across.min() < 100
    assert across.max() > 1300


@pytest.mark.browser
def test_masked_places_are_printed_where_they_were_asked_for(run, county):
    """Off on the page until turned on; on paper, where nobody can, they are there."""
    if not shutil.which("chromium"):
        pytest.skip("needs Chromium: apt-get install chromium fonts-wqy-microhei")
    dots = []
    for words in ([], ["--places"]):
        code, told = run("map", "-w", county, "--on", "2026-04-01", "--shared", "--png", *words)
        assert code == 0, told
        (picture,) = county.glob("*.png")
        with Image.open(picture) as drawn:
            inside = np.asarray(drawn.convert("RGB"), dtype=int)[:, :1640]  # left of the legend
        dots.append(int((np.abs(inside - (0x5D, 0x4A, 0x8A)).max(axis=2) < 6).sum()))
        picture.unlink()

    assert dots[0] == 0
    assert dots[1] > 100
    (page,) = county.glob("map-*.html")
    assert "诉求点 (已遮蔽)" in page.read_text("utf-8")


@pytest.mark.browser
def test_a_pdf_is_one_page_with_title_legend_and_source(tmp_path):
    """One sheet of A4 across; its Chinese can be found by searching."""
    if not shutil.which("chromium") or not shutil.which("pdftotext"):
        pytest.skip("needs Chromium and poppler-utils")

    file = print_map(some_map(), tmp_path / "图.pdf")

    text = subprocess.run(["pdftotext", file, "-"], capture_output=True, check=True).stdout
    said = text.decode("utf-8")
    about = subprocess.run(["pdfinfo", file], capture_output=True, check=True).stdout.decode()
    assert "青溪县网格" in said
    assert "图例" in said
    assert "虚构演示数据" in said
    assert " km" in said or " m" in said  # the scale
    assert "Pages:           1" in about
    assert "A4" in about


def test_without_a_browser_the_way_out_is_told(tmp_path, monkeypatch):
    """Chinese and English: what is missing, what to install, and how to print by hand."""
    monkeypatch.setenv("GRIDKIT_BROWSER", str(tmp_path / "nowhere"))

    with pytest.raises(PrintError) as told:
        print_map(some_map(), tmp_path / "图.pdf")

    assert "没有找到 Chromium、Chrome 或 Edge" in told.value.zh
    assert "Ctrl-P" in told.value.en
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="the broken browser is a shell script")
def test_a_browser_that_draws_nothing_is_an_error(tmp_path, monkeypatch):
    """A program that ends well and leaves no file: no empty PDF is passed on."""
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\nexit 0\n")
    broken.chmod(0o755)
    monkeypatch.setenv("GRIDKIT_BROWSER", str(broken))

    with pytest.raises(PrintError, match="did not draw the map"):
        print_map(some_map(), tmp_path / "图.pdf")

    assert not list(tmp_path.glob("*.pdf"))


def brought(folder, *, spoiled):
    """Write grids as an office has them: its own columns, GCJ-02, a shapefile."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.42, 26.7135), 500, "990428", 60)
    shapes = grids.geometry.to_list()
    if spoiled:
        shapes[5] = shapes[5].buffer(0.001)
    table = gpd.GeoDataFrame(
        {"网格": list(grids.index), "名称": list(grids["name"]), "户数": 60},
        geometry=shapes,
        crs=4326,
    )
    return write_geo(table, folder / "网格.shp", datum="gcj02", encoding="gbk")


def test_grids_that_were_brought_are_taken_in(run, tmp_path):
    """From a GBK shapefile in GCJ-02 to a workspace, where they lie as they did."""
    file = brought(tmp_path, spoiled=False)
    columns = ["--id", "网格", "--name", "名称", "--households", "户数"]
    taken, levels = tmp_path / "grids.geojson", tmp_path / "levels.gpkg"

    code, told = run(
        "boundaries", file, "--datum", "gcj02", *columns, "-o", taken, "--levels", levels
    )

    assert code == 0
    assert "没有发现问题" in told
    there = read_grids(taken)
    write_grids(there, tmp_path / "again.geojson")
    assert there["households"].tolist() == [60] * len(there)
    assert shapely.bounds(there.geometry.iloc[0])[0] == pytest.approx(117.40, abs=1e-7)
    assert len(read_geo(levels, datum="wgs84", layer="县")) == 1


def test_faults_of_brought_grids_are_listed_and_drawn(run, tmp_path):
    """Exit 1, a table with places, a map for the desk."""
    file = brought(tmp_path, spoiled=True)
    columns = ["--id", "网格", "--name", "名称", "--households", "户数"]

    code, told = run(
        "boundaries", file, "--datum", "gcj02", *columns,
        "--table", tmp_path / "问题.csv", "--map", tmp_path / "问题.html",
    )  # fmt: skip

    assert code == 1
    assert "重叠" in told
    rows = pd.read_csv(tmp_path / "问题.csv")
    assert set(rows["问题"]) <= {"重叠", "狭长碎片"}
    assert rows["经度"].between(117.39, 117.43).all()
    assert "重叠" in (tmp_path / "问题-内部.html").read_text("utf-8")


HOSTILE = [
    ("001", shapely.box(0, 0, 10, 10)),
    ("002", shapely.box(9, 0, 20, 10)),  # overlaps the first
    ("003", None),
    ("004", shapely.Polygon()),
    ("005", shapely.Polygon([(0, 30), (10, 40), (10, 30), (0, 40)])),  # crosses itself
    ("006", shapely.box(0, 10, 10, 20)),
    ("006", shapely.box(10, 10, 20, 20)),  # the code again
    ("007", shapely.box(40, 0, 60, 20) - shapely.box(45, 5, 50, 10)),  # a hole
    ("008", shapely.box(60.02, 0, 70, 20)),  # two meters beside the one before
    ("009", shapely.box(90, 0, 99, 20)),  # reaches over the village's border at 95
    ("010", shapely.LineString([(30, 30), (40, 30)])),
    (None, shapely.box(70, 0, 80, 20)),
]


def test_faults_of_every_kind_at_once_are_all_in_one_table(run, tmp_path):
    """None hides another; those without a place say so, and the map is drawn with the rest."""
    village = "350428101201"
    move = {"xfact": 0.001, "yfact": 0.001, "origin": (0, 0)}

    def degrees(shapes):
        return gpd.GeoSeries(shapes, crs=4326).scale(**move).translate(117, 26)

    ids = [village + code if code else None for code, _ in HOSTILE]
    grids = gpd.GeoDataFrame({"grid_id": ids}, geometry=degrees([s for _, s in HOSTILE]))
    outline = gpd.GeoDataFrame(
        {"village_code": [village]}, geometry=degrees([shapely.box(-1, -1, 95, 50)])
    )
    grids.to_file(tmp_path / "网格.gpkg")
    outline.to_file(tmp_path / "村居.gpkg")

    code, told = run(
        "boundaries", tmp_path / "网格.gpkg", "--datum", "wgs84",
        "--villages", tmp_path / "村居.gpkg",
        "--table", tmp_path / "问题.csv", "--map", tmp_path / "问题.html",
    )  # fmt: skip

    assert code == 1, told
    rows = read_csv(tmp_path / "问题.csv").astype("object").fillna("")
    found = {(kind, grid[12:]) for kind, grid in zip(rows["问题"], rows["网格"], strict=True)}
    assert found >= {
        ("边界无效", "003"), ("边界无效", "004"), ("边界无效", "005"), ("边界无效", "010"),
        ("编码重复或缺失", "006"), ("编码重复或缺失", ""), ("重叠", "001"), ("空隙", "007"),
        ("狭长碎片", "007"), ("越出所属村居", "009"),
    }  # fmt: skip
    nowhere = rows["位置"].str.startswith("没有图形, 图上无处可标")
    assert set(rows.loc[nowhere, "网格"].str[12:]) == {"003", "004"}
    assert (rows.loc[nowhere, ["经度", "纬度", "平方米"]] == "").all(axis=None)
    assert rows.loc[~nowhere, "经度"].astype(float).between(117, 117.1).all()
    page = (tmp_path / "问题-内部.html").read_text("utf-8")
    assert "2 处没有图形, 图上无处可标" in page
    assert all(kind in page for kind in set(rows["问题"]))


def laid(folder, outlines):
    """Write six grids of three villages, and the outlines given for these."""
    villages = ["350428101201", "350428101202", "350428101203"]
    x = 117 + pd.Series(range(6)).to_numpy() / 100
    cells = shapely.box(x, 26, x + 0.01, 26.01)
    ids = [f"{villages[i // 2]}00{i + 1}" for i in range(6)]
    gpd.GeoDataFrame({"grid_id": ids}, geometry=cells, crs=4326).to_file(folder / "网格.gpkg")
    whole = [shapely.box(x[2 * i], 26, x[2 * i] + 0.02, 26.01) for i in range(3)]
    rows = [
        (code, box if shape is ... else shape)
        for code, shape, box in zip(villages, outlines, whole, strict=False)
    ]
    rows += outlines[3:]
    codes, shapes = zip(*rows, strict=True)
    return gpd.GeoDataFrame({"village_code": codes}, geometry=list(shapes), crs=4326)


def checked(run, folder, *options):
    """Check the six grids against the villages; the code, the words, and the table."""
    code, told = run(
        "boundaries", folder / "网格.gpkg", "--datum", "wgs84", *options,
        "--table", folder / "问题.csv", "--map", folder / "问题.html",
    )  # fmt: skip
    table = folder / "问题.csv"
    return (
        code,
        told,
        read_csv(table).astype("object").fillna("") if table.exists() else None,
    )


def test_faults_of_the_villages_stand_in_the_same_table(run, tmp_path):
    """Null, empty, a point, no code, a code twice: told with the grids' own, none refused."""
    bow = shapely.Polygon([(117.06, 26), (117.07, 26.01), (117.07, 26), (117.06, 26.01)])
    villages = laid(
        tmp_path,
        [
            None,
            shapely.Polygon(),
            shapely.Point(117.05, 26.005),
            ("350428101201", shapely.box(117, 26, 117.02, 26.01)),
            (None, shapely.box(117.08, 26, 117.09, 26.01)),
            ("350428101208", None),
            ("350428101209", bow),
        ],
    )
    villages.to_file(tmp_path / "村居.gpkg")

    code, told, rows = checked(run, tmp_path, "--villages", tmp_path / "村居.gpkg")

    assert code == 1, told
    assert set(rows["问题"]) == {"村居面有误"}
    words = rows.groupby(rows["另一方"].str[9:])["说明"].agg(" | ".join)
    assert len(rows) == 7
    assert "没有边界" in words["201"]
    assert "编码用了 2 次 (第 #1, #4 个要素)" in words["201"]
    assert words["202"] == "村居面 350428101202: 没有边界"
    assert "不是面 (Point)" in words["203"]
    assert "第 #5 个要素没有编码" in words[""]
    assert words["208"] == "村居面 350428101208: 没有边界"
    assert "边界自相交" in words["209"]
    assert (rows["网格"] == "").all()
    assert "村居面有误" in (tmp_path / "问题-内部.html").read_text("utf-8")


@pytest.mark.parametrize("said", [True, False])
def test_villages_in_another_projection_than_the_grids_are_compared_all_the_same(
    run, tmp_path, said
):
    """Degrees here, a 3-degree zone there; where a shapefile has lost its .prj, --crs says it."""
    villages = laid(tmp_path, [...] * 3).to_crs(4547).rename(columns={"village_code": "code"})
    villages.to_file(tmp_path / "村居.shp", encoding="utf-8")
    if not said:
        (tmp_path / "村居.prj").unlink()
    options = ["--villages", tmp_path / "村居.shp", "--village-code", "code"]

    code, told, _ = checked(run, tmp_path, *options)
    again, mended, _ = checked(run, tmp_path, *options, "--crs", "EPSG:4547")

    assert (code, "没有发现问题" in told) == ((0, True) if said else (2, False)), told
    assert ("村居.shp 没有写明投影" in told) != said
    assert (again, "没有发现问题" in mended) == (0, True), mended


@pytest.mark.parametrize(
    ("outlines", "option", "said"),
    [
        ([...] * 3, "代码", "村居.gpkg 没有 代码 这一列; 现有 village_code"),
        ([shapely.Point(117, 26)] * 3, "village_code", "村居.gpkg 中应全是面, 现有 点 3 个"),
    ],
)
def test_villages_that_cannot_be_compared_at_all_are_refused(
    run, tmp_path, outlines, option, said
):
    """Without a column of codes, or without one polygon, there is nothing to list."""
    laid(tmp_path, outlines).to_file(tmp_path / "村居.gpkg")

    code, told, _ = checked(
        run, tmp_path, "--villages", tmp_path / "村居.gpkg", "--village-code", option
    )

    assert code == 2, told
    assert said in told


def test_a_column_that_is_not_there_is_told_with_those_that_are(run, tmp_path):
    """The columns of the file are named, and the option that chooses."""
    code, told = run("boundaries", brought(tmp_path, spoiled=False), "--datum", "gcj02")

    assert code == 2
    assert "没有 grid_id 这一列; 现有 网格, 名称, 户数" in told
