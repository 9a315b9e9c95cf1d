"""The desk: the ledger as one screen uses it, and only as much of it as the screen needs.

Reading 100,000 concerns takes half a second; a form must open and answer faster. So the rows
of a day, a grid or a visit are asked for one by one (`rows`). A screen that shows the whole
ledger reads it once (`frame`), adds the rows that it saves itself, and reads again only when
somebody else wrote. Free text is not read at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from gridkit import triage
from gridkit.hotspots import mappable
from gridkit.maps.ground import Ground, read_ground
from gridkit.profile import Profile
from gridkit.records.extract import (
    Search,
    conflicting_rows,
    counts_after,
    last_row,
    latest_rows,
    rows_among,
)
from gridkit.records.models import Record, kind_of
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.store import Store

if TYPE_CHECKING:
    from gridkit.records.workspace import Workspace

RECENT_WEEKS = 8
_KINDS = ("visit", "concern", "step", "decision")
_DAYS = {"visit": "visited_on", "concern": "heard_on"}
_COLUMNS = {
    kind: tuple(
        f.name
        for f in RECORD_SPECS[kind].fields
        if f.sensitivity != "free_text" and f.type != "photo" and f.name != "external_id"
    )
    for kind in _KINDS
}
_DTYPES = {
    "integer": "Int64",
    "number": "float64",
    "yes_no": "boolean",
    "date": "datetime64[s]",
}


class Desk:
    """A ledger with the county's grids, as a screen uses them.

    Parameters
    ----------
    store : Store
        The ledger; its profile is used.
    grids : GeoDataFrame
        The county's grids.
    name : str
        The county's name, for titles.
    invented : bool
        True for a made-up county: every screen says so.
    ground : Ground, optional
        Rivers, roads and tiles for the maps.
    """

    def __init__(
        self,
        store: Store,
        grids: gpd.GeoDataFrame,
        *,
        name: str = "",
        invented: bool = False,
        ground: Ground | None = None,
    ) -> None:
        self.store, self.grids, self.name, self.invented = store, grids, name, invented
        self.ground = ground
        self.profile = store.profile
        self._read: dict[str, pd.DataFrame] = {}
        self._parts: dict[tuple[str, tuple[str, ...]], pd.DataFrame] = {}
        self._new: dict[str, list[Record]] = {kind: [] for kind in _KINDS}
        self._revisions = store.revision_count()

    @classmethod
    def of(cls, workspace: Workspace) -> Desk:
        """Open the desk of a workspace."""
        return cls(
            workspace.store,
            workspace.grids,
            name=workspace.name,
            invented=workspace.invented,
            ground=read_ground(workspace.folder),
        )

    @property
    def today(self) -> date:
        """The civil date by the ledger's clock."""
        return self.store.today()

    def frame(self, kind: str) -> pd.DataFrame:
        """Give the current state of one kind, without free text.

        Parameters
        ----------
        kind : {"visit", "concern", "step", "decision"}
            Which records.

        Returns
        -------
        DataFrame, indexed by record id
            As `Store.frame`, with the rows that this screen saved.
        """
        if kind not in self._read:
            self._read[kind] = self.store.frame(kind, columns=_COLUMNS[kind])
            self._new[kind] = []
        if self._new[kind]:
            rows = as_rows(self._new[kind], kind)
            self._read[kind] = joined(self._read[kind], rows)
            self._new[kind] = []
        return self._read[kind]

    def part(self, kind: str, columns: tuple[str, ...]) -> pd.DataFrame:
        """Give some columns of `frame`, without reading the others.

        Parameters
        ----------
        kind : {"visit", "concern", "step", "decision"}
            Which records.
        columns : tuple of str
            Fields; no free text.

        Returns
        -------
        DataFrame, indexed by record id
            Read once, and again only when something was written.
        """
        if kind in self._read:
            return self.frame(kind)[[*columns, "n_heads"]]
        if (kind, columns) not in self._parts:
            self._parts[kind, columns] = self.store.frame(kind, columns=columns)
        return self._parts[kind, columns]

    def sessions(self) -> pd.DataFrame:
        """Give of each session which concerns it was about, and its dates."""
        if "session" not in self._read:
            columns = ["concern_ids", "held_on", "agreed_on"]
            self._read["session"] = self.store.frame("session", columns=columns)
        return self._read["session"]

    def place(self, grid_id: str) -> str:
        """Name a grid with its township; its code where it has no name."""
        if grid_id not in self.grids.index:
            return grid_id
        grid = self.grids.loc[grid_id]
        township = str(grid.get("township_name") or "")
        return f"{township} {grid['name']}".strip()

    def keep_up(self) -> bool:
        """Read again if somebody else wrote to the ledger; tell whether so."""
        now = self.store.revision_count()
        changed = now != self._revisions
        if changed:
            self._revisions = now
            self._read.clear()
            self._parts.clear()
        return changed

    def take(self, records: Sequence[Record]) -> None:
        """Add records that this screen has just saved, without reading all again."""
        self._revisions += len(records)
        if self.store.revision_count() != self._revisions:
            self.keep_up()
            return
        self._parts.clear()
        for record in records:
            kind = kind_of(record)
            if kind in self._read:
                self._new[kind].append(record)

    def rows(self, kind: str, column: str, values: Iterable[Any]) -> pd.DataFrame:
        """Read the rows of one kind whose `column` is among `values`, codes as plain text.

        The column can be `record_id`. They are as the ledger has them now.
        """
        return plain(rows_among(self.store, kind, column, values, columns=_COLUMNS[kind]))

    def latest(self, kind: str, limit: int, search: Search | None = None) -> pd.DataFrame:
        """Read the latest visits or concerns, those that fit a search; codes as plain text."""
        day, columns = _DAYS[kind], _COLUMNS[kind]
        return plain(latest_rows(self.store, kind, day, limit, search=search, columns=columns))

    def conflicting(self, kind: str) -> pd.DataFrame:
        """Read the rows of which two versions stand side by side, codes as plain text."""
        return plain(conflicting_rows(self.store, kind, columns=_COLUMNS[kind]))

    def last_grid(self) -> str | None:
        """Give the grid of the visit that was begun last; None where there was none yet."""
        visit = last_row(self.store, "visit", columns=["grid_id"])
        return str(visit["grid_id"].iloc[0]) if len(visit) else None

    def advice(
        self, concern_ids: Sequence[str], concerns: pd.DataFrame, steps: pd.DataFrame
    ) -> pd.DataFrame:
        """Score concerns, say why, and find their next deadline.

        Parameters
        ----------
        concern_ids : sequence of str
            Those to score.
        concerns : DataFrame
            At least all concerns of the same grids: the same cause is counted among them.
        steps : DataFrame
            At least all steps of these concerns.

        Returns
        -------
        DataFrame, indexed by concern id
            As `with_deadlines`. Concerns that are struck off or handed to a statutory
            channel have no row.
        """
        on, profile = self.today, self.profile
        listed = triage.worklist(concerns, steps, on, profile)
        wanted = [i for i in concern_ids if i in listed.index]
        return with_deadlines(listed.loc[wanted], profile)

    def advise(
        self, concern_ids: Sequence[str], steps: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Score a few concerns of the ledger; see `advice`.

        Parameters
        ----------
        concern_ids : sequence of str
            Those to score.
        steps : DataFrame, optional
            All their steps, where the caller knows them; read from the ledger otherwise.
        """
        grids = self.rows("concern", "record_id", concern_ids)["grid_id"]
        if steps is None:
            steps = self.rows("step", "concern_id", concern_ids)
        return self.advice(concern_ids, self.rows("concern", "grid_id", set(grids)), steps)

    def recent_counts(self, weeks: int = RECENT_WEEKS) -> pd.DataFrame:
        """Count the concerns of the last weeks per grid; zero where there was none.

        Concerns that belong to a statutory channel are left out.

        Returns
        -------
        DataFrame, indexed by `grid_id`, in the order of the grids
            `n`, `households`, `population` (Int64).
        """
        since = self.today - timedelta(weeks=weeks)
        by = ["grid_id", "dispute_code"]
        recent = counts_after(self.store, "concern", "heard_on", since, by=by)
        n = mappable(recent, self.profile).groupby("grid_id")["n"].sum()
        n = n.reindex(self.grids.index.astype("str")).fillna(0).astype("Int64")
        return pd.DataFrame(
            {
                "n": n.to_numpy(),
                "households": self.grids["households"].to_numpy(),
                "population": self.grids["population"].to_numpy(),
            },
            index=pd.Index(self.grids.index.astype("str"), name="grid_id"),
        ).astype("Int64")


def with_deadlines(listed: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Add the next deadline in words to rows of a worklist.

    Parameters
    ----------
    listed : DataFrame, n rows
        Rows of `triage.worklist`.
    profile : Profile

    Returns
    -------
    DataFrame, n rows, on the same index
        With `deadline_zh` and `deadline_en` beside the worklist's columns.
    """
    return listed.assign(
        deadline_zh=triage.due_sentence(listed, profile),
        deadline_en=triage.due_sentence(listed, profile, "en"),
    )


def as_rows(records: Sequence[Record], kind: str) -> pd.DataFrame:
    """Make a tidy table of records, in the dtypes of a ledger frame with plain-text codes.

    Parameters
    ----------
    records : sequence of Record
        All of one kind.
    kind : str
        Which.

    Returns
    -------
    DataFrame, indexed by record id
        The columns that a desk reads, and `n_heads`.
    """
    spec = RECORD_SPECS[kind]
    index = pd.Index([r.record_id for r in records], dtype="str", name="record_id")
    made: dict[str, Any] = {}
    for name in _COLUMNS[kind]:
        dtype: Any = _DTYPES.get(spec[name].type, "str")
        column = pd.Series([r.__dict__[name] for r in records], index=index, dtype="object")
        made[name] = column.astype(dtype)
    return pd.DataFrame({**made, "n_heads": 1}, index=index).astype({"n_heads": "Int64"})


def joined(read: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Add rows to a frame that was read; its coded columns stay coded, with what is new.

    Parameters
    ----------
    read : DataFrame
        As `Store.frame` gives it.
    rows : DataFrame
        From `as_rows`, the same columns, codes as plain text.
    """
    kinds: dict[str, Any] = {}
    for name in rows:
        if name in read and isinstance(read[name].dtype, pd.CategoricalDtype):
            known = read[name].cat.categories
            new = pd.Index(rows[name].dropna().unique(), dtype=known.dtype).difference(known)
            kinds[str(name)] = pd.CategoricalDtype(known.append(new))
    return pd.concat([read.astype(kinds), rows.astype(kinds)])


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn category columns into plain text, so that rows with other codes can join."""
    coded = [name for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(coded, "str"))
