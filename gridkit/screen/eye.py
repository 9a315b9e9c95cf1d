"""The eye: whether somebody can see a part of a screen.

A map at the foot of a form costs a third of a second and a megabyte each time that it is
drawn; nobody needs it while it is below the edge of the window.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import anywidget


class Eye(anywidget.AnyWidget):
    """An unseen widget over the box of class `gk-eyed` that it stands in; see `eye.js`.

    Attributes
    ----------
    sees : bool
        Whether the box is in view; never without a browser.

    Examples
    --------
    >>> told = []
    >>> eye = Eye()
    >>> eye.on_change(told.append)
    >>> eye.look(sees=True)
    >>> told
    [True]
    """

    _esm: ClassVar[str] = Path(__file__).with_name("eye.js").read_text(encoding="utf-8")

    def __init__(self) -> None:
        super().__init__()
        self.sees = False
        self._listeners: list[Callable[[bool], None]] = []
        self.on_msg(self._hear)

    def on_change(self, listener: Callable[[bool], None]) -> None:
        """Call `listener` when the box comes into view (True) or goes out of it (False)."""
        self._listeners.append(listener)

    def look(self, *, sees: bool) -> None:
        """Say whether the box is in view, as the browser does."""
        if sees == self.sees:
            return
        self.sees = sees
        for listener in self._listeners:
            listener(sees)

    def _hear(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and "seen" in content:
            self.look(sees=bool(content["seen"]))
