"""Fast at the door: one key for nobody home, and what was heard here last time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridkit.forms import Desk, VisitForm
from gridkit.forms.lookup import categories, find, spells
from gridkit.forms.past import Past
from gridkit.profile import load_profile
from gridkit.records import Concern, Step, Visit, create_store
from gridkit.records.grids import make_grids

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
FIRST, SECOND = GRIDS.index[:2]
EVERY = categories(load_profile())


def visit(number: int, grid_id: str, address: str, **more):
    """Make a visit so many days ago."""
    day = NOW.date() - timedelta(days=number)
    answers = {"outcome": "met", "met_role": "owner", **more}
    return Visit(
        record_id=f"v{number}", grid_id=grid_id, address=address, visited_on=day, **answers
    )


@pytest.fixture
def store(tmp_path):
    """Make a ledger in which one door was visited three times."""
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as made:
        heard = Concern(
            record_id="c1",
            visit_id="v9",
            grid_id=FIRST,
            source="grid_visit",
            heard_on=NOW.date() - timedelta(days=9),
            demand_type="water",
            demand_detail="water_cut",
            households_affected=40,
            summary="三天没有水",
            lon=117.402,
            lat=26.702,
            place_source="gps",
            accuracy_m=8,
        )
        visits = [
            visit(30, FIRST, "3栋201", met_role="tenant"),
            visit(9, FIRST, "3 栋 201"),
            visit(2, FIRST, "3 栋 201", outcome="nobody_home", met_role=None),
            visit(5, FIRST, "4 栋"),
            visit(1, SECOND, "9 栋"),
        ]
        step = Step(concern_id="c1", action="registered", on=heard.heard_on)
        made.add([*visits, heard, step], by_role="grid_worker")
        yield made


@pytest.fixture
def form(store):
    """Make a form that knows the ledger's past."""
    return VisitForm(store, GRIDS, past=Past(Desk(store, GRIDS)))


def test_nobody_home_is_one_click(store, form):
    """With grid and address given, one click notes and saves the visit."""
    form.grid.load(FIRST)
    form.visit.fields["address"].input.value = "5 栋"

    form.door.nobody_button.click()

    visits = store.frame("visit")
    assert len(visits) == 6
    assert visits.set_index("address")["outcome"]["5 栋"] == "nobody_home"


def test_nobody_home_without_a_grid_is_not_saved(store, form):
    """The one click leaves out no rule."""
    form.door.nobody_button.click()

    assert "visit.grid_id" in form.errors
    assert len(store.frame("visit")) == 5


@pytest.mark.parametrize("said", ["met", "concern"])
def test_nobody_home_never_writes_over_what_was_said(said, store, form):
    """Where somebody was met, or a concern is written, the one key saves nothing and says so."""
    form.grid.load(FIRST)
    if said == "met":
        form.visit.load({"grid_id": FIRST, "outcome": "met", "met_role": "owner"})
    else:
        form.add_concern().section.fields["summary"].load("三天没有水")
    before = form.value

    form.door.nobody_button.click()

    assert form.value == before
    assert "没有保存" in form.message
    assert len(store.frame("visit")) == 5


def test_addresses_of_the_grid_are_offered_latest_first(form):
    """Each address once, as it was written last, of this grid only; none is filled in."""
    form.grid.load(FIRST)

    field = form.visit.fields["address"]
    assert field.input.options == ("3 栋 201", "4 栋")
    assert field.value is None


def test_last_time_is_told_and_nothing_filled_in(form):
    """The door is known by its address, spaces or not; what was heard stays an offer."""
    form.grid.load(FIRST)
    form.visit.fields["address"].input.value = "3栋201"

    told = "".join(w.value for w in form.door.children[1].children if hasattr(w, "value"))
    assert "上次 2026年11月13日 来过" in told
    assert form.value["visit"].keys() == {"grid_id", "address", "visited_on"}
    assert len(form.door.carry_buttons) == 1
    form.door.met_button.click()
    assert form.value["visit"]["met_role"] == "owner"


