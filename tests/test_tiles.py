"""Raster tiles: read from files, embedded or served on loopback; services by configuration."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import http.client
import json
import sqlite3
import struct
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridkit import forms, hotspots, maps
from gridkit.errors import DataError
from gridkit.maps import layers
from gridkit.maps.ground import read_ground
from gridkit.maps.overview import overview
from gridkit.maps.tile_file import open_tiles, tile_number, tiles_over
from gridkit.maps.tile_server import serve
from gridkit.maps.tile_source import TileSource, read_tile_sources, tianditu
from gridkit.maps.warning_page import warning_page
from gridkit.records import Concern, Visit, create_workspace

BOUNDS = (117.0, 26.0, 117.2, 26.2)
KEY = "tk-0123456789abcdef"


def png(red: int, green: int, blue: int) -> bytes:
    """Make a PNG of one color, 256 pixels square."""
    rows = b"".join(b"\0" + bytes((red, green, blue)) * 256 for _ in range(256))

    def part(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + part(b"IDAT", zlib.compress(rows))
        + part(b"IEND", b"")
    )


GREEN = png(30, 160, 60)


def places(low: int, high: int) -> list[tuple[int, int, int]]:
    """List the tiles over the bounds, zoom by zoom."""
    return [(z, x, y) for z in range(low, high + 1) for x, y in tiles_over(BOUNDS, z)]


def write_mbtiles(path, low: int = 8, high: int = 11):
    """Write an MBTiles file as its specification says: rows from the south."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE metadata (name text, value text)")
        connection.execute(
            "CREATE TABLE tiles (zoom_level int, tile_column int, tile_row int, tile_data blob)"
        )
        about = {
            "format": "png",
            "bounds": "117.0,26.0,117.2,26.2",
            "attribution": "<a href='https://example.org'>某测绘院</a>",
        }
        connection.executemany("INSERT INTO metadata VALUES (?,?)", about.items())
        rows = [(z, x, 2**z - 1 - y, GREEN) for z, x, y in places(low, high)]
        connection.executemany("INSERT INTO tiles VALUES (?,?,?,?)", rows)
    connection.close()
    return path


def varint(value: int) -> bytes:
    """Write a number as protocol buffers do."""
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def directory(rows: list[tuple[int, int, int, int]]) -> bytes:
    """Write a directory of (tile, run, length, offset)."""
    columns = [
        [
            row[0] - before
            for row, before in zip(rows, [0, *[r[0] for r in rows]], strict=False)
        ],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] + 1 for row in rows],
    ]
    data = varint(len(rows)) + b"".join(varint(v) for column in columns for v in column)
    return gzip.compress(data)


def write_pmtiles(path, low: int = 8, high: int = 11):
    """Write a PMTiles 3 archive with leaf directories, as its specification says."""
    numbers = sorted(tile_number(*at) for at in places(low, high))
    half = len(numbers) // 2
    leaves = [
        directory([(n, 1, len(GREEN), 0) for n in part])
        for part in (numbers[:half], numbers[half:])
    ]
    root = directory(
        [(numbers[0], 0, len(leaves[0]), 0), (numbers[half], 0, len(leaves[1]), len(leaves[0]))]
    )
    about = gzip.compress(json.dumps({"attribution": "某测绘院"}).encode())
    at, spans = 127, []
    for part in (root, about, b"".join(leaves), GREEN):
        spans += [at, len(part)]
        at += len(part)
    head = b"PMTiles\x03" + struct.pack("<8Q3Q", *spans, len(numbers), len(numbers), 1)
    head += struct.pack("<6B", 1, 2, 1, 2, low, high)
    head += struct.pack("<4i", *(round(v * 1e7) for v in BOUNDS))
    head += struct.pack("<B2i", low, 0, 0)
    path.write_bytes(head + root + about + b"".join(leaves) + GREEN)
    return path


