"""Surges: EARS, Farrington flexible, CUSUM against published alarms and slow re-tellings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import nbinom, norm, poisson

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import (
    Rules,
    cusum,
    cusum_run_length,
    ears,
    explain_burden,
    explain_surge,
    farrington,
)

CASE = json.loads((Path(__file__).parent / "reference" / "surge.json").read_text())
WEEKS = pd.date_range(CASE["first"], periods=len(CASE["counts"]), freq="7D")
NEWPORT = pd.DataFrame([CASE["counts"]], index=["newport"], columns=WEEKS)
PUBLISHED = Rules(years=3, seasons=1, trend_p=0.05)


def found(table: pd.DataFrame) -> list[int]:
    """List the weeks with an alarm among the last weeks of Newport."""
    return [len(WEEKS) - len(table) + int(i) for i in np.flatnonzero(table["alarm"])]


# --- EARS -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["C1", "C2"])
def test_ears_raises_the_published_alarms(method: str) -> None:
    """Salmonella Newport 2011 and 2012, as R's surveillance has them, week by week."""
    weeks = len(WEEKS) - CASE["tested_from"]

    table = ears(NEWPORT, method, least_sigma=0, alpha=0.001, weeks=weeks)

    assert found(table) == CASE["alarms"][method]


def test_ears_has_the_published_bounds() -> None:
    """The first four weeks of 2011 by C1 with alpha 0.05, from the tests of the R package."""
    table = ears(NEWPORT, "C1", alpha=0.05, least_sigma=0, weeks=105)

    np.testing.assert_allclose(table["upper"].head(4), CASE["c1_bounds"], atol=1e-6)


def test_c3_looks_at_the_week_it_judges() -> None:
    """Fault of a peer: R's sum leaves this week out, so it sleeps through 41 cases."""
    weeks = len(WEEKS) - CASE["tested_from"]
    table = ears(NEWPORT, "C3", least_sigma=0, alpha=0.001, weeks=weeks)
    c2 = ears(NEWPORT, "C2", least_sigma=0, alpha=0.001, weeks=weeks + 2)["z"].to_numpy()

    part = np.maximum(0, c2 - 1)
    without_this_week = part[:-2] + part[1:-1] > norm.isf(0.001)
    assert [365 + i for i in np.flatnonzero(without_this_week)] == CASE["alarms"]["C3"]
    assert set(found(table)) - set(CASE["alarms"]["C3"]) == {409, 442}
    assert CASE["counts"][409] == 41


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.int64, 14, elements=st.integers(0, 9)), st.sampled_from(["C1", "C2", "C3"])
)
def test_ears_follows_its_definition(y: np.ndarray, method: str) -> None:
    """Mean, spread, score and bound of the last week, told slowly; the bound parts alarms."""

    def c(week: int, gap: int) -> tuple[float, float, float]:
        base = y[week - gap - 7 : week - gap]
        spread = max(np.std(base, ddof=1), 0.5)
        return (y[week] - base.mean()) / spread, base.mean(), spread

    row = ears(pd.DataFrame([y]), method).iloc[0]

    gap = 0 if method == "C1" else 2
    z, mean, spread = c(13, gap)
    limit = norm.isf(0.001)
    if method == "C3":
        z, limit = sum(max(0, c(w, 2)[0] - 1) for w in (11, 12, 13)), norm.isf(0.025)
    assert row["expected"] == pytest.approx(mean)
    assert row["z"] == pytest.approx(z)
    assert row["alarm"] == (z > limit)
    if abs(z - limit) > 1e-9 and y[13] > 0:
        assert row["alarm"] == (y[13] > row["upper"])
    if y[13] == 0 and row["alarm"]:  # the weeks before suffice: C3 adds them up
        assert (method, row["upper"]) == ("C3", 0)
    assert method == "C3" or row["upper"] == pytest.approx(mean + limit * spread)


def test_ears_knows_one_case_after_seven_quiet_weeks_is_little() -> None:
    """With a spread of half a case one is no alarm, two are; with none at all one is."""
    series = pd.DataFrame([[0] * 7 + [1], [0] * 7 + [2], [0] * 8], index=list("abc"))

    assert ears(series, "C1")["alarm"].tolist() == [False, True, False]
    assert ears(series, "C1", least_sigma=0)["alarm"].tolist() == [True, True, False]


# --- Farrington -----------------------------------------------------------------------------


