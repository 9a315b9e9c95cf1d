"""`gridkit serve`: the record and board notebooks as an app in the browser, under Voilà.

Each page has a kernel of its own, all write into one ledger. The page is ours (no address
but this machine's), the code is hidden, a kernel whose page was closed is ended. Nobody
gets in without the token, and nobody from another machine unless told so.
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.errors import GridkitError
from gridkit.lab import environment, notebook_sources
from gridkit.terminal import Folder, err, opened, out

if TYPE_CHECKING:
    from gridkit.records import Workspace

PAGES = ("1_record", "2_triage")
LAB_ONLY = "lab"
"""Cells with this tag speak of JupyterLab and are left out of the app."""
IDLE_SECONDS = 900
LOOPBACK, PORT = "127.0.0.1", 8866
TEMPLATES = Path(__file__).parents[1] / "forms" / "voila"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="例 example:  gridkit serve --port 8866")(serve)


def serve(
    folder: Folder = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="端口, 0 为任选 · port")] = PORT,
    host: Annotated[
        str, typer.Option(help="监听地址, 默认只限本机 · address; this machine only by default")
    ] = LOOPBACK,
    token: Annotated[
        str | None,
        typer.Option(envvar="GRIDKIT_TOKEN", help="访问口令, 默认每次随机 · random by default"),
    ] = None,
    *,
    browser: Annotated[bool, typer.Option(help="打开浏览器 · open the browser")] = True,
) -> None:
    """在浏览器里登记和研判, 几个人可同时用 · record and triage in the browser."""
    with opened(folder) as workspace:
        word = token or secrets.token_urlsafe(18)
        if len(word) < 8:
            raise GridkitError(
                zh="`--token` 太短: 至少 8 个字符, 或不给, 由程序随机生成。",
                en="`--token` is too short: 8 characters at least, or leave it to chance.",
            )
        chosen = port or free_port(host)
        if not is_loopback(host):
            err.print(_OPEN_TO_OTHERS, style="yellow", markup=False)
        out.print(
            f"打开 · open:  http://{_shown(host)}:{chosen}/?token={word}\n"
            "按 Ctrl+C 结束 · Ctrl+C ends it",
            markup=False,
            highlight=False,
        )
        pages = prepare_pages(workspace)
        words = command(pages, host=host, port=chosen, browser=browser)
        code = subprocess.run(
            words, env=app_environment(workspace, word), check=False
        ).returncode
    raise typer.Exit(max(0, code))


_OPEN_TO_OTHERS = (
    "注意: 其他电脑也能访问。没有 https, 同一网络里的人可能看到内容; 请只在可信的内网使用, "
    "或放在 https 代理后面。定位在这样的页面上用不了。\n"
    "Note: other machines can reach this. Without https its content can be read on the way; "
    "use it in a trusted network or behind an https proxy. GPS does not work there."
)


def _shown(host: str) -> str:
    return LOOPBACK if host in {"0.0.0.0", "::"} else host


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this machine only.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def free_port(host: str) -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as free:
        free.bind((host, 0))
        return int(free.getsockname()[1])


def prepare_pages(workspace: Workspace) -> Path:
    """Write the notebooks that are served into a folder of their own in the workspace.

    Parameters
    ----------
    workspace : Workspace
        Where ledger and grids live.

    Returns
    -------
    Path
        A folder with nothing but the pages: nothing else of the workspace can be asked for.
    """
    pages = workspace.folder / ".jupyter" / "app"
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir(parents=True)
    for source in notebook_sources():
        if source.stem in PAGES:
            book = json.loads(source.read_text(encoding="utf-8"))
            book["cells"] = [
                cell
                for cell in book["cells"]
                if LAB_ONLY not in cell["metadata"].get("tags", ())
            ]
            (pages / source.name).write_text(json.dumps(book), encoding="utf-8")
    return pages


def app_environment(workspace: Workspace, token: str) -> dict[str, str]:
    """Give the environment in which Voilà finds its template, its token and the workspace.

    The token is not on the command line, where every user of the machine could read it.
    """
    told = environment(workspace)
    paths = [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    return {**told, "JUPYTER_PATH": os.pathsep.join(paths), "JUPYTER_TOKEN": token}


def command(pages: Path, *, host: str, port: int, browser: bool) -> list[str]:
    """Write the command that starts Voilà.

    Parameters
    ----------
    pages : Path
        From `prepare_pages`.
    host, port : str, int
        Where it listens.
    browser : bool
        Whether it opens one.
    """
    words = [sys.executable, "-m", "voila", str(pages.resolve()), "--template=gridkit"]
    words += [f"--Voila.ip={host}", f"--port={port}", "--classic-tree", "--strip_sources=True"]
    words += ["--token", "--show_tracebacks=False"]
    words += [f"--MappingKernelManager.cull_idle_timeout={IDLE_SECONDS}"]
    words += ["--MappingKernelManager.cull_interval=60"]
    if not browser:
        words.append("--no-browser")
    return words
