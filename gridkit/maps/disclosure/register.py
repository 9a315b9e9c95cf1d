"""The register of what was published: a file that only grows, and a gate before it.

`published.jsonl` in the workspace, a line for each release: its window, types, and every
number that was shown (no hidden one), chained by SHA-256. Nothing is handed out before it
stands there, and nothing gets there that would give a small count away together with what
stands there already.

`published.head` beside it says how many lines there are and the mark of the last one, so that
a register that was lost, or brought back from an old copy, is not taken for a short one. A
line that a power cut left half written was never handed out: the next entry takes its place.

A county publishes from ONE register: two that do not know of each other let two maps out that
give a count away together. Whoever takes over gets `published.jsonl`, `published.head` and
`mask.key`; where two machines have published already, `Register.join` brings their registers
together, and from then on only one of them is used.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pandas as pd

from gridkit.errors import DisclosureError, Problem, why_os
from gridkit.maps.disclosure.register_file import (
    Entries,
    Entry,
    check_head,
    entry_of,
    identity,
    line_of,
    locked,
    put_head,
    read_entries,
    release_of,
)
from gridkit.maps.disclosure.release import Release, leaks
from gridkit.maps.disclosure.small import SMALLEST_SHOWN
from gridkit.maps.disclosure.windows import check_fixed, check_over
from gridkit.records.revision import CIVIL_ZONE

REGISTER = "published.jsonl"
HEAD_SUFFIX = ".head"


class Joined(NamedTuple):
    """What joining a register brought.

    Attributes
    ----------
    added, known : int
        Releases that were entered, and that were there already.
    problems : tuple of Problem
        What the two gave away together, or contradict each other in: it is out. Nothing more
        is published of these days and types.
    """

    added: int
    known: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Register:
    """The register of a workspace.

    Attributes
    ----------
    path : Path
        The file; it need not be there yet.
    today : date or None
        The day it is in the county; by default that of this machine's clock, in
        Asia/Shanghai.

    Examples
    --------
    >>> import tempfile
    >>> from gridkit.maps.disclosure.release import release
    >>> from gridkit.maps.disclosure.windows import window_of
    >>> register = Register(Path(tempfile.mkdtemp()) / REGISTER, dt.date(2026, 7, 1))
    >>> areas = pd.DataFrame({"village": ["v", "v"]}, index=["a", "b"])
    >>> counts = pd.Series([20, 30], index=["a", "b"])
    >>> register.add(release(counts, areas, window_of(dt.date(2026, 5, 1))))
    1
    >>> len(register.releases())
    1
    """

    path: Path
    today: dt.date | None = None

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
        return self._entries().releases

    def table(self) -> pd.DataFrame:
        """List what was published.

        Returns
        -------
        DataFrame, indexed by number
            `published_on` (civil date), `title`, `since`, `until`, `levels`, `shown` (how many
            numbers).

        Raises
        ------
        DisclosureError
            As for `releases`.
        """
        entries = self._entries().entries
        rows = [
            {
                "published_on": dt.datetime.fromisoformat(e["at"])
                .astimezone(CIVIL_ZONE)
                .date(),
                "title": e["title"],
                "since": dt.date.fromisoformat(e["since"]),
                "until": dt.date.fromisoformat(e["until"]),
                "levels": " ".join(e["shown"]),
                "shown": sum(map(len, e["shown"].values())),
            }
            for e in entries
        ]
        columns = ["published_on", "title", "since", "until", "levels", "shown"]
        index = pd.RangeIndex(1, len(rows) + 1, name="number")
        return pd.DataFrame(rows, index=index, columns=columns)

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
            If a count under k could be worked back, or a window is not a fixed one that is
            over; then nothing is entered, and nothing may be handed out. Or if the register
            cannot be read or written.
        """
        today = self.today or dt.datetime.now(CIVIL_ZONE).date()
        with self._opened() as (file, entries):
            check(new, entries.releases, today)
            self._enter(file, entries, [entry_of(made) for made in new])
        return len(entries.entries) + 1

    def join(self, other: Register) -> Joined:
        """Take in what another machine's register holds and this one does not.

        What stands here keeps its number; what comes is put behind it by the time it was
        published, with the number it had. Nothing is left out, for it is out: what the two
        give away together is told, and can be no more.

        Parameters
        ----------
        other : Register
            Read only. Its file must have its head (`published.head`) beside it.

        Returns
        -------
        Joined
            Joined again, or each into the other, nothing more is added.

        Raises
        ------
        DisclosureError
            If one of them was changed, is cut short or cannot be read or written; then
            nothing is entered.
        """
        if not other.path.is_file() or not other.path.with_suffix(HEAD_SUFFIX).is_file():
            raise DisclosureError(
                en=f"{other.path.name} or the {HEAD_SUFFIX} beside it is not there. Copy both "
                "files from the other machine into one folder.",
                zh=f"没有找到 {other.path.name} 或它旁边的 {HEAD_SUFFIX} 文件。"
                "请把另一台电脑上的这两个文件一起拷到同一个文件夹。",
            )
        theirs = other._entries().entries
        _check_whole(theirs, other.path.name)
        with self._opened() as (file, entries):
            missing = Counter(map(identity, theirs)) - Counter(map(identity, entries.entries))
            lacking = []
            for entry in sorted(theirs, key=lambda e: str(e["at"])):  # of one second: as there
                if missing[identity(entry)] > 0:
                    missing[identity(entry)] -= 1
                    lacking.append({**entry, "was": entry.get("was", entry["no"])})
            found = _given_away(lacking, entries.releases)
            self._enter(file, entries, lacking)
        return Joined(len(lacking), len(theirs) - len(lacking), found)

    def _entries(self) -> Entries:
        data = self.path.read_bytes() if self.path.exists() else b""
        entries = read_entries(data, self.path.name)
        check_head(entries.marks, self._head)
        return entries

    @contextmanager
    def _opened(self) -> Iterator[tuple[BinaryIO, Entries]]:
        """Let nobody else in while it is read, checked and written."""
        try:
            with self.path.open("a+b") as file, locked(file):
                file.seek(0)
                entries = read_entries(file.read(), self.path.name)
                check_head(entries.marks, self._head)
                yield file, entries
        except OSError as fault:
            raise DisclosureError(
                en=f"{self.path.name} was not written ({fault.strerror}): nothing is handed out "
                "without an entry. Check disk space and permissions.",
                zh=f"发布登记 {self.path.name} 未能写入 ({why_os(fault)}), 因此没有发布。"
                "请检查磁盘空间和写权限。",
            ) from fault

    def _enter(self, file: BinaryIO, entries: Entries, new: Sequence[Entry]) -> None:
        file.truncate(entries.end)  # what a power cut left half written
        last, text = entries.marks[-1] if entries.marks else "", ""
        for number, entry in enumerate(new, len(entries.entries) + 1):
            line, last = line_of(entry, number, last)
            text += line
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
        put_head(self._head, len(entries.entries) + len(new), last)

    @property
    def _head(self) -> Path:
        return self.path.with_suffix(HEAD_SUFFIX)


