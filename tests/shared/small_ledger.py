"""Small ledgers that forms correct and reports count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import shapely

import gridkit as gk
from gridkit import reports
from gridkit.records import Concern, Store, Visit, create_store
from gridkit.records.grids import make_grids

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
FIRST, SECOND = GRIDS.index[:2]
SAID = "墙上有 <b>裂缝</b>"
DAY = dt.date(2026, 10, 21)


def corrected_store(tmp_path: Path) -> Iterator[Store]:
    """Make a ledger with one visit and one concern."""
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as made:
        visit = Visit(
            record_id="v1",
            grid_id=FIRST,
            visited_on="2026-11-20",
            outcome="met",
            met_role="owner",
        )
        concern = Concern(
            record_id="c1",
            visit_id="v1",
            grid_id=FIRST,
            source="grid_visit",
            heard_on="2026-11-20",
            demand_type="water",
            demand_detail="water_cut",
            households_affected=4,
            summary=SAID,
            lon=117.402,
            lat=26.702,
            place_source="gps",
            accuracy_m=8,
        )
        made.add([visit, concern], by_role="grid_worker")
        yield made


def counted_desk(tmp_path_factory) -> reports.Desk:
    """Make eight matters of water and roads in two townships, as an office counts them."""
    folder = tmp_path_factory.mktemp("county") / "w"
    workspace = gk.create_workspace(folder, name="青溪县", county_code="990428")
    matters = [
        gk.Concern(
            grid_id=f"99042810{n % 2}001001",
            source="window" if n % 3 else "hotline",
            heard_on="2026-10-01",
            demand_type="water" if n < 5 else "roads",
            summary="=1+1",
        )
        for n in range(8)
    ]
    workspace.store.add(matters, by_role="trainer")
    made = reports.read_desk(workspace, on=DAY)
    workspace.close()
    return made
