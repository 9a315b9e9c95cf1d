"""Photos beside the ledger: files named by the SHA-256 of their content, never by a camera.

A photo is on the disk, whole, before the revision that names it can be written; the hash in
the revision proves it ever after. A photo of a matter stays on the desk: it is on no map and
in no export. A county that wants photos says so in its profile (`photos = true` in
`county.toml`); without it none is asked for and none is taken.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import sqlalchemy as sa

from gridkit.errors import Problem, StoreError, why_os
from gridkit.records.drafts import Drafts
from gridkit.records.ids import new_id
from gridkit.records.models import Record, kind_of
from gridkit.records.picture import is_kept_photo, redraw
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.tables import REVISION

if TYPE_CHECKING:
    from gridkit.records.store import Store

State = Literal["sound", "missing", "altered"]

PHOTO_FIELDS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(f.name for f in spec.fields if f.type == "photo")
    for kind, spec in RECORD_SPECS.items()
}
"""The fields of each kind of record that name a photo."""
_NAME = re.compile("[0-9a-f]{64}")


class Photos:
    """The photos beside one ledger.

    Parameters
    ----------
    folder : Path
        Made, for its owner only, when the first photo is kept.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> photos = Photos.beside(Path(folder.name) / "ledger.db")
    >>> photos.state("0" * 64)
    'missing'
    >>> folder.cleanup()
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def beside(cls, ledger: Path) -> Photos:
        """Give the photos of a ledger file: `ledger.db` has `ledger.photos`."""
        return cls(ledger.with_suffix(".photos"))

    def keep(self, data: bytes) -> str:
        """Redraw a photo and write it; when this returns, it is on the disk.

        Parameters
        ----------
        data : bytes
            As a camera wrote it; see `picture.redraw`.

        Returns
        -------
        str
            Its name: 64 hexadecimal digits.

        Raises
        ------
        DataError
            If it is no photo that can be kept.
        StoreError
            If it cannot be written; nothing is left of it then.
        """
        return self.put(redraw(data))

    def put(self, kept: bytes) -> str:
        """Write a photo that was redrawn already, as one from a bundle; see `keep`.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        name = hashlib.sha256(kept).hexdigest()
        if self.state(name) != "sound":
            try:
                self._write(name, kept)
            except OSError as error:
                raise StoreError(
                    zh=f"照片没有写到磁盘 ({why_os(error)}); 请检查磁盘空间和写权限, 再选一次。"
                    "已填的内容都还在。",
                    en=f"The photo was not written ({error.strerror}); check space and "
                    "permissions, then choose it again. All you typed is still here.",
                ) from None
        return name

    def _write(self, name: str, kept: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".{name[:8]}.{new_id()[-8:]}.new"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        try:
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
                file.write(kept)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path(name))
            _settle(self.folder)
        finally:
            draft.unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Give the file of a photo, there or not.

        Raises
        ------
        StoreError
            If it is no name of a photo.
        """
        if not _NAME.fullmatch(name):
            raise StoreError(
                zh="照片的名称须为 64 位十六进制数。",
                en="A photo's name must be 64 hexadecimal digits.",
            )
        return self.folder / f"{name}.jpg"

    def read(self, name: str) -> bytes | None:
        """Read a photo; None where it is missing, cannot be read, or was altered."""
        with suppress(OSError):
            data = self.path(name).read_bytes()
            if hashlib.sha256(data).hexdigest() == name:
                return data
        return None

    def state(self, name: str) -> State:
        """Tell whether a photo is there and is what its name says."""
        if not self.path(name).is_file():
            return "missing"
        return "altered" if self.read(name) is None else "sound"

    def drop(self, name: str) -> None:
        """Delete a photo that no revision names; the caller has to know that."""
        with suppress(OSError):
            self.path(name).unlink()


def _settle(folder: Path) -> None:
    """Bring the folder's new entry to the disk, where the system can (not on Windows)."""
    if os.name != "nt":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


class Named(NamedTuple):
    """A photo that a revision names: which revision of which record, and the photo."""

    rev_id: str
    kind: str
    record_id: str
    photo: str


def named(
    connection: sa.Connection, where: sa.ColumnElement[bool] | None = None
) -> list[Named]:
    """List the photos that revisions name, once for each revision.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    where : condition on the table `revision`, optional
        Which revisions are asked; all by default.
    """
    told = sa.or_(*(REVISION.c.body.contains(f'"{f}":"') for f in _every_field()))
    columns = (REVISION.c.rev_id, REVISION.c.kind, REVISION.c.record_id, REVISION.c.body)
    query = sa.select(*columns).where(told)
    if where is not None:
        query = query.where(where)
    rows = connection.execute(query.order_by(REVISION.c.rev_id))
    return [Named(*row[:3], photo) for row in rows for photo in _photos_of(row[1], row[3])]


def _every_field() -> set[str]:
    return {name for names in PHOTO_FIELDS.values() for name in names}


def _photos_of(kind: str, body: str) -> Iterator[str]:
    try:
        answers = json.loads(body)
        photos = [answers.get(name) for name in PHOTO_FIELDS.get(kind, ())]
    except (ValueError, AttributeError):  # a damaged row: the proof of the chain says so
        return
    yield from (p for p in photos if isinstance(p, str) and _NAME.fullmatch(p))


def unkept(
    connection: sa.Connection,
    photos: Photos,
    records: Iterable[tuple[Record, Iterable[str]]],
    *,
    wanted: bool,
) -> list[Problem]:
    """List the photos that may not be written into the ledger.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In the transaction that is to write them.
    photos : Photos
    records : iterable of (Record, heads)
        Each with the revisions that it builds on: a photo that one of them names may stay,
        whatever became of its file or of the county's switch.
    wanted : bool
        Whether the county takes photos at all.

    Returns
    -------
    list of Problem
    """
    found = []
    for record, heads in records:
        kind = kind_of(record)
        for field in PHOTO_FIELDS[kind]:
            photo = getattr(record, field)
            if photo is None or photo in _photos_at(connection, heads):
                continue
            if not wanted:
                zh, en = "本县没有开启照片", "this county takes no photos"
                found.append(Problem(kind, field, zh, en))
            elif photos.state(photo) != "sound":
                zh = "照片文件不在本机, 请再选一次"
                found.append(Problem(kind, field, zh, "the photo is not here; choose it again"))
    return found


def _photos_at(connection: sa.Connection, heads: Iterable[str]) -> set[str]:
    heads = list(heads)
    if not heads:
        return set()
    return {one.photo for one in named(connection, REVISION.c.rev_id.in_(heads))}


def is_photo(name: str, data: bytes) -> bool:
    """Tell whether bytes are the photo of a name, in the form in which photos are kept."""
    return is_kept_photo(data) and hashlib.sha256(data).hexdigest() == name


def sweep(store: Store, *, days: float = 1) -> int:
    """Delete photos that neither a revision nor a draft names: taken out, or never saved.

    Parameters
    ----------
    store : Store
        Its photos and the drafts beside it.
    days : float
        Younger files stay: a form may be about to save them.

    Returns
    -------
    int
        How many were deleted.
    """
    photos, oldest = store.photos, time.time() - days * 86_400
    old = {
        path.stem
        for path in photos.folder.glob("*.jpg")
        if _NAME.fullmatch(path.stem) and path.stat().st_mtime < oldest
    }
    if not old:
        return 0
    drafts = json.dumps([draft.content for draft in Drafts.beside(store.path).listed()])
    with store.reading() as connection:
        old -= {one.photo for one in named(connection)}
    loose = {name for name in old if name not in drafts}
    for name in loose:
        photos.drop(name)
    return len(loose)
