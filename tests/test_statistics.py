"""Statistics: the county's own figures to the unit, and tables that balance for any ledger."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.records import Concern, Session, Step, create_store
from gridkit.triage.annual import ARTICLE_41, annual_figures
from gridkit.triage.backlog import backlog_progress
from gridkit.triage.handling import standing
from gridkit.triage.margins import periods
from gridkit.triage.matter_statistics import FATES, MATTER_DIMENSIONS, matter_statistics
from gridkit.triage.measures import MEASURES, explain_measures
from gridkit.triage.statistics import SESSION_DIMENSIONS, session_statistics

PROFILE = load_profile()
REFERENCE = Path(__file__).parent / "reference"
NO_CONCERNS = pd.DataFrame({"dispute_code": pd.Series(dtype="str")})
NOW = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)
GRID = "990428100001001"


# --- the county's own figures (domain.md section 1, read in the primary text) -----------------


def spread(total: int, over: int) -> list[int]:
    """Share a total over a number of batches, one or more each."""
    return [total // over + (i < total % over) for i in range(over)]


def centre() -> list[Session]:
    """Make what the centre did since September: 96 batches, 182 person-visits, 53 of them disputes."""
    outcomes = ["settled"] * 19 + ["preliminary"] * 33 + [None]
    persons = spread(182, 96)
    days = [dt.date(2026, 9, 1) + dt.timedelta(days=i % 80) for i in range(96)]
    disputes = [
        Session(
            kind=("mediation", "reasoning")[i % 2],
            held_on=days[i],
            level=("county", "township", "village")[i % 3],
            batches=1,
            persons=persons[i],
            is_dispute=True,
            outcome=outcome,
        )
        for i, outcome in enumerate(outcomes)
    ]
    window = [
        Session(
            kind="window",
            held_on=days[i],
            level="county",
            batches=1,
            persons=persons[i],
            is_dispute=False,
        )
        for i in range(53, 96)
    ]
    return disputes + window


def receptions() -> list[Session]:
    """Make the receptions of leaders: 243 batches, 398 person-visits, 242 resolved."""
    return [
        Session(
            kind="reception",
            held_on=dt.date(2026, 1, 5) + dt.timedelta(days=7 * (i % 40)),
            level=("county", "township", "village")[i % 3],
            batches=1,
            persons=n,
            is_dispute=False,
            outcome="settled" if i else None,
        )
        for i, n in enumerate(spread(398, 243))
    ]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """Open a ledger shaped like the county's."""
    path = tmp_path_factory.mktemp("county") / "ledger.db"
    with create_store(path, county_code="990428", clock=lambda: NOW) as store:
        store.add([*centre(), *receptions()], by_role="centre_staff")
        yield store


def test_the_figures_of_the_centre_come_out_to_the_unit(ledger):
    """96 batches, 182 person-visits, 53 disputes: 19 settled, 33 preliminary, 1 open."""
    table = session_statistics(
        ledger.frame("session"),
        ledger.frame("concern"),
        span=(dt.date(2026, 9, 1), dt.date(2026, 11, 20)),
        kinds=["window", "mediation", "reasoning"],
    )

    names = ["batches", "persons", "disputes", "settled", "preliminary", "open_disputes"]
    assert table.loc["all", names].tolist() == [96, 182, 53, 19, 33, 1]
    assert table.loc["all", "not_agreed"] == 0


def test_the_figures_of_the_receptions_come_out_to_the_unit(ledger):
    """243 batches, 398 person-visits, 242 resolved."""
    table = session_statistics(
        ledger.frame("session"), ledger.frame("concern"), ["kind", "level"]
    )

    row = table.loc[("reception", "all")]
    assert row[["batches", "persons", "resolved"]].tolist() == [243, 398, 242]
    assert row["disputes"] == 0
    assert table.loc[("all", "all"), "batches"] == 96 + 243


