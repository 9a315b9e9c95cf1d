"""What is typed wrong on the command line is answered in Chinese first."""

from __future__ import annotations

import sys

import pytest
import shapely

import gridkit as gk
from gridkit.cli import main
from gridkit.records import Concern, Session, Step
from gridkit.records.grids import make_grids

GRIDS = make_grids(shapely.box(117.40, 26.70, 117.42, 26.72), 500, "990428", 40)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run one command; its exit code and what it printed."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["gridkit", *words])
        for console in ("out", "err"):
            monkeypatch.setattr(f"gridkit.terminal.{console}.width", 200)
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out + printed.err

    return command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("score", "--tpo", "3"), "没有选项 --tpo; 您要的可能是 --on、--top。"),
        (("board", "--persons"), "没有选项 --persons"),
        (("clocks",), "缺少参数 ID。"),
        (("new", "w", "--code", "990428"), "缺少选项 --name。"),
        (("scores",), "没有命令 scores。"),
        (("score", "--top", "三"), "选项 --top 的值不对: 须为整数。"),
        (("score", "--top", "0"), "选项 --top 的值不对: 不能小于 1。"),
        (
            ("board", "--on", "去年"),
            "选项 --on 的值不对: 须为日期, 写成 2026-03-01 这样。",
        ),
        (("step", "a", "b", "c"), "多出了参数: c。"),
        (("score", "--top"), "选项 --top 后面要写一个值。"),
    ],
)
def test_what_is_typed_wrong_is_said_in_chinese(run, words, said):
    """Which option or argument, and what to do; Typer's own words come second."""
    code, printed = run(*words)

    assert code == 2
    assert printed.startswith(said)
    assert len(printed.splitlines()) >= 2


def test_nothing_typed_shows_the_help(run):
    """The list of commands, and no complaint."""
    code, printed = run()

    assert code == 2
    assert "社区网格走访与预警研判" in printed
    assert "命令写得不对" not in printed


@pytest.fixture
def county(tmp_path):
    """Make a workspace with named grids, one matter, and a session that came to terms on it."""
    grids = GRIDS.assign(name=[f"河滨社区第{i}网格" for i in range(1, len(GRIDS) + 1)])
    workspace = gk.create_workspace(tmp_path, name="某县", county_code="990428", grids=grids)
    with workspace.store as store:
        tap = Concern(
            grid_id=GRIDS.index[2],
            source="hotline",
            heard_on="2026-03-02",
            demand_type="water",
        )
        step = Step(concern_id=tap.record_id, action="registered", on="2026-03-02")
        held = Session(
            kind="mediation",
            held_on="2026-03-05",
            level="village",
            batches=1,
            persons=2,
            concern_ids=[tap.record_id],
            outcome="preliminary",
            agreed_on="2026-03-05",
        )
        store.add([tap, step, held], by_role="centre_staff")
    return tap.record_id


@pytest.mark.parametrize(
    "words",
    [
        ("score", "--on", "2026-03-10"),
        ("board", "--on", "2026-03-10"),
        ("clocks", "", "--on", "2026-03-10"),
        ("receptions", "--sheet", "township"),
    ],
)
def test_lists_name_the_grid_instead_of_its_code(run, county, tmp_path, words):
    """A person reads 河滨社区第3网格, not fifteen digits."""
    code, printed = run(*(w or county for w in words), "-w", str(tmp_path))

    assert code == 0
    assert "河滨社区第3网格" in printed
    assert GRIDS.index[2] not in printed


def test_a_board_does_not_show_the_deadline_of_a_clock_that_stopped(run, county, tmp_path):
    """Answered: no duty runs, so no deadline stands beside the matter."""
    run(
        "step",
        county,
        "答复",
        "--role",
        "centre_staff",
        "--reason",
        "已修好",
        "-w",
        str(tmp_path),
    )

    _, printed = run("board", "-w", str(tmp_path))

    assert "已答复, 待核查" in printed
    assert "期限" not in printed


def test_the_clocks_of_a_matter_know_the_agreement_of_its_session(run, county, tmp_path):
    """Thirty days for both sides to ask a court, from the session's own word."""
    _, printed = run("clocks", county, "--on", "2026-03-10", "-w", str(tmp_path))

    assert "可在 2026-04-07 前共同申请司法确认" in printed  # the 4th is a holiday weekend
