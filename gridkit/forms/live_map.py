"""The map below the form: rates per grid and today's concerns, as they stand when it is seen.

It is drawn when it comes into view, and after each save while it is in view: a form must be
there, and a save be told, before a map that lies below the edge of the window.
"""

from __future__ import annotations

import pandas as pd

from gridkit import maps
from gridkit.forms.desk import RECENT_WEEKS, Desk
from gridkit.hotspots import density, mappable, rates
from gridkit.screen.eye import Eye
from gridkit.screen.look import Column, Markup, Words, html, tag

HEIGHT_PX = 420
_COMING = Words("正在画地图…", "Drawing the map…")


class LiveMap(Column):
    """A county map that keeps up with the desk while somebody can see it.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    desk : Desk
    eye : Eye
        Whether it is in view.
    drawn : int
        How often it was drawn.
    """

    def __init__(self, desk: Desk, *, lang: str = "zh") -> None:
        self.desk, self.lang = desk, lang
        self.drawn = 0
        self.eye = Eye()
        self._advice: pd.DataFrame | None = pd.DataFrame()  # what is to be drawn yet
        self._title, self._page = html(), html(css="gk-map")
        super().__init__([self.eye, self._title, self._page])
        self.add_class("gk-eyed")
        self.eye.on_change(lambda _: self._catch_up())
        self.speak(lang)

    def redraw(self, advice: pd.DataFrame) -> None:
        """Draw the map anew from the desk: now where it is in view, else when it comes there.

        Parameters
        ----------
        advice : DataFrame, indexed by concern id
            `band` and `score` of today's concerns; they are drawn as discs.
        """
        self._advice = advice
        self._catch_up()

    def _catch_up(self) -> None:
        if self.eye.sees and self._advice is not None:
            advice, self._advice = self._advice, None
            self._draw(advice)

    def _draw(self, advice: pd.DataFrame) -> None:
        desk = self.desk
        counts = desk.recent_counts()
        known = counts["households"].fillna(0).sum() > 0
        drawn = maps.county_map(
            desk.grids,
            self._today(advice),
            rates=rates(counts) if known else None,
            densities=None if known else density(counts, desk.grids),
            title=f"{desk.name} 近 {RECENT_WEEKS} 周诉求",
            concerns_title="今天的诉求",
            ground=desk.ground,
            on=desk.today,
            invented=desk.invented,
            profile=desk.profile,
        )
        self._page.value = Markup(maps.iframe(drawn, HEIGHT_PX))
        self.drawn += 1

    def _today(self, advice: pd.DataFrame) -> pd.DataFrame | None:
        if advice.empty:
            return None
        rows = self.desk.rows("concern", "record_id", advice.index)
        rows = mappable(rows[rows["lon"].notna()], self.desk.profile)
        if rows.empty:
            return None
        return rows.assign(**{c: advice[c].reindex(rows.index) for c in ("band", "score")})

    def speak(self, lang: str) -> None:
        """Show the title in another language first."""
        self.lang = lang
        words = Words(
            f"地图: 近 {RECENT_WEEKS} 周每百户诉求, 今天的诉求为圆点",
            f"Map: concerns per 100 households in {RECENT_WEEKS} weeks; today's as discs",
        )
        self._title.value = tag("h3", words.both(lang))
        if not self.drawn:
            coming = tag("p", _COMING.of(lang), cls="gk-help")
            self._page.value = tag("div", coming, style=f"height:{HEIGHT_PX}px")