def test_the_backlog_is_solved_eleven_of_eleven_and_four_of_four(tmp_path):
    """Struck off matter by matter: the lists are solved when the last of each is."""
    from gridkit.records import Backlog

    matters = [
        Concern(grid_id=GRID, source="window", heard_on="2025-03-01", demand_type="wages")
        for _ in range(15)
    ]
    lists = [
        Backlog(
            concern_id=matter.record_id,
            batch=1 if i < 11 else 2,
            taken_on="2026-09-03" if i < 11 else "2026-10-20",
            leader_post="副县长",
        )
        for i, matter in enumerate(matters)
    ]
    told = ("registered", "routed", "accepted", "answered", "verified", "followed_up", "closed")
    steps = [
        Step(
            concern_id=matter.record_id,
            action=action,
            on=dt.date(2026, 9, 4) + dt.timedelta(days=7 * i // 2 + k),
            unit="labor_bureau" if action == "routed" else None,
            satisfied=True if action == "followed_up" else None,
        )
        for i, matter in enumerate(matters)
        for k, action in enumerate(told)
    ]
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as store:
        store.add([*matters, *lists, *steps], by_role="leader")
        table = backlog_progress(
            store.frame("backlog"),
            store.frame("concern"),
            store.frame("step"),
            dt.date(2026, 9, 1),
            dt.date(2026, 11, 15),
        )

    assert table.loc[("2026-11-1", 1), ["solved", "total"]].tolist() == [11, 11]
    assert table.loc[("2026-11-1", 2), ["solved", "total"]].tolist() == [4, 4]
    assert table.loc[("2026-11-1", 0), ["left", "by_exception"]].tolist() == [0, 0]
    assert table.loc[("2026-09-1", 1), ["taken", "struck_off", "left"]].tolist() == [11, 2, 9]


# --- any ledger balances ----------------------------------------------------------------------

_OUTCOMES = ("settled", "preliminary", "failed", "refused", "not_mediated", None)
_SESSIONS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["window", "reception", "mediation"]),
            "level": st.sampled_from(["county", "township", "village"]),
            "unit": st.sampled_from(["police", "court", None]),
            "division_code": st.sampled_from(["990428100000", "990428101001", None]),
            "held_on": st.dates(dt.date(2026, 1, 1), dt.date(2026, 3, 31)),
            "batches": st.integers(1, 9),
            "extra": st.integers(0, 9),
            "is_dispute": st.sampled_from([True, False, None]),
            "outcome": st.sampled_from(_OUTCOMES),
            "concern_ids": st.sampled_from([None, "c1", "c2", "c1 c2", "c3"]),
        }
    ),
    max_size=12,
)


def frame(rows: list[dict]) -> pd.DataFrame:
    """Make the ledger's frame of sessions."""
    names = ["kind", "level", "unit", "division_code", "outcome", "concern_ids"]
    made = pd.DataFrame(
        {name: pd.array([r[name] for r in rows], dtype="str") for name in names},
        index=pd.Index([f"s{i:02d}" for i in range(len(rows))], dtype="str"),
    )
    made["held_on"] = pd.to_datetime([r["held_on"] for r in rows]).as_unit("s")
    made["is_dispute"] = pd.array([r["is_dispute"] for r in rows], dtype="boolean")
    made["batches"] = pd.array([r["batches"] for r in rows], dtype="Int64")
    made["persons"] = pd.array([r["batches"] + r["extra"] for r in rows], dtype="Int64")
    return made


def assert_balanced(table: pd.DataFrame, by: tuple[str, ...]) -> None:
    """Hold every margin to the sum of its cells, dimension by dimension."""
    flat = table.reset_index(names=list(by)) if by else table
    for name in by:
        rest = [other for other in by if other != name]
        cells = flat[flat[name] != "all"]
        margin = flat[flat[name] == "all"].drop(columns=name)
        numbers = [c for c in table if table[c].dtype == "int64"]
        if rest:
            wanted = margin.set_index(rest)[numbers].sort_index()
            summed = cells.groupby(rest)[numbers].sum()
            assert summed.index.isin(wanted.index).all()
            summed = summed.reindex(wanted.index, fill_value=0)
            pd.testing.assert_frame_equal(summed, wanted)
        else:
            assert cells[numbers].sum().tolist() == margin[numbers].iloc[0].tolist()


