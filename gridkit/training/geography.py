"""The land of an invented county: townships, villages and grids that nest exactly.

Ground is drawn first (hills from random waves), then a mesh of small cells over it.
Townships grow from their seats until they meet, cheaply along valleys and dearly over
ridges, so that borders run along heights; villages and grids are divisions of them in the
same mesh. A grid is a set of cells, a village a set of grids, a township a set of villages:
they nest because they are made of the same pieces.

The county lies in the open sea east of Fujian (about 122.4° E, 27.3° N), at the latitude of
the hills it is shaped after: under any real map it is seen at once that no such place is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.profile.codes import LEVELS
from gridkit.profile.divisions import everyday_name
from gridkit.records.gridfile import type_grids
from gridkit.training.names import Names, name_county
from gridkit.training.outline import outlines
from gridkit.training.partition import allot, divide, grow
from gridkit.training.streams import draw_rivers, draw_roads
from gridkit.training.terrain import Floats, Ints, Mesh, Terrain, lay_mesh, ways

COUNTY_CODE = "990428"
MIDDLE = (122.4, 27.3)  # lon, lat, degrees; in the sea
TOWNS, TOWNSHIPS = 8, 13  # 8 镇 and 5 乡
VILLAGES = 143
_TOWN_COMMUNITIES = 8  # of the county town; each other 镇 has one community
COMMUNITIES = _TOWN_COMMUNITIES + TOWNS - 1
# Square kilometers built over: the county town, the seat of another 镇
_TOWN_KM2, _SEAT_KM2 = 5.5, 0.8
# Shares of the grids in the county town and in the other communities
_TOWN_SHARE, _SEAT_SHARE = 0.09, 0.035
# Households of a grid: mean, spread (of the logarithm), least, most
_HOUSEHOLDS = {
    "county_town": (300, 0.15, 200, 420),
    "township_seat": (190, 0.18, 120, 280),
    "rural": (86, 0.30, 60, 200),
}
SETTINGS = tuple(_HOUSEHOLDS)
_PERSONS = 2.6  # per household, about the mean of the census of 2020
# Meters per degree on the ellipsoid are taken at the middle: off by under 0.5 % at the borders
_KM_PER_DEGREE = (99.0, 110.8)
_FEWEST, _MOST = VILLAGES + 200, 6000


class Land(NamedTuple):
    """A county's land: what `lay_land` returns."""

    divisions: pd.DataFrame
    grids: gpd.GeoDataFrame
    rivers: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    setting: pd.Series  # of each grid: county_town, township_seat or rural
    height: pd.Series  # of each grid: 0 valley floor to 1 ridge


def lay_land(grids: int, rng: np.random.Generator) -> Land:
    """Draw a county: 13 townships, 143 villages and communities, and their grids.

    Parameters
    ----------
    grids : int
        How many grids, 343 to 6,000; about 600 suits a county of 65,000 households.
    rng : Generator
        Source of chance; the same state gives the same county.

    Returns
    -------
    Land
        `divisions` (the table of `gridkit.profile.divisions.read_divisions`, with
        `households` and `population`), `grids` (see `gridkit.records.grids`),
        `rivers` and `roads` (lines with a name, in WGS-84), `setting` and `height` by grid.

    Raises
    ------
    DataError
        If `grids` is out of range.

    Examples
    --------
    >>> land = lay_land(400, np.random.default_rng(1))
    >>> len(land.grids), land.divisions["kind"].value_counts().to_dict()
    (400, {'村委会': 128, '社区居委会': 15, '镇': 8, '乡': 5, '县': 1})
    """
    if not _FEWEST <= grids <= _MOST:
        raise DataError(
            en=f"`grids` must be {_FEWEST} to {_MOST}; it is {grids}.",
            zh=f"`grids` 须在 {_FEWEST} 与 {_MOST} 之间; 现为 {grids}。",
        )
    terrain = Terrain(rng)
    seats = _choose_seats(terrain)
    spacing = 0.42 * np.sqrt(600 / max(grids, 600))
    mesh = lay_mesh(terrain, seats, spacing, rng)
    graph = ways(mesh)
    tiers = _divide(mesh, graph, seats, grids)
    shapes = outlines(mesh, tiers.grid, to_degrees)
    return _describe(mesh, tiers, shapes, rng)


def to_degrees(xy: Floats) -> Floats:
    """Put kilometers of the plane on the globe: lon, lat rounded to 6 decimals (0.1 m)."""
    degrees: Floats = np.round(np.asarray(MIDDLE) + xy / np.asarray(_KM_PER_DEGREE), 6)
    return degrees


class _Tiers(NamedTuple):
    """Who belongs to whom."""

    grid: Ints  # of each cell, -1 outside
    village_of: Ints  # of each grid
    township_of: Ints  # of each village
    setting: Ints  # of each village: position in SETTINGS
    seat: Ints  # of each township: a cell
    hamlet: Ints  # of each village: a cell


