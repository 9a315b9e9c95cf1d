"""The card's inputs off the ledger: by hand-written life stories and a slow count."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.profile import load_profile
from gridkit.profile.card import INPUTS
from gridkit.triage import inputs, response_gap, same_cause_n, score, standing

PROFILE = load_profile()
CARD = PROFILE.scorecard
ON = dt.date(2026, 6, 30)
CODED = ["grid_id", "demand_type", "demand_detail", "dispute_code", "source"]
CODED += ["harm", "safety", "basic_need", "setting", "hardening", "mitigation"]
PLAIN = {
    "grid_id": "990428001001001",
    "source": "grid_worker",
    "heard_on": "2026-06-28",
    "demand_type": "water",
    "demand_detail": "water_cut",
    "dispute_code": None,
    "people_affected": 90,
    "households_affected": 40,
    "harm": "livelihood",
    "safety": "none",
    "basic_need": "water",
    "setting": "none",
    "hardening": "none",
    "works_start": None,
    "mitigation": "none",
}


def dates(values):
    """Make dates as a ledger frame holds them."""
    return pd.to_datetime(pd.Series(values, dtype="str")).astype("datetime64[s]")


def concerns_of(*changes):
    """Make a ledger frame of concerns: c0, c1, ... each the plain one with some changes."""
    table = pd.DataFrame([PLAIN | change for change in changes], columns=list(PLAIN))
    for name in ("heard_on", "works_start"):
        table[name] = dates(table[name]).to_numpy()
    kinds = dict.fromkeys(CODED, "category")
    kinds |= dict.fromkeys(["people_affected", "households_affected"], "Int64")
    index = pd.Index([f"c{i}" for i in range(len(table))], dtype="str", name="record_id")
    return table.astype(kinds).set_axis(index)


def steps_of(*steps):
    """Make a ledger frame of steps out of "concern action date" and, maybe, "yes" or "no".

    The action "excepted" is a special closing.
    """
    rows = [(*step.split(), None)[:4] for step in steps]
    table = pd.DataFrame(rows, columns=["concern_id", "action", "on", "satisfied"])
    table["on"] = dates(table["on"]).to_numpy()
    table["satisfied"] = table["satisfied"].map({"yes": True, "no": False}).astype("boolean")
    table["special"] = (table["action"] == "excepted").astype("boolean")
    table["action"] = table["action"].replace("excepted", "closed")
    return table.astype({"concern_id": "category", "action": "category"})


NO_STEPS = steps_of()


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], "open"),
        (["c0 accepted 2026-06-29", "c0 answered 2026-06-29"], "open"),
        (["c0 answered 2026-06-29", "c0 closed 2026-06-30"], "open"),
        (["c0 registered 2026-06-29", "c0 closed 2026-06-30"], "open"),
        (["c0 excepted 2026-06-30"], "stopped"),
        (["c0 withdrawn 2026-06-30"], "open"),
        (["c0 registered 2026-06-29", "c0 withdrawn 2026-06-30"], "stopped"),
        (["c0 registered 2026-06-29", "c0 merged 2026-06-30"], "stopped"),
        (["c0 registered 2026-06-29", "c0 to_statutory_channel 2026-06-30"], "stopped"),
        (["c0 excepted 2026-06-29", "c0 reopened 2026-06-30"], "open"),
        (["c0 excepted 2026-06-29", "c0 followed_up 2026-06-30 no"], "open"),
        (["c0 excepted 2026-06-29", "c0 followed_up 2026-06-30 yes"], "stopped"),
        (["c0 excepted 2026-06-30", "c0 reopened 2026-06-30"], "open"),
        (["c0 reopened 2026-06-30", "c0 excepted 2026-06-30"], "stopped"),
        (["c0 excepted 2026-07-01"], "open"),
        (["c9 excepted 2026-06-30"], "open"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value) or "nothing",
)
def test_standing_follows_the_steps(steps, expected):
    """A matter is scored until it is struck off, and again when it comes back."""
    told = standing(concerns_of({}), steps_of(*steps), PROFILE, ON)

    assert told.tolist() == [expected]


def test_routed_out_disputes_are_never_scored():
    """Matters of groups 14 to 16 go to the statutory channel; the card never sees them."""
    table = concerns_of(
        {}, {"dispute_code": "1499"}, {"dispute_code": "0201"}, {"heard_on": "2026-07-01"}
    )
    out = [c.code for c in PROFILE.choices("dispute_code") if c.route_out]
    table["dispute_code"] = pd.Categorical([None, out[0], "0201", None])

    told = standing(table, NO_STEPS, PROFILE, ON)
    facts = inputs(table, NO_STEPS, ON, PROFILE)

    assert told.tolist() == ["open", "route_out", "open", "later"]
    assert {code[:2] for code in out} == {"14", "15", "16"}
    assert facts.index.tolist() == ["c0", "c2"]


@pytest.mark.parametrize(
    ("steps", "used", "expected"),
    [
        (["c0 registered 2026-06-27"], None, "none"),
        (["c0 registered 2026-06-26"], None, "no_owner"),
        (["c0 routed 2026-06-26"], 0.2, "none"),
        (["c0 routed 2026-06-26", "c0 returned 2026-06-28"], 0.2, "none"),
        (["c0 routed 2026-06-20", "c0 returned 2026-06-26"], 0.2, "no_owner"),
        (["c0 accepted 2026-06-10"], 0.49, "none"),
        (["c0 accepted 2026-06-10"], 0.5, "unanswered"),
        (["c0 accepted 2026-06-10", "c0 answered 2026-06-29"], 0.9, "none"),
        (["c0 accepted 2026-06-01"], None, "none"),
        (["c0 accepted 2026-05-31"], None, "unanswered"),
        (
            [
                "c0 accepted 2026-05-01",
                "c0 answered 2026-05-20",
                "c0 followed_up 2026-05-30 no",
            ],
            None,
            "unanswered",
        ),
        (
            [
                "c0 accepted 2026-05-01",
                "c0 answered 2026-05-20",
                "c0 followed_up 2026-06-10 no",
            ],
            None,
            "none",
        ),
        (
            ["c0 routed 2026-06-20", "c0 returned 2026-06-21", "c0 routed 2026-06-22"],
            0.1,
            "none",
        ),
        (
            [
                *("c0 routed 2026-06-20", "c0 returned 2026-06-21"),
                *("c0 routed 2026-06-22", "c0 returned 2026-06-30"),
            ],
            0.1,
            "returned_twice",
        ),
        (
            [
                *("c0 routed 2026-06-20", "c0 returned 2026-06-21", "c0 routed 2026-06-22"),
                *("c0 returned 2026-06-23", "c0 routed 2026-06-24", "c0 answered 2026-06-25"),
            ],
            0.1,
            "none",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_response_gap_follows_the_steps(steps, used, expected):
    """Nobody in charge, no answer, returned twice: told apart by what was recorded."""
    heard = steps[0].split()[2] if "registered" in steps[0] else "2026-05-01"
    table = concerns_of({"heard_on": heard})
    clock = pd.Series([used], index=table.index, dtype="float64")

    assert response_gap(table, steps_of(*steps), ON, clock).tolist() == [expected]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["g1", "g2", None]),
            st.sampled_from(["water", "leak"]),
            st.sampled_from(["water_cut", "water_quality", None]),
            st.integers(0, 400),
            st.sampled_from([None, None, None, "0201", "1499"]),
        ),
        max_size=25,
    )
)
@settings(max_examples=60, deadline=None)
def test_same_cause_is_what_a_slow_count_gives(rows):
    """Others of the cause in the grid, 180 days back, none that came later."""
    out = next(c.code for c in PROFILE.choices("dispute_code") if c.route_out)
    rows = [(*row[:4], out if row[4] == "1499" else row[4]) for row in rows]
    day = np.datetime64("2025-01-01", "s") + np.array(
        [row[3] * 86400 for row in rows], dtype="timedelta64[s]"
    )
    table = pd.DataFrame(
        {
            "grid_id": pd.Categorical([row[0] for row in rows]),
            "demand_type": pd.Categorical([row[1] for row in rows]),
            "demand_detail": pd.Categorical([row[2] for row in rows]),
            "dispute_code": pd.Categorical([row[4] for row in rows]),
            "heard_on": day.astype("datetime64[s]"),
        }
    )

    counted = same_cause_n(table, PROFILE)

    def count(i):
        grid, kind, detail, heard, dispute = rows[i]
        if grid is None or dispute == out:
            return None
        return sum(
            j != i
            and other[0] == grid
            and other[4] != out
            and (other[2] or other[1]) == (detail or kind)
            and 0 <= heard - other[3] <= 180
            for j, other in enumerate(rows)
        )

    assert [None if pd.isna(n) else n for n in counted] == [count(i) for i in range(len(rows))]


def test_later_records_do_not_change_the_past():
    """What a concern scored on a day is not moved by anything heard or done after it."""
    early = concerns_of({"heard_on": "2026-05-01"}, {"heard_on": "2026-06-20"})
    more = concerns_of(
        {"heard_on": "2026-05-01"}, {"heard_on": "2026-06-20"}, {"heard_on": "2026-07-05"}
    )
    steps = ["c0 accepted 2026-05-02"]
    later = [*steps, "c0 answered 2026-07-01", "c1 closed 2026-07-02"]

    before = inputs(early, steps_of(*steps), ON, PROFILE)
    after = inputs(more, steps_of(*later), ON, PROFILE)

    pd.testing.assert_frame_equal(before, after, check_categorical=False)


def test_inputs_are_those_of_the_contract():
    """The frame has the declared columns in their types, whatever stands in the ledger."""
    table = concerns_of(
        {"hardening": "works_soon", "works_start": "2026-07-05"},
        {"hardening": "works_soon", "works_start": "2026-06-20", "harm": None},
        {"hardening": "party_refuses", "works_start": "2026-07-05"},
        {"hardening": None, "households_affected": None},
    )

    facts = inputs(table, NO_STEPS, ON, PROFILE)

    assert list(facts) == list(INPUTS)
    for name, known in INPUTS.items():
        number = "float64" if name == "clock_used" else "Int64"
        assert facts[name].dtype == (number if known.kind == "number" else "category")
    assert facts["works_in_days"].tolist() == [5, -10, pd.NA, pd.NA]
    assert facts["same_cause_n"].tolist() == [3, 3, 3, 3]
    # two of the 15 days that Art. 22 gives to register and route are gone
    np.testing.assert_allclose(facts["clock_used"], 2 / 15)


def test_ledger_to_score():
    """The dry-tap story: from the ledger to a score that says what it counted."""
    table = concerns_of({"heard_on": "2026-06-20"})

    scores = score(inputs(table, NO_STEPS, ON, PROFILE), CARD)

    # 10 of 15 days are used (4 points), and nobody has it (8 points)
    points = scores.filter(like="pts_").iloc[0]
    assert points[points > 0].to_dict() == {
        "pts_harm": 10,
        "pts_reach": 9,
        "pts_basic_need": 15,
        "pts_clock": 4,
        "pts_response": 8,
    }
    assert scores[["score", "band", "missing"]].iloc[0].tolist() == [46, "orange", 0]


def test_facts_of_a_person_move_no_input():
    """Person-like columns, however they are shuffled, change neither inputs nor scores (R3)."""
    rng = np.random.default_rng(11)
    n = 60
    table = concerns_of(
        *(
            {
                "heard_on": str(np.datetime64("2026-01-01") + rng.integers(170)),
                "harm": rng.choice(["none", "property", "life"]),
            }
            for _ in range(n)
        )
    )
    steps = steps_of(*(f"c{i} accepted 2026-06-25" for i in range(0, n, 2)))
    plain = inputs(table, steps, ON, PROFILE)
    for _ in range(3):
        person = {
            "name": rng.choice(["甲", "乙", "丙"], n),
            "phone": rng.integers(10**10, size=n).astype(str),
            "ethnicity": rng.choice(["a", "b"], n),
            "petition_history": rng.integers(9, size=n),
            "by_role": rng.choice(["grid_worker", "leader"], n),
            "device": rng.choice(["d1", "d2"], n),
            "visit_id": rng.permutation([f"v{i}" for i in range(n)]),
        }
        acted = {"by_role": rng.choice(["clerk", "leader"], len(steps)), "device": "d9"}

        facts = inputs(table.assign(**person), steps.assign(**acted), ON, PROFILE)

        pd.testing.assert_frame_equal(facts, plain)
        pd.testing.assert_frame_equal(score(facts, CARD), score(plain, CARD))


def test_order_index_and_frames_are_kept():
    """Rows come in the order of the ledger frame; what was passed in is not changed."""
    table = concerns_of({}, {"harm": "life"}, {"harm": "none"}).iloc[[2, 0, 1]]
    steps = steps_of("c0 accepted 2026-06-29")
    copies = table.copy(deep=True), steps.copy(deep=True)

    facts = inputs(table, steps, ON, PROFILE)

    assert facts.index.tolist() == ["c2", "c0", "c1"]
    assert facts.index.name == "record_id"
    pd.testing.assert_frame_equal(table, copies[0])
    pd.testing.assert_frame_equal(steps, copies[1])


def test_empty_ledger_has_no_inputs():
    """Before the first concern there is nothing to score, and no error."""
    facts = inputs(concerns_of({}).iloc[:0], NO_STEPS, ON, PROFILE)

    assert facts.empty
    assert score(facts, CARD).empty
