"""Feedback (回音): what became of each report, what has not been answered first.

Told, answered, verified, content: four questions per matter, read from its steps by the
same table as everything else. A grid worker sees what became of what they reported; there
is no figure of a worker in it (R4).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from gridkit.triage.moves import STATE
from gridkit.triage.standings import clashes, states

STAGES = ("waiting", "told", "answered", "verified", "content", "ended")
"""How far the resident has been answered, least first.

`waiting` (nothing was said yet), `told` (acceptance was), `answered`, `verified` (the answer
was found to be so), `content` (followed up, and the resident is), `ended` (over without an
answer: withdrawn, in a statutory channel, or struck off by exception).
"""

STAGE_WORDS = {
    "waiting": ("还没有回音", "nothing was said yet"),
    "told": ("已告知受理", "told that it was taken up"),
    "answered": ("已答复", "answered"),
    "verified": ("已核查", "answer verified"),
    "content": ("群众满意", "content"),
    "ended": ("未答复而终止", "ended without an answer"),
}

_TELLS = ("accepted", "answered")
_SUBJECT = ("grid_id", "demand_type", "demand_detail", "source", "heard_on")


def feedback(concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Tell for each matter whether the resident was told, answered, and is content.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    on : date
        The civil day to look from; later matters and steps are not looked at.

    Returns
    -------
    DataFrame, indexed by the record id of the concern
        - `stage` (category, see `STAGES`);
        - `told_on`, `answered_on`, `verified_on`, `followed_on` (datetime64[s]): the last
          such day; an answer that the resident was not content with, or that a review or a
          reopening overtook, no longer counts;
        - `content` (boolean): what the resident said last; missing where nobody asked;
        - `state`, `unit`, `waiting_for` (category), `is_open` (bool);
        - `grid_id`, `demand_type`, `demand_detail`, `source` (category), `heard_on`
          (datetime64[s]), `waiting_days` (Int64: calendar days since it was heard, missing
          once answered or ended).

        What has no answer comes first, the longest waiting on top; then in the order of the
        stages. A merged matter has the answer of its root.

    Examples
    --------
    >>> heard = pd.to_datetime(["2026-03-02", "2026-03-01"]).as_unit("s")
    >>> concerns = pd.DataFrame(
    ...     {"heard_on": heard, "grid_id": "g1", "demand_type": "water",
    ...      "demand_detail": None, "source": "grid_visit"}, index=["a", "b"])
    >>> steps = pd.DataFrame({
    ...     "concern_id": ["a", "a"], "action": ["registered", "answered"],
    ...     "on": heard[[0, 0]], "satisfied": None,
    ... })
    >>> told = feedback(concerns, steps, dt.date(2026, 3, 9))
    >>> told["stage"].to_dict(), told["waiting_days"].tolist()
    ({'b': 'waiting', 'a': 'answered'}, [8, <NA>])
    """
    known = concerns[(concerns["heard_on"] <= pd.Timestamp(on)).to_numpy()]
    stands = states(known, steps, on)
    root = _roots(stands)
    past = steps[(steps["on"] <= pd.Timestamp(on)).to_numpy()]
    legal = past[~past.index.isin(clashes(known, past, on).index)]
    facts = {
        name: stands[name].to_numpy()[root] for name in ("answered", "verified", "content")
    }
    days = {
        "told_on": _last(legal, known.index, _TELLS)[root],
        **{
            f"{name}_on": np.where(held, _last(legal, known.index, (name,))[root], _NAT)
            for name, held in (("answered", facts["answered"]), ("verified", facts["verified"]))
        },
        "followed_on": _last(legal, known.index, ("followed_up",))[root],
    }
    stage = _stages(stands, facts, days)
    answered = facts["answered"] | ~stands["is_open"].to_numpy()
    waited = (pd.Timestamp(on) - known["heard_on"]).dt.days.astype("Int64")
    made = pd.DataFrame(
        {
            "stage": pd.Categorical.from_codes(stage, pd.Index(STAGES)),
            **days,
            "content": _said(legal, known.index).to_numpy()[root],
            **stands[["state", "unit", "waiting_for", "is_open"]],
            **known[list(_SUBJECT)],
            "waiting_days": waited.where(~answered),
        },
        index=known.index,
    ).astype({"content": "boolean"})
    unanswered = stage <= STAGES.index("told")
    return made.iloc[
        np.lexsort((known["heard_on"].to_numpy(), np.where(unanswered, -1, stage)))
    ]


_NAT = np.datetime64("NaT", "s")


def _roots(stands: pd.DataFrame) -> np.ndarray:
    """Give the position of each matter's root; its own where it was not merged."""
    found = stands.index.get_indexer(pd.Index(stands["root_id"].astype("str")))
    return np.where(found >= 0, found, np.arange(len(stands)))


def _last(steps: pd.DataFrame, index: pd.Index, actions: tuple[str, ...]) -> np.ndarray:
    """Give the last day of such a step of each matter, NaT where there is none."""
    some = steps[steps["action"].isin(actions).to_numpy()]
    last = some.groupby(some["concern_id"].astype("str"))["on"].max()
    found: np.ndarray = last.reindex(index).to_numpy(dtype="datetime64[s]")
    return found


def _said(steps: pd.DataFrame, index: pd.Index) -> pd.Series:
    """Give what the resident said at the last follow-up of each matter."""
    asked = steps[(steps["action"] == "followed_up").to_numpy()]
    last = asked.sort_values("on", kind="stable").drop_duplicates("concern_id", keep="last")
    said: Any = last["satisfied"].astype("boolean").to_numpy()
    return pd.Series(said, index=last["concern_id"].astype("str")).reindex(index)


def _stages(
    stands: pd.DataFrame, facts: dict[str, np.ndarray], days: dict[str, np.ndarray]
) -> np.ndarray:
    followed = stands["root_state"].astype("str").to_numpy()
    over = np.isin(followed, [code for code, state in STATE.items() if not state.is_open])
    over &= followed != "merged"
    answered, verified, content = (facts[n] for n in ("answered", "verified", "content"))
    found: np.ndarray = np.select(
        [
            answered & content,
            answered & verified,
            answered,
            over,
            ~np.isnat(days["told_on"]),
        ],
        [STAGES.index(n) for n in ("content", "verified", "answered", "ended", "told")],
        STAGES.index("waiting"),
    )
    return found
