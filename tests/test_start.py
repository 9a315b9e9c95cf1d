"""start.py on throw-away projects: real environments, real pip, wheels made on the spot."""

import ast
import base64
import contextlib
import hashlib
import http.server
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CLEAN = {
    name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))
}
CLEAN |= {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "1", "PIP_TIMEOUT": "20"}
PYTHON = str(Path(sys._base_executable).resolve())

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "gridkit"
version = "0.1.0"
"""
BACKEND = """
import base64, pathlib, zipfile

def build_editable(folder, settings=None, metadata=None):
    name, info = "gridkit-0.1.0-py3-none-any.whl", "gridkit-0.1.0.dist-info/"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        wheel.writestr("gridkit.pth", str(pathlib.Path.cwd()))
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: gridkit\\nVersion: 0.1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\\ngridkit = demo:main\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
DEMO = """
import sys

def main():
    import salt
    print("demo with salt", salt.VERSION, sys.argv[1:])
"""
TOOLS = """
import sys

def ruff():
    print("ruff", *sys.argv[1:])
    return sys.argv[1] == "format"

def mypy():
    print("mypy")

def layers():
    print("layers")

def pytest():
    print("pytest", *sys.argv[1:])
    print("== 3 passed ==")
"""
TOOL_SCRIPTS = """[console_scripts]
ruff = tools:ruff
mypy = tools:mypy
lint-imports = tools:layers
pytest = tools:pytest
"""


class Shelf:
    """A package index on this machine: a folder of wheels behind a real web server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gate = threading.Event()  # closed: files named slow-* wait
        self.asked = threading.Event()
        self.gate.set()
        shelf = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args: object) -> None:
                super().__init__(*args, directory=str(folder))

            def do_GET(self) -> None:
                if "slow-" in self.path:
                    shelf.asked.set()
                    shelf.gate.wait(60)
                with contextlib.suppress(ConnectionError):  # the caller was killed
                    super().do_GET()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.env = CLEAN | {"PIP_INDEX_URL": f"http://127.0.0.1:{self.server.server_port}/"}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, name: str, version: str = "1.0", text: str = "", scripts: str = "") -> str:
        """Put a wheel on the shelf; its line for a lock."""
        path = self.folder / name / f"{name}-{version}-py3-none-any.whl"
        path.parent.mkdir(exist_ok=True)
        info = f"{name}-{version}.dist-info/"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(f"{name}.py", text or f"VERSION = {version!r}\n")
            about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            wheel.writestr(info + "METADATA", about)
            kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            wheel.writestr(info + "WHEEL", kind)
            wheel.writestr(info + "entry_points.txt", scripts)
            wheel.writestr(info + "RECORD", "")
        return pin(f"{name}=={version}", hashlib.sha256(path.read_bytes()).hexdigest())


def pin(requirement: str, digest: str) -> str:
    """Write one requirement as uv does."""
    return f"{requirement} \\\n    --hash=sha256:{digest}\n"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Serve an index of small packages."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    yield shelf
    shelf.gate.set()
    shelf.server.shutdown()
    shelf.server.server_close()


def make_office(folder: Path, lock: str, test_lock: str = "") -> Path:
    """Write a project of a few lines with the real start.py in it."""
    (folder / ".ci").mkdir(parents=True)
    for name in ("start.py", ".ci/bundle.py"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "demo.py").write_text(DEMO)
    (folder / "requirements.lock").write_text(lock)
    (folder / ".ci" / "test.lock").write_text(lock + test_lock)
    return folder


def start(office: Path, *words: str, env=CLEAN, before=()) -> subprocess.CompletedProcess[str]:
    """Run `python3 start.py WORDS` there to its end."""
    command = [*before, PYTHON, str(office / "start.py"), *words]
    return subprocess.run(
        command, env=env, cwd="/", capture_output=True, text=True, timeout=120, check=False
    )


def unshare(flag: str) -> list[str]:
    """Give the command that takes the network (-n) or the mounts (-m) away, or skip."""
    for words in (["unshare", flag], ["unshare", "-r", flag]):
        if shutil.which("unshare") and subprocess.call([*words, "true"]) == 0:
            return words
    return pytest.skip("needs Linux namespaces: `unshare` is missing or forbidden here")


@pytest.fixture(scope="module")
def office(shelf, tmp_path_factory):
    """Make a project that was started once, for tests that only use it."""
    tools = shelf.add("tools", text=TOOLS, scripts=TOOL_SCRIPTS)
    folder = make_office(
        tmp_path_factory.mktemp("办公室") / "grid kit", shelf.add("salt"), tools
    )
    done = start(folder, env=shelf.env)
    assert done.returncode == 0, done.stderr
    folder.joinpath("first.txt").write_text(done.stdout + "|" + done.stderr, encoding="utf-8")
    return folder


def test_it_parses_on_python_3_6():
    """An old Python can read the file, so that it can say what it needs."""
    ast.parse((ROOT / "start.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_old_python_is_told_what_to_get():
    """Real old interpreters say, in Chinese and English, which version is needed."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    old = [
        path for path in home.glob("3.*/bin/python3") if int(path.parts[-3].split(".")[1]) < 11
    ]
    if not old:
        pytest.skip("no Python below 3.11 on this machine")

    for python in old:
        done = subprocess.run([python, ROOT / "start.py"], capture_output=True, check=False)

        assert done.returncode == 2
        assert "需要 Python 3.11 或更新" in done.stderr.decode()
        assert "needs Python 3.11 or newer" in done.stderr.decode()


