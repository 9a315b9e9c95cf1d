"""A list whose rows can be opened: by click, or with the keyboard; and its pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import anywidget
import ipywidgets as W  # noqa: N812
import traitlets

from gridkit.screen.look import Column, Markup, Words, html, join, tag

PAGE_ROWS = 15


class Row(NamedTuple):
    """One row: the id that opening it tells, the words of its button, all its cells.

    `cells[at]` is the cell that holds the button; the words stand in front of what is there.
    """

    row_id: str
    words: str
    cells: tuple[str, ...]
    at: int = 0


class Listing(anywidget.AnyWidget):
    """A table of rows that open; see `listing.js`.

    Examples
    --------
    >>> opened = []
    >>> listing = Listing()
    >>> listing.on_open(opened.append)
    >>> listing.show(("事项",), [Row("c1", "停水", ("三楼以上没有水",))])
    >>> listing.choose("c1")
    >>> opened
    ['c1']
    """

    _esm: ClassVar[str] = Path(__file__).with_name("listing.js").read_text(encoding="utf-8")
    markup = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._listeners: list[Callable[[str], None]] = []
        self._ids: frozenset[str] = frozenset()
        self.on_msg(self._hear)

    def show(
        self, head: tuple[str, ...], rows: Sequence[Row | Markup], *, css: str = ""
    ) -> None:
        """Draw the rows; markup among them is a heading across the table.

        Parameters
        ----------
        head : tuple of str
        rows : sequence of Row or Markup
        css : str
            Classes of the table.
        """
        self._ids = frozenset(row.row_id for row in rows if isinstance(row, Row))
        top = tag("tr", *(tag("th", cell, scope="col") for cell in head))
        body = [
            _row(row, head)
            if isinstance(row, Row)
            else tag("tr", tag("th", row, colspan=str(len(head)), scope="rowgroup"))
            for row in rows
        ]
        drawn = tag(
            "table",
            tag("thead", top),
            tag("tbody", *body),
            cls=f"gk-table gk-rows {css}".strip(),
        )
        self.markup = tag("div", drawn, cls="gk-scroll")

    def say(self, words: str) -> None:
        """Show a sentence in place of rows."""
        self._ids = frozenset()
        self.markup = tag("p", words)

    def on_open(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with the id of each row that is opened."""
        self._listeners.append(listener)

    def choose(self, row_id: str) -> None:
        """Open a row, as a click does; one that is not shown opens nothing."""
        if row_id in self._ids:
            for listener in self._listeners:
                listener(row_id)

    def _hear(self, _: Any, content: dict[str, Any], __: Any) -> None:
        self.choose(str(content.get("open", "")))


def _row(row: Row, head: tuple[str, ...]) -> Markup:
    button = tag("button", row.words, type="button", cls="gk-open", **{"data-open": row.row_id})
    cells = [
        tag("td", join(button, cell) if place == row.at else cell, **{"data-head": title})
        for place, (cell, title) in enumerate(zip(row.cells, head, strict=True))
    ]
    return tag("tr", *cells, **{"data-row": row.row_id})


class Pager(Column):
    """Leafs through the pages of a list.

    Parameters
    ----------
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    page : int
        The page that is shown, from 0.
    before_button, next_button : Button
    """

    def __init__(self, *, lang: str = "zh", rows: int = PAGE_ROWS) -> None:
        self.lang, self.rows, self.page, self._total = lang, rows, 0, 0
        self._listeners: list[Callable[[], None]] = []
        self._text = html(css="gk-pages")
        self.before_button = W.Button(description=Words("上一页", "Previous").of(lang))
        self.next_button = W.Button(description=Words("下一页", "Next").of(lang))
        row = W.Box([self.before_button, self._text, self.next_button])
        row.add_class("gk-row")
        super().__init__([row])
        self.before_button.on_click(lambda _: self._turn(-1))
        self.next_button.on_click(lambda _: self._turn(1))

    def on_turn(self, listener: Callable[[], None]) -> None:
        """Call `listener` when another page is wanted."""
        self._listeners.append(listener)

    @property
    def part(self) -> slice:
        """The rows of the page."""
        return slice(self.page * self.rows, (self.page + 1) * self.rows)

    def of(self, total: int, *, first: bool = False) -> None:
        """Tell how many rows there are; `first` goes back to the first page."""
        self._total = total
        pages = max(1, -(-total // self.rows))
        self.page = 0 if first else min(self.page, pages - 1)
        self.before_button.disabled = self.page == 0
        self.next_button.disabled = self.page == pages - 1
        self._text.value = tag(
            "span",
            Words(
                f"第 {self.page + 1} 页, 共 {pages} 页", f"page {self.page + 1} of {pages}"
            ).of(self.lang),
        )
        self.layout.display = None if pages > 1 else "none"

    def _turn(self, by: int) -> None:
        self.page += by
        self.of(self._total)
        for listener in self._listeners:
            listener()
