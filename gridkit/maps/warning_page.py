"""The page of a weekly warning: the map of the clusters, and beside it the words."""

from __future__ import annotations

from typing import Any, ClassVar

import geopandas as gpd
import pandas as pd
from branca.element import Figure

from gridkit.hotspots.names import Names, make_names
from gridkit.hotspots.warning import STATUS_WORDS, WeeklyWarning
from gridkit.maps import assets
from gridkit.maps.basemap import GridMap, base_map
from gridkit.maps.escape import safe, script_json
from gridkit.maps.ground import Ground
from gridkit.maps.layers.clusters import CLUSTER_STYLES, ClusterLayer, cluster_layer
from gridkit.maps.layers.layer import MapLayer
from gridkit.maps.legend import Caption, add_panel
from gridkit.maps.offline import Verbatim
from gridkit.profile import Profile


class Words(MapLayer):
    """A page of words beside a map; made by `warning_page`."""

    scripts: ClassVar[tuple[str, ...]] = ("grids.js", "words.js")

    def __init__(self, text: str, layer: ClusterLayer) -> None:
        super().__init__("文字", "words", control=False, show=False)
        self.text = text
        self.layer = layer

    def render(self, **kwargs: Any) -> str:
        """Put the words into their page."""
        figure = self.get_root()
        if isinstance(figure, Figure):
            style = Verbatim(f"<style>{assets.own('words.css')}</style>")
            figure.header.add_child(style, name="gridkit_words_css")
        return super().render(**kwargs)

    def script(self) -> str:
        """Give the JavaScript expression that puts the words beside the map."""
        m = self._parent.get_name()  # type: ignore[union-attr]
        return f"gk.words({m}, {script_json(self.text)}, {self.layer.get_name()})"


def warning_page(
    warning: WeeklyWarning,
    grids: gpd.GeoDataFrame,
    profile: Profile,
    *,
    name: str = "",
    invented: bool = False,
    ground: Ground | None = None,
) -> GridMap:
    """Draw a weekly warning as one page, for the desk only.

    Parameters
    ----------
    warning : WeeklyWarning
        From `hotspots.weekly_warning`.
    grids : GeoDataFrame
        The grids that it was made of.
    profile : Profile
        Names of demand types.
    name : str
        Of the county.
    invented : bool
        Whether people and places are made up; the page says so.
    ground : Ground, optional
        Rivers, roads and tiles; `ground.read_ground(workspace.folder)`.

    Returns
    -------
    GridMap
        For `maps.save` and `maps.show`. It holds counts, grids and dates; no concern, no
        address, no text of anybody.

    Raises
    ------
    DataError
        If the grids cannot be drawn.
    AlignmentError
        If the warning was made of other grids.

    Notes
    -----
    Not to be handed out: a cluster may hold fewer than five concerns.
    """
    names = make_names(grids, profile)
    kinds = {kind: names.of_type(kind, "zh") for kind in ("all", *names.types)}
    # the surer clusters on top, so that a grid of two tells of the surer one first
    layer = cluster_layer(grids, warning.clusters, kinds, warning.ended)
    week = warning.week
    number = week.isocalendar()
    caption = Caption(
        title=f"{name} 每周预警 {number.year} 年第 {number.week} 周".strip(),
        on=(week + pd.Timedelta(days=6)).date(),
        source="本机台账 / the ledger of this machine",
        invented=invented,
    )
    m = base_map(grids, ground=ground)
    m.add_child(layer)
    add_panel(m, caption, [layer])
    m.add_child(Words(_text(warning, names), layer))
    return m


def _text(warning: WeeklyWarning, names: Names) -> str:
    """Write the words as HTML; every text goes through `safe`."""
    end = warning.week + pd.Timedelta(days=6)
    parts = [
        f"<h2>{safe(f'{warning.week:%Y-%m-%d} 至 {end:%m-%d}')}: {safe(warning.explain())}</h2>",
        f'<p class="gk-en">{safe(warning.explain("en"))}</p>',
        _clusters(warning, names),
        _ended(warning),
        _burden(warning),
        _method(warning, names),
    ]
    return "".join(parts)


def _clusters(warning: WeeklyWarning, names: Names) -> str:
    colors = {one.code: one.style["stroke"] for one in CLUSTER_STYLES}
    rows = []
    for number, row in warning.clusters.iterrows():
        status = str(row["status"])
        zh, en = STATUS_WORDS[status]
        kind = f"{zh} · {names.of_type(row['category'], 'zh')}"
        again = f" (与 {row['same_as']} 号是同一处)" if pd.notna(row["same_as"]) else ""
        rows.append(
            f'<li><button data-cluster="{safe(number)}"><b class="gk-number">'
            f'<span style="background:{colors[status]}">{safe(number)}</span></b>'
            f"{safe(kind + again)}&nbsp;<small>{safe(en)} · "
            f"{safe(names.of_type(row['category'], 'en'))}</small></button>"
            f"<div>{safe(row['said_zh'])}</div>{_mind(row['mind_zh'])}"
            f"<div>{safe(row['shared_zh'])}</div>"
            f'<div class="gk-other">{safe(row["other_zh"])}</div>'
            f'<div class="gk-en">{safe(_english(row))}</div></li>'
        )
    if not rows:
        return ""
    return (
        "<h3>本周的聚集 <small>clusters; 点标题看地图 · choose one to see it</small></h3>"
        f"<ol>{''.join(rows)}</ol>"
    )


