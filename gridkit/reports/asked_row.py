"""One asked-for column on the screen: what the ledger has of it, and a list to choose from."""

from __future__ import annotations

from typing import Any

import ipywidgets as W  # noqa: N812

from gridkit.reports.asked import FIGURES, RULES, names_for, near_names, refusal_of
from gridkit.screen.look import chip, html, join, tag
from gridkit.triage.measures import MEASURES

_NONE = ("— 不要这一栏 —", "")
_LISTED, _COUNTED = "这是逐件的栏目, 统计表里放不下", "这是统计数, 先在下面勾选按什么分组"
_COLORS = {
    "台账已有": "#d7ecdc",
    "可以统计": "#d9e8f5",
    "不该要": "#f6d5d2",
    "台账没有": "#fff2cc",
}


def asked_row(judged: Any, kept: str, *, grouped: bool) -> tuple[Any, Any | None]:
    """Make the row of one head.

    Parameters
    ----------
    judged : namedtuple
        A row of `asked_columns`: head, verdict, name and why.
    kept : str
        The name that a person chose before, or "".
    grouped : bool
        Whether it is to be a table of figures.

    Returns
    -------
    line : HBox
    chosen : Dropdown or None
        None for a head that nobody should ask for.
    """
    head, verdict, name, why = map(str, judged)
    told = [tag("b", head), chip(verdict, _COLORS[verdict]), " "]
    refusal = refusal_of(head)
    if refusal:
        why = f"{refusal.zh}。规矩 {refusal.rule}: {RULES[refusal.rule]}。"
        return _line([html(join(*told, tag("span", why, cls="gk-help")))]), None
    offered, near = names_for(grouped=grouped), near_names(head, grouped=grouped)
    rest = [one for one in offered if one not in near]
    exact = near[0] if near and offered[near[0]] == head else name
    wanted = kept or exact
    chosen = W.Dropdown(
        options=[_NONE, *((offered[one], one) for one in (*near, *rest))],
        value=wanted if wanted in offered else "",
    )
    why = _why(name, why, [offered[one] for one in near], grouped=grouped)
    return _line([html(join(*told, tag("span", why, cls="gk-help"))), chosen]), chosen


def _why(name: str, why: str, near: list[str], *, grouped: bool) -> str:
    """Say what a column is filled with, or why it is not."""
    if not name and near:
        return f"是不是: {'、'.join(near)}? 请选。{why}"
    if grouped and name in FIGURES:
        return MEASURES[name].how_zh
    offered, other = names_for(grouped=grouped), names_for(grouped=not grouped)
    if name in offered:
        return "按它分组" if grouped else f"用「{offered[name]}」填, 每件一行"
    return f"{_LISTED if grouped else _COUNTED}。" if name in other else why


def _line(parts: list[Any]) -> Any:
    line = W.HBox(parts)
    line.add_class("gk-own-row")
    return line