@settings(max_examples=60)
@given(
    _SESSIONS,
    st.lists(st.sampled_from(SESSION_DIMENSIONS), unique=True, max_size=3).map(tuple),
)
def test_every_cell_of_any_ledger_sums_to_its_margin(rows, by):
    """Nothing falls out of a table, and disputes are what became of them."""
    sessions = frame(rows)
    concerns = pd.DataFrame({"dispute_code": ["0201", None]}, index=["c1", "c2"])

    table = session_statistics(sessions, concerns, by)

    assert_balanced(table, by)
    total = table.iloc[-1]
    assert total["sessions"] == len(rows)
    assert total["batches"] == sessions["batches"].sum()
    assert total["persons"] == sessions["persons"].sum()
    parts = ["settled", "preliminary", "not_agreed", "open_disputes"]
    assert (table[parts].sum(axis=1) == table["disputes"]).all()


_STEPS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(
            [
                "registered",
                "routed",
                "accepted",
                "answered",
                "verified",
                "followed_up",
                "closed",
                "archived",
                "withdrawn",
                "merged",
                "to_statutory_channel",
                "reopened",
            ]
        ),
        st.integers(0, 90),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(
    _STEPS,
    st.lists(st.sampled_from(MATTER_DIMENSIONS), unique=True, max_size=2).map(tuple),
)
def test_matters_of_any_ledger_are_in_one_place_each(taken, by):
    """Legal steps or not: each matter is open, struck off, withdrawn or in another channel."""
    ids = [f"c{i}" for i in range(6)]
    heard = pd.to_datetime([f"2026-0{1 + i % 3}-0{1 + i}" for i in range(6)]).as_unit("s")
    concerns = pd.DataFrame(
        {
            "heard_on": heard,
            "demand_type": ["water", "wages", "water", "roads", "family", "water"],
            "demand_detail": None,
            "dispute_code": [None, "0701", None, "14", None, None],
            "source": ["window", "hotline"] * 3,
            "safety": "none",
            "grid_id": [f"99042810{i % 2}001001" for i in range(6)],
        },
        index=pd.Index(ids, dtype="str"),
    )
    steps = pd.DataFrame(
        {
            "concern_id": pd.Series([ids[i] for i, *_ in taken], dtype="str"),
            "action": pd.Series([a for _, a, _ in taken], dtype="str"),
            "on": pd.to_datetime(
                [dt.date(2026, 1, 1) + dt.timedelta(days=d) for *_, d in taken]
            ).as_unit("s"),
            "unit": pd.Series(
                ["police" if a == "routed" else None for _, a, _ in taken]
            ).astype("str"),
            "into_id": pd.Series(["c0" if a == "merged" else None for _, a, _ in taken]).astype(
                "str"
            ),
            "satisfied": pd.array([True] * len(taken), dtype="boolean"),
        }
    )

    table = matter_statistics(concerns, steps, dt.date(2026, 5, 1), PROFILE, by)

    assert_balanced(table, by)
    assert table["matters"].iloc[-1] == 6
    fates = list(FATES)
    assert (table[fates].sum(axis=1) == table["matters"]).all()
    stood = standing(concerns, steps, PROFILE, dt.date(2026, 5, 1))
    assert table["open"].iloc[-1] == (stood == "open").sum()
    assert (table["loop_closed"] + table["by_exception"] <= table["struck_off"]).all()
    assert (table["overdue_by_unit"] <= table["overdue"]).all()
    assert (table["overdue"] <= table["open"]).all()
    assert table["loop_closed_rate"].dropna().between(0, 1).all()


