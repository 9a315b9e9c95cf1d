"""Printing: a map as a picture or a PDF page, made by a browser of this machine, offline.

The page is the same one that `offline.render` makes, laid out for A4: title, badges, legend,
scale, date and source are on it. Chromium (or Chrome, or Edge, which every Windows has)
draws it without a window and without a network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import folium

from gridkit.errors import PrintError, why_os
from gridkit.maps.offline import render
from gridkit.records.desk_file import desk_path
from gridkit.records.spared import need_other

BROWSER_VARIABLE = "GRIDKIT_BROWSER"
"""Names the browser's program, where it is not found by itself."""
# A4 across at 96 points an inch
_WIDTH, _HEIGHT = 1122, 793
_SHARPNESS = 2  # pixels of the picture per point: 200 an inch on A4
_SECONDS = 120
_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
)
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    # every name leads nowhere: a page cannot ask, whatever is in it
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=6000",
    # else what lies at the foot of the sheet may not be drawn yet when the picture is taken
    "--run-all-compositor-stages-before-draw",
)
# The frame has the size of the sheet before Leaflet measures it; what only a hand can use
# is left out
_SHEET = f"""<style>
@page {{ size: A4 landscape; margin: 0 }}
html, body {{ width: {_WIDTH}px; height: {_HEIGHT}px; margin: 0; overflow: hidden }}
.folium-map {{ position: relative !important; width: {_WIDTH}px !important; height: {_HEIGHT}px !important }}
.leaflet-control-zoom, .leaflet-control-layers, .gk-play {{ display: none !important }}
.gk-measures label:not(:has(:checked)) {{ display: none }}
.gk-map .gk-legend {{ width: 250px; max-height: {_HEIGHT - 110}px !important }}
.gk-map .gk-legend {{ font-size: 10.5px; line-height: 1.35 }}
.gk-map .gk-legend p, .gk-map .gk-legend footer, .gk-map .gk-legend h3 {{ font-size: 10.5px }}
.gk-legend summary {{ list-style: none }}
* {{ -webkit-print-color-adjust: exact; print-color-adjust: exact }}
</style>"""


def _on_sheet(page: str) -> str:
    """Lay a page out for a sheet; its legend is told that nobody will scroll it."""
    page = page.replace("<html ", '<html class="gk-sheet" ', 1)
    return page.replace("</head>", f"{_SHEET}\n</head>", 1)


def print_map(m: folium.Map, path: str | Path) -> Path:
    """Print a map as a picture or as a PDF page of A4, across.

    Parameters
    ----------
    m : folium.Map
        As `maps.save` takes it.
    path : str or Path
        .png (2244 x 1586 pixels) or .pdf; replaced in one step.

    Returns
    -------
    Path
        The file; one for the desk says so in its name, as in `maps.save`.

    Raises
    ------
    PrintError
        If the file is neither, no browser is found, or it draws nothing.
    OfflineError
        As in `maps.render`.
    """
    path = desk_path(path) if getattr(m, "audience", None) == "desk" else Path(path)
    need_other(path)
    kind = path.suffix.lower()
    if kind not in {".png", ".pdf"}:
        raise PrintError(
            zh=f"{path.name}: 地图可印成 .png 或 .pdf; 网页请用 maps.save。",
            en=f"{path.name}: a map is printed as .png or .pdf; for a page use `maps.save`.",
        )
    program = browser()
    with tempfile.TemporaryDirectory(prefix="gridkit-print-") as folder:
        page, made = Path(folder) / "map.html", Path(folder) / f"made{kind}"
        page.write_text(_on_sheet(render(m)), encoding="utf-8")
        _draw(program, page, made, Path(folder) / "profile")
        _put(made, path, private=getattr(m, "audience", None) == "desk")
    return path


def browser() -> str:
    """Find the browser that draws.

    Returns
    -------
    str
        The program that the environment variable GRIDKIT_BROWSER names, else Chromium,
        Chrome or Edge.

    Raises
    ------
    PrintError
        If there is none.
    """
    named = os.environ.get(BROWSER_VARIABLE)
    wanted = [named] if named else [*_NAMES, *_PLACES]
    found = next((where for name in wanted if (where := shutil.which(name))), None)
    if found is None:
        raise PrintError(
            zh="本机没有找到 Chromium、Chrome 或 Edge, 不能直接印成图片或 PDF。可安装其中一种 "
            f"(或用环境变量 {BROWSER_VARIABLE} 指明程序); 也可打开网页地图, 按 Ctrl-P 打印。",
            en="Chromium, Chrome or Edge was not found, so no picture or PDF can be made here. "
            f"Install one (or name its program in {BROWSER_VARIABLE}); or open the map's page and "
            "press Ctrl-P.",
        )
    return found


def _draw(program: str, page: Path, made: Path, profile: Path) -> None:
    if made.suffix == ".pdf":
        task = [f"--print-to-pdf={made}", "--no-pdf-header-footer"]
    else:
        task = [f"--screenshot={made}", f"--force-device-scale-factor={_SHARPNESS}"]
    root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    size = f"--window-size={_WIDTH},{_HEIGHT}"
    words = [program, *_FLAGS, *root, size, f"--user-data-dir={profile}", *task, page.as_uri()]
    try:
        subprocess.run(words, capture_output=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as fault:
        raise _failed(program) from fault
    if not made.is_file() or made.stat().st_size < 1000:
        raise _failed(program)


def _put(made: Path, path: Path, *, private: bool) -> None:
    draft = path.with_name(f".{path.name}.part")
    try:
        shutil.copyfile(made, draft)
        draft.chmod(0o600 if private else 0o644)
        draft.replace(path)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        raise PrintError(
            zh=f"{path.name} 没有写成 ({why_os(fault)}); 请检查磁盘空间和写权限。",
            en=f"{path.name} was not written ({fault.strerror}); check disk space and permissions.",
        ) from None


def _failed(program: str) -> PrintError:
    name = Path(program).name
    return PrintError(
        zh=f"{name} 没有画出地图。请用 {BROWSER_VARIABLE} 换一个浏览器, 或打开网页地图按 Ctrl-P 打印。",
        en=f"{name} did not draw the map. Name another browser in {BROWSER_VARIABLE}, or open the "
        "map's page and press Ctrl-P.",
    )
