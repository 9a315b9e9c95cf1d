"""Tables of areas by types, with their margins, in which no hidden cell comes back.

Each column protected by itself is not enough: a row's total less its shown cells gives the
hidden one. So cells are hidden both ways, until the exact attacker (`exposed`) who takes all
columns, all levels and all margins together finds none that is known too well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from gridkit.errors import DisclosureError
from gridkit.maps.disclosure.atoms import Atoms
from gridkit.maps.disclosure.attack import exposed
from gridkit.maps.disclosure.release import Release, release
from gridkit.maps.disclosure.small import SMALLEST_SHOWN
from gridkit.maps.disclosure.windows import Window

_ROUNDS = 400


def release_table(  # noqa: PLR0913 - keywords with defaults, as a caller would say them
    counts: pd.DataFrame,
    all_types: pd.Series,
    areas: pd.DataFrame,
    window: Window,
    *,
    level: str,
    households: pd.Series | None = None,
    title: str = "",
    k: int = SMALLEST_SHOWN,
    outline: str = "",
) -> tuple[Release, ...]:
    """Decide what a table of areas by types may show, its margins included.

    Parameters
    ----------
    counts : DataFrame of int, indexed by `grid_id`
        A column for each demand type that the table names.
    all_types : Series of int, indexed like `counts`
        Concerns of all types, those without a column included.
    areas, window, level, households, title, k, outline
        As for `release`.

    Returns
    -------
    tuple of Release
        The margin (all types), then a release for each column; to be entered in the
        register together: ``register.add(*table)``.

    Raises
    ------
    DisclosureError
        If the types without a column have fewer than k concerns in all (then name fewer),
        or the cells are too tangled to be proven safe.

    Notes
    -----
    Begins with each column protected on all levels, and hides one more as long as a cell,
    or what is left of a row to the types without a column, is known to within k values:
    the smallest shown cell of its row, else of its column, else a sum that it is part of.
    More may be hidden than would have to be; none less.

    References
    ----------
    Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley. Chapter 4.

    Examples
    --------
    >>> import datetime as dt
    >>> from gridkit.maps.disclosure.windows import window_of
    >>> counts = pd.DataFrame({"water": [2, 30, 20], "noise": [9, 8, 40]}, index=list("abc"))
    >>> areas = pd.DataFrame({"township": ["t", "t", "t"]}, index=counts.index)
    >>> may = window_of(dt.date(2026, 5, 1))
    >>> margin, water, noise = release_table(
    ...     counts, counts.sum(axis=1) + 10, areas, may, level="grid"
    ... )
    >>> water.level("grid").tolist(), margin.level("grid").tolist()
    ([<NA>, 30, <NA>], [21, 48, 70])
    """
    rest = int(all_types.sum()) - int(counts.to_numpy().sum())
    if rest < k:
        raise DisclosureError(
            en=f"The types without a column must have {k} concerns or more in all, or their number "
            "could be worked out. Name fewer types: the rare ones stay together.",
            zh=f"未单列的类别合计须不少于 {k} 件, 否则可由合计相减推出。请少列几类, 少见的合在一起。",
        )
    kinds: list[tuple[str, ...] | None] = [None, *((str(c),) for c in counts)]
    columns = [all_types, *(counts[c] for c in counts)]
    made = [
        release(
            n, areas, window, level=level, households=households, types=types, title=title,
            k=k, outline=outline,
        )
        for n, types in zip(columns, kinds, strict=True)
    ]  # fmt: skip
    for _ in range(_ROUNDS):
        if not _hide_more(made, level, k):
            return tuple(made)
    raise DisclosureError(
        en="No way was found to hide this table safely. Take a coarser level or fewer types.",
        zh="没有找到安全的隐去办法。请改用更粗的层级, 或少列几类。",
    )


def _hide_more(made: list[Release], level: str, k: int) -> bool:
    """Hide a number for each cell that is known too well; say whether there was one."""
    atoms = Atoms(made)
    found = exposed(*atoms.equations(), k)
    bad = np.flatnonzero(found >= 0)
    if len(bad) == 0:
        return False
    slab, grid = np.divmod(bad, len(atoms.grids))
    cells = pd.DataFrame({"set": found[bad], "kind": slab, "grid": atoms.grids[grid]})
    named = {r.types[0]: i for i, r in enumerate(made) if r.types}
    for _, cell in cells.drop_duplicates("set").iterrows():
        own = named.get(str(atoms.types[int(cell["kind"])]))
        at = _levels_at(made[0], str(cell["grid"]), level)
        for options in _options(made, own, at):
            if options:
                _, i, key = min(options)
                made[i] = _hidden(made[i], key)
                break
    return True


def _levels_at(made: Release, grid: str, level: str) -> list[tuple[str, str]]:
    """Give a grid's areas, from the finest level shown to the whole."""
    names = list(dict.fromkeys(made.shown.index.get_level_values("level")))
    row = made.areas.loc[grid]
    of = {"grid": grid, "total": "", **{str(name): str(area) for name, area in row.items()}}
    return [(name, of[name]) for name in names[names.index(level) :]]


_Option = tuple[int, int, tuple[str, str]]  # the number, whose it is, where it stands


def _options(
    made: Sequence[Release], own: int | None, at: list[tuple[str, str]]
) -> list[list[_Option]]:
    """List what could be hidden for a cell: its row, its column, then the sums above it."""
    others = [i for i in range(1, len(made)) if i != own]
    column = [] if own is None else _siblings(made[own], at)
    out = [
        _shown(made, others, at[:1]),
        [(n, own, key) for n, key in column] if own is not None else [],
        _shown(made, [0], at[:1]),
    ]
    for above in at[1:]:
        out += [
            _shown(made, [*others, *([own] if own else [])], [above]),
            _shown(made, [0], [above]),
        ]
    return out


def _shown(
    made: Sequence[Release], which: Sequence[int], keys: Sequence[tuple[str, str]]
) -> list[_Option]:
    return [
        (int(n), i, key)
        for i in which
        for key in keys
        if (n := made[i].numbers.get(key)) is not None
    ]


def _siblings(made: Release, at: list[tuple[str, str]]) -> list[tuple[int, tuple[str, str]]]:
    """List the shown cells of a column that lie in the same area of the next level."""
    (name, _), (above, whole) = at[0], at[1]
    shown = made.level(name).dropna()
    of = made.areas if name == "grid" else made.areas.drop_duplicates(name).set_index(name)
    inside = shown.index if above == "total" else of.index[of[above].astype("str") == whole]
    return [
        (int(n), (name, str(a))) for a, n in shown.items() if a in set(inside.astype("str"))
    ]


def _hidden(made: Release, key: tuple[str, str]) -> Release:
    shown = made.shown.copy()
    shown.loc[key, "shown"] = pd.NA
    return replace(made, shown=shown)