def a_map(layer: layers.TileLayer) -> maps.GridMap:
    """Put tiles under one grid without a color."""
    grids = gpd.GeoDataFrame(
        {"name": ["东"]}, geometry=[shapely.box(*BOUNDS)], index=["a"], crs=4326
    )
    m = maps.base_map(grids)
    layer.add_to(m)
    return maps.add_panel(m, maps.Caption(title="底图"))


@pytest.fixture(params=["mbtiles", "pmtiles"])
def tiles(request, tmp_path):
    """Open a file of each kind with four zooms."""
    write = {"mbtiles": write_mbtiles, "pmtiles": write_pmtiles}[request.param]
    return open_tiles(write(tmp_path / f"base.{request.param}"))


def test_both_kinds_of_file_give_the_same_tiles(tiles):
    """Zooms, bounds and every tile by its place from the north-west; none beyond."""
    assert (tiles.low, tiles.high) == (8, 11)
    assert tiles.bounds == pytest.approx(BOUNDS)
    assert all(tiles.tile(*at) == GREEN for at in places(8, 11))
    assert tiles.tile(11, 0, 0) is None
    assert tiles.tile(12, 3381, 1700) is None


def test_tiles_go_into_the_page_up_to_a_size(tiles):
    """All of them where they fit, then the file needs nobody; else the first zooms."""
    whole = layers.tile_layer(tiles, BOUNDS)
    some = layers.tile_layer(tiles, BOUNDS, most_mb=2 * len(GREEN) * 4 / 3 / 1e6)

    assert whole.complete
    assert len(whole.data) == len(places(8, 11))
    assert whole.origins() == ()
    assert not some.complete
    assert {key.split("/")[0] for key in some.data} < {"8", "9", "10", "11"}


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"PMTiles\x03short", b"GIF89a"])
def test_a_file_that_is_no_raster_tiles_is_named(content, tmp_path):
    """With what it should be, and never a traceback from inside."""
    path = tmp_path / "base.mbtiles"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"base\.mbtiles cannot be read"):
        open_tiles(path)


def test_the_key_is_in_no_page_and_no_file(monkeypatch, tmp_path):
    """Only the handler knows it, and tells it to this machine's browser alone."""
    monkeypatch.setenv("GRIDKIT_TIANDITU_KEY", KEY)
    source = tianditu("vec")
    m = a_map(layers.service_layer(source))

    shown, saved = maps.iframe(m), maps.save(m, tmp_path / "map.html").read_text("utf-8")

    assert KEY not in shown
    assert KEY not in saved
    assert "tianditu" in shown  # the policy allows its images, in a notebook
    assert "img-src data: blob:;" in saved
    assert "127.0.0.1" not in saved
    place = serve(source).removeprefix("http://")
    host, _, path = place.partition("/")
    connection = http.client.HTTPConnection(host)
    connection.request("GET", f"/{path}/3/6/3")
    answer = connection.getresponse()
    assert answer.status == 302
    assert f"tk={KEY}" in answer.getheader("Location")
    assert "TILECOL=6&TILEROW=3&TILEMATRIX=3" in answer.getheader("Location")
    connection.close()


