"""The whole map of a county: what it says, and what it must not say."""

from __future__ import annotations

import datetime as dt
import json
import stat
from importlib import resources

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridkit import hotspots, maps, triage
from gridkit.profile import load_profile

N = 24
IDS = pd.Index([f"990428{i:09d}" for i in range(N)], name="grid_id")
SECRET = "李某某 住解放路 13 号"


@pytest.fixture
def grids() -> gpd.GeoDataFrame:
    """24 grids in two townships."""
    x, y = np.arange(N) % 6, np.arange(N) // 6
    return gpd.GeoDataFrame(
        {
            "name": [f"第{i}网格" for i in range(N)],
            "township_code": ["t1"] * 12 + ["t2"] * 12,
            "township_name": ["古镛镇"] * 12 + ["万安镇"] * 12,
            "households": pd.array([200] * (N - 1) + [3], dtype="Int64"),
        },
        geometry=shapely.box(117 + x / 50, 26 + y / 50, 117.02 + x / 50, 26.02 + y / 50),
        index=IDS,
        crs=4326,
    )


@pytest.fixture
def frames(grids) -> dict[str, pd.DataFrame]:
    """Concerns with free text in them, rates and tests as the hotspots chapter gives them."""
    n = pd.Series(np.arange(N), index=IDS).astype("Int64")
    rate = n.astype(float) / grids["households"].astype(float) * 100
    rates = pd.DataFrame(
        {
            "n": n,
            "households": grids["households"],
            "rate": rate,
            "expected": 11.5,
            "rate_eb": rate * 0.8 + 1,
            "low": rate * 0.6,
            "high": rate * 1.5,
        }
    )
    hot = ["hot_99"] * 2 + ["none"] * (N - 4) + ["hot_95"] * 2
    tests = pd.DataFrame(
        {"z": np.linspace(-1, 4, N), "p": 0.01, "q": 0.02, "hot": pd.Categorical(hot)},
        index=IDS,
    )
    concerns = pd.DataFrame(
        {
            "lon": 117.01 + np.arange(40) % 6 / 50,
            "lat": 26.01 + np.arange(40) % 4 / 50,
            "demand_type": pd.Categorical(["water", "wages"] * 20),
            "dispute_code": pd.Categorical([None] * 36 + ["1401", "1501", "16", "0201"]),
            "band": pd.Categorical(["red"] * 5 + ["blue"] * 35),
            "score": pd.array(range(40), dtype="Int16"),
            "summary": SECRET,
            "address": SECRET,
        },
        index=[f"0195b3c4-aaaa-7000-8000-{i:012x}" for i in range(40)],
    )
    return {"concerns": concerns, "rates": rates, "tests": tests}


def features(m, cls) -> list[dict]:
    """Read the features of a map's layers of one kind, in order."""
    return [c.data["features"] for c in m._children.values() if isinstance(c, cls)]


def test_a_desk_map_says_so_wherever_it_goes(grids, frames, tmp_path):
    """On its face, in the title of the page, in the file's name and in who may read it."""
    m = maps.county_map(grids, **frames, title="青溪县", invented=True)
    file = maps.save(m, tmp_path / "map.html")

    page = file.read_text("utf-8")

    assert "<title>【内部】【虚构】青溪县</title>" in page
    assert "内部使用 · 不得外传" in page
    assert "虚构演示数据" in page
    assert file.name == "map-内部.html"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_real_map_does_not_call_itself_invented(grids, frames):
    """The banner stands for made-up data only."""
    page = maps.render(maps.county_map(grids, **frames, title="将乐县"))

    assert "虚构演示数据" not in page
    assert "<title>【内部】将乐县</title>" in page


def test_no_free_text_and_no_address_reaches_the_page(grids, frames):
    """Whatever the concerns carry along, it does not leave the frame."""
    page = maps.render(maps.county_map(grids, **frames))

    for word in (SECRET, "李某某", "解放路"):
        assert word not in page
        assert json.dumps(word)[1:-1] not in page


def test_matters_for_a_statutory_channel_are_never_mapped(grids, frames):
    """Dispute codes 14 to 16 are left out of the discs."""
    m = maps.county_map(grids, concerns=frames["concerns"])

    discs = next(c for c in m._children.values() if isinstance(c, maps.layers.DiscLayer))

    assert discs.data[16].n.sum() == 37


