"""A whole drill in headless Chromium, offline: go on with a game, decide, pause, look back."""

from __future__ import annotations

import pytest
import shapely

from gridkit import lab
from gridkit.records import create_workspace
from gridkit.records.grids import make_grids
from gridkit.training.drill import Drill
from gridkit.training.scenario import Scenario

pytestmark = pytest.mark.browser
LAPTOP, TABLET = {"width": 1366, "height": 768}, {"width": 820, "height": 1180}
SMALL = {
    "zh": "小局",
    "en": "A short game",
    "kind": "level",
    "level": 1,
    "seed": 203,
    "about_zh": "三周就完。",
    "about_en": "Three weeks.",
    "weeks": 3,
    "last_day": "2026-11-22",
    "knobs": {"capacity": 4, "drought": 3, "rain": 3},
}


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Make a workspace in whose notebooks a short game lies, not yet begun."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.44, 26.74), 500, "990428", 40)
    folder = tmp_path_factory.mktemp("county") / "work"
    made = create_workspace(
        folder, name="青溪县", county_code="990428", grids=grids, invented=True
    )
    Drill(Scenario.of("small", SMALL)).save(lab.prepare(made) / "演练_small.json")
    yield made
    made.close()


def test_a_whole_drill_is_played_to_its_debrief(page, county, serve_lab, open_notebook):
    """Three weeks by mouse and keyboard, a hint, a pause; the debrief appears and is a file."""
    open_notebook(page, serve_lab(county), "4b_trainee.ipynb", 1)
    page.set_default_timeout(40_000)
    page.get_by_role("button", name="接着走", exact=True).click()
    go = page.locator("button.gk-go")

    for week in (1, 2, 3):
        page.locator("h2", has_text=f"第 {week} 周, 共 3 周").wait_for()
        picks = page.locator(".gk-drill-row select")
        picks.nth(0).select_option(label="上门检测排险")
        picks.nth(1).focus()
        page.keyboard.press("ArrowDown")
        page.locator("text=已选 2 件, 还可选 2 件").wait_for()
        if week == 1:
            page.get_by_role("button", name="要个提示", exact=True).click()
            page.locator("text=评分卡会先看这三件").wait_for()
            page.get_by_role("button", name="保存暂停", exact=True).click()
            page.locator("text=已保存到 演练_small.json").wait_for()
        for size in (LAPTOP, TABLET):
            page.set_viewport_size(size)
            wide = page.locator(".gk-drill").evaluate("e => e.scrollWidth - e.clientWidth")
            assert wide <= 1
        go.click()

    page.locator("h2", has_text="演练结束").wait_for()
    debrief = page.frame_locator("iframe[title*=复盘]")
    debrief.locator("h1", has_text="复盘: 小局").wait_for()
    said = debrief.locator("body").inner_text()
    assert all(words in said for words in ("虚构", "时间线", "别的办法", "先来先办", "扫描"))
    assert (county.folder / "notebooks" / "复盘_small.html").is_file()
    assert "本局 · this game\t6" in said
