"""Set gridkit up in this folder, then run a command in it; needs only Python 3.11 or newer.

python3 start.py                     安装 (如有需要), 打开演示 · set up where needed, open the demo
python3 start.py test [pytest ...]   查格式、类型、层次, 跑测试 · lint, types, layers and tests
python3 start.py CMD ...             在环境中运行命令 · any command in the environment
                                     例 · e.g.  python3 start.py jupyter lab
python3 start.py bundle [--help]     收集安装包到 wheels/, 带到不能上网的电脑 ·
                                     gather the packages, to be carried to a machine offline

有 wheels/ 文件夹时只从中安装, 不用网络 · where wheels/ stands, nothing is fetched.
镜像、代理照 pip 自己的设置 (PIP_*) · mirrors and proxies: pip's own settings (PIP_*) apply.
"""

import contextlib
import errno
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

# This file keeps to the syntax of Python 3.6, so that an old one gets as far as this answer.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write(
        f"gridkit 需要 Python 3.11 或更新, 这里是 {platform.python_version()} ({sys.executable})。\n"
        f"gridkit needs Python 3.11 or newer; this is {platform.python_version()}.\n"
    )
    for other in [shutil.which(f"python3.{minor}") for minor in range(20, 10, -1)]:
        if other and subprocess.call([other, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            sys.stderr.write(f"本机已有, 请用 · this machine has one:  {other} start.py\n")
            break
    else:
        sys.stderr.write(
            "安装新版 · get one:  winget install Python.Python.3.13 (Windows) | "
            "brew install python@3.13 (macOS) | apt install python3 python3-venv (Debian, Ubuntu)\n"
        )
    sys.exit(2)

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / ".ci" / "test.lock"  # the same versions and more
ENTRY = ROOT / "pyproject.toml"  # how gridkit itself is installed
WHEELS = ROOT / "wheels"
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
SITE = Path(sysconfig.get_path("purelib", "venv", {"base": str(VENV), "platbase": str(VENV)}))
STAMP = VENV / "start.json"  # what was installed; `{}` while a set-up runs
BUSY = VENV / "start.lock"
SERIES = ".".join(platform.python_version_tuple()[:2])
HERE = [SERIES, sysconfig.get_platform(), str(VENV)]  # what an environment is bound to

STAGES = ("ruff check .", "ruff format --check .", "mypy", "lint-imports")
# For what pip, uv or the system said (a pattern; the first found counts): what to tell.
FAULTS = r"""
No space left|Errno 28|not enough space|WinError 112
磁盘已满: 安装约需 1.5 GB。请腾出空间, 再运行一次。
The disk is full: about 1.5 GB is needed. Make room, then run this again.

No such file.*(\.lock|pyproject\.toml)
缺少 gridkit 自己的文件 (见下): 请重新取得完整的文件夹。
A file of gridkit itself is missing (see below): get the whole folder again.

DO NOT MATCH THE HASHES|[Hh]ash mismatch
安装包与锁定的哈希不符, 没有安装。用镜像的请换一个; 有 wheels/ 的请重新收集。
A package is not the locked one and was not installed. Try another mirror, or gather wheels/ anew.

Permission denied|Errno 13|Read-only file system|Errno 30|WinError (5|32)\b
不能写入此文件夹: 请把 gridkit 放到可写的位置, 并关闭正在使用它的程序。
This folder cannot be written: move gridkit to one that can, and close what uses it.

(?i)connection broken|name.?resolution|getaddrinfo|unreachable|refused|timed out|ProxyError|SSLError
连不上网络, 本机也没有现成的安装包。请连网或设好代理、镜像后再运行; 此机不能上网的,
在能上网的电脑上运行 `python3 start.py bundle`, 再把整个文件夹 (含 wheels/) 带来。
No network, and nothing stored here. Connect, or set a proxy or mirror, and run this again.
A machine offline: run `python3 start.py bundle` on one that is online, bring the folder with wheels/.

No matching distribution|Could not find a version|No solution found
下列安装包没有适合此系统与 Python 版本的。有 wheels/ 的, 请用 `start.py bundle` 为此机重新收集,
能上网的也可移走它; 没有的, 请换 Python 3.11–3.14。
The package below does not come for this system and Python. Gather wheels/ for this machine with
`start.py bundle`, or move it away if online; without wheels/, use Python 3.11 to 3.14.

.*
没有做完, 原因如下; 再运行一次会接上。
This did not finish, for the reason below; run it again to go on.
"""


class Stop(Exception):  # noqa: N818 -- not every end is an error
    """The end of this run: what is wrong and what to do, in Chinese and English."""

    def __init__(self, *, zh, en):
        super().__init__(zh, en)
        self.text = f"\n{zh}\n{en}\n"


def say(zh, en):
    """Tell the person what happens; on stderr, so that a command's output stays clean."""
    sys.stderr.write(f"gridkit · {zh} · {en}\n")


def fault(lines):
    """Turn what an installer or the system said into a Stop that says what to do."""
    told = [line for line in lines if re.match(r"error(?!: Ignored)", line, re.IGNORECASE)]
    told = [re.sub(r" \(from versions.*", "", line.rstrip()) for line in told or lines[-8:]]
    rows = [row.split("\n", 1) for row in FAULTS.strip().split("\n\n")]
    text = next(text for pattern, text in rows if re.search(pattern, "".join(lines)))
    return Stop(zh=text, en="\n".join("  " + line[:300] for line in told[-4:]))


def watch(command, what, total=0):
    """Run `command` with one line of progress in place of its output; raise Stop if it fails."""
    say(what, "...")
    began, shown, lines = time.monotonic(), 0.0, []
    terminal = sys.stderr.isatty()
    child = subprocess.Popen(
        [str(word) for word in command],
        env=dict(os.environ, PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        close_fds=False,  # it inherits the lock, see `alone`
        encoding="utf-8",
        errors="replace",
    )
    reader = threading.Thread(target=lines.extend, args=(child.stdout,), daemon=True)
    reader.start()
    try:
        while reader.is_alive():
            reader.join(0.2)
            elapsed = time.monotonic() - began
            if elapsed - shown > (0.2 if terminal else 10):
                shown = elapsed
                line = f"          {progress(lines, total)}{elapsed:.0f} s"
                sys.stderr.write("\r" + line.ljust(60) if terminal else line + "\n")
                sys.stderr.flush()
        code = child.wait()
    except BaseException:
        child.terminate()
        child.wait()
        raise
    sys.stderr.write("\r" + " " * 70 + "\r" if terminal else "")
    if code:
        raise fault(lines)


def progress(lines, total):
    """Say how far pip is, from its output and from what stands in the environment."""
    said = [line.split(" ", 1)[0] for line in list(lines)]
    total -= said.count("Ignoring")  # those for other systems
    if total <= 0:
        return ""
    if "Installing" in said:
        return f"安装 installing {min(len([*SITE.glob('*.dist-info')]), total)}/{total} · "
    return f"取包 fetching {said.count('Collecting') + said.count('Requirement')}/{total} · "


def pinned(lock):
    """List what `lock` pins: (name==version, marker, lines of hashes)."""
    pattern = r"^(\S+==\S+)(?: ; (.*?))? \\\n((?: +--hash=\S+(?: \\)?\n)+)"
    return re.findall(pattern, lock.read_text(encoding="utf-8"), re.MULTILINE)


def files(*, test):
    """Hash what the environment is made from."""
    paths = (ENTRY, LOCK, TEST_LOCK) if test else (ENTRY, LOCK)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def stamp():
    """Read what was installed; None where start.py has not been, {} where it was cut short."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}


def ready(*, test):
    """Tell whether the environment is as it must be."""
    have = stamp() or {}
    return (
        have.get("here") == HERE
        and files(test=test).items() <= have["files"].items()
        and PYTHON.exists()
    )


def usable(have):
    """Tell whether the environment can be brought up to date, or must be made anew."""
    if have is None and (VENV / "pyvenv.cfg").exists():
        if (SITE / "pip").is_dir() and PYTHON.exists():
            return True
        raise Stop(
            zh=f"{VENV} 不是 start.py 所建, 也不能用于 Python {SERIES}。请删除或改名, 再运行一次。",
            en=f"{VENV} was not made by start.py and does not serve Python {SERIES}. "
            "Delete or rename it, then run this again.",
        )
    return bool(have) and have["here"] == HERE and PYTHON.exists()


@contextlib.contextmanager
def alone():
    """Hold off other starts in this folder.

    The installer inherits the lock: one that outlives a killed start still holds it.
    """
    VENV.mkdir(exist_ok=True)
    with BUSY.open("a") as file:
        told = False
        while not grab(file.fileno()):
            if not told:
                say("另一个 start.py 正在安装, 等待中", "another start.py is at work, waiting")
                told = True
            time.sleep(0.3)
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        yield


def grab(descriptor):
    """Take the lock if nobody has it; a file system without locks counts as taken."""
    try:
        if WINDOWS:
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN)
    return True


def set_up(*, test=False):
    """Bring `.venv` to what the lock says; do nothing if it is there already."""
    if ready(test=test):
        return
    with alone():
        if not ready(test=test):  # else the start that we waited for has done it
            began = time.monotonic()
            update(test=test)
            took = time.monotonic() - began
            say(f"装好了, 用时 {took:.0f} 秒", f"ready after {took:.0f} s")


def update(*, test):
    """Make or complete the environment; what was installed for the tests stays current."""
    have = stamp()
    keep = usable(have)
    had = (keep and have) or {"files": {}, "names": []}
    test = test or TEST_LOCK.name in had["files"]
    lock = TEST_LOCK if test else LOCK
    names = [pin.split("==")[0] for pin, _, _ in pinned(lock)]
    now = {"here": HERE, "files": files(test=test), "names": names}
    changed = dict(now["files"].items() - had["files"].items())
    if not keep:
        make_venv()
    STAMP.write_text("{}", encoding="utf-8")
    if lock.name in changed:
        install(lock, len(names))
        gone = sorted(set(had["names"]) - set(names))
        if gone:
            watch([PYTHON, "-m", "pip", "uninstall", "-y", *gone], "清理旧包 removing old ones")
    if ENTRY.name in changed:
        words = ["--no-deps", "--no-index", "--no-build-isolation", "--editable", ROOT]
        watch([PYTHON, "-m", "pip", "install", *words], "安装 gridkit 本身 · gridkit itself")
    STAMP.write_text(json.dumps(now), encoding="utf-8")


def make_venv():
    """Make an empty environment, in place of what a set-up cut short has left."""
    try:
        import venv  # noqa: F401 -- Debian ships both apart from Python
        from ensurepip import version  # noqa: F401 -- only its folder may be left
    except ImportError:
        raise Stop(
            zh="此 Python 没有 venv 模块。Debian/Ubuntu: `sudo apt install python3-venv`; "
            f"或改用完整的 Python。现用: {sys.executable}",
            en="This Python has no venv module. Debian/Ubuntu: `sudo apt install python3-venv`; "
            f"or use a complete Python. This one: {sys.executable}",
        ) from None
    STAMP.write_text("{}", encoding="utf-8")
    for child in VENV.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(str(child))
        elif child not in (STAMP, BUSY):
            child.unlink()
    # in two steps, for venv hides why ensurepip failed
    words = [sys.executable, "-m", "venv", "--without-pip", "--prompt", "gridkit", VENV]
    watch(words, "建立环境 .venv · making .venv")
    watch([PYTHON, "-Im", "ensurepip", "--upgrade", "--default-pip"], "装入 pip · adding pip")
    STAMP.write_text(json.dumps({"here": HERE, "files": {}, "names": []}), encoding="utf-8")


def install(lock, total):
    """Install what `lock` pins, each file checked against its hash."""
    words = ["--require-hashes", "--no-deps", "-r", lock]
    if WHEELS.is_dir():
        words = ["--no-index", "--find-links", WHEELS, *words]
    uv = shutil.which("uv")
    if uv and (WHEELS.is_dir() or not pip_has_settings()):
        with contextlib.suppress(Stop):  # pip gets its turn, and its reason is shown
            watch(
                [uv, "pip", "install", "--python", PYTHON, *words], "uv 安装 · installing by uv"
            )
            return
    # a first start compiles what it imports: 4 s, where compiling all here takes 23 s
    words = [PYTHON, "-m", "pip", "install", "--no-compile", *words]
    watch(words, "pip 安装 · installing by pip", total)


def pip_has_settings():
    """Tell whether pip was given a mirror, a proxy or a certificate, which uv does not read."""
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
    return re.search(rb"index-url|find-links|proxy|cert|trusted-host", told) is not None


def bundle(arguments):
    """Gather the wheels of the lock for one platform; .ci/bundle.py needs no more than pip."""
    with alone():
        if not usable(stamp()):
            make_venv()
        return run([PYTHON, ROOT / ".ci" / "bundle.py", *arguments], leave=False)


def run(command, *, leave=True):
    """Run a command in the environment; return its exit code, unless it is the last act."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    env.update(VIRTUAL_ENV=str(VENV), PATH=str(BIN) + os.pathsep + env.get("PATH", ""))
    found = shutil.which(str(command[0]), path=env["PATH"])
    if not found:
        raise Stop(
            zh=f"找不到命令 {command[0]}。用法见 `python3 start.py --help`。",
            en=f"There is no command {command[0]}. See `python3 start.py --help`.",
        )
    if leave and not WINDOWS:
        os.execve(found, command, env)
    child = subprocess.Popen([found, *map(str, command[1:])], env=env)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child got it too, and decides
            continue


def test(arguments):
    """Run lint, types, import contracts and the tests; the closing line is pytest's."""
    set_up(test=True)
    os.chdir(str(ROOT))
    failed = []
    for stage in STAGES:
        say(stage, "...")
        if run(stage.split(), leave=False):
            failed.append(stage)
    if failed:
        say(f"未过 {len(failed)} 项", "failed: " + ", ".join(failed))
    # one worker takes a whole file, so that what its tests share is made once
    code = run(["pytest", *(arguments or ["-n", "2", "--dist", "loadfile"])], leave=False)
    return code or bool(failed)


def main(arguments):
    """Do what was asked, and return the exit code."""
    first = arguments[0] if arguments else ""
    if first in ("-h", "--help"):
        sys.stdout.reconfigure(errors="replace")
        print(__doc__)
        return 0
    try:
        if first in ("test", "bundle"):
            return {"test": test, "bundle": bundle}[first](arguments[1:])
        set_up()
        return run(arguments or ["gridkit", "demo"])
    except Stop as stop:
        sys.stderr.write(stop.text)
    except OSError as error:
        sys.stderr.write(fault([str(error)]).text)
    except KeyboardInterrupt:
        say("已中断, 再运行一次会接上", "interrupted; run again to go on")
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
