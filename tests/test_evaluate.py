"""Whether warnings are right: the figures, their intervals, and that nobody looks ahead."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gridkit import triage
from gridkit.errors import AlignmentError, DataError
from gridkit.profile import load_profile
from gridkit.training import make_town
from gridkit.triage.evaluate_agreement import confusion, kappa, kappa_interval, triage_errors
from gridkit.triage.evaluate_backtest import backtest, check_past, rolling_origins
from gridkit.triage.evaluate_calibration import (
    band_rates,
    brier,
    calibration,
    calibration_error,
    largest_gap,
)
from gridkit.triage.evaluate_churn import rank_churn
from gridkit.triage.evaluate_facts import came_back, known_on, mark, weekly_facts, weeks_between
from gridkit.triage.evaluate_intervals import Interval, apart, bootstrap, share
from gridkit.triage.evaluate_measures import harms, leads, precision_at_k, recall_at_k
from gridkit.triage.evaluate_outcomes import read_outcomes
from gridkit.triage.evaluate_persons import PERSON_FIELDS, moved_by
from gridkit.triage.evaluate_queue import first_come, methods, oldest_first, replay

END = dt.date(2026, 11, 22)
# R's irr, data `anxiety`, raters 2 and 3 (of 6 levels, the fifth used by nobody, which irr
# drops); what `kappa2` prints stands in statsmodels' stats/tests/test_inter_rater.py
ANXIETY = (
    [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4],
    [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2],
)
ANXIETY_LEVELS = ["1", "2", "3", "4", "6"]
ANXIETY_KAPPA = {"none": -0.006289308, "linear": 0.1459075, "quadratic": 0.2520325}
# A table of a SAS example in the same file: kappa, then SAS's 95 % limits (asymptotic)
SAS = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
SAS_KAPPA = {"none": (0.4842, 0.2137, 0.7547), "linear": (0.4701, 0.1845, 0.7558)}
# trec_eval 8.1 on five documents found, four of five relevant: P5 0.8, P10 0.4, P15 0.2667,
# interpolated precision 1 up to recall 0.4 and average precision 0.71, so this order
# (github.com/dpz6-ua/browser, trec_eval_8_1_linux/fich_salida_trec_eval.res, query 15)
FOUND, RELEVANT = [True, True, False, True, True], 5
# Efron & Tibshirani (1993), table 2.1: survival of treated mice, days; table 2.2: standard
# error 23.02 (1,000 draws); table 13.1: percentile interval 45.9 to 135.4. The book as read in
# the tests of Tax-Calculator (test_utils.py, test_bootstrap_se_ci)
MICE = np.array([94.0, 197, 16, 38, 99, 141, 23])


@pytest.fixture(scope="module")
def profile():
    """Give the default profile."""
    return load_profile()


@pytest.fixture(scope="module")
def town():
    """Give a small county with half a year in it."""
    return make_town(seed=7, grids=343, weeks=30, end=END)


@pytest.fixture(scope="module")
def outcomes(town):
    """Plant outcomes: every matter of a latent cause gets worse six weeks after hearing."""
    cause = town.truth.of_concern
    harm = town.concerns["heard_on"] + pd.Timedelta(days=42)
    return pd.DataFrame(
        {"harm_on": harm.where(cause.notna().reindex(harm.index)), "cause": cause}
    )


@pytest.fixture(scope="module")
def facts(town, profile):
    """Give what was known in each week."""
    days = weeks_between(town.start, END - dt.timedelta(days=60))
    return weekly_facts(town.concerns, town.steps, days, profile)


@pytest.fixture(scope="module")
def marked(facts, outcomes):
    """Give the weeks with what became of the matters."""
    return mark(facts, outcomes, END)


@pytest.mark.parametrize(("k", "published"), [(5, 0.8), (10, 0.4), (15, 0.2667)])
def test_precision_and_recall_are_those_of_trec_eval(k, published):
    """What trec_eval prints, which fills a short list with what is not relevant."""
    filled = FOUND + [False] * (k - len(FOUND))

    assert precision_at_k(filled, k) == pytest.approx(published, abs=5e-5)
    assert recall_at_k(filled, k, total=RELEVANT) == pytest.approx(0.8)
    assert precision_at_k(FOUND, k) == pytest.approx(0.8)
    assert np.isnan(precision_at_k([], 3))
    assert np.isnan(recall_at_k([], 3, total=0))


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_is_that_of_irr(weights):
    """Unweighted, with equal and with squared weights, as R's irr prints it."""
    a, b = (pd.Series(coded).astype("str") for coded in ANXIETY)

    found = kappa(confusion(a, b, ANXIETY_LEVELS), weights)

    assert found == pytest.approx(ANXIETY_KAPPA[weights], abs=5e-7)


