"""The map of faults: where the grids of a county do not fit together, to be gone through."""

from __future__ import annotations

import folium
import geopandas as gpd
import shapely

from gridkit.maps.basemap import GridMap, base_map
from gridkit.maps.escape import safe
from gridkit.maps.legend import Caption, add_panel
from gridkit.records.topology import KINDS

# Each kind is a layer of its own, so it can be shown alone; its mark has a letter, too, for a
# grey print, and a click on it says the fault
_MARKS = {
    "ring": ("#7f0d22", "界"),
    "duplicate": ("#b2182b", "码"),
    "overlap": ("#b3421f", "叠"),
    "gap": ("#2166ac", "空"),
    "sliver": ("#8c510a", "碎"),
    "outside": ("#762a83", "越"),
    "apart": ("#40004b", "离"),
    "village": ("#1b7837", "村"),
}
MOST_MARKED = 500
"""Of each kind, only so many are marked, the largest; the table has them all."""


def fault_map(grids: gpd.GeoDataFrame, faults: gpd.GeoDataFrame, *, title: str) -> GridMap:
    """Draw the faults of grids where they are, each kind a layer.

    Parameters
    ----------
    grids : GeoDataFrame, indexed by `grid_id`
        As they came; ids may repeat and polygons may be invalid.
    faults : GeoDataFrame
        From `grid_faults`.
    title : str
        What was checked.

    Returns
    -------
    GridMap
        For `maps.save`, for the desk. A mark says on its label what is wrong and how much.

    Examples
    --------
    >>> from gridkit.records.topology import grid_faults
    >>> cells = [shapely.box(117, 26, 117.01, 26.01), shapely.box(117.009, 26, 117.02, 26.01)]
    >>> ids = ["350428101201001", "350428101201002"]
    >>> grids = gpd.GeoDataFrame({"name": ["东", "西"]}, geometry=cells, index=ids, crs=4326)
    >>> fault_map(grids, grid_faults(grids), title="网格检查").page_title
    '【内部】网格检查'
    """
    m = base_map(_drawable(grids))
    counts = faults["kind"].value_counts()
    notes = [
        "、".join(f"{KINDS[k][0]} {n}" for k, n in counts.items() if n)
        or "没有发现问题 / no faults"
    ]
    for kind in KINDS:
        some = faults[faults["kind"] == kind].head(MOST_MARKED)
        if len(some):
            m.add_child(_layer(kind, some))
            if counts[kind] > MOST_MARKED:
                notes.append(
                    f"{KINDS[kind][0]}只标出最大的 {MOST_MARKED} 处 / the largest only."
                )
    none = int((faults.geometry.isna() | faults.geometry.is_empty).sum())
    if none:
        notes.append(
            f"{none} 处没有图形, 图上无处可标, 只列在表中 / {none} without a place: in the table."
        )
    notes.append("点标记看说明; 全部列在表中 / click a mark; the table has all.")
    return add_panel(m, Caption(title=title, notes=tuple(notes)))


def _drawable(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each feature an id of its own and a valid outline, so that all can be drawn."""
    ids = grids.index.astype("str")
    rows = [
        f"{code}#{i + 1}" if twice else code
        for i, (code, twice) in enumerate(zip(ids, ids.duplicated(keep=False), strict=True))
    ]
    shapes = shapely.make_valid(grids.geometry.to_numpy())
    drawn = shapely.area(shapes) > 0
    data = {"name": grids["name"].to_numpy() if "name" in grids else rows}
    for column in ("township_code", "township_name"):
        if column in grids:
            data[column] = grids[column].astype("str").to_numpy()
    return gpd.GeoDataFrame(data, geometry=shapes, index=rows, crs=grids.crs)[drawn]


def _layer(kind: str, faults: gpd.GeoDataFrame) -> folium.FeatureGroup:
    zh, en = KINDS[kind]
    color, letter = _MARKS[kind]
    mark = f'<span style="background:{color}">{letter}</span>'
    name = (
        f'<span class="gk-number gk-fault">{mark}</span> {safe(zh)} <small>{safe(en)}</small>'
    )
    group = folium.FeatureGroup(name=name)
    for row in faults.itertuples():
        shape = row.geometry
        if shape is None or shape.is_empty:
            continue
        words = f"<b>{safe(zh)}</b> {safe(str(row.grid))}<br>{safe(str(row.zh))}<br>{safe(str(row.en))}"
        style = {"color": color, "weight": 2, "fillColor": color, "fillOpacity": 0.55}
        if shape.geom_type != "Point":
            simple = shapely.set_precision(shape, 1e-6, mode="pointwise")  # never fails
            folium.GeoJson(
                shapely.to_geojson(simple), style_function=lambda _, s=style: s
            ).add_to(group)
        at = shape.representative_point()
        folium.Marker(
            [at.y, at.x],
            icon=folium.DivIcon(
                mark, icon_size=(22, 22), icon_anchor=(11, 11), class_name="gk-number gk-fault"
            ),
            popup=folium.Popup(words, max_width=320),
        ).add_to(group)
    return group
