"""Fields to choose in: one of several, yes or no, several of several.

Every list begins at "请选择", which is no answer; a box that is not ticked is none either,
and "none of these" is an answer of its own.
"""

from __future__ import annotations

from typing import Any, ClassVar

import ipywidgets as W  # noqa: N812

from gridkit.errors import DataError
from gridkit.forms.field import Field
from gridkit.profile import Profile
from gridkit.records.spec import NONE_CODE, FieldSpec
from gridkit.screen.look import Words, dress, html, tag

CHOOSE = Words("请选择", "choose")
NOT_ASKED = Words("未问", "not asked")
NONE_OF_THESE = Words("以上都没有", "none of these")
UNCHOSEN = ""
"""Stands for "please choose" in a list; None would make ipywidgets show a blank list."""

Options = list[tuple[Words, Any]]


class ChoiceField(Field):
    """One of several: begins at "请选择"; as a cascade it offers the children of its parent."""

    def __init__(self, spec: FieldSpec, options: Options, *, lang: str = "zh") -> None:
        self._options = options
        self.reserve: Options = []  # more than is offered, for an answer given earlier
        self._silent = False
        super().__init__(spec, lang=lang)

    def _make_input(self) -> Any:
        return dress(W.Dropdown(options=self._shown(), index=0))

    def _shown(self) -> list[tuple[str, Any]]:
        first = f"— {CHOOSE.of(self.lang)} —"
        return [(first, UNCHOSEN), *((w.of(self.lang), code) for w, code in self._options)]

    def _read(self) -> Any:
        return None if self.input.value == UNCHOSEN else self.input.value

    def _widen(self, value: Any) -> None:
        if value not in self._codes and any(value == code for _, code in self.reserve):
            self.offer(self.reserve)

    def retype(self, typed: Any) -> None:
        """Choose again what was chosen, also where it is no longer among the first."""
        self._widen(typed)
        super().retype(typed)

    def _write(self, value: Any) -> None:
        self._widen(value)
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

    @property
    def typed(self) -> list[str]:
        """The codes that are ticked."""
        return [code for code, box in self._boxes.items() if box.value]

    def retype(self, typed: Any) -> None:
        """Tick the boxes of these codes again."""
        self._write(" ".join(map(str, typed)) if isinstance(typed, list) else None)

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
