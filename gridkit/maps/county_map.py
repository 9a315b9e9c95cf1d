"""The map of a county for the desk: rates, hotspots and concerns on one page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from gridkit.hotspots import mappable
from gridkit.maps.basemap import GridMap, base_map
from gridkit.maps.ground import Ground
from gridkit.maps.layers.choropleth import grid_choropleth
from gridkit.maps.layers.discs import concern_discs
from gridkit.maps.layers.hotspot import hotspot_layer
from gridkit.maps.layers.layer import MapLayer
from gridkit.maps.layers.popups import POPUP_HEADS
from gridkit.maps.legend import Caption, add_panel
from gridkit.profile import Profile, load_profile

_DENOMINATOR = "率的分母是网格登记的户数 / per 100 households registered in the grid."


def county_map(  # noqa: PLR0913 - keywords with defaults, as a caller would say them
    grids: gpd.GeoDataFrame,
    concerns: pd.DataFrame | None = None,
    *,
    rates: pd.DataFrame | None = None,
    densities: pd.Series | None = None,
    tests: pd.DataFrame | None = None,
    title: str = "诉求地图",
    concerns_title: str = "诉求 (件数)",
    on: dt.date | None = None,
    source: str = "",
    invented: bool = False,
    profile: Profile | None = None,
    townships: Mapping[str, str] | None = None,
    ground: Ground | None = None,
) -> GridMap:
    """Draw a county for the desk: how often, where more than chance, and what is open.

    "内部使用" is on its face and, once saved, in its name. What is handed out is drawn by
    `shared` instead, from a release that was protected and registered.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`, with `name` and `township_code`.
    concerns : DataFrame, indexed by record id, optional
        `lon`, `lat`, `band`; for the lists also `demand_type`, `score`, `due_on`. Those
        whose `dispute_code` the profile routes out are left out.
    rates : DataFrame, indexed by `grid_id`, optional
        From `hotspots.rates`: `n`, `households`, `rate`, `rate_eb`, `low`, `high`.
    densities : Series, indexed by `grid_id`, optional
        Where households are unknown: concerns per km², from `hotspots.density`.
    tests : DataFrame, indexed by `grid_id`, optional
        From `hotspots.hotspot_test` or `gi_star_test`: `hot`, `z`, `p`, `q`, `method`.
    title : str
        What is shown, where.
    concerns_title : str
        What the concerns are: those of the period, or all that are open.
    on : date, optional
        Up to which day the data reach.
    source : str
        Where the data come from.
    invented : bool
        Whether people and places are made up; the map says so.
    profile : Profile, optional
        Names and colors of bands, words for demand types, codes that are routed out; by
        default the packaged codes (groups 14 to 16) and the map's own names and colors.
    townships : mapping of str to str, optional
        Names of the townships by code; the column `township_name` by default.
    ground : Ground, optional
        Rivers and roads.

    Returns
    -------
    GridMap
        A Folium map; `maps.save`, `maps.show`, or the last value of a cell.

    Raises
    ------
    DataError
        If grids cannot be drawn, or a frame lacks a column that its layer needs.
    AlignmentError
        If rates or tests belong to other grids.

    Examples
    --------
    >>> import shapely
    >>> cells = shapely.box([117, 117.1], 26, [117.1, 117.2], 26.1)
    >>> grids = gpd.GeoDataFrame({"name": ["东", "西"]}, geometry=cells, index=["a", "b"], crs=4326)
    >>> m = county_map(grids, title="青溪县", invented=True)
    >>> m.page_title
    '【内部】【虚构】青溪县'
    """
    caption = Caption(
        title=title,
        on=on,
        source=source,
        audience="desk",
        invented=invented,
        notes=(_DENOMINATOR,) if rates is not None else (),
    )
    layers = _desk_layers(grids, rates, densities, tests)
    if concerns is not None:
        layers.append(concern_layer(concerns, profile, concerns_title))
    m = base_map(grids, townships, ground=ground)
    for layer in layers:
        m.add_child(layer)
    return add_panel(m, caption, layers)


def _desk_layers(
    grids: gpd.GeoDataFrame,
    rates: pd.DataFrame | None,
    densities: pd.Series | None,
    tests: pd.DataFrame | None,
) -> list[MapLayer]:
    layers: list[MapLayer] = []
    if rates is not None:
        layers.append(rate_layer(grids, rates))
    elif densities is not None:
        layers.append(_density_layer(grids, densities))
    if tests is not None:
        layers.append(hotspot_layer(grids, _with_counts(tests, rates)))
    return layers


def _with_counts(tests: pd.DataFrame, rates: pd.DataFrame | None) -> pd.DataFrame:
    """Put counts beside the tests; their own `expected` is a mean of rates, not a count."""
    tests = tests.drop(columns=["n", "households", "expected"], errors="ignore")
    return tests if rates is None else tests.join(rates[["n", "households", "expected"]])


def rate_layer(grids: gpd.GeoDataFrame, rates: pd.DataFrame) -> MapLayer:
    """Color grids by their smoothed rates, against the rate of the county as a whole.

    Parameters
    ----------
    grids : GeoDataFrame, indexed by `grid_id`
        WGS-84.
    rates : DataFrame, indexed by `grid_id`
        From `hotspots.rates`.

    Returns
    -------
    MapLayer
    """
    known = rates[rates["households"].fillna(0) > 0]
    whole = float(100 * known["expected"].sum() / max(known["households"].sum(), 1))
    return grid_choropleth(
        grids,
        rates["rate_eb"],
        title="诉求率 (平滑后)",
        title_en="smoothed rate",
        unit="件/百户",
        context=rates,
        average=whole,
        notes=["户数少的网格向全县平均收缩, 免得一两件就显得很高。"],
    )


def _density_layer(grids: gpd.GeoDataFrame, densities: pd.Series) -> MapLayer:
    return grid_choropleth(
        grids,
        densities,
        title="诉求密度",
        title_en="density",
        unit="件/平方公里",
        notes=["户数未知, 只能按面积: 人多的地方自然密 / households unknown: by area only."],
    )


def concern_layer(concerns: pd.DataFrame, profile: Profile | None, title: str) -> MapLayer:
    """Draw concerns as discs with lists, in the words and colors of a profile if there is one.

    Parameters
    ----------
    concerns : DataFrame, indexed by record id
        As for `county_map`.
    profile : Profile or None
        Bands and demand types.
    title : str
        For legend and layer control.

    Returns
    -------
    MapLayer
    """
    if "dispute_code" in concerns:
        concerns = mappable(concerns, profile or load_profile())
    if profile is None:
        return concern_discs(concerns, popups=tuple(POPUP_HEADS), title=title)
    labels = {c.code: c.zh for c in profile.choices("demand_type")}
    return concern_discs(
        concerns,
        popups=tuple(POPUP_HEADS),
        bands=profile.bands,
        labels=labels,
        title=title,
    )
