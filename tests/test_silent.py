"""Silent grids: recovered from simulations, calibrated, and honest about what is unknown."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import SILENT_CLASSES, explain_silent, repeats, silent, within


def simulate(
    rng: np.random.Generator, n: int = 400, shape: float = 1.5, need: np.ndarray | None = None
) -> tuple[pd.Series, pd.Series, pd.DataFrame, pd.DataFrame]:
    """Let causes arise, be heard of or not, and be heard of again; 15 % a week on average."""
    rate = rng.gamma(shape, 0.15 / shape, n)
    homes = rng.integers(20, 90, n)
    need = rng.gamma(3, 1 / 3, n) if need is None else need
    arisen = rng.poisson(6 * homes / 55 * need)
    heard = rng.binomial(arisen, 1 - np.exp(-rate * 8))
    grid = np.repeat(np.arange(n), heard)
    weeks = rng.exponential(6, len(grid))
    again = rng.poisson(rate[grid] * weeks)
    names = np.array([f"g{i:03d}" for i in range(n)])
    causes = pd.DataFrame(
        {"grid_id": names[grid], "reports": 1 + again, "weeks": weeks, "households": 1.0}
    )
    counts = pd.DataFrame(
        {"grid_id": names, "week": pd.Timestamp("2026-01-05"), "n": heard, "households": homes}
    )
    return pd.Series(rate / 0.15, names), pd.Series(arisen - heard, names), causes, counts


def plain(heard: list[int], reports: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make grids of 100 households, each cause watched for six weeks."""
    causes = pd.DataFrame(
        {"grid_id": np.repeat(np.arange(len(heard)), heard), "reports": reports,
         "weeks": 6.0, "households": 1.0}
    )  # fmt: skip
    counts = pd.DataFrame(
        {"grid_id": range(len(heard)), "week": pd.Timestamp("2026-03-02"), "n": heard,
         "households": 100}
    )  # fmt: skip
    return causes, counts


STORY = plain(
    [3, 3, 0, *[4] * 9, *[9] * 29],
    [1] * 3 + [5, 4, 6] + [1, 1, 2, 1] * 9 + [3, 2, 4, 3, 2, 1, 5, 2, 6] * 29,
)


def test_reporting_rates_are_recovered_with_honest_intervals() -> None:
    """Nine of ten true rates lie in the 90 % intervals; what was missed is told within 10 %."""
    inside, missed, told = [], 0.0, 0.0
    for seed in range(3):
        rate, unheard, causes, counts = simulate(np.random.default_rng(seed))
        table = silent(causes, counts)
        inside.append((table["low"] <= rate) & (rate <= table["high"]))
        missed, told = missed + unheard.sum(), told + table["missed"].sum()

    assert 0.86 <= np.mean(inside) <= 0.94
    assert told == pytest.approx(missed, rel=0.1)


def test_chances_are_calibrated() -> None:
    """Of the grids with a chance around p, about a share p is silent in truth."""
    p, truth = [], []
    for seed in range(3):
        rate, _, causes, counts = simulate(np.random.default_rng(10 + seed))
        p.append(silent(causes, counts)["p_silent"].to_numpy())
        truth.append(rate.to_numpy() < 0.5)
    p, truth = np.concatenate(p), np.concatenate(truth)

    for low, high in ((0, 0.1), (0.1, 0.35), (0.35, 0.65), (0.65, 1)):
        group = (p >= low) & (p <= high)
        error = 3 * np.sqrt(0.25 / group.sum())
        assert truth[group].mean() == pytest.approx(p[group].mean(), abs=error)
    assert ((p - truth) ** 2).mean() < 0.8 * truth.mean() * (1 - truth.mean())


def test_repeats_tell_silence_from_calm() -> None:
    """Two grids of as few causes: one hears each again and again, the other none twice."""
    table = silent(*STORY)

    assert table.loc["0", "n"] == table.loc["1", "n"] == 3
    assert table.loc["0", "verdict"] == "likely"
    assert table.loc["1", "verdict"] == "unlikely"
    assert table.loc["0", "p_silent"] > 0.8
    assert table.loc["1", "p_silent"] < 0.2


