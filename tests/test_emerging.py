"""Emerging hotspots: 17 classes of places, and the peers' faults."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import false_discovery_control, norm

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots import (
    EMERGING_CLASSES,
    cube_gi_star,
    emerging,
    emerging_kinds,
    explain_emerging,
    within,
)
from lattices import lattice

CUBES = hnp.arrays(float, (9, 12), elements=st.integers(0, 40).map(float))
REFERENCES = ["cube", "window", "slice"]

# each history of 20 steps, by its signs; u, n, d: trend up, none, down
TRUTH = {
    "new_hot": ["n" + "0" * 19 + "+", "n" + "-" * 3 + "0" * 16 + "+", "d" + "-" * 19 + "+"],
    "consecutive_hot": ["n" + "0" * 18 + "++", "u" + "0" * 3 + "+" * 17, "n--" + "0" * 15 + "+++"],
    "intensifying_hot": ["u" + "+" * 20, "u" + "00" + "+" * 18, "u-" + "0" + "+" * 18],
    "persistent_hot": ["n" + "+" * 20, "n" + "+" * 9 + "00" + "+" * 9],
    "diminishing_hot": ["d" + "+" * 20, "d" + "+" * 17 + "00+"],
    "sporadic_hot": ["n" + "+0" * 9 + "0+", "u+" + "0" * 17 + "++", "n" + "0" * 5 + "+0" * 7 + "+"],
    "oscillating_hot": ["n" + "+-" * 9 + "0+", "u-" + "0" * 10 + "+0" * 4 + "+"],
    "historical_hot": ["n" + "+" * 19 + "0", "u" + "+" * 18 + "00", "n" + "0" + "+" * 18 + "0"],
    "none": ["n" + "0" * 20, "u" + "+" * 17 + "000", "n" + "+" * 10 + "0" * 10, "n" + "+-" * 9 + "00"],
}  # fmt: skip

SIGN = {"+": 1, "0": 0, "-": -1}
MIRROR = str.maketrans("+-ud", "-+du")


def kind_of(history: str) -> str:
    """Class one history of the table."""
    steps, trend = [SIGN[c] for c in history[1:]], {"u": 1, "n": 0, "d": -1}[history[0]]
    return emerging_kinds(pd.DataFrame([steps]), pd.Series([trend])).iloc[0]


@pytest.mark.parametrize(
    ("kind", "history"), [(k, h) for k, rows in TRUTH.items() for h in rows]
)
def test_each_history_is_of_its_class_and_its_mirror_of_the_cold_one(
    kind: str, history: str
) -> None:
    """The 17 classes as a truth table; cold spots mirror hot ones, trend included."""
    assert kind_of(history) == kind
    assert kind_of(history.translate(MIRROR)) == kind.replace("hot", "cold")


def test_the_truth_table_knows_all_17_classes() -> None:
    """Eight hot, eight cold and none, each with words, sign and a color of its own."""
    named = set(TRUTH) | {kind.replace("hot", "cold") for kind in TRUTH}

    assert {c.code for c in EMERGING_CLASSES} == named
    assert len(EMERGING_CLASSES) == 17
    assert sum(c.sign for c in EMERGING_CLASSES) == 0
    assert all(c.zh and c.en for c in EMERGING_CLASSES)
    assert len({c.color for c in EMERGING_CLASSES}) == 17


def test_every_history_of_ten_steps_obeys_the_definitions() -> None:
    """All 59,049 of them, against the sentences of the definition taken one by one."""
    histories = np.array(list(itertools.product((-1, 0, 1), repeat=10)), dtype=np.int8)
    signs, trend = pd.DataFrame(histories), pd.Series(0, index=range(len(histories)))

    kinds = emerging_kinds(signs, trend).to_numpy()

    hot = histories == 1
    number, last = hot.sum(axis=1), hot[:, -1]
    assert (kinds[last & (number == 1)] == "new_hot").all()
    assert (kinds[last & (number >= 9)] == "persistent_hot").all()
    once = (np.diff(hot.astype(int), axis=1) == 1).sum(axis=1) + hot[:, 0] == 1
    run = last & once & (number >= 2) & (number < 9)
    assert (kinds[run] == "consecutive_hot").all()
    rest = last & ~once & (number < 9)
    cold = (histories == -1).any(axis=1)
    assert (kinds[rest & cold] == "oscillating_hot").all()
    assert (kinds[rest & ~cold] == "sporadic_hot").all()
    assert (kinds[(number == 9) & (histories[:, -1] == 0)] == "historical_hot").all()
    assert (kinds[(number == 9) & (histories[:, -1] == -1)] == "new_cold").all()


def test_a_diminishing_cold_spot_is_not_intensifying_hot() -> None:
    """Fault of two peers: cold all along, scores rising towards the mean."""
    assert kind_of("u" + "-" * 20) == "diminishing_cold"


def test_a_historical_spot_is_not_persistent() -> None:
    """Fault of two peers: hot in 19 of 20 steps, but no more."""
    assert kind_of("n" + "+" * 19 + "0") == "historical_hot"


@settings(max_examples=25, deadline=None)
@given(CUBES, st.sampled_from(REFERENCES), st.permutations(range(9)))
def test_the_order_of_places_changes_nothing(
    x: np.ndarray, reference: str, order: list[int]
) -> None:
    """Shuffled rows come back as shuffled answers; the input stays as it was."""
    cells = gpd.GeoSeries(gpd.points_from_xy(*np.divmod(np.arange(9), 3)))
    values = pd.DataFrame(x)
    before = values.copy()

    shuffled = emerging(values.iloc[order], within(cells.iloc[order], 1), reference=reference)

    straight = emerging(values, within(cells, 1), reference=reference)
    pd.testing.assert_frame_equal(shuffled.loc[range(9)], straight, atol=1e-9)
    pd.testing.assert_frame_equal(values, before)


@settings(max_examples=25, deadline=None)
@given(CUBES)
def test_turning_the_values_round_turns_hot_into_cold(x: np.ndarray) -> None:
    """What is hot in x is cold in -x, class by class."""
    hot = emerging(pd.DataFrame(x), lattice(3))

    cold = emerging(pd.DataFrame(-x), lattice(3))

    def turned(code: str) -> str:
        return code.replace("hot", "c").replace("cold", "hot").replace("_c", "_cold")

    assert [turned(k) for k in hot["kind"]] == cold["kind"].tolist()


def test_significance_is_controlled_over_all_bins() -> None:
    """The counts of hot and cold steps are those of Benjamini and Hochberg on the whole cube."""
    rng = np.random.default_rng(5)
    x = pd.DataFrame(rng.gamma(1, 2, (100, 20)))
    x.iloc[40:44, 10:] += 6

    table = emerging(x, lattice(10), alpha=0.1)

    z = cube_gi_star(x, lattice(10)).to_numpy()
    q = false_discovery_control(2 * norm.sf(np.abs(z)).ravel()).reshape(z.shape)
    np.testing.assert_array_equal(table["hot"], ((q <= 0.1) & (z > 0)).sum(axis=1))
    np.testing.assert_array_equal(table["cold"], ((q <= 0.1) & (z < 0)).sum(axis=1))


def test_a_planted_story_is_read_right() -> None:
    """Four corners of a county: always bad, lately bad, bad once, never."""
    rng = np.random.default_rng(7)
    mean = np.full((400, 30), 3.0)
    at = {"always": (3, 3), "lately": (3, 16), "once": (16, 3)}
    blocks = {k: [(a + i) * 20 + b + j for i in (-1, 0, 1) for j in (-1, 0, 1)]
              for k, (a, b) in at.items()}  # fmt: skip
    mean[blocks["always"]] = 14
    mean[np.ix_(blocks["lately"], range(26, 30))] = 14
    mean[np.ix_(blocks["once"], range(5, 10))] = 14
    x = pd.DataFrame(rng.poisson(mean).astype(float))

    table = emerging(x, lattice(20))

    kind = {k: table.loc[a * 20 + b, "kind"] for k, (a, b) in at.items()}
    assert kind["always"] in {"persistent_hot", "intensifying_hot", "diminishing_hot"}
    assert kind["lately"] == "consecutive_hot"
    assert kind["once"] == "none"
    far = table.drop(index=[i for block in blocks.values() for i in block])
    assert (far["kind"] == "none").mean() > 0.9


def test_under_chance_hardly_any_place_has_a_pattern() -> None:
    """Noise of 100 places and 30 weeks: in few cubes is any place called hot at its end."""
    rng = np.random.default_rng(9)
    found = [
        (
            emerging(pd.DataFrame(rng.normal(size=(100, 30))), lattice(10))["kind"] != "none"
        ).any()
        for _ in range(100)
    ]

    assert sum(found) <= 10


def test_places_say_their_history() -> None:
    """A sentence in either language, with the figures in it."""
    table = pd.DataFrame(
        {"kind": ["historical_cold"], "steps": [20], "hot": [0], "cold": [18], "last": [0],
         "tau": [0.3], "trend_p": [0.06]}, index=["a"],
    )  # fmt: skip

    zh, en = explain_emerging(table), explain_emerging(table, lang="en")

    assert zh["a"] == (
        "历史冷点: 20 步中 0 步显著偏高, 18 步显著偏低; 最近一步不显著; "
        "走势不明显 (tau 0.30, p = 0.060)"
    )
    assert en["a"] == (
        "historical cold spot: significantly high in 0 of 20 steps, low in 18; last step not "
        "significant; no clear trend (tau 0.30, p = 0.060)"
    )


def test_equal_values_show_no_pattern() -> None:
    """Where nothing differs nothing gathers."""
    table = emerging(pd.DataFrame(np.full((9, 12), 4.2)), lattice(3))

    assert table["kind"].unique().tolist() == ["none"]
    assert table["z"].tolist() == [0.0] * 9


def test_a_missing_week_is_an_error() -> None:
    """The whole message: where the gap is, why it matters, what to do."""
    weeks = pd.date_range("2026-01-05", periods=12, freq="7D").delete(3)
    with pytest.raises(DataError) as caught:
        emerging(pd.DataFrame(np.ones((9, 11)), columns=weeks), lattice(3))

    assert caught.value.en == (
        "weeks must follow each other without a gap; 1 do not, the first between 2026-01-19 "
        "and 2026-02-02. A week that nobody recorded is not zero: count the whole period with "
        "`count(..., period=...)`, or take the part after the gap."
    )


@pytest.mark.parametrize(
    ("values", "asked", "words"),
    [
        (np.ones((9, 5)), {}, "at least 10 steps of time; it has 5"),
        (np.full((9, 12), np.nan), {}, "108 of 108 are missing"),
        (np.eye(9, 12), {"reference": "year"}, "they are 'year' and 1"),
        (np.eye(9, 12), {"lag": -1}, "they are 'cube' and -1"),
        (np.eye(9, 12), {"alpha": 5}, "`alpha` must be between 0 and 1; it is 5."),
    ],
)
def test_senseless_cubes_are_refused(values: np.ndarray, asked: dict, words: str) -> None:
    """Too short, with holes, or with a wish nobody knows."""
    with pytest.raises(DataError) as caught:
        emerging(pd.DataFrame(values), lattice(3), **asked)

    assert words in caught.value.en


def test_neighborhoods_that_are_everything_are_refused() -> None:
    """Two places that are each other's neighbors leave nothing to compare with."""
    near = within(gpd.GeoSeries(gpd.points_from_xy([0, 1], [0, 0])), 1)

    with pytest.raises(DataError, match="2 of 2 reach every place"):
        emerging(pd.DataFrame(np.eye(2, 12)), near, reference="slice")


def test_cubes_of_other_places_are_refused() -> None:
    """Places are matched by label, never by position."""
    with pytest.raises(AlignmentError):
        cube_gi_star(pd.DataFrame(np.eye(9, 12), index=range(1, 10)), lattice(3))
    with pytest.raises(AlignmentError):
        emerging_kinds(pd.DataFrame(np.eye(3, 12, dtype=int)), pd.Series([0, 0]))
    with pytest.raises(DataError, match="1, 0 and -1 only"):
        emerging_kinds(pd.DataFrame([[0, 2]]), pd.Series([0]))
    with pytest.raises(DataError, match="at least one step"):
        emerging_kinds(pd.DataFrame(index=[0]), pd.Series([0]))
