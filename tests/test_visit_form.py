"""A visit is typed, checked, saved once, and nothing typed is ever lost."""

from __future__ import annotations

from datetime import UTC, date, datetime

import ipywidgets
import pytest
import shapely

from gridkit.forms import VisitForm
from gridkit.forms.concern_card import FROM_VISIT, GROUPS
from gridkit.records import create_store
from gridkit.records.grids import make_grids
from gridkit.records.spec import CONCERN, VISIT

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
FIRST, SECOND = GRIDS.index[:2]


@pytest.fixture
def store(tmp_path):
    """Make an empty ledger with a clock that stands still."""
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as made:
        yield made


@pytest.fixture
def form(store):
    """Make an empty form."""
    return VisitForm(store, GRIDS)


def fill(form: VisitForm) -> None:
    """Answer as a person would: one visit, one concern."""
    form.grid.input.value = "001"
    form.visit.fields["address"].input.value = "3 栋 201"
    form.visit.fields["outcome"].input.value = "met"
    form.visit.fields["met_role"].input.value = "owner"
    card = form.add_concern()
    fields = card.section.fields
    fields["demand_type"].input.value = "water"
    fields["demand_detail"].input.value = "water_cut"
    fields["summary"].input.value = "三天没有水"
    fields["households_affected"].input.value = "４０"
    fields["harm"].input.value = "livelihood"
    fields["basic_need"].tick("water")
    fields["since"].input.value = "11-19"


def widgets_in(root) -> list:
    """List all widgets below one."""
    found = [root]
    for child in getattr(root, "children", ()):
        found += widgets_in(child)
    return found


def test_a_visit_is_saved_with_its_concerns(store, form):
    """One click writes the visit, the concern and its registration in one transaction."""
    fill(form)

    form.save_button.click()

    visit = store.frame("visit").iloc[0]
    concern = store.frame("concern").iloc[0]
    step = store.frame("step").iloc[0]
    assert (visit["grid_id"], visit["met_role"]) == (FIRST, "owner")
    assert visit["visited_on"].date() == TODAY
    assert concern["visit_id"] == visit.name
    assert concern["households_affected"] == 40
    assert concern["since"].date() == date(2026, 11, 19)
    assert concern["heard_on"].date() == TODAY
    assert concern["source"] == "grid_visit"
    assert (step["concern_id"], step["action"]) == (concern.name, "registered")


def test_only_given_answers_are_saved(store, form):
    """A form that is barely filled stores nothing that nobody said."""
    form.grid.input.value = FIRST
    form.visit.fields["outcome"].input.value = "nobody_home"
    form.add_concern().section.fields["demand_type"].input.value = "roads"

    form.save()

    given = {"visit_id", "grid_id", "source", "heard_on", "demand_type", "n_heads"}
    concern = store.frame("concern").iloc[0]
    assert set(concern.dropna().index) == given
    visit = store.frame("visit").iloc[0]
    assert set(visit.dropna().index) == {"grid_id", "visited_on", "outcome", "n_heads"}


def test_saved_is_said_only_after_it_is(form):
    """The acknowledgement comes with the time, and what was written is told to listeners."""
    told = []
    form.on_saved(told.append)
    fill(form)
    assert "已保存" not in form.message

    form.save_button.click()

    assert "已保存 10:00:00: 1 次走访, 1 件诉求" in form.message
    assert [len(saved.records) for saved in told] == [3]
    assert len(told[0].receipt.rev_ids) == 3


def test_two_quick_clicks_save_once(store, form):
    """The second click of a double click does nothing, and does not hide that it is saved."""
    fill(form)

    form.save_button.click()
    form.save_button.click()

    assert len(store.frame("visit")) == 1
    assert "已保存" in form.message
    assert form.errors == {}


def test_the_next_visit_starts_empty(form):
    """After saving, only today's date stands in the form; the last grid is only offered."""
    fill(form)
    form.save_button.click()

    assert form.value == {"visit": {"visited_on": TODAY}, "concerns": []}
    assert form.grid.value is None
    offered = [w for w in form.grid.children if isinstance(w, ipywidgets.Button)]
    offered[0].click()
    assert form.grid.value == FIRST


def test_faults_are_counted_and_nothing_is_lost(store, form):
    """Saving with faults writes nothing, names each field, and keeps all that was typed."""
    fill(form)
    form.visit.fields["outcome"].load(None)
    fields = form.concerns[0].section.fields
    fields["people_affected"].input.value = "很多"
    fields["lon"].input.value = "117.4"

    form.save_button.click()

    assert set(form.errors) == {"visit.outcome", "concern 1.people_affected", "concern 1.lon"}
    assert "还有 3 处要改" in form.message
    assert fields["people_affected"].input.value == "很多"
    assert fields["summary"].input.value == "三天没有水"
    assert len(store.frame("visit")) == 0


def test_twelve_required_answers_at_most(form):
    """A visit with one concern has at most twelve questions that must be answered."""
    card = form.add_concern()

    required = [
        field.spec.name
        for section in (form.visit, card.section)
        for field in section.fields.values()
        if field.spec.required
    ]

    assert required == ["grid_id", "visited_on", "outcome", "met_role", "demand_type"]
    assert len(required) <= 12