def test_a_grid_that_never_reports_stays_uncertain() -> None:
    """No cause, no repeats: its own data say little, and the interval says so."""
    table = silent(*STORY)

    assert table.loc["2", "n"] == 0
    assert table.loc["2", "low"] < 0.25
    assert table.loc["2", "information"] < table.loc["0", "information"]
    assert 0.2 < table.loc["2", "p_silent"] < 1


def test_where_all_report_alike_nobody_is_called_silent() -> None:
    """Needs differ, reporting does not: few causes alone make no silent grid."""
    rng = np.random.default_rng(4)
    flagged = []
    for _ in range(2):
        _, _, causes, counts = simulate(rng, n=200, shape=500.0)
        flagged.append((silent(causes, counts)["verdict"] == "likely").mean())

    assert np.mean(flagged) < 0.01


def test_need_around_raises_what_is_expected() -> None:
    """Where need gathers, a quiet grid among troubled ones is expected to have more."""
    rng = np.random.default_rng(6)
    x, y = np.divmod(np.arange(400), 20)
    names = [f"g{i:03d}" for i in range(400)]
    near = within(gpd.GeoSeries(gpd.points_from_xy(x, y), index=names), 1.5)
    need = np.where((x < 10), 4.0, 0.5)
    _, _, causes, counts = simulate(rng, need=need)

    with_it = silent(causes, counts, near)

    without = silent(causes, counts)
    per_home = with_it["expected"] / counts.set_index("grid_id")["households"]
    assert per_home[need == 4.0].mean() > 4 * per_home[need == 0.5].mean()
    assert (
        np.corrcoef(with_it["expected"], with_it["n"])[0, 1]
        > np.corrcoef(without["expected"], without["n"])[0, 1]
    )


def test_grids_recorded_for_less_time_are_expected_to_have_less() -> None:
    """Weeks without a row were not recorded; a busy season counts for more than a calm one."""
    causes, counts = STORY
    weeks = pd.date_range("2026-03-02", periods=4, freq="7D")
    counts = counts.loc[counts.index.repeat(4)].assign(
        week=list(weeks) * len(counts), n=[4, 1, 1, 0] * len(counts)
    )

    late = counts[~((counts["grid_id"] == 5) & (counts["week"] < weeks[2]))]
    busy = counts[~((counts["grid_id"] == 5) & (counts["week"] >= weeks[2]))]

    expected = [silent(causes, c).loc["5", "expected"] for c in (counts, late, busy)]
    assert expected[1] == pytest.approx(expected[0] / 6, rel=0.05)
    assert expected[2] == pytest.approx(expected[0] * 5 / 6, rel=0.05)


