"""Clusters: what a scan found, one row each, and in words."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gridkit.hotspots.cells import Cells, Window
from gridkit.hotspots.plan import Plan

# beyond these a Gumbel tail is only a manner of speaking
_LEAST_P, _MOST_YEARS = 1e-6, 1000
_ZH_TIME = ("约", "至少", " {:.0f} 天", " {:.1f} 年", f"{_MOST_YEARS} 年以上")
_EN_TIME = ("", "at least ", "{:.0f} days", "{:.1f} years", f"over {_MOST_YEARS} years")

P_HOW = ("monte_carlo", "sequential", "gumbel")


class Found(NamedTuple):
    """A window with its counts and its p."""

    window: Window
    observed: int
    expected: float
    statistic: float
    p: float
    replicas: int


def cluster_frame(found: list[Found], cells: Cells, plan: Plan) -> pd.DataFrame:
    """Lay out clusters as a table, in the order found."""
    rows = [_row(one, cells, plan) for one in found]
    index = pd.RangeIndex(1, len(rows) + 1, name="cluster")
    table = pd.DataFrame(rows, index=index, columns=list(_DTYPES)).astype(_DTYPES)
    for lang in ("zh", "en"):
        table[lang] = explain_clusters(table, plan.alpha, lang)
    return table


_DTYPES: dict[str, Any] = {
    "members": "str",
    "places": "Int64",
    "center": "str",
    "radius_m": "float64",
    "from": "datetime64[s]",
    "to": "datetime64[s]",
    "side": pd.CategoricalDtype(["high", "low"]),
    "observed": "Int64",
    "expected": "float64",
    "relative_risk": "float64",
    "statistic": "float64",
    "p": "float64",
    "p_how": pd.CategoricalDtype(list(P_HOW)),
    "replicas": "Int64",
    "recurrence_days": "float64",
}


def _row(one: Found, cells: Cells, plan: Plan) -> dict[str, object]:
    window = one.window
    first = cells.steps[window.steps.start]
    last = cells.steps[window.steps.stop - 1] + pd.Timedelta(days=cells.step_days - 1)
    labels = cells.labels if cells.points is None else cells.labels[window.places]
    return {
        "members": " ".join(labels),
        "places": len(labels),
        "center": None if cells.points is None else cells.labels[window.center],
        "radius_m": cells.radius(window.center, window.places),
        "from": first,
        "to": last,
        "side": "high" if one.observed > one.expected else "low",
        "observed": one.observed,
        "expected": one.expected,
        "relative_risk": _relative_risk(one, cells),
        "statistic": one.statistic,
        "p": one.p,
        "p_how": plan.chance,
        "replicas": one.replicas,
        "recurrence_days": cells.step_days / one.p if plan.alive and one.p > 0 else np.nan,
    }


def _relative_risk(one: Found, cells: Cells) -> float:
    """Inside against outside; against the expectation where there is no outside to go by."""
    inside = one.observed / one.expected if one.expected > 0 else np.nan
    if cells.model in ("permutation", "expectation"):
        return inside
    rest, outside = cells.cases - one.observed, cells.cases - one.expected
    if outside <= 0:
        return np.nan
    return inside / (rest / outside) if rest > 0 else np.inf


def explain_clusters(
    clusters: pd.DataFrame, alpha: float = 0.05, lang: str = "zh"
) -> pd.Series:
    """Say each cluster in a sentence: where, when, how many, and whether it could be chance.

    Parameters
    ----------
    clusters : DataFrame
        `ScanResult.clusters`.
    alpha : float
        At most this p is no chance any more, in (0, 1).
    lang : str
        "zh" or "en".

    Returns
    -------
    Series of str, indexed like `clusters`

    Examples
    --------
    >>> clusters = pd.DataFrame({"places": [2], "center": ["a"], "radius_m": [500.0],
    ...     "from": pd.to_datetime(["2026-03-02"]), "to": pd.to_datetime(["2026-03-15"]),
    ...     "side": ["high"], "observed": [9], "expected": [3.0], "p": [0.004],
    ...     "p_how": ["monte_carlo"], "replicas": [999], "recurrence_days": [float("nan")]})
    >>> print(explain_clusters(clusters, lang="en")[0])
    2026-03-02 to 2026-03-15, 2 grids within 500 m of a: 9 cases, 3.0 expected; \
