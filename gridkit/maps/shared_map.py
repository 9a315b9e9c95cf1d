"""The map that is handed out: drawn from a release, from nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gridkit import hotspots
from gridkit.maps.basemap import GridMap, base_map
from gridkit.maps.disclosure import (
    REGISTER,
    SMALLEST_SHOWN,
    Register,
    Release,
    Window,
    began_zh,
    check_begun,
    check_over,
    finest_level,
    levels_of,
    mask_key,
    outline_of,
    release,
)
from gridkit.maps.ground import Ground, read_ground
from gridkit.maps.layers.choropleth import grid_choropleth
from gridkit.maps.layers.layer import MapLayer
from gridkit.maps.legend import Caption, add_panel
from gridkit.maps.masked_places import masked_places, place_layer
from gridkit.records.levels import dissolve

if TYPE_CHECKING:
    from gridkit.records import Workspace

LEVEL_WORDS = {
    "grid": ("网格", "grids"),
    "village": ("村居", "villages"),
    "township": ("乡镇", "townships"),
    "total": ("全县", "the county"),
}


@dataclass(frozen=True)
class Shared:
    """A release, and the areas that it is drawn on.

    Attributes
    ----------
    made : Release
        The numbers, protected.
    level : str
        The finest level shown: ``grid``, ``village`` or ``township``.
    grids : GeoDataFrame
        The county's grids.
    hidden : Series of float
        Share of hidden areas that each level would have, 0 to 1.
    county : str
        Its name.
    invented : bool
        Whether it is made up.
    ground : Ground
        Rivers and roads.
    kinds : str
        Which demand types were counted, in words; empty for all.
    places : DataFrame or None
        Masked places of the matters (`masked_places`), where they were asked for.
    partly_since : date or None
        First day of the ledger, where it begins after the window: the map says the month.
    number : int or None
        Of its entry in the register; None: not published, so it may not be handed out.
    """

    made: Release
    level: str
    grids: gpd.GeoDataFrame
    hidden: pd.Series
    county: str
    invented: bool
    ground: Ground
    kinds: str = ""
    places: pd.DataFrame | None = None
    number: int | None = None
    partly_since: dt.date | None = None

    def areas(self, level: str | None = None) -> gpd.GeoDataFrame:
        """Give the areas of a level with what may be shown of each: `n`, `households`, `rate`."""
        level = level or self.level
        areas = self.grids if level == "grid" else _named_areas(self.grids, level)
        shown = self.made.level(level).reindex(areas.index.astype("str"))
        n = shown.set_axis(areas.index).astype("Int64")
        known = areas["households"].astype("Int64").mask(n.isna())
        numbers = {"n": n, "households": known, "rate": 100 * n / known}
        kept = [c for c in ("name", "township_code", "township_name", "geometry") if c in areas]
        return areas[kept].assign(**numbers)

    def map(self, *, show_places: bool = False) -> GridMap:
        """Draw it; as a preview for the desk as long as it is not published."""
        return shared_map(self, show_places=show_places)

    def publish(self, register: Register) -> Shared:
        """Enter it, so that it may be handed out, or be refused; see `Register.add`."""
        return replace(self, number=register.add(self.made))


def shared(
    workspace: Workspace,
    window: Window,
    *,
    level: str | None = None,
    demand_types: tuple[str, ...] | None = None,
    places: bool = False,
    k: int = SMALLEST_SHOWN,
) -> Shared:
    """Decide what may be handed out of a workspace's ledger, without publishing it.

    Parameters
    ----------
    workspace : Workspace
        With a ledger and grids.
    window : Window
        From `disclosure.last_window` or `disclosure.window_of`.
    level : {"grid", "village", "township"}, optional
        The finest level to show; by default the finest of which at most half is hidden.
    demand_types : tuple of str, optional
        Only concerns of these types; all by default. Those on their way to a statutory
        channel are never counted.
    places : bool
        Show a dot for each matter, too, at a masked place in its community: the same place
        on every map, by the workspace's `mask.key`.
    k : int
        Smallest count shown.

    Returns
    -------
    Shared
        ``.publish(published(workspace))`` enters it in the register; only then is its `.map()`
        one to hand out, and before that a preview for the desk.

    Raises
    ------
    DisclosureError
        If there is no such level, the window is not over, or it was over before the ledger
        began.
    """
    check_over(window, workspace.store.today())
    since = began(workspace)
    whole = check_begun(window, since)
    grids = workspace.grids
    concerns = mapped_concerns(workspace, demand_types)
    n = counted(concerns, grids, window)
    areas, homes = levels_of(grids), grids["households"].astype("Int64")
    known = homes if homes.notna().all() else None
    proposed, hidden = finest_level(n, areas, known, k=k)
    level = level or proposed
    kinds = "、".join(workspace.profile.label("demand_type", t) for t in demand_types or ())
    made = release(
        n,
        areas,
        window,
        level=level,
        households=known,
        types=demand_types,
        title=f"{workspace.name} {window.zh} {kinds or '各类'}诉求{partly(window, since)}",
        k=k,
        outline=outline_of(grids),
    )
    dots = None
    if places:
        dots = masked_places(concerns, grids, made, mask_key(workspace.folder))
    return Shared(
        made,
        level,
        grids,
        hidden,
        workspace.name,
        workspace.invented,
        read_ground(workspace.folder),
        kinds,
        dots,
        partly_since=None if whole else since,
    )


def began(workspace: Workspace) -> dt.date | None:
    """Find the first day of a workspace's ledger: of its first visit or concern, None if empty."""
    days = [
        workspace.store.frame("concern")["heard_on"],
        workspace.store.frame("visit")["visited_on"],
    ]
    dates = pd.concat([pd.to_datetime(some) for some in days]).dropna()
    return None if dates.empty else dates.min().date()


