"""Small counts: hidden on everything that is handed out."""

from __future__ import annotations

import pandas as pd

from gridkit.errors import DataError

SMALLEST_SHOWN = 5  # households or matters in a cell; R6 of domain.md §6


def suppress(
    counts: pd.Series, households: pd.Series | None = None, *, k: int = SMALLEST_SHOWN
) -> pd.Series:
    """Hide the counts that could give somebody away.

    Counts from 1 to k - 1 are hidden, and zeros with them: a published zero says of every
    household that it reported nothing, and next to hidden small counts it narrows them.

    Parameters
    ----------
    counts : Series of int, indexed by `grid_id`
        Zero or more; a missing count stays missing.
    households : Series of int, indexed like `counts`, optional
        Grids with fewer than k households are hidden whatever their count.
    k : int
        Smallest count that may be shown, 2 or more.

    Returns
    -------
    Series of Int64, indexed like `counts`
        Missing where hidden.

    Raises
    ------
    DataError
        If k is below 2, a count is negative, or `households` has another index.

    Notes
    -----
    Publish no sum that a hidden count is part of (a township's, the county's): with it, a
    single hidden count is found by subtraction. Where sums are shown or known, use
    `protect`. Whatever
    is worked out from the counts (rates, shrunken rates, test scores) must be hidden where
    the count is.

    References
    ----------
    Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley. Chapter 4.

    Examples
    --------
    >>> suppress(pd.Series([0, 1, 4, 5, 12])).tolist()
    [<NA>, <NA>, <NA>, 5, 12]
    """
    counts = check_counts(counts, k)
    hidden = counts.isna() | (counts.fillna(0) < k)
    if households is not None:
        if not households.index.equals(counts.index):
            raise DataError(
                en="`households` must have the index of `counts`. Take both from one frame.",
                zh="`households` 与 `counts` 的索引须一致。请取自同一张表。",
            )
        hidden |= households.astype("Int64").fillna(0) < k
    return counts.mask(hidden)


def check_counts(counts: pd.Series, k: int) -> pd.Series:
    """Give counts as Int64, or say why they cannot be published.

    Raises
    ------
    DataError
        If k is below 2 or a count is negative.
    """
    if k < 2:
        raise DataError(
            en=f"`k` must be 2 or more; it is {k}. Five is the rule for what is handed out.",
            zh=f"`k` 须不小于 2; 现为 {k}。对外材料的规则是 5。",
        )
    counts = counts.astype("Int64")
    if (counts.dropna() < 0).any():
        raise DataError(
            en="`counts` must not be negative. Pass counts, not differences or scores.",
            zh="`counts` 不得为负。请传入件数, 而不是差值或分数。",
        )
    return counts


def hidden_note(shown: pd.Series, *, k: int = SMALLEST_SHOWN) -> str:
    """Say what was hidden, without saying how much of it.

    Parameters
    ----------
    shown : Series
        What `suppress` gave.
    k : int
        As passed to it.

    Returns
    -------
    str
        One sentence for the legend.

    Examples
    --------
    >>> hidden_note(suppress(pd.Series([0, 1, 9, 8])))
    '4 个网格中有 2 个因少于 5 件 (含 0 件) 而不显示 / counts under 5, zeros too, are hidden.'
    """
    hidden = int(shown.isna().sum())
    note = (
        f"{len(shown)} 个网格中有 {hidden} 个因少于 {k} 件 (含 0 件) 而不显示"
        f" / counts under {k}, zeros too, are hidden."
    )
    if hidden * 2 > len(shown):
        note += " 多数网格被隐去: 宜放长时段, 或按村、乡镇汇总 / take a longer period or larger areas."
    return note
