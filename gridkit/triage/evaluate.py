"""Whether warnings are right: the figures of a card on any ledger with outcomes.

`evaluate` runs the weeks of a ledger again, with what was known in each, lets the card and
its rivals choose the week's visits, and holds the choices against what became of the
matters. Everything has an interval; where there is little to go by, it says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile
from gridkit.profile.card import Scorecard
from gridkit.triage.evaluate_calibration import Promise, kept_word, largest_gap
from gridkit.triage.evaluate_churn import rank_churn
from gridkit.triage.evaluate_facts import HORIZON_DAYS, mark, weekly_facts, weeks_between
from gridkit.triage.evaluate_intervals import Interval, bootstrap
from gridkit.triage.evaluate_measures import MEASURES, harms, measures
from gridkit.triage.evaluate_queue import METHOD_NAMES, Order, methods, replay
from gridkit.triage.evaluate_subgroups import kinds_of_grids, subgroup_gaps

CAPACITY, LEAST_WEEKS = 15, 4
LEAST_PROMISE_WEEKS, LEAST_PROMISE_WORSE = 13, 30
"""Below these what bands promise is told to be worth little; rules of thumb."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What `evaluate` found.

    Attributes
    ----------
    capacity, horizon_days, weeks : int
        What was asked, and how many weeks could be judged.
    matters, causes : int
        Different matters looked at; causes that did harm and could have been warned of.
    too_late : int
        Causes that did harm in the judged weeks, of which nothing was open before.
    figures : dict of dict of Interval
        By method and measure (`evaluate_measures.MEASURES`).
    lift : dict of Interval
        The card's precision minus that of each rival, drawn together.
    promise : Promise
        What bands promised on the first half of the weeks, held on the second.
    churn, gaps : DataFrame
        As `rank_churn`; precision and recall of the card by kind of grid.
    picks : DataFrame
        Every visit of every method.
    """

    capacity: int
    horizon_days: int
    weeks: int
    matters: int
    causes: int
    too_late: int
    figures: Mapping[str, Mapping[str, Interval]]
    lift: Mapping[str, Interval]
    promise: Promise
    churn: pd.DataFrame
    gaps: pd.DataFrame
    picks: pd.DataFrame

    @property
    def largest_gap(self) -> float:
        """Give the largest gap between promise and fact of any band."""
        return largest_gap(self.promise.bands)

    def table(self, lang: str = "zh") -> pd.DataFrame:
        """Lay out methods (rows) and measures (columns) in words of a reader."""
        place = 0 if lang == "zh" else 1
        rows = {
            METHOD_NAMES.get(name, (name, name))[place]: {
                words[place]: of[measure].words(lang, 0 if "lead_" in measure else 2)
                for measure, words in MEASURES.items()
            }
            for name, of in self.figures.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")

    def warnings(self, lang: str = "zh") -> list[str]:
        """Say what the figures cannot bear."""
        zh, said = lang == "zh", []
        if self.causes < 30:
            said.append(
                f"只有 {self.causes} 个确有恶化的根源: 赶在前面的比例和提前天数仅供参考。"
                if zh
                else f"Only {self.causes} causes did harm: recall and lead are a hint at most."
            )
        if self.weeks < 26:
            said.append(
                f"只有 {self.weeks} 周可评, 不足半年: 看不出季节。"
                if zh
                else f"Only {self.weeks} weeks could be judged: no season can be seen."
            )
        if self.promise.weeks < LEAST_PROMISE_WEEKS or self.promise.worse < LEAST_PROMISE_WORSE:
            weeks, worse = self.promise.weeks, self.promise.worse
            said.append(
                f"等级的承诺只由 {weeks} 周、{worse} 件恶化的事项学得: 说过与实际之差不说明问题。"
                if zh
                else f"What bands promise was learned from {weeks} weeks and {worse} matters "
                "that got worse: the gaps mean little."
            )
        few = [str(kind) for kind in self.gaps.index[self.gaps["few"].to_numpy(bool)]]
        said += [
            f"“{name}”的网格样本少, 差距可能出于偶然。"
            if zh
            else f"Few cases in grids of kind {name}: a gap may be chance."
            for name in few
        ]
        return said


@dataclass(frozen=True, eq=False)
class Terms:
    """On what terms a card is judged.

    Attributes
    ----------
    known_until : date
        The last day on which harm would have been noticed.
    capacity : int
        Visits in a week.
    horizon_days : int
        How far ahead a warning is asked to see.
    card : Scorecard, optional
        That of the profile by default.
    kinds : Series of str, indexed by grid id, optional
        Kinds of grids to compare; `kinds_of_grids` by default.
    others : mapping of str to callable
        Further ways of choosing, as `evaluate_queue.methods` gives them.
    """

    known_until: dt.date
    capacity: int = CAPACITY
    horizon_days: int = HORIZON_DAYS
    card: Scorecard | None = None
    kinds: pd.Series | None = None
    others: Mapping[str, Order] = field(default_factory=dict)


def evaluate(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    outcomes: pd.DataFrame,
    profile: Profile,
    terms: Terms,
    *,
    rng: np.random.Generator,
) -> Evaluation:
    """Measure a card against its rivals on a ledger with outcomes.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames.
    outcomes : DataFrame, indexed by concern id
        `harm_on` and, where known, `cause`; see `evaluate_facts.mark`. Without outcomes of
        its own a county can take `evaluate_facts.came_back`.
    profile : Profile
    terms : Terms
        How much can be visited, how far ahead to see, until when outcomes are known.
    rng : Generator
        Source of chance, for the intervals.

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError
        If nothing can be judged: see `weekly_facts` and `mark`; fewer than four weeks; or
        outcomes of which none is of a concern of this ledger.

    Notes
    -----
    The unit of precision and calibration is a matter in a week; of recall and lead, a cause
    that did harm. A warning is right if the harm comes within `horizon_days` *after* the
    day. Weeks whose horizon reaches past `known_until` are left out, not counted as calm.

    Where a ledger was worked by this very card, its figures come out too low: what was
    visited in time did not get worse, and counts as a false alarm. Only weeks in which
    visits did not follow the card, or a drill, judge it fairly. Intervals draw whole grids;
    a cause that spans grids makes them a little too narrow.
    """
    _belongs(outcomes, concerns)
    card, horizon = terms.card or profile.scorecard, terms.horizon_days
    last = terms.known_until - dt.timedelta(days=horizon)
    days = _judged(concerns["heard_on"], last, terms)
    facts = weekly_facts(concerns, steps, days, profile)
    marked = mark(facts, outcomes, terms.known_until, horizon_days=horizon)
    weeks = marked["on"].nunique()
    picks = replay(marked, {**methods(card), **terms.others}, terms.capacity)
    kinds = kinds_of_grids(marked["grid_id"]) if terms.kinds is None else terms.kinds
    return Evaluation(
        capacity=terms.capacity,
        horizon_days=horizon,
        weeks=weeks,
        matters=marked["concern_id"].nunique(),
        causes=len(warnable := harms(marked)),
        too_late=_too_late(outcomes, marked, warnable.index),
        figures=measures(picks, marked, rng=rng),
        lift=_lift(picks, rng),
        promise=kept_word(marked, card, horizon_days=horizon, rng=rng),
        churn=rank_churn(marked, card, terms.capacity, rng=rng),
        gaps=subgroup_gaps(picks, marked, kinds, rng=rng),
        picks=picks,
    )


def _belongs(outcomes: pd.DataFrame, concerns: pd.DataFrame) -> None:
    """Refuse outcomes of another ledger: all would count as calm, and every figure be 0."""
    if len(outcomes) and not outcomes.index.isin(concerns.index).any():
        raise DataError(
            en=f"None of the {len(outcomes)} outcomes is of a concern of this ledger; give the "
            "outcomes, or the truth, that belong to it.",
            zh=f"{len(outcomes)} 条结果没有一条对应本台账的事项: 请给出属于本台账的结果表或真相文件。",
        )


def _judged(heard: pd.Series, last: dt.date, terms: Terms) -> list[dt.date]:
    """List the Mondays that have the whole horizon of known outcomes ahead."""
    days = weeks_between(heard.min().date(), last) if len(heard) else []
    if len(days) < LEAST_WEEKS:
        raise DataError(
            en=f"With outcomes known until {terms.known_until} and {terms.horizon_days} days "
            f"ahead, {len(days)} week(s) can be judged; {LEAST_WEEKS} is the least. Give a "
            "longer ledger, a later day, or a shorter horizon.",
            zh=f"结果知道到 {terms.known_until}, 预警期 {terms.horizon_days} 天, 只有 {len(days)} 周"
            f"可评, 至少要 {LEAST_WEEKS} 周。请给更长的台账、更晚的日子, 或缩短预警期。",
        )
    return days


def _too_late(outcomes: pd.DataFrame, marked: pd.DataFrame, warnable: pd.Index) -> int:
    """Count causes that did harm in the judged weeks with nothing of them open before."""
    harm = outcomes["harm_on"]
    inside = harm[(harm > marked["on"].min()) & (harm <= marked["on"].max())]
    ids = pd.Series(inside.index, index=inside.index)
    cause = outcomes["cause"].fillna(ids) if "cause" in outcomes else ids
    return len(set(cause.loc[inside.index]) - set(warnable))


def _lift(picks: pd.DataFrame, rng: np.random.Generator) -> dict[str, Interval]:
    grid, method = picks["grid_id"].astype("str"), picks["method"]
    found = {}
    for rival in [m for m in method.unique() if m != "card"]:
        both = method.isin(["card", rival])
        own, hit = (method[both] == "card").to_numpy(), picks["true"][both].to_numpy()
        values = np.column_stack([own & hit, own, ~own & hit, ~own]).astype(float)
        found[str(rival)] = bootstrap(values, _difference, grid[both], rng=rng)
    return found


def _difference(values: np.ndarray) -> float:
    a_hit, a, b_hit, b = (float(total) for total in values.sum(axis=0))
    return a_hit / a - b_hit / b if a and b else float("nan")
