"""Make the README's pictures from the real demo in headless Chromium.

Run: `python3 start.py python .ci/pictures.py [folder]`; writes PNGs into data/pictures (or
`folder`) at laptop width, and tablet ones beside them in `folder` only.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from gridkit import hotspots, lab, maps
from gridkit.maps.overview import overview
from gridkit.training import write_town

PICTURES = Path(__file__).parents[1] / "data" / "pictures"
TOKEN = "pictures-of-the-demo"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LAPTOP, TABLET = {"width": 1366, "height": 768}, {"width": 820, "height": 1180}


def started(workspace) -> tuple[subprocess.Popen, int]:
    """Start Lab for a workspace; its process and port."""
    notebooks = lab.prepare(workspace)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = lab.command(notebooks, browser=False, port=port)
    process = subprocess.Popen(
        [*words, f"--ServerApp.token={TOKEN}"],
        env=lab.environment(workspace),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process, port
        time.sleep(0.2)
    sys.exit("JupyterLab did not start")


def opened(page: Page, port: int, notebook: str, cells: int) -> None:
    """Open a notebook, close the side bar, run its first cells."""
    page.set_default_timeout(90_000)
    page.goto(f"http://127.0.0.1:{port}/lab/tree/{notebook}?token={TOKEN}&reset")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(state="attached")
    page.wait_for_timeout(3000)
    for number in range(cells):
        cell = page.locator(".jp-Notebook .jp-CodeCell:visible").nth(number)
        for _ in range(5):
            dismiss(page)
            cell.locator(".cm-content").click()
            page.keyboard.press("Shift+Enter")
            page.wait_for_timeout(1500)
            if cell.locator(".jp-InputPrompt:visible").inner_text().strip() != "[ ]:":
                break
    dismiss(page)
    page.locator(".jp-SideBar.jp-mod-left .lm-TabBar-tab.lm-mod-current").click()
    page.wait_for_timeout(6000)
    dismiss(page)


def dismiss(page: Page) -> None:
    """Close what Lab asks over the notebook (a kernel to choose, a file that changed)."""
    for _ in range(3):
        button = page.locator(".jp-Dialog .jp-Dialog-button.jp-mod-accept:visible")
        if button.count() == 0:
            return
        button.last.click()
        page.wait_for_timeout(500)


def visit(page: Page, grid: str) -> None:
    """Fill the form as a person would, and save."""
    page.locator("button.gk-save").wait_for()
    page.locator(".gk-q-grid_id input").fill(grid)
    page.locator(".gk-q-address input").fill("3 栋 201")
    page.locator(".gk-q-outcome select").select_option(label="见到人")
    page.locator(".gk-q-met_role select").select_option(index=1)
    page.get_by_role("button", name="添加一件诉求").click()
    page.locator(".gk-q-demand_type select").select_option(label="用水")
    page.wait_for_timeout(800)
    page.locator(".gk-q-demand_detail select").select_option(label="停水断水")
    page.locator(".gk-q-summary textarea").fill("三楼以上晚上没有水, 已经三天")
    page.locator(".gk-q-households_affected input").fill("24")
    page.locator(".gk-q-harm select").select_option(index=3)
    page.locator(".gk-q-basic_need").get_by_label("断水").check()
    page.locator(".gk-q-safety").get_by_label("以上都没有").check()
    page.get_by_role("button", name="用网格中心").click()
    page.wait_for_timeout(1000)


def weeks_map(workspace) -> maps.GridMap:
    """Draw water concerns of a year week by week, with the drought behind them."""
    grids, today = workspace.grids, workspace.store.today()
    concerns = hotspots.mappable(workspace.store.frame("concern"), workspace.profile)
    water = concerns[concerns["demand_type"] == "water"]
    period = (today - dt.timedelta(weeks=52) + dt.timedelta(days=1), today)
    counts = hotspots.count(water, grids, by=None, period=period)
    found = hotspots.scan(counts, grids, rng=np.random.default_rng(1)).clusters
    drought = pd.DataFrame(
        {
            "title": ["旱季"],
            "from": [today - dt.timedelta(days=160)],
            "to": [today - dt.timedelta(days=50)],
        }
    )
    layer = maps.layers.time_layer(
        grids,
        counts,
        clusters=found[found["p"] <= 0.05],
        events=drought,
        title="用水诉求, 逐周",
    )
    m = maps.base_map(grids, ground=maps.ground.read_ground(workspace.folder))
    m.add_child(layer)
    caption = maps.Caption(
        title=f"{workspace.name} 用水诉求的一年", on=today, invented=workspace.invented
    )
    return maps.add_panel(m, caption, [layer])


def screens(page: Page, port: int, workspace, target: Path, mark: str) -> None:
    """Take one picture of each screen at the size of the page."""
    page.goto(workspace.map_path.as_uri())
    page.wait_for_timeout(1500)
    page.screenshot(path=target / f"map{mark}.png")
    page.goto(maps.save(weeks_map(workspace), workspace.folder / "weeks.html").as_uri())
    page.wait_for_timeout(800)
    page.locator(".gk-time input[type=range]").evaluate(
        "e => { e.value = 44; e.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_timeout(400)
    page.screenshot(path=target / f"weeks{mark}.png")
    opened(page, port, "1_record.ipynb", 2)
    visit(page, str(workspace.grids["name"].iloc[2]))
    if target != PICTURES:
        page.screenshot(path=target / f"form{mark}.png")
    page.locator("button.gk-save").click()
    page.locator(".gk-told").wait_for()
    page.wait_for_timeout(2500)
    page.locator(".gk-told").evaluate("e => e.scrollIntoView()")
    page.wait_for_timeout(500)
    page.screenshot(path=target / f"record{mark}.png")
    for name in ("2_triage", "3_hotspots"):
        opened(page, port, f"{name}.ipynb", 2)
        page.locator(".jp-OutputArea-output .gk").first.evaluate("e => e.scrollIntoView()")
        page.wait_for_timeout(2500)
        if name == "3_hotspots":
            page.locator(".gk-map-rows button").nth(1).click()
            page.wait_for_timeout(1500)
        page.screenshot(path=target / f"{name[2:]}{mark}.png")


def slim(picture: Path) -> None:
    """Write a picture anew with 256 colors: a third of its size, and no difference to be seen."""
    with Image.open(picture) as full:
        small = full.convert("RGB").quantize(
            256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
    small.save(picture, optimize=True)


def main() -> None:
    """Make all pictures."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    target.mkdir(parents=True, exist_ok=True)
    sizes = {"": LAPTOP} if target == PICTURES else {"": LAPTOP, "-tablet": TABLET}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = write_town(Path(folder) / "workspace")
        seen = overview(workspace, on=workspace.store.today())
        maps.save(seen.map(), workspace.map_path)
        process, port = started(workspace)
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            for mark, size in sizes.items():
                page = chromium.new_page(viewport=size, locale="zh-CN")
                screens(page, port, workspace, target, mark)
                page.close()
            for picture in target.glob("*.png"):
                slim(picture)
        finally:
            chromium.close()
            os.killpg(process.pid, signal.SIGTERM)
            workspace.close()


if __name__ == "__main__":
    main()
