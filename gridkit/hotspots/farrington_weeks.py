"""Which earlier weeks a week is compared with, and the season each of them belongs to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import DataError

_Ints = NDArray[np.intp]


class Baseline(NamedTuple):
    """The weeks to learn from: their columns, seasons (0 is that of the week tested)."""

    columns: _Ints
    season: _Ints


def baseline(
    weeks: pd.Index, at: int, *, years: int, half_window: int, seasons: int, skip: int
) -> Baseline:
    """Choose the weeks before week `at` by the rules of Noufaily et al. (2013).

    Around the same week of each of the last `years` years lies a window of 2 `half_window`
    + 1 weeks: season 0, that of the week itself. The weeks between two windows are cut into
    `seasons` - 1 blocks of equal length, seasons 1 and on (none if `seasons` is 1). The last
    `skip` weeks are left out, so that a surge that began does not hide itself.

    Raises
    ------
    DataError
        If the record does not reach back that far, or the blocks would have no weeks.
    """
    before = _same_weeks(weeks, at, years)
    if before[-1] - half_window < 0:
        short = half_window - before[-1]
        raise DataError(
            en=f"`series` must reach back {years} years and {half_window} weeks before the week "
            f"tested; {short} weeks are missing. Take fewer `years`, or `ears` or `cusum`, "
            "which need weeks, not years.",
            zh=f"`series` 须回溯到所检周之前 {years} 年又 {half_window} 周; 尚缺 {short} 周。"
            "请减少 `years`, 或改用只需数周数据的 `ears`、`cusum`。",
        )
    season = np.full(at + 1, -1, dtype=np.intp)
    season[at - half_window :] = 0
    for earlier, later in zip(before[1:], before[:-1], strict=True):
        season[earlier - half_window : earlier + half_window + 1] = 0
        first, between = earlier + half_window + 1, later - earlier - 2 * half_window - 1
        if seasons > 1 and between < seasons - 1:
            raise DataError(
                en=f"`seasons` = {seasons} leaves blocks without weeks: only {between} weeks lie "
                "between two windows. Take fewer seasons or a smaller `half_window`.",
                zh=f"`seasons` = {seasons} 会使有的时段没有周: 两窗之间仅 {between} 周。"
                "请减少 `seasons` 或 `half_window`。",
            )
        if seasons > 1:
            size = np.full(seasons - 1, between // (seasons - 1))
            size[: between % (seasons - 1)] += 1
            season[first : first + between] = np.repeat(np.arange(1, seasons), size)
    season[max(at - skip, 0) :] = -1
    columns = np.flatnonzero(season >= 0)
    return Baseline(columns, season[columns])


def _same_weeks(weeks: pd.Index, at: int, years: int) -> list[int]:
    """Give the columns of the week and of its like in earlier years, latest first."""
    if not isinstance(weeks, pd.DatetimeIndex):
        return [at - 52 * back for back in range(years + 1)]
    now = weeks[at]
    found = [at]
    for back in range(1, years + 1):
        # the day of the week tested that lies nearest to the date a year or more ago
        days = (now - (now - pd.DateOffset(years=back))).days
        found.append(at - round(days / 7))
    return found
