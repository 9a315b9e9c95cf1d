import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.profile import load_profile
from gridkit.profile.clause import ACTIONS
from gridkit.records import spec
from gridkit.triage.clocks import clock_table, next_due
from gridkit.triage.deadlines import deadlines_of, due_sentence

PROFILE = load_profile()
WAGES = {"demand_type": "wages", "demand_detail": "unpaid_wages"}
WATER = {"demand_type": "water", "demand_detail": "water_cut"}


def concerns(*heard: str, **fields: str) -> pd.DataFrame:
    """Make concerns c0, c1, ... heard on these days."""
    dates = pd.to_datetime(list(heard)).as_unit("s")
    index = pd.Index([f"c{i}" for i in range(len(heard))], dtype="str", name="record_id")
    table = pd.DataFrame({"heard_on": dates}, index=index)
    return table.assign(
        **{name: pd.Categorical([code] * len(heard)) for name, code in fields.items()}
    )


def steps(*taken: str, of: str = "c0") -> pd.DataFrame:
    """Make steps from texts such as "2026-01-05 routed" or "2026-03-01 followed_up no"."""
    parts = [text.split() for text in taken]
    answers = [p[2] == "yes" if len(p) > 2 else None for p in parts]
    return pd.DataFrame(
        {
            "concern_id": pd.Series([of] * len(parts), dtype="str"),
            "action": pd.Categorical([p[1] for p in parts]),
            "on": pd.to_datetime([p[0] for p in parts]).as_unit("s"),
            "satisfied": pd.array(answers, dtype="boolean"),
        }
    )


def one(due: pd.DataFrame) -> dict[str, object]:
    """Return the only row with dates as text."""
    row = due.iloc[0].to_dict()
    return {
        name: f"{value:%Y-%m-%d}"
        if isinstance(value, pd.Timestamp) and not pd.isna(value)
        else value
        for name, value in row.items()
    }


def day(text: str) -> dt.date:
    """Read a date."""
    return dt.date.fromisoformat(text)


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


def test_receipt_starts_fifteen_days_for_routing():
    """A concern that nobody touched has to be routed within 15 days of receipt."""
    due = next_due(concerns("2026-02-20", **WATER), steps(), PROFILE, day("2026-03-02"))

    row = one(due)

    assert row["clause_id"] == "petition_22_route"
    assert (row["due_on"], row["days_left"], row["status"]) == ("2026-03-07", 5, "running")
    assert row["turn"] == "intake"
    assert row["used"] == pytest.approx(10 / 15)


def test_routing_passes_the_turn_to_the_unit():
    """Once routed, the unit has 15 days from its own receipt for a written notice."""
    taken = steps("2026-02-21 registered", "2026-02-28 routed")

    row = one(next_due(concerns("2026-02-20", **WATER), taken, PROFILE, day("2026-03-02")))

    assert (row["clause_id"], row["turn"]) == ("petition_23_notice", "unit")
    assert row["due_on"] == "2026-03-15"


def test_acceptance_starts_sixty_days_from_acceptance():
    """The 60 days run from acceptance, not from receipt."""
    taken = steps("2026-01-10 routed", "2026-01-20 accepted")

    row = one(next_due(concerns("2026-01-05", **WATER), taken, PROFILE, day("2026-03-22")))

    assert (row["clause_id"], row["due_on"]) == ("petition_34_conclude", "2026-03-21")
    assert (row["status"], row["days_left"]) == ("overdue", -1)
    assert row["used"] == pytest.approx(61 / 60)


def test_extension_adds_thirty_days():
    """An extension before the deadline moves it by 30 days, and a second one by none."""
    taken = ["2026-01-20 accepted", "2026-03-20 extended", "2026-04-01 extended"]

    row = one(
        next_due(concerns("2026-01-05", **WATER), steps(*taken), PROFILE, day("2026-04-05"))
    )

    assert (row["due_on"], row["extended"], row["status"]) == ("2026-04-20", True, "running")


