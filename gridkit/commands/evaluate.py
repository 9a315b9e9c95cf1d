"""`gridkit evaluate`: whether the warnings of the card are right, on a ledger with outcomes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.errors import DataError
from gridkit.terminal import DAY, Day, Folder, opened, out, show

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.profile import Profile
    from gridkit.triage import Evaluation
    from gridkit.triage.evaluate_intervals import Interval


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit evaluate 结果.csv --capacity 15     gridkit evaluate --until 2026-06-30"
    )(evaluate)


def evaluate(
    outcomes: Annotated[
        Path | None,
        typer.Argument(
            help="结果表 CSV: 编号, 恶化日期 (可加 根源), 或虚构县的真相 JSON; "
            "不给则以“办结后又回来”代替 · outcomes",
            show_default=False,
        ),
    ] = None,
    folder: Folder = None,
    capacity: Annotated[int, typer.Option(min=1, help="每周能走访几件 · visits a week")] = 15,
    horizon: Annotated[
        int, typer.Option(min=7, max=365, help="预警期, 天 · how far ahead, days")
    ] = 56,
    until: Annotated[
        Day,
        typer.Option(formats=[DAY], help="结果知道到哪天 (默认今天) · outcomes known until"),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="区间抽样的种子 · seed of the intervals")
    ] = 1,
) -> None:
    """评估: 预警到底准不准 · whether the warnings were right."""
    import numpy as np

    from gridkit.training.truth_file import read_outcomes_of_truth
    from gridkit.triage import Terms
    from gridkit.triage import evaluate as judge
    from gridkit.triage.evaluate_facts import came_back
    from gridkit.triage.evaluate_outcomes import read_outcomes

    with opened(folder) as workspace:
        store, profile = workspace.store, workspace.profile
        concerns, steps = store.frame("concern"), store.frame("step")
        if outcomes is None:
            known = came_back(concerns, steps)
        elif outcomes.suffix == ".json":
            known = read_outcomes_of_truth(outcomes)
        else:
            known = read_outcomes(outcomes, concerns)
        terms = Terms(
            known_until=_known_until(until.date() if until else None, store.today()),
            capacity=capacity,
            horizon_days=horizon,
        )
        rng = np.random.default_rng(seed)
        found = judge(concerns, steps, known, profile, terms, rng=rng)
    if outcomes is None:
        out.print(
            "未给结果表: 以“群众不满意、重启、申请复查”为恶化, 只反映答复的质量 · "
            "no outcomes given: matters that came back stand in for them",
            style="yellow",
        )
    _say(found, profile)


def _say(found: Evaluation, profile: Profile) -> None:
    """Print the figures, what they cannot bear, and what a person should know."""
    out.print(
        f"{found.weeks} 周, {found.matters} 件事项, {found.causes} 个可以预警的恶化, "
        f"另有 {found.too_late} 个恶化前没有待办事项可看; "
        f"每周走访 {found.capacity} 件, 预警期 {found.horizon_days} 天 ·括号内为 95 % 区间",
        style="bold",
    )
    table = found.table("zh").T.rename_axis("指标").reset_index()
    show("各种办法, 同样的人手 · each way with the same capacity", table)
    show("评分卡比别的办法多走对几成 · lift in precision", _lift(found))
    show("等级说到做到了吗 · calibration by band", _bands(found, profile))
    word = found.promise
    out.print(
        f"等级的承诺误差: 平均 {word.error.words(digits=3)}, 最大的一级 {found.largest_gap:.3f}; "
        f"Brier {word.brier.words(digits=3)}, 只报总比例则为 {word.brier_base.words(digits=3)}"
    )
    show("某项分值变两成, 多少会变 · churn", _churn(found, profile))
    show("不同网格一样好吗 · by kind of grid", _gaps(found))
    for line in found.warnings("zh"):
        out.print(f"! {line}", style="yellow")
    out.print(
        "若当时就是按这张卡走访的, 走得及时的没有恶化, 会被算成白走: 数字偏低 · "
        "where visits followed this card, its figures come out too low",
        style="dim",
    )
    out.print("评的是评分卡和办法, 不是人 · methods are judged, never people", style="dim")


def _bands(found: Evaluation, profile: Profile) -> pd.DataFrame:
    names = {band.code: band.zh for band in profile.bands}
    table = found.promise.bands.rename(index=names).rename_axis("等级").reset_index()
    share = table[["forecast", "observed", "low", "high"]].map("{:.1%}".format)
    return table[["等级"]].assign(
        件次=table["n"],
        说过=share["forecast"],
        实际=share["observed"],
        区间=share["low"] + "–" + share["high"],
    )


def _lift(found: Evaluation) -> pd.DataFrame:
    """Say how much more often the card's visits were right than those of each rival."""
    import pandas as pd

    from gridkit.triage.evaluate_queue import METHOD_NAMES

    rows = [
        (METHOD_NAMES.get(name, (name, name))[0], its.words(), _verdict(its))
        for name, its in found.lift.items()
    ]
    return pd.DataFrame(rows, columns=["比", "走对的比例相差", "能不能说"])


def _verdict(its: Interval) -> str:
    if its.low > 0:
        return "评分卡更好"
    return "评分卡更差" if its.high < 0 else "分不出高下"


def _churn(found: Evaluation, profile: Profile) -> pd.DataFrame:
    names = {factor.id: factor.zh for factor in profile.scorecard.factors}
    heads = {
        "less": "减两成: 换下的走访",
        "more": "加两成: 换下的走访",
        "band_less": "减两成: 变级",
        "band_more": "加两成: 变级",
    }
    table = found.churn.map("{:.0%}".format)
    shown = {
        words: table[name] + " (" + table[f"{name}_low"] + "–" + table[f"{name}_high"] + ")"
        for name, words in heads.items()
    }
    return table.index.to_series(name="因素").map(names).to_frame().assign(**shown)


def _known_until(asked: dt.date | None, today: dt.date) -> dt.date:
    """Refuse a day that is not here yet: what will happen would count as calm."""
    if asked is not None and asked > today:
        raise DataError(
            en=f"`--until` {asked} lies after today, {today}: nobody knows those outcomes yet.",
            zh=f"`--until` {asked} 在今天 ({today}) 之后, 那时的结果还没有人知道。",
        )
    return asked or today


def _gaps(found: Evaluation) -> pd.DataFrame:
    table = found.gaps
    return table.index.to_frame(name="网格").assign(
        走访占比=table["visit_share"].map("{:.0%}".format),
        恶化占比=table["harm_share"].map("{:.0%}".format),
        走对的比例=_between(table, "precision"),
        赶在前面的比例=_between(table, "recall"),
    )


def _between(table: pd.DataFrame, name: str) -> list[str]:
    """Give a figure with its interval, in words."""
    columns = table[[name, f"{name}_low", f"{name}_high"]].to_numpy(dtype=float)
    return [f"{value:.2f} ({low:.2f}–{high:.2f})" for value, low, high in columns]
