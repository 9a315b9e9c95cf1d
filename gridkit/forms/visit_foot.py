"""The foot of the visit form: one more concern, save, or put aside."""

from __future__ import annotations

import ipywidgets as W  # noqa: N812

from gridkit.screen.look import Words

ADD = Words("＋ 添加一件诉求", "+ Add a concern")
SAVE = Words("保存走访", "Save the visit")
PARK = (
    Words("先放一放", "Put it aside"),
    Words("存为草稿, 先记另一户", "Keep it as a draft, and record another door first"),
)


class VisitFoot(W.Box):  # type: ignore[misc]
    """Three buttons in a row, in the order in which Tab reaches them: add, save, put aside.

    Examples
    --------
    >>> foot = VisitFoot()
    >>> foot.speak("en")
    >>> [button.description for button in foot.children]
    ['+ Add a concern', 'Save the visit', 'Put it aside']
    """

    def __init__(self) -> None:
        super().__init__([W.Button(), W.Button(), W.Button()])
        for button, css in zip(self.children, ("gk-add", "gk-save", "gk-quiet"), strict=True):
            button.add_class(css)
        for css in ("gk-row", "gk-foot"):
            self.add_class(css)

    def speak(self, lang: str) -> None:
        """Name the buttons in a language, with their keys."""
        add, save, park = self.children
        add.description, save.description = ADD.of(lang), SAVE.of(lang)
        add.tooltip, save.tooltip = "Alt+A", "Ctrl+Enter"
        park.description, park.tooltip = (words.of(lang) for words in PARK)
