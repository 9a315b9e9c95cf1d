"""Submissions as phones store them, and how their answers become cells; for both servers."""

from __future__ import annotations

import csv
import io
import uuid
import zipfile
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridkit.exchange import phone_form
from gridkit.profile import load_profile
from gridkit.records import Store

PROFILE = load_profile()
COUNTY = "990428"
STAMP = str(phone_form(PROFILE).stamp)
GRID, OTHER_GRID = "990428100001001", "990428100001002"
GRIDS = gpd.GeoDataFrame(
    {"name": ["甲", "乙"]},
    geometry=[shapely.box(117.40, 26.70, 117.42, 26.72), shapely.box(117.42, 26.70, 117.44, 26.72)],
    crs=4326,
    index=pd.Index([GRID, OTHER_GRID], name="grid_id"),
)  # fmt: skip
NOON = datetime(2026, 11, 5, 4, 0, tzinfo=UTC)

# where each question stands in the form
DOOR = ("address", "visited_on", "outcome", "met_role", "note")
MATTER = ("demand_type", "demand_detail", "dispute_code", "summary", "wanted")
REACH = ("people_affected", "households_affected", "harm", "basic_need", "safety")
FACTS = ("setting", "hardening", "works_start", "mitigation", "since", "place", "photo")
MANY = {
    name: [c.code for c in PROFILE.choices(name)]
    for name in ("basic_need", "safety", "setting", "hardening", "mitigation")
}
GROUP = {
    **dict.fromkeys(DOOR, "door"),
    **dict.fromkeys(MATTER, "matter"),
    **dict.fromkeys(REACH, "reach"),
    **dict.fromkeys(FACTS, "facts"),
}
TOP = ("gridkit_form", "visit_key", "township", "village", "grid_id")


def key(number: int) -> str:
    """Give an id as a phone draws it."""
    return str(uuid.UUID(int=number, version=4))


def concern(number: int, **answers: str) -> dict[str, str]:
    """Give a concern as a phone stores it."""
    usual = {"demand_type": "water", "demand_detail": "water_cut", "summary": "停水三天"}
    usual |= {"concern_key": key(1000 + number), "heard_on": "2026-11-03"}
    return {n: v for n, v in (usual | answers).items() if v}


def sent(number: int, *concerns: dict[str, str], **about: Any) -> dict[str, Any]:
    """Give a submission as a phone sends it; what starts with an underscore is the server's."""
    usual = {
        "gridkit_form": STAMP,
        "visit_key": key(number),
        "grid_id": GRID,
        "visited_on": "2026-11-03",
        "outcome": "met",
        "met_role": "owner",
        "any_concern": "yes" if concerns else "no",
        "concern_count": str(len(concerns)),
        "_root": f"uuid:{key(5000 + number)}",
        "_instance": f"uuid:{key(5000 + number)}",
        "_state": "",
        "_replaces": "",
    }
    return {**usual, **about, "concerns": list(concerns)}


def usual() -> list[dict[str, Any]]:
    """Give three visits: two concerns with all kinds of answers, nobody at home, one concern."""
    full = concern(
        1,
        safety="house_unsafe no_drinking_water",
        hardening="works_soon",
        works_start="2026-11-20",
        since="2026-10-31",
        households_affected="40",
        place="26.7101 117.4102 190.5 4.8",
    )
    moved = concern(
        2, demand_type="housing_safety", demand_detail="", place="26.711 117.411 0 0"
    )
    return [
        sent(1, full, moved, address="3 栋; “东”门", note="先敲门\n再打招呼"),
        sent(2, outcome="nobody_home", met_role=""),
        sent(3, concern(3), grid_id=OTHER_GRID, address="12 号"),
    ]


def path_of(name: str, joint: str) -> str:
    """Name a question with its group."""
    return f"{GROUP[name]}{joint}{name}" if name in GROUP else name


VISIT_COLUMNS = (*TOP, *DOOR, "any_concern", "concern_count")
CONCERN_COLUMNS = ("concern_key", "heard_on", *MATTER, *REACH, *FACTS)


def to_csv(
    rows: list[dict[str, str]], separator: str = ",", quoting: Any = csv.QUOTE_MINIMAL
) -> bytes:
    """Write rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(rows[0]), delimiter=separator, quoting=quoting, lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(row for row in rows if row.get(next(iter(row))) != "\0")
    return text.getvalue().encode()


def zipped(files: dict[str, bytes]) -> bytes:
    """Pack files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def content(store: Store) -> list[dict[str, Any]]:
    """Give all records of the ledger, by id."""
    made = []
    for kind in ("visit", "concern", "step"):
        ids = sorted(store.frame(kind).index)
        current = store.current(ids)
        made += [{"id": i} | current[i].record.body() for i in ids]
    return made


def reasons(table: pd.DataFrame) -> list[tuple[int, str]]:
    """Give line and reason of each fault."""
    return list(
        zip(table["line"].tolist(), table["reason"].astype("str").tolist(), strict=True)
    )
