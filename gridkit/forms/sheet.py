"""A record written in place: a button opens its questions, saving closes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as W  # noqa: N812

from gridkit.errors import GridkitError
from gridkit.forms.section import Section
from gridkit.screen.look import Column, Words, html, join, tag

SAVE = Words("保存", "Save")
CANCEL = Words("取消", "Cancel")


class Sheet(Column):
    """The questions of one record behind a button; they are made when they are wanted.

    Parameters
    ----------
    words : Words
        What the button says.
    ask : callable
        Gives the questions, with what is known filled in.
    save : callable
        Gets the answers by field, writes them, and gives what to tell after COMMIT. A
        `GridkitError` that it raises is told, and every answer stays.
    lang : {"zh", "en"}

    Attributes
    ----------
    section : Section or None
        The questions, while they are open.
    open_button, save_button, cancel_button : Button
    message : str
        What was said last, as HTML.
    """

    def __init__(
        self,
        words: Words,
        ask: Callable[[], Section],
        save: Callable[[dict[str, Any]], Words],
        *,
        lang: str = "zh",
    ) -> None:
        self._ask, self._save, self.lang = ask, save, lang
        self.section: Section | None = None
        self._listeners: list[Callable[[], None]] = []
        self.open_button = W.Button(description=words.of(lang))
        self.save_button = W.Button(description=SAVE.of(lang))
        self.save_button.add_class("gk-save")
        self.cancel_button = W.Button(description=CANCEL.of(lang))
        self._message, self._asked = html(css="gk-saving"), W.VBox()
        self._foot = W.Box([self.save_button, self.cancel_button])
        opening = W.Box([self.open_button])
        for row in (opening, self._foot):
            row.add_class("gk-row")
        self._foot.add_class("gk-foot")
        self._asked.add_class("gk-ask")
        super().__init__([opening, self._asked, self._message])
        self.open_button.on_click(lambda _: self.begin())
        self.save_button.on_click(lambda _: self.save())
        self.cancel_button.on_click(lambda _: self.put_away())
        self._asked.layout.display = "none"

    @property
    def message(self) -> str:
        """What was said last, as HTML."""
        return str(self._message.value)

    def on_written(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each record that was saved."""
        self._listeners.append(listener)

    def forget(self) -> None:
        """Put the questions away, and what was said: another matter is meant now."""
        self.put_away()
        self._message.value = join()

    def call(self, words: Words) -> None:
        """Let the button say something else."""
        self.open_button.description = words.of(self.lang)

    def begin(self) -> None:
        """Show the questions."""
        self._message.value = join()
        if self.section is None:
            self.section = self._ask()
            self._asked.children = (self.section, self._foot)
        self._asked.layout.display = None

    def put_away(self) -> None:
        """Put the questions away, with what was typed but not saved."""
        self.section = None
        self._asked.children = ()
        self._asked.layout.display = "none"

    def save(self) -> bool:
        """Write the record; tell whether that was done."""
        if self.section is None or self.section.check():
            return False
        try:
            told = self._save(self.section.value)
        except GridkitError as error:
            self._say(Words(f"没有保存。{error.zh}", f"Not saved. {error.en}"), "gk-refused")
            return False
        self.put_away()
        for listener in self._listeners:
            listener()
        self._say(told, "gk-told")
        return True

    def _say(self, words: Words, css: str) -> None:
        role = "alert" if css == "gk-refused" else "status"
        self._message.value = tag("div", words.of(self.lang), cls=css, role=role)
