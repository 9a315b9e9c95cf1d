"""A place is picked on a map or found by the device; its source and accuracy are kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely

from gridkit.forms import VisitForm
from gridkit.records import create_store
from gridkit.records.grids import make_grids

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
FIRST, SECOND = GRIDS.index[:2]


@pytest.fixture
def store(tmp_path):
    """Make an empty ledger."""
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as made:
        yield made


@pytest.fixture
def form(store):
    """Open a form at a door, with one concern and its map."""
    made = VisitForm(store, GRIDS)
    made.grid.load(FIRST)
    made.visit.fields["outcome"].load("nobody_home")
    card = made.add_concern()
    card.section.fields["demand_type"].load("water")
    card.place.map_button.click()
    return made


def pick(form, lon: float, lat: float, source: str, accuracy_m: float | None) -> None:
    """Pick a point as the map does."""
    form.concerns[0].place.map.point = {
        "lat": lat, "lon": lon, "accuracy_m": accuracy_m, "source": source, "at": "",
    }  # fmt: skip


@pytest.mark.parametrize(("source", "accuracy_m"), [("map", None), ("gps", 12.0)])
def test_a_picked_place_is_saved_with_its_source(store, form, source, accuracy_m):
    """The record says whether it was tapped or found by satellite, and how accurately."""
    pick(form, 117.4020001, 26.702, source, accuracy_m)

    form.save()

    concern = store.frame("concern").iloc[0]
    assert (concern["lon"], concern["lat"]) == (117.402, 26.702)
    assert concern["place_source"] == source
    assert concern["accuracy_m"] == accuracy_m or accuracy_m is None


def test_a_fix_that_is_changed_by_hand_is_typed(form):
    """Another number typed over a fix is no fix; the old accuracy goes."""
    pick(form, 117.402, 26.702, "gps", 12.0)

    form.concerns[0].section.fields["lon"].input.value = "117.403"

    place = form.concerns[0].place
    assert (place.source, place.accuracy_m) == ("typed", None)


def test_a_picked_place_in_another_grid_asks(store, form):
    """A tap beyond the border is not taken silently, nor moved."""
    pick(form, 117.4075, 26.7022, "map", None)

    form.save()
    assert len(store.frame("concern")) == 0
    assert "另一个网格" in form.concerns[0].place.fault().zh
    form.concerns[0].place.agree_button.click()
    form.save()
    assert store.frame("concern")["grid_id"].tolist() == [SECOND]


def test_the_map_follows_what_is_typed(form):
    """Typed numbers move the pin; the map knows the grid of the visit."""
    place = form.concerns[0].place
    place.centroid_button.click()

    assert tuple(place.map.shown) == place.point
    assert place.map.home == FIRST
    place.map_button.click()
    assert place.map.layout.display == "none"
    assert place.point is not None


def test_a_draft_keeps_where_the_place_is_from(store, form):
    """A fix that comes back from a draft is still a fix, and consent is still given."""
    pick(form, 117.4075, 26.7022, "gps", 9.0)
    form.concerns[0].place.agree_button.click()
    form.concerns[0].section.fields["summary"].input.value = "x"

    again = VisitForm(store, GRIDS)
    again.keeper.resume(form.keeper.draft_id)

    place = again.concerns[0].place
    assert (place.source, place.accuracy_m, place.grid_id) == ("gps", 9.0, SECOND)
