"""The reception sheet: what waits for the leader who receives residents that day."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile
from gridkit.profile.card_inputs import RESPONSE_GAPS
from gridkit.profile.divisions import parse_division
from gridkit.triage.deadlines import due_sentence
from gridkit.triage.receptions import LEADERS


def reception_sheet(
    listed: pd.DataFrame,
    level: str,
    profile: Profile,
    *,
    division: str | None = None,
    backlog: Collection[str] = (),
) -> pd.DataFrame:
    """List the matters to lay before a leader of one level on a reception day.

    Parameters
    ----------
    listed : DataFrame
        From `board`, of the reception day.
    level : {"county", "township", "village"}
        Of the leader.
    profile : Profile
        Its bands say which level owns which (`owner_level`); a band without is on the sheet
        of every level, so that no matter is left without a leader.
    division : str, optional
        The leader's area, by division code; the whole county by default.
    backlog : collection of str
        Ids of the concerns on a backlog list that is not struck off yet: county leaders own
        them, whatever their band (`domain.md` section 1).

    Returns
    -------
    DataFrame, rows of `listed` that wait for this leader
        Those whose clock has run out first, then those with a gap in the response, then in
        the order of the board. To the board's columns come `unanswered` (bool: no answer
        since it was last taken up), `backlog` (bool), `deadline_zh`, `deadline_en`
        (category: the deadline with its article) and `waits_zh`, `waits_en` (str: all that
        is lacking, in words).

    Raises
    ------
    DataError
        If there is no such level, or the code is no division.
    """
    if level not in LEADERS:
        raise DataError(
            zh=f"`level` 须为 {', '.join(LEADERS)} 之一。",
            en=f"`level` must be one of {', '.join(LEADERS)}.",
        )
    rows = listed
    if division is not None:
        area = parse_division(division).short
        rows = rows[rows["grid_id"].astype("str").str.startswith(area)]
    owned = [b.code for b in profile.bands if b.owner_level in {level, None}]
    hard = rows.index.isin(list(backlog))
    rows = rows[rows["band"].isin(owned).to_numpy() | (hard & (level == "county"))]
    rows = rows.assign(
        unanswered=~rows["answered"],
        backlog=rows.index.isin(list(backlog)),
        deadline_zh=due_sentence(rows, profile),
        deadline_en=due_sentence(rows, profile, "en"),
    )
    rows = rows.assign(waits_zh=_waits(rows, 0), waits_en=_waits(rows, 1))
    gap = (rows["response_gap"] != "none").to_numpy()
    return rows.iloc[np.lexsort((~gap, ~rows["overdue"].to_numpy()))]


def _waits(rows: pd.DataFrame, lang: int) -> pd.Series:
    """Say what is lacking, part by part."""
    waits = pd.Series("", index=rows.index, dtype="str")
    deadline = rows["deadline_en" if lang else "deadline_zh"].astype("str")
    words = {code: said[lang] for code, said in RESPONSE_GAPS.items() if code != "none"}
    gap = rows["response_gap"].astype("str").map(words)
    told = "no answer yet" if lang else "尚未答复"
    for part in (
        deadline.where(rows["overdue"]),
        gap,
        pd.Series(told, index=rows.index).where(
            rows["unanswered"] & (rows["response_gap"] != "unanswered")
        ),
        pd.Series("on the backlog list" if lang else "积案", index=rows.index).where(
            rows["backlog"]
        ),
    ):
        said = part.astype("str").fillna("")
        joint = np.where((waits != "") & (said != ""), "; ", "")
        waits = waits + pd.Series(joint, index=rows.index, dtype="str") + said
    return waits
