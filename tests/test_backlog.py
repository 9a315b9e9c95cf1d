"""Backlog: each hard matter owned by a post, struck off one by one, back when reopened."""

from __future__ import annotations

import datetime as dt
import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.triage.backlog import (
    LEFT_OUT,
    RULE,
    BacklogRule,
    backlog_candidates,
    backlog_ledger,
    backlog_progress,
    half_months,
)
from gridkit.triage.board import board

PROFILE = load_profile()
SOLVED = ("registered", "routed", "accepted", "answered", "verified", "followed_up", "closed")


def concerns(n: int = 3, heard_on: str = "2026-01-05") -> pd.DataFrame:
    """Make n concerns c0, c1, ... about wages."""
    index = pd.Index([f"c{i}" for i in range(n)], dtype="str", name="record_id")
    made = pd.DataFrame({"heard_on": pd.to_datetime([heard_on] * n).as_unit("s")}, index=index)
    texts = {
        "grid_id": "990428100001001",
        "demand_type": "water",
        "demand_detail": "water_cut",
        "source": "window",
        "harm": "livelihood",
        "safety": "none",
    }
    for name, code in texts.items():
        made[name] = pd.Categorical([code] * n)
    for name in ("dispute_code", "basic_need", "setting", "hardening", "mitigation"):
        made[name] = pd.Categorical([None] * n, categories=["none"])
    for name in ("households_affected", "people_affected"):
        made[name] = pd.array([1] * n, dtype="Int64")
    made["works_start"] = pd.Series(pd.NaT, index=index, dtype="datetime64[s]")
    return made


def steps(*taken: tuple[str, str, str], into: str | None = None) -> pd.DataFrame:
    """Make steps from (concern, action, day)."""
    n = len(taken)
    return pd.DataFrame(
        {
            "concern_id": pd.Series([t[0] for t in taken], dtype="str"),
            "action": pd.Categorical([t[1] for t in taken]),
            "on": pd.to_datetime([t[2] for t in taken]).as_unit("s"),
            "unit": pd.Categorical(
                ["labor_bureau" if t[1] == "routed" else None for t in taken],
                categories=["labor_bureau"],
            ),
            "satisfied": pd.array([True] * n, dtype="boolean"),
            "special": pd.array([t[1] == "closed" and t[2] < "2026-02" for t in taken])
            if n
            else pd.array([], dtype="boolean"),
            "into_id": pd.Series([into if t[1] == "merged" else None for t in taken]).astype(
                "str"
            ),
        }
    )


def solved(of: str, on: str) -> list[tuple[str, str, str]]:
    """Take a matter from door to 销号 on one day."""
    return [(of, action, on) for action in SOLVED]


def lists(*rows: tuple[str, int, str], done: str | None = None) -> pd.DataFrame:
    """Make backlog records from (concern, list, day taken on)."""
    return pd.DataFrame(
        {
            "concern_id": pd.array([r[0] for r in rows], dtype="str"),
            "batch": pd.array([r[1] for r in rows], dtype="Int64"),
            "taken_on": pd.to_datetime([r[2] for r in rows]).as_unit("s"),
            "leader_post": pd.array(["副县长"] * len(rows), dtype="str"),
            "done": pd.Categorical([done] * len(rows)),
        },
        index=pd.Index([f"b{i}" for i in range(len(rows))], dtype="str"),
    )


