"""What the board is narrowed by: of the matter, the place and the office, never a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit import triage
from gridkit.forms.choices import UNCHOSEN
from gridkit.forms.desk import Desk
from gridkit.screen.look import Column, Words, dress, fill_list
from gridkit.triage.chronicle import state_label

ALL = Words("全部", "all")
_OVERDUE = (("late", Words("已超期", "overdue")), ("in_time", Words("未超期", "in time")))
_DECIDED = (("open", Words("还没决定", "not decided")), ("done", Words("已决定", "decided")))
_LABELS = {
    "township": Words("乡镇", "Township"),
    "demand": Words("诉求类别", "Demand"),
    "band": Words("等级", "Band"),
    "state": Words("办理状态", "Standing"),
    "unit": Words("责任单位", "Unit"),
    "overdue": Words("时限", "Deadline"),
    "decided": Words("决定", "Decision"),
}


class BoardFilters(Column):
    """Lists to choose in; "all" in each asks nothing.

    Parameters
    ----------
    desk : Desk
    lang : {"zh", "en"}

    Attributes
    ----------
    township, demand, band, state, unit, overdue, decided : Dropdown
        What is shown; set their `.value`.
    clear_button : Button
        Asks nothing again.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self._listeners: list[Callable[[], None]] = []
        self._silent = False
        profile, label = desk.profile, desk.profile.label
        bands = [(label("band", b.code, lang), b.code) for b in profile.bands]
        states = [(state_label(code, lang), code) for code in triage.OPEN_STATES]
        self.township = choices_or_all(townships_of(desk), lang)
        self.demand = choices_or_all(coded(desk, "demand_type", lang), lang)
        self.band = choices_or_all(bands, lang)
        self.state = choices_or_all([one for one in states if one[1] != "merged"], lang)
        self.unit = choices_or_all(coded(desk, "unit", lang), lang)
        self.overdue = choices_or_all([(w.of(lang), code) for code, w in _OVERDUE], lang)
        self.decided = choices_or_all([(w.of(lang), code) for code, w in _DECIDED], lang)
        self.clear_button = W.Button(description=Words("清除筛选", "Clear").of(lang))
        self.clear_button.add_class("gk-quiet")
        for name, words in _LABELS.items():
            getattr(self, name).description = words.both(lang)
        grid = W.Box([getattr(self, name) for name in _LABELS])
        grid.add_class("gk-grid")
        super().__init__([grid])
        for name in _LABELS:
            getattr(self, name).observe(lambda _: self._changed(), "value")
        self.clear_button.on_click(lambda _: self.clear())

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever something else is asked."""
        self._listeners.append(listener)

    @property
    def asks(self) -> bool:
        """Whether anything is asked."""
        return any(getattr(self, name).value != UNCHOSEN for name in _LABELS)

    def clear(self) -> None:
        """Ask nothing."""
        self._silent = True
        for name in _LABELS:
            getattr(self, name).index = 0
        self._silent = False
        self._changed()

    def narrow(self, listed: pd.DataFrame) -> pd.DataFrame:
        """Keep the rows of a board that fit all that is asked, in their order."""
        late = {"late": True, "in_time": False}.get(self.overdue.value)
        found = triage.narrow(
            listed,
            overdue=late,
            township_code=self.township.value or None,
            demand_type=self.demand.value or None,
            band=self.band.value or None,
            state=self.state.value or None,
            unit=self.unit.value or None,
        )
        if self.decided.value == UNCHOSEN:
            return found
        done = found["decided"].to_numpy(dtype=bool)
        kept: pd.DataFrame = found[done == (self.decided.value == "done")]
        return kept

    def _changed(self) -> None:
        if self._silent:
            return
        for listener in self._listeners:
            listener()


def choices_or_all(options: list[tuple[str, str]], lang: str) -> Any:
    """Make a list whose first entry, "all", asks nothing."""
    made = dress(W.Dropdown())
    fill_list(made, [(ALL.of(lang), UNCHOSEN), *options])
    return made


def coded(desk: Desk, table: str, lang: str) -> list[tuple[str, str]]:
    """Give the choices of a table of the profile as options."""
    return [(c.en if lang == "en" else c.zh, c.code) for c in desk.profile.choices(table)]


def townships_of(desk: Desk) -> list[tuple[str, str]]:
    """Give the townships of the grids as options."""
    name = "township_name" if "township_name" in desk.grids else "township_code"
    pairs = desk.grids[["township_code", name]].astype("str").drop_duplicates()
    return [(words, code) for code, words in pairs.itertuples(index=False)]
