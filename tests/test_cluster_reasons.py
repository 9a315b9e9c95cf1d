"""What a cluster's concerns share, and what else could explain it: in words, from counts alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.hotspots import heaps, in_common, other_reasons, repeats, same_cause
from gridkit.profile import load_profile

PROFILE = load_profile()
DAY = pd.Timestamp("2026-03-02")
GRIDS = pd.DataFrame({"households": pd.array([50, 50, 100], dtype="Int64")}, index=list("abc"))
CLUSTER = pd.DataFrame(
    {
        "members": ["a b"],
        "from": [DAY],
        "to": [DAY + pd.Timedelta(days=6)],
        "category": ["all"],
    },
    index=pd.Index([7], name="cluster"),
)


def heard(n: int, grid: str = "a", on: pd.Timestamp = DAY, **columns: object) -> pd.DataFrame:
    """Lay out n concerns of one grid and day."""
    given = {"grid_id": grid, "heard_on": on, "demand_type": "water", **columns}
    return pd.DataFrame(given, index=range(n))


def ledger(*parts: pd.DataFrame) -> pd.DataFrame:
    """Put concerns together."""
    return pd.concat(parts, ignore_index=True)


def test_what_is_shared_is_named_with_its_number() -> None:
    """Detail, cause, setting and source, each as the profile calls it; on the caller's index."""
    old = heard(6, demand_detail="water_cut", setting="old_building dry_season",
                source="grid_visit", cause_id="c1")  # fmt: skip
    other = heard(2, "b", demand_detail="water_quality", setting="none", source="hotline")
    far = heard(20, "c", demand_detail="water_cut", setting="dry_season", source="hotline")

    found = in_common(ledger(old, other, far), CLUSTER, PROFILE).loc[7]

    assert found["zh"] == (
        "共同点: 6 件是停水断水; 6 件同因; 6 件注明老旧房屋 (别处 0%); 6 件来自网格员走访。"
    )
    assert found["en"] == (
        "In common: 6 are Water cut off; 6 have one cause; 6 with Old building (0% elsewhere); "
        "6 by Visit by a grid worker."
    )
    assert found[["detail_n", "cause_n", "setting_n", "source_n"]].tolist() == [6, 6, 6, 6]


def test_a_setting_that_is_common_everywhere_is_no_news() -> None:
    """In the dry season everything is in the dry season."""
    concerns = ledger(heard(6, setting="dry_season"), heard(20, "c", setting="dry_season"))

    assert "枯水期" not in in_common(concerns, CLUSTER, PROFILE).loc[7, "zh"]


def test_what_all_the_ledger_shares_is_not_named() -> None:
    """All by hotline, and of a detail that only says "other": nothing in common."""
    like = {"source": "hotline", "demand_detail": "water_other"}
    concerns = ledger(heard(6, **like), heard(20, "c", **like))

    assert in_common(concerns, CLUSTER, PROFILE).loc[7, "zh"] == "看不出共同点。"


def test_nothing_shared_is_said() -> None:
    """A ledger that knows neither detail nor setting, and one whose details all differ."""
    plain = in_common(heard(6), CLUSTER, PROFILE).loc[7]
    mixed = in_common(
        ledger(*(heard(1, demand_detail=code) for code in ("water_cut", "leak", "waste"))),
        CLUSTER,
        PROFILE,
    ).loc[7]

    assert plain["zh"] == mixed["zh"] == "看不出共同点。"
    assert plain["en"] == "Nothing seen in common."


def test_only_the_clusters_own_concerns_count() -> None:
    """Other grids, other days and, in a cluster of one type, other types are left aside."""
    mine = heard(3, demand_detail="water_cut")
    others = ledger(
        heard(9, "c", demand_detail="leak"),
        heard(9, on=DAY - pd.Timedelta(days=1), demand_detail="leak"),
        heard(9, on=DAY + pd.Timedelta(days=7), demand_detail="leak"),
        heard(9, demand_type="roads", demand_detail="potholes"),
    )

    found = in_common(ledger(mine, others), CLUSTER.assign(category="water"), PROFILE)

    assert found.loc[7, "zh"] == "共同点: 3 件都是停水断水。"


