"""What else could explain a cluster: people, season; said in words, with the figures."""

from __future__ import annotations

import pandas as pd

from gridkit.hotspots.heaps import inside
from gridkit.hotspots.relations import require

YEAR = pd.Timedelta(days=364)
"""So many days before, weeks begin on a Monday too."""
LIKE_LAST_YEAR = 0.6
"""From this share of this year's cases on, last year's same weeks point to the season."""


def other_reasons(
    concerns: pd.DataFrame, clusters: pd.DataFrame, grids: pd.DataFrame
) -> pd.DataFrame:
    """Hold each cluster against its season a year ago and against its households.

    Parameters
    ----------
    concerns : DataFrame
        The whole ledger, for the year before counts too: `grid_id`, `heard_on`,
        `demand_type`.
    clusters : DataFrame
        `members`, `from`, `to`, `category`, as in `WeeklyWarning.clusters`.
    grids : DataFrame, indexed by `grid_id`
        `households`, missing where unknown.

    Returns
    -------
    DataFrame, indexed like `clusters`
        `year_ago`: concerns of that category in the same grids, the same weeks a year (364
        days) before; missing if the ledger does not reach back. `per_100`, `per_100_all`:
        concerns per 100 households in the cluster, and in all grids in those weeks; missing
        where households are unknown. `zh`, `en`: whether season or people could explain it.

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    Two more reasons, one round of visits and one building reporting often, are named by
    `heaps`. A household count that is out of date (a new estate) hides in `per_100`.

    Examples
    --------
    >>> concerns = pd.DataFrame({"grid_id": ["a"] * 6 + ["b"] * 6, "demand_type": "water",
    ...     "heard_on": pd.to_datetime(["2025-03-03"] * 5 + ["2026-03-02"] + ["2025-01-01"] * 6)})
    >>> clusters = pd.DataFrame({"members": ["a"], "from": [pd.Timestamp("2026-03-02")],
    ...     "to": [pd.Timestamp("2026-03-08")], "category": ["water"]}, index=[1])
    >>> grids = pd.DataFrame({"households": [50, 50]}, index=["a", "b"])
    >>> print(other_reasons(concerns, clusters, grids).loc[1, "zh"])
    季节: 去年同期这里有 5 件, 可能是季节性的。人口: 每百户 2.0 件, 全部网格 1.0 件, 不只是人多。
    """
    require(["grid_id", "heard_on", "demand_type"], concerns.columns, "concerns")
    require(["members", "from", "to", "category"], clusters.columns, "clusters")
    require(["households"], grids.columns, "grids")
    rows = [_measured(concerns, row, grids["households"]) for _, row in clusters.iterrows()]
    numbers = ["n", "year_ago", "per_100", "per_100_all"]
    table = pd.DataFrame(rows, index=clusters.index, columns=numbers).astype("Float64")
    for lang in ("zh", "en"):
        said = [
            _season(row, lang) + _people(row, lang) for row in table[numbers].to_dict("records")
        ]
        table[lang] = pd.Series(said, index=table.index, dtype="str")
    return table.drop(columns="n").astype({"year_ago": "Int64"})


def _measured(
    concerns: pd.DataFrame, cluster: pd.Series, households: pd.Series
) -> tuple[float | None, ...]:
    members = cluster["members"].split()
    n = len(inside(concerns, cluster))
    before = cluster.copy()
    before["from"], before["to"] = cluster["from"] - YEAR, cluster["to"] - YEAR
    reaches = bool((pd.to_datetime(concerns["heard_on"]) <= before["from"]).any())
    year_ago = len(inside(concerns, before)) if reaches else None
    every = cluster.copy()
    every["members"] = " ".join(households.index.astype("str"))
    homes = households.astype("Float64").set_axis(households.index.astype("str"))
    of_members = homes.reindex(members)
    if of_members.isna().any() or not of_members.sum() > 0 or homes.isna().any():
        return n, year_ago, None, None
    everywhere = 100 * len(inside(concerns, every)) / float(homes.sum())
    return n, year_ago, 100 * n / float(of_members.sum()), everywhere


def _season(row: dict, lang: str) -> str:
    if pd.isna(row["year_ago"]):
        return (
            "季节: 台账不满一年, 说不准是否季节性。"
            if lang == "zh"
            else "Season: the ledger is too young to tell. "
        )
    ago = int(row["year_ago"])
    seasonal = ago > 0 and ago >= LIKE_LAST_YEAR * row["n"]
    if lang == "zh":
        verdict = "可能是季节性的" if seasonal else "不像只是季节"
        return f"季节: 去年同期这里有 {ago} 件, {verdict}。"
    verdict = "it may be the season" if seasonal else "hardly the season alone"
    return f"Season: {ago} here in the same weeks last year, {verdict}. "


def _people(row: dict, lang: str) -> str:
    if pd.isna(row["per_100"]):
        return (
            "人口: 户数不全, 说不准是否只因人多。"
            if lang == "zh"
            else "People: households are not all known; it may be that more live here."
        )
    here, all_ = row["per_100"], row["per_100_all"]
    if lang == "zh":
        verdict = "不只是人多" if here > all_ else "并不高于全部网格, 只是比这里平时多"
        return f"人口: 每百户 {_figure(here)} 件, 全部网格 {_figure(all_)} 件, {verdict}。"
    verdict = "so not only more people" if here > all_ else "so only more than is usual here"
    return (
        f"People: {_figure(here)} per 100 households, {_figure(all_)} in all grids, {verdict}."
    )


def _figure(rate: float) -> str:
    return f"{rate:.1f}" if rate >= 0.1 else f"{rate:.2g}"