def test_a_matter_is_backlog_when_open_for_long_or_past_its_deadline():
    """Proposed with the reason; what is on a list already is not proposed again."""
    matters = concerns()
    taken = steps(("c1", "registered", "2026-01-05"), ("c1", "routed", "2026-01-06"))
    taken = pd.concat(
        [taken, steps(("c1", "accepted", "2026-01-07"), *solved("c2", "2026-03-02"))],
        ignore_index=True,
    )

    def proposed(on: str, *known: tuple[str, int, str]) -> dict[str, str]:
        day = dt.date.fromisoformat(on)
        found = backlog_candidates(board(matters, taken, day, PROFILE), lists(*known))
        return found["because_zh"].to_dict()

    # accepted on 7 January: 60 days end on 8 March; 180 days from 5 January end on 4 July
    assert proposed("2026-03-08") == {}
    assert proposed("2026-03-09") == {"c1": "超过办结时限 (信访工作条例第34条)"}
    assert set(proposed("2026-07-04")) == {"c0", "c1"}
    assert proposed("2026-07-04", ("c1", 1, "2026-07-01")) == {"c0": "已 180 天 (满 180 天)"}
    assert not RULE.verified
    strict = BacklogRule(open_days=30, source="the county")
    listed = board(matters, taken, dt.date(2026, 2, 4), PROFILE)
    assert len(backlog_candidates(listed, lists(), strict)) == 3


def test_the_ledger_shows_owner_checklist_band_and_color():
    """Open matters carry their band's color; the checklist says what is missing."""
    matters, on = concerns(), dt.date(2026, 6, 1)
    taken = steps(*solved("c1", "2026-03-02"))
    records = lists(("c0", 1, "2026-02-01"), ("c1", 1, "2026-02-01"), done="six_fixed_leader")
    listed = board(matters, taken, on, PROFILE)

    table = backlog_ledger(records, matters, taken, on, PROFILE, listed)

    assert table["struck_off"].tolist() == [False, True]
    assert table["leader_post"].tolist() == ["副县长"] * 2
    assert table["band"].isna().tolist() == [False, True]
    assert (
        table.loc["c0", "color"]
        == {b.code: b.color for b in PROFILE.bands}[table.loc["c0", "band"]]
    )
    assert (table["done"].tolist(), table["of"].tolist()) == ([1, 1], [11, 11])
    assert "定责任单位" in table.loc["c0", "missing_zh"]
    assert "定包案领导" not in table.loc["c0", "missing_zh"]


def test_control_of_a_person_is_left_out_and_the_reason_is_given():
    """包稳控 is named only to say why it is not there."""
    words = [choice.zh for choice in PROFILE.choices("checklist_item")]

    assert LEFT_OUT[0][0] == "包稳控"
    assert "不管人" in LEFT_OUT[0][1]
    assert not any("稳控" in word for word in words)


def test_a_matter_on_two_lists_counts_once_in_the_later():
    """It is not solved twice."""
    records = lists(("c0", 1, "2026-02-01"), ("c0", 2, "2026-04-01"), ("c9", 2, "2026-12-01"))

    table = backlog_ledger(records, concerns(), steps(), dt.date(2026, 5, 1), PROFILE)

    assert table[["batch", "lists"]].to_numpy().tolist() == [[2, 2]]
    assert table["color"].tolist() == ["#9a9a9a"]


def test_a_reopened_matter_is_on_the_list_again():
    """Struck off in March, reopened in April: back at once, and reported so."""
    taken = steps(*solved("c0", "2026-03-10"), ("c0", "reopened", "2026-04-20"))

    table = backlog_progress(
        lists(("c0", 1, "2026-03-02")),
        concerns(),
        taken,
        dt.date(2026, 3, 1),
        dt.date(2026, 4, 30),
    ).xs(1, level="batch")

    assert table["struck_off"].tolist() == [1, 0, 0, 0]
    assert table["reopened"].tolist() == [0, 0, 0, 1]
    assert table["left"].tolist() == [0, 0, 0, 1]
    assert table["solved"].tolist() == [1, 1, 1, 0]


