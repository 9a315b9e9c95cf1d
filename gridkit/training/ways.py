"""Ways of choosing the week's visits, and what each would have done with the same capacity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import numpy as np
import pandas as pd

from gridkit.profile.card import Scorecard
from gridkit.training.history import History
from gridkit.training.play import Play, Visit
from gridkit.training.roots import USUAL_ACTION
from gridkit.triage.evaluate_facts import weekly_facts
from gridkit.triage.evaluate_queue import METHOD_NAMES, REST_DAYS, Order, methods

WAYS = ("card", "first_come", "oldest_first", "severity_only", "gi_star", "scan")
_BACK_WEEKS = 8


def way_names(lang: str = "zh") -> dict[str, str]:
    """Give the names of the ways of choosing."""
    return {way: METHOD_NAMES[way][0 if lang == "zh" else 1] for way in WAYS}


def order_of(
    way: str, history: History, concerns: pd.DataFrame, on: dt.date, card: Scorecard
) -> Order:
    """Give a way's order of the open matters on a day.

    Parameters
    ----------
    way : str
        One of `WAYS`.
    history : History
        Its land, for the ways that look at the map.
    concerns : DataFrame
        Heard by that day.
    on : date
    card : Scorecard

    Returns
    -------
    callable
        As `triage.evaluate_queue.methods` holds.
    """
    known = methods(card)
    if way in known:
        return known[way]
    heat = _gi_star(history, concerns, on) if way == "gi_star" else _scan(history, concerns, on)

    def order(facts: pd.DataFrame) -> pd.DataFrame:
        hot = facts["grid_id"].astype("str").map(heat).fillna(-np.inf)
        day = facts["heard_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
        return pd.DataFrame({"cold": -hot, "heard_on": day}, index=facts.index)

    return order


def choose(
    facts: pd.DataFrame, order: Order, capacity: int, resting: Collection[str]
) -> list[str]:
    """Choose the first matters of a day, one for each heap of a kind in a grid.

    Parameters
    ----------
    facts : DataFrame
        As `weekly_facts` gives it, of one day.
    order : callable
    capacity : int
        Visits at most.
    resting : collection of str
        Heaps (`heap_of`) that are not visited again yet.

    Returns
    -------
    list of str
        Concern ids, the most urgent first.
    """
    keys = order(facts).assign(id=facts["concern_id"].astype("str"))
    ranked = facts.loc[keys.sort_values(list(keys.columns)).index]
    heap = heap_of(ranked)
    free = ranked[~heap.isin(list(resting)) & ~heap.duplicated()]
    return free["concern_id"].astype("str").head(capacity).tolist()


def heap_of(facts: pd.DataFrame) -> pd.Series:
    """Give what one visit sees to: the grid and the kind of matter, as one text."""
    kind = facts["demand_detail"].astype("str").fillna(facts["demand_type"].astype("str"))
    heap: pd.Series = facts["grid_id"].astype("str") + " " + kind
    return heap


def play_way(history: History, way: str, days: list[dt.date], card: Scorecard) -> Play:
    """Let a way choose all weeks of a game, with the action that each matter suggests.

    Parameters
    ----------
    history : History
    way : str
        One of `WAYS`.
    days : list of date
        The days of choosing.
    card : Scorecard

    Returns
    -------
    Play
        Where a visit learned which action is needed, the next one to that matter's heap
        takes it.
    """
    play, rested, needed = Play(history), dict[str, dt.date](), dict[str, str]()
    for on in days:
        concerns, steps = play.seen(on)
        facts = weekly_facts(concerns, steps, [on], history.profile)
        resting = [h for h, day in rested.items() if (on - day).days < REST_DAYS]
        order = order_of(way, history, concerns, on, card)
        heaps = heap_of(facts).set_axis(facts["concern_id"].astype("str"))
        types = facts["demand_type"].astype("str").set_axis(heaps.index)
        for concern in choose(facts, order, history.knobs.capacity, resting):
            heap = heaps[concern]
            action = needed.pop(heap, USUAL_ACTION.get(types[concern], "explain"))
            finding = play.visit(Visit(on, concern, action))
            if finding.found in {"unfit", "eased"}:
                needed[heap] = finding.needed or action
            else:
                rested[heap] = on
    return play


# The hotspot methods are imported where they are used: a trainee's kernel, which plays but
# does not look back, stays 60 MB lighter without their compiler and their database.


def _recent(history: History, concerns: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    from gridkit.hotspots import count, mappable

    period = (on - dt.timedelta(weeks=_BACK_WEEKS), on - dt.timedelta(days=1))
    kept = mappable(concerns, history.profile)
    return count(kept, history.land.grids, by=None, period=period)


def _gi_star(history: History, concerns: pd.DataFrame, on: dt.date) -> dict[str, float]:
    """Give each grid its Gi* over the shrunken rates of eight weeks."""
    from gridkit.hotspots import gi_star, rates, touching

    table = rates(_recent(history, concerns, on))["rate_eb"]
    grids = history.land.grids
    values = table.reindex(grids.index.astype("str")).set_axis(grids.index).fillna(0.0)
    if values.nunique() < 2:
        return {}
    z = gi_star(values, touching(grids))
    return dict(zip(z.index.astype("str"), z.to_numpy(dtype=float), strict=True))


def _scan(history: History, concerns: pd.DataFrame, on: dt.date) -> dict[str, float]:
    """Give grids in a cluster its likelihood ratio; its p is not asked for, so few replicas."""
    from gridkit.hotspots import Plan, scan

    plan = Plan(kind="prospective", model="poisson", max_share=0.1, max_weeks=4, replicas=19)
    rng = np.random.default_rng([history.seed, on.toordinal()])
    found = scan(_recent(history, concerns, on), history.land.grids, plan, rng=rng).clusters
    heat: dict[str, float] = {}
    for members, strength in zip(found["members"], found["statistic"], strict=True):
        for grid in str(members).split():
            heat.setdefault(grid, float(strength))
    return heat
