"""What a scan refuses, in words, and what it makes of weeks with nothing in them."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import Plan, ScanResult, count_points, scan, with_expected
from gridkit.hotspots.scan import is_compiled

PLACES = pd.DataFrame({"x": [0.0, 100.0, 250.0, 900.0], "y": 0.0}, index=list("abcd"))
WEEKS = pd.date_range("2026-03-02", periods=4, freq="7D")


def table(**columns: object) -> pd.DataFrame:
    """Lay out four grids over four weeks, one case each, 50 households each."""
    rows = [(grid, week) for grid in "abcd" for week in WEEKS]
    frame = pd.DataFrame(rows, columns=["grid_id", "week"])
    return frame.assign(**{"n": 1, "households": 50, **columns})


def run(counts: pd.DataFrame, **choices: object) -> ScanResult:
    """Scan with few replicas."""
    plan = Plan(**{"replicas": 19, **choices})
    return scan(counts, PLACES, plan, rng=np.random.default_rng(1))


@pytest.mark.parametrize("cases", [0, 1])
def test_fewer_than_two_cases_are_nothing_to_find(cases: int) -> None:
    """A quiet week is no error: the result is empty and says why."""
    n = np.zeros(16, dtype=int)
    n[5] = cases

    result = run(table(n=n))

    assert result.clusters.empty
    assert result.explain() == f"只有 {cases} 件诉求, 至少 2 件才谈得上聚集。"
    assert result.explain("en") == f"Only {cases} case(s); it takes 2 to gather."


def test_all_in_one_grid_is_a_cluster_only_against_a_population() -> None:
    """Shuffling times among cases of one grid changes nothing; households tell."""
    n = np.array([0] * 4 + [3, 2, 4, 9] + [0] * 8)

    shuffled = run(table(n=n), model="permutation")
    compared = run(table(n=n), kind="spatial")

    assert shuffled.clusters.empty
    assert "都在同一网格或同一周" in shuffled.explain()
    assert compared.clusters["members"].iloc[0] == "b"
    assert np.isinf(compared.clusters["relative_risk"].iloc[0])


def test_cases_where_nobody_lives_are_refused() -> None:
    """The whole message, once: what, where, what to do."""
    households = np.repeat([50, 0, 50, 50], 4)

    with pytest.raises(DataError) as refused:
        run(table(households=households))

    assert str(refused.value) == (
        "有诉求之处 `households` 须大于 0; 有 4 格有诉求而分母为零 (b)。"
        '请更正分母, 或用 model="permutation"。\n'
        "`households` must be above 0 where there are cases; 4 cells have cases and nobody at "
        'risk (b). Mend the table, or take model="permutation".'
    )


def test_a_week_that_is_missing_everywhere_is_not_zero() -> None:
    """A hole in the calendar is named by the week before it."""
    counts = table()

    with pytest.raises(DataError, match="2026-03-02 之后有缺"):
        run(counts[counts["week"] != WEEKS[1]])


def test_a_row_that_is_missing_is_not_zero() -> None:
    """One grid without one of its weeks."""
    with pytest.raises(DataError, match=r"缺 1 处 \(b\)"):
        run(table().drop(index=6))


def test_a_grid_that_comes_twice_is_refused() -> None:
    """In the counts as in the places."""
    twice = pd.concat([table(), table().head(1)])
    with pytest.raises(DataError, match="重复 1 处"):
        run(twice)
    with pytest.raises(DataError, match="each grid once; 1 appear again"):
        scan(table(), pd.concat([PLACES, PLACES.head(1)]), rng=np.random.default_rng(1))


def test_weights_are_no_counts() -> None:
    """Numbers with a fraction are refused, and what to do instead is said."""
    with pytest.raises(DataError, match="Weighted concerns are no counts"):
        run(table(n=np.linspace(0.5, 3.0, 16)))


@pytest.mark.parametrize("n", [-1, None])
def test_negative_and_missing_counts_are_refused(n: int | None) -> None:
    """A missing count is unknown, not zero."""
    with pytest.raises(DataError, match="A true zero is written as 0"):
        run(table(n=pd.array([n] * 16, dtype="Int64")))


def test_places_of_other_grids_are_refused() -> None:
    """Both directions are counted and named."""
    with pytest.raises(AlignmentError, match=r"1 of `counts` are not in `places` \(d\), 1 the"):
        scan(table(), PLACES.rename(index={"d": "e"}), rng=np.random.default_rng(1))


def test_population_of_another_year_is_refused() -> None:
    """A table of households with other grids does not fit unsaid."""
    old = pd.Series(40, index=["a", "b", "c", "x"])

    with pytest.raises(AlignmentError, match="其他年度"):
        with_expected(table(), old, "households")


def test_dates_outside_the_study_are_refused() -> None:
    """Rows outside the period are counted, not dropped."""
    points = pd.DataFrame({"lon": 117.0, "lat": 26.0, "heard_on": WEEKS})

    with pytest.raises(DataError, match="1 are outside"):
        count_points(points, ("2026-03-01", "2026-03-20"))
    with pytest.raises(DataError, match="统计期以外"):
        run(table(week=[pd.NaT, *table()["week"].iloc[1:]]))


@pytest.mark.parametrize(
    ("counts", "choices", "words"),
    [
        (table(category=["water", "roads"] * 8), {}, "of one category; it holds 2"),
        (table(grid_id=[None] * 16), {}, "`grid_id` of `counts` must be known"),
        (table(grid_id=["a b"] * 16), {}, "a code without blanks"),
        (table().drop(columns="n"), {}, "`n`"),
        (table().drop(columns="week"), {}, "`week`"),
        (table().head(1), {}, "needs 2 time steps"),
        (table(), {"model": "bernoulli"}, "`controls`"),
        (table(), {"model": "expectation"}, "`expected`"),
        (table().drop(columns="households"), {"model": "poisson"}, "needs `expected`, `house"),
        (table(), {"model": "permutation", "kind": "spatial"}, "needs something at risk"),
    ],
)
def test_what_a_model_cannot_take_is_refused(counts, choices, words: str) -> None:
    """Each in words that name the column."""
    with pytest.raises(DataError, match=words):
        run(counts, **choices)


@pytest.mark.parametrize(
    "choices",
    [
        {"model": "gauss"},
        {"side": "up"},
        {"max_share": 0},
        {"max_share": 1.5},
        {"max_radius_m": 0},
        {"max_weeks": 0},
        {"min_cases": 0},
        {"replicas": 9, "chance": "gumbel"},
        {"alpha": 1},
    ],
)
def test_plans_out_of_range_are_refused(choices) -> None:
    """A plan is checked when it is made."""
    with pytest.raises(DataError, match=f"`{next(iter(choices))}` must be"):
        Plan(**choices)


def test_places_are_needed_and_need_coordinates() -> None:
    """A circle needs to know what is near."""
    with pytest.raises(DataError, match="`places` is needed"):
        scan(table(), rng=np.random.default_rng(1))
    with pytest.raises(DataError, match=r"1 have no coordinates \(d\)"):
        scan(table(), PLACES.replace(900.0, np.nan), rng=np.random.default_rng(1))


def test_unknown_households_lead_to_the_permutation_model() -> None:
    """The model is settled by what is known, and the result tells which it was."""
    known = run(table())
    unknown = run(table(households=pd.array([None] + [50] * 15, dtype="Int64")))

    assert (known.model, unknown.model) == ("poisson", "permutation")


def test_points_are_counted_by_place_and_week() -> None:
    """Zeros are there, and a scan takes the result as it is."""
    points = pd.DataFrame(
        {
            "lon": [117.0, 117.0, 117.0, 117.1, 117.1, 117.2],
            "lat": 26.0,
            "heard_on": pd.to_datetime(
                [
                    "2026-03-23",
                    "2026-03-24",
                    "2026-03-29",
                    "2026-03-04",
                    "2026-03-11",
                    "2026-03-06",
                ]
            ),
        }
    )

    counts, places = count_points(points, ("2026-03-02", "2026-03-29"))
    daily, _ = count_points(points, ("2026-03-02", "2026-03-29"), every="day")
    found = scan(counts, places, Plan(replicas=19), rng=np.random.default_rng(1))

    assert (len(counts), counts["n"].sum(), len(daily)) == (12, 6, 84)
    assert found.model == "permutation"
    assert found.clusters["members"].iloc[0] == "p1"
    assert found.clusters["from"].iloc[0] == pd.Timestamp("2026-03-23")


def test_words_in_place_of_counts_are_refused() -> None:
    """A column of text is named, in both languages."""
    counts = table(n=1)
    with pytest.raises(DataError, match="`n` of `counts` must hold numbers"):
        run(counts.assign(n="many"))


def test_whoever_scans_for_the_first_time_can_be_told_that_it_compiles(tmp_path) -> None:
    """With an empty cache it is not compiled yet; here, where a scan has run, it is."""
    run(table())
    asked = "from gridkit.hotspots.scan import is_compiled; print(is_compiled())"

    told = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert is_compiled()
    assert told.stdout == "False\n"
