"""Extracts: the rows that a screen needs, chosen in the database."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from gridkit.errors import DataError
from gridkit.records import Concern, Visit, create_store
from gridkit.records.extract import (
    Search,
    conflicting_rows,
    counts_after,
    last_row,
    latest_rows,
    rows_among,
)
from gridkit.records.store import Store

DAY = date(2026, 3, 7)
GRIDS = [f"990428100001{i:03}" for i in range(1, 8)]
OUTCOMES = ("met", "nobody_home")


@pytest.fixture(scope="module")
def store():
    """Give a ledger of 1,300 concerns and 130 visits, the dates in no order."""
    rng = np.random.default_rng(6)
    days = [DAY - timedelta(days=int(n)) for n in rng.integers(0, 40, 1300)]
    with tempfile.TemporaryDirectory() as folder:
        made = create_store(Path(folder) / "ledger.db", county_code="990428")
        visits = [
            Visit(grid_id=GRIDS[i % 7], visited_on=days[i], outcome="met", met_role="owner")
            for i in range(130)
        ]
        concerns = [
            Concern(
                grid_id=GRIDS[int(rng.integers(7))],
                visit_id=visits[i % 130].record_id if i % 3 else None,
                demand_type=("water", "roads", "wages")[i % 3],
                heard_on=day,
                source="grid_visit",
            )
            for i, day in enumerate(days)
        ]
        made.add([*visits, *concerns], by_role="grid_worker")
        yield made
        made.close()


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn categories into text: which are known differs between a part and the whole."""
    coded = [c for c in frame if isinstance(frame[c].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(coded, "str"))


@settings(max_examples=25)
@given(wanted=st.lists(st.sampled_from([*GRIDS, "990428100001999"])))
def test_rows_among_are_those_of_the_frame(store: Store, wanted: list[str]):
    """Choosing in the database gives what choosing in the whole frame gives."""
    whole = store.frame("concern")

    some = rows_among(store, "concern", "grid_id", wanted)

    assert_frame_equal(plain(some), plain(whole[whole["grid_id"].isin(wanted)]))


@settings(max_examples=25)
@given(days=st.integers(-1, 41))
def test_counts_leave_out_the_day_itself(store: Store, days: int):
    """What is dated on the day, or before it, is not counted; the rest is, by field."""
    day = DAY - timedelta(days=days)
    whole = plain(store.frame("concern"))
    by = ["grid_id", "demand_type"]

    some = counts_after(store, "concern", "heard_on", day, by=by)

    later = whole[whole["heard_on"] > pd.Timestamp(day)]
    assert some.set_index(by)["n"].to_dict() == later.groupby(by).size().to_dict()


@settings(max_examples=25)
@given(
    limit=st.integers(1, 60),
    grids=st.none() | st.sets(st.sampled_from(GRIDS)),
    ending=st.sampled_from(["", "0", "1a", "zz"]),
)
def test_the_latest_rows_are_those_of_the_frame(store: Store, limit, grids, ending):
    """Looking for the latest in the database finds what the whole frame holds."""
    whole = plain(store.frame("concern", columns=["heard_on", "grid_id"]))
    search = None if grids is None else Search(tuple(grids), ending)

    some = latest_rows(
        store, "concern", "heard_on", limit, search=search, columns=["heard_on", "grid_id"]
    )

    if search is not None:
        ends = whole.index.str.endswith(ending) if ending else np.zeros(len(whole), bool)
        whole = whole[whole["grid_id"].isin(grids) | ends]
    truth = whole.sort_values("heard_on", kind="stable").tail(limit).sort_index()
    assert_frame_equal(plain(some), truth)


@pytest.mark.parametrize("typed", ["3栋", "a座", "100%", "_", "zz"])
def test_an_address_is_found_by_a_part_of_it(tmp_path, typed):
    """Spaces and case do not matter; signs that SQL knows stand for themselves."""
    written = ["3 栋 201", "3\u3000栋", "A 座 2 层", "a座", "100% 河", "100 号", "x_y", None]
    with create_store(tmp_path / "ledger.db", county_code="990428") as store:
        store.add(
            [
                Visit(grid_id=GRIDS[0], visited_on=DAY, outcome="nobody_home", address=address)
                for address in written
            ],
            by_role="grid_worker",
        )

        found = latest_rows(store, "visit", "visited_on", 9, search=Search(address=typed))

    fitting = [a for a in written if a and typed in "".join(a.lower().split())]
    assert sorted(found["address"]) == sorted(fitting)


def test_a_concern_has_no_address_to_be_found_by(store: Store):
    """It is found by its grid and its id only."""
    assert latest_rows(store, "concern", "heard_on", 9, search=Search(address="栋")).empty


def test_rows_with_two_versions_are_found(tmp_path):
    """Both changed the same version: the record has two heads; the others have one."""
    with create_store(tmp_path / "ledger.db", county_code="990428") as store:
        visits = [
            Visit(grid_id=GRIDS[i], visited_on=DAY, outcome="nobody_home") for i in range(3)
        ]
        first = store.add(visits, by_role="grid_worker").rev_ids[0]
        for grid in GRIDS[4:6]:
            store.revise(
                visits[0].model_copy(update={"grid_id": grid}),
                parents=(first,),
                by_role="grid_worker",
                why="x",
            )

        assert list(conflicting_rows(store, "visit").index) == [visits[0].record_id]
        assert conflicting_rows(store, "concern").empty


def test_more_ids_than_one_question_takes(store: Store):
    """A thousand ids and more are found, each once, in the order of the ledger."""
    ids = store.frame("concern", columns=[]).index

    some = rows_among(store, "concern", "record_id", [*ids[::-1], *ids[:9]], columns=[])

    assert list(some.index) == list(ids)


def test_days_can_be_asked_for_as_the_frame_gives_them(store: Store):
    """A Timestamp, as a frame holds it, and a date mean the same civil day."""
    by_date = rows_among(store, "visit", "visited_on", [DAY])

    by_stamp = rows_among(store, "visit", "visited_on", [pd.Timestamp(DAY)])

    assert len(by_date) > 0
    assert_frame_equal(by_date, by_stamp)


def test_the_last_row_is_the_one_begun_last(store: Store):
    """One row, with the largest id; none of an empty kind, with its columns."""
    last = last_row(store, "visit", columns=["grid_id"])

    assert list(last.index) == list(store.frame("visit").index[-1:])
    assert last_row(store, "step", columns=["on"]).columns.tolist() == ["on", "n_heads"]
    assert last_row(store, "step").empty


def test_an_unknown_column_is_named(store: Store):
    """A column that the spec does not have is refused as `Store.frame` refuses it."""
    with pytest.raises(DataError, match="does not have: visitor"):
        latest_rows(store, "visit", "visited_on", 9, columns=["visitor"])
    with pytest.raises(DataError, match="does not have: visitor"):
        counts_after(store, "visit", "visited_on", DAY, by=["visitor"])
