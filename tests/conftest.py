"""Fixtures that several chapters share: a browser that tells on every request."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start headless Chromium once; skip where there is none."""
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


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in _LOCAL_SCHEMES or parts.hostname in _LOCAL_HOSTS
