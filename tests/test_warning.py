"""The weekly warning: what is new, grew, ended; quiet weeks; heaps; the year's burden."""

from __future__ import annotations

import json
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridkit.errors import DataError
from gridkit.hotspots import AlarmRule, heaps, weekly_warning
from gridkit.profile import load_profile

PROFILE = load_profile()
RULE = AlarmRule(weeks=4, history_weeks=26, replicas=199)
MONDAY = pd.Timestamp("2025-12-29")  # of the week that holds 1 January 2026
SIDE = 6


@pytest.fixture(scope="module")
def grids():
    """Lay 36 squares of about a kilometer, 40 households each."""
    x, y = np.meshgrid(range(SIDE), range(SIDE))
    west, south = 117 + x.ravel() * 0.01, 26 + y.ravel() * 0.009
    return gpd.GeoDataFrame(
        {"name": [f"{i}格" for i in range(36)], "households": 40, "population": 100},
        index=pd.Index([f"g{i:02d}" for i in range(36)], name="grid_id", dtype="str"),
        geometry=shapely.box(west, south, west + 0.01, south + 0.009),
        crs=4326,
    )


def background(seed=1, weeks=30, a_week=20, before=20, kinds=("roads", "water")):
    """Draw concerns anywhere, any day; the county is quiet."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(a_week * weeks)
    days = MONDAY + pd.to_timedelta(rng.integers(-7 * before, 7 * (weeks - before), n), "D")
    return frame(rng.integers(0, 36, n), days, rng.choice(kinds, n), rng)


def frame(grid, days, kind, rng):
    """Lay out concerns, each with a point of its own."""
    grid = np.asarray(grid)
    return pd.DataFrame(
        {
            "grid_id": [f"g{i:02d}" for i in grid],
            "heard_on": pd.DatetimeIndex(days).astype("datetime64[s]"),
            "demand_type": kind,
            "dispute_code": pd.Series(None, index=range(len(grid)), dtype="str"),
            "lon": 117 + grid % SIDE * 0.01 + rng.uniform(0, 0.01, len(grid)),
            "lat": 26 + grid // SIDE * 0.009 + rng.uniform(0, 0.009, len(grid)),
            "place_source": "gps",
        }
    )


def planted(cells, first_day, n, kind="water", seed=2, days=7):
    """Draw n concerns more in some grids from a day on."""
    rng = np.random.default_rng(seed)
    at = pd.Timestamp(first_day) + pd.to_timedelta(rng.integers(0, days, n), "D")
    return frame(rng.choice(cells, n), at, kind, rng)


def together(*frames):
    """Put concerns into one frame."""
    return pd.concat(frames, ignore_index=True)


def warn(concerns, grids, on, rule=RULE, **options):
    """Run the warning with one seed."""
    rng = np.random.default_rng(7)
    return weekly_warning(concerns, grids, PROFILE, on, rule, rng=rng, **options)


@pytest.fixture(scope="module")
def story():
    """Plant water trouble in four grids: small, then large, then over for months."""
    cells = [0, 1, 6, 7]
    return together(
        background(),
        planted(cells, "2026-01-12", 14),
        planted(cells, "2026-01-19", 18, seed=3),
        planted(cells, "2026-01-26", 3, seed=4),
    )


def test_a_planted_cluster_is_new_then_grows_then_ends(story, grids):
    """The week it starts it is new, the next it grew, and once others catch up it ended."""
    before = warn(story, grids, date(2026, 1, 11))
    first = warn(story, grids, date(2026, 1, 18))
    second = warn(story, grids, date(2026, 1, 25))
    late = [warn(story, grids, date(2026, 2, 1) + pd.Timedelta(weeks=i)) for i in range(5)]

    assert before.clusters.empty
    assert set(first.clusters["status"]) == {"new"}
    assert set(second.clusters["status"]) == {"grew"}
    assert (
        len({"g00", "g01", "g06", "g07"} & set(first.clusters.loc[1, "members"].split())) >= 3
    )
    assert late[-1].clusters.empty
    assert sum(len(week.ended) for week in late) == 1


def test_all_types_and_one_of_them_are_one_story(story, grids):
    """The same trouble found twice counts as one alarm, and each says so."""
    seen = warn(story, grids, date(2026, 1, 25))

    assert set(seen.clusters["category"]) == {"all", "water"}
    assert len(seen.stories) == 1
    assert seen.burden["alarms"].iloc[-1] == 1


def test_the_burden_counts_each_week_since_january(story, grids):
    """One row per week from the one that holds 1 January; new alarms are told from old."""
    seen = warn(story, grids, date(2026, 1, 25))

    assert seen.burden.index.strftime("%m-%d").tolist() == ["12-29", "01-05", "01-12", "01-19"]
    assert seen.burden["alarms"].tolist() == [0, 0, 1, 1]
    assert seen.burden["new"].tolist() == [0, 0, 1, 0]
    assert "先后新出现 1 处" in seen.explain_burden()
    assert "2 raised an alarm: 1 clusters were new" in seen.explain_burden("en")


def test_a_quiet_week_says_so(grids):
    """Nothing is drawn out of noise, and the page's sentence says there is nothing."""
    seen = warn(background(), grids, date(2026, 2, 8))

    assert seen.clusters.empty
    assert seen.explain().startswith("本周没有难以用偶然解释的聚集 (检验了 3 项)")
    assert seen.explain("en").startswith("No cluster this week")