def test_words_and_people_change_nothing() -> None:
    """R1, R8: neither what was said nor who said it moves any word."""
    concerns = ledger(heard(6, demand_detail="water_cut"), heard(3, "b", demand_detail="leak"))
    named = concerns.assign(
        summary="李某某 同一个人", wanted="x", met_role="same", contact="139", visit_id="v1"
    )

    for one, other in (
        (in_common(concerns, CLUSTER, PROFILE), in_common(named, CLUSTER, PROFILE)),
        (other_reasons(concerns, CLUSTER, GRIDS), other_reasons(named, CLUSTER, GRIDS)),
        (heaps(concerns, CLUSTER), heaps(named, CLUSTER)),
    ):
        pd.testing.assert_frame_equal(one, other)
        assert "李某某" not in " ".join(other["zh"])


@pytest.mark.parametrize(
    ("last_year", "words"),
    [(8, "去年同期这里有 8 件, 可能是季节性的"), (2, "去年同期这里有 2 件, 不像只是季节")],
)
def test_the_season_is_held_against_last_year(last_year, words) -> None:
    """Same weeks, same grids, 52 weeks before."""
    year = pd.Timedelta(days=364)
    concerns = ledger(
        heard(10),
        heard(last_year, on=DAY - year + pd.Timedelta(days=3)),
        heard(30, on=DAY - year - pd.Timedelta(days=30)),
        heard(30, "c", on=DAY - year),
    )

    found = other_reasons(concerns, CLUSTER, GRIDS).loc[7]

    assert words in found["zh"]
    assert found["year_ago"] == last_year


def test_a_ledger_of_months_cannot_tell_the_season() -> None:
    """It says so, instead of taking the missing year for a year of zeros."""
    found = other_reasons(heard(10), CLUSTER, GRIDS).loc[7]

    assert pd.isna(found["year_ago"])
    assert "台账不满一年, 说不准是否季节性" in found["zh"]
    assert "the ledger is too young to tell" in found["en"]


def test_people_are_held_against_households() -> None:
    """As many per household as everywhere is not said to be more than more people."""
    many = other_reasons(ledger(heard(10), heard(2, "c")), CLUSTER, GRIDS).loc[7]
    usual = other_reasons(ledger(heard(10), heard(10, "c")), CLUSTER, GRIDS).loc[7]
    unknown = GRIDS.assign(households=pd.array([50, None, 100], dtype="Int64"))
    dark = other_reasons(heard(10), CLUSTER, unknown).loc[7]

    assert (many["per_100"], many["per_100_all"]) == (10.0, 6.0)
    assert "每百户 10.0 件, 全部网格 6.0 件, 不只是人多" in many["zh"]
    assert "并不高于全部网格, 只是比这里平时多" in usual["zh"]
    assert "户数不全, 说不准是否只因人多" in dark["zh"]


def test_tables_without_the_needed_columns_are_refused() -> None:
    """Each in words that name the column."""
    with pytest.raises(DataError, match="demand_type"):
        in_common(heard(3).drop(columns="demand_type"), CLUSTER, PROFILE)
    with pytest.raises(DataError, match="members"):
        other_reasons(heard(3), CLUSTER.drop(columns="members"), GRIDS)
    with pytest.raises(DataError, match="households"):
        other_reasons(heard(3), CLUSTER, GRIDS.drop(columns="households"))
    with pytest.raises(DataError, match="into_id"):
        same_cause(heard(3, demand_detail="leak"), steps([]).drop(columns="into_id"))


# --- same cause -----------------------------------------------------------------------------


def steps(rows: list[tuple[str, str, int, str | None]]) -> pd.DataFrame:
    """Lay out steps: concern, action, day, merged into."""
    table = pd.DataFrame(rows, columns=["concern_id", "action", "on", "into_id"])
    table["on"] = (DAY + pd.to_timedelta(table["on"], "D")).astype("datetime64[s]")
    return table


def leaks(days: list[int], grids: str | None = None, detail: str = "leak") -> pd.DataFrame:
    """Lay out concerns of one matter, c0, c1 ... in their order."""
    on = (DAY + pd.to_timedelta(days, "D")).astype("datetime64[s]")
    columns = {
        "grid_id": list(grids or "a" * len(days)),
        "heard_on": on,
        "demand_detail": detail,
    }
    return pd.DataFrame(columns, index=[f"c{i}" for i in range(len(days))])