@pytest.mark.parametrize("weights", ["none", "linear"])
def test_the_interval_of_kappa_is_near_that_of_sas(weights):
    """SAS's value; its asymptotic limits within 0.1 on 19 cases, closer on ten times as many."""
    value, low, high = SAS_KAPPA[weights]
    place = np.repeat(np.arange(9), SAS.ravel())
    many = np.repeat(np.arange(9), 10 * SAS.ravel())
    levels = ["0", "1", "2"]

    def interval(cells: np.ndarray) -> Interval:
        a, b = (pd.Series(part).astype("str") for part in np.divmod(cells, 3))
        rng = np.random.default_rng(1)
        return kappa_interval(a, b, levels, rng=rng, weights=weights)

    few, enough = interval(place), interval(many)

    assert few.value == pytest.approx(value, abs=5e-5)
    assert (few.low, few.high) == pytest.approx((low, high), abs=0.1)
    narrow = (high - low) / np.sqrt(10)  # an asymptotic width falls with the root of the number
    assert enough.high - enough.low == pytest.approx(narrow, rel=0.12)


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3))
def test_kappa_does_not_depend_on_who_is_first_and_is_at_most_1(rows):
    """Turning the table round changes nothing; full agreement is 1."""
    table = np.array(rows)

    value, turned = kappa(table), kappa(table.T)

    assert value == pytest.approx(turned, nan_ok=True)
    assert np.isnan(value) or value <= 1 + 1e-12
    assert kappa(np.diag([3, 4, 5])) == 1


def test_brier_is_the_published_one():
    """The example in the docstring of scikit-learn's `brier_score_loss`, which prints 0.037..."""
    assert brier([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0]) == pytest.approx(0.0375)
    with pytest.raises(AlignmentError):
        brier([0.1], [0, 1])
    with pytest.raises(DataError, match="0 到 1"):
        brier([1.2], [1])


