"""What a ledger file says of itself: that it is one, of which version, and who writes here.

Each place where a ledger is written has a *device* of its own, the number of a chain of
revisions. A device belongs to one installation and one path: a copy of the file, on this
machine or another, goes on in a chain of its own and can be brought together with the
first again; two chains under one number never could.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from gridkit.errors import StoreError
from gridkit.records.database import damaged
from gridkit.records.installation import installation
from gridkit.records.spec import SPEC_VERSION
from gridkit.records.tables import META

# "GKIT" in the file's header tells a ledger from other SQLite files
APPLICATION_ID = 0x474B4954
FORMAT_VERSION = 1


def identify(connection: sa.Connection, path: Path) -> dict[str, str]:
    """Read what the file says of itself; refuse what is no ledger, cut short or newer."""
    one = connection.exec_driver_sql
    if one("PRAGMA application_id").scalar_one() != APPLICATION_ID:
        raise damaged(path)
    version = one("PRAGMA user_version").scalar_one()
    if version > FORMAT_VERSION:
        raise _newer(path)
    pages = one("PRAGMA page_count").scalar_one() * one("PRAGMA page_size").scalar_one()
    if path.stat().st_size < pages:
        raise damaged(path)
    about = {row.key: row.value for row in connection.execute(sa.select(META))}
    if "county_code" not in about:
        raise damaged(path)
    check_version(about, path)
    return about


def check_version(about: Mapping[str, str], path: Path) -> None:
    """Refuse a ledger whose spec is newer; one from before this was noted is older."""
    version = str(about.get("spec_version", "0"))
    if not version.isdecimal():
        raise damaged(path)
    if int(version) > SPEC_VERSION:
        raise _newer(path)


def note_version(connection: sa.Connection) -> None:
    """Write down that the tables are those of this version's spec."""
    connection.execute(sa.delete(META).where(META.c.key == "spec_version"))
    connection.execute(sa.insert(META).values(key="spec_version", value=str(SPEC_VERSION)))


def device_key(path: Path) -> str:
    """Name the entry that holds the device of this installation at this path.

    Returns
    -------
    str
        "device:" and a UUIDv5 of the path under the installation's own number, from which
        nobody can tell the path.
    """
    return f"device:{uuid.uuid5(installation(), str(path.resolve()))}"


def claim(connection: sa.Connection, key: str, device: str) -> str:
    """Give the device under which is written here; the first time, note `device` as that.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a write transaction.
    key : str
        As `device_key` gives it.
    device : str
        A new number, for the first time.
    """
    noted = connection.execute(sa.select(META.c.value).where(META.c.key == key)).scalar()
    if noted is not None:
        return str(noted)
    connection.execute(sa.insert(META).values(key=key, value=device))
    return device


def _newer(path: Path) -> StoreError:
    return StoreError(
        zh=f"{path.name} 由更新版本的 gridkit 建立或写过; 请先升级 gridkit。文件未动。",
        en=f"{path.name} was made by a newer gridkit, or written by one; upgrade first. "
        "It was not touched.",
    )
