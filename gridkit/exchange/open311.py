"""Open311 GeoReport v2: matters as service requests, for systems that speak it; read only.

What is told of a matter: what kind it is, how it stands, which unit has it, and the legal
clock as the date to expect. Never a requester, a word of theirs, or a detail of the kind; nor
its own number, which says to the millisecond when somebody knocked.
The place is a point that stands for the grid, and only where at least k matters of that
kind are in it; else the township is named, or nothing. Kinds with fewer than k matters in
the county, and matters of a statutory channel, are left out.

References
----------
Open311 GeoReport v2. https://wiki.open311.org/GeoReport_v2 (read November 2026)
https://github.com/open311/schema-validation, schema/georeport-v2
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.triage.board import townships
from gridkit.triage.clocks import next_due
from gridkit.triage.handling import route_out_codes
from gridkit.triage.standings import states

if TYPE_CHECKING:
    from gridkit.profile import Profile

SMALLEST = 5  # matters of a kind in a cell; R6 of domain.md section 6
REQUEST_FIELDS = (
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
)
"""All fields of a request; the spec's requester fields are in no answer of ours."""


class Terms(NamedTuple):
    """On which terms matters are told to others.

    Attributes
    ----------
    key : bytes
        The workspace's secret: who has not got it cannot tell which number of the ledger
        stands behind an id, nor try out all numbers that there could be.
    points : DataFrame, indexed by `grid_id`, optional
        `lon` and `lat` (WGS-84): a point that stands for each grid, from
        `records.grids.centroid`. No places without it.
    k : int
        Smallest number of matters of one kind in a place that is told, 2 or more.
    names : Series of str, indexed by division code (12 digits) and by `grid_id`, optional
        What townships and grids are called, for `address`; it is empty without a name.
    """

    key: bytes
    points: pd.DataFrame | None = None
    k: int = SMALLEST
    names: pd.Series | None = None


def services(profile: Profile) -> list[dict[str, Any]]:
    """List the kinds of service: the county's demand types.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> services(load_profile())[0]["service_name"]
    '用水'
    """
    return [
        {
            "service_code": kind.code,
            "service_name": kind.zh,
            "description": kind.en,
            "metadata": True,
            "type": "realtime",
            "keywords": ",".join(kind.aka),
            "group": None,
        }
        for kind in profile.choices("demand_type")
    ]


def service_definition(profile: Profile, code: str) -> dict[str, Any] | None:
    """Define one kind of service: its details as one list; None where there is no such kind."""
    if code not in profile.codes("demand_type"):
        return None
    details = [c for c in profile.choices("demand_detail") if c.parent == code]
    return {
        "service_code": code,
        "attributes": [
            {
                "variable": True,
                "code": "demand_detail",
                "datatype": "singlevaluelist",
                "required": False,
                "datatype_description": None,
                "order": 1,
                "description": "具体事项",
                "values": [{"key": c.code, "name": c.zh} for c in details],
            }
        ],
    }


def requests(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    on: dt.date,
    profile: Profile,
    terms: Terms,
) -> pd.DataFrame:
    """Turn matters into service requests that may be given to others.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    on : date
        How matters stand on this day.
    profile : Profile
    terms : Terms

    Returns
    -------
    DataFrame
        `REQUEST_FIELDS`, None where nothing is told; the latest day first, within a day in
        an order that says nothing. Moments are civil days in +08:00: one is heard at its
        start, and expected by its end. A matter keeps its id while the key is kept.

    Raises
    ------
    DataError
        If k is below 2.
    """
    k = terms.k
    if k < 2:
        raise DataError(zh="`k` 须不小于 2。", en="`k` must be 2 or more.")
    past = (concerns["heard_on"] <= pd.Timestamp(on)).to_numpy()
    out = concerns["dispute_code"].isin(route_out_codes(profile)).to_numpy()
    stands = states(concerns, steps, on)
    statutory = (stands["root_state"] == "to_statutory_channel").to_numpy()
    kinds = concerns["demand_type"].astype("str")
    kept = past & ~out & ~statutory
    kept &= _enough(kinds[kept], k).reindex(concerns.index, fill_value=False).to_numpy()
    some = concerns[kept]
    due = next_due(concerns, steps, profile, on)[kept]
    made = _told(some, stands[kept], due, profile)
    made = made.assign(
        service_request_id=[_public_id(str(one), terms.key) for one in some.index]
    )
    made = made.assign(**_places(some, terms), zipcode=None, media_url=None)
    made = made.astype(object).where(made.notna(), None)  # JSON has no NaN
    made = made.sort_values("service_request_id").sort_values(
        "requested_datetime", ascending=False, kind="stable"
    )
    return made[list(REQUEST_FIELDS)].reset_index(drop=True)


