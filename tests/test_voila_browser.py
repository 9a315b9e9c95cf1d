"""The app under Voilà in headless Chromium, offline: record, reload, resume."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable

import pandas as pd
import pytest
import shapely
from playwright.sync_api import expect

from gridkit.records import create_workspace, open_store
from gridkit.records.drafts import Drafts
from gridkit.records.grids import make_grids
from record_page import TOKEN, correct, drawn, enter, open_card, saved

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Make an invented county with an empty ledger."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.44, 26.74), 500, "990428", 40)
    grids["name"] = [f"河滨社区第{i}网格" for i in range(1, len(grids) + 1)]
    made = create_workspace(
        tmp_path_factory.mktemp("county") / "work",
        name="青溪县",
        county_code="990428",
        grids=grids,
        invented=True,
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(county, serve_app):
    """Serve the pages, and Open311 beside them."""
    return serve_app(county, "--open311", "--open311-port=0")


@pytest.fixture(scope="module")
def app_url(app):
    """Give the address of the pages."""
    return app.url


def printed_address(app) -> str:
    """Find where Open311 answers in what the command printed."""
    return re.search(r"http://127\.0\.0\.1:\d+/requests\.json", (app.own / "log").read_text())[
        0
    ]


def test_nobody_enters_without_the_token(page, app_url, county):
    """Without the token there is a login and no page; only the pages are served."""
    page.goto(f"{app_url}/voila/render/1_record.ipynb")
    assert "/login" in page.url
    assert page.locator(".gk").count() == 0
    expect(page.get_by_role("heading")).to_contain_text("请输入访问口令")
    assert page.locator("a[href^=http], link[href^=http], [src^=http]").count() == 0
    page.get_by_label("口令").fill("not-the-token")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("口令不对")
    page.get_by_label("口令").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator(".gk-q-grid_id input")).to_be_visible()  # what was asked for

    page.goto(f"{app_url}/?token={TOKEN}")
    assert page.get_by_role("link").count() == 2
    for name in ("ledger.db", "../../ledger.db", "about.toml"):
        assert page.request.get(f"{app_url}/voila/files/{name}").status in {403, 404}
    assert (county.folder / "ledger.db").exists()


def test_open311_answers_beside_the_app(app):
    """On a port of its own, for who asks without a token what may be shared anyway."""
    address = printed_address(app)
    assert not address.startswith(app.url)

    with urllib.request.urlopen(address, timeout=30) as answer:
        assert json.load(answer) == []  # the ledger has no five matters of a kind
    with urllib.request.urlopen(address.replace("requests", "services")) as answer:
        assert len(json.load(answer)) > 10


def test_what_a_kernel_shows_is_not_for_every_account_of_the_machine(page, app_url, app):
    """Its port is open to whoever has an account here: what passes there is encrypted."""
    enter(page, app_url)

    told = [json.loads(path.read_text()) for path in app.own.rglob("kernel-*.json")]

    assert told
    assert all(one["curve_publickey"] and one["curve_secretkey"] for one in told)


def test_a_whole_visit_by_keyboard(page, app_url, county):
    """Type-ahead, cascade, a fault and its repair, saved with Ctrl+Enter; the code is hidden."""
    enter(page, app_url)
    assert page.locator(".jp-InputArea-editor:visible").count() == 0
    type_a_visit(page)
    keys = page.keyboard
    page.locator(".gk-q-people_affected input").focus()
    keys.type("很多")
    assert page.locator(".gk-q-people_affected [role=alert]").count() == 0
    keys.press("Tab")
    page.locator(".gk-q-people_affected [role=alert]").wait_for()
    keys.press("Control+Enter")
    page.locator(".gk-refused").wait_for()
    page.wait_for_function("document.activeElement.closest('.gk-q-people_affected') !== null")
    keys.press("Control+a")
    keys.type("12")
    keys.press("Control+Enter")

    assert "1 件诉求" in saved(page)
    in_view = (
        "e => { const box = e.getBoundingClientRect();"
        " return box.top > 0 && box.bottom < innerHeight; }"
    )
    page.wait_for_timeout(1000)  # the card is gone, and the page a screen shorter
    assert page.locator(".gk-saving .gk-told").evaluate(in_view)
    with open_store(county.store.path) as store:
        concern = store.frame("concern").iloc[0]
    assert (concern["demand_detail"], concern["people_affected"]) == ("water_cut", 12)
    assert concern["summary"] == "三天没有水"


def test_after_the_grid_the_address_is_typed(page, app_url, county):
    """The grid of last time is offered, but a key meant for the address never takes it."""
    enter(page, app_url)
    type_a_visit(page)
    keys = page.keyboard
    keys.press("Control+Enter")
    saved(page)
    page.get_by_role("button", name="沿用上次: 河滨社区第21网格").wait_for()
    page.locator(".gk-q-grid_id input").focus()
    keys.type("第7网格")
    keys.press("Tab")
    keys.type("5 栋 502")
    expect(page.locator(".gk-q-address input")).to_have_value("5 栋 502")
    keys.press("Alt+n")
    page.locator(".gk-saving .gk-told", has_text="0 件诉求").wait_for()

    with open_store(county.store.path) as store:
        visit = store.frame("visit").set_index("address").loc["5 栋 502"]
    assert county.grids.loc[visit["grid_id"], "name"] == "河滨社区第7网格"


def type_a_visit(page) -> None:
    """Fill the form with the keyboard alone."""
    keys = page.keyboard
    page.locator(".gk-q-grid_id input").focus()
    keys.type("第21网格")
    keys.press("Tab")
    keys.type("3 栋 201")
    page.locator(".gk-q-outcome select").focus()
    keys.press("ArrowDown")
    page.locator(".gk-q-met_role select").wait_for()
    keys.press("Tab")
    keys.press("ArrowDown")
    keys.press("Alt+a")
    page.wait_for_function("document.activeElement.closest('.gk-q-what') !== null")
    keys.type("ts")
    keys.press("Enter")
    page.wait_for_function("document.activeElement.closest('.gk-q-summary') !== null")
    assert page.locator(".gk-q-demand_detail select").input_value() == "停水断水"
    keys.type("三天没有水")


def test_a_reload_in_mid_typing_loses_nothing(page, app_url, county):
    """Two seconds after the last key it is on the disk; the new page offers it."""
    enter(page, app_url)
    page.locator(".gk-q-grid_id input").focus()
    page.keyboard.type("第7网格")
    page.locator(".gk-q-note textarea").focus()
    page.keyboard.type("门口有狗, 下次")
    page.wait_for_timeout(2000)
    assert (
        Drafts.beside(county.store.path).listed()[0].content["visit"]["note"]
        == "门口有狗, 下次"
    )

    page.reload()
    drawn(page)
    page.get_by_role("button", name="接着写").click()

    page.wait_for_function("document.querySelector('.gk-q-note textarea').value !== ''")
    assert page.locator(".gk-q-note textarea").input_value() == "门口有狗, 下次"
    page.keyboard.press("Alt+n")
    saved(page)
    assert Drafts.beside(county.store.path).listed() == ()


def lonlat(page) -> tuple[float, float] | None:
    """Read what stands in the two fields of the place."""
    texts = [page.locator(f".gk-q-{name} input").input_value() for name in ("lon", "lat")]
    return (float(texts[0]), float(texts[1])) if all(texts) else None


def moved(page, act: Callable[[], None]) -> tuple[float, float]:
    """Do something, and wait until it has changed both numbers, and what is said of the place."""
    texts = [page.locator(f".gk-q-{name} input").input_value() for name in ("lon", "lat")]
    act()
    page.wait_for_function(
        "old => ['lon', 'lat'].every((name, i) =>"
        " ![old[i], ''].includes(document.querySelector(`.gk-q-${name} input`).value))",
        arg=texts,
    )
    page.locator(
        ".gk-place .gk-message", has_text="位置在"
    ).wait_for()  # the map stands still now
    after = lonlat(page)
    assert after is not None
    return after


def concern_of(county, summary: str):
    """Read one concern from the ledger, with another connection."""
    with open_store(county.store.path) as store:
        concerns = store.frame("concern")
    return concerns[concerns["summary"] == summary].iloc[0]


def test_a_place_by_satellite_keeps_its_accuracy(open_page, app_url, county):
    """A vague fix is not taken by itself, a good one is; beyond the grid it asks; a refusal is told."""
    middle = county.grids.geometry.iloc[20].centroid
    page = open_page(
        geolocation={"longitude": middle.x, "latitude": middle.y, "accuracy": 300.4},
        permissions=["geolocation"],
    )
    enter(page, app_url)
    open_card(page)
    page.keyboard.type("以卫星定位")
    page.get_by_role("button", name="在地图上选 / 定位").click()
    told = page.locator(".gk-map-bar [role=status]")

    page.get_by_role("button", name="用本机定位").click()
    page.get_by_role("button", name="仍用这个定位").wait_for()
    assert "误差约 301 米, 太大" in told.inner_text()
    assert lonlat(page) is None

    far = county.grids.geometry.iloc[0].centroid
    page.context.set_geolocation({"longitude": far.x, "latitude": far.y, "accuracy": 12})
    moved(page, lambda: page.get_by_role("button", name="用本机定位").click())
    assert "误差约 12 米" in told.inner_text()
    page.get_by_role("button", name="确认记在那个网格").wait_for()
    assert "在另一个网格: 河滨社区第1网格" in page.locator(".gk-place .gk-fault").inner_text()

    page.context.set_geolocation(
        {"longitude": middle.x, "latitude": middle.y, "accuracy": 49.5}
    )
    page.get_by_role("button", name="用本机定位").click()
    for name, value in (("lon", middle.x), ("lat", middle.y)):  # one after the other
        expect(page.locator(f".gk-q-{name} input")).to_have_value(f"{round(value, 6)}")
    page.get_by_text("卫星定位, ±50 m").wait_for()
    page.keyboard.press("Control+Enter")
    saved(page)

    concern = concern_of(county, "以卫星定位")
    assert (concern["place_source"], concern["accuracy_m"]) == ("gps", 50.0)
    assert concern["grid_id"] == county.grids.index[20]


def drag_the_pin(page) -> None:
    """Drag the pin to the right and a little up."""
    pin = page.locator(".gk-map-frame .leaflet-marker-icon").bounding_box()
    x, y = pin["x"] + pin["width"] / 2, pin["y"] + 12
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y - 5, steps=4)
    page.mouse.move(x + 40, y - 10, steps=4)
    page.mouse.up()


def test_a_place_by_tap_by_drag_and_by_keys(page, app_url, county):
    """Without a permission the form says so; the map is for mouse and keyboard alike."""
    enter(page, app_url)
    open_card(page)
    page.keyboard.type("在地图上选")
    page.get_by_role("button", name="在地图上选 / 定位").click()
    chart = page.locator(".gk-map-frame")
    chart.wait_for()
    page.get_by_role("button", name="用本机定位").click()
    page.get_by_text("没有得到定位许可; 请在地图上点").wait_for()

    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tapped = moved(page, lambda: page.mouse.click(middle[0] + 12, middle[1]))
    assert county.grids.geometry.iloc[20].contains(shapely.Point(tapped))
    page.get_by_text("已在地图上选好").wait_for()
    dragged = moved(page, lambda: drag_the_pin(page))
    assert dragged[0] > tapped[0]
    assert dragged[1] > tapped[1]

    chart.focus()
    by_keys = moved(page, lambda: page.keyboard.press("Enter"))
    assert by_keys[0] < dragged[0]
    page.keyboard.press("Control+Enter")
    saved(page)
    concern = concern_of(county, "在地图上选")
    assert concern["place_source"] == "map"
    assert pd.isna(concern["accuracy_m"])
    assert (concern["lon"], concern["lat"]) == by_keys


def test_two_browsers_on_one_ledger_lose_nothing_and_see_their_clash(
    open_page, app_url, county
):
    """Both save a visit; both correct one concern: the second is told of two versions beside each other."""
    pages = [open_page(), open_page()]
    for page in pages:
        enter(page, app_url)
    for page, words in zip(pages, ("甲记的事", "乙记的事"), strict=True):
        open_card(page, "sy")
        page.keyboard.type(words)
    for page in pages:
        page.keyboard.press("Control+Enter")
    for page in pages:
        assert "1 件诉求" in saved(page)
    ids = [concern_of(county, words).name for words in ("甲记的事", "乙记的事")]

    for page in pages:
        correct(page, ids[0][-6:])
    for page, number in zip(pages, ("7", "9"), strict=True):
        part = page.locator(".gk-part-correction")
        part.locator(".gk-q-people_affected input").fill(number)
        part.locator(".gk-q-why input").fill("数错了")
    pages[0].locator(".gk-part-correction .gk-save").click()
    pages[0].locator(".gk-part-correction .gk-told").wait_for()
    pages[1].locator(".gk-part-correction .gk-save").click()
    pages[1].get_by_text("有两版并存, 请逐项选定").wait_for()

    with open_store(county.store.path) as store:
        assert store.conflicts().index.tolist() == [ids[0]]
        versions = store.history(ids[0])
    assert len(versions) == 3