def test_false_alarms_are_as_rare_as_the_rule_says(grids):
    """Of 40 quiet counties, run at one false alarm in five weeks, about 8 at most raise one."""
    rule = AlarmRule(weeks=4, history_weeks=26, replicas=99, false_per_year=0.2 * 365.25 / 7)
    alarms = sum(
        len(
            warn(
                background(seed, a_week=8, kinds=["water"]), grids, date(2026, 1, 4), rule
            ).clusters
        )
        > 0
        for seed in range(40)
    )

    assert alarms <= 14  # more has a chance of 1 in 100 if the rate is 0.2 (binomial)


def test_a_heap_at_one_coordinate_is_named(grids):
    """Thirty calls with one coordinate are found, and said to be perhaps one building."""
    heap = planted([14], "2026-01-19", 30).assign(lon=117.025, lat=26.02)

    seen = warn(together(background(), heap), grids, date(2026, 1, 25))
    top = seen.clusters.iloc[0]

    assert top["same_point"] == 30
    assert top["once"] <= top["observed"] - 29
    assert "其中 30 件在同一坐标: 可能是占位坐标, 或同一栋楼多次反映" in top["zh"]
    assert "30 of them share one coordinate" in top["en"]


def test_concerns_without_a_place_of_their_own_are_named():
    """Those set on the middle of their grid are told apart from an address heap."""
    days = pd.date_range("2026-03-02", periods=6)
    concerns = pd.DataFrame(
        {
            "grid_id": "a",
            "heard_on": days,
            "demand_type": "water",
            "lon": 117.0,
            "lat": 26.0,
            "place_source": "grid_centroid",
        }
    )
    clusters = pd.DataFrame(
        {"members": ["a"], "from": [days[0]], "to": [days[-1]], "category": ["all"]}
    )

    found = heaps(concerns, clusters).iloc[0]

    assert (found["same_point"], found["at_centroid"], found["once"]) == (0, 6, 6)
    assert found["zh"] == "其中 6 件没有具体位置, 只知道在哪个网格。"


def test_one_round_of_visits_is_named(grids):
    """Concerns that were all heard on one day may be one round of visits."""
    visits = planted([20, 21], "2026-01-21", 20, days=1)

    top = warn(together(background(), visits), grids, date(2026, 1, 25)).clusters.iloc[0]

    assert "20 件同一天登记" in top["zh"] or "21 件同一天登记" in top["zh"]


def test_what_all_grids_share_raises_no_alarm(grids):
    """A week with five times the calls everywhere is no cluster in any place."""
    rng = np.random.default_rng(5)
    days = pd.Timestamp("2026-01-19") + pd.to_timedelta(rng.integers(0, 7, 200), "D")
    flood = frame(rng.integers(0, 36, 200), days, "roads", rng)

    assert warn(together(background(), flood), grids, date(2026, 1, 25)).clusters.empty


def test_kept_runs_give_the_same_warning(story, grids, tmp_path):
    """From the file, from a broken file and anew: word for word the same; and it is JSON."""
    kept = tmp_path / "runs.json"
    anew = warn(story, grids, date(2026, 1, 25), kept=kept)
    text = kept.read_text(encoding="utf-8")
    from_file = warn(story, grids, date(2026, 1, 25), kept=kept)
    kept.write_text("{broken", encoding="utf-8")
    after = warn(story, grids, date(2026, 1, 25), kept=kept)

    assert len(json.loads(text)["runs"]) == 5
    assert kept.read_text(encoding="utf-8") == text
    for other in (from_file, after):
        pd.testing.assert_frame_equal(other.clusters, anew.clusters)
        pd.testing.assert_frame_equal(other.burden, anew.burden)