def test_start_installs_and_opens_the_demo(office):
    """A first start installs the lock and gridkit, tells its steps, then runs the demo."""
    said, told = (office / "first.txt").read_text(encoding="utf-8").split("|")

    assert said == "demo with salt 1.0 ['demo']\n"  # stdout is the command's alone
    assert "making .venv" in told
    assert re.search(r"装好了, 用时 \d+ 秒 · ready after \d+ s", told)


def test_second_start_is_fast_and_silent(office):
    """Nothing is installed again: the command runs at once."""
    began = time.monotonic()
    done = start(office, env=CLEAN | {"PIP_INDEX_URL": "http://127.0.0.1:9/"})

    assert time.monotonic() - began < 1.5
    assert (done.stdout, done.stderr) == ("demo with salt 1.0 ['demo']\n", "")


def test_any_command_runs_in_the_environment(office):
    """Arguments and the exit code pass through; the environment's own Python comes first."""
    done = start(office, "python", "-c", "import sys; print(sys.prefix); sys.exit(7)")

    assert done.returncode == 7
    assert done.stdout.strip() == str(office / ".venv")


def test_unknown_command_is_named(office):
    """A command that does not exist ends with code 2 and a hint."""
    done = start(office, "gridkitt")

    assert done.returncode == 2
    assert done.stderr == (
        "\n找不到命令 gridkitt。用法见 `python3 start.py --help`。\n"
        "There is no command gridkitt. See `python3 start.py --help`.\n"
    )


def test_help_shows_every_use(office):
    """`--help` needs no set-up and names each way to call it."""
    told = start(office, "--help").stdout

    assert all(f"start.py {word}" in told for word in ("test", "CMD", "bundle"))


def test_all_stages_run_and_a_failed_one_counts(shelf, office):
    """Lint, types, layers and tests all run; a failure shows in the exit code; pytest closes."""
    done = start(office, "test", env=shelf.env)

    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "layers",
        "pytest -n 2 --dist loadfile",
        "== 3 passed ==",
    ]
    assert "failed: ruff format --check ." in done.stderr
    again = start(office, env=CLEAN | {"PIP_INDEX_URL": "http://127.0.0.1:9/"})
    assert (again.returncode, again.stderr) == (
        0,
        "",
    )  # the demo needs no set-up after the tests


def test_changed_lock_is_followed(shelf, tmp_path):
    """A new lock brings the new version in and takes out what it no longer names."""
    office = make_office(tmp_path / "office", shelf.add("salt") + shelf.add("sugar"))
    start(office, env=shelf.env)

    (office / "requirements.lock").write_text(shelf.add("salt", "2.0"))
    done = start(office, env=shelf.env)
    sugar = start(office, "python", "-c", "import sugar")

    assert done.stdout == "demo with salt 2.0 ['demo']\n"
    assert "No module named 'sugar'" in sugar.stderr


