"""Sessions: people meet over concerns; what came of it, and how long the agreement waits.

A session (窗口接待, 领导接访, 评理会, 夜话会, 调解) counts batches and persons and names the
concerns it was about. An agreement starts 30 days in which both sides may ask a court to
confirm it (人民调解法 33): the profile's clause, counted here per session. Where one side
refuses there is no mediation (人民调解法 3), and no agreement to record.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gridkit.profile import Profile
from gridkit.profile.calendar import add_days, add_working_days
from gridkit.records import Record, Step
from gridkit.records.ids import is_dated, new_id
from gridkit.triage.clocks import end_of_right
from gridkit.triage.workflow import state

if TYPE_CHECKING:
    from gridkit.records import Receipt, Store

AGREEMENT = "agreement"
CONFIRMED = "confirmation_requested"
REFUSED = "refused"


class SessionHeld(NamedTuple):
    """What was committed: the session, the steps that it meant for its concerns, the receipt."""

    session: Record
    steps: tuple[Record, ...]
    receipt: Receipt


def hold_session(store: Store, session: Record, *, by_role: str, why: str = "") -> SessionHeld:
    """Write a session down, and the agreement on each of its concerns, in one transaction.

    Parameters
    ----------
    store : Store
    session : Session
        With `agreed_on` where an agreement was reached; then each concern that has none of
        that day yet, and may take it as it stands, gets the step `agreement`, which starts
        its clock. (Where it may not, the session keeps the agreement: see `agreements`.)
    by_role : str
        A code of `spec.ROLES`.
    why : str

    Returns
    -------
    SessionHeld
        After COMMIT.

    Raises
    ------
    RecordError
        If an answer breaks a rule: fewer persons than batches, an agreement though a side
        refused, a concern that is not in the ledger. Nothing was written; the session is
        still in the caller's hands, to correct and hand in again.
    StoreError
        If the ledger cannot be written; nothing was.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from pathlib import Path
    >>> from gridkit.records import Session, create_store
    >>> store = create_store(Path(mkdtemp()) / "ledger.db", county_code="990428")
    >>> held = Session(
    ...     kind="window", held_on="2026-03-10", level="county", batches=1, persons=2,
    ... )
    >>> len(hold_session(store, held, by_role="centre_staff").steps)
    0
    >>> store.close()
    """
    steps = _agreements(store, session)
    receipt = store.add([session, *steps], by_role=by_role, why=why)
    return SessionHeld(session, steps, receipt)


def _agreements(store: Store, session: Record) -> tuple[Record, ...]:
    """Give the step `agreement` for each concern that may take it and has none of that day."""
    if session.agreed_on is None or not session.concern_ids:
        return ()
    made = []
    for concern_id in session.concern_ids.split():
        case = store.case(concern_id)
        if case is None:
            continue  # the store says that it is not there
        taken = [t.record for t in case.steps]
        if any(s.action == AGREEMENT and s.on == session.agreed_on for s in taken):
            continue
        last = max((s.record_id for s in taken if is_dated(s.record_id)), default=None)
        step = Step(
            record_id=new_id(after=last),
            concern_id=concern_id,
            action=AGREEMENT,
            on=session.agreed_on,
        )
        heard_on = case.concern.record.heard_on
        before, after = state(taken, heard_on), state([*taken, step], heard_on)
        if len(after.clashes) == len(before.clashes):
            made.append(step)
    return tuple(made)


def session_concerns(sessions: pd.DataFrame) -> pd.DataFrame:
    """List which session was about which concern, one row for each.

    Parameters
    ----------
    sessions : DataFrame, indexed by record id
        `concern_ids`: several ids, joined by one space.

    Returns
    -------
    DataFrame
        `session_id`, `concern_id` (str), in the order of the sessions. A session that names
        no concern has no row.

    Examples
    --------
    >>> sessions = pd.DataFrame({"concern_ids": ["a b", None]}, index=["s1", "s2"])
    >>> session_concerns(sessions).values.tolist()
    [['s1', 'a'], ['s1', 'b']]
    """
    named = sessions["concern_ids"].astype("str").fillna("").str.split()
    rows = named.explode().dropna()
    return pd.DataFrame(
        {
            "session_id": rows.index.astype("str"),
            "concern_id": rows.to_numpy(),
        },
        dtype="str",
    )


def with_agreements(steps: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Add to the steps the agreements that only a session tells of.

    `hold_session` writes the step with the session; a session that was imported, or was
    given its `agreed_on` later, has none. With what this returns the clocks of its concerns
    start all the same.

    Parameters
    ----------
    steps, sessions : DataFrame
        The ledger's frames, indexed by record id.

    Returns
    -------
    DataFrame, indexed like `steps`, then by session and concern
        `steps` itself where nothing is missing. A row that is added has `concern_id`,
        `action` (agreement) and `on`; codes are plain text then.

    Examples
    --------
    >>> on = pd.to_datetime(["2026-10-08"]).as_unit("s")
    >>> steps = pd.DataFrame({"concern_id": ["a"], "action": ["registered"], "on": on})
    >>> sessions = pd.DataFrame({"concern_ids": ["a"], "agreed_on": on}, index=["s1"])
    >>> with_agreements(steps, sessions)["action"].tolist()
    ['registered', 'agreement']
    """
    agreed = sessions[sessions["agreed_on"].notna().to_numpy()]
    pairs = session_concerns(agreed)
    if not len(pairs):
        return steps
    pairs["on"] = agreed["agreed_on"].loc[pairs["session_id"]].to_numpy()
    known = steps.loc[(steps["action"] == AGREEMENT).to_numpy(), ["concern_id", "on"]]
    there = pd.MultiIndex.from_arrays([known["concern_id"].astype("str"), known["on"]])
    wanted = pd.MultiIndex.from_arrays([pairs["concern_id"], pairs["on"]])
    new = pairs[~wanted.isin(there) & ~wanted.duplicated()]
    if not len(new):
        return steps
    more = pd.DataFrame(
        {
            "concern_id": new["concern_id"].to_numpy(),
            "action": AGREEMENT,
            "on": new["on"].to_numpy(),
        },
        index=pd.Index(new["session_id"] + "/" + new["concern_id"], name=steps.index.name),
    )
    coded = [n for n in steps if isinstance(steps[n].dtype, pd.CategoricalDtype)]
    plain = steps.astype(dict.fromkeys(coded, "str"))
    more = more.reindex(columns=plain.columns).astype(plain.dtypes.to_dict())
    if steps.index.dtype.kind in "iu":
        return pd.concat([plain, more], ignore_index=True)
    return pd.concat([plain, more])


