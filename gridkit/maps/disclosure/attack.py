"""The attacker: what can be known of hidden counts from any set of published sums.

Every number ever published (a grid's, a township's, a drawn area's, a quarter's, a year's)
is the sum of some *atoms*: one grid in one stretch of days for one type. Who adds and
subtracts published numbers solves these equations. So do we, before anything is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from gridkit.errors import DisclosureError

_Floats = NDArray[np.float64]
_Ints = NDArray[np.intp]
# More unknowns than this in one knot of equations are not solved in a minute
MOST_UNKNOWN = 3000
_WITNESSES = 12  # pairs of solutions before bounds are worked out one by one


def attack(members: sp.csr_array, totals: _Floats) -> pd.DataFrame:
    """Bound each atom by all published sums together.

    Parameters
    ----------
    members : sparse array, shape (m, n)
        1 where an atom is part of a published sum.
    totals : array of float, shape (m,)
        The published sums: whole numbers, zero or more.

    Returns
    -------
    DataFrame, n rows
        `low` and `high`, the smallest and largest whole number that fit (infinite where
        nothing bounds it), and `set`: atoms of one set are in exactly the same sums, so
        nobody can tell them apart; `set_low` and `set_high` bound their sum.

    Raises
    ------
    DisclosureError
        If the sums contradict each other, or are too tangled to be solved.

    Notes
    -----
    Exact: atoms in the same sums are taken together, what one equation settles is put into
    the others, and what is left falls into knots that share no unknown. Each unknown of a
    knot is minimized and maximized by an integer program (HiGHS).

    References
    ----------
    Fischetti, M. & Salazar, J. J. (2001). Solving the cell suppression problem on tabular
    data with linear constraints. Management Science, 47(7), 1008-1027.

    Examples
    --------
    Three grids, 12 in all, 10 in the first two, 9 in the last two:

    >>> sums = sp.csr_array(np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1]]))
    >>> attack(sums, np.array([12.0, 10.0, 9.0]))[["low", "high"]].to_numpy().tolist()
    [[3.0, 3.0], [7.0, 7.0], [2.0, 2.0]]
    """
    return _told(members, totals, _solve)


def exposed(members: sp.csr_array, totals: _Floats, k: int) -> _Ints:
    """Find the atoms that are known too well: to within k values, one of them under k.

    Parameters
    ----------
    members, totals
        As for `attack`.
    k : int
        Smallest count that may be known.

    Returns
    -------
    array of int, shape (n,)
        The number of the atom's set where its count is known too well, else -1.

    Raises
    ------
    DisclosureError
        As for `attack`.

    Notes
    -----
    As exact as `attack`, and much faster: a few solutions of the equations that lie far
    apart prove for most unknowns that nobody knows them to within k; bounds are worked out
    for the others only.

    Examples
    --------
    >>> sums = sp.csr_array(np.array([[1, 1, 1], [1, 1, 0]]))
    >>> exposed(sums, np.array([22.0, 20.0]), 5).tolist()
    [-1, -1, 1]
    """

    def settle(*knot: Any) -> None:
        _solve_narrow(*knot, k=k)

    known = _told(members, totals, settle)
    low, high = known["set_low"], known["set_high"]
    return np.where((high - low < k) & (low < k), known["set"], -1).astype(np.intp)


def _told(members: sp.csr_array, totals: _Floats, solve: Callable[..., None]) -> pd.DataFrame:
    members = sp.csr_array(members, dtype=float)
    of, first = _sets(members)
    size = np.bincount(of, minlength=len(first))
    rows = sp.csr_array(members[:, first])
    low, high = np.zeros(len(first)), np.full(len(first), np.inf)
    _settle(rows, totals, low, high)
    for knot_rows, unknown in _knots(rows, low, high):
        known = rows[knot_rows] @ np.where(low == high, low, 0.0)
        solve(rows[knot_rows][:, unknown], totals[knot_rows] - known, unknown, low, high)
    one = size[of] == 1
    return pd.DataFrame(
        {
            "low": np.where(one, low[of], 0.0),
            "high": high[of],
            "set": of,
            "set_low": low[of],
            "set_high": high[of],
        }
    )


def _sets(members: sp.csr_array) -> tuple[_Ints, _Ints]:
    """Give each atom the number of its set, and each set its first atom."""
    marks = np.random.default_rng(0).integers(1, 2**31, (2, members.shape[0])).astype(float)
    # two sums of random marks below 2**53: exact, and equal for equal sets only, but for
    # a chance of 1e-18 a pair
    keys = pd.MultiIndex.from_arrays([members.T @ marks[0], members.T @ marks[1]])
    of, _ = pd.factorize(keys)
    _, first = np.unique(of, return_index=True)
    return of, first


def _settle(rows: sp.csr_array, totals: _Floats, low: _Floats, high: _Floats) -> None:
    """Fix what a single equation gives: one unknown left, or nothing left to share."""
    while True:
        open_ = low < high
        left = totals - rows @ np.where(open_, 0.0, low)
        if (left < 0).any():
            raise _contradiction()
        unknown = rows @ open_.astype(float)
        if ((unknown == 0) & (left != 0)).any():
            raise _contradiction()
        nothing = (unknown > 0) & (left == 0)
        zero = open_ & (rows.T @ nothing.astype(float) > 0)
        low[zero] = high[zero] = 0.0
        single = sp.csr_array(rows[np.flatnonzero((unknown == 1) & ~nothing)])
        value = left[np.flatnonzero((unknown == 1) & ~nothing)]
        entry = single.tocoo()
        hit = open_[entry.col] & ~zero[entry.col]
        low[entry.col[hit]] = high[entry.col[hit]] = value[entry.row[hit]]
        if not zero.any() and not hit.any():
            return


def _knots(rows: sp.csr_array, low: _Floats, high: _Floats) -> Iterator[tuple[_Ints, _Ints]]:
    """Part the equations into those that share no unknown."""
    open_ = np.flatnonzero(low < high)
    if len(open_) == 0:
        return
    part = sp.csr_array(rows[:, open_])
    count, knot = connected_components(sp.csr_array(part.T @ part), directed=False)
    touched = part.T.tocsr().indptr
    order = np.argsort(knot, kind="stable")
    ends = np.searchsorted(knot[order], np.arange(count + 1))
    for i in range(count):
        unknown = order[ends[i] : ends[i + 1]]
        if touched[unknown[0]] == touched[unknown[0] + 1]:
            continue  # in no sum at all: nothing bounds it
        yield np.unique(part[:, unknown].tocoo().row), open_[unknown]


def _solve(
    rows: sp.csr_array, totals: _Floats, unknown: _Ints, low: _Floats, high: _Floats
) -> None:
    if rows.shape[0] == 1:  # any of them may have all of it, or none
        high[unknown] = totals[0]
        low[unknown] = totals[0] if len(unknown) == 1 else 0.0
        return
    if len(unknown) > MOST_UNKNOWN:
        raise DisclosureError(
            en=f"{len(unknown)} counts are tangled in one knot of published sums, too many to "
            "prove safe. Publish fewer overlapping areas and windows.",
            zh=f"有 {len(unknown)} 个数由已发布的合计互相牵连, 无法证明安全。"
            "请减少互相重叠的区域和时段。",
        )
    for j, atom in enumerate(unknown):
        goal = np.zeros(len(unknown))
        goal[j] = 1.0
        for sign, bound in ((1.0, low), (-1.0, high)):
            bound[atom] = _fit(rows, totals, sign * goal)[j]


def _solve_narrow(
    rows: sp.csr_array,
    totals: _Floats,
    unknown: _Ints,
    low: _Floats,
    high: _Floats,
    *,
    k: int,
) -> None:
    """As `_solve`, but exact only where two solutions less than k apart were found."""
    if rows.shape[0] == 1 or len(unknown) > MOST_UNKNOWN:
        _solve(rows, totals, unknown, low, high)
        return
    rng = np.random.default_rng(0)  # which solutions are tried first changes no result
    least, most = np.full(len(unknown), np.inf), np.full(len(unknown), -np.inf)
    for _ in range(_WITNESSES):
        open_ = most - least < k
        if not open_.any():
            break
        goal = np.where(open_, rng.choice([-1.0, 1.0], len(unknown)), 0.0)
        for sign in (1.0, -1.0):
            found = _fit(rows, totals, sign * goal)
            least, most = np.minimum(least, found), np.maximum(most, found)
    low[unknown], high[unknown] = least, most
    for j in np.flatnonzero(most - least < k):
        goal = np.zeros(len(unknown))
        goal[j] = 1.0
        for sign, bound in ((1.0, low), (-1.0, high)):
            bound[unknown[j]] = _fit(rows, totals, sign * goal)[j]


def _fit(rows: sp.csr_array, totals: _Floats, goal: _Floats) -> _Floats:
    """Find the whole numbers that fit and make a goal smallest."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # half a second to load

    found = milp(
        goal,
        integrality=np.ones(len(goal)),
        bounds=Bounds(0),
        constraints=LinearConstraint(rows, totals, totals),
    )
    if not found.success:
        raise _contradiction()
    return np.asarray(np.rint(found.x))


def _contradiction() -> DisclosureError:
    return DisclosureError(
        en="The published numbers contradict each other: a part is larger than its whole. The "
        "ledger was changed after a window was published; nothing new is published over it.",
        zh="已发布的数互相矛盾: 部分大于整体。某个时段发布之后台账又有改动; 不再发布与之重叠的数。",
    )
