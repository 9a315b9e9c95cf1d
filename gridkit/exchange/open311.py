"""Open311 GeoReport v2: matters as service requests, for systems that speak it; read only.

What is told of a matter: what kind it is, how it stands, which unit has it, and the legal
clock as the date to expect. Never a requester, a word of theirs, or a detail of the kind.
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
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.records.ids import is_dated
from gridkit.triage.board import townships
from gridkit.triage.clocks import next_due
from gridkit.triage.handling import route_out_codes
from gridkit.triage.standings import states

if TYPE_CHECKING:
    from gridkit.profile import Profile

SMALLEST = 5  # matters of a kind in a cell; R6 of domain.md section 6
DAYS, MOST = 90, 1000
"""What is given where nothing is asked: the span of days and the number, as the spec says."""
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
    points: pd.DataFrame | None = None,
    *,
    k: int = SMALLEST,
) -> pd.DataFrame:
    """Turn matters into service requests that may be given to others.

    Parameters
    ----------
    concerns, steps : DataFrame
        The ledger's frames, indexed by record id.
    on : date
        How matters stand on this day.
    profile : Profile
    points : DataFrame, indexed by `grid_id`, optional
        `lon` and `lat` (WGS-84): a point that stands for each grid, from
        `records.grids.centroid`. No places without it.
    k : int
        Smallest number of matters of one kind in a place that is told, 2 or more.

    Returns
    -------
    DataFrame
        `REQUEST_FIELDS`, None where nothing is told; the latest first. Moments are civil
        days in +08:00: one is heard at its start, and expected by its end.

    Raises
    ------
    DataError
        If k is below 2.
    """
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
    made = made.assign(**_places(some, points, k), zipcode=None, media_url=None)
    made = made.astype(object).where(made.notna(), None)  # JSON has no NaN
    latest = np.argsort(-some["heard_on"].to_numpy().astype("int64"), kind="stable")
    return made[list(REQUEST_FIELDS)].iloc[latest].reset_index(drop=True)


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
            "service_request_id": [_public_id(str(one)) for one in some.index],
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


def _public_id(record_id: str) -> str:
    """Give the id to be told: an imported number could be looked up elsewhere, so its hash."""
    if is_dated(record_id):
        return record_id
    return hashlib.sha256(f"gridkit open311 {record_id}".encode()).hexdigest()[:32]


def _moments(days: pd.Series, time: str) -> list[str | None]:
    texts = days.dt.strftime("%Y-%m-%d").astype("object")
    return [None if pd.isna(text) else f"{text}T{time}+08:00" for text in texts]


def _places(some: pd.DataFrame, points: pd.DataFrame | None, k: int) -> dict[str, Any]:
    """Tell the grid's point, the township's code, or nothing; no cell has fewer than k."""
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
    address = [None if pd.isna(code) else str(code) for code in told]
    return {"address": address, "address_id": address, "lat": lat, "long": lon}


def select(
    table: pd.DataFrame,
    on: dt.date,
    *,
    ids: Collection[str] = (),
    codes: Collection[str] = (),
    status: Collection[str] = (),
    span: tuple[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Choose requests as the spec's parameters do; by ids alone, or else by all the others.

    Parameters
    ----------
    table : DataFrame
        From `requests`.
    on : date
        The last 90 days before it, at most 1000, where no span is given.
    ids, codes, status : collection of str
        `service_request_id`, `service_code`, `status`; none asks nothing.
    span : (str, str), optional
        `start_date` and `end_date` as W3C datetimes or days.

    Returns
    -------
    list of dict
    """
    if ids:
        kept = table["service_request_id"].isin(list(ids)).to_numpy()
    else:
        first, last = span or ((on - dt.timedelta(days=DAYS)).isoformat(), on.isoformat())
        day = table["requested_datetime"].astype("str").str[:10]
        kept = ((day >= first[:10]) & (day <= last[:10])).to_numpy()
        for name, wanted in (("service_code", codes), ("status", status)):
            if wanted:
                kept = kept & table[name].isin(list(wanted)).to_numpy()
    rows = table[kept].head(MOST).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def to_xml(root: str, item: str, rows: Sequence[dict[str, Any]]) -> bytes:
    """Write rows as the spec's XML.

    Examples
    --------
    >>> to_xml("services", "service", [{"service_code": "a&b", "group": None}])[39:]
    b'<services><service><service_code>a&amp;b</service_code><group /></service></services>'
    """
    top = ET.Element(root)
    for row in rows:
        _append(ET.SubElement(top, item), row)
    written: bytes = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return written


_ITEMS = {"attributes": "attribute", "values": "value"}


def _append(parent: ET.Element, row: dict[str, Any]) -> None:
    for name, value in row.items():
        child = ET.SubElement(parent, name)
        if isinstance(value, list):
            for one in value:
                _append(ET.SubElement(child, _ITEMS[name]), one)
        elif value is not None:
            child.text = str(value).lower() if isinstance(value, bool) else str(value)
