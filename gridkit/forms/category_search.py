"""The search for a category: a few letters, Enter, and type and detail are chosen.

It only chooses in the two lists below it, where the choice can be seen and changed; it
holds no answer itself.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from gridkit.forms.lookup import Category, categories, find
from gridkit.profile import Profile
from gridkit.screen.look import Words

_WORDS = {
    "label": Words("什么事 (查找)", "What is it about (search)"),
    "help": Words(
        "输入 停水、没水 或拼音首字母 ts, 回车选定",
        "Type a word or its pinyin initials, such as ts for 停水; Enter chooses",
    ),
    "none": Words(
        "没有找到; 请换个说法, 或在下面选", "Nothing found; try another word, or choose below"
    ),
    "unchosen": Words(
        "还没有选定: 请按回车, 或在下面选", "Not chosen yet: press Enter, or choose below"
    ),
}


class CategorySearch(anywidget.AnyWidget):
    """A box that finds categories; see `category_search.js` and `lookup`.

    Parameters
    ----------
    profile : Profile
        The county's tables.
    lang : {"zh", "en"}
        Which language is spoken.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> search = CategorySearch(load_profile())
    >>> search.on_pick(lambda category: print(category.demand_type, category.demand_detail))
    >>> search.typed = "ts"
    >>> search.found[0]
    '用水 · 停水断水'
    >>> search.pick(0)
    water water_cut
    """

    _esm: ClassVar[str] = Path(__file__).with_name("category_search.js").read_text("utf-8")
    typed = traitlets.Unicode().tag(sync=True)
    found: Any = traitlets.List().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, profile: Profile, *, lang: str = "zh") -> None:
        super().__init__()
        self._every = categories(profile)
        self._offered: list[Category] = []
        self._listeners: list[Callable[[Category], None]] = []
        self.lang = lang
        self.add_class("gk-whole")
        self.observe(lambda _: self._find(), "typed")
        self.on_msg(self._hear)
        self.speak(lang)

    def on_pick(self, listener: Callable[[Category], None]) -> None:
        """Call `listener` with the category that a person picks."""
        self._listeners.append(listener)

    def pick(self, place: int) -> None:
        """Pick the category at a place of the list; one that is not there picks nothing."""
        if 0 <= place < len(self._offered):
            picked = self._offered[place]
            for listener in self._listeners:
                listener(picked)

    def _find(self) -> None:
        self._offered = find(self.typed, self._every)
        self.found = [category.words.of(self.lang) for category in self._offered]
        # an answer even where the list is as before: the page waits for it to say "none"
        self.send({"found": self.typed})

    def _hear(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and isinstance(content.get("pick"), int):
            if content.get("typed") != self.typed:  # Enter was quicker than the search
                self.typed = str(content.get("typed", ""))
            self.pick(content["pick"])

    def speak(self, lang: str) -> None:
        """Speak another language."""
        self.lang = lang
        self.words = {name: words.of(lang) for name, words in _WORDS.items()}
        self._find()
