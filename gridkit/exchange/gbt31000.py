"""Disputes in the shape of GB/T 31000 (综治基础数据), the person fields empty by design.

What is known, and from where:

- The columns and their order are those of one deployed system, whose table and export list
  them so (矛盾纠纷排查化解, an entity of a JeecgBoot program of February 2020; three other
  programs on GitHub hold the same fields). Its 经度 and 纬度 are left out: they would be a
  house. Our own columns stand behind all others.
- The codes of 事件类别 (two levels) and 事件规模 (01 个体性事件, 02 一般群体性事件,
  03 重大群体性事件) are those of the standard's tables, as the program cpjit/img2java read
  them out of the PDF of GB/T 31000-2015 by machine. The standard itself was not read.
- That days are written YYYYMMDD, and success 1 or 0, is told in the comments of another
  deployed program, which cites the standard.
- Unverified: from how many people on an event is 02 or 03 (our 5 and 15), and the codes of
  化解方式 (the same program names their clause, 5.58, without the table): our words stand there.

Whoever takes the file in finds the columns that they expect; those that would name a person,
hold what somebody said, or appraise, are there and stay empty (`domain.md` section 6).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd

from gridkit.exchange.csv_table import write_csv
from gridkit.triage import session_concerns, states
from gridkit.triage.clocks import next_due
from gridkit.triage.handling import route_out_codes

if TYPE_CHECKING:
    from gridkit.profile import Profile

PARTY_FIELDS = (
    "主要当事人证件代码",
    "主要当事人证件号码",
    "主要当事人姓名",
    "主要当事人性别",
    "主要当事人民族",
    "主要当事人学历",
    "主要当事人人员类别",
    "主要当事人居住详址",
)
OFFICER_FIELDS = ("化解责任人姓名", "化解责任人联系方式")
PERSON_FIELDS = (*PARTY_FIELDS, *OFFICER_FIELDS)
"""Always empty: the unit is the matter, never the person."""
FREE_FIELDS = ("事件简述", "化解情况", "考评意见")
"""Always empty: what was said stays in the ledger, which holds no text that was released."""
UNKNOWN_FIELDS = ("涉及单位", "考评日期")
"""Always empty: the ledger holds the unit in charge, not the one at odds, and no appraisal."""
PUBLISHED_FIELDS = (
    "事件名称",
    "发生日期",
    "发生地点",
    "事件规模",
    "事件类别",
    "涉及人数",
    "事件简述",
    "涉及单位",
    *PARTY_FIELDS,
    "化解时限",
    "化解方式",
    "化解组织",
    *OFFICER_FIELDS,
    "化解是否成功",
    "化解情况",
    "考评日期",
    "考评意见",
)
"""The columns of the deployed system, in its order."""
OWN_FIELDS = ("事件编号", "发生地点区划代码", "化解责任单位")
"""Ours, behind them."""
FIELDS = (*PUBLISHED_FIELDS, *OWN_FIELDS)
_SCALES = ((15, "03"), (5, "02"), (1, "01"))  # people: ours, see above
_MEETINGS = ("reasoning", "mediation")


class Told(NamedTuple):
    """What the ledger holds of its disputes: frames, each indexed by record id."""

    concerns: pd.DataFrame
    steps: pd.DataFrame
    sessions: pd.DataFrame
    rooms: pd.DataFrame


def write_disputes(
    told: Told,
    path: str | Path,
    profile: Profile,
    on: dt.date,
    *,
    places: pd.Series | None = None,
    plain: bool = False,
) -> int:
    """Write the disputes of a ledger as CSV for a system of that shape.

    Parameters
    ----------
    told : Told
        The ledger's frames. Concerns with a dispute code are written, but for those of a
        statutory channel.
    path : str or Path
        Replaced if it exists; see `csv_table.write_csv`.
    profile : Profile
        The words for codes, and the clocks.
    on : date
        How the matters stand on this day.
    places : Series of str, indexed by division code or grid id, optional
        Names, for 发生地点: the village or township; its code where no name is known.
    plain : bool
        For a program: no tab behind codes that Excel would make numbers of.

    Returns
    -------
    int
        How many disputes were written.

    Raises
    ------
    StoreError
        If the file cannot be written.

    Notes
    -----
    化解时限 is the last day of the legal clock that runs (`triage.next_due`), empty where
    none runs; 化解组织 the room of the last reasoning or mediation session, else the unit in
    charge (or that had it last); 化解方式 how that session settled it; 化解是否成功 is empty
    while a matter is open.
    """
    concerns, steps = told.concerns, told.steps
    coded = concerns["dispute_code"].notna()
    coded &= ~concerns["dispute_code"].isin(route_out_codes(profile))
    kept = coded.to_numpy()
    some = concerns[kept]
    stands = states(concerns, steps, on)[kept]
    stands = stands.assign(unit=_units(stands, steps))
    due = next_due(concerns, steps, profile, on)[kept]
    meetings = _last_meetings(told).reindex(some.index.astype("str"))
    columns = {
        **_event(some, profile, places),
        **_settled(stands, due, meetings, profile),
        "事件编号": some.index.astype("str"),
        "发生地点区划代码": some["grid_id"].astype("str").str[:12],
        "化解责任单位": _words(stands["unit"], "unit", profile),
    }
    table = pd.DataFrame({name: list(column) for name, column in columns.items()})
    write_csv(table.reindex(columns=list(FIELDS)), path, plain=plain)
    return len(some)


def _event(
    some: pd.DataFrame, profile: Profile, places: pd.Series | None
) -> dict[str, pd.Series]:
    """Tell what is at odds, when, where and how many; never who, and nobody's words."""
    code = some["dispute_code"].astype("str")
    people = some["people_affected"]
    village = some["grid_id"].astype("str").str[:12]
    township = village.str[:9] + "000"
    named = {} if places is None else dict(places.items())
    words = {one: profile.label("dispute_code", one) for one in code.unique()}
    where = [str(named.get(v, named.get(t, v))) for v, t in zip(village, township, strict=True)]
    return {
        "事件名称": code.map(words),
        "发生日期": some["heard_on"].dt.strftime("%Y%m%d"),
        "发生地点": pd.Series(where, index=some.index, dtype="str"),
        "事件规模": people.map(_scale, na_action="ignore").astype("str"),
        "事件类别": code,
        "涉及人数": people,
    }


