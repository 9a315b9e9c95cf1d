"""Files that are handed over: there whole or not at all, and for their owner only."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from gridkit.errors import StoreError, StoreFullError, why_os
from gridkit.records.spared import need_other


def put(path: str | Path, write: Callable[[Path], object]) -> Path:
    """Write a file beside its place, and move it there when it is whole.

    Parameters
    ----------
    path : str or Path
        Replaced if it exists; readable by its owner only (mode 0600).
    write : callable
        Called with the path of the draft.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        If it cannot be written (StoreFullError if the disk is full) or is a ledger; what was
        there is kept.
    """
    path = Path(path)
    need_other(path)
    draft: Path | None = None
    try:
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix
        )
        os.close(handle)
        draft = Path(name)
        write(draft)
        draft.chmod(0o600)
        with draft.open("rb+") as whole:  # Windows syncs only what is open for writing
            os.fsync(whole.fileno())
        draft.replace(path)
    except OSError as fault:
        kind = StoreFullError if fault.errno == errno.ENOSPC else StoreError
        raise kind(
            zh=f"{path.name} 未能写入 ({why_os(fault)}); 原有文件未改动。",
            en=f"{path.name} was not written: {fault.strerror}; what was there before is kept.",
        ) from None
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
    return path


def put_bytes(path: str | Path, data: bytes) -> Path:
    """Write bytes as a file; see `put`."""
    return put(path, lambda draft: draft.write_bytes(data))


def file_name(*words: str) -> str:
    """Join words to a name that every file system takes.

    Examples
    --------
    >>> file_name("演练", "level_1", "甲/组")
    '演练_level_1_甲-组'
    """
    return "_".join(re.sub(r"[^\w.-]+", "-", word).strip("-.") for word in words if word)
