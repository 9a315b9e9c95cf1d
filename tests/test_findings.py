"""From counts to hotspots: seldom from chance, often from trouble, and never without a word."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridkit.errors import DataError
from gridkit.hotspots import (
    FEWEST,
    Neighbors,
    find_hotspots,
    gi_star_test,
    hotspot_test,
    touching,
)
from gridkit.hotspots import rates as rates_of

ACROSS, DOWN = 20, 15
HOT = ["hot_99", "hot_95"]


def squares(across: int, down: int) -> gpd.GeoDataFrame:
    """Lay squares of 500 m side by side."""
    y, x = np.divmod(np.arange(across * down), across)
    index = pd.Index([f"g{i:03d}" for i in range(across * down)], name="grid_id")
    boxes = shapely.box(500 * x, 500 * y, 500 * x + 500, 500 * y + 500)
    return gpd.GeoDataFrame({"name": index}, geometry=boxes, index=index)


@pytest.fixture(scope="module")
def county() -> tuple[gpd.GeoDataFrame, Neighbors, np.ndarray]:
    """Lay a town of large grids in the midst of small ones, as counties are."""
    grids = squares(ACROSS, DOWN)
    rng = np.random.default_rng(3)
    y, x = np.divmod(np.arange(len(grids)), ACROSS)
    town = (abs(x - 8) < 4) & (abs(y - 7) < 3)
    homes = np.where(
        town, rng.integers(200, 410, len(grids)), rng.integers(60, 110, len(grids))
    )
    return grids, touching(grids), homes


def table(n: np.ndarray, homes: np.ndarray, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Make counts per grid."""
    return pd.DataFrame({"n": n, "households": homes}, index=grids.index)


def alarms(county, total: int, voice: float, times: int) -> np.ndarray:
    """Count maps, of some drawn by chance alone, with a hot grid, of 95 and of 99 %."""
    grids, near, homes = county
    rng = np.random.default_rng(20261122)
    found = np.zeros((times, 2))
    for i in range(times):
        weight = homes * rng.gamma(1 / voice**2, size=len(homes)) if voice else homes
        n = rng.multinomial(total, weight / weight.sum())
        test = hotspot_test(table(n, homes, grids), near, rng=rng, replicas=999)
        found[i] = test["hot"].isin(HOT).any(), (test["hot"] == "hot_99").any()
    return found.sum(axis=0)


# 100 maps each; promised are 5 and 1, and more than 10 or 4 would come once in 90 or 280 runs
@pytest.mark.parametrize(
    ("total", "voice"), [(10, 0.0), (30, 0.0), (300, 0.0), (300, 0.7)]
)  # voice: by how much grids differ in telling, coefficient of variation
def test_chance_alone_makes_hardly_any_hotspot(county, total, voice) -> None:
    """Few or many concerns, uneven households, grids that tell more or less: alarms ≤ 5 %."""
    any_95, any_99 = alarms(county, total, voice, times=100)

    assert any_95 <= 10
    assert any_99 <= 4


def test_the_normal_approximation_would_cry_wolf(county) -> None:
    """What the test is for: the same chance, by normal p, makes hotspots all the time."""
    grids, near, homes = county
    rng = np.random.default_rng(20261122)
    wolf = 0
    for _ in range(100):
        counts = table(rng.multinomial(30, homes / homes.sum()), homes, grids)
        wolf += gi_star_test(rates_of(counts)["rate_eb"], near)["hot"].isin(HOT).any()

    assert wolf >= 12


def troubled(county) -> pd.DataFrame:
    """Count 300 concerns, at six times the rate in nine grids side by side."""
    grids, _, homes = county
    weight = homes * np.where(nine(grids), 6.0, 1.0)
    return table(np.random.default_rng(8).multinomial(300, weight / weight.sum()), homes, grids)


def nine(grids: gpd.GeoDataFrame) -> np.ndarray:
    """Tell which grids have the trouble."""
    y, x = np.divmod(np.arange(len(grids)), ACROSS)
    return (abs(x - 16) < 2) & (abs(y - 4) < 2)


def test_trouble_in_neighboring_grids_is_found(county) -> None:
    """Nine grids with six times the rate among 300: most of them, and few others."""
    grids, near, _ = county
    trouble = nine(grids)

    found = find_hotspots(troubled(county), grids, near)

    hot = found.tests["hot"].isin(HOT).to_numpy()
    assert hot[trouble].mean() >= 0.6
    assert hot[~trouble].sum() <= 8
    assert "显著偏高" in found.sentence_zh


def test_a_map_drawn_again_is_the_same(county) -> None:
    """The draws behind p are seeded."""
    grids, near, _ = county
    counts = troubled(county)

    again = find_hotspots(counts, grids, near)

    pd.testing.assert_frame_equal(find_hotspots(counts, grids).tests, again.tests)


