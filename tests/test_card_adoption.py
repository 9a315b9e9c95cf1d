"""Adopting a card: a person's act with a version, a reason and a role; nothing is lost."""

from __future__ import annotations

import pytest

from gridkit.errors import ProfileError
from gridkit.profile import load_profile
from gridkit.profile.card_adoption import adopt_card, adoptions, card_text
from gridkit.training.card_learning import scaled
from gridkit.training.drill import Drill
from gridkit.training.workshop_view import Workshop
from gridkit.triage.scorecard import score

ROLES = ("analyst", "leader")


@pytest.fixture
def half():
    """Halve what harm weighs."""
    return scaled(load_profile().scorecard, "harm", 0.5)


@pytest.fixture(scope="module")
def facts():
    """Give the matters of a first week."""
    return Drill("level_1").seen()


def test_versions_are_kept_and_only_added(tmp_path, half):
    """Two adoptions leave three card files and two lines, each saying what it replaced."""
    usual = load_profile().scorecard

    first = adopt_card(
        tmp_path, half, version="2026-1", why="试了一季", by_role="leader", roles=ROLES
    )
    kept = (tmp_path / "cards" / "2026-1.toml").read_bytes()
    again = adopt_card(
        tmp_path, usual, version="2026-2", why="改回原卡", by_role="analyst", roles=ROLES
    )

    told = adoptions(tmp_path)
    assert [(a.version, a.by_role, a.why) for a in told] == [
        ("2026-1", "leader", "试了一季"),
        ("2026-2", "analyst", "改回原卡"),
    ]
    assert [a.replaces for a in told] == [usual.hash, first.hash]
    assert (tmp_path / "cards" / "2026-1.toml").read_bytes() == kept
    assert (tmp_path / "cards" / "before-adoption.toml").is_file()
    assert load_profile(tmp_path).scorecard == again


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"why": "  "}, "要写理由"),
        ({"version": "2026-1"}, "已经有了"),
        ({"version": "../x"}, "版本号须为"),
        ({"by_role": "王某"}, "不是姓名"),
    ],
)
def test_an_adoption_without_its_due_changes_nothing(tmp_path, half, asked, words):
    """No reason, a version that exists or is none, a name for a role: all is as before."""
    usual = {"version": "2026-1", "why": "试了一季", "by_role": "leader", "roles": ROLES}
    adopt_card(tmp_path, half, **usual)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    with pytest.raises(ProfileError, match=words):
        adopt_card(tmp_path, half, **{**usual, "version": "2026-2", **asked})

    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_card_says_its_version_and_scores_hold_it(tmp_path, half, facts):
    """The name that screens show has the version; the scores have the hash of that version."""
    usual = load_profile().scorecard
    assert usual.hash[:8] in usual.named()

    new = adopt_card(
        tmp_path, half, version="2026-1", why="试了一季", by_role="leader", roles=ROLES
    )

    assert new.named().endswith("版本 2026-1")
    assert new.named("en").endswith("version 2026-1")
    assert new.hash != half.hash
    assert card_text(new) == (tmp_path / "scorecard.toml").read_text(encoding="utf-8")
    assert set(score(facts, new)["card"]) == {new.hash}


def test_the_workshop_adopts_by_a_button_and_never_the_learned_card_by_itself(
    tmp_path, half, facts
):
    """Nothing is chosen beforehand; a refusal is told; what was adopted is listed."""
    usual = load_profile().scorecard
    view = Workshop(facts, usual, learned=half, folder=tmp_path)
    assert view.which.value == ""
    view.adopt.click()
    assert adoptions(tmp_path) == []

    view.factor.value, view.share.value = "harm", 0.0
    view.which.value, view.version.value, view.role.value = "tried", "2026-1", "leader"
    view.adopt.click()
    assert adoptions(tmp_path) == []
    view.why.value = "评议会上定的"
    view.adopt.click()

    assert [a.version for a in adoptions(tmp_path)] == ["2026-1"]
    assert load_profile(tmp_path).scorecard.hash != usual.hash
