"""One matter on the command line: its clocks, and the next step."""

from __future__ import annotations

import sys

import pytest

import gridkit as gk
from gridkit.cli import main
from gridkit.records import Concern, Step

SECRET = "张三说水厂断了他家的水 13800000000"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run one command in a workspace; give its exit code and what it printed."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["gridkit", *words, "-w", str(tmp_path)])
        monkeypatch.setattr("gridkit.terminal.out.width", 160)
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out + printed.err

    return command


@pytest.fixture
def tap(tmp_path):
    """Make a workspace with one registered matter; give its id."""
    with gk.create_workspace(tmp_path, name="某县", county_code="990428").store as store:
        heard = Concern(
            grid_id="990428100001001",
            source="grid_visit",
            heard_on="2026-03-02",
            demand_type="water",
            summary=SECRET,
        )
        taken = Step(concern_id=heard.record_id, action="registered", on="2026-03-02")
        store.add([heard, taken], by_role="grid_worker")
    return heard.record_id


def test_clocks_tell_which_article_by_when_and_whose_turn(run, tap):
    """State, steps so far and every clock; never a resident's words."""
    code, printed = run("clocks", tap[-8:], "--on", "2026-03-10")
    _, english = run("clocks", tap, "--on", "2026-03-10", "--english")

    assert code == 0
    assert "状态: 已登记; 等待登记转送方" in printed
    assert "须在 2026-03-17 前登记转送 (信访工作条例第22条), 还有 7 天" in printed
    assert "register and route by 2026-03-17" in english
    assert "网格员" in printed
    assert SECRET[:4] not in printed + english


def test_clocks_of_an_earlier_day_show_the_matter_as_it_stood_then(run, tap):
    """Steps and state that came after the day asked for are not told as its own."""
    run("step", tap, "分流", "--role", "centre_staff", "--unit", "水利局", "--on", "2026-03-09")

    _, before = run("clocks", tap, "--on", "2026-03-05")
    _, after = run("clocks", tap, "--on", "2026-03-10")

    assert "状态: 已登记" in before
    assert "水利局" not in before
    assert "状态: 已分流" in after
    assert "2026-03-09 分流, 时限停止" in after


def test_a_merge_tells_into_which_matter(run, tap, tmp_path):
    """The row of the merge names its root by the same eight characters as every list."""
    with gk.open_workspace(tmp_path).store as store:
        root = Concern(
            grid_id="990428100001001",
            source="window",
            heard_on="2026-03-02",
            demand_type="water",
        )
        taken = Step(concern_id=root.record_id, action="registered", on="2026-03-02")
        store.add([root, taken], by_role="centre_staff")

    words = ("--role", "centre_staff", "--into", root.record_id, "--reason", "同一水厂")
    code, printed = run("step", tap, "同因归并", *words)

    assert code == 0
    assert f"并入 into {root.record_id[-8:]}" in printed


def test_a_step_is_taken_in_everyday_words(run, tap, tmp_path):
    """Action and unit by their Chinese names; what may come next is said at once."""
    words = ("--role", "centre_staff", "--unit", "自来水公司", "--joint", "水利局")

    code, printed = run("step", tap[-8:], "分流", *words, "--on", "2026-03-03")

    assert code == 0
    assert "状态: 已分流, 待受理; 等待责任单位" in printed
    with gk.open_workspace(tmp_path).store as store:
        last = store.case(tap).steps[-1]
        assert (last.record.action, last.record.unit, last.by_role) == (
            "routed",
            "water_company",
            "centre_staff",
        )
        assert last.record.joint_units == "water_bureau"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("closed", "--role", "centre_staff"), "不能销号"),
        (("分流", "--role", "centre_staff"), "写明责任单位"),
        (("分流", "--role", "张三"), "不在角色"),
        (("飞走", "--role", "leader"), "不在办理动作"),
        (("routed", "--role", "leader", "--unit", "不存在的单位"), "没有“不存在的单位”"),
    ],
    ids=["not_legal", "no_unit", "no_role", "no_action", "unknown_unit"],
)
def test_what_cannot_be_done_is_refused_in_plain_words(run, tap, tmp_path, words, said):
    """Exit code 2, the reason in Chinese, and nothing written."""
    code, printed = run("step", tap, *words)

    assert code == 2
    assert said in printed
    with gk.open_workspace(tmp_path).store as store:
        assert store.size("step") == 1


def test_without_an_action_the_possible_ones_are_listed(run, tap):
    """For one role, or for all."""
    _, mine = run("step", tap, "--role", "grid_worker")
    unknown, _ = run("step", "nowhere")

    assert "下一步可办 · next (网格员): 答复 answered, 撤回 withdrawn, 申请调解" in mine
    assert "别的角色还可办" in mine
    assert unknown == 2
