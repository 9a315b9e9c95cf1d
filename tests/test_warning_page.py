"""The page of a weekly warning, its cluster layer, and the command that writes it."""

from __future__ import annotations

import sys
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gridkit as gk
from gridkit import maps
from gridkit.cli import main
from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import AlarmRule, weekly_warning
from gridkit.maps.layers.clusters import cluster_layer
from gridkit.maps.warning_page import warning_page
from gridkit.profile import load_profile
from gridkit.records import Concern

SECRET = "李某某 住解放路 13 号"
PROFILE = load_profile()
NAMES = {"water": "用水", "all": "各类诉求合计"}


@pytest.fixture(scope="module")
def grids():
    """Lay 36 squares of about a kilometer."""
    x, y = np.meshgrid(range(6), range(6))
    west, south = 117 + x.ravel() * 0.01, 26 + y.ravel() * 0.009
    ids = [f"990428100001{i:03d}" for i in range(36)]
    return gpd.GeoDataFrame(
        {
            "name": [f"{i}格<b>" for i in range(36)],
            "village_code": "990428100001",
            "township_code": "990428100000",
            "households": 40,
            "population": 100,
        },
        index=pd.Index(ids, name="grid_id", dtype="str"),
        geometry=shapely.box(west, south, west + 0.01, south + 0.009),
        crs=4326,
    )


@pytest.fixture(scope="module")
def concerns(grids):
    """Draw a quiet half year, and twenty calls from one point in its last week."""
    rng = np.random.default_rng(1)
    n, heap = 300, 20
    days = rng.integers(0, 182, n)
    grid = np.append(rng.integers(0, 36, n), np.full(heap, 14))
    heard = pd.Timestamp("2025-09-08") + pd.to_timedelta([*days, *[178] * heap], "D")
    return pd.DataFrame(
        {
            "grid_id": grids.index[grid],
            "heard_on": heard.astype("datetime64[s]"),
            "demand_type": "water",
            "dispute_code": pd.Series(None, index=range(n + heap), dtype="str"),
            "lon": np.where(
                np.arange(n + heap) < n, rng.uniform(117, 117.06, n + heap), 117.025
            ),
            "lat": np.where(np.arange(n + heap) < n, rng.uniform(26, 26.05, n + heap), 26.02),
            "place_source": "gps",
            "summary": SECRET,
            "wanted": SECRET,
        }
    )


@pytest.fixture(scope="module")
def warning(concerns, grids):
    """Run the last week."""
    rule = AlarmRule(weeks=4, history_weeks=26, replicas=199)
    return weekly_warning(
        concerns, grids, PROFILE, date(2026, 3, 8), rule, rng=np.random.default_rng(1)
    )


@pytest.fixture
def clusters(grids):
    """Two clusters that share a grid, one new and one that grew."""
    ids = list(grids.index)
    return pd.DataFrame(
        {
            "members": [" ".join(ids[:3]), " ".join(ids[2:5])],
            "status": ["new", "grew"],
            "category": ["all", "water"],
            "from": pd.to_datetime(["2026-02-02", "2026-02-16"]),
            "observed": [19, 8],
            "expected": [4.2, 1.1],
            "p": [0.003, 0.012],
        },
        index=[1, 2],
    )


@pytest.mark.parametrize("size", [(1366, 768), (820, 1180)])
@pytest.mark.browser
def test_the_page_shows_map_and_words_without_a_request(
    size, warning, grids, open_page, tmp_path
):
    """Words and map stand side by side or one below the other; nothing is asked for."""
    path = maps.save(warning_page(warning, grids, PROFILE, name="某县"), tmp_path / "a.html")
    page = open_page(viewport={"width": size[0], "height": size[1]})

    page.goto(path.as_uri())
    words, frame = page.locator(".gk-words"), page.locator(".folium-map")
    page.locator(".gk-number", has_text="1").first.wait_for()
    one, other = words.bounding_box(), frame.bounding_box()

    apart = (
        one["x"] + one["width"] <= other["x"] or other["y"] + other["height"] <= one["y"] + 1
    )
    assert apart
    assert "本周有 1 处聚集难以用偶然解释" in words.inner_text()
    assert "其中 20 件在同一坐标" in words.inner_text()
    assert "看不出共同点" in words.inner_text()
    assert "季节: 台账不满一年" in words.inner_text()
    assert "今年以来的报警" in words.inner_text()
    before = page.locator(".leaflet-map-pane").get_attribute("style")
    page.locator("[data-cluster='1']").click()
    page.wait_for_function(
        "(b) => document.querySelector('.leaflet-map-pane').getAttribute('style') !== b"
        " || document.querySelectorAll('.leaflet-zoom-anim').length > 0",
        arg=before,
    )


