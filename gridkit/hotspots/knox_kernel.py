"""The count of pairs by distance and time, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def count_pairs(days, first, second, band, time, bands):  # type: ignore[no-untyped-def]
    """Count the pairs of each row of days by band of distance and of time."""
    steps = len(time)
    counted = np.zeros((len(days), bands, steps), dtype=np.int64)
    for row in range(len(days)):
        at = days[row]
        for pair in range(len(first)):
            apart = abs(at[first[pair]] - at[second[pair]])
            if apart <= time[steps - 1]:
                step = 0
                while apart > time[step]:
                    step += 1
                counted[row, band[pair], step] += 1
    return counted
