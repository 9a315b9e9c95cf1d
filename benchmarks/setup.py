"""start.py on a machine with nothing: set-up, its share of download, second start, offline.

Run: `python3 start.py python benchmarks/setup.py` (five minutes; fetches the packages three
times). What is measured is the last commit, in a fresh clone with an empty package cache.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOW = "import time; print(time.time())"


def base_python() -> str:
    """Give the Python below this environment: the one a person types."""
    return str(getattr(sys, "_base_executable", sys.executable))


def timed(command: list[str], env: dict[str, str]) -> float:
    """Run a command to its end and give its wall time in s."""
    began = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - began


def to_the_command(start: list[str], env: dict[str, str], times: int = 9) -> float:
    """Give the median time in s from the call of start.py to the command's first act."""
    waits = []
    for _ in range(times):
        began = time.time()
        command = [*start, "python", "-c", NOW]
        told = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        waits.append(float(told.stdout) - began)
    return statistics.median(waits)


def import_cost(python: str, env: dict[str, str], times: int = 9) -> float:
    """Give what `import gridkit` adds to a bare Python, in s: the difference of medians."""
    medians = []
    for code in ("pass", "import gridkit"):
        waits = [timed([python, "-c", code], env) for _ in range(times)]
        medians.append(statistics.median(waits))
    return medians[1] - medians[0]


def size(folder: Path, pattern: str = "*") -> float:
    """Give the size of a folder's files in MB."""
    return sum(path.stat().st_size for path in folder.rglob(pattern) if path.is_file()) / 1e6


def no_network() -> list[str] | None:
    """Give the command that cuts the network, where the system has one."""
    for words in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and subprocess.call([*words, "true"]) == 0:
            return words
    return None


def online(folder: Path, start: list[str], env: dict[str, str]) -> None:
    """Measure the first start, what of it is download, and the second start."""
    copy = Path(start[1]).parent
    python = str(copy / ".venv" / ("Scripts/python" if os.name == "nt" else "bin/python"))
    first = timed([*start, "python", "-c", "pass"], env)
    fetch = [python, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes"]
    fetch += [
        "--no-cache-dir",
        "-d",
        str(folder / "fetched"),
        "-r",
        str(copy / "requirements.lock"),
    ]
    download = timed(fetch, env)
    print(f"first start, empty cache      {first:7.1f} s to the command")
    print(f"  download alone              {download:7.1f} s = {download / first:.0%}")
    print(f"  fetched                     {size(folder / 'fetched'):7.0f} MB")
    print(f"  .venv                       {size(copy / '.venv'):7.0f} MB")
    print(f"second start                  {to_the_command(start, env):7.3f} s to the command")
    print(f"import gridkit over bare      {import_cost(python, env):7.3f} s")
    demo = timed([*start, "gridkit", "demo", "--no-lab", "-w", str(folder / "demo")], env)
    print(f"gridkit demo --no-lab, first  {demo:7.1f} s")


def offline(folder: Path, start: list[str], env: dict[str, str]) -> None:
    """Measure the bundle, and a set-up from it with the network cut."""
    copy = Path(start[1]).parent
    gather = timed([*start, "bundle"], env)
    print(f"bundle for this machine       {gather:7.1f} s, {size(copy / 'wheels'):.0f} MB")
    cut = no_network()
    if cut is None:
        print("set-up offline: not measured, the network cannot be cut here")
        return
    shutil.rmtree(copy / ".venv")
    empty = {**env, "PIP_CACHE_DIR": str(folder / "none")}
    took = timed([*cut, *start, "python", "-c", "import gridkit"], empty)
    print(f"set-up with the network cut   {took:7.1f} s")
    timed([*cut, *start, "gridkit", "demo", "--no-lab", "-w", str(folder / "demo2")], empty)
    print("demo with the network cut         made")


def main() -> None:
    """Measure in a folder of its own, and print the figures."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {load:.1f} at the start")
    print(
        f"Python {platform.python_version()}, uv {'on PATH' if shutil.which('uv') else 'absent'}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder, copy = Path(name), Path(name) / "gridkit"
        env = {**os.environ, "PIP_CACHE_DIR": str(folder / "cache")}
        subprocess.run(["git", "clone", "-q", str(ROOT), str(copy)], check=True)
        start = [base_python(), str(copy / "start.py")]
        online(folder, start, env)
        offline(folder, start, env)


if __name__ == "__main__":
    main()
