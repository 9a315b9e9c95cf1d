"""The file of a bundle: revisions of one ledger, on their way to another by USB stick.

A first line with the format, a line of JSON that says what is in it, the revisions as
compressed lines, their photos one behind the other, and 64 bytes of signature over all
before. Each line is the very text that the revision's hash is taken of, so the chain is
proved by reading it; each photo is named by its own hash. A bundle without photos is of
format 1, which older programs read too.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from gridkit.errors import BundleError, why_os
from gridkit.records.photos import is_photo
from gridkit.records.picture import KEPT_BYTES
from gridkit.records.revision import canonical_json
from gridkit.records.signing import is_public, is_signed, sign
from gridkit.records.spec import SPEC_VERSION

FORMAT = 2
WITHOUT_PHOTOS = 1
MAGIC = b"gridkit bundle "
SIGNATURE_BYTES = 64
LONGEST_HEADER = 4_000_000
LONGEST_LINE = 2_000_000  # bytes of one revision: the longest body is a tenth of it
_CHUNK = 1 << 18


class Span(NamedTuple):
    """The revisions of one device: numbers `first` to `last`, the hash before, that of the last."""

    device: str
    first: int
    last: int
    prev: str
    tip: str


class Carried(NamedTuple):
    """A photo that travels along: its hash, and how many bytes it has."""

    name: str
    length: int


@dataclass(frozen=True)
class Header:
    """What a bundle says of itself; true only once its signature was checked."""

    county_code: str
    spec_version: int
    made_at: str
    signer: str
    spans: tuple[Span, ...]
    photos: tuple[Carried, ...] = ()

    @property
    def photo_bytes(self) -> int:
        """How many bytes its photos take."""
        return sum(one.length for one in self.photos)

    @property
    def size(self) -> int:
        """How many revisions there are in it."""
        return sum(span.last - span.first + 1 for span in self.spans)

    @property
    def tips(self) -> dict[str, int]:
        """The last number of each device: what whoever wrote it had by then."""
        return {span.device: span.last for span in self.spans}

    def to_json(self) -> str:
        """Write it as canonical JSON."""
        said = {**self.__dict__, "spans": [list(s) for s in self.spans]}
        said["photos"] = [list(p) for p in self.photos]
        if not self.photos:
            del said["photos"]
        return canonical_json(said)


def write_file(
    file: IO[bytes], header: Header, lines: Iterable[bytes], photos: Iterable[bytes] = ()
) -> None:
    """Write a bundle and sign it.

    Parameters
    ----------
    file : binary file
        Open for writing, empty.
    header : Header
    lines : iterable of bytes
        One revision each, in the order of the header's spans.
    photos : iterable of bytes
        In the order and of the lengths that the header says.
    """
    digest = hashlib.sha256()

    def put(data: bytes) -> None:
        digest.update(data)
        file.write(data)

    number = FORMAT if header.photos else WITHOUT_PHOTOS
    put(MAGIC + str(number).encode() + b"\n" + header.to_json().encode() + b"\n")
    press = zlib.compressobj(6)
    for line in lines:
        put(press.compress(line + b"\n"))
    put(press.flush())
    for photo in photos:
        put(photo)
    file.write(sign(digest.digest()))


class BundleFile:
    """A bundle, open for reading; its header is read, nothing is proved yet.

    Raises
    ------
    BundleError
        If it is no bundle, is cut short, or of a newer gridkit.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
            self._length = path.stat().st_size - SIGNATURE_BYTES
        except OSError as error:
            raise BundleError(
                zh=f"打不开数据包 {path.name} ({why_os(error)})。",
                en=f"The bundle {path.name} cannot be opened ({error.strerror}).",
            ) from None
        try:
            self.header = self._read_header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> BundleFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def _read_header(self) -> Header:
        first = self._file.readline(64)
        number = first.removeprefix(MAGIC).strip()
        if not first.startswith(MAGIC) or not number.isdigit():
            raise spoiled(self.path)
        if int(number) > FORMAT:
            raise _newer(self.path)
        text = self._file.readline(LONGEST_HEADER)
        self._start = self._file.tell()
        if not text.endswith(b"\n") or self._start > self._length:
            raise spoiled(self.path)
        header = _header_of(text, self.path)
        if header.spec_version > SPEC_VERSION:
            raise _newer(self.path)
        return header

    def digest(self) -> bytes:
        """Compute SHA-256 of all but the signature."""
        made = hashlib.sha256()
        self._file.seek(0)
        left = self._length
        while left > 0 and (data := self._file.read(min(_CHUNK, left))):
            made.update(data)
            left -= len(data)
        return made.digest()

    def prove(self) -> bytes:
        """Check the signature against the signer that the header names; give the digest.

        Raises
        ------
        BundleError
            If it does not fit: the file was cut, altered, or signed by another.
        """
        digest = self.digest()
        self._file.seek(self._length)
        self._need(sound=is_signed(self.header.signer, digest, self._file.read()))
        return digest

    def need_unchanged(self, digest: bytes) -> None:
        """Refuse the file if it was written to since its digest was taken."""
        self._need(sound=self.digest() == digest)

    def _need(self, *, sound: bool) -> None:
        if not sound:
            raise spoiled(self.path)

    def lines(self) -> Iterator[bytes]:
        """Give the revisions one by one, without their line ends.

        Raises
        ------
        BundleError
            Where the file breaks off, does not decompress, or a line is too long.
        """
        rest = b""
        for data in self._unpacked():
            *whole, rest = (rest + data).split(b"\n")
            yield from whole
            self._need(sound=len(rest) <= LONGEST_LINE)
        self._need(sound=not rest)

    def _unpacked(self) -> Iterator[bytes]:
        unpack = zlib.decompressobj()
        self._file.seek(self._start)
        left = self._length - self._start
        while left > 0 and not unpack.eof and (data := self._file.read(min(_CHUNK, left))):
            left -= len(data)
            while data and not unpack.eof:
                yield self._unpack(unpack, data)
                data = unpack.unconsumed_tail
        behind = left + len(unpack.unused_data)
        self._need(sound=unpack.eof and behind == self.header.photo_bytes)

    def photos(self) -> Iterator[tuple[str, bytes]]:
        """Give the photos of a file that was proved, each with its name.

        Raises
        ------
        BundleError
            If one is not what its name says.
        """
        at = self._length - self.header.photo_bytes
        for name, length in self.header.photos:
            self._file.seek(at)
            data = self._file.read(length)
            self._need(sound=is_photo(name, data))
            yield name, data
            at += length

    def _unpack(self, unpack: Any, data: bytes) -> bytes:
        try:
            piece: bytes = unpack.decompress(data, LONGEST_LINE)
        except zlib.error:
            raise spoiled(self.path) from None
        return piece