def _choose_seats(terrain: Terrain) -> Floats:
    """Spread the seats over the county, low in the valleys; the most central is the town."""
    x = np.arange(-44.0, 44.0, 0.9)
    xy = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    xy = xy[terrain.reach(xy) < 0.97]
    height = terrain.height(xy)
    weight = np.exp(-0.8 * height)
    seats = xy[np.argsort(terrain.reach(xy))[:1]]
    for _ in range(TOWNSHIPS - 1):
        far = np.min(np.hypot(*np.moveaxis(xy[:, None] - seats, -1, 0)), axis=1)
        seats = np.concatenate([seats, xy[[np.argmax(far * weight)]]])
    for _ in range(12):
        off = np.hypot(*np.moveaxis(xy[:, None] - seats, -1, 0))
        owner = off.argmin(axis=1)
        total = np.bincount(owner, weight, TOWNSHIPS)
        seats = np.stack(
            [np.bincount(owner, weight * xy[:, i], TOWNSHIPS) / total for i in (0, 1)], axis=1
        )
    off = np.hypot(*np.moveaxis(xy[:, None] - seats, -1, 0))
    low = np.array([np.argmin(height + 0.25 * off[:, t]) for t in range(TOWNSHIPS)])
    seats = xy[low]
    central = np.argmin(terrain.reach(seats))
    return np.concatenate([seats[[central]], np.delete(seats, central, axis=0)])


def _divide(mesh: Mesh, graph: Any, seats: Floats, grids: int) -> _Tiers:
    inside = np.flatnonzero(mesh.inside)
    seat = np.array([inside[np.hypot(*(mesh.xy[inside] - s).T).argmin()] for s in seats])
    township, far = grow(graph, seat)
    # people live low: what is shared out among villages and grids is the low ground
    weight = mesh.area * np.exp(-1.6 * mesh.height) + 1e-9
    lived = np.bincount(township[inside], weight[inside], TOWNSHIPS)
    lived[0] = lived.max() + 1.0
    order = np.argsort(
        -lived, kind="stable"
    )  # towns are the fuller ones, the county town first
    rank = np.empty(TOWNSHIPS, dtype=np.intp)
    rank[order] = np.arange(TOWNSHIPS)
    township = np.where(township >= 0, rank[township], -1)
    seat, lived = seat[order], lived[order]

    built = np.zeros(len(mesh.xy), dtype=bool)
    for t in range(TOWNS):
        cells = np.flatnonzero(township == t)
        cells = cells[np.argsort(far[cells])]
        size = _TOWN_KM2 if t == 0 else _SEAT_KM2
        built[cells[np.cumsum(mesh.area[cells]) <= size]] = True
    # parts: 0-7 the built-up ground of towns, 8-20 the country of each township
    part = np.where(township < 0, -1, np.where(built, township, township + TOWNS))
    country = np.bincount(part[inside], weight[inside], TOWNS + TOWNSHIPS)[TOWNS:]
    counts = np.concatenate(
        [
            [_TOWN_COMMUNITIES],
            np.ones(TOWNS - 1, int),
            allot(VILLAGES - COMMUNITIES, _evened(country)),
        ]
    )
    town_weight = np.where(built, mesh.area, weight)
    village, part_of, hamlet = divide(graph, mesh.xy, town_weight, part, counts)
    setting = np.where(part_of == 0, 0, np.where(part_of < TOWNS, 1, 2))
    township_of = np.where(part_of < TOWNS, part_of, part_of - TOWNS)

    in_town, in_seats = round(grids * _TOWN_SHARE), round(grids * _SEAT_SHARE)
    lived = np.bincount(village[inside], town_weight[inside], VILLAGES)
    counts = np.zeros(VILLAGES, dtype=np.intp)
    for kind, total in enumerate((in_town, in_seats, grids - in_town - in_seats)):
        counts[setting == kind] = allot(total, _evened(lived[setting == kind]))
    grid, village_of, _ = divide(graph, mesh.xy, town_weight, village, counts)
    return _Tiers(grid, village_of, township_of, setting, seat, hamlet)


def _evened(share: NDArray[Any]) -> Floats:
    """Keep shares within half and twice their mean: no township of two villages."""
    evened: Floats = np.clip(share, 0.5 * share.mean(), 2.0 * share.mean())
    return evened


