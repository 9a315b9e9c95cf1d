"""One question of the spec as one widget: label, help, input, message underneath.

No field ever holds an answer that nobody gave: choices begin at "请选择", numbers and
dates are text with our own reading of it, a box that is not ticked is no answer. What was
typed stays as typed, whatever is wrong with it; the fault is said right below the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, ClassVar

import ipywidgets as W  # noqa: N812

from gridkit.errors import DataError
from gridkit.forms import answers
from gridkit.forms.look import Column, Markup, Words, dress, html, join, tag
from gridkit.profile import Profile
from gridkit.records.condition import TODAY, Compare
from gridkit.records.spec import NONE_CODE, FieldSpec

CHOOSE = Words("请选择", "choose")
NOT_ASKED = Words("未问", "not asked")
NONE_OF_THESE = Words("以上都没有", "none of these")
_LONG_TEXT = 200  # characters; above it the input has several lines

UNCHOSEN = ""
"""Stands for "please choose" in a list; None would make ipywidgets show a blank list."""

Options = list[tuple[Words, Any]]


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
    """

    def __init__(self, spec: FieldSpec, *, lang: str = "zh") -> None:
        self.spec = spec
        self.lang = lang
        self._listeners: list[Callable[[Field], None]] = []
        self._fault: Words | None = None
        self.input = self._make_input()
        self._echo = html(css="gk-echo")
        self._message = html(css="gk-message")
        super().__init__([self.input, *self._beside(), self._echo, self._message])
        self.add_class("gk-field")
        self.add_class(f"gk-q-{spec.name}")
        self.speak(lang)
        self._listen()
        self._show_echo()

    # what each kind of field says for itself

    def _make_input(self) -> Any:
        raise NotImplementedError

    def _beside(self) -> Iterable[Any]:
        return ()

    def _listen(self) -> None:
        self.input.observe(lambda _: self._changed(), "value")

    def _read(self) -> Any:
        raise NotImplementedError

    def _write(self, value: Any) -> None:
        raise NotImplementedError

    def _echo_of(self, value: Any) -> str:  # noqa: ARG002 (one shape)
        return ""

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

    def load(self, value: Any) -> None:
        """Show a given answer; None empties the field."""
        self._write(value)

    def say(self, fault: Words | None, *, hint: Words | None = None) -> None:
        """Show a fault (or a hint) under the field, or take it away."""
        self._fault = fault
        words, css, role = (
            (fault, "gk-fault", "alert") if fault else (hint, "gk-hint", "status")
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
        self._show_echo()
        for listener in self._listeners:
            listener(self)

    def _show_echo(self) -> None:
        echo = self._echo_of(self.value)
        self._echo.value = tag("span", echo) if echo else join()


class TextField(Field):
    """Words, one line or several."""

    def _make_input(self) -> Any:
        kind = W.Textarea if self.spec.max_length > _LONG_TEXT else W.Text
        if kind is W.Textarea:
            self.add_class("gk-whole")
        return dress(kind(value="", continuous_update=False))

    def _read(self) -> str | None:
        return self.input.value.strip() or None

    def _write(self, value: str | None) -> None:
        self.input.value = value or ""

    def _changed(self) -> None:
        super()._changed()
        if self._fault is None:
            self.say(None, hint=self._hint())

    def _hint(self) -> Words | None:
        if self.spec.sensitivity == "open" or not answers.holds_personal_number(
            self.input.value
        ):
            return None
        return Words(
            "好像有电话号码或证件号码; 只记事, 请删去号码",
            "This seems to hold a telephone or identity number; please take it out",
        )


class NumberField(Field):
    """A number as text: blank stays blank, and nothing is moved into the range."""

    def _make_input(self) -> Any:
        return dress(W.Text(value="", continuous_update=False))

    def _read(self) -> float | None:
        if self.spec.type == "integer":
            return answers.read_integer(self.input.value)
        return answers.read_number(self.input.value)

    def _write(self, value: float | None) -> None:
        self.input.value = "" if value is None else f"{value:.12g}"


class DateField(Field):
    """A date as text, shown again in full below; quicker by keyboard than a picker."""

    def __init__(
        self, spec: FieldSpec, *, lang: str = "zh", today: Callable[[], date] = answers.today
    ) -> None:
        self._today = today
        self.future = not any(
            isinstance(c.condition, Compare) and c.condition.other == TODAY
            for c in spec.constraints
        )
        super().__init__(spec, lang=lang)

    def _make_input(self) -> Any:
        return dress(W.Text(value="", placeholder="2026-3-7", continuous_update=False))

    def _read(self) -> date | None:
        return answers.read_date(self.input.value, self._today(), future=self.future)

    def _write(self, value: date | None) -> None:
        self.input.value = "" if value is None else value.isoformat()

    def _echo_of(self, value: date | None) -> str:
        if value is None:
            return ""
        now = Words("(今天)", "(today)").of(self.lang) if value == self._today() else ""
        return f"{answers.show_date(value, self.lang)} {now}".strip()


class ChoiceField(Field):
    """One of several: begins at "请选择"; as a cascade it offers the children of its parent."""

    def __init__(self, spec: FieldSpec, options: Options, *, lang: str = "zh") -> None:
        self._options = options
        self._silent = False
        super().__init__(spec, lang=lang)

    def _make_input(self) -> Any:
        return dress(W.Dropdown(options=self._shown(), index=0))

    def _shown(self) -> list[tuple[str, Any]]:
        first = f"— {CHOOSE.of(self.lang)} —"
        return [(first, UNCHOSEN), *((w.of(self.lang), code) for w, code in self._options)]

    def _read(self) -> Any:
        return None if self.input.value == UNCHOSEN else self.input.value

    def _write(self, value: Any) -> None:
        if value not in self._codes:
            raise DataError(
                zh=f"{self.spec.zh}: 没有这个选项, 请重新选择",
                en=f"{self.spec.en}: there is no such choice now",
            )
        self.input.index = self._codes.index(value)

    @property
    def _codes(self) -> list[Any]:
        return [None, *(code for _, code in self._options)]

    def speak(self, lang: str) -> None:
        """Show label and choices in another language first; the answer stays."""
        self.lang = lang
        chosen = self.input.index
        self._silent = True  # other labels, the same answer: no cascade may hear of it
        try:
            with self.input.hold_sync():
                self.input.options = self._shown()
                self.input.index = chosen
        finally:
            self._silent = False
        super().speak(lang)

    def _changed(self) -> None:
        if not self._silent:
            super()._changed()

    def offer(self, options: Options) -> bool:
        """Offer other choices; an answer given before is cleared.

        Returns
        -------
        bool
            Whether an answer was cleared: the form says so then.
        """
        had = self._read() is not None
        self._options = options
        self.input.options = self._shown()  # ipywidgets goes back to the first: "请选择"
        return had

    @property
    def choices(self) -> tuple[Any, ...]:
        """The codes that can be chosen now."""
        return tuple(code for _, code in self._options)


class YesNoField(ChoiceField):
    """Yes, no, or not asked; the last is no answer, and says so."""

    _UNASKED: ClassVar[str] = "not_asked"

    def __init__(self, spec: FieldSpec, *, lang: str = "zh") -> None:
        options: Options = [(Words("是", "yes"), True), (Words("否", "no"), False)]
        if not spec.required:
            options.append((NOT_ASKED, self._UNASKED))
        super().__init__(spec, options, lang=lang)

    def _read(self) -> bool | None:
        chosen = super()._read()
        return None if chosen == self._UNASKED else chosen


class ManyField(Field):
    """Several of several: tick boxes, and an explicit "none of these" that excludes them."""

    def __init__(self, spec: FieldSpec, options: Options, *, lang: str = "zh") -> None:
        self._options = [(w, c) for w, c in options if c != NONE_CODE] + [
            (NONE_OF_THESE, NONE_CODE)
        ]
        self._boxes = {
            code: W.Checkbox(value=False, indent=False, description=words.of(lang))
            for words, code in self._options
        }
        super().__init__(spec, lang=lang)
        self.add_class("gk-whole")

    def _make_input(self) -> Any:
        row = W.Box(list(self._boxes.values()))
        row.add_class("gk-many")
        self._caption = html(css="gk-caption")
        return W.VBox([self._caption, row])

    def _label(self) -> None:
        self._caption.value = tag("div", self.label(), cls="gk-legend")
        for words, code in self._options:
            box = self._boxes[code]
            box.description = words.of(self.lang)
            # a screen reader hears the question together with the box
            box.tooltip = (
                f"{Words(self.spec.zh, self.spec.en).of(self.lang)}: {box.description}"
            )

    def _listen(self) -> None:
        for box in self._boxes.values():
            box.observe(lambda _: self._changed(), "value")

    def _read(self) -> str | None:
        ticked = sorted(code for code, box in self._boxes.items() if box.value)
        if NONE_CODE in ticked and len(ticked) > 1:
            raise DataError(
                zh="“以上都没有”不能与其他选项同选, 请去掉其中一边",
                en="'None of these' cannot stand beside other choices; untick one side",
            )
        return " ".join(ticked) or None

    def _write(self, value: str | None) -> None:
        codes = set((value or "").split())
        for code, box in self._boxes.items():
            box.value = code in codes

    def tick(self, code: str) -> None:
        """Tick the box of one code."""
        self._boxes[code].value = True

    @property
    def blank(self) -> bool:
        """Whether no box is ticked."""
        return not any(box.value for box in self._boxes.values())

    def focus_input(self) -> None:
        """Put the cursor on the first box."""
        next(iter(self._boxes.values())).focus()


def options_of(spec: FieldSpec, profile: Profile, parent: str | None = None) -> Options:
    """List the choices of a field, those of a cascade for one answer to its parent.

    Parameters
    ----------
    spec : FieldSpec
        A field of type `one_of` or `many_of`.
    profile : Profile
        The county's tables.
    parent : str, optional
        The answer to the parent field; without it a cascade has no choices yet.

    Returns
    -------
    list of (Words, code)
        In the order of the table.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> from gridkit.records.spec import CONCERN
    >>> options_of(CONCERN["demand_type"], load_profile())[0]
    (Words(zh='用水', en='Water supply'), 'water')
    """
    if not isinstance(spec.choices, str):
        return [(Words(zh, en), code) for code, zh, en in spec.choices]
    found = profile.choices(spec.choices)
    if spec.parent is not None:
        found = tuple(c for c in found if c.parent == parent)
    elif any(c.parent for c in found):  # two levels in one list: the code tells them apart
        return [(Words(f"{c.code} {c.zh}", f"{c.code} {c.en}"), c.code) for c in found]
    return [(Words(c.zh, c.en), c.code) for c in found]


def field_for(
    spec: FieldSpec,
    profile: Profile,
    *,
    lang: str = "zh",
    today: Callable[[], date] = answers.today,
) -> Field:
    """Make the widget for one field of the spec.

    Parameters
    ----------
    spec : FieldSpec
        What is asked.
    profile : Profile
        The county's tables, for the choices.
    lang : {"zh", "en"}
        Which language comes first.
    today : callable
        Gives the civil date, for dates without a year.

    Returns
    -------
    Field
        Empty: nothing is pre-selected.

    Raises
    ------
    DataError
        If the type of the field cannot be asked in a form.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> from gridkit.records.spec import CONCERN
    >>> people = field_for(CONCERN["people_affected"], load_profile())
    >>> people.input.value = "１２"
    >>> people.value
    12
    """
    if spec.type == "text":
        return TextField(spec, lang=lang)
    if spec.type in {"integer", "number"}:
        return NumberField(spec, lang=lang)
    if spec.type == "date":
        return DateField(spec, lang=lang, today=today)
    if spec.type == "one_of":
        return ChoiceField(spec, options_of(spec, profile), lang=lang)
    if spec.type == "many_of":
        return ManyField(spec, options_of(spec, profile), lang=lang)
    if spec.type == "yes_no":
        return YesNoField(spec, lang=lang)
    raise DataError(
        zh=f"字段 {spec.name} 的类型 {spec.type} 不能在表单中提问。",
        en=f"A field of type {spec.type} ({spec.name}) cannot be asked in a form.",
    )
