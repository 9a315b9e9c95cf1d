"""The drill, its debrief, double coding, and cards learned from outcomes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.training.card_learning import moves, scaled
from gridkit.training.coding import agree, coding_set
from gridkit.training.compare_page import compare_page
from gridkit.training.compare_view import CompareView
from gridkit.training.debrief import debrief, fates
from gridkit.training.debrief_page import debrief_page
from gridkit.training.drill import Drill, compare, played_by, resume
from gridkit.training.drill_desk import DrillDesk
from gridkit.training.drill_view import DrillView
from gridkit.training.replay_view import ReplayView
from gridkit.training.scenario import load_scenario, scenarios

SMALL = """
zh = "小局"
en = "A short game"
kind = "level"
level = 1
about_zh = "三周就完。"
about_en = "Over in three weeks."
seed = 203
weeks = 3
last_day = 2026-11-22
[knobs]
capacity = 6
drought = 3
rain = 3
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Write a scenario of three weeks."""
    path = tmp_path_factory.mktemp("scenario") / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return load_scenario(path)


@pytest.fixture(scope="module")
def played(small, tmp_path_factory):
    """Play the short scenario through the widget, one visit a week, to its end."""
    folder = tmp_path_factory.mktemp("drill")
    view = DrillView(Drill(small), folder, group="甲/组")
    while not view.drill.over:
        next(iter(view.choices.values())).value = "inspect"
        view.go.click()
    return view, folder


@pytest.fixture(scope="module")
def by_card(small):
    """Let the card play the same game."""
    return played_by(small, "card")


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
    page = (folder / "复盘_small_甲-组.html").read_text(encoding="utf-8")
    assert "小局" in page
    assert (folder / "演练_small_甲-组.json").is_file()
    with pytest.raises(DataError, match="复盘"):
        view.drill.decide({})


def test_a_saved_drill_goes_on_and_is_played_again(played, tmp_path):
    """The same decisions and findings; up to a week, those of the weeks before."""
    drill = played[0].drill
    drill.save(tmp_path / "d.json")

    again, part = resume(tmp_path / "d.json"), resume(tmp_path / "d.json", until_week=2)

    assert again.play.findings == drill.play.findings
    assert (part.week, len(part.play.findings)) == (2, 2)
    both = compare(again, part)
    assert both["found_two"].notna().sum() == 2
    assert not {"score", "total", "rank"} & set(both.columns)
    with pytest.raises(DataError, match="种子"):
        compare(again, Drill(drill.scenario, seed=9))


def test_two_scenarios_of_one_name_are_not_compared(small, tmp_path):
    """Knobs differ, so the counties do; mended words alone are no difference."""
    path = tmp_path / "small.toml"
    path.write_text(SMALL.replace("rain = 3", "rain = 1"), encoding="utf-8")
    other = Drill(load_scenario(path))
    path.write_text(SMALL.replace("三周就完", "只有三周"), encoding="utf-8")
    mended = Drill(load_scenario(path))
    other.save(tmp_path / "other.json")

    with pytest.raises(DataError, match="旋钮不同"):
        compare(Drill(small), resume(tmp_path / "other.json"))
    assert compare(Drill(small), mended).empty


def test_more_visits_than_hands_are_refused(small):
    """Nothing is done then, and the week is still to be decided."""
    drill = Drill(small)
    every = dict.fromkeys(drill.seen().index[:7], "repair")

    with pytest.raises(DataError, match="每周只走得了 6 件"):
        drill.decide(every)
    assert (drill.week, drill.play.findings) == (0, [])
    assert len(drill.hint()) == 3
    assert drill.hinted == [0]


def test_the_debrief_balances_and_asks_nobody(by_card):
    """Every cause has a fate, leads are real, the page fetches nothing; a way equals itself."""
    found = debrief(by_card)
    page = debrief_page(found)

    assert found.ways.loc["own"].equals(found.ways.loc["card"])

    assert set(found.causes["fate"]) <= {"averted", "harmed", "missed", "untold"}
    early = found.causes[found.causes["lead_days"] > 0]
    assert (early["first_visit"] < early["would_harm_on"]).all()
    total = found.ways["averted"] + found.ways["harmed"]
    assert (total <= len(found.causes)).all()
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "虚构" in page


def test_what_was_told_after_the_last_week_was_not_missed(small):
    """Nobody could go any more: no cause of a game without visits is then 没去."""
    drill = Drill(small)
    while not drill.over:
        drill.decide({})

    found = fates(drill)
    after = found["first_told"] > pd.Timestamp(drill.days[-1])
    before_harm = found["first_told"] < found["would_harm_on"]

    assert (after & before_harm).any()
    assert set(found.loc[after, "fate"]) == {"untold"}
    assert set(found.loc[~after & before_harm, "fate"]) == {"missed"}


def test_two_games_are_told_as_decisions_and_nobody_wins(played, by_card, tmp_path):
    """Week by week, in both or in one alone; no sum, no score; the screen finds the files."""
    own = played[0].drill
    page = compare_page(own, by_card, ("甲局", "乙局"))

    assert all(words in page for words in ("第 3 周", "只有乙局去", "结果不同的根源", "虚构"))
    assert not any(
        words in page for words in ("得分", "名次", "排名", "胜", "<script", "http:")
    )
    own.save(tmp_path / "演练_small_甲.json")
    by_card.save(tmp_path / "演练_small_乙.json")
    view = CompareView(tmp_path)
    view.go.click()
    assert (tmp_path / "对照.html").is_file()
    (tmp_path / "演练_small_丙.json").write_text("{}", encoding="utf-8")
    view.again.click()
    view.go.click()
    assert "不是保存下来的演练" in view.told


def test_a_trainee_goes_on_replays_and_branches(played, tmp_path):
    """From the desk: a bad seed is refused, a saved game is replayed, and played anew."""
    played[0].drill.save(tmp_path / "演练_small_甲.json")
    desk = DrillDesk(tmp_path)
    desk.seed.value = "abc"
    desk.start.click()
    assert desk.view is None

    desk.replay.click()
    assert isinstance(desk.view, ReplayView)
    desk.view.week.value = 2
    desk.view.here.click()

    assert isinstance(desk.view, DrillView)
    assert (desk.view.drill.week, len(desk.view.drill.play.findings)) == (1, 1)
    desk.view.keep.click()
    assert len(desk.saved.options) == 2


def test_a_scenario_at_fault_is_told_all_of_it(tmp_path):
    """What is missing, unknown, of another type or out of bounds, in both languages."""
    path = tmp_path / "bad.toml"
    path.write_text(SMALL.replace("weeks = 3", 'weeks = "3"').replace("drought", "drough"))
    with pytest.raises(DataError) as caught:
        load_scenario(path)
    assert [p.field for p in caught.value.problems] == ["weeks", "knobs.drough"]

    path.write_text(SMALL.replace("weeks = 3", "weeks = 99"))
    with pytest.raises(DataError, match="须为 1 到 52"):
        load_scenario(path)
    path.write_text(SMALL.replace("capacity = 6", "capacity = 999"))
    with pytest.raises(DataError, match="超出范围"):
        load_scenario(path)
    path.write_text("zh = ")
    with pytest.raises(DataError, match="is no TOML"):
        load_scenario(path)


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


def test_a_weight_that_is_not_turned_moves_nobody(played):
    """At 1 nothing moves; at 0 a factor's points are gone, and each mover says why."""
    facts, card = played[0].drill.seen(), load_profile().scorecard

    less = moves(facts, card, scaled(card, "harm", 0.0))

    assert len(moves(facts, card, scaled(card, "harm", 1.0))) == 0
    assert less["why"].str.contains("危害程度").any()
    assert isinstance(less, pd.DataFrame)
    with pytest.raises(DataError):
        scaled(card, "person", 1.0)