def test_extension_after_the_deadline_changes_nothing():
    """What was approved after the 60 days does not make up for them."""
    taken = steps("2026-01-20 accepted", "2026-03-22 extended")

    row = one(next_due(concerns("2026-01-05", **WATER), taken, PROFILE, day("2026-04-05")))

    assert (row["due_on"], row["extended"], row["status"]) == ("2026-03-21", False, "overdue")


def test_answer_stops_the_clock():
    """A matter that was answered has no running clock, however old it is."""
    taken = steps("2026-01-10 routed", "2026-01-20 accepted", "2026-02-20 answered")

    row = one(next_due(concerns("2026-01-05", **WATER), taken, PROFILE, day("2026-11-01")))

    assert (row["status"], row["clause_id"]) == ("stopped", "petition_34_conclude")
    assert pd.isna(row["days_left"])
    assert pd.isna(row["used"])
    assert pd.isna(row["turn"])


@pytest.mark.parametrize(
    "fields",
    [{"dispute_code": "0802"}, {"dispute_code": "0701"}, WAGES, {"dispute_code": "1101"}],
)
def test_sixty_days_do_not_apply_where_another_channel_is_open(fields):
    """A matter for court, arbitration or review has no 60 days (信访工作条例 31, 34)."""
    taken = steps("2026-01-10 routed", "2026-01-20 accepted")

    row = one(next_due(concerns("2026-01-05", **fields), taken, PROFILE, day("2026-11-01")))

    assert row["status"] == "stopped"


def test_objection_gives_the_matter_back_to_be_routed_without_new_time():
    """After a return the receipt still counts: the resident has been waiting since then."""
    taken = ["2026-02-21 routed", "2026-02-25 returned"]
    table = concerns("2026-02-20", **WATER)

    returned = one(next_due(table, steps(*taken), PROFILE, day("2026-03-02")))
    again = one(next_due(table, steps(*taken, "2026-03-03 routed"), PROFILE, day("2026-03-04")))

    assert (returned["clause_id"], returned["due_on"]) == ("petition_22_route", "2026-03-07")
    assert (again["clause_id"], again["due_on"]) == ("petition_23_notice", "2026-03-18")


@pytest.mark.parametrize("back", ["2026-03-01 reopened", "2026-03-01 followed_up no"])
def test_matter_that_comes_back_is_received_anew(back):
    """Reopened, or not satisfied at the follow-up: 15 days to route it, from that day."""
    taken = steps("2026-01-10 routed", "2026-01-20 accepted", "2026-02-20 answered", back)

    row = one(next_due(concerns("2026-01-05", **WATER), taken, PROFILE, day("2026-03-02")))

    assert (row["clause_id"], row["due_on"]) == ("petition_22_route", "2026-03-16")


def test_content_resident_leaves_the_clock_stopped():
    """A follow-up with a resident who is satisfied starts nothing."""
    taken = steps("2026-02-20 answered", "2026-03-01 followed_up yes")

    row = one(next_due(concerns("2026-02-05", **WATER), taken, PROFILE, day("2026-03-02")))

    assert row["status"] == "stopped"


def test_right_of_the_resident_never_makes_a_matter_urgent():
    """That a review may still be asked for is shown, but is nobody's deadline (R9)."""
    table, taken = concerns("2026-02-05", **WATER), steps("2026-02-20 answered")

    due = next_due(table, taken, PROFILE, day("2026-03-20"))
    rights = clock_table(table, taken, PROFILE, day("2026-03-20"), kinds=("right",))

    assert due["status"].tolist() == ["stopped"]
    assert rights["turn"].tolist() == ["resident"]
    assert rights["days_left"].tolist() == [3]  # 22 March is a Sunday


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


def test_right_that_has_lapsed_is_not_overdue():
    """Only a duty can be overdue."""
    table, taken = concerns("2026-02-05", **WATER), steps("2026-02-20 answered")

    rights = clock_table(table, taken, PROFILE, day("2026-11-01"), kinds=("right",))

    assert rights["status"].tolist() == ["stopped"]
    assert rights["days_left"].isna().all()