def test_no_text_of_anybody_reaches_the_page(warning, grids):
    """Neither what was said nor a coordinate is in the page; markup in names is shown as typed."""
    page = maps.render(warning_page(warning, grids, PROFILE, name="某县<script>"))

    assert SECRET not in page
    assert "117.025" not in page
    assert "格<b>" not in page
    assert "某县<script>" not in page
    assert "内部使用" in page


def test_a_quiet_week_has_a_page_that_says_so(concerns, grids):
    """Without clusters there is a page, an empty legend and the sentence."""
    rule = AlarmRule(weeks=4, history_weeks=26, replicas=99)
    quiet = weekly_warning(
        concerns[:300], grids, PROFILE, date(2026, 3, 8), rule, rng=np.random.default_rng(1)
    )

    page = maps.render(warning_page(quiet, grids, PROFILE, invented=True))

    assert "本周没有难以用偶然解释的聚集" in page
    assert "虚构演示数据" in page


def test_each_grid_says_which_clusters_it_is_in(grids, clusters):
    """A grid of two clusters names both, and carries the numbers of the surer one."""
    layer = cluster_layer(grids, clusters, NAMES)
    properties = [feature["properties"] for feature in layer.data["features"]]
    notes = [layer.classes[p["class"]].get("note") for p in properties]

    assert notes[0] == "1 号 各类诉求合计: 新出现, 自 2026-02-02"
    assert notes[2] == notes[0] + "; 2 号 用水: 扩大, 自 2026-02-16"
    assert notes[4] == "2 号 用水: 扩大, 自 2026-02-16"
    assert notes[5] is None
    assert (properties[2]["observed"], properties[2]["p"]) == (19, 0.003)
    assert properties[5]["observed"] is None
    assert [outline["n"] for outline in layer.outlines] == ["1", "2"]


def test_a_cluster_of_other_grids_is_refused(grids, clusters):
    """Members that the map does not have, a missing column and an unknown status."""
    with pytest.raises(AlignmentError, match=r"`members` must be grids of the map; 1 are not"):
        cluster_layer(grids[1:], clusters, NAMES)
    with pytest.raises(DataError, match=r"`clusters` lacks status, p"):
        cluster_layer(grids, clusters.drop(columns=["status", "p"]), NAMES)
    with pytest.raises(DataError, match=r"`status` must be one of"):
        cluster_layer(grids, clusters.assign(status="old"), NAMES)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run one command; its exit code and what it printed."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["gridkit", *map(str, words)])
        monkeypatch.setenv("COLUMNS", "160")
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out + printed.err

    return command


def test_the_command_writes_the_page_and_keeps_the_runs(run, concerns, grids, tmp_path):
    """`gridkit scan` says the week, writes the page, and keeps its runs in the workspace."""
    folder = tmp_path / "县"
    workspace = gk.create_workspace(folder, name="某县", county_code="990428", grids=grids)
    workspace.store.add(
        [
            Concern(
                grid_id=row.grid_id,
                source="hotline",
                heard_on=row.heard_on.date(),
                demand_type="water",
                summary=SECRET,
            )
            for row in concerns.itertuples()
        ],
        by_role="centre_staff",
    )
    workspace.close()
    page = tmp_path / "预警-内部.html"
    words = ("scan", "-w", folder, "--on", "2026-03-08", "--weeks", "4")

    code, printed = run(*words, "--type", "用水", "--out", page)
    quiet, said = run(*words[:3], "--on", "2026-02-15", "--english")
    wrong, refused = run(*words, "--type", "没有的")

    assert (code, quiet, wrong) == (0, 0, 2)
    assert "本周有 1 处聚集难以用偶然解释: 新出现 1。" in printed
    assert "新出现 · 用水" in printed  # of what, as on the page
    assert "20 件没有具体位置" in printed or "件同一天登记" in printed
    assert "No cluster this week" in said
    assert "没有的" in refused
    assert SECRET not in printed + page.read_text(encoding="utf-8")
    assert (folder / "scan-runs.json").is_file()
    assert (folder / "scan-内部.html").is_file()
