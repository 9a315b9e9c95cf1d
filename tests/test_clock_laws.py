"""What holds for the clocks of any concerns and steps."""

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from clock_frames import PROFILE, WATER, concerns
from gridkit.profile.clause import ACTIONS
from gridkit.triage.clocks import next_due

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