def test_the_bootstrap_is_that_of_the_book_and_of_scipy():
    """The mice's standard error and percentile interval of the book; scipy's interval."""
    found = bootstrap(MICE, np.mean, rng=np.random.default_rng(1), replicas=9_999, level=0.6827)
    peer = stats.bootstrap(
        (MICE,),
        np.mean,
        confidence_level=0.95,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    wide = bootstrap(MICE, np.mean, rng=np.random.default_rng(3), replicas=20_000)

    assert found.value == pytest.approx(86.86, abs=0.005)
    assert (found.high - found.low) / 2 == pytest.approx(23.02, rel=0.04)
    assert (wide.low, wide.high) == pytest.approx(
        (45.9, 135.4), abs=4
    )  # the book's is of 1,000 draws
    assert (wide.low, wide.high) == pytest.approx((peer.low, peer.high), rel=0.03)
    assert wide.few


def test_clusters_widen_an_interval():
    """Ten copies of each observation tell no more than one, if they are drawn together."""
    copies, names = np.repeat(MICE, 10), np.repeat(np.arange(7), 10)

    together = bootstrap(copies, np.mean, names, rng=np.random.default_rng(1))
    apart_ = bootstrap(copies, np.mean, rng=np.random.default_rng(1))

    assert together.clusters == 7
    assert together.high - together.low > 2 * (apart_.high - apart_.low)
    with pytest.raises(AlignmentError):
        bootstrap(copies, np.mean, names[:3], rng=np.random.default_rng(1))


@given(st.integers(1, 60), st.booleans())
def test_a_share_of_all_or_none_has_an_open_end(n, hit):
    """Where no draw can differ, the exact interval of scipy's binomial test."""
    found = share([hit] * n, rng=np.random.default_rng(1), replicas=9)
    exact = stats.binomtest(n * hit, n).proportion_ci(method="exact")

    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_an_interval_says_where_there_is_little():
    """Few rows or clusters are told; nothing at all is told, too."""
    none = bootstrap(np.empty(0), np.mean, rng=np.random.default_rng(1))

    assert Interval(0.5, 0.4, 0.6, 12, 3).words() == "0.50 (0.40–0.60) [样本少: 12/3]"
    assert none.words() == "无可计算"
    assert not apart(Interval(0.5, 0.4, 0.6, 99, 20), Interval(0.7, 0.6, 0.8, 99, 20))


def test_a_column_of_the_future_is_refused(town, outcomes, profile):
    """An outcome joined onto the concerns by mistake stops the backtest."""
    leak = town.concerns.assign(harm_on=outcomes["harm_on"])

    with pytest.raises(DataError, match="偷看未来"):
        weekly_facts(leak, town.steps, [END], profile)


def test_a_method_cannot_ask_what_will_happen(marked):
    """A way of choosing that sorts by the harm to come is refused by name."""
    with pytest.raises(DataError, match="harm_on"):
        replay(marked, {"seer": lambda facts: facts[["harm_on"]]}, 5)


def test_a_method_that_looks_at_later_weeks_is_refused(marked):
    """A leak through the facts alone: to know that a matter will stay open for long."""

    def patient(facts: pd.DataFrame) -> pd.DataFrame:
        stays = facts.groupby("concern_id")["on"].transform("max")
        return pd.DataFrame({"stays": -stays.astype("int64")}, index=facts.index)

    with pytest.raises(DataError, match="偷看了未来"):
        replay(marked, {"patient": patient}, 5)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_method_that_looks_ahead_on_one_day_alone_is_refused(marked, share):
    """Every day of choosing of half a year is probed: a leak on any one of them is found."""
    days = np.unique(marked["on"])
    leaky = days[int(share * len(days))]

    def sly(facts: pd.DataFrame) -> pd.DataFrame:
        stays = facts.groupby("concern_id")["on"].transform("max").astype("int64")
        return pd.DataFrame({"k": -stays.where(facts["on"] == leaky, 0)}, index=facts.index)

    with pytest.raises(DataError, match=f"{pd.Timestamp(leaky).date()}.*偷看了未来"):
        replay(marked, {"sly": sly}, 5)


def test_learning_from_the_future_is_refused(marked):
    """Rows whose horizon reaches past the origin may not be learned from; folds have none."""
    folds = list(rolling_origins(marked, first_weeks=12, every_weeks=4))
    leaky = [folds[0]._replace(train=marked)]

    assert folds
    for fold in folds:
        check_past(fold.train, fold.origin)
        assert fold.test["on"].min() >= pd.Timestamp(fold.origin)
    with pytest.raises(DataError, match="偷看未来"):
        backtest(leaky, lambda _: {"first_come": first_come}, 5)


def test_what_comes_later_changes_nothing_that_was_known(town, profile):
    """The facts of a day are the same whether or not the ledger goes on."""
    on = END - dt.timedelta(days=90)
    whole = weekly_facts(town.concerns, town.steps, [on], profile)
    cut = weekly_facts(*known_on(town.concerns, town.steps, on), [on], profile)

    pd.testing.assert_frame_equal(whole, cut, check_categorical=False)


def test_what_is_not_known_yet_is_not_counted_as_no(facts, outcomes):
    """Weeks whose horizon reaches past the last known day are left out."""
    early = END - dt.timedelta(days=30)

    kept = mark(facts, outcomes, early)

    assert kept["on"].max() <= pd.Timestamp(early) - pd.Timedelta(days=56)
    with pytest.raises(DataError, match="没有哪一周"):
        mark(facts, outcomes, facts["on"].min().date())


def test_each_way_visits_the_same_number_and_no_matter_twice(marked, profile):
    """K visits a week while there are matters; a visited matter leaves the queue."""
    picks = replay(marked, methods(profile.scorecard), 6)

    counted = picks.groupby(["method", "on"]).size()
    assert counted.max() == 6
    assert not picks.duplicated(["method", "concern_id"]).any()
    right = picks[picks["true"]].groupby("method")["cause"].nunique()
    assert (
        picks.groupby("method")["first"]
        .sum()
        .equals(right.reindex(counted.index.levels[0], fill_value=0).rename("first"))
    )


def test_the_ways_are_what_they_say(marked):
    """First come goes by hearing, oldest by the trouble's beginning."""
    day = marked["on"] == marked["on"].min()
    week = marked[day]

    first = replay(week, {"first_come": first_come, "oldest_first": oldest_first}, 3)
    heard = week.set_index("concern_id")["heard_on"]
    since = week.set_index("concern_id")["since"].fillna(heard)

    of = first.groupby("method")["concern_id"].agg(list)
    assert heard[of["first_come"]].max() <= heard.drop(of["first_come"]).min()
    assert since[of["oldest_first"]].max() <= since.drop(of["oldest_first"]).min()


def test_a_lead_is_from_the_first_right_visit_to_the_harm():
    """Who comes after the harm, too early, or never has a lead of 0 days."""
    day = pd.to_datetime(["2025-01-06", "2026-03-02", "2026-03-09"]).as_unit("s")
    harms_ = pd.DataFrame({"harm_on": day[2:].repeat(2), "grid_id": ["g1", "g2"]}, ["a", "b"])
    right = [False, True, False]
    picks = pd.DataFrame({"method": "card", "cause": ["a"] * 3, "on": day, "true": right})

    assert leads(picks, harms_)["lead_days"].tolist() == [7.0, 0.0]


@given(st.integers(-300, 300))
def test_a_warning_is_right_only_before_the_harm(days):
    """Within the horizon after the day: right. There already: in trouble, but no warning."""
    on = pd.Timestamp("2026-01-05")
    facts = pd.DataFrame({"concern_id": ["a"], "on": [on]})
    outcomes = pd.DataFrame({"harm_on": [on + pd.Timedelta(days=days)]}, index=["a"])

    row = mark(facts, outcomes, dt.date(2026, 12, 31)).iloc[0]

    assert row["true"] == (0 < days <= 56)
    assert row["harmed"] == (-56 <= days <= 0)


def test_promises_of_bands_are_held_against_facts():
    """A band that promised a third and kept a half has a gap of a sixth."""
    bands = pd.Series(pd.Categorical(["red"] * 6 + ["blue"] * 4, ["red", "blue"], ordered=True))
    happened = pd.Series([True] * 3 + [False] * 7)
    rates = pd.Series({"red": 1 / 3, "blue": 0.0})

    table = calibration(
        bands, happened, rates, pd.Series(range(10)), rng=np.random.default_rng(1)
    )

    assert table.loc["red", "gap"] == pytest.approx(1 / 6)
    assert calibration_error(table) == pytest.approx(0.1)
    assert largest_gap(table) == pytest.approx(1 / 6)
    assert band_rates(bands, happened)["red"] == pytest.approx((3 + 3) / 16)


def test_churn_is_none_where_a_factor_gives_nothing(facts, profile):
    """Mitigation of nobody moves nobody; shares lie between 0 and 1."""
    calm = facts.assign(mitigation=None)

    churn = rank_churn(calm, profile.scorecard, 10, rng=np.random.default_rng(1))

    assert (churn.loc["mitigation"] == 0).all()
    assert churn.to_numpy().min() >= 0
    assert churn.to_numpy().max() <= 1
    assert churn.loc["harm"].max() > 0
    for name in ("less", "more", "band_less", "band_more"):
        assert (churn[f"{name}_low"] <= churn[name]).all()
        assert (churn[f"{name}_high"] >= churn[name]).all()
    assert churn.loc["harm", "less_low"] < churn.loc["harm", "less_high"]
    with pytest.raises(DataError):
        rank_churn(calm, profile.scorecard, 0, rng=np.random.default_rng(1))


def test_no_field_of_a_person_moves_any_output(town, profile):
    """Shuffle everything other systems keep of people: scores, sentences and order stand still."""
    rng = np.random.default_rng(1)
    n = len(town.concerns)
    planted = {name: rng.integers(0, 9, n).astype(str) for name in PERSON_FIELDS}

    def shown(concerns: pd.DataFrame) -> pd.DataFrame:
        return triage.worklist(concerns, town.steps, END, profile).reset_index()

    moved = moved_by(town.concerns.assign(**planted), PERSON_FIELDS, shown, rng=rng, shuffles=1)

    assert (moved == 0).all()
    assert len(moved) == len(PERSON_FIELDS)


def test_the_permutation_test_can_fail(town):
    """An order that looks at a person's age is found out."""

    def unfair(concerns: pd.DataFrame) -> pd.DataFrame:
        return concerns.sort_values("age")[["grid_id"]].reset_index()

    rng = np.random.default_rng(1)
    aged = town.concerns.assign(age=rng.integers(18, 90, len(town.concerns)))

    assert moved_by(aged, ["age"], unfair, rng=rng)["age"] > 0
    with pytest.raises(DataError, match="name"):
        moved_by(aged, ["name"], unfair, rng=rng)


def test_evaluate_tells_what_it_found_and_what_it_cannot_bear(town, outcomes, profile):
    """All methods, bands, factors and kinds of grids are there; half a year is called short."""
    terms = triage.Terms(END, capacity=8)

    found = triage.evaluate(
        town.concerns, town.steps, outcomes, profile, terms, rng=np.random.default_rng(1)
    )
    again = triage.evaluate(
        town.concerns, town.steps, outcomes, profile, terms, rng=np.random.default_rng(1)
    )

    assert list(found.figures) == list(methods(profile.scorecard))
    assert found.table("zh").index.tolist()[0] == "评分卡"
    assert set(found.gaps.index) == {"社区", "村"}
    word = found.promise
    seen = word.bands[word.bands["n"] > 0]
    assert word.error.value == pytest.approx(calibration_error(seen))
    for its in (word.error, word.brier, word.brier_base, *found.lift.values()):
        assert its.low < its.value < its.high
    assert any("等级的承诺只由" in line for line in found.warnings())
    assert any("不足半年" in line for line in found.warnings())
    assert found.table("en").equals(again.table("en"))
    for of in found.figures.values():
        assert of["precision"].low <= of["precision"].value <= of["precision"].high
    assert harms_are_real(found, outcomes)


def harms_are_real(found, outcomes) -> bool:
    """Tell whether every pick called true is of a matter that did get worse."""
    true = found.picks[found.picks["true"]]
    return bool(outcomes.loc[true["concern_id"], "harm_on"].notna().all())


def test_outcomes_of_another_ledger_are_refused(town, outcomes, profile):
    """A truth of some other county would make every matter calm and every figure 0."""
    other = outcomes.set_axis([f"x{i}" for i in range(len(outcomes))])
    rng = np.random.default_rng(1)

    with pytest.raises(DataError, match="None of the"):
        triage.evaluate(town.concerns, town.steps, other, profile, triage.Terms(END), rng=rng)


def test_agreement_counts_under_and_over():
    """Put one band too low is under-triage, one too high over-triage."""
    levels = ["red", "orange", "yellow"]
    given_ = pd.Series(["yellow", "red", "orange", "red"], list("abcd"))
    truth = pd.Series(["red", "red", "yellow", "red"], list("abcd"))

    errors = triage_errors(given_, truth, levels, rng=np.random.default_rng(1))
    table = confusion(given_, truth, levels)

    assert (errors.under.value, errors.over.value, errors.exact.value) == (0.25, 0.25, 0.5)
    assert table.loc["yellow", "red"] == 1
    assert kappa_interval(truth, truth, levels, rng=np.random.default_rng(1)).value == 1
    with pytest.raises(DataError, match="等级"):
        confusion(given_.replace("red", "blue"), truth, levels)
    with pytest.raises(AlignmentError):
        confusion(given_, truth.set_axis(list("wxyz")), levels)


def test_outcomes_are_read_from_a_table(town, tmp_path):
    """Full or short numbers, dates or nothing; every fault is named with its line."""
    ids = town.concerns.index[:3]
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(f"编号,恶化日期\n{ids[0]},2026-10-01\n{ids[1][-8:]},\n", "utf-8-sig")
    bad.write_text("编号,恶化日期\nnobody-knows,2026-10-01\n", "utf-8")

    read = read_outcomes(good, town.concerns)

    assert list(read.index) == list(ids[:2])
    assert read["harm_on"].notna().tolist() == [True, False]
    with pytest.raises(DataError, match="第 2 行"):
        read_outcomes(bad, town.concerns)
    with pytest.raises(DataError, match="恶化日期"):
        read_outcomes(_written(tmp_path, "a,b\n"), town.concerns)
    with pytest.raises(DataError, match="没有数据行"):
        read_outcomes(_written(tmp_path, "编号,恶化日期\n"), town.concerns)
    with pytest.raises(DataError, match=r"没有 nowhere\.csv"):
        read_outcomes(tmp_path / "nowhere.csv", town.concerns)


def test_a_ledger_too_short_to_judge_is_refused(town, outcomes, profile):
    """The message says how many weeks there are, and what to change."""
    terms = triage.Terms(town.start + dt.timedelta(days=70))

    with pytest.raises(DataError) as refusal:
        triage.evaluate(
            town.concerns, town.steps, outcomes, profile, terms, rng=np.random.default_rng(1)
        )

    assert refusal.value.en == (
        f"With outcomes known until {terms.known_until} and 56 days ahead, 2 week(s) can be "
        "judged; 4 is the least. Give a longer ledger, a later day, or a shorter horizon."
    )


def test_a_year_in_which_nothing_got_worse_is_judged_without_a_figure_made_up(town, profile):
    """No harm: precision 0 with an open end, recall nothing to tell."""
    calm = pd.DataFrame({"harm_on": pd.Series(pd.NaT, town.concerns.index, "datetime64[s]")})

    found = triage.evaluate(
        town.concerns,
        town.steps,
        calm,
        profile,
        triage.Terms(END),
        rng=np.random.default_rng(1),
    )

    card = found.figures["card"]
    assert (card["precision"].value, card["precision"].low) == (0, 0)
    assert card["precision"].high > 0
    assert card["recall"].words() == "无可计算"
    assert found.causes == 0


def _written(folder, text: str):
    path = folder / "odd.csv"
    path.write_text(text, "utf-8")
    return path


def test_what_came_back_stands_in_for_outcomes(town):
    """Unhappy residents and reopened matters; nothing after the ledger's end."""
    back = came_back(town.concerns, town.steps)["harm_on"].dropna()

    assert 0 < len(back) < len(town.concerns)
    assert back.max() <= pd.Timestamp(END)


def test_harms_are_those_that_could_be_warned_of(marked):
    """Each cause once, its harm after a day on which something of it was open."""
    found = harms(marked)

    assert found.index.is_unique
    assert len(found)
