"""The app under Voilà in headless Chromium, offline: record, reload, resume."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress

import pytest
import shapely

from gridkit.commands.serve import app_environment, command, free_port, prepare_pages
from gridkit.records import create_workspace, open_store
from gridkit.records.drafts import Drafts
from gridkit.records.grids import make_grids

pytestmark = pytest.mark.browser
TOKEN = "test-of-gridkit"
START_SECONDS, DRAW_MS = 60, 40_000


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
def app_url(county, tmp_path_factory):
    """Serve the pages as `gridkit serve` does."""
    own = tmp_path_factory.mktemp("jupyter")
    port = free_port("127.0.0.1")
    places = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
    environment = {
        **app_environment(county, TOKEN),
        **{f"JUPYTER_{name}": str(own / folder) for name, folder in places.items()},
        "IPYTHONDIR": str(own / "ipython"),
    }
    words = command(prepare_pages(county), host="127.0.0.1", port=port, browser=False)
    with (own / "log").open("w") as log:
        process = subprocess.Popen(
            words, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.2)
    else:
        pytest.fail(f"Voilà did not start: {(own / 'log').read_text()[-2000:]}")
    yield f"http://127.0.0.1:{port}"
    os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)


def enter(page, app_url: str):
    """Open the list of pages with the token, then the record page."""
    page.set_default_timeout(DRAW_MS)
    page.goto(f"{app_url}/?token={TOKEN}")
    page.get_by_role("link", name="走访登记").click()
    drawn(page)
    return page


def drawn(page) -> None:
    """Wait until the form and the map are there."""
    page.locator(".gk-q-grid_id input").wait_for()
    page.locator(".gk-map iframe").wait_for()


def saved(page) -> str:
    """Wait for the acknowledgement."""
    page.locator(".gk-saving .gk-told").wait_for()
    return page.locator(".gk-saving .gk-told").inner_text()


def test_nobody_enters_without_the_token(page, app_url, county):
    """Without the token there is a login and no page; only the pages are served."""
    page.goto(f"{app_url}/voila/render/1_record.ipynb")
    assert "/login" in page.url
    assert page.locator(".gk").count() == 0

    page.goto(f"{app_url}/?token={TOKEN}")
    assert page.get_by_role("link").count() == 2
    for name in ("ledger.db", "../../ledger.db", "about.toml"):
        assert page.request.get(f"{app_url}/voila/files/{name}").status in {403, 404}
    assert (county.folder / "ledger.db").exists()


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
    with open_store(county.store.path) as store:
        concern = store.frame("concern").iloc[0]
    assert (concern["demand_detail"], concern["people_affected"]) == ("water_cut", 12)
    assert concern["summary"] == "三天没有水"


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
