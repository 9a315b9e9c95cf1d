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
from gridkit.records.extract import last_row, rows_after, rows_among
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
def test_rows_after_leave_out_the_day_itself(store: Store, days: int):
    """What is dated on the day, or before it, is left out."""
    day = DAY - timedelta(days=days)
    whole = store.frame("concern", columns=["heard_on", "grid_id"])

    some = rows_after(store, "concern", "heard_on", day, columns=["heard_on", "grid_id"])

    assert_frame_equal(plain(some), plain(whole[whole["heard_on"] > pd.Timestamp(day)]))


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
        rows_after(store, "visit", "visited_on", DAY, columns=["visitor"])
