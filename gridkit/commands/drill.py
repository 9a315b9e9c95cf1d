"""`gridkit drill` and `gridkit town`: scenarios, debriefs, and a county that lives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridkit.errors import DataError
from gridkit.terminal import out


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="例 example:  gridkit drill     gridkit drill level_1 --way card")(drill)
    app.command(epilog="例 example:  gridkit town 新县 --seed 8 --drought 2 --truth 真相.json")(
        town
    )


def drill(
    game: Annotated[
        str | None,
        typer.Argument(
            help="保存下来的演练, 或剧本; 不给则列出剧本 · a saved drill, or a scenario",
            show_default=False,
        ),
    ] = None,
    page: Annotated[Path, typer.Option(help="复盘写到哪里 · the debrief")] = Path("复盘.html"),
    way: Annotated[
        str | None,
        typer.Option(help="让一种办法走完整局, 如 card、first_come · let a way play the game"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="这一局存到哪里 · save the game")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="种子 · seed, with --way")] = None,
) -> None:
    """演练: 列出剧本, 让一种办法走一局, 或给一局写复盘 · list, play by a way, debrief."""
    if game is None:
        _list()
        return
    from gridkit.training.debrief import debrief
    from gridkit.training.debrief_page import save_debrief, summary
    from gridkit.training.drill import played_by, resume

    if way is None and not game.endswith(".json"):
        _list()
        raise DataError(
            en="Play a scenario in the notebook 4b_trainee, or let a way play it: --way card.",
            zh="剧本请在笔记本 4b_trainee 里玩; 或让一种办法走一局: --way card。",
        )
    _check_file("--page", page, game)
    if output is not None:
        _check_file("--output", output, game)
    played = resume(game) if way is None else played_by(game, way, seed=seed)
    if output is not None:
        played.save(output)
        out.print(f"这一局已存为 {output.name} · the game was saved")
    found = debrief(played)
    out.print(summary(found))
    out.print(f"复盘已存为 {save_debrief(found, page).name} · the debrief was written")


def _list() -> None:
    from gridkit.training.scenario import scenarios

    for scenario in scenarios().values():
        out.print(
            f"{scenario.id:<14} {scenario.zh}  {scenario.weeks} 周, "
            f"每周 {scenario.knobs.capacity} 件 · {scenario.about_zh}"
        )
    out.print("在笔记本 4b_trainee 里玩 · play them in the notebook 4b_trainee", style="dim")


def town(
    folder: Annotated[Path, typer.Argument(help="新工作区的文件夹 · folder of the workspace")],
    seed: Annotated[int, typer.Option(min=0, help="种子 · seed")] = 1,
    weeks: Annotated[int, typer.Option(min=8, max=1040, help="几周 · weeks")] = 52,
    drought: Annotated[float, typer.Option(help="旱情 0–3")] = 1.0,
    demolition: Annotated[float, typer.Option(help="拆改工期 0–3")] = 1.0,
    pay_day: Annotated[float, typer.Option(help="年关欠薪 0–3")] = 1.0,
    rain: Annotated[float, typer.Option(help="雨情 0–3")] = 1.0,
    bias: Annotated[float, typer.Option(help="上报偏差 0–2 · reporting bias")] = 1.0,
    speed: Annotated[float, typer.Option(help="恶化快慢 0.5–2 · speed of hardening")] = 1.0,
    noise: Annotated[float, typer.Option(help="说不准 0–2 · noise in what is told")] = 1.0,
    truth: Annotated[
        Path | None, typer.Option(help="真相写到哪里, 只给培训员 · the truth, for the trainer")
    ] = None,
) -> None:
    """造一个会变化的虚构县 · make a county that lives, with knobs."""
    from gridkit.training.history import make_history
    from gridkit.training.knobs import Knobs
    from gridkit.training.truth_file import write_causes
    from gridkit.training.write import write_history

    knobs = Knobs(
        drought=drought,
        demolition=demolition,
        pay_day=pay_day,
        rain=rain,
        reporting_bias=bias,
        speed=speed,
        noise=noise,
    )
    if truth is not None:
        _check_truth(truth, folder)
    history = make_history(seed=seed, knobs=knobs, weeks=weeks)
    write_history(folder, history).close()
    if truth is not None:
        write_causes(history, truth)
    out.print(f"{folder.name}: {len(history.concerns)} 件诉求, 全是编的 · all of it invented")


def _check_file(option: str, path: Path, game: str) -> None:
    """Refuse a place that cannot be written before minutes of work, not after."""
    folder = path.resolve().parent
    if not folder.is_dir():
        en, zh = f"there is no folder {folder.name}", f"没有文件夹 {folder.name}"
    elif path.is_dir():
        en, zh = f"{path.name} is a folder; give a file in it", f"{path.name} 是文件夹"
    elif option == "--page" and path.resolve() == Path(game).resolve():
        en, zh = f"{path.name} is the saved game itself", f"{path.name} 就是存下来的这一局"
    else:
        return
    raise DataError(
        en=f"`{option}` must be a file in a folder that exists, but {en}. Nothing was played.",
        zh=f"`{option}` 须是已有文件夹里的一个文件; {zh}。还没有开始演练。",
    )


def _check_truth(truth: Path, folder: Path) -> None:
    """Refuse a place for the truth before anything is written: the two belong together."""
    whole = truth.resolve()
    if folder.resolve() in whole.parents:
        raise DataError(
            en="`--truth` lies inside the workspace, where trainees would find it; "
            "give a file in another folder.",
            zh="`--truth` 在工作区里面, 学员会看到; 请放在别的文件夹。",
        )
    if not whole.parent.is_dir() or whole.exists():
        raise DataError(
            en=f"`--truth` must be a new file in a folder that exists; {truth.name} is not. "
            "Nothing was written.",
            zh=f"`--truth` 须是已有文件夹里的一个新文件, {truth.name} 不是。什么都没有写。",
        )
