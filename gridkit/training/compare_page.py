"""Two games on one seed, decision by decision: what each went to, and what came of it.

No sums and no winner: the page asks what was seen at the time, and what one would do now.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from gridkit.screen.look import Markup, join, table, tag
from gridkit.training.debrief import fates
from gridkit.training.debrief_drawing import FATES
from gridkit.training.drill import Drill, compare, root_name
from gridkit.training.page import invented, whole_page
from gridkit.training.play import FOUND
from gridkit.training.roots import ACTIONS

NAMES = ("甲局", "乙局")
_ASK = (
    "当时看到的是什么, 让一局去了, 另一局没去?",
    "同一件事两局做法不同: 第一次去各自查明了什么?",
    "一局拦住、另一局没拦住的那一处: 早几天要看到什么才会去?",
    "两局都没去的那几处: 有没有人说过? 是不是沉默的网格?",
)


def compare_page(one: Drill, two: Drill, names: tuple[str, str] = NAMES) -> str:
    """Write the comparison as one HTML page that fetches nothing.

    Parameters
    ----------
    one, two : Drill
        Of one scenario and seed.
    names : tuple of two str
        What the games are called: 甲局 and 乙局, or a way of choosing; no person's name.

    Returns
    -------
    str
        Week by week: gone to in both, in one alone. Then the causes that came out
        differently. There is no score, no sum and no order of the two.

    Raises
    ------
    DataError
        If the games are of different scenarios or seeds.
    """
    both = compare(one, two)
    title = f"两局对照: {one.scenario.zh} (种子 {one.seed})"
    weeks = [_week(int(str(week)), of, one, names) for week, of in both.groupby("week")]
    return whole_page(
        title,
        tag("h1", title),
        tag(
            "div",
            f"Two games, decision by decision: {one.scenario.en} · ",
            invented(),
            cls="en",
            lang="en",
        ),
        tag(
            "p",
            f"{names[0]}和{names[1]}是同一个县、同样的人手。对照的是每周的决定, 不比高下, 也没有总分。"
            "两局走开以后, 看到的清单也会不同。",
        ),
        tag("h2", "一起谈的问题 · to talk about"),
        tag("ul", *(tag("li", said) for said in _ASK)),
        tag("h2", "结果不同的根源 · causes that came out differently"),
        _differences(one, two, names),
        tag("h2", "一周一周的决定 · week by week"),
        *(weeks or [tag("p", "还没有决定。")]),
    )


def _week(week: int, of: pd.DataFrame, drill: Drill, names: tuple[str, str]) -> Markup:
    one, two = of["found_one"].notna(), of["found_two"].notna()
    same = int((one & two).sum())
    head = f"第 {week} 周: 两局都去 {same} 处, 只有{names[0]}去 {int((one & ~two).sum())} 处, "
    ordered = pd.concat([of[one & two], of[one & ~two], of[~one & two]])
    tuples: list[Any] = list(ordered.itertuples())
    rows: list[tuple[str, ...]] = [
        (_matter(row, drill), _did(row, "one"), _did(row, "two")) for row in tuples
    ]
    return join(
        tag("h3", head + f"只有{names[1]}去 {int((~one & two).sum())} 处"),
        tag("div", table(("事项 (同网格同类的一起办)", *names), rows), cls="wide"),
    )


def _matter(row: Any, drill: Drill) -> str:
    profile = drill.history.profile
    detail = str(row.demand_detail)
    known = detail in profile.codes("demand_detail")
    kind = (
        profile.label("demand_detail", detail)
        if known
        else profile.label("demand_type", str(row.demand_type))
    )
    return f"{drill.history.land.grids['name'].get(row.grid_id, row.grid_id)} · {kind}"


def _did(row: Any, game: str) -> str:
    found = getattr(row, f"found_{game}")
    if pd.isna(found):
        return "没去"
    return f"{ACTIONS[str(getattr(row, f'action_{game}'))][0]} → {FOUND[str(found)][0].rstrip('; 该做的是')}"


def _differences(one: Drill, two: Drill, names: tuple[str, str]) -> Markup:
    a, b = fates(one), fates(two)
    odd = a.index[(a["fate"] != b["fate"].reindex(a.index)).to_numpy(dtype=bool)]
    if not len(odd):
        return tag("p", "没有: 两局里每一处的结果都一样。")
    grids = one.history.land.grids["name"]
    rows: list[tuple[str, ...]] = [
        (
            str(grids.get(a.loc[cause, "grid_id"], "")),
            root_name(str(a.loc[cause, "root"])),
            *(_came(game.loc[cause]) for game in (a, b)),
            ACTIONS[str(a.loc[cause, "needed"])][0],
        )
        for cause in odd
    ]
    head = ("网格", "根源", *names, "对症的做法")
    return tag("div", table(head, rows), cls="wide")


def _came(its: pd.Series) -> str:
    said = FATES[str(its["fate"])][0]
    if pd.isna(its["first_visit"]):
        return said
    return f"{said} ({its['first_visit']:%m-%d} 首次去, 提前 {its['lead_days']} 天)"