def test_the_sentence_names_what_was_taken_for_chance(county) -> None:
    """Rates by redistribution, densities by permutation; in both languages."""
    grids, near, _ = county
    counts = troubled(county)

    rate = find_hotspots(counts, grids, near)
    area = find_hotspots(counts, grids, near, measure="density")
    unknown = find_hotspots(counts.assign(households=0), grids, near)

    assert set(rate.tests["method"]) == {"redistribution"}
    assert "把同样多的诉求随机分到各户" in rate.sentence_zh
    assert "concerns fall on households at random" in rate.sentence_en
    assert set(area.tests["method"]) == set(unknown.tests["method"]) == {"permutation"}
    assert area.rates is None
    assert "按条件置换" in area.sentence_zh


def test_grids_without_households_are_neither_drawn_nor_in_the_way(county) -> None:
    """Their concerns count nowhere, and nothing breaks."""
    grids, near, homes = county
    homes = np.where(np.arange(len(homes)) < 5, 0, homes)
    n = np.random.default_rng(4).multinomial(200, np.full(len(homes), 1 / len(homes)))

    test = hotspot_test(table(n, homes, grids), near, rng=np.random.default_rng(1))

    assert test["p"].between(0, 1).all()
    assert test["q"].ge(test["p"] - 1e-12).all()


def test_households_known_for_some_grids_only_are_a_stated_choice(county) -> None:
    """Half or more known: those are compared; fewer: densities are. The sentence says which."""
    grids, near, _ = county
    counts = troubled(county)
    counts["households"] = counts["households"].astype("Int64")
    some, few = counts.copy(), counts.copy()
    some.iloc[:7, some.columns.get_loc("households")] = pd.NA
    few.iloc[:200, few.columns.get_loc("households")] = pd.NA

    most_known = find_hotspots(some, grids, near)
    hardly_known = find_hotspots(few, grids, near)

    left_out = int(some["n"].iloc[:7].sum())
    assert f"7 个网格户数未知 (其中诉求 {left_out} 件)" in most_known.sentence_zh
    assert f"their {left_out} concerns are left out" in most_known.sentence_en
    assert most_known.rates["rate"].isna().sum() == 7
    assert most_known.rates["households"].isna().sum() == 7
    assert most_known.tests["hot"].isin(HOT).any()
    assert hardly_known.rates is None
    assert "300 个网格中 200 个户数未知" in hardly_known.sentence_zh
    assert "per km² are compared instead" in hardly_known.sentence_en


@pytest.mark.parametrize("side", [1, 2, 3])
def test_a_county_of_few_grids_is_not_tested_and_told_so(side) -> None:
    """Where a grid has all others for neighbors there is nothing to compare with."""
    grids = squares(side, side)
    n = np.arange(side * side) + 40

    found = find_hotspots(table(n, np.full(side * side, 50), grids), grids)

    assert found.tests is None
    assert found.rates is not None
    assert f"网格太少 ({side * side} 个)" in found.sentence_zh
    assert "too few grids" in found.sentence_en


def test_too_few_concerns_are_not_tested_and_told_so() -> None:
    """Below the one limit; at the limit they are."""
    grids = squares(6, 6)
    n = np.bincount([0, 1, 6, 7] * (FEWEST // 4), minlength=36)
    homes = np.full(36, 50)

    few = find_hotspots(table(n, homes, grids), grids)
    n[0] += FEWEST - n.sum()
    enough = find_hotspots(table(n, homes, grids), grids)

    assert few.tests is None
    assert few.sentence_zh == "只有 28 件, 不足 30 件, 不作检验, 谈不上热点。"
    assert enough.tests.loc["g000", "hot"] == "hot_99"


def test_rates_that_do_not_differ_are_not_tested() -> None:
    """Shrunken to one mean: no difference that chance would not make."""
    grids = squares(6, 6)

    found = find_hotspots(table(np.full(36, 2), np.full(36, 50), grids), grids)

    assert found.tests is None
    assert "没有超出偶然" in found.sentence_zh


def test_too_few_replicas_are_refused(county) -> None:
    """A p from a handful of draws says nothing."""
    grids, near, homes = county

    with pytest.raises(DataError, match="`replicas` must be 99 or more; it is 9"):
        hotspot_test(table(homes, homes, grids), near, rng=np.random.default_rng(1), replicas=9)


def test_concerns_where_no_household_is_counted_are_said_to_be_left_out(county) -> None:
    """A table of households with a wrong zero takes no concern away unsaid."""
    grids, near, homes = county
    counts = table(np.full(len(grids), 3), homes.copy(), grids)
    counts.iloc[:2, counts.columns.get_loc("households")] = 0
    found = find_hotspots(counts, grids, near)
    assert "2 个网格户数登记为零却有诉求 6 件" in found.sentence_zh
    assert "yet there are 6 concerns" in found.sentence_en


def test_an_unknown_measure_is_refused(county) -> None:
    """A slip of the pen does not turn rates into densities."""
    grids, near, homes = county
    with pytest.raises(DataError, match="'rates'"):
        find_hotspots(table(homes, homes, grids), grids, near, measure="rates")  # type: ignore[arg-type]
