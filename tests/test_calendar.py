import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.profile import calendar


def dates(*days: str) -> pd.Series:
    """Make a Series of dates."""
    return pd.Series(pd.to_datetime(list(days)).as_unit("s"), name="day")


# 国务院办公厅关于2026年部分节假日安排的通知: off / worked though a weekend
OFF_2026 = [
    *("2026-01-01", "2026-01-02", "2026-01-03"),
    *(f"2026-02-{day}" for day in range(15, 24)),
    *("2026-04-04", "2026-04-05", "2026-04-06"),
    *("2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05"),
    *("2026-06-19", "2026-06-20", "2026-06-21"),
    *("2026-09-25", "2026-09-26", "2026-09-27"),
    *(f"2026-10-0{day}" for day in range(1, 8)),
]
WORKED_2026 = [
    *("2026-01-04", "2026-02-14", "2026-02-28"),
    *("2026-05-09", "2026-09-20", "2026-10-10"),
]


def test_working_days_of_2026_are_those_that_were_announced():
    """The holidays are off, the make-up weekends are worked, all else goes by the weekday."""
    year = dates(*(str(d) for d in np.arange("2026-01-01", "2027-01-01", dtype="M8[D]")))

    works = calendar.is_working_day(year)

    plain = year.dt.day_of_week < 5
    off, worked = year.isin(dates(*OFF_2026)), year.isin(dates(*WORKED_2026))
    assert works.tolist() == ((plain & ~off) | worked).tolist()


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-09-30", 5, "2026-10-13"),  # 8, 9, 10 (Saturday, worked), 12, 13
        ("2026-10-03", 1, "2026-10-08"),  # starts in the holiday
        ("2026-02-13", 1, "2026-02-14"),  # the next day is a worked Saturday
        ("2026-02-13", 5, "2026-02-27"),
        ("2025-09-27", 1, "2025-09-28"),  # Saturday; Sunday is worked
        ("2025-09-30", 5, "2025-10-14"),  # 9, 10, 11 (Saturday, worked), 13, 14
        ("2026-03-02", 0, "2026-03-02"),
    ],
)
def test_working_days_are_counted_by_hand(start, n, end):
    """The n-th working day after the start, holidays skipped, make-up days counted."""
    reached = calendar.add_working_days(dates(start), n)

    assert reached.dt.strftime("%Y-%m-%d").tolist() == [end]
    assert calendar.working_days_between(dates(start), dates(end)).tolist() == [n]


def test_year_that_is_not_known_is_an_error():
    """Working days of a year without an arrangement are refused, with the way out."""
    last = calendar.working_days().last

    with pytest.raises(DataError, match="chinesecalendar") as raised:
        calendar.add_working_days(dates(str(last)), 1)

    assert "请更新软件包" in raised.value.zh
    with pytest.raises(DataError, match="are known from 2004"):
        calendar.is_working_day(dates("2003-06-01"))


def test_year_that_is_not_known_is_missing_where_that_is_asked_for():
    """With `beyond="missing"` the date stays open, and the others are given."""
    last = calendar.working_days().last

    reached = calendar.add_working_days(dates(str(last), "2026-03-02"), 3, beyond="missing")
    count = calendar.working_days_between(
        dates(str(last), "2026-03-02"), dates("2199-01-01", "2026-03-03"), beyond="missing"
    )

    assert reached.isna().tolist() == [True, False]
    assert count.fillna(-1).tolist() == [-1, 1]


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-03-06T15:59:59Z", dt.date(2026, 3, 6)),
        ("2026-03-06T16:00:00Z", dt.date(2026, 3, 7)),
        ("2026-03-06T16:00:00+00:00", dt.date(2026, 3, 7)),
        ("2026-03-07T00:00:00+08:00", dt.date(2026, 3, 7)),
        ("2026-12-31T20:00:00Z", dt.date(2027, 1, 1)),
        ("1988-07-01T15:30:00Z", dt.date(1988, 7, 2)),  # summer time: UTC+9
    ],
)
def test_civil_date_is_that_of_shanghai(at, day):
    """The day turns at 16:00 UTC, one by one and for a column."""
    assert calendar.civil_date(at) == day
    assert calendar.civil_dates(pd.Series([at, None]))[0].date() == day


@pytest.mark.parametrize("at", ["2026-03-06T15:59:59", "6.3.2026", "", "2026-03-06"])
def test_moment_without_a_zone_is_refused(at):
    """A moment that does not say where it is, is no moment; its text is not repeated."""
    with pytest.raises(DataError, match="ISO 8601 with `Z`"):
        calendar.civil_date(at)
    with pytest.raises(DataError, match="rows r1") as raised:
        calendar.civil_dates(pd.Series(["2026-01-01T00:00:00Z", at], index=["r0", "r1"]))

    assert not at or at not in str(raised.value)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31)))
def test_weeks_are_iso_weeks(day):
    """A week begins on the Monday of its ISO week, across the turn of the year."""
    monday = calendar.week_start(dates(str(day)))[0].date()

    assert monday.weekday() == 0
    assert monday.isocalendar()[:2] == day.isocalendar()[:2]


KNOWN = st.dates(dt.date(2004, 1, 1), dt.date(2026, 11, 30))


@settings(max_examples=60)
@given(start=KNOWN, n=st.integers(1, 15))
def test_adding_and_counting_agree(start, n):
    """The n-th working day is one, and n lie up to it."""
    reached = calendar.add_working_days(dates(str(start)), n)

    assert calendar.is_working_day(reached).all()
    assert calendar.working_days_between(dates(str(start)), reached).tolist() == [n]


@settings(max_examples=60)
@given(a=KNOWN, b=KNOWN)
def test_counting_is_antisymmetric_and_bounded_by_calendar_days(a, b):
    """Backwards is minus forwards, and no span has more working days than days."""
    one, two = dates(str(a)), dates(str(b))

    forwards = calendar.working_days_between(one, two)[0]

    assert calendar.working_days_between(two, one)[0] == -forwards
    assert abs(forwards) <= abs((b - a).days)


def test_missing_dates_stay_missing():
    """A missing date gives a missing answer, never an error; index and name are kept."""
    days = pd.Series(pd.to_datetime([None, "2026-03-03"]).as_unit("s"), index=[7, 9], name="on")

    assert calendar.add_working_days(days, 2).isna().tolist() == [True, False]
    assert calendar.is_working_day(days).isna().tolist() == [True, False]
    assert calendar.week_start(days).isna().tolist() == [True, False]
    assert calendar.add_days(days, 1).isna().tolist() == [True, False]
    assert calendar.add_days(days, 1).name == "on"
    assert calendar.week_start(days).index.tolist() == [7, 9]
    assert str(calendar.add_days(days, 1).dtype) == "datetime64[s]"


def test_frames_of_two_tables_do_not_mix():
    """Counting between two columns needs one index; going back in time is refused."""
    with pytest.raises(DataError, match="must be on one index"):
        calendar.working_days_between(dates("2026-01-01"), dates("2026-01-01").set_axis([5]))
    with pytest.raises(DataError, match="`n` must be 0 or more; it is -1"):
        calendar.add_working_days(dates("2026-01-01"), -1)


def test_today_is_a_date_of_shanghai():
    """Today lies within a day of UTC's, and is never behind it."""
    utc = dt.datetime.now(tz=dt.UTC).date()

    assert 0 <= (calendar.today() - utc).days <= 1
