"""`gridkit table`: areas by demand types, to hand out: protected both ways and registered."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.commands.board import codes, kinds_named
from gridkit.errors import DataError
from gridkit.terminal import DAY, Day, Folder, bar, opened, out

if TYPE_CHECKING:
    from gridkit.maps import SharedTable


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
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="写到哪个文件: .xlsx, 或 .csv (说明另存 .txt) · an .xlsx, or a .csv with its notes "
            "beside it",
        ),
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
    from gridkit.reports.shared_sheet import shared_sheet

    _check_out(target)  # before anything is published
    with opened(folder) as workspace:
        types = tuple(dict.fromkeys(codes(workspace.profile, "demand_type", demand) or ()))
        yesterday = workspace.store.today() - dt.timedelta(days=1)
        days = last_window(on.date() if on else yesterday, window)  # type: ignore[arg-type]
        with bar("隐去小数、核对登记 · protecting, checking"):
            made = maps.shared_table(workspace, days, types, level=level)
            made = made.publish(maps.published(workspace))  # refused: nothing is written
        mark = "虚构数据-" if workspace.invented else ""
        since = made.columns[0].title.partition(" (")[2].rstrip(")").replace(" ", "")
        parts = [
            f"{mark}诉求分类表",
            days.label,
            level,
            kinds_named(workspace.profile, types),
            since,
        ]
        name = "-".join(filter(None, parts)) + ".xlsx"
        path = target or workspace.folder / name
        if path.suffix.lower() == ".csv":
            written = _write_csv(made, path)
        else:
            day, profile = workspace.store.today(), workspace.profile
            written = [shared_sheet(made, path, profile, on=day, invented=workspace.invented)]
        hidden = int(made.frame().iloc[:, 1:].isna().sum().sum())
        out.print(
            f"{made.title}: {hidden} 格不显示 (少于 5 件, 或可推出)。"
            f"已登记为第 {made.number} 次发布起的 "
            f"{len(made.columns)} 栏 · {hidden} cells hidden; entered as releases from "
            f"{made.number} on",
            markup=False,
        )
        for file in written:
            out.print(f"已写好 {file} · written", markup=False, soft_wrap=True)


def _check_out(target: Path | None) -> None:
    if target is None or target.suffix.lower() in {".xlsx", ".csv"}:
        return
    raise DataError(
        zh=f"--out 写 .xlsx 或 .csv 文件; 现为 {target.name}。",
        en=f"--out names an .xlsx or a .csv; it is {target.name}.",
    )


def _write_csv(made: SharedTable, path: Path) -> list[Path]:
    """Write it for other programs, nothing but the table; what belongs under it, beside it."""
    from gridkit.exchange.csv_table import write_csv
    from gridkit.exchange.output import put_bytes
    from gridkit.maps.shared_table import HIDDEN

    frame = made.frame()
    numbers = frame.columns[1:]
    words = frame.astype(dict.fromkeys(numbers, "string")).fillna(
        dict.fromkeys(numbers, HIDDEN)
    )
    note = path.with_name(f"{path.stem}-说明.txt")
    lines = "\r\n".join([made.title, *made.notes(), ""])
    write_csv(words.reset_index(), path)
    put_bytes(note, lines.encode("utf-8-sig"))
    for file in (path, note):
        file.chmod(0o644)
    return [path, note]
