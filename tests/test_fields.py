"""Each field asks one question and holds no answer that nobody gave."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta

import ipywidgets
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.forms import Section, answers, field_for
from gridkit.forms.section import Group
from gridkit.profile import load_profile
from gridkit.records.spec import CONCERN, RECORD_SPECS, STEP, VISIT
from gridkit.screen import look

PROFILE = load_profile()
ON = date(2026, 11, 22)


def today() -> date:
    """Give one fixed day."""
    return ON


def make(spec, name):
    """Make the field of one name."""
    return field_for(spec[name], PROFILE, today=today)


def concern_section():
    """Ask everything about a concern that the spec asks."""
    names = tuple(f.name for f in CONCERN.fields if f.asked and f.name != "grid_id")
    return Section(CONCERN, PROFILE, [Group(look.Words("", ""), names)], today=today)


ASKED = [
    (spec, field.name) for spec in RECORD_SPECS.values() for field in spec.fields if field.asked
]


@pytest.mark.parametrize(("spec", "name"), ASKED, ids=lambda x: getattr(x, "kind", x))
def test_a_new_field_has_no_answer(spec, name):
    """Every field of the spec can be asked, and starts without an answer or a message."""
    field = make(spec, name)

    assert field.value is None
    assert field.blank
    assert field.fault is None


@pytest.mark.parametrize(("spec", "name"), ASKED, ids=lambda x: getattr(x, "kind", x))
def test_a_field_is_labeled_in_both_languages(spec, name):
    """The label holds the words of the spec in Chinese and English, and the unit."""
    field = make(spec, name)

    assert spec[name].zh in field.label()
    assert look.tag("i", spec[name].en)[3:-4] in field.label()
    assert spec[name].unit in field.label()


def test_a_choice_begins_at_please_choose():
    """The first option of a list is no answer, in either language."""
    field = make(CONCERN, "demand_type")

    assert field.input.options[0] == ("— 请选择 —", "")
    field.speak("en")
    assert field.input.options[0] == ("— choose —", "")
    assert field.value is None


def test_a_choice_can_be_taken_back():
    """Choosing "please choose" again is no answer, and the list still shows the words."""
    field = make(CONCERN, "harm")
    field.input.value = "property"

    field.input.index = 0

    assert field.value is None
    assert field.input.label == "— 请选择 —"
    field.load("property")
    field.load(None)
    assert field.input.label == "— 请选择 —"


def test_speaking_another_language_keeps_the_answer():
    """Labels change, the answer stays."""
    field = make(CONCERN, "harm")
    field.load("property")

    field.speak("en")

    assert field.value == "property"


def test_a_cascade_offers_only_the_children_of_its_parent():
    """Before a parent is chosen a cascade offers nothing; then its own children."""
    section = concern_section()
    detail = section.fields["demand_detail"]

    assert detail.choices == ()
    section.fields["demand_type"].input.value = "water"

    own = {c.code for c in PROFILE.choices("demand_detail") if c.parent == "water"}
    assert set(detail.choices) == own
    assert detail.value is None


def test_a_changed_cascade_clears_its_answer_and_says_so():
    """An answer of another parent's children goes, and a hint below the field tells."""
    section = concern_section()
    section.fields["demand_type"].input.value = "water"
    section.fields["demand_detail"].input.value = "water_cut"

    section.fields["demand_type"].input.value = "wages"

    assert section.fields["demand_detail"].value is None
    assert "请重新选择" in shown(section.fields["demand_detail"])


def shown(field) -> str:
    """Read all that a field shows besides its input."""
    return "".join(w.value for w in field.children if isinstance(w, ipywidgets.HTML))


@pytest.mark.parametrize(
    ("typed", "number"),
    [("12", 12), ("１２", 12), (" 1，200 ", 1200), ("", None), ("  ", None)],
)
def test_a_number_is_read_as_typed(typed, number):
    """Full-width digits and thousands commas are taken; blank stays no answer."""
    field = make(CONCERN, "people_affected")
    field.input.value = typed

    assert field.value == number
    assert field.fault is None


@pytest.mark.parametrize("typed", ["0", "1000001", "-3", "十二", "3.5", "1e3", "12,34"])
def test_a_number_out_of_rule_stays_as_typed(typed):
    """Nothing is moved into the range or cleared; the fault stands below the field."""
    section = concern_section()
    field = section.fields["people_affected"]

    field.input.value = typed

    assert field.input.value == typed
    assert field.fault is not None
    assert field.fault.zh in shown(field)
    field.input.value = "3"
    assert field.fault is None


@given(st.integers(-(10**12) + 1, 10**12 - 1))
def test_whole_numbers_come_back(number):
    """Any whole number that is typed, in either width, is read as itself."""
    wide = str(number).translate({ord("0") + i: ord("０") + i for i in range(10)})

    assert answers.read_integer(str(number)) == number
    assert answers.read_integer(wide) == number


