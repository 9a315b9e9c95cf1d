"""Finding a finished record to correct: by grid, address or number; conflicts come first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.forms.advice_view import subject
from gridkit.forms.correction import PART, Correction
from gridkit.forms.desk import Desk
from gridkit.profile.choices import fold
from gridkit.records.extract import Search
from gridkit.records.spec import OUTCOMES
from gridkit.screen.look import Column, Words, dress, fill_list, html, tag

LISTED = 30
"""So many records are offered, the latest first; typing narrows them down."""
_OUTCOMES = {code: Words(zh, en) for code, zh, en in OUTCOMES}
_UNSAVED = Words(
    "打开的这条还没有保存: 先保存; 或再选一次另一条, 写的留作草稿。",
    "The one that is open is not saved yet: save it first, or choose the other one again; what "
    "was typed stays a draft.",
)
_CONFLICT = Words("⚠ 两版并存", "⚠ two versions")


class Corrections(Column):
    """A closed drawer below the day's list: a search, a list, and the form to correct.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    open_button : Button
    search : Text
        A part of a grid's name, an address, or the end of a record's id.
    records : Dropdown
        What was found, by record id.
    correction : Correction
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self.open_button = W.Button()
        self.search = dress(W.Text(value="", continuous_update=False))
        self.records = dress(W.Dropdown())
        self.correction = Correction(desk.store, desk.grids, lang=lang)
        self._told = html()
        self._asked: str | None = None  # what was chosen while something stood unsaved
        self._filling = False
        self._labels: dict[str, str] = {}
        finder = W.Box([self.search, self.records])
        finder.add_class("gk-grid")
        self._drawer = W.VBox([finder, self._told, self.correction])
        self._drawer.layout.display = "none"
        super().__init__([self.correction.keeper, self.open_button, self._drawer])
        self.add_class("gk-corrections")
        self.open_button.on_click(lambda _: self.toggle())
        self.search.observe(lambda _: self._fill(), "value")
        self.records.observe(lambda _: self._open(), "value")
        self.correction.on_saved(self._fill_again)
        self.correction.on_resumed(self._resumed)
        self.speak(lang)

    @property
    def is_open(self) -> bool:
        """Whether the drawer is open."""
        return bool(self._drawer.layout.display != "none")

    def toggle(self) -> None:
        """Open the drawer, or close it."""
        self._drawer.layout.display = "none" if self.is_open else None
        if self.is_open:
            self._desk.keep_up()
            self._fill()
        self.speak(self.lang)

    def on_saved(self, listener: Callable[[], None]) -> None:
        """Call `listener` after a correction was committed."""
        self.correction.on_saved(listener)

    def at(self, field: str, part: str, inside: bool) -> None:  # noqa: FBT001 (as Frame tells)
        """Tell that the cursor came into a field of the correction, or left it."""
        if part == PART:
            self.correction.at(field, inside=inside)

    def _open(self) -> None:
        chosen, now = self.records.value or "", self.correction.record_id or ""
        if self._filling or chosen == now:  # the same again after a save: its message stays
            return
        if self.correction.unsaved and chosen != self._asked:
            self._asked = chosen
            self._told.value = tag(
                "div", _UNSAVED.of(self.lang), cls="gk-refused", role="alert"
            )
            self.records.value = now
            return
        self._asked, self._told.value = None, ""
        self.correction.show(chosen or None)

    def _resumed(self) -> None:
        self._asked, self._told.value = None, ""
        if not self.is_open:
            self.toggle()
        self._fill(self.correction.record_id or "")

    def _fill_again(self) -> None:
        self._desk.keep_up()
        self._asked, self._told.value = None, ""
        self._fill(self.records.value)

    def _fill(self, kept: str = "") -> None:
        rows = list(self._found())[:LISTED]
        now = self.correction.record_id
        if now is not None and (
            self.correction.unsaved or kept == now
        ):  # what is typed there stays in sight
            kept = now
            if now not in dict(rows):
                rows.insert(0, (now, self._labels.get(now, now[-6:])))
        self._labels = dict(rows)
        first = Words("— 请选一条记录 —", "— choose a record —").of(self.lang)
        ids = ["", *(record_id for record_id, _ in rows)]
        options = [(first, ""), *((told, record_id) for record_id, told in rows)]
        self._filling = True
        fill_list(self.records, options, ids.index(kept) if kept in ids else 0)
        self._filling = False
        self._open()

    def _found(self) -> Iterator[tuple[str, str]]:
        names, typed = self._desk.grids["name"], fold(self.search.value)
        told: dict[str, str] = {}
        conflicts: set[str] = set()
        for kind, words_of in (("visit", self._visit), ("concern", self._concern)):
            rows = self._latest(kind, typed)
            conflicts |= set(rows.index[(rows["n_heads"] > 1).to_numpy()])
            told |= {str(i): words_of(row, names) for i, row in rows.iterrows()}
        for record_id in sorted(told, key=lambda i: (i in conflicts, i), reverse=True):
            words = told[record_id]
            if typed and typed not in fold(words) and not record_id.endswith(typed):
                continue
            mark = f"{_CONFLICT.of(self.lang)} " if record_id in conflicts else ""
            yield record_id, f"{mark}{words} · {record_id[-6:]}"

    def _latest(self, kind: str, typed: str) -> pd.DataFrame:
        """Read the latest rows that can be found: all that fit, where something is typed."""
        desk = self._desk
        if not typed:
            rows = pd.concat([desk.conflicting(kind), desk.latest(kind, LISTED)])
            return rows[~rows.index.duplicated()]
        names = desk.grids["name"]
        grids = tuple(str(i) for i, name in names.items() if typed in fold(f"{name}{i}"))
        return desk.latest(kind, 4 * LISTED, Search(grids, typed, typed))

    def _visit(self, row: pd.Series, names: pd.Series) -> str:
        outcome = _OUTCOMES[str(row["outcome"])].of(self.lang)
        address = "" if pd.isna(row["address"]) else str(row["address"])
        kind = Words("走访", "Visit").of(self.lang)
        where = names.get(row["grid_id"], row["grid_id"])
        return f"{row['visited_on']:%m-%d} {kind} {where} {address} {outcome}"

    def _concern(self, row: pd.Series, names: pd.Series) -> str:
        kind = Words("诉求", "Concern").of(self.lang)
        where = names.get(row["grid_id"], row["grid_id"])
        about = subject(row, self._desk.profile, self.lang)
        return f"{row['heard_on']:%m-%d} {kind} {where} {about}"

    def speak(self, lang: str) -> None:
        """Show everything in another language first."""
        self.lang = lang
        words = Words("更正与历史", "Corrections and history")
        closing = Words("收起更正", "Close corrections")
        self.open_button.description = (closing if self.is_open else words).of(lang)
        self.search.description = Words("查找", "Find").both(lang)
        self.search.placeholder = Words(
            "网格、地址, 或编号末几位", "grid, address, or the end of its id"
        ).of(lang)
        self.records.description = Words("记录", "Record").both(lang)
        self.correction.speak(lang)
        if self.is_open:
            self._fill(self.records.value or "")
