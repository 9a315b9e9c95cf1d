"""One weekly run: prospective scans of all types together and one by one, and their alarms."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gridkit.hotspots.alarm_rule import SEASONAL_WEEKS, AlarmRule
from gridkit.hotspots.baseline import seasonal_expected
from gridkit.hotspots.plan import Plan
from gridkit.hotspots.scan import scan
from gridkit.hotspots.study import ALL, Study

LEAST_WEEKS = 8
"""With fewer weeks to compare there is no telling what is usual."""
# The seasonal expectation leans on this many weeks at the county's mean per household, so
# that a grid without a history (a new estate) has an expectation too.
_HOUSEHOLD_WEEKS = 8.0
_MOST_HISTORY = 260  # weeks, so five of each season
_STOP_AFTER = 10
# Replicas per scan, in units of the fewest with which an alarm is possible at all. With one
# unit a cluster would have to beat every replica, and the seed would decide.
_REPLICA_UNITS = 10
# below this many cases, threads wait for each other longer than they work
_FEW_CASES = 5_000


class Run(NamedTuple):
    """What one week's run found.

    `clusters` holds the alarms: as `ScanResult.clusters`, and `category`, `p_one` (of its
    own scan), `p` (after all scans of the week), `same_as` (number of the stronger cluster
    that tells the same story, else missing). `scans` has a row per scan: `category`,
    `model`, `cases`, `p_one` of the strongest, `replicas`.
    """

    week: pd.Timestamp
    weeks: int
    clusters: pd.DataFrame
    scans: pd.DataFrame


CLUSTER_TYPES: dict[str, Any] = {
    "category": "str",
    "members": "str",
    "places": "Int64",
    "center": "str",
    "radius_m": "float64",
    "from": "datetime64[s]",
    "to": "datetime64[s]",
    "side": "str",
    "observed": "Int64",
    "expected": "float64",
    "statistic": "float64",
    "p_one": "float64",
    "p": "float64",
    "replicas": "Int64",
    "same_as": "Int64",
}
SCAN_TYPES: dict[str, Any] = {
    "category": "str",
    "model": "str",
    "cases": "Int64",
    "p_one": "float64",
    "replicas": "Int64",
}


def run_week(study: Study, week: pd.Timestamp, rule: AlarmRule, seed: int) -> Run:
    """Scan the weeks up to one, all types together and one by one.

    Parameters
    ----------
    study : Study
        Holds the week.
    week : Timestamp
        Monday of the week that clusters must reach to.
    rule : AlarmRule
        What to look for.
    seed : int
        The same seed and counts give the same p, whatever other weeks were run.

    Returns
    -------
    Run
        Without scans if there are fewer than 8 weeks to compare.

    Notes
    -----
    k scans a week have k chances of a false alarm: each p is taken k times (Bonferroni),
    which holds however much the scans share, and is on the safe side as they share much.
    """
    span = study.span(week, rule.history_weeks)
    length = span.stop - span.start
    asked = _asked(study, span, rule) if length >= LEAST_WEEKS else []
    plan = Plan(
        kind="prospective",
        max_share=rule.max_share,
        max_radius_m=rule.radius_m,
        max_weeks=max(1, min(rule.weeks, length // 2)),
        min_cases=rule.min_cases,
        chance="sequential",
        stop_after=_STOP_AFTER,
        replicas=max(rule.replicas, math.ceil(_REPLICA_UNITS * len(asked) / rule.alpha)),
        most=5,
    )
    tables, scans = [], []
    for category in asked:
        rng = np.random.default_rng([seed, week.toordinal(), zlib.crc32(category.encode())])
        counts, model = _prepared(study, category, span, rule)
        places = study.places.loc[counts["grid_id"].unique()]
        with _threads(int(study.counts[category][:, span].sum())):
            found = scan(counts, places, _with_model(plan, model), rng=rng)
        table = _filled(found.clusters, study.places)
        table = table.assign(category=category, p_one=table["p"])
        tables.append(table.assign(p=(table["p_one"] * len(asked)).clip(upper=1.0)))
        best = float(table["p_one"].min()) if len(table) else np.nan
        scans.append((category, model, found.cases, best, len(found.maxima)))
    listed = pd.DataFrame(scans, columns=list(SCAN_TYPES)).astype(SCAN_TYPES)
    return Run(week, length, _alarms(tables, rule.alpha), listed)


@contextmanager
def _threads(cases: int) -> Iterator[None]:
    """Let a small scan run in one thread; what it finds does not depend on it."""
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1 if cases < _FEW_CASES else before)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _filled(clusters: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Add the grids inside a circle that had no case at all."""
    xy = places.to_numpy()
    middle = places.loc[clusters["center"]].to_numpy()
    apart = np.sqrt(((middle[:, None, :] - xy) ** 2).sum(axis=2))
    inside = apart <= clusters["radius_m"].to_numpy()[:, None] * (1 + 1e-9) + 1e-6
    return clusters.assign(
        members=[" ".join(places.index[row]) for row in inside], places=inside.sum(axis=1)
    )