def _english(row: pd.Series) -> str:
    return " ".join(str(row[f"{part}_en"]) for part in ("said", "mind", "shared", "other"))


def _mind(text: str) -> str:
    return f'<div class="gk-mind">请留意: {safe(text)}</div>' if text else ""


def _ended(warning: WeeklyWarning) -> str:
    if warning.ended.empty:
        return ""
    rows = "".join(
        f'<li>{safe(row["zh"])}<div class="gk-en">{safe(row["en"])}</div></li>'
        for _, row in warning.ended.iterrows()
    )
    return (
        f"<h3>上周有, 本周已不再显著 <small>no longer significant</small></h3><ul>{rows}</ul>"
    )


def _burden(warning: WeeklyWarning) -> str:
    burden = warning.burden
    most = max(int(burden["alarms"].max()), 1)
    bars = "".join(
        f'<i class="{_bar(row, last=week == warning.week)}" '
        f'title="{safe(_said(week, row))}"{_height(row, most)}></i>'
        for week, row in burden.iterrows()
    )
    ends = f"{burden.index[0]:%m-%d}", f"每周报警处数, 最多 {most}", f"{warning.week:%m-%d}"
    axis = "".join(f"<span>{safe(text)}</span>" for text in ends)
    rows = "".join(
        f"<tr><td>{safe(f'{week:%Y-%m-%d}')}</td><td>{safe(row['scans'])}</td>"
        f"<td>{safe(row['alarms'])}</td><td>{safe(row['new'])}</td></tr>"
        for week, row in burden.iloc[::-1].iterrows()
    )
    return (
        "<h3>今年以来的报警 <small>alarm burden since 1 January</small></h3>"
        f"<p>{safe(warning.explain_burden())}</p>"
        f'<p class="gk-en">{safe(warning.explain_burden("en"))}</p>'
        f'<div class="gk-bars" role="img" aria-label="每周报警处数">{bars}</div>'
        f'<div class="gk-axis">{axis}</div>'
        "<details><summary>逐周列表 <small>week by week</small></summary><table>"
        "<tr><th>周一 week</th><th>检验项 scans</th><th>报警 alarms</th><th>新 new</th></tr>"
        f"{rows}</table></details>"
    )


def _bar(row: pd.Series, *, last: bool) -> str:
    if row["scans"] == 0:
        return "gk-not"
    kind = "gk-zero" if row["alarms"] == 0 else ""
    return f"{kind} gk-last".strip() if last else kind


def _height(row: pd.Series, most: int) -> str:
    return f' style="height:{100 * row["alarms"] / most:.0f}%"' if row["alarms"] else ""


def _said(week: Any, row: pd.Series) -> str:
    if row["scans"] == 0:
        return f"{week:%Y-%m-%d}: 记录太少, 未检验"
    return f"{week:%Y-%m-%d}: {row['alarms']} 处, 新 {row['new']} 处"


def _method(warning: WeeklyWarning, names: Names) -> str:
    scans = warning.run.scans
    rows = "".join(
        f"<tr><td>{safe(names.of_type(row['category'], 'zh'))}</td><td>{safe(row['cases'])}</td>"
        f"<td>{safe('' if pd.isna(row['p_one']) else format(row['p_one'], '.3f'))}</td>"
        f"<td>{safe(row['replicas'])}</td></tr>"
        for _, row in scans.iterrows()
    )
    lost = (
        f"<p>另有 {warning.unplaced} 件没有落到网格, 未计入。 "
        f"<small>{warning.unplaced} concerns lie in no grid</small></p>"
        if warning.unplaced
        else ""
    )
    return (
        "<h3>怎么算的 <small>how it was found</small></h3>"
        f"<p>{safe(warning.explain_method())}</p>"
        f'<p class="gk-en">{safe(warning.explain_method("en"))}</p>{lost}'
        "<p>聚集只说明哪里值得去看, 不说明原因; 是否行动由人决定。 "
        "<small>Where to look, not why; a person decides.</small></p>"
        "<details><summary>检验了哪些 <small>what was scanned</small></summary><table>"
        "<tr><th>类别 type</th><th>件数 cases</th><th>最强一处的 p</th><th>模拟次数 replicas</th></tr>"
        f"{rows}</table></details>"
    )
