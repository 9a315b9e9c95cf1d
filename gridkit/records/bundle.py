"""Bundles: what a ledger holds, signed, in one file to be carried to another ledger."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from gridkit.errors import BundleError, why_os
from gridkit.records.bundle_file import BundleFile, Carried, Header, Span, write_file
from gridkit.records.database import legible
from gridkit.records.photos import named
from gridkit.records.revision import REVISION_FIELDS, canonical_json, utc_text
from gridkit.records.signing import own_public
from gridkit.records.spec import SPEC_VERSION
from gridkit.records.tables import REVISION
from gridkit.records.unbroken import Link, unbroken

if TYPE_CHECKING:
    from gridkit.records.store import Store

_SEALED = REVISION_FIELDS[:-1]  # all but the hash


class Bundled(NamedTuple):
    """What was written: the file, how many revisions of how many devices, signed by whom.

    `photos` travel along; `lacking` ones are named by a revision, but were not here.
    """

    path: Path
    revisions: int
    devices: int
    signer: str
    left: int = 0
    photos: int = 0
    lacking: int = 0


def bundle(
    store: Store,
    path: str | Path,
    *,
    since: Mapping[str, int] | None = None,
    salvage: bool = False,
) -> Bundled:
    """Write all that a ledger holds, its photos with it, into one signed file.

    The whole of it by default: such a bundle can be merged anywhere, before or after any
    other. The chain is proved while it is written.

    Parameters
    ----------
    store : Store
        The ledger; it is only read.
    path : str or Path
        A new file, readable by its owner only. It holds what residents said, in clear.
    since : mapping of str to int, optional
        Last number by device of what the receiver has: `bundle_header(...).tips` of a
        bundle of theirs. Only what is newer is written.
    salvage : bool
        Where the ledger's own chain is broken, write what is before the break.

    Returns
    -------
    Bundled
        `left` counts the revisions behind a break, which stay where they are.

    Raises
    ------
    BundleError
        If the ledger's own chain is broken, there is nothing to write, `path` exists, or
        cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from gridkit.records import Visit, create_store
    >>> folder = tempfile.TemporaryDirectory()
    >>> with create_store(Path(folder.name) / "ledger.db", county_code="990428") as store:
    ...     seen = Visit(grid_id="990428100001001", visited_on="2026-11-03", outcome="refused")
    ...     receipt = store.add([seen], by_role="grid_worker")
    ...     bundle(store, Path(folder.name) / "tablet-3.gkb").revisions
    1
    >>> folder.cleanup()
    """
    path = Path(path)
    if path.exists():
        raise BundleError(
            zh=f"{path.name} 已存在, 不会覆盖; 请换一个文件名。",
            en=f"{path.name} exists and is not overwritten; choose another name.",
        )
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.new")
    try:
        with store.reading() as connection:
            ends = _sound_ends(connection) if salvage else _ends(connection)
            left = sum(_ends(connection).values()) - sum(ends.values())
            _need_some(ends, left)
            header, lacking = _header(store, connection, since or {}, ends)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
                lines = (line for span in header.spans for line in _lines(connection, span))
                write_file(file, header, lines, _photos(store, header))
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise BundleError(
            zh=f"不能写入 {path.name} ({why_os(error)}); 请检查 U 盘、写权限和剩余空间。",
            en=f"{path.name} cannot be written ({error.strerror}); "
            "check the stick, the permissions and the free space.",
        ) from None
    finally:
        draft.unlink(missing_ok=True)
    return Bundled(
        path,
        header.size,
        len(header.spans),
        header.signer,
        left,
        photos=len(header.photos),
        lacking=lacking,
    )


def bundle_header(path: str | Path) -> Header:
    """Read what a bundle says of itself, once its signature fits.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Header
        `signer` is the public key; whether it is trusted is another question.

    Raises
    ------
    BundleError
        If it is no sound bundle.
    """
    with BundleFile(Path(path)) as file:
        file.prove()
        return file.header


def _ends(connection: sa.Connection) -> dict[str, int]:
    """Give the last number of each device."""
    last = sa.select(REVISION.c.device, sa.func.max(REVISION.c.seq)).group_by(REVISION.c.device)
    return {device: int(seq) for device, seq in connection.execute(last)}


def _sound_ends(connection: sa.Connection) -> dict[str, int]:
    """Give how far each device's chain holds from its first number on."""
    links: list[Link] = []
    for device, last in _ends(connection).items():
        try:
            for line in _lines(connection, Span(device, 1, last, "", "")):
                rev_id, _, _, parents, _, seq = json.loads(line)[:6]
                links.append(Link(device, seq, rev_id, tuple(json.loads(parents))))
        except BundleError:
            continue
    return unbroken(links)