def test_two_merged_into_one_that_was_archived_count_as_it_does():
    """Several may follow one root: each is counted, as the root is."""
    ids = [f"c{i}" for i in range(3)]
    heard = pd.Timestamp("2026-03-02")
    told = [("c0", "registered"), ("c0", "withdrawn"), ("c0", "archived")]
    told = [(c, a) for c in ids[1:] for a in ("registered", "merged")] + told
    concerns = pd.DataFrame(
        dict.fromkeys(("demand_type", "demand_detail", "dispute_code", "source", "safety"))
        | {"grid_id": GRID, "heard_on": heard},
        index=pd.Index(ids, dtype="str"),
    )
    steps = pd.DataFrame(
        {
            "concern_id": [c for c, _ in told],
            "action": [a for _, a in told],
            "on": [heard + pd.Timedelta(days=i) for i in range(len(told))],
            "into_id": ["c0" if a == "merged" else None for _, a in told],
            "satisfied": pd.array([None] * len(told), dtype="boolean"),
            "unit": None,
        }
    ).astype({"into_id": "str"})
    day = dt.date(2026, 4, 1)

    during = matter_statistics(concerns, steps, dt.date(2026, 3, 6), PROFILE).loc["all"]
    after = matter_statistics(concerns, steps, day, PROFILE).loc["all"]

    assert during[list(FATES)].tolist() == [1, 2, 0, 0, 0]
    assert after[list(FATES)].tolist() == [0, 0, 0, 3, 0]


# --- how disputes are counted -----------------------------------------------------------------


def session(**changed) -> dict:
    """Make one session about a dispute."""
    values = {
        "kind": "mediation",
        "level": "township",
        "unit": None,
        "division_code": "990428100000",
        "held_on": dt.date(2026, 3, 2),
        "batches": 1,
        "extra": 1,
        "is_dispute": True,
        "outcome": None,
        "concern_ids": "c1",
    }
    return {**values, **changed}


def test_a_dispute_met_three_times_counts_once_by_its_last_outcome():
    """A later visit without an outcome does not open again what was settled."""
    sessions = frame(
        [
            session(outcome="preliminary"),
            session(outcome="settled", held_on=dt.date(2026, 4, 2), level="county"),
            session(kind="window", held_on=dt.date(2026, 5, 2)),
        ]
    )

    table = session_statistics(sessions, NO_CONCERNS, ["level"])

    assert table["disputes"].to_dict() == {"county": 1, "township": 0, "all": 1}
    assert table.loc["all", ["settled", "preliminary", "open_disputes"]].tolist() == [1, 0, 0]
    assert table.loc["all", "sessions"] == 3


def test_an_empty_ledger_has_a_table_of_zeros():
    """A new office has no figures yet, and no error; rates are missing, not zero."""
    none = frame([])
    steps = pd.DataFrame(
        {"concern_id": [], "action": [], "on": pd.to_datetime([]), "satisfied": []}
    )
    names = ["demand_type", "demand_detail", "dispute_code", "source", "safety", "grid_id"]
    concerns = pd.DataFrame({name: pd.Series(dtype="str") for name in names})
    concerns["heard_on"] = pd.to_datetime([]).as_unit("s")

    assert session_statistics(none, NO_CONCERNS).to_numpy().tolist() == [[0] * 9]
    assert session_statistics(none, NO_CONCERNS, ["unit", "month"]).sum().sum() == 0
    table = matter_statistics(concerns, steps, dt.date(2026, 5, 1), PROFILE)
    assert table.loc["all", "matters"] == 0
    assert pd.isna(table.loc["all", "loop_closed_rate"])


@pytest.mark.parametrize("name", ["by_role", "device", "grid_id", "leader_post", "met_role"])
def test_there_is_no_figure_per_person_worker_or_grid(name):
    """R1: a grid has one worker, so a table per grid is a table of workers."""
    with pytest.raises(DataError) as raised:
        session_statistics(frame([]), NO_CONCERNS, [name])

    assert "不按人" in str(raised.value)
    assert name not in MATTER_DIMENSIONS


