"""JupyterLab as gridkit starts it."""

from __future__ import annotations

import hashlib
import json

import gridkit as gk
from gridkit import lab


def test_lab_is_in_chinese_and_asks_no_server_for_news(tmp_path):
    """Settings of the workspace only; the user's own Lab is left as it is."""
    workspace = gk.create_workspace(tmp_path / "w", name="某县", county_code="990428")

    notebooks = lab.prepare(workspace)
    environment = lab.environment(workspace)
    words = lab.command(notebooks, browser=False)

    settings = {
        p.parent.name: json.loads(p.read_text("utf-8"))
        for p in (tmp_path / "w" / ".jupyter").rglob("*.jupyterlab-settings")
    }
    assert settings["translation-extension"] == {"locale": "zh_CN"}
    assert settings["apputils-extension"] == {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
    assert environment["GRIDKIT_WORKSPACE"] == str((tmp_path / "w").resolve())
    assert "--ServerApp.ip=127.0.0.1" in words
    assert "--LabApp.news_url=None" in words
    assert not any("token=" in word or "password" in word for word in words)
    workspace.close()


def test_notebooks_that_a_user_changed_are_kept(tmp_path):
    """Starting again copies only what is not there."""
    workspace = gk.create_workspace(tmp_path / "w", name="某县", county_code="990428")
    notebooks = lab.prepare(workspace)
    names = sorted(p.name for p in notebooks.iterdir())
    (notebooks / names[0]).write_text("mine", encoding="utf-8")

    lab.prepare(workspace)

    assert names == [p.name for p in lab.notebook_sources()]
    assert len(names) >= 3
    assert (notebooks / names[0]).read_text("utf-8") == "mine"
    workspace.close()


def _as_an_earlier_gridkit_left(folder, names) -> None:
    """Write other notebooks, and the record of them that belongs to them."""
    hashes = {}
    for name in names:
        (folder / "notebooks" / name).write_text("earlier", encoding="utf-8")
        hashes[name] = hashlib.sha256(b"earlier").hexdigest()
    (folder / ".jupyter" / "notebooks.json").write_text(json.dumps(hashes), encoding="utf-8")


def test_an_upgrade_renews_notebooks_and_keeps_those_that_were_changed(tmp_path, capsys):
    """Untouched ones are replaced; beside a changed one the new one lies, once, and is told."""
    workspace = gk.create_workspace(tmp_path / "w", name="某县", county_code="990428")
    notebooks = lab.prepare(workspace)
    sources = {p.name: p.read_bytes() for p in lab.notebook_sources()}
    mine, *others = sources
    _as_an_earlier_gridkit_left(tmp_path / "w", sources)
    (notebooks / mine).write_text("mine", encoding="utf-8")
    beside = notebooks / mine.replace(".ipynb", "_新版.ipynb")

    lab.prepare(workspace)

    assert all((notebooks / name).read_bytes() == sources[name] for name in others)
    assert (notebooks / mine).read_text("utf-8") == "mine"
    assert beside.read_bytes() == sources[mine]
    assert beside.name in capsys.readouterr().out
    beside.unlink()
    lab.prepare(workspace)
    assert not beside.exists()
    assert capsys.readouterr().out == ""
    workspace.close()


def test_without_a_record_no_notebook_is_overwritten(tmp_path):
    """A workspace from before there was one: nobody knows what was changed; nor in 新版."""
    workspace = gk.create_workspace(tmp_path / "w", name="某县", county_code="990428")
    notebooks = lab.prepare(workspace)
    first = lab.notebook_sources()[0]
    (tmp_path / "w" / ".jupyter" / "notebooks.json").unlink()
    for name in (first.name, f"{first.stem}_新版.ipynb"):
        (notebooks / name).write_text("mine", encoding="utf-8")

    lab.prepare(workspace)

    assert (notebooks / first.name).read_text("utf-8") == "mine"
    assert (notebooks / f"{first.stem}_新版.ipynb").read_text("utf-8") == "mine"
    assert (notebooks / f"{first.stem}_新版2.ipynb").read_bytes() == first.read_bytes()
    workspace.close()
