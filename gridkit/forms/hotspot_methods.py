"""What the hotspot view can be asked: each method gives layers, a table, rows and words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridkit import hotspots
from gridkit.errors import DataError
from gridkit.forms.desk import Desk
from gridkit.forms.map_table import Row
from gridkit.maps import layers
from gridkit.maps.county_map import rate_layer
from gridkit.maps.layers import MapLayer
from gridkit.screen.look import Words

RATE, DENSITY = "rate", "density"
MOST_ROWS = 30
FEWEST_WEEKS = 10
_SEED = 20261122
_UNITS = {RATE: ("每百户件数", "per 100 households"), DENSITY: ("每平方公里件数", "per km²")}


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked: concerns of a period, already chosen, and how they are measured."""

    desk: Desk
    concerns: pd.DataFrame
    period: tuple[dt.date, dt.date]
    measure: str
    neighbors: hotspots.Neighbors
    lang: str

    def counts(self) -> pd.DataFrame:
        """Count them per grid and week."""
        return hotspots.count(self.concerns, self.desk.grids, by=None, period=self.period)

    def name(self, grid_id: Any) -> str:
        """Name a grid."""
        return str(self.desk.grids["name"].get(grid_id, grid_id))

    def place(self, grid_id: Any) -> int:
        """Tell the place of a grid among the grids of the map."""
        return int(self.desk.grids.index.get_loc(grid_id))


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found.

    `headline` is the answer in one sentence, `words` says how chance was measured; `table`
    has all grids (or clusters), `rows` those that are worth a look.
    """

    layers: Sequence[MapLayer]
    table: pd.DataFrame
    rows: list[Row]
    headline: str
    words: str


def by_grid(question: Question) -> Answer:
    """Test each grid together with its neighbors."""
    desk, lang = question.desk, question.lang
    counts = hotspots.per_grid(question.counts())
    measure: Any = DENSITY if question.measure == DENSITY else RATE
    found = hotspots.find_hotspots(counts, desk.grids, question.neighbors, measure=measure)
    measured = counts if found.rates is None else found.rates
    drawn: list[MapLayer] = [_values(question, found)]
    words = Words(found.sentence_zh, found.sentence_en).of(lang)
    if found.tests is None:
        table = measured.sort_values("n", ascending=False, kind="stable")
        heard = table[table["n"] > 0].head(MOST_ROWS)
        rows = [_row(question, grid_id, row, "") for grid_id, row in heard.iterrows()]
        return Answer(drawn, table, rows, "", words)
    tests = found.tests.drop(columns=["n", "households", "expected"], errors="ignore")
    beside = [c for c in ("n", "households", "expected") if c in measured]
    drawn.append(layers.hotspot_layer(desk.grids, tests.join(measured[beside])))
    told = hotspots.explain_cells(found.tests, lang, _UNITS[measure])
    table = measured.join(tests[["z", "p", "q", "hot", "significant"]]).assign(words=told)
    table = table.sort_values(["q", "z"], ascending=[True, False], kind="stable")
    heard = table[(table["n"] > 0) | table["significant"]].head(MOST_ROWS)
    rows = [
        _row(question, grid_id, row, str(row["words"])) for grid_id, row in heard.iterrows()
    ]
    return Answer(drawn, table, rows, _stand_out(table, lang), words)


def _values(question: Question, found: hotspots.Findings) -> MapLayer:
    grids = question.desk.grids
    if found.rates is None:
        return layers.grid_choropleth(
            grids, found.values, title="诉求密度", title_en="density", unit="件/平方公里"
        )
    return rate_layer(grids, found.rates)


def _stand_out(table: pd.DataFrame, lang: str, alpha: float = 0.05) -> str:
    """Say how many grids stand out, and how many of them chance would be expected to give."""
    n, clear = len(table), int(table["significant"].sum())
    naive, chance = int((table["p"] <= alpha).sum()), alpha * n
    if clear == 0:
        return Words(
            f"没有网格突出。{n} 个网格若全凭偶然, 单看也会有约 {chance:.0f} 个显得异常; 这次有 {naive} 个。",
            f"No grid stands out. With {n} grids about {chance:.0f} would look so one by one, "
            f"by chance alone; {naive} did.",
        ).of(lang)
    false = alpha * clear
    few_zh = f"约 {false:.0f} 个" if false >= 1 else "不到 1 个"
    few_en = f"about {false:.0f}" if false >= 1 else "fewer than one"
    return Words(
        f"{clear} 个网格突出; 在 {n} 个网格里这样找, 其中平均{few_zh}只是偶然。",
        f"{clear} {'grid stands' if clear == 1 else 'grids stand'} out; looking among {n} grids, "
        f"{few_en} of them would be expected by chance.",
    ).of(lang)


def _row(question: Question, grid_id: Any, row: pd.Series, words: str) -> Row:
    figures = f"{row['n']} 件" if question.lang == "zh" else f"n = {row['n']}"
    if "rate" in row.index and pd.notna(row["rate"]):
        unit = "/百户" if question.lang == "zh" else "/100 hh"
        figures += f" · {row['rate']:.2f} ({row['low']:.2f}–{row['high']:.2f}) {unit}"
    return Row(question.name(grid_id), figures, words, (question.place(grid_id),))


def by_cluster(question: Question) -> Answer:
    """Scan circles and weeks of any size for what gathers."""
    desk, lang = question.desk, question.lang
    result = hotspots.scan(
        question.counts(), desk.grids, hotspots.Plan(), rng=np.random.default_rng(_SEED)
    )
    table = result.clusters
    clear = table[table["p"] <= 0.05]
    kinds = {"all": Words("诉求", "concerns").of(lang)}
    marked = clear.assign(status="found", category="all")
    rows = [_cluster(question, number, row) for number, row in clear.iterrows()]
    headline = Words(
        f"找到 {len(clear)} 处聚集。若全凭偶然, 这样找一遍, 二十次里至多一次会找到一处。"
        if len(clear)
        else "没有找到聚集: 最强的一处, 偶然也会有。",
        f"{len(clear)} clusters. By chance alone, one search in twenty would find any."
        if len(clear)
        else "No cluster: chance gives one as strong as the strongest.",
    ).of(lang)
    words = Words(
        "圆圈的大小和起止的周都不预设; 与把同样多的诉求随机放置时最强的一处相比 (时空扫描)。",
        "Circles and weeks of any size, against the strongest that chance makes.",
    ).of(lang)
    return Answer(
        [layers.cluster_layer(desk.grids, marked, kinds)], table, rows, headline, words
    )


def _cluster(question: Question, number: Any, row: pd.Series) -> Row:
    members = row["members"].split()
    center = row["center"] if pd.notna(row["center"]) else members[0]
    size = len(members)
    name = Words(
        f"{number} 号: {question.name(center)}" + (f" 等 {size} 个网格" if size > 1 else ""),
        f"{number}: {question.name(center)}" + (f" and {size - 1} more" if size > 1 else ""),
    ).of(question.lang)
    figures = Words(
        f"{row['observed']} 件, 预期 {row['expected']:.1f}",
        f"{row['observed']}, {row['expected']:.1f} expected",
    ).of(question.lang)
    span = f"{row['from']:%Y-%m-%d} – {row['to']:%Y-%m-%d}, p = {row['p']:.3f}"
    return Row(name, figures, span, tuple(question.place(i) for i in members))


def by_history(question: Question) -> Answer:
    """Tell what is new, lasts, fades or is past."""
    first, last = question.period
    if (last - first).days + 1 < 7 * FEWEST_WEEKS:
        raise DataError(
            zh=f"看经过至少要 {FEWEST_WEEKS} 周; 请把时段放长。",
            en=f"A history needs {FEWEST_WEEKS} weeks or more; take a longer period.",
        )
    desk, lang = question.desk, question.lang
    counts = question.counts()
    known = (counts["households"].fillna(0) > 0).all()
    cube = hotspots.weekly(counts, value="rate" if question.measure == RATE and known else "n")
    table = hotspots.emerging(cube, question.neighbors)
    table.index = desk.grids.index
    told = hotspots.explain_emerging(table, lang)
    codes = [c.code for c in hotspots.EMERGING_CLASSES]
    table = table.assign(words=told, order=table["kind"].astype("str").map(codes.index))
    table = table.sort_values(["order", "z"], ascending=[True, False], kind="stable")
    marked = table[table["kind"] != "none"]
    rows = [
        Row(question.name(i), f"z = {row['z']:.1f}", str(row["words"]), (question.place(i),))
        for i, row in marked.head(MOST_ROWS).iterrows()
    ]
    hot, cold = (
        int(marked["kind"].astype("str").str.endswith(k).sum()) for k in ("hot", "cold")
    )
    headline = Words(
        f"{len(table)} 个网格中 {hot} 个有热点的经过, {cold} 个有冷点的经过。",
        f"Of {len(table)} grids {hot} have a history of high, {cold} of low weeks.",
    ).of(lang)
    words = Words(
        "只说经过, 不作定论: 算不算热点, 看“逐格检验”。",
        "A history, not a verdict: whether it is a hotspot, the test of grids says.",
    ).of(lang)
    return Answer(
        [layers.emerging_layer(desk.grids, table)],
        table.drop(columns="order"),
        rows,
        headline,
        words,
    )


def by_silence(question: Question) -> Answer:
    """Estimate where less is said than there should be."""
    desk, lang = question.desk, question.lang
    placed = question.concerns[question.concerns["grid_id"].isin(desk.grids.index)]
    first, last = (pd.Timestamp(day) for day in question.period)
    placed = placed[(placed["heard_on"] >= first) & (placed["heard_on"] <= last)]
    ledger = placed.join(hotspots.same_cause(placed, desk.frame("step")))
    settled = ledger.drop_duplicates("cause_id").set_index("cause_id")["settled_on"].dropna()
    found = hotspots.silent(
        hotspots.repeats(ledger, settled), question.counts(), question.neighbors
    )
    found.index = desk.grids.index
    table = found.assign(words=hotspots.explain_silent(found, lang))
    table = table.sort_values("p_silent", ascending=False, kind="stable")
    shown = table[table["verdict"].isin(["likely", "possible"])].head(MOST_ROWS)
    rows = [
        Row(
            question.name(i),
            f"{row['n']} / {row['expected']:.1f}",
            str(row["words"]),
            (question.place(i),),
        )
        for i, row in shown.iterrows()
    ]
    likely = int((table["verdict"] == "likely").sum())
    headline = Words(
        f"{len(table)} 个网格中 {likely} 个多半少报, 宜上门核实。",
        f"Of {len(table)} grids {likely} probably report less than they should: worth a visit.",
    ).of(lang)
    words = Words(
        "同一件事常有几户先后反映; 很少重复的地方, 可能是没有说。这是上门的理由, 不是评价。",
        "Where one cause is seldom reported twice, some may not be told: a reason to knock.",
    ).of(lang)
    return Answer([layers.silent_layer(desk.grids, found)], table, rows, headline, words)


METHODS: dict[str, tuple[Words, Callable[[Question], Answer]]] = {
    "grid": (Words("逐格检验 (与邻格一起)", "each grid, with its neighbors"), by_grid),
    "cluster": (Words("时空聚集 (扫描)", "clusters in space and time"), by_cluster),
    "history": (Words("来去经过 (新兴热点)", "history (emerging)"), by_history),
    "silent": (Words("沉默网格", "silent grids"), by_silence),
}
"""What can be asked, in the order in which it is offered."""
