"""Counts: every cell there, every concern counted once or its reason told."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.hotspots import count, mappable, per_grid, uncounted
from gridkit.profile import load_profile

GRIDS = pd.DataFrame(
    {
        "households": pd.array([40, 60, 0], dtype="Int64"),
        "population": pd.array([90, None, 0], dtype="Int64"),
    },
    index=pd.Index(["c", "a", "b"], name="grid_id", dtype="str"),
)
START = date(2026, 3, 4)  # a Wednesday


def frame(rows: list[tuple[str | None, str | None, int | None]]) -> pd.DataFrame:
    """Make concerns of (grid, demand type, days after the start), with the ledger's dtypes."""
    heard = [None if day is None else START + timedelta(days=day) for _, _, day in rows]
    return pd.DataFrame(
        {
            "grid_id": pd.array([row[0] for row in rows], dtype="str"),
            "demand_type": pd.Categorical(
                [row[1] for row in rows], categories=["water", "roads", "wages"]
            ),
            "heard_on": pd.array(heard, dtype="datetime64[s]"),
        }
    )


CONCERNS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "elsewhere", None]),
        st.sampled_from(["water", "roads", None]),
        st.one_of(st.integers(-10, 40), st.none()),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(CONCERNS)
def test_counts_are_those_of_counting_by_hand(
    rows: list[tuple[str | None, str | None, int | None]],
) -> None:
    """Each cell holds what a loop over the concerns counts for it."""
    last = START + timedelta(days=29)
    by_hand: Counter[tuple[str, str, pd.Timestamp]] = Counter()
    for grid, kind, day in rows:
        if grid in GRIDS.index and kind is not None and day is not None and 0 <= day <= 29:
            heard = START + timedelta(days=day)
            monday = pd.Timestamp(heard - timedelta(days=heard.weekday()))
            by_hand[str(grid), kind, monday] += 1

    counts = count(frame(rows), GRIDS, period=(START, last), categories=["water", "roads"])

    found = counts[counts["n"] > 0]
    cells = zip(found["grid_id"], found["category"], found["week"], strict=True)
    assert dict(zip(cells, found["n"], strict=True)) == dict(by_hand)
    assert len(counts) == 3 * 2 * 5


@settings(max_examples=40, deadline=None)
@given(CONCERNS)
def test_no_concern_is_lost(rows: list[tuple[str | None, str | None, int | None]]) -> None:
    """What is counted and what is left out, with its reason, make up all concerns."""
    asked = {"period": (START, START + timedelta(days=29)), "categories": ["water", "roads"]}

    counts = count(frame(rows), GRIDS, **asked)
    left = uncounted(frame(rows), GRIDS, **asked)

    assert counts["n"].sum() + left["n"].sum() == len(rows)


def test_a_quiet_week_counts_zero() -> None:
    """Within the recorded period every grid has every week, the quiet ones with 0."""
    counts = count(frame([("a", "water", 0), ("a", "water", 21)]), GRIDS)

    assert counts["week"].dt.strftime("%m-%d").unique().tolist() == [
        "03-02", "03-09", "03-16", "03-23",
    ]  # fmt: skip
    assert counts[counts["grid_id"] == "a"]["n"].tolist() == [1, 0, 0, 1]


def test_weeks_outside_the_period_are_not_there() -> None:
    """Missing is not zero: no week before the first and after the last day of recording."""
    concerns = frame([("a", "water", 0), ("a", "water", 21)])

    short = count(concerns, GRIDS, period=("2026-03-09", "2026-03-15"))
    long = count(concerns, GRIDS, period=("2026-02-23", "2026-04-05"))

    assert short["week"].unique().tolist() == [pd.Timestamp("2026-03-09")]
    assert short["n"].sum() == 0
    assert long["week"].nunique() == 6


def test_weeks_are_iso_weeks_over_the_turn_of_the_year() -> None:
    """Sunday 3 January 2027 belongs to the week of Monday 28 December 2026 (ISO 8601)."""
    concerns = frame([("a", "water", 0)])
    concerns["heard_on"] = pd.to_datetime(["2027-01-03"]).astype("datetime64[s]")

    assert count(concerns, GRIDS)["week"].unique().tolist() == [pd.Timestamp("2026-12-28")]


def test_the_table_has_the_types_and_order_of_the_contract() -> None:
    """No object columns; grids in their own order, with households and population."""
    counts = count(frame([("a", "roads", 0), ("b", "water", 1)]), GRIDS)

    assert counts.dtypes.astype(str).to_dict() == {
        "grid_id": "category", "category": "category", "week": "datetime64[s]",
        "n": "Int64", "households": "Int64", "population": "Int64",
    }  # fmt: skip
    assert counts["grid_id"].tolist() == ["c", "c", "a", "a", "b", "b"]
    assert counts["category"].cat.categories.tolist() == ["water", "roads"]
    assert per_grid(counts)["population"].isna().tolist() == [False, True, False]