p = 0.004 (999 replicas), hardly chance.
    """
    words = _zh if lang == "zh" else _en
    lines = [words(row, alpha) for row in clusters.to_dict("records")]
    return pd.Series(lines, index=clusters.index, name="explanation", dtype="str")


def _zh(row: dict, alpha: float) -> str:
    where = f"以 {row['center']} 为中心 {_meters(row['radius_m'], '米', '公里')}内 {row['places']} 个网格"
    if row["places"] == 1:
        where = f"网格 {row['center']}"
    if pd.isna(row["radius_m"]):
        where = f"全部 {row['places']} 个网格"
    when = f"{row['from']:%Y-%m-%d} 至 {row['to']:%Y-%m-%d}, " if pd.notna(row["from"]) else ""
    how = {
        "monte_carlo": f"{row['replicas']} 次模拟",
        "sequential": f"序贯模拟 {row['replicas']} 次",
        "gumbel": f"{row['replicas']} 次模拟后按 Gumbel 分布推算",
    }[str(row["p_how"])]
    side = "偏高" if row["side"] == "high" else "偏低"
    verdict = f"{side}, 难以用偶然解释" if row["p"] <= alpha else "可能只是偶然"
    again = ""
    if pd.notna(row["recurrence_days"]):
        again = f"; 若全属偶然, 每期检验一次, {_often(row, _ZH_TIME)}才有一次"
    return (
        f"{when}{where}: {row['observed']} 件, 预期 {row['expected']:.1f} 件; "
        f"{verdict}, {_p(row['p'])} ({how}){again}。"
    )


def _en(row: dict, alpha: float) -> str:
    where = f"{row['places']} grids within {_meters(row['radius_m'], ' m', ' km')} of {row['center']}"
    if row["places"] == 1:
        where = f"grid {row['center']}"
    if pd.isna(row["radius_m"]):
        where = f"all {row['places']} grids"
    when = f"{row['from']:%Y-%m-%d} to {row['to']:%Y-%m-%d}, " if pd.notna(row["from"]) else ""
    how = {
        "monte_carlo": f"{row['replicas']} replicas",
        "sequential": f"sequential, {row['replicas']} replicas",
        "gumbel": f"Gumbel law from {row['replicas']} replicas",
    }[str(row["p_how"])]
    verdict = "hardly chance" if row["p"] <= alpha else "could be chance"
    again = ""
    if pd.notna(row["recurrence_days"]):
        again = f"; by chance once in {_often(row, _EN_TIME)}, if scanned at each step"
    return (
        f"{when}{where}: {row['observed']} cases, {row['expected']:.1f} expected; "
        f"{_p(row['p'])} ({how}), {verdict}{again}."
    )


def _meters(meters: float, short: str, long: str) -> str:
    return f"{meters:.0f}{short}" if meters < 1000 else f"{meters / 1000:.1f}{long}"


def _often(row: dict, words: tuple[str, str, str, str, str]) -> str:
    """Say the recurrence: about, at least (no replica did as well), or beyond all knowing."""
    about, least, short, long, endless = words
    days, years = row["recurrence_days"], row["recurrence_days"] / 365.25
    if years > _MOST_YEARS:
        return endless
    beaten = str(row["p_how"]) == "gumbel" or row["p"] * (row["replicas"] + 1) > 1.5
    return (about if beaten else least) + (
        short.format(days) if days < 730 else long.format(years)
    )


def _p(p: float) -> str:
    if p < _LEAST_P:
        return f"p < {_LEAST_P:f}"
    return f"p = {p:.3f}" if p >= 0.001 else f"p = {p:.1g}"
