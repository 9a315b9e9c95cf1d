"""`gridkit map --layers`: the layers that were asked for, by name, and nothing else."""

from __future__ import annotations

import datetime as dt
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridkit import maps
from gridkit.cli import main
from gridkit.errors import DataError
from gridkit.forms.asked_map import LAYERS, asked_map, layer_names
from gridkit.maps.events import read_events
from gridkit.records import Concern, Room, create_workspace

SIDE = 8


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Make 64 grids with concerns everywhere, many of late in one corner, a room, two events."""
    x, y = np.arange(SIDE**2) % SIDE / 100, np.arange(SIDE**2) // SIDE / 100
    ids = [f"990428100001{i:03d}" for i in range(1, SIDE**2 + 1)]
    columns = {"name": ids, "village_code": "990428100001", "population": 150,
               "township_code": "990428100000", "households": 50}  # fmt: skip
    grids = gpd.GeoDataFrame(
        columns,
        geometry=shapely.box(117.4 + x, 26.7 + y, 117.41 + x, 26.71 + y),
        index=pd.Index(ids, name="grid_id"),
        crs=4326,
    )
    folder = tmp_path_factory.mktemp("asked") / "w"
    made = create_workspace(folder, name="小县", county_code="990428", grids=grids)
    today, rng = made.store.today(), np.random.default_rng(3)
    heard = [(int(rng.integers(64)), int(rng.integers(180))) for _ in range(250)]
    heard += [(corner, int(rng.integers(40))) for corner in (0, 1, 8, 9) for _ in range(25)]
    made.store.add(
        [
            Concern(
                heard_on=today - dt.timedelta(days=days),
                demand_type="water",
                grid_id=ids[at],
                source="window",
                lon=float(117.405 + x[at]),
                lat=float(26.705 + y[at]),
                place_source="map",
            )
            for at, days in heard
        ],
        by_role="grid_worker",
    )
    made.store.add(
        [Room(title="某村评理室", level="village", division_code="990428100001")],
        by_role="centre_staff",
    )
    (folder / "events.csv").write_text(
        f"title,from,to\n大旱,{today - dt.timedelta(days=70)},{today}\n开工,{today},\n",
        encoding="utf-8-sig",
    )
    yield made
    made.close()


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command line and give its exit code and what it printed."""

    def run_one(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["gridkit", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return int(left.value.code or 0), (told.out + told.err).replace("\n", "")

    return run_one


def half_a_year(county) -> tuple[dt.date, dt.date]:
    """Give the last 26 weeks."""
    today = county.store.today()
    return today - dt.timedelta(days=7 * 26 - 1), today


def drawn(m: maps.GridMap) -> list[str]:
    """Name the kinds of layers on a map that stand in the legend."""
    return [
        x.legend.title
        for x in m._children.values()
        if isinstance(x, maps.layers.MapLayer) and x.legend
    ]


def test_every_layer_can_be_asked_for_together(county):
    """One layer per name, in that order, each with its legend; of those that hide each other one."""
    asked = asked_map(county, list(LAYERS), half_a_year(county))

    shown = [
        x.show
        for x in asked.map._children.values()
        if isinstance(x, maps.layers.MapLayer) and x.legend
    ]
    left_out = [zh for zh, en in asked.sentences if en]
    assert len(drawn(asked.map)) + len(left_out) == len(LAYERS)
    assert len(left_out) <= 1, left_out  # silent grids want repeats, which there may be few of
    assert sum(shown) == len(LAYERS) - len(left_out) - (4 - 1) - (4 - 1 - len(left_out))
    assert asked.map.audience == "desk"
    assert "<script" in maps.render(asked.map)


def test_the_slider_has_counts_clusters_and_the_events_behind_them(county):
    """The corner's cluster is outlined in its weeks; the workspace's events are named."""
    asked = asked_map(county, ["weeks"], half_a_year(county))

    (layer,) = [x for x in asked.map._children.values() if hasattr(x, "time")]
    events = [e["title"] for e in layer.time["events"]]
    assert events == ["大旱", "开工"]
    assert layer.time["clusters"]
    assert sum(layer.time["weekly"]) == layer.cube.to_numpy().sum() > 200


def test_only_concerns_of_the_type_asked_for_are_counted(county):
    """All concerns are about water: of another type there are none, and the map still opens."""
    period = half_a_year(county)
    codes = [c.code for c in county.profile.choices("demand_type")]
    other = next(code for code in codes if code != "water")

    none = asked_map(county, ["heat"], period, demand_types=[other])
    every = asked_map(county, ["heat"], period, demand_types=["water"])

    counts = [
        next(x for x in a.map._children.values() if isinstance(x, maps.layers.HeatLayer))
        for a in (none, every)
    ]
    assert [layer.data.counts.sum() > 0 for layer in counts] == [False, True]


def test_the_command_draws_what_was_asked_for_and_says_what_it_found(county, run, tmp_path):
    """Names in Chinese or as codes; the file is for the desk and says so in its name."""
    code, said = run(
        "map", "-w", county.folder, "-o", tmp_path / "图.html", "--weeks", 26,
        "--layers", "热点检验,clusters", "-l", "rooms", "--type", "water", "--measure", "density",
    )  # fmt: skip

    assert code == 0, said
    assert "处聚集" in said
    page = (tmp_path / "图-内部.html").read_text("utf-8")
    assert "gk.clusters(" in page
    assert "gk.Time(" not in page


def test_a_layer_or_measure_that_is_none_is_named_with_the_choices(county, run):
    """In Chinese and English, and nothing is written."""
    code, said = run("map", "-w", county.folder, "--layers", "rates,bogus")
    other, told = run("map", "-w", county.folder, "--layers", "rates", "--measure", "weight")

    assert code == other == 2
    assert "没有图层“bogus”" in said
    assert all(name in said for name in LAYERS)
    assert "没有量度“weight”" in told
    with pytest.raises(DataError, match="no layer"):
        layer_names([","])


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--shared", "-l", "rates"), "--layers"),
        (("--level", "township"), "--level"),
        (("--measure", "density"), "--measure"),
        (("--shared", "--weeks", "4"), "--weeks"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(county, run, words, option):
    """Rather than passed over in silence, and before anything is drawn or registered."""
    before = sorted(county.folder.iterdir())

    code, said = run("map", "-w", county.folder, *words)

    assert code == 2
    assert f"{option} 对" in said
    assert sorted(county.folder.iterdir()) == before


def test_a_file_that_cannot_be_meant_is_refused_before_a_release_is_registered(
    county, run, tmp_path
):
    """A PDF's name for the page, a folder that is not there: nothing is registered."""
    before = sorted(county.folder.iterdir())
    for out, words in (("x.pdf", "请另加 --pdf"), ("none/x.html", "没有文件夹")):
        code, said = run("map", "-w", county.folder, "--shared", "-o", tmp_path / out)
        assert code == 2
        assert words in said
    assert sorted(county.folder.iterdir()) == before

    code, _ = run("map", "-w", county.folder, "-l", "rooms", "-o", tmp_path)
    other, _ = run("map", "-w", county.folder, "-l", "rooms", "-o", tmp_path / "图")
    assert code == other == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map-内部.html", "图-内部.html"]


@pytest.mark.parametrize("words", [(), ("-l", "rates")])
def test_a_gis_gets_the_numbers_of_the_type_that_is_drawn(county, run, tmp_path, words):
    """All concerns are about water: of another type the table has none, as the map."""
    codes = [c.code for c in county.profile.choices("demand_type")]
    other = next(code for code in codes if code != "water")
    sums = []
    for kind in ("water", other):
        out = tmp_path / f"{kind}.html"
        code, said = run(
            "map", "-w", county.folder, *words, "--type", kind, "--gpkg", "-o", out
        )
        assert code == 0, said
        table = gpd.read_file(tmp_path / f"{kind}-内部.gpkg", layer="网格")
        sums.append(table["件数"].sum())

    assert sums[0] > 50
    assert sums[1] == 0


def test_what_is_settled_is_not_called_unscored(county):
    """Dots take the band of the open matter; the legend names what is settled as such."""
    asked = asked_map(county, ["dots"], half_a_year(county))

    (layer,) = [x for x in asked.map._children.values() if isinstance(x, maps.layers.DotLayer)]
    labels = [item["label"] for item in layer.legend.items]
    assert "未评分" not in labels
    assert set(labels) <= {*(b.zh for b in county.profile.bands), "已了结"}
    assert sum(len(some) for some in layer.data.places[:-1]) > 0


def test_the_last_week_does_not_reach_into_the_future(county):
    """Its label ends with the last day of the data and says that the week is not over."""
    first, last = half_a_year(county)
    day = last - dt.timedelta(days=last.weekday())  # a Monday
    asked = asked_map(county, ["weeks"], (first, day))

    (layer,) = [x for x in asked.map._children.values() if hasattr(x, "time")]
    assert layer.time["labels"][-1].endswith(f"至 {day:%m-%d} (本周未完)")
    assert "未完" not in layer.time["labels"][-2]


@pytest.mark.parametrize(
    ("names", "title"), [(["rooms"], "小县 评理室"), (["heat"], "诉求 · 诉求疏密 (热力)")]
)
def test_a_map_of_one_layer_is_called_by_it(county, names, title):
    """A map of rooms is not titled as concerns of a period."""
    assert asked_map(county, names, half_a_year(county)).map.page_title.endswith(title)


def test_events_that_cannot_be_read_are_refused_with_the_way_out(tmp_path):
    """A day that is none, or a missing column: what the file must be like."""
    for text in ("title,from,to\n旱,上个月,\n", "what,from\n旱,2026-05-01\n"):
        (tmp_path / "events.csv").write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match="events\\.csv of the workspace cannot be read"):
            read_events(tmp_path)
