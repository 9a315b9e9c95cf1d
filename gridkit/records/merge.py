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

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from gridkit.errors import BundleError, BundleGapError, StoreError
from gridkit.records.arrivals import Arrivals, forked, sound_ends, unsound
from gridkit.records.bundle_file import BundleFile
from gridkit.records.photos import Photos, named
from gridkit.records.regather import BrokenRecordError, enter, regather
from gridkit.records.signing import TrustedKey, fingerprint

if TYPE_CHECKING:
    from gridkit.records.store import Store

_UNPROVED = " (签名未核实 · signature not proved)"
_TOGETHER = 10  # bundles to a commit
_CACHE_KIB = 131_072  # a big ledger's indices are written all over: keep them in memory


class Merged(NamedTuple):
    """What a bundle brought.

    `taken` revisions were new, `known` ones were there already; `conflicts` are the records
    of this bundle that have more than one head now, to be resolved by a person. `left` are
    the revisions behind the break of a bundle that was salvaged. `photos` came along;
    `lacking` ones are named by revisions of the ledger, but no bundle brought them so far.
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
        says so: it may come from anybody, and the name in it is a claim.

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
        gridkit, or contradicts the ledger. Nothing was changed.
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
            merged = _take(connection, file, label, ends)
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


def _merge_within(
    connection: sa.Connection, county_code: str, path: Path, keys: Collection[TrustedKey]
) -> Merged | Refused:
    """Take a bundle within a transaction of several; where it is refused, nothing of it is left."""
    try:
        with BundleFile(path) as file, connection.begin_nested():
            digest = file.prove()
            label = _label(file, keys)
            _need_county(file, county_code)
            merged = _take(connection, file, label, None)
            file.need_unchanged(digest)
    except BundleError as error:
        return Refused(path, error)
    return merged


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
    keys, files = tuple(trusted), [Path(path) for path in paths]
    done: dict[int, Merged | Refused] = {}
    left = list(range(len(files)))
    while left:
        for some in (left[i : i + _TOGETHER] for i in range(0, len(left), _TOGETHER)):
            with store.writing() as connection:
                done |= {
                    n: _merge_within(connection, store.county_code, files[n], keys)
                    for n in some
                }
        waiting = [n for n in left if _waits(done[n])]
        left = waiting if any(isinstance(done[n], Merged) for n in left) else []
    return [done[number] for number in range(len(files))]


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


def _take(
    connection: sa.Connection, file: BundleFile, label: str, ends: Mapping[str, int] | None
) -> Merged:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_KIB}")
    fresh = Arrivals(file, connection, ends)
    touched: dict[str, None] = {}
    for rows in fresh.batches():
        try:
            for record_id in enter(connection, rows, touched):
                touched[record_id] = None
        except sa.exc.IntegrityError:  # one id under two numbers
            raise forked(file.path) from None
    try:
        conflicts = regather(connection, list(touched))
    except BrokenRecordError:
        raise unsound(file.path) from None
    left = 0 if ends is None else file.header.size - fresh.taken - fresh.known
    return Merged(file.path, label, fresh.taken, fresh.known, conflicts, left)