def _enough(cells: pd.Series, k: int) -> pd.Series:
    return cells.map(cells.value_counts()).astype("float64") >= k


def _told(
    some: pd.DataFrame, stands: pd.DataFrame, due: pd.DataFrame, profile: Profile
) -> pd.DataFrame:
    runs = due["status"].isin(["running", "overdue"]).to_numpy() & _is_duty(due, profile)
    is_open = (stands["is_open"] | (stands["root_state"] == "merged")).to_numpy(dtype=bool)
    kinds = some["demand_type"].astype("str").to_numpy()
    names = {code: profile.label("demand_type", code) for code in set(kinds)}
    units = stands["unit"].astype("str")
    agencies = {code: profile.label("unit", code) for code in units.dropna().unique()}
    due_on = due["due_on"].where(runs & is_open)
    return pd.DataFrame(
        {
            "status": np.where(is_open, "open", "closed"),
            "status_notes": None,
            "service_name": [names[code] for code in kinds],
            "service_code": kinds,
            "description": [names[code] for code in kinds],
            "agency_responsible": [agencies.get(code) for code in units],
            "service_notice": None,
            "requested_datetime": _moments(some["heard_on"], "00:00:00"),
            "updated_datetime": _moments(stands["since"], "00:00:00"),
            "expected_datetime": _moments(due_on, "23:59:59"),
        }
    ).astype(object)


def _is_duty(due: pd.DataFrame, profile: Profile) -> np.ndarray:
    duties = {clause.id for clause in profile.clauses if clause.kind == "duty"}
    found: np.ndarray = due["clause_id"].isin(duties).to_numpy()
    return found


def _public_id(record_id: str, key: bytes) -> str:
    """Give the id to be told: the ledger's own could be looked up, and says when it was made."""
    told = hmac.new(key, f"gridkit open311 {record_id}".encode(), hashlib.sha256)
    return told.hexdigest()[:32]


def _moments(days: pd.Series, time: str) -> list[str | None]:
    texts = days.dt.strftime("%Y-%m-%d").astype("object")
    return [None if pd.isna(text) else f"{text}T{time}+08:00" for text in texts]


def _places(some: pd.DataFrame, terms: Terms) -> dict[str, Any]:
    """Tell the grid's point and name, the township's, or nothing; no cell has fewer than k."""
    points, k = terms.points, terms.k
    grid = some["grid_id"].astype("str")
    kind = some["demand_type"].astype("str")
    township = townships(some["grid_id"]).astype("str")
    in_grid = _enough(grid + " " + kind, k)
    # the others of a township: those of its told grids apart, or subtraction would tell
    rest = (township + " " + kind)[~in_grid]
    in_township = _enough(rest, k).reindex(some.index, fill_value=False) | in_grid
    point = None if points is None else points.reindex(grid)
    lon, lat = (
        [None] * len(some)
        if point is None
        else [
            None if not told or pd.isna(x) else round(float(x), 5)
            for told, x in zip(in_grid, point[name], strict=True)
        ]
        for name in ("lon", "lat")
    )
    told = township.where(in_township).astype("object")
    named = grid.where(in_grid.to_numpy(), told).map({} if terms.names is None else terms.names)
    return {
        "address": named.to_numpy(dtype=object),
        "address_id": [None if pd.isna(code) else str(code) for code in told],
        "lat": lat,
        "long": lon,
    }
