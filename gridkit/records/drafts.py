"""Drafts: what is being typed, on the disk before it is saved.

One small file per unfinished visit or correction, in a folder beside the ledger, written as
a whole or not at all and open to its owner only. A draft holds the inputs *as typed*, also
those that no rule would take. It is dropped when just what it says was saved (its *traces*
tell), or by a person on purpose.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gridkit.errors import StoreError, why_os
from gridkit.records.ids import new_id
from gridkit.records.revision import canonical_json

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.records.models import Record

_ENDING = ".json"
_TRACES = "traces"


class Draft(NamedTuple):
    """One unfinished visit or correction.

    `draft_id` names it, `writer` who types it now (a random id
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

    def drop(self, draft_id: str, writer: str | None = None) -> None:
        """Delete a draft: it was saved, or a person wants it gone.

        Parameters
        ----------
        draft_id : str
        writer : str, optional
            Only where this form writes it still: what another one goes on with stays.
        """
        path = self._path(draft_id)
        found = None if writer is None else self._read(path)
        if found is not None and found.writer != writer:
            return
        with suppress(OSError):
            path.unlink()

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


class Trace(NamedTuple):
    """What the ledger holds of one record once a draft was saved.

    `parents` are the revisions that it builds on (none for a new record), `why` the reason
    that is written with it, `digest` SHA-256 (hex) of the answers as canonical JSON.
    """

    record_id: str
    parents: tuple[str, ...]
    why: str
    digest: str


def traced(
    records: Iterable[Record], *, parents: Iterable[str] = (), why: str = ""
) -> dict[str, Any]:
    """Give the part of a draft's content by which it is known again once it was saved.

    Parameters
    ----------
    records : iterable of Record
        What saving the draft would write now.
    parents : iterable of str
        The revisions that they build on.
    why : str
        The reason that would be written with them.

    Returns
    -------
    dict
        To be put into the content; see `saved_among`.
    """
    on = sorted(parents)
    return {
        _TRACES: [
            (one.record_id, on, why, _digest(canonical_json(one.body()))) for one in records
        ]
    }


def traces(draft: Draft) -> tuple[Trace, ...]:
    """Read the traces of a draft; none where it was not fit to be saved."""
    found = draft.content.get(_TRACES, ())
    return tuple(Trace(i, tuple(parents), why, digest) for i, parents, why, digest in found)


def saved_among(drafts: Iterable[Draft], histories: pd.DataFrame) -> set[str]:
    """Tell which drafts the ledger holds just as they stand.

    Parameters
    ----------
    drafts : iterable of Draft
    histories : DataFrame
        From `Store.histories`, of all records that their traces name.

    Returns
    -------
    set of str
        Their ids. A draft that says anything else than what was saved is not among them,
        even if its visit is in the ledger: another window saved another version of it.
    """
    columns = [histories[name] for name in ("record_id", "parents", "why", "body")]
    written = {
        Trace(i, tuple(sorted(json.loads(on))), why, _digest(body))
        for i, on, why, body in zip(*columns, strict=True)
    }
    told = {draft.draft_id: set(traces(draft)) for draft in drafts}
    return {draft_id for draft_id, each in told.items() if each and each <= written}


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
