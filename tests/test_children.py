"""Widgets that are no longer shown are closed: kernel and browser do not fill up."""

from __future__ import annotations

import ipywidgets as W  # noqa: N812

from gridkit.screen.children import exchange


def test_what_goes_is_closed_with_all_that_is_in_it():
    """Children, layouts and styles too."""
    button = W.Button()
    box = W.VBox([W.HBox([button])])

    exchange(box, ())

    assert box.children == ()
    assert [w.comm for w in (button, button.layout, button.style)] == [None] * 3


def test_what_stands_in_the_new_children_stays_open():
    """A part that is shown again elsewhere in the box is as it was."""
    kept, gone = W.Text(), W.Text()
    box = W.VBox([W.HBox([kept, gone])])

    exchange(box, [W.HBox([kept])])

    assert kept.comm is not None
    assert kept.layout.comm is not None
    assert gone.comm is None