def test_what_a_county_routes_out_by_its_own_profile_is_never_mapped(grids, frames, tmp_path):
    """A county that hands over group 02 as well finds none of it on the map, nor scored."""
    default = resources.files("gridkit.profile") / "default" / "disputes.toml"
    text = default.read_text("utf-8").replace('code = "02"', 'code = "02"\nroute_out = true', 1)
    (tmp_path / "disputes.toml").write_text(text, "utf-8")
    profile = load_profile(tmp_path)
    concerns = frames["concerns"].assign(heard_on=pd.Timestamp("2026-03-02").as_unit("s"))
    steps = pd.DataFrame(
        {"concern_id": pd.Series(dtype="str"), "action": pd.Series(dtype="str"),
         "on": pd.Series(dtype="datetime64[s]"), "satisfied": pd.Series(dtype="str")}
    )  # fmt: skip

    m = maps.county_map(grids, concerns=concerns, profile=profile)
    standing = triage.standing(concerns, steps, profile, dt.date(2026, 3, 9))

    discs = next(c for c in m._children.values() if isinstance(c, maps.layers.DiscLayer))
    assert discs.data[16].n.sum() == 36
    assert len(hotspots.mappable(concerns, profile)) == 36
    assert (standing == "route_out").sum() == 4


def test_a_county_map_is_for_the_desk_and_says_so(grids, frames, tmp_path):
    """There is no switch that hands it out: what is shared is drawn from a release."""
    m = maps.county_map(grids, **frames)
    with pytest.raises(TypeError, match="audience"):
        maps.county_map(grids, audience="shared")

    written = maps.save(m, tmp_path / "map.html")

    assert "内部" in written.name
    assert "内部使用" in written.read_text("utf-8")


def test_the_profile_gives_names_and_colors_of_bands(grids, frames):
    """What a county calls its bands is what its map says."""
    profile = load_profile()

    m = maps.county_map(grids, concerns=frames["concerns"], profile=profile)

    discs = next(c for c in m._children.values() if isinstance(c, maps.layers.DiscLayer))
    assert [b.color for b in discs.bands[: len(profile.bands)]] == [
        b.color for b in profile.bands
    ]
    assert discs.rows is not None
    assert profile.label("demand_type", "water") in {row[1] for row in discs.rows["cells"]}


def test_two_maps_in_one_notebook_do_not_share_anything(grids, frames):
    """A second map neither changes the first nor inherits from it."""
    first = maps.county_map(grids, **frames)
    before = len(maps.render(first))

    second = maps.county_map(grids.head(3), title="另一张")
    maps.render(second)

    assert abs(len(maps.render(first)) - before) < 50
    assert "第20网格" not in maps.render(second)


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1366, 768), (820, 1180)])
def test_all_layers_together_draw_without_a_request(size, grids, frames, open_page, tmp_path):
    """Title, badges, legend and layers stand on the screen, at a desk and on a tablet."""
    m = maps.county_map(
        grids,
        **frames,
        title="青溪县诉求与热点",
        on=dt.date(2026, 3, 8),
        source="走访台账",
        invented=True,
        profile=load_profile(),
    )
    page = open_page(viewport={"width": size[0], "height": size[1]})

    page.goto(maps.save(m, tmp_path / "map.html").as_uri())

    assert page.locator(".gk-head h1").inner_text() == "青溪县诉求与热点"
    assert "2026 年 3 月 8 日" in page.locator(".gk-head p").inner_text()
    assert page.locator(".gk-badge").all_inner_texts() == [
        "虚构演示数据 / invented data",
        "内部使用 · 不得外传 / desk use only",
    ]
    assert page.locator(".gk-discs button").count() >= 4
    assert page.locator(".gk-town").all_inner_texts() != []
    labels = page.locator(".leaflet-control-layers-overlays label").all_inner_texts()
    assert [t.strip().split(" ")[0] for t in labels] == ["地名", "诉求率", "热点", "诉求"]
    inside = page.locator("header.gk-head").bounding_box()
    assert inside["width"] == size[0]
    path = page.locator("path.leaflet-interactive").first.bounding_box()
    assert path["x"] > 0
    assert path["y"] > inside["height"]


@pytest.mark.browser
def test_a_frame_that_gets_its_size_late_still_shows_the_county(grids, frames, page):
    """In a tab that opens later the map fits itself when it is first seen."""
    m = maps.county_map(grids, **frames)
    page.set_content(f"<div id=tab style='display:none'>{maps.iframe(m, 500)}</div>")
    page.wait_for_timeout(300)

    page.evaluate("document.getElementById('tab').style.display = 'block'")
    page.wait_for_timeout(500)

    frame = page.frame_locator("iframe")
    boxes = [p.bounding_box() for p in frame.locator("path.leaflet-interactive").all()]
    assert len(boxes) == 2 * N
    assert max(b["x"] + b["width"] for b in boxes) - min(b["x"] for b in boxes) > 300


def test_an_area_that_is_a_township_is_named_once(grids):
    """On a map by townships the area and its township have one name, not two over each other."""
    towns = grids.dissolve("township_code", as_index=False)
    towns = towns.assign(name=towns["township_name"]).set_index(pd.Index(IDS[[0, 12]]))

    written = maps.render(maps.base_map(towns))

    labels = written.partition('id="place_names_')[2].partition("</script>")[0]
    assert labels.count("古镛镇") == labels.count("万安镇") == 1