def _check_whole(entries: Sequence[Entry], name: str) -> None:
    """Refuse entries that no register of ours would hold, whatever their marks say."""
    for entry in entries:
        try:
            numbers = release_of(entry).numbers
            dt.datetime.fromisoformat(entry["at"])
        except (KeyError, TypeError, ValueError, AttributeError):
            numbers = None
        if numbers is None or (numbers < 0).any():
            raise DisclosureError(
                en=f"{name}, line {entry.get('no')}: no entry of a register, so nothing of it is "
                "taken. Copy the file again from where it was made.",
                zh=f"{name} 第 {entry.get('no')} 行不是发布登记的内容, 因此整个文件都没有并入。"
                "请从原处重新拷贝。",
            )


def _given_away(lacking: Sequence[Entry], there: list[Release]) -> tuple[Problem, ...]:
    """Tell of what would have been refused, had the two registers known of each other."""
    found: list[Problem] = []
    for entry in lacking:
        made = release_of(entry)
        try:
            check([made], there)
        except DisclosureError:
            zh = (
                "与本机发布过的合起来, 可推出少于 5 件的数, 或互相矛盾; 已经发出, 收不回。"
                "这段时间和类别不再发布"
            )
            en = (
                "with what was published here it gives counts under 5 away, or contradicts it; it is "
                "out. Nothing more is published of these days and types"
            )
            found.append(Problem(str(entry["title"]), "n", zh, en))
        there = [*there, made]
    return tuple(found)


def check(
    new: Sequence[Release], earlier: Sequence[Release], today: dt.date | None = None
) -> None:
    """Refuse what would give a small count away.

    Parameters
    ----------
    new : sequence of Release
        Not published yet; handed out together.
    earlier : sequence of Release
        From `Register.releases`.
    today : date, optional
        The day it is; without it, whether windows are over is not asked.

    Raises
    ------
    DisclosureError
        If it would, `problems` names grids and days; if it shows counts under 5; if its window
        is not one of the calendar, or not over; or if the grids were cut anew since something
        was published of the same days.
    """
    for i, made in enumerate(new):
        check_fixed(made.window)
        if today is not None:
            check_over(made.window, today)
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
