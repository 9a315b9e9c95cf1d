"""Before and after a measure: whether a grid changed more than the others did."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.hotspots.cube import whole_counts

FEWEST_IN_GRID = 8
"""Concerns before and after together below which a grid is not tested: even all of them on
one side would not tell."""
ALPHA = 0.05


class ChangeClass(NamedTuple):
    """How a change is read."""

    code: str
    zh: str
    en: str


CHANGE_CLASSES = (
    ChangeClass("less", "明显减少", "clearly fewer"),
    ChangeClass("more", "明显增多", "clearly more"),
    ChangeClass("none", "看不出变化", "no change to be seen"),
    ChangeClass("few", "件数太少, 说不准", "too few to tell"),
)


def before_after(
    counts: pd.DataFrame, since: dt.date, weeks: int = 8, *, alpha: float = ALPHA
) -> pd.DataFrame:
    """Compare each grid's concerns in the weeks before and after a day with the others'.

    Parameters
    ----------
    counts : DataFrame
        What `count(..., by=None)` returned: `grid_id`, `week` (Mondays), `n`.
    since : date
        The day on which the measure began. Its week belongs to neither side.
    weeks : int
        How many whole weeks before and, as far as recorded, after.
    alpha : float
        Share of false alarms to bear among the grids called changed, in (0, 1).

    Returns
    -------
    DataFrame, indexed by `grid_id`, in the order of `counts`
        `before`, `after` (Int64); `expected`: concerns after, had the grid changed as the
        other grids did; `p`: two-sided, exact (missing where too few); `q`: after
        Benjamini and Hochberg; `change`: category, a code of `CHANGE_CLASSES`. The attribute
        `attrs` holds `weeks_before` and `weeks_after`.

    Raises
    ------
    DataError
        If columns are missing, a side has no recorded week, or `n` is no count.

    Notes
    -----
    Given a grid's concerns on both sides, those after are binomial, their share that of all
    other grids: season and the county's own rise or fall cancel. What happened to the whole
    county at once is therefore not seen, and neither is a cause shown: other things may have
    changed that day. A measure is mostly taken where it is worst, and the worst grids fall
    by themselves (regression to the mean): look back at a longer time before.

    References
    ----------
    Przyborowski, J. & Wilenski, H. (1940). Homogeneity of results in testing samples from
    Poisson series. Biometrika, 31(3/4), 313-323. https://doi.org/10.1093/biomet/31.3-4.313

    Examples
    --------
    >>> weeks = pd.to_datetime(["2026-03-02", "2026-03-09", "2026-03-16"])
    >>> counts = pd.DataFrame({"grid_id": ["a"] * 3 + ["b"] * 3, "week": [*weeks] * 2,
    ...                        "n": [20, 9, 1, 30, 9, 30]})
    >>> before_after(counts, dt.date(2026, 3, 11), 1)["change"].tolist()
    ['less', 'more']
    """
    sides, recorded = _sides(counts, since, weeks)
    before, after = sides["before"].to_numpy(), sides["after"].to_numpy()
    total = before + after
    rest_after, rest = after.sum() - after, total.sum() - total
    share = np.divide(
        rest_after, rest, out=np.full(len(total), recorded[1] / sum(recorded)), where=rest > 0
    )
    from scipy import stats  # slow to load, and not wanted for a map

    tails = stats.binom.cdf(after, total, share), stats.binom.sf(after - 1, total, share)
    p = np.minimum(1.0, 2 * np.minimum(*tails))
    enough = total >= FEWEST_IN_GRID
    q = np.full(len(p), np.nan)
    if enough.any():
        q[enough] = stats.false_discovery_control(p[enough])
    expected = total * share
    side = np.where(after < expected, "less", "more")
    change = np.where(~enough, "few", np.where(q <= alpha, side, "none"))
    made = pd.DataFrame(
        {
            "before": pd.array(before, dtype="Int64"),
            "after": pd.array(after, dtype="Int64"),
            "expected": expected,
            "p": np.where(enough, p, np.nan),
            "q": q,
            "change": pd.Categorical(change, categories=[c.code for c in CHANGE_CLASSES]),
        },
        index=sides.index,
    )
    made.attrs.update(weeks_before=recorded[0], weeks_after=recorded[1])
    return made


def _sides(
    counts: pd.DataFrame, since: dt.date, weeks: int
) -> tuple[pd.DataFrame, tuple[int, int]]:
    """Add up each grid's concerns before and after, and the recorded weeks of both."""
    lacking = [name for name in ("grid_id", "week", "n") if name not in counts]
    if lacking:
        raise DataError(
            en=f"`counts` lacks {', '.join(lacking)}; make it with `count(..., by=None)`.",
            zh=f"`counts` 缺少 {', '.join(lacking)}; 请用 `count(..., by=None)` 得出。",
        )
    monday = pd.Timestamp(since) - pd.Timedelta(days=since.weekday())
    far = (counts["week"] - monday).dt.days // 7
    early, late = (far < 0) & (far >= -weeks), (far > 0) & (far <= weeks)
    recorded = int(far[early].nunique()), int(far[late].nunique())
    if 0 in recorded:
        zh, en = ("之前", "before") if recorded[0] == 0 else ("之后", "after")
        raise DataError(
            en=f"no whole week {en} {since} is in `counts`; there is nothing to compare.",
            zh=f"`counts` 中 {since} {zh}没有一整周的记录, 无从比较。",
        )
    whole_counts(counts["n"], "n")
    n = counts["n"].astype("int64")
    table = pd.DataFrame({"before": n.where(early, 0), "after": n.where(late, 0)})
    return table.groupby(counts["grid_id"], observed=True, sort=False).sum(), recorded
