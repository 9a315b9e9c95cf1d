"""The card workshop: turn one weight, see which matters move and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import GridkitError, ProfileError
from gridkit.profile.card import Scorecard
from gridkit.profile.card_adoption import adopt_card, adoptions
from gridkit.records.spec import ROLES
from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, html, join, style, table, tag
from gridkit.training.card_learning import moves, scaled

_ROWS = 15
_TRIED, _LEARNED = "tried", "learned"


class Workshop(Column):
    """A slider for one factor of a card, and the matters that it moves.

    Parameters
    ----------
    facts : DataFrame, indexed by concern id
        Inputs of one day, as `triage.inputs` gives them.
    card : Scorecard
    learned : Scorecard, optional
        Can be adopted, too; it is never chosen beforehand.
    folder : str or Path, optional
        The profile of a workspace, into which a card is adopted; without it one can try only.

    Attributes
    ----------
    factor : Dropdown
    share : FloatSlider
        What the factor's points are taken times.
    card : Scorecard
        The card that is tried.
    which, version, role, why : Dropdown, Text, Dropdown, Textarea
        What is adopted, as which version, by which role, and the reason.
    adopt : Button
    """

    def __init__(
        self,
        facts: pd.DataFrame,
        card: Scorecard,
        *,
        learned: Scorecard | None = None,
        folder: str | Path | None = None,
    ) -> None:
        self._facts, self._usual, self.card = facts, card, card
        self._learned, self._folder = learned, Path(folder) if folder else None
        options = [(f.zh, f.id) for f in card.factors]
        self.factor = W.Dropdown(options=options, description="因素")
        self.share = W.FloatSlider(value=1.0, min=0.0, max=2.0, step=0.1, description="分值 ×")
        self._told = html()
        turned = W.HBox([self.factor, self.share])
        turned.layout.flex_flow = "row wrap"
        super().__init__([style(), Frame(), turned, self._told, *self._adopting()])
        self.add_class("gk")
        self.add_class("gk-wide")
        for control in (self.factor, self.share):
            control.observe(lambda _: self._try(), "value")
        self._try()

    def _adopting(self) -> list[Any]:
        """Make the controls of adopting; the learned card is never chosen beforehand."""
        cards = [("请选择", ""), ("滑块改过的卡", _TRIED)]
        if self._learned is not None:
            cards.append(("由结果学得的卡", _LEARNED))
        self.which = W.Dropdown(options=cards, value="", description="采纳哪张")
        self.version = W.Text(description="版本", placeholder="如 2026-2")
        self.role = W.Dropdown(
            options=[("请选择", ""), *((zh, code) for code, zh, _ in ROLES)],
            value="",
            description="谁 (身份)",
        )
        self.why = W.Textarea(
            description="理由", placeholder="为什么改: 看了什么, 谁定的 (写身份, 不写姓名)"
        )
        self.adopt = W.Button(description="采纳这张卡", layout=W.Layout(width="auto"))
        self.adopt.on_click(lambda _: self._adopt())
        self._adopted = html()
        if self._folder is None:
            self._adopted.value = tag(
                "p",
                "这里没有工作区, 只能试, 不能采纳: 请在 gridkit demo 或 new 建的工作区里打开。",
            )
            return [self._adopted]
        self._history()
        row = W.HBox([self.which, self.version, self.role, self.why, self.adopt])
        row.layout.flex_flow = "row wrap"
        title = html(tag("h3", "采纳一张卡: 由人决定, 要写理由"))
        return [title, row, self._adopted]

    def _adopt(self) -> None:
        card = {_TRIED: self.card, _LEARNED: self._learned}.get(str(self.which.value))
        try:
            if card is None or self._folder is None:
                raise ProfileError(en="Choose a card first.", zh="请先选采纳哪张卡。")
            adopt_card(
                self._folder,
                card,
                version=str(self.version.value).strip(),
                why=str(self.why.value),
                by_role=str(self.role.value),
                roles=tuple(code for code, _, _ in ROLES),
            )
        except GridkitError as error:
            self._adopted.value = tag("p", error.zh, cls="gk-fault", role="alert")
            return
        self._history(f"已采纳版本 {self.version.value}。重新打开看板, 分数就出自这一版。")

    def _history(self, said: str = "") -> None:
        if self._folder is None:
            return
        roles = {code: zh for code, zh, _ in ROLES}
        rows: list[tuple[str, ...]] = [
            (a.version, a.when[:16].replace("T", " "), roles.get(a.by_role, a.by_role), a.why)
            for a in reversed(adoptions(self._folder))
        ]
        told = tag("p", said, cls="gk-told", role="status") if said else join()
        head = ("版本", "何时 (UTC)", "谁 (身份)", "理由")
        listed = (
            table(head, rows)
            if rows
            else tag("p", "还没有采纳过: 现行的是默认卡或县里自己的卡。")
        )
        self._adopted.value = join(told, listed)

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
