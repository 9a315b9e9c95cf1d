"""Records as values: what they accept, clean and refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gridkit as gk
from gridkit.errors import RecordError
from gridkit.profile import load_profile
from gridkit.records import kind_of, validate
from gridkit.records.revision import CIVIL_ZONE

VISIT = {"grid_id": "990428100001001", "visited_on": date(2026, 11, 3), "outcome": "met"}
CONCERN = {
    "grid_id": "990428100001001",
    "source": "grid_visit",
    "heard_on": date(2026, 11, 3),
    "demand_type": "water",
}
TODAY = date(2026, 11, 4)
SECRET = "张三 13800000000"


def visit(**changed):
    """Make a sound visit."""
    return gk.Visit(**{**VISIT, **changed})


def problems_of(make, **values):
    """Collect (field, English rule) of what a record is refused for."""
    with pytest.raises(RecordError) as caught:
        make(**values)
    assert SECRET not in str(caught.value)
    return [(p.field, p.en) for p in caught.value.problems]


def test_a_record_gets_an_id_that_sorts_by_time():
    """UUIDv7: later records sort behind earlier ones."""
    ids = [gk.Visit(**VISIT).record_id for _ in range(200)]

    assert len(set(ids)) == 200
    assert [i[:13] for i in ids] == sorted(i[:13] for i in ids)
    assert {i[14] for i in ids} == {"7"}


def test_all_faults_are_named_at_once_and_no_answer_is_repeated():
    """The message has fields and rules, never what somebody said."""
    found = problems_of(
        gk.Concern,
        **{**CONCERN, "heard_on": SECRET, "people_affected": SECRET, "lat": 91, "harm": 3},
        phone=SECRET,
    )

    assert found == [
        ("heard_on", "must be a date such as 2026-03-07"),
        ("people_affected", "must be a whole number"),
        ("harm", "must be text"),
        ("lat", "must be at most 90"),
        ("?", "there is no such field"),
    ]


JUNK = st.one_of(
    st.sampled_from(
        [True, -1, 2.5, 1e300, [], {}, ["x"], b"x", "x" * 5000, "2026-13-01", "none x"]
    ),
    st.text(max_size=12),
)


@given(made=st.sampled_from([gk.Visit, gk.Concern]), data=st.data())
def test_every_fault_is_told_in_chinese_and_in_english(made, data):
    """Whatever was typed where: no code or sentence of the checking library reaches a person."""
    name = data.draw(st.sampled_from(made.spec.names))
    sound = VISIT if made is gk.Visit else CONCERN
    try:
        made(**{**sound, name: data.draw(JUNK)})
    except RecordError as refused:
        for problem in refused.problems:
            assert any("\u4e00" <= letter <= "\u9fff" for letter in problem.zh), problem
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in problem.en), problem
            for word in ("Input", "_type", "pydantic", "Value error"):
                assert word not in f"{problem.zh}{problem.en}"


@pytest.mark.parametrize(
    ("field", "value", "en"),
    [
        ("people_affected", 0, "must be at least 1"),
        ("people_affected", 2.5, "must be a whole number"),
        ("people_affected", True, "must be a whole number"),
        ("lon", float("inf"), "must be a number"),
        ("lon", "east", "must be a number"),
        ("safety", "none violence", "'none' cannot stand beside other codes"),
        ("summary", "字" * 2001, "must have at most 2000 characters"),
        ("since", "2026-02-30", "must be a date such as 2026-03-07"),
        ("grid_id", None, "must be text"),
    ],
)
def test_a_value_outside_its_field_is_refused_with_the_rule(field, value, en):
    """One rule per message, in words a user knows."""
    assert problems_of(gk.Concern, **{**CONCERN, field: value}) == [(field, en)]


def test_many_of_answers_have_one_form():
    """Sorted, once each, one space: equal answers are equal text."""
    given_as_list = gk.Concern(
        **CONCERN, setting=["old_building", "dry_season", "old_building"]
    )
    given_as_text = gk.Concern(**CONCERN, setting=" old_building  dry_season ")

    assert given_as_list.setting == given_as_text.setting == "dry_season old_building"
    assert gk.Concern(**CONCERN, setting=[]).setting is None


def test_blank_is_missing_and_control_characters_go():
    """An empty box is no answer; a NUL byte never reaches the database."""
    concern = gk.Concern(
        **CONCERN, summary="  \n ", wanted="修\x00水\r\n管\ud800", people_affected=""
    )

    assert concern.summary is None
    assert concern.wanted == "修水\n管"
    assert concern.people_affected is None


def test_a_moment_is_read_as_its_day():
    """A spreadsheet's midnight is a date."""
    midnight = datetime(2026, 11, 3, tzinfo=CIVIL_ZONE)

    assert gk.Visit(**{**VISIT, "visited_on": midnight}).visited_on == date(2026, 11, 3)


def test_a_record_cannot_be_changed_in_place():
    """Records are values; a change is a new revision."""
    visit = gk.Visit(**VISIT)

    with pytest.raises(Exception, match="frozen"):
        visit.outcome = "refused"


