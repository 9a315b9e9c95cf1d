"""The map beside the form: a frame that can do nothing but draw, and is small enough for a cell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely

from gridkit.forms import Desk
from gridkit.forms.live_map import LiveMap
from gridkit.records import Concern, create_store
from gridkit.records.grids import make_grids

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GRIDS = make_grids(shapely.box(117.30, 26.60, 117.42, 26.735), 500, "990428", 40)
MOST = 3_000_000  # methods.md section 2: beyond it a notebook cell is slow to take a frame


@pytest.fixture
def live(tmp_path):
    """Draw the map of a county of some 600 grids with matters of today, as when it is seen."""
    some = GRIDS.index[:: len(GRIDS) // 40]
    middles = GRIDS.geometry.loc[some].representative_point()
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as store:
        store.add(
            [
                Concern(
                    grid_id=str(grid), source="grid_visit", heard_on=store.today(),
                    demand_type="water", lon=round(point.x, 6), lat=round(point.y, 6),
                    place_source="map", summary="</script><b>水电站</b>",
                )
                for grid, point in middles.items()
            ],
            by_role="grid_worker",
        )  # fmt: skip
        made = LiveMap(Desk(store, GRIDS))
        made.eye.look(sees=True)
        yield made


def test_the_map_is_a_sandboxed_frame_of_at_most_three_megabytes(live):
    """It may run its own script and nothing else: no form, no page above, no network, no words."""
    page = live.children[-1].value

    assert live.drawn == 1
    assert len(GRIDS) > 550
    assert 'sandbox="allow-scripts"' in page
    assert len(page.encode()) < MOST
    assert "水电站" not in page