def _scale(people: float) -> str:
    return next(code for least, code in _SCALES if people >= least)


def _settled(
    stands: pd.DataFrame, due: pd.DataFrame, meetings: pd.DataFrame, profile: Profile
) -> dict[str, pd.Series]:
    runs = due["status"].isin(["running", "overdue"]) & stands["is_open"].astype("bool")
    room = pd.Series(meetings["room"].to_numpy(), index=stands.index, dtype="str")
    ways = pd.Series(meetings["settlement"].to_numpy(), index=stands.index, dtype="str")
    ended = stands["root_state"].astype("str").isin(["closed", "archived"])
    content = stands["content"].fillna(value=False).astype("bool")
    success = content.map({True: "1", False: "0"}).astype("str")
    return {
        "化解时限": due["due_on"].dt.strftime("%Y%m%d").where(runs),
        "化解方式": _words(ways, "settlement", profile),
        "化解组织": room.fillna(_words(stands["unit"], "unit", profile)),
        "化解是否成功": success.where(ended),
    }


def _units(stands: pd.DataFrame, steps: pd.DataFrame) -> pd.Series:
    """Give the unit that has each matter; once it is over, the one that had it last."""
    named = steps[steps["unit"].notna().to_numpy()].sort_values("on", kind="stable")
    had = named.drop_duplicates("concern_id", keep="last").set_index("concern_id")["unit"]
    last = had.astype("str").reindex(stands.index.astype("str"))
    last.index = stands.index
    return stands["unit"].astype("str").fillna(last)


def _words(
    codes: pd.Series, table: Literal["unit", "settlement"], profile: Profile
) -> pd.Series:
    told = codes.map(lambda code: profile.label(table, code), na_action="ignore")
    return told.astype("str")


def _last_meetings(told: Told) -> pd.DataFrame:
    """Give the last reasoning or mediation session about each matter: its room, its way."""
    held = told.sessions[told.sessions["kind"].isin(_MEETINGS).to_numpy()]
    held = held.sort_values("held_on", kind="stable")
    about = session_concerns(held).drop_duplicates("concern_id", keep="last")
    rows = held.loc[about["session_id"]]
    titles = told.rooms["title"].astype("str").to_dict()
    found = {
        "room": rows["room_id"].astype("str").map(titles).to_numpy(),
        "settlement": rows["settlement"].astype("str").to_numpy(),
    }
    return pd.DataFrame(found, index=pd.Index(about["concern_id"].to_numpy(), dtype="str"))
