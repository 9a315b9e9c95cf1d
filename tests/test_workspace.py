"""The workspace: one folder, never overwritten, found where one expects it."""

from __future__ import annotations

from contextlib import closing

import pytest

import gridkit as gk
from gridkit.errors import DataError, StoreError
from gridkit.exchange.xlsform import phone_form
from gridkit.records import spec


def test_a_workspace_is_found_by_its_folder_its_variable_or_where_one_stands(
    tmp_path, monkeypatch
):
    """By name; by GRIDKIT_WORKSPACE; as ./workspace; as ../workspace from the notebooks."""
    made = gk.create_workspace(
        tmp_path / "workspace", name='青溪"县"', county_code="990428", invented=True
    )
    made.close()
    monkeypatch.delenv("GRIDKIT_WORKSPACE", raising=False)
    (tmp_path / "notebooks").mkdir()
    found = [gk.open_workspace(tmp_path / "workspace")]
    monkeypatch.chdir(tmp_path)
    found.append(gk.open_workspace())
    monkeypatch.chdir(tmp_path / "notebooks")
    found.append(gk.open_workspace())
    monkeypatch.chdir("/")
    monkeypatch.setenv("GRIDKIT_WORKSPACE", str(tmp_path / "workspace"))
    found.append(gk.open_workspace())

    assert [w.name for w in found] == ['青溪"县"'] * 4
    assert all(w.invented for w in found)


def test_a_workspace_with_a_ledger_is_never_overwritten(tmp_path):
    """Making it a second time is refused; what was recorded is there."""
    workspace = gk.create_workspace(tmp_path, name="青溪县", county_code="990428")
    visit = gk.Visit(grid_id="990428100001001", visited_on="2026-01-05", outcome="refused")
    workspace.store.add([visit], by_role="grid_worker")
    workspace.close()

    with pytest.raises(StoreError, match="not overwritten"):
        gk.create_workspace(tmp_path, name="别的县", county_code="990429")

    again = gk.open_workspace(tmp_path)
    assert again.name == "青溪县"
    assert len(again.store.frame("visit")) == 1
    again.close()


def test_a_workspace_is_there_whole_or_not_at_all(tmp_path):
    """Killed while the first records are written: no half workspace, and a second try works."""

    def killed(store: gk.records.Store) -> None:
        visit = gk.Visit(grid_id="990428100001001", visited_on="2026-01-05", outcome="refused")
        store.add([visit], by_role="trainer")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gk.create_workspace(tmp_path / "w", name="青溪县", county_code="990428", fill=killed)

    assert list((tmp_path / "w").iterdir()) == []
    again = gk.create_workspace(tmp_path / "w", name="青溪县", county_code="990428")
    assert again.store.frame("visit").empty
    again.close()


@pytest.mark.parametrize("name", ["a\nb", "", "x\x00"])
def test_a_name_with_control_characters_is_refused_before_anything_is_made(tmp_path, name):
    """It could not be read back."""
    with pytest.raises(DataError, match="one line"):
        gk.create_workspace(tmp_path / "w", name=name, county_code="990428")

    assert not (tmp_path / "w").exists()


def test_no_workspace_says_where_it_was_looked_for(tmp_path, monkeypatch):
    """And what to do."""
    monkeypatch.delenv("GRIDKIT_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(StoreError, match="gridkit demo"):
        gk.open_workspace()


@pytest.mark.parametrize("inside", [".", "notebooks"])
def test_a_workspace_is_found_from_inside(tmp_path, monkeypatch, inside):
    """Its notebooks open it in any editor, also where gridkit did not start the editor."""
    monkeypatch.delenv("GRIDKIT_WORKSPACE", raising=False)
    gk.create_workspace(tmp_path / "某县", name="某县", county_code="990428").close()
    (tmp_path / "某县" / inside).mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "某县" / inside)

    with closing(gk.open_workspace()) as workspace:
        assert workspace.name == "某县"


@pytest.mark.parametrize("text", ["name = ", "invented = true", "\ufffd\x00"])
def test_an_about_file_that_cannot_be_read_says_what_it_needs(tmp_path, text):
    """Broken TOML, or a key that is not there."""
    (tmp_path / "about.toml").write_text(text, encoding="utf-8")

    with pytest.raises(StoreError, match="it needs `name` and `invented`"):
        gk.open_workspace(tmp_path)


def test_a_countys_own_profile_is_used_where_it_has_one(tmp_path):
    """A folder `profile` overlays the packaged tables."""
    workspace = gk.create_workspace(tmp_path, name="青溪县", county_code="990428")
    default = gk.load_profile()

    assert workspace.profile.hash == default.hash
    assert {"visit", "concern", "step", "decision"} <= set(spec.RECORD_SPECS)
    assert not workspace.has_grids
    workspace.close()


def test_without_an_own_profile_code_and_name_are_the_workspace_s(tmp_path):
    """A county of 山东 has its province's clause and its own name, not the default's."""
    made = gk.create_workspace(tmp_path, name="某县", county_code="370102")
    profile = made.profile

    assert (profile.county_code, profile.name.zh, profile.invented) == ("370102", "某县", False)
    assert made.store.profile is profile
    regional = [c for c in profile.clauses if c.regions]
    assert any(c.in_force_in(profile.county_code) for c in regional)
    assert phone_form(profile).settings["form_title"].startswith("某县")
    made.close()


def test_an_own_county_file_is_believed(tmp_path):
    """`profile/county.toml` says code and name where the workspace has one."""
    made = gk.create_workspace(tmp_path, name="某县 (试用)", county_code="370102")
    made.close()
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "county.toml").write_text(
        'code = "370102"\nzh = "某县"\nen = "Some County"\ninvented = false\ngrid_digits = 4\n'
        'source = "test"\n',
        encoding="utf-8",
    )

    profile = gk.open_workspace(tmp_path).profile

    assert (profile.name.zh, profile.grid_digits) == ("某县", 4)
