"""Each clause against dates worked out by hand, and where and since when it holds."""

import pandas as pd
import pytest

from clock_frames import PROFILE, WAGES, WATER, concerns, day, one, steps
from gridkit.profile import load_profile
from gridkit.profile.clause import ACTIONS
from gridkit.records import spec
from gridkit.triage.clocks import clock_table, next_due

# Worked by hand with the State Council's arrangements: Spring Festival 2026 is off from 15 to
# 23 February, Saturdays 14 and 28 February are worked; National Day 2026 is off from 1 to 7
# October, Saturday 10 October is worked. Calendar days run through holidays.
BY_HAND = {
    "petition_25_report": ({**WATER, "safety": "house_unsafe"}, [], "2026-10-01", "2026-10-01"),
    "petition_22_route": (WATER, [], "2026-10-01", "2026-10-16"),
    "petition_23_notice": (WATER, ["2026-10-02 routed"], "2026-10-02", "2026-10-17"),
    # 8 Thu, 9 Fri, 10 Sat (worked), 12 Mon, 13 Tue
    "petition_23_objection": (WATER, ["2026-10-02 routed"], "2026-10-02", "2026-10-13"),
    # 29 days of October, 30 of November, 1 of December
    "petition_34_conclude": (WATER, ["2026-10-02 accepted"], "2026-10-02", "2026-12-01"),
    "petition_35_ask": (WATER, ["2026-10-03 answered"], "2026-10-03", "2026-11-02"),
    "petition_35_decide": (WATER, ["2026-10-05 review"], "2026-10-05", "2026-11-04"),
    "petition_36_ask": (
        WATER,
        ["2026-10-05 review", "2026-10-07 answered"],
        "2026-10-07",
        "2026-11-06",
    ),
    "petition_36_decide": (
        WATER,
        ["2026-10-05 review", "2026-10-07 answered", "2026-10-09 re_review"],
        "2026-10-09",
        "2026-11-08",
    ),
    "mediation_33_confirm": (WATER, ["2026-10-08 agreement"], "2026-10-08", "2026-11-09"),
    "labor_14_mediate": (WAGES, ["2026-10-01 mediation_requested"], "2026-10-01", "2026-10-16"),
    "labor_29_accept": (
        WAGES,
        ["2026-10-01 arbitration_requested"],
        "2026-10-01",
        "2026-10-06",
    ),
    # 30 days of October, 15 of November
    "labor_43_award": (WAGES, ["2026-10-01 arbitration_accepted"], "2026-10-01", "2026-11-15"),
    # 30 days of October, 30 of November
    "farmland_47_award": (
        {"dispute_code": "0901"},
        ["2026-10-01 arbitration_accepted"],
        "2026-10-01",
        "2026-11-30",
    ),
    "expropriation_10_consult": (
        {"dispute_code": "1101"},
        ["2026-10-01 plan_published"],
        "2026-10-01",
        "2026-10-31",
    ),
}

OLD = {
    "petition_2005_21_route": (WATER, [], "2022-02-01", "2022-02-16"),
    "petition_2005_22_notice": (WATER, ["2022-02-10 routed"], "2022-02-10", "2022-02-25"),
    # 18 days of February, 31 of March, 11 of April
    "petition_2005_33_conclude": (WATER, ["2022-02-10 accepted"], "2022-02-10", "2022-04-11"),
}

CASES = [
    *((("2026-10-01", "2026-10-12"), clause, case) for clause, case in BY_HAND.items()),
    *((("2022-02-01", "2022-02-20"), clause, case) for clause, case in OLD.items()),
]


@pytest.mark.parametrize(("days", "clause", "case"), CASES)
def test_clause_starts_and_ends_on_the_day_worked_out_by_hand(days, clause, case):
    """Each clause counts from its own event, by its own kind of day, through the holidays."""
    (heard, on), (fields, taken, start, due) = days, case
    table = clock_table(concerns(heard, **fields), steps(*taken), PROFILE, day(on))

    row = one(table[table["clause_id"] == clause])

    assert (row["started_on"], row["due_on"]) == (start, due)
    assert row["article"] == PROFILE.clause(clause).citation_zh