def _asked(study: Study, span: slice, rule: AlarmRule) -> list[str]:
    """Choose categories by their cases in the whole study, which chance does not move."""
    cases = {name: int(n[:, span].sum()) for name, n in study.counts.items()}
    asked = [ALL] if rule.overall else []
    for kind in study.types:
        alone = rule.overall and cases[kind] == cases[ALL]  # the same scan twice over
        if cases[kind] >= rule.fewest and not alone:
            asked.append(kind)
    return asked


def _with_model(plan: Plan, model: str) -> Plan:
    choices = plan.to_dict() | {"model": "poisson" if model == "seasonal" else model}
    if choices["max_radius_m"] is None:
        del choices["max_radius_m"]
    return Plan(**choices)


def seasonal_ready(study: Study, span: slice) -> bool:
    """Tell whether households and two years before the study are known."""
    return span.start >= SEASONAL_WEEKS and bool((study.households > 0).all())


def _prepared(
    study: Study, category: str, span: slice, rule: AlarmRule
) -> tuple[pd.DataFrame, str]:
    """Lay out the counts, with an expectation if that is how they are to be judged."""
    past = slice(max(0, span.start - _MOST_HISTORY), span.start)
    ready = rule.model != "permutation" and seasonal_ready(study, span)
    if not ready or study.counts[category][:, past].sum() == 0:
        # Grids without a case stay so however weeks are shuffled: they only cost time.
        return study.table(category, span, empty=False), "permutation"
    counts = study.table(category, span)
    length = past.stop - past.start
    season = seasonal_expected(counts, study.table(category, past))["expected"]
    share = study.households / study.households.sum()
    mean = float(study.counts[category][:, past].sum()) / length
    flat = np.repeat(share.to_numpy() * mean, span.stop - span.start)
    expected = (season.to_numpy() * length + flat * _HOUSEHOLD_WEEKS) / (
        length + _HOUSEHOLD_WEEKS
    )
    return counts.assign(expected=expected), "seasonal"


def _alarms(tables: list[pd.DataFrame], alpha: float) -> pd.DataFrame:
    """Put the alarms of all scans into one table, the surest first."""
    some = [table[table["p"] <= alpha] for table in tables]
    some = [table for table in some if len(table)]
    columns = [name for name in CLUSTER_TYPES if name != "same_as"]
    found = pd.concat(some)[columns] if some else pd.DataFrame(columns=columns)
    found = found.sort_values(
        ["p", "statistic"], ascending=[True, False], kind="stable", ignore_index=True
    )
    found.index = pd.RangeIndex(1, len(found) + 1, name="cluster")
    return found.assign(same_as=_same_as(found)).astype(CLUSTER_TYPES)


def _same_as(found: pd.DataFrame) -> pd.Series:
    """Point to the stronger cluster that tells the same story: all types, and one of them."""
    members = [set(text.split()) for text in found["members"]]
    kinds = found["category"].tolist()
    same: list[int | None] = []
    for i in range(len(found)):
        equals = (
            j + 1
            for j in range(i)
            if same[j] is None
            and (kinds[i] == ALL) != (kinds[j] == ALL)
            and members[i] & members[j]
        )
        same.append(next(equals, None))
    return pd.Series(same, index=found.index, dtype="Int64")
