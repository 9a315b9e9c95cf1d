"""The drill, its debrief, double coding, and cards learned from outcomes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.training.card_learning import moves, scaled
from gridkit.training.coding import agree, coding_set
from gridkit.training.debrief import debrief
from gridkit.training.debrief_page import debrief_page
from gridkit.training.drill import Drill, compare, resume
from gridkit.training.drill_view import DrillView
from gridkit.training.scenario import load_scenario, scenarios


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Play a scenario through the widget, one visit a week, to its end."""
    folder = tmp_path_factory.mktemp("drill")
    view = DrillView(Drill("level_1"), folder)
    while not view.drill.over:
        next(iter(view.choices.values())).value = "inspect"
        view.go.click()
    return view, folder


def test_there_are_three_stories_and_five_levels():
    """Each can be read by its id or its name; another is refused with the list."""
    kinds = [s.kind for s in scenarios().values()]

    assert (kinds.count("story"), kinds.count("level")) == (3, 5)
    assert load_scenario("大旱停水").id == "story_drought"
    with pytest.raises(DataError, match="level_1"):
        load_scenario("nowhere")


def test_a_drill_is_played_in_the_widget_to_its_debrief(played):
    """One visit a week is made, the end is told, the page is written."""
    view, folder = played

    assert len(view.drill.play.findings) == len(view.drill.days)
    assert (folder / "复盘_level_1.html").stat().st_size > 10_000
    with pytest.raises(DataError, match="复盘"):
        view.drill.decide({})


def test_a_saved_drill_goes_on_and_is_played_again(played, tmp_path):
    """The same decisions and findings; up to a week, those of the weeks before."""
    drill = played[0].drill
    drill.save(tmp_path / "d.json")

    again, part = resume(tmp_path / "d.json"), resume(tmp_path / "d.json", until_week=3)

    assert again.play.findings == drill.play.findings
    assert (part.week, len(part.play.findings)) == (3, 3)
    both = compare(again, part)
    assert both["found_two"].notna().sum() == 3
    assert not {"score", "total", "rank"} & set(both.columns)
    with pytest.raises(DataError, match="种子"):
        compare(again, Drill("level_1", seed=9))


def test_more_visits_than_hands_are_refused():
    """Nothing is done then, and the week is still to be decided."""
    drill = Drill("level_3")
    every = dict.fromkeys(drill.seen().index[:9], "repair")

    with pytest.raises(DataError, match="每周只走得了 8 件"):
        drill.decide(every)
    assert (drill.week, drill.play.findings) == (0, [])
    assert len(drill.hint()) == 3
    assert drill.hinted == [0]


def test_the_debrief_balances_and_asks_nobody(played):
    """Every cause has a fate, leads are real, the page fetches nothing."""
    found = debrief(played[0].drill)
    page = debrief_page(found)

    assert set(found.causes["fate"]) <= {"averted", "harmed", "missed", "untold"}
    early = found.causes[found.causes["lead_days"] > 0]
    assert (early["first_visit"] < early["would_harm_on"]).all()
    total = found.ways["averted"] + found.ways["harmed"]
    assert (total <= len(found.causes)).all()
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "虚构" in page


def test_agreement_of_a_coder_with_the_card_is_full_where_they_agree(played):
    """The list to talk about begins with what was seen most differently."""
    rng = np.random.default_rng(1)
    chosen = coding_set(played[0].drill.history, rng=rng)
    card = chosen["card"]
    levels = list(card.cat.categories)
    other = card.astype("str").replace("red", "blue")

    seen = agree({"甲": card.astype("str"), "乙": other}, card, levels, rng=rng)

    assert len(chosen) == 30
    assert seen.kappa[("甲", "card")].value == 1
    assert seen.kappa[("乙", "card")].value < 1
    assert seen.disputed["spread"].iloc[0] == 3
    with pytest.raises(DataError):
        agree({}, card, levels, rng=rng)


def test_a_weight_that_is_not_turned_moves_nobody():
    """At 1 nothing moves; at 0 a factor's points are gone, and each mover says why."""
    drill = Drill("level_1")
    facts, card = drill.seen(), load_profile().scorecard

    less = moves(facts, card, scaled(card, "harm", 0.0))

    assert len(moves(facts, card, scaled(card, "harm", 1.0))) == 0
    assert less["why"].str.contains("危害程度").any()
    assert isinstance(less, pd.DataFrame)
    with pytest.raises(DataError):
        scaled(card, "person", 1.0)