@given(st.text(max_size=20))
def test_reading_never_breaks(text):
    """Whatever is typed is read, or refused with an error of ours; blank is no answer."""
    for read in (
        answers.read_integer,
        answers.read_number,
        lambda t: answers.read_date(t, ON),
    ):
        with contextlib.suppress(DataError):
            assert read(text) is None or text.strip()


@pytest.mark.parametrize(
    "typed",
    ["2026-3-7", "2026/03/07", "2026.3.7", "20260307", "２０２６年３月７日", "3月7日", "3-7"],
)
def test_dates_are_read_as_people_write_them(typed):
    """All the usual ways of writing the 7th of March are the same day, shown in full."""
    field = make(CONCERN, "since")
    field.input.value = typed

    assert field.value == date(2026, 3, 7)
    assert "2026年3月7日 星期六" in shown(field)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_dates_come_back(day):
    """A date written in any way with its year is read as itself."""
    for written in (
        f"{day:%Y-%m-%d}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month}/{day.day}",
    ):
        assert answers.read_date(written, ON) == day


@given(st.integers(0, 364), st.booleans())
def test_a_date_without_year_is_the_latest_or_the_nearest(back, future):
    """Without a year it is the latest such day not ahead, or where allowed the nearest."""
    day = ON - timedelta(days=back)

    read = answers.read_date(f"{day.month}月{day.day}日", ON, future=future)

    assert read is not None
    assert (read.month, read.day) == (day.month, day.day)
    assert abs((read - ON).days) <= 183 if future else read == day


@pytest.mark.parametrize(
    "typed", ["2026-2-30", "2月30日", "13-1", "明年", "26-3-7", "20261301"]
)
def test_what_is_no_date_is_said_and_kept(typed):
    """A day that is not on the calendar is refused with words, and stays as typed."""
    section = concern_section()
    section.fields["since"].input.value = typed

    assert section.fields["since"].input.value == typed
    assert section.fields["since"].fault is not None


def test_a_day_in_the_future_is_refused():
    """A concern cannot have begun tomorrow."""
    section = concern_section()
    section.fields["since"].input.value = "2026-11-23"

    assert section.fields["since"].fault == look.Words(
        "日期不能晚于今天", "The date cannot be after today"
    )


def test_none_of_these_is_an_answer_of_its_own():
    """No tick is no answer; "none of these" is one, and excludes the others."""
    field = make(CONCERN, "safety")
    assert field.value is None

    field.tick("none")
    assert field.value == "none"

    field.tick("violence")
    assert field.value is None
    assert field.unreadable is not None
    assert not field.blank


def test_ticks_are_codes_in_order():
    """Several ticks are the sorted codes, joined by a space."""
    field = make(CONCERN, "setting")
    field.tick("old_building")
    field.tick("dry_season")

    assert field.value == "dry_season old_building"


def test_yes_no_has_three_states():
    """Yes and no are answers; untouched and "not asked" are none."""
    field = make(STEP, "satisfied")
    assert field.value is None

    field.input.value = False
    assert field.value is False
    assert [label for label, _ in field.input.options] == ["— 请选择 —", "是", "否"]


def test_a_field_that_does_not_apply_is_hidden_but_loses_nothing():
    """What was typed in a field that became irrelevant is not saved, and comes back."""
    section = concern_section()
    start, hardening = section.fields["works_start"], section.fields["hardening"]
    assert start.layout.display == "none"

    hardening.load("works_soon")
    assert start.layout.display is None
    start.input.value = "2026-12-1"
    hardening.load(None)

    assert start.layout.display == "none"
    assert "works_start" not in section.value
    hardening.load("works_soon")
    assert section.value["works_start"] == date(2026, 12, 1)


def test_missing_answers_are_said_on_checking_only():
    """A required field is not scolded while the person is still typing elsewhere."""
    section = concern_section()
    section.fields["people_affected"].input.value = "3"
    assert section.fields["demand_type"].fault is None

    faults = section.check()

    assert faults["demand_type"].zh == "请选择一项"
    assert "请选择一项" in shown(section.fields["demand_type"])
    section.fields["demand_type"].input.value = "water"
    assert section.fields["demand_type"].fault is None


def test_coordinates_come_in_pairs():
    """A longitude without a latitude is a fault."""
    section = concern_section()
    section.fields["lon"].input.value = "117.4"

    assert "一起填" in section.faults()["lon"].zh


def test_a_telephone_number_in_free_text_is_pointed_out():
    """The hint asks to take the number out; it never repeats it."""
    field = make(CONCERN, "summary")
    field.input.value = "水压低, 找 13912345678"

    assert "请删去号码" in shown(field)
    assert "13912345678" not in shown(field)
    assert field.value == "水压低, 找 13912345678"


def test_required_fields_are_marked():
    """The label of a required field bears the mark."""
    assert "gk-req" in make(VISIT, "outcome").label()
    assert "gk-req" not in make(VISIT, "note").label()


@given(st.text(max_size=60))
def test_text_never_becomes_markup(text):
    """Whatever a text holds, the page shows it literally."""
    made = look.tag("p", text, title=text)

    assert made.count("<") == 2
    assert made.count(">") == 2
