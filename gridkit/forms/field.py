"""One question of the spec as one widget: label, help, input, message underneath.

No field ever holds an answer that nobody gave. What was typed stays as typed, whatever is
wrong with it; the fault is said right below the input, but not while the cursor is still in
a field that is only half typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from traitlets import TraitError

from gridkit.errors import DataError
from gridkit.records.spec import FieldSpec
from gridkit.screen.look import Column, Markup, Words, html, join, tag


class Field(Column):
    """One question; made by `field_for`.

    Parameters
    ----------
    spec : FieldSpec
        What is asked.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    spec : FieldSpec
    input : Widget
        What the person types into or chooses from.
    typing : bool
        Whether the cursor is in it: a fault that was not there before is said on leaving.
    """

    def __init__(self, spec: FieldSpec, *, lang: str = "zh") -> None:
        self.spec = spec
        self.lang = lang
        self._listeners: list[Callable[[Field], None]] = []
        self._fault: Words | None = None
        self._carried: Words | None = None
        self.typing = False
        self.input = self._make_input()
        self._echo = html(css="gk-echo")
        self._message = html(css="gk-message")
        super().__init__([*self._before(), self.input, self._echo, self._message])
        self.add_class("gk-field")
        self.add_class(f"gk-q-{spec.name}")
        self.speak(lang)
        self._listen()
        self._show_echo()

    # what each kind of field says for itself

    def _make_input(self) -> Any:
        raise NotImplementedError

    def _before(self) -> Iterable[Any]:
        return ()

    def _listen(self) -> None:
        self.input.observe(lambda _: self._changed(), "value")

    def _read(self) -> Any:
        raise NotImplementedError

    def _write(self, value: Any) -> None:
        raise NotImplementedError

    def _echo_of(self, value: Any) -> str:  # noqa: ARG002 (one shape)
        return ""

    def _warning(self) -> Words | None:
        return None

    # what all have in common

    @property
    def value(self) -> Any:
        """The answer; None where there is none or it cannot be read."""
        try:
            return self._read()
        except DataError:
            return None

    @property
    def unreadable(self) -> Words | None:
        """Why what was typed cannot be read; None where it can."""
        try:
            self._read()
        except DataError as error:
            return Words(error.zh, error.en)
        return None

    @property
    def blank(self) -> bool:
        """Whether nothing was typed or chosen at all."""
        return self.unreadable is None and self.value is None

    @property
    def fault(self) -> Words | None:
        """The message that is shown under the field."""
        return self._fault

    @property
    def typed(self) -> Any:
        """The input as it stands, readable or not, as a JSON value."""
        return self.input.value

    def retype(self, typed: Any) -> None:
        """Put an input back as `typed` gave it; what can no longer be chosen is left out."""
        with suppress(TraitError):
            self.input.value = typed

    def load(self, value: Any) -> None:
        """Show a given answer; None empties the field."""
        self._carried = None
        self._write(value)

    def carry(self, value: Any, hint: Words) -> None:
        """Show an answer of last time, marked as such until the person changes it."""
        self._write(value)
        self._carried = hint
        self.say(self._fault)

    def say(self, fault: Words | None, *, hint: Words | None = None) -> None:
        """Show a fault (or a hint) under the field, or take it away."""
        self._fault = fault
        told = hint or self._warning() or self._carried
        words, css, role = (
            (fault, "gk-fault", "alert") if fault else (told, "gk-hint", "status")
        )
        self._message.value = (
            tag("div", words.of(self.lang), cls=css, role=role) if words else join()
        )
        (self.add_class if fault else self.remove_class)("gk-bad")

    def on_answer(self, listener: Callable[[Field], None]) -> None:
        """Call `listener` with the field whenever its answer changes."""
        self._listeners.append(listener)

    def speak(self, lang: str) -> None:
        """Show label, help and choices in another language first; the answer stays."""
        self.lang = lang
        self._label()
        self._show_echo()
        self.say(self._fault)

    def focus_input(self) -> None:
        """Put the cursor into the field."""
        self.input.focus()

    def _label(self) -> None:
        self.input.description = self.label()
        self.input.tooltip = self.help.of(self.lang) or None

    @property
    def help(self) -> Words:
        """The help of the spec in both languages."""
        return Words(self.spec.help_zh, self.spec.help_en)

    def label(self) -> Markup:
        """Write the label: the words, the unit, a mark where an answer is required."""
        parts: list[str] = [Words(self.spec.zh, self.spec.en).both(self.lang)]
        if self.spec.unit:
            parts.append(tag("span", f" ({self.spec.unit})", cls="gk-unit"))
        if self.spec.required:
            must = Words("必填", "required").of(self.lang)
            parts.append(tag("span", " *", cls="gk-req", title=must))
        if self.help.zh:
            parts.append(tag("span", self.help.of(self.lang), cls="gk-help"))
        return join(*parts)

    def _changed(self) -> None:
        self._carried = None
        self._show_echo()
        for listener in self._listeners:
            listener(self)

    def _show_echo(self) -> None:
        echo = self._echo_of(self.value)
        self._echo.value = tag("span", echo) if echo else join()
