"""`gridkit counts`: a county's or a province's weekly counts, as a file for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gridkit.errors import DataError
from gridkit.terminal import DAY, Day, Folder, bar, opened, out, show

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gridkit.hotspots.counts_file import Written
    from gridkit.hotspots.relations import Question
    from gridkit.hotspots.source import Concerns
    from gridkit.profile import Profile
    from gridkit.records import Workspace

_EmptyWeeks = Literal["missing", "zero", "refuse"]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit counts -o counts.parquet     "
        "gridkit counts '诉求/*.parquet' --grids 网格.gpkg -o 统计.csv"
    )(counts)


def counts(
    source: Annotated[
        str | None,
        typer.Argument(
            help="诉求的 Parquet 文件、通配符或文件夹; 不写则用工作区台账 · "
            "Parquet of concerns; else the workspace's ledger",
            show_default=False,
        ),
    ] = None,
    folder: Folder = None,
    target: Annotated[
        Path, typer.Option("--out", "-o", help="写到 .parquet 或 .csv · where to write")
    ] = Path("counts.parquet"),
    grids: Annotated[
        Path | None,
        typer.Option(help="网格面 GeoJSON 或 GPKG; 不写则用工作区的 · polygons of the grids"),
    ] = None,
    by: Annotated[
        str, typer.Option(help="按哪一列分类, all 为不分 · column of categories, or all")
    ] = "demand_type",
    category: Annotated[
        list[str] | None, typer.Option(help="只统计这些类 · only these categories")
    ] = None,
    first: Annotated[
        Day, typer.Option("--from", formats=[DAY], help="统计期首日 · first day")
    ] = None,
    last: Annotated[
        Day, typer.Option("--to", formats=[DAY], help="统计期末日 · last day")
    ] = None,
    empty_weeks: Annotated[
        _EmptyWeeks,
        typer.Option(help="整周没有诉求: 漏报、确无、报错 · weeks without any concern"),
    ] = "missing",
    cleared: Annotated[
        bool,
        typer.Option(
            "--cleared",
            help="来源中已无转法定渠道的事项 · matters of a statutory channel are out already",
        ),
    ] = False,
    memory: Annotated[
        str, typer.Option(help="最多用多少内存 · memory, e.g. 512MB or 4GB")
    ] = "2GB",
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="用几个处理器核, 默认全部 · cores", show_default="all"),
    ] = None,
) -> None:
    """按网格、类别、周统计诉求, 写成文件 · weekly counts per grid and category, as a file."""
    from gridkit.hotspots.counts_file import write_counts
    from gridkit.hotspots.relations import Question, Scale

    question = Question(
        by=None if by == "all" else by,
        period=_period(first, last),
        categories=category or None,
        empty_weeks=empty_weeks,
    )
    with bar("统计 · counting") as progress:

        def write(concerns: Concerns, polygons: gpd.GeoDataFrame, asked: Question) -> Written:
            task = progress.task_ids[0]
            progress.update(task, total=100)
            return write_counts(
                concerns,
                polygons,
                target,
                asked,
                Scale(memory, threads),
                lambda share: progress.update(task, completed=int(100 * share)),
            )

        if source is not None and grids is not None:
            asked = question if cleared else question._replace(never=_never(None))
            written = write(source, _read(grids), asked)
        else:
            with opened(folder) as workspace:
                concerns, asked = _asked(workspace, source, question, cleared=cleared)
                polygons = workspace.grids if grids is None else _read(grids)
                written = write(concerns, polygons, asked)
    _tell(written, target, empty_weeks)


def _asked(
    workspace: Workspace, source: str | None, question: Question, *, cleared: bool
) -> tuple[Concerns, Question]:
    """Give what is to be counted; of a ledger, weeks with a visit are known to be quiet."""
    from gridkit.hotspots.counts import mappable

    if source is not None:
        never = frozenset[str]() if cleared else _never(workspace.profile)
        return source, question._replace(never=never)
    store = workspace.store
    visited = store.frame("visit")["visited_on"].dropna().dt.date.unique()
    concerns: pd.DataFrame = mappable(store.frame("concern"), workspace.profile)
    return concerns, question._replace(recorded_on=list(visited))


def _never(profile: Profile | None) -> frozenset[str]:
    from gridkit.hotspots.counts import statutory
    from gridkit.profile import load_profile

    return statutory(profile or load_profile())


def _read(path: Path) -> gpd.GeoDataFrame:
    from gridkit.records.grids import read_grids

    return read_grids(path)


def _period(first: Day, last: Day) -> tuple[str, str] | None:
    """Give the period, of both days or none.

    Raises
    ------
    DataError
        If one of them is missing.
    """
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise DataError(
            zh="统计期须同时给出 --from 与 --to; 都不给则从最早到最晚一件。",
            en="Give both --from and --to; or neither, for the first to the last concern.",
        )
    return first.strftime(DAY), last.strftime(DAY)


def _tell(written: Written, target: Path, empty_weeks: str) -> None:
    """Say what was counted, and what was not."""
    out.print(
        f"{written.first} 至 {written.last}: {written.concerns:,} 件诉求中统计 "
        f"{written.counted:,} 件, 共 {written.rows:,} 行 → {target} · "
        f"{written.counted:,} of {written.concerns:,} concerns counted",
        markup=False,
        highlight=False,
    )
    left = written.uncounted[written.uncounted["n"] > 0]
    if len(left):
        shown = left.reset_index(drop=True)[["n", "zh", "en"]]
        show(
            "未能统计的 not counted",
            shown.rename(columns={"n": "件数 n", "zh": "原因", "en": "why"}),
        )
    lines = {
        f"转法定渠道、不作统计 {written.statutory:,} 件 · of a statutory channel, not counted": (
            written.statutory
        ),
        f"按坐标归入网格 {written.placed:,} 件, 坐标不在任何网格内 {written.outside:,} 件 · "
        "grids found by place; outside all grids": written.placed + written.outside,
        f"{len(written.empty_weeks)} 周没有任何诉求, 按{_MEANING.get(empty_weeks, '')}: "
        f"{_days(written)} · weeks without any concern": len(written.empty_weeks),
    }
    for line, number in lines.items():
        if number:
            out.print(line, markup=False, highlight=False)
    out.print(
        "含小于 5 的数, 不可公开; 公示请用 gridkit map --shared · "
        "holds small counts: not to be handed out",
        style="dim",
    )


_MEANING = {"missing": "漏报处理, 不在表中 (确无诉求请用 --empty-weeks zero)"}


def _days(written: Written) -> str:
    some = ", ".join(f"{day}" for day in written.empty_weeks[:5])
    return some + (", …" if len(written.empty_weeks) > 5 else "")
