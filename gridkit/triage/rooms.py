"""Reasoning rooms (评理室): which there are, who can mediate there by role, where one lacks.

A mediator is a count by kind (lawyers, respected residents, deputies), never a name. How
many rooms there should be is nobody's constant: it is one per division of the county's list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from gridkit.errors import DataError, Problem
from gridkit.profile.divisions import parse_division
from gridkit.records.meetings import LEVELS

MEDIATORS = ("lawyers", "respected_residents", "deputies", "other_mediators")
"""The kinds of mediators that a room counts."""

_LEVELS = tuple(code for code, _, _ in LEVELS)
_WORD = {
    "province": ("省级", "province"),
    "city": ("市级", "city"),
    **{code: (zh, en) for code, zh, en in LEVELS},
}


def open_rooms(rooms: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """List the rooms that are open on a day, the county first.

    Parameters
    ----------
    rooms : DataFrame, indexed by record id
        The ledger's frame of rooms.
    on : date
        The civil day. A room without `opened_on` counts as open from the start, and is open
        up to the day before `shut_on`.

    Returns
    -------
    DataFrame, rows of `rooms` by level and division
        With `mediators` (Int64): all kinds together; missing where no kind was counted.

    Examples
    --------
    >>> rooms = pd.DataFrame({
    ...     "title": ["古镇评理室"], "level": ["township"], "division_code": ["990428100000"],
    ...     "opened_on": pd.to_datetime(["2026-01-05"]), "shut_on": pd.to_datetime([None]),
    ...     "lawyers": [2], "respected_residents": [3], "deputies": [None],
    ...     "other_mediators": [None],
    ... }, index=["r1"])
    >>> open_rooms(rooms, dt.date(2026, 3, 1))["mediators"].tolist()
    [5]
    >>> len(open_rooms(rooms, dt.date(2026, 1, 4)))
    0
    """
    day = pd.Timestamp(on)
    is_open = ~(rooms["opened_on"] > day) & ~(rooms["shut_on"] <= day)
    some = rooms[is_open.to_numpy(dtype=bool)]
    counted = some[list(MEDIATORS)].astype("Float64")
    total = counted.sum(axis=1, min_count=1).astype("Int64")
    order = np.lexsort(
        (
            some["title"].to_numpy(dtype="U"),
            some["division_code"].to_numpy(dtype="U"),
            pd.Categorical(some["level"], categories=_LEVELS).codes,
        )
    )
    return some.assign(mediators=total).iloc[order]


def room_coverage(
    rooms: pd.DataFrame, divisions: Iterable[str], on: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell on each level how many divisions have a room, and which have none.

    Parameters
    ----------
    rooms : DataFrame
        The ledger's frame of rooms.
    divisions : iterable of str
        The 12-digit codes of the county's own list: county, townships, villages.
    on : date

    Returns
    -------
    counts : DataFrame, indexed by level
        `divisions`, `with_room`, `without_room`, `rooms`, `elsewhere` (int64): rooms whose
        division is not on the list.
    lacking : DataFrame
        `level` (category), `division_code` (str): each division without an open room.

    Raises
    ------
    DataError
        If a code is no division.
    """
    listed = sorted({parse_division(code) for code in divisions})
    found = open_rooms(rooms, on)
    there = found["division_code"].astype("str")
    rows, lacking = [], []
    for level in _LEVELS:
        codes = {d.code for d in listed if d.level == level}
        mine = there[(found["level"].astype("str") == level).to_numpy()]
        served = codes & set(mine)
        rows.append(
            {
                "level": level,
                "divisions": len(codes),
                "with_room": len(served),
                "without_room": len(codes) - len(served),
                "rooms": len(mine),
                "elsewhere": int((~mine.isin(codes)).sum()),
            }
        )
        lacking += [(level, code) for code in sorted(codes - served)]
    counts = pd.DataFrame(rows).set_index("level")
    missing = pd.DataFrame(lacking, columns=["level", "division_code"]).astype("str")
    missing["level"] = pd.Categorical(missing["level"], categories=_LEVELS)
    return counts, missing


def room_problems(rooms: pd.DataFrame) -> list[Problem]:
    """List what does not fit together in the registry; nothing is refused for it.

    Parameters
    ----------
    rooms : DataFrame, indexed by record id
        The ledger's frame of rooms.

    Returns
    -------
    list of Problem
        Rooms whose division is on another level or no division at all; rooms that stand
        twice under one title in one division.
    """
    twice = rooms.duplicated(["title", "division_code"], keep="first")
    found: list[Problem] = []
    for room_id, level, code, again in zip(
        rooms.index, rooms["level"].astype("str"), rooms["division_code"], twice, strict=True
    ):
        found += _level_problems(str(room_id), str(level), str(code))
        if again:
            said = "同一区划已有同名评理室", "the division has a room of this title already"
            found.append(Problem(str(room_id), "title", *said))
    return found


def _level_problems(row: str, level: str, code: str) -> Iterator[Problem]:
    try:
        actual = parse_division(code).level
    except DataError as error:
        yield Problem(row, "division_code", error.zh, error.en)
        return
    if actual != level:
        zh, en = _WORD[level]
        other_zh, other_en = _WORD[actual]
        yield Problem(
            row,
            "division_code",
            f"评理室为{zh}, 区划代码却是{other_zh}; 请改其一",
            f"the room is of the {en}, its division of the {other_en}; correct one of them",
        )
