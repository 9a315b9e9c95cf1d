"""The command line: `gridkit demo · new · import · check · map · score`.

Thin: each command opens a workspace, calls one face, and prints a table. Messages are in
Chinese first. Exit codes: 0 done, 1 something was found (problems, rejected rows), 2 it
could not be done.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.padding import Padding
from rich.text import Text
from typer.exceptions import TyperException

from gridkit.commands import register_all
from gridkit.commands.map import draw_map
from gridkit.errors import GridkitError
from gridkit.terminal import Folder, bar, err, opened, out, place_names, show
from gridkit.usage import complaint, is_help

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gridkit.profile import Profile
    from gridkit.records import Workspace

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="社区网格走访与预警研判 · Field survey and triage for community grid workers",
)
Lang = Literal["zh", "en"]
DEFAULT_FOLDER = Path("workspace")
INTERRUPTED = 130  # the exit code of a program that Ctrl-C ended


def main() -> None:
    """Run the command line; what went wrong is told in plain words, Chinese first."""
    try:
        code = app(prog_name="gridkit", standalone_mode=False)
    except GridkitError as error:
        err.print(str(error), style="bold red", markup=False, highlight=False)
        sys.exit(2)
    except TyperException as error:
        if not is_help(error):
            for line in complaint(error):
                err.print(line, style="bold red", markup=False, highlight=False)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:
        err.print("已中断; 已保存的都在。 Interrupted; what was saved is kept.")
    sys.exit(code if isinstance(code, int) else 0)


@app.command(epilog="例 example:  gridkit demo --no-lab")
def demo(
    folder: Folder = None,
    seed: Annotated[
        int, typer.Option(help="虚构县的种子 · seed of the made-up county")
    ] = 20260701,
    lab: Annotated[
        bool, typer.Option("--lab/--no-lab", help="打开 JupyterLab · open JupyterLab")
    ] = True,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="打开浏览器 · open the browser")
    ] = True,
) -> None:
    """造一个虚构的县, 画出地图, 打开笔记本 · make a made-up county, map it, open the notebooks."""
    from gridkit import lab as jupyter
    from gridkit.records import open_workspace

    folder = folder or DEFAULT_FOLDER
    if (folder / "about.toml").is_file():
        err.print(f"沿用已有的工作区 {folder} (记录不动) · keeping the workspace that is there")
    else:
        from gridkit.training import write_town

        with bar("造县、走访、登记诉求 · making the county") as progress:
            write_town(
                folder,
                seed=seed,
                progress=lambda done, total: progress.update(
                    progress.task_ids[0], completed=done, total=total
                ),
            )
    workspace = open_workspace(folder)
    jupyter.prepare(workspace)
    draw_map(workspace, workspace.map_path)
    show(f"工作区 workspace: {folder}", _inventory(workspace))
    if lab:
        out.print("正在打开 JupyterLab, 按 Ctrl-C 结束 · opening JupyterLab; Ctrl-C ends it")
        workspace.close()
        raise typer.Exit(jupyter.run(workspace, browser=browser))
    workspace.close()
    out.print("下一步 · next:  python3 start.py   (打开笔记本 · opens the notebooks)")


def _inventory(workspace: Workspace) -> pd.DataFrame:
    import pandas as pd

    store = workspace.store
    rows = [
        ("台账 ledger", "ledger.db", f"{store.revision_count()} 个修订 revisions"),
        ("走访 visits", "", str(store.size("visit"))),
        ("诉求 concerns", "", str(store.size("concern"))),
        ("办理记录 steps", "", str(store.size("step"))),
        ("网格 grids", "grids.geojson", str(len(workspace.grids))),
        ("县情配置 profile", _profile_place(workspace), f"版本 {workspace.profile.hash[:8]}"),
        (
            "地图 map",
            workspace.map_path.name,
            f"{workspace.map_path.stat().st_size / 1e6:.1f} MB",
        ),
        (
            "笔记本 notebooks",
            "notebooks/",
            "1 登记 · 2 研判 · 3 热点 · 4 培训 · 5 报表 · 6 评分卡",
        ),
    ]
    return pd.DataFrame(rows, columns=["内容 what", "文件 file", "数量 amount"])


def _profile_place(workspace: Workspace) -> str:
    return "profile/" if (workspace.folder / "profile").is_dir() else "内置默认 default"


@app.command(
    epilog="例 example:  gridkit new 我的县 --name 某县 --code 350428 --grids 网格.geojson"
)
def new(
    folder: Annotated[
        Path, typer.Argument(help="新工作区的文件夹 · folder of the new workspace")
    ],
    name: Annotated[str, typer.Option(help="县名 · name of the county")],
    code: Annotated[str, typer.Option(help="6 位县级区划代码 · 6-digit county code")],
    grids: Annotated[
        Path | None, typer.Option(help="网格面 GeoJSON (WGS-84) · polygons of the grids")
    ] = None,
    over: Annotated[
        Path | None,
        typer.Option(
            help="没有网格面时: 按这个表里的点铺方格 · lay squares over a table's points"
        ),
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", "-m", help="这个表的映射 · the table's mapping")
    ] = None,
    size: Annotated[int, typer.Option(min=10, help="方格边长, 米 · side in meters")] = 1000,
) -> None:
    """新建一个空的工作区 · make an empty workspace."""
    from gridkit import lab as jupyter
    from gridkit.profile.divisions import parse_division
    from gridkit.records import create_workspace
    from gridkit.records.grids import read_grids

    if parse_division(code).level != "county":
        raise GridkitError(
            zh="`--code` 须为 6 位县级区划代码, 如 350428。",
            en="`--code` must be a 6-digit code of a county, such as 350428.",
        )
    polygons = read_grids(grids) if grids is not None else None
    if over is not None and polygons is None:
        polygons = _squares(over, mapping, size, code)
    workspace = create_workspace(folder, name=name, county_code=code, grids=polygons)
    jupyter.prepare(workspace)
    workspace.close()
    if polygons is None:
        out.print(
            "还没有网格, 不能画地图、登记走访: 给 --grids 或 --over 重新新建, 或把 grids.geojson 放进去 · "
            "no grids yet: no map, no visits; give --grids or --over, or put a grids.geojson there",
            style="yellow",
        )
    else:
        out.print(f"{len(polygons)} 个网格 · grids")
    out.print(f"已新建工作区 {folder} · made. 下一步 next:  gridkit import … -w {folder}")


def _squares(table: Path, mapping: Path | None, size: int, code: str) -> gpd.GeoDataFrame:
    from gridkit.exchange import read_mapping, read_points
    from gridkit.records.grids import make_grids

    if mapping is None:
        raise GridkitError(
            zh="按表中的点铺方格, 须用 --mapping 说明哪两列是坐标、用的什么坐标系。",
            en="Squares over a table's points need --mapping: which columns, and their datum.",
        )
    points = read_points(table, read_mapping(mapping))
    _refuse_stray(points)
    return make_grids(points, size, code)


def _refuse_stray(points: pd.DataFrame) -> None:
    """Refuse points far from all others: squares up to them would cover a continent."""
    away = (points - points.median()).abs().max(axis=1)
    stray = points.index[away > max(2.0, 10 * away.quantile(0.95))]  # degrees
    if len(stray):
        lines = ", ".join(map(str, stray[:3]))
        raise GridkitError(
            zh=f"有 {len(stray)} 个点离其余的点很远 (第 {lines} 行 …): 经纬度是否填反? "
            "请先更正或去掉这些行。",
            en=f"{len(stray)} points lie far from all others (line {lines} …): are longitude and "
            "latitude swapped? Correct these rows or leave them out first.",
        )


@app.command(epilog="例 example:  gridkit check -w workspace --salvage 救出的.db")
def check(
    folder: Folder = None,
    ledger: Annotated[
        Path | None, typer.Option(help="直接检查某个台账文件 · a ledger file itself")
    ] = None,
    salvage: Annotated[
        Path | None,
        typer.Option(help="把能读的记录救到新文件 · save what can be read into a new file"),
    ] = None,
) -> None:
    """核对台账有没有缺失或改动 · prove that the ledger is whole."""
    from gridkit.records import open_store
    from gridkit.records import salvage as rescue
    from gridkit.records.workspace import LEDGER, find_workspace

    path = ledger or find_workspace(folder) / LEDGER
    if salvage is not None:
        saved = rescue(path, salvage)
        out.print(
            f"救出 {saved.saved} 个修订, 被改动 {saved.altered} 个, 缺号 {saved.missing} 个 → {salvage} · "
            f"{saved.saved} revisions saved, {saved.altered} altered, {saved.missing} missing"
        )
        return
    with open_store(path) as store:
        problems = store.check()
        tips = store.tips().reset_index()
    if len(problems):
        show("发现的问题 problems", problems)
        raise typer.Exit(1)
    out.print(f"{path.name}: 完好, 链条完整 · sound; the chain is whole")
    show("链尾 (请抄下备查) · last links, to be noted down", tips)


@app.command(epilog="例 example:  gridkit score --top 10     gridkit score --explain 0198…")
def score(
    folder: Folder = None,
    top: Annotated[int, typer.Option(min=1, help="列出最急的几件 · how many to list")] = 15,
    explain: Annotated[
        str | None,
        typer.Option(help="说清一件事的分数 (编号或其开头) · explain one matter, by id"),
    ] = None,
    on: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="截至哪天 · as of which day"),
    ] = None,
    english: Annotated[bool, typer.Option("--english", help="用英文 · in English")] = False,
) -> None:
    """先办哪件, 为什么 · what comes first, and why."""
    from gridkit.triage import explain_one
    from gridkit.triage.inputs import inputs
    from gridkit.triage.worklist import worklist

    lang: Lang = "en" if english else "zh"
    with opened(folder) as workspace:
        day = on.date() if on else workspace.store.today()
        concerns, steps = workspace.store.frame("concern"), workspace.store.frame("step")
        if explain is not None:
            facts = inputs(concerns, steps, day, workspace.profile)
            story = explain_one(
                facts,
                _one_id(explain, list(facts.index)),
                workspace.profile.scorecard,
                day,
                lang,
                profile=workspace.profile,
            )
            out.print(str(story), markup=False, highlight=False)
            return
        listed = worklist(concerns, steps, day, workspace.profile)
        out.print(
            f"截至 {day} 的待办 {len(listed)} 件 · open matters as of {day}", style="bold"
        )
        places = place_names(workspace)
        for place, (_, row) in enumerate(listed.head(top).iterrows(), start=1):
            where = places.get(str(row["grid_id"]), str(row["grid_id"]))
            _print_matter(place, row, workspace.profile, where, lang)
        card = workspace.profile.scorecard.named(lang)
        out.print(f"{card}。以上为建议, 由人决定 · advice; a person decides", style="dim")


def _print_matter(place: int, row: pd.Series, profile: Profile, where: str, lang: Lang) -> None:
    """Print one matter in two lines: what, where and by when; then why."""
    band = next(b for b in profile.bands if b.code == row["band"])
    code = row["demand_detail"]
    table = "demand_detail" if isinstance(code, str) else "demand_type"
    head = Text(f"{place:>3}  ")
    head.append("■ ", style=band.color)
    head.append(f"{getattr(band, lang)} {row['score']}  ", style="bold")
    head.append(f"{str(row.name)[-8:]}  {profile.label(table, str(row[table]), lang)}")
    head.append(f" · {where}")
    head.append(_clock(row, lang))
    out.print(head)
    out.print(Padding(Text(str(row[f"sentence_{lang}"]), style="dim"), (0, 0, 0, 5)))


def _clock(row: pd.Series, lang: Lang) -> str:
    """Say when it is due, or by how many days it is late; nothing where no clock runs."""
    if row["status"] not in {"running", "overdue"} or row["due_on"] != row["due_on"]:  # NaT
        return ""
    days, article = int(row["days_left"]), row["article" if lang == "zh" else "article_en"]
    if lang == "zh":
        left = f"还有 {days} 天" if days >= 0 else f"超期 {-days} 天"
        return f" · 期限 {row['due_on']:%Y-%m-%d}, {left} ({article})"
    left = f"{days} days left" if days >= 0 else f"{-days} days overdue"
    return f" · due {row['due_on']:%Y-%m-%d}, {left} ({article})"


def _one_id(text: str, ids: list[str]) -> str:
    """Find the one matter whose id begins or ends with what was typed."""
    found = [i for i in ids if i.startswith(text) or i.endswith(text)]
    if not found:
        raise GridkitError(
            zh=f"没有找到编号以 “{text}” 开头或结尾的待办诉求; 编号见 gridkit score。",
            en="No open matter has an id that begins or ends so; `gridkit score` lists the ids.",
        )
    if len(found) > 1:
        raise GridkitError(
            zh=f"编号 “{text}” 对应 {len(found)} 件待办诉求; 请多写几位。",
            en=f"{len(found)} open matters have an id that begins or ends so; give more of it.",
        )
    return found[0]


register_all(app)

if __name__ == "__main__":
    main()
