"""`gridkit map`: the county on one page, for the desk or to hand out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.terminal import DAY, Day, Folder, bar, opened, out

if TYPE_CHECKING:
    from gridkit.records import Workspace


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("map", epilog="例 example:  gridkit map --shared --out 公示图.html")(command)


def command(
    folder: Folder = None,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="写到哪里 · where to write it")
    ] = None,
    weeks: Annotated[int, typer.Option(min=1, help="往前看几周 · weeks back")] = 12,
    on: Annotated[Day, typer.Option(formats=[DAY], help="截至哪天 · up to which day")] = None,
    *,
    shared: Annotated[
        bool,
        typer.Option(
            "--shared", help="供分发: 隐去少于 5 的数 · to hand out: small counts hidden"
        ),
    ] = False,
) -> None:
    """画一张离线地图 · draw an offline map."""
    with opened(folder) as workspace:
        path = target or (
            workspace.folder / "map-shared.html" if shared else workspace.map_path
        )
        draw_map(workspace, path, on=on.date() if on else None, weeks=weeks, shared=shared)
        out.print(f"已写好 {path} · written")


def draw_map(
    workspace: Workspace,
    path: Path,
    *,
    on: dt.date | None = None,
    weeks: int = 12,
    shared: bool = False,
) -> None:
    """Draw the map of a workspace into a file, and say what stands out.

    Parameters
    ----------
    workspace : Workspace
        With a ledger and grids.
    path : Path
        Where to.
    on : date, optional
        Up to which day; today by default.
    weeks : int
        How many weeks back the rates reach.
    shared : bool
        Whether it is to be handed out.
    """
    from gridkit import maps
    from gridkit.maps.overview import overview

    with bar("算热点、画地图 · hotspots and map"):
        seen = overview(workspace, on=on, weeks=weeks)
        maps.save(seen.map(audience="shared" if shared else "desk"), path)
    out.print(seen.sentence_zh, markup=False)
    out.print(seen.sentence_en, markup=False, style="dim")