def test_everything_the_spec_asks_is_in_the_form(form):
    """Each field that the spec asks is in the form once, in reading order of its groups."""
    card = form.add_concern()

    assert tuple(form.visit.fields) == tuple(f.name for f in VISIT.fields if f.asked)
    asked = {f.name for f in CONCERN.fields if f.asked} - set(FROM_VISIT)
    grouped = [name for group in GROUPS for name in group.names]
    assert sorted(grouped) == sorted(asked)
    assert list(card.section.fields) == grouped


def test_a_concern_with_content_is_removed_only_on_confirmation(form):
    """An empty card goes at once; a filled one asks first."""
    empty, filled = form.add_concern(), form.add_concern()
    filled.section.fields["summary"].input.value = "井水发黄"

    empty.remove_button.click()
    filled.remove_button.click()

    assert form.concerns == (filled,)
    filled.keep_button.click()
    assert form.concerns == (filled,)
    filled.remove_button.click()
    filled.confirm_button.click()
    assert form.concerns == ()


@pytest.mark.parametrize(
    ("typed", "grid"), [("001", FIRST), ("网格 002", SECOND), (FIRST, FIRST), ("", None)]
)
def test_a_grid_is_found_by_a_part_of_its_name_or_code(form, typed, grid):
    """Any part that fits one grid only is enough, and the whole name is shown."""
    form.grid.input.value = typed

    assert form.grid.value == grid


def test_an_unclear_grid_is_not_guessed(form):
    """Where several grids fit, the person is asked to choose; the text stays."""
    form.grid.input.value = "网格"

    assert form.grid.value is None
    assert "请从列表中选一个" in form.grid.fault.zh
    assert form.grid.input.value == "网格"


def card_with_place(form, lon: str, lat: str):
    """Fill a visit and type a place for its concern."""
    fill(form)
    card = form.concerns[0]
    card.section.fields["lon"].input.value = lon
    card.section.fields["lat"].input.value = lat
    return card


def test_the_middle_of_the_grid_is_marked_as_such(store, form):
    """The button fills both coordinates, and the record says where they come from."""
    fill(form)
    form.concerns[0].place.centroid_button.click()

    form.save()

    concern = store.frame("concern").iloc[0]
    assert concern["place_source"] == "grid_centroid"
    assert GRIDS.geometry[FIRST].contains(shapely.Point(concern["lon"], concern["lat"]))


def test_a_typed_place_is_marked_as_typed(store, form):
    """Coordinates typed by hand are saved as typed, also if the button was used before."""
    fill(form)
    card = form.concerns[0]
    card.place.centroid_button.click()
    card.section.fields["lon"].input.value = "117.4021"

    form.save()

    assert store.frame("concern")["place_source"].tolist() == ["typed"]


def test_swapped_coordinates_are_named(store, form):
    """Latitude and longitude the wrong way round are refused in words, not turned around."""
    card = card_with_place(form, "26.702", "117.402")

    form.save()

    assert "颠倒" in card.place.fault().zh or "90" in form.errors["concern 1.lat"].zh
    assert card.section.fields["lon"].input.value == "26.702"
    assert len(store.frame("concern")) == 0


def test_a_place_outside_the_county_is_refused(store, form):
    """A point in no grid is not saved; the message says how far off it is."""
    card = card_with_place(form, "117.5", "26.70")

    form.save()

    assert "公里" in card.place.fault().zh
    assert len(store.frame("concern")) == 0


def test_a_place_in_another_grid_is_asked_about(store, form):
    """A point in a neighboring grid needs consent; then the concern belongs there."""
    card = card_with_place(form, "117.4075", "26.7022")
    assert "另一个网格" in card.place.fault().zh

    form.save()
    assert len(store.frame("concern")) == 0
    card.place.agree_button.click()
    form.save()

    assert store.frame("concern")["grid_id"].tolist() == [SECOND]
    assert store.frame("visit")["grid_id"].tolist() == [FIRST]


def test_answers_load_and_come_back(form):
    """What `value` gives, `load` shows again."""
    fill(form)
    before = form.value

    form.reset()
    assert form.value["concerns"] == []
    form.load(before)

    assert form.value == before


def test_the_form_speaks_english_and_keeps_its_answers(form):
    """The other language changes words only."""
    fill(form)
    before = form.value

    form.speak("en")

    assert form.save_button.description == "Save the visit"
    assert form.value == before


PAYLOAD = "<img src=x onerror=alert(1)>`${alert(2)}`</script>"


def test_words_of_a_resident_never_become_markup(form):
    """Free text shows up in no HTML of the form, before and after saving."""
    fill(form)
    form.visit.fields["address"].input.value = PAYLOAD
    form.concerns[0].section.fields["summary"].input.value = PAYLOAD

    for _ in range(2):
        pages = [w.value for w in widgets_in(form) if isinstance(w, ipywidgets.HTML)]
        assert not any("<img" in page or "</script" in page for page in pages)
        form.save()
