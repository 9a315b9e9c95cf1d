"""Fixtures that several chapters share: a browser that tells on every request."""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import hypothesis
import psutil
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from gridkit.records import Workspace

# Speed is measured in benchmarks/, never by a test: a busy machine must not turn one red.
hypothesis.settings.register_profile("gridkit", deadline=None)
hypothesis.settings.load_profile("gridkit")

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP county.test 127.0.0.1",  # a page that does not count as this machine
)
TOKEN = "test-of-gridkit"
START_SECONDS, DRAW_MS = 180, 120_000
_LOCAL_SCHEMES = {"file", "data", "blob", "about"}
_LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1", "county.test"}


@pytest.fixture(scope="session", autouse=True)
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the tests, and the programs they start, an installation of their own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRIDKIT_HOME", str(home))
        yield home


# Not for the whole session: while Playwright's synchronous interface is open, its event loop
# counts as running, and `asyncio.run` (which nbclient uses) is refused in the same thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start headless Chromium once a file; skip where there is none."""
    where = shutil.which("chromium") or "/usr/bin/chromium"
    if not os.path.exists(where):  # noqa: PTH110 - no Path needed for one question
        pytest.skip("needs Chromium: apt-get install chromium fonts-wqy-microhei")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=where, args=list(_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages, which together may ask nobody outside for anything, nor fail.

    Call it with the arguments of Playwright's `new_context`. When the test is over, any
    request to other than this machine and any uncaught error of a page fails it.
    """
    contexts: list[BrowserContext] = []
    asked: list[str] = []
    failed: list[str] = []

    def open_one(**options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1366, "height": 768}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    outside = [url[:200] for url in asked if not _is_local(url)]
    assert not outside, f"requests to outside: {outside}"
    assert not failed, f"errors in the page: {failed}"


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """Open one page as `open_page` does, 1366 by 768 pixels."""
    return open_page()


@pytest.fixture
def changed(browser: Browser) -> Iterator[Callable[[bytes, bytes], float]]:
    """Tell which share of the pixels of two screenshots (PNG, one size) differ visibly."""
    context = browser.new_context()
    page = context.new_page()

    def share(one: bytes, other: bytes) -> float:
        texts = [base64.b64encode(png).decode() for png in (one, other)]
        return float(page.evaluate(_COMPARE, texts))

    yield share
    context.close()


@pytest.fixture(scope="module")
def serve_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start JupyterLab on a workspace as `gridkit demo` does, once a file; give its address."""
    running: dict[Path, tuple[subprocess.Popen, str]] = {}

    def serve(workspace: Workspace) -> str:
        if workspace.folder not in running:
            running[workspace.folder] = _lab(workspace, tmp_path_factory.mktemp("jupyter"))
        return running[workspace.folder][1]

    yield serve
    for process, _ in running.values():
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)


def _lab(workspace: Workspace, own: Path) -> tuple[subprocess.Popen, str]:
    from gridkit import lab

    notebooks = lab.prepare(workspace)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**lab.environment(workspace), **_places(own)}
    words = lab.command(notebooks, browser=False, port=port)
    with (own / "log").open("w") as log:
        process = subprocess.Popen(
            [*words, f"--ServerApp.token={TOKEN}"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _await_listener(process, port, own / "log")
    return process, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def serve_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., App]]:
    """Start `gridkit serve` on a workspace; its end must end all that it started."""
    running: list[tuple[subprocess.Popen, Path]] = []

    def serve(workspace: Workspace, *more: str) -> App:
        own = tmp_path_factory.mktemp("app")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (own / "temp").mkdir()
        told = {"GRIDKIT_TOKEN": TOKEN, "TMPDIR": str(own / "temp")}
        words = [sys.executable, "-m", "gridkit", "serve", "-w", str(workspace.folder)]
        with (own / "log").open("w") as log:
            process = subprocess.Popen(
                [*words, f"--port={port}", "--no-browser", *more],
                env={**os.environ, **_places(own), **told},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        running.append((process, own / "log"))
        _await_listener(process, port, own / "log")
        return App(f"http://127.0.0.1:{port}", own)

    yield serve
    for process, log in running:
        _end(process, log)


class App(NamedTuple):
    """A running `gridkit serve`: its address, and the folder of its own files and its log."""

    url: str
    own: Path


def _end(process: subprocess.Popen, log: Path) -> None:
    """End the app; neither a kernel nor a listener may outlive it."""
    started = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    assert process.wait(30) == 0
    assert len(started) > 1
    assert not psutil.wait_procs(started, 20)[1], "kernels outlived the server"
    for port in set(re.findall(r"http://127\.0\.0\.1:(\d+)", log.read_text())):
        with socket.socket() as asked:
            assert asked.connect_ex(("127.0.0.1", int(port))) != 0, f"{port} still answers"


def _places(own: Path) -> dict[str, str]:
    """Give Jupyter folders of its own."""
    places = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
    jupyter = {f"JUPYTER_{name}": str(own / folder) for name, folder in places.items()}
    return {**jupyter, "IPYTHONDIR": str(own / "ipython")}


def _await_listener(process: subprocess.Popen, port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")


@pytest.fixture
def open_notebook() -> Callable[[Page, str, str, int], None]:
    """Open a notebook and run its first cells, as a person does, one by one."""

    def opened(page: Page, url: str, name: str, cells: int) -> None:
        page.set_default_timeout(DRAW_MS)
        page.goto(f"{url}/lab/tree/{name}?token={TOKEN}&reset")
        _wait_for_kernel(page, url)
        for number in range(cells):
            _run_cell(page, number)

    return opened


def _wait_for_kernel(page: Page, url: str) -> None:
    """Wait until the notebook has its kernel; Lab says "idle" before that, too."""
    for _ in range(DRAW_MS // 250):
        kernels = page.request.get(f"{url}/api/kernels?token={TOKEN}").json()
        if any(kernel["connections"] for kernel in kernels):
            page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
            return
        page.wait_for_timeout(250)
    pytest.fail("the notebook got no kernel")


def _run_cell(page: Page, number: int) -> None:
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


_COMPARE = """async (texts) => {
  const [a, b] = await Promise.all(texts.map(async (text) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + text;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width; canvas.height = image.height;
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    return pen.getImageData(0, 0, image.width, image.height).data;
  }));
  let differ = 0;
  for (let i = 0; i < a.length; i += 4) {
    const far = Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2]);
    if (far > 36) { differ += 1; }
  }
  return differ / (a.length / 4);
}"""


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in _LOCAL_SCHEMES or parts.hostname in _LOCAL_HOSTS
