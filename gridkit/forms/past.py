"""What the ledger knows of a door: earlier addresses, and the answers of last time.

It is a place that is remembered, never a person: nothing is looked up by who was met. What
is offered from it stands in the form only after somebody said that it is still so.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from gridkit.forms.advice_view import subject
from gridkit.forms.desk import Desk
from gridkit.profile.choices import fold
from gridkit.records.spec import CONCERN

ADDRESSES = 200
"""So many addresses of a grid are offered, the latest first."""
_KEPT = tuple(
    f.name for f in CONCERN.fields if f.asked and f.name not in {"grid_id", "heard_on"}
)
_PLACE = ("place_source", "accuracy_m")


class Heard(NamedTuple):
    """One concern of last time: its id, what it is about, whether it is still open."""

    concern_id: str
    zh: str
    en: str
    is_open: bool


class LastTime(NamedTuple):
    """The last visit to a door that found somebody: when, who by role, what was heard."""

    visited_on: date
    met_role: str | None
    heard: tuple[Heard, ...]


class Past:
    """What was recorded before, by grid and address.

    Parameters
    ----------
    desk : Desk
        The ledger and the grids.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._grid: str | None = None
        self._visits = pd.DataFrame()

    def forget(self) -> None:
        """Read anew when asked next: something was saved meanwhile."""
        self._grid = None

    def addresses(self, grid_id: str) -> tuple[str, ...]:
        """List the addresses that were visited in a grid, the latest first.

        Parameters
        ----------
        grid_id : str
            Which grid.

        Returns
        -------
        tuple of str
            Each once, as it was written last.
        """
        visits = self._of(grid_id)
        latest = visits.drop_duplicates("door")
        return tuple(latest["address"].head(ADDRESSES))

    def last(self, grid_id: str, address: str) -> LastTime | None:
        """Tell what was heard at a door last time; None where nobody was met there yet.

        Parameters
        ----------
        grid_id, address : str
            The door; width, case and spaces of the address do not matter.

        Returns
        -------
        LastTime or None
        """
        visits = self._of(grid_id)
        met = visits[(visits["door"] == fold(address)) & (visits["outcome"] == "met")]
        if met.empty:
            return None
        visit_id, visit = str(met.index[0]), met.iloc[0]
        role = None if pd.isna(visit["met_role"]) else str(visit["met_role"])
        day = pd.Timestamp(visit["visited_on"]).date()
        return LastTime(day, role, self._heard(visit_id))

    def answers(self, concern_id: str) -> dict[str, Any]:
        """Give the answers of an earlier concern that can be carried forward.

        Parameters
        ----------
        concern_id : str
            A concern of the ledger.

        Returns
        -------
        dict
            By field, with the source of the place; without the day it was heard on.
        """
        found = self._desk.store.current([concern_id])
        if concern_id not in found:
            return {}
        answers = found[concern_id].record.answers()
        return {name: answers[name] for name in (*_KEPT, *_PLACE) if name in answers}

    def places(self, grid_id: str, address: str) -> tuple[float, float] | None:
        """Give the place (longitude, latitude) of the last concern at a door; None without."""
        visits = self._of(grid_id)
        at_door = visits.index[visits["door"] == fold(address)]
        concerns = self._desk.rows("concern", "visit_id", at_door)
        placed = concerns[
            concerns["lon"].notna() & (concerns["place_source"] != "grid_centroid")
        ]
        if placed.empty:
            return None
        latest = placed.sort_values("heard_on", kind="stable").iloc[-1]
        return float(latest["lon"]), float(latest["lat"])

    def _of(self, grid_id: str) -> pd.DataFrame:
        if grid_id != self._grid:
            visits = self._desk.rows("visit", "grid_id", [grid_id])
            visits = visits[visits["address"].notna()]
            visits = visits.sort_values("visited_on", kind="stable").iloc[::-1]
            doors = [fold(str(address)) for address in visits["address"]]
            self._visits, self._grid = visits.assign(door=doors), grid_id
        return self._visits

    def _heard(self, visit_id: str) -> tuple[Heard, ...]:
        concerns = self._desk.rows("concern", "visit_id", [visit_id])
        if concerns.empty:
            return ()
        ids = [str(i) for i in concerns.index]
        still_open = set(self._desk.advise(ids).index)
        profile = self._desk.profile
        return tuple(
            Heard(str(i), subject(row, profile), subject(row, profile, "en"), i in still_open)
            for i, row in concerns.iterrows()
        )
