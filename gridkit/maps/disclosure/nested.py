"""Counts on nested levels (grid, village, township, county) of which no hidden one comes back.

Hiding the small counts is not enough: a village's total less its shown grids gives the one
hidden grid. So further counts are hidden (complementary suppression) until whoever knows
all that is shown can pin no hidden count to fewer than k neighboring values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import AlignmentError, DataError
from gridkit.maps.disclosure.small import SMALLEST_SHOWN, check_counts, suppress

_Floats = NDArray[np.float64]
_Flags = NDArray[np.bool_]
TOTAL = "total"
"""The coarsest level: one area, all grids."""


def protect(
    counts: pd.Series,
    levels: pd.DataFrame,
    households: pd.Series | None = None,
    *,
    k: int = SMALLEST_SHOWN,
) -> pd.DataFrame:
    """Hide small counts on every level, and as many more as keep them hidden.

    Parameters
    ----------
    counts : Series of int, length n, indexed by `grid_id`
        Zero or more; a missing count is hidden and adds nothing to the sums.
    levels : DataFrame, indexed like `counts`
        A column for each coarser level, from fine to coarse (``village``, ``township``):
        the area that each grid lies in. Each area lies in one area of the next level.
    households : Series of int, indexed like `counts`, optional
        Areas with fewer than k households are hidden whatever their count.
    k : int
        Smallest count that may be shown, 2 or more.

    Returns
    -------
    DataFrame, indexed by (`level`, `area`)
        `shown` (Int64, missing where hidden) for the grids, for each level, and for
        ``("total", "")``.

    Raises
    ------
    DataError
        If a count is negative, k is below 2, or the levels do not nest.
    AlignmentError
        If `levels` has another index than `counts`.

    Notes
    -----
    A hidden count is safe here if the smallest and the largest value that fit all that is
    shown are at least k apart; so its largest is k or more, and that it is rare cannot be
    known. On nested levels these bounds are exact by one pass up and one down. As long as
    one is too narrow, the smallest sibling shown is hidden with it, and where there is
    none, the sum above. The attacker is taken to know that counts are whole and not
    negative, and not to know any of the hidden ones: who is one of the counted knows more.

    References
    ----------
    Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley. Chapter 4.
    Cox, L. H. (1980). Suppression methodology and statistical disclosure control. Journal
    of the American Statistical Association, 75(370), 377-385.

    Examples
    --------
    The total would give the one small count back, so a second is hidden:

    >>> counts = pd.Series([2, 9, 30, 8], index=list("abcd"))
    >>> levels = pd.DataFrame({"village": ["v", "v", "v", "w"]}, index=list("abcd"))
    >>> protect(counts, levels)["shown"].tolist()
    [<NA>, <NA>, 30, 8, 41, 8, 49]
    """
    counts = check_counts(counts, k)
    tree = _tree(counts, levels)
    people = None if households is None else _tree(households.astype("Int64"), levels)
    hidden = [
        np.array(suppress(n, None if people is None else people.counts[i], k=k).isna())
        for i, n in enumerate(tree.counts)
    ]
    numbers = [n.fillna(0).to_numpy(dtype=float) for n in tree.counts]
    while _hide_more(tree, numbers, hidden, k):
        pass
    shown = [n.mask(gone) for n, gone in zip(tree.counts, hidden, strict=True)]
    table = pd.concat(shown, keys=tree.names, names=["level", "area"])
    return pd.DataFrame({"shown": table})


def bounds(shown: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """Work out what an attacker can know of each count from all that is shown.

    Parameters
    ----------
    shown : DataFrame, indexed by (`level`, `area`)
        From `protect`.
    levels : DataFrame, indexed by `grid_id`
        As passed to it.

    Returns
    -------
    DataFrame, indexed like `shown`
        `low` and `high`, the smallest and the largest count that fit (float; infinite
        where nothing bounds it). Equal where the count is shown.

    Examples
    --------
    >>> counts = pd.Series([2, 9, 30], index=list("abc"))
    >>> levels = pd.DataFrame({"village": ["v", "v", "v"]}, index=list("abc"))
    >>> bounds(protect(counts, levels), levels).loc[("grid", "a")].tolist()
    [0.0, 11.0]
    """
    by_level = {
        str(name): part.droplevel("level")
        for name, part in shown["shown"].groupby(level="level")
    }
    tree = _tree(by_level["grid"], levels)
    values = [by_level[name] for name in tree.names]
    numbers = [n.fillna(0).to_numpy(dtype=float) for n in values]
    low, high = _bounds(tree, numbers, [n.isna().to_numpy() for n in values])
    parts = [
        pd.DataFrame({"low": x, "high": y}, index=n.index)
        for x, y, n in zip(low, high, values, strict=True)
    ]
    return pd.concat(parts, keys=tree.names, names=["level", "area"])


@dataclass(frozen=True)
class _Tree:
    """Areas level by level: their names, their true counts, and where each one's sum is."""

    names: list[str]
    counts: list[pd.Series]
    above: list[NDArray[np.intp]]  # per level but the last: row of the area above


