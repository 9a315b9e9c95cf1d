"""The comparison in a notebook: choose two saved games of one scenario and seed."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as W  # noqa: N812

from gridkit.errors import DataError
from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, html, join, style, tag
from gridkit.training.compare_page import NAMES, compare_page
from gridkit.training.drill import played_by, resume
from gridkit.training.page import framed, save_page
from gridkit.training.ways import way_names

SAVED = "演练*.json"
_EXAMPLE = "示范"


class CompareView(Column):
    """Two games side by side, as decisions.

    Parameters
    ----------
    folder : str or Path
        Where the saved games lie; without two of them an example is offered.
    scenario : str
        Of the example.

    Attributes
    ----------
    one, two : Dropdown
        The two games.
    go : Button
        Compare them; the page is shown, and written to 对照.html.
    """

    def __init__(self, folder: str | Path = ".", *, scenario: str = "level_1") -> None:
        self.folder, self._scenario = Path(folder), scenario
        self.one, self.two = (W.Dropdown(description=name) for name in NAMES)
        self.again = W.Button(description="重新找文件", layout=W.Layout(width="auto"))
        self.go = W.Button(description="对照", button_style="primary")
        self._told, self._page = html(), html()
        controls = W.HBox([self.one, self.two, self.go, self.again])
        controls.layout.flex_flow = "row wrap"
        super().__init__([style(), Frame(), self._told, controls, self._page])
        self.add_class("gk")
        self.add_class("gk-wide")
        self.again.on_click(lambda _: self._find())
        self.go.on_click(lambda _: self._lay_out())
        self._find()

    @property
    def told(self) -> str:
        """Give what is shown below the controls, as markup."""
        return str(self._page.value)

    def _find(self) -> None:
        games = sorted(path.name for path in self.folder.glob(SAVED))
        ways = way_names()
        shown = [f"{_EXAMPLE}: {ways[way]}" for way in ("card", "first_come")]
        for control, first in ((self.one, 0), (self.two, 1)):
            options = [*games, *shown]
            control.options = options
            control.value = options[first] if len(games) > 1 else shown[first]
        self._told.value = tag(
            "p",
            f"这里有 {len(games)} 局保存下来的演练。"
            "把两位学员的文件 (演练_….json) 放进这个文件夹, 选两局同一剧本、同一种子的。"
            "文件名写甲组、乙组, 不写姓名。对照的是决定, 不比高下。",
        )

    def _lay_out(self) -> None:
        names = str(self.one.value), str(self.two.value)
        ways = {f"{_EXAMPLE}: {zh}": way for way, zh in way_names().items()}
        self._page.value = tag("p", "正在对照…", role="status")
        try:
            games = [
                played_by(self._scenario, ways[name])
                if name in ways
                else resume(self.folder / name)
                for name in names
            ]
            short = (names[0].removesuffix(".json"), names[1].removesuffix(".json"))
            page = compare_page(games[0], games[1], short)
            path = save_page(page, self.folder / "对照.html")
        except DataError as error:
            self._page.value = tag("p", error.zh, cls="gk-fault", role="alert")
            return
        told = tag("p", f"这一页也存成了 {path.name}, 可以打印。", role="status")
        self._page.value = join(told, framed(page))
