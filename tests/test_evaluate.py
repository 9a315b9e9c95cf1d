"""The whole evaluation: what it found, what it cannot bear, and that no person moves it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import evaluated_town
from evaluated_town import END
from gridkit import triage
from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.triage.evaluate_calibration import calibration_error
from gridkit.triage.evaluate_churn import rank_churn
from gridkit.triage.evaluate_facts import came_back
from gridkit.triage.evaluate_outcomes import read_outcomes
from gridkit.triage.evaluate_persons import PERSON_FIELDS, moved_by
from gridkit.triage.evaluate_queue import methods

facts = pytest.fixture(evaluated_town.facts, scope="module")
outcomes = pytest.fixture(evaluated_town.outcomes, scope="module")
profile = pytest.fixture(load_profile, scope="module")
town = pytest.fixture(evaluated_town.town, scope="module")


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
