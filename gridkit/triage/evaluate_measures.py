"""Precision, recall, lead time, alarms per true one: what the visits of each way achieved.

The unit of precision is one visit: one matter in one week. It is right if the harm of the
matter's cause comes *after* that day and within the horizon; a visit to what has already
got worse is no warning, and is counted apart (`in_trouble`). The unit of recall and lead
is one cause that did harm. Only right visits count for them, so that no lead is longer
than the horizon and no early chance visit passes for foresight.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from gridkit.triage.evaluate_intervals import Interval, bootstrap, share

MEASURES = {
    "precision": (
        "走对的比例",
        "precision at capacity",
        "走访的事项中, 之后在预警期内恶化的比例; 走访时已经恶化的不算",
    ),
    "in_trouble": (
        "没有白走的比例",
        "share in trouble",
        "走访的事项中, 预警期内将要恶化或刚恶化不久的比例",
    ),
    "recall": ("赶在前面的比例", "recall at capacity", "恶化的根源中, 恶化之前走访到的比例"),
    "lead_days": (
        "提前天数 (中位)",
        "median lead, days",
        "头一次走对到恶化的天数; 没赶上的按 0 天计入",
    ),
    "lead_warned": (
        "赶上者的提前天数 (中位)",
        "median lead where warned, days",
        "只看赶在前面的",
    ),
    "week_ahead": ("提前七天以上的比例", "share warned 7 days ahead", "恶化的根源中"),
    "alarms_per_true": (
        "每找到一个根源走访几次",
        "visits per cause found",
        "走访总数 ÷ 找到的根源数",
    ),
}
"""Each measure of `measures`: name in Chinese and English, and how it is counted."""


def harms(marked: pd.DataFrame) -> pd.DataFrame:
    """List the harms that could have been warned of: one row per cause.

    Parameters
    ----------
    marked : DataFrame
        As `evaluate_facts.mark` gives it.

    Returns
    -------
    DataFrame, indexed by cause
        `harm_on`, `grid_id` (where it was first heard). Only causes of which something
        was open on a day of choosing before the harm came, within the horizon. What was
        never told, or told too late, is not among them: nobody who reads the ledger
        could have warned of it.
    """
    ahead = marked[marked["true"]]
    return (
        ahead.sort_values("on", kind="stable").groupby("cause")[["harm_on", "grid_id"]].first()
    )


def leads(picks: pd.DataFrame, harms_: pd.DataFrame) -> pd.DataFrame:
    """Give for each harm and method how many days before it the first right visit came.

    Parameters
    ----------
    picks : DataFrame
        As `replay` gives it.
    harms_ : DataFrame
        As `harms` gives it.

    Returns
    -------
    DataFrame
        `method`, `cause`, `grid_id`, `lead_days` (0 where nobody came within the horizon
        before the harm).
    """
    right = picks[picks["true"]]
    parts = []
    for method in picks["method"].unique():
        its = right[right["method"] == method]
        on = its.groupby("cause")["on"].min().reindex(harms_.index)
        lead = (harms_["harm_on"] - on).dt.days.astype("float64").clip(lower=0).fillna(0.0)
        parts.append(
            pd.DataFrame(
                {
                    "method": method,
                    "cause": harms_.index,
                    "grid_id": harms_["grid_id"].to_numpy(),
                    "lead_days": lead.to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def precision_at_k(relevant: np.ndarray | pd.Series, k: int) -> float:
    """Give the share of true ones among the first k.

    Parameters
    ----------
    relevant : array_like of bool, length n
        In the order of the ranking, the first most urgent.
    k : int
        1 or more; where the list is shorter, the share of what there is (trec_eval counts
        what is missing as not relevant: a week with fewer matters than hands is no fault).

    Returns
    -------
    float
        0 to 1; NaN for an empty list.

    References
    ----------
    Manning, C. D., Raghavan, P. & Schütze, H. (2008). Introduction to Information
    Retrieval, section 8.4.

    Examples
    --------
    >>> precision_at_k([True, False, True, True], 2)
    0.5
    """
    top = np.asarray(relevant, dtype=bool)[:k]
    return float(top.mean()) if len(top) else float("nan")


def recall_at_k(relevant: np.ndarray | pd.Series, k: int, total: int) -> float:
    """Give the share of all true ones that are among the first k.

    Parameters
    ----------
    relevant : array_like of bool, length n
        In the order of the ranking.
    k : int
        How many are looked at.
    total : int
        How many true ones there are, in the list or not.

    Returns
    -------
    float
        0 to 1; NaN where there is none.

    Examples
    --------
    >>> recall_at_k([True, False, True, True], 2, total=4)
    0.25
    """
    return float(np.asarray(relevant, dtype=bool)[:k].sum() / total) if total else float("nan")


def measures(
    picks: pd.DataFrame, marked: pd.DataFrame, *, rng: np.random.Generator, replicas: int = 999
) -> dict[str, dict[str, Interval]]:
    """Give each method's figures with intervals, drawing whole grids.

    Parameters
    ----------
    picks, marked : DataFrame
        As `replay` and `mark` give them.
    rng : Generator
        Source of chance.
    replicas : int
        Draws of the bootstrap.

    Returns
    -------
    dict
        By method, then by the names of `MEASURES`.
    """
    events = leads(picks, harms(marked))
    found: dict[str, dict[str, Interval]] = {}
    for method, its in picks.groupby("method", sort=False):
        warned = events[events["method"] == method]
        hits = its[["true", "harmed", "first"]].to_numpy(dtype=float)
        lead = warned["lead_days"].to_numpy()
        grid, where = its["grid_id"].astype("str"), warned["grid_id"].astype("str")

        shares = {
            "precision": (hits[:, 0], grid),
            "in_trouble": (hits[:, 0] + hits[:, 1], grid),
            "recall": (lead > 0, where),
            "week_ahead": (lead >= 7, where),
        }
        others: dict[str, tuple[np.ndarray, Callable[[np.ndarray], float], pd.Series]] = {
            "lead_days": (lead, np.median, where),
            "lead_warned": (lead[lead > 0], np.median, where[lead > 0]),
            "alarms_per_true": (hits[:, 2], _per_true, grid),
        }
        its_own = {name: share(*of, rng=rng, replicas=replicas) for name, of in shares.items()}
        its_own |= {
            name: bootstrap(*of, rng=rng, replicas=replicas) for name, of in others.items()
        }
        found[str(method)] = {name: its_own[name] for name in MEASURES}
    return found


def _per_true(found: np.ndarray) -> float:
    return float(len(found) / found.sum()) if found.sum() else float("nan")