def test_every_figure_says_how_it_is_counted():
    """No column without its definition in both languages."""
    table = session_statistics(frame([session()]), NO_CONCERNS)

    told = explain_measures(table)

    assert list(told.index) == list(table.columns)
    assert (told.map(len) > 0).all().all()
    assert all(m.how_zh and m.how_en for m in MEASURES.values())


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)))
def test_a_half_month_ends_on_the_fifteenth_and_on_the_last(day):
    """Two halves a month, no day in both or in none."""
    days = pd.Series(pd.to_datetime([day, day + dt.timedelta(days=1)]))

    one, other = periods(days, "half_month")

    assert one.endswith("-1" if day.day <= 15 else "-2")
    turns = day.day == 15 or (day + dt.timedelta(days=1)).day == 1
    assert (one != other) == turns


# --- the annual report ------------------------------------------------------------------------


def test_the_annual_report_has_every_item_of_the_article_and_sums(ledger):
    """Fields and units each sum to all matters; what is not recorded is said to be missing."""
    matters = [
        Concern(
            grid_id=GRID,
            source="window",
            heard_on=heard_on,
            demand_type=kind,
            dispute_code=dispute,
        )
        for heard_on, kind, dispute in itertools.product(
            ["2025-12-31", "2026-02-01", "2026-06-01"], ["water", "wages"], [None, "0701"]
        )
    ]
    routed = [
        Step(
            concern_id=m.record_id,
            action=action,
            on="2026-06-02",
            unit="police" if action == "routed" else None,
        )
        for m in matters[8:11]
        for action in ("registered", "routed")
    ]
    ledger.add([*matters, *routed], by_role="centre_staff")

    table = annual_figures(
        ledger.frame("concern"),
        ledger.frame("step"),
        ledger.frame("session"),
        2026,
        dt.date(2026, 11, 20),
        PROFILE,
    )

    assert set(table["item"]) == {item.code for item in ARTICLE_41}
    total = table.loc[table["code"] == "matters", "n"].iloc[0]
    assert total == 8
    assert table.loc[table["group"] == "demand_type", "n"].sum() == total
    assert table.loc[table["group"] == "unit", "n"].sum() == total
    assert table.loc[table["code"] == "routed", "n"].tolist() == [3]
    assert table.loc[table["code"] == "batches", "n"].tolist() == [339]
    assert table.loc[table["n"].isna(), "how_zh"].str.contains("手工").all()
    assert np.isin(["3_proposals", "4_other"], table.loc[table["n"].isna(), "item"]).all()


def test_the_items_of_the_annual_report_are_the_words_of_the_article():
    """All of the article's list, in its order, and what else it says only joins the items."""
    rest = json.loads((REFERENCE / "article_41.json").read_text("utf-8"))["text"]
    left = []
    for item in ARTICLE_41:
        before, found, rest = rest.partition(item.zh)
        assert found, item.code
        left.append(before)

    assert left[0].endswith("年度报告应当包括下列内容：（一）")
    assert [*left[1:], rest] == ["、", "以及", "；（二）", "；（三）", "；（四）", "。"]
    assert all(item.verified for item in ARTICLE_41)


def test_a_year_without_matters_leaves_no_heading_of_the_article_out(ledger):
    """What the article asks for is answered by nought, not passed over."""
    frames = [ledger.frame(kind) for kind in ("concern", "step", "session")]

    table = annual_figures(*frames, 2020, dt.date(2020, 12, 31), PROFILE)

    assert list(dict.fromkeys(table["item"])) == [item.code for item in ARTICLE_41]
    assert table.loc[table["item"] == "1_fields", "label_zh"].tolist() == ["无"]
    assert not table["n"].fillna(0).any()
