"""A release: the numbers of one map that is handed out, and whether they are safe with others."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.errors import DisclosureError, Problem
from gridkit.maps.disclosure.atoms import Atoms
from gridkit.maps.disclosure.attack import exposed
from gridkit.maps.disclosure.nested import protect
from gridkit.maps.disclosure.small import SMALLEST_SHOWN
from gridkit.maps.disclosure.windows import Window

MOSTLY_HIDDEN = 0.5
"""Where more of the areas than this are hidden, a coarser level is proposed."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a map that is handed out says: how many, where, when, of what.

    Attributes
    ----------
    window : Window
        When they were heard.
    areas : DataFrame, indexed by `grid_id`
        A column per coarser level: the area that each grid lies in (missing: in none).
    shown : DataFrame, indexed by (`level`, `area`)
        `shown`, Int64, missing where hidden; level `grid`, a column of `areas`, or `total`.
    types : tuple of str, or None
        Demand types that were counted; None for all.
    title : str
        What the map is called.
    k : int
        Smallest count shown.
    outline : str
        Mark of the grids' borders (`outline_of`); empty where they are not known.
    """

    window: Window
    areas: pd.DataFrame
    shown: pd.DataFrame
    types: tuple[str, ...] | None = None
    title: str = ""
    k: int = SMALLEST_SHOWN
    outline: str = ""

    @property
    def numbers(self) -> pd.Series:
        """The counts that are shown, indexed by (`level`, `area`)."""
        return self.shown["shown"].dropna().astype("int64")

    def level(self, name: str) -> pd.Series:
        """Give the counts of one level, missing where hidden, indexed by area."""
        at = self.shown.index.get_level_values("level") == name
        return self.shown["shown"][at].droplevel("level")


def release(  # noqa: PLR0913 - keywords with defaults, as a caller would say them
    counts: pd.Series,
    areas: pd.DataFrame,
    window: Window,
    *,
    level: str = "grid",
    households: pd.Series | None = None,
    types: tuple[str, ...] | None = None,
    title: str = "",
    k: int = SMALLEST_SHOWN,
    outline: str = "",
) -> Release:
    """Decide what a map that is handed out may show.

    Parameters
    ----------
    counts : Series of int, indexed by `grid_id`
        Concerns heard in the window.
    areas : DataFrame, indexed like `counts`
        A column per coarser level, from fine to coarse (`levels_of`).
    window : Window
        From `window_of` or `last_window`.
    level : str
        The finest level to be shown: ``grid`` or a column of `areas`.
    households : Series of int, indexed like `counts`, optional
        Areas of fewer than k are hidden.
    types : tuple of str, optional
        Demand types that were counted; all by default.
    title : str
        What the map is called.
    k : int
        Smallest count to be shown.
    outline : str
        From `outline_of`.

    Returns
    -------
    Release
        With the level, all coarser ones and the total, protected together.

    Raises
    ------
    DisclosureError
        If there is no such level.

    Examples
    --------
    >>> import datetime as dt
    >>> from gridkit.maps.disclosure.windows import window_of
    >>> counts = pd.Series([2, 9, 30, 8], index=list("abcd"))
    >>> areas = pd.DataFrame({"village": ["v", "v", "v", "w"]}, index=list("abcd"))
    >>> release(counts, areas, window_of(dt.date(2026, 5, 1)), level="village").numbers.tolist()
    [41, 8, 49]
    """
    shown = _protected(counts, areas, level, households, k)
    return Release(
        window=window, areas=areas, shown=shown, types=types, title=title, k=k, outline=outline
    )


def _protected(
    counts: pd.Series, areas: pd.DataFrame, level: str, households: pd.Series | None, k: int
) -> pd.DataFrame:
    """Protect a level and all coarser ones."""
    if level not in ("grid", *areas.columns):
        raise DisclosureError(
            en=f"`level` must be grid or one of {', '.join(map(str, areas.columns))}; it is {level!r}.",
            zh=f"`level` 须为 grid 或 {', '.join(map(str, areas.columns))} 之一; 现为 {level!r}。",
        )
    if level == "grid":
        return protect(counts, areas, households, k=k)
    coarser = list(areas.columns[list(areas.columns).index(level) :])
    key = areas[level].astype("str")
    above = areas[coarser[1:]].astype("str").groupby(key.to_numpy()).first()
    sums = _summed(counts, key)
    people = None if households is None else _summed(households, key)
    return protect(sums, above, people, k=k).rename({"grid": level}, level="level")


def _summed(values: pd.Series, key: pd.Series) -> pd.Series:
    return values.astype("Int64").fillna(0).groupby(key.to_numpy()).sum()


def levels_of(grids: pd.DataFrame) -> pd.DataFrame:
    """Give the village and township of each grid, as `protect` and `release` want them.

    Parameters
    ----------
    grids : GeoDataFrame, indexed by `grid_id`
        With `village_code` and `township_code`.

    Returns
    -------
    DataFrame, indexed like `grids`
        `village`, `township`.

    Examples
    --------
    >>> grids = pd.DataFrame({"village_code": ["v"], "township_code": ["t"]}, index=["a"])
    >>> levels_of(grids).loc["a"].tolist()
    ['v', 't']
    """
    return grids[["village_code", "township_code"]].set_axis(["village", "township"], axis=1)


def outline_of(grids: gpd.GeoDataFrame) -> str:
    """Mark the borders of grids: another mark where one was moved, split or named anew.

    Parameters
    ----------
    grids : GeoDataFrame, indexed by `grid_id`
        In WGS-84. Their order does not matter, nor do differences under a meter.

    Returns
    -------
    str

    Examples
    --------
    >>> import shapely
    >>> grids = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], index=["a"], crs=4326)
    >>> moved = grids.set_geometry(grids.translate(0.1))
    >>> outline_of(grids) == outline_of(grids.copy()), outline_of(grids) == outline_of(moved)
    (True, False)
    """
    ids = grids.index.astype("str")
    west, south, east, north = (
        np.rint(shapely.bounds(grids.geometry.to_numpy()) * 1e5).astype(int).T
    )
    area = np.rint(shapely.area(grids.geometry.to_numpy()) * 1e9).astype(int)
    rows = sorted(zip(ids, west, south, east, north, area, strict=True))
    text = ";".join(" ".join(map(str, row)) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def finest_level(
    counts: pd.Series,
    areas: pd.DataFrame,
    households: pd.Series | None = None,
    *,
    k: int = SMALLEST_SHOWN,
) -> tuple[str, pd.Series]:
    """Propose the finest level of which at most half would be hidden.

    Parameters
    ----------
    counts, areas, households, k
        As for `release`.

    Returns
    -------
    str
        ``grid`` or a column of `areas`; the coarsest where all are mostly hidden.
    Series of float
        Share of hidden areas by level, 0 to 1.

    Examples
    --------
    >>> counts = pd.Series([2, 1, 3, 8], index=list("abcd"))
    >>> areas = pd.DataFrame({"village": ["v", "v", "v", "w"]}, index=list("abcd"))
    >>> finest_level(counts, areas)[0]
    'village'
    """
    share = {}
    for level in ("grid", *areas.columns):
        shown = _protected(counts, areas, level, households, k)
        share[level] = float(shown.loc[level, "shown"].isna().mean())
    found = next((name for name, hidden in share.items() if hidden <= MOSTLY_HIDDEN), None)
    return found or list(share)[-1], pd.Series(share)


def leaks(new: Release, earlier: Sequence[Release]) -> tuple[Problem, ...]:
    """Name what could be worked back from a release and the earlier ones together.

    Parameters
    ----------
    new : Release
        Not published yet.
    earlier : sequence of Release
        All that were published.

    Returns
    -------
    tuple of Problem
        One for each set of grids and days whose count would be known to lie within fewer
        than k values, and could be under k. Empty: safe.

    Raises
    ------
    DisclosureError
        If the numbers contradict those published before.

    Notes
    -----
    All numbers that overlap the new ones in time and type, directly or by way of others,
    are taken as equations over grids x stretches of days x types, and solved (`exposed`).
    """
    if new.numbers.empty:
        return ()  # a map of hidden areas says nothing
    together = [new, *_connected(new, earlier)]
    k = max(made.k for made in together)
    atoms = Atoms(together)
    found = exposed(*atoms.equations(), k)
    bad = np.flatnonzero(found >= 0)
    places = atoms.describe(bad).assign(set=found[bad])
    problems = []
    for _, part in places.groupby("set", sort=False):
        grids = part["grid"].unique()
        some = ", ".join(map(str, grids[:3])) + (" …" if len(grids) > 3 else "")
        days = f"{part['since'].min():%Y-%m-%d} – {part['until'].max():%Y-%m-%d}"
        zh = f"{days}: 与已发布的数相减, 可推出少于 {k} 件的数"
        en = f"{days}: by subtraction a count under {k} could be known"
        problems.append(Problem(some, "n", zh, en))
    return tuple(problems)


def _connected(new: Release, earlier: Sequence[Release]) -> list[Release]:
    """Find those that share days and types with the new one, directly or by way of others."""
    found: list[Release] = []
    left, edge = list(earlier), [new]
    while edge:
        at = edge.pop()
        near = [r for r in left if _overlap(at, r)]
        left = [r for r in left if not any(r is n for n in near)]
        found += near
        edge += near
    return found


def _overlap(a: Release, b: Release) -> bool:
    days = a.window.since <= b.window.until and b.window.since <= a.window.until
    types = a.types is None or b.types is None or bool(set(a.types) & set(b.types))
    return days and types