def test_own_environment_is_kept(shelf, tmp_path):
    """A .venv that somebody made is completed, not replaced."""
    office = make_office(tmp_path / "office", shelf.add("salt"))
    subprocess.run([PYTHON, "-m", "venv", office / ".venv"], check=True)
    mine = office / ".venv" / "mine.txt"
    mine.write_text("mine")

    done = start(office, env=shelf.env)

    assert done.stdout == "demo with salt 1.0 ['demo']\n"
    assert mine.exists()


def test_foreign_environment_is_not_touched(tmp_path):
    """A .venv that cannot serve is named, not deleted."""
    office = make_office(tmp_path / "office", "")
    (office / ".venv").mkdir()
    (office / ".venv" / "pyvenv.cfg").write_text("version = 3.8.0")

    done = start(office)

    assert done.returncode == 2
    assert "was not made by start.py" in done.stderr
    assert [path.name for path in (office / ".venv").glob("py*")] == ["pyvenv.cfg"]


def test_interrupted_start_recovers(shelf, tmp_path):
    """After Ctrl-C in the first seconds, and kill -9 in a download, the next start succeeds."""
    office = make_office(tmp_path / "office", shelf.add("salt") + shelf.add("slow"))
    command = [PYTHON, str(office / "start.py")]
    own = {"env": shelf.env, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}

    with subprocess.Popen(command, **own) as child:
        child.stderr.readline()  # it makes .venv
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does
        told = child.communicate(timeout=30)[1]
    shelf.gate.clear()
    shelf.asked.clear()
    with subprocess.Popen(command, **own) as killed:
        assert shelf.asked.wait(60)
        killed.kill()  # its pip lives on, with the lock in hand
    shelf.gate.set()
    done = start(office, env=shelf.env)

    assert child.returncode == 130
    assert "interrupted; run again" in told
    assert done.stdout == "demo with salt 1.0 ['demo']\n", done.stderr


def test_two_starts_at_once_do_not_collide(shelf, tmp_path):
    """The second waits for the first, and installs nothing itself."""
    office = make_office(tmp_path / "office", shelf.add("salt") + shelf.add("slow"))
    command = [PYTHON, str(office / "start.py")]
    shelf.gate.clear()
    shelf.asked.clear()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}

    with subprocess.Popen(command, env=shelf.env, **pipes) as first:
        assert shelf.asked.wait(60)
        with subprocess.Popen(command, env=shelf.env, **pipes) as second:
            assert "another start.py is at work" in second.stderr.readline()
            shelf.gate.set()
            told = [first.communicate(timeout=60), second.communicate(timeout=60)]

    assert [said for said, _ in told] == ["demo with salt 1.0 ['demo']\n"] * 2
    assert "ready after" in told[0][1]
    assert told[1][1] == ""


def test_altered_package_is_refused(shelf, tmp_path):
    """A package that differs from its locked hash is not installed."""
    office = make_office(tmp_path / "office", pin("salt==1.0", "0" * 64))
    shelf.add("salt")

    done = start(office, env=shelf.env)

    assert done.returncode == 2
    assert "与锁定的哈希不符" in done.stderr
    assert "is not the locked one and was not installed" in done.stderr


def test_bundle_installs_with_the_network_cut(shelf, tmp_path):
    """Where wheels/ stands, a machine without any network sets itself up."""
    prefix = unshare("-n")
    windows = shelf.add("salt").replace(" \\", " ; sys_platform == 'linux' \\")
    office = make_office(tmp_path / "office", windows + shelf.add("pepper"))

    gathered = start(office, "bundle", env=shelf.env)
    done = start(office, before=prefix)

    assert "wheels/ 有 2 个安装包" in gathered.stderr
    assert done.stdout == "demo with salt 1.0 ['demo']\n", done.stderr