def test_danger_is_reported_at_once():
    """A danger flag sets a duty for the same day; the next day it is overdue."""
    table = concerns("2026-10-01", **WATER, safety="no_drinking_water")

    same = one(next_due(table, steps(), PROFILE, day("2026-10-01")))
    next_ = one(next_due(table, steps(), PROFILE, day("2026-10-02")))

    assert (same["clause_id"], same["days_left"]) == ("petition_25_report", 0)
    assert (same["status"], next_["status"]) == ("running", "overdue")
    assert same["used"] == 0
    assert next_["used"] > 1


def test_no_danger_is_no_emergency():
    """An explicit "no danger" sets no duty to report at once."""
    row = one(
        next_due(concerns("2026-10-01", safety="none"), steps(), PROFILE, day("2026-10-01"))
    )

    assert row["clause_id"] == "petition_22_route"


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


def test_year_without_a_calendar_is_not_guessed(tmp_path):
    """Working days that reach into a year not yet announced give no date, and say so."""
    (tmp_path / "county.toml").write_text(
        'code = "370102"\nzh = "历下区"\nen = "Lixia"\ninvented = false\nsource = "test"\n',
        encoding="utf-8",
    )
    jinan = load_profile(tmp_path)
    taken = steps("2026-12-30 routed", "2026-12-30 accepted")
    due = next_due(
        concerns("2026-12-30", source="hotline", **WAGES), taken, jinan, day("2026-12-31")
    )

    row = one(due)

    assert (row["clause_id"], row["status"]) == ("hotline_local", "running")
    assert pd.isna(row["due_on"])
    assert pd.isna(row["used"])
    assert "到期日待定" in due_sentence(due, jinan).iloc[0]


def test_sentence_names_act_date_article_and_days():
    """The deadline is one plain sentence in either language."""
    table = concerns("2026-02-20", "2026-01-01", "2026-02-15", **WATER)
    due = next_due(table, steps(), PROFILE, day("2026-03-02"))

    zh, en = (due_sentence(due, PROFILE, lang=lang).tolist() for lang in ("zh", "en"))

    assert zh == [
        "须在 2026-03-07 前登记转送 (信访工作条例第22条), 还有 5 天",
        "应在 2026-01-16 前登记转送 (信访工作条例第22条), 已超期 45 天",
        "今天 (2026-03-02) 须登记转送 (信访工作条例第22条)",
    ]
    assert en[0] == (
        "register and route by 2026-03-07 (Regulations on Petition Work 2022, Art. 22): 5 days left"
    )


def test_concern_of_a_later_day_has_no_clock_yet():
    """Looking from a day, what is heard or done after it does not exist."""
    table = concerns("2026-03-10", "2026-03-01", **WATER)
    taken = steps("2026-03-05 routed", of="c1")

    due = next_due(table, taken, PROFILE, day("2026-03-04"))

    assert due["status"].tolist() == ["none", "running"]
    assert due["clause_id"].tolist()[1] == "petition_22_route"
    assert due_sentence(due, PROFILE).iloc[0] == "没有法定时限"


def test_frame_has_the_types_of_a_ledger():
    """Index and types hold, for many concerns and for none; the inputs stay as they were."""
    table, taken = (
        concerns("2026-03-01", "2026-03-02", **WATER),
        steps("2026-03-03 routed", of="c1"),
    )
    before = table.copy(), taken.copy()

    due = next_due(table, taken, PROFILE, day("2026-03-04"))
    none = next_due(table.iloc[:0], taken.iloc[:0], PROFILE, day("2026-03-04"))

    expected = {"started_on": "datetime64[s]", "due_on": "datetime64[s]", "days_left": "Int64"}
    assert {name: str(due[name].dtype) for name in expected} == expected
    assert "object" not in {str(dtype) for dtype in due.dtypes}
    assert due.index.equals(table.index)
    assert due.dtypes.equals(none.dtypes)
    pd.testing.assert_frame_equal(table, before[0])
    pd.testing.assert_frame_equal(taken, before[1])


