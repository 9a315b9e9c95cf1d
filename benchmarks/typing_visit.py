"""One visit typed as a trained person types it, by keyboard alone: how long, how many keys.

Run: `python3 start.py python benchmarks/typing_visit.py [--lab] [--wpm 40] [--grids 600]`.
It serves an invented county as `gridkit serve` does (with `--lab`: as `gridkit demo` does, in
JupyterLab), tells how long the form takes to be painted, types the commonest visit (somebody
met, one concern) at a steady speed with pauses to think before each answer, and prints
seconds, key presses and answers; then the time from a key to the message under a field, and
how far the draft on the disk is behind. Needs Chromium.
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

from playwright.sync_api import Locator, Page, sync_playwright

from gridkit import lab
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


def app(workspace: Workspace, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the app; its process and the address of its list of pages."""
    port = free_port("127.0.0.1")
    words = command(prepare_pages(workspace), host="127.0.0.1", port=port, browser=False)
    environment = {**app_environment(workspace, TOKEN), "GRIDKIT_HOME": str(folder)}
    process = started(words, environment, folder / "log", port)
    return process, f"http://127.0.0.1:{port}/?token={TOKEN}"


def jupyterlab(workspace: Workspace, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start JupyterLab; its process and the address of the record notebook."""
    port = free_port("127.0.0.1")
    words = lab.command(lab.prepare(workspace), browser=False, port=port)
    environment = {**lab.environment(workspace), "GRIDKIT_HOME": str(folder)}
    environment["JUPYTER_TOKEN"] = TOKEN
    process = started(words, environment, folder / "log", port)
    return process, f"http://127.0.0.1:{port}/lab/tree/1_record.ipynb?token={TOKEN}&reset"


def started(
    words: list[str], environment: dict[str, str], log_path: Path, port: int
) -> subprocess.Popen[bytes]:
    """Start a server and wait until it listens."""
    with log_path.open("w") as log:
        process = subprocess.Popen(
            words, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process
        time.sleep(0.2)
    raise SystemExit(log_path.read_text())


def opened(page: Page, url: str) -> float:
    """Give the seconds from a click in the list of pages to the form."""
    page.goto(url)
    start = time.perf_counter()
    page.get_by_role("link", name="走访登记").click()
    page.locator(".gk-q-grid_id input").first.wait_for()
    return time.perf_counter() - start


def open_app(page: Page, url: str) -> None:
    """Open the form twice, as the first and as a later person of the day, and tell both."""
    print(f"page opened as the app starts{opened(page, url):6.1f} s")
    page.wait_for_timeout(WARM_MS)
    print(f"page opened, kernel waiting  {opened(page, url):6.1f} s")


def open_lab(page: Page, url: str) -> None:
    """Run both cells of the notebook; tell the seconds from Shift+Enter to the painted form."""
    page.goto(url)
    idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    idle.wait_for(state="attached")
    page.wait_for_timeout(5000)  # Lab says "idle" before the kernel is there, too
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    print(f"first cell, all loaded       {run_cell(page, cells.nth(0), _RAN):6.1f} s")
    print(f"second cell, form painted    {run_cell(page, cells.nth(1), _PAINTED):6.1f} s")


def run_cell(page: Page, cell: Locator, until: str) -> float:
    """Run one cell; give the seconds until a question is true, and painted, in the page."""
    cell.locator(".cm-content").click()
    page.evaluate(_WATCH, until)
    page.keyboard.press("Shift+Enter")
    return float(page.evaluate("window.gkSeen")) / 1000


_RAN = """[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].some(
  (prompt) => prompt.textContent.includes('[1]'))"""
_PAINTED = """(() => {
  const ends = ['.gk-q-grid_id input', '.gk-save', '.gk-day h3'];
  return ends.every((e) => document.querySelector(e)?.getClientRects().length > 0);
})()"""
_WATCH = """(until) => {
  let start = null;
  const begin = (e) => { if (e.key === 'Enter' && e.shiftKey) start ??= performance.now(); };
  document.addEventListener('keydown', begin, { capture: true });
  window.gkSeen = new Promise((done, fail) => {
    setTimeout(() => fail(new Error('not seen in a minute')), 60000);
    const look = () => {
      if (start === null || !eval(until)) return requestAnimationFrame(look);
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    };
    requestAnimationFrame(look);
  });
}"""


def visit(page: Page, typist: Typist) -> tuple[float, int, int]:
    """Type one visit with one concern.

    Gives the seconds from the first key to "saved", how many questions on the screen must be
    answered, and how many were.
    """
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
    for field, answer in (("households_affected", "40"), ("since", "11-19")):
        typist.tab_to(field)
        typist.text(answer)
    typist.tab_to("harm")
    time.sleep(PAUSE_SECONDS)
    typist.press("ArrowDown", "ArrowDown")
    typist.tab_to("safety")
    time.sleep(PAUSE_SECONDS)
    typist.press("Tab", "Space")  # no drinking water
    required, given = page.evaluate(_ANSWERS)
    typist.press("Control+Enter")
    page.locator(".gk-saving .gk-told").wait_for()
    return time.perf_counter() - start, required, given


_ANSWERS = """() => {
  const shown = [...document.querySelectorAll('.gk-part .gk-field')].filter(
    (field) => field.getClientRects().length > 0 && !field.classList.contains('gk-q-what'));
  const given = (field) => [...field.querySelectorAll('input, select, textarea')].some((e) =>
    e.type === 'checkbox' || e.type === 'radio' ? e.checked : e.value.trim() !== '');
  const required = shown.filter((field) => field.querySelector('.gk-req') !== null);
  return [required.length, shown.filter(given).length];
}"""


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
    asked.add_argument("--lab", action="store_true", help="in JupyterLab, not in the app")
    asked.add_argument("--wpm", type=float, default=40.0, help="words of five keys a minute")
    asked.add_argument("--grids", type=int, default=600)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        workspace = write_town(folder / "town", seed=1, grids=options.grids, weeks=26)
        process, url = (jupyterlab if options.lab else app)(workspace, folder)
        try:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.set_default_timeout(60_000)
            (open_lab if options.lab else open_app)(page, url)
            measure(page, options.wpm, Drafts.beside(workspace.store.path))
            browser.close()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            workspace.close()


def measure(page: Page, wpm: float, drafts: Drafts) -> None:
    """Type a visit in the open form, then a few keys more; tell how long each takes."""
    page.wait_for_timeout(3000)
    typist = Typist(page, wpm)
    seconds, required, given = visit(page, typist)
    told = f"{typist.keys} keys, {given} answers, {required} of them required"
    print(f"a visit at {wpm:.0f} wpm           {seconds:6.1f} s, {told}")
    page.keyboard.press("Alt+a")
    page.locator(".gk-q-people_affected input").wait_for()
    page.wait_for_timeout(500)
    print(f"key to message (median)      {median_ms(page, 'x', 'fault'):6.0f} ms")
    lags = [behind(page, drafts) for _ in range(5)]
    print(f"key to draft on the disk     {max(lags):6.2f} s at the most")


if __name__ == "__main__":
    main()
