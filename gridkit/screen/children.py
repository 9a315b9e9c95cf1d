"""What stands in a box, and what becomes of that which stood there before.

ipywidgets keeps every widget that was ever made, in the kernel and in the browser, until it
is closed. The card of one concern is 350 of them: a day of visits would fill both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import ipywidgets as W  # noqa: N812


def exchange(box: Any, children: Iterable[Any]) -> None:
    """Show other widgets in a box; those that go are closed, with all that is in them.

    Parameters
    ----------
    box : Box
        Whatever stands in it and is not among, or within, `children` is not used again.
    children : iterable of Widget
        Those to show.

    Examples
    --------
    >>> first, kept = W.Label("1"), W.Label("2")
    >>> box = W.VBox([first, kept])
    >>> exchange(box, [kept])
    >>> first.comm is None, kept.comm is None
    (True, False)
    """
    before, after = box.children, tuple(children)
    stay = {id(widget) for child in after for widget in _within(child)}
    box.children = after
    for child in before:
        if id(child) not in stay:
            for widget in list(_within(child)):
                if id(widget) not in stay:
                    widget.close()


def _within(widget: Any) -> Iterator[Any]:
    """Give a widget and all that it holds: children, layout, style."""
    yield widget
    for name in widget.keys:
        value = getattr(widget, name)
        held = value if isinstance(value, tuple | list) else (value,)
        for one in held:
            if isinstance(one, W.Widget):
                yield from _within(one)
