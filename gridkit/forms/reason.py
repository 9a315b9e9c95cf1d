"""The reason for a correction: asked beside the answers, and missed under its own field."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as W  # noqa: N812

from gridkit.screen.look import Column, Words, dress, html, join, tag

WHY = "why"
"""The name under which the cursor finds the field."""
_ASKED = Words("为什么改", "Why it is changed")
_NEEDED = Words(
    "请写明为什么改; 理由会留在历史里。", "Please say why; it stays in the history."
)


class Reason(Column):
    """One line of text that must not be blank.

    Parameters
    ----------
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    input : Text
    lacking : bool
        Whether the message that it is needed stands under it.
    """

    def __init__(self, *, lang: str = "zh") -> None:
        self.lang, self.lacking = lang, False
        self.input = dress(W.Text(value=""))
        self._message = html(css="gk-message")
        super().__init__([self.input, self._message])
        for css in ("gk-field", f"gk-q-{WHY}"):
            self.add_class(css)
        self.input.observe(lambda _: self._typed(), "value")
        self.speak(lang)

    @property
    def value(self) -> str:
        """What was typed, as it stands."""
        return str(self.input.value)

    @value.setter
    def value(self, text: str) -> None:
        self.input.value = text

    @property
    def text(self) -> str:
        """What was typed, without spaces around it."""
        return self.value.strip()

    def on_typed(self, listener: Callable[[], None]) -> None:
        """Call `listener` with each change."""
        self.input.observe(lambda _: listener(), "value")

    def check(self) -> bool:
        """Tell whether a reason is given; if not, say under the field that it is needed."""
        self._say(lacking=not self.text)
        return bool(self.text)

    def forgive(self) -> None:
        """Take the message away."""
        self._say(lacking=False)

    def _typed(self) -> None:
        if self.text:
            self.forgive()

    def _say(self, *, lacking: bool) -> None:
        self.lacking = lacking
        told = tag("div", _NEEDED.of(self.lang), cls="gk-fault", role="alert")
        self._message.value = told if lacking else join()
        (self.add_class if lacking else self.remove_class)("gk-bad")

    def speak(self, lang: str) -> None:
        """Show everything in another language first; what was typed stays."""
        self.lang = lang
        star = tag("span", " *", cls="gk-req")
        self.input.description = join(_ASKED.both(lang), star)
        self._say(lacking=self.lacking)
