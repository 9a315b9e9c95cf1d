"""Making and opening the ledger file."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gridkit.errors import StoreError, why_os
from gridkit.records.database import BUSY_SECONDS, connect, need_file, reading, writing
from gridkit.records.identity import APPLICATION_ID, FORMAT_VERSION, identify, note_version
from gridkit.records.revision import utc_text
from gridkit.records.store import Store
from gridkit.records.tables import META, METADATA

if TYPE_CHECKING:
    from gridkit.profile import Profile


def create_store(
    path: str | Path,
    *,
    county_code: str,
    profile: Profile | None = None,
    clock: Callable[[], datetime] | None = None,
    busy_seconds: float = BUSY_SECONDS,
) -> Store:
    """Make a new, empty ledger file, readable by its owner only.

    Parameters
    ----------
    path : str or Path
        A file that does not exist yet; its folder does.
    county_code : str
        6 digits; written into the file.
    profile : Profile, optional
        The county's tables that records are checked against; the packaged default else.
    clock : callable, optional
        Gives the current moment with a time zone; the machine's clock by default.
    busy_seconds : float
        How long a save waits while another program writes.

    Returns
    -------
    Store
        Open. Close it, or use it in a `with` statement.

    Raises
    ------
    StoreError
        If the file exists or cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> from gridkit.records import Visit
    >>> folder = tempfile.TemporaryDirectory()
    >>> with create_store(Path(folder.name) / "ledger.db", county_code="990428") as store:
    ...     visit = Visit(
    ...         grid_id="990428100001001", visited_on="2026-11-03", outcome="nobody_home"
    ...     )
    ...     receipt = store.add([visit], by_role="grid_worker")
    ...     store.frame("visit")["outcome"].tolist()
    ['nobody_home']
    >>> folder.cleanup()
    """
    path = Path(path)
    _need_free(path)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.new")
    try:
        os.close(os.open(draft, _NEW, 0o600))
    except OSError as error:
        raise StoreError(
            zh=f"不能在 {path.parent.name} 中新建台账 ({why_os(error)}); 请检查文件夹和写权限。",
            en=f"No ledger can be made in {path.parent.name} ({error.strerror}); "
            "check the folder and its permissions.",
        ) from None
    try:
        _lay_out(draft, county_code)
        _put(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return Store(path, profile=profile, clock=clock, busy_seconds=busy_seconds)


def _put(draft: Path, path: Path) -> None:
    """Give the draft its name, never over a file that another process made meanwhile."""
    try:
        try:
            os.link(draft, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links, as on many a USB stick
            _copy(draft, path)
    except FileExistsError:
        raise _taken(path) from None


def _copy(draft: Path, path: Path) -> None:
    with os.fdopen(os.open(path, _NEW, 0o600), "wb") as target:
        try:
            target.write(draft.read_bytes())
            target.flush()
            os.fsync(target.fileno())
        except OSError as error:
            path.unlink()
            raise StoreError(
                zh=f"不能写入 {path.name} ({why_os(error)}); 请检查磁盘空间。",
                en=f"{path.name} cannot be written ({error.strerror}); check the free space.",
            ) from None


# O_BINARY: only Windows has it, and there it matters
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


def _need_free(path: Path) -> None:
    if path.exists():
        raise _taken(path)


def _taken(path: Path) -> StoreError:
    return StoreError(
        zh=f"{path.name} 已存在, 不会覆盖; 请换一个文件名, 或用 open_store 打开它。",
        en=f"{path.name} exists and is not overwritten; choose another name or open it.",
    )


def _lay_out(path: Path, county_code: str) -> None:
    engine = connect(path)
    with writing(engine, path) as connection:
        METADATA.create_all(connection)
        about = {
            "county_code": county_code,
            "store_id": str(uuid.uuid4()),
            "made_at": utc_text(datetime.now(UTC)),
        }
        connection.execute(sa.insert(META), [{"key": k, "value": v} for k, v in about.items()])
        note_version(connection)
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={FORMAT_VERSION}")


def open_store(
    path: str | Path,
    *,
    profile: Profile | None = None,
    clock: Callable[[], datetime] | None = None,
    busy_seconds: float = BUSY_SECONDS,
) -> Store:
    """Open an existing ledger.

    Parameters
    ----------
    path : str or Path
        A file made by `create_store`.
    profile, clock, busy_seconds
        As for `create_store`.

    Returns
    -------
    Store
        Open; several processes may hold the same ledger, writers take turns.

    Raises
    ------
    StoreError
        If there is no such file, or a newer gridkit made it.
    StoreDamagedError
        If the file is no ledger, is cut short or does not fit together. It is not touched.
    """
    path = Path(path)
    need_file(path)
    return Store(path, profile=profile, clock=clock, busy_seconds=busy_seconds)


def read_county_code(path: str | Path) -> str:
    """Read of which county a ledger is, without opening a store.

    Parameters
    ----------
    path : str or Path
        A file made by `create_store`.

    Returns
    -------
    str
        6 digits.

    Raises
    ------
    StoreError
        If there is no such file, or a newer gridkit made it.
    StoreDamagedError
        If the file is no ledger or is cut short. It is not touched.
    """
    path = Path(path)
    need_file(path)
    engine = connect(path)
    try:
        with reading(engine, path) as connection:
            return identify(connection, path)["county_code"]
    finally:
        engine.dispose()
