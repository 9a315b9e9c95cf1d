"""JupyterLab as gridkit starts it: in Chinese, at the notebooks, asking no server for news."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from gridkit.records.workspace import WORKSPACE_VARIABLE, Workspace

_SETTINGS = {
    "@jupyterlab/translation-extension/plugin": {"locale": "zh_CN"},
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/extensionmanager-extension/plugin": {"enabled": False},
    # a form's answers and clicks in the order in which they were given: one thread, not two
    "@jupyterlab/apputils-extension/kernels-settings": {"commsOverSubshells": "disabled"},
}

_NO_UPDATES = "jupyterlab.handlers.announcements.NeverCheckForUpdate"


def notebook_sources() -> list[Path]:
    """Find the notebooks that gridkit ships: in its checkout, or where a wheel put them."""
    checkout = Path(__file__).parent.parent
    if (checkout / "pyproject.toml").is_file():
        return sorted((checkout / "notebooks").glob("*.ipynb"))
    return sorted((Path(sys.prefix) / "share" / "gridkit" / "notebooks").glob("*.ipynb"))


def prepare(workspace: Workspace) -> Path:
    """Put the notebooks and Lab's settings into a workspace; what is there is kept.

    Returns
    -------
    Path
        The folder of the notebooks. A notebook that the user has changed stays as it is.
    """
    notebooks = workspace.folder / "notebooks"
    notebooks.mkdir(exist_ok=True)
    for source in notebook_sources():
        if not (notebooks / source.name).exists():
            shutil.copyfile(source, notebooks / source.name)
    for plugin, values in _SETTINGS.items():
        folder, _, name = plugin.rpartition("/")
        target = _settings(workspace) / folder / f"{name}.jupyterlab-settings"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(values), encoding="utf-8")
    return notebooks


def _settings(workspace: Workspace) -> Path:
    return workspace.folder / ".jupyter" / "user-settings"


def environment(workspace: Workspace) -> dict[str, str]:
    """Give the environment in which Lab and its kernels know the workspace."""
    own = workspace.folder.resolve() / ".jupyter"
    return {
        **os.environ,
        WORKSPACE_VARIABLE: str(workspace.folder.resolve()),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "LANG": os.environ.get("LANG", "zh_CN.UTF-8"),
    }


def command(notebooks: Path, *, browser: bool, port: int | None = None) -> list[str]:
    """Write the command that starts Lab on this machine only, with its token on."""
    words = [sys.executable, "-m", "jupyterlab", str(notebooks)]
    words += ["--ServerApp.ip=127.0.0.1", "--LabApp.extension_manager=readonly"]
    words.append("--LabApp.default_url=/lab/tree/1_record.ipynb")  # not the launcher
    words += ["--LabApp.news_url=None", f"--LabApp.check_for_updates_class={_NO_UPDATES}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")
    if not browser:
        words.append("--no-browser")
    if port is not None:
        words.append(f"--ServerApp.port={port}")
    return words


def run(workspace: Workspace, *, browser: bool = True) -> int:
    """Start Lab and wait until it ends; its exit code."""
    notebooks = prepare(workspace)
    started = subprocess.run(
        command(notebooks, browser=browser), env=environment(workspace), check=False
    )
    return started.returncode