def partly(window: Window, since: dt.date | None) -> str:
    """Say for a title since when a window is covered; nothing if it is from its first month on.

    Raises
    ------
    DisclosureError
        As in `disclosure.check_begun`.
    """
    if check_begun(window, since) or since is None:
        return ""
    return f" (台账自{began_zh(since)}起)"


def mapped_concerns(
    workspace: Workspace, demand_types: tuple[str, ...] | None = None
) -> pd.DataFrame:
    """Give the concerns of a workspace that a map may count, of some types or all."""
    concerns = hotspots.mappable(workspace.store.frame("concern"), workspace.profile)
    if demand_types is not None:
        concerns = concerns[concerns["demand_type"].isin(demand_types)]
    return concerns


def counted(concerns: pd.DataFrame, grids: gpd.GeoDataFrame, window: Window) -> pd.Series:
    """Count the concerns of a window per grid, indexed like `grids`."""
    counts = hotspots.count(concerns, grids, by=None, period=(window.since, window.until))
    n = hotspots.per_grid(counts)["n"].reindex(grids.index.astype("str"))
    return n.set_axis(grids.index)


def published(workspace: Workspace) -> Register:
    """Give the register of what a workspace handed out (`published.jsonl` in it), by its clock."""
    return Register(workspace.folder / REGISTER, workspace.store.today())


def shared_map(what: Shared, *, show_places: bool = False) -> GridMap:
    """Draw what may be handed out: rates or counts of one level, and the townships' sums.

    Parameters
    ----------
    what : Shared
        From `shared`.
    show_places : bool
        Show the masked places, where there are any, when the map opens: for a print, on which
        no layer can be turned on.

    Returns
    -------
    GridMap
        With title, window, source and what was hidden on its face. No concern, no test
        and no smoothed rate is on it, for these lean on hidden counts. One that is not
        published is a preview: for the desk, and it says so.
    """
    areas = what.areas()
    layers: list[MapLayer] = [_layer(what, areas, what.level, show=True)]
    if what.level != "township":
        layers += [_township_sums(what, areas)]
    if what.places is not None:
        layers += [place_layer(what.places, show=show_places)]
    for layer in layers:
        layer.released = True
    caption = Caption(
        title=what.made.title if what.number else f"{what.made.title} (预览)",
        on=what.made.window.until,
        source="本机台账 / the ledger of this machine",
        audience="shared" if what.number else "desk",
        invented=what.invented,
        notes=(_total(what), *_partly(what), _entry(what)),
    )
    names = None
    if "township_name" in areas:
        names = dict(
            zip(
                areas["township_code"].astype(str),
                areas["township_name"].astype(str),
                strict=True,
            )
        )
    m = base_map(areas, names, ground=what.ground)
    for layer in layers:
        m.add_child(layer)
    return add_panel(m, caption, layers)


