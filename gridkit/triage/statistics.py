"""Statistics of sessions: batches, persons, disputes and what became of them.

Every figure explains itself (`measures`), and every table balances: its cells sum to its
margins. There is none per person or per worker.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from gridkit.triage.board import townships
from gridkit.triage.margins import PERIODS, check_dimensions, periods, with_margins
from gridkit.triage.sessions import session_concerns

SESSION_DIMENSIONS = ("kind", "level", "unit", "township", *PERIODS)
"""What sessions are grouped by."""

_COUNTS = ("sessions", "batches", "persons", "resolved")
_DISPUTES = ("disputes", "settled", "preliminary", "not_agreed", "open_disputes")
_NOT_AGREED = ("failed", "refused", "not_mediated")


def session_statistics(
    sessions: pd.DataFrame,
    concerns: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    span: tuple[dt.date, dt.date] | None = None,
    kinds: Collection[str] | None = None,
) -> pd.DataFrame:
    """Count sessions, batches, persons and disputes.

    Parameters
    ----------
    sessions : DataFrame, indexed by record id
        The ledger's frame.
    concerns : DataFrame, indexed by record id
        `dispute_code` tells disputes where a session does not say.
    by : sequence of str
        Some of `kind`, `level`, `unit`, `township`, `year`, `quarter`, `month` and
        `half_month` (when held); the total alone by default.
    span : (date, date), optional
        Only sessions held between the two days, both inclusive.
    kinds : collection of str, optional
        Only these kinds of session.

    Returns
    -------
    DataFrame of int64, indexed by `by`; `all` is the margin, `not_said` a gap in the record
        `sessions`, `batches`, `persons`, `resolved`, `disputes`, `settled`, `preliminary`,
        `not_agreed`, `open_disputes`: `explain_measures` says how each is counted. A dispute
        that was met several times counts once, where its last session with an outcome was
        held (its last session, while it has none); so all cells sum to their margins, and
        disputes = settled + preliminary + not_agreed + open_disputes.

    Raises
    ------
    DataError
        If it is grouped by anything else.

    Examples
    --------
    >>> sessions = pd.DataFrame({
    ...     "kind": ["mediation", "window"], "level": "county", "unit": None,
    ...     "division_code": None, "held_on": pd.to_datetime(["2026-10-08", "2026-10-09"]),
    ...     "batches": [1, 2], "persons": [4, 2], "concern_ids": [None, None],
    ...     "is_dispute": [True, False], "outcome": ["settled", None],
    ... }, index=["s1", "s2"])
    >>> concerns = pd.DataFrame({"dispute_code": []})
    >>> session_statistics(sessions, concerns)[["batches", "persons", "disputes"]].values.tolist()
    [[3, 6, 1]]
    """
    check_dimensions(by, SESSION_DIMENSIONS)
    some = sessions
    if span is not None:
        first, last = (pd.Timestamp(day) for day in span)
        some = some[some["held_on"].between(first, last).to_numpy()]
    if kinds is not None:
        some = some[some["kind"].isin(list(kinds)).to_numpy()]
    groups = _groups(some, by)
    met = _disputes(some, concerns)
    told = {
        "settled": met["outcome"] == "settled",
        "preliminary": met["outcome"] == "preliminary",
        "not_agreed": met["outcome"].isin(_NOT_AGREED),
        "open_disputes": met["outcome"].isna(),
    }
    settled = (some["outcome"] == "settled").to_numpy(dtype=bool)
    rows = pd.concat(
        [
            groups.assign(
                sessions=1,
                batches=some["batches"],
                persons=some["persons"],
                resolved=np.where(settled, some["batches"], 0),
            ),
            groups.loc[met["session_id"]].assign(
                disputes=1, **{name: held.to_numpy(dtype=int) for name, held in told.items()}
            ),
        ],
        ignore_index=True,
    )
    counts = [*_COUNTS, *_DISPUTES]
    rows[counts] = rows[counts].astype("Float64").fillna(0)
    return with_margins(rows, by, counts)


def _groups(sessions: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Give the dimensions of each session as text."""
    made = pd.DataFrame(index=sessions.index)
    for name in by:
        if name in PERIODS:
            made[name] = periods(sessions["held_on"], name)
        elif name == "township":
            made[name] = townships(sessions["division_code"]).astype("str")
        else:
            made[name] = sessions[name].astype("str")
    return made


def _disputes(sessions: pd.DataFrame, concerns: pd.DataFrame) -> pd.DataFrame:
    """Give each dispute once: the session that tells of it, and its outcome or none."""
    pairs = session_concerns(sessions)
    bare = sessions.index.difference(pd.Index(pairs["session_id"]), sort=False)
    alone = pd.DataFrame({"session_id": bare, "concern_id": "session " + bare.astype("str")})
    pairs = pd.concat([pairs, alone.astype("str")], ignore_index=True)
    theirs = sessions.loc[pairs["session_id"]]
    said = theirs["is_dispute"].astype("boolean").to_numpy(dtype=object)
    coded = concerns.index[concerns["dispute_code"].notna().to_numpy()]
    by_code = pairs["concern_id"].isin(coded).to_numpy()
    pairs["is_dispute"] = np.where(pd.isna(said), by_code, said).astype(bool)
    pairs["held_on"] = theirs["held_on"].to_numpy()
    pairs["outcome"] = theirs["outcome"].astype("str").to_numpy()
    pairs["told"] = pairs["outcome"].notna()
    pairs = pairs[pairs["is_dispute"]].sort_values(["told", "held_on", "session_id"])
    return pairs.drop_duplicates("concern_id", keep="last")
