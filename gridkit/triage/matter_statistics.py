"""Statistics of matters: how many, how they ended, what is overdue where, and closed loops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from gridkit.profile import Profile
from gridkit.triage.board import townships
from gridkit.triage.clocks import next_due
from gridkit.triage.handling import route_out_codes
from gridkit.triage.margins import PERIODS, check_dimensions, periods, with_margins
from gridkit.triage.standings import states
from gridkit.triage.timeline import LIFE, days, in_order, positions

MATTER_DIMENSIONS = ("demand_type", "source", "unit", "unit_level", "township", *PERIODS)
"""What matters are grouped by."""

FATES = ("open", "merged", "struck_off", "withdrawn", "statutory")
"""How a matter stands in the figures: each is exactly one of these.

`open` are those of the board and the worklist; `merged` follow a root that is open (once it
has ended, they count as it does).
"""

_FACTS = ("answered", "verified", "content")
_COUNTS = (
    "matters",
    *FATES,
    "by_exception",
    *_FACTS,
    "loop_closed",
    "overdue",
    "overdue_by_unit",
)


def matter_statistics(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    on: dt.date,
    profile: Profile,
    by: Sequence[str] = (),
    *,
    span: tuple[dt.date, dt.date] | None = None,
) -> pd.DataFrame:
    """Count matters by how they stand on a day.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    on : date
        The civil day to look from; what came later is not looked at.
    profile : Profile
        Clauses, units and route-out codes.
    by : sequence of str
        Some of `demand_type`, `source`, `unit` (that has it), `unit_level`, `township`,
        `year`, `quarter`, `month` and `half_month` (when it was heard); the total alone by
        default.
    span : (date, date), optional
        Only matters heard between the two days, both inclusive.

    Returns
    -------
    DataFrame, indexed by `by`; `all` is the margin, `not_said` a gap in the record
        int64: `matters` = `open` + `merged` + `struck_off` + `withdrawn` + `statutory`;
        `by_exception`, `answered`, `verified`, `content`, `loop_closed`, `overdue`,
        `overdue_by_unit`. Float64: `loop_closed_rate`, `overdue_rate`, shares of 1, missing
        where they divide by 0. `explain_measures` says how each is counted. All counts sum
        to their margins; rates do not.

    Raises
    ------
    DataError
        If it is grouped by anything else.

    Notes
    -----
    A unit with many overdue matters may have the hardest or the most: compare it with
    itself over time rather than with others.
    """
    check_dimensions(by, MATTER_DIMENSIONS)
    table = figures(concerns, steps, on, profile)
    heard = table["heard_on"]
    first, last = span or (dt.date(1970, 1, 1), on)
    within = heard.between(pd.Timestamp(first), pd.Timestamp(min(last, on))).to_numpy()
    some = table[within]
    keys = {name: _dimension(some, name, profile) for name in by}
    rows = some[list(_COUNTS)].assign(**keys).reset_index(drop=True)
    counted = with_margins(rows, by, _COUNTS)
    ours = counted["matters"] - counted["withdrawn"] - counted["statutory"]
    return counted.assign(
        loop_closed_rate=_share(counted["loop_closed"], ours),
        overdue_rate=_share(counted["overdue"], counted["open"]),
    )


def figures(
    concerns: pd.DataFrame, steps: pd.DataFrame, on: dt.date, profile: Profile
) -> pd.DataFrame:
    """Give each matter's part in the figures: zeros and ones, and what it is grouped by.

    Parameters
    ----------
    concerns, steps, on, profile
        As for `matter_statistics`.

    Returns
    -------
    DataFrame, indexed like `concerns`
        The counts (int64, 0 or 1); `demand_type`, `dispute_code`, `source`, `unit`,
        `grid_id` (category), `heard_on` (datetime64[s]).
    """
    stands = states(concerns, steps, on)
    followed = stands.index.get_indexer(pd.Index(stands["root_id"].astype("str")))
    root = np.where(followed >= 0, followed, np.arange(len(stands)))
    fate = _fates(concerns, steps, stands, on, profile)
    struck = fate == FATES.index("struck_off")
    special = stands["special"].to_numpy()[root] & struck
    facts = {name: stands[name].to_numpy()[root] for name in _FACTS}
    loop = struck & ~special & np.logical_and.reduce([facts[name] for name in _FACTS])
    due = next_due(concerns, steps, profile, on)
    overdue = (due["status"] == "overdue").to_numpy() & (fate == FATES.index("open"))
    at_unit = overdue & (due["turn"] == "unit").to_numpy() & stands["unit"].notna().to_numpy()
    counts = {
        "matters": np.ones(len(fate)),
        **{name: fate == number for number, name in enumerate(FATES)},
        "by_exception": special,
        **facts,
        "loop_closed": loop,
        "overdue": overdue,
        "overdue_by_unit": at_unit,
    }
    made = pd.DataFrame(counts, index=concerns.index).astype("int64")
    return made.assign(
        unit=stands["unit"],
        **concerns[["demand_type", "dispute_code", "source", "grid_id", "heard_on"]],
    )


def _fates(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    stands: pd.DataFrame,
    on: dt.date,
    profile: Profile,
) -> np.ndarray:
    """Give the place in `FATES` of each matter; a merged one has its ended root's."""
    state = stands["root_state"].astype("str").to_numpy(dtype=object)
    archived = stands.index[state == "archived"]
    of_archived = stands["root_id"].astype("str").fillna(stands.index.to_series())
    taken_back = _taken_back(steps, pd.Index(of_archived.loc[archived].unique()), on)
    withdrawn = (state == "withdrawn") | (
        (state == "archived") & of_archived.isin(taken_back).to_numpy()
    )
    # one whose root is in a loop of merges, or not there, waits for a person
    waits = stands["is_open"].to_numpy() | (state == "merged")
    merged = (stands["state"] == "merged").to_numpy() & waits
    routed_out = concerns["dispute_code"].isin(route_out_codes(profile)).to_numpy()
    return np.select(
        [routed_out | (state == "to_statutory_channel"), withdrawn, merged, stands["is_open"]],
        [FATES.index(name) for name in ("statutory", "withdrawn", "merged", "open")],
        FATES.index("struck_off"),
    )


def _taken_back(steps: pd.DataFrame, archived: pd.Index, on: dt.date) -> set[str]:
    """Give those of some archived matters that were withdrawn before, not closed."""
    ends = steps[steps["action"].isin(["closed", "withdrawn"]).to_numpy()]
    ends = ends[(ends["on"] <= pd.Timestamp(on)).to_numpy()]
    owner = ends["concern_id"].astype("str")
    ends, owner = ends[owner.isin(archived).to_numpy()], owner[owner.isin(archived).to_numpy()]
    rank = ends["action"].astype("str").map(LIFE).to_numpy(dtype="int64")
    order = in_order(positions(owner, archived), days(ends["on"]), ends.index, rank)
    last = ends.assign(concern_id=owner).iloc[order].drop_duplicates("concern_id", keep="last")
    return set(last.loc[(last["action"] == "withdrawn").to_numpy(), "concern_id"])


def _dimension(table: pd.DataFrame, name: str, profile: Profile) -> pd.Series:
    if name in PERIODS:
        return periods(table["heard_on"], name)
    if name == "township":
        return townships(table["grid_id"]).astype("str")
    if name == "unit_level":
        levels = {unit.code: unit.level for unit in profile.units}
        return table["unit"].astype("str").map(levels).astype("str")
    return table[name].astype("str")


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return (part / whole.where(whole > 0)).astype("Float64")