def test_clauses_know_the_actions_of_the_spec():
    """What a step may record and what a clause may name are the same words."""
    assert {code for code, *_ in spec.ACTIONS} == set(ACTIONS)


DAYS = st.integers(0, 400)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(ACTIONS), DAYS, st.sampled_from([True, False, None])
    ),
    max_size=14,
)
START = np.datetime64("2025-06-01")


def drawn(heard: list[int], taken: list[tuple[int, str, int, bool | None]]):
    """Make frames from drawn numbers."""
    table = concerns(*(str(START + d) for d in heard), **WATER)
    rows = [(f"c{i}", action, START + d, said) for i, action, d, said in taken]
    made = pd.DataFrame(rows, columns=["concern_id", "action", "on", "satisfied"])
    return table, made.astype(
        {
            "concern_id": "str",
            "action": "category",
            "on": "datetime64[s]",
            "satisfied": "boolean",
        }
    )


@settings(max_examples=60, deadline=None)
@given(heard=st.lists(DAYS, min_size=4, max_size=4), taken=STEPS, later=st.integers(1, 60))
def test_time_that_passes_without_an_act_only_uses_up_the_clock(heard, taken, later):
    """With no act in between, a running clock keeps its end and loses a day a day."""
    table, made = drawn(heard, taken)
    first, second = dt.date(2026, 8, 1), dt.date(2026, 8, 1) + dt.timedelta(days=later)

    a, b = (next_due(table, made, PROFILE, on) for on in (first, second))

    still = a["status"].isin(["running", "overdue"])
    assert (a["due_on"] == b["due_on"])[still].all()
    assert ((a["days_left"] - b["days_left"])[still] == later).all()
    assert (b["used"] >= a["used"])[still].all()
    assert (b["status"] == a["status"])[~still].all()
    assert ((a["used"] > 1) == (a["status"] == "overdue"))[still].all()


@settings(max_examples=60, deadline=None)
@given(heard=st.lists(DAYS, min_size=4, max_size=4), taken=STEPS, when=DAYS)
def test_extension_never_shortens(heard, taken, when):
    """One more extension leaves every deadline where it was, or later."""
    table, made = drawn(heard, taken)
    _, more = drawn(heard, [*taken, (0, "extended", when, None)])

    a, b = (next_due(table, s, PROFILE, dt.date(2026, 8, 1)) for s in (made, more))

    known = a["due_on"].notna()
    assert (b["due_on"] >= a["due_on"])[known].all()
    assert b["due_on"].notna().equals(known)


@settings(max_examples=40, deadline=None)
@given(heard=st.lists(DAYS, min_size=4, max_size=4), taken=STEPS)
def test_concerns_do_not_touch_each_other(heard, taken):
    """A concern alone has the same deadline as among others, in any order."""
    table, made = drawn(heard, taken)
    on = dt.date(2026, 8, 1)

    together = next_due(table, made, PROFILE, on)
    turned = next_due(table.iloc[::-1], made, PROFILE, on)
    alone = pd.concat([next_due(table.loc[[i]], made, PROFILE, on) for i in table.index])

    pd.testing.assert_frame_equal(together, alone)
    pd.testing.assert_frame_equal(together, turned.iloc[::-1])


def test_answer_to_a_review_is_an_answer():
    """Whoever gives it, an answer leaves no duty running; only the next right is open."""
    taken = steps("2026-01-20 accepted", "2026-02-05 review", "2026-02-20 answered")
    table = concerns("2026-01-05", **WATER)

    due = next_due(table, taken, PROFILE, day("2026-03-01"))
    rights = clock_table(table, taken, PROFILE, day("2026-03-01"), kinds=("right",))

    assert due["status"].tolist() == ["stopped"]
    assert rights.loc[rights["status"] == "running", "clause_id"].tolist() == [
        "petition_36_ask"
    ]