def agreements(
    sessions: pd.DataFrame, steps: pd.DataFrame, profile: Profile, on: dt.date
) -> pd.DataFrame:
    """Tell for each agreement how long both sides may still ask a court to confirm it.

    Parameters
    ----------
    sessions : DataFrame, indexed by record id
        The ledger's frame of sessions.
    steps : DataFrame
        The ledger's steps: a `confirmation_requested` on one of the session's concerns, on
        or after the agreement, stops the clock.
    profile : Profile
        Its clause that starts with an agreement (人民调解法 33).
    on : date
        The civil day to look from; later sessions and steps are not looked at.

    Returns
    -------
    DataFrame, indexed by the record id of the session, by due date
        `agreed_on`, `due_on` (datetime64[s]); `days_left` (Int64, calendar days, 0 on the
        last day; missing once asked or lapsed); `status` (category): running, asked (a court
        was asked in time), asked_late, lapsed; `article`, `article_en`, `outcome`,
        `division_code` (category). A right, not a duty: that it lapsed is nobody's fault.
        Empty where no clause was in force.

    Notes
    -----
    Only an agreement that people's mediation brought about may be confirmed so; whether this
    one is such an agreement, a person says by filling in `agreed_on`.
    """
    clause = next((c for c in profile.clauses if AGREEMENT in c.starts), None)
    some = sessions[(sessions["agreed_on"] <= pd.Timestamp(on)).to_numpy()]
    if clause is not None:
        since = clause.valid_from or dt.date.min
        until = clause.valid_to or dt.date.max
        day = some["agreed_on"].dt.date
        some = some[((day >= since) & (day <= until)).to_numpy(dtype=bool)]
    agreed = some["agreed_on"]
    due = agreed
    if clause is not None and clause.day == "working":
        due = add_working_days(agreed, clause.length, beyond="missing")
    elif clause is not None:
        due = add_days(agreed, clause.length)
    if clause is not None and clause.kind == "right" and len(due):
        last = due.to_numpy().astype("datetime64[D]").astype("int64")
        due = pd.Series(end_of_right(last).astype("datetime64[D]"), due.index).astype(due.dtype)
    asked = _asked_on(some, steps, on)
    left = (due - pd.Timestamp(on)).dt.days.astype("Int64")
    status = np.select(
        [asked.notna() & (asked <= due), asked.notna(), (left < 0).fillna(value=False)],
        ["asked", "asked_late", "lapsed"],
        "running",
    )
    made = pd.DataFrame(
        {
            "agreed_on": agreed,
            "due_on": due,
            "days_left": left.where(status == "running"),
            "status": pd.Categorical(status, categories=list(AGREEMENT_STATUSES)),
            "article": pd.Categorical([clause.citation_zh if clause else ""] * len(some)),
            "article_en": pd.Categorical([clause.citation_en if clause else ""] * len(some)),
            "outcome": some["outcome"],
            "division_code": some["division_code"].astype("str").astype("category"),
        },
        index=some.index,
    )
    return made.sort_values(["due_on", "agreed_on"], kind="stable") if clause else made.head(0)