def test_kinds_are_named():
    """Each model knows its kind."""
    assert [kind_of(gk.Visit(**VISIT)), kind_of(gk.Concern(**CONCERN))] == ["visit", "concern"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"demand_type": "waters"}, [("demand_type", "the code is not in table demand_type")]),
        (
            {"demand_detail": "leak"},
            [("demand_detail", "does not belong to the chosen demand_type")],
        ),
        ({"heard_on": date(2026, 11, 5)}, [("heard_on", "The date cannot be after today")]),
        ({"since": date(2026, 11, 4)}, [("since", "It cannot have begun after it was heard")]),
        ({"works_start": TODAY}, [("works_start", "does not apply here; leave it empty")]),
        ({"works_start": TODAY, "hardening": "works_soon"}, []),
        (
            {"lon": 117.4},
            [
                ("lon", "Give longitude and latitude together"),
                ("place_source", "required and missing"),
            ],
        ),
        ({"lon": 117.4, "lat": 26.7, "place_source": "typed"}, []),
        (
            {"lon": 117.4, "lat": 26.7, "place_source": "typed", "accuracy_m": 5},
            [("accuracy_m", "does not apply here; leave it empty")],
        ),
        ({"lon": 117.4, "lat": 26.7, "place_source": "gps", "accuracy_m": 5}, []),
        ({"safety": "house_unsafe flying"}, [("safety", "the code is not in table safety")]),
    ],
    ids=str,
)
def test_rules_of_spec_and_profile(changed, expected):
    """Codes, cascades, relevance and constraints are judged together, all at once."""
    found = validate(gk.Concern(**{**CONCERN, **changed}), load_profile(), TODAY)

    assert [(p.field, p.en) for p in found] == expected


def test_what_is_required_when_relevant_is_asked_for_only_then():
    """Who was met is needed only where somebody was."""
    met = gk.Visit(**VISIT)
    nobody = gk.Visit(**{**VISIT, "outcome": "nobody_home"})

    assert [p.field for p in validate(met, load_profile(), TODAY)] == ["met_role"]
    assert validate(nobody, load_profile(), TODAY) == []


@given(text=st.text(max_size=300), people=st.none() | st.integers(1, 1000))
def test_any_text_comes_back_from_its_body(text, people):
    """Body and record are one and the same, whatever was typed."""
    concern = gk.Concern(**CONCERN, summary=text, people_affected=people)

    again = gk.Concern(record_id=concern.record_id, **concern.body())

    assert again == concern


CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-11-03", "2026-11-03"),
        (" 2026-11-03 ", "2026-11-03"),
        ("2026-11-03T00:00:00", "2026-11-03"),
        ("2026-11-02T23:30:00Z", "2026-11-03"),
        (date(2026, 11, 3), "2026-11-03"),
        (datetime(2026, 11, 3, 23, 30), "2026-11-03"),  # noqa: DTZ001 (a spreadsheet's)
        (datetime(2026, 11, 2, 23, 30, tzinfo=UTC), "2026-11-03"),
        (datetime(2026, 11, 3, 0, 30, tzinfo=CHINA), "2026-11-03"),
        (pd.Timestamp("2026-11-03"), "2026-11-03"),
    ],
)
def test_a_date_is_the_civil_day_in_china(value, day):
    """A moment with a zone is read where the matter is, not in Greenwich."""
    assert visit(visited_on=value).visited_on == date.fromisoformat(day)


@pytest.mark.parametrize(
    "value",
    [0, 1762128001, 20000.0, True, "1762128000", "20261103", "3.11.2026", [2026, 11, 3]],
)
def test_a_number_is_no_date(value):
    """Not even as seconds since 1970."""
    expected = [("visited_on", "must be a date such as 2026-03-07")]

    assert problems_of(visit, visited_on=value) == expected


@pytest.mark.parametrize("value", [None, "", " ", float("nan"), pd.NaT])
def test_no_date_is_no_answer(value):
    """An empty cell of a table is not asked about."""
    assert gk.Concern(**CONCERN, since=value).since is None


@pytest.mark.parametrize(
    ("field", "value", "en"),
    [
        ("grid_id", "张三家", "must be 13 to 20 digits"),
        ("grid_id", "990428100001", "must be 13 to 20 digits"),
        ("grid_id", "９９０４２８１００００１００１", "must be 13 to 20 digits"),
        ("record_id", "", "must be 1 to 64 ASCII letters, digits or signs, without spaces"),
        (
            "record_id",
            "A 17\n",
            "must be 1 to 64 ASCII letters, digits or signs, without spaces",
        ),
        ("record_id", "张三", "must be 1 to 64 ASCII letters, digits or signs, without spaces"),
    ],
)
def test_ids_have_a_shape(field, value, en):
    """A grid is digits, a record's id is printable ASCII: no room for a name."""
    assert problems_of(visit, **{field: value}) == [(field, en)]


def test_ids_of_other_systems_fit():
    """Chicago's request numbers, and a grid with a long sequence."""
    assert visit(grid_id="9903110000000310", record_id="SR23-00001").record_id == "SR23-00001"


def test_a_record_in_a_message_shows_its_id_only():
    """Residents' words are not for tracebacks and logs."""
    said = visit(note="张三 13800000000", record_id="v1")

    assert repr(said) == str(said) == f"{said}" == "Visit(record_id='v1')"
    assert repr([said]) == "[Visit(record_id='v1')]"