def test_farrington_raises_the_published_alarms_but_one() -> None:
    """Salmonella Newport, 105 weeks, as R has them, but for a week in which R keeps a trend.

    In the week of 2011-08-29 R overwrites the fit's weights before it asks for its
    dispersion, takes 0.23 for it in place of 1, and so calls a trend with p = 0.26
    significant (p = 0.025): its bound is 5.8 where 6 cases were seen; without that, 7.4.
    """
    alarms = [
        week for week in range(CASE["tested_from"], len(WEEKS))
        if farrington(
            NEWPORT, on=WEEKS[week], rules=PUBLISHED, threshold="delta"
        )["alarm"].iloc[0]
    ]  # fmt: skip

    assert set(CASE["alarms"]["farrington"]) - set(alarms) == {399}
    assert set(alarms) <= set(CASE["alarms"]["farrington"])
    without = farrington(NEWPORT, on=WEEKS[399], rules=PUBLISHED, threshold="delta").iloc[0]
    assert (without["trend"], round(without["upper"], 1)) == (False, 7.4)


def slow_fit(y: np.ndarray, x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Fit a quasi-Poisson model by textbook IRLS with a design matrix."""
    mean = y + 0.1
    for _ in range(200):
        z = np.log(mean) + (y - mean) / mean
        root = np.sqrt(weights * mean)
        beta = np.linalg.lstsq(x * root[:, None], z * root, rcond=None)[0]
        mean = np.exp(x @ beta)
    cover = np.linalg.inv((x * (weights * mean)[:, None]).T @ x)
    freedom = len(y) - x.shape[1]
    dispersion = max((weights * (y - mean) ** 2 / mean).sum() / freedom, 1)
    hat = weights * mean * np.einsum("ij,jk,ik->i", x, cover, x)
    return beta, mean, cover, dispersion, hat


def slow_farrington(y: np.ndarray, rules: Rules, alpha: float, threshold: str) -> tuple:
    """Tell the last week's mean, bound and p of one series, years of 52 weeks."""
    now, w = len(y) - 1, rules.half_window
    season = {}
    for back in range(1, rules.years + 1):
        middle = now - 52 * back
        season |= dict.fromkeys(range(middle - w, middle + w + 1), 0)
        gap = list(range(middle + w + 1, middle + 52 - w))
        if rules.seasons > 1:
            for block, part in enumerate(np.array_split(gap, rules.seasons - 1)):
                season |= dict.fromkeys(part.tolist(), block + 1)
    used = sorted(k for k in season if k < now - rules.skip)
    block = np.array([season[k] for k in used])
    t = np.array(used, dtype=float)

    def model(trend: bool) -> tuple:  # noqa: FBT001
        x = (block[:, None] == np.unique(block)).astype(float)
        x = np.column_stack([x, (t - now) / 100]) if trend else x
        ones = np.ones(len(used))
        _, mean, _, phi, hat = slow_fit(y[used], x, ones)
        a = 1.5 * (y[used] ** (2 / 3) * mean ** (-1 / 6) - mean**0.5) / np.sqrt(phi * (1 - hat))
        omega = np.where(a > rules.outlier, 1 / np.maximum(a, 1e-9) ** 2, 1.0)
        omega *= len(omega) / omega.sum()
        beta, _, cover, phi, _ = slow_fit(y[used], x, omega)
        at = np.zeros(x.shape[1])
        at[0] = 1
        return np.exp(beta[0]), phi, np.sqrt(phi * at @ cover @ at)

    mean, phi, error = model(rules.trend_p > 0)
    if mean > y[used].max():
        mean, phi, error = model(trend=False)
    if threshold == "delta":
        spread = np.sqrt(4 / 9 * mean ** (1 / 3) * (phi + error**2 * mean))
        upper = (mean ** (2 / 3) + norm.isf(alpha) * spread) ** 1.5
        return mean, phi, upper, norm.sf((y[now] ** (2 / 3) - mean ** (2 / 3)) / spread)
    chance = nbinom(mean / (phi - 1), 1 / phi) if phi > 1 + 1e-9 else poisson(mean)
    return mean, phi, chance.isf(alpha), chance.sf(y[now] - 1)


def test_farrington_score_passes_one_exactly_where_the_bound_is_passed() -> None:
    """Also where cases are so rare that the bound is 0 and lies below the mean."""
    rng = np.random.default_rng(4)
    y = rng.poisson(rng.choice([0.0, 0.002, 0.02, 0.5, 4.0], size=(300, 1)), (300, 300))
    y[:, -1] += rng.integers(0, 2, 300)

    table = farrington(pd.DataFrame(y), alpha=0.05, rules=Rules(least_cases=0))

    assert table["score"].notna().all()
    assert ((table["upper"] <= table["expected"]) & table["alarm"]).any()
    assert ((table["score"] > 1) == (table["observed"] > table["upper"])).all()


@pytest.mark.parametrize("threshold", ["negative_binomial", "delta"])
@pytest.mark.parametrize("trend_p", [0.0, 1.0])
@pytest.mark.parametrize("seasons", [1, 10])
def test_farrington_agrees_with_a_textbook_fit(
    seasons: int, trend_p: float, threshold: str
) -> None:
    """Mean, dispersion, bound and p of twelve series at once, by IRLS one after the other."""
    rng = np.random.default_rng(seasons)
    season = np.exp(0.4 * np.sin(np.arange(230) * 2 * np.pi / 52) + 0.002 * np.arange(230))
    y = rng.negative_binomial(3, 3 / (3 + rng.gamma(3, 2, (12, 1)) * season)).astype(float) + 1
    y[:3, 100:104] += 25
    rules = Rules(years=4, seasons=seasons, trend_p=trend_p)

    table = farrington(pd.DataFrame(y), rules=rules, threshold=threshold, alpha=0.02)

    slow = np.array([slow_farrington(row, rules, 0.02, threshold) for row in y])
    np.testing.assert_allclose(table["expected"], slow[:, 0], rtol=1e-7)
    np.testing.assert_allclose(table["dispersion"], slow[:, 1], rtol=1e-7)
    np.testing.assert_allclose(table["upper"], slow[:, 2], rtol=1e-7)
    np.testing.assert_allclose(table["p"], slow[:, 3], rtol=1e-6)


def test_the_bounds_are_the_published_ones() -> None:
    """A constant history of fives: bound and p for 11 cases, from the tests of the R package."""
    truth = CASE["thresholds"]["negative_binomial"][1]
    series = pd.DataFrame([[5] * 300 + [11]])

    row = farrington(series, alpha=0.05, rules=Rules(trend_p=0)).iloc[0]

    assert row["upper"] == truth["upper"]
    assert row["p"] == pytest.approx(truth["p"], abs=1e-7)


def test_false_alarms_are_as_rare_as_asked_for() -> None:
    """Series without a surge: at most 2 in 100 alarms at alpha 0.02, and q calls next to none."""
    rng = np.random.default_rng(3)
    level = rng.gamma(4, 1, (2000, 1))
    y = rng.poisson(level * np.exp(0.3 * np.sin(np.arange(270) * 2 * np.pi / 52)))

    table = farrington(pd.DataFrame(y), alpha=0.02)

    assert 0.008 < table["alarm"].mean() < 0.024
    assert (table["q"] < 0.05).sum() <= 3


def test_a_season_that_returns_is_no_surge() -> None:
    """Drought every autumn: four times the concerns in the same nine weeks of each year."""
    rng = np.random.default_rng(4)
    drought = np.where((np.arange(313) + 4) % 52 < 9, 12.0, 3.0)[None]
    y = rng.poisson(np.repeat(drought, 50, axis=0))
    y[:5, -1] += 25

    table = farrington(pd.DataFrame(y))

    assert table["alarm"].iloc[:5].all()
    assert table["alarm"].iloc[5:].sum() <= 2
    assert ears(pd.DataFrame(y[:, :309]), "C1")["alarm"].mean() > 0.5


def test_past_surges_hide_this_one_less() -> None:
    """A surge in last year's window weighs less: mean and bound stay nearer to the usual."""
    struck = np.tile([3, 4, 2, 3], 70)
    struck[-1], struck[-53] = 12, 60
    plain = Rules(seasons=1, trend_p=0)

    with_it = farrington(pd.DataFrame([struck]), rules=plain).iloc[0]

    without = farrington(pd.DataFrame([struck]), rules=plain._replace(outlier=1e9)).iloc[0]
    assert 3 < with_it["expected"] < without["expected"] - 0.5
    assert with_it["upper"] < without["upper"] - 5


def test_too_few_cases_raise_no_alarm_and_a_first_one_says_so() -> None:
    """Two after five years of none are a note; six are an alarm, seen for the first time."""
    y = np.zeros((3, 300), dtype=int)
    y[0, -1], y[1, -1] = 2, 6
    y[2, ::5] = 1

    table = farrington(pd.DataFrame(y, index=list("abc")))

    assert table["note"].tolist() == ["too_few", "never_before", "too_few"]
    assert table["alarm"].tolist() == [False, True, False]
    assert table["p"].iloc[1] < 0.001
    assert np.isfinite(table[["expected", "upper", "p", "q"]].to_numpy()).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(6)))
