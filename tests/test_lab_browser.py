"""JupyterLab in headless Chromium, offline: a person fills the form, saves, and sees it."""

from __future__ import annotations

import io
import re

import nbformat
import pytest
import shapely
from PIL import Image

from gridkit import lab
from gridkit.forms.concern_card import GROUPS
from gridkit.records import Concern, create_workspace, open_store
from gridkit.records.grids import make_grids
from gridkit.records.spec import VISIT

pytestmark = pytest.mark.browser
# Of the grids named by their places, mark the first that a finger can reach; say which it is.
TOUCHABLE = """(body, grids) => {
  const map = window[Object.keys(window).find(name => name.startsWith('map_'))];
  const paths = new Map();
  const look = layer => {
    if (layer.gkIndex !== undefined && layer.getElement?.()) paths.set(layer.getElement(), layer.gkIndex);
    layer.eachLayer?.(look);
  };
  map.eachLayer(look);
  for (const [path, grid] of paths) {
    const r = path.getBoundingClientRect();
    const top = document.elementFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2);
    if (grids.includes(grid) && top === path) {
      path.setAttribute("data-touch", "");
      return grid;
    }
  }
  return -1;
}"""


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


@pytest.fixture
def form(page, county, serve_lab, open_notebook):
    """Open the record notebook and run it, as a person does, cell by cell."""
    open_notebook(page, serve_lab(county), "1_record.ipynb", 2)
    page.locator("button.gk-save").wait_for()
    page.locator(".gk-eyed").scroll_into_view_if_needed()  # drawn when it is seen
    page.locator(".gk-map iframe").wait_for()
    return page


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
    wait_until(page, "document.activeElement.closest('.gk-q-what') !== null")
    type_into(page, "demand_type", "ArrowDown")
    wait_until(page, "document.querySelector('.gk-q-demand_detail select').length > 2")
    type_into(page, "demand_detail", "ArrowDown")
    type_into(page, "summary", "三天没有水 <b>急</b>")
    type_into(page, "people_affected", "很多")
    type_into(page, "basic_need", "Space")
    type_into(page, "用网格中心", "Enter")
    wait_until(page, "document.querySelector('.gk-q-lon input').value !== ''")


def painted(frame, tries: int = 40) -> bytes:
    """Take a picture of a frame once the browser has painted it: out of view it does not."""
    for _ in range(tries):
        frame.scroll_into_view_if_needed()
        frame.page.wait_for_timeout(250)
        picture = frame.screenshot()
        with Image.open(io.BytesIO(picture)) as seen:
            if seen.convert("RGB").getcolors(4) is None:  # more than four colors
                return picture
    return pytest.fail("the frame stays blank")


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
    old_page, old_picture = the_map.get_attribute("srcdoc"), painted(the_map)
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
    the_map.scroll_into_view_if_needed()
    form.wait_for_function(
        "old => document.querySelector('.gk-map iframe').srcdoc !== old", arg=old_page
    )
    form.frame_locator(".gk-map iframe").locator(".leaflet-container").wait_for()
    form.wait_for_timeout(1000)
    assert changed(old_picture, painted(the_map)) > 0.001


def test_the_order_of_tab_is_the_order_of_reading(form):
    """Tab passes the fields as the spec lists them, and ends at the save button."""
    form.locator(".gk-q-grid_id input").focus()
    form.get_by_role("button", name="添加一件诉求").click()
    wait_until(form, "document.activeElement.closest('.gk-q-what') !== null")
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
    form.keyboard.press("Tab")
    form.locator(".gk-q-outcome select").select_option(label="无人在家")
    form.locator("button.gk-save").hover()
    form.wait_for_timeout(1000)  # answers move the page: one aims when it stands still

    form.locator("button.gk-save").dblclick()

    form.locator(".gk-told").wait_for()
    form.wait_for_timeout(1000)
    assert counted(county) == before + 1
    assert form.locator(".gk-told").is_visible()


