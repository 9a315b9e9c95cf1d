"""The database file: its driver, its settings, and its faults in plain words.

SQLite through `sqlcipher3` (its own, newer SQLite, free of the WAL-reset fault of 3.51.2
and older) or, where no wheel exists, through the standard library, which is said. The
rollback journal and `synchronous=EXTRA` make COMMIT return only after the data, and the
removal of the journal, are on the disk; `BEGIN IMMEDIATE` queues writers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from gridkit.errors import StoreBusyError, StoreDamagedError, StoreError, StoreFullError

try:
    from sqlcipher3 import dbapi2 as _dbapi
except ImportError:  # pragma: no cover (ARM and LoongArch office machines)
    _dbapi = sqlite3

# what a driver raises on bad pages: also OverflowError and UnicodeDecodeError, on garbled text
DATABASE_FAULTS = (_dbapi.Error, UnicodeDecodeError, OverflowError)
BUSY_SECONDS = 30.0
"""How long a writer waits for another one before it gives up."""


def driver_note() -> tuple[str, str] | None:
    """Say in Chinese and English what the fallback driver cannot do, if it is in use.

    Returns
    -------
    tuple of (str, str), or None
        None where `sqlcipher3` is in use.
    """
    if _dbapi is not sqlite3:
        return None
    return (  # pragma: no cover (only where sqlcipher3 has no wheel)
        f"本机没有 sqlcipher3, 改用系统自带的 SQLite {sqlite3.sqlite_version}: 规则相同, 但不能加密。",
        f"sqlcipher3 is not available; using the system's SQLite {sqlite3.sqlite_version}: "
        "same rules, no encryption.",
    )


def connect(path: Path, *, busy_seconds: float = BUSY_SECONDS) -> sa.Engine:
    """Make the engine of one ledger file; nothing is opened yet.

    Parameters
    ----------
    path : Path
        The ledger file.
    busy_seconds : float
        How long to wait for another writer.

    Returns
    -------
    sqlalchemy.Engine
        Statement parameters are hidden from its messages: they hold residents' words.
    """

    def opened() -> Any:
        raw = _dbapi.connect(
            file_uri(path.resolve()) + "?mode=rw",
            uri=True,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        cursor = raw.cursor()
        cursor.execute("PRAGMA synchronous=EXTRA")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
        return raw

    engine = sa.create_engine(
        "sqlite+pysqlite://",
        module=_dbapi,
        creator=opened,
        poolclass=NullPool,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def file_uri(path: PurePath) -> str:
    r"""Write an absolute path as the URI that SQLite opens.

    Examples
    --------
    SQLite takes no host: that of a shared folder on Windows belongs to the path.

    >>> from pathlib import PurePosixPath, PureWindowsPath
    >>> file_uri(PureWindowsPath(r"\\server\share\ledger.db"))
    'file:////server/share/ledger.db'
    >>> file_uri(PurePosixPath("/work/a b.db"))
    'file:///work/a%20b.db'
    """
    uri = path.as_uri()
    own_host = uri.startswith("file:///")
    return uri if own_host else uri.replace("file://", "file:////", 1)


def open_damaged(path: Path) -> Any:
    """Open a file that SQLite would refuse as too short; for reading what is left of it.

    Returns
    -------
    DBAPI connection
        `writable_schema` makes SQLite go on where the header promises more pages than
        there are (its own recovery tool does the same). Only ever used on a copy.
    """
    raw = _dbapi.connect(str(path), isolation_level=None)
    raw.execute("PRAGMA writable_schema=ON")
    raw.text_factory = as_any_bytes
    return raw


def read_any_bytes(connection: sa.Connection) -> None:
    """Let a connection give text that is no UTF-8, as lone surrogates, instead of failing."""
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        raw.text_factory = as_any_bytes


def as_any_bytes(raw: bytes) -> str:
    """Decode UTF-8; what is none becomes lone surrogates, which fit no hash."""
    return raw.decode("utf-8", "surrogateescape")


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: sa.Engine, path: Path) -> Iterator[sa.Connection]:
    """Open a read transaction: one unchanging view of the ledger."""
    with in_plain_words(path), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: sa.Engine, path: Path) -> Iterator[sa.Connection]:
    """Open a write transaction; left without an error it is committed, else rolled back."""
    writer = engine.execution_options(writes=True)
    with in_plain_words(path), writer.connect() as connection, connection.begin():
        yield connection


class IllegibleError(Exception):
    """A row that cannot be what was written; it leaves here as a `StoreDamagedError`."""


@contextmanager
def legible() -> Iterator[None]:
    """Take values that their column cannot hold for damage."""
    try:
        yield
    except (ValueError, TypeError, OverflowError):
        raise IllegibleError from None


@contextmanager
def in_plain_words(path: Path) -> Iterator[None]:
    """Turn what a driver raises, and rows that cannot be read, into a `StoreError`."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _store_error(str(error.orig).lower(), path) from None
    except _dbapi.Error as error:
        raise _store_error(str(error).lower(), path) from None
    except (IllegibleError, UnicodeDecodeError, OverflowError):
        raise damaged(path) from None


