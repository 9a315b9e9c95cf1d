"""A form that is left open past midnight: the date that it gives, and what counts as a draft."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import shapely

from gridkit.forms import Desk, RecordScreen, VisitForm
from gridkit.records import create_store
from gridkit.records.drafts import Drafts
from gridkit.records.grids import make_grids

GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
EVENING = datetime(2026, 11, 22, 15, 50, tzinfo=UTC)  # ten to midnight in Shanghai
YESTERDAY, TODAY = date(2026, 11, 22), date(2026, 11, 23)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = EVENING

    def __call__(self) -> datetime:
        """Give the moment to which it is set."""
        return self.now

    def pass_midnight(self) -> None:
        """Let twenty minutes pass."""
        self.now += timedelta(minutes=20)


@pytest.fixture
def clock():
    """Give a clock, ten minutes before midnight."""
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    """Make an empty ledger that goes by the clock."""
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=clock) as made:
        yield made


def drafts(store) -> list[dict]:
    """Give the answers to the visit's questions in each draft."""
    return [draft.content["visit"] for draft in Drafts.beside(store.path).listed()]


def test_a_blank_form_takes_the_day_on_which_it_is_filled_in(store, clock):
    """The first answer after midnight brings today's date, in the form and in the ledger."""
    form = VisitForm(store, GRIDS)
    assert form.visit.value == {"visited_on": YESTERDAY}
    clock.pass_midnight()

    form.grid.load(str(GRIDS.index[0]))
    assert form.visit.value["visited_on"] == TODAY
    form.visit.fields["outcome"].load("nobody_home")
    saved = form.save()

    assert saved is not None
    assert saved.visit.visited_on == TODAY


def test_a_concern_opened_first_brings_the_new_day_too(store, clock):
    """A card opened in the blank form is heard on the new day."""
    form = VisitForm(store, GRIDS)
    clock.pass_midnight()

    form.add_concern()

    assert form.visit.value["visited_on"] == TODAY


def test_what_was_begun_before_midnight_keeps_its_day(store, clock):
    """A visit that was half written down is of the day on which it was made."""
    form = VisitForm(store, GRIDS)
    form.visit.fields["address"].input.value = "3 栋"
    clock.pass_midnight()

    form.grid.load(str(GRIDS.index[0]))
    form.visit.fields["outcome"].load("nobody_home")
    saved = form.save()

    assert saved is not None
    assert saved.visit.visited_on == YESTERDAY


def test_a_date_that_was_chosen_is_not_changed(store, clock):
    """A day that a person put there stays, whatever the clock says."""
    form = VisitForm(store, GRIDS)
    clock.pass_midnight()

    form.visit.fields["visited_on"].load(date(2026, 11, 20))
    form.grid.load(str(GRIDS.index[0]))

    assert form.visit.value["visited_on"] == date(2026, 11, 20)


@pytest.mark.parametrize("typed_before", [True, False])
def test_a_form_that_is_blank_again_is_no_draft(store, clock, typed_before):
    """What was typed and taken away leaves no draft behind, on either side of midnight."""
    form = VisitForm(store, GRIDS)
    address = form.visit.fields["address"].input
    if typed_before:
        address.value = "3 栋"
        assert len(drafts(store)) == 1
    clock.pass_midnight()
    address.value = "4 栋"
    assert len(drafts(store)) == 1

    address.value = ""

    assert drafts(store) == []


def test_putting_aside_a_blank_form_gives_the_new_day(store, clock):
    """The next door's form is of today, and nothing of the blank one is kept."""
    form = VisitForm(store, GRIDS)
    clock.pass_midnight()

    form.park()

    assert form.visit.value == {"visited_on": TODAY}
    assert drafts(store) == []


def test_the_list_of_the_day_begins_anew(store, clock):
    """After midnight a save lists the new day's visits, and scores only its concerns."""
    screen = RecordScreen(Desk(store, GRIDS), with_map=False)
    ids = []
    for _ in range(2):
        screen.form.grid.load(str(GRIDS.index[0]))
        screen.form.visit.fields["outcome"].load("met")
        screen.form.visit.fields["met_role"].load("owner")
        card = screen.form.add_concern()
        card.section.load({"demand_type": "water", "harm": "livelihood"})
        saved = screen.form.save()
        assert saved is not None
        ids.append(saved.concerns[0].record_id)
        assert list(screen.day.advice.index) == ids[-1:]
        clock.pass_midnight()