def ask(place: str, path: str, host: str | None = None) -> int:
    """Ask the handler, as a page of another site would under another name."""
    where, _, name = place.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(where)
    connection.request("GET", f"/{name}{path}", headers={"Host": host} if host else {})
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_handler_is_for_this_machine_only(monkeypatch):
    """It listens on loopback, under a name that cannot be guessed, and knows no other host."""
    monkeypatch.delenv("GRIDKIT_TIANDITU_KEY", raising=False)
    place = serve(tianditu("img"))

    assert place.startswith("http://127.0.0.1:")
    assert len(place.rpartition("/")[2]) >= 20
    assert ask(place, "/3/6/3") == 404  # no key, no address
    assert ask(place, "/3/6/3", host="evil.example") == 404
    assert ask(place.rpartition("/")[0], "/nobody/3/6/3") == 404
    assert ask(place, "/../../etc/passwd") == 404


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('[[tiles]]\nname="a"\nurl="http://a/{z}/{x}/{y}"\nattribution="a"\ndatum="GCJ-02"', "GCJ-02"),
        ('[[tiles]]\nname="a"\nurl="http://a/{z}"\nattribution="a"', r"\{z\}, \{x\} and \{y\}"),
        ('[[tiles]]\nname="a"\nurl="http://a/{z}/{x}/{y}?{key}"\nattribution="a"', "key_env"),
        ("[[tiles]]\nwhat=1", r"tiles\.toml cannot be read"),
        ('[[tiles]]\ntianditu="xyz"', "no layer 'xyz'"),
    ],
)  # fmt: skip
def test_a_service_that_would_mislead_is_refused(text, match, tmp_path):
    """Displaced tiles, addresses without a place, a key in a file: each with the way out."""
    (tmp_path / "tiles.toml").write_text(text, encoding="utf-8")

    with pytest.raises(DataError, match=match):
        read_tile_sources(tmp_path)


@pytest.mark.browser
def test_tiles_are_drawn_from_the_page_and_in_a_notebook_from_the_handler(
    page, browser, tmp_path
):
    """The saved file is green without a request; the notebook's frame asks loopback only."""
    tiles = open_tiles(write_mbtiles(tmp_path / "base.mbtiles"))
    whole = a_map(layers.tile_layer(tiles, BOUNDS))
    page.goto(maps.save(whole, tmp_path / "map.html").as_uri())
    page.locator(".leaflet-gkTiles-pane img").first.wait_for()
    green = "i => i.complete && i.naturalWidth === 256"
    assert page.locator(".leaflet-gkTiles-pane img").first.evaluate(green)
    assert "某测绘院" in page.locator(".leaflet-control-attribution").inner_text()

    live = browser.new_page()
    live.set_content(maps.iframe(a_map(layers.tile_layer(tiles, BOUNDS, most_mb=0))))
    inside = live.frame_locator("iframe").locator(".leaflet-gkTiles-pane img").first
    inside.wait_for()
    for _ in range(300):  # drawn late on a busy machine
        if inside.evaluate(green):
            break
        live.wait_for_timeout(100)
    assert inside.evaluate(green)
    # the page itself tells what it fetched: the driver's events are lost now and then
    fetched = "performance.getEntriesByType('resource').map(r => new URL(r.name).hostname)"
    assert set(inside.evaluate(f"() => {fetched}")) == {"127.0.0.1"}
    live.close()


class Office(BaseHTTPRequestHandler):
    """An intranet's tile service, which wants a key."""

    def do_GET(self) -> None:
        """Give a tile to who has the key."""
        good = self.path.endswith(KEY)
        self.send_response(200 if good else 403)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(GREEN if good else b"")

    def log_message(self, *_args) -> None:
        """Keep quiet."""


@pytest.mark.browser
def test_a_service_on_the_intranet_is_drawn_in_the_notebook_and_left_out_of_files(
    page, monkeypatch, tmp_path
):
    """The browser is sent there by the handler, and the sandbox and policy let it draw."""
    office = HTTPServer(("127.0.0.1", 0), Office)
    Thread(target=office.serve_forever, daemon=True).start()
    monkeypatch.setenv("OFFICE_KEY", KEY)
    (tmp_path / "tiles.toml").write_text(
        f'[[tiles]]\nname = "内网底图"\nattribution = "某局"\nkey_env = "OFFICE_KEY"\n'
        f'url = "http://127.0.0.1:{office.server_port}/{{z}}/{{x}}/{{y}}?k={{key}}"\n',
        encoding="utf-8",
    )
    (source,) = read_tile_sources(tmp_path)
    m = a_map(layers.service_layer(source))

    page.set_content(maps.iframe(m))
    tile = page.frame_locator("iframe").locator(".leaflet-gkTiles-pane img").first
    tile.wait_for()
    page.wait_for_timeout(400)
    assert tile.evaluate("i => i.naturalWidth") == 256
    page.goto(maps.save(m, tmp_path / "map.html").as_uri())
    page.locator(".leaflet-gkTiles-pane img").first.wait_for(state="attached")
    assert page.locator(".leaflet-gkTiles-pane img").first.evaluate("i => i.naturalWidth") == 1
    assert "未随文件" in page.locator(".leaflet-control-attribution").inner_text()
    office.shutdown()
    office.server_close()


