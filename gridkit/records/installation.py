"""Which installation this is: a random number that stays on the machine.

It is not tracking: a UUIDv4 made by chance, in a file of the user's own, with no name of
a user or a machine in it. It is never sent and never written into a ledger; a ledger
holds only what is derived from it one way (`identity.device_key`). Its one use is to tell
that a ledger file was copied from another installation, so that the copy goes on in a
chain of its own.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

HOME_VARIABLE = "GRIDKIT_HOME"
"""Names the folder of what belongs to the installation; `.gridkit` in the home else."""


def installation() -> uuid.UUID:
    """Give the number of this installation, made when it is first asked for.

    Returns
    -------
    uuid.UUID
        From the file `installation` (mode 0600) in the folder that the environment
        variable GRIDKIT_HOME names, else in `.gridkit` of the user's home. Where that can
        neither be read nor written, a number that lasts as long as the process: every
        program that then writes into a ledger starts a chain of its own, which is sound.
    """
    try:
        folder = home()
        return _read(folder / "installation") or _make(folder)
    except (OSError, RuntimeError):  # no home, or one that cannot be written
        return _fleeting()


def home() -> Path:
    """Give the folder of what belongs to the installation; it may not be there yet."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path.home() / ".gridkit"


def _read(path: Path) -> uuid.UUID | None:
    with suppress(FileNotFoundError, ValueError):  # ValueError: not a number any more
        return uuid.UUID(path.read_text(encoding="ascii").strip())
    return None


def _make(folder: Path) -> uuid.UUID:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, made = folder / "installation", uuid.uuid4()
    draft = folder / f".installation.{made.hex[:8]}.new"
    try:
        with os.fdopen(
            os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
        ) as file:
            file.write(f"{made}\n")
        if path.exists():  # garbled
            draft.replace(path)
        else:
            with suppress(FileExistsError):  # another process was quicker
                os.link(draft, path)
    except OSError:
        if not path.exists():  # a file system without links
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return _read(path) or made


@cache
def _fleeting() -> uuid.UUID:
    return uuid.uuid4()
