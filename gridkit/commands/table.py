"""`gridkit table`: areas by demand types, to hand out: protected both ways and registered."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.commands.board import codes
from gridkit.terminal import DAY, Day, Folder, bar, opened, out

if TYPE_CHECKING:
    from gridkit.maps import SharedTable

_HIDDEN = "不显示"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        "table", epilog="例 example:  gridkit table --type 用水 --type 物业管理 --window half"
    )(command)


def command(
    demand: Annotated[
        list[str],
        typer.Option(
            "--type", help="单列一栏的类别, 可多次 · a demand type with its own column"
        ),
    ],
    folder: Folder = None,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="写到哪个 CSV · where to write it")
    ] = None,
    on: Annotated[Day, typer.Option(formats=[DAY], help="截至哪天 · up to which day")] = None,
    window: Annotated[
        str, typer.Option(help="时段 · window: month, quarter, half, year")
    ] = "quarter",
    level: Annotated[
        str, typer.Option(help="按哪一级分行 · rows: township, village")
    ] = "township",
) -> None:
    """供分发的分类表: 行列双向隐去小数, 并登记 · a table to hand out: checked and registered."""
    from gridkit import maps
    from gridkit.maps.disclosure import last_window

    with opened(folder) as workspace:
        types = tuple(dict.fromkeys(codes(workspace.profile, "demand_type", demand) or ()))
        yesterday = workspace.store.today() - dt.timedelta(days=1)
        days = last_window(on.date() if on else yesterday, window)  # type: ignore[arg-type]
        with bar("隐去小数、核对登记 · protecting, checking"):
            made = maps.shared_table(workspace, days, types, level=level)
            made = made.publish(maps.published(workspace))  # refused: nothing is written
        mark = "虚构数据-" if workspace.invented else ""
        since = made.columns[0].title.partition(" (")[2].rstrip(")").replace(" ", "")
        name = "-".join(filter(None, [f"{mark}诉求分类表", days.label, level, since])) + ".csv"
        path = target or workspace.folder / name
        hidden = _write(made, path)
        out.print(
            f"{made.columns[0].title}: {hidden} 格不显示 (少于 5 件, 或可推出)。"
            f"已登记为第 {made.number} 次发布起的 "
            f"{len(made.columns)} 栏 · {hidden} cells hidden; entered as releases from "
            f"{made.number} on",
            markup=False,
        )
        out.print(f"已写好 {path} · written", markup=False, soft_wrap=True)


def _write(made: SharedTable, path: Path) -> int:
    """Write it for Excel; give the number of hidden cells."""
    from gridkit.exchange.csv_table import write_csv

    frame = made.frame()
    numbers = frame.columns[1:]
    hidden = int(frame[numbers].isna().sum().sum())
    words = frame.astype(dict.fromkeys(numbers, "string")).fillna(
        dict.fromkeys(numbers, _HIDDEN)
    )
    write_csv(words.reset_index(), path)
    path.chmod(0o644)
    return hidden