def county(folder):
    """Make a workspace of nine grids that names a file of tiles, and a service with a key."""
    west, south = np.mgrid[117.0:117.19:0.0666, 26.0:26.19:0.0666].reshape(2, -1)
    ids = [f"990428100001{i:03d}" for i in range(1, len(west) + 1)]
    grids = gpd.GeoDataFrame(
        {
            "name": ids,
            "village_code": "990428100001",
            "township_code": "990428100000",
            "households": 50,
            "population": 150,
        },
        geometry=shapely.box(west, south, west + 0.0666, south + 0.0666),
        index=pd.Index(ids, name="grid_id"),
        crs=4326,
    )
    made = create_workspace(folder, name="某县", county_code="990428", grids=grids)
    day = made.store.today() - dt.timedelta(days=21)
    heard = {"heard_on": day, "demand_type": "water", "source": "window"}
    made.store.add(
        [Concern(grid_id=ids[i % 9], **heard) for i in range(40)], by_role="grid_worker"
    )
    long_ago = Visit(grid_id=ids[0], visited_on=dt.date(2026, 1, 2), outcome="nobody_home")
    made.store.add([long_ago], by_role="grid_worker")  # a ledger that covers a whole quarter
    write_pmtiles(folder / "base.pmtiles")
    (folder / "tiles.toml").write_text(
        '[[tiles]]\nfile = "base.pmtiles"\nname = "本县底图"\n[[tiles]]\ntianditu = "cva"\n',
        encoding="utf-8",
    )
    return made


def test_every_map_of_a_workspace_lies_on_the_base_maps_it_names(monkeypatch, tmp_path):
    """Overview, view, warning, and the one to hand out: all by `ground`; the key is in none."""
    monkeypatch.setenv("GRIDKIT_TIANDITU_KEY", KEY)
    workspace = county(tmp_path / "w")
    grids, ground = workspace.grids, read_ground(workspace.folder)
    warning = hotspots.weekly_warning(
        workspace.store.frame("concern"),
        grids,
        workspace.profile,
        workspace.store.today(),
        rng=np.random.default_rng(1),
    )
    window = maps.disclosure.window_of(dt.date(2026, 1, 1), "quarter")
    drawn = [
        overview(workspace).map(),
        warning_page(warning, grids, workspace.profile, ground=ground),
        maps.county_map(grids, ground=ground),
        maps.shared(workspace, window, level="township").map(),
    ]
    view = forms.hotspots(workspace).both.page

    for m in drawn:
        both = [x for x in m._children.values() if isinstance(x, layers.TileLayer)]
        assert [layer.complete for layer in both] == [True, False]
        assert len(both[0].data) == len(places(8, 11))
        page = maps.render(m)
        assert base64.b64encode(GREEN).decode() in page
        assert KEY not in page
        assert "tianditu.gov.cn" not in page
    assert base64.b64encode(GREEN).decode() in view
    assert KEY not in view


def test_a_source_says_whose_it_is_and_where_it_lies():
    """Tianditu is CGCS2000, which is WGS-84 on any map of a county."""
    source = tianditu("cva")

    assert source.datum == "CGCS2000"
    assert "天地图" in source.attribution
    assert isinstance(source, TileSource)
