"""The concerns of a ledger as a layer of points, for QGIS and the like: for the desk only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gridkit.records.spec import CONCERN, FieldSpec

if TYPE_CHECKING:
    from gridkit.profile import Profile

LAYER = "诉求"
GRID_NAME = "网格名称"
_PLACE = ("lon", "lat")
_FIELDS = tuple(
    f
    for f in CONCERN.fields
    if f.sensitivity != "free_text"
    and f.type != "photo"
    and f.name not in {"visit_id", "external_id", *_PLACE}
)  # another office's number may hold anything


def concern_points(
    concerns: pd.DataFrame, profile: Profile, names: pd.Series | None = None
) -> gpd.GeoDataFrame:
    """Lay the concerns out as points, under Chinese headings and labels.

    Parameters
    ----------
    concerns : DataFrame, n rows, indexed by record id
        As `Store.frame("concern")` gives it.
    profile : Profile
        The labels of the codes; a code that it lacks is written as it is.
    names : Series of str, indexed by `grid_id`, optional
        What each grid is called, for ``网格名称``; empty where it has no name.

    Returns
    -------
    GeoDataFrame in WGS-84, n rows on the same index, which is named ``记录编号``
        Free text is not in it. A concern without a place has an empty geometry. The places
        are as exact as they were taken: not for publication (`maps.shared` is).

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> one = pd.DataFrame(
    ...     {"demand_type": ["water"], "summary": ["…"], "lon": [117.47], "lat": [26.73]}, index=["c1"]
    ... )
    >>> made = concern_points(one, load_profile())
    >>> made["诉求类别"].tolist(), "summary" in made, made.geometry.x.tolist()
    (['用水'], False, [117.47])
    """
    told = {f.zh: _told(concerns[f.name], f, profile) for f in _FIELDS if f.name in concerns}
    if "grid_id" in concerns:
        told[GRID_NAME] = concerns["grid_id"].astype("str").map({} if names is None else names)
        told[GRID_NAME] = told[GRID_NAME].astype("str")
    place = concerns.reindex(columns=list(_PLACE)).astype("float64")
    points = gpd.points_from_xy(place["lon"], place["lat"])
    points[place.isna().any(axis=1).to_numpy()] = None
    made = gpd.GeoDataFrame(told, geometry=points, crs=4326, index=concerns.index)
    return made.rename_axis("记录编号")


def point_words() -> pd.DataFrame:
    """Say what each column of `concern_points` is: 图层, 字段, 含义, meaning, 单位, 来自.

    Examples
    --------
    >>> point_words()["字段"].iloc[0]
    '记录编号'
    """
    rows = [("记录编号", "台账中的编号", "number in the ledger", "", "record_id")]
    rows += [(f.zh, f.purpose_zh, f.purpose_en, f.unit or "", f.name) for f in _FIELDS]
    about = ("网格叫什么, 含乡镇", "what the grid is called, its township before it")
    rows.append((GRID_NAME, *about, "", "grid_id"))
    words = pd.DataFrame(rows, columns=["字段", "含义", "meaning", "单位", "来自"])
    words.insert(0, "图层", LAYER)
    return words


def _told(column: pd.Series, field: FieldSpec, profile: Profile) -> pd.Series:
    if not field.choices:
        return column
    if isinstance(field.choices, str):
        labels = {c.code: c.zh for c in profile.choices(field.choices)}
    else:
        labels = {code: zh for code, zh, _ in field.choices}
    codes = column.astype("str").astype("category")  # a label is looked up once a code
    words = {
        code: "、".join(labels.get(one, one) for one in str(code).split())
        for code in codes.cat.categories
    }
    return codes.map(words).astype("str")