def test_a_fast_typist_loses_nothing(form, county):
    """Typing without a pause and saving at once stores the last answer, and all others."""
    form.locator(".gk-q-grid_id input").focus()
    form.keyboard.type("第9网格")
    form.keyboard.press("Tab")  # the offer of last time's grid lies before the grid
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


def test_a_row_that_is_clicked_moves_the_map_and_a_touched_grid_marks_its_row(
    page, county, serve_lab, open_notebook
):
    """In the third notebook map and table stay in step, both ways, through the sandbox."""
    today, grids = county.store.today(), county.grids.index
    with open_store(county.store.path) as store:
        store.add(
            [
                Concern(
                    heard_on=today,
                    demand_type="water",
                    grid_id=str(grids[at]),
                    source="window",
                )
                for at in [30] * 30 + list(range(12))
            ],
            by_role="grid_worker",
        )
    open_notebook(page, serve_lab(county), "3_hotspots.ipynb", 2)
    rows = page.locator(".gk-map-rows button")
    rows.first.wait_for()
    the_map = page.frame_locator(".gk-map-table iframe")
    the_map.locator("path.leaflet-interactive").first.wait_for(state="attached")

    rows.nth(1).click()

    chosen = the_map.locator(".leaflet-gkGone-pane path")
    chosen.wait_for()
    page.locator(".gk-map-rows button[aria-pressed=true]").wait_for()
    assert rows.nth(1).get_attribute("aria-pressed") == "true"
    box, frame = chosen.bounding_box(), page.locator(".gk-map-table iframe").bounding_box()
    assert frame["x"] < box["x"]
    assert box["x"] + box["width"] < frame["x"] + frame["width"]

    numbers = [re.search(r"第(\d+)网格", text)[1] for text in rows.all_inner_texts()]
    others = {int(number) - 1: row for row, number in enumerate(numbers) if row != 1}
    touched = the_map.locator("body").evaluate(TOUCHABLE, list(others))
    the_map.locator("[data-touch]").click()

    row = others[touched]
    pressed = page.locator(".gk-map-rows button[aria-pressed=true]")
    pressed.filter(has_text=f"第{touched + 1}网格").wait_for()
    assert pressed.count() == 1
    assert rows.nth(row).get_attribute("aria-pressed") == "true"
    assert rows.nth(1).get_attribute("aria-pressed") == "false"


def test_a_bare_folium_map_in_a_notebook_draws_and_asks_for_nothing(
    page, county, serve_lab, open_notebook
):
    """After gridkit's maps are imported, Folium's own map is drawn from what the cell holds."""
    url = serve_lab(county)
    source = [
        "import folium\n",
        "from gridkit import maps\n",
        "m = folium.Map([26.72, 117.42], zoom_start=13)  # with web tiles, which are left out\n",
        "folium.CircleMarker([26.72, 117.42], radius=60, fill_opacity=1).add_to(m)\n",
        "folium.Marker([26.72, 117.44]).add_to(m)\n",
        "m",
    ]
    cell = nbformat.v4.new_code_cell("".join(source))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(notebook, lab.prepare(county) / "bare.ipynb")
    asked: list[str] = []
    page.on(
        "request", lambda r: None if r.frame == page.main_frame else asked.append(r.url[:99])
    )
    open_notebook(page, url, "bare.ipynb", 1)

    the_map = page.frame_locator(".jp-OutputArea-output iframe")
    disc = the_map.locator("path.leaflet-interactive")
    disc.wait_for()
    the_map.locator("img.leaflet-marker-icon").wait_for()
    page.wait_for_load_state("load")

    assert disc.bounding_box()["width"] >= 120
    pin = the_map.locator("img.leaflet-marker-icon")
    assert pin.evaluate("e => e.decode().then(() => e.naturalWidth)") > 0
    tiles = the_map.locator("img.leaflet-tile").evaluate_all("all => all.map(e => e.src)")
    assert all(src.startswith("data:") for src in tiles), tiles
    assert [a for a in asked if not a.startswith(("data:", "blob:", "about:"))] == []
