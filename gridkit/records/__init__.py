"""What is written down, and never lost.

`spec` declares every field once. `models` turns it into values, `validate` checks them
against a county's profile. A `store` keeps each version of each record as an immutable
*revision* (who by role, when, why), chained by SHA-256, and in the same transaction the
current state as typed tables; "saved" is said only after COMMIT returned. `ledger` reads
the current state as tidy frames, `audit` proves that nothing was changed or cut off, and
saves what can be saved of a damaged file. `bundle` writes a ledger into one signed file,
`merge` takes such files in, any of them in any order, and `conflicts` shows what two people
changed apart. `photos` keeps a photo of a matter beside the ledger, by its hash (`picture`
makes it anew from its pixels). `grids` holds the areas of care, `workspace` the folder in
which ledger, profile and grids live together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridkit.records import spec
from gridkit.records.models import (
    MODELS,
    Backlog,
    Concern,
    Decision,
    Record,
    Room,
    Session,
    Step,
    Visit,
    kind_of,
)
from gridkit.records.validate import validate

if TYPE_CHECKING:
    from gridkit.records.rescue import salvage
    from gridkit.records.standing import Current
    from gridkit.records.store import Store
    from gridkit.records.storefile import create_store, open_store
    from gridkit.records.workspace import Workspace, create_workspace, open_workspace
    from gridkit.records.writer import Receipt

_LATER = {
    "Store": "store",
    "Current": "standing",
    "Receipt": "writer",
    "create_store": "storefile",
    "open_store": "storefile",
    "salvage": "rescue",
    "Workspace": "workspace",
    "create_workspace": "workspace",
    "open_workspace": "workspace",
}

_MODULES = {
    "audit",
    "bundle",
    "conflicts",
    "datum",
    "grids",
    "ledger",
    "merge",
    "signing",
}

__all__ = [
    "MODELS",
    "Backlog",
    "Concern",
    "Current",
    "Decision",
    "Receipt",
    "Record",
    "Room",
    "Session",
    "Step",
    "Store",
    "Visit",
    "Workspace",
    "create_store",
    "create_workspace",
    "kind_of",
    "open_store",
    "open_workspace",
    "salvage",
    "spec",
    "validate",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _LATER:
        return getattr(import_module(f"gridkit.records.{_LATER[name]}"), name)
    if name in _MODULES:
        return import_module(f"gridkit.records.{name}")
    msg = f"module 'gridkit.records' has no attribute {name!r}"
    raise AttributeError(msg)
