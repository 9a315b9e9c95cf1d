"""The drill: week by week you see what was told, choose visits and actions, and the town answers.

A drill is its scenario, its seed and its list of visits: saved as a small JSON file, it can
be paused, gone on with, and played again step by step. Two drills on one seed are compared
as decisions (which matter, which action, what came of it); nobody gets a score.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.errors import DataError, StoreError, why_os
from gridkit.records.spared import need_other
from gridkit.training.knobs import Knobs
from gridkit.training.play import Finding, Play, Visit
from gridkit.training.roots import ACTIONS, ROOTS
from gridkit.training.scenario import Scenario, load_scenario
from gridkit.training.ways import WAYS, choose, order_of, play_way
from gridkit.triage.evaluate_facts import weekly_facts
from gridkit.triage.explain import explain
from gridkit.triage.scorecard import score

HINTS = 3


class Drill:
    """One game.

    Parameters
    ----------
    scenario : Scenario or str
        Or its id, its Chinese name, or a file.
    seed : int, optional
        That of the scenario by default. The same seed is the same county for all.

    Attributes
    ----------
    week : int
        The week to be decided, from 0; `len(days)` when it is over.
    play : Play
        What was done so far.
    hinted : list of int
        The weeks in which a hint was asked for.

    Examples
    --------
    >>> drill = Drill("level_1")
    >>> drill.week, drill.over, drill.capacity
    (0, False, 20)
    """

    def __init__(self, scenario: Scenario | str, *, seed: int | None = None) -> None:
        self.scenario = load_scenario(scenario) if isinstance(scenario, str) else scenario
        self.seed = self.scenario.seed if seed is None else seed
        self.history = self.scenario.history(self.seed)
        self.days = self.scenario.days
        self.play = Play(self.history)
        self.week = 0
        self.hinted: list[int] = []

    @property
    def capacity(self) -> int:
        """Give the visits that can be made in a week."""
        return self.history.knobs.capacity

    @property
    def over(self) -> bool:
        """Tell whether all weeks are decided."""
        return self.week >= len(self.days)

    @property
    def on(self) -> dt.date:
        """Give the Monday of the week to be decided; the last one when it is over."""
        return self.days[min(self.week, len(self.days) - 1)]

    def seen(self) -> pd.DataFrame:
        """Give the matters that are open this week, as they were told, newest first.

        Returns
        -------
        DataFrame, indexed by concern id
            The facts of `triage.weekly_facts`, with `summary`. Not scored: see `advice`.
        """
        concerns, steps = self.play.seen(self.on)
        facts = weekly_facts(concerns, steps, [self.on], self.history.profile)
        facts = facts.set_index("concern_id")
        told = facts.join(concerns["summary"])
        return told.sort_values("heard_on", ascending=False, kind="stable")

    def advice(self) -> pd.DataFrame:
        """Give the card's advice on this week's matters, in the order of the card.

        Returns
        -------
        DataFrame, indexed by concern id
            `score`, `band`, `sentence_zh`, `sentence_en`.
        """
        card = self.history.profile.scorecard
        concerns, steps = self.play.seen(self.on)
        facts = weekly_facts(concerns, steps, [self.on], self.history.profile)
        order = order_of("card", self.history, concerns, self.on, card)
        keys = order(facts)
        scores = score(facts, card)
        table = scores[["score", "band"]].assign(
            sentence_zh=explain(facts, scores, card),
            sentence_en=explain(facts, scores, card, "en"),
        )
        ranked = table.loc[keys.sort_values(list(keys.columns), kind="stable").index]
        return ranked.set_axis(pd.Index(facts["concern_id"].loc[ranked.index]), axis=0)

    def hint(self) -> list[str]:
        """Give the card's first three matters of the week, and remember that it was asked.

        Returns
        -------
        list of str
            Concern ids.

        Raises
        ------
        DataError
            If the drill is over.
        """
        self._going()
        concerns, steps = self.play.seen(self.on)
        facts = weekly_facts(concerns, steps, [self.on], self.history.profile)
        card = self.history.profile.scorecard
        order = order_of("card", self.history, concerns, self.on, card)
        if self.week not in self.hinted:
            self.hinted.append(self.week)
        return choose(facts, order, HINTS, ())

    def decide(self, choices: Mapping[str, str]) -> list[Finding]:
        """Make the week's visits, and go on to the next week.

        Parameters
        ----------
        choices : mapping of str to str
            Action (`ACTIONS`) by concern id; fewer than the capacity is a choice, too.

        Returns
        -------
        list of Finding

        Raises
        ------
        DataError
            If the drill is over, there are more visits than can be made, or a matter is
            not open this week; nothing was done then.
        """
        self._going()
        if len(choices) > self.capacity:
            raise DataError(
                en=f"{len(choices)} visits, but only {self.capacity} can be made in a week.",
                zh=f"选了 {len(choices)} 件, 每周只走得了 {self.capacity} 件。",
            )
        open_ = set(self.seen().index.astype("str"))
        odd = [c for c in choices if c not in open_] + [
            a for a in choices.values() if a not in ACTIONS
        ]
        if odd:
            raise DataError(
                en=f"{len(odd)} choice(s) are no open matter or no known action.",
                zh=f"有 {len(odd)} 处选择不是本周待办的事项, 或不是可用的做法。",
            )
        on = self.on
        findings = [self.play.visit(Visit(on, c, action)) for c, action in choices.items()]
        self.week += 1
        return findings

    def decisions(self) -> pd.DataFrame:
        """List what was decided: `week`, `on`, `concern_id`, `action`, `found`, `needed`."""
        rows = [
            (self.days.index(f.visit.on) + 1, *f.visit, f.found, f.needed)
            for f in self.play.findings
        ]
        columns = ["week", "on", "concern_id", "action", "found", "needed"]
        return pd.DataFrame(rows, columns=columns)

    def save(self, path: str | Path) -> None:
        """Write the game to a file, to go on with later or to play again.

        Raises
        ------
        StoreError
            If the file cannot be written.
        """
        content = {
            "scenario": self.scenario.id,
            "content": self.scenario.as_values(),
            "seed": self.seed,
            "week": self.week,
            "hinted": self.hinted,
            "visits": [
                [f.visit.on.isoformat(), f.visit.concern_id, f.visit.action]
                for f in self.play.findings
            ],
        }
        need_other(path)
        try:
            text = json.dumps(content, indent=1, ensure_ascii=False)
            Path(path).write_text(text, encoding="utf-8")
        except OSError as fault:
            raise StoreError(
                en=f"{Path(path).name} was not written: {fault.strerror}.",
                zh=f"{Path(path).name} 未能写入 ({why_os(fault)})。",
            ) from fault

    def _going(self) -> None:
        if self.over:
            raise DataError(
                en="The drill is over; look at the debrief.", zh="演练已结束, 请看复盘。"
            )


def resume(path: str | Path, *, until_week: int | None = None) -> Drill:
    """Go on with a saved game, or play it again up to a week.

    Parameters
    ----------
    path : str or Path
        What `Drill.save` wrote.
    until_week : int, optional
        How many weeks to play again; all by default.

    Returns
    -------
    Drill

    Raises
    ------
    DataError
        If it is no saved drill.
    """
    try:
        content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        played = Scenario.of(str(content["scenario"]), content["content"])
        drill = Drill(played, seed=int(content["seed"]))
        visits = [Visit(dt.date.fromisoformat(d), c, a) for d, c, a in content["visits"]]
        week, hinted = int(content["week"]), [int(n) for n in content["hinted"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise DataError(
            en=f"{Path(path).name} is no saved drill.",
            zh=f"{Path(path).name} 不是保存下来的演练。",
        ) from fault
    drill.week = min(week, until_week if until_week is not None else week)
    drill.hinted = [n for n in hinted if n < drill.week]
    days = set(drill.days[: drill.week])
    drill.play = Play(drill.history, [v for v in visits if v.on in days])
    return drill


def played_by(scenario: Scenario | str, way: str, *, seed: int | None = None) -> Drill:
    """Let a way of choosing play a whole game: an example to compare with, and a check.

    Parameters
    ----------
    scenario : Scenario or str
        As `Drill` takes it.
    way : str
        One of `ways.WAYS`.
    seed : int, optional

    Returns
    -------
    Drill
        It is over.

    Raises
    ------
    DataError
        If there is no such way.
    """
    if way not in WAYS:
        raise DataError(
            en=f"`way` must be one of {', '.join(WAYS)}.",
            zh=f"`way` 须为 {', '.join(WAYS)} 之一。",
        )
    drill = Drill(scenario, seed=seed)
    drill.play = play_way(drill.history, way, drill.days, drill.history.profile.scorecard)
    drill.week = len(drill.days)
    return drill


def compare(one: Drill, two: Drill) -> pd.DataFrame:
    """Set two games on one seed side by side, decision by decision.

    Parameters
    ----------
    one, two : Drill

    Returns
    -------
    DataFrame
        `week`, `grid_id`, `demand_type`, `demand_detail` (what one visit sees to), and for
        each game `concern_id_…`, `action_…` and `found_…` (missing where that game did not
        go there). No sums, no order of players: decisions are discussed, persons are not
        ranked.

    Raises
    ------
    DataError
        If the games are of different scenarios or seeds, or of two scenarios of one name
        that differ in their weeks, last day or knobs.
    """
    if (one.scenario.id, one.seed) != (two.scenario.id, two.seed):
        raise DataError(
            en="The two games must be of one scenario and one seed.",
            zh="两局须是同一剧本、同一种子。",
        )
    if _county_of(one.scenario) != _county_of(two.scenario):
        raise DataError(
            en="The two scenarios have one name but differ in weeks, last day or knobs, so "
            "the counties differ too; compare games that were played with the same file.",
            zh="两个剧本同名, 但周数、最后一天或旋钮不同, 县情也就不同; 请对照用同一个剧本文件玩的两局。",
        )
    its = one.history.concerns[["grid_id", "demand_type", "demand_detail"]].astype("str")
    keys = ["week", "grid_id", "demand_type", "demand_detail"]
    games = [
        game.decisions()
        .join(its, on="concern_id")[[*keys, "concern_id", "action", "found"]]
        .drop_duplicates(keys)
        for game in (one, two)
    ]
    both = games[0].merge(games[1], on=keys, how="outer", suffixes=("_one", "_two"))
    return both.sort_values(keys, ignore_index=True)


def _county_of(scenario: Scenario) -> tuple[int, dt.date, Knobs]:
    """Give what of a scenario, with its seed, makes the county; its words may be mended."""
    return scenario.weeks, scenario.last_day, scenario.knobs


def root_name(code: str, lang: str = "zh") -> str:
    """Name a kind of root; `single` is a matter of one household."""
    named = {root.code: (root.zh, root.en) for root in ROOTS}
    return named.get(code, ("单户事项", "a single matter"))[0 if lang == "zh" else 1]
