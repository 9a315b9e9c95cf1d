"""Gather the hashed wheels of the lock for one platform: `python3 start.py bundle`.

Runs in `.venv`, with nothing but pip in it. pip judges environment markers by the machine
it runs on, even when asked for another, so they are judged here; and it reads a manylinux
tag as that one glibc only, so the older ones are listed.
"""

import argparse
import hashlib
import platform
import re
import sys
import tempfile
from pathlib import Path

from pip._vendor.packaging.markers import Marker

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from start import (
    LOCK,
    PYTHON,
    SERIES,
    TEST_LOCK,
    WHEELS,
    Stop,
    fault,
    pinned,
    say,
    watch,
)

PLATFORMS = {
    "windows": "win_amd64",
    "macos-arm": "macosx_14_0_arm64",
    "linux-x86": "manylinux_2_28_x86_64",
    "linux-arm": "manylinux_2_28_aarch64",
}
SYSTEMS = {"win": ("win32", "Windows", "nt"), "macosx": ("darwin", "Darwin", "posix")}
LINUX = ("linux", "Linux", "posix")


def markers(tag: str, series: str) -> dict[str, str]:
    """Say what a wheel's platform tag and a Python series mean in the words of markers."""
    kind = re.fullmatch(r"(win|macosx|manylinux|musllinux|linux)(?:\d{4}|_\d+_\d+)?_(\w+)", tag)
    if not kind or not re.fullmatch(r"3\.\d+", series):
        names = ", ".join(PLATFORMS)
        raise Stop(
            zh=f"不认识平台 {tag} 或 Python {series}。平台可用 {names}; 版本如 3.12。",
            en=f"Unknown platform {tag} or Python {series}. Platforms: {names}; "
            "a version is like 3.12.",
        )
    system = SYSTEMS.get(kind[1], LINUX)
    return {
        "sys_platform": system[0],
        "platform_system": system[1],
        "os_name": system[2],
        "platform_machine": kind[2].upper() if kind[1] == "win" else kind[2],
        "python_version": series,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def tag_here() -> str:
    """Give the tag of the widest reach for this machine."""
    for tag in PLATFORMS.values():
        there = markers(tag, SERIES)
        found = (there["platform_system"], there["platform_machine"])
        if found == (platform.system(), platform.machine()):
            return tag
    return f"linux_{platform.machine()}"


def tags(tag: str) -> list[str]:
    """List the tags whose wheels run where `tag` does."""
    glibc = re.fullmatch(
        r"manylinux_2_(\d+)_(\w+)", tag.replace("manylinux2014", "manylinux_2_17")
    )
    if not glibc:
        return [tag]  # pip itself lists the older ones of macOS
    steps = [f"manylinux_2_{minor}" for minor in range(int(glibc[1]), 4, -1)]
    steps += ["manylinux2014", "manylinux2010", "manylinux1"]
    return [f"{step}_{glibc[2]}" for step in steps]


def lines_for(lock: Path, there: dict[str, str]) -> dict[str, list[str]]:
    """Pick the lock's lines for a platform: those of Python x.y.0, then what later x.y add.

    Nobody knows the third number of the Python over there, and pip takes no two versions
    of one package at once.
    """
    early, late = (f"{there['python_version']}.{last}" for last in (0, 99))
    lines: dict[str, list[str]] = {early: [], late: []}
    for pin, marker, hashes in pinned(lock):
        for version, fitting in lines.items():
            if not marker or Marker(marker).evaluate({**there, "python_full_version": version}):
                fitting.append(f"{pin} \\\n{hashes}")
                break
    return lines


def download(lines: list[str], tag: str, version: str) -> None:
    """Fetch the wheels of these lines into wheels/; pip checks the hashes."""
    words = ["--python-version", version, "--implementation", "cp", "--only-binary", ":all:"]
    words += [word for one in tags(tag) for word in ("--platform", one)]
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.lock"
        part.write_text("".join(lines), encoding="utf-8")
        words += ["--no-deps", "--require-hashes", "--dest", str(WHEELS), "-r", str(part)]
        what = f"收集安装包 · gathering for {tag}, Python {version}"
        watch([PYTHON, "-m", "pip", "download", *words], what, len(lines))


def sweep() -> None:
    """Drop the wheels that no lock names any more, and say what wheels/ holds."""
    hashes = LOCK.read_text(encoding="utf-8") + TEST_LOCK.read_text(encoding="utf-8")
    for wheel in WHEELS.glob("*.whl"):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() not in hashes:
            wheel.unlink()
    sizes = [wheel.stat().st_size for wheel in WHEELS.glob("*.whl")]
    say(
        f"wheels/ 有 {len(sizes)} 个安装包, {sum(sizes) / 1e6:.0f} MB: "
        "把整个文件夹带到那台电脑, 运行 start.py",
        "carry this whole folder over there, and run start.py",
    )


def main() -> int:
    """Gather what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="start.py bundle",
        description="收集安装包到 wheels/ · gather the packages into wheels/",
    )
    names = ", ".join(PLATFORMS)
    parser.add_argument(
        "--platform",
        default=tag_here(),
        metavar="NAME",
        help=f"对方的系统 · the system over there: {names}, or a tag such as win_amd64",
    )
    parser.add_argument(
        "--python", default=SERIES, help="对方的 Python 版本 · the version over there: 3.12"
    )
    parser.add_argument(
        "--test", action="store_true", help="连同测试所需 · with what the tests need"
    )
    asked = parser.parse_args()
    tag = PLATFORMS.get(asked.platform, asked.platform)
    try:
        there = markers(tag, asked.python)
        WHEELS.mkdir(exist_ok=True)
        for version, lines in lines_for(TEST_LOCK if asked.test else LOCK, there).items():
            if lines:
                download(lines, tag, version)
        sweep()
    except Stop as stop:
        sys.stderr.write(stop.text)
        return 2
    except OSError as error:
        sys.stderr.write(fault([str(error)]).text)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