def test_each_series_is_judged_alone(seed: int, order: list[int]) -> None:
    """Other series, and their order, change nothing but q; later weeks are not looked at."""
    y = np.random.default_rng(seed).poisson(2.5, (6, 300))
    series = pd.DataFrame(y, index=list("abcdef"))
    before = series.copy()

    together = farrington(series.iloc[order], on=280).drop(columns="q")

    alone = pd.concat([farrington(series.iloc[[i], :281]).drop(columns="q") for i in range(6)])
    pd.testing.assert_frame_equal(together.loc[alone.index], alone, rtol=1e-7, atol=1e-9)
    pd.testing.assert_frame_equal(series, before)


# --- CUSUM ----------------------------------------------------------------------------------


def slow_cusum(y: list[int], mean: float, alpha: float, ratio: float, limit: float) -> tuple:
    """Add up log likelihood ratios of whole distributions, week by week."""
    total, alarms, alarm = 0.0, 0, False
    for n in y:
        if alpha:
            high, low = (nbinom(1 / alpha, 1 / (1 + alpha * m)) for m in (ratio * mean, mean))
        else:
            high, low = poisson(ratio * mean), poisson(mean)
        total = max(0.0, (0 if alarm else total) + high.logpmf(n) - low.logpmf(n))
        alarm = total > limit
        alarms += alarm
    return total, alarm, alarms


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 8), min_size=9, max_size=20), st.sampled_from([0.0, 0.3, 2.0]),
    st.sampled_from([1.5, 2.0, 4.0]),
)  # fmt: skip
def test_cusum_follows_its_definition(y: list[int], alpha: float, ratio: float) -> None:
    """Likelihood ratios of the distributions themselves, restarted below 0 and after alarms."""
    base = [1, 0, 2, 1, 1, 3, 0, 2]

    row = cusum(
        pd.DataFrame([base + y]), baseline=8, ratio=ratio, limit=1.5, dispersion=alpha
    ).iloc[0]

    total, alarm, alarms = slow_cusum(y, 1.25, alpha, ratio, 1.5)
    assert row["statistic"] == pytest.approx(total, abs=1e-9)
    assert (row["alarm"], row["alarms"]) == (alarm, alarms)