def _header_of(text: bytes, path: Path) -> Header:
    try:
        said = json.loads(text)
        spans = tuple(Span(*span) for span in said.pop("spans"))
        photos = tuple(Carried(*photo) for photo in said.pop("photos", ()))
        header = Header(**said, spans=spans, photos=photos)
        whole = header.to_json().encode() + b"\n" == text and _is_sound(header)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise spoiled(path)
    return header


def _is_sound(header: Header) -> bool:
    devices = [span.device for span in header.spans]
    texts = (header.county_code, header.made_at, header.signer, *devices)
    texts += tuple(text for span in header.spans for text in (span.prev, span.tip))
    numbers = [header.spec_version, *(n for span in header.spans for n in span[1:3])]
    return (
        all(type(n) is int for n in numbers)
        and all(isinstance(text, str) for text in texts)
        and is_public(header.signer)
        and devices == sorted(set(devices))
        and all(type(n) is int and 0 < n <= KEPT_BYTES for _, n in header.photos)
        and all(isinstance(name, str) for name, _ in header.photos)
        and all(1 <= s.first <= s.last < 1 << 53 for s in header.spans)
    )


def spoiled(path: Path) -> BundleError:
    """Word the fault of a file that is no whole bundle."""
    return BundleError(
        zh=f"{path.name} 不是完好的数据包 (被截断、改动, 或不是数据包); 台账没有改动。请重新拷贝一份。",
        en=f"{path.name} is no sound bundle (cut short, altered, or something else). "
        "The ledger is unchanged; copy the bundle again.",
    )


def _newer(path: Path) -> BundleError:
    return BundleError(
        zh=f"{path.name} 由更新版本的 gridkit 写成; 请先升级 gridkit, 再合并。台账没有改动。",
        en=f"{path.name} was written by a newer gridkit; upgrade, then merge. "
        "The ledger is unchanged.",
    )
