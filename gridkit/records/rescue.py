"""Rescue: what can still be read and proved of a damaged ledger, into a new one."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from gridkit.errors import StoreError
from gridkit.records import projection
from gridkit.records.audit import tips
from gridkit.records.database import DATABASE_FAULTS, connect, need_file, open_damaged, writing
from gridkit.records.identity import check_version
from gridkit.records.photos import Named, Photos, named
from gridkit.records.revision import REVISION_FIELDS, proved
from gridkit.records.tables import REVISION

if TYPE_CHECKING:
    from gridkit.profile import Profile


class Rescue(NamedTuple):
    """What a salvage brought over, and what it could not.

    `saved` revisions are in the new ledger at `path`; `altered` ones could be read but do
    not fit their hash; `missing` numbers lie between those that were saved.
    """

    path: Path
    saved: int
    altered: int
    missing: int


def salvage(path: str | Path, into: str | Path, *, profile: Profile | None = None) -> Rescue:
    """Copy every revision that still proves itself, and its photo, into a new ledger.

    Parameters
    ----------
    path : str or Path
        The damaged ledger; it is not changed.
    into : str or Path
        A new file.
    profile : Profile, optional
        As for `create_store`.

    Returns
    -------
    Rescue
        How many revisions were saved, altered, missing.

    Raises
    ------
    StoreError
        If `path` is not there or a newer gridkit wrote it, `into` exists, or nothing can
        be read.
    """
    from gridkit.records.storefile import create_store

    path, into = Path(path), Path(into)
    need_file(path)
    rows, about = _readable(path)
    check_version(about, path)
    county = about.get("county_code", "")
    sound = {row["rev_id"]: row for row in rows if proved(row) is not None}
    if not sound:
        raise StoreError(
            zh=f"{path.name} 中没有一条能读出并核实的记录; 请改用备份。原文件未动。",
            en=f"Nothing in {path.name} can be read and proved; use a backup. It was not touched.",
        )
    with create_store(
        into, county_code=county if _COUNTY.fullmatch(county) else "000000", profile=profile
    ):
        engine = connect(into)
    with writing(engine, into) as connection:
        connection.execute(sa.insert(REVISION), list(sound.values()))
        projection.rebuild(connection)
        _copy_photos(Photos.beside(path), Photos.beside(into), named(connection))
    numbered = int(tips(engine, into)["seq"].sum())
    return Rescue(into, len(sound), len(rows) - len(sound), numbered - len(sound))


def _copy_photos(old: Photos, new: Photos, every: Iterable[Named]) -> None:
    for name in {one.photo for one in every}:
        data = old.read(name)
        if data is not None:
            new.put(data)


def _readable(path: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Read, from a copy, the revisions up to the damage, back to it, then one by one."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        shutil.copyfile(path, copy)
        journal = path.with_name(path.name + "-journal")
        if journal.is_file():
            shutil.copyfile(journal, copy.with_name("copy.db-journal"))
        raw = open_damaged(copy)
        try:
            found = _numbered(raw)
            about = {str(key): str(value) for key, value in _tolerant(raw, _ABOUT)}
        finally:
            raw.close()
    rows = [dict(zip(REVISION_FIELDS, row, strict=True)) for row in found.values()]
    return rows, about


def _numbered(raw: Any) -> dict[int, tuple[Any, ...]]:
    """Read the rows by their number: from both ends, then what lies between two of them."""
    found: dict[int, tuple[Any, ...]] = {}
    for order in ("ASC", "DESC"):
        for number, *row in _tolerant(raw, f"{_SELECT} ORDER BY rowid {order}"):
            found.setdefault(number, tuple(row))
    tries = iter(range(_TRIES))
    for low, high in pairwise([0, *sorted(number for number in found if number > 0)]):
        if high - low > 1:
            found.update(_between(raw, low, high, tries))
    return found


def _between(raw: Any, low: int, high: int, tries: Iterator[int]) -> dict[int, tuple[Any, ...]]:
    """Read the rows of a gap: up to one that cannot be read, then on behind that."""
    found: dict[int, tuple[Any, ...]] = {}
    at = low + 1
    while at < high and next(tries, None) is not None:
        query = f"{_SELECT} WHERE rowid >= {at} AND rowid < {high} ORDER BY rowid"
        try:
            for number, *row in raw.cursor().execute(query):
                found[number] = tuple(row)
                at = max(at, number)
            break
        except DATABASE_FAULTS:
            at += 1
    return found


def _tolerant(raw: Any, query: str) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a query up to the first that cannot be read."""
    cursor = raw.cursor()
    with suppress(*DATABASE_FAULTS):
        yield from cursor.execute(query)


_SELECT = f"SELECT rowid, {', '.join(REVISION_FIELDS)} FROM revision NOT INDEXED"
_ABOUT = "SELECT key, value FROM meta"
_COUNTY = re.compile(r"[0-9]{6}")
_TRIES = 100_000  # queries on numbers that cannot be read: some seconds at most
