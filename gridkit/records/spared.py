"""Files that nothing may be written over: a ledger, and the keys beside it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from gridkit.errors import StoreError

_SUFFIXES = frozenset({".db", ".key"})
_SQLITE = b"SQLite format 3\x00"


def need_other(path: str | Path) -> None:
    """Refuse to write over a ledger or a key, whatever was asked for.

    A report or a map replaces the one before it. One wrong word behind ``--to`` must not
    replace all that was recorded.

    Parameters
    ----------
    path : str or Path
        Where something is about to be written.

    Raises
    ------
    StoreError
        If there is a ledger (also one by another name) or a key.

    Examples
    --------
    >>> need_other("台账.xlsx")
    """
    path = Path(path)
    if path.is_file() and (path.suffix.lower() in _SUFFIXES or _is_database(path)):
        raise StoreError(
            zh=f"{path.name} 是台账或密钥, 不能被换掉, 没有写入; 请换一个文件名。",
            en=f"{path.name} is a ledger or a key and is not replaced; choose another name.",
        )


def _is_database(path: Path) -> bool:
    """Tell a ledger by another name; a GeoPackage, which is for export, is none."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE and path.suffix.lower() != ".gpkg"
    return False
