"""The day's list: every visit of today with its concerns and their scores."""

from __future__ import annotations

import pandas as pd

from gridkit.forms.advice_view import band_chip, subject
from gridkit.forms.desk import Desk
from gridkit.records.spec import OUTCOMES
from gridkit.screen.look import Column, Markup, Words, html, join, table, tag

_HEAD = (
    Words("序", "No."),
    Words("网格", "Grid"),
    Words("地址", "Address"),
    Words("结果", "Outcome"),
    Words("诉求", "Concerns"),
)
_OUTCOMES = {code: Words(zh, en) for code, zh, en in OUTCOMES}


class DayList(Column):
    """Today's visits, newest first.

    Parameters
    ----------
    desk : Desk
        The ledger.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    advice : DataFrame, indexed by concern id
        `score` and `band` of today's concerns.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self._desk, self.lang = desk, lang
        self.advice = plain_advice(None)
        self._visits = pd.DataFrame()
        self._page = html()
        super().__init__([self._page])
        self.add_class("gk-day")
        self.refresh()

    def refresh(self, advice: pd.DataFrame | None = None) -> None:
        """Show the list anew.

        Parameters
        ----------
        advice : DataFrame, optional
            Rows of `Desk.advice` for concerns that were just saved; those of today shown
            before are kept. Without it, all of today's concerns are scored again.
        """
        today = pd.Timestamp(self._desk.today)
        visits = self._in_order(self._desk.rows("visit", "visited_on", [today]))
        concerns = self._desk.rows("concern", "visit_id", visits.index)
        if advice is None:
            self.advice = plain_advice(self._desk.advise(list(concerns.index)))
        else:
            before = self.advice[
                self.advice.index.isin(concerns.index)
            ]  # midnight may have passed
            self.advice = pd.concat([before, plain_advice(advice)])
        self._visits, self._concerns = visits, concerns
        self._show()

    def _in_order(self, visits: pd.DataFrame) -> pd.DataFrame:
        """Put what came last first, whatever the clock of who wrote the others says."""
        shown = [i for i in self._visits.index if i in visits.index]
        return visits.loc[[*visits.index.difference(shown)[::-1], *shown]]

    def speak(self, lang: str) -> None:
        """Show the list in another language."""
        if lang != self.lang:
            self.lang = lang
            self._show()

    def _show(self) -> None:
        title = Words("今天的走访", "Today's visits")
        head = tag("h3", title.both(self.lang), f" ({len(self._visits)})")
        if self._visits.empty:
            nothing = Words("今天还没有走访记录。", "No visit was recorded today.").of(
                self.lang
            )
            self._page.value = join(head, tag("p", nothing))
            return
        names = self._desk.grids["name"]
        total = len(self._visits)
        heard = self._lines()
        rows: list[tuple[str, ...]] = [
            (
                str(total - i),
                str(names.get(visit["grid_id"], visit["grid_id"])),
                "" if pd.isna(visit["address"]) else str(visit["address"]),
                _OUTCOMES[str(visit["outcome"])].of(self.lang),
                join(*heard.get(str(visit_id), ())) or join("—"),
            )
            for i, (visit_id, visit) in enumerate(self._visits.iterrows())
        ]
        listing = table(tuple(w.of(self.lang) for w in _HEAD), rows)
        self._page.value = join(head, tag("div", listing, cls="gk-scroll"))

    def _lines(self) -> dict[str, list[Markup]]:
        """Write each concern under its visit, in one pass."""
        made: dict[str, list[Markup]] = {}
        scored = self.advice.to_dict("index")
        profile, lang = self._desk.profile, self.lang
        for concern_id, concern in self._concerns.to_dict("index").items():
            line = [subject(concern, profile, lang)]
            if concern_id in scored:
                advice = scored[concern_id]
                chip = band_chip(str(advice["band"]), profile, lang)
                line = [chip, f" {advice['score']} ", *line]
            made.setdefault(str(concern["visit_id"]), []).append(tag("div", *line))
        return made


def plain_advice(advice: pd.DataFrame | None) -> pd.DataFrame:
    """Keep of an advice what a list shows, with codes as plain text."""
    if advice is None or advice.empty:
        return pd.DataFrame({"score": pd.Series(dtype="Int16"), "band": pd.Series(dtype="str")})
    return advice[["score", "band"]].astype({"score": "Int16", "band": "str"})
