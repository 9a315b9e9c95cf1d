"""Proof that nothing was changed, left out or cut off."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from gridkit.errors import StoreBusyError, StoreError
from gridkit.records import projection
from gridkit.records.database import (
    in_plain_words,
    legible,
    read_any_bytes,
    reading,
)
from gridkit.records.photos import Named, Photos, named
from gridkit.records.revision import proved
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.tables import CURRENT, HEAD, REVISION

_SHOWN = 100  # problems of one sort that are listed one by one


def check(engine: sa.Engine, path: Path, *, photos: Photos | None = None) -> pd.DataFrame:
    """Prove a ledger from the pages of the file up to the current state.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    path : Path
        The ledger.
    photos : Photos, optional
        Those beside it; without them none is looked for.

    Returns
    -------
    DataFrame of str
        where, problem_zh, problem_en: damaged pages, revisions whose hash does not fit,
        gaps in a device's numbering, parents that are not there, heads or current rows
        that differ from what the revisions say, photos that are missing or were altered.
        Empty where all is sound.

    Notes
    -----
    A chain cannot show that its *last* links were cut off whole. Note down `tips` now and
    then: a ledger that has lost its end no longer holds them.
    """
    found: list[Finding] = []
    with reading(engine, path) as connection:
        read_any_bytes(connection)
        with _noting(found, "文件 file", path):
            found += [
                ("文件 file", "数据库页损坏", f"damaged pages: {line[:200]}")
                for line in _integrity(connection)
                if line != "ok"
            ]
        rows: list[Mapping[Any, Any]] = []
        with _noting(found, "修订 revisions", path):
            rows.extend(row._mapping for row in connection.execute(sa.select(REVISION)))
        found += _chain(rows)
        found += _state(connection, rows, path)
        if photos is not None:
            with _noting(found, "照片 photos", path):
                found += _photos(named(connection), photos)
    return pd.DataFrame(found, columns=["where", "problem_zh", "problem_en"], dtype="str")


Finding = tuple[str, str, str]


def _photos(every: Collection[Named], photos: Photos) -> Iterator[Finding]:
    """Name each photo that is missing or altered once, with the record that it belongs to."""
    told = {
        "missing": ("照片文件不见了", "its photo is missing"),
        "altered": ("照片被改动过或已损坏", "its photo was altered or is damaged"),
    }
    for one in {name.photo: name for name in every}.values():
        state = photos.state(one.photo)
        if state != "sound":
            yield (f"{one.kind} {_named(one.record_id)} · {one.photo[:12]}.jpg", *told[state])


def _integrity(connection: sa.Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    return list(connection.exec_driver_sql("PRAGMA integrity_check").scalars())


@contextmanager
def _noting(found: list[Finding], where: str, path: Path) -> Iterator[None]:
    """Note as a finding what cannot be read, and go on."""
    try:
        with in_plain_words(path), legible():
            yield
    except StoreBusyError:
        raise
    except StoreError:
        found.append((where, "有内容读不出来, 已损坏", "some of it cannot be read: damaged"))


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
    with in_plain_words(path), legible():
        made = made.astype({"device": "str", "seq": "int64", "hash": "str"})
    return made.set_index("device")


def _chain(rows: Collection[Mapping[Any, Any]]) -> Iterator[Finding]:
    known = {row["rev_id"] for row in rows}
    numbered = [r for r in rows if isinstance(r["device"], str) and isinstance(r["seq"], int)]
    device, seq, prev = None, 0, ""
    for row in sorted(numbered, key=lambda r: (r["device"], r["seq"])):
        if row["device"] != device:
            device, seq, prev = row["device"], 0, ""
        gap = row["seq"] - seq - 1
        if gap:
            zh, en = f"之前缺 {gap} 个修订", f"{gap} revision(s) before it are missing"
            yield _place(row), zh, en
        elif row["prev"] != prev:
            yield (
                _place(row),
                "与前一修订的链接断开",
                "its link to the revision before is broken",
            )
        yield from _content(row, known)
        seq, prev = row["seq"], row["hash"]
    for row in rows:
        if not (isinstance(row["device"], str) and isinstance(row["seq"], int)):
            yield (
                _place(row),
                "已损坏, 不知是第几号修订",
                "it is damaged: its number cannot be read",
            )


def _content(row: Mapping[Any, Any], known: set[Any]) -> Iterator[Finding]:
    revision = proved(row)
    if revision is None:
        zh, en = (
            "内容与校验值不符, 被改动过",
            "its content does not fit its hash: it was altered",
        )
        yield _place(row), zh, en
    elif not set(revision.parent_ids) <= known:
        yield _place(row), "所依据的修订不在台账中", "a revision that it builds on is not there"
    elif revision.kind not in CURRENT:
        zh, en = "记录种类未知, 请升级 gridkit", "its kind is not known; upgrade gridkit"
        yield _place(row), zh, en


def _place(row: Mapping[Any, Any]) -> str:
    kind, record_id, rev_id = (_named(row[name]) for name in ("kind", "record_id", "rev_id"))
    return f"{kind} {record_id} · {rev_id}"


def _named(value: object) -> str:
    """Name an id; where damage shifted the columns it could be anybody's words: not those."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else "?"


_ID = re.compile(r"[!-~]{1,64}")


def _state(
    connection: sa.Connection, rows: Collection[Mapping[Any, Any]], path: Path
) -> list[Finding]:
    """Compare the current state with the revisions, but for the records of altered ones."""
    found: list[Finding] = []
    proofs = [(row["record_id"], proved(row)) for row in rows]
    unclear = {record_id for record_id, revision in proofs if revision is None}
    heads, current = projection.expected(r for _, r in proofs if r is not None)
    there: set[tuple[Any, Any]] = heads
    with _noting(found, "当前版本表 heads", path):
        there = {(r.record_id, r.rev_id) for r in connection.execute(sa.select(HEAD)).all()}
    zh, en = "当前版本表与修订不符", "the heads differ from what the revisions say"
    differing = {record_id for record_id, _ in heads ^ there} - unclear
    found += [(name, zh, en) for name in _some(differing)]
    for kind in CURRENT:
        wanted = {key: one["row"] for key, one in current.items() if one["kind"] == kind}
        shown: dict[Any, dict[str, Any]] = wanted
        with _noting(found, f"{RECORD_SPECS[kind].zh} {kind}", path):
            shown = projection.stored(connection, kind)
        differing = {k for k in shown.keys() | wanted.keys() if shown.get(k) != wanted.get(k)}
        zh, en = "台账当前内容与修订不符", "the current row differs from what the revisions say"
        found += [(f"{kind} {name}", zh, en) for name in _some(differing - unclear)]
    return found


def _some(ids: set[Any]) -> list[str]:
    return sorted(_named(one) for one in ids)[:_SHOWN]
