"""The commands of the command line, one noun a module.

Each module has `register(app)`, which adds its commands to the `typer` app. A module laid
in this folder is found by itself: there is no list to keep. A command is thin: it opens the
workspace (`terminal.opened`), calls one face, prints a table, Chinese first.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

__all__ = ["register_all"]


def register_all(app: typer.Typer) -> None:
    """Add the commands of every module of this folder, in the order of their names.

    Parameters
    ----------
    app : Typer
        The app that gets them.
    """
    for module in sorted(iter_modules(__path__), key=lambda found: found.name):
        import_module(f"{__name__}.{module.name}").register(app)