_DAMAGE = (
    "malformed",
    "not a database",
    "encrypted",
    "could not decode",
    "no such table",
    "no such column",
)


def _store_error(fault: str, path: Path) -> StoreError:
    name = path.name
    if any(
        sign in fault for sign in _DAMAGE
    ):  # first: the rest of such a fault may be any text
        return damaged(path)
    if "locked" in fault or "busy" in fault:
        return StoreBusyError(
            zh=f"台账 {name} 正被另一个程序写入, 等了很久仍未轮到; 这次没有写入任何内容, 请再点一次保存。",
            en=f"Another program kept {name} locked for too long; nothing was written. Save again.",
        )
    if "full" in fault:
        return StoreFullError(
            zh=f"磁盘已满, 台账 {name} 没有写入任何内容; 以前保存的都在。请清出空间后再保存。",
            en=f"The disk is full; nothing was written to {name} and what was saved before is kept. "
            "Free some space, then save again.",
        )
    if "readonly" in fault or "unable to open" in fault or "permission" in fault:
        return StoreError(
            zh=f"无法打开或写入台账 {name}: 请检查文件夹是否存在、是否有写权限。",
            en=f"{name} cannot be opened or written: does its folder exist, and may you write there?",
        )
    if "i/o error" in fault:
        return StoreError(
            zh=f"读写台账 {name} 时磁盘出错, 这次没有写入; 请检查磁盘或 U 盘后重试。",
            en=f"The disk failed while reading or writing {name}; nothing was written. "
            "Check the disk, then try again.",
        )
    return StoreError(
        zh=f"台账 {name} 拒绝了这次操作, 没有写入任何内容; 请运行 gridkit check 检查。",
        en=f"The ledger {name} refused; nothing was written. Run `gridkit check` on it.",
    )


def need_file(path: Path) -> None:
    """Refuse a path at which there is no file."""
    if not path.is_file():
        raise StoreError(
            zh=f"没有找到台账 {path.name}; 用 gridkit new 新建, 或检查路径。",
            en=f"There is no ledger {path.name}; make one with `gridkit new`, or check the path.",
        )


def damaged(path: Path) -> StoreDamagedError:
    """Word the fault of a file that is no sound ledger."""
    return StoreDamagedError(
        zh=f"{path.name} 不是完好的 gridkit 台账 (可能被截断、改动, 或不是台账)。原文件未动; "
        "请先复制一份, 再用 gridkit check --salvage 救出可读的记录。",
        en=f"{path.name} is not a sound gridkit ledger (cut short, altered, or something else). "
        "It was not touched; copy it first, then save what can be read with "
        "`gridkit check --salvage`.",
    )