# --- hearings: days that are not counted ----------------------------------------------------

REVIEWED = ("2026-10-05 review", "2026-10-07 answered", "2026-10-09 re_review")


@pytest.mark.parametrize(
    ("hearing", "due", "left"),
    [
        ([], "2026-11-08", -2),
        # 12, 13 and 14 October do not count: three days later
        (["2026-10-12 hearing_opened", "2026-10-14 hearing_closed"], "2026-11-11", 1),
        # one day, then a second hearing that goes on: 20 October and 4 to 10 November
        (
            [
                "2026-10-20 hearing_opened",
                "2026-10-20 hearing_closed",
                "2026-11-04 hearing_opened",
            ],
            "2026-11-16",
            6,
        ),
        # closed and opened again on one day: that day is one day
        (
            [
                "2026-10-12 hearing_opened",
                "2026-10-14 hearing_closed",
                "2026-10-14 hearing_opened",
                "2026-10-15 hearing_closed",
            ],
            "2026-11-12",
            2,
        ),
        # opened after the last day: too late
        (["2026-11-09 hearing_opened"], "2026-11-08", -2),
        # before the re-review was asked for, and closing what was never opened
        (["2026-10-08 hearing_opened", "2026-10-12 hearing_closed"], "2026-11-08", -2),
    ],
    ids=["none", "three_days", "two_hearings", "joined", "too_late", "before"],
)
def test_the_days_of_a_hearing_do_not_count(hearing, due, left):
    """信访工作条例 36: the time of the hearing is not counted in the 30 days."""
    taken = steps(*REVIEWED, *hearing)

    got = one(next_due(concerns("2026-10-01", **WATER), taken, PROFILE, day("2026-11-10")))

    assert (got["clause_id"], got["due_on"], got["days_left"]) == (
        "petition_36_decide",
        due,
        left,
    )


@settings(max_examples=80, deadline=None)
@given(
    marks=st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=8),
    on=st.integers(0, 80),
)
def test_pausing_never_loses_days(marks, on):
    """Each day either counts or is added at the end; while a hearing lasts, none is lost."""
    start = np.datetime64("2026-03-02")
    names = {True: "hearing_opened", False: "hearing_closed"}
    texts = [f"{start + d} {names[opened]}" for d, opened in sorted(marks, key=lambda m: m[0])]
    taken = steps("2026-03-02 re_review", *texts)
    table, today = concerns("2026-03-01", **WATER), start + on

    got, tomorrow = (
        clock_table(table, taken, PROFILE, (today + d).astype(dt.date))
        .set_index("clause_id")
        .loc["petition_36_decide"]
        for d in (0, 1)
    )

    paused = (got["due_on"] - pd.Timestamp(start)).days - 30
    assert paused >= 0
    assert got["due_on"] >= pd.Timestamp(start) + pd.Timedelta(days=30)
    assert tomorrow["due_on"] >= got["due_on"]
    assert (
        0 <= got["days_left"] - tomorrow["days_left"] <= 1 + (tomorrow["status"] == "overdue")
    )
    assert got["used"] == pytest.approx((on - paused) / 30)


# --- objections -----------------------------------------------------------------------------


def test_an_objection_gives_the_turn_back_to_the_office_that_routed():
    """The notice stops, and the 15 days of the receipt go on from where they began."""
    taken = steps("2026-03-03 routed", "2026-03-05 objected")
    table = concerns("2026-03-02", **WATER)

    got = one(next_due(table, taken, PROFILE, day("2026-03-06")))
    rerouted = one(
        next_due(
            table,
            steps("2026-03-03 routed", "2026-03-05 objected", "2026-03-09 routed"),
            PROFILE,
            day("2026-03-10"),
        )
    )

    assert (got["clause_id"], got["due_on"], got["turn"]) == (
        "petition_22_route",
        "2026-03-17",
        "intake",
    )
    assert (rerouted["clause_id"], rerouted["due_on"]) == ("petition_23_notice", "2026-03-24")