def _header(
    store: Store, connection: sa.Connection, since: Mapping[str, int], ends: Mapping[str, int]
) -> tuple[Header, int]:
    """Say what is to be written, and how many of its photos are not here."""
    spans = tuple(
        Span(
            device,
            first,
            last,
            hash_at(connection, device, first - 1) or "",
            hash_at(connection, device, last) or "",
        )
        for device, last in sorted(ends.items())
        if (first := since.get(device, 0) + 1) <= last
    )
    if not spans:
        raise BundleError(
            zh="台账里没有可以带走的新内容, 没有写数据包。",
            en="The ledger holds nothing new to carry; no bundle was written.",
        )
    made_at = utc_text(store.now())
    wanted, photos = _named(connection, spans), []
    for name in wanted:
        data = store.photos.read(name)
        if data is not None:
            photos.append(Carried(name, len(data)))
    said = (store.county_code, SPEC_VERSION, made_at, own_public(), spans)
    return Header(*said, photos=tuple(photos)), len(wanted) - len(photos)


def _named(connection: sa.Connection, spans: Iterable[Span]) -> list[str]:
    """List the photos that the revisions of these spans name."""
    within = sa.or_(
        *(
            sa.and_(REVISION.c.device == s.device, REVISION.c.seq.between(s.first, s.last))
            for s in spans
        )
    )
    return sorted({one.photo for one in named(connection, within)})


def _photos(store: Store, header: Header) -> Iterator[bytes]:
    for name, length in header.photos:
        data = store.photos.read(name)
        if data is None or len(data) != length:
            raise BundleError(
                zh="打包时有照片被移走或改动, 没有写数据包; 请重新打包。",
                en="A photo was moved or altered meanwhile; no bundle was written. Try again.",
            )
        yield data


def hash_at(connection: sa.Connection, device: str, seq: int) -> str | None:
    """Give the hash of one revision by its device and number; None where it is not there."""
    own = sa.and_(REVISION.c.device == device, REVISION.c.seq == seq)
    found: str | None = connection.execute(sa.select(REVISION.c.hash).where(own)).scalar()
    return found


def _lines(connection: sa.Connection, span: Span) -> Iterator[bytes]:
    """Give the lines of a device's revisions, each proved by its hash and its link."""
    seq, prev = span.first - 1, span.prev
    for *sealed, noted in _rows(connection, span):
        seq += 1
        with legible():
            line = canonical_json(sealed).encode()
        found = hashlib.sha256(line).hexdigest()
        if found != noted or (sealed[5], sealed[-1]) != (seq, prev):
            raise _broken()
        prev = noted
        yield line
    if seq != span.last:
        raise _broken()


def _rows(connection: sa.Connection, span: Span) -> Iterator[Any]:
    own = sa.and_(
        REVISION.c.device == span.device, REVISION.c.seq.between(span.first, span.last)
    )
    columns = [REVISION.c[name] for name in (*_SEALED, "hash")]
    query = sa.select(*columns).where(own).order_by(REVISION.c.seq)
    yield from connection.execution_options(yield_per=5000).execute(query)


def _broken() -> BundleError:
    return BundleError(
        zh="台账的修订链断了 (有修订缺失或被改动), 没有写数据包。请先用 gridkit check 查看; "
        "加 --salvage 可把断点之前的部分打包。",
        en="The ledger's chain is broken (revisions are missing or altered); no bundle was "
        "written. Look with `gridkit check`; `--salvage` bundles what is before the break.",
    )


def _need_some(ends: Mapping[str, int], left: int) -> None:
    if not left or any(ends.values()):
        return
    raise BundleError(
        zh=f"什么也没能救出: 台账的 {left:,} 个修订都在断点之后, 没有写数据包。请从备份恢复台账。",
        en=f"Nothing could be saved: all {left:,} revisions of the ledger are behind the break; "
        "no bundle was written. Restore the ledger from a backup.",
    )