def test_a_matter_reported_again_before_it_is_settled_is_one_cause() -> None:
    """After it was struck off, or in another grid, it is another; a reopened one goes on."""
    concerns = leaks([0, 3, 20, 3], "aaab")
    closed = [("c0", "closed", 10, None), ("c1", "closed", 12, None)]

    once = same_cause(concerns, steps(closed))
    again = same_cause(concerns, steps([*closed, ("c1", "reopened", 15, None)]))

    assert once["cause_id"].tolist() == ["c0", "c0", "c2", "c3"]
    assert once.loc["c0", "settled_on"] == DAY + pd.Timedelta(days=12)
    assert once["settled_on"].isna().tolist() == [False, False, True, True]
    assert again["cause_id"].tolist() == ["c0", "c0", "c0", "c3"]
    assert again["settled_on"].isna().all()


def test_merged_concerns_have_one_cause_across_grids() -> None:
    """A person merged them; they are settled with what they were merged into."""
    concerns = leaks([0, 1, 2], "abc", detail="water_cut")
    merged = steps(
        [("c1", "merged", 3, "c0"), ("c2", "merged", 3, "c1"), ("c0", "closed", 9, None)]
    )

    found = same_cause(concerns, merged)

    assert found["cause_id"].tolist() == ["c0"] * 3
    assert set(found["settled_on"]) == {DAY + pd.Timedelta(days=9)}


def test_details_that_say_nothing_link_nothing() -> None:
    """What is "other" in the same grid on the same day may be anything; so may a blank."""
    other = same_cause(leaks([0, 0], detail="water_other"), steps([]))
    blank = same_cause(leaks([0, 0]).assign(demand_detail=None), steps([]))

    assert other["cause_id"].tolist() == blank["cause_id"].tolist() == ["c0", "c1"]


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.none() | st.integers(0, 9)),
        min_size=1,
        max_size=9,
    ),
    merges=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=3),
    order=st.randoms(use_true_random=False),
)
def test_causes_are_those_of_linking_by_hand(rows, merges, order) -> None:
    """Link each to every earlier report of its matter still open, and to what it merged into."""
    concerns = leaks([day for _, day, _ in rows], "".join(grid for grid, _, _ in rows))
    told = [
        (f"c{i}", "closed", day + lasts, None)
        for i, (_, day, lasts) in enumerate(rows)
        if lasts is not None
    ]
    known = [(i, j) for i, j in merges if max(i, j) < len(rows)]
    told += [(f"c{i}", "merged", 9, f"c{j}") for i, j in dict(known).items()]
    label = list(range(len(rows)))

    def link(i: int, j: int) -> None:
        old, new = label[i], label[j]
        label[:] = [new if one == old else one for one in label]

    for i, j in dict(known).items():
        link(i, j)
    for i, (grid, day, _) in enumerate(rows):
        for j, (there, then, lasts) in enumerate(rows):
            open_still = lasts is None or then + lasts >= day
            if grid == there and then <= day and open_still:
                link(i, j)

    found = same_cause(concerns, steps(told))
    shuffled = concerns.sample(frac=1, random_state=order.randrange(1000))

    cause = found["cause_id"].tolist()
    for i in range(len(rows)):
        for j in range(i):
            assert (cause[i] == cause[j]) == (label[i] == label[j])
    pd.testing.assert_frame_equal(same_cause(shuffled, steps(told)).sort_index(), found)


def test_repeats_take_what_same_cause_gives() -> None:
    """Two reports of one leak that was settled: one cause, one repeat, its weeks."""
    concerns = leaks([0, 3, 30])
    causes = same_cause(
        concerns, steps([("c0", "closed", 7, None), ("c1", "closed", 14, None)])
    )
    both = concerns.join(causes)
    settled = both.drop_duplicates("cause_id").set_index("cause_id")["settled_on"].dropna()

    found = repeats(both, settled)

    assert found.loc["c0", ["reports", "weeks"]].tolist() == [2, 2.0]
    assert np.isclose(found.loc["c2", "weeks"], 0.0)
