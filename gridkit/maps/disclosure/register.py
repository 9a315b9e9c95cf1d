"""The register of what was published: a file that only grows, and a gate before it.

`published.jsonl` in the workspace, a line for each release: its window, types, and every
number that was shown (no hidden one), chained by SHA-256. Nothing is handed out before it
stands there, and nothing gets there that would give a small count away together with what
stands there already.

`published.head` beside it says how many lines there are and the mark of the last one, so that
a register that was lost, or brought back from an old copy, is not taken for a short one. A
line that a power cut left half written was never handed out: the next entry takes its place.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pandas as pd

from gridkit.errors import DisclosureError, why_os
from gridkit.maps.disclosure.release import Release, leaks
from gridkit.maps.disclosure.small import SMALLEST_SHOWN
from gridkit.maps.disclosure.windows import Window

REGISTER = "published.jsonl"
HEAD_SUFFIX = ".head"


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
            _check_head([], self._head)
            return []
        with self.path.open("rb") as file:
            entries = _read(file.read(), self.path.name)
        _check_head(entries.marks, self._head)
        return entries.releases

    def add(self, *new: Release) -> int:
        """Check what is to be handed out against all that was, and enter it.

        Parameters
        ----------
        *new : Release
            What is about to be handed out; several (the columns of one table) are entered
            together or not at all.

        Returns
        -------
        int
            The number of the first in the register.

        Raises
        ------
        DisclosureError
            If a count under k could be worked back; then nothing is entered, and nothing
            may be handed out. Or if the register cannot be read or written.
        """
        try:
            with self.path.open("a+b") as file, _locked(file):
                file.seek(0)
                entries = _read(file.read(), self.path.name)
                _check_head(entries.marks, self._head)
                check(new, entries.releases)
                file.truncate(entries.end)  # what a power cut left half written
                last, text = entries.marks[-1] if entries.marks else "", ""
                for number, made in enumerate(new, len(entries.releases) + 1):
                    line, last = _line(made, number, last)
                    text += line
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
                _put_head(self._head, len(entries.releases) + len(new), last)
        except OSError as fault:
            raise DisclosureError(
                en=f"{self.path.name} was not written ({fault.strerror}): nothing is handed out "
                "without an entry. Check disk space and permissions.",
                zh=f"发布登记 {self.path.name} 未能写入 ({why_os(fault)}), 因此没有发布。"
                "请检查磁盘空间和写权限。",
            ) from fault
        return len(entries.releases) + 1

    @property
    def _head(self) -> Path:
        return self.path.with_suffix(HEAD_SUFFIX)


def check(new: Sequence[Release], earlier: Sequence[Release]) -> None:
    """Refuse what would give a small count away.

    Parameters
    ----------
    new : sequence of Release
        Not published yet; handed out together.
    earlier : sequence of Release
        From `Register.releases`.

    Raises
    ------
    DisclosureError
        If it would, `problems` names grids and days; if it shows counts under 5; or if
        the grids were cut anew since something was published of the same days.
    """
    for i, made in enumerate(new):
        if made.k < SMALLEST_SHOWN:
            raise DisclosureError(
                en=f"`k` must be {SMALLEST_SHOWN} or more for what is handed out; it is {made.k}.",
                zh=f"对外材料的 `k` 须不小于 {SMALLEST_SHOWN}; 现为 {made.k}。",
            )
        _check_outline(made, earlier)
        problems = leaks(made, [*earlier, *new[:i]])
        if problems:
            raise DisclosureError(
                en=f"This map is not made: with {len(earlier)} releases in the register, "
                f"subtraction would give counts under {made.k} in {len(problems)} places. Publish "
                "a coarser level (village, township), or a window and types that were not "
                "published yet.",
                zh=f"此图没有生成: 与已登记的 {len(earlier)} 次发布相减, 有 {len(problems)} 处可推出少于 "
                f"{made.k} 件的数。请改用更粗的层级 (村居、乡镇), 或换未发布过的时段、类别。",
                problems=problems,
            )


def _check_outline(new: Release, earlier: Sequence[Release]) -> None:
    """Refuse other borders over the same days: their differences are not sums of grids."""
    same_days = [
        made
        for made in earlier
        if made.window.since <= new.window.until and new.window.since <= made.window.until
    ]
    other = {made.outline for made in same_days} - {new.outline, ""}
    if new.outline and other:
        raise DisclosureError(
            en="The grids were cut anew since a map of these days was published: laid over it, "
            "the new borders would show strips with few concerns. Publish windows that begin "
            "after the change, or with the grids of then.",
            zh="这段时间的图发布之后, 网格界线有改动: 新旧两图叠加, 会露出件数很少的地带。"
            "请只发布改动之后的时段, 或沿用当时的网格。",
        )


def check_published(number: int | None) -> None:
    """Refuse to hand out what has no number in a register.

    Raises
    ------
    DisclosureError
        If it has none.
    """
    if number is None:
        raise DisclosureError(
            en="What is not in the register of publications is not handed out: call "
            "`.publish(maps.published(workspace))` first.",
            zh="未经登记的内容不得外传: 请先调用 .publish(maps.published(workspace))。",
        )


# --- lines ----------------------------------------------------------------------------------


def _line(made: Release, number: int, last: str) -> tuple[str, str]:
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
        "outline": made.outline,
        "levels": list(made.areas.columns),
        "areas": {str(g): list(row) for g, *row in areas.itertuples()},
        "shown": {
            str(level): part.droplevel("level").to_dict()
            for level, part in made.numbers.groupby(level="level", sort=False)
        },
        "previous": last,
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    mark = _digest(text)
    return f"{text}\t{mark}\n", mark


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _Entries(NamedTuple):
    """What a register holds: the releases, the mark of each line, where the last whole one ends."""

    releases: list[Release]
    marks: list[str]
    end: int


def _read(data: bytes, name: str) -> _Entries:
    found, marks = [], [""]
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
        found.append(_release(entry))
        marks.append(mark)
    return _Entries(found, marks[1:], end)


def _check_head(marks: Sequence[str], head: Path) -> None:
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


def _put_head(head: Path, number: int, mark: str) -> None:
    draft = head.with_name(f"{head.name}.part")
    with draft.open("w", encoding="ascii") as file:
        file.write(f"{number} {mark}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(head)


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
        outline=entry.get("outline", ""),
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