def test_a_merged_matter_is_struck_off_with_its_root():
    """What follows a root cause ends when the cause does."""
    taken = steps(("c1", "registered", "2026-03-01"), ("c1", "merged", "2026-03-02"), into="c0")
    taken = pd.concat([taken, steps(*solved("c0", "2026-04-10"))], ignore_index=True)
    records = lists(("c1", 1, "2026-03-02"))

    before = backlog_ledger(records, concerns(), taken, dt.date(2026, 4, 9), PROFILE)
    after = backlog_ledger(records, concerns(), taken, dt.date(2026, 4, 10), PROFILE)

    assert (before.loc["c1", "struck_off"], after.loc["c1", "struck_off"]) == (False, True)
    assert not after.loc["c1", "by_exception"]


def test_a_concern_taken_out_of_the_ledger_stays_on_the_list():
    """It is neither solved nor mistaken for another; a person takes it off."""
    records = lists(("c0", 1, "2026-02-01"), ("gone", 1, "2026-02-02"))
    taken = steps(*solved("c0", "2026-03-10"))

    table = backlog_ledger(records, concerns(), taken, dt.date(2026, 5, 1), PROFILE)

    assert table["struck_off"].to_dict() == {"c0": True, "gone": False}
    assert pd.isna(table.loc["gone", "state"])
    none = backlog_ledger(records, concerns(0), taken.head(0), dt.date(2026, 5, 1), PROFILE)
    assert none["struck_off"].tolist() == [False, False]


def test_a_matter_struck_off_by_exception_is_told_apart():
    """Without answer, check and follow-up it is off the list, and shown as such."""
    taken = steps(("c0", "registered", "2026-01-06"), ("c0", "closed", "2026-01-20"))

    table = backlog_progress(
        lists(("c0", 1, "2026-01-10")),
        concerns(),
        taken,
        dt.date(2026, 1, 16),
        dt.date(2026, 1, 31),
    )

    assert table.loc[("2026-01-2", 1), ["struck_off", "by_exception"]].tolist() == [1, 1]


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from(["c0", "c1", "c2"]), st.integers(1, 2), st.integers(0, 100)),
        max_size=5,
    ),
    st.lists(
        st.tuples(
            st.sampled_from(["c0", "c1", "c2"]),
            st.sampled_from([*SOLVED, "reopened"]),
            st.integers(0, 120),
        ),
        max_size=30,
    ),
)
def test_every_half_month_balances_and_begins_where_the_last_one_ended(records, taken):
    """Before + taken + reopened - struck off = left; the lists sum to the total."""
    first = dt.date(2026, 1, 1)

    def on(days: int) -> str:
        return (first + dt.timedelta(days=days)).isoformat()

    backlog = lists(*((c, batch, on(d)) for c, batch, d in records))
    done = steps(*((c, action, on(d)) for c, action, d in taken))

    table = backlog_progress(
        backlog, concerns(heard_on="2025-12-01"), done, first, dt.date(2026, 5, 5)
    )

    flow = table["before"] + table["taken"] + table["reopened"] - table["struck_off"]
    assert (flow == table["left"]).all()
    assert (table["left"] + table["solved"] == table["total"]).all()
    for _, of_one in table.groupby("batch"):
        assert of_one["before"].tolist()[1:] == of_one["left"].tolist()[:-1]
    if len(table):
        lists_only = table.drop(index=0, level="batch").groupby("half_month").sum()
        pd.testing.assert_frame_equal(lists_only, table.xs(0, level="batch"))


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), st.integers(0, 400))
def test_half_months_cover_every_day_once(start, length):
    """They follow on each other without a gap."""
    end = start + dt.timedelta(days=length)

    halves = list(half_months(start, end))

    assert halves[0][1] <= start <= halves[0][2]
    assert halves[-1][2] == end
    for (_, _, last), (_, first, _) in itertools.pairwise(halves):
        assert first == last + dt.timedelta(days=1)


def test_a_report_that_ends_before_it_begins_is_refused():
    """The message names both days."""
    with pytest.raises(DataError, match="2026-02-01"):
        backlog_progress(lists(), concerns(), steps(), dt.date(2026, 2, 1), dt.date(2026, 1, 1))
