"""Where a trainee begins: choose a scenario and a seed, go on with a saved game, or replay it."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as W  # noqa: N812

from gridkit.errors import DataError
from gridkit.screen.frame import Frame
from gridkit.screen.look import Column, fill_list, html, style, tag
from gridkit.training.compare_view import SAVED
from gridkit.training.drill import Drill, resume
from gridkit.training.drill_view import DrillView
from gridkit.training.replay_view import ReplayView
from gridkit.training.scenario import scenarios

_KINDS = {"story": "故事", "level": "第 {} 级"}
_NONE = "(还没有保存的演练)"


class DrillDesk(Column):
    """The trainee's screen.

    Parameters
    ----------
    folder : str or Path
        Where games are saved and debriefs are written.

    Attributes
    ----------
    scenario : Dropdown
    seed, group : Text
        The seed (empty for the scenario's own) and the word that goes into the file's name.
    saved : Dropdown
        Games in the folder.
    start, go_on, replay : Button
    view : DrillView or ReplayView or None
        What is open.
    """

    def __init__(self, folder: str | Path = ".") -> None:
        self.folder = Path(folder)
        self.view: DrillView | ReplayView | None = None
        options = [
            (f"{s.zh} ({_KINDS[s.kind].format(s.level)}, {s.weeks} 周)", s.id)
            for s in scenarios().values()
        ]
        self.scenario = W.Dropdown(options=options, value="level_1", description="剧本")
        self.seed = W.Text(description="种子", placeholder="不填: 全班同一个县")
        self.group = W.Text(description="组别", placeholder="如 甲组; 不写姓名")
        self.saved = W.Dropdown(description="已保存")
        self.start, self.go_on, self.replay = (
            W.Button(description=words, layout=W.Layout(width="auto"))
            for words in ("开始新的一局", "接着走", "重放")
        )
        self.start.button_style = "primary"
        self.start.on_click(lambda _: self._start())
        self.go_on.on_click(lambda _: self._open(replay=False))
        self.replay.on_click(lambda _: self._open(replay=True))
        self.scenario.observe(lambda _: self._about(), "value")
        self._told, self._room = html(), W.VBox()
        new = W.HBox([self.scenario, self.seed, self.group, self.start])
        old = W.HBox([self.saved, self.go_on, self.replay])
        for row in (new, old):
            row.layout.flex_flow = "row wrap"
        # two frames in one another would answer each click twice, so the room stands outside
        desk = W.VBox([style(), Frame(), new, old, self._told])
        for css in ("gk", "gk-wide"):
            desk.add_class(css)
        super().__init__([desk, self._room])
        self._find()
        self._about()

    def _find(self) -> None:
        games = sorted(path.name for path in self.folder.glob(SAVED))
        fill_list(self.saved, [(name, name) for name in games] or [(_NONE, "")])
        self.go_on.disabled = self.replay.disabled = not games

    def _about(self) -> None:
        its = scenarios()[str(self.scenario.value)]
        self._told.value = tag(
            "p", f"{its.about_zh} 每周可走访 {its.knobs.capacity} 件。人、地、事都是编的。"
        )

    def _start(self) -> None:
        word = str(self.seed.value).strip()
        if word and not (word.isdecimal() and len(word) < 10):
            self._refuse("种子须是九位以内的数字, 或者不填。")
            return
        drill = Drill(str(self.scenario.value), seed=int(word) if word else None)
        self._show(DrillView(drill, self.folder, group=str(self.group.value).strip()))

    def _open(self, *, replay: bool) -> None:
        name = str(self.saved.value)
        group = name.removesuffix(".json").split("_")[-1] if name.count("_") > 2 else ""
        try:
            drill = resume(self.folder / name)
        except DataError as error:
            self._refuse(error.zh)
            return
        if not replay:
            self._show(DrillView(drill, self.folder, group=group))
        elif drill.week:
            self._show(ReplayView(drill, lambda weeks: self._branch(name, weeks)))
        else:
            self._refuse("这一局还没有走过一周, 没有可重放的。")

    def _branch(self, name: str, weeks: int) -> None:
        drill = resume(self.folder / name, until_week=weeks)
        self._show(DrillView(drill, self.folder, group=f"另走第{weeks + 1}周"))

    def _show(self, view: DrillView | ReplayView) -> None:
        self.view = view
        self._room.children = [view]
        if isinstance(view, DrillView):
            view.keep.on_click(lambda _: self._find())
        self._find()

    def _refuse(self, words: str) -> None:
        self._told.value = tag("p", words, cls="gk-fault", role="alert")
