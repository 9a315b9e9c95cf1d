"""The trainer's reading of a class's codings: κ, confusion, under- and over-triage, what to discuss."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as W  # noqa: N812
import numpy as np
import pandas as pd

from gridkit.errors import GridkitError
from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, Markup, html, join, style, table, tag
from gridkit.training.coding import CARD, PUBLISHED, Coding, agree
from gridkit.training.coding_file import SAVED, class_set, read_coding, together
from gridkit.training.page import framed, invented, save_page, whole_page

_CARD_ZH, _DISPUTED = "评分卡", 10


class CodingView(Column):
    """Codings in a folder, held against each other and against the card.

    Parameters
    ----------
    folder : str or Path
        Where the files of the groups lie.

    Attributes
    ----------
    go : Button
        Read the files; the page is shown, and written to 双人评定.html.
    """

    def __init__(self, folder: str | Path = ".") -> None:
        self.folder = Path(folder)
        self.go = W.Button(description="看一致性", button_style="primary")
        self.go.on_click(lambda _: self._read())
        self._told, self._page = html(), html()
        super().__init__([style(), Frame(), self._told, self.go, self._page])
        self.add_class("gk")
        self.add_class("gk-wide")
        self._told.value = tag(
            "p",
            "学员在 4b_trainee 里评三十件, 存成 评定_….json。把各组的文件放进这个文件夹, 按“看一致性”。"
            f"现在有 {len(self._files())} 份。",
        )

    @property
    def told(self) -> str:
        """Give what is shown below the button, as markup."""
        return str(self._page.value)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(SAVED))

    def _read(self) -> None:
        try:
            codings = [read_coding(path) for path in self._files()]
            coded = together(codings)
            page = coding_page(coded, codings[0].scenario, codings[0].seed)
            path = save_page(page, self.folder / "双人评定.html")
        except GridkitError as error:
            self._page.value = tag("p", error.zh, cls="gk-fault", role="alert")
            return
        note = tag("p", f"这一页也存成了 {path.name}, 可以打印。", role="status")
        self._page.value = join(note, framed(page))


def coding_page(coded: dict[str, pd.Series], scenario: str, seed: int) -> str:
    """Write what the codings of a class show as one HTML page that fetches nothing.

    Parameters
    ----------
    coded : dict of str to Series
        Bands by group, as `coding_file.together` gives them.
    scenario : str
    seed : int
        Of the set.

    Returns
    -------
    str
        The most disputed matters first, then κ, errors against the card, confusion and the
        published figures. Groups stand in the order given; none is ranked.
    """
    history, matters = class_set(scenario, seed)
    levels = [str(level) for level in matters["card"].cat.categories]
    seen = agree(coded, matters["card"], levels, rng=np.random.default_rng(seed))
    names = {band.code: band.zh for band in history.profile.bands}
    title = "双人评定: 同样三十件, 各评各的"
    note = "评分卡也可能错: 它是一种看法, 不是标准答案。几组不同才值得谈; 不比哪组评得好。"
    return whole_page(
        title,
        tag("h1", title),
        invented(),
        tag("p", note),
        tag("h2", "最有争议的几件 · to discuss"),
        _disputed(seen, matters["summary"], names),
        tag("h2", "加权 κ (平方权重), 括号内为 95 % 区间"),
        _kappas(seen),
        tag("h2", "与评分卡比: 偏低与偏高 · under- and over-triage"),
        _errors(seen),
        *_confusions(seen, names),
        tag("h2", "公开发表的医院分诊数字 · published"),
        tag("p", "各研究对偏低、偏高的算法不同: 只看大小, 不比小数。"),
        table(("对象", "数字", "出处"), list(PUBLISHED)),
    )


def _named(coder: str) -> str:
    return _CARD_ZH if coder == CARD else coder


def _disputed(seen: Coding, summary: pd.Series, names: dict[str, str]) -> Markup:
    most = seen.disputed[(seen.disputed["spread"] > 0).fillna(value=False)].head(_DISPUTED)
    if not len(most):
        return tag("p", "没有: 都评得一样。")
    coders = [str(c) for c in most.columns if c != "spread"]
    rows: list[tuple[str, ...]] = [
        (str(summary.get(concern, "")), *(names.get(str(its[c]), "没评") for c in coders))
        for concern, its in most.iterrows()
    ]
    return tag("div", table(("情况", *map(_named, coders)), rows), cls="wide")


def _kappas(seen: Coding) -> Markup:
    rows: list[tuple[str, ...]] = [
        (f"{_named(a)} 与 {_named(b)}", its.words()) for (a, b), its in seen.kappa.items()
    ]
    return table(("两份评定", "κ"), rows)


def _errors(seen: Coding) -> Markup:
    rows: list[tuple[str, ...]] = [
        (str(coder), str(its["under"]), str(its["over"]), str(its["exact"]))
        for coder, its in seen.errors.iterrows()
    ]
    return table(("组别", "比评分卡低", "比评分卡高", "相同"), rows)


def _confusions(seen: Coding, names: dict[str, str]) -> list[Markup]:
    parts = []
    for coder, counts in seen.confusions.items():
        rows: list[tuple[str, ...]] = [
            (names[str(level)], *map(str, its)) for level, its in counts.iterrows()
        ]
        head = (f"{coder} ↓ 评分卡 →", *(names[str(level)] for level in counts.columns))
        parts.append(join(tag("h3", f"{coder}与评分卡的混淆表"), table(head, rows)))
    return parts
