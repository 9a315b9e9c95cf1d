"""Fields to type in, as text with our own reading of it; and the field of any spec.

Numbers and dates are text: blank stays blank, nothing is moved into a range, and what
cannot be read is said below and stays.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import ipywidgets as W  # noqa: N812

from gridkit.errors import DataError
from gridkit.forms import answers
from gridkit.forms.choices import ChoiceField, ManyField, YesNoField, options_of
from gridkit.forms.field import Field
from gridkit.profile import Profile
from gridkit.records.condition import TODAY, Compare
from gridkit.records.spec import FieldSpec
from gridkit.screen.look import Words, dress

_EXAMPLE = "如 e.g. 2026-3-7"
_LONG_TEXT = 200  # characters; above it the input has several lines


class TextField(Field):
    """Words, one line or several."""

    def _make_input(self) -> Any:
        kind = W.Textarea if self.spec.max_length > _LONG_TEXT else W.Text
        if kind is W.Textarea:
            self.add_class("gk-whole")
        return dress(kind(value=""))

    def _read(self) -> str | None:
        return self.input.value.strip() or None

    def _write(self, value: str | None) -> None:
        self.input.value = value or ""

    def _changed(self) -> None:
        super()._changed()
        if self._fault is None:
            self.say(None)

    def _warning(self) -> Words | None:
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
        return dress(W.Text(value=""))

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
        return dress(W.Text(value="", placeholder=_EXAMPLE))

    def _read(self) -> date | None:
        return answers.read_date(self.input.value, self._today(), future=self.future)

    def _write(self, value: date | None) -> None:
        self.input.value = "" if value is None else value.isoformat()

    def _echo_of(self, value: date | None) -> str:
        if value is None:
            return ""
        now = Words("(今天)", "(today)").of(self.lang) if value == self._today() else ""
        return f"{answers.show_date(value, self.lang)} {now}".strip()


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
