"""`gridkit serve`: the record and board notebooks as an app in the browser, under Voilà.

Each page has a kernel of its own, all write into one ledger. The page is ours (no address
but this machine's), the code is hidden, a kernel whose page was closed is ended. Nobody
gets in without the token, and nobody from another machine unless told so. One kernel waits
with everything imported, so that the form of a visit is there at once.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.errors import GridkitError
from gridkit.lab import environment, notebook_sources, unheard
from gridkit.terminal import Folder, err, opened, out

if TYPE_CHECKING:
    from gridkit.records import Workspace

PAGES = ("1_record", "2_triage")
LAB_ONLY = "lab"
"""Cells with this tag speak of JupyterLab and are left out of the app."""
WARM_PAGE = "1_record"
"""The page for which a kernel waits, started ahead; see `gridkit.forms.warm`."""
REFILL_SECONDS = 5
"""So long the next kernel stands back for the page that was just opened."""
IDLE_SECONDS, ENDING_SECONDS = 900, 15
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
    open311: Annotated[
        bool,
        typer.Option("--open311", help="另开只读的 Open311 接口, 只限本机 · Open311, too"),
    ] = False,
    open311_port: Annotated[
        int, typer.Option(min=0, max=65535, help="它的端口, 0 为任选 · its port")
    ] = 8311,
) -> None:
    """在浏览器里登记和研判, 几个人可同时用 · record and triage in the browser."""
    from gridkit.commands.open311 import beside

    with opened(folder) as workspace:
        word = token or secrets.token_urlsafe(18)
        if len(word) < 8:
            raise GridkitError(
                zh="`--token` 太短: 至少 8 个字符, 或不给, 由程序随机生成。",
                en="`--token` is too short: 8 characters at least, or leave it to chance.",
            )
        _ = workspace.store, workspace.grids  # a fault is told here, not on a worker's page
        chosen = port or free_port(host)
        check_free(host, chosen)
        if warning(host):
            err.print(warning(host), style="yellow", markup=False)
        out.print(
            f"打开 · open:  http://{_shown(host)}:{chosen}/?token={word}\n"
            "按 Ctrl+C 结束 · Ctrl+C ends it",
            markup=False,
            highlight=False,
        )
        also = beside(workspace, open311_port, "--open311-port") if open311 else nullcontext()
        with also:
            pages = prepare_pages(workspace)
            words = command(pages, host=host, port=chosen, browser=browser)
            code = run(words, app_environment(workspace, word, host=host))
    raise typer.Exit(max(0, code))


def run(words: list[str], environment: dict[str, str]) -> int:
    """Run the server until it ends; Ctrl+C, or an end from outside, ends its kernels with it.

    Parameters
    ----------
    words : list of str
        From `command`.
    environment : dict of str
        From `app_environment`.

    Returns
    -------
    int
        The server's exit code; 0 where a person ended it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with subprocess.Popen(words, env=environment) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            if os.name == "posix":  # elsewhere Ctrl+C has reached the server, too
                server.terminate()
            try:
                server.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
            out.print(
                "已结束; 已保存的和草稿都在 · ended; what was saved, and drafts, are kept"
            )
            return 0


_OPEN_TO_OTHERS = (
    "注意: 其他电脑也能访问。没有 https, 同一网络里的人可能看到内容; 请只在可信的内网使用, "
    "或放在 https 代理后面。\n"
    "从其他电脑打开时用不了定位: 网址不是 https, 浏览器不给位置; 地点请在地图上点, 或用网格中心。\n"
    "Note: other machines can reach this. Without https its content can be read on the way; "
    "use it in a trusted network or behind an https proxy. Browsers give other machines no "
    "position (GPS) over plain http: places are tapped on the map there."
)


def warning(host: str) -> str:
    """Tell what to know before others can reach the app; empty where only this machine can.

    Examples
    --------
    >>> warning("127.0.0.1")
    ''
    >>> "用不了定位" in warning("0.0.0.0")
    True
    """
    return "" if is_loopback(host) else _OPEN_TO_OTHERS


_BROKEN = (
    "\n这一页没能打开; 写过的草稿都在。请告诉管理员: 运行 gridkit serve 的窗口里写着原因。"
    "\nThis page did not open; drafts are kept. The window of gridkit serve tells why."
)


def _shown(host: str) -> str:
    if host in {"0.0.0.0", "::"}:
        return LOOPBACK
    return f"[{host}]" if ":" in host else host


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
    with socket.socket(_family(host)) as free:
        free.bind((host, 0))
        return int(free.getsockname()[1])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def check_free(host: str, port: int, option: str = "--port") -> None:
    """Find out whether the app can listen; Voilà itself would go to another port in silence.

    Parameters
    ----------
    host, port : str, int
        Where it would; port 0 is any.
    option : str
        By which a person chooses the port.

    Raises
    ------
    GridkitError
        If somebody listens there already, or the address is not one of this machine.
    """
    try:
        with socket.socket(_family(host)) as asked:
            if os.name == "posix":  # as the server itself: a port just left counts as free
                asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            asked.bind((host, port))
            asked.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise GridkitError(
                zh=f"端口 {port} 已被占用: 可能另一个 gridkit serve 还开着。先结束它, 或换一个: "
                f"{option} 0 由程序任选。",
                en=f"Port {port} is taken, perhaps by another gridkit serve. End that one, or "
                f"choose another: {option} 0 takes any.",
            ) from None
        raise GridkitError(
            zh=f"不能在 {host} 的端口 {port} 上监听。`--host` 须是本机的地址, `{option}` 须大于 1023。",
            en=f"Cannot listen on {host}, port {port}. `--host` must be an address of this "
            f"machine, `{option}` above 1023.",
        ) from None


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


def app_environment(
    workspace: Workspace, token: str, *, host: str = LOOPBACK
) -> dict[str, str]:
    """Give the environment in which Voilà finds its template, its token and the workspace.

    The token is not on the command line, where every user of the machine could read it.
    """
    told = environment(workspace)
    paths = [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    return {
        **told,
        "JUPYTER_PATH": os.pathsep.join(paths),
        "JUPYTER_TOKEN": token,
        "VOILA_APP_IP": _shown(host),  # where a waiting kernel asks
    }


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
    words += ["--token", "--show_tracebacks=False", "--Voila.port_retries=0"]
    words.append("--Voila.identity_provider_class=gridkit.login.LoginProvider")
    words += ["--Voila.log_level=ERROR"]  # its news in English would hide our address
    words += [f"--VoilaExecutor.cell_error_instruction={_BROKEN}"]
    words += ["--preheat_kernel=True", "--pool_size=1"]
    cold = [f"{page}.ipynb" for page in PAGES if page != WARM_PAGE]
    words += [f"--VoilaKernelManager.preheat_denylist={cold}"]
    words += [f"--VoilaKernelManager.fill_delay={REFILL_SECONDS}"]
    words += [f"--MappingKernelManager.cull_idle_timeout={IDLE_SECONDS}"]
    words += ["--MappingKernelManager.cull_interval=60", *unheard()]
    if not browser:
        words.append("--no-browser")
    return words
