"""`gridkit published`: the register of what was handed out, and two of them brought together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.terminal import Folder, bar, opened, out, show

if TYPE_CHECKING:
    from gridkit.maps.disclosure import Joined, Register


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit published     gridkit published --join U盘/published.jsonl"
    )(published)


def published(
    folder: Folder = None,
    join: Annotated[
        Path | None,
        typer.Option(
            help="并入另一台电脑的发布登记 published.jsonl (旁边要有 published.head) · take in "
            "another machine's register",
        ),
    ] = None,
) -> None:
    """对外发布的登记; 一个县只用一本 · what was handed out; a county has one register.

    两台电脑各自发布, 谁也不知道对方发过什么, 合起来就可能露出小数。换人或换电脑时, 把 published.jsonl、
    published.head、mask.key 三个文件一起交给接手的人; 两边都发布过的, 用 --join 并成一本, 以后只用这一本。
    """
    from gridkit import maps
    from gridkit.maps.disclosure import Register

    with opened(folder) as workspace:
        ours = maps.published(workspace)
        if join is not None:
            with bar("并入、核对 · joining, checking"):
                joined = ours.join(Register(join))
            _tell(joined)
        _list(ours)


def _tell(joined: Joined) -> None:
    out.print(
        f"并入 {joined.added} 次发布, 另有 {joined.known} 次本来就有 · {joined.added} taken in, "
        f"{joined.known} were there"
    )
    for problem in joined.problems:
        out.print(f"{problem.row}: {problem.zh} · {problem.en}", style="yellow", markup=False)
    if joined.added:
        out.print(
            "以后只用这一本登记; 另一台电脑不要再发布 · from now on this register only",
            style="dim",
        )


def _list(ours: Register) -> None:
    table = ours.table()
    if table.empty:
        out.print("还没有对外发布过 · nothing was handed out yet")
        return
    from gridkit.maps.shared_map import LEVEL_WORDS

    words = {code: zh for code, (zh, _) in LEVEL_WORDS.items()}
    table["levels"] = [
        "、".join(words.get(level, level) for level in levels.split()) or "全部不显示"
        for levels in table["levels"]
    ]
    table = table.reset_index()
    table.columns = ["号", "发布于", "内容", "自", "至", "层级", "数"]
    show(f"发布登记 · {len(table)} 次 releases", table)