def test_no_clause_is_left_without_a_case():
    """Every clause that is a clock has a date worked out by hand, here or in a test below."""
    clocks = {clause.id for clause in PROFILE.clauses if clause.kind != "limit"}

    assert clocks == {*BY_HAND, *OLD, "hotline_local"}


def test_working_days_skip_the_spring_festival_and_count_the_weekend_made_up():
    """From Friday 13 February: Saturday 14 is worked, 15-23 are off, then 24 to 27."""
    table = clock_table(
        concerns("2026-02-13", **WATER), steps("2026-02-13 routed"), PROFILE, day("2026-02-24")
    )

    row = one(table[table["clause_id"] == "petition_23_objection"])

    assert row["due_on"] == "2026-02-27"
    assert row["used"] == pytest.approx(2 / 5)


@pytest.mark.parametrize(
    "fields",
    [{"dispute_code": "0802"}, {"dispute_code": "0701"}, WAGES, {"dispute_code": "1101"}],
)
def test_sixty_days_do_not_apply_where_another_channel_is_open(fields):
    """A matter for court, arbitration or review has no 60 days (信访工作条例 31, 34)."""
    taken = steps("2026-01-10 routed", "2026-01-20 accepted")

    row = one(next_due(concerns("2026-01-05", **fields), taken, PROFILE, day("2026-11-01")))

    assert row["status"] == "stopped"


@pytest.mark.parametrize(
    ("answered", "last"),
    [
        ("2026-09-03", "2026-10-08"),  # 3 October: the holiday ends on the 7th
        ("2026-01-29", "2026-02-28"),  # a Saturday that is worked
        ("2026-08-20", "2026-09-20"),  # 19 September, a Saturday; Sunday the 20th is worked
        ("2031-05-01", "2031-06-02"),  # no calendar of the year yet: off the weekend
    ],
)
def test_a_right_that_ends_on_a_holiday_runs_to_the_next_working_day(answered, last):
    """民法典 203: told as lapsed too early, it would be taken away; duties keep their day."""
    table, taken = concerns("2026-01-01", **WATER), steps(f"{answered} answered")

    rights = clock_table(table, taken, PROFILE, day(last), kinds=("right",))

    row = rights[rights["clause_id"] == "petition_35_ask"].iloc[0]
    assert (row["due_on"], row["status"], row["days_left"]) == (
        pd.Timestamp(last),
        "running",
        0,
    )


def test_a_duty_that_ends_on_a_holiday_keeps_its_day():
    """The earlier date is the safer one: 15 days from 18 September are 3 October."""
    due = next_due(concerns("2026-09-18", **WATER), steps(), PROFILE, day("2026-09-20"))

    assert one(due)["due_on"] == "2026-10-03"


def test_old_matters_keep_the_regulations_of_their_day():
    """The 60 days were Article 33 until 30 April 2022, and are 34 since 1 May."""
    before = steps("2022-04-30 accepted")
    after = steps("2022-05-01 accepted")
    table = concerns("2022-04-25", **WATER)

    rows = [one(next_due(table, s, PROFILE, day("2022-05-02"))) for s in (before, after)]

    assert [row["article"] for row in rows] == ["2005年信访条例第33条", "信访工作条例第34条"]


def test_local_ordinance_holds_only_in_its_region(tmp_path):
    """A hotline order has 5 working days in Jinan, and no such clock elsewhere."""
    (tmp_path / "county.toml").write_text(
        'code = "370102"\nzh = "历下区"\nen = "Lixia"\ninvented = false\nsource = "test"\n',
        encoding="utf-8",
    )
    table, jinan = concerns("2026-09-30", source="hotline"), load_profile(tmp_path)

    here = one(next_due(table, steps(), PROFILE, day("2026-10-08")))
    there = one(next_due(table, steps(), jinan, day("2026-10-08")))

    assert here["clause_id"] == "petition_22_route"
    assert (there["clause_id"], there["due_on"]) == ("hotline_local", "2026-10-13")


def test_clauses_know_the_actions_of_the_spec():
    """What a step may record and what a clause may name are the same words."""
    assert {code for code, *_ in spec.ACTIONS} == set(ACTIONS)
