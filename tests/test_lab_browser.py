"""JupyterLab in headless Chromium, offline: a person fills the form, saves, and sees it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from contextlib import suppress

import pytest
import shapely

from gridkit import lab
from gridkit.forms.concern_card import GROUPS
from gridkit.records import create_workspace, open_store
from gridkit.records.grids import make_grids
from gridkit.records.spec import VISIT

pytestmark = pytest.mark.browser
TOKEN = "test-of-gridkit"
START_SECONDS, DRAW_MS = 90, 120_000


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Make an invented county with an empty ledger."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.44, 26.74), 500, "990428", 40)
    grids["name"] = [f"河滨社区第{i}网格" for i in range(1, len(grids) + 1)]
    folder = tmp_path_factory.mktemp("county")
    made = create_workspace(
        folder / "work", name="青溪县", county_code="990428", grids=grids, invented=True
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def lab_url(county, tmp_path_factory):
    """Start JupyterLab as `gridkit demo` does, in folders of its own."""
    notebooks = lab.prepare(county)
    own = tmp_path_factory.mktemp("jupyter")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
    environment = {
        **lab.environment(county),
        **{f"JUPYTER_{name}": str(own / folder) for name, folder in places.items()},
        "IPYTHONDIR": str(own / "ipython"),
    }
    words = lab.command(notebooks, browser=False, port=port)
    with (own / "log").open("w") as log:
        process = subprocess.Popen(
            [*words, f"--ServerApp.token={TOKEN}"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(port, process, own / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)


def _wait_for(port: int, process: subprocess.Popen, log) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start: {log.read_text()[-2000:]}")


@pytest.fixture
def form(page, lab_url):
    """Open the record notebook and run it, as a person does, cell by cell."""
    page.set_default_timeout(DRAW_MS)
    page.goto(f"{lab_url}/lab/tree/1_record.ipynb?token={TOKEN}&reset")
    wait_for_kernel(page, lab_url)
    for number in range(2):
        run_cell(page, number)
    page.locator("button.gk-save").wait_for()
    page.locator(".gk-map iframe").wait_for()
    return page


def wait_for_kernel(page, lab_url: str) -> None:
    """Wait until the notebook has its kernel; Lab says "idle" before that, too."""
    for _ in range(DRAW_MS // 250):
        kernels = page.request.get(f"{lab_url}/api/kernels?token={TOKEN}").json()
        if any(kernel["connections"] for kernel in kernels):
            page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
            return
        page.wait_for_timeout(250)
    pytest.fail("the notebook got no kernel")


def run_cell(page, number: int) -> None:
    """Click a code cell and press Shift+Enter, again if the kernel was not listening yet."""
    cell = page.locator(".jp-Notebook .jp-CodeCell:visible").nth(number)
    prompt = cell.locator(".jp-InputPrompt:visible")
    for _ in range(5):
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(1500)
        if prompt.inner_text().strip() != "[ ]:":
            return
    pytest.fail(f"cell {number} did not run")


def focused(page) -> str:
    """Name the field that the cursor is in."""
    name = page.evaluate(
        "document.activeElement.closest('.gk-field')?.className ?? "
        "document.activeElement.textContent"
    )
    found = re.search(r"gk-q-(\w+)", name)
    return found[1] if found else name


def tab_to(page, field: str) -> None:
    """Press Tab until the cursor is in a field."""
    for _ in range(60):
        if focused(page) == field:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never came to {field}")


def wait_until(page, question: str) -> None:
    """Wait for a question about the page, in JavaScript, to be true."""
    page.wait_for_function(question)


def counted(county) -> int:
    """Count the visits in the ledger, with another connection."""
    with open_store(county.store.path) as store:
        return store.size("visit")


def type_into(page, field: str, *keys: str) -> None:
    """Go to a field by Tab, then press keys, or type what is longer than one."""
    tab_to(page, field)
    for key in keys:
        if key in {"ArrowDown", "Enter", "Space"}:
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def type_a_visit(page) -> None:
    """Fill the form with the keyboard alone; one answer cannot be read."""
    page.locator(".gk-q-grid_id input").focus()
    type_into(page, "grid_id", "第21网格")
    type_into(page, "address", "3 栋 201")
    type_into(page, "outcome", "ArrowDown")
    page.locator(".gk-q-met_role select").wait_for()
    type_into(page, "met_role", "ArrowDown")
    type_into(page, "＋ 添加一件诉求", "Enter")
    wait_until(page, "document.activeElement.closest('.gk-q-demand_type') !== null")
    type_into(page, "demand_type", "ArrowDown")
    wait_until(page, "document.querySelector('.gk-q-demand_detail select').length > 2")
    type_into(page, "demand_detail", "ArrowDown")
    type_into(page, "summary", "三天没有水 <b>急</b>")
    type_into(page, "people_affected", "很多")
    type_into(page, "basic_need", "Space")
    type_into(page, "用网格中心", "Enter")
    wait_until(page, "document.querySelector('.gk-q-lon input').value !== ''")


def test_a_visit_by_keyboard_alone(form, county, changed):
    """Type a visit, mend a fault, save with Ctrl+Enter: score, list and map follow at once."""
    before = counted(county)
    type_a_visit(form)
    form.keyboard.press("Control+Enter")

    form.locator(".gk-refused").wait_for()
    wait_until(form, "document.activeElement.closest('.gk-q-people_affected') !== null")
    assert "还有 1 处要改" in form.locator(".gk-refused").inner_text()
    assert form.locator(".gk-q-people_affected [role=alert]").inner_text()
    assert form.locator(".gk-q-people_affected input").input_value() == "很多"
    assert counted(county) == before

    the_map = form.locator(".gk-map iframe")
    old_page, old_picture = the_map.get_attribute("srcdoc"), the_map.screenshot()
    form.keyboard.press("Control+a")
    form.keyboard.type("１２")
    form.keyboard.press("Control+Enter")
    form.locator(".gk-told").wait_for()

    assert "1 次走访, 1 件诉求" in form.locator(".gk-told").inner_text()
    assert counted(county) == before + 1
    form.locator(".gk-advice").wait_for()
    advice = form.locator(".gk-advice").inner_text()
    assert all(words in advice for words in ("用水", "由人决定", "信访工作条例"))
    form.locator(".gk-day", has_text="3 栋 201").wait_for()
    form.wait_for_function(
        "old => document.querySelector('.gk-map iframe').srcdoc !== old", arg=old_page
    )
    form.frame_locator(".gk-map iframe").locator(".leaflet-container").wait_for()
    form.wait_for_timeout(1000)
    assert changed(old_picture, the_map.screenshot()) > 0.001


def test_the_order_of_tab_is_the_order_of_reading(form):
    """Tab passes the fields as the spec lists them, and ends at the save button."""
    form.locator(".gk-q-grid_id input").focus()
    form.get_by_role("button", name="添加一件诉求").click()
    wait_until(form, "document.activeElement.closest('.gk-q-demand_type') !== null")
    form.locator(".gk-q-grid_id input").focus()
    passed: list[str] = []
    for _ in range(80):
        if focused(form) not in passed:
            passed.append(focused(form))
        if passed[-1] == "保存走访":
            break
        form.keyboard.press("Tab")

    asked = [f.name for f in VISIT.fields if f.asked]
    asked += [name for group in GROUPS for name in group.names]
    fields = [name for name in passed if name in asked]
    assert fields == [name for name in asked if name not in {"met_role", "works_start"}]


def test_keys_in_the_form_are_no_commands_of_the_notebook(form):
    """With the cursor on a list or a box, "x" and "d d" neither cut nor delete a cell."""
    cells = form.locator(".jp-Notebook .jp-Cell").count()

    form.locator(".gk-q-outcome select").focus()
    for key in ("x", "d", "d", "b"):
        form.keyboard.press(key)
    form.get_by_role("button", name="添加一件诉求").click()
    form.locator(".gk-q-safety input").first.focus()
    for key in ("d", "d", "x", "Shift+Enter"):
        form.keyboard.press(key)

    form.wait_for_timeout(500)
    assert form.locator(".jp-Notebook .jp-Cell").count() == cells
    assert form.locator("button.gk-save").is_visible()


def test_a_double_click_saves_once(form, county):
    """Two clicks in quick succession write one visit, and the message stays."""
    before = counted(county)
    form.locator(".gk-q-grid_id input").fill("第7网格")
    form.locator(".gk-q-outcome select").select_option(label="无人在家")

    form.locator("button.gk-save").dblclick()

    form.locator(".gk-told").wait_for()
    form.wait_for_timeout(1000)
    assert counted(county) == before + 1
    assert form.locator(".gk-told").is_visible()


def test_a_fast_typist_loses_nothing(form, county):
    """Typing without a pause and saving at once stores the last answer, and all others."""
    form.locator(".gk-q-grid_id input").focus()
    form.keyboard.type("第9网格")
    form.keyboard.press("Tab")
    form.keyboard.press("Tab")
    form.keyboard.type("5 栋")
    tab_to(form, "outcome")
    form.keyboard.press("ArrowDown")
    form.keyboard.press("ArrowDown")
    tab_to(form, "note")
    form.keyboard.type("门口有狗")
    form.keyboard.press("Control+Enter")
    form.locator(".gk-told").wait_for()

    with open_store(county.store.path) as store:
        visit = store.frame("visit").iloc[-1]
    assert visit["note"] == "门口有狗"
    assert visit["address"] == "5 栋"
    assert visit["outcome"] == "nobody_home"
    form.wait_for_timeout(500)
    assert form.locator(".gk-q-note textarea").input_value() == ""


def test_every_input_has_a_name_for_a_screen_reader(form):
    """Each input is labeled, tied to its message, and says whether it is required."""
    form.get_by_role("button", name="添加一件诉求").click()
    form.locator(".gk-q-demand_type select[aria-describedby]").wait_for()

    nameless = form.evaluate(
        """[...document.querySelectorAll('.gk-field input, .gk-field select, .gk-field textarea')]
        .filter(e => !(e.labels && [...e.labels].some(l => l.innerText.trim()))
                     || !e.getAttribute('aria-describedby')).length"""
    )

    assert nameless == 0
    required = form.locator(".gk-q-demand_type select")
    assert required.get_attribute("aria-required") == "true"
    assert form.locator(".gk-q-safety").get_attribute("role") == "group"