# --- one concern, in words ------------------------------------------------------------------


def test_the_clocks_of_one_concern_are_listed_with_whose_turn_it_is():
    """Duties by when they end, rights as rights; what has stopped comes last, nobody's turn."""
    table = concerns("2026-03-02", "2026-03-02", **WATER)
    taken = steps("2026-03-03 routed", "2026-03-05 accepted", "2026-04-01 answered")

    listed = deadlines_of(table.loc[["c0"]], taken, PROFILE, day("2026-04-02"))
    english = deadlines_of(table.loc[["c0"]], taken, PROFILE, day("2026-04-02"), "en")
    none = deadlines_of(table.iloc[:0], taken, PROFILE, day("2026-04-02"))

    assert listed.index.tolist()[0] == "petition_35_ask"
    assert (
        listed["sentence"].iloc[0]
        == "可在 2026-05-06 前请求复查 (信访工作条例第35条), 还有 34 天"
    )
    assert english["sentence"].iloc[0].startswith("may ask for a review until 2026-05-06")
    assert listed["turn"].tolist() == ["诉求人"] + [""] * (len(listed) - 1)
    assert set(listed["status"].astype("str").iloc[1:]) == {"stopped"}
    assert len(none) == 0


def test_a_stopped_clock_names_the_act_that_stopped_it_and_when():
    """The first act after the start, not one that came when it had stopped; none: it lapsed."""
    taken = steps("2026-03-03 routed", "2026-03-05 accepted", "2026-04-01 answered")

    listed = deadlines_of(concerns("2026-03-02", **WATER), taken, PROFILE, day("2026-06-01"))
    english = deadlines_of(
        concerns("2026-03-02", **WATER), taken, PROFILE, day("2026-06-01"), "en"
    )

    said = listed["sentence"]
    assert (
        said["petition_22_route"] == "登记转送: 2026-03-03 分流, 时限停止 (信访工作条例第22条)"
    )
    assert "2026-03-05 受理" in said["petition_23_notice"]
    assert "2026-04-01 答复" in said["petition_34_conclude"]
    assert said["petition_35_ask"] == "请求复查: 期限已于 2026-05-06 届满 (信访工作条例第35条)"
    assert "stopped on 2026-03-03 by: routed" in english["sentence"]["petition_22_route"]


def test_a_duty_done_late_says_by_how_many_days():
    """Stopping a clock does not wipe out that it had run out; on the last day it is in time."""
    water = concerns("2026-03-02", **WATER)
    late, last = steps("2026-04-01 routed"), steps("2026-03-17 routed")

    said = deadlines_of(water, late, PROFILE, day("2026-06-01"))["sentence"]
    english = deadlines_of(water, late, PROFILE, day("2026-06-01"), "en")["sentence"]
    in_time = deadlines_of(water, last, PROFILE, day("2026-06-01"))["sentence"]

    assert (
        said["petition_22_route"]
        == "登记转送: 2026-04-01 分流, 比期限 2026-03-17 晚 15 天 (信访工作条例第22条)"
    )
    assert "15 days late, due 2026-03-17" in english["petition_22_route"]
    assert "晚" not in in_time["petition_22_route"]


def test_a_clock_taken_up_again_names_the_last_act_that_stopped_it():
    """An objection resumes the clock of routing; while it runs, nothing has stopped it."""
    table, taken = concerns("2026-03-02", **WATER), ["2026-03-03 routed", "2026-03-04 objected"]
    running = deadlines_of(table, steps(*taken), PROFILE, day("2026-03-06"))
    again = deadlines_of(table, steps(*taken, "2026-03-05 routed"), PROFILE, day("2026-03-06"))

    assert running["sentence"]["petition_22_route"].startswith("须在 2026-03-17 前登记转送")
    assert "2026-03-05 分流" in again["sentence"]["petition_22_route"]
    assert "2026-03-04 提出异议" in running["sentence"]["petition_23_notice"]
