"""A picture of the county's map, by the browser that is on the machine, without a network."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkit.maps.overview import Overview

WIDTH, HEIGHT = 1200, 800
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


def find_browser() -> str | None:
    """Give the path of a Chromium; None where there is none."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def map_picture(seen: Overview, path: Path) -> bool:
    """Write the map of an overview as PNG.

    Parameters
    ----------
    seen : Overview
    path : Path
        A .png file.

    Returns
    -------
    bool
        False where no browser is installed, or it could not draw the page.
    """
    from gridkit import maps

    browser = find_browser()
    if browser is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "map.html")
        maps.save(seen.map(), page)
        flags = ["--headless=new", "--disable-gpu", "--no-sandbox", "--hide-scrollbars"]
        flags += ["--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"]
        flags += [f"--user-data-dir={folder}/browser", f"--window-size={WIDTH},{HEIGHT}"]
        flags += ["--virtual-time-budget=3000", f"--screenshot={path}", page.as_uri()]
        try:
            subprocess.run([browser, *flags], capture_output=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return path.is_file() and path.stat().st_size > 0
