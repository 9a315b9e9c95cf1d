"""The grid of a visit, chosen by typing any part of its name or code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import DataError
from gridkit.forms.field import Field
from gridkit.records.spec import FieldSpec
from gridkit.screen.look import Words, dress

_NAMED = 3  # candidates named in a message


class GridField(Field):
    """The grid, found by any part of its name or by its code.

    Parameters
    ----------
    spec : FieldSpec
        The field `grid_id`.
    names : Series of str, indexed by grid id
        What the grids are called.
    lang : {"zh", "en"}
        Which language comes first.
    """

    def __init__(self, spec: FieldSpec, names: pd.Series, *, lang: str = "zh") -> None:
        self._names = {str(k): str(v) for k, v in names.items()}
        self._labels = {self.label_of(grid_id): grid_id for grid_id in self._names}
        self._offered: str | None = None
        super().__init__(spec, lang=lang)

    def label_of(self, grid_id: str) -> str:
        """Name a grid as the list does: its name, then its code."""
        name = self._names.get(grid_id)
        return f"{name} · {grid_id}" if name else grid_id

    def _make_input(self) -> Any:
        return dress(W.Combobox(value="", options=tuple(self._labels)))

    def _before(self) -> Iterable[Any]:
        # After the grid, Tab must come to the address: its first space would push this button.
        self._again = W.Button()
        self._again.add_class("gk-quiet")
        self._again.add_class("gk-again")
        self._again.layout.display = "none"
        self._again.on_click(lambda _: self.load(self._offered))
        return (self._again,)

    @property
    def help(self) -> Words:
        """How to find a grid."""
        return Words("输入名称或编号的一部分", "Type a part of its name or code")

    def offer_again(self, grid_id: str) -> None:
        """Offer the grid of the last visit on a button; it is taken only when pushed."""
        self._offered = grid_id
        self._speak_offer()

    def speak(self, lang: str) -> None:
        """Show label and offer in another language first; the answer stays."""
        super().speak(lang)
        self._speak_offer()

    def _speak_offer(self) -> None:
        if self._offered is None:
            return
        label = self._names.get(self._offered, self._offered)
        self._again.description = Words(f"沿用上次: {label}", f"As before: {label}").of(
            self.lang
        )
        self._again.layout.display = None  # it stays: a cursor on it must not lose its place

    def _read(self) -> str | None:
        typed = str(self.input.value).strip()
        if not typed:
            return None
        if typed in self._labels:
            return self._labels[typed]
        if typed in self._names:
            return typed
        found = [i for label, i in self._labels.items() if typed in label]
        exact = [i for i in found if self._names[i] == typed]
        if len(exact) == 1 or len(found) == 1:
            return (exact or found)[0]
        if not found:
            raise DataError(
                zh="没有这个网格; 请输入名称或编号的一部分, 再从列表中选",
                en="There is no such grid; type a part of its name or code, then choose",
            )
        some = "、".join(self._names[i] for i in found[:_NAMED])
        raise DataError(
            zh=f"有 {len(found)} 个网格符合 ({some} …), 请从列表中选一个",
            en=f"{len(found)} grids fit ({some} …); please choose one from the list",
        )

    def _write(self, value: str | None) -> None:
        self.input.value = self.label_of(value) if value else ""

    def _echo_of(self, value: str | None) -> str:
        if value is None or self.input.value == self.label_of(value):
            return ""
        return f"→ {self.label_of(value)}"