def _describe(mesh: Mesh, tiers: _Tiers, shapes: Any, rng: np.random.Generator) -> Land:
    """Give numbers, names and people to what was drawn, and lay rivers and roads through it."""
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    kind = tiers.setting[tiers.village_of]
    # grids are numbered by township, village (communities first), then north to south
    order = np.lexsort(
        (-middle[:, 1], tiers.village_of, kind, tiers.township_of[tiers.village_of])
    )
    village = tiers.village_of[order]
    codes = _codes(tiers)
    names = name_county(tiers.township_of, tiers.setting == 2, rng)
    number = _running(village)
    everyday = [everyday_name(name) for name in names.official]
    households = _households(kind[order], rng)
    population = np.round(households * rng.normal(_PERSONS, 0.12, len(order)))
    table = gpd.GeoDataFrame(
        {
            "grid_id": [f"{codes[v]}{n:03d}" for v, n in zip(village, number, strict=True)],
            "name": [f"{everyday[v]}第{n}网格" for v, n in zip(village, number, strict=True)],
            "village_code": [codes[v] for v in village],
            "township_code": [codes[v][:9] + "000" for v in village],
            "village_name": [everyday[v] for v in village],
            "township_name": [names.township[tiers.township_of[v]] for v in village],
            "households": households,
            "population": np.maximum(population, households),
        },
        geometry=shapes[order],
        crs=4326,
    )
    grids = type_grids(table)
    cells = np.flatnonzero(tiers.grid >= 0)
    owner = tiers.grid[cells]
    height = np.bincount(owner, mesh.height[cells]) / np.bincount(owner)
    rivers = draw_rivers(mesh, tiers.seat, to_degrees)
    roads = draw_roads(mesh, tiers.seat, tiers.hamlet, rivers.cells, to_degrees)
    return Land(
        divisions=_divisions(codes, names, tiers, grids),
        grids=grids,
        rivers=rivers.lines,
        roads=roads,
        setting=pd.Series(np.array(SETTINGS)[kind[order]], dtype="category", index=grids.index),
        height=pd.Series(height[order], index=grids.index),
    )


def _codes(tiers: _Tiers) -> list[str]:
    """Give codes to villages: towns from 100, townships from 200; communities 001, villages 201."""
    rural = tiers.setting == SETTINGS.index("rural")
    number = np.zeros(VILLAGES, dtype=np.intp)
    for community in (False, True):
        of_kind = np.flatnonzero(rural == community)
        of_kind = of_kind[np.argsort(tiers.township_of[of_kind], kind="stable")]
        number[of_kind] = _running(tiers.township_of[of_kind]) + (200 if community else 0)
    return [
        f"{_township_code(t)[:9]}{n:03d}"
        for t, n in zip(tiers.township_of, number, strict=True)
    ]


def _township_code(township: int) -> str:
    number = 100 + township if township < TOWNS else 200 + township - TOWNS
    return f"{COUNTY_CODE}{number:03d}000"


def _running(group: Ints) -> Ints:
    """Count the members of each group from 1, where groups come one after another."""
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    first: Ints = np.repeat(starts, np.diff(np.concatenate([starts, [len(group)]])))
    number: Ints = np.arange(len(group)) - first + 1
    return number


def _households(kind: Ints, rng: np.random.Generator) -> Ints:
    mean, spread, least, most = np.array([_HOUSEHOLDS[name] for name in SETTINGS]).T[:, kind]
    drawn = mean * np.exp(spread * rng.standard_normal(len(kind)) - spread**2 / 2)
    households: Ints = np.round(np.clip(drawn, least, most)).astype(np.intp)
    return households


def _divisions(
    codes: list[str], names: Names, tiers: _Tiers, grids: gpd.GeoDataFrame
) -> pd.DataFrame:
    """List the divisions as `gridkit.profile.divisions.read_divisions` does, with households."""
    county = f"{COUNTY_CODE}000000"
    townships = [_township_code(t) for t in range(TOWNSHIPS)]
    kinds = ["村委会" if kind == len(SETTINGS) - 1 else "社区居委会" for kind in tiers.setting]
    above = [townships[t] for t in tiers.township_of]
    rows: list[tuple[str | None, ...]] = [(county, names.county, "县", "county", None)]
    rows += [
        (code, name, name[-1], "township", county)
        for code, name in zip(townships, names.township, strict=True)
    ]
    rows += sorted(
        zip(codes, names.official, kinds, ["village"] * VILLAGES, above, strict=True)
    )
    table = pd.DataFrame(rows, columns=["code", "name", "kind", "level", "parent"], dtype="str")
    everyday = table["name"].map(everyday_name).astype("str")
    full = table["parent"].map(table.set_index("code")["name"]).astype("str") + everyday
    table.insert(2, "everyday", everyday)
    table.insert(3, "full", everyday.where(table["level"] != "village", full))
    table["kind"] = table["kind"].astype("category")
    table["level"] = pd.Categorical(table["level"], categories=LEVELS, ordered=True)
    table["virtual"] = False
    for column in ("households", "population"):
        total = {county: grids[column].sum()}
        for division in ("village_code", "township_code"):
            total |= grids.groupby(division, observed=True)[column].sum().to_dict()
        table[column] = table["code"].map(total).astype("Int64")
    return table
