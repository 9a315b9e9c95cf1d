"""What a bundle brings that a ledger does not have: its chains proved against the ledger's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from gridkit.errors import BundleError, BundleGapError
from gridkit.records.arriving import Arrival, Row, UnfitError, read_line
from gridkit.records.bulk import present
from gridkit.records.bundle import hash_at
from gridkit.records.bundle_file import BundleFile, Header, Span, spoiled
from gridkit.records.photos import PHOTO_FIELDS
from gridkit.records.tables import REVISION
from gridkit.records.unbroken import Link, unbroken

_BATCH = 5000


class Arrivals:
    """The revisions of a bundle that a ledger does not have yet, proved one by one.

    Parameters
    ----------
    file : BundleFile
    connection : sqlalchemy.Connection
        In the write transaction of the ledger.
    ends : mapping of str to int, optional
        By device the last number to take of a bundle that is broken; see `sound_ends`.
    latest : str, optional
        The latest `recorded_at` that is taken: what says to be of later would be shown
        before every other version of its record until that day. Any by default.

    Attributes
    ----------
    taken, known : int
        How many revisions were new so far, and how many were there.
    pictured : bool
        Whether a new one names a photo.
    """

    def __init__(
        self,
        file: BundleFile,
        connection: sa.Connection,
        ends: Mapping[str, int] | None,
        latest: str | None = None,
    ) -> None:
        self._file = file
        self._connection = connection
        self._ends = ends
        self._latest = latest
        self.taken = 0
        self.known = 0
        self.pictured = False

    def batches(self) -> Iterator[list[Arrival]]:
        """Give the revisions to be inserted, some thousands at a time."""
        every = self._every()
        while batch := list(islice(every, _BATCH)):
            yield batch

    def _every(self) -> Iterator[Arrival]:
        lines = self._file.lines() if self._ends is None else _tolerant(self._file)
        for span in self._file.header.spans:
            yield from self._of(span, lines)
        if next(lines, None) is not None:
            raise spoiled(self._file.path)

    def _of(self, span: Span, lines: Iterator[bytes]) -> Iterator[Arrival]:
        have = self._have(span)
        prev = span.prev
        end = span.last if self._ends is None else self._ends.get(span.device, 0)
        for seq in range(span.first, span.last + 1):
            line = next(lines, None)
            if line is None and self._ends is not None:
                return  # its header, which nobody proved, may promise any number
            if seq > end:
                continue
            line = line or b""
            made = hashlib.sha256(line).hexdigest()
            if seq == have and made != hash_at(self._connection, span.device, seq):
                raise forked(self._file.path)
            if seq <= have:
                self.known += 1
            else:
                yield self._fresh(line, (span.device, seq, prev), made)
                self.taken += 1
            prev = made
        if prev != span.tip and end == span.last:
            raise unsound(self._file.path)

    def _fresh(self, line: bytes, place: tuple[str, int, str], made: str) -> Arrival:
        try:
            arrival = read_line(line, made)
        except UnfitError:
            raise unsound(self._file.path) from None
        row, said = arrival
        if (row.device, row.seq, row.prev) != place:
            raise unsound(self._file.path)
        if self._latest is not None and row.recorded_at > self._latest:
            raise ahead(self._file.path)
        if not (self.pictured or said.keys().isdisjoint(PHOTO_FIELDS.get(row.kind, ()))):
            self.pictured = True
        return arrival

    def _have(self, span: Span) -> int:
        """Give the device's last number here, once the bundle is seen to go on from it."""
        last = sa.select(sa.func.max(REVISION.c.seq)).where(REVISION.c.device == span.device)
        have = int(self._connection.execute(last).scalar() or 0)
        if have < span.first - 1:
            raise BundleGapError(
                zh=f"{self._file.path.name} 从设备 {span.device[:8]} 的第 {span.first} 号修订开始, "
                f"而台账只到第 {have} 号; 台账没有改动。请先合并它之前的数据包, 或让对方重新打一个完整的包。",
                en=f"{self._file.path.name} begins at revision {span.first} of device "
                f"{span.device[:8]}, but the ledger ends at {have} and is unchanged. Merge the "
                "bundle before it first, or ask for a whole one.",
            )
        joint = min(have, span.last)
        at_joint = hash_at(self._connection, span.device, joint) or ""
        if joint == span.first - 1 and at_joint != span.prev:
            raise forked(self._file.path)
        if joint == span.last and at_joint != span.tip:
            raise forked(self._file.path)
        return have


