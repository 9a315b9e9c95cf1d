"""One visit typed as a trained person types it, in the app, by keyboard alone: how long, how many keys.

Run: `python3 start.py python benchmarks/typing_visit.py [--wpm 40] [--grids 600]`.
It serves an invented county as `gridkit serve` does, types the commonest visit (somebody met,
one concern) at a steady speed with pauses to think before each answer, and prints seconds,
key presses and required answers; then the time from a key to the message under a field, from
Ctrl+Enter to the acknowledgement, and how far the draft on the disk is behind. Needs Chromium.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from gridkit.commands.serve import app_environment, command, free_port, prepare_pages
from gridkit.records.drafts import Drafts
from gridkit.records.workspace import Workspace
from gridkit.training import write_town

TOKEN = "benchmark-of-gridkit"
PAUSE_SECONDS = 1.5
"""Asked and heard before each answer; talk at the door beyond that is not counted."""

WARM_MS = 20_000
"""So long the next kernel has to load what a form needs."""


class Typist:
    """Types with a steady delay, pauses before each answer, and counts the keys."""

    def __init__(self, page: Page, wpm: float) -> None:
        self._page, self._delay = page, 12.0 / wpm  # seconds a key: a word is five keys
        self.keys = 0

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self._page.keyboard.press(key)
            time.sleep(self._delay)
            self.keys += 1

    def text(self, text: str, keys: int | None = None) -> None:
        """Type a text; a Chinese character costs about two and a half keys of pinyin."""
        time.sleep(PAUSE_SECONDS)
        count = keys or round(sum(2.5 if ord(c) > 127 else 1 for c in text))
        for character in text:
            self._page.keyboard.insert_text(character)
            time.sleep(self._delay * count / len(text))
        self.keys += count

    def tab_to(self, field: str) -> None:
        """Press Tab until the cursor is in a field."""
        for _ in range(40):
            if self._page.evaluate(_IN, field):
                return
            self.press("Tab")
        msg = f"Tab never came to {field}"
        raise SystemExit(msg)


_IN = "name => document.activeElement.closest('.gk-q-' + name) !== null"


def serve(workspace: Workspace, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the app and wait until it listens."""
    port = free_port("127.0.0.1")
    words = command(prepare_pages(workspace), host="127.0.0.1", port=port, browser=False)
    with (folder / "log").open("w") as log:
        environment = {**app_environment(workspace, TOKEN), "GRIDKIT_HOME": str(folder)}
        process = subprocess.Popen(
            words, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process, f"http://127.0.0.1:{port}/?token={TOKEN}"
        time.sleep(0.2)
    raise SystemExit((folder / "log").read_text())


def opened(page: Page, url: str) -> float:
    """Give the seconds from a click in the list of pages to the form."""
    page.goto(url)
    start = time.perf_counter()
    page.get_by_role("link", name="走访登记").click()
    page.locator(".gk-q-grid_id input").first.wait_for()
    return time.perf_counter() - start


def visit(page: Page, typist: Typist) -> float:
    """Type one visit with one concern; give the seconds from the first key to "saved"."""
    start = time.perf_counter()
    page.locator(".gk-q-grid_id input").first.focus()
    typist.press("Enter")  # the grid of the last visit
    typist.tab_to("address")
    typist.text("3 栋 201")
    typist.tab_to("outcome")
    time.sleep(PAUSE_SECONDS)
    typist.press("ArrowDown")
    page.locator(".gk-q-met_role select").wait_for()
    typist.tab_to("met_role")
    typist.press("ArrowDown")
    typist.press("Alt+a")
    page.wait_for_function(_IN, arg="what")
    typist.text("ts")
    typist.press("Enter")
    page.wait_for_function(_IN, arg="summary")
    typist.text("三天没有水, 高层一直没有, 老人提不动水")
    typist.tab_to("households_affected")
    typist.text("40")
    typist.tab_to("since")
    typist.text("11-19")
    typist.tab_to("harm")
    time.sleep(PAUSE_SECONDS)
    typist.press("ArrowDown", "ArrowDown")
    typist.tab_to("safety")
    time.sleep(PAUSE_SECONDS)
    typist.press("Tab", "Space")  # no drinking water
    typist.press("Control+Enter")
    page.locator(".gk-saving .gk-told").wait_for()
    return time.perf_counter() - start


def median_ms(page: Page, act: str, seen: str, times: int = 9) -> float:
    """Give the median of milliseconds from an act to what it brings, measured in the page."""
    return statistics.median(page.evaluate(_MEASURE, [act, seen]) for _ in range(times))


_MEASURE = """async ([act, seen]) => {
  const input = document.querySelector('.gk-q-people_affected input');
  const set = (value) => {
    input.value = value;
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  const bad = () => document.querySelector('.gk-q-people_affected .gk-fault') !== null;
  const until = async (wanted) => {
    while (bad() !== wanted) await new Promise((go) => setTimeout(go, 2));
  };
  set('12');
  await until(false);
  await new Promise((go) => setTimeout(go, 300));
  const start = performance.now();
  set(act);
  await until(seen === 'fault');
  return performance.now() - start;
}"""


def behind(page: Page, drafts: Drafts) -> float:
    """Give the seconds from a key to its being on the disk."""
    mark = f"{time.time():.3f}"
    page.locator(".gk-q-note textarea").first.focus()
    start = time.perf_counter()
    page.keyboard.insert_text(mark)
    while not any(mark in str(draft.content) for draft in drafts.listed()):
        time.sleep(0.01)
    return time.perf_counter() - start


def main() -> None:
    """Serve, type, measure, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--wpm", type=float, default=40.0, help="words of five keys a minute")
    asked.add_argument("--grids", type=int, default=600)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        workspace = write_town(folder / "town", seed=1, grids=options.grids, weeks=26)
        process, url = serve(workspace, folder)
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(60_000)
        print(f"page opened as the app starts{opened(page, url):6.1f} s")
        page.wait_for_timeout(WARM_MS)
        print(f"page opened, kernel waiting  {opened(page, url):6.1f} s")
        page.wait_for_timeout(3000)
        typist = Typist(page, options.wpm)
        seconds = visit(page, typist)
        print(
            f"a visit at {options.wpm:.0f} wpm           {seconds:6.1f} s, {typist.keys} keys"
        )
        page.keyboard.press("Alt+a")
        page.locator(".gk-q-people_affected input").wait_for()
        page.wait_for_timeout(500)
        print(f"key to message (median)      {median_ms(page, 'x', 'fault'):6.0f} ms")
        lags = [behind(page, Drafts.beside(workspace.store.path)) for _ in range(5)]
        print(f"key to draft on the disk     {max(lags):6.2f} s at the most")
        browser.close()
        os.killpg(process.pid, signal.SIGTERM)
        workspace.close()


if __name__ == "__main__":
    main()
