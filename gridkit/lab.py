"""JupyterLab as gridkit starts it: in Chinese, at the notebooks, asking no server for news."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from itertools import count
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
    """Put the notebooks and Lab's settings into a workspace.

    Returns
    -------
    Path
        The folder of the notebooks. One as an earlier gridkit wrote it is replaced by this
        gridkit's; one that was changed, or run and saved, stays as it is, and this
        gridkit's is put beside it, once, as `…_新版.ipynb`, and a line says so.
    """
    notebooks = workspace.folder / "notebooks"
    notebooks.mkdir(exist_ok=True)
    _renew(notebooks, workspace.folder / ".jupyter" / "notebooks.json")
    for plugin, values in _SETTINGS.items():
        folder, _, name = plugin.rpartition("/")
        target = _settings(workspace) / folder / f"{name}.jupyterlab-settings"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(values), encoding="utf-8")
    return notebooks


def _renew(notebooks: Path, record: Path) -> None:
    """Bring the notebooks up to this gridkit; the record holds the hash of what was written."""
    written = _read(record)
    beside = []
    for source in notebook_sources():
        its, target, before = _hash(source), notebooks / source.name, written.get(source.name)
        written[source.name] = its
        if not target.exists() or (before != its and _hash(target) == before):
            shutil.copyfile(source, target)
        elif before != its and _hash(target) != its:
            target = _free(target, before)
            shutil.copyfile(source, target)
            beside.append(target.name)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(written, indent=1), encoding="utf-8")
    if beside:
        names = "、".join(beside)
        sys.stdout.write(
            f"笔记本有新版: {names}。您改过或运行过的旧版都留着, 没有动。\n"
            f"New notebooks beside your own, which were kept: {', '.join(beside)}.\n"
        )


def _read(record: Path) -> dict[str, str]:
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or not legible: then nothing is overwritten
        return {}
    return found if isinstance(found, dict) else {}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _free(target: Path, before: str | None) -> Path:
    """Give a name beside a notebook that is free, or holds what gridkit wrote there."""
    for number in count(1):
        name = f"{target.stem}_新版{number if number > 1 else ''}.ipynb"
        beside = target.with_name(name)
        if not beside.exists() or _hash(beside) == before:
            break
    return beside


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


def unheard() -> list[str]:
    """Say that server and kernel shall talk in private: the port of a kernel is everybody's.

    Whoever else has an account on the machine could listen in to what a kernel shows. Empty
    where the installed libraries are not known to encrypt that: jupyter_client below 8.10,
    or ZeroMQ without CURVE.
    """
    import zmq

    version = tuple(int(part) for part in metadata.version("jupyter_client").split(".")[:2])
    if version < (8, 10) or not zmq.has("curve"):
        return []
    return ["--KernelManager.transport_encryption=auto"]


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
    words += unheard()
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