AGREEMENT_STATUSES = ("running", "asked", "asked_late", "lapsed")
"""How the clock of an agreement stands."""


def _asked_on(sessions: pd.DataFrame, steps: pd.DataFrame, on: dt.date) -> pd.Series:
    """Give the first day a court was asked after each agreement, missing where it was not."""
    none = pd.Series(pd.NaT, index=sessions.index, dtype="datetime64[s]")
    requests = steps.loc[
        ((steps["action"] == CONFIRMED) & (steps["on"] <= pd.Timestamp(on))).to_numpy(),
        ["concern_id", "on"],
    ]
    if not len(requests) or not len(sessions):
        return none
    asked = requests.assign(concern_id=requests["concern_id"].astype("str"))
    pairs = session_concerns(sessions).merge(asked, on="concern_id")
    agreed = sessions["agreed_on"]
    pairs = pairs[pairs["on"].to_numpy() >= agreed.loc[pairs["session_id"]].to_numpy()]
    first: pd.Series = pairs.groupby("session_id")["on"].min()
    return first.reindex(sessions.index).astype("datetime64[s]")


def refused(sessions: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """List the concerns that are not mediated, because a side refused when last asked.

    Parameters
    ----------
    sessions : DataFrame, indexed by record id
    on : date
        Later sessions are not looked at.

    Returns
    -------
    DataFrame, indexed by concern id
        `session_id` (str), `held_on` (datetime64[s]). The way on is another one: an
        administrative decision, arbitration, a court. It never makes a matter more urgent,
        and nobody is asked why.
    """
    past = sessions[(sessions["held_on"] <= pd.Timestamp(on)).to_numpy()]
    asked = past[past["kind"].isin(["mediation", "reasoning"]).to_numpy()]
    rows = session_concerns(asked)
    rows["held_on"] = asked["held_on"].loc[rows["session_id"]].to_numpy()
    rows["refused"] = (asked["outcome"] == REFUSED).loc[rows["session_id"]].to_numpy(dtype=bool)
    last = rows.sort_values(["held_on", "session_id"], kind="stable").drop_duplicates(
        "concern_id", keep="last"
    )
    chosen = last[last["refused"].to_numpy()].drop(columns="refused")
    return chosen.set_index("concern_id")
