"""`gridkit scan`: the weekly early warning, in words and as one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.commands.board import codes
from gridkit.terminal import DAY, Day, Folder, bar, entry, opened, out

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.hotspots import WeeklyWarning
    from gridkit.hotspots.names import Names
    from gridkit.maps.layers.clusters import ClusterStyle

RUNS = "scan-runs.json"
PAGE = "scan.html"
SEED = 20260701
"""Of all weekly runs: the same ledger, the same warning, on every machine."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="例 example:  gridkit scan --type 用水 --out 预警.html")(scan)


def scan(
    folder: Folder = None,
    on: Annotated[
        Day, typer.Option(formats=[DAY], help="截至哪天, 看此前最后一个整周 · as of which day")
    ] = None,
    weeks: Annotated[
        int, typer.Option(min=1, help="聚集最早始于几周前 · a cluster began so many weeks ago")
    ] = 12,
    demand: Annotated[
        list[str] | None,
        typer.Option("--type", help="只看某类, 代码或名称, 可多次 · demand type, may repeat"),
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="写到哪里 · where to write the page")
    ] = None,
    *,
    english: Annotated[bool, typer.Option("--english", help="用英文 · in English")] = False,
) -> None:
    """每周预警: 哪里新聚集、扩大、消退 · the week's clusters: new, grown, ended."""
    import numpy as np

    from gridkit import maps
    from gridkit.hotspots import AlarmRule, same_cause, weekly_warning
    from gridkit.hotspots.names import make_names
    from gridkit.maps.warning_page import warning_page

    with opened(folder) as workspace:
        profile = workspace.profile
        chosen = tuple(codes(profile, "demand_type", demand) or ())
        rule = AlarmRule(
            weeks=weeks, history_weeks=max(52, 2 * weeks), types=chosen, overall=not chosen
        )
        concerns = workspace.store.frame("concern")
        concerns = concerns.join(same_cause(concerns, workspace.store.frame("step")))
        tell_compiling()
        with bar("逐周检验 · weekly runs") as progress:
            warning = weekly_warning(
                concerns,
                workspace.grids,
                profile,
                on.date() if on else workspace.store.today(),
                rule,
                rng=np.random.default_rng(SEED),
                kept=workspace.folder / RUNS,
                progress=lambda done, total: progress.update(
                    progress.task_ids[0], completed=done, total=total
                ),
            )
        path = target or workspace.folder / PAGE
        page = warning_page(
            warning,
            workspace.grids,
            profile,
            name=workspace.name,
            invented=workspace.invented,
            ground=maps.ground.read_ground(workspace.folder),
        )
        path = maps.save(page, path)
        _tell(warning, make_names(workspace.grids, profile), "en" if english else "zh")
        out.print(f"已写好 {path} (内部使用) · written, for the desk only", markup=False)


def tell_compiling() -> None:
    """Say before the first scan of an installation why it takes longer than the others."""
    from gridkit.hotspots.scan import is_compiled

    if not is_compiled():
        out.print(
            "第一次用时空扫描, 要先编译约半分钟, 只此一次 · compiling once, about half a minute",
            style="dim",
        )


def _tell(warning: WeeklyWarning, names: Names, lang: str) -> None:
    """Print the week, its clusters, and how often the rule raised an alarm this year."""
    from gridkit.hotspots.warning import STATUS_WORDS

    end = warning.run.week.strftime(DAY)
    out.print(f"{end} 起的一周 · week: {warning.explain(lang)}", style="bold", markup=False)
    for number, row in warning.clusters.iterrows():
        words = STATUS_WORDS[str(row["status"])][lang == "en"]
        head = f"{words} · {names.of_type(str(row['category']), lang)}{_again(row, lang)}"
        said = " ".join(
            str(row[f"{part}_{lang}"]) for part in ("said", "mind", "shared", "other")
        )
        entry(int(str(number)), _color(str(row["status"])), head, " ".join(said.split()))
    if not warning.ended.empty:
        head = "上周有, 已不再显著" if lang == "zh" else "last week's, no longer significant"
        out.print(f"     {head}:", markup=False)
    for _, row in warning.ended.iterrows():
        out.print(f"     {row[lang]}", style="dim", markup=False)
    out.print(warning.explain_burden(lang), markup=False)


def _again(row: pd.Series, lang: str) -> str:
    """Say which number tells the same story, as the week's page does."""
    import pandas as pd

    if pd.isna(row["same_as"]):
        return ""
    number = row["same_as"]
    return f" (与 {number} 号是同一处)" if lang == "zh" else f" (the same place as {number})"


def _color(status: str) -> str:
    from gridkit.maps.layers.clusters import CLUSTER_STYLES

    style: ClusterStyle = next(one for one in CLUSTER_STYLES if one.code == status)
    return str(style.style["stroke"])
