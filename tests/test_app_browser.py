"""The app at the door: a photo, no position without https, drafts after a kernel's death."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import psutil
import pytest
import shapely
from PIL import Image
from playwright.sync_api import expect

import gridkit.profile
from gridkit.records import create_workspace, open_store
from gridkit.records.drafts import Drafts
from gridkit.records.grids import make_grids
from record_page import correct, drawn, enter, open_card, saved

pytestmark = pytest.mark.browser
TYPED_MS = 2000  # so long after the last key all must be on the disk


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Make an invented county that takes photos, with an empty ledger."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.44, 26.74), 500, "990428", 40)
    grids["name"] = [f"河滨社区第{i}网格" for i in range(1, len(grids) + 1)]
    folder = tmp_path_factory.mktemp("county") / "work"
    made = create_workspace(
        folder, name="青溪县", county_code="990428", grids=grids, invented=True
    )
    packaged = Path(gridkit.profile.__file__).parent / "default" / "county.toml"
    told = packaged.read_text("utf-8").replace("photos = false", "photos = true")
    (folder / "profile").mkdir(exist_ok=True)
    (folder / "profile" / "county.toml").write_text(told, encoding="utf-8")
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(county, serve_app):
    """Serve the pages."""
    return serve_app(county)


def camera_file(size=(2600, 1700)) -> bytes:
    """Write a photo as a telephone does: with its maker and where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "Telephone 7"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (26.0, 43.0, 1.0)
    file = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(file, "JPEG", exif=exif)
    assert b"Telephone 7" in file.getvalue()
    return file.getvalue()


def choose(page, name: str, data: bytes) -> None:
    """Choose a file as the photo."""
    page.locator(".gk-photo input[type=file]:not([capture])").set_input_files(
        {"name": name, "mimeType": "image/jpeg", "buffer": data}
    )


def test_a_photo_is_chosen_seen_and_kept_without_its_place(page, app, county):
    """What is no photo, or too large, is refused in Chinese; a photo lies beside the ledger by its hash."""
    enter(page, app.url)
    open_card(page)
    page.keyboard.type("墙上有裂缝")
    told = page.locator(".gk-q-photo [role=alert]")

    choose(page, "裂缝.jpg", b"these are words" * 50)
    expect(told).to_contain_text("不是 JPEG、PNG 或 WebP 照片, 没有收")
    choose(page, "裂缝.jpg", b"\xff\xd8\xff" + bytes(20_000_000))
    expect(told).to_contain_text("太大 (超过 20 MB)")
    choose(page, "张三家.jpg", camera_file())
    shown = page.locator(".gk-q-photo img[src^='data:image/jpeg']")
    shown.wait_for()
    assert shown.evaluate("e => e.decode().then(() => e.naturalWidth)") == 2048
    expect(told).to_have_count(0)
    page.keyboard.press("Control+Enter")
    saved(page)

    with open_store(county.store.path) as store:
        name = str(store.frame("concern").iloc[0]["photo"])
        assert store.photos.folder.parent == county.folder
        (kept,) = store.photos.folder.iterdir()
    data = kept.read_bytes()
    assert kept.name == f"{name}.jpg" == f"{hashlib.sha256(data).hexdigest()}.jpg"
    with Image.open(io.BytesIO(data)) as picture:
        assert dict(picture.getexif()) == {}
        assert picture.size == (2048, 1339)
    assert b"Telephone" not in data


