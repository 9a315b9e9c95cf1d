"""`gridkit bundle` and `gridkit merge`: what they say, and that they change only the ledger."""

from __future__ import annotations

import sqlite3

import pytest
from typer.testing import CliRunner

import gridkit as gk
from gridkit.cli import app
from gridkit.errors import BundleError, DataError
from gridkit.records import signing
from gridkit.records.bundle import bundle_header
from gridkit.records.bundle_file import write_file


def heard(n=1):
    """Make a sound concern."""
    return gk.Concern(
        record_id=f"C-{n}",
        grid_id="990428100001001",
        source="window",
        heard_on="2026-03-02",
        demand_type="water",
        people_affected=n,
    )


@pytest.fixture
def county(tmp_path):
    """Make two workspaces of one county, one of them with two concerns."""
    made = [
        gk.create_workspace(tmp_path / name, name="青溪县", county_code="990428")
        for name in ("tablet", "office")
    ]
    made[0].store.add([heard(1), heard(2)], by_role="grid_worker")
    yield made
    for workspace in made:
        workspace.close()


def run(*arguments):
    """Run a command; give its exit code and what it printed."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_a_tablet_is_brought_to_the_office_on_a_stick(county, tmp_path):
    """The key is shown and trusted once; then any bundle is merged, also twice."""
    tablet, office = county
    stick = tmp_path / "tablet.gkb"

    shown = run("bundle", "--key")[1]
    wrote = run("bundle", stick, "-w", tablet.folder)[1]
    with_trust = ("merge", stick, "-w", office.folder, "--trust", signing.own_public())
    code, said = run(*with_trust, "--label", "3 号平板")

    assert signing.fingerprint(signing.own_public()) in shown
    assert "2 个修订" in wrote
    assert code == 0
    assert "3 号平板: 新增 2, 已有 0" in said
    assert "新增 0, 已有 2" in run("merge", stick, "-w", office.folder)[1]
    assert office.store.size("concern") == 2


def test_a_refused_bundle_ends_the_command_with_an_error(county, tmp_path):
    """What is not trusted or no bundle is named; the exit code tells scripts."""
    tablet, office = county
    run("bundle", tmp_path / "t.gkb", "-w", tablet.folder)

    code, said = run("merge", tmp_path / "t.gkb", "-w", office.folder)

    assert code == 1
    assert "信任名单" in said
    assert office.store.size("concern") == 0
    with pytest.raises(BundleError):
        run("merge", tmp_path / "absent.gkb", "-w", office.folder, "--salvage")
    with pytest.raises(DataError, match="64 hex"):
        run("merge", "-w", office.folder, "--trust", "abc", "--label", "x")


def test_conflicts_are_shown_and_what_is_alike_is_settled(county, tmp_path):
    """The same import on two devices, one record of it changed on one."""
    tablet, office = county
    office.store.add(
        [heard(1), heard(2).model_copy(update={"people_affected": 9})], by_role="importer"
    )
    signing.trust(office.folder, signing.own_public(), "3 号平板")
    run("bundle", tmp_path / "t.gkb", "-w", tablet.folder)

    said = run("merge", tmp_path / "t.gkb", "-w", office.folder)[1]
    after = run("merge", "-w", office.folder, "--settle-alike", "同一文件", "--role", "leader")[
        1
    ]

    assert "2 条记录在两处被分别修改" in said
    assert "已归一 1 件" in after
    assert office.store.conflicts().index.tolist() == ["C-2"]


def test_a_merge_without_bundles_says_that_nothing_is_open(county):
    """Silence could be taken for a command that did not run."""
    code, said = run("merge", "-w", county[1].folder)

    assert code == 0
    assert "没有要由人决定的冲突 · nothing waits" in said


def test_a_salvage_that_takes_nothing_from_a_bundle_is_no_success(county, tmp_path):
    """No tick where nothing could be read: what is lost is counted, scripts see a failure."""
    tablet, office = county
    stick = tmp_path / "t.gkb"
    signing.trust(office.folder, signing.own_public(), "3 号平板")
    run("bundle", stick, "-w", tablet.folder)
    header = bundle_header(stick)
    with stick.open("wb") as file:
        write_file(file, header, [b"[]", b"[]"])

    code, said = run("merge", stick, "-w", office.folder, "--salvage")

    assert code == 1
    assert "✓" not in said
    assert "什么也没能取出, 2 个修订都在断点之后" in said
    assert office.store.revision_count() == 0


def test_a_ledger_broken_at_its_first_revision_says_that_nothing_can_be_saved(county, tmp_path):
    """Not that there is nothing new: the way out is a backup."""
    tablet, _ = county
    with sqlite3.connect(tablet.store.path) as ledger:
        guards = ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in guards.fetchall():
            ledger.execute(f"DROP TRIGGER {name}")
        ledger.execute("UPDATE revision SET why = 'something else' WHERE seq = 1")
    ledger.close()

    with pytest.raises(BundleError, match="Nothing could be saved: all 2 revisions") as refused:
        run("bundle", tmp_path / "t.gkb", "-w", tablet.folder, "--salvage")

    assert "什么也没能救出" in refused.value.zh
    assert not list(tmp_path.glob("*.gkb"))
