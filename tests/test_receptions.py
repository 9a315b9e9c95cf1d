"""Reception days by hand-checked calendars, and the sheet of what waits for the leader."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gridkit as gk
from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.profile.calendar import is_working_day
from gridkit.triage.board import board
from gridkit.triage.reception_sheet import reception_sheet
from gridkit.triage.receptions import receptions

PROFILE = load_profile()
ON = dt.date(2026, 11, 20)


def days(start: str, end: str, level: str, profile=PROFILE) -> list[str]:
    """List the days of one level as text."""
    found = receptions(profile, dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    return found.loc[found["level"] == level, "date"].dt.strftime("%m-%d").tolist()


def moved(on_holiday: str):
    """Make a profile that moves its reception days otherwise."""
    changed = [r.model_copy(update={"on_holiday": on_holiday}) for r in PROFILE.receptions]
    return PROFILE.model_copy(update={"receptions": tuple(changed)})


# By hand with the State Council's arrangement for 2026: National Day 1-7 October off, Saturday
# 10 October worked; Spring Festival 15-23 February off, Saturdays 14 and 28 worked.


def test_the_tenth_of_october_2026_is_a_saturday_that_is_worked():
    """A make-up weekend is a working day: nothing is moved."""
    assert days("2026-10-01", "2026-10-31", "county") == ["10-10"]


def test_the_tenth_on_a_weekend_moves_to_monday():
    """10 January 2026 is a plain Saturday."""
    found = receptions(PROFILE, dt.date(2026, 1, 10), dt.date(2026, 1, 12))

    row = found[found["level"] == "county"].iloc[0]
    assert (row["date"], row["planned_on"]) == (
        pd.Timestamp("2026-01-12"),
        pd.Timestamp("2026-01-10"),
    )
    assert row["moved_because_zh"] == "原定 1月10日 (周六) 逢周末, 顺延"
    assert row["leader_zh"] == "县级领导"


def test_mondays_in_the_spring_festival_come_together_on_the_first_day_of_work():
    """16 and 23 February are holidays; both meet on Tuesday 24, once, and it is said."""
    found = receptions(PROFILE, dt.date(2026, 2, 10), dt.date(2026, 3, 2))

    mine = found[found["level"] == "township"]
    assert mine["date"].dt.strftime("%m-%d").tolist() == ["02-24", "03-02"]
    assert "2月23日 的接访合并" in mine["moved_because_zh"].iloc[0]


@pytest.mark.parametrize(
    ("on_holiday", "expected"),
    [
        ("next_working_day", ["10-08", "10-12"]),
        ("previous_working_day", ["10-12"]),  # 5 October goes to 30 September
        ("drop", ["10-12"]),
        ("keep", ["10-05", "10-12"]),
    ],
)
def test_the_profile_says_what_becomes_of_a_holiday(on_holiday, expected):
    """Monday 5 October 2026 lies in the National Day week."""
    assert days("2026-10-01", "2026-10-13", "village", moved(on_holiday)) == expected


def test_a_year_whose_holidays_are_not_known_says_so():
    """The day is missing, not guessed; where holidays do not matter it is given."""
    found = receptions(PROFILE, dt.date(2031, 1, 10), dt.date(2031, 1, 10))
    kept = receptions(moved("keep"), dt.date(2031, 1, 10), dt.date(2031, 1, 10))

    assert found["date"].isna().all()
    assert found["planned_on"].tolist() == [pd.Timestamp("2031-01-10")]
    assert "放假安排未收录" in found["moved_because_zh"].iloc[0]
    assert kept["date"].tolist() == [pd.Timestamp("2031-01-10")]


def test_a_month_without_the_day_has_its_last():
    """A county that receives on the 31st does so on 30 June."""
    late = PROFILE.receptions[0].model_copy(update={"monthly_day": 31})
    profile = PROFILE.model_copy(update={"receptions": (late,)})

    assert days("2026-06-01", "2026-07-31", "county", profile) == [
        "06-01",  # 31 May is a Sunday
        "06-30",
        "07-31",
    ]


def test_each_division_has_the_days_of_its_own_level():
    """A township's Monday is listed for the township, not for its villages' county."""
    codes = ["990428", "990428100", "990428101", "990428100001"]

    found = receptions(PROFILE, dt.date(2026, 11, 9), dt.date(2026, 11, 10), codes)

    assert found[["level", "division_code"]].to_numpy().tolist() == [
        ["township", "990428100000"],
        ["township", "990428101000"],
        ["village", "990428100001"],
        ["county", "990428000000"],
    ]


def test_a_span_that_ends_before_it_begins_is_refused():
    """The message says which day is which."""
    with pytest.raises(DataError, match="2026-10-02"):
        receptions(PROFILE, dt.date(2026, 10, 2), dt.date(2026, 10, 1))


@given(
    st.dates(dt.date(2005, 2, 1), dt.date(2026, 8, 1)),
    st.integers(0, 120),
    st.sampled_from(["next_working_day", "previous_working_day", "drop"]),
)
def test_nobody_receives_on_a_holiday_nor_twice_a_day(start, length, on_holiday):
    """Each day is a working day inside the span, once per level; spans can be cut and joined."""
    end = start + dt.timedelta(days=length)
    profile = moved(on_holiday)

    found = receptions(profile, start, end)

    assert is_working_day(found["date"]).all()
    assert found["date"].between(pd.Timestamp(start), pd.Timestamp(end)).all()
    assert not found.duplicated(["date", "level"]).any()
    middle = start + dt.timedelta(days=length // 2)
    parts = [
        receptions(profile, start, middle),
        receptions(profile, middle + dt.timedelta(days=1), end + dt.timedelta(days=1)),
    ]
    joined = pd.concat(parts)
    joined = joined[joined["date"] <= pd.Timestamp(end)]
    assert sorted(zip(joined["date"], joined["level"], strict=True)) == sorted(
        zip(found["date"], found["level"], strict=True)
    )


# --- the sheet --------------------------------------------------------------------------------


@pytest.fixture
def listed(tmp_path):
    """Make a board of four matters: two red, one yellow, one blue, in two townships."""
    now = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)

    def concern(**changed):
        values = {
            "source": "grid_visit",
            "heard_on": "2026-11-10",
            "demand_type": "water",
            "safety": "none",
        }
        return gk.Concern(**{**values, **changed})

    matters = {
        "danger": concern(grid_id="990428100001001", safety="no_drinking_water"),
        "other_town": concern(
            grid_id="990428101001001", safety="house_unsafe", heard_on="2026-09-01"
        ),
        "heavy": concern(
            grid_id="990428100002001",
            harm="livelihood",
            basic_need="water",
            households_affected=40,
            hardening="party_refuses",
        ),
        "light": concern(grid_id="990428100001002", heard_on="2026-11-19"),
    }
    with gk.create_store(tmp_path / "l.db", county_code="990428", clock=lambda: now) as store:
        store.add(list(matters.values()), by_role="grid_worker")
        made = board(
            store.frame("concern"), store.frame("step"), ON, PROFILE, store.frame("decision")
        )
    names = {m.record_id: name for name, m in matters.items()}
    return made.rename(index=names)


def test_each_leader_gets_the_matters_of_their_level_and_area(listed):
    """Red to the county, orange and yellow to the township, blue to the village."""
    owners = {"red": "county", "orange": "township", "yellow": "township", "blue": "village"}

    sheets = {
        level: reception_sheet(listed, level, PROFILE)
        for level in ("county", "township", "village")
    }

    for level, sheet in sheets.items():
        assert {owners[band] for band in sheet["band"]} <= {level}
    assert sum(len(sheet) for sheet in sheets.values()) == len(listed) == 4
    town = reception_sheet(listed, "county", PROFILE, division="990428101")
    assert town.index.tolist() == ["other_town"]


def test_the_sheet_says_what_is_lacking_with_its_article(listed):
    """Overdue first, each with its deadline in words."""
    sheet = reception_sheet(listed, "county", PROFILE)

    assert sheet["overdue"].iloc[0]
    assert "信访工作条例第" in sheet["waits_zh"].iloc[0]
    assert "已超期" in sheet["waits_zh"].iloc[0]
    assert sheet["unanswered"].all()
    assert sheet["waits_en"].str.contains("no ").all()


def test_a_backlog_matter_waits_for_a_county_leader_whatever_its_band(listed):
    """The county owns hard matters; lower levels keep theirs too."""
    county = reception_sheet(listed, "county", PROFILE, backlog={"light"})
    village = reception_sheet(listed, "village", PROFILE, backlog={"light"})

    assert "light" in county.index
    assert county.loc["light", "waits_zh"].endswith("积案")
    assert village.index.tolist() == reception_sheet(listed, "village", PROFILE).index.tolist()


def test_a_band_without_a_level_is_on_every_sheet(listed):
    """No matter is left without a leader."""
    bands = tuple(b.model_copy(update={"owner_level": None}) for b in PROFILE.bands)
    profile = PROFILE.model_copy(update={"bands": bands})

    for level in ("county", "township", "village"):
        assert len(reception_sheet(listed, level, profile)) == 4


def test_an_empty_board_makes_an_empty_sheet_and_a_wrong_level_is_named(listed):
    """Nothing waits; and there are three levels."""
    assert len(reception_sheet(listed.head(0), "county", PROFILE)) == 0
    with pytest.raises(DataError, match="county, township, village"):
        reception_sheet(listed, "province", PROFILE)