def test_without_https_the_map_says_that_there_is_no_position(page, app, county):
    """From another machine over plain http browsers give none: said at once, and the map works."""
    enter(page, app.url.replace("127.0.0.1", "county.test"))
    assert page.evaluate("window.isSecureContext") is False
    open_card(page)
    page.keyboard.type("隔壁电脑记的")
    page.get_by_role("button", name="在地图上选 / 定位").click()

    told = page.locator(".gk-map-bar [role=status]")
    expect(told).to_contain_text("这一页用不了定位: 网址不是 https")
    assert not page.get_by_role("button", name="用本机定位").is_visible()
    titles = page.locator(".gk-map-frame .leaflet-control-zoom a")
    assert titles.evaluate_all("all => all.map(a => a.title)") == ["放大", "缩小"]
    page.locator(".gk-map-frame").click()
    expect(page.locator(".gk-q-lon input")).not_to_have_value("")
    page.keyboard.press("Control+Enter")
    saved(page)

    with open_store(county.store.path) as store:
        concerns = store.frame("concern").set_index("summary")
    assert concerns.loc["隔壁电脑记的", "place_source"] == "map"


def kill_kernel(page) -> None:
    """Kill the kernel of a page, as a machine does that runs out of memory."""
    told = page.evaluate(
        "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    )
    (kernel,) = (
        one
        for one in psutil.process_iter(["cmdline"])
        if any(f"kernel-{told}.json" in word for word in one.info["cmdline"] or ())
    )
    kernel.kill()


def type_address(page, words: str) -> None:
    """Begin a visit, and wait until it must be on the disk."""
    page.locator(".gk-q-grid_id input").focus()
    page.keyboard.type("第7网格")
    page.locator(".gk-q-address input").focus()
    page.keyboard.type(words)
    page.wait_for_timeout(TYPED_MS)


def test_drafts_outlive_a_kernel(page, app, county):
    """Three drafts, the kernel killed: all are listed; one is gone on with, the others stay."""
    enter(page, app.url)
    for words in ("1 栋", "2 栋"):
        type_address(page, words)
        page.get_by_role("button", name="先放一放").click()
        page.locator(".gk-drafts .gk-row", has_text=words).wait_for()
    type_address(page, "3 栋")
    kill_kernel(page)
    page.reload()
    drawn(page)

    rows = page.locator(".gk-drafts .gk-row")
    expect(rows).to_have_count(3)
    rows.filter(has_text="3 栋").get_by_role("button", name="接着写").click()
    expect(page.locator(".gk-q-address input")).to_have_value("3 栋")
    expect(rows).to_have_count(2)
    page.keyboard.press("Alt+n")
    saved(page)

    left = Drafts.beside(county.store.path).listed()
    assert sorted(one.content["visit"]["address"] for one in left) == ["1 栋", "2 栋"]
    with open_store(county.store.path) as store:
        assert store.frame("visit")["address"].dropna().tolist() == ["3 栋"]


def test_a_correction_in_mid_typing_outlives_reload_and_kernel(page, app, county):
    """Reloaded, then the kernel killed: the reason and the number are there both times, and save."""
    enter(page, app.url)
    open_card(page, "sy")
    page.keyboard.type("水压低")
    page.keyboard.press("Control+Enter")
    saved(page)
    with open_store(county.store.path) as store:
        concerns = store.frame("concern")
    its_id = concerns.index[concerns["summary"] == "水压低"][0]
    correct(page, its_id[-6:])
    part = page.locator(".gk-part-correction")
    part.locator(".gk-q-people_affected input").fill("7")
    part.locator(".gk-q-why input").fill("数错")
    part.locator(".gk-q-why input").press("End")
    page.keyboard.type("了, 是七个人")

    for again in (lambda: None, lambda: kill_kernel(page)):
        page.wait_for_timeout(TYPED_MS)
        again()
        page.reload()
        drawn(page)
        row = page.locator(".gk-corrections .gk-drafts .gk-row", has_text=its_id[-6:])
        row.get_by_role("button", name="接着写").click()
        expect(part.locator(".gk-q-people_affected input")).to_have_value("7")
        expect(part.locator(".gk-q-why input")).to_have_value("数错了, 是七个人")
    part.locator(".gk-save").click()
    part.locator(".gk-told").wait_for()

    with open_store(county.store.path) as store:
        last = store.history(its_id).iloc[-1]
        assert store.current([its_id])[its_id].record.people_affected == 7
    assert last["why"] == "数错了, 是七个人"