def test_what_is_still_so_is_carried_and_marked(store, form):
    """A push takes over the answers of last time, each marked until somebody changes it."""
    form.grid.load(FIRST)
    form.visit.fields["address"].input.value = "3栋201"
    form.door.met_button.click()

    form.door.carry_buttons[0].click()

    card = form.concerns[0]
    fields = card.section.fields
    assert card.value["demand_detail"] == "water_cut"
    assert (card.place.source, card.place.accuracy_m) == ("gps", 8)
    assert "上次 (2026-11-13) 的回答" in fields["households_affected"].children[-1].value
    fields["households_affected"].input.value = "60"
    assert "上次" not in fields["households_affected"].children[-1].value
    form.save()
    carried = store.frame("concern").drop(index="c1").iloc[0]
    assert carried["households_affected"] == 60
    assert carried["summary"] == "三天没有水"
    assert carried["heard_on"].date() == NOW.date()


def test_an_earlier_place_of_the_door_is_offered(form):
    """The place of the last concern here is one click away, marked as matched by address."""
    form.grid.load(FIRST)
    form.visit.fields["address"].input.value = "3栋201"
    place = form.add_concern().place

    assert place.known_button.layout.display is None
    assert place.point is None
    place.known_button.click()
    assert (place.point, place.source) == ((117.402, 26.702), "address")


def test_after_a_save_the_new_address_is_known(form):
    """The door that was just visited is offered for the next."""
    form.grid.load(SECOND)
    form.visit.fields["address"].input.value = "10 栋"
    form.door.nobody_button.click()
    form.door.forget()

    form.grid.load(SECOND)

    assert set(form.visit.fields["address"].input.options) >= {"9 栋"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("停水", "用水 · 停水断水"),
        ("ts", "用水 · 停水断水"),
        ("tingshui", "用水 · 停水断水"),
        ("ting'sh", "用水 · 停水断水"),
        ("ＴＳ", "用水 · 停水断水"),
        ("没水", "用水 · 停水断水"),
        ("water cut", "用水 · 停水断水"),
        ("tqgz", "劳动报酬 · 拖欠工资"),
        ("拆迁", "旧城改造"),
    ],
)
def test_a_category_is_found_by_what_people_say(typed, found):
    """Synonyms, pinyin initials, syllables and English come to the same first offer."""
    assert find(typed, EVERY)[0].words.zh == found


def test_every_category_is_found_by_its_label():
    """No category is out of reach: its own words bring it up first."""
    for one in EVERY:
        last = one.words.zh.rpartition(" · ")[2]
        assert last in [found.words.zh.rpartition(" · ")[2] for found in find(last, EVERY)[:3]]


@given(st.text(max_size=12))
def test_a_search_never_breaks(typed):
    """Whatever is typed, at most eight categories come back, none of them twice."""
    found = find(typed, EVERY)

    assert len(found) <= 8
    assert len(set(found)) == len(found)


def test_all_readings_of_a_character_count():
    """长 is found as chang and as zhang; a tone or a phrase need not be known."""
    assert spells("c", "长")
    assert spells("z", "长")
    assert not spells("b", "长")


def test_picking_a_category_chooses_in_the_lists(form):
    """The search holds no answer itself: type and detail are chosen where all can see them."""
    card = form.add_concern()

    card.search.typed = "ts"
    card.search.pick(0)

    assert card.section.value == {"demand_type": "water", "demand_detail": "water_cut"}
    card.search.pick(99)
    assert card.section.value == {"demand_type": "water", "demand_detail": "water_cut"}


def test_disputes_are_narrowed_to_the_demand_and_all_are_one_choice_away(form):
    """Those that go with the demand come first; an answer given before is never dropped."""
    fields = form.add_concern().section.fields
    dispute = fields["dispute_code"]
    every = dispute.choices

    fields["demand_type"].input.value = "wages"

    assert {code[:2] for code in dispute.choices[:-1]} == {"05", "07"}
    dispute.input.index = len(dispute.choices)
    assert dispute.choices == every
    assert dispute.value is None
    assert dispute.fault is None
    dispute.input.value = "0901"
    fields["demand_type"].input.value = "water"
    assert dispute.value == "0901"


def test_a_draft_keeps_a_dispute_beyond_the_narrow_list(form, store):
    """What was chosen from the whole list comes back from a draft."""
    fields = form.add_concern().section.fields
    fields["demand_type"].input.value = "wages"
    fields["dispute_code"].load("0901")

    again = VisitForm(store, GRIDS)
    again.keeper.resume(form.keeper.draft_id)

    assert again.concerns[0].section.value["dispute_code"] == "0901"
