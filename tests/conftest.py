"""Fixtures that several chapters share: a browser that tells on every request."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

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
)
_LOCAL_SCHEMES = {"file", "data", "blob", "about"}
_LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1"}


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
