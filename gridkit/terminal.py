"""What the commands share: a workspace opened, a bar of progress, a table on the screen."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.records import Workspace

out = Console()
err = Console(stderr=True)

Folder = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        help="工作区文件夹 (默认 $GRIDKIT_WORKSPACE 或 ./workspace) · the workspace",
        show_default=False,
    ),
]
"""The option that every command on a workspace has."""
Day = dt.datetime | None
"""A day that was typed, with `formats=[DAY]`."""
DAY = "%Y-%m-%d"


@contextmanager
def opened(folder: Path | None) -> Iterator[Workspace]:
    """Open a workspace, say so where it is invented, and let go of it in the end."""
    from gridkit.records import open_workspace

    workspace = open_workspace(folder)
    try:
        if workspace.invented:
            err.print(
                f"【虚构数据】{workspace.name} · invented people and places", style="yellow"
            )
        yield workspace
    finally:
        workspace.close()


def place_names(workspace: Workspace) -> dict[str, str]:
    """Give the grids' names with their townships, by code; none where there are no grids.

    Only the properties are read: a list on the screen needs no polygons.
    """
    from gridkit.records.workspace import GRIDS

    if not workspace.has_grids:
        return {}
    try:
        drawn = json.loads((workspace.folder / GRIDS).read_text(encoding="utf-8-sig"))
    except ValueError:  # a file that cannot be read is told of where it is needed: on the map
        return {}
    every = [feature.get("properties") or {} for feature in drawn.get("features", [])]
    return {
        str(one["grid_id"]): f"{one.get('township_name') or ''} {one['name']}".strip()
        for one in every
        if one.get("grid_id") and one.get("name")
    }


@contextmanager
def bar(title: str) -> Iterator[Progress]:
    """Show a bar of progress while something lasts."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as progress:
        progress.add_task(title, total=None)
        yield progress


def show(title: str, rows: pd.DataFrame) -> None:
    """Print a frame as a table."""
    table = Table(title=title, title_justify="left")
    for column in rows.columns:
        table.add_column(str(column), overflow="fold")
    for row in rows.itertuples(index=False):
        table.add_row(*("" if value is None else str(value) for value in row))
    out.print(table)


def dated(days: pd.Series, missing: str = "") -> pd.Series:
    """Give dates as text."""
    text: pd.Series = days.dt.strftime(DAY).astype("str").fillna(missing)
    return text


def entry(place: int, color: str, head: str, below: str) -> None:
    """Print one row of a list in two parts: a numbered line with a color, and what explains it."""
    line = Text(f"{place:>3}  ")
    line.append("■ ", style=color)
    line.append(head)
    out.print(line)
    out.print(Padding(Text(below, style="dim"), (0, 0, 0, 5)))
