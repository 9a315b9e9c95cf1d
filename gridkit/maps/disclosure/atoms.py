"""Atoms: one grid in one stretch of days for one type, of which all published numbers are sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from gridkit.errors import AlignmentError
from gridkit.maps.disclosure.nested import TOTAL

if TYPE_CHECKING:
    from gridkit.maps.disclosure.release import Release


class Atoms:
    """Grids x stretches of days x types, numbered: what all numbers are sums of."""

    def __init__(self, releases: Sequence[Release]) -> None:
        self.releases = releases
        self.grids = pd.Index(sorted(set().union(*(r.areas.index for r in releases))))
        day = pd.Timedelta(days=1)
        cuts = {pd.Timestamp(r.window.since) for r in releases}
        cuts |= {pd.Timestamp(r.window.until) + day for r in releases}
        self.cuts = pd.DatetimeIndex(sorted(cuts))
        named = sorted(set().union(*(r.types or () for r in releases)))
        self.types = pd.Index([*named, "*"])  # and all the others

    def equations(self) -> tuple[sp.csr_array, np.ndarray]:
        """Give all published numbers as sums of atoms, as `attack` takes them."""
        rows, columns, totals = [], [], []
        start = 0
        for made in self.releases:
            numbers = made.numbers
            slabs = self._slabs(made)
            for level, part in numbers.groupby(level="level", sort=False):
                of = self._areas(made, str(level))
                place = pd.Index(part.index.get_level_values("area")).get_indexer(of.to_numpy())
                grid = self.grids.get_indexer(of.index)
                kept = place >= 0
                row = np.repeat(place[kept] + start, len(slabs))
                column = (grid[kept][:, None] + slabs[None, :] * len(self.grids)).ravel()
                rows.append(row)
                columns.append(column)
                totals.append(part.to_numpy(dtype=float))
                start += len(part)
        row, column = np.concatenate(rows), np.concatenate(columns)
        shape = (start, len(self.grids) * (len(self.cuts) - 1) * len(self.types))
        members = sp.csr_array((np.ones(len(row)), (row, column)), shape=shape)
        return members, np.concatenate(totals)

    def _slabs(self, made: Release) -> np.ndarray:
        first = self.cuts.searchsorted(pd.Timestamp(made.window.since))
        last = self.cuts.searchsorted(pd.Timestamp(made.window.until) + pd.Timedelta(days=1))
        days = np.arange(first, last)
        kinds = np.arange(len(self.types))
        if made.types is not None:
            kinds = self.types.get_indexer(pd.Index(made.types))
        return (days[:, None] * len(self.types) + kinds[None, :]).ravel()

    def _areas(self, made: Release, level: str) -> pd.Series:
        ids = made.areas.index
        if level == "grid":
            return pd.Series(ids.astype("str"), index=ids)
        if level == TOTAL:
            return pd.Series("", index=ids)
        if level not in made.areas:
            raise AlignmentError(
                en=f"`areas` must have a column for the level `{level}` that is shown.",
                zh=f"`areas` 须有所示层级 `{level}` 的一列。",
            )
        return made.areas[level].dropna().astype("str")

    def describe(self, atoms: np.ndarray) -> pd.DataFrame:
        """Say of atoms, by number, which grid and which days they are."""
        slab, grid = np.divmod(atoms, len(self.grids))
        days = slab // len(self.types)
        return pd.DataFrame(
            {
                "grid": self.grids[grid],
                "since": self.cuts[days],
                "until": self.cuts[days + 1] - pd.Timedelta(days=1),
            }
        )
