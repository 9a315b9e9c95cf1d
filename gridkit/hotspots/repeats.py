"""Repeats: how often one cause is reported again after it was first heard of."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from gridkit.errors import DataError

_DAYS_A_WEEK = 7.0


def repeats(
    concerns: pd.DataFrame,
    until: pd.Series | date | str,
    *,
    cause: str = "cause_id",
    households: str | None = None,
) -> pd.DataFrame:
    """Gather the reports of each cause: the first, and the repeats until it was settled.

    Parameters
    ----------
    concerns : DataFrame
        With `grid_id`, `heard_on` (dates) and the column named by `cause`: a label that
        concerns with one root share (one leak, one waterworks), given by those who know the
        place. Concerns without a label are causes of their own. Never group by person.
    until : Series of dates, or one date
        When watching ended: per cause the day on which it was settled (indexed by the label;
        a cause that is not in it is watched to the last day heard in `concerns`), or one day
        for all, the end of recording.
    cause : str
        Column of the label.
    households : str, optional
        Column of households affected; of a cause's reports the largest counts. Without it
        every cause weighs alike.

    Returns
    -------
    DataFrame, one row per cause, indexed by its label
        `grid_id` (of the first report), `first_on` (datetime64[s]), `reports` (first one
        included), `weeks` (from the first report to the end of watching), `households`
        (at least 1). Reports after the end of watching are not counted.

    Raises
    ------
    DataError
        If a column is missing, a date or grid is missing, or `until` has labels twice.

    Notes
    -----
    A cause settled on the day it was heard has no time to be reported again: 0 weeks.

    Examples
    --------
    >>> concerns = pd.DataFrame({"grid_id": ["a", "a", "b"], "cause_id": ["leak", "leak", None],
    ...     "heard_on": pd.to_datetime(["2026-03-02", "2026-03-16", "2026-03-09"])})
    >>> repeats(concerns, "2026-03-30")[["grid_id", "reports", "weeks"]].to_numpy().tolist()
    [['a', 2, 4.0], ['b', 1, 3.0]]
    """
    needed = ["grid_id", "heard_on", cause, *([households] if households else [])]
    lacking = [c for c in needed if c not in concerns.columns]
    blank = 0 if lacking else int(concerns[["grid_id", "heard_on"]].isna().any(axis=1).sum())
    if lacking or blank:
        named = ", ".join(f"`{c}`" for c in lacking) or "–"
        raise DataError(
            en=f"`concerns` must have {', '.join(needed)}, and grid and date in every row; "
            f"missing columns: {named}, rows without grid or date: {blank}.",
            zh=f"`concerns` 须有 {', '.join(needed)} 各列, 且每行有网格和日期; "
            f"缺列: {named}, 缺网格或日期 {blank} 行。",
        )
    label = concerns[cause].astype("object")
    alone = label.isna().to_numpy()
    label = label.where(~alone, [f"alone:{i}" for i in concerns.index])
    heard = pd.to_datetime(concerns["heard_on"]).astype("datetime64[s]")
    table = pd.DataFrame(
        {"cause": label.astype("str"), "grid_id": concerns["grid_id"], "heard_on": heard}
    )
    table["households"] = 1.0 if households is None else concerns[households].to_numpy(float)
    table = table.sort_values("heard_on", kind="stable")
    first = table.groupby("cause", sort=False)[["grid_id", "heard_on"]].first()
    end = _ends(first.index, until, heard)
    counted = table[table["heard_on"] <= end.loc[table["cause"]].to_numpy()]
    size = table.groupby("cause", sort=False)["households"].max()
    reports = counted.groupby("cause", sort=False).size().reindex(first.index, fill_value=0)
    days = (end - first["heard_on"]).dt.days.to_numpy()
    kept = days >= 0
    result = pd.DataFrame(
        {
            "grid_id": first["grid_id"],
            "first_on": first["heard_on"],
            "reports": reports.astype(np.int64),
            "weeks": days / _DAYS_A_WEEK,
            "households": size.loc[first.index].fillna(1.0).clip(lower=1.0),
        },
        index=first.index,
    )
    return result[kept]


def _ends(causes: pd.Index, until: pd.Series | date | str, heard: pd.Series) -> pd.Series:
    if not isinstance(until, pd.Series):
        return pd.Series(pd.Timestamp(until), index=causes).astype("datetime64[s]")
    labels = until.index.astype("str")
    if not labels.is_unique:
        raise DataError(
            en="`until` must name each cause once; some labels stand twice.",
            zh="`until` 每个同因编号只能出现一次; 现有重复。",
        )
    ends = pd.to_datetime(pd.Series(until.to_numpy(), index=labels)).reindex(causes)
    return ends.fillna(heard.max()).astype("datetime64[s]")
