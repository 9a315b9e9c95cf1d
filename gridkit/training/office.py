"""The office's year: rooms, sessions and the backlog of an invented county.

Assumptions: every division has a room (county, 13 townships, 143 villages; mediators by
count). The county's window meets one to four batches a week. County leaders receive on the
10th, a township's about every fourth Monday, a village's now and then; what came in at a
reception met there. Two disputes in three that are not a statutory channel's are met in
mediation or a reasoning meeting within four weeks. A batch is 1 to 5 people, 1.7 on
average. Two lists of hard matters, of eleven and four: of those open longest when each was
drawn up, eight and one that have ended since, three and three that have not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gridkit.profile import Profile
from gridkit.profile.calendar import working_days
from gridkit.training.frames import pick, record_frame, record_ids
from gridkit.triage.handling import route_out_codes
from gridkit.triage.standings import states

_DAY = np.timedelta64(1, "D")
_PERSONS = {1: 58, 2: 25, 3: 10, 4: 4, 5: 3}  # of one batch; mean 1.7
_WINDOW_BATCHES = {1: 35, 2: 35, 3: 20, 4: 10}
_TOWNSHIP_MEETS = 0.25  # of its Mondays somebody comes to
_VILLAGE_TALKS = 0.5  # evening talks of a village in the year
_MET = 0.67
_OUTCOMES = {"settled": 60, "preliminary": 22, "failed": 8, "refused": 4, None: 6}
_RECEIVED = {"settled": 85, None: 15}
_WAYS = {"peoples_mediation": 50, "agreement": 20, "reasoning_meeting": 20, "explanation": 10}
_MEDIATORS = {"county": 9, "township": 4, "village": 2}  # fewer than so many of each kind
_LISTS = ((1, 8, 3, 150), (2, 1, 3, 45))  # number, ended since, still open, days before
_POSTS = ("政法委书记", "分管城建副县长", "分管农业副县长", "分管民政副县长", "县委副书记")


class Office(NamedTuple):
    """Frames of rooms, sessions and backlog, as the ledger gives them."""

    rooms: pd.DataFrame
    sessions: pd.DataFrame
    backlog: pd.DataFrame


def draw_office(
    divisions: pd.DataFrame,
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    days: np.ndarray,
    profile: Profile,
    rng: np.random.Generator,
) -> Office:
    """Draw rooms, sessions and backlog of a year that is told already.

    Parameters
    ----------
    divisions : DataFrame
        `code`, `name`, `level`.
    concerns, steps : DataFrame
        Frames as the ledger gives them.
    days : ndarray of datetime64[D]
        The year; nothing is recorded after its last day.
    profile : Profile
    rng : Generator
        Source of chance.

    Returns
    -------
    Office
    """
    end = days[-1].astype("datetime64[D]")
    start = days[0].astype("datetime64[D]")
    rooms = _rooms(divisions, start, profile, rng)
    room_of = dict(zip(rooms["division_code"].astype("str"), rooms.index, strict=True))
    rows = [
        *_windows(divisions, start, end, rng),
        *_receptions(divisions, concerns, start, end, rng),
        *_mediations(concerns, end, profile, rng),
    ]
    table = pd.DataFrame(rows).sort_values(["held_on", "division_code"], ignore_index=True)
    table["room_id"] = table["division_code"].map(room_of)
    sessions = _frame("session", table, "held_on", profile, rng)
    return Office(rooms, sessions, _backlog(concerns, steps, end, profile, rng))


def _frame(
    kind: str, table: pd.DataFrame, day: str, profile: Profile, rng: np.random.Generator
) -> pd.DataFrame:
    columns = {str(name): table[name].to_numpy(dtype=object) for name in table}
    ids = record_ids(table[day].to_numpy().astype("datetime64[s]"), rng)
    return record_frame(kind, columns, ids, profile).sort_index()


def _rooms(
    divisions: pd.DataFrame, start: np.datetime64, profile: Profile, rng: np.random.Generator
) -> pd.DataFrame:
    some = divisions[divisions["level"].isin(["county", "township", "village"]).to_numpy()]
    n, level = len(some), some["level"].astype("str").to_numpy()
    most = np.array([_MEDIATORS[name] for name in level])
    table = pd.DataFrame(
        {
            "title": (some["name"].astype("str") + "评理室").to_numpy(),
            "level": level,
            "division_code": some["code"].astype("str").to_numpy(),
            "opened_on": start - rng.integers(30, 700, n) * _DAY,
            "lawyers": rng.integers(0, most),
            "respected_residents": rng.integers(1, most + 2),
            "deputies": rng.integers(0, most + 1),
            "other_mediators": rng.integers(0, most + 1),
        }
    )
    return _frame("room", table, "opened_on", profile, rng)


def _session(kind: str, held: np.datetime64, level: str, code: str, **rest: Any) -> dict:
    return {"kind": kind, "held_on": held, "level": level, "division_code": code, **rest}


def _batches(n: int, rng: np.random.Generator) -> dict[str, int]:
    return {"batches": n, "persons": int(pick(_PERSONS, n, rng).astype(int).sum())}


def _windows(
    divisions: pd.DataFrame,
    start: np.datetime64,
    end: np.datetime64,
    rng: np.random.Generator,
) -> list[dict]:
    """Draw the county's window week by week, and the evening talks of the villages."""
    county, villages = (_codes(divisions, level) for level in ("county", "village"))
    weeks = working_days().roll(np.arange(start, end - 7 * _DAY, 7 * _DAY))
    made = [
        _session("window", day, "county", county[0], is_dispute=False, **_batches(int(n), rng))
        for day, n in zip(weeks, pick(_WINDOW_BATCHES, len(weeks), rng), strict=True)
    ]
    for code in villages:
        for _ in range(rng.poisson(_VILLAGE_TALKS)):
            day = start + int(rng.integers(0, (end - start) // _DAY)) * _DAY
            n = int(rng.integers(2, 7))
            made.append(
                _session(
                    "evening_talk", day, "village", code, is_dispute=False, **_batches(n, rng)
                )
            )
    return made


def _receptions(
    divisions: pd.DataFrame,
    concerns: pd.DataFrame,
    start: np.datetime64,
    end: np.datetime64,
    rng: np.random.Generator,
) -> list[dict]:
    county, townships = (_codes(divisions, level) for level in ("county", "township"))
    told = concerns[(concerns["source"] == "leader_reception").to_numpy()]
    mondays = np.arange(
        np.busday_offset(start, 0, roll="forward", weekmask="Mon"), end + _DAY, 7 * _DAY
    )
    months = np.arange(start.astype("datetime64[M]"), end.astype("datetime64[M]") + 1)
    tenths = months.astype("datetime64[D]") + 9 * _DAY
    met = [("county", county[0], day) for day in tenths]
    met += [
        ("township", code, day)
        for code in townships
        for day in mondays[rng.random(len(mondays)) < _TOWNSHIP_MEETS]
    ]
    made = [
        _received(level, code, held, rng)
        for level, code, day in met
        if start <= (held := working_days().roll(np.array([day]))[0]) <= end
    ]
    for concern_id, row in told.iterrows():
        code = f"{str(row['grid_id'])[:9]}000"
        held = np.datetime64(row["heard_on"], "D")
        people = max(1, int(row["people_affected"]) if pd.notna(row["people_affected"]) else 1)
        one = _received("township", code, held, rng)
        # five people at most speak for a group (信访工作条例 20)
        made.append({**one, "batches": 1, "persons": min(people, 5), "concern_ids": concern_id})
    return made


def _received(
    level: str, code: str, held: np.datetime64, rng: np.random.Generator
) -> dict[str, Any]:
    n = int(pick({1: 70, 2: 25, 3: 5}, 1, rng)[0])
    post = "县级领导" if level == "county" else "乡镇主要领导"
    outcome = pick(_RECEIVED, 1, rng)[0]
    way = {"settlement": "explanation", "agreed_on": held} if outcome == "settled" else {}
    return _session(
        "reception",
        held,
        level,
        code,
        leader_post=post,
        is_dispute=False,
        outcome=outcome,
        **way,
        **_batches(n, rng),
    )


def _mediations(
    concerns: pd.DataFrame, end: np.datetime64, profile: Profile, rng: np.random.Generator
) -> list[dict]:
    """Sessions on disputes; what is a statutory channel's is not mediated here, nor violence."""
    out = route_out_codes(profile)
    code = concerns["dispute_code"]
    violent = (
        concerns["safety"]
        .astype("str")
        .fillna("")
        .str.split()
        .map(lambda some: "violence" in some)
    )
    ours = concerns[(code.notna() & ~code.isin(out) & ~violent).to_numpy(dtype=bool)]
    ours = ours[rng.random(len(ours)) < _MET]
    made = []
    for concern_id, row in ours.iterrows():
        after = np.datetime64(row["heard_on"], "D") + int(rng.integers(5, 29)) * _DAY
        held = working_days().roll(np.array([after]))[0]
        if not held <= end:
            continue
        grid, village = str(row["grid_id"]), rng.random() < 0.4
        level, place = ("village", grid[:12]) if village else ("township", f"{grid[:9]}000")
        outcome = pick(_OUTCOMES, 1, rng)[0]
        rest: dict[str, Any] = (
            {"agreed_on": held} if outcome in {"settled", "preliminary"} else {}
        )
        if outcome == "settled":
            rest["settlement"] = pick(_WAYS, 1, rng)[0]
        kind = "mediation" if rng.random() < 0.6 else "reasoning"
        persons = int(rng.integers(2, 6))
        made.append(
            _session(
                kind,
                held,
                level,
                place,
                is_dispute=True,
                outcome=outcome,
                concern_ids=concern_id,
                batches=1,
                persons=persons,
                **rest,
            )
        )
    return made


def _backlog(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    end: np.datetime64,
    profile: Profile,
    rng: np.random.Generator,
) -> pd.DataFrame:
    items = [code for code in profile.codes("checklist_item") if code != "none"]
    never = concerns["dispute_code"].isin(route_out_codes(profile)).to_numpy()
    listed: set[str] = set()
    rows = []
    ended = set(concerns.index[~states(concerns, steps, end.astype(object))["is_open"]])
    for number, solved, left, before in _LISTS:
        day = working_days().roll(np.array([end - before * _DAY]))[0]
        known = concerns[~never & (concerns["heard_on"] < pd.Timestamp(day)).to_numpy()]
        stood = states(known, steps, day.astype(object))
        free = known[(stood["state"] != "merged").to_numpy() & stood["is_open"].to_numpy()]
        free = free[~free.index.isin(listed)].sort_values("heard_on", kind="stable")
        since = free.index.isin(ended)
        chosen = [*free.index[since][:solved], *free.index[~since][:left]]
        listed |= set(chosen)
        for concern_id in chosen:
            done = sorted(item for item in items if rng.random() < 0.7)
            rows.append(
                {
                    "concern_id": concern_id,
                    "batch": number,
                    "taken_on": day,
                    "leader_post": _POSTS[int(rng.integers(len(_POSTS)))],
                    "done": " ".join(done) or "none",
                }
            )
    names = ["concern_id", "batch", "taken_on", "leader_post", "done"]
    return _frame("backlog", pd.DataFrame(rows, columns=names), "taken_on", profile, rng)


def _codes(divisions: pd.DataFrame, level: str) -> list[str]:
    chosen = divisions[(divisions["level"] == level).to_numpy()]
    return chosen["code"].astype("str").tolist()
