"""`gridkit town` and `gridkit evaluate`: a town for trainees, its truth for the trainer alone."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from gridkit.cli import app
from gridkit.errors import DataError


def run(capsys, *words: str) -> str:
    """Run a command and give what it printed, without spaces or lines of tables."""
    app([*words], standalone_mode=False)
    return "".join(c for c in capsys.readouterr().out if c not in " \n│┃")


def test_a_town_is_made_and_judged_by_its_truth(capsys, tmp_path):
    """The truth goes to its own file, and gives the outcomes; what it cannot bear is said."""
    folder, truth = str(tmp_path / "county"), str(tmp_path / "truth.json")

    made = run(capsys, "town", folder, "--weeks", "16", "--seed", "3", "--truth", truth)
    judged = run(capsys, "evaluate", truth, "-w", folder, "--until", "2026-11-22")

    assert "全是编的" in made
    assert "走对的比例" in judged
    assert "不足半年" in judged
    assert "数字偏低" in judged
    assert "走对的比例相差" in judged
    assert "等级的承诺只由" in judged
    assert not list((tmp_path / "county").glob("*truth*"))


@pytest.mark.parametrize("place", ["county/truth.json", "nowhere/truth.json", "there.json"])
def test_a_bad_place_for_the_truth_stops_before_anything_is_written(tmp_path, place):
    """Inside the workspace, in no folder, over a file: all refused, and no town is left."""
    (tmp_path / "there.json").write_text("{}")

    with pytest.raises(DataError, match="--truth"):
        app(
            ["town", str(tmp_path / "county"), "--truth", str(tmp_path / place)],
            standalone_mode=False,
        )

    assert not (tmp_path / "county").exists()


@pytest.mark.parametrize(
    ("option", "place", "zh", "en"),
    [
        ("--page", "nowhere/p.html", "没有文件夹 nowhere", "there is no folder nowhere"),
        ("--page", "", "是文件夹", "is a folder"),
        ("--page", "game.json", "就是存下来的这一局", "is the saved game itself"),
        ("--output", "nowhere/g.json", "没有文件夹 nowhere", "there is no folder nowhere"),
    ],
)
def test_a_bad_place_for_the_debrief_is_told_before_the_work(tmp_path, option, place, zh, en):
    """The game, which is no game at all, is not even read; the fault is told in both languages."""
    game = tmp_path / "game.json"
    game.write_text("{}")
    words = ["drill", str(game), option, str(tmp_path / place)]

    with pytest.raises(DataError) as caught:
        app(words, standalone_mode=False)

    assert zh in caught.value.zh
    assert en in caught.value.en
    assert game.read_text() == "{}"


def test_a_seed_below_0_is_an_error_of_use(tmp_path):
    """A seed counts from 0; nothing is written otherwise."""
    words = ["town", str(tmp_path / "county"), "--seed", "-3"]

    assert CliRunner().invoke(app, words).exit_code == 2
    assert not (tmp_path / "county").exists()


def test_outcomes_of_days_to_come_are_refused(tmp_path):
    """A day after today would count what has not happened yet as calm."""
    folder = str(tmp_path / "county")
    app(["town", folder, "--weeks", "8", "--seed", "3"], standalone_mode=False)

    with pytest.raises(DataError, match="lies after today"):
        app(["evaluate", "-w", folder, "--until", "2199-01-01"], standalone_mode=False)
