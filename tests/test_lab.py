"""JupyterLab as gridkit starts it."""

from __future__ import annotations

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
