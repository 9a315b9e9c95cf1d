"""Deadlines in words: one sentence each, and the clocks of one concern."""

import pandas as pd

from clock_frames import PROFILE, WAGES, WATER, concerns, day, one, steps
from gridkit.profile import load_profile
from gridkit.triage.clocks import next_due
from gridkit.triage.deadlines import deadlines_of, due_sentence


def test_year_without_a_calendar_is_not_guessed(tmp_path):
    """Working days that reach into a year not yet announced give no date, and say so."""
    (tmp_path / "county.toml").write_text(
        'code = "370102"\nzh = "历下区"\nen = "Lixia"\ninvented = false\nsource = "test"\n',
        encoding="utf-8",
    )
    jinan = load_profile(tmp_path)
    taken = steps("2026-12-30 routed", "2026-12-30 accepted")
    due = next_due(
        concerns("2026-12-30", source="hotline", **WAGES), taken, jinan, day("2026-12-31")
    )

    row = one(due)

    assert (row["clause_id"], row["status"]) == ("hotline_local", "running")
    assert pd.isna(row["due_on"])
    assert pd.isna(row["used"])
    assert "到期日待定" in due_sentence(due, jinan).iloc[0]


def test_sentence_names_act_date_article_and_days():
    """The deadline is one plain sentence in either language."""
    table = concerns("2026-02-20", "2026-01-01", "2026-02-15", **WATER)
    due = next_due(table, steps(), PROFILE, day("2026-03-02"))

    zh, en = (due_sentence(due, PROFILE, lang=lang).tolist() for lang in ("zh", "en"))

    assert zh == [
        "须在 2026-03-07 前登记转送 (信访工作条例第22条), 还有 5 天",
        "应在 2026-01-16 前登记转送 (信访工作条例第22条), 已超期 45 天",
        "今天 (2026-03-02) 须登记转送 (信访工作条例第22条)",
    ]
    assert en[0] == (
        "register and route by 2026-03-07 (Regulations on Petition Work 2022, Art. 22): 5 days left"
    )


def test_the_clocks_of_one_concern_are_listed_with_whose_turn_it_is():
    """Duties by when they end, rights as rights; what has stopped comes last, nobody's turn."""
    table = concerns("2026-03-02", "2026-03-02", **WATER)
    taken = steps("2026-03-03 routed", "2026-03-05 accepted", "2026-04-01 answered")

    listed = deadlines_of(table.loc[["c0"]], taken, PROFILE, day("2026-04-02"))
    english = deadlines_of(table.loc[["c0"]], taken, PROFILE, day("2026-04-02"), "en")
    none = deadlines_of(table.iloc[:0], taken, PROFILE, day("2026-04-02"))

    assert listed.index.tolist()[0] == "petition_35_ask"
    assert (
        listed["sentence"].iloc[0]
        == "可在 2026-05-06 前请求复查 (信访工作条例第35条), 还有 34 天"
    )
    assert english["sentence"].iloc[0].startswith("may ask for a review until 2026-05-06")
    assert listed["turn"].tolist() == ["诉求人"] + [""] * (len(listed) - 1)
    assert set(listed["status"].astype("str").iloc[1:]) == {"stopped"}
    assert len(none) == 0


def test_a_stopped_clock_names_the_act_that_stopped_it_and_when():
    """The first act after the start, not one that came when it had stopped; none: it lapsed."""
    taken = steps("2026-03-03 routed", "2026-03-05 accepted", "2026-04-01 answered")

    listed = deadlines_of(concerns("2026-03-02", **WATER), taken, PROFILE, day("2026-06-01"))
    english = deadlines_of(
        concerns("2026-03-02", **WATER), taken, PROFILE, day("2026-06-01"), "en"
    )

    said = listed["sentence"]
    assert (
        said["petition_22_route"] == "登记转送: 2026-03-03 分流, 时限停止 (信访工作条例第22条)"
    )
    assert "2026-03-05 受理" in said["petition_23_notice"]
    assert "2026-04-01 答复" in said["petition_34_conclude"]
    assert said["petition_35_ask"] == "请求复查: 期限已于 2026-05-06 届满 (信访工作条例第35条)"
    assert "stopped on 2026-03-03 by: routed" in english["sentence"]["petition_22_route"]


def test_a_duty_done_late_says_by_how_many_days():
    """Stopping a clock does not wipe out that it had run out; on the last day it is in time."""
    water = concerns("2026-03-02", **WATER)
    late, last = steps("2026-04-01 routed"), steps("2026-03-17 routed")

    said = deadlines_of(water, late, PROFILE, day("2026-06-01"))["sentence"]
    english = deadlines_of(water, late, PROFILE, day("2026-06-01"), "en")["sentence"]
    in_time = deadlines_of(water, last, PROFILE, day("2026-06-01"))["sentence"]

    assert (
        said["petition_22_route"]
        == "登记转送: 2026-04-01 分流, 比期限 2026-03-17 晚 15 天 (信访工作条例第22条)"
    )
    assert "15 days late, due 2026-03-17" in english["petition_22_route"]
    assert "晚" not in in_time["petition_22_route"]


def test_a_clock_taken_up_again_names_the_last_act_that_stopped_it():
    """An objection resumes the clock of routing; while it runs, nothing has stopped it."""
    table, taken = concerns("2026-03-02", **WATER), ["2026-03-03 routed", "2026-03-04 objected"]
    running = deadlines_of(table, steps(*taken), PROFILE, day("2026-03-06"))
    again = deadlines_of(table, steps(*taken, "2026-03-05 routed"), PROFILE, day("2026-03-06"))

    assert running["sentence"]["petition_22_route"].startswith("须在 2026-03-17 前登记转送")
    assert "2026-03-05 分流" in again["sentence"]["petition_22_route"]
    assert "2026-03-04 提出异议" in running["sentence"]["petition_23_notice"]