def _tree(counts: pd.Series, levels: pd.DataFrame) -> _Tree:
    if not levels.index.equals(counts.index) or not counts.index.is_unique:
        raise AlignmentError(
            en="`levels` must have the index of `counts`, each grid once. Take both from one frame.",
            zh="`levels` 与 `counts` 的索引须一致, 每个网格一行。请取自同一张表。",
        )
    names, values, above = ["grid"], [counts], []
    area = pd.Series(counts.index.astype("str"), index=counts.index)
    for column in [*levels.columns, TOTAL]:
        coarse = levels[column].astype("str") if column != TOTAL else area.map(lambda _: "")
        pairs = pd.DataFrame({"fine": area, "coarse": coarse}).drop_duplicates()
        _check_nested(pairs, str(column))
        of = pairs.set_index("fine")["coarse"].reindex(values[-1].index.astype("str"))
        codes, found = pd.factorize(of, sort=True)
        above.append(codes.astype(np.intp))
        sums = np.bincount(codes, values[-1].fillna(0).to_numpy(dtype=float), len(found))
        values.append(pd.Series(sums.astype("int64"), index=found).astype("Int64"))
        names.append(str(column))
        area = coarse
    return _Tree(names, values, above)


def _check_nested(pairs: pd.DataFrame, column: str) -> None:
    split = pairs.loc[pairs["fine"].duplicated(), "fine"].unique()
    missing = int(pairs["coarse"].isna().sum())
    if len(split) or missing:
        some = ", ".join(map(str, split[:3]))
        raise DataError(
            en=f"Each area must lie in one `{column}`; {len(split)} lie in several ({some}), "
            f"{missing} in none. Give every grid its codes, from fine to coarse.",
            zh=f"每个区域须只属于一个 `{column}`; 有 {len(split)} 个分属多个 ({some}), {missing} 个没有。"
            "请由细到粗补齐各网格的代码。",
        )


# --- the attacker, and the answer -----------------------------------------------------------


def _hide_more(tree: _Tree, numbers: list[_Floats], hidden: list[_Flags], k: int) -> bool:
    """Hide one more where a hidden count is known too well; say whether any was."""
    below_low, below_high = _from_below(tree, numbers, hidden)
    low, high = _from_above(tree, below_low, below_high)
    changed = False
    for i in range(len(hidden)):
        narrow = hidden[i] & (high[i] - low[i] < k)
        if not narrow.any():
            continue
        # known from its parts: hide a part; known from the sum above: hide a sibling
        inner = narrow & (below_high[i] - below_low[i] < k)
        if inner.any() and i > 0:
            _hide_smallest(inner, tree.above[i - 1], numbers[i - 1], hidden[i - 1])
            changed = True
        outer = narrow & ~inner
        if outer.any() and i < len(tree.above):
            parents = np.zeros(len(hidden[i + 1]), dtype=bool)
            parents[tree.above[i][outer]] = True
            alone = _hide_smallest(parents, tree.above[i], numbers[i], hidden[i])
            hidden[i + 1] |= alone
            changed = True
    return changed


def _hide_smallest(
    parents: _Flags, above: NDArray[np.intp], numbers: _Floats, hidden: _Flags
) -> _Flags:
    """Hide the smallest shown part of each of these parents; give those without one."""
    free = np.flatnonzero(parents[above] & ~hidden)
    order = free[np.lexsort((numbers[free], above[free]))]
    served, first = np.unique(above[order], return_index=True)
    hidden[order[first]] = True
    alone = parents.copy()
    alone[served] = False
    return alone


def _bounds(
    tree: _Tree, numbers: list[_Floats], hidden: list[_Flags]
) -> tuple[list[_Floats], list[_Floats]]:
    return _from_above(tree, *_from_below(tree, numbers, hidden))


def _from_below(
    tree: _Tree, numbers: list[_Floats], hidden: list[_Flags]
) -> tuple[list[_Floats], list[_Floats]]:
    """Bound each count by itself or its parts."""
    low = [np.where(hidden[0], 0.0, numbers[0])]
    high = [np.where(hidden[0], np.inf, numbers[0])]
    for i, above in enumerate(tree.above):
        size = len(numbers[i + 1])
        least = np.bincount(above, low[-1], size)
        most = np.bincount(above, np.where(np.isinf(high[-1]), 0, high[-1]), size)
        most[np.bincount(above, np.isinf(high[-1]), size) > 0] = np.inf
        low.append(np.where(hidden[i + 1], least, numbers[i + 1]))
        high.append(np.where(hidden[i + 1], most, numbers[i + 1]))
    return low, high


def _from_above(
    tree: _Tree, low: list[_Floats], high: list[_Floats]
) -> tuple[list[_Floats], list[_Floats]]:
    """Narrow the bounds by the sum above less what the siblings have at least, or at most."""
    low, high = list(low), list(high)
    for i in range(len(tree.above) - 1, -1, -1):
        above, x, y = tree.above[i], low[i], high[i]
        size, endless = len(low[i + 1]), np.isinf(y)
        finite = np.where(endless, 0.0, y)
        others_least = np.bincount(above, x, size)[above] - x
        others_most = np.bincount(above, finite, size)[above] - finite
        others_most[np.bincount(above, endless, size)[above] - endless > 0] = np.inf
        low[i] = np.maximum(x, low[i + 1][above] - others_most)
        high[i] = np.minimum(y, high[i + 1][above] - others_least)
    return low, high
