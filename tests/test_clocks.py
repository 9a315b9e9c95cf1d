"""Which act starts, stops, extends and hands on a clock."""

import pandas as pd
import pytest

from clock_frames import PROFILE, WATER, concerns, day, one, steps
from gridkit.triage.clocks import clock_table, next_due
from gridkit.triage.deadlines import due_sentence


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