def _layer(what: Shared, areas: gpd.GeoDataFrame, level: str, *, show: bool) -> MapLayer:
    zh, en = LEVEL_WORDS[level]
    rated = areas["households"].notna().any()
    return grid_choropleth(
        areas,
        areas["rate"] if rated else areas["n"],
        title=f"诉求率 (按{zh})" if rated else f"诉求件数 (按{zh})",
        title_en=f"{'rate' if rated else 'count'} by {en}",
        unit="件/百户" if rated else "件",
        context=areas[["n", "households"]],
        missing=_hidden(what.made.k),
        notes=[_hidden_note(what, areas, level)],
        show=show,
    )


def _township_sums(what: Shared, areas: gpd.GeoDataFrame) -> MapLayer:
    """Show on each area the sum of its township."""
    sums = what.made.level("township")
    of = areas["township_code"].astype("str")
    values = pd.Series(sums.reindex(of).to_numpy(), index=areas.index).astype("Int64")
    return grid_choropleth(
        areas,
        values,
        title="诉求件数 (乡镇合计)",
        title_en="sum of the township",
        unit="件",
        missing=_hidden(what.made.k),
        show=False,
    )


def _hidden(k: int) -> tuple[str, str]:
    return (f"不显示 (少于 {k} 件, 或可推出)", f"hidden: under {k}, or to be worked out")


def _hidden_note(what: Shared, areas: gpd.GeoDataFrame, level: str) -> str:
    zh, en = LEVEL_WORDS[level]
    hidden, k = int(areas["n"].isna().sum()), what.made.k
    return (
        f"{len(areas)} 个{zh}中有 {hidden} 个不显示: 少于 {k} 件 (含 0 件), 或可由合计相减推出 / "
        f"{hidden} of {len(areas)} {en} are hidden: under {k}, zero too, or to be had by subtraction."
    )


def _total(what: Shared) -> str:
    window = what.made.window
    total = what.made.level("total").dropna().astype("int64")
    said = f"全县合计 {total.iloc[0]} 件" if len(total) else "全县合计不显示"
    days = f"{window.since:%Y-%m-%d} 至 {window.until:%Y-%m-%d}"
    return f"{days}, {said}。率的分母是登记的户数 / per 100 registered households."


def _partly(what: Shared) -> tuple[str, ...]:
    if what.partly_since is None:
        return ()
    return (
        f"台账自{began_zh(what.partly_since)}起才有记录, 此前的月份没有数据, 不是没有诉求; 不可与完整时段相比"
        f" / The ledger begins in {what.partly_since:%Y-%m}: the months before it are unknown, not zero.",
    )


def _entry(what: Shared) -> str:
    if what.number is None:
        return "预览: 尚未核对登记, 不得外传 / a preview, not in the register: not to be handed out."
    return f"发布登记第 {what.number} 号 / no. {what.number} of the register."


def _named_areas(grids: gpd.GeoDataFrame, level: str) -> gpd.GeoDataFrame:
    """Join grids to areas that a map can be drawn of, with their township."""
    areas = dissolve(grids, level)
    column = f"{level}_code"
    towns = [c for c in ("township_code", "township_name") if c in grids]
    first = grids.groupby(grids[column].astype("str"))[towns].first()
    return areas.join(first.reindex(areas.index))