def sound_ends(file: BundleFile, connection: sa.Connection) -> dict[str, int]:
    """Tell how much of a broken bundle can be taken: of each device what is before the break.

    Parameters
    ----------
    file : BundleFile
        Its header can be read; its signature need not fit.
    connection : sqlalchemy.Connection
        The ledger that it is to be merged into.

    Returns
    -------
    dict of str to int
        By device the last number that proves itself and lacks nothing it builds on.
    """
    links = list(_links(file.header, _tolerant(file)))
    named = sorted({parent for link in links for parent in link.parents})
    return unbroken(links, present(connection, REVISION.c.rev_id, named))


def _tolerant(file: BundleFile) -> Iterator[bytes]:
    """Give the lines up to where the file breaks off."""
    with suppress(BundleError):
        yield from file.lines()


def _links(header: Header, lines: Iterator[bytes]) -> Iterator[Link]:
    for span in header.spans:
        whole, prev = True, span.prev
        for seq in range(span.first, span.last + 1):
            line = next(lines, None)
            if line is None:
                return
            row = _fitting(line) if whole else None
            place = None if row is None else (row.device, row.seq, row.prev)
            whole = row is not None and place == (span.device, seq, prev)
            if row is not None and whole:
                prev = row.hash
                yield Link(span.device, seq, row.rev_id, tuple(json.loads(row.parents)))


def _fitting(line: bytes) -> Row | None:
    with suppress(UnfitError):
        return read_line(line, hashlib.sha256(line).hexdigest()).row
    return None


def unsound(path: Path) -> BundleError:
    """Word the fault of a bundle whose chain or records do not hold."""
    return BundleError(
        zh=f"{path.name} 里的修订链断了, 或有不合字段表的记录; 台账没有改动。"
        "请让对方先运行 gridkit check, 再打包; 原台账已不在的, 可用 --salvage 只取断点之前的部分。",
        en=f"The chain of revisions in {path.name} is broken, or holds records that are none of "
        "the spec. The ledger is unchanged. Its owner should run `gridkit check`, then bundle "
        "again; where that ledger is lost, `--salvage` takes what is before the break.",
    )


def ahead(path: Path) -> BundleError:
    """Word the fault of a bundle that was written later than now."""
    return BundleError(
        zh=f"{path.name} 里有写于将来 (晚于本机时钟一天以上) 的修订; 台账没有改动。请核对两台机器的时钟: "
        "本机慢了, 调好再合并; 对方曾经快了, 由人确认后用 --salvage 合并。",
        en=f"{path.name} holds revisions of the future: more than a day ahead of this machine's "
        "clock. The ledger is unchanged. Look at both clocks: if this one is slow, set it and "
        "merge again; if the other one was fast, a person decides to take it by `--salvage`.",
    )


def forked(path: Path) -> BundleError:
    """Word the fault of a bundle that contradicts the ledger."""
    return BundleError(
        zh=f"{path.name} 与台账在同一设备编号下有两条不同的修订链 (台账文件曾被回退到旧备份后继续写入); "
        "台账没有改动。请用 gridkit check --salvage 查看对方台账, 由人决定保留哪一条。",
        en=f"{path.name} and the ledger hold two different chains under one device number (a "
        "ledger was put back to an old backup and written on). The ledger is unchanged; a "
        "person has to decide which one to keep.",
    )
