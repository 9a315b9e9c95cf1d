"""Heaps: concerns of a cluster that share one coordinate or one day, said before it is believed.

A coordinate that stands for "somewhere here" and a building that reports thirty times look
like a gathering of thirty. They may be one: the words say so, and the count that is left.
"""

from __future__ import annotations

import pandas as pd

from gridkit.hotspots.relations import require
from gridkit.hotspots.study import ALL

MANY = 5
"""From this many on, concerns at one coordinate are named whatever their share."""
FEW = 3
"""From this many on, they are named if they make up half of the cluster."""


def heaps(concerns: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Say how much of each cluster lies on one point, on no point at all, or on one day.

    Parameters
    ----------
    concerns : DataFrame
        `grid_id`, `heard_on`, `demand_type`, and `lon`, `lat`, `place_source` if known.
    clusters : DataFrame
        `members` (grid ids joined by blanks), `from`, `to`, `category` (a demand type, or
        "all"); `expected` if known.

    Returns
    -------
    DataFrame, indexed like `clusters`
        `n`: concerns in it. `same_point`: most of them at exactly one coordinate, those
        placed on the middle of their grid aside. `at_centroid`: placed there because nobody
        knew better. `no_point`: without coordinates. `same_day`: most of them on one day.
        `once`: how many are left if every coordinate counts once. `zh`, `en`: what is to be
        borne in mind, empty if nothing.

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> day = pd.Timestamp
    >>> concerns = pd.DataFrame({"grid_id": "a", "demand_type": "water", "lon": [1.0] * 6 + [2.0],
    ...     "lat": 1.0, "heard_on": pd.date_range("2026-03-02", periods=7)})
    >>> clusters = pd.DataFrame({"members": ["a b"], "from": [day("2026-03-02")],
    ...                          "to": [day("2026-03-08")], "category": ["water"]}, index=[1])
    >>> print(heaps(concerns, clusters).loc[1, "zh"])
    其中 6 件在同一坐标: 可能是占位坐标, 或同一栋楼多次反映; 每个坐标只计一件则为 2 件。
    """
    require(["grid_id", "heard_on", "demand_type"], concerns.columns, "concerns")
    require(["members", "from", "to", "category"], clusters.columns, "clusters")
    rows = [_measure(inside(concerns, row)) for _, row in clusters.iterrows()]
    usual = clusters["expected"] if "expected" in clusters else pd.Series(0.0, clusters.index)
    columns = ["n", "same_point", "at_centroid", "no_point", "same_day", "once"]
    table = pd.DataFrame(rows, index=clusters.index, columns=columns).astype("Int64")
    for lang in ("zh", "en"):
        said = [
            _words(row, expected, lang)
            for row, expected in zip(table[columns].to_dict("records"), usual, strict=True)
        ]
        table[lang] = pd.Series(said, index=table.index, dtype="str")
    return table


def inside(concerns: pd.DataFrame, cluster: pd.Series) -> pd.DataFrame:
    """Give the concerns that a cluster is made of."""
    heard = pd.to_datetime(concerns["heard_on"])
    end = cluster["to"] + pd.Timedelta(days=1)
    within = heard.between(cluster["from"], end, inclusive="left")
    within &= concerns["grid_id"].astype("str").isin(cluster["members"].split())
    if cluster["category"] != ALL:
        within &= concerns["demand_type"].astype("str") == cluster["category"]
    return concerns[within]


def _measure(mine: pd.DataFrame) -> tuple[int, ...]:
    days = pd.to_datetime(mine["heard_on"]).dt.normalize().value_counts()
    same_day = int(days.max()) if len(days) else 0
    if not {"lon", "lat"} <= set(mine.columns):
        return len(mine), 0, 0, len(mine), same_day, len(mine)
    central = pd.Series(data=False, index=mine.index)
    if "place_source" in mine:
        central = (mine["place_source"] == "grid_centroid").fillna(value=False).astype(bool)
    placed = mine[["lon", "lat"]].notna().all(axis=1)
    points = mine.loc[placed & ~central, ["lon", "lat"]].value_counts()
    rest = int((~placed | central).sum())
    return (
        len(mine),
        int(points.max()) if len(points) else 0,
        int((central & placed).sum()),
        int((~placed).sum()),
        same_day,
        len(points) + rest,
    )


def _words(row: dict, expected: float, lang: str) -> str:
    n, half = row["n"], row["n"] / 2
    point, day = row["same_point"], row["same_day"]
    said = []
    if point >= MANY or (point >= FEW and point >= half):
        said.append(
            f"其中 {point} 件在同一坐标: 可能是占位坐标, 或同一栋楼多次反映; "
            f"每个坐标只计一件则为 {row['once']} 件"
            + (", 不再高于预期。" if row["once"] <= expected else "。")
            if lang == "zh"
            else f"{point} of them share one coordinate: a placeholder, or one building "
            f"reporting often; counting every coordinate once leaves {row['once']}"
            + (", no more than expected." if row["once"] <= expected else ".")
        )
    vague = row["at_centroid"] + row["no_point"]
    if vague >= FEW and vague >= half:
        said.append(
            f"其中 {vague} 件没有具体位置, 只知道在哪个网格。"
            if lang == "zh"
            else f"{vague} of them have no place of their own, only a grid."
        )
    if n >= FEW and day >= FEW and day > half:
        said.append(
            f"其中 {day} 件同一天登记: 可能是一次集中走访, 或一次事件。"
            if lang == "zh"
            else f"{day} of them were heard on one day: one round of visits, or one event."
        )
    return ("" if lang == "zh" else " ").join(said)
