"""`gridkit open311`: the ledger as Open311 GeoReport v2, for programs on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.terminal import Folder, opened, out

if TYPE_CHECKING:
    from gridkit.exchange.open311_server import Endpoint
    from gridkit.records import Workspace


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="例 example:  gridkit open311 --port 8311")(open311)


def open311(
    folder: Folder = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="端口, 0 为任选 · port")] = 8311,
) -> None:
    """Open311 接口: 只读, 只限本机 · a read-only endpoint on this machine's loopback."""
    from gridkit.exchange.open311_server import open311_server

    with opened(folder) as workspace:
        server = open311_server(lambda: endpoint(workspace), port=port)
        out.print(
            f"http://127.0.0.1:{server.server_port}/requests.json\n"
            "按 Ctrl+C 结束 · Ctrl+C ends it",
            markup=False,
            highlight=False,
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.server_close()


def endpoint(workspace: Workspace) -> Endpoint:
    """Read the ledger as it is now into what the endpoint answers."""
    from gridkit.exchange.open311 import requests
    from gridkit.exchange.open311_server import Endpoint
    from gridkit.records.grids import centroid

    store, profile = workspace.store, workspace.profile
    today = store.today()
    points = centroid(workspace.grids) if workspace.has_grids else None
    table = requests(store.frame("concern"), store.frame("step"), today, profile, points)
    return Endpoint(profile, table, today)
