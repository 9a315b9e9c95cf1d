"""The card workshop: turn one weight, see which matters move and why."""

from __future__ import annotations

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.forms.frame import Frame
from gridkit.forms.look import Column, html, join, style, table, tag
from gridkit.profile.card import Scorecard
from gridkit.training.card_learning import moves, scaled

_ROWS = 15


class Workshop(Column):
    """A slider for one factor of a card, and the matters that it moves.

    Parameters
    ----------
    facts : DataFrame, indexed by concern id
        Inputs of one day, as `triage.inputs` gives them.
    card : Scorecard

    Attributes
    ----------
    factor : Dropdown
    share : FloatSlider
        What the factor's points are taken times.
    card : Scorecard
        The card that is tried; adopting it is a person's act, with a reason and a version.
    """

    def __init__(self, facts: pd.DataFrame, card: Scorecard) -> None:
        self._facts, self._usual, self.card = facts, card, card
        options = [(f.zh, f.id) for f in card.factors]
        self.factor = W.Dropdown(options=options, description="因素")
        self.share = W.FloatSlider(value=1.0, min=0.0, max=2.0, step=0.1, description="分值 ×")
        self._told = html()
        super().__init__([style(), Frame(), W.HBox([self.factor, self.share]), self._told])
        self.add_class("gk")
        self.add_class("gk-wide")
        for control in (self.factor, self.share):
            control.observe(lambda _: self._try(), "value")
        self._try()

    def _try(self) -> None:
        self.card = scaled(self._usual, str(self.factor.value), float(self.share.value))
        moved = moves(self._facts, self._usual, self.card)
        names = {band.code: band.zh for band in self._usual.bands}
        rows: list[tuple[str, ...]] = [
            (
                str(concern)[-8:],
                f"{its['place_old']} → {its['place_new']}",
                f"{names[its['band_old']]} → {names[its['band_new']]}",
                str(its["why"] or "别的事项移动了"),
            )
            for concern, its in moved.head(_ROWS).iterrows()
        ]
        changed = int((moved["band_old"] != moved["band_new"]).sum())
        said = f"{len(self._facts)} 件中 {len(moved)} 件的次序会变, {changed} 件变级。动的是事, 不是人。"
        listed = (
            table(("编号", "次序", "等级", "为什么"), rows) if rows else tag("p", "没有变化。")
        )
        self._told.value = join(tag("p", said, role="status"), listed)
