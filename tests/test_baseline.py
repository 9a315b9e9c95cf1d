"""What is expected: by groups, by season; and what is new since last week."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import Plan, compare_clusters, scan, seasonal_expected, standardize

GRIDS = [f"g{i:02d}" for i in range(20)]
PLACES = pd.DataFrame({"x": np.arange(20) * 500.0, "y": 0.0}, index=GRIDS)


def drought_years(years: int, seed: int = 1) -> pd.DataFrame:
    """Count over some years from 2023 in which four grids run dry each October."""
    rng = np.random.default_rng(seed)
    weeks = pd.date_range("2023-01-02", periods=52 * years, freq="7D")
    table = pd.DataFrame(
        [(g, w) for g in GRIDS for w in weeks], columns=["grid_id", "week"]
    ).assign(households=50)
    dry = table["grid_id"].isin(GRIDS[:4]) & (table["week"].dt.month == 10)
    return table.assign(n=rng.poisson(np.where(dry, 5.0, 0.8)))


def test_drought_every_autumn_is_no_news() -> None:
    """Against households it is found; against the season of those grids it is not."""
    counts = drought_years(4)
    start = pd.Timestamp("2025-12-29")
    history, now = counts[counts["week"] < start], counts[counts["week"] >= start]
    adjusted = seasonal_expected(now, history, around=1)

    plain = scan(now, PLACES, Plan(replicas=199), rng=np.random.default_rng(1)).clusters
    seasonal = scan(adjusted, PLACES, Plan(replicas=199), rng=np.random.default_rng(1)).clusters

    assert plain["p"].iloc[0] == 0.005
    assert set(plain["members"].iloc[0].split()) >= set(GRIDS[:3])
    assert seasonal["statistic"].iloc[0] < plain["statistic"].iloc[0] / 4


def test_a_leak_that_was_not_there_last_year_is_news() -> None:
    """What the season does not explain is still found."""
    counts = drought_years(4)
    start = pd.Timestamp("2025-12-29")
    history, now = counts[counts["week"] < start], counts[counts["week"] >= start].copy()
    leak = now["grid_id"].isin(GRIDS[10:13]) & (now["week"].dt.month == 5)
    now.loc[leak, "n"] += 6

    found = scan(
        seasonal_expected(now, history),
        PLACES,
        Plan(replicas=199),
        rng=np.random.default_rng(1),
    ).clusters

    assert found["p"].iloc[0] == 0.005
    assert set(found["members"].iloc[0].split()) == set(GRIDS[10:13])
    assert found["from"].iloc[0].month == 5 or found["from"].iloc[0].day > 24


def test_weekday_is_expected_where_counts_are_daily() -> None:
    """Nobody reports on Sunday, everybody on Monday: expected, each on its day."""
    days = pd.date_range("2024-01-01", periods=800, freq="D")
    table = pd.DataFrame([(g, d) for g in "ab" for d in days], columns=["grid_id", "day"])
    table["n"] = table["day"].dt.day_of_week.map({0: 6, 6: 0}).fillna(1).astype(int)
    start = pd.Timestamp("2026-01-01")

    expected = seasonal_expected(table[table["day"] >= start], table[table["day"] < start])

    by_day = expected.groupby(expected["day"].dt.day_of_week)["expected"].mean()
    np.testing.assert_allclose(by_day, [6, 1, 1, 1, 1, 1, 0], atol=1e-9)


@pytest.mark.parametrize("fault", ["short", "overlap", "hole"])
def test_history_must_be_a_full_year_before(fault: str) -> None:
    """A short, overlapping or incomplete history is refused."""
    counts = drought_years(3)
    start = pd.Timestamp("2025-01-06")
    history, now = counts[counts["week"] < start], counts[counts["week"] >= start]
    history = {
        "short": history[history["week"] > "2024-06-01"],
        "overlap": counts,
        "hole": history.drop(index=history.index[7]),
    }[fault]

    with pytest.raises(DataError, match="`history` must be complete"):
        seasonal_expected(now, history)


def test_history_must_be_of_the_same_grids() -> None:
    """Grids that were renamed in between are named."""
    counts = drought_years(2)
    start = pd.Timestamp("2024-01-01")
    history = counts[counts["week"] < start].replace({"grid_id": {"g00": "old"}})

    with pytest.raises(AlignmentError, match="g00"):
        seasonal_expected(counts[counts["week"] >= start], history)


def test_standardized_cases_are_those_of_one_rate_per_group() -> None:
    """Expected cases add up to the cases; equal rates in each group leave nothing."""
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(
        [(g, a, s) for g in GRIDS for a in range(3) for s in "mf"],
        columns=["grid_id", "age", "kind"],
    )
    rows["homes"] = rng.integers(1, 9, len(rows)) * 12
    rows["n"] = rows["homes"] // 12 * (rows["age"] + 1)

    table = standardize(rows, "homes", ["age", "kind"])

    np.testing.assert_allclose(table["expected"], table["n"])
    with pytest.raises(DataError, match="1 groups have cases and nobody"):
        standardize(
            rows.assign(homes=rows["homes"].where(rows["age"] > 0, 0)), "homes", ["age"]
        )


def clusters(*rows: tuple[str, str, str, str, int, float]) -> pd.DataFrame:
    """Lay clusters out as `scan` does, as far as comparing needs."""
    columns = ["members", "from", "to", "side", "observed", "p"]
    table = pd.DataFrame(rows, columns=columns, index=range(1, len(rows) + 1))
    return table.astype({"from": "datetime64[s]", "to": "datetime64[s]"})


def test_new_is_told_from_ongoing() -> None:
    """Each status, one cluster."""
    before = clusters(
        ("a b", "2026-03-02", "2026-03-15", "high", 9, 0.01),
        ("c d", "2026-03-02", "2026-03-15", "high", 9, 0.01),
        ("e", "2026-03-02", "2026-03-15", "high", 9, 0.01),
        ("f", "2026-03-02", "2026-03-15", "high", 9, 0.30),
    )
    now = clusters(
        ("a b", "2026-03-02", "2026-03-22", "high", 12, 0.001),
        ("c d", "2026-03-09", "2026-03-22", "high", 8, 0.02),
        ("f", "2026-03-02", "2026-03-22", "high", 12, 0.01),
        ("e", "2026-03-16", "2026-03-22", "low", 0, 0.01),
        ("x", "2026-03-16", "2026-03-22", "high", 3, 0.4),
    )

    table = compare_clusters(now, before)

    told = list(
        zip(table["status"], table["cluster"].fillna(0), table["before"].fillna(0), strict=True)
    )
    assert told == [
        ("grew", 1, 1),
        ("ongoing", 2, 2),
        ("new", 3, 0),
        ("new", 4, 0),
        ("ended", 0, 3),
    ]
    assert table["zh"].tolist()[-1] == "已不再显著"


def test_nothing_against_nothing_compares_to_nothing() -> None:
    """Two quiet weeks."""
    counts = pd.DataFrame(
        {
            "grid_id": ["g00", "g00"],
            "week": pd.to_datetime(["2026-03-02", "2026-03-09"]),
            "n": 0,
        }
    )
    quiet = scan(counts, PLACES.head(1), rng=np.random.default_rng(1)).clusters

    assert compare_clusters(quiet, quiet).empty


def test_standardize_keeps_cases_whose_group_or_grid_is_unknown() -> None:
    """An unknown building age is a group of its own; no case is lost on the way."""
    rows = pd.DataFrame(
        {
            "grid_id": ["a", "a", "b", None],
            "age": ["old", None, None, "old"],
            "kind": ["flat", "flat", "flat", "flat"],
            "n": [3, 4, 2, 1],
            "homes": [30, 20, 10, 10],
        }
    )

    alone, both = (standardize(rows, "homes", by) for by in (["age"], ["age", "kind"]))

    assert alone["n"].sum() == both["n"].sum() == 10
    np.testing.assert_allclose(alone["expected"], [3 + 4, 2, 1])
    np.testing.assert_allclose(both["expected"], alone["expected"])


def test_standardize_refuses_numbers_it_does_not_know() -> None:
    """A missing number of homes would pass for none."""
    rows = pd.DataFrame(
        {"grid_id": ["a", "b"], "age": "old", "n": [1, 2], "homes": [5.0, np.nan]}
    )

    with pytest.raises(DataError, match="1 rows lack one"):
        standardize(rows, "homes", ["age"])
