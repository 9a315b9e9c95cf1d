"""The frame of a form: keys, cursor and screen reader, where ipywidgets has no say.

Inside a notebook every key that is not typed into a text field is a command of
JupyterLab: with the cursor on a list of choices, "x" cuts the cell and the form with it.
The frame keeps those commands out of the form that it stands in.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets


class Frame(anywidget.AnyWidget):
    """An unseen widget inside a form of class `gk`; see `frame.js`.

    Examples
    --------
    >>> frame = Frame()
    >>> frame.seek("harm")  # puts the cursor into the field of that name
    """

    _esm: ClassVar[str] = Path(__file__).with_name("frame.js").read_text(encoding="utf-8")
    mark = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__(mark=uuid.uuid4().hex[:6])
        self.layout.display = "none"
        self._listeners: list[Callable[[str, str, bool], None]] = []
        self.on_msg(self._hear)

    def on_cursor(self, listener: Callable[[str, str, bool], None]) -> None:
        """Call `listener` when the cursor comes into a text field, or leaves it.

        It gets the name of the field, the part of the form that the field is in (its CSS
        class `gk-part-…`, or nothing) and whether the cursor is inside now.
        """
        self._listeners.append(listener)

    def _hear(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and "field" in content:
            for listener in self._listeners:
                listener(
                    str(content["field"]), str(content.get("part", "")), bool(content.get("in"))
                )

    def seek(self, field: str, *, within: str = "") -> None:
        """Put the cursor into a field, waiting until it is drawn.

        Parameters
        ----------
        field : str
            Name of the field.
        within : str
            CSS class of the part of the form to look in; anywhere by default.
        """
        place = f".gk-q-{field}"
        self.send({"seek": f".{within} {place}" if within else place})

    def show(self, css: str) -> None:
        """Scroll to the first element of a CSS class."""
        self.send({"seek": f".{css}"})

    def reveal(self, css: str) -> None:
        """Bring the first element of a CSS class into view; the cursor stays where it is."""
        self.send({"look": f".{css}"})
