"""The overview: what a workspace's ledger says about a period, ready to be drawn and told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gridkit import hotspots
from gridkit.hotspots.findings import Findings
from gridkit.maps.basemap import GridMap
from gridkit.maps.county_map import county_map
from gridkit.maps.ground import Ground, read_ground
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
    values : Series, indexed by `grid_id`
        What was tested: smoothed rates, or densities.
    ground : Ground
        Rivers and roads of the workspace.
    sentence_zh, sentence_en : str
        What stands out, and how much of it could be chance; or why nothing was tested.
    kind_zh : str
        Which types of concerns are in it, in words; empty for all.
    demand_types : tuple of str
        Their codes.
    elsewhere_zh, elsewhere_en : str
        For whoever works at the command line: where to look, as the period holds nothing.
    is_empty : bool
        True where nothing was heard in the period: the map shows no rates and no hotspots.
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
    values: pd.Series
    ground: Ground
    sentence_zh: str
    sentence_en: str
    kind_zh: str = ""
    demand_types: tuple[str, ...] = ()
    elsewhere_zh: str = ""
    elsewhere_en: str = ""
    is_empty: bool = False

    def map(self) -> GridMap:
        """Draw it for the desk: rates, hotspots and the open matters."""
        return county_map(
            self.grids,
            self.open_matters,
            rates=self.rates,
            densities=self.values if self.rates is None else None,
            tests=self.tests,
            title=f"{self.name} {self.since:%Y-%m-%d} 至 {self.on:%Y-%m-%d} {self.kind_zh or '诉求'}与热点",
            on=self.on,
            source="本机台账 / the ledger of this machine",
            invented=self.invented,
            profile=self.profile,
            concerns_title=f"待办{self.kind_zh or '诉求'} (不限时段)",
            ground=self.ground,
        )


def overview(
    workspace: Workspace,
    *,
    on: dt.date | None = None,
    weeks: int = WEEKS,
    demand_types: Sequence[str] = (),
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
    demand_types : sequence of str
        Only concerns of these types, in rates, hotspots and open matters; all by default.

    Returns
    -------
    Overview
    """
    on = on or workspace.store.today()
    since = on - dt.timedelta(days=7 * weeks - 1)
    concerns, steps = workspace.store.frame("concern"), workspace.store.frame("step")
    open_matters = worklist(concerns, steps, on, workspace.profile)
    counted = hotspots.mappable(concerns, workspace.profile)
    if demand_types:
        counted = counted[counted["demand_type"].isin(demand_types)]
        open_matters = open_matters[open_matters["demand_type"].isin(demand_types)]
    counts = hotspots.count(counted, workspace.grids, by=None, period=(since, on))
    found = hotspots.find_hotspots(hotspots.per_grid(counts), workspace.grids)
    kind = _kind(workspace.profile, demand_types)
    nothing = _nothing(counted, since, on)
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
        found.values,
        read_ground(workspace.folder),
        *(nothing or _said(found, since, on, kind)),
        kind_zh=kind[0] if demand_types else "",
        demand_types=tuple(demand_types),
        **(_elsewhere(counted) if nothing and len(counted) else {}),
        is_empty=nothing is not None,
    )


def _kind(profile: Profile, demand_types: Sequence[str]) -> tuple[str, str]:
    if not demand_types:
        return "各类诉求", "all demands"
    zh = "、".join(profile.label("demand_type", code) for code in demand_types)
    return zh, ", ".join(profile.label("demand_type", code, "en") for code in demand_types)


def _said(
    found: Findings, since: dt.date, on: dt.date, kind: tuple[str, str]
) -> tuple[str, str]:
    """Say of which weeks and demands the finding is: other ones find other grids."""
    zh = f"{since:%Y-%m-%d} 至 {on:%Y-%m-%d}, {kind[0]}: {found.sentence_zh}"
    return zh, f"{since:%Y-%m-%d} to {on:%Y-%m-%d}, {kind[1]}: {found.sentence_en}"


def _nothing(concerns: pd.DataFrame, since: dt.date, on: dt.date) -> tuple[str, str] | None:
    """Say that nothing was heard in the period, and when something was; None if it was."""
    heard = concerns["heard_on"].dropna()
    if ((heard >= pd.Timestamp(since)) & (heard <= pd.Timestamp(on))).any():
        return None
    zh = f"{since:%Y-%m-%d} 至 {on:%Y-%m-%d} 没有诉求, 没有可画的率和热点。"
    en = f"No concern was heard from {since:%Y-%m-%d} to {on:%Y-%m-%d}: no rates, no hotspots."
    if heard.empty:
        return zh, en
    last = f"{heard.max():%Y-%m-%d}"
    return f"{zh}台账最近一件在 {last}。", f"{en} The last one is of {last}."


def _elsewhere(concerns: pd.DataFrame) -> dict[str, str]:
    """Say which option leads to the last concern."""
    last = f"{concerns['heard_on'].max():%Y-%m-%d}"
    return {
        "elsewhere_zh": f"请用 `--on {last}` 或放长时段。",
        "elsewhere_en": f"Give `--on {last}`, or more weeks.",
    }