@settings(max_examples=3, deadline=None)
@given(st.permutations(range(41)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    """Grids shuffled, causes shuffled: the same answer; inputs stay as they were."""
    causes, counts = STORY
    before = causes.copy(), counts.copy()

    shuffled = silent(causes.sample(frac=1, random_state=order[0]), counts.iloc[order])

    straight = silent(causes, counts)
    pd.testing.assert_frame_equal(
        shuffled.loc[straight.index].drop(columns="verdict"),
        straight.drop(columns="verdict"), rtol=1e-3, atol=1e-3,
    )  # fmt: skip
    pd.testing.assert_frame_equal(causes, before[0])
    pd.testing.assert_frame_equal(counts, before[1])


def test_the_unit_of_time_changes_nothing() -> None:
    """Days instead of weeks, throughout: the same rates and chances."""
    causes, counts = STORY

    in_days = silent(causes.assign(weeks=causes["weeks"] * 7), counts, unheard_weeks=56)

    straight = silent(causes, counts)
    np.testing.assert_allclose(in_days["p_silent"], straight["p_silent"], atol=2e-3)


def test_a_grid_without_households_gets_no_number() -> None:
    """Nobody lives there: no estimate, and the words say so."""
    causes, counts = STORY
    counts = counts.assign(households=[100, 100, 0, *[100] * 38])

    table = silent(causes, counts)

    assert table.loc["2", "verdict"] == "no_households"
    assert table.loc["2", ["expected", "p_silent", "missed"]].isna().all()
    assert explain_silent(table)["2"] == "无户数, 无法估计"


def test_each_grid_says_how_sure_one_can_be() -> None:
    """What was heard and expected, the rate with its interval, and the chance, in words."""
    table = silent(*STORY)

    zh, en = explain_silent(table), explain_silent(table, lang="en")

    assert zh["0"].startswith("听到 3 个问题, 按户数、季节和周边约应听到 ")
    assert zh["0"].endswith("多半少报, 宜上门核实")
    assert "同一问题重复反映 0 次" in zh["0"]
    assert en["1"].startswith("3 causes heard of, about ")
    assert en["1"].endswith("not silent, as far as can be told")
    assert {c.code for c in SILENT_CLASSES} >= set(table["verdict"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a, b: (a.assign(reports=1), b), "it holds 0. Without them few troubles"),
        (lambda a, b: (a.iloc[:0], b), "it has 0 rows"),
        (lambda a, b: (a.drop(columns="weeks"), b), "missing columns: `weeks`"),
        (lambda a, b: (a.assign(grid_id=99), b), "303 are in unknown grids"),
        (lambda a, b: (a, b.assign(households=[0] + [100] * 40)), "3 in grids without households"),
        (lambda a, b: (a.assign(weeks=-1.0), b), "303 out of range"),
        (lambda a, b: (a.assign(reports=1.5), b), "without households, 303 out of range"),
        (lambda a, b: (a, pd.concat([b, b])), "some have several (categories?)"),
    ],
)  # fmt: skip
def test_tables_that_cannot_tell_are_refused(change, words: str) -> None:
    """No repeats, no households under causes, weights as counts, categories side by side."""
    with pytest.raises(DataError) as caught:
        silent(*change(*STORY))

    assert words in caught.value.en


def test_senseless_wishes_are_refused() -> None:
    """A share above 1, a cause that lasts no time, neighbors of other grids."""
    with pytest.raises(DataError, match="they are 8, 2 and"):
        silent(*STORY, below=2)
    with pytest.raises(DataError, match="they are 0, "):
        silent(*STORY, unheard_weeks=0)
    near = within(gpd.GeoSeries(gpd.points_from_xy(range(41), [0] * 41)), 1)
    with pytest.raises(AlignmentError):
        silent(*STORY, near)


# --- repeats --------------------------------------------------------------------------------


def heard() -> pd.DataFrame:
    """Hear of one leak three times, of one pothole once, of something unlabeled."""
    return pd.DataFrame(
        {
            "grid_id": ["a", "a", "b", "a", "b"],
            "cause_id": ["leak", "leak", "pothole", "leak", None],
            "heard_on": pd.to_datetime(
                ["2026-03-16", "2026-03-02", "2026-03-09", "2026-05-04", "2026-03-23"]
            ),
            "households_affected": [4, 2, 1, 9, None],
        }
    )


def test_repeats_end_when_the_cause_is_settled() -> None:
    """Reports after that day are of something else; other causes are watched to the end."""
    until = pd.Series(pd.to_datetime(["2026-03-30"]), index=["leak"])

    table = repeats(heard(), until, households="households_affected")

    assert table.loc["leak", ["reports", "weeks", "households"]].tolist() == [2, 4.0, 9.0]
    assert table.loc["pothole", "weeks"] == 8.0
    assert table["reports"].tolist() == [2, 1, 1]
    assert table["households"].tolist() == [9.0, 1.0, 1.0]


def test_one_day_may_end_the_watching_of_all() -> None:
    """What is first heard after it is left out."""
    table = repeats(heard(), "2026-03-16")

    assert table["reports"].tolist() == [2, 1]
    assert table["weeks"].tolist() == [2.0, 1.0]


def test_concerns_without_grid_or_date_are_refused() -> None:
    """And so are tables without the column, and causes settled twice."""
    with pytest.raises(DataError, match="rows without grid or date: 5"):
        repeats(heard().assign(grid_id=None), "2026-03-30")
    with pytest.raises(DataError, match="missing columns: `cause`"):
        repeats(heard(), "2026-03-30", cause="cause")
    with pytest.raises(DataError, match="some labels stand twice"):
        repeats(heard(), pd.Series(pd.to_datetime(["2026-03-30"] * 2), index=["leak"] * 2))
