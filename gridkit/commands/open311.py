"""`gridkit open311`: the ledger as Open311 GeoReport v2, for programs on this machine.

`gridkit serve --open311` runs the same endpoint beside the app.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.terminal import Folder, opened, out

if TYPE_CHECKING:
    from gridkit.exchange.open311_server import Endpoint, Open311Server
    from gridkit.records import Workspace


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="例 example:  gridkit open311 --port 8311")(open311)


def open311(
    folder: Folder = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="端口, 0 为任选 · port")] = 8311,
) -> None:
    """Open311 接口: 只读, 只限本机 · a read-only endpoint on this machine's loopback."""
    with opened(folder) as workspace, listening(workspace, port) as server:
        out.print("按 Ctrl+C 结束 · Ctrl+C ends it", markup=False, highlight=False)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


@contextmanager
def listening(
    workspace: Workspace, port: int, option: str = "--port"
) -> Iterator[Open311Server]:
    """Bind the endpoint and say where it is; in the end, let go of the port.

    Parameters
    ----------
    workspace : Workspace
        Whose ledger is read anew for each request.
    port : int
        0 for any that is free.
    option : str
        By which a person chooses it.

    Raises
    ------
    GridkitError
        If somebody listens there already.
    """
    from gridkit.commands.serve import check_free
    from gridkit.exchange.open311_server import LOOPBACK, open311_server

    check_free(LOOPBACK, port, option)
    workspace.store.today()  # a ledger that cannot be read is told of here, not to who asks
    with open311_server(lambda: endpoint(workspace), port=port) as server:
        out.print(
            f"Open311 (只读, 只限本机 · read only, this machine only):  "
            f"http://{LOOPBACK}:{server.server_port}/requests.json",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        yield server


@contextmanager
def beside(workspace: Workspace, port: int, option: str) -> Iterator[None]:
    """Answer while something else runs; see `listening`."""
    with listening(workspace, port, option) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def endpoint(workspace: Workspace) -> Endpoint:
    """Read the ledger as it is now into what the endpoint answers."""
    from gridkit.exchange.open311 import Terms, requests
    from gridkit.exchange.open311_server import Endpoint
    from gridkit.maps.disclosure import mask_key
    from gridkit.records.grids import centroid
    from gridkit.reports.desk import full_names, place_names

    store, profile = workspace.store, workspace.profile
    today = store.today()
    points = centroid(workspace.grids) if workspace.has_grids else None
    names = full_names(place_names(workspace))
    terms = Terms(mask_key(workspace.folder), points, names=names)
    table = requests(store.frame("concern"), store.frame("step"), today, profile, terms)
    return Endpoint(profile, table, today)