@pytest.mark.parametrize(("alpha", "times"), [(0.0, 1.0), (0.5, 1.0), (0.0, 2.0)])
def test_run_lengths_are_those_of_simulated_series(alpha: float, times: float) -> None:
    """The mean time to the first alarm, of 4,000 series with a known level."""
    rng = np.random.default_rng(5)
    mean = 1.2 * times
    share = 1 / (1 + alpha * mean)
    y = (
        rng.negative_binomial(1 / alpha, share, (4000, 900)) if alpha
        else rng.poisson(mean, (4000, 900))
    )  # fmt: skip
    run = np.full(4000, 900.0)
    total = np.zeros(4000)
    for week in range(900):
        high = y[:, week] * np.log(2) - (
            (y[:, week] + 1 / alpha) * np.log((1 + alpha * 2.4) / (1 + alpha * 1.2))
            if alpha else 1.2
        )  # fmt: skip
        total = np.maximum(total + high, 0)
        run[(total > 2.5) & (run == 900)] = week + 1

    told = cusum_run_length(2.5, 1.2, dispersion=alpha, times=times)

    assert told == pytest.approx(run.mean(), rel=0.05)


def test_a_small_lasting_rise_is_found_and_dated() -> None:
    """From one a week to two: no single week is an alarm by EARS, the sum is."""
    rng = np.random.default_rng(6)
    y = rng.poisson(np.r_[np.ones(60), np.full(30, 2.2)], (200, 90))
    weeks = pd.date_range("2025-01-06", periods=90, freq="7D")
    series = pd.DataFrame(y, columns=weeks)

    table = cusum(series, baseline=52, limit=4.0, dispersion=0.0)

    assert (table["alarms"] > 0).mean() > 0.9
    assert table["since"].dropna().between(weeks[52], weeks[-1]).all()
    calm = cusum(series.iloc[:, :60], baseline=52, limit=4.0, dispersion=0.0)
    assert calm["alarms"].mean() < 0.1


def test_a_season_may_be_given() -> None:
    """Expected counts that rise with the season take the season out."""
    mean = np.where(np.arange(104) % 52 < 10, 8.0, 1.0)
    series = pd.DataFrame(np.random.default_rng(7).poisson(mean, (50, 104)))
    expected = pd.DataFrame(np.tile(mean, (50, 1)))

    with_it = cusum(series, baseline=40, expected=expected, dispersion=0.0)

    without = cusum(series, baseline=40, dispersion=0.0)
    assert with_it["alarms"].mean() < 0.2 < 3 < without["alarms"].mean()  # noqa: PLR0133


# --- words and refusals ---------------------------------------------------------------------