def test_bundle_judges_markers_for_the_machine_over_there(shelf, tmp_path):
    """For Windows it takes what only Windows needs, and both of what depends on a 3.x.y."""
    lock = shelf.add("salt").replace(" \\", " ; sys_platform == 'linux' \\")
    lock += shelf.add("pepper").replace(" \\", " ; platform_machine == 'AMD64' \\")
    lock += shelf.add("soup").replace(" \\", " ; python_full_version < '3.12.5' \\")
    lock += shelf.add("soup", "2.0").replace(" \\", " ; python_full_version >= '3.12.5' \\")
    office = make_office(tmp_path / "office", lock)
    old = office / "wheels" / "old-1.0-py3-none-any.whl"
    old.parent.mkdir()
    old.write_text("of a lock long gone")

    done = start(office, "bundle", "--platform", "windows", "--python", "3.12", env=shelf.env)

    assert done.returncode == 0, done.stderr
    names = {path.name.removesuffix("-py3-none-any.whl") for path in old.parent.iterdir()}
    assert names == {"pepper-1.0", "soup-1.0", "soup-2.0"}


def test_bundle_names_the_platforms_it_knows(office):
    """An unknown platform ends with the list of known ones."""
    done = start(office, "bundle", "--platform", "amiga")

    assert done.returncode == 2
    assert "Platforms: windows, macos-arm, linux-x86, linux-arm" in done.stderr


def test_no_network_points_to_bundle(shelf, tmp_path):
    """Without a network and without wheels/, it says so and how to bring them."""
    office = make_office(tmp_path / "office", shelf.add("salt"))

    done = start(office, env=shelf.env, before=unshare("-n"))

    assert done.returncode == 2
    assert "连不上网络, 本机也没有现成的安装包" in done.stderr
    assert "run `python3 start.py bundle` on one that is online" in done.stderr


@pytest.mark.parametrize(
    "size", ["6m", "40m"], ids=["pip_does_not_fit", "package_does_not_fit"]
)
def test_full_disk_is_named(shelf, tmp_path, size):
    """A disk that fills up while pip or a package is installed is told as such."""
    noise = base64.b85encode(os.urandom(3_000_000)).decode() * 10
    office = make_office(tmp_path / "office", shelf.add("ballast", text=f"X = '''{noise}'''\n"))
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size={size} tmpfs {disk} && cp -r {office}/. {disk} && exec "
    before = [*unshare("-m"), "sh", "-c", mount + '"$@"', "sh"]

    done = start(disk, env=shelf.env, before=before)

    assert done.returncode == 2
    assert "磁盘已满" in done.stderr
    assert "The disk is full" in done.stderr


def test_read_only_folder_is_named(tmp_path):
    """A folder that cannot be written is told as such."""
    office = make_office(tmp_path / "office", "")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs tmpfs {disk} && cp -r {office}/. {disk}"
    mount += f" && mount -o remount,ro {disk} && exec "
    before = [*unshare("-m"), "sh", "-c", mount + '"$@"', "sh"]

    done = start(disk, before=before)

    assert done.returncode == 2
    assert "不能写入此文件夹" in done.stderr
    assert "This folder cannot be written" in done.stderr


def test_python_without_venv_is_named(tmp_path):
    """A Python split up as Debian does it says which package is missing."""
    office = make_office(tmp_path / "office", "")
    library = Path(sysconfig.get_path("stdlib"))
    cut = tmp_path / "home" / "lib" / library.name
    cut.mkdir(parents=True)
    for child in library.iterdir():
        if child.name != "ensurepip":
            (cut / child.name).symlink_to(child)

    done = start(office, env=CLEAN | {"PYTHONHOME": str(tmp_path / "home")})

    assert done.returncode == 2
    assert "此 Python 没有 venv 模块" in done.stderr
    assert "sudo apt install python3-venv" in done.stderr


def test_missing_lock_is_named(tmp_path):
    """A folder copied in part says which file it lacks."""
    office = make_office(tmp_path / "office", "")
    (office / "requirements.lock").unlink()

    done = start(office)

    assert done.returncode == 2
    assert "缺少 gridkit 自己的文件" in done.stderr
    assert "requirements.lock" in done.stderr
