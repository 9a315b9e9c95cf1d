"""Drafts: what is being typed, on the disk before it is saved.

One small file per unfinished visit, in a folder beside the ledger, written as a whole or
not at all and open to its owner only. A draft holds the inputs *as typed*, also those that
no rule would take. It is dropped when its visit was saved, or by a person on purpose.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from gridkit.errors import StoreError, why_os
from gridkit.records.ids import new_id

_ENDING = ".json"


class Draft(NamedTuple):
    """One unfinished visit.

    `draft_id` is the id that the visit will have, `writer` who types it now (a random id
    of one open form), `kept_at` when it was written (UTC, ISO 8601), `content` what the
    form needs to show it again.
    """

    draft_id: str
    writer: str
    kept_at: str
    content: Mapping[str, Any]


class Drafts:
    """The drafts beside one ledger.

    Parameters
    ----------
    folder : Path
        Made when the first draft is kept.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> drafts = Drafts(Path(folder.name) / "ledger.drafts")
    >>> drafts.keep(Draft("0198", "one form", "2026-11-22T02:00:00.000Z", {"visit": {}}))
    True
    >>> [draft.draft_id for draft in drafts.listed()]
    ['0198']
    >>> drafts.drop("0198")
    >>> drafts.listed()
    ()
    >>> folder.cleanup()
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def beside(cls, ledger: Path) -> Drafts:
        """Give the drafts of a ledger file: `ledger.db` has `ledger.drafts`."""
        return cls(ledger.with_suffix(".drafts"))

    def keep(self, draft: Draft) -> bool:
        """Write a draft; when it returns True, it is on the disk.

        Parameters
        ----------
        draft : Draft
            Its `draft_id` names the file.

        Returns
        -------
        bool
            False where another form has taken the draft over meanwhile: what that one
            typed is never overwritten.

        Raises
        ------
        StoreError
            If it cannot be written; an older version of it stays.
        """
        try:
            there = self._read(self._path(draft.draft_id))
            if there is not None and there.writer != draft.writer:
                return False
            self._write(draft)
        except OSError as error:
            raise StoreError(
                zh=f"草稿没有写到磁盘 ({why_os(error)}); 请检查磁盘空间和写权限, 先不要关闭页面。",
                en=f"The draft was not written ({error.strerror}); check space and permissions, "
                "and leave this page open.",
            ) from None
        return True

    def take(self, draft_id: str, writer: str) -> Draft | None:
        """Take a draft over: from now on only `writer` writes it; None if it is gone.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        found = self._read(self._path(draft_id))
        if found is None:
            return None
        taken = found._replace(writer=writer)
        try:
            self._write(taken)
        except OSError as error:
            raise StoreError(
                zh=f"草稿打不开 ({why_os(error)}); 请检查磁盘空间和写权限。",
                en=f"The draft cannot be opened ({error.strerror}); check space and permissions.",
            ) from None
        return taken

    def drop(self, draft_id: str) -> None:
        """Delete a draft: its visit was saved, or a person wants it gone."""
        with suppress(OSError):
            self._path(draft_id).unlink()

    def listed(self) -> tuple[Draft, ...]:
        """List the drafts, the latest first; files that are no drafts are left alone."""
        found = [self._read(path) for path in self.folder.glob(f"*{_ENDING}")]
        drafts = [draft for draft in found if draft is not None]
        return tuple(sorted(drafts, key=lambda draft: draft.kept_at, reverse=True))

    def _path(self, draft_id: str) -> Path:
        return self.folder / f"{draft_id}{_ENDING}"

    def _read(self, path: Path) -> Draft | None:
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            draft = Draft(path.stem, str(told["writer"]), str(told["kept_at"]), told["content"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return draft if isinstance(draft.content, dict) else None

    def _write(self, draft: Draft) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(draft.draft_id)
        fresh = path.with_name(f".{draft.draft_id}.{new_id()[-8:]}.new")
        told = {"writer": draft.writer, "kept_at": draft.kept_at, "content": draft.content}
        try:
            number = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(told, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
