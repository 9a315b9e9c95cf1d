"""The scan finds the published clusters."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridkit.hotspots import Plan, scan, standardize
from slow_scan import MONDAY

REFERENCE = Path(__file__).parent / "reference"
SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def test_clusters_are_the_published_ones_north_carolina() -> None:
    """Sudden infant deaths 1974-84: three clusters, to the last printed digit."""
    case = json.loads((REFERENCE / "scan_nc_sids.json").read_text())
    counts = pd.DataFrame(
        {"grid_id": case["names"], "n": case["cases"], "population": case["births"]}
    )
    places = pd.DataFrame({"lon": case["lon"], "lat": case["lat"]}, index=case["names"])
    plan = Plan(kind="spatial", replicas=1999)

    found = scan(counts, places, plan, rng=np.random.default_rng(74)).clusters
    low = scan(counts, places, Plan(kind="spatial", side="low"), rng=np.random.default_rng(1))

    for row, answer in zip(found.head(3).to_dict("records"), case["high"], strict=True):
        assert set(row["members"].split()) == set(answer["members"])
        assert row["statistic"] == pytest.approx(answer["llr"], abs=1e-6)
        wide = 4 * math.sqrt(answer["p"] * (1 - answer["p"]) / 1999) + 1 / 2000
        assert row["p"] == pytest.approx(answer["p"], abs=wide)
    assert found["observed"].iloc[0] == case["high"][0]["cases"]
    assert found["expected"].iloc[0] == pytest.approx(case["high"][0]["expected"], abs=0.005)
    assert low.clusters["places"].iloc[0] == case["low"]["counties"]
    assert low.clusters["statistic"].iloc[0] == pytest.approx(case["low"]["llr"], abs=1e-5)


def new_mexico() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read brain cancer in New Mexico; expected cases by age and sex, a year as a week.

    Censuses are of 1 July; between them people grow in number by the day; a year holds the
    mean of its two ends, by its length.
    """
    folder = SHARED / "data" / "stats" / "nm_brain_cancer"
    if not folder.exists():
        pytest.skip("needs shared/data/stats/nm_brain_cancer, which is not shipped")
    groups = ["county", "age", "sex"]
    people = pd.read_csv(folder / "population.csv")
    people = people.pivot_table("population", index=groups, columns="year", aggfunc="sum")
    years = range(1973, 1992)

    def alive(day: pd.Timestamp) -> pd.Series:
        ends = [pd.Timestamp(year, 7, 1) for year in people.columns]
        first = 0 if day < ends[1] else 1
        share = (day - ends[first]) / (ends[first + 1] - ends[first])
        share = min(max(share, 0.0), 1.0)
        return people.iloc[:, first] * (1 - share) + people.iloc[:, first + 1] * share

    parts = []
    for year in years:
        start, end = pd.Timestamp(year, 1, 1), pd.Timestamp(year + 1, 1, 1)
        time = (alive(start) + alive(end)) / 2 * (end - start).days
        parts.append(time.rename("time").reset_index().assign(year=year))
    table = pd.concat(parts, ignore_index=True)
    cases = pd.read_csv(folder / "cases.csv").groupby([*groups, "year"])["cases"].sum()
    keys = pd.MultiIndex.from_frame(table[[*groups, "year"]])
    table["n"] = cases.reindex(keys, fill_value=0).to_numpy()
    assert table["n"].sum() == cases.sum()
    table["week"] = MONDAY + pd.to_timedelta((table["year"] - 1973) * 7, unit="D")
    table = table.rename(columns={"county": "grid_id"})
    places = pd.read_csv(folder / "locations.csv").set_index("county")
    return standardize(table, "time", ["age", "sex"]), places


def test_clusters_are_the_published_ones_new_mexico() -> None:
    """Brain cancer 1973-91, age and sex through `expected`: nine counties, 1985-89."""
    counts, places = new_mexico()

    found = scan(counts, places, Plan(), rng=np.random.default_rng(91)).clusters.iloc[0]
    flat = scan(counts, places, Plan(kind="spatial"), rng=np.random.default_rng(91))

    assert found["statistic"] == pytest.approx(10.979758, abs=1e-6)
    assert found["places"] == 9
    assert (found["observed"], round(found["expected"], 2)) == (236, 176.22)
    assert found["from"] == MONDAY + pd.Timedelta(weeks=1985 - 1973)
    assert found["to"] == MONDAY + pd.Timedelta(weeks=1990 - 1973, days=-1)
    assert found["p"] == pytest.approx(0.014, abs=0.016)
    assert flat.clusters["statistic"].iloc[0] == pytest.approx(6.890841, abs=1e-6)
    assert flat.clusters["p"].iloc[0] == pytest.approx(0.012, abs=0.015)
