"""Speed of merge: the ledgers of fifty devices brought into one.

Run: `python3 start.py python benchmarks/merge.py [--devices 50] [--revisions 20000]`.

One ledger is written and bundled as a device does it; the bundles of the other devices are
its twins: every id another, the chain made anew, signed. Their ids lie between each other,
as those of devices that were used in the same weeks do.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import re
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import gridkit as gk
from gridkit.records.bundle import bundle
from gridkit.records.bundle_file import BundleFile, Header, Span, write_file
from gridkit.records.merge import Merged, merge_all
from gridkit.records.revision import canonical_json
from gridkit.records.signing import TrustedKey, own_public
from gridkit.training.bulk import bulk_concerns
from gridkit.training.town import make_town

END = dt.date(2026, 11, 1)
ACTIONS = ("registered", "routed", "answered")
PART = 2000  # concerns in one save
ID = re.compile(r"(?<=-)[0-9a-f]{12}(?![0-9a-f])")


def say(text: str) -> None:
    """Print at once: a measurement of minutes is watched."""
    print(text, flush=True)


def fill(store: gk.records.Store, revisions: int) -> None:
    """Write invented concerns, each with a visit and steps."""
    table = bulk_concerns(
        revisions // (len(ACTIONS) + 2),
        make_town(seed=1).grids,
        rng=np.random.default_rng(1),
        end=END,
    )
    fields = [name for name in gk.records.spec.CONCERN.names if name in table]
    part = table[fields].astype(object)
    rows = part.where(part.notna(), None).to_dict("records")
    for begin in range(0, len(rows), PART):
        records: list = []
        for row in rows[begin : begin + PART]:
            said = {str(k): v for k, v in row.items() if v is not None}
            day = said["heard_on"]
            seen = gk.Visit(grid_id=said["grid_id"], visited_on=day, outcome="refused")
            heard = gk.Concern(
                **{**said, "visit_id": seen.record_id, "summary": "三天没有水了"}
            )
            steps = [gk.Step(concern_id=heard.record_id, action=one, on=day) for one in ACTIONS]
            records += [seen, heard, *steps]
        store.add(records, by_role="trainer", why="benchmark")


def twin(source: Path, path: Path, number: int) -> Path:
    """Write the bundle of a device that has as many revisions, under ids of its own."""
    mask = int.from_bytes(hashlib.sha256(bytes([number])).digest()[:6])
    with BundleFile(source) as file:
        head = file.header
        (span,) = head.spans
        device = _masked(span.device, mask)
        lines = list(_chained(file.lines(), device, mask))
    tip = hashlib.sha256(lines[-1]).hexdigest()
    spans = (Span(device, 1, span.last, "", tip),)
    made = Header(head.county_code, head.spec_version, head.made_at, own_public(), spans)
    with path.open("wb") as out:
        write_file(out, made, lines)
    return path


def _chained(lines: Iterator[bytes], device: str, mask: int) -> Iterator[bytes]:
    prev = ""
    for line in lines:
        values = json.loads(_masked(line.decode(), mask))
        values[4], values[-1] = device, prev
        made = canonical_json(values).encode()
        prev = hashlib.sha256(made).hexdigest()
        yield made


def _masked(text: str, mask: int) -> str:
    return ID.sub(lambda found: f"{int(found[0], 16) ^ mask:012x}", text)


def make(folder: Path, devices: int, revisions: int) -> list[Path]:
    """Make the bundles."""
    with gk.create_store(folder / "0.db", county_code="990428") as store:
        start = time.perf_counter()
        fill(store, revisions)
        say(f"one ledger of {store.revision_count():,}: {time.perf_counter() - start:.1f} s")
        start = time.perf_counter()
        first = bundle(store, folder / "0.gkb").path
        say(f"bundled in {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    files = [first]
    files += [twin(first, folder / f"{n}.gkb", n) for n in range(1, devices)]
    size = sum(file.stat().st_size for file in files) / 1e6
    say(f"{devices} bundles, {size:.0f} MB: {time.perf_counter() - start:.1f} s")
    return files


def take(store: gk.records.Store, files: list[Path], turn: str) -> None:
    """Merge them, and say how it goes at every tenth."""
    keys = [TrustedKey(own_public(), "benchmark")]
    start, cpu, taken = time.perf_counter(), time.process_time(), 0
    for begin in range(0, len(files), 10):  # as many as `merge_all` commits together
        done = merge_all(store, files[begin : begin + 10], trusted=keys)
        taken += sum(one.taken for one in done if isinstance(one, Merged))
        number = min(begin + 10, len(files))
        wall, used = time.perf_counter() - start, time.process_time() - cpu
        say(f"{turn}: {number} bundles, {taken:,} new, {wall:.1f} s ({used:.1f} s CPU)")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--devices", type=int, default=50)
    options.add_argument("--revisions", type=int, default=20_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = make(folder, asked.devices, asked.revisions)
        with gk.create_store(folder / "all.db", county_code="990428") as store:
            for turn in ("first", "again"):
                take(store, files, turn)
            size = store.path.stat().st_size / 1e6
            say(f"ledger {size:.0f} MB, {store.size('concern'):,} concerns")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
