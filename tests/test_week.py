"""The week's visits: the best k doors, place by place, and what is left."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.triage import week_plan, what_is_left

PROFILE = load_profile()
BANDS = [band.code for band in PROFILE.bands]


def listed(places: list[str], bands: list[str] | None = None) -> pd.DataFrame:
    """Make a board of matters in grids, best first."""
    return pd.DataFrame(
        {
            "grid_id": places,
            "band": pd.Categorical(bands or ["red"] * len(places), categories=BANDS),
            "overdue": [i % 2 == 0 for i in range(len(places))],
        },
        index=pd.Index([f"c{i}" for i in range(len(places))], dtype="str"),
    )


def test_concerns_of_one_visit_are_one_door():
    """Two matters heard at one door are seen to in one visit."""
    board = listed(["990428100001001"] * 3)
    doors = pd.Series(["v1", None, "v1"], index=board.index, dtype="str")

    plan = week_plan(board, 1, doors)

    assert plan.index.tolist() == ["c0", "c2"]
    assert plan["door"].tolist() == [1, 1]


def test_villages_stand_together_in_the_order_of_their_most_urgent_door():
    """A village is walked once; within it, grid by grid."""
    a, b, other = "990428100001001", "990428100001002", "990428200201001"
    plan = week_plan(listed([a, other, b, a, other]), 5)

    assert plan["rank"].tolist() == [1, 4, 3, 2, 5]
    assert plan["village_code"].tolist() == ["990428100001"] * 3 + ["990428200201"] * 2


def test_what_is_left_is_counted_by_band_with_what_is_overdue():
    """Open = this week + left, in every band."""
    board = listed(["990428100001001"] * 4, ["red", "red", "blue", "blue"])
    left = what_is_left(board, week_plan(board, 1), PROFILE)

    assert left.loc["red"].tolist() == [2, 1, 1, 0]
    assert left.loc["blue"].tolist() == [2, 0, 2, 1]
    assert left.index.tolist() == BANDS


def test_a_capacity_below_zero_is_refused():
    """The message says so in Chinese."""
    with pytest.raises(DataError, match="不能是负数"):
        week_plan(listed([]), -1)


_GRID = st.builds(
    lambda village, grid: f"990428100{village:03d}{grid:03d}",
    st.integers(1, 4),
    st.integers(1, 3),
)


@given(st.lists(_GRID, max_size=25), st.integers(0, 12), st.randoms(use_true_random=False))
def test_a_plan_is_the_best_k_doors_and_walks_each_place_once(places, k, random):
    """No door that is left is better than one that is chosen; no village comes twice."""
    board = listed(places, [random.choice(BANDS) for _ in places])
    visits = [random.choice([None, "v1", "v2"]) for _ in places]
    doors = pd.Series(visits, index=board.index, dtype="str")

    plan = week_plan(board, k, doors)

    own = doors.where(doors.notna(), pd.Series(board.index, index=board.index))
    best = list(dict.fromkeys(own))[:k]
    assert set(plan.index) == set(board.index[own.isin(best)])
    assert plan["door"].nunique() == len(best)
    villages = plan["village_code"].tolist()
    assert len(list(dict.fromkeys(villages))) == sum(
        1 for i, v in enumerate(villages) if i == 0 or villages[i - 1] != v
    )
    left = what_is_left(board, plan, PROFILE)
    assert (left["open"] == left["this_week"] + left["left"]).all()
    assert left["open"].sum() == len(board)
