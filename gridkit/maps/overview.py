"""The overview: what a workspace's ledger says about a period, ready to be drawn and told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gridkit import hotspots
from gridkit.maps.basemap import GridMap
from gridkit.maps.county_map import county_map
from gridkit.maps.legend import Audience
from gridkit.triage.worklist import worklist

if TYPE_CHECKING:
    from gridkit.profile import Profile
    from gridkit.records import Workspace

WEEKS = 12
"""How far back the rates of an overview reach by default: a season, not a single bad week."""


@dataclass(frozen=True)
class Overview:
    """Open matters in order, rates and hotspots per grid, and the sentences that say so.

    Attributes
    ----------
    since, on : date
        The period of rates and hotspots, both days included.
    open_matters : DataFrame
        As `triage.worklist` gives it.
    rates, tests : DataFrame, indexed by `grid_id`, or None
        As `hotspots.find_hotspots` gives them. No rates where households are unknown (then
        densities are tested), no tests where nothing can be tested.
    sentence_zh, sentence_en : str
        What stands out, and how much of it could be chance; or why nothing was tested.
    """

    name: str
    invented: bool
    profile: Profile
    grids: gpd.GeoDataFrame
    since: dt.date
    on: dt.date
    open_matters: pd.DataFrame
    rates: pd.DataFrame | None
    tests: pd.DataFrame | None
    sentence_zh: str
    sentence_en: str

    def map(self, *, audience: Audience = "desk") -> GridMap:
        """Draw it: rates, hotspots and, for the desk, the open matters."""
        return county_map(
            self.grids,
            self.open_matters,
            rates=self.rates,
            tests=self.tests,
            title=f"{self.name} {self.since:%Y-%m-%d} 至 {self.on:%Y-%m-%d}",
            on=self.on,
            source="本机台账 / the ledger of this machine",
            invented=self.invented,
            audience=audience,
            profile=self.profile,
        )


def overview(
    workspace: Workspace,
    *,
    on: dt.date | None = None,
    weeks: int = WEEKS,
    demand_type: str | None = None,
) -> Overview:
    """Look over a workspace's ledger.

    Parameters
    ----------
    workspace : Workspace
        With a ledger and grids.
    on : date, optional
        The day to look from; today in Asia/Shanghai by default.
    weeks : int
        How many weeks back the rates and hotspots reach.
    demand_type : str, optional
        Only concerns of this type in rates and hotspots; all by default.

    Returns
    -------
    Overview
    """
    on = on or workspace.store.today()
    since = on - dt.timedelta(days=7 * weeks - 1)
    concerns, steps = workspace.store.frame("concern"), workspace.store.frame("step")
    open_matters = worklist(concerns, steps, on, workspace.profile)
    counted = hotspots.mappable(concerns, workspace.profile)
    if demand_type is not None:
        counted = counted[counted["demand_type"] == demand_type]
    counts = hotspots.count(counted, workspace.grids, by=None, period=(since, on))
    found = hotspots.find_hotspots(hotspots.per_grid(counts), workspace.grids)
    return Overview(
        workspace.name,
        workspace.invented,
        workspace.profile,
        workspace.grids,
        since,
        on,
        open_matters,
        found.rates,
        found.tests,
        found.sentence_zh,
        found.sentence_en,
    )
