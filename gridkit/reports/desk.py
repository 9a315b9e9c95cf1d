"""The desk: the ledger's frames as of a day, which all reports are made from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.exchange.escaping import writable_text
from gridkit.triage import board, states
from gridkit.triage.matter_statistics import figures

if TYPE_CHECKING:
    from gridkit.profile import Profile
    from gridkit.records import Workspace

VILLAGE_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Desk:
    """What reports are made from; made by `read_desk`.

    Attributes
    ----------
    name : str
        The county's name.
    invented : bool
        True for a made-up county; every report says so.
    on : date
        The civil day that reports look from.
    concerns, steps, sessions, decisions, backlog : DataFrame
        The ledger's frames.
    places : Series of str, indexed by division code (12 digits) and by grid id
        Names of townships, villages and grids, where they are known.
    """

    name: str
    invented: bool
    on: dt.date
    profile: Profile
    concerns: pd.DataFrame
    steps: pd.DataFrame
    sessions: pd.DataFrame
    decisions: pd.DataFrame
    backlog: pd.DataFrame
    places: pd.Series

    @property
    def title(self) -> str:
        """The county's name, as a title begins with it."""
        return f"{self.name} " if self.name.endswith(")") else self.name

    @cached_property
    def board(self) -> pd.DataFrame:
        """Every open matter, as `triage.board` gives it."""
        return board(self.concerns, self.steps, self.on, self.profile, self.decisions)

    @cached_property
    def states(self) -> pd.DataFrame:
        """Where each matter stands, as `triage.states` gives it."""
        return states(self.concerns, self.steps, self.on)

    @cached_property
    def parts(self) -> pd.DataFrame:
        """Each matter's part in the figures, as `matter_statistics.figures` gives it."""
        return figures(self.concerns, self.steps, self.on, self.profile)

    def place(self, code: str) -> str:
        """Name a township, a village or a grid; its code where no name is known."""
        return str(self.places.get(code, code))

    def full_place(self, grid_id: str) -> str:
        """Name a grid with its township: villages of two townships can have one name."""
        return f"{self.places.get(grid_id[:9] + '000', '')}{self.place(grid_id)}"

    def label(self, table: str, code: object) -> str:
        """Give the word for a code; empty where there is none."""
        return "" if pd.isna(code) else self.profile.label(table, str(code))  # type: ignore[call-overload]


def read_desk(workspace: Workspace, *, on: dt.date | None = None) -> Desk:
    """Read what reports are made from.

    Parameters
    ----------
    workspace : Workspace
    on : date, optional
        The day to look from; today in Asia/Shanghai by default. What was heard, done,
        decided or listed later is left out. Sessions are counted by their own span, and
        all are here: who has refused since is not mediated, whatever day is asked for.

    Returns
    -------
    Desk
    """
    store, day = workspace.store, on or workspace.store.today()
    dated = {"concern": "heard_on", "step": "on", "decision": "on", "backlog": "taken_on"}
    read = {kind: store.frame(kind) for kind in dated}
    past = {
        kind: read[kind][(read[kind][column] <= pd.Timestamp(day)).to_numpy()]
        for kind, column in dated.items()
    }
    return Desk(
        workspace.name,
        workspace.invented,
        day,
        workspace.profile,
        past["concern"],
        past["step"],
        store.frame("session"),
        past["decision"],
        past["backlog"],
        place_names(workspace),
    )


def place_names(workspace: Workspace) -> pd.Series:
    """Name townships, villages and grids by what the grids say of themselves.

    Parameters
    ----------
    workspace : Workspace

    Returns
    -------
    Series of str, indexed by division code or grid id
        Empty where there are no grids; without what no Office file can hold.
    """
    if not workspace.has_grids:
        return pd.Series(dtype="str")
    grids = workspace.grids
    ids = grids.index.astype("str")
    parts = [
        pd.Series(grids[column].astype("str").to_numpy(), index=codes)
        for column, codes in (
            ("township_name", ids.str[:9] + "000"),
            ("village_name", ids.str[:12]),
            ("name", ids),
        )
        if column in grids
    ]
    names = pd.concat([pd.Series(dtype="str"), *parts]).dropna()
    first: pd.Series = names[~names.index.duplicated()]
    return first.map(writable_text)  # from a file of others; Word drops what stands behind


def full_names(places: pd.Series) -> pd.Series:
    """Name each grid with its township before it; townships and villages stay as they are.

    Parameters
    ----------
    places : Series of str, indexed by division code or grid id
        From `place_names`.

    Returns
    -------
    Series of str, on the same index

    Examples
    --------
    >>> names = pd.Series({"990428100000": "古镛镇", "990428100001001": "和平村"})
    >>> full_names(names).tolist()
    ['古镛镇', '古镛镇和平村']
    """
    codes = places.index.to_series().astype("str")
    towns = (codes.str[:9] + "000").map(places).fillna("")
    return towns.where((codes.str.len() > VILLAGE_DIGITS).to_numpy(), "") + places
