"""Files for the desk: their name says that they are not to be handed out."""

from __future__ import annotations

from pathlib import Path

DESK_MARK = "内部"
"""Stands in the name of every file that is not to be handed out."""


def desk_path(path: str | Path) -> Path:
    """Put the mark of the desk into the name of a file, unless it is there.

    Parameters
    ----------
    path : str or Path
        A file that is not to be handed out.

    Returns
    -------
    Path

    Examples
    --------
    >>> desk_path("map.html").name, desk_path("图-内部.html").name
    ('map-内部.html', '图-内部.html')
    """
    path = Path(path)
    return path if DESK_MARK in path.stem else path.with_stem(f"{path.stem}-{DESK_MARK}")
