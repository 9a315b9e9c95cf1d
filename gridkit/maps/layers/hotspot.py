"""Grids that stand out by more than chance, hatched so that a grey print says it too."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from gridkit.hotspots.explain import HOTSPOT_CLASSES, explain_method
from gridkit.maps.escape import Json
from gridkit.maps.layers.classes import classed
from gridkit.maps.layers.layer import Count, GridLayer, LegendSection


class HotspotStyle(NamedTuple):
    """How one Gi* class is said and drawn."""

    code: str
    zh: str
    en: str
    q: str
    style: dict[str, Json]


def _hatched(kind: str, color: str, gap: int, ground: str, weight: float) -> dict[str, Json]:
    hatch: dict[str, Json] = {"kind": kind, "color": color, "gap": gap, "width": 1.4}
    hatch |= {"ground": ground} if ground else {"halo": "rgba(255,254,251,0.85)"}
    return {"hatch": hatch, "stroke": color, "weight": weight}


_CLASSES = {c.code: c for c in HOTSPOT_CLASSES}


def _style(code: str, style: dict[str, Json]) -> HotspotStyle:
    kind = _CLASSES[code]
    return HotspotStyle(code, kind.zh, kind.en, f"q ≤ {kind.q_most:.2f}", style)


# Hue: ColorBrewer RdBu (safe for color-blind readers). The hatching repeats it: crossed and
# slanting lines for hot, level lines for cold, the denser the surer.
HOTSPOT_STYLES = (
    _style(
        "hot_99",
        _hatched("cross", "#7f0d22", 8, "rgba(205,60,60,0.62)", 2.2),
    ),
    _style(
        "hot_95",
        _hatched("diag", "#9c1a2c", 7, "rgba(226,120,100,0.55)", 1.8),
    ),
    _style(
        "hot_90",
        _hatched("diag", "#b2182b", 12, "", 1.3),
    ),
    _style(
        "cold_99",
        _hatched("level", "#123f73", 5, "rgba(60,120,180,0.55)", 2.2),
    ),
    _style(
        "cold_95",
        _hatched("level", "#1d5699", 7, "rgba(110,165,210,0.5)", 1.8),
    ),
    _style(
        "cold_90",
        _hatched("level", "#2166ac", 11, "", 1.3),
    ),
)
_NONE: dict[str, Json] = {"note": "与平均相比看不出不同, 高低可能只是偶然 / could be chance"}
_UNTESTED: dict[str, Json] = {"note": "未检验 / not tested"}


def hotspot_layer(
    grids: gpd.GeoDataFrame,
    tests: pd.DataFrame,
    *,
    title: str = "热点 (Gi* 检验)",
    title_en: str = "hotspots",
    numbers: bool = True,
    show: bool = True,
) -> GridLayer:
    """Mark the grids whose surroundings differ from the average by more than chance.

    Parameters
    ----------
    grids : GeoDataFrame, length n
        WGS-84, indexed by `grid_id`.
    tests : DataFrame, indexed by `grid_id`
        As `hotspots.hotspot_test` or `gi_star_test` gives it: `hot` (class after
        false-discovery control), `z`, `p`, `q`, `method`. As `county_map` joins them:
        `n`, `households`, `expected` (concerns if the overall rate held here).
    title, title_en : str
        For legend, tooltip and layer control.
    numbers : bool
        Whether the tooltip shows z, p, q and counts. Not on maps that are handed out: from
        the scores of all grids the counts behind them can be worked out.
    show : bool
        Whether the layer is shown when the map opens.

    Returns
    -------
    GridLayer
        For `.add_to(m)`.

    Raises
    ------
    AlignmentError
        If tests belong to grids that the map does not have.
    DataError
        If `hot` is missing or holds an unknown class.

    References
    ----------
    Caldas de Castro, M. & Singer, B. H. (2006). Controlling the false discovery rate: a new
    application to account for multiple and dependent tests in local statistics of spatial
    association. Geographical Analysis, 38(2), 180-208.

    Examples
    --------
    >>> import shapely
    >>> cells = shapely.box([0, 1], 0, [1, 2], 1)
    >>> grids = gpd.GeoDataFrame({"name": ["东", "西"]}, geometry=cells, index=["a", "b"], crs=4326)
    >>> tests = pd.DataFrame({"hot": ["hot_95", "none"], "q": [0.03, 0.8]}, index=["a", "b"])
    >>> hotspot_layer(grids, tests).legend.notes[0]
    '2 个网格中 1 个突出 (其中平均至多 5% 只是偶然)。'
    """
    known = {s.code: i for i, s in enumerate(HOTSPOT_STYLES)}
    table, hot = classed(
        tests, grids, "hot", ["none", *known], name="tests", maker="hotspots.gi_star_test"
    )
    of = hot.map({**known, "none": len(known)}).fillna(len(known) + 1).astype(int)
    classes = [{**s.style, "note": f"{s.zh} ({s.q})"} for s in HOTSPOT_STYLES]
    items: list[dict[str, Json]] = [
        {**s.style, "label": s.zh, "en": f"{s.en}, {s.q}"}
        for s in HOTSPOT_STYLES
        if (hot == s.code).any()
    ]
    rows = [
        Count("n", "诉求件数", 0, " 件"),
        Count("expected", "按户数应有", 1, " 件"),
        Count("households", "户数 (分母)", 0, " 户"),
        Count("z", "z 值", 2),
        Count("p", "p 值 (单看此格)", 3),
        Count("q", "q 值 (全县校正后)", 3),
    ]
    return GridLayer(
        grids,
        [*classes, _NONE, _UNTESTED],
        of,
        table,
        rows if numbers else [],
        legend=LegendSection(title, title_en, tuple(items), _notes(hot, table)),
        pane=("gkHotspots", 410),
        show=show,
    )


def _notes(hot: pd.Series, tests: pd.DataFrame) -> tuple[str, ...]:
    """Say what the marks mean, what they do not, and what was taken for chance."""
    method = [explain_method(tests, lang) for lang in ("zh", "en")]
    how = (f"{method[0]}。{method[1]}.",) if method[0] else ()
    total = len(hot)
    sure = int(hot.isin(["hot_99", "hot_95", "cold_99", "cold_95"]).sum())
    weak = int(hot.isin(["hot_90", "cold_90"]).sum())
    if sure + weak == 0:
        return (
            f"{total} 个网格中没有突出的: 图上的高低可能只是偶然。",
            "No grid stands out; highs and lows could be chance.",
            *how,
        )
    some = f"{sure} 个突出 (其中平均至多 5% 只是偶然)" if sure else "没有突出的"
    more = f", {weak} 个偏离但可能只是偶然" if weak else ""
    return (
        f"{total} 个网格中 {some}{more}。",
        "未标出的: 高低可能只是偶然 / unmarked: could be chance.",
        *how,
    )
