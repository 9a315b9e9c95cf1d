"""Photos of phones: what an answer calls by a file's name becomes a photo beside the ledger.

A photo is made anew from its pixels, as everywhere (`records.picture`): what the telephone
wrote beside them stays behind. A photo that did not come along, or is none, keeps no concern
out: the concern is taken in without it, keeps the photo that it has, and the report says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gridkit.errors import DataError, Problem
from gridkit.exchange.attachments import Attachments
from gridkit.exchange.submission import Entry, Submission
from gridkit.records.photos import PHOTO_FIELDS
from gridkit.records.picture import redraw

if TYPE_CHECKING:
    from gridkit.records import Store

(PHOTO,) = PHOTO_FIELDS["concern"]
NAMED = 6
"""So many lines are named by number in a note; of more the first ones."""


class PhonePhotos:
    """The photos of one import.

    Parameters
    ----------
    store : Store
        Its profile says whether the county takes photos; they are kept beside it.
    files : Attachments
        What came along.
    dry_run : bool
        Look at every photo, and keep none.

    Attributes
    ----------
    names : set of str
        The photos that came along.
    wanted : bool
        Whether an answer named a photo, and the county takes photos.
    """

    def __init__(self, store: Store, files: Attachments, *, dry_run: bool = False) -> None:
        self._store, self._files, self._dry = store, files, dry_run
        self._lines: dict[str, list[int]] = {}
        self._fresh: list[str] = []
        self.names: set[str] = set()
        self.wanted = False

    def taken(self, entry: Entry, submission: Submission, its_id: str) -> Entry:
        """Give a concern whose photo is named by its hash, as the ledger names it.

        Raises
        ------
        ImportFileError
            If an attachment cannot be read.
        StoreError
            If a photo cannot be written.
        """
        called = entry.answers.get(PHOTO, "").strip()
        if not called:
            return entry
        answers = {name: text for name, text in entry.answers.items() if name != PHOTO}
        if not self._store.profile.photos:
            self._note("off", entry)
            return entry._replace(answers=answers)
        self.wanted = True
        name = self._made(called, entry, submission) or self._before(its_id)
        if name is not None:
            answers[PHOTO] = name
        return entry._replace(answers=answers)

    def _made(self, called: str, entry: Entry, submission: Submission) -> str | None:
        uuids = {submission.root, submission.instance}
        uuids |= {one.removeprefix("uuid:") for one in uuids}
        found = self._files.of(called, uuids - {""})
        if len(found) != 1:
            self._note("several" if found else "lacking", entry)
            return None
        try:
            photo = redraw(found[0])
        except DataError:
            self._note("unread", entry)
            return None
        name = hashlib.sha256(photo).hexdigest()
        self.names.add(name)
        if not self._dry and self._store.photos.state(name) != "sound":
            self._store.photos.put(photo)
            self._fresh.append(name)
        return name

    def _before(self, its_id: str) -> str | None:
        """Give the photo that the ledger has: one that did not come along takes none away."""
        current = self._store.current([its_id]).get(its_id)
        return None if current is None else getattr(current.record, PHOTO, None)

    def _note(self, why: str, entry: Entry) -> None:
        self._lines.setdefault(why, []).append(entry.line)

    def undo(self) -> None:
        """Delete what was kept for an import that wrote nothing."""
        for name in self._fresh:
            self._store.photos.drop(name)

    def notes(self) -> Iterator[Problem]:
        """Say which photos are not in the ledger, by the lines of their concerns, and why."""
        for why, (zh, en) in _WHY.items():
            lines = self._lines.get(why)
            if lines:
                first = ", ".join(map(str, lines[:NAMED]))
                more = ("等", ", …") if len(lines) > NAMED else ("", "")
                where = f"第 {first} {more[0]}行", f"line(s) {first}{more[1]}"
                yield Problem(
                    "file",
                    PHOTO,
                    f"{len(lines)} 张照片{zh} ({where[0]}); 诉求本身不受影响",
                    f"{len(lines)} photo(s) {en} ({where[1]}); their concerns are none the worse",
                )


_WHY = {
    "lacking": (
        "没有随文件来: ODK Central 请下载“全部数据与附件 (.zip)”, KoboToolbox 请另下载附件 zip, "
        "用 --media 给出, 再导入一次即补上",
        "did not come with the file: download Central's .zip of all data, or KoboToolbox's zip of "
        "media, give it by --media, and import once more",
    ),
    "several": (
        "分不清是哪一个文件 (同名而内容不同), 没有收",
        "were not taken: files of one name differ",
    ),
    "unread": (
        "读不了, 或太大, 或不是 JPEG、PNG、WebP, 没有收",
        "were not taken: damaged, too large, or no JPEG, PNG or WebP",
    ),
    "off": (
        "没有收: 本县没有开启照片 (在 county.toml 写 photos = true, 再导入一次即补上)",
        "were not taken: this county takes none (set photos = true in county.toml, then import "
        "once more)",
    ),
}
