"""A class on one machine: open trainees' kernels in turn and measure each.

    python benchmarks/classroom.py [20]

Each kernel runs the cells of `4b_trainee.ipynb` as the Lab would, then starts a game. Printed:
seconds from the start of the kernel to the first screen, PSS (its fair share of memory that
kernels share, from /proc) and RSS of each, and the total. On two busy cores, 20 kernels took
2.9 GiB (147 MiB PSS, 208 MiB RSS each) and 5 to 14 s to the first screen. It stops early when less than
3 GiB of memory are left. All kernels are ended at the end.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client import KernelManager

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "4b_trainee.ipynb"
LEAST_FREE_KB = 3 * 1024**2
PLAY = "desk = _\ndesk.start.click()\nassert desk.view is not None"


def _kb(path: str, key: str) -> int:
    lines = Path(path).read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def main(number: int) -> None:
    """Open so many kernels, print what each takes, end them all."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    kernels: list[KernelManager] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for one in range(1, number + 1):
                if _kb("/proc/meminfo", "MemAvailable:") < LEAST_FREE_KB:
                    print("less than 3 GiB left: stopped")
                    break
                begin = time.monotonic()
                kernel = KernelManager(kernel_name="python3")
                kernel.start_kernel(cwd=folder)
                kernels.append(kernel)
                client = kernel.blocking_client()
                client.start_channels()
                client.wait_for_ready(timeout=120)
                for source in [*code, PLAY]:
                    reply = client.execute_interactive(source, timeout=180, output_hook=_quiet)
                    if reply["content"]["status"] != "ok":
                        raise SystemExit(str(reply["content"]))
                client.stop_channels()
                print(f"{one:>3}  first screen {time.monotonic() - begin:5.1f} s", flush=True)
            pids = [kernel.provisioner.pid for kernel in kernels]
            pss = [_kb(f"/proc/{pid}/smaps_rollup", "Pss:") // 1024 for pid in pids]
            rss = [_kb(f"/proc/{pid}/smaps_rollup", "Rss:") // 1024 for pid in pids]
            print("PSS MiB", pss)
            print("RSS MiB", rss)
            print(f"total PSS {sum(pss)} MiB of {len(pids)} kernels")
        finally:
            for kernel in kernels:
                kernel.shutdown_kernel(now=True)


def _quiet(message: object) -> None:
    """Show nothing of what a kernel sends."""


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
