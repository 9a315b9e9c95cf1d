"""The triage board in headless Chromium, offline: filter, open, step, decide, read the story."""

from __future__ import annotations

import pytest
import shapely

from gridkit.records import Concern, Step, create_workspace, open_store
from gridkit.records.grids import make_grids

pytestmark = pytest.mark.browser
LAPTOP, TABLET = {"width": 1366, "height": 768}, {"width": 820, "height": 1180}


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Make an invented county with twenty registered matters, one of them a dry tap."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.44, 26.74), 500, "990428", 40)
    grids["name"] = [f"河滨社区第{i}网格" for i in range(1, len(grids) + 1)]
    folder = tmp_path_factory.mktemp("county")
    made = create_workspace(
        folder / "work", name="青溪县", county_code="990428", grids=grids, invented=True
    )
    today = made.store.today()
    for number in range(20):
        tap = number == 7
        heard = Concern(
            grid_id=grids.index[number],
            source="grid_visit",
            heard_on=today,
            demand_type="water" if tap else "roads",
            summary="三楼以上没有水 <b>急</b>" if tap else "路灯不亮",
        )
        step = Step(concern_id=heard.record_id, action="registered", on=today)
        made.store.add([heard, step], by_role="centre_staff")
    yield made
    made.close()


@pytest.fixture
def board(page, county, serve_lab, open_notebook):
    """Open the triage notebook and run it to the board."""
    open_notebook(page, serve_lab(county), "2_triage.ipynb", 2)
    page.locator(".gk-board button.gk-open").first.wait_for()
    return page


def field(page, label: str):
    """Find a list or a text by its label."""
    return page.locator(".gk-input", has_text=label).locator("select, input, textarea").first


def steps(county) -> list[str]:
    """Read the steps of the tap, with another connection."""
    with open_store(county.store.path) as store:
        concerns, taken = store.frame("concern"), store.frame("step")
    tap = concerns.index[concerns["demand_type"] == "water"][0]
    return taken.loc[taken["concern_id"] == tap, "action"].astype("str").tolist()


def override(board) -> None:
    """Decide otherwise: refused without a reason, then with one, which the story shows."""
    board.locator(".gk-q-decided select").select_option(label="橙色")
    board.get_by_role("button", name="保存决定").click()
    board.locator(".gk-fault", has_text="请写明理由").wait_for()
    board.locator(".gk-q-reason textarea").last.fill("老人多, 提水上楼难")
    board.get_by_role("button", name="保存决定").click()
    board.locator(".gk-line li", has_text="老人多, 提水上楼难").wait_for()
    assert "改定为橙色" in board.locator(".gk-line").inner_text()


def test_a_matter_is_filtered_opened_routed_decided_and_read(board, county):
    """By mouse and keyboard, at two sizes; nothing is asked of another machine."""
    field(board, "诉求类别").select_option(label="用水")
    board.locator("text=符合条件 1 件").wait_for()
    assert board.locator(".gk-board button.gk-open").count() == 1

    board.locator(".gk-board button.gk-open").focus()
    board.keyboard.press("Enter")
    board.locator(".gk-matter .gk-line").wait_for()
    assert "<b>急</b>" in board.locator(".gk-matter").inner_text()
    assert "该谁办: 登记转送方" in board.locator(".gk-clocks").inner_text()

    board.get_by_role("button", name="分流", exact=True).click()
    board.get_by_role("button", name="用建议的单位").click()
    board.locator(".gk-ask textarea").fill("管网归水司")
    board.get_by_role("button", name="保存这一步").click()
    board.locator(".gk-told", has_text="已分流, 待受理").wait_for()
    assert steps(county) == ["registered", "routed"]
    story = board.locator(".gk-line")
    story.locator("li", has_text="管网归水司").wait_for()
    assert "自来水公司" in story.inner_text()

    override(board)

    for size in (LAPTOP, TABLET):
        board.set_viewport_size(size)
        board.wait_for_timeout(300)
        wide = board.locator(".gk-matter").evaluate("e => e.scrollWidth - e.clientWidth")
        assert wide <= 1
    board.get_by_role("button", name="返回列表").click()
    board.locator(".gk-board button.gk-open").first.wait_for()
    assert "人工改定" in board.locator(".gk-listing:visible").inner_text()


def test_rows_are_walked_with_the_arrows_and_views_are_changed(board):
    """Down goes to the next matter; week, feedback and backlog each show theirs."""
    rows = board.locator(".gk-board button.gk-open:visible")
    rows.first.focus()
    board.keyboard.press("ArrowDown")
    ours = "e => document.activeElement === e"
    assert rows.nth(1).evaluate(ours)

    for name, there in (
        ("本周走访", "走完还剩什么"),
        ("回音", "还没有回音"),
        ("积案", "没有列入清单的积案"),
    ):
        board.get_by_role("button", name=name, exact=True).click()
        board.locator(f"text={there} >> visible=true").first.wait_for()