def test_each_series_says_what_rose_against_what() -> None:
    """Years, weeks or a sum: the sentence names what was expected and from where."""
    series = pd.DataFrame([[2, 3, 4, 3] * 75 + [12]], index=["a"])
    quiet = pd.DataFrame([[0] * 300 + [1]], index=["a"])

    assert explain_surge(farrington(series, rules=Rules(trend_p=0)))["a"] == (
        "本周 12 件, 按往年同期约 3.1 件, 界限 8.0 件; 超出界限, p < 0.001"
    )
    assert explain_surge(farrington(quiet), lang="en")["a"].startswith(
        "1 this week, about 0.0 expected from this season of earlier years, bound "
    )
    assert "近几周件数太少, 不报警" in explain_surge(farrington(quiet))["a"]
    assert explain_surge(ears(series), lang="en")["a"] == (
        "12 this week, about 2.9 expected from the weeks before, bound 5.0; above the bound"
    )
    dated = pd.DataFrame(
        series.to_numpy(), columns=pd.date_range("2020-01-06", periods=301, freq="7D")
    )
    assert explain_surge(cusum(dated))[0].startswith(
        "本周 12 件, 平时约 3.0 件; 自 2025-10-06 起累积量"
    )
    with pytest.raises(DataError, match="it lacks expected, alarm"):
        explain_surge(pd.DataFrame({"observed": [1]}))


def test_the_burden_of_alarms_is_said() -> None:
    """How many were raised, and how many chance alone would raise."""
    assert explain_burden(14, 1000, 0.01, weeks=4, lang="en") == (
        "1000 series tested over 4 weeks gave 14 alarms; if nothing were unusual there would "
        "still be about 40."
    )


@pytest.mark.parametrize("method", [farrington, ears, cusum])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("missing", "1 are missing, 0 negative, 0 not whole"),
        ("weights", "0 negative, 300 not whole"),
        ("negative", "1 negative"),
        ("gap", "without a gap; 1 do not"),
    ],
)
def test_series_that_are_no_counts_are_refused(method, change: str, words: str) -> None:
    """Missing weeks are no zeros, weights are no counts, gaps are no weeks."""
    y = pd.DataFrame(
        np.full((1, 300), 2.0), columns=pd.date_range("2020-01-06", periods=300, freq="7D")
    )
    if change == "missing":
        y.iloc[0, 5] = np.nan
    elif change == "weights":
        y *= 1.3
    elif change == "negative":
        y.iloc[0, 5] = -1
    else:
        y = y.drop(columns=y.columns[100])

    with pytest.raises(DataError) as caught:
        method(y)

    assert words in caught.value.en


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda y: farrington(y.iloc[:, :200]), "must reach back 5 years and 3 weeks"),
        (lambda y: farrington(y, on="2031-01-06"), "`on` must be a week of `series`"),
        (lambda y: farrington(y, alpha=1), "`alpha` must be between 0 and 1"),
        (lambda y: farrington(y, rules=Rules(seasons=60)), "leaves blocks without weeks"),
        (lambda y: farrington(y, rules=Rules(years=0)), "`rules` must have years"),
        (lambda y: ears(y.iloc[:, :7]), "at least 10 weeks to test 1 by C2"),
        (lambda y: ears(y, "C4"), "they are 'C4', 7, 0 and 0.5"),
        (lambda y: ears(y, baseline=2), "`baseline` 3 or more"),
        (lambda y: cusum(y, baseline=300), "fewer than the 300 weeks"),
        (lambda y: cusum(y, ratio=1), "`ratio` above 1"),
        (lambda y: cusum(y, expected=y * 0), "300 values are not"),
        (lambda _: cusum_run_length(0, 1), "must be above 0"),
    ],
)  # fmt: skip
def test_senseless_wishes_are_refused(work, words: str) -> None:
    """A record too short, a week that is not in it, a chance of 1."""
    weeks = pd.date_range("2020-01-06", periods=300, freq="7D")

    with pytest.raises(DataError) as caught:
        work(pd.DataFrame(np.full((1, 300), 2), columns=weeks))

    assert words in caught.value.en


def test_expected_counts_of_other_series_are_refused() -> None:
    """Series and weeks are matched by label."""
    y = pd.DataFrame(np.full((1, 30), 2))

    with pytest.raises(AlignmentError):
        cusum(y, expected=y.iloc[:, 1:])


def test_no_series_give_no_rows() -> None:
    """An empty county is no error."""
    empty = pd.DataFrame(np.zeros((0, 300), dtype=int))

    assert len(farrington(empty)) == len(ears(empty)) == len(cusum(empty)) == 0