def test_what_was_entered_late_is_run_again(story, grids, tmp_path):
    """A concern of last week that comes in today changes the runs from last week on."""
    kept = tmp_path / "runs.json"
    warn(story, grids, date(2026, 1, 25), kept=kept)
    old = json.loads(kept.read_text(encoding="utf-8"))["runs"]

    warn(together(story, planted([35], "2026-01-13", 1)), grids, date(2026, 1, 25), kept=kept)
    new = json.loads(kept.read_text(encoding="utf-8"))["runs"]

    assert sorted(key[:10] for key in old) == sorted(key[:10] for key in new)
    assert sorted(key[:10] for key in old.keys() & new.keys()) == [
        "2025-12-22",
        "2025-12-29",
        "2026-01-05",
    ]


def test_the_order_of_rows_changes_nothing(story, grids):
    """Shuffled concerns and grids give the same clusters."""
    shuffled = story.sample(frac=1, random_state=1)

    one, other = (warn(c, grids, date(2026, 1, 18)) for c in (story, shuffled))

    pd.testing.assert_frame_equal(one.clusters, other.clusters)


def test_a_statutory_channel_is_not_scanned(story, grids):
    """Concerns whose dispute code is routed out are in no count."""
    routed = story.assign(dispute_code=story["dispute_code"].astype("str"))
    trouble = (story.index >= len(background())).nonzero()[0]
    routed.loc[trouble, "dispute_code"] = "1401"

    assert warn(routed, grids, date(2026, 1, 25)).clusters.empty


def test_one_type_alone(story, grids):
    """Asked for one type, only that is scanned, and no p is corrected for others."""
    rule = AlarmRule(weeks=4, history_weeks=26, replicas=199, types=("water",), overall=False)

    seen = warn(story, grids, date(2026, 1, 25), rule)

    assert seen.run.scans["category"].tolist() == ["water"]
    assert (seen.clusters["p"] == seen.clusters["p_one"]).all()


def test_a_young_ledger_is_not_compared(grids):
    """Five weeks tell nothing of what is usual; the sentence says so."""
    seen = warn(background(weeks=6, before=5), grids, date(2026, 1, 4))

    assert seen.run.scans.empty
    assert "不足 8 周, 还无从比较" in seen.explain()


def test_a_season_of_earlier_years_is_no_news(grids):
    """Each autumn's drought in the same grids alarms as "permutation", not as "seasonal"."""
    rng = np.random.default_rng(3)
    weeks = pd.date_range("2022-01-03", "2025-10-12", freq="7D")
    days = weeks.repeat(20) + pd.to_timedelta(rng.integers(0, 7, 20 * len(weeks)), "D")
    usual = frame(rng.integers(0, 36, len(days)), days, "water", rng)
    dry = weeks[(weeks.month == 9) | (weeks.month == 10)]
    days = dry.repeat(8) + pd.to_timedelta(rng.integers(0, 7, 8 * len(dry)), "D")
    drought = frame(rng.choice([0, 1, 6, 7], len(days)), days, "water", rng)
    concerns = together(usual, drought)

    found = {
        model: warn(
            concerns[concerns["heard_on"] >= "2022-01-03"],
            grids,
            date(2025, 10, 12),
            AlarmRule(weeks=4, history_weeks=26, replicas=199, model=model),
        )
        for model in ("permutation", "auto")
    }

    dry = {"g00", "g01", "g06", "g07"}
    where = {
        model: {grid for text in seen.clusters["members"] for grid in text.split()} & dry
        for model, seen in found.items()
    }
    assert len(where["permutation"]) >= 3
    assert set(found["auto"].run.scans["model"]) == {"seasonal"}
    assert not where["auto"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"weeks": 0}, "`weeks` must be a whole number from 1 up; it is 0."),
        (
            {"weeks": 12, "history_weeks": 20},
            "`history_weeks` must be a whole number, at least twice `weeks`; it is 20.",
        ),
        ({"model": "magic"}, "`model` must be one of permutation, seasonal, auto"),
        ({"overall": False}, "`overall` must be true unless `types` are named; it is False."),
    ],
)
def test_a_rule_out_of_range_is_refused(choice, message):
    """The message names the choice, its range and what it is."""
    with pytest.raises(DataError) as refused:
        AlarmRule(**choice)

    assert message in str(refused.value)


def test_bad_input_is_refused(grids):
    """Unknown types, missing columns and a day before any concern are said in words."""
    concerns = background()
    with pytest.raises(DataError, match=r"`types` must be demand types of the profile; 1 are"):
        warn(concerns, grids, date(2026, 1, 25), AlarmRule(types=("wather",)))
    with pytest.raises(DataError, match="grid_id"):
        warn(concerns.drop(columns="grid_id"), grids, date(2026, 1, 25))
    with pytest.raises(DataError, match=r"no concern was heard up to 2020-01-05"):
        warn(concerns, grids, date(2020, 1, 5))
