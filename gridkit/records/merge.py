"""Merge: the ledgers of field workers brought together, without a network.

A bundle is proved first (signed by a device that is trusted, unaltered, of this county, not
of a newer version, its chains unbroken), then taken in one transaction: all or nothing.
Revisions are never changed, only added, and the current state is derived from them, so any
bundles in any order, any number of times, give one and the same ledger. Where two people
changed one record apart, both versions stay; see `conflicts`.

A hash chain proves that nothing was changed or left out since it was written. That it was
written by the device whose number it bears rests on the trust in whoever signed the bundle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from gridkit.errors import BundleError, BundleGapError, StoreError
from gridkit.records.arrivals import Arrivals, forked, sound_ends, unsound
from gridkit.records.bundle_file import BundleFile
from gridkit.records.garbage import uncollected
from gridkit.records.photos import Photos, named
from gridkit.records.regather import BrokenRecordError, enter, regather
from gridkit.records.revision import utc_text
from gridkit.records.signing import TrustedKey, fingerprint

if TYPE_CHECKING:
    from gridkit.records.store import Store

_UNPROVED = " (签名未核实 · signature not proved)"
_TOGETHER = 10  # bundles to a commit
_AHEAD = timedelta(days=1)  # how far two clocks may differ, one of them in a wrong zone
_CACHE_KIB = 131_072  # a big ledger's indices are written all over: keep them in memory


class Merged(NamedTuple):
    """What a bundle brought.

    `taken` revisions were new, `known` ones were there already; `conflicts` are the records
    of this bundle that have more than one head now, to be resolved by a person. `left` are
    the revisions behind the break of a bundle that was salvaged. `photos` came along;
    `lacking` ones are named by revisions of the ledger, but no bundle brought them so far:
    those after all bundles of the call, counted where one of them had to do with photos.
    """

    path: Path
    label: str
    taken: int
    known: int
    conflicts: tuple[str, ...] = ()
    left: int = 0
    photos: int = 0
    lacking: int = 0


class Refused(NamedTuple):
    """A bundle that was not taken, and why."""

    path: Path
    error: StoreError


def merge(
    store: Store,
    path: str | Path,
    *,
    trusted: Iterable[TrustedKey],
    salvage: bool = False,
) -> Merged:
    """Take a bundle into a ledger: all of it, or nothing.

    Parameters
    ----------
    store : Store
    path : str or Path
        A bundle; it is only read.
    trusted : iterable of TrustedKey
        Whose bundles are taken: `trusted_keys(workspace.folder)`.
    salvage : bool
        For a bundle that is broken and cannot be had again: take what is before the break.
        Its chains are proved as far as they go. Where its signature does not fit, `label`
        says so: it may come from anybody, and the name in it is a claim. Revisions that
        a clock set wrong dated into the future are taken too.

    Returns
    -------
    Merged
        After COMMIT. A bundle that was merged before brings nothing and changes nothing.

    Raises
    ------
    BundleGapError
        If the ledger lacks the revisions that the bundle goes on from.
    BundleError
        If it is cut, altered, of a signer that is not trusted, of another county or a newer
        gridkit, contradicts the ledger, or brings revisions dated more than a day ahead of
        the store's clock. Nothing was changed.
    StoreError
        If the ledger cannot be written; nothing was.
    """
    with BundleFile(Path(path)) as file:
        proved = not salvage or _is_proved(file)
        digest = file.digest() if salvage else file.prove()
        label = _label(file, tuple(trusted)) + ("" if proved else _UNPROVED)
        _need_county(file, store.county_code)
        with store.writing() as connection:
            ends = sound_ends(file, connection) if salvage else None
            latest = None if salvage else _latest(store)
            merged = _take(connection, Arrivals(file, connection, ends, latest), file, label)
            brought = _keep_photos(store.photos, file) if proved else 0
            file.need_unchanged(digest)  # the stick may have been written to meanwhile
            lacking = _lacking(connection, store.photos)
    return merged._replace(photos=brought, lacking=lacking)


def _keep_photos(photos: Photos, file: BundleFile) -> int:
    """Write the photos before the revisions that name them are committed; count the new ones."""
    fresh = 0
    for name, data in file.photos():
        if photos.state(name) != "sound":
            photos.put(data)
            fresh += 1
    return fresh


def _lacking(connection: sa.Connection, photos: Photos) -> int:
    names = {one.photo for one in named(connection)}
    return sum(not photos.path(name).is_file() for name in names)


def _is_proved(file: BundleFile) -> bool:
    try:
        file.prove()
    except BundleError:
        return False
    return True


class _SpoiledError(Exception):
    """A bundle refused when rows of it were written already."""

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self.refused = refused


@dataclass
class _Taking:
    """Bundles being taken, some to a transaction.

    There is no savepoint to a bundle: for it SQLite would keep the old state of every page
    in memory. Where a bundle turns out unsound when rows of it were written already, which
    a signed one hardly does, the transaction is left, and begun again without it.
    """

    store: Store
    keys: Collection[TrustedKey]
    photos: Counter[Path] = field(default_factory=Counter)
    pictured: bool = False

    def together(self, paths: Sequence[Path]) -> list[Merged | Refused]:
        """Take bundles in one transaction, each all or not at all."""
        refused: dict[int, Refused] = {}
        while True:
            done: list[Merged | Refused] = []
            try:
                with self.store.writing() as connection:
                    for number, path in enumerate(paths):
                        done.append(refused.get(number) or self._one(connection, path))
            except _SpoiledError as spoiled:
                refused[len(done)] = spoiled.refused
            else:
                return done

    def _one(self, connection: sa.Connection, path: Path) -> Merged | Refused:
        fresh = None
        try:
            with BundleFile(path) as file:
                digest = file.prove()
                label = _label(file, self.keys)
                _need_county(file, self.store.county_code)
                fresh = Arrivals(file, connection, None, _latest(self.store))
                merged = _take(connection, fresh, file, label)
                file.need_unchanged(digest)
                self.photos[path] += _keep_photos(self.store.photos, file)
                self.pictured |= fresh.pictured or bool(file.header.photos)
        except BundleError as error:
            if fresh is not None and fresh.taken:
                raise _SpoiledError(Refused(path, error)) from None
            return Refused(path, error)
        return merged._replace(photos=self.photos[path])


def _latest(store: Store) -> str:
    return utc_text(store.now() + _AHEAD)


def merge_all(
    store: Store, paths: Iterable[str | Path], *, trusted: Iterable[TrustedKey]
) -> list[Merged | Refused]:
    """Take many bundles, each all or not at all, in whatever order they can be taken.

    Every ten are committed together: the indices of a big ledger are then written once for
    ten bundles, and who saves meanwhile waits for some seconds at most.

    Parameters
    ----------
    store : Store
    paths : iterable of str or Path
        One that goes on from another of them waits for it.
    trusted : iterable of TrustedKey
        As for `merge`.

    Returns
    -------
    list of Merged or Refused
        In the order of `paths`; a bundle that was refused keeps no other one out.

    Raises
    ------
    StoreError
        If the ledger cannot be written: nothing of the ten at hand was; those before them
        are in, and bring nothing when they are merged again.
    """
    files = [Path(path) for path in paths]
    taking = _Taking(store, tuple(trusted))
    done: dict[int, Merged | Refused] = {}
    left = list(range(len(files)))
    while left:
        for some in (left[i : i + _TOGETHER] for i in range(0, len(left), _TOGETHER)):
            done |= zip(some, taking.together([files[n] for n in some]), strict=True)
        waiting = [n for n in left if _waits(done[n])]
        left = waiting if any(isinstance(done[n], Merged) for n in left) else []
    lacking = 0
    if taking.pictured:
        with store.reading() as connection:
            lacking = _lacking(connection, store.photos)
    every = (done[number] for number in range(len(files)))
    return [one._replace(lacking=lacking) if isinstance(one, Merged) else one for one in every]


def _waits(one: Merged | Refused) -> bool:
    return isinstance(one, Refused) and isinstance(one.error, BundleGapError)


def _label(file: BundleFile, trusted: Collection[TrustedKey]) -> str:
    signer = file.header.signer
    for key in trusted:
        if key.public == signer:
            return key.label
    raise BundleError(
        zh=f"{file.path.name} 的签名设备不在信任名单上 (指纹 {fingerprint(signer)}); 台账没有改动。"
        "请与对方当面或电话核对指纹, 再用 gridkit merge --trust 加入。",
        en=f"The signer of {file.path.name} is not trusted here (fingerprint "
        f"{fingerprint(signer)}). The ledger is unchanged. Compare the fingerprint with its "
        "owner by another way, then add it with `gridkit merge --trust`.",
    )


def _need_county(file: BundleFile, county_code: str) -> None:
    if file.header.county_code != county_code:
        raise BundleError(
            zh=f"{file.path.name} 是另一个县的数据包; 台账没有改动。",
            en=f"{file.path.name} is of another county. The ledger is unchanged.",
        )


def _take(connection: sa.Connection, fresh: Arrivals, file: BundleFile, label: str) -> Merged:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_KIB}")
    touched: dict[str, None] = {}
    with uncollected():
        for arrivals in fresh.batches():
            try:
                for record_id in enter(connection, arrivals, touched):
                    touched[record_id] = None
            except sa.exc.IntegrityError:  # one id under two numbers
                raise forked(file.path) from None
        try:
            conflicts = regather(connection, list(touched))
        except BrokenRecordError:
            raise unsound(file.path) from None
    left = file.header.size - fresh.taken - fresh.known  # none but of one that is salvaged
    return Merged(file.path, label, fresh.taken, fresh.known, conflicts, left)
