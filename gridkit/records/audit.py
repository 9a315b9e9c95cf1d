"""Proof that nothing was changed, left out or cut off, and rescue where it was."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from gridkit.errors import StoreError
from gridkit.records import projection
from gridkit.records.database import DATABASE_FAULTS, connect, open_damaged, reading, writing
from gridkit.records.revision import REVISION_FIELDS, Revision
from gridkit.records.tables import HEAD, REVISION

if TYPE_CHECKING:
    from gridkit.profile import Profile

_SHOWN = 100  # problems of one sort that are listed one by one


class Rescue(NamedTuple):
    """What a salvage brought over, and what it could not.

    `saved` revisions are in the new ledger at `path`; `altered` ones could be read but do
    not fit their hash; `missing` numbers lie between those that were saved.
    """

    path: Path
    saved: int
    altered: int
    missing: int


def check(engine: sa.Engine, path: Path) -> pd.DataFrame:
    """Prove a ledger from the pages of the file up to the current state.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    path : Path
        The ledger.

    Returns
    -------
    DataFrame of str
        where, problem_zh, problem_en: damaged pages, revisions whose hash does not fit,
        gaps in a device's numbering, parents that are not there, heads or current rows
        that differ from what the revisions say. Empty where all is sound.

    Notes
    -----
    A chain cannot show that its *last* links were cut off whole. Note down `tips` now and
    then: a ledger that has lost its end no longer holds them.
    """
    found: list[tuple[str, str, str]] = []
    with reading(engine, path) as connection:
        if connection.dialect.name == "sqlite":
            found += [
                ("文件 file", "数据库页损坏", f"damaged pages: {line}")
                for line in connection.exec_driver_sql("PRAGMA integrity_check").scalars()
                if line != "ok"
            ]
        rows = connection.execute(
            sa.select(REVISION).order_by(REVISION.c.device, REVISION.c.seq)
        ).all()
        found += _chain(rows)
        found += _state(connection, rows)
    return pd.DataFrame(found, columns=["where", "problem_zh", "problem_en"], dtype="str")


def tips(engine: sa.Engine, path: Path) -> pd.DataFrame:
    """Give the last link of each device's chain, to be noted down elsewhere.

    Returns
    -------
    DataFrame indexed by `device`
        seq, hash.
    """
    with reading(engine, path) as connection:
        last = (
            sa.select(REVISION.c.device, sa.func.max(REVISION.c.seq).label("seq"))
            .group_by(REVISION.c.device)
            .subquery()
        )
        rows = connection.execute(
            sa.select(REVISION.c.device, REVISION.c.seq, REVISION.c.hash)
            .join(
                last, sa.and_(last.c.device == REVISION.c.device, last.c.seq == REVISION.c.seq)
            )
            .order_by(REVISION.c.device)
        ).all()
    made = pd.DataFrame(rows, columns=["device", "seq", "hash"])
    return made.astype({"device": "str", "seq": "int64", "hash": "str"}).set_index("device")


def _chain(rows: Sequence[Any]) -> Iterator[tuple[str, str, str]]:
    known = {row.rev_id for row in rows}
    device, seq, prev = None, 0, ""
    for row in rows:
        if row.device != device:
            device, seq, prev = row.device, 0, ""
        where = f"{row.kind} {row.record_id} · {row.rev_id}"
        if row.seq != seq + 1:
            yield (
                where,
                f"之前缺 {row.seq - seq - 1} 个修订",
                f"{row.seq - seq - 1} revision(s) before it are missing",
            )
        elif row.prev != prev:
            yield (where, "与前一修订的链接断开", "its link to the revision before is broken")
        revision = _revision(row._mapping)
        if revision.seal() != row.hash:
            yield (
                where,
                "内容与校验值不符, 被改动过",
                "its content does not fit its hash: it was altered",
            )
        elif not set(revision.parent_ids) <= known:
            yield (where, "所依据的修订不在台账中", "a revision that it builds on is not there")
        seq, prev = row.seq, row.hash


def _revision(row: Mapping[str, Any]) -> Revision:
    return Revision(**{name: row[name] for name in REVISION_FIELDS})


def _state(connection: sa.Connection, rows: Sequence[Any]) -> Iterator[tuple[str, str, str]]:
    heads, current = projection.expected(rows)
    there = {(r.record_id, r.rev_id) for r in connection.execute(sa.select(HEAD)).all()}
    for record_id, _ in sorted(heads ^ there)[:_SHOWN]:
        yield (
            record_id,
            "当前版本表与修订不符",
            "the heads differ from what the revisions say",
        )
    shown = {row["record_id"]: (kind, dict(row)) for kind, row in projection.stored(connection)}
    wanted = {key: (entry["kind"], entry["row"]) for key, entry in current.items()}
    differing = [
        k for k in sorted(shown.keys() | wanted.keys()) if shown.get(k) != wanted.get(k)
    ]
    for record_id in differing[:_SHOWN]:
        yield (
            record_id,
            "台账当前内容与修订不符",
            "the current row differs from what the revisions say",
        )


def salvage(path: str | Path, into: str | Path, *, profile: Profile | None = None) -> Rescue:
    """Copy every revision that can still be read and proves itself into a new ledger.

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
        If `into` exists, or nothing can be read from `path`.
    """
    from gridkit.records.storefile import create_store

    path, into = Path(path), Path(into)
    rows, county = _readable(path)
    sound = {row["rev_id"]: row for row in rows if _revision(row).seal() == row["hash"]}
    if not sound:
        raise StoreError(
            zh=f"{path.name} 中没有一条能读出并核实的记录; 请改用备份。原文件未动。",
            en=f"Nothing in {path.name} can be read and proved; use a backup. It was not touched.",
        )
    with create_store(into, county_code=county, profile=profile):
        engine = connect(into)
    with writing(engine, into) as connection:
        connection.execute(sa.insert(REVISION), list(sound.values()))
        projection.rebuild(connection)
    numbered = int(tips(engine, into)["seq"].sum())
    return Rescue(into, len(sound), len(rows) - len(sound), numbered - len(sound))


def _readable(path: Path) -> tuple[list[dict[str, Any]], str]:
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
            county = [value for (value,) in _tolerant(raw, _COUNTY)]
        finally:
            raw.close()
    rows = [dict(zip(REVISION_FIELDS, row, strict=True)) for row in found.values()]
    return rows, county[0] if county else "000000"


def _numbered(raw: Any) -> dict[int, tuple[Any, ...]]:
    found: dict[int, tuple[Any, ...]] = {}
    for order in ("ASC", "DESC"):
        for number, *row in _tolerant(raw, f"{_SELECT} ORDER BY rowid {order}"):
            found.setdefault(number, tuple(row))
    for missing in sorted(set(range(1, max(found, default=0))) - found.keys()):
        for number, *row in _tolerant(raw, f"{_SELECT} WHERE rowid = {missing}"):
            found[number] = tuple(row)
    return found


def _tolerant(raw: Any, query: str) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a query up to the first that cannot be read."""
    cursor = raw.cursor()
    with suppress(*DATABASE_FAULTS):
        yield from cursor.execute(query)


_SELECT = f"SELECT rowid, {', '.join(REVISION_FIELDS)} FROM revision NOT INDEXED"
_COUNTY = "SELECT value FROM meta WHERE key = 'county_code'"
