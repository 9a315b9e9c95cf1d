"""Figures and their intervals, against published ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gridkit.errors import AlignmentError, DataError
from gridkit.triage.evaluate_agreement import confusion, kappa, kappa_interval, triage_errors
from gridkit.triage.evaluate_calibration import (
    band_rates,
    brier,
    calibration,
    calibration_error,
    largest_gap,
)
from gridkit.triage.evaluate_intervals import Interval, apart, bootstrap, share
from gridkit.triage.evaluate_measures import precision_at_k, recall_at_k

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
