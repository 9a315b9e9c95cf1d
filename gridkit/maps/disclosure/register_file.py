"""The file of a register: a line for each release, chained by SHA-256, and its head.

What is written here is what `Register` reads: see there for what it is for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pandas as pd

from gridkit.errors import DisclosureError
from gridkit.maps.disclosure.release import Release
from gridkit.maps.disclosure.windows import Window

Entry = dict[str, Any]
_OF_THE_FILE = ("no", "previous", "was")
"""What a line says of its place in a register, not of the release."""


class Entries(NamedTuple):
    """What a register holds: the entries, the mark of each line, where the last whole one ends."""

    entries: list[Entry]
    marks: list[str]
    end: int

    @property
    def releases(self) -> list[Release]:
        """The entries as releases."""
        return [release_of(entry) for entry in self.entries]


def entry_of(made: Release) -> Entry:
    """Say a release as an entry, published now."""
    areas = made.areas.astype("str").where(made.areas.notna(), None)
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "title": made.title,
        "kind": made.window.kind,
        "since": made.window.since.isoformat(),
        "until": made.window.until.isoformat(),
        "types": made.types,
        "k": made.k,
        "outline": made.outline,
        "levels": list(made.areas.columns),
        "areas": {str(g): list(row) for g, *row in areas.itertuples()},
        "shown": {
            str(level): part.droplevel("level").to_dict()
            for level, part in made.numbers.groupby(level="level", sort=False)
        },
    }


def identity(entry: Entry) -> str:
    """Mark what was published, when and with which numbers, wherever it is entered."""
    body = {key: value for key, value in entry.items() if key not in _OF_THE_FILE}
    return _digest(json.dumps(body, ensure_ascii=False, sort_keys=True))


def line_of(entry: Entry, number: int, last: str) -> tuple[str, str]:
    """Write an entry as the line of a number, after the line with the mark `last`; give its mark."""
    body = {key: value for key, value in entry.items() if key not in ("no", "previous")}
    text = json.dumps(
        {"no": number, **body, "previous": last}, ensure_ascii=False, separators=(",", ":")
    )
    mark = _digest(text)
    return f"{text}\t{mark}\n", mark


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_entries(data: bytes, name: str) -> Entries:
    """Read a file's whole lines; raise DisclosureError where the chain does not hold."""
    found: list[Entry] = []
    marks = [""]
    end = data.rfind(b"\n") + 1
    for number, line in enumerate(data[:end].splitlines(), 1):
        text, _, mark = line.decode("utf-8", "replace").rpartition("\t")
        entry = json.loads(text) if _digest(text) == mark else {"previous": None, "no": None}
        if entry["previous"] != marks[-1] or entry["no"] != number:
            raise DisclosureError(
                en=f"{name}, line {number}: changed by hand or damaged, so what was published is "
                "not known and nothing is handed out. Restore the file from a copy.",
                zh=f"发布登记 {name} 第 {number} 行被改动或损坏, 无法确知发布过什么, 因此不再发布。"
                "请从备份恢复。",
            )
        found.append(entry)
        marks.append(mark)
    return Entries(found, marks[1:], end)


def check_head(marks: Sequence[str], head: Path) -> None:
    """Refuse a register that ends before what its head says was published."""
    try:
        number, mark = head.read_text(encoding="ascii").split()
        known = int(number)
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        known, mark = 0, "?"
    if mark == "?" or len(marks) < known or marks[known - 1] != mark:
        raise DisclosureError(
            en=f"The register of what was published does not agree with {head.name} ({len(marks)} "
            "entries): it was lost, cut, or brought back from an old copy. Nothing is handed out "
            "until the newest copy of both files is restored.",
            zh=f"发布登记与 {head.name} 不符 (现有 {len(marks)} 次): 登记丢失、被截断, 或恢复的是旧备份。"
            "请恢复这两个文件最新的备份; 在此之前不再发布。",
        )


def put_head(head: Path, number: int, mark: str) -> None:
    """Write how many lines there are and the mark of the last, whole or not at all."""
    draft = head.with_name(f"{head.name}.part")
    with draft.open("w", encoding="ascii") as file:
        file.write(f"{number} {mark}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(head)


def release_of(entry: Entry) -> Release:
    """Make of an entry the release that it says."""
    pairs = {
        (level, area): n for level, part in entry["shown"].items() for area, n in part.items()
    }
    index = (
        pd.MultiIndex.from_tuples(list(pairs), names=["level", "area"]) if pairs else _none()
    )
    areas = pd.DataFrame.from_dict(entry["areas"], orient="index", columns=entry["levels"])
    return Release(
        window=Window(
            entry["kind"],
            dt.date.fromisoformat(entry["since"]),
            dt.date.fromisoformat(entry["until"]),
        ),
        areas=areas,
        shown=pd.DataFrame({"shown": pd.array(list(pairs.values()), "Int64")}, index=index),
        types=None if entry["types"] is None else tuple(entry["types"]),
        title=entry["title"],
        k=entry["k"],
        outline=entry.get("outline", ""),
    )


def _none() -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[], []], names=["level", "area"])


@contextmanager
def locked(file: BinaryIO) -> Iterator[None]:
    """Let one process in at a time, where the system can do that."""
    try:
        fcntl = import_module("fcntl")
    except ImportError:  # Windows: two maps published in the same second are not expected
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
