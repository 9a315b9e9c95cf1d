"""The register of what was published: a file that only grows, and a gate before it.

`published.jsonl` in the workspace, a line for each release: its window, types, and every
number that was shown (no hidden one), chained by SHA-256. Nothing is handed out before it
stands there, and nothing gets there that would give a small count away together with what
stands there already.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from gridkit.errors import DisclosureError
from gridkit.maps.disclosure.release import Release, leaks
from gridkit.maps.disclosure.windows import Window

REGISTER = "published.jsonl"


@dataclass(frozen=True)
class Register:
    """The register of a workspace.

    Attributes
    ----------
    path : Path
        The file; it need not be there yet.

    Examples
    --------
    >>> import tempfile
    >>> from gridkit.maps.disclosure.release import release
    >>> from gridkit.maps.disclosure.windows import window_of
    >>> register = Register(Path(tempfile.mkdtemp()) / REGISTER)
    >>> areas = pd.DataFrame({"village": ["v", "v"]}, index=["a", "b"])
    >>> counts = pd.Series([20, 30], index=["a", "b"])
    >>> register.add(release(counts, areas, window_of(dt.date(2026, 5, 1))))
    1
    >>> len(register.releases())
    1
    """

    path: Path

    def releases(self) -> list[Release]:
        """Give all that was published, oldest first.

        Returns
        -------
        list of Release

        Raises
        ------
        DisclosureError
            If the file was changed by hand, or is cut short.
        """
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            return _read(file, self.path.name)[0]

    def add(self, new: Release) -> int:
        """Check a release against all earlier ones and enter it.

        Parameters
        ----------
        new : Release
            What is about to be handed out.

        Returns
        -------
        int
            Its number in the register.

        Raises
        ------
        DisclosureError
            If a count under k could be worked back; then nothing is entered, and nothing
            may be handed out. Or if the register cannot be read or written.
        """
        try:
            with self.path.open("a+b") as file, _locked(file):
                file.seek(0)
                earlier, last = _read(file, self.path.name)
                check(new, earlier)
                line = _line(new, len(earlier) + 1, last)
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise DisclosureError(
                en=f"{self.path.name} was not written ({fault.strerror}): nothing is handed out "
                "without an entry. Check disk space and permissions.",
                zh=f"发布登记 {self.path.name} 未能写入 ({fault.strerror}), 因此没有发布。"
                "请检查磁盘空间和写权限。",
            ) from fault
        return len(earlier) + 1


def check(new: Release, earlier: list[Release]) -> None:
    """Refuse a release that would give a small count away.

    Parameters
    ----------
    new : Release
        Not published yet.
    earlier : list of Release
        From `Register.releases`.

    Raises
    ------
    DisclosureError
        If it would; `problems` names grids and days.
    """
    problems = leaks(new, earlier)
    if problems:
        raise DisclosureError(
            en=f"This map is not made: with {len(earlier)} releases in the register, subtraction "
            f"would give counts under {new.k} in {len(problems)} places. Publish a coarser "
            "level (village, township), or a window and types that were not published yet.",
            zh=f"此图没有生成: 与已登记的 {len(earlier)} 次发布相减, 有 {len(problems)} 处可推出少于 "
            f"{new.k} 件的数。请改用更粗的层级 (村居、乡镇), 或换未发布过的时段、类别。",
            problems=problems,
        )


# --- lines ----------------------------------------------------------------------------------


def _line(made: Release, number: int, last: str) -> str:
    areas = made.areas.astype("str").where(made.areas.notna(), None)
    body: dict[str, Any] = {
        "no": number,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "title": made.title,
        "kind": made.window.kind,
        "since": made.window.since.isoformat(),
        "until": made.window.until.isoformat(),
        "types": made.types,
        "k": made.k,
        "levels": list(made.areas.columns),
        "areas": {str(g): list(row) for g, *row in areas.itertuples()},
        "shown": {
            str(level): part.droplevel("level").to_dict()
            for level, part in made.numbers.groupby(level="level", sort=False)
        },
        "previous": last,
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return f"{text}\t{_digest(text)}\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(file: BinaryIO, name: str) -> tuple[list[Release], str]:
    found, last = [], ""
    for number, line in enumerate(file.read().splitlines(keepends=True), 1):
        text, _, mark = line.decode("utf-8", "replace").rstrip("\n").rpartition("\t")
        sound = line.endswith(b"\n") and _digest(text) == mark
        entry = json.loads(text) if sound else {}
        if not sound or entry["previous"] != last or entry["no"] != number:
            raise DisclosureError(
                en=f"{name}, line {number}: changed by hand or cut short, so what was published is "
                "not known and nothing is handed out. Restore the file from a copy; if only "
                "the last line is cut off, remove that line.",
                zh=f"发布登记 {name} 第 {number} 行被改动或不完整, 无法确知发布过什么, 因此不再发布。"
                "请从备份恢复; 若只是末行写了一半, 删去该行即可。",
            )
        found.append(_release(entry))
        last = mark
    return found, last


def _release(entry: dict[str, Any]) -> Release:
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
    )


def _none() -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[], []], names=["level", "area"])


@contextmanager
def _locked(file: BinaryIO) -> Iterator[None]:
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
