"""Figures of reports: those of the statistics, whatever was heard, done and held, and whenever."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import docx
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import gridkit as gk
from gridkit import reports
from gridkit.records import Session, Step
from gridkit.reports.asked import FIGURES
from gridkit.reports.half_month_report import half_month_context
from gridkit.reports.own_file import parse_own_form
from gridkit.reports.period import half_month_of
from gridkit.triage import matter_statistics, session_statistics
from gridkit.triage.annual import annual_figures
from gridkit.triage.matter_statistics import MATTER_DIMENSIONS

ACTIONS = ("registered", "routed", "accepted", "answered", "withdrawn", "to_statutory_channel")
DAYS = st.dates(dt.date(2023, 12, 20), dt.date(2024, 3, 20))  # a new year, and a leap day
MATTERS = st.lists(
    st.tuples(
        DAYS,
        st.sampled_from(["water", "wages", "roads"]),
        st.sampled_from([None, "0201", "14"]),
        st.sampled_from(["window", "hotline"]),
        st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 40)), max_size=3),
    ),
    max_size=10,
)
SESSIONS = st.lists(
    st.tuples(
        DAYS, st.sampled_from(["reception", "mediation"]), st.integers(1, 4), st.integers(0, 5)
    ),
    max_size=4,
)


def desk_of(folder, matters, sessions, on):
    """Make a county with these matters, steps and sessions; read its desk as of a day."""
    workspace = gk.create_workspace(folder / "w", name="青溪县", county_code="990428")
    unit, records = workspace.profile.units[0].code, []
    for number, (heard, demand, dispute, source, steps) in enumerate(matters):
        one = gk.Concern(
            grid_id=f"99042810{number % 2}001001",
            source=source,
            heard_on=heard,
            demand_type=demand,
            dispute_code=dispute,
        )
        records.append(one)
        for action, days in steps:
            named = {"unit": unit} if action == "routed" else {}
            day = heard + dt.timedelta(days=days)
            records.append(Step(concern_id=one.record_id, action=action, on=day, **named))
    for held, kind, batches, more in sessions:
        records.append(
            Session(
                kind=kind, held_on=held, level="county", batches=batches, persons=batches + more
            )
        )
    if records:
        workspace.store.add(records, by_role="trainer", why="test")
    desk = reports.read_desk(workspace, on=on)
    workspace.close()
    return desk


def halves(on):
    """Give the half-month of a day up to it, and the one before, by the calendar alone."""
    every = pd.date_range("2023-11-01", on)
    firsts = [day.date() for day in every if day.day in {1, 16}]
    return (firsts[-1], on), (firsts[-2], firsts[-1] - dt.timedelta(days=1))


@settings(max_examples=12)
@given(matters=MATTERS, sessions=SESSIONS, on=DAYS)
def test_the_half_month_counts_as_the_statistics(matters, sessions, on, tmp_path_factory):
    """Of each half by its own days, and as things stood on its last, also in the turn of a year."""
    desk = desk_of(tmp_path_factory.mktemp("half"), matters, sessions, on)

    said = half_month_context(desk)

    found = {row["zh"]: (row["n"], row["before"]) for row in said["figures"]}
    counted = []
    for first, last in halves(on):
        frames = desk.concerns, desk.steps, last, desk.profile
        heard = matter_statistics(*frames, span=(first, last)).iloc[0]
        stands = matter_statistics(*frames).iloc[0]
        met = session_statistics(desk.sessions, desk.concerns, span=(first, last)).iloc[0]
        counted.append(
            {
                "本期得知诉求": heard["matters"],
                "期末在办": stands["open"],
                "期末超期": stands["overdue"],
                "累计销号": stands["struck_off"],
                "累计撤回": stands["withdrawn"],
                "累计转法定途径": stands["statutory"],
                "本期批次": met["batches"],
                "本期人次": met["persons"],
            }
        )
    now, past = counted
    assert {name: found[name] for name in now} == {
        name: (now[name], past[name]) for name in now
    }
    units = matter_statistics(desk.concerns, desk.steps, on, desk.profile, ["unit"])
    assert sum(row["overdue"] for row in said["overdue"]) == units.loc["all", "overdue"]


@settings(max_examples=12)
@given(
    matters=MATTERS,
    on=DAYS,
    group=st.lists(st.sampled_from(MATTER_DIMENSIONS), min_size=1, max_size=2, unique=True),
    kept=st.sampled_from([(), ("water",), ("water", "roads"), ("education",)]),
)
def test_a_table_of_ones_own_counts_as_the_statistics(
    matters, on, group, kept, tmp_path_factory
):
    """By any groups, of any kinds, all figures at once."""
    desk = desk_of(tmp_path_factory.mktemp("own"), matters, [], on)
    said = {
        "title": "表",
        "group": group,
        "column": [{"head": name, "name": name} for name in (*group, *FIGURES)],
        "filter": {"demand_type": list(kept)} if kept else {},
    }

    table = reports.own_table(desk, parse_own_form(said))

    some = desk.concerns[desk.concerns["demand_type"].isin(kept or ["water", "wages", "roads"])]
    wanted = matter_statistics(some, desk.steps, on, desk.profile, group)
    assert table[list(FIGURES)].to_numpy().tolist() == (
        wanted[list(FIGURES)].to_numpy().tolist()
    )


@settings(max_examples=12)
@given(matters=MATTERS, sessions=SESSIONS, on=DAYS, year=st.sampled_from([2023, 2024]))
def test_a_year_counts_as_the_statistics(matters, sessions, on, year, tmp_path_factory):
    """New Year's Eve belongs to the old year, New Year's Day to the new; the page says the same."""
    folder = tmp_path_factory.mktemp("year")
    desk = desk_of(folder, matters, sessions, on)
    span = dt.date(year, 1, 1), dt.date(year, 12, 31)

    table = annual_figures(
        desk.concerns, desk.steps, desk.sessions, year, desk.on, desk.profile
    )
    page = docx.Document(str(reports.annual_report(desk, folder / "a.docx", year=year)))

    found = table.set_index(["group", "code"])["n"]
    heard = matter_statistics(desk.concerns, desk.steps, on, desk.profile, span=span).iloc[0]
    past = desk.sessions[(desk.sessions["held_on"] <= pd.Timestamp(on)).to_numpy()]
    met = session_statistics(past, desk.concerns, span=span).iloc[0]
    for code in ("matters", "open", "struck_off", "withdrawn", "statutory", "overdue"):
        assert found["total", code] == heard[code]
    for code in ("batches", "persons"):
        assert found["session", code] == met[code]
    steps = desk.steps[desk.steps["on"].dt.year == year]
    assert found["step", "routed"] == (steps["action"] == "routed").sum()
    printed = [row.cells[1].text for part in page.tables for row in part.rows[1:]]
    counts = ["" if pd.isna(n) else str(n) for n in table["n"]]
    assert sorted(printed) == sorted(counts)


@given(on=st.dates(dt.date(1999, 12, 1), dt.date(2101, 1, 31)))
def test_every_day_lies_in_one_half_month(on):
    """Two a month, of 13 to 16 days, none left out between them: leap days and turns of years."""
    span = half_month_of(on)
    later = half_month_of(span.start - dt.timedelta(days=1))

    assert span.start <= on == span.end
    assert span.start.day in {1, 16}
    assert (on - span.start).days < 16
    assert span.end_before + dt.timedelta(days=1) == span.start
    assert 13 <= (span.end_before - span.start_before).days + 1 <= 16
    assert (later.start, later.end) == (span.start_before, span.end_before)


def test_the_half_of_a_leap_day():
    """The second half of February 2028 has fourteen days, in 2027 thirteen, in 2100 thirteen."""
    lengths = []
    for year in (2027, 2028, 2100):
        span = half_month_of(dt.date(year, 3, 1))
        lengths.append((span.end_before - span.start_before).days + 1)

    assert lengths == [13, 14, 13]
    firsts = [half_month_of(dt.date(2024, 1, day)).start_before for day in (1, 16)]
    assert firsts == [dt.date(2023, 12, 16), dt.date(2024, 1, 1)]
    assert all(one < other for one, other in pairwise(firsts))
