"""A long campaign of kill -9: acknowledged saves counted, lost ones must be none.

Run: `python3 start.py python benchmarks/kill.py [rounds]` (Linux, macOS).
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gridkit as gk

WRITER = """
import sys
import gridkit as gk
store = gk.open_store(sys.argv[1])
while True:
    visit = gk.Visit(grid_id="990428100001001", visited_on="2026-01-05", outcome="refused",
                     note="水" * 500)
    store.add([visit], by_role="grid_worker")
    print(visit.record_id, flush=True)
"""


def report(rounds: int, acknowledged: set[str], lost: int, unsound: int) -> None:
    """Print the count so far."""
    print(
        f"kills {2 * rounds}: acknowledged {len(acknowledged)}, lost {lost}, "
        f"ledgers found unsound {unsound}",
        flush=True,
    )


def main() -> None:
    """Kill two writers at a time, at random moments, and count."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    chance = random.Random(1)
    acknowledged: set[str] = set()
    unsound = 0
    with tempfile.TemporaryDirectory(dir=".") as name:
        path = Path(name) / "ledger.db"
        gk.create_store(path, county_code="990428").close()
        for number in range(rounds):
            writers = [
                subprocess.Popen(
                    [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
                )
                for _ in range(2)
            ]
            first = [w.stdout.readline() for w in writers if w.stdout is not None]
            time.sleep(chance.uniform(0, 0.3))
            for writer in writers:
                writer.send_signal(signal.SIGKILL)
            said = first + [line for w in writers for line in w.communicate()[0].splitlines()]
            acknowledged |= {line.strip() for line in said if len(line.strip()) == 36}
            with gk.open_store(path) as store:
                unsound += not store.check().empty
                lost = len(acknowledged - set(store.frame("visit").index))
            if lost or unsound or number % 20 == 19:
                report(number + 1, acknowledged, lost, unsound)
    report(rounds, acknowledged, lost, unsound)


if __name__ == "__main__":
    main()
