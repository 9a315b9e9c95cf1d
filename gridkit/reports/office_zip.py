"""Files of Word and Excel are ZIPs: how much they unpack to is asked before they are opened."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 50_000_000
"""Nothing unpacked is larger: a small file can hold gigabytes of nothing."""


def unpacked_bytes(file: str | Path | BinaryIO) -> int | None:
    """Add up what a file unpacks to, by its own list.

    Parameters
    ----------
    file : str, Path or open file
        As Word or Excel write it.

    Returns
    -------
    int, or None
        None where it cannot be read, or is no ZIP.

    Examples
    --------
    >>> import io
    >>> unpacked_bytes(io.BytesIO(b"no zip")) is None
    True
    """
    try:
        with zipfile.ZipFile(file) as parts:
            return sum(part.file_size for part in parts.infolist())
    except (OSError, zipfile.BadZipFile):
        return None