def test_without_categories_all_are_counted_together() -> None:
    """A concern without a demand type counts too when nothing is asked of it."""
    concerns = frame([("a", None, 0), ("a", "water", 1)])

    counts = count(concerns, GRIDS, by=None)

    assert counts["category"].unique().tolist() == ["all"]
    assert counts["n"].sum() == 2


def test_parquet_counts_like_the_frame(tmp_path: Path) -> None:
    """The same SQL over partitioned files gives the same table, row for row."""
    rng = np.random.default_rng(7)
    rows = [
        (str(rng.choice(["a", "b", "c"])), str(rng.choice(["water", "roads"])), int(day))
        for day in rng.integers(0, 60, 200)
    ]
    concerns = frame(rows)
    for part, piece in enumerate((concerns[:120], concerns[120:])):
        with duckdb.connect(":memory:") as connection:
            connection.register("piece", piece)
            target = tmp_path / f"it's {part}.parquet"
            name = str(target).replace("'", "''")
            connection.execute(f"COPY (SELECT * FROM piece) TO '{name}' (FORMAT parquet)")

    from_files = count(tmp_path / "*.parquet", GRIDS, categories=["water", "roads"])

    pd.testing.assert_frame_equal(from_files, count(concerns, GRIDS))


def test_per_grid_follows_the_grids() -> None:
    """Sums are in the order of the grids, one category or all."""
    counts = count(frame([("a", "roads", 0), ("a", "water", 9), ("b", "water", 1)]), GRIDS)

    assert per_grid(counts)["n"].to_dict() == {"c": 0, "a": 2, "b": 1}
    assert per_grid(counts, "water")["n"].to_dict() == {"c": 0, "a": 1, "b": 1}
    assert per_grid(counts).index.tolist() == GRIDS.index.tolist()
    with pytest.raises(DataError, match="'wages' 不在统计表中"):
        per_grid(counts, "wages")


def test_the_first_reason_that_applies_is_told() -> None:
    """No date, outside, no grid, unknown grid, no category: each concern once."""
    concerns = frame(
        [(None, None, None), (None, None, -1), (None, None, 1), ("z", None, 1), ("a", None, 1)]
    )

    left = uncounted(
        concerns, GRIDS, period=(START, START + timedelta(days=6)), categories=["water"]
    )

    assert left["n"].to_dict() == {
        "no_date": 1, "outside_period": 1, "no_grid": 1, "unknown_grid": 1, "no_category": 1,
    }  # fmt: skip
    assert left.loc["no_grid", "zh"] == "没有网格"


def test_statutory_channel_disputes_are_never_mapped() -> None:
    """Codes of groups 14 to 16 drop out; all others, and matters without dispute, stay."""
    codes = ["0904", "1401", "14", "16", None, "1502", "1101"]
    concerns = pd.DataFrame({"dispute_code": pd.Categorical(codes)})

    kept = mappable(concerns, load_profile())

    assert kept.index.tolist() == [0, 4, 6]
    with pytest.raises(DataError, match="`dispute_code`"):
        mappable(pd.DataFrame({"grid_id": ["a"]}), load_profile())


def test_an_empty_ledger_has_counts_if_the_period_is_known() -> None:
    """No concerns in a known period are zeros; without a period nothing is known."""
    counts = count(frame([]), GRIDS, by=None, period=("2026-03-02", "2026-03-15"))

    assert counts["n"].tolist() == [0] * 6
    with pytest.raises(DataError, match="请给出 `period`"):
        count(frame([]), GRIDS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"concerns": frame([("a", "water", 0)]).drop(columns="heard_on")}, "`heard_on`"),
        ({"grids": GRIDS.drop(columns="population")}, "`population`"),
        ({"grids": pd.concat([GRIDS, GRIDS])}, "3 ids repeat"),
        ({"grids": GRIDS.head(0)}, "there are 0 rows"),
        ({"by": "harm"}, "`harm`"),
        ({"period": ("2026-03-09", "2026-03-02")}, "2026-03-09 to 2026-03-02"),
        ({"concerns": frame([("a", None, 0)])}, "count with `by=None`"),
        (
            {"concerns": frame([("a", "water", 0)]).astype({"heard_on": "str"})},
            "civil dates without a time zone; it holds VARCHAR",
        ),
    ],
)
def test_what_cannot_be_counted_is_said(change: dict[str, object], words: str) -> None:
    """A missing column, repeated grids, text for dates: the message names it."""
    asked = {"concerns": frame([("a", "water", 0)]), "grids": GRIDS, **change}

    with pytest.raises(DataError) as caught:
        count(**asked)

    assert words in caught.value.en
